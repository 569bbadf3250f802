/* Intervals and places in the top against brute force that shares no arithmetic with them: the
 * quadratic form on raw rows, and coefficients drawn by GSL with the covariance of (intercept,
 * coefficients) as it is stored, all rows ranked in each draw.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "score/recalibration.h"
#include "score/top.h"

#include "support.h"

#include <gsl/gsl_linalg.h>
#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS = 4, SIZE = COLUMNS + 1, ROWS = 300, TILES = 2, DRAWS = 8000 };

typedef struct setting {
  churn_model *model;
  double design[TILES * COLUMNS * CHURN_TILE_ROWS];
  double logits[ROWS], values[ROWS];
} setting;

static double *cell(setting *s, size_t row, size_t column)
{
  return &s->design[(row / CHURN_TILE_ROWS * COLUMNS + column) * CHURN_TILE_ROWS +
                    row % CHURN_TILE_ROWS];
}

/* Columns of different size, one far from 0; the covariance is A A' with A drawn, so that nothing
 * is uncorrelated. */
static churn_model *make_model(gsl_rng *rng)
{
  static const double means[COLUMNS] = {0.37, 1200.5, -3, 0.06};
  static const double deviations[COLUMNS] = {0.5, 30, 1, 0.24};
  churn_model *m = churn_model_new();
  m->column_count = COLUMNS;
  m->columns = calloc(COLUMNS, sizeof *m->columns);
  m->covariance = calloc(SIZE * SIZE, sizeof *m->covariance);
  double a[SIZE][SIZE];
  for (size_t c = 0; c < COLUMNS; c++)
    m->columns[c] = (churn_model_column){.name = strdup("x"),
                                         .mean = means[c],
                                         .deviation = deviations[c],
                                         .estimate = gsl_ran_gaussian(rng, 0.8) / deviations[c]};
  for (size_t i = 0; i < SIZE; i++)
    for (size_t j = 0; j < SIZE; j++)
      a[i][j] = gsl_ran_gaussian(rng, 0.15) / (i == 0 ? 0.5 : deviations[i - 1]);
  for (size_t i = 0; i < SIZE; i++)
    for (size_t j = 0; j < SIZE; j++)
      for (size_t k = 0; k < SIZE; k++)
        m->covariance[i * SIZE + j] += a[i][k] * a[j][k];
  m->intercept.estimate = 1.3;
  m->recalibration = (churn_recalibration){.slope = 1};
  return m;
}

static int compare_order(const void *left, const void *right)
{
  const double *a = left, *b = right;
  return (a[0] < b[0]) - (a[0] > b[0]);
}

/* Rows in order of rank; some of them are the same customer twice, some have no value. */
static setting *make(unsigned long seed, bool by_loss)
{
  gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
  gsl_rng_set(rng, seed);
  setting *s = calloc(1, sizeof *s);
  s->model = make_model(rng);
  double(*rows)[COLUMNS + 3] = calloc(ROWS, sizeof *rows); /* key, logit, value, x */
  for (size_t r = 0; r < ROWS; r++) {
    double logit = s->model->intercept.estimate;
    for (size_t c = 0; c < COLUMNS; c++) {
      const churn_model_column *column = &s->model->columns[c];
      double x = column->mean + gsl_ran_gaussian(rng, column->deviation);
      rows[r][3 + c] = r % 50 == 7 ? rows[r - 1][3 + c] : x;
      logit += rows[r][3 + c] * column->estimate;
    }
    rows[r][1] = logit;
    rows[r][2] = r % 90 == 3 ? NAN : r % 50 == 7 ? rows[r - 1][2] : gsl_ran_lognormal(rng, 5, 0.7);
    rows[r][0] = !by_loss ? logit
                 : isnan(rows[r][2])
                     ? -INFINITY
                     : churn_recalibrated(&s->model->recalibration, logit) * rows[r][2];
  }
  qsort(rows, ROWS, sizeof *rows, compare_order);
  for (size_t r = 0; r < ROWS; r++) {
    s->logits[r] = rows[r][1];
    s->values[r] = rows[r][2];
    for (size_t c = 0; c < COLUMNS; c++)
      *cell(s, r, c) = rows[r][3 + c];
  }
  free(rows);
  gsl_rng_free(rng);
  return s;
}

static void drop(setting *s)
{
  churn_model_free(s->model);
  free(s);
}

static churn_uncertainty *uncertainty_of(const setting *s)
{
  churn_uncertainty *u = NULL;
  churn_error error = {0};
  assert_ok(churn_uncertainty_new(s->model, &u, &error), &error);
  assert_non_null(u);
  return u;
}

static void find_shares(const setting *s, bool by_loss, size_t places, int threads, double *shares)
{
  const churn_run run = {.threads = threads};
  churn_uncertainty *u = uncertainty_of(s);
  churn_error error = {0};
  const churn_top top = {.uncertainty = u,
                         .recalibration = &s->model->recalibration,
                         .columns = COLUMNS,
                         .design = s->design,
                         .logits = s->logits,
                         .values = by_loss ? s->values : NULL,
                         .rows = ROWS,
                         .places = places,
                         .seed = 1,
                         .draws = 1000};
  assert_ok(churn_top_shares(&top, &run, shares, &error), &error);
  churn_uncertainty_free(u);
}

typedef struct placed {
  double score;
  size_t row;
} placed;

static int compare_placed(const void *left, const void *right)
{
  const placed *a = left, *b = right;
  if (a->score != b->score)
    return a->score < b->score ? 1 : -1;
  return (a->row > b->row) - (a->row < b->row);
}

static void brute_force(setting *s, bool by_loss, size_t places, double *shares)
{
  gsl_rng *rng = gsl_rng_alloc(gsl_rng_ranlxs0);
  gsl_matrix *factor = gsl_matrix_alloc(SIZE, SIZE);
  gsl_vector *mean = gsl_vector_alloc(SIZE), *b = gsl_vector_alloc(SIZE);
  for (size_t i = 0; i < SIZE; i++)
    for (size_t j = 0; j < SIZE; j++)
      gsl_matrix_set(factor, i, j, s->model->covariance[i * SIZE + j]);
  gsl_vector_set(mean, 0, s->model->intercept.estimate);
  for (size_t c = 0; c < COLUMNS; c++)
    gsl_vector_set(mean, c + 1, s->model->columns[c].estimate);
  assert_int_equal(gsl_linalg_cholesky_decomp1(factor), 0);
  for (size_t r = 0; r < ROWS; r++)
    shares[r] = 0;
  for (int draw = 0; draw < DRAWS; draw++) {
    placed order[ROWS];
    gsl_ran_multivariate_gaussian(rng, mean, factor, b);
    for (size_t r = 0; r < ROWS; r++) {
      double logit = gsl_vector_get(b, 0);
      for (size_t c = 0; c < COLUMNS; c++)
        logit += *cell(s, r, c) * gsl_vector_get(b, c + 1);
      double loss = isnan(s->values[r]) ? -INFINITY : s->values[r] / (1 + exp(-logit));
      order[r] = (placed){by_loss ? loss : logit, r};
    }
    qsort(order, ROWS, sizeof *order, compare_placed);
    for (size_t k = 0; k < places; k++)
      shares[order[k].row] += 1.0 / DRAWS;
  }
  gsl_rng_free(rng);
  gsl_matrix_free(factor);
  gsl_vector_free(mean);
  gsl_vector_free(b);
}

/* Two independent shares of 1,000 and DRAWS draws: within five standard errors of each other, the
 * share of the larger simulation standing for the truth. */
static void shares_are_those_of_brute_force(void **state)
{
  (void)state;
  static const size_t places[] = {1, 20, 105, 292};
  for (unsigned long seed = 1; seed <= 2; seed++)
    for (int by_loss = 0; by_loss < 2; by_loss++) {
      setting *s = make(seed, by_loss != 0);
      size_t k = places[(size_t)by_loss + 2 * (seed - 1)], unsure = 0;
      double ours[ROWS], theirs[ROWS], sum = 0;
      find_shares(s, by_loss != 0, k, 2, ours);
      brute_force(s, by_loss != 0, k, theirs);
      for (size_t r = 0; r < ROWS; r++) {
        double p = theirs[r] < 1e-3 ? 1e-3 : theirs[r] > 0.999 ? 0.999 : theirs[r];
        assert_close(ours[r], theirs[r], 0, 5 * sqrt(p * (1 - p) * (1e-3 + 1.0 / DRAWS)));
        unsure += ours[r] > 0.05 && ours[r] < 0.95;
        sum += ours[r];
      }
      assert_close(sum, (double)k, 1e-12, 0);
      assert_true(unsure >= 3);
      drop(s);
    }
}

static void any_number_of_threads_gives_the_same_bits(void **state)
{
  (void)state;
  setting *s = make(5, true);
  double one[ROWS], other[ROWS];
  find_shares(s, true, 33, 1, one);
  for (int threads = 2; threads <= 5; threads++) {
    find_shares(s, true, 33, threads, other);
    assert_memory_equal(one, other, sizeof one);
  }
  drop(s);
}

static void errors_of_logits_are_the_quadratic_form(void **state)
{
  (void)state;
  setting *s = make(9, false);
  churn_uncertainty *u = uncertainty_of(s);
  for (size_t r = 0; r < ROWS; r++) {
    double errors[CHURN_TILE_ROWS], row[SIZE] = {1}, sum = 0;
    if (r % CHURN_TILE_ROWS > 3)
      continue;
    const double *columns[COLUMNS];
    for (size_t c = 0; c < COLUMNS; c++)
      columns[c] = cell(s, r - r % CHURN_TILE_ROWS, c);
    churn_uncertainty_errors(u, columns, errors);
    for (size_t c = 0; c < COLUMNS; c++)
      row[c + 1] = *cell(s, r, c);
    for (size_t i = 0; i < SIZE; i++)
      for (size_t j = 0; j < SIZE; j++)
        sum += row[i] * s->model->covariance[i * SIZE + j] * row[j];
    assert_close(errors[r % CHURN_TILE_ROWS], sqrt(sum), 1e-9, 0);
  }
  churn_uncertainty_free(u);
  drop(s);
}

/* A coefficient that a penalty holds at its place has a row of zeros. */
static void a_coefficient_without_variance_moves_nothing(void **state)
{
  (void)state;
  setting *s = make(11, false);
  for (size_t i = 0; i < SIZE; i++)
    s->model->covariance[2 * SIZE + i] = s->model->covariance[i * SIZE + 2] = 0;
  churn_uncertainty *u = uncertainty_of(s);
  double away[SIZE];
  for (uint64_t draw = 0; draw < 50; draw++) {
    churn_uncertainty_draw(u, 3, draw, away);
    assert_close(away[2], 0, 0, 0);
    assert_true(isfinite(away[0]) && away[1] != 0 && away[4] != 0);
  }
  churn_uncertainty_free(u);
  free(s->model->covariance);
  s->model->covariance = NULL;
  u = (churn_uncertainty *)s;
  assert_ok(churn_uncertainty_new(s->model, &u, NULL), NULL);
  assert_null(u);
  drop(s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(shares_are_those_of_brute_force),
      cmocka_unit_test(any_number_of_threads_gives_the_same_bits),
      cmocka_unit_test(errors_of_logits_are_the_quadratic_form),
      cmocka_unit_test(a_coefficient_without_variance_moves_nothing),
  };
  return cmocka_run_group_tests_name("top", tests, NULL, NULL);
}
