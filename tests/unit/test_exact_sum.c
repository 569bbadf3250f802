/* A sum that does not depend on the order.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/exact_sum.h"
#include "support.h"

#include <float.h>
#include <math.h>

static double sum_of(const double *values, size_t count)
{
  churn_exact_sum sum = {.odd = 0};
  for (size_t i = 0; i < count; i++)
    churn_exact_sum_add(&sum, values[i]);
  return churn_exact_sum_value(&sum);
}

#define SUM(...)                                                                                   \
  sum_of((const double[]){__VA_ARGS__}, sizeof((const double[]){__VA_ARGS__}) / sizeof(double))

/* What cancels leaves nothing behind, so the answers are exact by hand. */
static void test_exact(void **state)
{
  (void)state;
  assert_true(SUM(2.385) == 2.385);
  assert_true(SUM(-2.385, 1e-7) == -2.385 + 1e-7);
  assert_true(SUM(1e300, 3.25, -1e300) == 3.25);
  assert_true(SUM(DBL_TRUE_MIN, 1, -1) == DBL_TRUE_MIN);
  assert_true(SUM(-DBL_MAX, DBL_MAX, -DBL_TRUE_MIN) == -DBL_TRUE_MIN);
  assert_true(SUM(0x1p53, 1, 1) == 0x1p53 + 2);
  assert_true(isnan(SUM(INFINITY, 1, -INFINITY)));
  assert_true(SUM(1, -INFINITY) == -INFINITY);
}

static void test_order_and_joining(void **state)
{
  (void)state;
  enum { COUNT = 1000 };
  double values[COUNT];
  for (size_t i = 0; i < COUNT; i++)
    values[i] = ldexp(sin((double)i + 0.7), (int)(i * 37 % 90) - 45);
  churn_exact_sum backwards = {.odd = 0}, left = {.odd = 0}, right = {.odd = 0};
  for (size_t i = COUNT; i-- > 0;)
    churn_exact_sum_add(&backwards, values[i]);
  for (size_t i = 0; i < COUNT; i++)
    churn_exact_sum_add(i % 3 == 0 ? &left : &right, values[i]);
  churn_exact_sum_join(&left, &right);
  double whole = sum_of(values, COUNT);
  long double about = 0;
  for (size_t i = 0; i < COUNT; i++)
    about += values[i];
  assert_true(churn_exact_sum_value(&backwards) == whole);
  assert_true(churn_exact_sum_value(&left) == whole);
  assert_close(whole, (double)about, 1e-15, 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      {"nothing is lost to rounding", test_exact, NULL, NULL, NULL},
      {"neither the order nor the parts change a bit", test_order_and_joining, NULL, NULL, NULL},
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
