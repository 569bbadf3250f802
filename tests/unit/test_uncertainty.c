/* Intervals and errors of figures, where rows belong together, repeat, or come from several folds.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "evaluate/auc.h"
#include "evaluate/figures.h"
#include "evaluate/uncertainty.h"
#include "judged.h"
#include "support.h"

#include <math.h>
#include <string.h>

enum { FEW = 211, COPIES = 3 };

static made_rows made;
static double logits[MOST_JUDGED], probabilities[MOST_JUDGED];

/* FEW rows that stand for themselves, logits with ties that know something of the labels. */
static churn_random make(void)
{
  churn_random random = churn_random_stream(31, 5);
  make_rows(&made, FEW, FEW, 3, &random);
  make_tied_scores(&made, 23, &random, logits);
  for (size_t i = 0; i < FEW; i++)
    logits[i] = 0.37 * logits[i] - 1.2;
  made.judged.weights = NULL;
  made.judged.clusters = NULL;
  made.judged.folds = NULL;
  return random;
}

static churn_evaluation evaluate(const churn_judged *judged)
{
  churn_evaluation e = {0};
  churn_error error = {0};
  churn_run run = {.threads = 2};
  for (size_t i = 0; i < judged->rows; i++)
    probabilities[i] = 1 / (1 + exp(-logits[i]));
  churn_scored scored = {.rows = judged->rows,
                         .labels = judged->labels,
                         .probabilities = probabilities,
                         .logits = logits,
                         .weights = judged->weights,
                         .repeated = judged->repeated};
  assert_ok(churn_figures_compute(&scored, NULL, 0, &run, &e, &error), &error);
  assert_ok(churn_uncertainty_add(judged, logits, logits, &run, &e, &error), &error);
  return e;
}

/* Every row COPIES times, copies together. */
static void copy_rows(void)
{
  for (size_t i = FEW * COPIES; i-- > 0;) {
    logits[i] = logits[i / COPIES];
    made.labels[i] = made.labels[i / COPIES];
    made.clusters[i] = (uint32_t)(i / COPIES);
  }
  made.judged.rows = FEW * COPIES;
}

/* A customer whose rows are all the same tells as much as one row does: the clustered AUC interval
 * is that of the single rows, and the sandwich of sums is n / (n - 1) times the rows' own, for a
 * slope also (rows - 1) / (rows - 2) times (fit/inference.h). */
static void copies_of_a_customer_make_nothing_surer(void **state)
{
  (void)state;
  double ones[FEW];
  make();
  for (size_t i = 0; i < FEW; i++)
    ones[i] = i == 0 ? 1 + 1e-12 : 1; /* takes the rows' own sandwich */
  made.judged.weights = ones;
  churn_evaluation once = evaluate(&made.judged);
  made.judged.weights = NULL;
  assert_string_equal(once.error_kind, "robust");
  copy_rows();
  churn_evaluation naive = evaluate(&made.judged);
  made.judged.clusters = made.clusters;
  made.judged.cluster_count = FEW;
  churn_evaluation clustered = evaluate(&made.judged);
  double few = sqrt((double)FEW / (FEW - 1));
  assert_string_equal(naive.error_kind, "model");
  assert_string_equal(clustered.error_kind, "clustered");
  assert_true(once.figures.auc_upper - once.figures.auc_lower > 0.05);
  assert_close(clustered.figures.auc, once.figures.auc, 1e-10, 0);
  assert_close(clustered.figures.auc_lower, once.figures.auc_lower, 1e-9, 0);
  assert_close(clustered.figures.auc_upper, once.figures.auc_upper, 1e-9, 0);
  double slopes = sqrt((COPIES * FEW - 1.0) / (COPIES * FEW - 2.0));
  assert_close(clustered.slope_error, few * slopes * once.slope_error, 1e-7, 0);
  assert_close(clustered.intercept_error, few * once.intercept_error, 1e-7, 0);
  assert_true(naive.slope_error < 0.8 * clustered.slope_error);
  assert_true(naive.figures.auc_lower > clustered.figures.auc_lower + 0.01);
}

static void a_frequency_is_so_many_rows(void **state)
{
  (void)state;
  double threes[FEW];
  make();
  for (size_t i = 0; i < FEW; i++)
    threes[i] = COPIES;
  made.judged.weights = threes;
  made.judged.repeated = true;
  churn_evaluation counted = evaluate(&made.judged);
  made.judged.weights = NULL;
  made.judged.repeated = false;
  copy_rows();
  churn_evaluation copied = evaluate(&made.judged);
  made.judged.rows = FEW;
  assert_string_equal(counted.error_kind, "model");
  assert_close(counted.figures.auc, copied.figures.auc, 1e-12, 0);
  assert_close(counted.figures.auc_lower, copied.figures.auc_lower, 1e-10, 0);
  assert_close(counted.figures.auc_upper, copied.figures.auc_upper, 1e-10, 0);
}

/* Predictions that are constant in a fold and, as those of the other folds' rate are, lower where
 * the fold's own rate is higher. */
static void folds_of_other_rates_do_not_make_a_guess_worse(void **state)
{
  (void)state;
  make();
  for (size_t i = 0; i < FEW; i++) {
    made.folds[i] = (uint32_t)(i % 3);
    made.labels[i] = i % 3 == 0 ? i % 4 == 0 : i % 3 == 1 ? i % 5 == 0 : i % 27 == 2;
    logits[i] = -1.3 + 0.07 * (double)(i % 3);
  }
  churn_evaluation pooled = evaluate(&made.judged);
  made.judged.folds = made.folds;
  made.judged.fold_count = 3;
  churn_evaluation within = evaluate(&made.judged);
  assert_true(pooled.figures.auc < 0.48);
  assert_close(within.figures.auc, 0.5, 1e-15, 0);
}

/* By hand: 3 of 8 churned; -3/8 ln 3/8 - 5/8 ln 5/8 = 0.661563238157982; 15/64. */
static void the_constant_rate_has_the_entropy_of_the_labels(void **state)
{
  (void)state;
  make();
  const int8_t labels[] = {1, 0, 0, 1, 0, 0, 1, 0};
  memcpy(made.labels, labels, sizeof labels);
  made.judged.rows = 8;
  churn_evaluation e = evaluate(&made.judged);
  assert_close(e.figures.null_log_loss, 0.661563238157982, 1e-14, 0);
  assert_close(e.figures.null_brier, 15.0 / 64, 1e-15, 0);
  made.judged.rows = 1;
  e = evaluate(&made.judged);
  assert_true(e.figures.null_log_loss == 0 && e.figures.null_brier == 0);
  assert_true(isnan(e.figures.auc_lower));
}

static void threads_do_not_change_a_bit(void **state)
{
  (void)state;
  make();
  copy_rows();
  made.judged.clusters = made.clusters;
  made.judged.cluster_count = FEW;
  churn_evaluation e[2];
  for (int i = 0; i < 2; i++) {
    churn_run run = {.threads = 1 + 2 * i};
    churn_error error = {0};
    e[i] = (churn_evaluation){.figures = {.calibration_intercept = -0.2}};
    assert_ok(churn_uncertainty_add(&made.judged, logits, logits, &run, &e[i], &error), &error);
  }
  assert_true(e[0].figures.auc_lower == e[1].figures.auc_lower);
  assert_true(e[0].slope_error == e[1].slope_error && e[0].slope_error > 0);
  assert_true(e[0].intercept_error == e[1].intercept_error);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(copies_of_a_customer_make_nothing_surer),
      cmocka_unit_test(a_frequency_is_so_many_rows),
      cmocka_unit_test(folds_of_other_rates_do_not_make_a_guess_worse),
      cmocka_unit_test(the_constant_rate_has_the_entropy_of_the_labels),
      cmocka_unit_test(threads_do_not_change_a_bit),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
