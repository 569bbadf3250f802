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

/* Counts and shares are of the same: the population, where rows stand for more than themselves. */
static void print_reliability(const churn_model *model, FILE *file)
{
  const churn_model_out_of_fold *o = &model->out_of_fold;
  bool weighted = cli_is_weighted(model);
  cli_table *table = cli_table_new("rrrrrr");
  cli_table_row(table, "tenth", weighted ? "population" : "rows", "churned", "predicted",
                "observed", "95 % interval");
  for (size_t i = 0; i < o->bin_count; i++) {
    const churn_reliability *b = &o->bins[i];
    cli_table_row(table, cli_format("%zu", i + 1),
                  weighted ? cli_number(b->population, 1) : cli_count(b->rows),
                  weighted ? cli_number(b->population_churners, 1) : cli_count(b->churners),
                  cli_percent(b->mean_predicted, 2), cli_percent(b->observed, 2),
                  cli_format("%.2f to %.2f", 100 * b->lower, 100 * b->upper));
  }
  cli_table_print(table, file, "  ");
}

const char *cli_recalibrated(const char *method)
{
  return strcmp(method, "none") == 0 ? "not recalibrated"
                                     : cli_format("recalibrated by %s", method);
}

static void print_recalibration(const churn_recalibration *r, FILE *file)
{
  fprintf(file, "Probabilities of the model: %s", cli_recalibrated(r->method));
  if (strcmp(r->method, "none") != 0)
    fprintf(file,
            " (cross-fitted log-loss %s, without %s).\nFigures on rows above are of these; those "
            "out of fold are from before.\n",
            cli_number(r->log_loss_after, 5), cli_number(r->log_loss_before, 5));
  else if (strcmp(r->asked, "none") != 0)
    fprintf(file, "; %s was asked for, see the warning.\n", r->asked);
  else
    fputs(".\n", file);
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
    print_reliability(model, file);
  }
  print_recalibration(&model->recalibration, file);
}

void cli_print_validation(const churn_model *model, FILE *file)
{
  bool later = strcmp(model->validation_kind, "later_snapshots") == 0;
  if (cli_is_weighted(model))
    fputs("Rows are counted as they are in the file; all else is of the population that they "
          "stand for.\n",
          file);
  cli_print_figures(&model->training, "On the training rows", file);
  if (model->validation.rows > 0)
    cli_print_figures(&model->validation, later ? "On later snapshots" : "On held-out customers",
                      file);
  cli_print_calibration(model, file);
}
