/* Newton's method on nested subsamples, loosely.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "fit/warm_start.h"

#include "base/error.h"
#include "base/memory.h"
#include "fit/cholesky.h"
#include "fit/moments.h"
#include "fit/newton.h"
#include "fit/scale.h"
#include "fit/subsample.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Each of three subsamples holds so many rows for one of the next smaller; the smallest first. */
enum { NEST = 4 };

/* Fewer rows of the rarer class per coefficient than this say less than the start they would
 * replace. */
static const double rows_per_coefficient = 4;

/* The ridge as a share of the null model's curvature: far below what chance does to a subsample. */
static const double ridge_share = 1e-3;

/* The gradient that is small enough, as a multiple of what chance makes of it: one more step
 * follows, which squares what is left, and that is far below chance then. */
static const double gradient_share = 2;

/* Multiplications a sweep below which threads take longer to meet than to work. */
static const double worth_threads = 4e6;

/* Rows of the rarer class that have weight. */
static size_t rarer_rows(const churn_matrix *m)
{
  size_t with_weight = 0, ones = 0;
  for (size_t r = 0; r < m->rows; r++) {
    with_weight += m->weight[r] > 0;
    ones += m->weight[r] > 0 && m->y[r] > 0;
  }
  return ones < with_weight - ones ? ones : with_weight - ones;
}

/* Where to start the fit of all rows, so far: coefficients on standardised columns. */
typedef struct search {
  double ridge_lambda;
  const churn_run *run;
  churn_warm_start *start;
} search;

/* From the answer of fewer rows, whose Hessian does for a step: that takes most of the way. */
static churn_status step_near(churn_newton *newton, const churn_warm_start *start,
                              churn_error *error)
{
  churn_point *point = &newton->point;
  size_t n = newton->objective.matrix->columns + 1, column;
  churn_status status = churn_objective_slope(&newton->objective, point, error);
  if (status != CHURN_OK || !churn_cholesky_factor(start->hessian, n, 0, newton->factor, &column) ||
      !churn_cholesky_solve(newton->factor, n, point->sums + 1, newton->solution))
    return status;
  for (size_t j = 0; j < n; j++)
    point->coefficients[j] -= newton->solution[j];
  return CHURN_OK;
}

static churn_status fit_rows(churn_newton *newton, const churn_totals *totals, const search *s,
                             churn_error *error)
{
  churn_objective *o = &newton->objective;
  size_t rows = o->matrix->rows, n = o->matrix->columns + 1;
  o->kernel = churn_kernel_choose(NULL);
  o->total_weight = totals->weight;
  o->ridge_lambda = s->ridge_lambda + ridge_share * totals->null_curvature;
  newton->lowest_weight = totals->lowest_weight;
  newton->settings = (churn_fit_settings){
      .ridge_lambda = o->ridge_lambda,
      .gradient_tolerance = gradient_share * sqrt(totals->null_curvature / (double)rows),
      .max_iterations = 30};
  churn_status status = churn_newton_prepare(newton, error);
  if (status != CHURN_OK)
    return status;
  memcpy(newton->point.coefficients, s->start->coefficients, n * sizeof(double));
  if (s->start->found)
    status = step_near(newton, s->start, error);
  if (status == CHURN_OK)
    status = churn_newton_evaluate(newton, &newton->point, true, error);
  return status == CHURN_OK ? churn_newton_run(newton, error) : status;
}

/* Looks at these rows, unless they are too few or have no answer. */
static churn_status improve(search *s, const churn_matrix *matrix, const churn_subsample *borrowed,
                            churn_error *error)
{
  size_t columns = matrix->columns;
  bool large = (double)matrix->rows * (double)columns * (double)columns / 2 >= worth_threads;
  churn_run alone = {.threads = 1};
  churn_newton newton = {
      .objective = {.matrix = matrix, .borrowed = borrowed, .run = large ? s->run : &alone},
      .loose = true};
  if (borrowed != NULL) {
    newton.objective.means = s->start->means;
    newton.objective.deviations = s->start->deviations;
  }
  churn_totals totals;
  churn_warm_start *start = s->start;
  size_t n = columns + 1, rarer = rarer_rows(matrix);
  if ((double)rarer < rows_per_coefficient * (double)n)
    return CHURN_OK;
  churn_status status = churn_totals_read(matrix, newton.objective.run, &totals, error);
  if (status == CHURN_OK && !start->found)
    start->coefficients[0] = totals.null_intercept;
  if (status == CHURN_OK)
    status = fit_rows(&newton, &totals, s, error);
  if (status == CHURN_OK && newton.stop == CHURN_STOP_GRADIENT) {
    for (size_t j = 0; j < n; j++)
      start->coefficients[j] = newton.point.coefficients[j] + newton.direction[j];
    memcpy(start->hessian, newton.point.sums + churn_kernel_hessian_start(columns),
           n * (n + 1) / 2 * sizeof *start->hessian);
    start->curvature = totals.null_curvature;
    start->ridge = newton.settings.ridge_lambda;
    start->found = true;
  }
  churn_newton_clear(&newton);
  return status == CHURN_DEGENERATE ? CHURN_OK : status;
}

/* On a part of rows that are standardised. */
static churn_status improve_on_part(search *s, const churn_matrix *matrix, churn_error *error)
{
  churn_subsample part;
  churn_status status = churn_subsample_prepare(&part, matrix, NEST, error);
  if (status != CHURN_OK)
    return status;
  status = churn_subsample_fill(&part, s->run, error);
  if (status == CHURN_OK)
    status = improve(s, part.matrix, NULL, error);
  churn_subsample_clear(&part);
  return status;
}

/* On the second largest subsample, by whose moments all are standardised, and the smallest in it.
 */
static churn_status improve_on_few(search *s, const churn_matrix *matrix, size_t group,
                                   churn_error *error)
{
  const churn_warm_start *start = s->start;
  churn_subsample few;
  churn_status status = churn_subsample_prepare(&few, matrix, group, error);
  if (status != CHURN_OK)
    return status;
  status = churn_subsample_fill(&few, s->run, error);
  if (status == CHURN_OK)
    status = churn_moments_read(few.matrix, NULL, s->run, start->means, start->deviations, error);
  for (size_t j = 0; j < matrix->columns && status == CHURN_OK; j++)
    start->deviations[j] = start->deviations[j] > 0 ? start->deviations[j] : 1;
  if (status == CHURN_OK)
    status = churn_matrix_standardise(few.matrix, start->means, start->deviations, s->run, error);
  if (status == CHURN_OK)
    status = improve_on_part(s, few.matrix, error);
  if (status == CHURN_OK)
    status = improve(s, few.matrix, NULL, error);
  churn_subsample_clear(&few);
  return status;
}

/* On the largest, which is looked at two or three times and not copied. */
static churn_status improve_on_many(search *s, const churn_matrix *matrix, size_t group,
                                    churn_error *error)
{
  churn_subsample many;
  churn_status status = churn_subsample_prepare(&many, matrix, group, error);
  if (status != CHURN_OK)
    return status;
  status = churn_subsample_outline(&many, s->run, error);
  if (status == CHURN_OK)
    status = improve(s, many.matrix, &many, error);
  churn_subsample_clear(&many);
  return status;
}

static churn_status prepare(churn_warm_start *start, size_t columns, churn_error *error)
{
  size_t n = columns + 1;
  start->coefficients = churn_array_new(n, sizeof *start->coefficients);
  start->hessian = churn_array_new(n * (n + 1) / 2, sizeof *start->hessian);
  start->means = churn_array_new(columns, sizeof *start->means);
  start->deviations = churn_array_new(columns, sizeof *start->deviations);
  bool good = start->coefficients != NULL && start->hessian != NULL && start->means != NULL &&
              start->deviations != NULL;
  return good ? CHURN_OK : churn_error_no_memory(error);
}

void churn_warm_start_clear(churn_warm_start *start)
{
  free(start->coefficients);
  free(start->hessian);
  free(start->means);
  free(start->deviations);
  *start = (churn_warm_start){0};
}

churn_status churn_warm_start_find(const churn_matrix *matrix, size_t group, double ridge_lambda,
                                   const churn_run *run, churn_warm_start *start,
                                   churn_error *error)
{
  churn_run quiet = {.threads = run == NULL ? 0 : run->threads};
  search s = {ridge_lambda, &quiet, start};
  *start = (churn_warm_start){0};
  churn_status status = prepare(start, matrix->columns, error);
  if (status == CHURN_OK)
    status = improve_on_few(&s, matrix, group * NEST, error);
  if (status == CHURN_OK)
    status = improve_on_many(&s, matrix, group, error);
  if (start->found)
    churn_fit_unscale(start->coefficients, start->means, start->deviations, matrix->columns,
                      start->coefficients);
  return status == CHURN_DEGENERATE ? CHURN_OK : status;
}

void churn_warm_start_turn(churn_warm_start *start, const double *means, const double *deviations,
                           size_t columns)
{
  double *m = start->means, *s = start->deviations;
  for (size_t j = 0; j < columns; j++) {
    double *row = start->hessian + (j + 1) * (j + 2) / 2;
    m[j] = (means[j] - m[j]) / s[j];
    s[j] = deviations[j] / s[j];
    if (row[j + 1] > 2 * start->ridge)
      continue;
    row[j + 1] = start->curvature;
    m[j] = 0;
    s[j] = 1;
  }
  churn_fit_turn_hessian(start->hessian, m, s, columns);
}
