/* The parts of a model card that judge: figures, calibration, limits.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/card_text.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

static void write_row(churn_output *output, const char *title, const churn_figures *f)
{
  if (f->rows == 0)
    return;
  churn_output_printf(output, "| %s | %" PRIu64 " | %" PRIu64 " | ", title, f->rows, f->churners);
  churn_card_interval(output, f->auc, f->auc_lower, f->auc_upper, 4);
  churn_output_text(output, " |");
  churn_card_cell(output, f->log_loss, 5);
  churn_card_cell(output, f->null_log_loss, 5);
  churn_card_cell(output, f->brier, 5);
  churn_card_cell(output, f->null_brier, 5);
  churn_card_cell(output, f->top_decile_lift, 2);
  churn_card_cell(output, f->calibration_intercept, 3);
  churn_card_cell(output, f->calibration_slope, 3);
  churn_output_text(output, "\n");
}

void churn_card_figures(churn_output *output, const churn_model *model)
{
  const churn_figures *later = &model->validation, *fold = &model->out_of_fold.figures;
  churn_output_text(
      output,
      "\n## Figures\n\n"
      "| rows | count | churners | AUC (95 %) | log-loss | of a constant rate | Brier | of a "
      "constant rate | lift of the riskiest tenth | calibration intercept | calibration "
      "slope |\n"
      "| --- | ---: | ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n");
  write_row(output,
            strcmp(model->validation_kind, "later_snapshots") == 0 ? "later snapshots"
                                                                   : "held-out customers",
            later);
  write_row(output, "out of fold", fold);
  write_row(output, "training (flatters)", &model->training);
  churn_output_text(output,
                    "\nAUC: the chance that a churner ranks above a stayer, out of fold one of the "
                    "same fold; 0.5 is guessing. Its interval is DeLong's");
  churn_output_text(output, model->dependent_rows ? ", with customers as clusters.\n" : ".\n");
  if (later->rows == 0)
    churn_output_text(output, "\nThe model was **not** judged on later snapshots or held-out "
                              "customers.\n");
}

/* Counts and shares are both of the population, where rows stand for more than themselves. */
static void write_reliability(churn_output *output, const churn_model *model)
{
  const churn_model_out_of_fold *o = &model->out_of_fold;
  bool weighted = model->population != (double)model->rows;
  churn_output_printf(output,
                      "\n| tenth, riskiest first | %s | churned | predicted | observed | "
                      "95 %% interval |\n| ---: | ---: | ---: | ---: | ---: | --- |\n",
                      weighted ? "population" : "rows");
  for (size_t i = 0; i < o->bin_count; i++) {
    const churn_reliability *b = &o->bins[i];
    churn_output_printf(output, "| %zu | %.*f | %.*f | %.2f %% | %.2f %% | %.2f to %.2f |\n", i + 1,
                        weighted, b->population, weighted, b->population_churners,
                        100 * b->mean_predicted, 100 * b->observed, 100 * b->lower, 100 * b->upper);
  }
}

void churn_card_calibration(churn_output *output, const churn_model *model)
{
  const churn_model_out_of_fold *o = &model->out_of_fold;
  const churn_recalibration *r = &model->recalibration;
  churn_output_text(output, "\n## Calibration\n\n");
  if (o->folds == 0)
    churn_output_text(output, "Not looked at: no out-of-fold predictions were made.\n");
  if (o->folds > 0) {
    churn_output_printf(output, "By %" PRIu32 " folds of whole customers: intercept ", o->folds);
    churn_card_interval(output, o->figures.calibration_intercept, o->intercept_lower,
                        o->intercept_upper, 3);
    churn_output_text(output, " (0 is right on average), slope ");
    churn_card_interval(output, o->figures.calibration_slope, o->slope_lower, o->slope_upper, 3);
    churn_output_text(output, " (below 1 is too extreme).\n");
    write_reliability(output, model);
  }
  if (strcmp(r->method, "none") != 0)
    churn_output_printf(output,
                        "\nProbabilities are recalibrated (%s): log-loss %.5f, %.5f "
                        "without.\n",
                        r->method, r->log_loss_after, r->log_loss_before);
  else if (strcmp(r->asked, "none") != 0)
    churn_output_printf(output, "\nNot recalibrated: %s would not help.\n", r->asked);
}

/* A column's condition in words; NULL where there is nothing to say. */
static const char *condition_words(const char *condition)
{
  static const char *const words[][2] = {
      {"collinear", "the other features tell nearly the same"},
      {"few_rows", "too few churners or stayers have one of its two values"},
      {"near_separation", "it tells some rows almost surely, so its standard error is too large"},
      {"separation", "it parts churners from stayers, so it has no finite estimate"}};
  for (size_t i = 0; condition != NULL && i < sizeof words / sizeof words[0]; i++)
    if (strcmp(condition, words[i][0]) == 0)
      return words[i][1];
  return NULL;
}

static void limit_columns(churn_output *output, const churn_model *model)
{
  for (size_t c = 0; c < model->column_count; c++) {
    const char *words = condition_words(model->columns[c].condition);
    if (words == NULL)
      continue;
    churn_output_text(output, "- The coefficient of ");
    churn_card_code(output, model->columns[c].name);
    churn_output_printf(output, " is not to be relied on: %s.\n", words);
  }
  for (size_t f = 0; f < model->feature_count; f++) {
    double share = (double)model->features[f].missing_rows / (double)model->rows;
    if (model->rows == 0 || share <= 0.5)
      continue;
    churn_output_text(output, "- ");
    churn_card_code(output, model->features[f].name);
    churn_output_printf(output, " was missing in %.0f %% of the training rows.\n", 100 * share);
  }
}

/* Ten churners, or others, for each coefficient is the old rule of thumb: Peduzzi and others 1996
 * (Journal of Clinical Epidemiology 49:1373). */
static void limit_counts(churn_output *output, const churn_model *model)
{
  uint64_t others = model->rows - model->churners;
  uint64_t fewer = model->churners < others ? model->churners : others;
  if (fewer < 10 * (uint64_t)model->column_count)
    churn_output_printf(output,
                        "- Few events: %" PRIu64 " %s for %zu coefficients; fewer than ten each "
                        "tend to overfit.\n",
                        fewer, model->churners < others ? "churners" : "stayers",
                        model->column_count);
  if (!model->converged) {
    churn_output_text(output, "- The fit did **not** converge: stopped by ");
    churn_card_words(output, model->stopped_by);
    churn_output_text(output, ".\n");
  }
  if (model->dependent_rows)
    churn_output_text(output, "- Customers have several training rows, which depend on each other: "
                              "likelihood, AIC and BIC do not hold.\n");
}

void churn_card_limits(churn_output *output, const churn_model *model)
{
  churn_output_text(
      output, "\n## Limits\n\n"
              "- Coefficients tell what goes along with churn, not what causes it, and not what "
              "a call would change.\n");
  if (model->horizon_days > 0)
    churn_output_printf(output,
                        "- A probability is for %d days, %d days after the as-of day, and for "
                        "customers of the kind that it was trained on; prices, products or "
                        "channels that came later are not in it.\n",
                        (int)model->horizon_days, (int)model->gap_days);
  else
    churn_output_text(output,
                      "- The export has no days: what a probability is for is what the "
                      "outcome's column meant, and nothing guards against columns that were "
                      "filled in afterwards.\n");
  limit_counts(output, model);
  limit_columns(output, model);
  for (size_t i = 0; i < model->dropped_count; i++) {
    churn_output_text(output, "- Left out: ");
    churn_card_code(output, model->dropped[i].name);
    churn_output_text(output, ", ");
    churn_card_words(output, model->dropped[i].reason);
    churn_output_text(output, ".\n");
  }
  for (size_t i = 0; i < model->note_count; i++) {
    churn_output_text(output, "- Said in training: ");
    churn_card_words(output, model->notes[i]);
    churn_output_text(output, "\n");
  }
}
