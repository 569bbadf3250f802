/* Cross-validation of Firth's method: each row's prediction is that of a fit on the rows of the
 * other folds alone.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "fit/cross_firth.h"
#include "fit/firth.h"
#include "made_up.h"

#include <stdlib.h>

enum { ROWS = 700, COLUMNS = 3, N = COLUMNS + 1, FOLDS = 4 };

/* The rows of `m` that are not in the fold, as a matrix of their own, fitted from nothing. */
static void fit_others(const churn_matrix *m, const uint32_t *fold, uint32_t f,
                       double *coefficients)
{
  double covariance[N * N], means[COLUMNS], deviations[COLUMNS];
  churn_fit_result result = {coefficients, covariance, means, deviations};
  churn_fit_report report;
  churn_scaled data = {0};
  churn_error error = {0};
  size_t rows = 0, at = 0;
  for (size_t r = 0; r < ROWS; r++)
    rows += fold[r] != f;
  churn_matrix *part = matrix_of(rows, COLUMNS);
  for (size_t r = 0; r < ROWS; r++) {
    if (fold[r] == f)
      continue;
    part->y[at] = m->y[r];
    part->weight[at] = m->weight[r];
    for (size_t c = 0; c < COLUMNS; c++)
      *cell_of(part, at, c) = *cell_of(m, r, c);
    at++;
  }
  assert_ok(churn_scaled_take(part, NULL, &data, &error), &error);
  assert_ok(churn_firth_fit(&data, NULL, &result, &report, &error), &error);
  churn_scaled_clear(&data);
  churn_matrix_free(part);
}

static void every_row_is_predicted_by_the_others(void **state)
{
  (void)state;
  churn_matrix *raw = made_up(ROWS, COLUMNS, 23);
  uint32_t fold[ROWS];
  double logits[ROWS];
  churn_scaled data = {0};
  churn_cross_report report = {0};
  churn_error error = {0};
  for (size_t r = 0; r < ROWS; r++) {
    fold[r] = (uint32_t)(r * 7 % 10 % FOLDS);
    raw->weight[r] = 1 + (double)(r % 3 == 0);
  }
  churn_matrix *m = matrix_copy(raw);
  churn_fold_map map = {fold, FOLDS};
  assert_ok(churn_scaled_take(m, NULL, &data, &error), &error);
  assert_ok(churn_cross_firth(&data, &map, NULL, logits, &report, &error), &error);
  assert_int_equal(report.not_converged, 0);
  for (uint32_t f = 0; f < FOLDS; f++) {
    double b[N];
    fit_others(raw, fold, f, b);
    for (size_t r = 0; r < ROWS; r++) {
      double eta = b[0];
      for (size_t c = 0; c < COLUMNS; c++)
        eta += b[c + 1] * *cell_of(raw, r, c);
      if (fold[r] == f)
        assert_close(logits[r], eta, 1e-8, 1e-8);
      assert_true(m->weight[r] == raw->weight[r]);
    }
  }
  churn_scaled_clear(&data);
  churn_matrix_free(m);
  churn_matrix_free(raw);
}

static void a_fold_that_leaves_one_label_is_degenerate(void **state)
{
  (void)state;
  churn_matrix *m = made_up(ROWS, COLUMNS, 23);
  uint32_t fold[ROWS];
  double logits[ROWS];
  churn_scaled data = {0};
  churn_cross_report report = {0};
  churn_error error = {0};
  for (size_t r = 0; r < ROWS; r++)
    fold[r] = m->y[r] > 0;
  churn_fold_map map = {fold, 2};
  assert_ok(churn_scaled_take(m, NULL, &data, &error), &error);
  assert_int_equal(churn_cross_firth(&data, &map, NULL, logits, &report, &error), CHURN_DEGENERATE);
  for (size_t r = 0; r < ROWS; r++)
    assert_true(m->weight[r] == 1);
  churn_scaled_clear(&data);
  churn_matrix_free(m);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_row_is_predicted_by_the_others),
      cmocka_unit_test(a_fold_that_leaves_one_label_is_degenerate),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
