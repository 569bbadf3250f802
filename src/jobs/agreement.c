/* What a model says of those who were lost, against what is known of why: read, pick the last
 * snapshot before each leaving, score, tally.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs/agreement.h"
#include "base/memory.h"
#include "base/number.h"
#include "jobs/lost.h"
#include "jobs/segment.h"
#include "score/scorer.h"

#include <churn/kinds.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char nothing[] = "(none)";

/* One table, from reading to its result. */
typedef struct agreeing {
  const churn_project *project;
  const churn_model *model;
  const churn_agreement_settings *settings;
  const churn_run *run;
  churn_plan *kinds_plan;
  churn_pipeline *pipeline;
  bool lent; /* plan and pipeline are the caller's */
  churn_lost lost;
  churn_kind *kinds; /* [lost] */
  double *reasons;   /* [lost] codes; NaN = none */
  churn_cause_map causes;
  uint32_t *columns; /* [lost] what the model says */
} agreeing;

static void clear_rows(churn_agreement_row *rows, size_t count)
{
  for (size_t i = 0; rows != NULL && i < count; i++)
    free(rows[i].by_cause);
  free(rows);
}

/* Texts of reasons are the result's own; those of kinds are fixed. */
void churn_agreement_free(churn_agreement *agreement)
{
  churn_agreement *a = agreement;
  if (a == NULL)
    return;
  for (size_t i = 0; a->causes != NULL && i < a->cause_count; i++)
    free(a->causes[i]);
  for (size_t i = 0; a->reasons != NULL && i < a->reason_count; i++)
    free((void *)(uintptr_t)a->reasons[i].stated);
  clear_rows(a->kinds, a->kind_count);
  clear_rows(a->reasons, a->reason_count);
  free(a->causes);
  free(a->totals);
  free(a);
}

static void clear(agreeing *g)
{
  churn_lost_clear(&g->lost);
  free(g->kinds);
  free(g->reasons);
  free(g->columns);
  churn_cause_map_clear(&g->causes);
  if (g->lent)
    return;
  churn_plan_free(g->kinds_plan);
  churn_pipeline_close(g->pipeline);
}

static churn_status check(const agreeing *g, churn_error *error)
{
  const churn_place whole = {g->project->path, 0, 0};
  bool by_labels;
  if (!g->project->kinds.given)
    return churn_error_set_at(error, CHURN_BAD_PROJECT, whole,
                              "the project has no `kinds`, so nothing is known of why customers "
                              "left; expected `kinds: {reason: COLUMN, natural: [VALUE, …], …}`");
  if (!churn_lost_known(g->project, &by_labels))
    return churn_error_set_at(error, CHURN_BAD_PROJECT, whole,
                              "the project does not say on which day a customer leaves; expected "
                              "`left: COLUMN` under `customers`, or an outcome by silent, event or "
                              "drop");
  return CHURN_OK;
}

static churn_status open(agreeing *g, churn_error *error)
{
  churn_pipeline_settings opening = {.model = g->model, .no_data = true};
  churn_status status = check(g, error);
  if (status == CHURN_OK)
    status = churn_pipeline_open(g->project, &opening, g->run, &g->pipeline, error);
  if (status == CHURN_OK)
    status = churn_kinds_plan(g->project, g->pipeline->schema, g->run, &g->kinds_plan, error);
  if (status != CHURN_OK)
    return status;
  g->pipeline->beside[0] = g->kinds_plan;
  return churn_pipeline_load(g->pipeline, g->run, error);
}

static churn_status make_room(agreeing *g, churn_error *error)
{
  size_t lost = g->lost.rows.count;
  g->kinds = churn_array_new(lost, sizeof *g->kinds);
  g->reasons = churn_array_new(lost, sizeof *g->reasons);
  g->columns = churn_array_new(lost, sizeof *g->columns);
  return g->kinds == NULL || g->reasons == NULL || g->columns == NULL ? churn_error_no_memory(error)
                                                                      : CHURN_OK;
}

static churn_status find_lost(agreeing *g, churn_error *error)
{
  const churn_pipeline *p = g->pipeline;
  churn_day *days = NULL;
  size_t count = 0;
  churn_status status = churn_snapshot_days(g->project, p->data, g->settings->first,
                                            g->settings->last, &days, &count, error);
  if (status == CHURN_OK)
    status = churn_lost_find(p, g->model, days, count, g->run, &g->lost, error);
  free(days);
  if (status == CHURN_OK)
    status = make_room(g, error);
  if (status == CHURN_OK && p->with_terms)
    status = churn_row_terms_apply(&p->terms, p->data, false, g->run, &g->lost.rows, error);
  return status;
}

static churn_status find_stated(agreeing *g, churn_error *error)
{
  const churn_lost *lost = &g->lost;
  const churn_leavings leavings = {lost->rows.count, lost->spells, lost->left, lost->reasoned};
  return churn_kinds_find(g->project, g->kinds_plan, g->pipeline->data, &leavings, g->kinds,
                          g->reasons, error);
}

/* Without a playbook a column is a history, then the customers' own; the last is nothing. */
static size_t columns_of(const agreeing *g)
{
  return (g->causes.causes > 0 ? g->causes.causes : g->project->history_count + 1) + 1;
}

static uint32_t column_of(const agreeing *g, uint32_t cause, uint32_t feature)
{
  uint32_t none = (uint32_t)columns_of(g) - 1;
  if (g->causes.causes > 0)
    return cause == CHURN_NO_CAUSE ? none : cause;
  if (feature == UINT32_MAX)
    return none;
  int history = churn_plan_history(g->pipeline->plan, feature);
  return history < 0 ? none - 1 : (uint32_t)history;
}

static churn_status ask_model(agreeing *g, churn_error *error)
{
  size_t rows = g->lost.rows.count;
  churn_scorer *scorer = NULL;
  churn_scores scores = {.causes = &g->causes};
  churn_status status =
      churn_cause_map_make(g->project, g->pipeline->plan, g->model, &g->causes, error);
  if (status == CHURN_OK)
    status = churn_scorer_new(g->model, g->pipeline->plan, &scorer, error);
  scores.reasons = churn_array_new(rows, CHURN_REASONS * sizeof *scores.reasons);
  scores.reason_values = churn_array_new(rows, CHURN_REASONS * sizeof *scores.reason_values);
  scores.contributions = churn_array_new(rows, CHURN_REASONS * sizeof *scores.contributions);
  scores.main_causes = churn_array_new(rows, sizeof *scores.main_causes);
  if (status == CHURN_OK && (scores.reasons == NULL || scores.reason_values == NULL ||
                             scores.contributions == NULL || scores.main_causes == NULL))
    status = churn_error_no_memory(error);
  if (g->causes.causes == 0) {
    free(scores.main_causes);
    scores.main_causes = NULL;
    scores.causes = NULL;
  }
  if (status == CHURN_OK)
    status = churn_scorer_run(scorer, &g->lost.rows, g->run, &scores, NULL, error);
  for (size_t i = 0; status == CHURN_OK && i < rows; i++)
    g->columns[i] = column_of(g, scores.main_causes == NULL ? 0 : scores.main_causes[i],
                              scores.reasons[i * CHURN_REASONS]);
  churn_scorer_free(scorer);
  free(scores.reasons);
  free(scores.reason_values);
  free(scores.contributions);
  free(scores.main_causes);
  return status;
}

static const char *column_name(const agreeing *g, size_t column)
{
  if (column + 1 == columns_of(g))
    return nothing;
  if (g->causes.causes > 0)
    return churn_playbook_cause(g->project, column)->name;
  return column == g->project->history_count ? "customers"
                                             : g->project->histories[column].name.text;
}

/* Columns that occur: `place` [columns] gets where each stands in the result. */
static churn_status list_columns(const agreeing *g, churn_agreement *a, size_t *place,
                                 churn_error *error)
{
  size_t columns = columns_of(g);
  uint64_t *counts = churn_array_new(columns, sizeof *counts);
  churn_status status = CHURN_OK;
  a->causes = churn_array_new(columns, sizeof *a->causes);
  a->totals = churn_array_new(columns, sizeof *a->totals);
  if (counts == NULL || a->causes == NULL || a->totals == NULL)
    status = churn_error_no_memory(error);
  for (size_t i = 0; status == CHURN_OK && i < g->lost.rows.count; i++)
    counts[g->columns[i]]++;
  for (size_t c = 0; status == CHURN_OK && c < columns; c++) {
    if (counts[c] == 0)
      continue;
    place[c] = a->cause_count;
    a->totals[a->cause_count] = counts[c];
    status = churn_text_set(&a->causes[a->cause_count++], column_name(g, c), error);
  }
  free(counts);
  return status;
}

static churn_status make_rows(const churn_agreement *a, size_t count, churn_agreement_row **rows,
                              churn_error *error)
{
  *rows = churn_array_new(count, sizeof **rows);
  for (size_t i = 0; *rows != NULL && i < count; i++)
    if (((*rows)[i].by_cause = churn_array_new(a->cause_count, sizeof(uint64_t))) == NULL)
      return churn_error_no_memory(error);
  return *rows == NULL ? churn_error_no_memory(error) : CHURN_OK;
}

static void count_one(churn_agreement_row *row, size_t column)
{
  row->lost++;
  row->by_cause[column]++;
}

static churn_status fill_kinds(const agreeing *g, const size_t *place, churn_agreement *a,
                               churn_error *error)
{
  a->kind_count = CHURN_KINDS;
  churn_status status = make_rows(a, CHURN_KINDS, &a->kinds, error);
  for (size_t k = 0; status == CHURN_OK && k < CHURN_KINDS; k++)
    a->kinds[k].stated = churn_kind_name((churn_kind)k);
  for (size_t i = 0; status == CHURN_OK && i < g->lost.rows.count; i++)
    count_one(&a->kinds[g->kinds[i]], place[g->columns[i]]);
  return status;
}

static char *reason_text(const agreeing *g, double code)
{
  char number[CHURN_NUMBER_TEXT_SIZE];
  const char *text = isnan(code) ? nothing : churn_kinds_reason(g->kinds_plan, code, number);
  return churn_text_copy(text, strlen(text));
}

static churn_status fill_reasons(const agreeing *g, const size_t *place, churn_agreement *a,
                                 churn_error *error)
{
  size_t count = 0;
  if (g->project->kinds.reason.text == NULL)
    return CHURN_OK;
  double *codes = churn_array_new(g->lost.rows.count, sizeof *codes);
  if (codes == NULL)
    return churn_error_no_memory(error);
  memcpy(codes, g->reasons, g->lost.rows.count * sizeof *codes);
  qsort(codes, g->lost.rows.count, sizeof *codes, churn_segments_compare);
  for (size_t i = 0; i < g->lost.rows.count; i++)
    if (i == 0 || churn_segments_compare(&codes[i], &codes[i - 1]) != 0)
      codes[count++] = codes[i];
  a->reason_count = count;
  churn_status status = make_rows(a, count, &a->reasons, error);
  for (size_t i = 0; status == CHURN_OK && i < count; i++)
    if ((a->reasons[i].stated = reason_text(g, codes[i])) == NULL)
      status = churn_error_no_memory(error);
  for (size_t i = 0; status == CHURN_OK && i < g->lost.rows.count; i++) {
    const double *found =
        bsearch(&g->reasons[i], codes, count, sizeof *codes, churn_segments_compare);
    count_one(&a->reasons[found - codes], place[g->columns[i]]);
  }
  free(codes);
  return status;
}

/* Cramer's V. Source: Cramer 1946, "Mathematical Methods of Statistics", 21.9. */
static double association(const churn_agreement *a, const churn_agreement_row *rows, size_t count)
{
  double chi2 = 0, n = (double)a->lost;
  size_t used = 0;
  for (size_t r = 0; r < count; r++) {
    used += rows[r].lost > 0;
    for (size_t c = 0; rows[r].lost > 0 && c < a->cause_count; c++) {
      double expected = (double)rows[r].lost * (double)a->totals[c] / n;
      double off = (double)rows[r].by_cause[c] - expected;
      chi2 += off * off / expected;
    }
  }
  size_t least = used < a->cause_count ? used : a->cause_count;
  return least < 2 ? NAN : sqrt(chi2 / (n * (double)(least - 1)));
}

static churn_status make(const agreeing *g, churn_agreement **agreement, churn_error *error)
{
  churn_agreement *a = calloc(1, sizeof *a);
  size_t *place = churn_array_new(columns_of(g), sizeof *place);
  churn_status status =
      a == NULL || place == NULL ? churn_error_no_memory(error) : list_columns(g, a, place, error);
  if (status == CHURN_OK)
    status = fill_kinds(g, place, a, error);
  if (status == CHURN_OK)
    status = fill_reasons(g, place, a, error);
  free(place);
  if (status != CHURN_OK) {
    churn_agreement_free(a);
    return status;
  }
  a->lost = g->lost.rows.count;
  a->unseen = g->lost.unseen;
  a->playbook = g->causes.causes > 0;
  a->kind_association = association(a, a->kinds, a->kind_count);
  a->reason_association = association(a, a->reasons, a->reason_count);
  *agreement = a;
  return CHURN_OK;
}

static churn_status count(agreeing *g, churn_agreement **agreement, churn_error *error)
{
  churn_status (*const steps[])(agreeing *, churn_error *) = {find_lost, find_stated, ask_model};
  churn_status status = CHURN_OK;
  for (size_t i = 0; i < sizeof steps / sizeof steps[0] && status == CHURN_OK; i++)
    status = steps[i](g, error);
  return status == CHURN_OK ? make(g, agreement, error) : status;
}

churn_status churn_agreement_count(const churn_project *project, const churn_model *model,
                                   const churn_agreement_settings *settings, const churn_run *run,
                                   churn_agreement **agreement, churn_error *error)
{
  agreeing g = {.project = project, .model = model, .settings = settings, .run = run};
  churn_status status = open(&g, error);
  if (status == CHURN_OK)
    status = count(&g, agreement, error);
  clear(&g);
  return status;
}

churn_status churn_agreement_of_pipeline(churn_pipeline *pipeline, churn_plan *kinds,
                                         const churn_model *model,
                                         const churn_agreement_settings *settings,
                                         const churn_run *run, churn_agreement **agreement,
                                         churn_error *error)
{
  agreeing g = {.project = pipeline->project,
                .model = model,
                .settings = settings,
                .run = run,
                .kinds_plan = kinds,
                .pipeline = pipeline,
                .lent = true};
  churn_status status = count(&g, agreement, error);
  clear(&g);
  return status;
}
