/* Newton's method on the objective.
 *
 * Separation. The likelihood has no maximum exactly when some direction d has (2 y_i - 1) d'x_i >=
 * 0 for every row and > 0 for one (Albert and Anderson, Biometrika 71, 1984). Two certificates are
 * looked for: the coefficients themselves, once every row is on its right side (complete
 * separation); and the Newton step, which under separation turns into such a direction and keeps
 * moving some row's eta by about 1 for ever, because the loss left over falls as exp(-t). Towards a
 * maximum that exists the steps shrink quadratically: along a step that moves no row's eta by 1
 * or more the objective has a minimum (its third derivative is at most that size times its second;
 * Bach, Electronic Journal of Statistics 4, 2010).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "fit/newton.h"

#include "base/error.h"
#include "base/memory.h"
#include "fit/cholesky.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Steps that move some row's eta by this much are not those of a fit that is about to end. */
static const double runaway_step = 0.5;

/* A direction separates when no row moves to its wrong side by more than this share of the
 * furthest move to a right side. While Newton still goes on, the strict one, and several steps
 * running; when it cannot go on, the loose one explains why. */
static const double strict_share = 1e-8;
static const double loose_share = 1e-6;

/* A pivot of the Hessian (what a column tells beyond those before it) below this share of its
 * diagonal is rounding for the most part, and the step would be too. */
static const double pivot_share = 1e-12;

/* A step that takes all but pivot_drop of a pivot away is too long to trust: a rare outcome's first
 * steps may overshoot by 1 / p, to where rows have no curvature left to come back by. It is cut,
 * until it moves no row's eta by more than short_step: that cannot cost a pivot more than
 * exp(-short_step). */
static const double pivot_drop = 1e-3;
static const double short_step = 4;

/* Gradients below this are rounding. */
static const double gradient_rounding = 1e-15;

/* RUNAWAYS steps that look like separation are enough; looking costs a pass over the rows, so it
 * waits until most fits are done. HALVINGS bring a step to the limit of the arithmetic. */
enum { RUNAWAYS = 3, RUNAWAY_FIRST_ITERATION = 8, HALVINGS = 40 };

churn_status churn_newton_prepare(churn_newton *newton, churn_error *error)
{
  size_t columns = newton->objective.matrix->columns, n = columns + 1;
  churn_status status = churn_objective_prepare(&newton->objective, error);
  if (status == CHURN_OK)
    status = churn_point_prepare(&newton->point, columns, error);
  if (status == CHURN_OK)
    status = churn_point_prepare(&newton->trial, columns, error);
  if (status != CHURN_OK)
    return status;
  newton->factor = churn_array_new(n * n, sizeof *newton->factor);
  newton->direction = churn_array_new(n, sizeof *newton->direction);
  newton->solution = churn_array_new(n, sizeof *newton->solution);
  newton->pivots = churn_array_new(n, sizeof *newton->pivots);
  if (newton->factor == NULL || newton->direction == NULL || newton->solution == NULL ||
      newton->pivots == NULL)
    return churn_error_no_memory(error);
  return CHURN_OK;
}

void churn_newton_clear(churn_newton *newton)
{
  churn_objective_clear(&newton->objective);
  churn_point_clear(&newton->point);
  churn_point_clear(&newton->trial);
  free(newton->factor);
  free(newton->direction);
  free(newton->solution);
  free(newton->pivots);
}

static size_t unknowns(const churn_newton *newton)
{
  return newton->objective.matrix->columns + 1;
}

/* False when some pivot is below pivot_drop times the last point's (0 before the first). */
static bool pivots_last(const churn_newton *newton)
{
  size_t n = unknowns(newton);
  for (size_t j = 0; j < n; j++) {
    double pivot = newton->factor[j * n + j] * newton->factor[j * n + j];
    if (pivot < pivot_drop * newton->pivots[j])
      return false;
  }
  return true;
}

/* False, and the old direction kept, when the Hessian at `point` cannot be factored or has lost too
 * much. */
static bool find_direction(churn_newton *newton, size_t *column)
{
  size_t n = unknowns(newton);
  const double *hessian = newton->point.sums + churn_kernel_hessian_start(n - 1);
  if (!churn_cholesky_factor(hessian, n, pivot_share, newton->factor, column) ||
      !pivots_last(newton))
    return false;
  if (!churn_cholesky_solve(newton->factor, n, newton->point.sums + 1, newton->solution))
    return false;
  for (size_t j = 0; j < n; j++)
    newton->direction[j] = -newton->solution[j];
  for (size_t j = 0; j < n; j++)
    newton->pivots[j] = newton->factor[j * n + j] * newton->factor[j * n + j];
  return true;
}

static churn_status refuse_start(size_t column, size_t n, churn_error *error)
{
  const char *rest = "the Hessian cannot be factored at the start";
  if (column == 0 || column >= n)
    return churn_error_set(error, CHURN_DEGENERATE, "design columns are collinear: %s", rest);
  return churn_error_set(error, CHURN_DEGENERATE,
                         "design column %zu is collinear with columns before it: %s", column, rest);
}

static void set_trial(churn_newton *newton, double length)
{
  for (size_t j = 0; j < unknowns(newton); j++)
    newton->trial.coefficients[j] = newton->point.coefficients[j] + length * newton->direction[j];
}

churn_status churn_newton_evaluate(churn_newton *newton, churn_point *point, bool roughly,
                                   churn_error *error)
{
  newton->hessians++;
  return roughly ? churn_objective_evaluate_roughly(&newton->objective, point, error)
                 : churn_objective_evaluate(&newton->objective, point, error);
}

static churn_status try_step(churn_newton *newton, double length, churn_error *error)
{
  set_trial(newton, length);
  return churn_newton_evaluate(newton, &newton->trial, newton->loose, error);
}

static void swap_points(churn_newton *newton)
{
  churn_point old = newton->point;
  newton->point = newton->trial;
  newton->trial = old;
}

/* What rounding alone may do to f: the etas it is made of are sums of larger terms. */
static double rounding(const churn_newton *newton)
{
  return 1e-12 * newton->point.sums[0];
}

/* No worse than rounding allows, and nearer to gradient 0. */
static bool trial_is_nearer(const churn_newton *newton)
{
  return newton->trial.sums[0] <= newton->point.sums[0] + rounding(newton) &&
         newton->trial.max_gradient < newton->point.max_gradient;
}

/* Armijo's rule: at least a ten-thousandth of the fall that the slope promises. A promise below
 * rounding cannot be checked. */
static bool trial_is_lower(const churn_newton *newton, double length)
{
  double slope = 0;
  for (size_t j = 0; j < unknowns(newton); j++)
    slope += newton->point.sums[1 + j] * newton->direction[j];
  return -length * slope > rounding(newton) &&
         newton->trial.sums[0] < newton->point.sums[0] + 1e-4 * length * slope;
}

/* The trial becomes the point if Newton can go on from there. */
static bool adopt_trial(churn_newton *newton)
{
  size_t column;
  swap_points(newton);
  if (find_direction(newton, &column))
    return true;
  swap_points(newton);
  return false;
}

/* Adopts the trial, or cuts *length; to 0 when the step was short already. */
static churn_status adopt_or_cut(churn_newton *newton, double *length, bool *moved,
                                 churn_error *error)
{
  double lowest, highest;
  *moved = adopt_trial(newton);
  if (*moved)
    return CHURN_OK;
  churn_status status =
      churn_objective_margins(&newton->objective, newton->direction, &lowest, &highest, error);
  if (status != CHURN_OK)
    return status;
  *length = *length * fmax(highest, -lowest) > short_step ? *length / 8 : 0;
  return CHURN_OK;
}

/* Halves the step until f falls; *moved tells whether it did. */
static churn_status descend(churn_newton *newton, bool *moved, churn_error *error)
{
  double length = 1;
  double gradient = newton->point.max_gradient;
  *moved = false;
  for (int i = 0; i < HALVINGS && !*moved && length > 0; i++) {
    newton->last_gradient = length < 1 ? 0 : gradient;
    churn_status status = try_step(newton, length, error);
    if (status == CHURN_OK && (trial_is_lower(newton, length) || trial_is_nearer(newton)))
      status = adopt_or_cut(newton, &length, moved, error);
    else
      length /= 2;
    if (status != CHURN_OK)
      return status;
  }
  newton->iterations += *moved;
  return CHURN_OK;
}

/* The step after the gradient is small enough: it squares the error that is left. */
static churn_status polish(churn_newton *newton, churn_error *error)
{
  churn_status status = try_step(newton, 1, error);
  if (status == CHURN_OK && trial_is_nearer(newton)) {
    swap_points(newton);
    newton->iterations++;
  }
  return status;
}

static size_t largest_column(const churn_newton *newton, const double *direction)
{
  size_t largest = 1;
  for (size_t j = 2; j < unknowns(newton); j++)
    if (fabs(direction[j]) > fabs(direction[largest]))
      largest = j;
  return largest - 1;
}

static void separate(churn_newton *newton, size_t column)
{
  newton->stop = CHURN_STOP_SEPARATION;
  newton->separating_column = column;
}

/* Whether the coefficients order the rows perfectly. A row on its wrong side loses at least log 2
 * times its weight: a smaller loss in all proves it, but where an offset may have done it alone. */
static churn_status look_for_order(const churn_newton *newton, bool *ordered, churn_error *error)
{
  double lowest = 0, highest;
  *ordered =
      newton->settings.ridge_lambda == 0 && newton->point.loss < 0.69 * newton->lowest_weight;
  if (!*ordered || newton->objective.matrix->offset == NULL)
    return CHURN_OK;
  churn_status status = churn_objective_margins(&newton->objective, newton->point.coefficients,
                                                &lowest, &highest, error);
  *ordered = lowest > 0;
  return status;
}

/* |x_ij| <= sqrt(total weight / w_i) on standardised columns. */
bool churn_newton_may_move_far(const churn_newton *newton, const double *step)
{
  double reach = sqrt(newton->objective.total_weight / newton->lowest_weight);
  double bound = fabs(step[0]);
  for (size_t j = 1; j < unknowns(newton); j++)
    bound += fabs(step[j]) * reach;
  return !(bound < runaway_step);
}

/* Where it matters: a ridge leaves nothing to run away. */
static bool steps_far(const churn_newton *newton, const double *step)
{
  return newton->settings.ridge_lambda == 0 && churn_newton_may_move_far(newton, step);
}

/* Whether the step still moves some row's eta by runaway_step (newton->far), and whether it
 * separates: strictly so, several steps running, is proof; loosely so, once, is remembered in case
 * Newton cannot go on. */
static churn_status look(churn_newton *newton, churn_error *error)
{
  double lowest = 0, highest = 0;
  if (churn_newton_may_move_far(newton, newton->direction)) {
    churn_status status =
        churn_objective_margins(&newton->objective, newton->direction, &lowest, &highest, error);
    if (status != CHURN_OK)
      return status;
  }
  newton->far = fmax(highest, -lowest) >= runaway_step;
  newton->runaways = newton->far && lowest >= -strict_share * highest ? newton->runaways + 1 : 0;
  if (newton->far && lowest >= -loose_share * highest) {
    newton->suspected = true;
    newton->separating_column = largest_column(newton, newton->direction);
  }
  return CHURN_OK;
}

static churn_status watch(churn_newton *newton, bool small, churn_error *error)
{
  newton->far = false;
  bool early = newton->iterations < RUNAWAY_FIRST_ITERATION && !small;
  return early || newton->settings.ridge_lambda > 0 ? CHURN_OK : look(newton, error);
}

/* Newton cannot go on: because there is no maximum? */
static churn_status explain(churn_newton *newton, churn_error *error)
{
  if (newton->settings.ridge_lambda > 0)
    return CHURN_OK;
  churn_status status = look(newton, error);
  if (status == CHURN_OK && newton->far && newton->suspected)
    separate(newton, newton->separating_column);
  return status;
}

void churn_newton_progress(const churn_newton *newton)
{
  const churn_run *run = newton->objective.run;
  if (run != NULL && run->progress != NULL)
    run->progress->report(run->progress->context, "fit", newton->iterations, 0);
}

/* Whether the next step should end at a gradient well below what is asked, gradients going down as
 * their squares do, and is short enough for the Hessian to stay about what it is. */
static bool expects_to_land(const churn_newton *newton)
{
  double now = newton->point.max_gradient, before = newton->last_gradient;
  bool near = now * (now / before) * (now / before) <= 0.1 * newton->settings.gradient_tolerance;
  return near && !steps_far(newton, newton->direction);
}

/* The step after the next from the gradient there and the Hessian here, which is nearly the same:
 * solution. */
static bool second_step(churn_newton *newton)
{
  if (!churn_cholesky_solve(newton->factor, unknowns(newton), newton->trial.sums + 1,
                            newton->solution))
    return false;
  for (size_t j = 0; j < unknowns(newton); j++)
    newton->solution[j] = -newton->solution[j];
  return !steps_far(newton, newton->solution);
}

/* The last two steps with one Hessian less, that at the point between them. *landed = false where
 * they do not end as expected, and nothing is changed. */
static churn_status land(churn_newton *newton, bool *landed, churn_error *error)
{
  *landed = false;
  set_trial(newton, 1);
  churn_status status = churn_objective_slope(&newton->objective, &newton->trial, error);
  double between = newton->trial.max_gradient;
  if (status != CHURN_OK || !(between <= newton->settings.gradient_tolerance) ||
      !second_step(newton))
    return status;
  for (size_t j = 0; j < unknowns(newton); j++)
    newton->trial.coefficients[j] += newton->solution[j];
  status = churn_newton_evaluate(newton, &newton->trial, newton->loose, error);
  if (status != CHURN_OK || !trial_is_nearer(newton) ||
      newton->trial.max_gradient > fmax(between, gradient_rounding))
    return status;
  swap_points(newton);
  newton->iterations++;
  churn_newton_progress(newton);
  newton->iterations++;
  newton->stop = CHURN_STOP_GRADIENT;
  *landed = true;
  return CHURN_OK;
}

/* One turn: stop for a reason, or step. *going false when newton->stop tells why. */
static churn_status turn(churn_newton *newton, bool *going, churn_error *error)
{
  bool small = newton->point.max_gradient <= newton->settings.gradient_tolerance;
  bool moved = false, ordered;
  *going = false;
  churn_status status = look_for_order(newton, &ordered, error);
  if (status == CHURN_OK && ordered)
    separate(newton, largest_column(newton, newton->point.coefficients));
  if (status != CHURN_OK || ordered)
    return status;
  status = watch(newton, small, error);
  if (status != CHURN_OK)
    return status;
  if (newton->runaways >= RUNAWAYS) {
    separate(newton, largest_column(newton, newton->direction));
    return CHURN_OK;
  }
  if (small && !newton->far) {
    newton->stop = CHURN_STOP_GRADIENT;
    return newton->loose ? CHURN_OK : polish(newton, error);
  }
  newton->stop = CHURN_STOP_ITERATIONS;
  if (newton->iterations >= newton->settings.max_iterations)
    return explain(newton, error);
  if (expects_to_land(newton)) {
    bool landed;
    status = land(newton, &landed, error);
    if (status != CHURN_OK || landed)
      return status;
  }
  newton->stop = CHURN_STOP_NO_PROGRESS;
  status = descend(newton, &moved, error);
  if (status != CHURN_OK)
    return status;
  churn_newton_progress(newton);
  *going = moved;
  return moved ? CHURN_OK : explain(newton, error);
}

churn_status churn_newton_run(churn_newton *newton, churn_error *error)
{
  size_t column;
  churn_status status = CHURN_OK;
  if (!find_direction(newton, &column))
    return refuse_start(column, unknowns(newton), error);
  bool going = true;
  while (going && status == CHURN_OK)
    status = turn(newton, &going, error);
  return status;
}
