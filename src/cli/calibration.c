/* What out-of-fold predictions say about a model's probabilities, as a table.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

static const char *with_interval(double estimate, double lower, double upper)
{
  if (isnan(estimate))
    return "none";
  return isnan(lower) ? cli_format("%.3f", estimate)
                      : cli_format("%.3f (%.3f to %.3f)", estimate, lower, upper);
}

static void print_reliability(const churn_model_out_of_fold *o, FILE *file)
{
  cli_table *table = cli_table_new("rrrrrr");
  cli_table_row(table, "tenth", "rows", "churned", "predicted", "observed", "95 % interval");
  for (size_t i = 0; i < o->bin_count; i++) {
    const churn_reliability *b = &o->bins[i];
    cli_table_row(table, cli_format("%zu", i + 1), cli_count(b->rows), cli_count(b->churners),
                  cli_percent(b->mean_predicted, 2), cli_percent(b->observed, 2),
                  cli_format("%.2f to %.2f", 100 * b->lower, 100 * b->upper));
  }
  cli_table_print(table, file, "  ");
}

static void print_recalibration(const churn_recalibration *r, FILE *file)
{
  if (strcmp(r->asked, "none") == 0)
    return;
  if (strcmp(r->method, "none") == 0)
    fprintf(file, "NOT recalibrated: %s would not help.\n", r->asked);
  else
    fprintf(file, "Recalibrated by %s: cross-fitted log-loss %s, without %s.\n", r->method,
            cli_number(r->log_loss_after, 5), cli_number(r->log_loss_before, 5));
}

void cli_print_calibration(const churn_model *model, FILE *file)
{
  const churn_model_out_of_fold *o = &model->out_of_fold;
  if (o->folds > 0) {
    cli_print_figures(&o->figures, cli_format("Out of fold (%" PRIu32 " folds)", o->folds), file);
    fprintf(
        file, "  Calibration intercept %s; 0 = right on average.\n",
        with_interval(o->figures.calibration_intercept, o->intercept_lower, o->intercept_upper));
    fprintf(file, "  Calibration slope %s; below 1 = too extreme.\n",
            with_interval(o->figures.calibration_slope, o->slope_lower, o->slope_upper));
    fprintf(file, "  95 %% intervals %s.\n",
            strcmp(o->error_kind, "clustered") == 0 ? "clustered by customer"
                                                    : "for independent rows");
    print_reliability(o, file);
  }
  print_recalibration(&model->recalibration, file);
}

void cli_print_validation(const churn_model *model, FILE *file)
{
  bool later = strcmp(model->validation_kind, "later_snapshots") == 0;
  cli_print_figures(&model->training, "On the training rows", file);
  if (model->validation.rows > 0)
    cli_print_figures(&model->validation, later ? "On later snapshots" : "On held-out customers",
                      file);
  cli_print_calibration(model, file);
}
