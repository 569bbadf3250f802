/* Which columns of a design matrix are exactly collinear with the ones before them, and with which.
 *
 * The correlation matrix is added up in the fixed lanes on columns standardised tile by tile, so
 * that means far from 0 cost no digits, and factored in column order: the pivot of a column is 1 -
 * R^2 on the columns kept before it. Cost: rows x columns^2 / 2 + columns^3 / 3.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "fit/rank.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "fit/coded.h"
#include "fit/logistic.h"
#include "fit/moments.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const double churn_rank_tolerance = 1e-9;

enum { PARTNERS_NAMED = 8 };

typedef struct correlation_pass {
  const churn_matrix *matrix;
  const churn_kernel *kernel;
  const double *means;
  const double *deviations;
  double *scratch;   /* [threads][columns in the tiles * 256] */
  double *lane_sums; /* [lanes][churn_kernel_sums] */
  churn_coded coded;
} correlation_pass;

/* The columns that are kept in the tiles, standardised. */
static void standardise_copy(const correlation_pass *pass, size_t t, double *tile)
{
  const churn_matrix *m = pass->matrix;
  for (size_t c = 0; c < m->columns; c++) {
    churn_column_place place = churn_matrix_place(m, c);
    if (place.block < 0)
      churn_column_standardise(churn_matrix_tile(m, t, place.index),
                               m->weight + t * CHURN_TILE_ROWS, pass->means[c], pass->deviations[c],
                               tile + place.index * CHURN_TILE_ROWS);
  }
}

static churn_status correlate_lane(void *context, size_t lane, int thread, churn_error *error)
{
  (void)error;
  const correlation_pass *pass = context;
  const churn_matrix *m = pass->matrix;
  double *tile = pass->scratch + (size_t)thread * m->dense * CHURN_TILE_ROWS;
  double *sums = pass->lane_sums + lane * churn_kernel_sums(m->columns);
  size_t tiles = churn_tile_count(m->rows);
  size_t end = churn_lane_first_tile(tiles, lane + 1);
  if (m->block_count > 0)
    churn_coded_begin(&pass->coded, thread);
  for (size_t t = churn_lane_first_tile(tiles, lane); t < end; t++) {
    standardise_copy(pass, t, tile);
    if (m->block_count > 0)
      churn_coded_cross(&pass->coded, thread, t, tile);
    else
      pass->kernel->cross(tile, m->columns, m->weight + t * CHURN_TILE_ROWS, sums);
  }
  if (m->block_count > 0)
    churn_coded_end(&pass->coded, thread, true, sums);
  return CHURN_OK;
}

/* Correlations, k x k, lower triangle. */
static churn_status correlate(const churn_matrix *matrix, double total_weight, const double *means,
                              const double *deviations, const churn_run *run, double *correlation,
                              churn_error *error)
{
  churn_status status = CHURN_OK;
  size_t k = matrix->columns, lanes = churn_lane_count(matrix), size = churn_kernel_sums(k);
  size_t threads = (size_t)churn_parallel_threads(run);
  const churn_kernel *kernel = churn_kernel_choose(NULL);
  correlation_pass pass = {matrix, kernel, means, deviations, NULL, NULL, {0}};
  pass.scratch = churn_array_new_aligned(threads * matrix->dense, CHURN_TILE_ROWS * sizeof(double));
  pass.lane_sums = churn_array_new((lanes + 1) * size, sizeof(double));
  status = churn_coded_prepare(&pass.coded, matrix, kernel, run, error);
  if (status != CHURN_OK)
    goto done;
  if (pass.scratch == NULL || pass.lane_sums == NULL) {
    status = churn_error_no_memory(error);
    goto done;
  }
  status = churn_parallel_run(lanes, correlate_lane, &pass, NULL, run, error);
  if (status != CHURN_OK)
    goto done;
  double *sums = pass.lane_sums + lanes * size;
  for (size_t lane = 0; lane < lanes; lane++)
    for (size_t i = 0; i < size; i++)
      sums[i] += pass.lane_sums[lane * size + i];
  if (matrix->block_count > 0)
    churn_coded_finish(&pass.coded, means, deviations, true, sums);
  for (size_t i = 0; i < k; i++)
    for (size_t j = 0; j <= i; j++)
      correlation[i * k + j] =
          sums[churn_kernel_hessian_start(k) + (i + 1) * (i + 2) / 2 + j + 1] / total_weight;
done:
  churn_coded_clear(&pass.coded);
  free(pass.scratch);
  free(pass.lane_sums);
  return status;
}

double churn_rank_row(double *matrix, size_t k, const bool *keep, size_t j)
{
  double *row = matrix + j * k;
  double pivot = row[j];
  for (size_t l = 0; l < j; l++) {
    if (!keep[l])
      continue;
    const double *other = matrix + l * k;
    for (size_t m = 0; m < l; m++)
      row[l] -= keep[m] ? row[m] * other[m] : 0;
    row[l] /= other[l];
    pivot -= row[l] * row[l];
  }
  return pivot;
}

/* Coefficients of the regression of column j on the kept ones before it (0 for the others). */
static void regress(const double *factor, size_t k, const bool *keep, size_t j,
                    double *coefficients)
{
  for (size_t l = j; l-- > 0;) {
    coefficients[l] = 0;
    if (!keep[l])
      continue;
    double rest = factor[j * k + l];
    for (size_t m = l + 1; m < j; m++)
      rest -= keep[m] ? factor[m * k + l] * coefficients[m] : 0;
    coefficients[l] = rest / factor[l * k + l];
  }
}

/* Appends text and a column's name to *list. */
static bool append(char **list, const char *separator, const char *const *names, size_t column)
{
  char *longer = names == NULL ? churn_text_format("%s%scolumn %zu", *list, separator, column + 1)
                               : churn_text_format("%s%s%s", *list, separator, names[column]);
  free(*list);
  *list = longer;
  return longer != NULL;
}

/* "collinear with A, B and 3 more": the columns whose share in column j is more than the tolerance
 * (the square of a standardised coefficient). NULL when memory ran out. */
static char *name_partners(const double *coefficients, size_t j, double tolerance,
                           const char *const *names)
{
  char *list = churn_text_copy("collinear with", strlen("collinear with"));
  size_t partners = 0;
  for (size_t l = 0; l < j && list != NULL; l++) {
    if (coefficients[l] * coefficients[l] <= tolerance)
      continue;
    if (partners < PARTNERS_NAMED && !append(&list, partners == 0 ? " " : ", ", names, l))
      return NULL;
    partners++;
  }
  if (list == NULL || partners <= PARTNERS_NAMED)
    return list;
  char *whole = churn_text_format("%s and %zu more", list, partners - PARTNERS_NAMED);
  free(list);
  return whole;
}

/* Factors in column order; fills keep and, for dropped columns, because. */
static churn_status sweep(double *matrix, size_t k, const double *deviations, double tolerance,
                          const char *const *names, double *coefficients, bool *keep,
                          char **because, churn_error *error)
{
  for (size_t j = 0; j < k; j++) {
    double pivot = deviations[j] > 0 ? churn_rank_row(matrix, k, keep, j) : 0;
    keep[j] = pivot > tolerance;
    if (keep[j]) {
      matrix[j * k + j] = sqrt(pivot);
      continue;
    }
    if (deviations[j] > 0) {
      regress(matrix, k, keep, j, coefficients);
      because[j] = name_partners(coefficients, j, tolerance, names);
    } else {
      because[j] = churn_text_copy("constant", strlen("constant"));
    }
    if (because[j] == NULL)
      return churn_error_no_memory(error);
  }
  return CHURN_OK;
}

typedef struct rank_work {
  double *means;
  double *deviations;
  double *matrix;
  double *coefficients;
  bool *keep;
  char **because;
} rank_work;

static churn_status prepare(rank_work *work, size_t k, churn_error *error)
{
  work->means = churn_array_new(k, sizeof(double));
  work->deviations = churn_array_new(k, sizeof(double));
  if (k == 0 || k <= SIZE_MAX / k)
    work->matrix = churn_array_new(k * k, sizeof(double));
  work->coefficients = churn_array_new(k, sizeof(double));
  work->keep = churn_array_new(k, sizeof(bool));
  work->because = churn_array_new(k, sizeof(char *));
  if (work->means == NULL || work->deviations == NULL || work->matrix == NULL ||
      work->coefficients == NULL || work->keep == NULL || work->because == NULL)
    return churn_error_no_memory(error);
  return CHURN_OK;
}

static void clear(rank_work *work, size_t k)
{
  for (size_t c = 0; work->because != NULL && c < k; c++)
    free(work->because[c]);
  free(work->means);
  free(work->deviations);
  free(work->matrix);
  free(work->coefficients);
  free(work->keep);
  free(work->because);
}

/* Hands the answer over; the texts change owner. */
static void deliver(rank_work *work, size_t k, bool *keep, char **because)
{
  memcpy(keep, work->keep, k * sizeof *keep);
  for (size_t c = 0; because != NULL && c < k; c++) {
    because[c] = work->because[c];
    work->because[c] = NULL;
  }
}

churn_status churn_fit_rank(const churn_matrix *matrix, const char *const *names,
                            const churn_fit_settings *settings, const churn_run *run, bool *keep,
                            char **because, churn_error *error)
{
  size_t k = matrix->columns;
  double tolerance = settings == NULL ? 0 : settings->rank_tolerance;
  rank_work work = {0};
  churn_totals totals;
  churn_status status = prepare(&work, k, error);
  if (status == CHURN_OK)
    status = churn_totals_read(matrix, run, &totals, error);
  if (status == CHURN_OK)
    status = churn_moments_read(matrix, names, run, work.means, work.deviations, error);
  if (status == CHURN_OK)
    status = correlate(matrix, totals.weight, work.means, work.deviations, run, work.matrix, error);
  if (status == CHURN_OK)
    status =
        sweep(work.matrix, k, work.deviations, tolerance > 0 ? tolerance : churn_rank_tolerance,
              names, work.coefficients, work.keep, work.because, error);
  if (status == CHURN_OK)
    deliver(&work, k, keep, because);
  clear(&work, k);
  return status;
}
