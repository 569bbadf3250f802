/* Many sets in many folds.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "fit/set_fits.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "fit/penalised.h"
#include "fit/rank.h"
#include "fit/subsample.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A standardised column whose variance over some rows is below this share of its square there does
 * not vary. */
static const double constant_share = 1e-12;

/* The start need only be near: the folds' answers lie about sqrt(columns / rows) away from it. */
static const double start_tolerance = 1e-6, start_step = 1e-3;

/* The ridge of the fit on a share of the rows, as a share of the null model's curvature. */
static const double ridge_share = 1e-3;

/* A sweep is shared by the fits of so many sets: more would gain nothing, and hold more memory. A
 * share of the rows is fitted first where there are so many times more. */
enum { TOGETHER = 8, LEAST_GROUP = 4, SAMPLE = 65536 };

typedef struct set_work {
  const churn_set_fits_input *input;
  const churn_run *run;
  churn_set_fits_result *result;
  churn_batch batch, sample_batch; /* the latter's matrix NULL = no sample */
  churn_subsample sample;
  double sample_weight;
  churn_fold_sums *moments; /* [groups] */
  bool moments_read;
  double *weights;      /* [folds]: of the rows that it trains on */
  uint32_t *chosen;     /* [sets][columns]: those that all rows tell apart */
  double *correlation;  /* [columns^2]: of all columns, lower triangle */
  double *part;         /* [columns^2]: of a set's */
  bool *varies, *keep;  /* [columns] */
  double *totals;       /* [churn_kernel_sums(columns)] */
  double *starts;       /* [TOGETHER][columns + 1] */
  churn_problem *fits;  /* [TOGETHER * folds] */
  churn_problem *whole; /* [TOGETHER]: on all rows */
} set_work;

static size_t unknowns(const set_work *w)
{
  return w->input->data->matrix->columns + 1;
}

static churn_status allocate(set_work *w, churn_error *error)
{
  const churn_set_fits_input *in = w->input;
  size_t n = unknowns(w), k = n - 1;
  w->moments = churn_array_new(in->groups.count, sizeof *w->moments);
  w->chosen = churn_array_new(in->set_count * k, sizeof *w->chosen);
  w->correlation = churn_array_new(k * k, sizeof *w->correlation);
  w->part = churn_array_new(k * k, sizeof *w->part);
  w->varies = churn_array_new(k, sizeof *w->varies);
  w->keep = churn_array_new(k, sizeof *w->keep);
  w->totals = churn_array_new(churn_kernel_sums(k), sizeof *w->totals);
  w->weights = churn_array_new(in->folds, sizeof *w->weights);
  w->starts = churn_array_new(TOGETHER * n, sizeof *w->starts);
  w->fits = churn_array_new((size_t)TOGETHER * in->folds, sizeof *w->fits);
  w->whole = churn_array_new(TOGETHER, sizeof *w->whole);
  bool good = w->moments != NULL && w->chosen != NULL && w->correlation != NULL &&
              w->part != NULL && w->varies != NULL && w->keep != NULL && w->totals != NULL &&
              w->weights != NULL && w->starts != NULL && w->fits != NULL && w->whole != NULL;
  return good ? CHURN_OK : churn_error_no_memory(error);
}

/* Rows for the first start, where there are many. */
static churn_status take_sample(set_work *w, churn_error *error)
{
  const churn_matrix *m = w->input->data->matrix;
  size_t group = churn_subsample_group(m->rows, SAMPLE);
  if (group < LEAST_GROUP)
    return CHURN_OK;
  churn_status status = churn_subsample_prepare(&w->sample, m, group, error);
  if (status == CHURN_OK)
    status = churn_subsample_fill(&w->sample, w->run, error);
  if (status != CHURN_OK)
    return status;
  for (size_t r = 0; r < w->sample.matrix->rows; r++)
    w->sample_weight += w->sample.matrix->weight[r];
  w->sample_batch = (churn_batch){.matrix = w->sample.matrix, .run = w->run};
  return churn_batch_prepare(&w->sample_batch, TOGETHER, error);
}

static churn_status prepare(set_work *w, churn_error *error)
{
  const churn_set_fits_input *in = w->input;
  churn_status status = allocate(w, error);
  w->batch = (churn_batch){.matrix = in->data->matrix, .groups = in->groups, .run = w->run};
  if (status == CHURN_OK)
    status = churn_batch_prepare(&w->batch, (size_t)TOGETHER * (in->folds + 1), error);
  return status == CHURN_OK ? take_sample(w, error) : status;
}

static void clear_problems(set_work *w)
{
  for (size_t i = 0; w->fits != NULL && i < (size_t)TOGETHER * w->input->folds; i++)
    churn_problem_clear(&w->fits[i]);
  for (size_t i = 0; w->whole != NULL && i < TOGETHER; i++)
    churn_problem_clear(&w->whole[i]);
}

static void clear(set_work *w)
{
  clear_problems(w);
  if (w->moments_read)
    churn_fold_sums_clear(w->moments, w->input->groups.count);
  churn_batch_clear(&w->batch);
  churn_batch_clear(&w->sample_batch);
  churn_subsample_clear(&w->sample);
  free(w->moments);
  free(w->chosen);
  free(w->correlation);
  free(w->part);
  free(w->varies);
  free(w->keep);
  free(w->totals);
  free(w->weights);
  free(w->starts);
  free(w->fits);
  free(w->whole);
}

static const bool *trains_of(const set_work *w, size_t fold)
{
  return w->input->trains + fold * w->input->groups.count;
}

static bool *wanted(const set_work *w, size_t fold, size_t set)
{
  return &w->result->wanted[fold * w->input->set_count + set];
}

/* Correlations over the groups that count (NULL = all); false where these rows have one label. */
static bool correlate(set_work *w, const bool *trains, double *weight)
{
  size_t k = unknowns(w) - 1, size = churn_kernel_sums(k);
  const double *sums = w->totals + churn_kernel_hessian_start(k);
  double total = 0, positive = 0;
  memset(w->totals, 0, size * sizeof *w->totals);
  for (size_t g = 0; g < w->input->groups.count; g++) {
    if (trains != NULL && !trains[g])
      continue;
    total += w->moments[g].weight;
    positive += w->moments[g].positive;
    for (size_t i = churn_kernel_hessian_start(k); i < size; i++)
      w->totals[i] += w->moments[g].likelihood[i];
  }
  for (size_t i = 0; i < k; i++) {
    const double *row = sums + (i + 1) * (i + 2) / 2;
    double mean = row[0] / total, square = row[i + 1] / total;
    w->varies[i] = square - mean * mean > constant_share * (1 + square);
    for (size_t j = 0; j <= i; j++)
      w->correlation[i * k + j] = row[j + 1] / total - mean * (sums[(j + 1) * (j + 2) / 2] / total);
  }
  *weight = total;
  return positive > 0 && positive < total;
}

/* Which of the columns [count] tell anything beyond those before them; returns how many. */
static size_t tell_apart(set_work *w, const uint32_t *columns, size_t count)
{
  size_t k = unknowns(w) - 1, kept = 0;
  for (size_t i = 0; i < count; i++)
    for (size_t j = 0; j <= i; j++)
      w->part[i * count + j] =
          w->correlation[columns[i] * k + columns[j]] /
          sqrt(w->correlation[columns[i] * (k + 1)] * w->correlation[columns[j] * (k + 1)]);
  for (size_t i = 0; i < count; i++) {
    double pivot = w->varies[columns[i]] ? churn_rank_row(w->part, count, w->keep, i) : 0;
    w->keep[i] = pivot > churn_rank_tolerance;
    w->part[i * count + i] = w->keep[i] ? sqrt(pivot) : 1;
    kept += w->keep[i];
  }
  return kept;
}

static void choose_columns(set_work *w)
{
  double weight;
  (void)correlate(w, NULL, &weight);
  for (size_t s = 0; s < w->input->set_count; s++) {
    const churn_fitted_set *set = &w->input->sets[s];
    uint32_t *to = w->chosen + s * (unknowns(w) - 1);
    tell_apart(w, set->columns, set->count);
    w->result->columns[s] = 0;
    for (size_t i = 0; i < set->count; i++)
      if (w->keep[i])
        to[w->result->columns[s]++] = set->columns[i];
  }
}

static const uint32_t *chosen_of(const set_work *w, size_t set)
{
  return w->chosen + set * (unknowns(w) - 1);
}

/* Leaves out the fits whose rows say less than all rows do. */
static void check_folds(set_work *w)
{
  for (size_t f = 0; f < w->input->folds; f++) {
    bool both = correlate(w, trains_of(w, f), &w->weights[f]);
    for (size_t s = 0; s < w->input->set_count; s++) {
      size_t count = w->result->columns[s];
      bool *want = wanted(w, f, s);
      *want = *want && both && tell_apart(w, chosen_of(w, s), count) == count;
    }
  }
}

static churn_status read_moments(set_work *w, churn_error *error)
{
  churn_fold_look look = {.columns = unknowns(w) - 1};
  churn_status status = churn_fold_sums_read(w->input->data->matrix, &w->input->groups, &look, 1,
                                             false, w->run, w->moments, error);
  w->moments_read = status == CHURN_OK;
  if (status == CHURN_OK) {
    choose_columns(w);
    check_folds(w);
  }
  return status;
}

/* A problem on the set's columns. */
static churn_status open_problem(const set_work *w, size_t set, churn_problem *p,
                                 churn_error *error)
{
  churn_problem_clear(p);
  churn_status status = churn_problem_prepare(p, w->result->columns[set], error);
  p->chosen = chosen_of(w, set);
  return status;
}

/* The sets' fits on the sample, into the starts where they have an answer. */
static churn_status fit_sample(set_work *w, size_t first, size_t count, churn_error *error)
{
  const churn_totals *totals = &w->input->data->totals;
  churn_status status = CHURN_OK;
  for (size_t i = 0; i < count; i++)
    w->starts[i * unknowns(w)] = totals->null_intercept;
  if (w->sample.matrix == NULL)
    return CHURN_OK;
  for (size_t i = 0; status == CHURN_OK && i < count; i++) {
    churn_problem *p = &w->whole[i];
    status = open_problem(w, first + i, p, error);
    if (status != CHURN_OK)
      return status;
    p->total_weight = w->sample_weight;
    p->tolerance = p->step_tolerance = start_step;
    for (size_t j = 1; j < p->unknowns; j++)
      p->penalty.l2[j] = ridge_share * totals->null_curvature;
    churn_problem_start(p, w->starts + i * unknowns(w));
  }
  if (status == CHURN_OK)
    status = churn_batch_solve(&w->sample_batch, w->whole, count, error);
  for (size_t i = 0; status == CHURN_OK && i < count; i++)
    if (churn_problem_converged(&w->whole[i]))
      memcpy(w->starts + i * unknowns(w), w->whole[i].coefficients,
             w->whole[i].unknowns * sizeof *w->starts);
  return status;
}

/* The sets' fits on all rows, loosely, from and into the starts. */
static churn_status fit_whole(set_work *w, size_t first, size_t count, churn_error *error)
{
  churn_status status = CHURN_OK;
  memset(w->starts, 0, TOGETHER * unknowns(w) * sizeof *w->starts);
  status = fit_sample(w, first, count, error);
  for (size_t i = 0; status == CHURN_OK && i < count; i++) {
    churn_problem *p = &w->whole[i];
    status = open_problem(w, first + i, p, error);
    if (status != CHURN_OK)
      return status;
    p->total_weight = w->input->data->totals.weight;
    p->tolerance = start_tolerance;
    p->step_tolerance = start_step;
    churn_problem_start(p, w->starts + i * unknowns(w));
  }
  if (status == CHURN_OK)
    status = churn_batch_solve(&w->batch, w->whole, count, error);
  for (size_t i = 0; status == CHURN_OK && i < count; i++)
    memcpy(w->starts + i * unknowns(w), w->whole[i].coefficients,
           w->whole[i].unknowns * sizeof *w->starts);
  return status;
}

/* Places the fold's fit of a set at its start; `before` = where the set's sums begin in a group's.
 */
static churn_status begin_fit(set_work *w, const churn_fold_sums *groups, size_t before, size_t set,
                              const double *start, size_t fold, churn_problem *p,
                              churn_error *error)
{
  const bool *trains = trains_of(w, fold);
  size_t columns = w->result->columns[set], size = churn_kernel_sums(columns);
  double weight = w->weights[fold];
  churn_status status = open_problem(w, set, p, error);
  if (status != CHURN_OK)
    return status;
  p->trains = trains;
  p->total_weight = weight;
  memset(w->totals, 0, size * sizeof *w->totals);
  for (size_t g = 0; g < w->input->groups.count; g++)
    for (size_t i = 0; trains[g] && i < size; i++)
      w->totals[i] += groups[g].likelihood[before + i] / weight;
  churn_problem_place(p, start, w->totals[0], w->totals + 1,
                      w->totals + churn_kernel_hessian_start(columns), &w->batch.quadratic);
  return CHURN_OK;
}

/* A set's folds follow each other, to be done together. */
static churn_status begin_fits(set_work *w, size_t first, size_t count, size_t *begun,
                               churn_error *error)
{
  churn_fold_look looks[TOGETHER];
  churn_fold_sums *groups = churn_array_new(w->input->groups.count, sizeof *groups);
  if (groups == NULL)
    return churn_error_no_memory(error);
  for (size_t i = 0; i < count; i++)
    looks[i] = (churn_fold_look){chosen_of(w, first + i), w->result->columns[first + i],
                                 w->starts + i * unknowns(w)};
  churn_status status = churn_fold_sums_read(w->input->data->matrix, &w->input->groups, looks,
                                             count, false, w->run, groups, error);
  if (status != CHURN_OK)
    goto done;
  for (size_t i = 0, before = 0; i < count; i++) {
    for (size_t f = 0; status == CHURN_OK && f < w->input->folds; f++)
      if (*wanted(w, f, first + i))
        status = begin_fit(w, groups, before, first + i, looks[i].coefficients, f,
                           &w->fits[(*begun)++], error);
    before += churn_kernel_sums(w->result->columns[first + i]);
  }
  churn_fold_sums_clear(groups, w->input->groups.count);
done:
  free(groups);
  return status;
}

/* Takes over what came out, in the order of begin_fits. */
static void collect(set_work *w, size_t first, size_t count)
{
  const churn_problem *p = w->fits;
  for (size_t s = first; s < first + count; s++)
    for (size_t f = 0; f < w->input->folds; f++) {
      if (!*wanted(w, f, s))
        continue;
      double *to = w->result->coefficients + (f * w->input->set_count + s) * unknowns(w);
      *wanted(w, f, s) = churn_problem_converged(p);
      if (churn_problem_converged(p)) {
        to[0] = p->coefficients[0];
        for (size_t j = 0; j < w->result->columns[s]; j++)
          to[chosen_of(w, s)[j] + 1] = p->coefficients[j + 1];
      }
      p++;
    }
}

static churn_status fit_together(set_work *w, size_t first, size_t count, churn_error *error)
{
  double begun_at = churn_clock_milliseconds(), columns = 0;
  size_t begun = 0;
  churn_status status = fit_whole(w, first, count, error);
  if (status == CHURN_OK)
    status = begin_fits(w, first, count, &begun, error);
  if (status == CHURN_OK)
    status = churn_batch_solve(&w->batch, w->fits, begun, error);
  if (status != CHURN_OK)
    return status;
  collect(w, first, count);
  for (size_t s = first; s < first + count; s++)
    columns += (double)w->result->columns[s] + 1;
  for (size_t s = first; s < first + count; s++)
    w->result->milliseconds[s] =
        (churn_clock_milliseconds() - begun_at) * ((double)w->result->columns[s] + 1) / columns;
  return CHURN_OK;
}

churn_status churn_set_fits(const churn_set_fits_input *input, const char *stage,
                            const churn_run *run, churn_set_fits_result *result, churn_error *error)
{
  set_work work = {.input = input, .run = run, .result = result};
  size_t all = (size_t)input->folds * input->set_count;
  memset(result->coefficients, 0, all * unknowns(&work) * sizeof(double));
  churn_status status = prepare(&work, error);
  if (status == CHURN_OK)
    status = read_moments(&work, error);
  for (size_t s = 0; status == CHURN_OK && s < input->set_count; s += TOGETHER) {
    size_t count = input->set_count - s < TOGETHER ? input->set_count - s : TOGETHER;
    status = fit_together(&work, s, count, error);
    if (run != NULL && run->progress != NULL)
      run->progress->report(run->progress->context, stage, s + count, input->set_count);
  }
  clear(&work);
  return status;
}
