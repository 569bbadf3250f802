/* A comparison as JSON text: sets and pairs, and all together.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs/comparison_json.h"

static void append_folds(churn_json_text *text, const churn_comparison *c)
{
  churn_json_list_open(text, 2, "folds");
  for (size_t f = 0; f < c->fold_count; f++) {
    const churn_compared_fold *fold = &c->folds[f];
    churn_json_item(text, 4, f == 0);
    churn_json_append(text, "{");
    churn_json_append(text, "\"as_of\": ");
    churn_json_day(text, fold->as_of);
    const struct {
      const char *key;
      uint64_t count;
    } counts[] = {{", \"training_rows\": ", fold->training_rows},
                  {", \"training_churners\": ", fold->training_churners},
                  {", \"rows\": ", fold->rows},
                  {", \"churners\": ", fold->churners}};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
      churn_json_append(text, counts[i].key);
      churn_json_whole(text, counts[i].count);
    }
    churn_json_append(text, "}");
  }
  churn_json_list_close(text, 2);
}

/* The doubles at `values` + i * `stride` bytes as a list. */
static void append_list(churn_json_text *text, int indent, const char *key, bool first,
                        const double *values, size_t stride, size_t count)
{
  churn_json_key(text, indent, key, first);
  churn_json_append(text, "[");
  for (size_t i = 0; i < count; i++) {
    churn_json_append(text, i == 0 ? "" : ", ");
    churn_json_number_or_null(text, values[i * stride / sizeof *values]);
  }
  churn_json_append(text, "]");
}

static void append_curves(churn_json_text *text, const churn_compared_set *set)
{
  const churn_gain_point *gain = set->gain;
  const churn_calibration_bin *bins = set->calibration;
  const struct {
    const char *key;
    const double *values;
  } gains[] = {{"depth", &gain->depth},
               {"captured", &gain->captured},
               {"captured_value", &gain->captured_value},
               {"false_positive_rate", &gain->false_positive_rate},
               {"precision", &gain->precision},
               {"captured_low", &gain->captured_interval.low},
               {"captured_high", &gain->captured_interval.high},
               {"captured_value_low", &gain->captured_value_interval.low},
               {"captured_value_high", &gain->captured_value_interval.high},
               {"precision_low", &gain->precision_interval.low},
               {"precision_high", &gain->precision_interval.high},
               {"true_positive_rate_low", &gain->true_positive_interval.low},
               {"true_positive_rate_high", &gain->true_positive_interval.high}},
    calibrations[] = {{"rows", &bins->rows},
                      {"mean_probability", &bins->mean_probability},
                      {"observed", &bins->observed},
                      {"low", &bins->interval.low},
                      {"high", &bins->interval.high}};
  churn_json_key(text, 6, "gain", false);
  churn_json_append(text, "{");
  for (size_t i = 0; i < sizeof gains / sizeof gains[0]; i++)
    append_list(text, 8, gains[i].key, i == 0, gains[i].values, sizeof *gain, CHURN_GAIN_POINTS);
  churn_json_append(text, "}");
  churn_json_key(text, 6, "calibration", false);
  churn_json_append(text, "{");
  for (size_t i = 0; i < sizeof calibrations / sizeof calibrations[0]; i++)
    append_list(text, 8, calibrations[i].key, i == 0, calibrations[i].values, sizeof *bins,
                set->calibration_count);
  churn_json_append(text, "}");
}

static void append_cost(churn_json_text *text, const churn_compared_set *set)
{
  const churn_json_pair cost[] = {{"extraction_ms_per_thousand", set->extraction_ms},
                                  {"fit_ms", set->fit_ms},
                                  {"bytes_per_customer", (double)set->row_bytes}};
  churn_json_numbers_at(text, 6, "cost", cost, sizeof cost / sizeof cost[0]);
}

static void append_set(churn_json_text *text, const churn_comparison *c,
                       const churn_compared_set *set, churn_json_parts parts)
{
  churn_json_key(text, 6, "name", true);
  churn_json_quote(text, set->name);
  churn_json_texts(text, 6, "features", set->features, set->feature_count);
  churn_json_whole_at(text, 6, "columns", set->columns);
  churn_json_estimate(text, 6, "auc", &set->auc);
  churn_json_estimate(text, 6, "log_loss", &set->log_loss);
  churn_json_estimate(text, 6, "brier", &set->brier);
  churn_json_number_at(text, 6, "calibration_slope", set->calibration_slope);
  churn_json_number_at(text, 6, "calibration_slope_error", set->calibration_slope_error);
  churn_json_estimate(text, 6, "top_decile_lift", &set->lift);
  churn_json_estimate(text, 6, "captured", &set->captured);
  churn_json_estimate(text, 6, "captured_value", &set->captured_value);
  churn_json_number_at(text, 6, "random_folds_auc", set->random_auc);
  append_list(text, 6, "fold_aucs", false, set->fold_aucs, sizeof(double), c->fold_count);
  append_list(text, 6, "fold_log_losses", false, set->fold_log_losses, sizeof(double),
              c->fold_count);
  append_list(text, 6, "fold_briers", false, set->fold_briers, sizeof(double), c->fold_count);
  if (parts.curves)
    append_curves(text, set);
  churn_json_whole_at(text, 6, "separated_fits", set->separated);
  churn_json_whole_at(text, 6, "not_converged_fits", set->not_converged);
  if (parts.cost)
    append_cost(text, set);
}

static void append_nested(churn_json_text *text, const churn_comparison *c,
                          const churn_compared_pair *pair)
{
  const churn_nested_figures *n = &pair->nested;
  const churn_json_pair pairs[] = {{"df", n->df}, {"chi2", n->chi2}, {"p", n->p}};
  churn_json_key(text, 6, "nested", false);
  if (n->df == 0) {
    churn_json_append(text, "null");
    return;
  }
  churn_json_append(text, "{\"larger\": ");
  churn_json_quote(text, c->sets[n->larger].name);
  churn_json_append(text, ", \"test\": ");
  churn_json_quote(text, n->wald ? "wald" : "likelihood_ratio");
  churn_json_numbers(text, pairs, sizeof pairs / sizeof pairs[0], false);
  churn_json_append(text, "}");
}

static void append_pair(churn_json_text *text, const churn_comparison *c,
                        const churn_compared_pair *pair)
{
  churn_json_key(text, 6, "first", true);
  churn_json_quote(text, c->sets[pair->first].name);
  churn_json_text_at(text, 6, "second", c->sets[pair->second].name);
  churn_json_estimate(text, 6, "auc", &pair->auc);
  churn_json_number_at(text, 6, "auc_std_error", pair->auc_std_error);
  churn_json_number_at(text, 6, "z", pair->z);
  churn_json_number_at(text, 6, "p", pair->p);
  churn_json_number_at(text, 6, "p_adjusted", pair->p_adjusted);
  churn_json_estimate(text, 6, "log_loss", &pair->log_loss);
  churn_json_estimate(text, 6, "captured", &pair->captured);
  churn_json_estimate(text, 6, "captured_value", &pair->captured_value);
  append_nested(text, c, pair);
  churn_json_text_at(text, 6, "verdict", pair->verdict);
}

static void close_item(churn_json_text *text)
{
  churn_json_line(text, 4);
  churn_json_append(text, "}");
}

static void append_summary(churn_json_text *text, const churn_comparison *c)
{
  churn_json_truth_at(text, 2, "partial", c->partial);
  churn_json_whole_at(text, 2, "planned_folds", c->planned_folds);
  churn_json_key(text, 2, "fold_rule", false);
  churn_json_quote(text, c->rule == CHURN_FOLDS_TIME ? "time" : "customers");
  if (c->window_days > 0)
    churn_json_whole_at(text, 2, "window_days", (uint64_t)c->window_days);
  churn_json_whole_at(text, 2, "rows", c->rows);
  churn_json_whole_at(text, 2, "churners", c->churners);
  churn_json_whole_at(text, 2, "customers", c->customers);
  churn_json_whole_at(text, 2, "kept_back", c->kept_back);
  churn_json_key(text, 2, "capacity", false);
  if (c->capacity == 0)
    churn_json_append(text, "null");
  else
    churn_json_whole(text, c->capacity);
  churn_json_whole_at(text, 2, "seed", c->seed);
  churn_json_whole_at(text, 2, "bootstrap_draws", c->draws);
}

void churn_comparison_json(const churn_comparison *comparison, churn_json_parts parts,
                           churn_json_text *text)
{
  const churn_comparison *c = comparison;
  churn_json_append(text, "{");
  churn_json_origin(c, text);
  append_summary(text, c);
  append_folds(text, c);
  churn_json_list_open(text, 2, "sets");
  for (size_t s = 0; s < c->set_count; s++) {
    churn_json_item(text, 4, s == 0);
    churn_json_append(text, "{");
    append_set(text, c, &c->sets[s], parts);
    close_item(text);
  }
  churn_json_list_close(text, 2);
  churn_json_list_open(text, 2, "pairs");
  for (size_t i = 0; i < c->pair_count; i++) {
    churn_json_item(text, 4, i == 0);
    churn_json_append(text, "{");
    append_pair(text, c, &c->pairs[i]);
    close_item(text);
  }
  churn_json_list_close(text, 2);
  churn_json_best(c, text);
  churn_json_append(text, "\n}");
}
