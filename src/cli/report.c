/* Reports in words and tables, shared by the verbs and the demo.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* A figure that may not exist. */
static const char *figure(double value, int digits)
{
  return isnan(value) ? "none" : cli_number(value, digits);
}

/* "6 as-of days 2025-04-01 to 2025-09-01", or the one day. */
static const char *span_text(uint32_t days, churn_day first, churn_day last)
{
  if (days == 1)
    return cli_format("as of %s", cli_text_day(first));
  return cli_format("%u as-of days %s to %s", days, cli_text_day(first), cli_text_day(last));
}

/* The table of a fit that has no standard errors. */
static void print_estimates(const churn_model *model, FILE *file)
{
  cli_table *table = cli_table_new("lrr");
  cli_table_row(table, "column", "estimate", "penalty factor");
  cli_table_row(table, model->intercept.name, cli_short(model->intercept.estimate), "");
  for (size_t i = 0; i < model->column_count; i++)
    cli_table_row(table, model->columns[i].name, cli_short(model->columns[i].estimate),
                  cli_short(model->columns[i].penalty_factor));
  cli_table_print(table, file, "  ");
  fputs("\nNo standard errors: they are not defined for this fit.\n", file);
}

/* What the rows stand for, where they do not stand for themselves. */
static void print_weighting(const churn_model *model, FILE *file)
{
  if (strcmp(model->weighting, "frequency") == 0)
    fprintf(file, "Rows repeated: %s.\n", model->weight);
  else if (strcmp(model->weighting, "inclusion") == 0)
    fprintf(file, "Weighted: %s = 1 / chance to be in the file; population %s, %s churned.\n",
            model->weight, cli_number(model->population, 1),
            cli_number(model->population_churners, 1));
  else if (strcmp(model->weighting, "sampled") == 0)
    fprintf(file,
            "Sampled: %s of the churners, %s of the others; population %s, %s churned. The "
            "intercept is the population's.\n",
            cli_short(model->sampled_churners), cli_short(model->sampled_others),
            cli_number(model->population, 1), cli_number(model->population_churners, 1));
  if (model->offset != NULL)
    fprintf(file, "Offset: %s.\n", model->offset);
}

bool cli_is_weighted(const churn_model *model)
{
  return model->population != (double)model->rows;
}

static const char *window_text(const churn_model *model)
{
  if (model->first_as_of == CHURN_DAY_MISSING)
    return "";
  return cli_format(",\n%s, churn within %d days after a gap of %d",
                    span_text(model->snapshot_count, model->first_as_of, model->last_as_of),
                    (int)model->horizon_days, (int)model->gap_days);
}

/* Lambda, what it left of the columns, and how it was chosen. */
static void print_strength(const churn_model *model, FILE *file)
{
  size_t kept = 0;
  fprintf(file, "Penalty: %s", model->penalty);
  if (strcmp(model->penalty, "none") == 0) {
    fputs(". ", file);
    return;
  }
  if (strcmp(model->penalty, "firth") == 0) {
    fputs(" (log-likelihood + 1/2 log det information).\n", file);
    return;
  }
  for (size_t i = 0; i < model->column_count; i++)
    kept += model->columns[i].estimate != 0;
  fprintf(file, ", lambda %s, alpha %s, %zu of %zu columns in.\n", cli_short(model->lambda),
          cli_short(model->alpha), kept, model->column_count);
  if (model->folds > 0)
    fprintf(file, "Lambda by %s: out-of-fold deviance %s, standard error %s, %u folds.\n",
            strcmp(model->lambda_rule, "cv") == 0 ? "one-standard-error rule" : "least deviance",
            cli_number(model->cv_deviance, 5), cli_number(model->cv_std_error, 5), model->folds);
}

/* Rows and customers each with those who churned, where they are not the same. */
static void print_rows(const churn_model *model, FILE *file)
{
  const char *rows = cli_plural(model->rows, "row"),
             *customers = cli_plural(model->customers, "customer");
  if (model->dependent_rows)
    fprintf(file, "Fitted on %s (%s churned) of %s (%s churned)%s\n", rows,
            cli_count(model->churners), customers, cli_count(model->churned_customers),
            window_text(model));
  else
    fprintf(file, "Fitted on %s (%s, %s churned)%s\n", rows, customers, cli_count(model->churners),
            window_text(model));
}

static void print_contacts(const churn_model *model, FILE *file)
{
  if (model->contacted_rule == NULL)
    return;
  const char *became = strcmp(model->contacted_rule, "drop") == 0   ? "left out"
                       : strcmp(model->contacted_rule, "keep") == 0 ? "kept"
                                                                    : "modelled";
  fprintf(file,
          "Contacted shortly before the as-of day or in the gap: %.0f rows (%.0f churned), %s.\n",
          model->contacted_rows, model->contacted_churned, became);
}

void cli_print_coefficients(const churn_model *model, FILE *file)
{
  print_rows(model, file);
  print_weighting(model, file);
  print_contacts(model, file);
  print_strength(model, file);
  fprintf(file, "Log-likelihood %.6f (null %.6f).\n%s after %u steps by %s, gradient %.1e\n\n",
          model->log_likelihood, model->null_log_likelihood,
          model->converged ? "Converged" : "NOT converged", model->iterations, model->stopped_by,
          model->max_gradient);
  if (strcmp(model->covariance_kind, "none") == 0)
    print_estimates(model, file);
  else
    cli_print_inference(model, file);
}

static const char *area_interval(const churn_figures *figures)
{
  return cli_format("%.4f to %.4f", figures->auc_lower, figures->auc_upper);
}

void cli_print_figures(const churn_figures *figures, const char *title, FILE *file)
{
  fprintf(file,
          "%s: %s, %s churned; AUC %s%s, log-loss %s (constant rate %s), Brier %s (%s), "
          "calibration slope %s, top-decile lift %s\n",
          title, cli_plural(figures->rows, "row"), cli_count(figures->churners),
          figure(figures->auc, 4),
          isnan(figures->auc_lower) ? "" : cli_format(" (%s)", area_interval(figures)),
          figure(figures->log_loss, 5), figure(figures->null_log_loss, 5),
          figure(figures->brier, 5), figure(figures->null_brier, 5),
          figure(figures->calibration_slope, 3), figure(figures->top_decile_lift, 2));
}

static bool is_weighted(const churn_evaluation *evaluation)
{
  return evaluation->population != (double)evaluation->figures.rows;
}

static void print_deciles(const churn_evaluation *evaluation, FILE *file)
{
  cli_table *table = cli_table_new("rrrrrr");
  cli_table_row(table, "tenth", is_weighted(evaluation) ? "population" : "rows", "churned", "rate",
                "predicted", "lift");
  for (int i = 0; i < CHURN_DECILES; i++) {
    const churn_decile *d = &evaluation->deciles[i];
    cli_table_row(table, cli_format("%d", i + 1), cli_number(d->rows, 1),
                  cli_number(d->churners, 1), cli_percent(d->churners / d->rows, 2),
                  cli_percent(d->mean_probability, 2), cli_number(d->lift, 2));
  }
  cli_table_print(table, file, "  ");
}

static void print_captures(const churn_evaluation *evaluation, FILE *file)
{
  if (evaluation->capture_count == 0)
    return;
  bool money = false;
  for (size_t i = 0; i < evaluation->capture_count; i++)
    money = money || !isnan(evaluation->captures[i].captured_value);
  fputs("\nCalling the riskiest K:\n", file);
  cli_table *table = cli_table_new("rrrr");
  cli_table_row(table, "K", "precision", "churners reached", money ? "their value reached" : "");
  for (size_t i = 0; i < evaluation->capture_count; i++) {
    const churn_capture *c = &evaluation->captures[i];
    cli_table_row(table, cli_count(c->count), cli_percent(c->precision, 1),
                  cli_percent(c->captured, 1), cli_percent(c->captured_value, 1));
  }
  cli_table_print(table, file, "  ");
}

static void print_span(const churn_evaluation *evaluation, FILE *file)
{
  const churn_figures *f = &evaluation->figures;
  fprintf(file, "%s, %s churned", cli_plural(f->rows, "labelled row"), cli_count(f->churners));
  if (is_weighted(evaluation))
    fprintf(file, ", for a population of %s, %s churned", cli_number(evaluation->population, 1),
            cli_number(evaluation->population_churners, 1));
  fprintf(file, " (%s)", cli_percent(evaluation->observed_rate, 2));
  if (evaluation->first_as_of != CHURN_DAY_MISSING)
    fprintf(file, ", %s",
            span_text(evaluation->snapshot_count, evaluation->first_as_of, evaluation->last_as_of));
  fputc('\n', file);
  if (evaluation->in_sample)
    fprintf(file, "in_sample: yes, so these figures flatter the model (%s)\n",
            evaluation->in_sample_reason);
  else
    fprintf(file, "in_sample: %s%s%s\n", evaluation->in_sample_known ? "no" : "unknown",
            evaluation->in_sample_reason[0] == '\0' ? "" : "; ", evaluation->in_sample_reason);
}

/* What the model reaches beside what its best constant rival does. */
static void print_figures(const churn_evaluation *evaluation, FILE *file)
{
  const churn_figures *f = &evaluation->figures;
  cli_table *table = cli_table_new("lrrl");
  cli_table_row(table, "", "model", "constant rate", "");
  cli_table_row(table, "AUC", cli_number(f->auc, 4), isnan(f->auc) ? "" : "0.5000",
                isnan(f->auc_lower)
                    ? "chance that a churner ranks above a stayer"
                    : cli_format("95 %% interval %s; 0.5 = guessing", area_interval(f)));
  cli_table_row(table, "log-loss", cli_number(f->log_loss, 5), cli_number(f->null_log_loss, 5),
                "mean of -log(probability of what happened)");
  cli_table_row(table, "Brier", cli_number(f->brier, 5), cli_number(f->null_brier, 5),
                "mean squared error of the probability");
  cli_table_row(table, "mean predicted", cli_percent(evaluation->mean_probability, 2), "",
                cli_format("against %s observed", cli_percent(evaluation->observed_rate, 2)));
  cli_table_row(
      table, "calibration intercept", cli_number(f->calibration_intercept, 3), "",
      cli_format("± %s; 0 = right on average", cli_number(evaluation->intercept_error, 3)));
  cli_table_row(table, "calibration slope", cli_number(f->calibration_slope, 3), "",
                cli_format("± %s; below 1 = too extreme", cli_number(evaluation->slope_error, 3)));
  cli_table_print(table, file, "  ");
  if (strcmp(evaluation->error_kind, "clustered") == 0)
    fputs("  Customers have several rows: interval and ± are clustered by customer.\n", file);
}

void cli_print_evaluation(const churn_evaluation *evaluation, FILE *file)
{
  print_span(evaluation, file);
  fprintf(file, "probabilities: %s\n\n", cli_recalibrated(evaluation->recalibration));
  print_figures(evaluation, file);
  if (evaluation->unseen_levels > 0)
    fprintf(file,
            "\n%s values are levels that training never saw; they count as ?other or as the "
            "reference.\n",
            cli_count(evaluation->unseen_levels));
  fprintf(file, "\nTenths of the %s, riskiest first:\n",
          is_weighted(evaluation) ? "population" : "rows");
  print_deciles(evaluation, file);
  print_captures(evaluation, file);
}
