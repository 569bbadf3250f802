/* What a comparison says of its best set: learning curve, features.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs/collinear.h"
#include "jobs/shuffle.h"
#include "jobs/verdict.h"
#include "judged.h"
#include "opened.h"
#include "support.h"

#include <churn/churn.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 800 };

/* A flat export: x tells much of churn, y less, n nothing; kind is a category that tells nothing;
 * every fifth y is missing. */
static churn_project *planted_fit(uint64_t seed, const char *fit)
{
  static char text[ROWS * 96];
  churn_random random = churn_random_stream(seed, 5);
  size_t used = (size_t)snprintf(text, sizeof text, "id,churned,x,y,n,kind\n");
  for (int i = 0; i < ROWS; i++) {
    double x = draw_normal(&random), y = draw_normal(&random), n = draw_normal(&random);
    bool churned = draw_unit(&random) < 1 / (1 + exp(0.4 - 1.6 * x - 0.5 * y));
    char missing[16] = "", shown[16];
    snprintf(shown, sizeof shown, "%.5f", y);
    used += (size_t)snprintf(text + used, sizeof text - used, "c%d,%s,%.5f,%s,%.5f,%s\n", i,
                             churned ? "Yes" : "No", x, i % 5 == 0 ? missing : shown, n,
                             i % 3 == 0   ? "a"
                             : i % 3 == 1 ? "b"
                                          : "c");
  }
  scratch_write("flat.csv", text);
  char project[256];
  snprintf(project, sizeof project,
           "version: 1\ncustomers: {from: flat.csv, id: id}\n"
           "outcome: {column: churned, positive: \"Yes\"}\nfeatures: customers.*\n%s",
           fit);
  return project_of(project);
}

static churn_project *planted(uint64_t seed)
{
  return planted_fit(seed, "");
}

static churn_comparison *compare(const churn_project *project, churn_compare_settings settings,
                                 const churn_run *run)
{
  churn_comparison *comparison = NULL;
  churn_error error = {0};
  settings.first = settings.last = settings.test_from = CHURN_DAY_MISSING;
  settings.draws = 20;
  assert_ok(churn_compare(project, &settings, run, &comparison, &error), &error);
  return comparison;
}

static const churn_compared_feature *feature(const churn_comparison *c, const char *name)
{
  for (size_t i = 0; i < c->best_feature_count; i++)
    if (strcmp(c->best_features[i].name, name) == 0)
      return &c->best_features[i];
  fail_msg("no feature %s", name);
  return NULL;
}

static void a_feature_that_tells_loses_by_shuffling_and_noise_does_not(void **state)
{
  (void)state;
  scratch_make();
  churn_project *project = planted(11);
  churn_comparison *c = compare(project, (churn_compare_settings){.seed = 4}, NULL);
  assert_int_equal(c->best_feature_count, 4);
  assert_int_equal(c->shuffles, 10);
  const churn_compared_feature *x = feature(c, "x"), *y = feature(c, "y"), *n = feature(c, "n");
  assert_true(x->drop.value > 0.15 && x->drop.low > 0.1);
  assert_true(y->drop.low > 0 && y->drop.value < x->drop.value / 3);
  assert_true(n->drop.low < 0.002 && fabs(n->drop.value) < 0.01);
  assert_close(y->missing, 0.2, 1e-15, 0);
  assert_true(isnan(x->drift));
  assert_string_equal(c->test_kind, "likelihood_ratio");
  assert_true(x->test.p < 1e-10 && x->test.df == 1);
  assert_int_equal(feature(c, "kind")->column_count, 2);
  churn_comparison_free(c);
  churn_project_free(project);
  scratch_remove();
}

static void coefficients_are_those_of_train(void **state)
{
  (void)state;
  scratch_make();
  churn_project *project = planted(12);
  churn_comparison *c = compare(project, (churn_compare_settings){.sets = "x + y + kind"}, NULL);
  churn_model *model = NULL;
  churn_error error = {0};
  churn_project *only = project_of("version: 1\ncustomers: {from: flat.csv, id: id}\n"
                                   "outcome: {column: churned, positive: \"Yes\"}\nfeatures:\n"
                                   "  x: customers.x\n  y: customers.y\n  kind: customers.kind\n");
  churn_train_settings training = {
      .first = CHURN_DAY_MISSING, .last = CHURN_DAY_MISSING, .test_from = CHURN_DAY_MISSING};
  assert_ok(churn_train(only, &training, NULL, &model, &error), &error);
  assert_int_equal(c->column_count, model->column_count);
  for (size_t i = 0; i < model->column_count; i++) {
    size_t k = 0;
    while (strcmp(c->columns[k].name, model->columns[i].name) != 0)
      assert_true(++k < c->column_count);
    assert_close(c->columns[k].estimate, model->columns[i].estimate, 1e-9, 0);
    assert_close(c->columns[k].low, model->columns[i].lower, 1e-8, 0);
    assert_close(c->columns[k].odds_high, model->columns[i].odds_upper, 1e-8, 0);
  }
  for (size_t f = 0; f < model->feature_count; f++) {
    const churn_compared_feature *mine = feature(c, model->features[f].name);
    assert_close(mine->test.chi2, model->features[f].test.chi2, 1e-7, 0);
    assert_close(mine->test.scaled_gvif, model->features[f].test.scaled_gvif, 1e-8, 0);
  }
  churn_model_free(model);
  churn_comparison_free(c);
  churn_project_free(only);
  churn_project_free(project);
  scratch_remove();
}

/* Two routes: fits of both sets, and the best set's test of the feature that it has more of, which
 * refits it without (fit/ratio_test.h). y has a flag, so two columns. */
static void nested_sets_are_told_apart_as_the_feature_is_tested(void **state)
{
  (void)state;
  scratch_make();
  churn_project *project = planted(16);
  churn_comparison *c =
      compare(project, (churn_compare_settings){.sets = "x,x + y,n", .all_pairs = true}, NULL);
  assert_int_equal(c->best, 1);
  const churn_nested_figures *nested = &c->pairs[0].nested;
  const churn_model_test *test = &feature(c, "y")->test;
  assert_int_equal(nested->larger, 1);
  assert_int_equal(nested->df, 2);
  assert_int_equal(test->df, 2);
  assert_close(nested->chi2, test->chi2, 1e-7, 0);
  assert_close(nested->p, test->p, 1e-5, 0);
  assert_int_equal(c->pairs[1].nested.df, 0);
  assert_true(isnan(c->pairs[1].nested.chi2));
  churn_comparison_free(c);
  churn_project_free(project);
  scratch_remove();
}

/* Snapshots of one customer are not independent: Wald's test, clustered. Two routes: the larger fit
 * turned round on its tiles, and the best set's test by `churn train` of the feature that it has
 * more of (fit/inference.h). */
static void nested_sets_of_customers_with_several_rows_are_told_apart_by_wald(void **state)
{
  (void)state;
  enum { CUSTOMERS = 150, SNAPSHOTS = 4 };
  static char text[CUSTOMERS * SNAPSHOTS * 64];
  double odds[CUSTOMERS];
  churn_random random = churn_random_stream(6, 5);
  scratch_make();
  size_t used = (size_t)snprintf(text, sizeof text, "id,x,y,kind");
  for (int i = 0; i < CUSTOMERS; i++) {
    double x = draw_normal(&random), y = draw_normal(&random);
    odds[i] = 1.3 * x + 0.5 * y + draw_normal(&random);
    used += (size_t)snprintf(text + used, sizeof text - used, "\nc%d,%.4f,%.4f,%c", i, x, y,
                             "abc"[i % 3]);
  }
  scratch_write("customers.csv", text);
  used = (size_t)snprintf(text, sizeof text, "id,day,churned\n");
  for (int i = 0; i < CUSTOMERS; i++)
    for (int s = 0; s < SNAPSHOTS; s++)
      used += (size_t)snprintf(text + used, sizeof text - used, "c%d,2024-%02d-01,%d\n", i, s + 1,
                               draw_unit(&random) < 1 / (1 + exp(-odds[i])));
  scratch_write("labels.csv", text);
  churn_project *project =
      project_of("version: 1\ncustomers: {from: customers.csv, id: id}\ndata_until: 2025-12-31\n"
                 "outcome: {from: labels.csv, id: id, day: day, churned: churned, horizon: 20d}\n"
                 "features: customers.*\n");
  churn_comparison *c =
      compare(project, (churn_compare_settings){.sets = "x + y,x + kind + y,x", .folds = 5}, NULL);
  bool with_kind = c->best == 1;
  const churn_nested_figures *kind = &c->pairs[0].nested, *y = &c->pairs[1].nested;
  assert_true(kind->wald && y->wald);
  assert_int_equal(kind->larger, 1);
  assert_int_equal(y->larger, 0);
  assert_int_equal(kind->df, 2);
  assert_int_equal(y->df, 1);
  assert_string_equal(c->test_kind, "wald");
  assert_true(c->best < 2);
  const churn_nested_figures *nested = with_kind ? kind : y;
  const churn_model_test *test = &feature(c, with_kind ? "kind" : "y")->test;
  assert_close(nested->chi2, test->chi2, 1e-6, 0);
  assert_close(nested->p, test->p, 1e-5, 0);
  churn_comparison_free(c);
  churn_project_free(project);
  scratch_remove();
}

/* Features 0, 3 and 2 make a chain: each is the one before with noise, correlations of 0.93, the
 * last turned round. Of the two columns of feature 4 one follows feature 1. Feature 5 has no
 * column. */
static void features_that_move_together_are_grouped(void **state)
{
  (void)state;
  enum { COUNT = 700, COLUMNS = 6 };
  static const uint32_t feature_of[COLUMNS] = {0, 1, 2, 3, 4, 4};
  churn_random random = churn_random_stream(77, 5);
  churn_matrix *matrix = NULL;
  churn_error error = {0};
  uint32_t groups[6];
  assert_ok(churn_matrix_new(COUNT, COLUMNS, &matrix, &error), &error);
  for (size_t r = 0; r < COUNT; r++) {
    double a = draw_normal(&random), b = a + 0.4 * draw_normal(&random);
    double d = draw_normal(&random);
    const double values[COLUMNS] = {a,
                                    d,
                                    3.7 - 12.5 * (b + 0.4 * draw_normal(&random)),
                                    b,
                                    d + 4.25 * draw_normal(&random),
                                    d + 0.3 * draw_normal(&random)};
    for (size_t c = 0; c < COLUMNS; c++)
      churn_matrix_tile(matrix, r / CHURN_TILE_ROWS, c)[r % CHURN_TILE_ROWS] = values[c];
  }
  assert_ok(churn_collinear_groups(matrix, feature_of, 6, NULL, groups, &error), &error);
  const uint32_t expected[6] = {1, 2, 1, 1, 2, 0};
  for (size_t f = 0; f < 6; f++)
    assert_int_equal(groups[f], expected[f]);
  churn_matrix_free(matrix);
}

static churn_compared_pair pair_of(double auc, double p)
{
  const churn_estimate none = {0.0004, -0.0121, 0.0133};
  return (churn_compared_pair){.auc = {auc, auc - 0.0123, auc + 0.0123},
                               .auc_std_error = 0.0063,
                               .p = p,
                               .p_adjusted = p,
                               .log_loss = none,
                               .captured_value = none};
}

static void check_verdict(const churn_compared_pair *pair, const char *expected)
{
  char *verdict = churn_verdict_words("base", "more", pair);
  assert_string_equal(verdict, expected);
  free(verdict);
}

static void a_verdict_tells_where_other_figures_disagree(void **state)
{
  (void)state;
  churn_compared_pair pair = pair_of(0.0234, 0.0017);
  check_verdict(&pair, "more beats base by 0.023 AUC [0.011, 0.036]");
  pair.log_loss = (churn_estimate){-0.0031, -0.0042, -0.0017};
  check_verdict(&pair, "more beats base by 0.023 AUC [0.011, 0.036]");
  pair.log_loss = (churn_estimate){0.0031, 0.0017, 0.0042};
  check_verdict(&pair, "more beats base by 0.023 AUC [0.011, 0.036]; but worse by log-loss: "
                       "+0.0031 [+0.0017, +0.0042]");
  pair = pair_of(0.0034, 0.43);
  pair.captured_value = (churn_estimate){0.0275, 0.0113, 0.0481};
  check_verdict(&pair, "no difference in AUC shown between more and base: +0.003 [-0.009, +0.016]; "
                       "but better by money reached: +2.8% [+1.1%, +4.8%]");
}

static void the_learning_curve_ends_where_the_comparison_stands(void **state)
{
  (void)state;
  scratch_make();
  churn_project *project = planted(13);
  churn_comparison *c =
      compare(project, (churn_compare_settings){.sets = "n,x + y", .folds = 4}, NULL);
  assert_int_equal(c->best, 1);
  assert_int_equal(c->learning_count, CHURN_LEARNING_POINTS);
  /* Four folds of 800: 600 train. */
  assert_close(c->learning[3].customers, 600, 0, 0);
  for (size_t i = 0; i + 1 < c->learning_count; i++) {
    double expected = 600 * c->learning[i].share;
    assert_close(c->learning[i].customers, expected, 0, 4 * sqrt(expected));
    assert_true(c->learning[i].customers < c->learning[i + 1].customers);
    assert_close(c->learning[i].missed.value, c->learning[3].auc.value - c->learning[i].auc.value,
                 0, 1e-12);
  }
  assert_true(c->learning[3].auc.value == c->sets[1].auc.value);
  assert_true(c->learning[3].auc.low == c->sets[1].auc.low);
  assert_true(isnan(c->learning[3].missed.value));
  churn_comparison_free(c);
  churn_project_free(project);
  scratch_remove();
}

/* Two hundred noise columns drown what 100 customers have to say; eight times as many help. */
static void more_customers_help_a_model_of_many_columns(void **state)
{
  (void)state;
  enum { NOISE = 40 };
  static char text[ROWS * (NOISE + 3) * 8];
  churn_random random = churn_random_stream(31, 5);
  size_t used = (size_t)snprintf(text, sizeof text, "id,churned,x");
  scratch_make();
  for (int n = 0; n < NOISE; n++)
    used += (size_t)snprintf(text + used, sizeof text - used, ",n%d", n);
  for (int i = 0; i < ROWS; i++) {
    double x = draw_normal(&random);
    bool churned = draw_unit(&random) < 1 / (1 + exp(-0.7 * x));
    used += (size_t)snprintf(text + used, sizeof text - used, "\nc%d,%s,%.3f", i,
                             churned ? "Yes" : "No", x);
    for (int n = 0; n < NOISE; n++)
      used += (size_t)snprintf(text + used, sizeof text - used, ",%.3f", draw_normal(&random));
  }
  snprintf(text + used, sizeof text - used, "\n");
  scratch_write("flat.csv", text);
  churn_project *project = project_of("version: 1\ncustomers: {from: flat.csv, id: id}\n"
                                      "outcome: {column: churned, positive: \"Yes\"}\n"
                                      "features: customers.*\nfit: {separation: firth}\n");
  churn_comparison *c = compare(project, (churn_compare_settings){.sets = "all"}, NULL);
  assert_int_equal(c->learning_count, CHURN_LEARNING_POINTS);
  assert_true(c->learning[0].missed.value > 0.02 && c->learning[0].missed.low > 0);
  assert_true(c->learning[1].auc.value < c->learning[3].auc.value);
  churn_comparison_free(c);
  churn_project_free(project);
  scratch_remove();
}

static void brief_leaves_both_out(void **state)
{
  (void)state;
  scratch_make();
  churn_project *project = planted(14);
  churn_comparison *c = compare(project, (churn_compare_settings){.brief = true}, NULL);
  assert_int_equal(c->learning_count, 0);
  assert_int_equal(c->best_feature_count, 0);
  assert_false(c->partial);
  churn_comparison_free(c);
  churn_project_free(project);
  scratch_remove();
}

static void ask(void *context, const char *stage, uint64_t done, uint64_t total)
{
  churn_stop_request *stop = context;
  (void)total;
  if (strcmp(stage, "comparison") == 0 && done == 5)
    stop->asked = 1;
}

static void asked_to_stop_it_gives_the_folds_that_are_finished(void **state)
{
  (void)state;
  scratch_make();
  /* With a penalty, folds are fitted one after the other. */
  churn_project *project = planted_fit(15, "fit: {penalty: ridge, lambda: 0.01}\n");
  churn_stop_request stop = {0, 0};
  churn_progress progress = {ask, &stop};
  churn_run run = {.progress = &progress, .stop = &stop};
  /* Two sets: the fifth fit is in the third fold, whose second is not begun. */
  churn_compare_settings settings = {.sets = "x,y", .folds = 4, .seed = 2};
  churn_comparison *part = compare(project, settings, &run),
                   *whole = compare(project, settings, NULL);
  assert_true(part->partial);
  assert_int_equal(stop.worth, 1);
  assert_int_equal(part->fold_count, 2);
  assert_int_equal(part->planned_folds, 4);
  assert_int_equal(part->rows, whole->folds[0].rows + whole->folds[1].rows);
  for (size_t s = 0; s < 2; s++)
    for (size_t f = 0; f < 2; f++)
      assert_true(part->sets[s].fold_aucs[f] == whole->sets[s].fold_aucs[f]);
  assert_int_equal(part->learning_count, 0);
  assert_int_equal(part->best_feature_count, 0);
  assert_false(whole->partial);
  churn_comparison_free(part);
  churn_comparison_free(whole);
  churn_project_free(project);
  scratch_remove();
}

static void few_rows_are_shuffled_more_often(void **state)
{
  (void)state;
  assert_int_equal(churn_shuffle_times(0), 1);
  assert_int_equal(churn_shuffle_times(70), 10);
  assert_int_equal(churn_shuffle_times(33000), 3);
  assert_int_equal(churn_shuffle_times(1000000), 1);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_feature_that_tells_loses_by_shuffling_and_noise_does_not),
      cmocka_unit_test(coefficients_are_those_of_train),
      cmocka_unit_test(nested_sets_are_told_apart_as_the_feature_is_tested),
      cmocka_unit_test(nested_sets_of_customers_with_several_rows_are_told_apart_by_wald),
      cmocka_unit_test(features_that_move_together_are_grouped),
      cmocka_unit_test(a_verdict_tells_where_other_figures_disagree),
      cmocka_unit_test(the_learning_curve_ends_where_the_comparison_stands),
      cmocka_unit_test(more_customers_help_a_model_of_many_columns),
      cmocka_unit_test(brief_leaves_both_out),
      cmocka_unit_test(asked_to_stop_it_gives_the_folds_that_are_finished),
      cmocka_unit_test(few_rows_are_shuffled_more_often),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
