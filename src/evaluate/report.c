/* What `churn evaluate --json` prints.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/report.h"

#include <churn/evaluate.h>

static void append_day(churn_json_text *text, const char *key, churn_day day)
{
  char plain[CHURN_DAY_TEXT_SIZE];
  churn_json_key(text, 2, key, false);
  churn_day_format(day, plain);
  if (plain[0] == '\0')
    churn_json_append(text, "null");
  else
    churn_json_quote(text, plain);
}

static void append_rows(churn_json_text *text, const churn_evaluation *e)
{
  churn_json_key(text, 2, "rows", false);
  churn_json_whole(text, e->figures.rows);
  churn_json_key(text, 2, "churners", false);
  churn_json_whole(text, e->figures.churners);
  churn_json_key(text, 2, "population", false);
  churn_json_number(text, e->population);
  churn_json_key(text, 2, "population_churners", false);
  churn_json_number(text, e->population_churners);
  append_day(text, "first_as_of", e->first_as_of);
  append_day(text, "last_as_of", e->last_as_of);
  churn_json_key(text, 2, "snapshots", false);
  churn_json_whole(text, e->snapshot_count);
  churn_json_key(text, 2, "in_sample", false);
  churn_json_append(text, !e->in_sample_known ? "null" : e->in_sample ? "true" : "false");
  if (e->in_sample_reason[0] != '\0') {
    churn_json_key(text, 2, "in_sample_reason", false);
    churn_json_quote(text, e->in_sample_reason);
  }
  churn_json_key(text, 2, "unseen_levels", false);
  churn_json_whole(text, e->unseen_levels);
}

static void append_figures(churn_json_text *text, const churn_evaluation *e)
{
  const churn_json_pair figures[] = {
      {"auc", e->figures.auc}, {"log_loss", e->figures.log_loss}, {"brier", e->figures.brier}};
  const churn_json_pair calibration[] = {
      {"intercept", e->figures.calibration_intercept}, {"slope", e->figures.calibration_slope},
      {"intercept_error", e->intercept_error},         {"slope_error", e->slope_error},
      {"mean_predicted", e->mean_probability},         {"observed", e->observed_rate}};
  for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++) {
    churn_json_key(text, 2, figures[i].key, false);
    churn_json_number_or_null(text, figures[i].value);
  }
  churn_json_key(text, 2, "calibration", false);
  churn_json_append(text, "{");
  churn_json_numbers(text, calibration, sizeof calibration / sizeof calibration[0], true);
  churn_json_append(text, "}");
}

/* A list of one-line objects. */
static void open_item(churn_json_text *text, bool first)
{
  churn_json_append(text, first ? "" : ",");
  churn_json_line(text, 4);
  churn_json_append(text, "{");
}

static void append_deciles(churn_json_text *text, const churn_evaluation *e)
{
  churn_json_key(text, 2, "deciles", false);
  churn_json_append(text, "[");
  for (int i = 0; i < CHURN_DECILES; i++) {
    const churn_decile *d = &e->deciles[i];
    const churn_json_pair pairs[] = {{"rows", d->rows},
                                     {"churners", d->churners},
                                     {"mean_probability", d->mean_probability},
                                     {"lift", d->lift}};
    open_item(text, i == 0);
    churn_json_numbers(text, pairs, sizeof pairs / sizeof pairs[0], true);
    churn_json_append(text, "}");
  }
  churn_json_line(text, 2);
  churn_json_append(text, "]");
}

static void append_captures(churn_json_text *text, const churn_evaluation *e)
{
  churn_json_key(text, 2, "captures", false);
  churn_json_append(text, "[");
  for (size_t i = 0; i < e->capture_count; i++) {
    const churn_capture *c = &e->captures[i];
    const churn_json_pair pairs[] = {{"precision", c->precision},
                                     {"captured", c->captured},
                                     {"captured_value", c->captured_value}};
    open_item(text, i == 0);
    churn_json_append(text, "\"count\": ");
    churn_json_whole(text, c->count);
    churn_json_numbers(text, pairs, sizeof pairs / sizeof pairs[0], false);
    churn_json_append(text, "}");
  }
  churn_json_line(text, 2);
  churn_json_append(text, "]");
}

churn_status churn_evaluation_write(const churn_evaluation *evaluation, const char *model_id,
                                    const char *path, churn_error *error)
{
  churn_json_text text = {0};
  churn_json_append(&text, "{");
  churn_json_key(&text, 2, "model", true);
  churn_json_quote(&text, model_id);
  append_rows(&text, evaluation);
  append_figures(&text, evaluation);
  append_deciles(&text, evaluation);
  append_captures(&text, evaluation);
  churn_json_append(&text, "\n}\n");
  return churn_json_save(&text, path, error);
}
