/* Every allocation of a Firth fit and of a profile interval fails in turn: it says NO_MEMORY and
 * leaks nothing (the sanitizers and valgrind look).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "fit/firth.h"
#include "made_up.h"

#include <stdlib.h>

static bool armed;
static size_t calls_left;

static bool fails(void)
{
  return armed && calls_left-- == 0;
}

void *__real_calloc(size_t count, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);

void *__wrap_calloc(size_t count, size_t size)
{
  return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_aligned_alloc(size_t alignment, size_t size)
{
  return fails() ? NULL : __real_aligned_alloc(alignment, size);
}

enum { COLUMNS = 2, N = COLUMNS + 1 };

static void a_firth_fit_and_interval_survive_every_failed_allocation(void **state)
{
  (void)state;
  double coefficients[N], covariance[N * N], means[COLUMNS], deviations[COLUMNS];
  churn_fit_report report = {0};
  churn_fit_result result = {coefficients, covariance, means, deviations};
  churn_run run = {.threads = 1};
  churn_scaled data = {0};
  churn_error error = {0};
  churn_matrix *m = made_up(300, COLUMNS, 5);
  assert_ok(churn_scaled_take(m, &run, &data, &error), &error);
  churn_status status = CHURN_NO_MEMORY;
  size_t failed = 0;
  for (; status == CHURN_NO_MEMORY && failed < 1000; failed++) {
    error.status = CHURN_OK;
    calls_left = failed;
    armed = true;
    status = churn_firth_fit(&data, &run, &result, &report, &error);
    armed = false;
    assert_int_equal(error.status, status);
    assert_int_equal(report.converged, status == CHURN_OK);
  }
  assert_int_equal(status, CHURN_OK);
  assert_true(failed > 10);
  double lower = 0, upper = 0;
  status = CHURN_NO_MEMORY;
  for (failed = 0; status == CHURN_NO_MEMORY && failed < 1000; failed++) {
    calls_left = failed;
    armed = true;
    status = churn_firth_interval(m, &data.totals, &result, 1, 1.96, &run, &lower, &upper, &error);
    armed = false;
    assert_int_equal(lower < upper, status == CHURN_OK);
  }
  assert_int_equal(status, CHURN_OK);
  assert_true(failed > 10);
  churn_scaled_clear(&data);
  churn_matrix_free(m);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_firth_fit_and_interval_survive_every_failed_allocation),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
