/* What a fit lets one conclude, as tables no wider than 100 columns.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

enum { PAGE_WIDTH = 100 };

static const struct {
  const char *condition, *mark, *meaning;
} marks[] = {
    {"collinear", "c", "collinear: the other features tell nearly the same"},
    {"few_rows", "f", "few rows: fewer than 10 churners or stayers at 0 or at 1"},
    {"near_separation", "s",
     "near separation: churn is all but certain there; trust no error or p; - = none to trust"},
    {"separation", "S", "separation: no finite estimate"},
};

enum { MARKS = sizeof marks / sizeof marks[0] };

static const char *mark_of(const char *condition)
{
  for (size_t i = 0; condition != NULL && i < MARKS; i++)
    if (strcmp(marks[i].condition, condition) == 0)
      return marks[i].mark;
  return "";
}

static const char *figure(double value, int digits)
{
  return isnan(value) ? "-" : cli_format("%.*g", digits, value);
}

static const char *fixed(double value, int digits)
{
  return isnan(value) ? "-" : cli_format(fabs(value) < 1e5 ? "%.*f" : "%.*g", digits, value);
}

static const char *chance(double p)
{
  return isnan(p) ? "-" : p < 1e-4 ? "<.0001" : cli_number(p, 4);
}

static void coefficient_row(cli_table *table, const churn_model_column *c)
{
  bool intercept = c->condition == NULL;
  bool credible = !isnan(c->z);
  cli_table_row(table, c->name, figure(c->estimate, 4), credible ? figure(c->std_error, 3) : "-",
                fixed(c->z, 2), chance(c->p), figure(c->lower, 3), figure(c->upper, 3),
                intercept ? "-" : figure(c->odds_ratio, 4),
                intercept ? "-" : fixed(c->sd_effect, 2), mark_of(c->condition));
}

static void print_columns(const churn_model *model, FILE *file)
{
  cli_table *table = cli_table_new("lrrrrrrrrl");
  cli_table_row(table, "column", "estimate", "std err", "z", "p", "2.5 %", "97.5 %", "odds",
                "+1 sd", "");
  coefficient_row(table, &model->intercept);
  for (size_t i = 0; i < model->column_count; i++)
    coefficient_row(table, &model->columns[i]);
  cli_table_narrow(table, PAGE_WIDTH);
  cli_table_print(table, file, "  ");
}

static void print_marks(const churn_model *model, FILE *file)
{
  for (size_t i = 0; i < MARKS; i++) {
    bool found = false;
    for (size_t c = 0; c < model->column_count && !found; c++)
      found = strcmp(model->columns[c].condition, marks[i].condition) == 0;
    if (found)
      fprintf(file, "  %s = %s\n", marks[i].mark, marks[i].meaning);
  }
}

static void print_covariance(const churn_model *model, FILE *file)
{
  const char *kind = model->covariance_kind;
  const char *words = strcmp(kind, "clustered") == 0 ? "clustered by customer"
                      : strcmp(kind, "robust") == 0  ? "robust (HC0)"
                                                     : "from the model";
  fprintf(file, "  Standard errors %s; 95 %% intervals %s.\n", words,
          strcmp(model->interval_kind, "profile") == 0 ? "by profile likelihood" : "by Wald");
  fputs("  odds = what one unit more multiplies the odds by; +1 sd = percentage points of churn "
        "probability.\n",
        file);
}

static void print_tests(const churn_model *model, FILE *file)
{
  bool ratio = strcmp(model->test_kind, "likelihood_ratio") == 0;
  fputc('\n', file);
  cli_table *table = cli_table_new("lrrrrr");
  cli_table_row(table, "feature, all its columns", "df", ratio ? "LR chi2" : "Wald chi2", "p",
                "GVIF", "GVIF^(1/2df)");
  for (size_t f = 0; f < model->feature_count; f++) {
    const churn_model_test *t = &model->features[f].test;
    if (t->df > 0)
      cli_table_row(table, model->features[f].name, cli_format("%" PRIu32, t->df),
                    fixed(t->chi2, 2), chance(t->p), fixed(t->gvif, 2), fixed(t->scaled_gvif, 2));
  }
  cli_table_narrow(table, PAGE_WIDTH);
  cli_table_print(table, file, "  ");
}

static void print_criteria(const churn_model *model, FILE *file)
{
  fprintf(file, "  AIC %s, BIC %s, McFadden's R2 %s.\n", fixed(model->aic, 2), fixed(model->bic, 2),
          fixed(model->mcfadden_r2, 4));
  if (strcmp(model->penalty, "firth") == 0)
    fprintf(file, "  Penalised by Firth's method: tests are Wald's%s.\n",
            strcmp(model->covariance_kind, "model") == 0 ? ", errors from the information" : "");
  else if (strcmp(model->penalty, "none") != 0)
    fputs("  Penalised: errors, p values and tests know nothing of the bias that the penalty "
          "brings.\n",
          file);
  if (strcmp(model->weighting, "inclusion") == 0)
    fputs("  Weighted by 1 / chance: the likelihood is no likelihood of the rows; do not test or "
          "compare by it.\n",
          file);
  if (!model->dependent_rows)
    return;
  fprintf(file, "  Dependent rows: %s rows of %s customers, of whom %s churned.\n",
          cli_count(model->rows), cli_count(model->customers), cli_count(model->churned_customers));
  fputs(
      "  The likelihood takes rows for independent: do not test or compare by it, nor by AIC, BIC, "
      "R2.\n",
      file);
  if (strcmp(model->covariance_kind, "clustered") != 0)
    fputs("  Nor by these standard errors and p values: they are too small for dependent rows.\n",
          file);
}

void cli_print_inference(const churn_model *model, FILE *file)
{
  print_columns(model, file);
  print_covariance(model, file);
  print_marks(model, file);
  print_tests(model, file);
  print_criteria(model, file);
}
