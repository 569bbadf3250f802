/* What `churn evaluate --json` prints.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/report.h"

#include <churn/evaluate.h>

static void append_rows(churn_json_text *text, const churn_evaluation *e)
{
  churn_json_whole_at(text, 2, "rows", e->figures.rows);
  churn_json_whole_at(text, 2, "churners", e->figures.churners);
  churn_json_number_at(text, 2, "population", e->population);
  churn_json_number_at(text, 2, "population_churners", e->population_churners);
  churn_json_key(text, 2, "first_as_of", false);
  churn_json_day(text, e->first_as_of);
  churn_json_key(text, 2, "last_as_of", false);
  churn_json_day(text, e->last_as_of);
  churn_json_whole_at(text, 2, "snapshots", e->snapshot_count);
  churn_json_key(text, 2, "in_sample", false);
  churn_json_append(text, !e->in_sample_known ? "null" : e->in_sample ? "true" : "false");
  if (e->in_sample_reason[0] != '\0') {
    churn_json_text_at(text, 2, "in_sample_reason", e->in_sample_reason);
  }
  churn_json_whole_at(text, 2, "unseen_levels", e->unseen_levels);
  churn_json_text_at(text, 2, "recalibration", e->recalibration);
}

static void append_figures(churn_json_text *text, const churn_evaluation *e)
{
  const churn_json_pair figures[] = {{"auc", e->figures.auc},
                                     {"auc_lower", e->figures.auc_lower},
                                     {"auc_upper", e->figures.auc_upper},
                                     {"log_loss", e->figures.log_loss},
                                     {"null_log_loss", e->figures.null_log_loss},
                                     {"brier", e->figures.brier},
                                     {"null_brier", e->figures.null_brier}};
  const churn_json_pair calibration[] = {
      {"intercept", e->figures.calibration_intercept}, {"slope", e->figures.calibration_slope},
      {"intercept_error", e->intercept_error},         {"slope_error", e->slope_error},
      {"mean_predicted", e->mean_probability},         {"observed", e->observed_rate}};
  for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++) {
    churn_json_number_at(text, 2, figures[i].key, figures[i].value);
  }
  churn_json_numbers_at(text, 2, "calibration", calibration,
                        sizeof calibration / sizeof calibration[0]);
  churn_json_text_at(text, 2, "error_kind", e->error_kind);
}

static void append_deciles(churn_json_text *text, const churn_evaluation *e)
{
  churn_json_list_open(text, 2, "deciles");
  for (int i = 0; i < CHURN_DECILES; i++) {
    const churn_decile *d = &e->deciles[i];
    const churn_json_pair pairs[] = {{"rows", d->rows},
                                     {"churners", d->churners},
                                     {"mean_probability", d->mean_probability},
                                     {"lift", d->lift}};
    churn_json_item(text, 4, i == 0);
    churn_json_append(text, "{");
    churn_json_numbers(text, pairs, sizeof pairs / sizeof pairs[0], true);
    churn_json_append(text, "}");
  }
  churn_json_list_close(text, 2);
}

static void append_captures(churn_json_text *text, const churn_evaluation *e)
{
  churn_json_list_open(text, 2, "captures");
  for (size_t i = 0; i < e->capture_count; i++) {
    const churn_capture *c = &e->captures[i];
    const churn_json_pair pairs[] = {{"precision", c->precision},
                                     {"captured", c->captured},
                                     {"captured_value", c->captured_value}};
    churn_json_item(text, 4, i == 0);
    churn_json_append(text, "{");
    churn_json_append(text, "\"count\": ");
    churn_json_whole(text, c->count);
    churn_json_numbers(text, pairs, sizeof pairs / sizeof pairs[0], false);
    churn_json_append(text, "}");
  }
  churn_json_list_close(text, 2);
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
