/* Proximal Newton, one evaluation at a time.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "fit/problem.h"

#include "base/error.h"
#include "base/memory.h"
#include "fit/kernel.h"
#include "fit/secant.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Steps that promise next to nothing (of the mean loss) and still move a coefficient a long way,
 * again and again, run along a direction in which the loss has no minimum. */
static const double runaway_promise = 1e-9;
static const double runaway_move = 0.05;

enum { RUNAWAYS = 4, HALVINGS = 40, SWEEPS = 100 };

churn_status churn_problem_prepare(churn_problem *p, size_t columns, churn_error *error)
{
  size_t n = columns + 1;
  p->unknowns = n;
  p->tolerance = 1e-10;
  p->step_tolerance = 1e-10;
  p->slow = 0.1;
  p->most_sweeps = SWEEPS;
  p->coefficients = churn_array_new(n, sizeof *p->coefficients);
  p->gradient = churn_array_new(n, sizeof *p->gradient);
  p->hessian = churn_array_new(n * (n + 1) / 2, sizeof *p->hessian);
  p->trial = churn_array_new(n, sizeof *p->trial);
  p->sums = churn_array_new(churn_kernel_sums(columns), sizeof *p->sums);
  p->direction = churn_array_new(n, sizeof *p->direction);
  if (p->coefficients == NULL || p->gradient == NULL || p->hessian == NULL || p->trial == NULL ||
      p->sums == NULL || p->direction == NULL)
    return churn_error_no_memory(error);
  return churn_penalty_prepare(&p->penalty, n, error);
}

void churn_problem_clear(churn_problem *p)
{
  churn_penalty_clear(&p->penalty);
  free(p->coefficients);
  free(p->gradient);
  free(p->hessian);
  free(p->trial);
  free(p->sums);
  free(p->direction);
  *p = (churn_problem){0};
}

double churn_problem_objective(const churn_problem *p)
{
  return p->loss + churn_penalty_value(&p->penalty, p->coefficients);
}

bool churn_problem_converged(const churn_problem *p)
{
  return p->stop == CHURN_STOP_GRADIENT ||
         (p->stop == CHURN_STOP_NO_PROGRESS && p->residual <= 1e-8);
}

static void copy(double *to, const double *from, size_t count)
{
  memcpy(to, from, count * sizeof *to);
}

static void finish(churn_problem *p, churn_stop stop)
{
  p->stop = stop;
  p->want = CHURN_WANT_NOTHING;
}

static void ask(churn_problem *p, churn_problem_phase phase, churn_want want, double length)
{
  p->phase = phase;
  p->want = want;
  p->length = length;
  for (size_t j = 0; j < p->unknowns; j++)
    p->trial[j] = length == 0 ? p->coefficients[j] : p->coefficients[j] + length * p->direction[j];
  /* a coefficient that the whole step takes to 0 is 0, not its rounding */
  for (size_t j = 0; length == 1 && j < p->unknowns; j++)
    if (p->direction[j] == -p->coefficients[j])
      p->trial[j] = 0;
}

/* The direction's place is free here, and so is the Hessian part of the sums. */
static void learn(churn_problem *p)
{
  size_t n = p->unknowns;
  for (size_t j = 0; j < n; j++)
    p->direction[j] = p->trial[j] - p->coefficients[j];
  churn_secant_learn(p->hessian, n, p->direction, p->gradient, p->sums + 1,
                     p->sums + churn_kernel_hessian_start(n - 1));
  p->fresh = false;
}

/* The trial becomes the point. */
static void adopt(churn_problem *p, double residual)
{
  size_t n = p->unknowns;
  if (p->want == CHURN_WANT_STEP) {
    copy(p->hessian, p->sums + churn_kernel_hessian_start(n - 1), n * (n + 1) / 2);
    p->fresh = true;
  } else {
    learn(p);
  }
  copy(p->coefficients, p->trial, n);
  copy(p->gradient, p->sums + 1, n);
  p->loss = p->sums[0];
  p->residual = residual;
  p->placed = true;
}

static void measure_direction(churn_problem *p)
{
  double before = churn_penalty_value(&p->penalty, p->coefficients);
  p->move = 0;
  p->promise = 0;
  for (size_t j = 0; j < p->unknowns; j++) {
    p->trial[j] = p->coefficients[j] + p->direction[j];
    p->promise += p->gradient[j] * p->direction[j];
    p->move = fmax(p->move, fabs(p->direction[j]));
  }
  p->promise += churn_penalty_value(&p->penalty, p->trial) - before;
}

static bool runs_away(churn_problem *p)
{
  bool far = -p->promise < runaway_promise && p->move > runaway_move;
  p->runaways = far ? p->runaways + 1 : 0;
  for (size_t j = 1; j < p->unknowns; j++)
    if (fabs(p->direction[j]) == p->move)
      p->separating_column = j - 1;
  return p->runaways >= RUNAWAYS;
}

/* The direction has been measured: the trial is one step on. */
static void finish_blindly(churn_problem *p)
{
  copy(p->coefficients, p->trial, p->unknowns);
  p->residual *= p->left;
  finish(p, CHURN_STOP_GRADIENT);
}

/* From the point: done, or where to look next. */
static void propose(churn_problem *p, bool slow, churn_quadratic *scratch)
{
  churn_quadratic_solve(scratch, &p->penalty, p->coefficients, p->gradient, p->hessian,
                        p->direction);
  measure_direction(p);
  p->halvings = 0;
  if (p->residual <= p->tolerance && p->move <= p->step_tolerance)
    finish(p, CHURN_STOP_GRADIENT);
  else if (p->blind && p->left < 1 && p->residual * p->left <= 0.1 * p->tolerance)
    finish_blindly(p);
  else if (runs_away(p))
    finish(p, CHURN_STOP_SEPARATION);
  else if (p->sweeps >= p->most_sweeps)
    finish(p, CHURN_STOP_ITERATIONS);
  else
    ask(p, CHURN_PHASE_STEP, slow ? CHURN_WANT_STEP : CHURN_WANT_SLOPE, 1);
}

static void begin(churn_problem *p)
{
  p->sweeps = 0;
  p->runaways = 0;
  p->left = 1;
}

void churn_problem_start(churn_problem *p, const double *coefficients)
{
  begin(p);
  copy(p->trial, coefficients, p->unknowns);
  p->phase = CHURN_PHASE_START;
  p->want = p->placed ? CHURN_WANT_SLOPE : CHURN_WANT_STEP;
}

void churn_problem_place(churn_problem *p, const double *coefficients, double loss,
                         const double *gradient, const double *hessian, churn_quadratic *scratch)
{
  size_t n = p->unknowns;
  begin(p);
  copy(p->coefficients, coefficients, n);
  copy(p->gradient, gradient, n);
  copy(p->hessian, hessian, n * (n + 1) / 2);
  p->loss = loss;
  p->residual = churn_penalty_residual(&p->penalty, coefficients, gradient);
  p->placed = p->fresh = true;
  propose(p, false, scratch);
}

void churn_problem_follow(churn_problem *p, const churn_problem *other, churn_quadratic *scratch)
{
  bool fresh = other->fresh;
  if (p == other) {
    begin(p);
    p->residual = churn_penalty_residual(&p->penalty, p->coefficients, p->gradient);
    propose(p, false, scratch);
    return;
  }
  churn_problem_place(p, other->coefficients, other->loss, other->gradient, other->hessian,
                      scratch);
  p->fresh = fresh;
}

/* Neither lower nor nearer: a better Hessian, a shorter step, or the end. */
static void retreat(churn_problem *p)
{
  if (p->residual <= p->tolerance)
    finish(p, CHURN_STOP_GRADIENT);
  else if (p->sweeps >= p->most_sweeps)
    finish(p, CHURN_STOP_ITERATIONS);
  else if (!p->fresh)
    ask(p, CHURN_PHASE_REFRESH, CHURN_WANT_STEP, 0);
  else if (++p->halvings > HALVINGS)
    finish(p, CHURN_STOP_NO_PROGRESS);
  else
    ask(p, CHURN_PHASE_STEP, CHURN_WANT_SLOPE, p->length / 2);
}

/* Armijo's rule, or no worse than rounding allows and nearer to the conditions of a minimum: as in
 * newton.c. */
static bool is_better(const churn_problem *p, double residual)
{
  double before = churn_problem_objective(p);
  double after = p->sums[0] + churn_penalty_value(&p->penalty, p->trial);
  double rounding = 1e-12 * before;
  bool lower = -p->length * p->promise > rounding && after < before + 1e-4 * p->length * p->promise;
  return lower || (after <= before + rounding && residual < p->residual);
}

void churn_problem_take(churn_problem *p, churn_quadratic *scratch)
{
  double residual = churn_penalty_residual(&p->penalty, p->trial, p->sums + 1);
  p->sweeps++;
  if (p->phase != CHURN_PHASE_STEP) {
    adopt(p, residual);
    propose(p, p->want == CHURN_WANT_STEP && residual > 1e-4, scratch);
    return;
  }
  if (!is_better(p, residual)) {
    retreat(p);
    return;
  }
  bool slow = residual > p->slow * p->residual;
  p->left = p->residual > 0 ? residual / p->residual : 1;
  adopt(p, residual);
  propose(p, slow, scratch);
}
