/* The report's model quality: what training found, what became of the newest day of which it is
 * known, and what became of past lists.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/error.h"
#include "base/memory.h"
#include "evaluate/auc.h"
#include "evaluate/curves.h"
#include "jobs/outcome_lines.h"
#include "jobs/report.h"
#include "jobs/runs.h"
#include "score/recalibration.h"

#include <math.h>
#include <stdlib.h>

enum { EVERY_POINT = 2, BINS = 10 };
static const double level = 0.95;

/* Rows of which is known what became of them. */
typedef struct realised {
  int8_t *labels;
  double *logits, *claimed; /* by which they are ranked; of the probability that was claimed */
  size_t rows;
  uint64_t churners;
  double expected;
} realised;

static void clear_rows(realised *r)
{
  free(r->labels);
  free(r->logits);
  free(r->claimed);
}

static churn_status take_rows(const churn_night *n, realised *r, churn_error *error)
{
  const churn_base_scores *scores = &n->recent_scores;
  size_t count = scores->rows->count;
  r->labels = churn_array_new(count, sizeof *r->labels);
  r->logits = churn_array_new(count, sizeof *r->logits);
  r->claimed = churn_array_new(count, sizeof *r->claimed);
  if (r->labels == NULL || r->logits == NULL || r->claimed == NULL)
    return churn_error_no_memory(error);
  for (size_t i = 0; i < count; i++) {
    int8_t label = scores->rows->rows[i].label;
    if (label == CHURN_LABEL_UNKNOWN)
      continue;
    r->labels[r->rows] = label;
    r->logits[r->rows] = scores->logits[i];
    r->claimed[r->rows] = churn_recalibrated_logit(&n->model->recalibration, scores->logits[i]);
    r->expected += churn_probability(r->claimed[r->rows++]);
    r->churners += label == CHURN_LABEL_CHURNED;
  }
  return CHURN_OK;
}

static void append_points(churn_json_text *text, const char *key, const churn_gain_point *points,
                          size_t offset)
{
  churn_json_key(text, 6, key, false);
  churn_json_append(text, "[");
  for (size_t i = 0; i < CHURN_GAIN_POINTS; i += EVERY_POINT) {
    const double *figure = (const double *)(const void *)((const char *)&points[i] + offset);
    churn_json_append(text, i == 0 ? "" : ", ");
    churn_json_number_or_null(text, *figure);
  }
  churn_json_append(text, "]");
}

static void append_gain(churn_json_text *text, const churn_gain_point *points)
{
  static const struct {
    const char *key;
    size_t offset;
  } curves[] = {{"depth", offsetof(churn_gain_point, depth)},
                {"captured", offsetof(churn_gain_point, captured)},
                {"captured_low", offsetof(churn_gain_point, captured_interval.low)},
                {"captured_high", offsetof(churn_gain_point, captured_interval.high)},
                {"false_positive_rate", offsetof(churn_gain_point, false_positive_rate)},
                {"true_positive_low", offsetof(churn_gain_point, true_positive_interval.low)},
                {"true_positive_high", offsetof(churn_gain_point, true_positive_interval.high)}};
  for (size_t i = 0; i < sizeof curves / sizeof curves[0]; i++)
    append_points(text, curves[i].key, points, curves[i].offset);
}

static churn_status add_gain(churn_json_text *text, const realised *r, churn_error *error)
{
  churn_judged judged = {.rows = r->rows, .labels = r->labels};
  churn_ordering ordering = {0};
  churn_list list = {0};
  churn_cluster_groups groups = {0};
  churn_gain_point *points = churn_array_new(CHURN_GAIN_POINTS, sizeof *points);
  churn_status status = points == NULL ? churn_error_no_memory(error)
                                       : churn_ordering_build(&judged, r->logits, &ordering, error);
  if (status == CHURN_OK)
    status = churn_cluster_groups_deal(&judged, 0, 0, &groups, error);
  if (status == CHURN_OK)
    status = churn_list_build(&judged, &ordering, groups.of, &list, error);
  if (status == CHURN_OK)
    status = churn_gain_curve(&judged, &list, &groups, level, points, error);
  if (status == CHURN_OK)
    append_gain(text, points);
  churn_list_clear(&list);
  churn_cluster_groups_clear(&groups);
  churn_ordering_clear(&ordering);
  free(points);
  return status;
}

static churn_status add_calibration(churn_json_text *text, const realised *r, churn_error *error)
{
  churn_judged judged = {.rows = r->rows, .labels = r->labels};
  churn_calibration_bin bins[BINS];
  size_t count = 0;
  churn_status status =
      churn_calibration_curve(&judged, r->claimed, level, BINS, bins, &count, error);
  churn_json_list_open(text, 6, "calibration");
  for (size_t i = 0; i < count && status == CHURN_OK; i++) {
    const churn_json_pair pairs[] = {
        {"rows", (double)bins[i].count},         {"churners", (double)bins[i].churners},
        {"predicted", bins[i].mean_probability}, {"observed", bins[i].observed},
        {"low", bins[i].interval.low},           {"high", bins[i].interval.high}};
    churn_json_item(text, 8, i == 0);
    churn_json_append(text, "{");
    churn_json_numbers(text, pairs, sizeof pairs / sizeof pairs[0], true);
    churn_json_append(text, "}");
  }
  churn_json_list_close(text, 6);
  return status;
}

static churn_status add_realised(churn_json_text *text, const churn_night *n, const realised *r,
                                 churn_error *error)
{
  double auc = NAN;
  churn_status status = churn_auc(r->labels, r->logits, r->rows, &auc, error);
  churn_json_append(text, "{");
  churn_json_key(text, 6, "as_of", true);
  churn_json_day(text, n->recent.as_of);
  churn_json_truth_at(text, 6, "in_training", churn_night_trained_on(n, n->recent.as_of));
  churn_json_whole_at(text, 6, "rows", r->rows);
  churn_json_whole_at(text, 6, "churners", r->churners);
  churn_json_number_at(text, 6, "expected_churners", r->expected);
  churn_json_number_at(text, 6, "auc", auc);
  if (status == CHURN_OK)
    status = add_gain(text, r, error);
  if (status == CHURN_OK)
    status = add_calibration(text, r, error);
  churn_json_append(text, "}");
  return status;
}

static churn_status append_realised(churn_json_text *text, const churn_night *n, churn_error *error)
{
  realised r = {0};
  churn_status status = CHURN_OK;
  if (n->recent_scores.rows != NULL)
    status = take_rows(n, &r, error);
  churn_json_key(text, 4, "realised", false);
  if (status == CHURN_OK && r.churners > 0 && r.churners < r.rows)
    status = add_realised(text, n, &r, error);
  else
    churn_json_append(text, "null");
  clear_rows(&r);
  return status;
}

/* The newest day whose window had closed by the data of an earlier run. */
static churn_day closed_by(const churn_night *n, const churn_past_run *past)
{
  churn_day newest = n->project->data_until;
  if (newest == CHURN_DAY_MISSING)
    for (size_t i = 0; i < past->source_count; i++)
      if (past->sources[i].newest > newest)
        newest = past->sources[i].newest;
  if (newest == CHURN_DAY_MISSING)
    return CHURN_DAY_MISSING;
  newest = newest >= past->day ? past->day - 1 : newest;
  return newest + 1 - n->project->outcome.gap_days - n->project->outcome.horizon_days;
}

static void append_outcome(churn_json_text *text, const churn_outcome *o, bool first)
{
  const churn_json_pair pairs[] = {{"judged", (double)o->judged},
                                   {"churned", (double)o->churned},
                                   {"observed", o->observed},
                                   {"estimated", o->estimated},
                                   {"auc", o->auc},
                                   {"estimated_auc", o->estimated_auc},
                                   {"head", (double)o->head},
                                   {"captured", o->captured},
                                   {"estimated_captured", o->estimated_captured}};
  churn_json_item(text, 6, first);
  churn_json_append(text, "{\"as_of\": ");
  churn_json_day(text, o->as_of);
  churn_json_append(text, ", \"model\": ");
  churn_json_quote(text, o->model);
  churn_json_numbers(text, pairs, sizeof pairs / sizeof pairs[0], false);
  churn_json_append(text, "}");
}

/* Lists that had been judged when the run before ended: so that running this one again, which has
 * judged more by then, gives the same page. */
static churn_status append_outcomes(churn_json_text *text, const churn_night *n,
                                    const churn_run *run, churn_error *error)
{
  churn_past_runs past = {0};
  churn_outcomes *outcomes = NULL;
  bool first = true;
  churn_run silent = run == NULL ? (churn_run){0} : *run;
  silent.notes = NULL; /* judging the night and its lists tells what is wrong with them */
  churn_status status = churn_past_runs_read(n->root, n->as_of, 1, &silent, &past, error);
  if (status == CHURN_OK)
    status = churn_outcomes_read(n->project, n->root, &silent, &outcomes, error);
  churn_day closed =
      status == CHURN_OK && past.count > 0 ? closed_by(n, &past.runs[0]) : CHURN_DAY_MISSING;
  churn_json_list_open(text, 4, "outcomes");
  for (size_t i = 0; status == CHURN_OK && i < outcomes->count; i++)
    if (closed != CHURN_DAY_MISSING && outcomes->items[i].as_of <= closed) {
      append_outcome(text, &outcomes->items[i], first);
      first = false;
    }
  churn_json_list_close(text, 4);
  churn_outcomes_free(outcomes);
  churn_past_runs_clear(&past);
  return status;
}

churn_status churn_report_quality(const churn_night *night, const churn_run *run,
                                  churn_json_text *text, churn_error *error)
{
  const churn_model *m = night->model;
  churn_json_key(text, 2, "quality", false);
  churn_json_append(text, "{");
  churn_json_key(text, 4, "validation_kind", true);
  churn_json_text_or_null(text, m->validation_kind);
  churn_json_key(text, 4, "validation", false);
  if (m->validation.rows > 0)
    churn_report_figures(text, &m->validation);
  else
    churn_json_append(text, "null");
  churn_report_calibration(text, m);
  churn_status status = append_realised(text, night, error);
  if (status == CHURN_OK)
    status = append_outcomes(text, night, run, error);
  churn_json_append(text, "}");
  return status;
}
