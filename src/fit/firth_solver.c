/* Fisher scoring with Firth's modified score, free or along a held function.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "fit/firth_solver.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "fit/cholesky.h"
#include "fit/moments.h"
#include "fit/objective.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The step is not the penalised likelihood's own Newton step, so the approach is linear: slow on
 * very small sets, where a step costs nothing. */
enum { MOST_STEPS = 1000, MOST_HALVINGS = 40 };

static const double tolerance = 1e-10;
static const double longest_step = 5;

/* What the penalised likelihood may lose to rounding, for each unit of its size. */
static const double slack = 1e-13;

typedef struct hat_pass {
  const churn_firth_solver *solver;
  const churn_firth_point *at;
} hat_pass;

/* z[n][256] = inverse(L) (1, x)', row by row of the factor L. */
static void solve_rows(const double *factor, size_t n, const double *x, double *z)
{
  for (size_t i = 0; i < n; i++) {
    double *to = z + i * CHURN_TILE_ROWS;
    for (size_t r = 0; r < CHURN_TILE_ROWS; r++)
      to[r] = i == 0 ? 1 : x[(i - 1) * CHURN_TILE_ROWS + r];
    for (size_t j = 0; j < i; j++)
      for (size_t r = 0; r < CHURN_TILE_ROWS; r++)
        to[r] -= factor[i * n + j] * z[j * CHURN_TILE_ROWS + r];
    for (size_t r = 0; r < CHURN_TILE_ROWS; r++)
      to[r] /= factor[i * n + i];
  }
}

/* pulls[256] = h (1/2 - p). */
static void find_pulls(const hat_pass *pass, const double *x, const double *weight,
                       const double *offset, double *z, double *pulls)
{
  size_t n = pass->solver->n;
  const double *b = pass->at->point.coefficients;
  solve_rows(pass->at->factor, n, x, z);
  for (size_t r = 0; r < CHURN_TILE_ROWS; r++) {
    double eta = b[0] + (offset == NULL ? 0 : offset[r]), square = 0;
    for (size_t j = 1; j < n; j++)
      eta += b[j] * x[(j - 1) * CHURN_TILE_ROWS + r];
    for (size_t j = 0; j < n; j++)
      square += z[j * CHURN_TILE_ROWS + r] * z[j * CHURN_TILE_ROWS + r];
    double p = 1 / (1 + exp(-eta)), q = 1 / (1 + exp(eta));
    double hat = weight[r] * p * q * square / pass->solver->objective.total_weight;
    pulls[r] = hat * (0.5 - p);
  }
}

static churn_status pull_lane(void *context, size_t lane, int thread, churn_error *error)
{
  (void)error;
  const hat_pass *pass = context;
  const churn_matrix *m = pass->solver->objective.matrix;
  size_t n = pass->solver->n, tiles = churn_tile_count(m->rows);
  double *z = pass->solver->scratch + (size_t)thread * (m->columns + n) * CHURN_TILE_ROWS;
  double *sums = pass->solver->lane_sums + lane * n, pulls[CHURN_TILE_ROWS];
  memset(sums, 0, n * sizeof *sums);
  size_t end = churn_lane_first_tile(tiles, lane + 1);
  for (size_t t = churn_lane_first_tile(tiles, lane); t < end; t++) {
    const double *x = churn_matrix_dense(m, t, z + n * CHURN_TILE_ROWS);
    find_pulls(pass, x, m->weight + t * CHURN_TILE_ROWS, churn_matrix_offset(m, t), z, pulls);
    for (size_t r = 0; r < CHURN_TILE_ROWS; r++)
      sums[0] += pulls[r];
    for (size_t j = 1; j < n; j++)
      for (size_t r = 0; r < CHURN_TILE_ROWS; r++)
        sums[j] += pulls[r] * x[(j - 1) * CHURN_TILE_ROWS + r];
  }
  return CHURN_OK;
}

/* Value and factor at the point's coefficients. */
churn_status churn_firth_value(const churn_firth_solver *s, churn_firth_point *at,
                               churn_error *error)
{
  size_t n = s->n, column;
  churn_status status = churn_objective_evaluate(&s->objective, &at->point, error);
  if (status != CHURN_OK)
    return status;
  const double *hessian = at->point.sums + churn_kernel_hessian_start(n - 1);
  double total = s->objective.total_weight, half_log_det = (double)n / 2 * log(total);
  at->value = INFINITY;
  if (!isfinite(at->point.loss) || !churn_cholesky_factor(hessian, n, 0, at->factor, &column))
    return CHURN_OK;
  for (size_t i = 0; i < n; i++)
    half_log_det += log(at->factor[i * n + i]);
  at->value = (at->point.loss - half_log_det) / total;
  return CHURN_OK;
}

/* Takes the held function's share off the score: what is left does not move along it. */
static void project(const churn_firth_solver *s, churn_firth_point *at)
{
  double along = 0, square = 0;
  if (s->held == NULL || !churn_cholesky_solve(at->factor, s->n, s->held, s->follow))
    return;
  for (size_t j = 0; j < s->n; j++) {
    along += s->follow[j] * at->score[j];
    square += s->follow[j] * s->held[j];
  }
  at->multiplier = along / square;
  for (size_t j = 0; j < s->n; j++)
    at->score[j] -= at->multiplier * s->held[j];
}

static churn_status find_score(churn_firth_solver *s, churn_firth_point *at, churn_error *error)
{
  size_t lanes = churn_lane_count(s->objective.matrix);
  hat_pass pass = {s, at};
  churn_status status = churn_parallel_run(lanes, pull_lane, &pass, NULL, s->objective.run, error);
  at->max_score = 0;
  for (size_t j = 0; j < s->n && status == CHURN_OK; j++) {
    double sum = 0;
    for (size_t lane = 0; lane < lanes; lane++)
      sum += s->lane_sums[lane * s->n + j];
    at->score[j] = sum / s->objective.total_weight - at->point.sums[1 + j];
  }
  if (status == CHURN_OK)
    project(s, at);
  for (size_t j = 0; j < s->n && status == CHURN_OK; j++)
    at->max_score = fmax(at->max_score, fabs(at->score[j]));
  return status;
}

/* The first trial of a step, whole but for the bound; false without a direction. */
static bool find_direction(churn_firth_solver *s)
{
  double longest = 0;
  if (!churn_cholesky_solve(s->best.factor, s->n, s->best.score, s->direction))
    return false;
  for (size_t j = 0; j < s->n; j++)
    longest = fmax(longest, fabs(s->direction[j]));
  for (size_t j = 0; j < s->n && longest > longest_step; j++)
    s->direction[j] *= longest_step / longest;
  return isfinite(longest);
}

/* Better by more than rounding, or by the score where rounding hides the value. */
static churn_status judge_trial(churn_firth_solver *s, bool *better, churn_error *error)
{
  double noise = slack * (1 + fabs(s->best.value));
  churn_status status = churn_firth_value(s, &s->trial, error);
  *better = false;
  if (status != CHURN_OK || !(s->trial.value <= s->best.value + noise))
    return status;
  status = find_score(s, &s->trial, error);
  *better = s->trial.value < s->best.value - noise || s->trial.max_score < s->best.max_score;
  return status;
}

static churn_status step(churn_firth_solver *s, bool *moved, churn_error *error)
{
  churn_status status = CHURN_OK;
  double share = 1;
  *moved = false;
  if (!find_direction(s))
    return CHURN_OK;
  for (int k = 0; k < MOST_HALVINGS && status == CHURN_OK && !*moved; k++, share /= 2) {
    for (size_t j = 0; j < s->n; j++)
      s->trial.point.coefficients[j] = s->best.point.coefficients[j] + share * s->direction[j];
    status = judge_trial(s, moved, error);
  }
  if (*moved) {
    churn_firth_point old = s->best;
    s->best = s->trial;
    s->trial = old;
    s->steps++;
  }
  return status;
}

churn_status churn_firth_maximise(churn_firth_solver *s, churn_error *error)
{
  bool moved = true;
  churn_status status = find_score(s, &s->best, error);
  while (status == CHURN_OK && moved && s->best.max_score > tolerance && s->steps < MOST_STEPS)
    status = step(s, &moved, error);
  s->stop = s->best.max_score <= tolerance ? CHURN_STOP_GRADIENT
            : moved                        ? CHURN_STOP_ITERATIONS
                                           : CHURN_STOP_NO_PROGRESS;
  if (status == CHURN_OK && s->stop == CHURN_STOP_GRADIENT)
    status = step(s, &moved, error);
  return status;
}

static churn_status point_prepare(churn_firth_point *at, size_t columns, churn_error *error)
{
  size_t n = columns + 1;
  churn_status status = churn_point_prepare(&at->point, columns, error);
  at->factor = churn_array_new(n * n, sizeof *at->factor);
  at->score = churn_array_new(n, sizeof *at->score);
  if (status == CHURN_OK && (at->factor == NULL || at->score == NULL))
    status = churn_error_no_memory(error);
  return status;
}

static void point_clear(churn_firth_point *at)
{
  churn_point_clear(&at->point);
  free(at->factor);
  free(at->score);
}

churn_status churn_firth_prepare(churn_firth_solver *s, churn_error *error)
{
  size_t columns = s->n - 1, tile = CHURN_TILE_ROWS * sizeof(double);
  size_t threads = (size_t)churn_parallel_threads(s->objective.run);
  churn_status status = churn_objective_prepare(&s->objective, error);
  if (status == CHURN_OK)
    status = point_prepare(&s->best, columns, error);
  if (status == CHURN_OK)
    status = point_prepare(&s->trial, columns, error);
  if (status != CHURN_OK)
    return status;
  s->direction = churn_array_new(s->n, sizeof *s->direction);
  s->follow = churn_array_new(s->n, sizeof *s->follow);
  s->scratch = churn_array_new_aligned(threads * (columns + s->n), tile);
  s->lane_sums =
      churn_array_new(churn_lane_count(s->objective.matrix) * s->n, sizeof *s->lane_sums);
  if (s->direction == NULL || s->follow == NULL || s->scratch == NULL || s->lane_sums == NULL)
    return churn_error_no_memory(error);
  return CHURN_OK;
}

void churn_firth_clear(churn_firth_solver *s)
{
  churn_objective_clear(&s->objective);
  point_clear(&s->best);
  point_clear(&s->trial);
  free(s->direction);
  free(s->follow);
  free(s->scratch);
  free(s->lane_sums);
}
