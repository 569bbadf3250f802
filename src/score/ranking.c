/* Ranking customers and writing the list.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/memory.h"
#include "base/output_tasks.h"
#include "feature/reason.h"
#include "score/ranking_parts.h"
#include "score/suitable.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static void free_scores(churn_scores *scores)
{
  free(scores->probabilities);
  free(scores->logits);
  free(scores->values);
  free(scores->reasons);
  free(scores->reason_values);
  free(scores->contributions);
  free(scores->main_causes);
  free(scores->logit_errors);
}

void churn_ranking_free(churn_ranking *ranking)
{
  if (ranking == NULL)
    return;
  free(ranking->order);
  if (ranking->view) {
    free(ranking);
    return;
  }
  churn_flat_list_free(ranking->flat);
  churn_snapshots_free(ranking->snapshots);
  if (!ranking->lent)
    churn_pipeline_close(ranking->pipeline);
  free_scores(&ranking->scores);
  churn_cause_map_clear(&ranking->causes);
  free(ranking->worths);
  free(ranking->reps);
  churn_uncertainty_free(ranking->uncertainty);
  free(ranking->top_shares);
  free(ranking);
}

static churn_status make_scores(churn_scores *s, size_t rows, churn_error *error)
{
  s->probabilities = churn_array_new(rows, sizeof *s->probabilities);
  s->logits = churn_array_new(rows, sizeof *s->logits);
  s->values = churn_array_new(rows, sizeof *s->values);
  s->reasons = churn_array_new(rows, CHURN_REASONS * sizeof *s->reasons);
  s->reason_values = churn_array_new(rows, CHURN_REASONS * sizeof *s->reason_values);
  s->contributions = churn_array_new(rows, CHURN_REASONS * sizeof *s->contributions);
  bool good = s->probabilities != NULL && s->logits != NULL && s->values != NULL &&
              s->reasons != NULL && s->reason_values != NULL && s->contributions != NULL;
  return good ? CHURN_OK : churn_error_no_memory(error);
}

static churn_status find_causes(churn_ranking *r, churn_error *error)
{
  churn_status status =
      churn_cause_map_make(r->pipeline->project, r->pipeline->plan, r->model, &r->causes, error);
  if (status != CHURN_OK || r->causes.causes == 0)
    return status;
  r->scores.causes = &r->causes;
  r->scores.main_causes = churn_array_new(r->snapshots->count, sizeof *r->scores.main_causes);
  return r->scores.main_causes == NULL ? churn_error_no_memory(error) : CHURN_OK;
}

/* A row as it is sorted: the key first, then the ties of the ranked list. Rows come in id order, so
 * the row number stands for the id. */
typedef struct rank_key {
  double first, second, logit, value;
  uint32_t row;
} rank_key;

static double or_lowest(double value)
{
  return isnan(value) ? -INFINITY : value;
}

static int descending(double a, double b)
{
  return (a < b) - (a > b);
}

static int compare_ranks(const void *left, const void *right)
{
  const rank_key *a = left, *b = right;
  int order = descending(a->first, b->first);
  if (order == 0)
    order = descending(a->second, b->second);
  if (order == 0)
    order = descending(a->logit, b->logit);
  if (order == 0)
    order = descending(a->value, b->value);
  return order != 0 ? order : (a->row > b->row) - (a->row < b->row);
}

static double first_key(const churn_ranking *r, churn_rank_by by, size_t row)
{
  double probability = r->scores.probabilities[row];
  return by == CHURN_BY_PROBABILITY     ? probability
         : by == CHURN_BY_EXPECTED_LOSS ? or_lowest(probability * r->scores.values[row])
                                        : or_lowest(r->worths[row]);
}

churn_status churn_ranking_sort(const churn_ranking *ranking, churn_rank_by by, uint32_t **order,
                                churn_error *error)
{
  size_t rows = ranking->snapshots->count;
  rank_key *keys = churn_array_new(rows, sizeof *keys);
  *order = churn_array_new(rows, sizeof **order);
  if (keys == NULL || *order == NULL) {
    free(keys);
    return churn_error_no_memory(error);
  }
  for (size_t i = 0; i < rows; i++)
    keys[i] =
        (rank_key){first_key(ranking, by, i), ranking->scores.probabilities[i],
                   ranking->scores.logits[i], or_lowest(ranking->scores.values[i]), (uint32_t)i};
  qsort(keys, rows, sizeof *keys, compare_ranks);
  for (size_t i = 0; i < rows; i++)
    (*order)[i] = keys[i].row;
  free(keys);
  return CHURN_OK;
}

enum { FAR_DAYS = 31 };

/* Scoring for a day that the data do not reach is allowed, but it sees only silence, so it is said.
 */
static void warn_about_day(const churn_pipeline *p, churn_day as_of, const churn_run *run)
{
  churn_day newest = p->data->data_until, oldest = CHURN_DAY_MISSING;
  for (size_t i = 0; i < p->project->history_count; i++) {
    const churn_history *h = &p->data->histories[i];
    if (h->loaded && h->first_day != CHURN_DAY_MISSING &&
        (oldest == CHURN_DAY_MISSING || h->first_day < oldest))
      oldest = h->first_day;
  }
  char day[CHURN_DAY_TEXT_SIZE];
  churn_notes *notes = churn_run_notes(run);
  churn_day_format(newest, day);
  if (newest != CHURN_DAY_MISSING && as_of > newest + FAR_DAYS)
    churn_notes_add(notes, CHURN_WARNING, "as_of_after_data", CHURN_NOWHERE,
                    "the as-of day lies %d days after the newest row (%s): the lists of that day "
                    "see only silence since",
                    (int)(as_of - newest), day);
  churn_day_format(oldest, day);
  if (oldest != CHURN_DAY_MISSING && as_of <= oldest)
    churn_notes_add(notes, CHURN_WARNING, "as_of_before_data", CHURN_NOWHERE,
                    "the as-of day lies before the first row of any history (%s)", day);
}

churn_status churn_score_day(const churn_pipeline *p, churn_day asked, const churn_run *run,
                             churn_day *as_of, churn_error *error)
{
  bool flat = churn_snapshots_flat(p->project);
  if (flat && asked != CHURN_DAY_MISSING)
    return churn_error_set(error, CHURN_USAGE,
                           "a flat export has no days, so it cannot be scored as of one");
  *as_of = asked;
  if (flat)
    return CHURN_OK;
  if (asked == CHURN_DAY_MISSING && p->data->data_until == CHURN_DAY_MISSING)
    return churn_error_set(
        error, CHURN_DEGENERATE,
        "there is no history row to tell the newest day; expected --as-of DAY, or "
        "`data_until` in the project");
  if (asked == CHURN_DAY_MISSING)
    *as_of = p->data->data_until + 1;
  warn_about_day(p, *as_of, run);
  return CHURN_OK;
}

/* Of an outcome `drop`: who has nothing that could fall has no probability that it does. */
static void note_not_at_risk(const churn_ranking *r, const churn_run *run)
{
  uint64_t inactive = r->snapshots->days[0].inactive;
  if (r->pipeline->drop != NULL && inactive > 0)
    churn_notes_add(churn_run_notes(run), CHURN_NOTE, "not_at_risk", CHURN_NOWHERE,
                    "%" PRIu64 " customer%s of the base %s no level that could fall (missing, zero "
                    "or less) and %s not on the list",
                    inactive, inactive == 1 ? "" : "s", inactive == 1 ? "has" : "have",
                    inactive == 1 ? "is" : "are");
}

static void fill_report(const churn_ranking *r, churn_day as_of, uint64_t unseen,
                        churn_score_report *report)
{
  *report = (churn_score_report){.customers = r->snapshots->count,
                                 .listed = r->listed,
                                 .as_of = as_of,
                                 .unseen_levels = unseen,
                                 .left_out = r->left_out,
                                 .gone = r->gone};
  for (size_t i = 0; i < r->snapshots->count; i++) {
    report->expected_churners += r->scores.probabilities[i];
    report->valued += (uint64_t)!isnan(r->scores.values[i]);
    if (!isnan(r->scores.values[i]))
      report->expected_loss += r->scores.probabilities[i] * r->scores.values[i];
  }
  churn_ranking_count_borderline(r, report);
}

static churn_status rank_base(churn_ranking *r, const churn_score_settings *settings,
                              const churn_run *run, churn_day *as_of, uint64_t *unseen,
                              churn_error *error)
{
  churn_scorer *scorer = NULL;
  churn_status status = churn_score_day(r->pipeline, settings->as_of, run, as_of, error);
  if (status == CHURN_OK)
    status = churn_pipeline_base(r->pipeline, *as_of, run, &r->snapshots, error);
  if (status == CHURN_OK)
    note_not_at_risk(r, run);
  if (status == CHURN_OK && r->snapshots->count == 0)
    churn_notes_add(churn_run_notes(run), CHURN_WARNING, "nobody", CHURN_NOWHERE,
                    "nobody is in the base on that day: nobody has joined yet, all have left, or "
                    "none was seen within "
                    "`active_within`, all had the `terminal` event, or none has a level that could "
                    "`drop`");
  if (status == CHURN_OK)
    status = churn_scorer_new(r->model, r->pipeline->plan, &scorer, error);
  if (status == CHURN_OK)
    status = make_scores(&r->scores, r->snapshots->count, error);
  if (status == CHURN_OK)
    status = find_causes(r, error);
  if (status == CHURN_OK && r->with_intervals)
    status = churn_ranking_start_intervals(r, run, error);
  if (status == CHURN_OK)
    status = churn_scorer_run(scorer, r->snapshots, run, &r->scores, unseen, error);
  if (status == CHURN_OK)
    status = churn_ranking_find_worths(r, settings->by, run, error);
  if (status == CHURN_OK)
    status = churn_ranking_sort(r, settings->by, &r->order, error);
  if (status == CHURN_OK)
    status = churn_ranking_leave_out(r, error);
  if (status == CHURN_OK)
    churn_ranking_warn_of_gone(r->pipeline->project, r->gone, run);
  churn_scorer_free(scorer);
  return status;
}

churn_status churn_ranking_open(churn_pipeline *pipeline, const churn_model *model,
                                const churn_score_settings *settings,
                                const churn_frame_watcher *watcher, const churn_run *run,
                                churn_ranking **ranking, churn_score_report *report,
                                churn_error *error)
{
  churn_ranking *r = calloc(1, sizeof *r);
  churn_day as_of = CHURN_DAY_MISSING;
  uint64_t unseen = 0;
  if (r == NULL)
    return churn_error_no_memory(error);
  *r = (churn_ranking){.model = model,
                       .pipeline = pipeline,
                       .lent = true,
                       .threads = run == NULL ? 0 : run->threads,
                       .language = settings->language,
                       .with_intervals = churn_list_with_intervals(pipeline->project, settings),
                       .columns = churn_list_columns_make(pipeline->project, settings)};
  r->scores.watcher = watcher;
  churn_status status = rank_base(r, settings, run, &as_of, &unseen, error);
  bool all = settings->top == 0 || settings->top > r->eligible;
  r->as_of = as_of;
  r->listed = all ? r->eligible : (size_t)settings->top;
  if (status == CHURN_OK)
    status = churn_ranking_find_top(r, settings->by, run, error);
  if (status != CHURN_OK) {
    churn_ranking_free(r);
    return status;
  }
  if (report != NULL)
    fill_report(r, as_of, unseen, report);
  *ranking = r;
  return CHURN_OK;
}

/* *ranking stays NULL where the export cannot be scored while it is read. */
static churn_status rank_flat(churn_pipeline *pipeline, const churn_model *model,
                              const churn_score_settings *settings, const churn_run *run,
                              churn_ranking **ranking, churn_score_report *report,
                              churn_error *error)
{
  churn_ranking *r = calloc(1, sizeof *r);
  if (r == NULL)
    return churn_error_no_memory(error);
  *r = (churn_ranking){.model = model,
                       .pipeline = pipeline,
                       .lent = true,
                       .as_of = CHURN_DAY_MISSING,
                       .threads = run == NULL ? 0 : run->threads,
                       .columns = churn_list_columns_make(pipeline->project, settings)};
  churn_score_report found = {0};
  churn_status status = churn_flat_score(pipeline, model, settings, run, &r->flat, &found, error);
  r->lent = r->flat == NULL;
  if (r->flat != NULL) {
    churn_ranking_warn_of_gone(pipeline->project, found.gone, run);
    *ranking = r;
    if (report != NULL)
      *report = found;
  } else {
    churn_ranking_free(r);
  }
  return status;
}

/* Causes, intervals and worths are of rows that are kept. */
static bool can_be_read_through(const churn_project *project, const churn_score_settings *settings)
{
  return churn_snapshots_flat(project) && settings->as_of == CHURN_DAY_MISSING &&
         churn_playbook_count(project) == 0 && !churn_list_with_intervals(project, settings) &&
         settings->by != CHURN_BY_WORTH && !project->capacity.given;
}

churn_status churn_score(const churn_project *project, const churn_model *model,
                         const churn_score_settings *settings, const churn_run *run,
                         churn_ranking **ranking, churn_score_report *report, churn_error *error)
{
  churn_pipeline *pipeline = NULL;
  churn_pipeline_settings opening = {.model = model, .no_data = true};
  churn_ranking *flat = NULL;
  churn_status status = churn_score_check_model(project, model, run, error);
  if (status == CHURN_OK)
    status = churn_list_columns_check(project, settings, error);
  if (status == CHURN_OK)
    status = churn_pipeline_open(project, &opening, run, &pipeline, error);
  if (status == CHURN_OK && can_be_read_through(project, settings))
    status = rank_flat(pipeline, model, settings, run, &flat, report, error);
  if (status == CHURN_OK && flat != NULL) {
    *ranking = flat;
    return CHURN_OK;
  }
  if (status == CHURN_OK)
    status = churn_pipeline_load(pipeline, run, error);
  if (status == CHURN_OK)
    status = churn_ranking_open(pipeline, model, settings, NULL, run, ranking, report, error);
  if (status == CHURN_OK)
    (*ranking)->lent = false;
  else
    churn_pipeline_close(pipeline);
  return status;
}

size_t churn_ranking_customers(const churn_ranking *ranking)
{
  return ranking->snapshots->count;
}

const double *churn_ranking_logits(const churn_ranking *ranking)
{
  return ranking->scores.logits;
}

const churn_snapshot *churn_ranking_snapshot(const churn_ranking *ranking, size_t index)
{
  return &ranking->snapshots->rows[ranking->order[index]];
}

bool churn_ranking_is_gone(const churn_ranking *ranking, size_t index)
{
  return churn_ranking_row_is_gone(ranking, ranking->order[index]);
}

bool churn_ranking_tells_worth(const churn_ranking *ranking)
{
  return ranking->tells_worth;
}

bool churn_ranking_tells_rep(const churn_ranking *ranking)
{
  return ranking->tells_worth && ranking->reps != NULL;
}

size_t churn_ranking_eligible(const churn_ranking *ranking)
{
  return ranking->eligible;
}

size_t churn_ranking_count(const churn_ranking *ranking)
{
  return ranking->flat == NULL ? ranking->listed : churn_flat_list_count(ranking->flat);
}

bool churn_ranking_has_control(const churn_ranking *ranking)
{
  return churn_project_has_control(ranking->pipeline->project);
}

churn_day churn_ranking_as_of(const churn_ranking *ranking)
{
  return ranking->as_of;
}

const char *churn_ranking_model_id(const churn_ranking *ranking)
{
  return ranking->model->id;
}

static void fill_reasons(const churn_ranking *r, size_t row, churn_ranked *ranked)
{
  ranked->reason_count = 0;
  for (size_t k = 0; k < CHURN_REASONS; k++) {
    ranked->reasons[k][0] = '\0';
    ranked->contributions[k] = 0;
    uint32_t feature = r->scores.reasons[row * CHURN_REASONS + k];
    if (feature == UINT32_MAX)
      continue;
    churn_reason_text(r->pipeline->plan, feature, r->model->features[feature].label,
                      r->scores.reason_values[row * CHURN_REASONS + k], ranked->reasons[k],
                      CHURN_REASON_SIZE);
    ranked->contributions[k] = r->scores.contributions[row * CHURN_REASONS + k];
    ranked->reason_count++;
  }
}

void churn_ranking_get_figures(const churn_ranking *ranking, size_t index, churn_ranked *ranked)
{
  if (ranking->flat != NULL) {
    churn_flat_list_get(ranking->flat, index, ranked);
    return;
  }
  size_t row = ranking->order[index];
  const churn_snapshot *snapshot = &ranking->snapshots->rows[row];
  ranked->rank = index < ranking->eligible ? index + 1 : 0;
  ranked->customer_id = ranking->pipeline->data->customers.ids[snapshot->customer];
  ranked->as_of = snapshot->as_of;
  ranked->probability = ranking->scores.probabilities[row];
  ranked->logit = ranking->scores.logits[row];
  ranked->value = ranking->scores.values[row];
  ranked->expected_loss = ranked->probability * ranked->value;
  churn_ranking_get_cause(ranking, row, ranked);
  churn_ranking_get_worth(ranking, row, ranked);
  churn_ranking_get_interval(ranking, row, ranked);
  ranked->control = churn_project_is_control(ranking->pipeline->project, ranked->customer_id);
}

const churn_snapshots *churn_ranking_rows(const churn_ranking *ranking)
{
  return ranking->snapshots;
}

const churn_scores *churn_ranking_scores(const churn_ranking *ranking)
{
  return &ranking->scores;
}

const churn_snapshot *churn_ranking_row(const churn_ranking *ranking, size_t index)
{
  return &ranking->snapshots->rows[ranking->order[index]];
}

void churn_ranking_reasons(const churn_ranking *ranking, size_t index, uint32_t *features)
{
  memcpy(features, &ranking->scores.reasons[(size_t)ranking->order[index] * CHURN_REASONS],
         CHURN_REASONS * sizeof *features);
}

void churn_ranking_get(const churn_ranking *ranking, size_t index, churn_ranked *ranked)
{
  if (ranking->flat != NULL) {
    churn_flat_list_get(ranking->flat, index, ranked);
    return;
  }
  churn_ranking_get_figures(ranking, index, ranked);
  fill_reasons(ranking, ranking->order[index], ranked);
}

enum { LINES_A_PART = 1 << 12 };

/* The lines of one part of the file. */
static void write_part(void *context, size_t part, churn_buffer *buffer)
{
  const churn_ranking *ranking = context;
  size_t first = part * LINES_A_PART, count = churn_ranking_count(ranking);
  size_t last = count - first < LINES_A_PART ? count : first + LINES_A_PART;
  if (ranking->flat != NULL) {
    churn_flat_list_write(ranking->flat, first, last, buffer);
    return;
  }
  for (size_t i = first; i < last; i++) {
    churn_ranked line;
    churn_ranking_get(ranking, i, &line);
    churn_list_line_write(&ranking->columns, &line, ranking->model->id, buffer);
  }
}

churn_status churn_ranking_write(const churn_ranking *ranking, const char *path, churn_error *error)
{
  churn_output *output = NULL;
  churn_run run = {.threads = ranking->threads};
  size_t parts = (churn_ranking_count(ranking) + LINES_A_PART - 1) / LINES_A_PART;
  churn_status status = churn_output_open(path, &output, error);
  if (status != CHURN_OK)
    return status;
  churn_list_heading_write(&ranking->columns, output);
  status = churn_output_tasks(output, parts, write_part, (void *)(uintptr_t)ranking, &run, error);
  if (status == CHURN_OK)
    return churn_output_commit(output, error);
  churn_output_discard(output);
  return status;
}
