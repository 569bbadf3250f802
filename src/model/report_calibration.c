/* What `churn train --json` says about calibration.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/report.h"

static void append_bins(churn_json_text *text, const churn_model_out_of_fold *o)
{
  churn_json_list_open(text, 4, "reliability");
  for (size_t i = 0; i < o->bin_count; i++) {
    const churn_reliability *bin = &o->bins[i];
    const churn_json_pair pairs[] = {{"population", bin->population},
                                     {"population_churners", bin->population_churners},
                                     {"mean_predicted", bin->mean_predicted},
                                     {"observed", bin->observed},
                                     {"lower", bin->lower},
                                     {"upper", bin->upper}};
    churn_json_append(text, i == 0 ? "" : ",");
    churn_json_line(text, 6);
    churn_json_append(text, "{\"rows\": ");
    churn_json_whole(text, bin->rows);
    churn_json_append(text, ", \"churners\": ");
    churn_json_whole(text, bin->churners);
    churn_json_numbers(text, pairs, sizeof pairs / sizeof pairs[0], false);
    churn_json_append(text, "}");
  }
  churn_json_append(text, "]");
}

static void append_out_of_fold(churn_json_text *text, const churn_model_out_of_fold *o)
{
  const churn_json_pair pairs[] = {
      {"intercept_error", o->intercept_error}, {"intercept_lower", o->intercept_lower},
      {"intercept_upper", o->intercept_upper}, {"slope_error", o->slope_error},
      {"slope_lower", o->slope_lower},         {"slope_upper", o->slope_upper}};
  churn_json_key(text, 2, "out_of_fold", false);
  if (o->folds == 0) {
    churn_json_append(text, "null");
    return;
  }
  churn_json_append(text, "{");
  churn_json_key(text, 4, "folds", true);
  churn_json_whole(text, o->folds);
  churn_json_key(text, 4, "figures", false);
  churn_report_figures(text, &o->figures);
  churn_json_text_at(text, 4, "error_kind", o->error_kind);
  for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
    churn_json_number_at(text, 4, pairs[i].key, pairs[i].value);
  }
  append_bins(text, o);
  churn_json_line(text, 2);
  churn_json_append(text, "}");
}

static void append_knots(churn_json_text *text, const churn_recalibration *r)
{
  churn_json_list_open(text, 4, "knots");
  for (size_t i = 0; i < r->knot_count; i++) {
    const churn_json_pair pairs[] = {{"logit", r->knots[i].logit},
                                     {"probability", r->knots[i].probability}};
    churn_json_append(text, i == 0 ? "" : ",");
    churn_json_line(text, 6);
    churn_json_append(text, "{");
    churn_json_numbers(text, pairs, sizeof pairs / sizeof pairs[0], true);
    churn_json_append(text, "}");
  }
  churn_json_append(text, "]");
}

static void append_recalibration(churn_json_text *text, const churn_recalibration *r)
{
  const churn_json_pair pairs[] = {{"intercept", r->intercept},
                                   {"slope", r->slope},
                                   {"log_loss_before", r->log_loss_before},
                                   {"log_loss_after", r->log_loss_after}};
  churn_json_key(text, 2, "recalibration", false);
  churn_json_append(text, "{");
  churn_json_key(text, 4, "asked", true);
  churn_json_quote(text, r->asked);
  churn_json_text_at(text, 4, "method", r->method);
  for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
    churn_json_number_at(text, 4, pairs[i].key, pairs[i].value);
  }
  append_knots(text, r);
  churn_json_line(text, 2);
  churn_json_append(text, "}");
}

void churn_report_calibration(churn_json_text *text, const churn_model *model)
{
  append_out_of_fold(text, &model->out_of_fold);
  append_recalibration(text, &model->recalibration);
}
