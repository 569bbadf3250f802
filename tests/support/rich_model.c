/* A model that uses every part of the model file.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "rich_model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Arrays of a model are the heap's. */
#define COPY(member, count_member, ...)                                                            \
  do {                                                                                             \
    (count_member) = sizeof(__VA_ARGS__) / sizeof(*(member));                                      \
    (member) = malloc(sizeof(__VA_ARGS__));                                                        \
    memcpy((member), (__VA_ARGS__), sizeof(__VA_ARGS__));                                          \
  } while (0)

static void fill_number(churn_model_feature *f, const char *name, double fill, int32_t column,
                        int32_t missing_column, uint64_t missing_rows)
{
  size_t bins;
  f->name = strdup(name);
  f->expression = strdup("count(engagements over 30d) / (count(engagements over 90d) / 3)");
  f->kind = CHURN_FEATURE_NUMBER;
  f->missing_rule = strdup("mean");
  f->fill = fill;
  f->number_column = column;
  f->missing_column = missing_column;
  f->other_column = -1;
  f->missing_rows = missing_rows;
  COPY(f->bounds, f->bound_count, (double[]){-1e-7, 0.1 + 0.2, 41.0 / 7});
  COPY(f->bin_rows, bins, (uint64_t[]){17, 233, 512, 4001 - 17 - 233 - 512 - missing_rows});
  (void)bins;
}

static void fill_region(churn_model_feature *f)
{
  f->name = strdup("region \"x\"\\");
  f->expression = strdup("customers.region");
  f->label = strdup("R\303\251gion\t(Land)");
  f->kind = CHURN_FEATURE_CATEGORY;
  f->missing_rule = strdup("mean");
  f->number_column = -1;
  f->missing_column = 3;
  f->other_column = 4;
  f->reference = strdup("nord");
  f->missing_rows = 101;
  COPY(f->levels, f->level_count,
       (churn_model_level[]){{strdup(""), 4, 7, 0},
                             {strdup("\001\n\r\b\f\177\""), 4, 19, 2},
                             {strdup("?other"), 5, 530, 61},
                             {strdup("a=b"), -1, 97, 12},
                             {strdup("nord"), -1, 2999, 404},
                             {strdup("\346\235\261\344\272\254 \360\237\230\200"), 6, 248, 33}});
}

static void fill_tier(churn_model_feature *f)
{
  f->name = strdup("tier");
  f->expression = strdup("last(tier from prices)");
  f->label = strdup("");
  f->kind = CHURN_FEATURE_CATEGORY;
  f->missing_rule = strdup("error");
  f->number_column = -1;
  f->missing_column = -1;
  f->other_column = -1;
  f->missing_rows = 2001;
  COPY(f->levels, f->level_count, (churn_model_level[]){{strdup("gold"), 7, 2000, 250}});
}

static churn_model_column column(const char *name, uint32_t feature, churn_encoded_kind kind,
                                 double estimate, double std_error)
{
  return (churn_model_column){.name = strdup(name),
                              .feature = feature,
                              .kind = kind,
                              .mean = estimate * 1e5 + 1.0 / 3,
                              .deviation = std_error * 7.3,
                              .estimate = estimate,
                              .std_error = std_error,
                              .z = estimate / std_error,
                              .p = 1e-300 * std_error,
                              .lower = estimate - 1.96 * std_error,
                              .upper = estimate + 1.96 * std_error,
                              .odds_ratio = 0.5 + std_error,
                              .odds_lower = 0.5,
                              .odds_upper = 0.75 + std_error * 3,
                              .sd_effect = -std_error / 7,
                              .condition = strdup("near_separation"),
                              .penalty_factor = std_error / 3};
}

static void fill_columns(churn_model *m)
{
  COPY(m->columns, m->column_count,
       (churn_model_column[]){
           column("tenure", 0, CHURN_ENCODED_NUMBER, -0.012345678901234567, 0.00345),
           column("trend", 1, CHURN_ENCODED_NUMBER, 2.385, 0.71),
           column("trend?missing", 1, CHURN_ENCODED_MISSING, 1e22, 1e21),
           column("region \"x\"\\?missing", 3, CHURN_ENCODED_LEVEL, 5e-324, 0.25),
           column("region \"x\"\\?other", 3, CHURN_ENCODED_LEVEL, -0.0, 0.125),
           column("region \"x\"\\=?other", 3, CHURN_ENCODED_LEVEL, 12345678901234568.0, 3e15),
           column("region \"x\"\\=\346\235\261\344\272\254 \360\237\230\200", 3,
                  CHURN_ENCODED_LEVEL, -4.0, 1.75),
           column("tier=gold", 4, CHURN_ENCODED_LEVEL, 0.1 + 0.7, 1e-17)});
  m->columns[4].mean = -0.0;
  m->intercept = column("(intercept)", 0, CHURN_ENCODED_NUMBER, -1.6666666666666667, 0.3);
  m->columns[2].odds_upper = m->columns[2].z = NAN;
  m->intercept.mean = m->intercept.deviation = m->intercept.penalty_factor = 0;
  m->intercept.odds_ratio = m->intercept.odds_lower = m->intercept.odds_upper = 0;
  m->intercept.sd_effect = 0;
  free(m->intercept.condition);
  m->intercept.condition = NULL;
}

static void fill_covariance(churn_model *m)
{
  size_t size = m->column_count + 1;
  m->covariance = malloc(size * size * sizeof *m->covariance);
  for (size_t i = 0; i < size; i++)
    for (size_t j = 0; j < size; j++) {
      double s = i == 0 ? m->intercept.std_error : m->columns[i - 1].std_error;
      double t = j == 0 ? m->intercept.std_error : m->columns[j - 1].std_error;
      m->covariance[i * size + j] = s * t * (i == j ? 1 : 0.3 / (double)(1 + i + j));
    }
}

static void fill_remarks(churn_model *m)
{
  COPY(m->dropped, m->dropped_count,
       (churn_model_dropped[]){{strdup("overdue"), strdup("collinear with tenure, trend")},
                               {strdup("region=a=b"), strdup("constant")}});
  COPY(m->types, m->type_count,
       (churn_model_type[]){{strdup("customers"), strdup("region"), strdup("category")},
                            {strdup("payments"), strdup("due"), strdup("scheduled")},
                            {strdup("payments"), strdup("paid"), strdup("day")}});
  COPY(m->inputs, m->input_count,
       (churn_model_input[]){
           {strdup("customers"), strdup("00112233445566778899aabbccddeeff"), 2345},
           {strdup("payments"), strdup("fedcba9876543210fedcba9876543210"), INT64_MAX}});
  COPY(m->notes, m->note_count,
       (char *[]){strdup("pooled \"\" of region"), strdup("dropped overdue:\ncollinear")});
}

static void fill_fit(churn_model *m)
{
  m->first_as_of = churn_day_from_civil(2024, 1, 1);
  m->last_as_of = churn_day_from_civil(2024, 9, 30);
  m->snapshot_count = 9;
  m->horizon_days = 90;
  m->gap_days = 14;
  m->test_share = 0.1875;
  m->rows = 4001;
  m->churners = 512;
  m->customers = 877;
  m->weighting = strdup("inclusion");
  m->weight = strdup("1 / chance");
  m->sampled_churners = m->sampled_others = 1;
  m->population = 39871.0 + 1.0 / 3;
  m->population_churners = 4711.25;
  m->offset = strdup("log1p(exposure)");
  m->excluded = strdup("natural,malicious");
  m->penalty = strdup("elastic_net");
  m->lambda = 0.0371;
  m->alpha = 0.41;
  m->lambda_rule = strdup("cv_min");
  m->folds = 7;
  m->cv_deviance = 0.6371;
  m->cv_std_error = 0.0113;
  m->covariance_kind = strdup("clustered");
  m->test_kind = strdup("wald");
  m->interval_kind = strdup("profile");
  m->dependent_rows = true;
  m->churned_customers = 511;
  m->aic = 2487.1357802468247;
  m->bic = NAN;
  m->mcfadden_r2 = 0.178;
  m->log_likelihood = -1234.5678901234567;
  m->null_log_likelihood = -1502.0;
  m->penalised_objective = 0.30865;
  m->iterations = 7;
  m->max_gradient = 3.3e-17;
  m->stopped_by = strdup("gradient");
  m->converged = true;
  m->training = (churn_figures){4001,
                                512,
                                0.8123,
                                0.7911,
                                0.8318,
                                0.30856,
                                0.38245,
                                0.0921,
                                0.11159,
                                -1e-16,
                                0.9999999999999999,
                                4};
  m->validation = (churn_figures){37, 0, NAN, NAN, NAN, 0.125, 0, 0.01, 0, NAN, NAN, NAN};
  m->validation_kind = strdup("later_snapshots");
}

static void fill_calibration(churn_model *m)
{
  churn_model_out_of_fold *o = &m->out_of_fold;
  churn_recalibration *r = &m->recalibration;
  o->folds = 9;
  o->figures = (churn_figures){4001,    512,    0.7981,  0.7762, 0.8184, 0.31077,
                               0.38245, 0.0931, 0.11159, 0.0123, 0.9371, 3.75};
  o->error_kind = strdup("clustered");
  o->intercept_error = 0.0517;
  o->intercept_lower = -0.0891;
  o->intercept_upper = 0.1137;
  o->slope_error = 0.0471;
  o->slope_lower = 0.8447;
  o->slope_upper = NAN;
  COPY(o->bins, o->bin_count,
       (churn_reliability[]){{401, 170, 398.5, 168.94, 0.4273, 170.0 / 401, 0.3761, 0.4731},
                             {3600, 342, 3602.5, 342.24, 0.0917, 0.095, 0.0858, 0.1051}});
  r->asked = strdup("isotonic");
  r->method = strdup("isotonic");
  r->slope = 1;
  COPY(r->knots, r->knot_count,
       (churn_knot[]){{-4.385, 0.0021}, {-4.25, 0.0021}, {-1.5, 0.1 + 0.2}, {2.385, 0.9999}});
  r->log_loss_before = 0.31077;
  r->log_loss_after = 0.31055;
}

churn_model *rich_model_new(void)
{
  churn_model *m = churn_model_new();
  m->program = strdup("churn 0.1.0");
  m->set = strdup("full");
  m->outcome = strdup("leaving");
  m->outcome_kind = strdup("drop");
  m->feature_count = 5;
  m->features = calloc(5, sizeof *m->features);
  fill_number(&m->features[0], "tenure", 381.0, 0, -1, 0);
  fill_number(&m->features[1], "trend", 0.97, 1, 2, 1010);
  fill_number(&m->features[2], "overdue", -0.0, -1, 2, 1010);
  fill_region(&m->features[3]);
  fill_tier(&m->features[4]);
  for (size_t f = 0; f < m->feature_count; f++)
    m->features[f].spread = f == 2 ? NAN : 0.0713 * (double)f;
  m->features[0].test = (churn_model_test){1, 12.805, 3.46e-4, 1.937, 1.3917};
  m->features[1].test = (churn_model_test){2, 0.1 + 0.2, 1, 2, 1.1892};
  m->features[2].test = (churn_model_test){0, NAN, NAN, NAN, NAN};
  m->features[3].test = (churn_model_test){4, 1e3, 5e-324, 17.2, 1.4271};
  fill_columns(m);
  fill_covariance(m);
  fill_remarks(m);
  fill_fit(m);
  fill_calibration(m);
  return m;
}
