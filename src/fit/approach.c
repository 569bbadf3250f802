/* Quasi-Newton steps from a near start.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "fit/approach.h"

#include "fit/cholesky.h"
#include "fit/secant.h"

#include <math.h>
#include <string.h>

/* A step is to leave at most this share of the gradient: else the Hessian is not about right. */
static const double slowest = 0.5;

/* The exact Hessian is taken where the gradient is expected at this share of the tolerance at most.
 * One more step follows, which changes a Hessian no more than that. */
static const double end_share = 0.1;

/* From a gradient below this share of the tolerance's root, the step with the exact Hessian, which
 * squares it, is taken to end where nothing is left to gain. */
static const double square_share = 0.05;

/* The Hessian of all rows is taken where the gradient is expected below this multiple of the
 * tolerance's root: a step with it and two more with the same one end. */
static const double time_share = 10;

/* Up to so many columns for each double in a vector a sweep with the Hessian takes little longer
 * than one without, which waits for memory: Newton's steps are worth more than twice as many that
 * shrink the gradient less (measured at 10 to 40 columns). */
enum { NARROW = 3 };

/* Single precision costs a step the more, the nearer columns are to collinear: below this share of
 * its diagonal element that a pivot leaves, it would be told from the exact Hessian. */
static const double rough_pivot = 1e-3;

enum { STEPS = 20 };

/* What a step with the Hessian of a subsample is taken to leave, before there is one to tell. */
static const double first_share = 0.1;

typedef struct approach {
  churn_newton *newton;
  double *hessian; /* packed */
  bool exact;      /* it was that of all rows once */
  bool fresh;      /* it is that of all rows at the point */
  bool squared;    /* a Newton step led to the point */
  bool rough;      /* single precision will do for it */
  double share;    /* of the gradient that the last step left */
} approach;

static bool is_narrow(const approach *a)
{
  const churn_objective *o = &a->newton->objective;
  return o->matrix->columns <= NARROW * o->kernel->width;
}

/* No column is nearly a sum of those before it: its pivot is what it tells beyond them. */
static bool is_well_conditioned(const approach *a, size_t n)
{
  const double *factor = a->newton->factor;
  for (size_t j = 0; j < n; j++)
    if (factor[j * n + j] * factor[j * n + j] < rough_pivot * a->hessian[j * (j + 1) / 2 + j])
      return false;
  return true;
}

static bool find_direction(approach *a)
{
  churn_newton *newton = a->newton;
  size_t n = newton->objective.matrix->columns + 1, column;
  if (!churn_cholesky_factor(a->hessian, n, 0, newton->factor, &column) ||
      !churn_cholesky_solve(newton->factor, n, newton->point.sums + 1, newton->direction))
    return false;
  a->rough = is_well_conditioned(a, n);
  for (size_t j = 0; j < n; j++) {
    newton->direction[j] = -newton->direction[j];
    newton->trial.coefficients[j] = newton->point.coefficients[j] + newton->direction[j];
  }
  return true;
}

/* Lower but for rounding, and the gradient at most this share. */
static bool is_better(const churn_newton *newton, double share)
{
  const churn_point *from = &newton->point, *to = &newton->trial;
  return to->sums[0] <= from->sums[0] + 1e-12 * fabs(from->sums[0]) &&
         to->max_gradient <= share * from->max_gradient;
}

static void adopt(approach *a)
{
  churn_newton *newton = a->newton;
  churn_point old = newton->point;
  newton->point = newton->trial;
  newton->trial = old;
  a->share = newton->point.max_gradient / old.max_gradient;
  newton->iterations++;
  churn_newton_progress(newton);
}

/* Whether the exact Hessian at the trial is worth having. With few columns it is, but where a third
 * Newton step would just miss the end; else once, where it would hold to the end: the next step
 * squares the gradient, and one more with the same Hessian ends. */
static bool is_time(const approach *a)
{
  double now = a->newton->point.max_gradient, tolerance = a->newton->settings.gradient_tolerance;
  if (is_narrow(a))
    return !(a->squared && now * a->share * a->share > tolerance);
  return !a->exact && now * a->share <= time_share * sqrt(tolerance);
}

static void learn(approach *a, bool exact)
{
  churn_newton *newton = a->newton;
  size_t columns = newton->objective.matrix->columns, n = columns + 1;
  if (exact)
    memcpy(a->hessian, newton->trial.sums + churn_kernel_hessian_start(columns),
           n * (n + 1) / 2 * sizeof *a->hessian);
  else
    churn_secant_learn(a->hessian, n, newton->direction, newton->point.sums + 1,
                       newton->trial.sums + 1, newton->solution);
  a->squared = a->fresh;
  a->fresh = exact;
  a->exact = a->exact || exact;
}

/* Whether the next step should end where nothing is left to gain. */
static bool is_near(const approach *a)
{
  double now = a->newton->point.max_gradient, tolerance = a->newton->settings.gradient_tolerance;
  return (a->fresh && now <= square_share * sqrt(tolerance)) ||
         (a->exact && now * a->share <= end_share * tolerance);
}

static bool is_there(const approach *a)
{
  return a->newton->trial.max_gradient <= a->newton->settings.gradient_tolerance;
}

/* Nothing separates: the loss is more than a perfect order would leave, and the next step moves no
 * row far. */
static bool is_sure(const churn_newton *newton)
{
  return newton->settings.ridge_lambda > 0 ||
         (newton->point.loss >= newton->lowest_weight &&
          !churn_newton_may_move_far(newton, newton->direction));
}

/* One more Newton step, of which nothing is left to see but that, under a penalty, the rows' loss
 * has a slope. */
static void polish(approach *a)
{
  churn_newton *newton = a->newton;
  const churn_objective *objective = &newton->objective;
  churn_point *point = &newton->point;
  double change = 0;
  if (!find_direction(a))
    return;
  for (size_t j = 0; j <= objective->matrix->columns; j++) {
    double penalty = j == 0 ? 0 : objective->ridge_lambda * point->coefficients[j];
    change += (point->sums[1 + j] - penalty) * newton->direction[j];
    point->coefficients[j] = newton->trial.coefficients[j];
  }
  point->loss += change * objective->total_weight;
  newton->iterations++;
}

/* The next step, and where it ends at the minimum, the last. */
static churn_status step(approach *a, bool near, bool *arrived, bool *going, churn_error *error)
{
  churn_newton *newton = a->newton;
  bool hessian = near || is_time(a), exactly = hessian && (near || is_narrow(a) || !a->rough);
  churn_status status = hessian ? churn_newton_evaluate(newton, &newton->trial, !exactly, error)
                                : churn_objective_slope(&newton->objective, &newton->trial, error);
  *going = status == CHURN_OK && is_better(newton, near ? 1 : slowest);
  if (!*going)
    return status;
  *arrived = exactly && is_there(a) && (near || is_sure(newton));
  learn(a, hessian);
  adopt(a);
  if (*arrived)
    polish(a);
  newton->stop = CHURN_STOP_GRADIENT;
  return CHURN_OK;
}

churn_status churn_approach_run(churn_newton *newton, double *hessian, double worst, bool *arrived,
                                churn_error *error)
{
  approach a = {.newton = newton, .hessian = hessian, .share = first_share};
  *arrived = false;
  churn_status status = CHURN_OK;
  bool going = newton->point.sums[0] < worst;
  for (int i = 0; i < STEPS && status == CHURN_OK && going && !*arrived; i++) {
    going = find_direction(&a);
    bool near = is_near(&a);
    going = going && (!near || is_sure(newton));
    if (going)
      status = step(&a, near, arrived, &going, error);
  }
  return status;
}
