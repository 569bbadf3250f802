/* The reliability table: bins, ties, intervals.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "evaluate/reliability.h"

#include "made_up.h"

#include <stdlib.h>

enum { ROWS = 100 };

/* Wilson 1927 by R 4.2.2: prop.test(17, 142, correct = FALSE)$conf.int; the same for 0 of 30. */
static void the_interval_is_wilsons(void **state)
{
  (void)state;
  double lower, upper;
  churn_wilson(17.0 / 142, 142, &lower, &upper);
  assert_close(lower, 0.076104779312257, 1e-9, 0);
  assert_close(upper, 0.183365052700453, 1e-9, 0);
  churn_wilson(0, 30, &lower, &upper);
  assert_close(lower, 0, 0, 1e-15);
  assert_close(upper, 0.113513393173969, 1e-9, 0);
}

/* Twenty different logits, five rows each: a bin is two of them, and rows may come in any order. */
static void bins_are_tenths_from_the_riskiest_down(void **state)
{
  (void)state;
  double logits[ROWS];
  int8_t labels[ROWS];
  churn_reliability bins[CHURN_RELIABILITY_BINS];
  churn_error error = {0};
  size_t count = 0;
  for (size_t r = 0; r < ROWS; r++) {
    logits[r] = -2.385 + 0.25 * (double)(r * 7 % 20);
    labels[r] = r * 7 % 20 >= 18 || r % 11 == 0;
  }
  churn_logit_rows rows = {ROWS, logits, labels, NULL, NULL};
  assert_ok(churn_reliability_table(&rows, bins, &count, &error), &error);
  assert_int_equal(count, 10);
  for (size_t b = 0; b < count; b++) {
    double high = -2.385 + 0.25 * (19 - 2 * (double)b), low = high - 0.25;
    uint64_t churners = 0;
    for (size_t r = 0; r < ROWS; r++)
      churners += logits[r] > low - 0.1 && logits[r] < high + 0.1 && labels[r];
    assert_int_equal(bins[b].rows, 10);
    assert_int_equal(bins[b].churners, churners);
    assert_close(bins[b].observed, (double)churners / 10, 1e-15, 0);
    assert_close(bins[b].mean_predicted, (1 / (1 + exp(-high)) + 1 / (1 + exp(-low))) / 2, 1e-14,
                 0);
    double lower, upper;
    churn_wilson(bins[b].observed, 10, &lower, &upper);
    assert_close(bins[b].lower, lower, 0, 0);
    assert_close(bins[b].upper, upper, 0, 0);
  }
}

/* Four fifths of the rows have one logit: it is not torn apart, and there are fewer bins. */
static void equal_logits_stay_together(void **state)
{
  (void)state;
  double logits[ROWS];
  int8_t labels[ROWS];
  churn_reliability bins[CHURN_RELIABILITY_BINS];
  churn_error error = {0};
  size_t count = 0;
  for (size_t r = 0; r < ROWS; r++) {
    logits[r] = r < 80 ? -1 : -1 - 0.01 * (double)r;
    labels[r] = r % 3 == 0;
  }
  churn_logit_rows rows = {ROWS, logits, labels, NULL, NULL};
  assert_ok(churn_reliability_table(&rows, bins, &count, &error), &error);
  assert_int_equal(count, 3);
  assert_int_equal(bins[0].rows, 80);
  assert_int_equal(bins[1].rows, 10);
  assert_int_equal(bins[2].rows, 10);
}

/* Every row three times: the same table from three times the weight; three times the rows of one
 * customer tell as much as one row does (but for G / (G - 1)), so the interval is as wide. */
static void repeats_of_a_customer_tell_no_more(void **state)
{
  (void)state;
  enum { TIMES = 3 };
  double logits[ROWS * TIMES], once[ROWS];
  int8_t labels[ROWS * TIMES], first[ROWS];
  uint32_t clusters[ROWS * TIMES];
  churn_reliability bins[CHURN_RELIABILITY_BINS], plain[CHURN_RELIABILITY_BINS];
  churn_error error = {0};
  size_t count = 0, plain_count = 0;
  uint64_t stream = 11;
  for (size_t r = 0; r < ROWS; r++) {
    once[r] = -2 + 0.03 * (double)(r * 37 % ROWS);
    first[r] = uniform(&stream) < 0.4;
    for (size_t k = 0; k < TIMES; k++) {
      logits[r * TIMES + k] = once[r];
      labels[r * TIMES + k] = first[r];
      clusters[r * TIMES + k] = (uint32_t)r;
    }
  }
  churn_logit_rows many = {ROWS * TIMES, logits, labels, NULL, clusters};
  churn_logit_rows few = {ROWS, once, first, NULL, NULL};
  assert_ok(churn_reliability_table(&many, bins, &count, &error), &error);
  assert_ok(churn_reliability_table(&few, plain, &plain_count, &error), &error);
  assert_int_equal(count, plain_count);
  for (size_t b = 0; b < count; b++) {
    double lower, upper;
    assert_int_equal(bins[b].rows, 3 * plain[b].rows);
    assert_close(bins[b].observed, plain[b].observed, 1e-14, 0);
    bool sure = plain[b].churners == 0 || plain[b].churners == plain[b].rows;
    churn_wilson(plain[b].observed, sure ? 10 : 9, &lower, &upper); /* n (G - 1) / G */
    assert_close(bins[b].lower, lower, 1e-12, 1e-15);
    assert_close(bins[b].upper, upper, 1e-12, 0);
  }
}

/* Weights count in shares and means, and rows of weight 0 are not there. */
static void weights_are_shares_of_the_population(void **state)
{
  (void)state;
  const double logits[] = {1, 1, 1, 1, 5}, weights[] = {1, 3, 2.5, 0.5, 0};
  const int8_t labels[] = {1, 0, 1, 0, 1};
  churn_reliability bins[CHURN_RELIABILITY_BINS];
  churn_error error = {0};
  size_t count = 0;
  churn_logit_rows rows = {5, logits, labels, weights, NULL};
  assert_ok(churn_reliability_table(&rows, bins, &count, &error), &error);
  assert_int_equal(count, 1);
  assert_int_equal(bins[0].rows, 4);
  assert_close(bins[0].observed, 0.5, 1e-15, 0);
  assert_close(bins[0].mean_predicted, 1 / (1 + exp(-1)), 1e-15, 0);
  /* variance = (1 + 9 + 6.25 + 0.25) / 4 / 49, so 0.25 / that rows' worth */
  double lower, upper;
  churn_wilson(0.5, 49 / 16.5, &lower, &upper);
  assert_close(bins[0].lower, lower, 1e-13, 0);
  assert_close(bins[0].upper, upper, 1e-13, 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_interval_is_wilsons),
      cmocka_unit_test(bins_are_tenths_from_the_riskiest_down),
      cmocka_unit_test(equal_logits_stay_together),
      cmocka_unit_test(repeats_of_a_customer_tell_no_more),
      cmocka_unit_test(weights_are_shares_of_the_population),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
