/* A path of lambdas.
 *
 * A sweep over the rows takes most of its time to read them, so several lambdas share one: a group
 * of them begins at the last solution, each with its own step, and all go on together. From one
 * group to the next the Hessian is kept (updated, problem.h).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/error.h"
#include "base/memory.h"
#include "fit/batch.h"
#include "fit/penalised.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LAMBDAS = 100, GROUP = 6 };

/* Ridge never sets a coefficient to 0: glmnet starts its path as for this alpha. */
static const double least_alpha = 1e-3;

/* In a group, a Hessian for one problem costs as much as gradients for several. */
static const double group_slow = 0.5;

typedef struct path_work {
  const churn_scaled *data;
  churn_penalised_settings settings;
  churn_batch batch;
  churn_problem problems[GROUP];
  const churn_run *run;
} path_work;

static churn_status prepare(path_work *w, const churn_path_settings *settings, churn_error *error)
{
  w->batch = (churn_batch){.matrix = w->data->matrix, .run = w->run};
  churn_penalised_settings penalised = settings->penalised;
  penalised.lambda = 0;
  churn_status status =
      churn_penalised_settle(&penalised, w->data->matrix->columns, &w->settings, error);
  if (status == CHURN_OK)
    status = churn_batch_prepare(&w->batch, GROUP, error);
  for (size_t i = 0; i < GROUP && status == CHURN_OK; i++) {
    churn_problem *p = &w->problems[i];
    status = churn_problem_prepare(p, w->data->matrix->columns, error);
    p->total_weight = w->data->totals.weight;
    p->tolerance = p->step_tolerance = w->settings.tolerance;
    p->most_sweeps = w->settings.most_sweeps;
    p->slow = group_slow;
  }
  return status;
}

static void clear(path_work *w)
{
  for (size_t i = 0; i < GROUP; i++)
    churn_problem_clear(&w->problems[i]);
  churn_batch_clear(&w->batch);
}

static double factor_of(const path_work *w, size_t column)
{
  return w->settings.factors == NULL ? 1 : w->settings.factors[column];
}

/* The model of the columns that are not penalised, in problems[0]. */
static churn_status fit_null(path_work *w, double *start, churn_error *error)
{
  churn_problem *p = &w->problems[0];
  churn_penalty_set(&p->penalty, &w->settings, 0, NULL);
  for (size_t j = 1; j < p->unknowns; j++)
    p->penalty.frozen[j] = factor_of(w, j - 1) > 0;
  start[0] = w->data->totals.null_intercept;
  churn_problem_start(p, start);
  churn_status status = churn_batch_solve(&w->batch, p, 1, error);
  for (size_t j = 1; j < p->unknowns; j++)
    p->penalty.frozen[j] = false;
  return status;
}

/* The smallest lambda that keeps every penalised coefficient at 0. */
static double find_first(const path_work *w)
{
  double first = 0;
  for (size_t j = 1; j < w->problems[0].unknowns; j++) {
    double factor = factor_of(w, j - 1);
    if (factor > 0)
      first = fmax(first, fabs(w->problems[0].gradient[j]) /
                              (factor * fmax(w->settings.alpha, least_alpha)));
  }
  return first;
}

static churn_status fill_lambdas(const path_work *w, const churn_path_settings *settings,
                                 churn_path *path, churn_error *error)
{
  const churn_matrix *m = w->data->matrix;
  double ratio = settings->ratio > 0 ? settings->ratio : m->rows < m->columns ? 1e-2 : 1e-4;
  double first = settings->lambdas == NULL ? find_first(w) : 0;
  if (settings->lambdas == NULL && !(first > 0))
    return churn_error_set(error, CHURN_DEGENERATE,
                           "no lambda can be chosen: no column is penalised, or none tells "
                           "anything about the label");
  for (size_t k = 0; k < path->count; k++) {
    double share = path->count == 1 ? 0 : (double)k / (double)(path->count - 1);
    path->lambdas[k] =
        settings->lambdas != NULL ? settings->lambdas[k] : first * exp(share * log(ratio));
    if (!(path->lambdas[k] >= 0 && isfinite(path->lambdas[k])) ||
        (k > 0 && path->lambdas[k] > path->lambdas[k - 1]))
      return churn_error_set(error, CHURN_USAGE,
                             "lambda %zu of the path is %g; expected 0 or more, descending", k + 1,
                             path->lambdas[k]);
  }
  return CHURN_OK;
}

static churn_status check_settings(const churn_path_settings *s, churn_error *error)
{
  if (!(s->ratio >= 0 && s->ratio < 1))
    return churn_error_set(error, CHURN_USAGE, "the path's ratio is %g; expected between 0 and 1",
                           s->ratio);
  if (s->lambdas != NULL && s->count == 0)
    return churn_error_set(error, CHURN_USAGE, "a path of given lambdas has none");
  return CHURN_OK;
}

/* `some` lambdas from number `first` on; problems[last] is where the group before ended. */
static churn_status fit_group(path_work *w, churn_path *path, size_t first, size_t some,
                              size_t last, churn_error *error)
{
  size_t n = path->columns + 1;
  const churn_problem *base = &w->problems[last];
  for (size_t i = 0; i < GROUP; i++) {
    /* the base moves last, others read it */
    size_t at = i < last ? i : i + 1 < GROUP ? i + 1 : last;
    if (at >= some)
      continue;
    churn_penalty_set(&w->problems[at].penalty, &w->settings, path->lambdas[first + at], NULL);
    churn_problem_follow(&w->problems[at], base, &w->batch.quadratic);
  }
  churn_status status = churn_batch_solve(&w->batch, w->problems, some, error);
  for (size_t i = 0; i < some && status == CHURN_OK; i++) {
    memcpy(path->coefficients + (first + i) * n, w->problems[i].coefficients, n * sizeof(double));
    churn_problem_report(&w->problems[i], &w->data->totals, &path->reports[first + i]);
  }
  return status;
}

static churn_status fit_groups(path_work *w, churn_path *path, churn_error *error)
{
  churn_status status = CHURN_OK;
  size_t last = 0;
  for (size_t first = 0; first < path->count && status == CHURN_OK; first += GROUP) {
    size_t some = path->count - first < GROUP ? path->count - first : GROUP;
    status = fit_group(w, path, first, some, last, error);
    last = some - 1;
    if (w->run != NULL && w->run->progress != NULL)
      w->run->progress->report(w->run->progress->context, "path", first + some, path->count);
  }
  path->sweeps = w->batch.sweeps;
  return status;
}

static churn_status make_path(const churn_path_settings *settings, size_t columns, churn_path *path,
                              churn_error *error)
{
  size_t count = settings->count == 0 ? LAMBDAS : settings->count;
  *path = (churn_path){.count = count, .columns = columns};
  path->lambdas = churn_array_new(count, sizeof *path->lambdas);
  if (count <= SIZE_MAX / (columns + 1))
    path->coefficients = churn_array_new(count * (columns + 1), sizeof *path->coefficients);
  path->reports = churn_array_new(count, sizeof *path->reports);
  if (path->lambdas == NULL || path->coefficients == NULL || path->reports == NULL)
    return churn_error_no_memory(error);
  return CHURN_OK;
}

void churn_path_clear(churn_path *path)
{
  free(path->lambdas);
  free(path->coefficients);
  free(path->reports);
  *path = (churn_path){0};
}

churn_status churn_path_fit(const churn_scaled *data, const churn_path_settings *settings,
                            const churn_run *run, churn_path *path, churn_error *error)
{
  path_work work = {.data = data, .run = run};
  churn_path made = {0};
  double *start = NULL;
  churn_status status = check_settings(settings, error);
  if (status == CHURN_OK)
    status = make_path(settings, data->matrix->columns, &made, error);
  if (status != CHURN_OK)
    goto done;
  status = prepare(&work, settings, error);
  if (status != CHURN_OK)
    goto done;
  start = churn_array_new(data->matrix->columns + 1, sizeof *start);
  status = start == NULL ? churn_error_no_memory(error) : fit_null(&work, start, error);
  if (status == CHURN_OK)
    status = fill_lambdas(&work, settings, &made, error);
  if (status == CHURN_OK)
    status = fit_groups(&work, &made, error);
  if (status != CHURN_OK)
    goto done;
  *path = made;
  made = (churn_path){0};
done:
  churn_path_clear(&made);
  clear(&work);
  free(start);
  return status;
}
