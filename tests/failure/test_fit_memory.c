/* Every allocation of a fit that starts from fewer rows fails in turn: it says NO_MEMORY, leaves
 * what the caller has as it was and leaks nothing (the sanitizers and valgrind look).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "fit/logistic.h"
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

/* Enough columns for Hessians in single precision on the way. */
enum { ROWS = 24000, SAMPLE = 6000, COLUMNS = 50, N = COLUMNS + 1 };

static void a_fit_from_a_warm_start_survives_every_failed_allocation(void **state)
{
  (void)state;
  double *room = calloc(N * (N + 3), sizeof *room);
  churn_fit_result result = {room, room + 3 * N, room + N, room + 2 * N};
  churn_fit_settings settings = {.sample_rows = SAMPLE};
  churn_fit_report report = {0};
  churn_run run = {.threads = 2};
  churn_error error = {0};
  churn_matrix *m = made_up(ROWS, COLUMNS, 5);
  churn_status status = CHURN_NO_MEMORY;
  size_t failed = 0;
  for (; status == CHURN_NO_MEMORY && failed < 1000; failed++) {
    error.status = CHURN_OK;
    calls_left = failed;
    armed = true;
    status = churn_fit_logistic(m, &settings, &run, &result, &report, &error);
    armed = false;
    assert_int_equal(error.status, status);
    assert_int_equal(report.converged, status == CHURN_OK);
    assert_int_equal(room[0] != 0, status == CHURN_OK);
  }
  assert_int_equal(status, CHURN_OK);
  assert_true(failed > 40);
  assert_in_range(report.hessians, 1, 3); /* it did start warm */
  free(room);
  churn_matrix_free(m);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_fit_from_a_warm_start_survives_every_failed_allocation),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
