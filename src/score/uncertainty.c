/* How sure a model's logits are.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "score/uncertainty.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/random.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

struct churn_uncertainty {
  const churn_model *model;
  size_t size;    /* columns + 1 */
  double *factor; /* [size * size] lower triangle of Cholesky: covariance = factor factor' */
};

/* The covariance of (logit of the average row, coefficients) from that of (intercept,
 * coefficients). */
static void centre(const churn_model *model, double *covariance)
{
  size_t size = model->column_count + 1;
  for (size_t j = 0; j < size; j++) {
    double sum = model->covariance[j];
    for (size_t i = 1; i < size; i++)
      sum += model->columns[i - 1].mean * model->covariance[i * size + j];
    covariance[j] = sum;
  }
  double first = covariance[0];
  for (size_t i = 1; i < size; i++)
    first += model->columns[i - 1].mean * covariance[i];
  covariance[0] = first;
  for (size_t i = 1; i < size; i++) {
    covariance[i * size] = covariance[i];
    for (size_t j = 1; j < size; j++)
      covariance[i * size + j] = model->covariance[i * size + j];
  }
}

/* In place (Golub and Van Loan 2013, algorithm 4.2.1). What has no variance of its own left, a
 * coefficient that a penalty or a pool keeps at its place, gets a column of zeros. */
static void factorise(double *a, size_t size)
{
  for (size_t j = 0; j < size; j++) {
    double whole = a[j * size + j], left = whole;
    for (size_t k = 0; k < j; k++)
      left -= a[j * size + k] * a[j * size + k];
    bool flat = !(left > whole * (double)size * DBL_EPSILON);
    double root = flat ? 0 : sqrt(left);
    for (size_t i = j; i < size; i++) {
      double sum = a[i * size + j];
      for (size_t k = 0; k < j; k++)
        sum -= a[i * size + k] * a[j * size + k];
      a[i * size + j] = flat ? 0 : i == j ? root : sum / root;
    }
    for (size_t i = 0; i < j; i++)
      a[i * size + j] = 0;
  }
}

churn_status churn_uncertainty_new(const churn_model *model, churn_uncertainty **made,
                                   churn_error *error)
{
  *made = NULL;
  if (model->covariance == NULL)
    return CHURN_OK;
  churn_uncertainty *u = calloc(1, sizeof *u);
  if (u == NULL)
    return churn_error_no_memory(error);
  u->model = model;
  u->size = model->column_count + 1;
  u->factor = churn_array_new(u->size * u->size, sizeof *u->factor);
  if (u->factor == NULL) {
    churn_uncertainty_free(u);
    return churn_error_no_memory(error);
  }
  centre(model, u->factor);
  factorise(u->factor, u->size);
  *made = u;
  return CHURN_OK;
}

void churn_uncertainty_free(churn_uncertainty *uncertainty)
{
  if (uncertainty == NULL)
    return;
  free(uncertainty->factor);
  free(uncertainty);
}

/* The sum of squares of factor' (1, x - mean), a row an element. */
void churn_uncertainty_errors(const churn_uncertainty *uncertainty, const double *const *columns,
                              double *errors)
{
  const churn_model *model = uncertainty->model;
  size_t size = uncertainty->size;
  double squares[CHURN_TILE_ROWS] = {0};
  for (size_t j = 0; j < size; j++) {
    double sums[CHURN_TILE_ROWS];
    for (size_t r = 0; r < CHURN_TILE_ROWS; r++)
      sums[r] = j == 0 ? uncertainty->factor[0] : 0;
    for (size_t i = j == 0 ? 1 : j; i < size; i++) {
      double factor = uncertainty->factor[i * size + j], mean = model->columns[i - 1].mean;
      const double *x = columns[i - 1];
      for (size_t r = 0; r < CHURN_TILE_ROWS; r++)
        sums[r] += factor * (x[r] - mean);
    }
    for (size_t r = 0; r < CHURN_TILE_ROWS; r++)
      squares[r] += sums[r] * sums[r];
  }
  for (size_t r = 0; r < CHURN_TILE_ROWS; r++)
    errors[r] = sqrt(squares[r]);
}

/* (0, 1], 53 bits. */
static double uniform(churn_random *random)
{
  return (double)((churn_random_next(random) >> 11) + 1) * 0x1p-53;
}

/* Box and Muller (1958, "A note on the generation of random normal deviates"). */
static double normal(churn_random *random)
{
  static const double turn = 6.283185307179586476925;
  double radius = sqrt(-2 * log(uniform(random)));
  return radius * cos(turn * uniform(random));
}

void churn_uncertainty_draw(const churn_uncertainty *uncertainty, uint64_t seed, uint64_t number,
                            double *away)
{
  churn_random random = churn_random_stream(seed, number);
  size_t size = uncertainty->size;
  for (size_t i = 0; i < size; i++)
    away[i] = 0;
  for (size_t j = 0; j < size; j++) {
    double z = normal(&random);
    for (size_t i = j; i < size; i++)
      away[i] += uncertainty->factor[i * size + j] * z;
  }
}

void churn_uncertainty_move(const churn_uncertainty *uncertainty, const double *away,
                            const double *design, double *logits)
{
  const churn_model *model = uncertainty->model;
  for (size_t r = 0; r < CHURN_TILE_ROWS; r++)
    logits[r] = away[0];
  for (size_t c = 0; c < model->column_count; c++) {
    double by = away[c + 1], mean = model->columns[c].mean;
    const double *x = design + c * CHURN_TILE_ROWS;
    for (size_t r = 0; r < CHURN_TILE_ROWS; r++)
      logits[r] += (x[r] - mean) * by;
  }
}
