/* Means, deviations, totals and standardising.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "fit/moments.h"
#include "made_up.h"

#include <float.h>
#include <stdlib.h>

/* Worked out as distances from the column's own place, which are exact, so that plain sums do. */
static void means_and_deviations_far_from_zero_keep_their_digits(void **state)
{
  (void)state;
  enum { ROWS = 100000 };
  static const double place[] = {1e9, -0.3, 1e-7};
  churn_matrix *m = matrix_of(ROWS, 3);
  uint64_t stream = 5;
  double weight = 0, sum[3] = {0}, square[3] = {0}, means[3], deviations[3];
  for (size_t r = 0; r < ROWS; r++) {
    m->weight[r] = uniform(&stream);
    m->y[r] = r % 3 == 0;
    weight += m->weight[r];
    for (size_t c = 0; c < 3; c++) {
      *cell_of(m, r, c) = place[c] * (1 + 1e-8 * uniform(&stream));
      double distance = *cell_of(m, r, c) - place[c];
      sum[c] += m->weight[r] * distance;
      square[c] += m->weight[r] * distance * distance;
    }
  }
  churn_totals totals;
  churn_error error;
  assert_ok(churn_totals_read(m, NULL, &totals, &error), &error);
  assert_close(totals.weight, weight, 1e-13, 0);
  assert_ok(churn_moments_read(m, NULL, NULL, means, deviations, &error), &error);
  for (size_t c = 0; c < 3; c++) {
    double shift = sum[c] / weight;
    assert_close(means[c], place[c] + shift, 2 * DBL_EPSILON, 0);
    assert_close(deviations[c], sqrt(square[c] / weight - shift * shift), 1e-11, 0);
  }
  churn_matrix_free(m);
}

/* The mean of many equal numbers is not that number but for luck; the deviation is 0 all the same.
 */
static void a_constant_column_has_deviation_zero_for_any_constant(void **state)
{
  (void)state;
  enum { ROWS = 600001, CONSTANTS = 12 };
  churn_matrix *m = matrix_of(ROWS, CONSTANTS);
  double means[CONSTANTS], deviations[CONSTANTS];
  churn_totals totals;
  churn_error error;
  for (size_t r = 0; r < ROWS; r++) {
    m->weight[r] = 0.1 + 0.7 * (double)(r % 3);
    for (size_t c = 0; c < CONSTANTS; c++)
      *cell_of(m, r, c) = (c % 2 == 0 ? 0.1 : -1e6) / (double)(3 * c + 1);
  }
  assert_ok(churn_totals_read(m, NULL, &totals, &error), &error);
  assert_ok(churn_moments_read(m, NULL, NULL, means, deviations, &error), &error);
  for (size_t c = 0; c < CONSTANTS; c++) {
    assert_true(deviations[c] == 0);
    assert_close(means[c], *cell_of(m, 0, c), 2 * DBL_EPSILON, 0);
  }
  churn_matrix_free(m);
}

/* Level l has the rows r with r % (LEVELS + 1) = l; the last stands for no column at all. */
static void twenty_thousand_levels_have_the_moments_of_their_columns(void **state)
{
  (void)state;
  enum { LEVELS = 20000, ROWS = 3 * LEVELS + 411 };
  int32_t *block_of = calloc(LEVELS, sizeof *block_of);
  double *weights = calloc(LEVELS + 1, sizeof *weights), *means = calloc(LEVELS, sizeof *means);
  double *deviations = calloc(LEVELS, sizeof *deviations), all = 0;
  churn_matrix *m = NULL;
  churn_error error;
  assert_true(block_of != NULL && weights != NULL && means != NULL && deviations != NULL);
  assert_ok(churn_matrix_new_coded(ROWS, LEVELS, block_of, 1, &m, &error), &error);
  for (size_t r = 0; r < ROWS; r++) {
    m->weight[r] = 0.3 + 0.17 * (double)(r % 11);
    m->blocks[0].codes[r] = (uint16_t)(r % (LEVELS + 1));
    weights[r % (LEVELS + 1)] += m->weight[r];
    all += m->weight[r];
  }
  assert_ok(churn_moments_read(m, NULL, NULL, means, deviations, &error), &error);
  for (size_t l = 0; l < LEVELS; l++) {
    double share = weights[l] / all;
    assert_close(means[l], share, 1e-12, 0);
    assert_close(deviations[l], sqrt(share * (1 - share)), 1e-12, 0);
  }
  churn_matrix_free(m);
  free(block_of);
  free(weights);
  free(means);
  free(deviations);
}

static void standardised_columns_have_mean_zero_and_deviation_one(void **state)
{
  (void)state;
  enum { ROWS = 3000, COLUMNS = 5 };
  churn_matrix *m = made_up(ROWS, COLUMNS, 7);
  double means[COLUMNS], deviations[COLUMNS];
  churn_error error;
  m->weight[9] = 0;
  double first = *cell_of(m, 0, 2);
  assert_ok(churn_moments_read(m, NULL, NULL, means, deviations, &error), &error);
  assert_ok(churn_matrix_standardise(m, means, deviations, NULL, &error), &error);
  assert_close(*cell_of(m, 0, 2), (first - means[2]) / deviations[2], 1e-15, 0);
  for (size_t c = 0; c < COLUMNS; c++) {
    assert_true(*cell_of(m, 9, c) == 0);
    assert_true(churn_matrix_tile(m, ROWS / 256, c)[ROWS % 256] == 0);
  }
  assert_ok(churn_moments_read(m, NULL, NULL, means, deviations, &error), &error);
  for (size_t c = 0; c < COLUMNS; c++) {
    assert_close(means[c], 0, 0, 1e-14);
    assert_close(deviations[c], 1, 1e-13, 0);
  }
  churn_matrix_free(m);
}

static void totals_count_weights_by_label(void **state)
{
  (void)state;
  churn_matrix *m = matrix_of(4, 0);
  churn_totals totals;
  churn_error error;
  const double weight[] = {0.5, 2.25, 0, 0.125}, y[] = {1, 0, 1, 1};
  for (size_t r = 0; r < 4; r++) {
    m->weight[r] = weight[r];
    m->y[r] = y[r];
  }
  assert_ok(churn_totals_read(m, NULL, &totals, &error), &error);
  assert_true(totals.weight == 2.875 && totals.positive == 0.625 && totals.lowest_weight == 0.125);
  churn_matrix_free(m);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(means_and_deviations_far_from_zero_keep_their_digits),
      cmocka_unit_test(a_constant_column_has_deviation_zero_for_any_constant),
      cmocka_unit_test(twenty_thousand_levels_have_the_moments_of_their_columns),
      cmocka_unit_test(standardised_columns_have_mean_zero_and_deviation_one),
      cmocka_unit_test(totals_count_weights_by_label),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
