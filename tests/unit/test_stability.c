/* How far one distribution has moved from another.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "monitor/stability.h"
#include "support.h"

#include <math.h>

static double index_between(const double *before, size_t before_count, const double *after,
                            size_t after_count, bool codes)
{
  churn_stability found = {-1, 0};
  churn_error error = {0};
  churn_sample first = {before, before_count}, last = {after, after_count};
  assert_ok(churn_stability_index(&first, &last, codes, &found, &error), &error);
  return found.index;
}

static void the_same_values_have_not_moved(void **state)
{
  (void)state;
  const double values[] = {2.385, -1.5, NAN, 7.25, 2.385, 0.125, 9.5};
  assert_close(index_between(values, 7, values, 7, false), 0, 0, 1e-15);
  assert_close(index_between(values, 7, values, 7, true), 0, 0, 1e-15);
}

static void codes_are_bins_of_their_own(void **state)
{
  (void)state;
  /* By hand: bins 0, 3, missing hold 3, 1, 0 rows before and 1, 1, 2 after; the empty one counts
   * half a row, so the shares are 3, 1, 0.5 of 4.5 and 1, 1, 2 of 4. */
  const double before[] = {0, 0, 3, 0}, after[] = {3, NAN, 0, NAN};
  double expected = (0.25 - 3 / 4.5) * log(0.25 / (3 / 4.5)) +
                    (0.25 - 1 / 4.5) * log(0.25 / (1 / 4.5)) +
                    (0.5 - 0.5 / 4.5) * log(0.5 / (0.5 / 4.5));
  assert_close(index_between(before, 4, after, 4, true), expected, 1e-14, 0);
}

static void numbers_are_cut_at_the_tenths_of_the_first(void **state)
{
  (void)state;
  double before[20], after[20];
  for (int i = 0; i < 20; i++) {
    before[i] = 1.75 * i;
    after[i] = 1.75 * 19 + i;
  }
  /* Every tenth held 2 rows and now none, but for the last, which holds all 20. */
  double p = 2. / 20, q = 0.5 / 24.5, r = 20 / 24.5;
  double expected = 9 * (q - p) * log(q / p) + (r - p) * log(r / p);
  assert_close(index_between(before, 20, after, 20, false), expected, 1e-13, 0);
}

static void a_count_that_is_mostly_zero_still_moves(void **state)
{
  (void)state;
  double before[40] = {0}, after[40] = {0};
  before[7] = 2;
  for (int i = 0; i < 20; i++)
    after[i] = 1 + i;
  /* Below 2 are 39 rows, then 21. */
  double p = 39. / 40, q = 21. / 40;
  double expected = (q - p) * log(q / p) + (p - q) * log((1 - q) / (1 - p));
  assert_close(index_between(before, 40, after, 40, false), expected, 1e-13, 0);
}

static void nothing_has_no_index(void **state)
{
  (void)state;
  const double one[] = {2.5};
  assert_true(isnan(index_between(one, 1, NULL, 0, false)));
  assert_true(isnan(index_between(NULL, 0, one, 1, true)));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_same_values_have_not_moved),
      cmocka_unit_test(codes_are_bins_of_their_own),
      cmocka_unit_test(numbers_are_cut_at_the_tenths_of_the_first),
      cmocka_unit_test(a_count_that_is_mostly_zero_still_moves),
      cmocka_unit_test(nothing_has_no_index),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
