/* The model without columns: in closed form, or with an offset by Newton's method on one unknown,
 * kept inside the bracket that the gradient's sign has shown so far.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "fit/null_model.h"

#include "fit/objective.h"

#include <math.h>
#include <stdbool.h>

enum { STEPS = 200 };

/* Far from the answer the curvature is next to nothing and Newton's step too long. */
static const double longest_step = 4;

/* The next intercept to look at. */
static double next_look(double at, double gradient, double curvature, double *low, double *high)
{
  double step = -gradient / curvature;
  if (gradient < 0)
    *low = at;
  else
    *high = at;
  if (!(fabs(step) <= longest_step))
    step = gradient < 0 ? longest_step : -longest_step;
  double next = at + step;
  if (next > *low && next < *high)
    return next;
  return isfinite(*low) && isfinite(*high) ? *low + (*high - *low) / 2 : at;
}

/* point->coefficients[0] is where to begin. */
static churn_status search(const churn_objective *objective, churn_point *point, churn_error *error)
{
  double low = -INFINITY, high = INFINITY;
  churn_status status = churn_objective_evaluate(objective, point, error);
  for (int i = 0; i < STEPS && status == CHURN_OK && point->sums[1] != 0; i++) {
    double at = point->coefficients[0];
    double next = next_look(at, point->sums[1], point->sums[2], &low, &high);
    if (fabs(next - at) <= 1e-15 * (1 + fabs(at)))
      return CHURN_OK;
    point->coefficients[0] = next;
    status = churn_objective_evaluate(objective, point, error);
  }
  return status;
}

static churn_status find_with_offset(const churn_matrix *matrix, const churn_run *run,
                                     churn_totals *totals, churn_error *error)
{
  churn_matrix rows = *matrix;
  rows.columns = rows.dense = rows.block_count = 0;
  churn_objective objective = {.matrix = &rows,
                               .kernel = churn_kernel_choose(NULL),
                               .run = run,
                               .total_weight = totals->weight};
  churn_point point = {0};
  churn_status status = churn_objective_prepare(&objective, error);
  if (status == CHURN_OK)
    status = churn_point_prepare(&point, 0, error);
  if (status == CHURN_OK)
    status = search(&objective, &point, error);
  if (status == CHURN_OK) {
    totals->null_intercept = point.coefficients[0];
    totals->null_log_likelihood = -point.loss;
    totals->null_curvature = point.sums[2];
  }
  churn_point_clear(&point);
  churn_objective_clear(&objective);
  return status;
}

churn_status churn_null_model_find(const churn_matrix *matrix, const churn_run *run,
                                   churn_totals *totals, churn_error *error)
{
  double ones = totals->positive, zeros = totals->weight - ones, rate = ones / totals->weight;
  totals->null_intercept = log(ones / zeros);
  totals->null_log_likelihood = ones * log(rate) + zeros * log(zeros / totals->weight);
  totals->null_curvature = rate * (1 - rate);
  bool both = ones > 0 && zeros > 0;
  return matrix->offset == NULL || !both ? CHURN_OK : find_with_offset(matrix, run, totals, error);
}
