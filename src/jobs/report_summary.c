/* The report's headline, what it was the run before, and sums over all customers.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/error.h"
#include "base/memory.h"
#include "jobs/json_read.h"
#include "jobs/report.h"
#include "jobs/run_pieces.h"
#include "jobs/runs.h"

#include <math.h>
#include <stdlib.h>

/* Upper bounds of the bands of probability; the last one ends at 1. */
static const double bands[] = {0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, INFINITY};
enum { BANDS = sizeof bands / sizeof bands[0] };

/* Sums over everybody, in the order of the list. */
typedef struct tallies {
  churn_risk_sums all, head;
  churn_risk_sums bands[BANDS];
  churn_risk_sums *reasons; /* [features + 1], by the first reason; the last one: no reason */
} tallies;

static void append_sums(churn_json_text *text, const churn_risk_sums *sums, bool first)
{
  const churn_json_pair pairs[] = {{"customers", (double)sums->customers},
                                   {"expected_churners", sums->expected_churners},
                                   {"value", sums->valued > 0 ? sums->value : NAN},
                                   {"expected_loss", sums->valued > 0 ? sums->expected_loss : NAN}};
  churn_json_numbers(text, pairs, sizeof pairs / sizeof pairs[0], first);
}

static void append_model(churn_json_text *text, const churn_model *m)
{
  churn_json_key(text, 2, "model", false);
  churn_json_append(text, "{\"id\": ");
  churn_json_quote(text, m->id);
  churn_json_append(text, ", \"set\": ");
  churn_json_text_or_null(text, m->set);
  churn_json_append(text, ", \"first_as_of\": ");
  churn_json_day(text, m->first_as_of);
  churn_json_append(text, ", \"last_as_of\": ");
  churn_json_day(text, m->last_as_of);
  const churn_json_pair pairs[] = {{"horizon_days", m->horizon_days},
                                   {"gap_days", m->gap_days},
                                   {"rows", (double)m->rows},
                                   {"churners", (double)m->churners}};
  churn_json_numbers(text, pairs, sizeof pairs / sizeof pairs[0], false);
  churn_json_append(text, "}");
}

/* What the page is about: `below` is the share of the own level, of a drop. */
static void append_outcome(churn_json_text *text, const churn_outcome_spec *outcome)
{
  churn_json_key(text, 2, "outcome", false);
  churn_json_append(text, "{\"kind\": ");
  churn_json_quote(text, churn_outcome_kind_name(outcome->kind));
  churn_json_append(text, ", \"below\": ");
  churn_json_number_or_null(text, outcome->kind == CHURN_OUTCOME_DROP ? outcome->below : NAN);
  churn_json_append(text, "}");
}

static void append_headline(churn_json_text *text, const tallies *t)
{
  churn_json_key(text, 2, "headline", false);
  churn_json_append(text, "{");
  append_sums(text, &t->all, true);
  churn_json_append(text, ", \"valued\": ");
  churn_json_whole(text, t->all.valued);
  churn_json_append(text, ", \"head\": {");
  append_sums(text, &t->head, true);
  churn_json_append(text, "}}");
}

static void take_sums(churn_json_reading *r, const json_t *from, churn_risk_sums *sums)
{
  sums->customers = churn_json_take_whole(r, from, "customers");
  sums->expected_churners = churn_json_take_number(r, from, "expected_churners");
  sums->value = churn_json_take_number(r, from, "value");
  sums->expected_loss = churn_json_take_number(r, from, "expected_loss");
}

/* False where the summary of that night cannot be read. */
static bool read_summary(const char *path, churn_risk_sums *all, churn_risk_sums *head)
{
  churn_json_reading r = {0};
  json_t *root = json_load_file(path, 0, NULL);
  bool good = root != NULL;
  if (good) {
    take_sums(&r, root, all);
    all->valued = churn_json_take_whole(&r, root, "valued");
    const json_t *member = churn_json_member(&r, root, "head", JSON_OBJECT);
    if (member != NULL)
      take_sums(&r, member, head);
    head->valued = all->valued;
    good = r.wrong == NULL;
  }
  json_decref(root);
  return good;
}

static churn_status append_previous(churn_json_text *text, const churn_night *n,
                                    const churn_past_runs *past, churn_error *error)
{
  char day[CHURN_DAY_TEXT_SIZE];
  churn_risk_sums all = {0}, head = {0};
  churn_json_key(text, 2, "previous", false);
  if (past->count > 0) {
    churn_day_format(past->runs[0].day, day);
    char *path = churn_text_format("%s/%s/summary.json", n->root, day);
    if (path == NULL)
      return churn_error_no_memory(error);
    bool known = read_summary(path, &all, &head);
    free(path);
    if (known) {
      churn_json_append(text, "{\"as_of\": ");
      churn_json_quote(text, day);
      churn_json_append(text, ", \"model\": ");
      churn_json_quote(text, past->runs[0].model);
      append_sums(text, &all, false);
      churn_json_append(text, ", \"head\": {");
      append_sums(text, &head, true);
      churn_json_append(text, "}}");
      return CHURN_OK;
    }
  }
  churn_json_append(text, "null");
  return CHURN_OK;
}

static void append_cause_of(churn_json_text *text, const churn_night *n, size_t feature)
{
  const churn_cause_map *map = churn_ranking_cause_map(n->ranking);
  churn_json_append(text, ", \"cause\": ");
  churn_json_number_or_null(text, map->causes == 0 ? NAN : (double)map->of_feature[feature]);
}

static void append_features(churn_json_text *text, const churn_night *n)
{
  const churn_model *m = n->model;
  churn_json_number_at(text, 2, "average_logit", churn_scorer_average(m));
  churn_json_list_open(text, 2, "features");
  for (size_t f = 0; f < m->feature_count; f++) {
    churn_json_item(text, 4, f == 0);
    churn_json_append(text, "{\"name\": ");
    churn_json_quote(text, m->features[f].name);
    churn_json_append(text, ", \"label\": ");
    churn_json_text_or_null(text, m->features[f].label);
    churn_json_append(text, ", \"expression\": ");
    churn_json_quote(text, m->features[f].expression);
    churn_json_append(text, m->features[f].kind == CHURN_FEATURE_CATEGORY
                                ? ", \"kind\": \"category\""
                                : ", \"kind\": \"number\"");
    append_cause_of(text, n, f);
    churn_json_append(text, "}");
  }
  churn_json_list_close(text, 2);
}

typedef struct ranked_level {
  size_t level;
  double expected_churners;
} ranked_level;

static int riskiest_first(const void *left, const void *right)
{
  const ranked_level *a = left, *b = right;
  if (a->expected_churners != b->expected_churners)
    return a->expected_churners < b->expected_churners ? 1 : -1;
  return (a->level > b->level) - (a->level < b->level);
}

enum { MOST_LEVELS = 40 };

static void append_level(churn_json_text *text, const char *key, const char *name,
                         const churn_risk_sums *sums, bool first)
{
  churn_json_item(text, 8, first);
  churn_json_append(text, "{\"");
  churn_json_append(text, key);
  churn_json_append(text, "\": ");
  churn_json_text_or_null(text, name);
  append_sums(text, sums, false);
  churn_json_append(text, "}");
}

static void add_sums(churn_risk_sums *to, const churn_risk_sums *from)
{
  to->customers += from->customers;
  to->valued += from->valued;
  to->expected_churners += from->expected_churners;
  to->value += from->value;
  to->expected_loss += from->expected_loss;
}

/* Levels by the losses expected in them; those past the first are one, "others". */
static churn_status append_segment(churn_json_text *text, const churn_night *n,
                                   const churn_segmentation *segment, churn_error *error)
{
  const churn_segments *all = n->segments;
  churn_risk_sums others = {0};
  size_t count = 0;
  ranked_level *order = churn_array_new(all->level_count, sizeof *order);
  if (order == NULL)
    return churn_error_no_memory(error);
  for (size_t i = 0; i < all->level_count; i++)
    if (segment->levels[i].customers > 0)
      order[count++] = (ranked_level){i, segment->levels[i].expected_churners};
  qsort(order, count, sizeof *order, riskiest_first);
  churn_json_append(text, "{\"feature\": ");
  churn_json_whole(text, segment->feature);
  churn_json_list_open(text, 6, "levels");
  for (size_t i = 0; i < count && i < MOST_LEVELS; i++)
    append_level(text, "level", churn_segments_text(all, order[i].level),
                 &segment->levels[order[i].level], i == 0);
  for (size_t i = MOST_LEVELS; i < count; i++)
    add_sums(&others, &segment->levels[order[i].level]);
  churn_json_list_close(text, 6);
  churn_json_key(text, 6, "others", false);
  churn_json_append(text, "{");
  append_sums(text, &others, true);
  churn_json_append(text, "}}");
  free(order);
  return CHURN_OK;
}

static churn_status append_segments(churn_json_text *text, const churn_night *n, churn_error *error)
{
  churn_status status = CHURN_OK;
  churn_json_list_open(text, 2, "segments");
  for (size_t i = 0; i < n->segments->count && status == CHURN_OK; i++) {
    churn_json_item(text, 4, i == 0);
    status = append_segment(text, n, &n->segments->items[i], error);
  }
  churn_json_list_close(text, 2);
  return status;
}

static size_t band_of(double probability)
{
  size_t band = 0;
  while (probability >= bands[band])
    band++;
  return band;
}

static void tally(const churn_night *n, tallies *t)
{
  uint64_t head = churn_night_head(n);
  for (size_t i = 0; i < n->score.customers; i++) {
    churn_ranked line;
    uint32_t reasons[CHURN_REASONS];
    churn_ranking_get_figures(n->ranking, i, &line);
    churn_ranking_reasons(n->ranking, i, reasons);
    size_t reason = reasons[0] == UINT32_MAX ? n->model->feature_count : reasons[0];
    churn_risk_add(&t->all, line.probability, line.value);
    if (i < head)
      churn_risk_add(&t->head, line.probability, line.value);
    churn_risk_add(&t->bands[band_of(line.probability)], line.probability, line.value);
    churn_risk_add(&t->reasons[reason], line.probability, line.value);
  }
}

static void append_tallies(churn_json_text *text, const churn_night *n, const tallies *t)
{
  bool first = true;
  churn_json_list_open(text, 2, "reasons");
  for (size_t f = 0; f <= n->model->feature_count; f++) {
    if (t->reasons[f].customers == 0)
      continue;
    churn_json_item(text, 4, first);
    churn_json_append(text, "{\"feature\": ");
    churn_json_number_or_null(text, f == n->model->feature_count ? NAN : (double)f);
    append_sums(text, &t->reasons[f], false);
    churn_json_append(text, "}");
    first = false;
  }
  churn_json_list_close(text, 2);
  churn_json_list_open(text, 2, "bands");
  for (size_t b = 0; b < BANDS; b++) {
    churn_json_item(text, 4, b == 0);
    const churn_json_pair ends[] = {{"from", b == 0 ? 0 : bands[b - 1]},
                                    {"to", b + 1 == BANDS ? 1 : bands[b]}};
    churn_json_append(text, "{");
    churn_json_numbers(text, ends, 2, true);
    append_sums(text, &t->bands[b], false);
    churn_json_append(text, "}");
  }
  churn_json_list_close(text, 2);
}

static churn_status append_previous_run(churn_json_text *text, const churn_night *n,
                                        const churn_run *run, churn_error *error)
{
  churn_past_runs past = {0};
  churn_run silent = run == NULL ? (churn_run){0} : *run;
  silent.notes = NULL; /* judging the night has told what is wrong with them */
  churn_status status = churn_past_runs_read(n->root, n->as_of, 1, &silent, &past, error);
  if (status == CHURN_OK)
    status = append_previous(text, n, &past, error);
  churn_past_runs_clear(&past);
  return status;
}

churn_status churn_report_summary(const churn_night *night, const churn_run *run,
                                  churn_json_text *text, churn_error *error)
{
  tallies t = {.reasons = churn_array_new(night->model->feature_count + 1, sizeof *t.reasons)};
  if (t.reasons == NULL)
    return churn_error_no_memory(error);
  tally(night, &t);
  churn_json_append(text, "{");
  churn_json_key(text, 2, "schema_version", true);
  churn_json_whole(text, 1);
  churn_json_text_at(text, 2, "program", "churn " CHURN_VERSION);
  churn_json_key(text, 2, "as_of", false);
  churn_json_day(text, night->as_of);
  append_model(text, night->model);
  append_outcome(text, &night->project->outcome);
  append_headline(text, &t);
  churn_status status = append_previous_run(text, night, run, error);
  churn_model_quality_json(night->model, text);
  churn_changes_json(night->changes, text);
  append_features(text, night);
  if (status == CHURN_OK)
    status = churn_report_causes(night, text, error);
  if (status == CHURN_OK)
    status = append_segments(text, night, error);
  append_tallies(text, night, &t);
  free(t.reasons);
  return status;
}
