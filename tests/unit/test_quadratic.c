/* The minimum of a quadratic with a penalty on absolute values: conditions of the optimum
 * recomputed, singular and nearly singular Hessians, answers by hand.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "fit/quadratic.h"
#include "made_up.h"

#include <string.h>

enum { MOST = 12 };

typedef struct problem {
  size_t n;
  double b[MOST], gradient[MOST], packed[MOST * (MOST + 1) / 2];
  churn_penalty_terms penalty;
} problem;

/* Hessian = A A' / rank + shift, from `rank` random columns: singular for rank < n and shift 0. */
static void fill(problem *p, size_t n, size_t rank, double shift, uint64_t seed)
{
  double a[MOST][MOST];
  churn_error error;
  p->n = n;
  assert_ok(churn_penalty_prepare(&p->penalty, n, &error), &error);
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < rank; j++)
      a[i][j] = uniform(&seed) - 0.3;
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j <= i; j++) {
      double sum = i == j ? shift : 0;
      for (size_t k = 0; k < rank; k++)
        sum += a[i][k] * a[j][k] / (double)rank;
      p->packed[i * (i + 1) / 2 + j] = sum;
    }
  for (size_t j = 0; j < n; j++) {
    p->b[j] = j % 3 == 0 ? 0 : uniform(&seed) - 0.5;
    p->penalty.l1[j] = j == 0 ? 0 : 0.05 * uniform(&seed);
    p->penalty.l2[j] = j % 4 == 2 ? 0.1 : 0;
    p->gradient[j] = 0;
  }
  /* a gradient in the Hessian's range, so that there is a minimum */
  for (size_t k = 0; k < rank; k++) {
    double pull = uniform(&seed) - 0.5;
    for (size_t j = 0; j < n; j++)
      p->gradient[j] += 0.4 * a[j][k] * pull;
  }
}

static void solve(const problem *p, double *step)
{
  churn_quadratic q = {0};
  churn_error error;
  assert_ok(churn_quadratic_prepare(&q, p->n, &error), &error);
  churn_quadratic_solve(&q, &p->penalty, p->b, p->gradient, p->packed, step);
  churn_quadratic_clear(&q);
}

/* Largest breach of the conditions at b + step, from the definition. */
static double breach(const problem *p, const double *step)
{
  double worst = 0;
  for (size_t i = 0; i < p->n; i++) {
    long double slope = p->gradient[i] + p->penalty.l2[i] * (p->b[i] + step[i]);
    double at = p->b[i] + step[i], l1 = p->penalty.l1[i];
    for (size_t j = 0; j < p->n; j++) {
      size_t high = i > j ? i : j, low = i > j ? j : i;
      slope += (long double)p->packed[high * (high + 1) / 2 + low] * step[j];
    }
    double over = at != 0 ? fabs((double)slope + copysign(l1, at)) : fabs((double)slope) - l1;
    worst = fmax(worst, p->penalty.frozen[i] ? 0 : over);
  }
  return worst;
}

static void the_conditions_hold_for_regular_hessians(void **state)
{
  (void)state;
  size_t zeros = 0;
  for (uint64_t seed = 1; seed < 200; seed++) {
    problem p;
    double step[MOST];
    fill(&p, 2 + seed % 11, 2 + seed % 11, seed % 2 == 0 ? 0.1 : 1e-4, seed);
    solve(&p, step);
    assert_true(breach(&p, step) < 1e-12);
    for (size_t j = 0; j < p.n; j++)
      zeros += p.b[j] + step[j] == 0;
    churn_penalty_clear(&p.penalty);
  }
  assert_in_range(zeros, 100, 1200);
}

static void singular_hessians_have_a_minimum_too(void **state)
{
  (void)state;
  for (uint64_t seed = 1; seed < 60; seed++) {
    problem p;
    double step[MOST];
    fill(&p, 8, 3 + seed % 4, 0, seed);
    solve(&p, step);
    assert_true(breach(&p, step) < 1e-6);
    churn_penalty_clear(&p.penalty);
  }
}

static void what_is_frozen_stays(void **state)
{
  (void)state;
  problem p;
  double step[MOST];
  fill(&p, 7, 7, 0.05, 5);
  p.penalty.frozen[2] = p.penalty.frozen[4] = true;
  solve(&p, step);
  assert_true(step[2] == 0 && step[4] == 0 && step[1] != 0);
  assert_true(breach(&p, step) < 1e-12);
  churn_penalty_clear(&p.penalty);
}

/* One coefficient, by hand: minimise g d + h d^2 / 2 + l1 |b + d| + l2 (b + d)^2 / 2 with h = 2.
 * From b = 0.3, g = 1: without penalty b goes to 0.3 - 0.5 = -0.2; with l1 = 0.25 to -(0.4 - 0.25)
 * / 2 = -0.075; with l2 = 0.5 besides to -0.15 / 2.5 = -0.06; with l1 = 0.41 to exactly 0. */
static void one_coefficient_moves_as_by_hand(void **state)
{
  (void)state;
  static const double l1[] = {0, 0.25, 0.25, 0.41}, l2[] = {0, 0, 0.5, 0};
  static const double expected[] = {-0.2, -0.075, -0.06, 0};
  for (size_t i = 0; i < 4; i++) {
    problem p = {.n = 1, .b = {0.3}, .gradient = {1}, .packed = {2}};
    double step[MOST];
    churn_error error;
    assert_ok(churn_penalty_prepare(&p.penalty, 1, &error), &error);
    p.penalty.l1[0] = l1[i];
    p.penalty.l2[0] = l2[i];
    solve(&p, step);
    assert_close(0.3 + step[0], expected[i], 0, 1e-15);
    churn_penalty_clear(&p.penalty);
  }
}

/* Subgradients by hand: at b = 0.5 slope + l1 + l2 b = -0.4 + 0.1 + 0.05; at b < 0 the sign turns;
 * at 0 only what exceeds l1 counts. */
static void the_residual_is_the_least_subgradient(void **state)
{
  (void)state;
  churn_penalty_terms p = {0};
  churn_error error;
  assert_ok(churn_penalty_prepare(&p, 1, &error), &error);
  p.l1[0] = 0.1;
  p.l2[0] = 0.1;
  assert_close(churn_penalty_residual(&p, &(double){0.5}, &(double){-0.4}), 0.25, 1e-14, 0);
  assert_close(churn_penalty_residual(&p, &(double){-0.5}, &(double){-0.4}), 0.55, 1e-14, 0);
  assert_close(churn_penalty_residual(&p, &(double){0}, &(double){-0.4}), 0.3, 1e-14, 0);
  assert_close(churn_penalty_residual(&p, &(double){0}, &(double){0.09}), 0, 0, 0);
  assert_close(churn_penalty_value(&p, &(double){-0.5}), 0.0625, 1e-14, 0);
  p.frozen[0] = true;
  assert_close(churn_penalty_residual(&p, &(double){0.5}, &(double){-0.4}), 0, 0, 0);
  churn_penalty_clear(&p);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_conditions_hold_for_regular_hessians),
      cmocka_unit_test(singular_hessians_have_a_minimum_too),
      cmocka_unit_test(what_is_frozen_stays),
      cmocka_unit_test(one_coefficient_moves_as_by_hand),
      cmocka_unit_test(the_residual_is_the_least_subgradient),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
