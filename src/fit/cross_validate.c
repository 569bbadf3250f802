/* Cross-validation in sweeps that all folds share.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "fit/cross_validate.h"

#include "base/error.h"
#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A standardised column whose variance over some rows is below this share of its square there does
 * not vary. */
static const double constant_share = 1e-12;

/* 1 - R^2 of a column on those before it, weighted by curvature, below this: collinear (the default
 * of churn_fit_rank). */
static const double collinear_share = 1e-9;

typedef struct cross_work {
  const churn_scaled *data;
  const churn_fold_map *map;
  churn_penalised_settings settings;
  const churn_run *run;
  churn_batch batch;
  churn_problem *problems; /* [folds] */
  churn_fold_sums *sums;   /* [folds], at the start */
  double *scales;          /* [folds][columns] */
  double *coefficients;    /* [folds][columns + 1] */
  double *losses;          /* [folds] */
  double *gradient;        /* [columns + 1] */
  double *hessian;         /* packed */
  double *start;           /* [columns + 1] */
  bool *trains;            /* [folds][folds] */
  bool sums_read;
} cross_work;

static churn_status check_map(const churn_scaled *data, const churn_fold_map *map,
                              churn_error *error)
{
  if (map->count < 2)
    return churn_error_set(error, CHURN_USAGE, "cross-validation takes 2 folds or more, not %u",
                           map->count);
  for (size_t r = 0; r < data->matrix->rows; r++)
    if (map->fold[r] >= map->count)
      return churn_error_set(error, CHURN_USAGE, "row %zu is in fold %u; there are %u", r + 1,
                             map->fold[r], map->count);
  return CHURN_OK;
}

static churn_status prepare(cross_work *w, const churn_penalised_settings *settings,
                            churn_error *error)
{
  size_t folds = w->map->count, k = w->data->matrix->columns;
  churn_status status = check_map(w->data, w->map, error);
  if (status == CHURN_OK)
    status = churn_penalised_settle(settings, k, &w->settings, error);
  if (status != CHURN_OK)
    return status;
  w->batch = (churn_batch){.matrix = w->data->matrix, .groups = *w->map, .run = w->run};
  w->problems = churn_array_new(folds, sizeof *w->problems);
  w->sums = churn_array_new(folds, sizeof *w->sums);
  w->scales = churn_array_new(folds * k, sizeof *w->scales);
  w->coefficients = churn_array_new(folds * (k + 1), sizeof *w->coefficients);
  w->losses = churn_array_new(folds, sizeof *w->losses);
  w->gradient = churn_array_new(k + 1, sizeof *w->gradient);
  w->hessian = churn_array_new((k + 1) * (k + 2) / 2, sizeof *w->hessian);
  w->start = churn_array_new(k + 1, sizeof *w->start);
  w->trains = churn_array_new(folds * folds, sizeof *w->trains);
  if (w->problems == NULL || w->sums == NULL || w->scales == NULL || w->coefficients == NULL ||
      w->losses == NULL || w->gradient == NULL || w->hessian == NULL || w->start == NULL ||
      w->trains == NULL)
    return churn_error_no_memory(error);
  status = churn_batch_prepare(&w->batch, folds, error);
  for (size_t f = 0; f < folds && status == CHURN_OK; f++) {
    status = churn_problem_prepare(&w->problems[f], k, error);
    for (size_t g = 0; g < folds; g++)
      w->trains[f * folds + g] = g != f;
    w->problems[f].trains = w->trains + f * folds;
    w->problems[f].tolerance = w->problems[f].step_tolerance = w->settings.tolerance;
    w->problems[f].most_sweeps = w->settings.most_sweeps;
  }
  return status;
}

static void clear(cross_work *w)
{
  for (size_t f = 0; w->problems != NULL && f < w->map->count; f++)
    churn_problem_clear(&w->problems[f]);
  if (w->sums_read)
    churn_fold_sums_clear(w->sums, w->map->count);
  churn_batch_clear(&w->batch);
  free(w->problems);
  free(w->sums);
  free(w->scales);
  free(w->coefficients);
  free(w->losses);
  free(w->gradient);
  free(w->hessian);
  free(w->start);
  free(w->trains);
}

/* A penalty is on columns standardised over the training rows. */
static churn_status read_sums(cross_work *w, bool penalised, churn_error *error)
{
  const churn_totals *all = &w->data->totals;
  churn_fold_look look = {NULL, w->data->matrix->columns, w->start};
  churn_status status =
      churn_fold_sums_read(w->data->matrix, w->map, &look, 1, penalised, w->run, w->sums, error);
  w->sums_read = status == CHURN_OK;
  w->batch.sweeps++;
  for (uint32_t f = 0; status == CHURN_OK && f < w->map->count; f++) {
    double weight = all->weight - w->sums[f].weight, least = 1e-12 * all->weight;
    double positive = all->positive - w->sums[f].positive;
    w->problems[f].total_weight = weight;
    if (positive <= least || weight - positive <= least)
      status = churn_error_set(error, CHURN_DEGENERATE,
                               "without fold %u of %u all rows have the same outcome: too few "
                               "customers of one kind for so many folds",
                               f + 1, w->map->count);
  }
  return status;
}

/* Standard deviations over the fold's training rows; columns that do not vary there are frozen. */
static void find_scales(cross_work *w, size_t f)
{
  size_t k = w->data->matrix->columns;
  churn_problem *p = &w->problems[f];
  for (size_t c = 0; c < k; c++) {
    double first = 0, second = 0;
    for (size_t g = 0; g < w->map->count; g++) {
      first += g == f ? 0 : w->sums[g].first[c];
      second += g == f ? 0 : w->sums[g].second[c];
    }
    double mean = first / p->total_weight, square = second / p->total_weight;
    double variance = square - mean * mean;
    p->penalty.frozen[c + 1] = !(variance > constant_share * (1 + square));
    w->scales[f * k + c] = variance > 0 ? sqrt(variance) : 0;
  }
}

/* Loss, gradient and Hessian of the fold's training rows at the start. */
static double training_sums(cross_work *w, size_t f)
{
  size_t k = w->data->matrix->columns, size = churn_kernel_sums(k);
  double weight = w->problems[f].total_weight, *sums = w->problems[f].sums;
  memset(sums, 0, size * sizeof *sums);
  for (size_t g = 0; g < w->map->count; g++)
    for (size_t i = 0; g != f && i < size; i++)
      sums[i] += w->sums[g].likelihood[i] / weight;
  memcpy(w->gradient, sums + 1, (k + 1) * sizeof *sums);
  memcpy(w->hessian, sums + churn_kernel_hessian_start(k), (k + 1) * (k + 2) / 2 * sizeof *sums);
  return sums[0];
}

static bool is_unpenalised(const churn_problem *p, size_t j)
{
  return !p->penalty.frozen[j] && p->penalty.l1[j] == 0 && p->penalty.l2[j] == 0;
}

/* Row j of the Hessian's Cholesky factor over the rows before it that are in; returns the pivot. */
static double factor_row(const cross_work *w, const churn_problem *p, size_t j, double *factor)
{
  size_t n = p->unknowns;
  double *row = factor + j * n, pivot = w->hessian[j * (j + 1) / 2 + j];
  for (size_t l = 0; l < j; l++) {
    if (!is_unpenalised(p, l))
      continue;
    row[l] = w->hessian[j * (j + 1) / 2 + l];
    for (size_t i = 0; i < l; i++)
      row[l] -= is_unpenalised(p, i) ? row[i] * factor[l * n + i] : 0;
    row[l] /= factor[l * n + l];
    pivot -= row[l] * row[l];
  }
  return pivot;
}

/* Freezes columns that are neither penalised nor told apart from those before them. */
static void freeze_collinear(cross_work *w, churn_problem *p)
{
  double *factor = w->batch.quadratic.factor;
  for (size_t j = 0; j < p->unknowns; j++) {
    if (!is_unpenalised(p, j))
      continue;
    double pivot = factor_row(w, p, j, factor);
    if (j > 0 && !(pivot > collinear_share * w->hessian[j * (j + 1) / 2 + j]))
      p->penalty.frozen[j] = true;
    else
      factor[j * p->unknowns + j] = sqrt(pivot);
  }
}

/* The fold's problem under lambda, begun at the start. */
static void begin_fold(cross_work *w, size_t f, double lambda)
{
  churn_problem *p = &w->problems[f];
  size_t k = w->data->matrix->columns, n = k + 1;
  bool moved = false;
  double loss = training_sums(w, f), *begin = w->coefficients + f * n;
  if (w->sums[f].first != NULL)
    find_scales(w, f);
  churn_penalty_set(&p->penalty, &w->settings, lambda, w->scales + f * k);
  freeze_collinear(w, p);
  for (size_t j = 0; j < n; j++) {
    begin[j] = p->penalty.frozen[j] ? 0 : w->start[j];
    moved = moved || begin[j] != w->start[j];
  }
  if (moved)
    churn_problem_start(p, begin);
  else
    churn_problem_place(p, begin, loss, w->gradient, w->hessian, &w->batch.quadratic);
}

/* `penalised`: now, or under a later lambda. */
static churn_status begin_folds(cross_work *w, double lambda, bool penalised, churn_error *error)
{
  churn_status status = read_sums(w, penalised, error);
  for (size_t f = 0; status == CHURN_OK && f < w->map->count; f++)
    begin_fold(w, f, lambda);
  return status;
}

/* Solves all folds as begun; their coefficients are gathered. */
static churn_status solve_folds(cross_work *w, churn_cross_report *report, churn_error *error)
{
  size_t n = w->data->matrix->columns + 1, folds = w->map->count;
  churn_status status = churn_batch_solve(&w->batch, w->problems, folds, error);
  for (size_t f = 0; status == CHURN_OK && f < folds; f++) {
    const churn_problem *p = &w->problems[f];
    memcpy(w->coefficients + f * n, p->coefficients, n * sizeof(double));
    report->separated += p->stop == CHURN_STOP_SEPARATION;
    report->not_converged += p->stop != CHURN_STOP_SEPARATION && !churn_problem_converged(p);
  }
  report->sweeps = w->batch.sweeps;
  return status;
}

/* By maximum likelihood, which has a faster way than penalties have, and refuses more. The matrix's
 * columns have mean 0 and deviation 1 but for rounding, so the coefficients are nearly those of
 * standardised ones. */
static churn_status fit_likelihood(cross_work *w, churn_fit_report *fitted, churn_error *error)
{
  size_t k = w->data->matrix->columns, n = k + 1;
  churn_fit_settings settings = {.gradient_tolerance = w->settings.tolerance,
                                 .max_iterations = w->settings.most_sweeps};
  double *room = churn_array_new(2 * k + n * n, sizeof *room);
  churn_fit_result result = {w->start, room + 2 * k, room, room + k};
  churn_status status =
      room == NULL ? churn_error_no_memory(error)
                   : churn_fit_logistic(w->data->matrix, &settings, w->run, &result, fitted, error);
  free(room);
  return status;
}

static churn_status fit_penalised(cross_work *w, churn_fit_report *fitted, churn_error *error)
{
  churn_fit_result result = {.coefficients = w->gradient};
  churn_status status =
      churn_penalised_fit(w->data, &w->settings, NULL, w->run, &result, fitted, error);
  if (status == CHURN_OK)
    churn_fit_rescale(result.coefficients, w->data->means, w->data->deviations,
                      w->data->matrix->columns, w->start);
  return status;
}

/* The fit on all rows, on standardised columns. */
static churn_status fit_all(cross_work *w, churn_cross_report *report, churn_error *error)
{
  churn_fit_report fitted;
  churn_status status = CHURN_DEGENERATE;
  if (w->settings.lambda == 0)
    status = fit_likelihood(w, &fitted, error);
  if (status == CHURN_DEGENERATE || (status == CHURN_OK && !fitted.converged))
    status = fit_penalised(w, &fitted, error);
  if (status != CHURN_OK)
    return status;
  w->batch.sweeps += fitted.iterations;
  report->separated += fitted.stopped_by == CHURN_STOP_SEPARATION;
  return CHURN_OK;
}

static void unscale_folds(const cross_work *w, double *coefficients)
{
  size_t k = w->data->matrix->columns;
  for (size_t f = 0; f < w->map->count; f++)
    churn_fit_unscale(w->coefficients + f * (k + 1), w->data->means, w->data->deviations, k,
                      coefficients + f * (k + 1));
}

churn_status churn_cross_validate(const churn_scaled *data, const churn_fold_map *map,
                                  const churn_penalised_settings *settings, const double *start,
                                  const churn_run *run, double *logits, double *coefficients,
                                  churn_cross_report *report, churn_error *error)
{
  cross_work work = {.data = data, .map = map, .run = run};
  churn_cross_report made = {0};
  churn_status status = prepare(&work, settings, error);
  for (size_t f = 0; f < map->count && status == CHURN_OK; f++)
    work.problems[f].blind = true;
  if (status == CHURN_OK && start != NULL)
    memcpy(work.start, start, (data->matrix->columns + 1) * sizeof *start);
  else if (status == CHURN_OK)
    status = fit_all(&work, &made, error);
  if (status == CHURN_OK)
    status = begin_folds(&work, work.settings.lambda, work.settings.lambda > 0, error);
  if (status == CHURN_OK)
    status = solve_folds(&work, &made, error);
  if (status == CHURN_OK)
    status = churn_fold_predict(data->matrix, map, work.coefficients, run, logits, NULL, error);
  if (status == CHURN_OK) {
    if (coefficients != NULL)
      unscale_folds(&work, coefficients);
    *report = made;
  }
  clear(&work);
  return status;
}

/* Where the next lambda's fold begins: the fit on all rows, and what the fold differed from it by
 * at the last lambda. */
static void follow_path(cross_work *w, size_t f, const double *full, const double *full_before)
{
  churn_problem *p = &w->problems[f];
  double *begin = w->coefficients + f * p->unknowns;
  for (size_t j = 0; j < p->unknowns; j++) {
    double before = p->coefficients[j], change = full[j] - full_before[j];
    bool stays = p->penalty.frozen[j] || (before == 0 && full_before[j] != 0);
    begin[j] = stays ? before : before + change;
  }
  churn_problem_start(p, begin);
}

/* Weighted mean of the folds' mean deviances, and the standard error of that mean. */
static void tabulate(const cross_work *w, double *deviance, double *std_error)
{
  double total = w->data->totals.weight, mean = 0, spread = 0;
  for (size_t f = 0; f < w->map->count; f++)
    mean += 2 * w->losses[f] / total;
  for (size_t f = 0; f < w->map->count; f++) {
    double weight = w->sums[f].weight;
    double distance = weight > 0 ? 2 * w->losses[f] / weight - mean : 0;
    spread += weight / total * distance * distance;
  }
  *deviance = mean;
  *std_error = sqrt(spread / (w->map->count - 1));
}

static churn_status cross_lambda(cross_work *w, const churn_path *path, size_t k,
                                 churn_cross_table *table, churn_cross_report *report,
                                 churn_error *error)
{
  size_t n = path->columns + 1;
  const double *full = path->coefficients + k * n;
  churn_status status = CHURN_OK;
  if (k == 0) {
    memcpy(w->start, full, n * sizeof *full);
    status = begin_folds(w, path->lambdas[0], true, error);
  }
  for (size_t f = 0; k > 0 && f < w->map->count; f++) {
    churn_penalty_set(&w->problems[f].penalty, &w->settings, path->lambdas[k],
                      w->scales + f * path->columns);
    follow_path(w, f, full, full - n);
  }
  if (status == CHURN_OK)
    status = solve_folds(w, report, error);
  if (status == CHURN_OK)
    status = churn_fold_predict(w->data->matrix, w->map, w->coefficients, w->run, NULL, w->losses,
                                error);
  if (status == CHURN_OK)
    tabulate(w, &table->deviances[k], &table->std_errors[k]);
  return status;
}

churn_status churn_cross_validate_path(const churn_scaled *data, const churn_fold_map *map,
                                       const churn_penalised_settings *settings,
                                       const churn_path *path, const churn_run *run,
                                       churn_cross_table *table, churn_cross_report *report,
                                       churn_error *error)
{
  cross_work work = {.data = data, .map = map, .run = run};
  churn_cross_report made = {0};
  churn_cross_table filled = {.count = path->count,
                              .deviances = churn_array_new(path->count, sizeof(double)),
                              .std_errors = churn_array_new(path->count, sizeof(double))};
  churn_status status = filled.deviances == NULL || filled.std_errors == NULL
                            ? churn_error_no_memory(error)
                            : prepare(&work, settings, error);
  for (size_t k = 0; k < path->count && status == CHURN_OK; k++) {
    status = cross_lambda(&work, path, k, &filled, &made, error);
    if (run != NULL && run->progress != NULL)
      run->progress->report(run->progress->context, "cross-validation", k + 1, path->count);
  }
  if (status == CHURN_OK) {
    *table = filled;
    *report = made;
    filled = (churn_cross_table){0};
  }
  churn_cross_table_clear(&filled);
  clear(&work);
  return status;
}

void churn_cross_table_clear(churn_cross_table *table)
{
  free(table->deviances);
  free(table->std_errors);
  *table = (churn_cross_table){0};
}

size_t churn_cross_choose(const churn_cross_table *table, churn_lambda_rule rule)
{
  size_t least = 0, k = 0;
  for (size_t i = 1; i < table->count; i++)
    if (table->deviances[i] < table->deviances[least])
      least = i;
  if (rule == CHURN_LAMBDA_MINIMUM)
    return least;
  while (table->deviances[k] > table->deviances[least] + table->std_errors[least])
    k++;
  return k;
}
