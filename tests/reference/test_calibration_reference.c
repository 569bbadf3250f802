/* Calibration figures against R.
 *
 * Recipe (R 4.2.2, sandwich 3.0.2):
 *   i <- 0:599
 *   logit <- -2 + ((i * 37) %% 101) / 25 + ((i %/% 3) %% 7) / 10
 *   y <- as.integer((i * 7919 + (i %/% 3) * 104729) %% 1000 < 1000 / (1 + exp(-(0.3 + 0.7 *
 * logit)))) weight <- 0.5 + (i %% 4); cluster <- i %/% 3; tight <- list(epsilon = 1e-14) a <- glm(y
 * ~ logit, binomial, control = tight) b <- glm(y ~ 1 + offset(logit), binomial, control = tight)
 *   a <- update(a, start = coef(a)); b <- update(b, start = coef(b))   # vcov is one step behind
 *   sqrt(diag(vcov(a)));  sqrt(diag(sandwich::vcovCL(a, cluster, type = "HC1")))       # likewise b
 *   with weights = weight in both fits: sqrt(diag(sandwich::sandwich(a)))              # likewise b
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "evaluate/figures.h"
#include "fit/logit_line.h"
#include "score/recalibration.h"

#include "support.h"

#include <math.h>

enum { ROWS = 600, CHURNERS = 367 };

static double logits[ROWS], weights[ROWS];
static int8_t labels[ROWS];
static uint32_t clusters[ROWS];

static int make_rows(void **state)
{
  (void)state;
  int churners = 0;
  for (uint32_t i = 0; i < ROWS; i++) {
    logits[i] = -2 + (double)(i * 37 % 101) / 25 + (double)(i / 3 % 7) / 10;
    double p = 1000 / (1 + exp(-(0.3 + 0.7 * logits[i])));
    labels[i] = (i * 7919 + i / 3 * 104729) % 1000 < p;
    weights[i] = 0.5 + i % 4;
    clusters[i] = i / 3;
    churners += labels[i];
  }
  assert_int_equal(churners, CHURNERS);
  return 0;
}

typedef struct answer {
  double intercept, slope, slope_error, level, level_error;
} answer;

static void compare(const churn_logit_rows *rows, const answer *r)
{
  churn_logit_line line;
  churn_error error = {0};
  assert_ok(churn_logit_line_fit(rows, NULL, &line, &error), &error);
  assert_close(line.intercept, r->intercept, 1e-9, 0);
  assert_close(line.slope, r->slope, 1e-9, 0);
  assert_close(line.slope_error, r->slope_error, 1e-9, 0);
  assert_close(churn_logit_level_error(rows, r->level), r->level_error, 1e-9, 0);
}

static void independent_rows_as_glm(void **state)
{
  (void)state;
  churn_logit_rows rows = {ROWS, logits, labels, NULL, false, NULL};
  compare(&rows, &(answer){0.3237050215391567, 0.6817428834700990, 0.0813636789517811,
                           0.3049027779884180, 0.0957725215285424});
}

static void customers_with_several_rows_as_vcovcl(void **state)
{
  (void)state;
  churn_logit_rows rows = {ROWS, logits, labels, NULL, false, clusters};
  compare(&rows, &(answer){0.323705021539146, 0.681742883470081, 0.0785080197274652,
                           0.304902777988418, 0.1295423733045939});
}

static void rows_with_weights_as_sandwich(void **state)
{
  (void)state;
  churn_logit_rows rows = {ROWS, logits, labels, weights, false, NULL};
  compare(&rows, &(answer){0.2903689053472084, 0.6734340584976150, 0.0932176432637253,
                           0.2657529726145940, 0.1186124708385058});
}

/* The figures of an evaluation are the same slope and level. */
static void the_evaluations_figures_agree(void **state)
{
  (void)state;
  static double probabilities[ROWS];
  churn_error error = {0};
  churn_evaluation e = {0};
  for (size_t i = 0; i < ROWS; i++)
    probabilities[i] = churn_probability(logits[i]);
  churn_scored scored = {
      .rows = ROWS, .labels = labels, .probabilities = probabilities, .logits = logits};
  assert_ok(churn_figures_compute(&scored, NULL, 0, NULL, &e, &error), &error);
  assert_close(e.figures.calibration_slope, 0.6817428834700808, 1e-9, 0);
  assert_close(e.figures.calibration_intercept, 0.3049027779884180, 1e-9, 0);
  assert_close(e.slope_error, 0.0813636789517811, 1e-9, 0);
  assert_close(e.intercept_error, 0.0957725215285424, 1e-9, 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(independent_rows_as_glm),
      cmocka_unit_test(customers_with_several_rows_as_vcovcl),
      cmocka_unit_test(rows_with_weights_as_sandwich),
      cmocka_unit_test(the_evaluations_figures_agree),
  };
  return cmocka_run_group_tests(tests, make_rows, NULL);
}
