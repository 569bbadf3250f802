/* Wald tests between nested fits, by customer.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "fit/nested_wald.h"

#include "judged.h"
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 420, COLUMNS = 4 };

static double x[ROWS][COLUMNS];
static int label[ROWS];

/* Three rows of each customer lean the same way; column 2 is column 0 turned round and shifted, but
 * for noise of `apart`; weights go round. */
static churn_matrix *customers(double apart, bool clustered)
{
  churn_random random = churn_random_stream(12, 34);
  churn_matrix *m = NULL;
  churn_error error = {0};
  double leaning = 0;
  assert_ok(churn_matrix_new(ROWS, COLUMNS, &m, &error), &error);
  m->cluster = clustered ? calloc(ROWS, sizeof *m->cluster) : NULL;
  for (size_t r = 0; r < ROWS; r++) {
    double noise = draw_normal(&random);
    leaning = r % 3 == 0 ? 0.9 * draw_normal(&random) : leaning;
    x[r][0] = leaning + draw_normal(&random);
    x[r][1] = draw_normal(&random) - 0.7 * leaning;
    x[r][2] = 2.385 - 1.75 * x[r][0] + apart * noise;
    x[r][3] = leaning * leaning + draw_normal(&random);
    label[r] = draw_unit(&random) < 1 / (1 + exp(0.35 - 0.8 * x[r][0] + 0.4 * x[r][1] - leaning));
    for (size_t c = 0; c < COLUMNS; c++)
      churn_matrix_tile(m, r / CHURN_TILE_ROWS, c)[r % CHURN_TILE_ROWS] = x[r][c];
    m->y[r] = label[r];
    if (clustered)
      m->cluster[r] = (uint32_t)(r / 3);
    m->weight[r] = 0.5 + 0.25 * (double)(r % 4);
  }
  return m;
}

/* Newton's steps on some columns, and (X'WX)^-1 U'U (X'WX)^-1 (G/(G-1)) (n-1)/(n-p) as the
 * definition says, with Gauss and Jordan: chi2 of the last `tested` columns. */
static double chi2_by_definition(const size_t *columns, size_t count, size_t tested, size_t per,
                                 double *coefficients)
{
  enum { MOST = COLUMNS + 1 };
  size_t n = count + 1;
  double b[MOST] = {0}, h[MOST][2 * MOST], meat[MOST][MOST], v[MOST][MOST];
  for (int step = 0; step < 40; step++) {
    double g[MOST] = {0}, u[MOST] = {0};
    memset(h, 0, sizeof h);
    memset(meat, 0, sizeof meat);
    for (size_t r = 0; r < ROWS; r++) {
      double z[MOST] = {1}, eta = 0, weight = 0.5 + 0.25 * (double)(r % 4);
      for (size_t i = 1; i < n; i++)
        z[i] = x[r][columns[i - 1]];
      for (size_t i = 0; i < n; i++)
        eta += b[i] * z[i];
      double p = 1 / (1 + exp(-eta));
      for (size_t i = 0; i < n; i++) {
        g[i] += weight * (p - label[r]) * z[i];
        u[i] = (r % per == 0 ? 0 : u[i]) + weight * (p - label[r]) * z[i];
        for (size_t j = 0; j < n; j++)
          h[i][j] += weight * p * (1 - p) * z[i] * z[j];
      }
      for (size_t i = 0; i < n && (r + 1) % per == 0; i++)
        for (size_t j = 0; j < n; j++)
          meat[i][j] += u[i] * u[j];
    }
    for (size_t i = 0; i < n; i++)
      for (size_t j = 0; j < n; j++)
        h[i][MOST + j] = i == j;
    for (size_t k = 0; k < n; k++)
      for (size_t i = 0; i < n; i++) {
        double share = i == k ? 0 : h[i][k] / h[k][k];
        for (size_t j = 0; j < 2 * MOST; j++)
          h[i][j] -= share * h[k][j];
      }
    for (size_t i = 0; i < n; i++)
      for (size_t j = 0; j < n; j++) {
        h[i][MOST + j] /= h[i][i];
        b[i] -= h[i][MOST + j] * g[j];
      }
  }
  double factor = per == 1 ? 1
                           : (ROWS / (double)per) / (ROWS / (double)per - 1) * (ROWS - 1.0) /
                                 (ROWS - (double)n);
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < n; j++) {
      v[i][j] = 0;
      for (size_t k = 0; k < n; k++)
        for (size_t l = 0; l < n; l++)
          v[i][j] += factor * h[i][MOST + k] * meat[k][l] * h[l][MOST + j];
    }
  for (size_t i = 0; i < n; i++)
    coefficients[i] = b[i];
  /* One or two columns are tested: the inverse of their block, written out. */
  size_t last = n - 1, before = n - tested;
  if (tested == 1)
    return b[last] * b[last] / v[last][last];
  double det = v[before][before] * v[last][last] - v[before][last] * v[last][before];
  return (b[before] * b[before] * v[last][last] - 2 * b[before] * b[last] * v[before][last] +
          b[last] * b[last] * v[before][before]) /
         det;
}

static void check(bool clustered)
{
  static const size_t order[COLUMNS] = {1, 3, 0, 2};
  double by_order[COLUMNS + 1], coefficients[COLUMNS + 1], chi2;
  size_t df;
  churn_wald_parts parts;
  churn_error error = {0};
  churn_matrix *m = customers(0.8, clustered);
  double expected = chi2_by_definition(order, COLUMNS, 2, clustered ? 3 : 1, by_order);
  coefficients[0] = by_order[0];
  for (size_t i = 0; i < COLUMNS; i++)
    coefficients[order[i] + 1] = by_order[i + 1];
  assert_ok(churn_wald_parts_read(m, clustered, coefficients, NULL, &parts, &error), &error);
  assert_ok(churn_nested_wald(&parts, order, 2, COLUMNS, &df, &chi2, &error), &error);
  assert_int_equal(df, 2);
  assert_close(chi2, expected, 1e-9, 0);
  churn_wald_parts_clear(&parts);
  churn_matrix_free(m);
}

static void it_is_what_the_definition_says(void **state)
{
  (void)state;
  check(true);
  check(false);
}

/* Columns 0 and 2 say the same. A fit that kept 2 and left out 0, which is the smaller set's, is
 * the same model: tested is column 3 alone. */
static void it_does_not_matter_which_of_two_collinear_columns_the_fit_kept(void **state)
{
  (void)state;
  static const size_t kept[] = {1, 0, 3}, all[] = {1, 0, 2, 3};
  double by_order[COLUMNS + 1], coefficients[COLUMNS + 1] = {0}, chi2;
  size_t df;
  churn_wald_parts parts;
  churn_error error = {0};
  churn_matrix *m = customers(0, true);
  double expected = chi2_by_definition(kept, 3, 1, 3, by_order);
  /* x0 = (2.385 - x2) / 1.75 */
  coefficients[0] = by_order[0] + by_order[2] * 2.385 / 1.75;
  coefficients[2] = by_order[1];
  coefficients[3] = -by_order[2] / 1.75;
  coefficients[4] = by_order[3];
  assert_ok(churn_wald_parts_read(m, true, coefficients, NULL, &parts, &error), &error);
  assert_ok(churn_nested_wald(&parts, all, 2, COLUMNS, &df, &chi2, &error), &error);
  assert_int_equal(df, 1);
  assert_close(chi2, expected, 1e-7, 0);
  assert_ok(churn_nested_wald(&parts, all, 2, 3, &df, &chi2, &error), &error);
  assert_int_equal(df, 0);
  assert_true(isnan(chi2));
  churn_wald_parts_clear(&parts);
  churn_matrix_free(m);
}

static void too_few_customers_have_no_test(void **state)
{
  (void)state;
  static const size_t order[COLUMNS] = {1, 3, 0, 2};
  double coefficients[COLUMNS + 1], chi2;
  size_t df;
  churn_wald_parts parts;
  churn_error error = {0};
  churn_matrix *m = customers(0.8, true);
  chi2_by_definition((const size_t[]){0, 1, 2, 3}, COLUMNS, 2, 3, coefficients);
  for (size_t r = 0; r < ROWS; r++)
    m->cluster[r] = r < 100;
  assert_ok(churn_wald_parts_read(m, true, coefficients, NULL, &parts, &error), &error);
  assert_ok(churn_nested_wald(&parts, order, 2, COLUMNS, &df, &chi2, &error), &error);
  assert_int_equal(df, 0);
  assert_ok(churn_nested_wald(&parts, order, 3, COLUMNS, &df, &chi2, &error), &error);
  assert_int_equal(df, 1);
  churn_wald_parts_clear(&parts);
  churn_matrix_free(m);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(it_is_what_the_definition_says),
      cmocka_unit_test(it_does_not_matter_which_of_two_collinear_columns_the_fit_kept),
      cmocka_unit_test(too_few_customers_have_no_test),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
