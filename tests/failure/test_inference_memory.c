/* Every allocation of an inference fails in turn: it says NO_MEMORY and leaks nothing (the
 * sanitizers and valgrind look).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "fit/inference.h"
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

static void fail_in_turn(churn_covariance kind, bool profile, size_t least)
{
  static const uint32_t group[COLUMNS] = {0, 1};
  double coefficients[N], covariance[N * N], means[COLUMNS], deviations[COLUMNS], robust[N * N];
  churn_coefficient described[N];
  churn_group_test tests[COLUMNS];
  churn_fit_settings fit = {0};
  churn_fit_report report;
  churn_fit_result result = {coefficients, covariance, means, deviations};
  churn_inference_settings settings = {
      .covariance = kind, .profile = profile, .group = group, .group_count = COLUMNS};
  churn_inference inference = {.coefficients = described, .tests = tests, .covariance = robust};
  churn_run run = {.threads = 1};
  churn_error error = {0};
  churn_matrix *m = made_up(300, COLUMNS, 5);
  assert_ok(churn_fit_logistic(m, &fit, &run, &result, &report, &error), &error);
  churn_status status = CHURN_NO_MEMORY;
  size_t failed = 0;
  for (; status == CHURN_NO_MEMORY && failed < 1000; failed++) {
    error.status = CHURN_OK;
    calls_left = failed;
    armed = true;
    status = churn_infer(m, &result, &report, &settings, &run, &inference, &error);
    armed = false;
    assert_int_equal(error.status, status);
  }
  assert_int_equal(status, CHURN_OK);
  assert_true(failed > least);
  churn_matrix_free(m);
}

static void an_inference_survives_every_failed_allocation(void **state)
{
  (void)state;
  fail_in_turn(CHURN_COVARIANCE_MODEL, true, 60);
  fail_in_turn(CHURN_COVARIANCE_CLUSTERED, false, 20);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_inference_survives_every_failed_allocation),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
