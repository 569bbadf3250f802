/* Likelihood-ratio tests between nested sets.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs/nested.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "evaluate/chi_square.h"
#include "evaluate/logit.h"
#include "jobs/shared_folds.h"

#include <math.h>
#include <stdlib.h>

typedef struct nesting {
  const churn_out_of_fold_input *input;
  const churn_run *run;
  churn_judging_folds all; /* one fold, trained on every group; owns `trains` alone */
  bool *wanted;            /* [sets] */
  churn_predictions fits;
  churn_set_outcome *outcomes; /* [sets] */
  double *scratch;             /* [threads][columns * 256] */
  double *lanes;               /* [lanes][sets] */
} nesting;

/* Whether every feature of `small` is in `large`, and not the other way. */
static bool is_nested(const churn_feature_set *small, const churn_feature_set *large,
                      size_t features)
{
  bool within = small->count < large->count;
  for (size_t f = 0; within && f < features; f++)
    within = !small->holds[f] || large->holds[f];
  return within;
}

/* The larger of two nested sets; SIZE_MAX = they are not. */
static size_t larger_of(const churn_out_of_fold_input *in, const churn_compared_pair *pair)
{
  const churn_feature_set *sets = in->sets->sets;
  size_t features = in->pipeline->feature_count;
  if (is_nested(&sets[pair->first], &sets[pair->second], features))
    return pair->second;
  return is_nested(&sets[pair->second], &sets[pair->first], features) ? pair->first : SIZE_MAX;
}

static bool rows_repeat(const churn_snapshots *rows)
{
  bool repeat = false;
  for (size_t i = 1; !repeat && i < rows->count; i++)
    repeat = rows->rows[i].customer == rows->rows[i - 1].customer;
  return repeat;
}

static bool has_likelihood(const churn_out_of_fold_input *in)
{
  return in->tiles != NULL && in->tiles->usable && !rows_repeat(in->rows) &&
         in->pipeline->project->fit.weighting != CHURN_WEIGHTING_INCLUSION;
}

/* Minus the log-likelihood of every set on the rows of one lane. */
static churn_status sum_lane(void *context, size_t lane, int thread, churn_error *error)
{
  (void)error;
  const nesting *n = context;
  const churn_matrix *m = n->input->tiles->matrix;
  size_t sets = n->fits.set_count, tiles = churn_tile_count(m->rows), k = m->columns;
  double *sums = n->lanes + lane * sets;
  for (size_t t = churn_lane_first_tile(tiles, lane); t < churn_lane_first_tile(tiles, lane + 1);
       t++) {
    const double *x = churn_matrix_dense(m, t, n->scratch + (size_t)thread * k * CHURN_TILE_ROWS);
    size_t first = t * CHURN_TILE_ROWS, rows = churn_tile_rows(m->rows, t);
    for (size_t s = 0; s < sets; s++) {
      const double *b = n->fits.coefficients + s * (k + 1);
      double eta[CHURN_TILE_ROWS];
      for (size_t r = 0; r < rows; r++)
        eta[r] = b[0] + (m->offset == NULL ? 0 : m->offset[first + r]);
      for (size_t j = 0; j < n->fits.sets[s].count; j++) {
        size_t c = n->fits.sets[s].columns[j];
        for (size_t r = 0; r < rows; r++)
          eta[r] += b[c + 1] * x[c * CHURN_TILE_ROWS + r];
      }
      for (size_t r = 0; n->fits.shared[s] && r < rows; r++)
        sums[s] += m->weight[first + r] * churn_logit_loss(eta[r], m->y[first + r] > 0.5);
    }
  }
  return CHURN_OK;
}

static churn_status fit_sets(nesting *n, churn_error *error)
{
  const churn_out_of_fold_input *in = n->input;
  size_t sets = in->sets->count;
  churn_out_of_fold_input all = *in;
  bool *agrees = churn_array_new(in->pipeline->feature_count, sizeof *agrees);
  for (size_t f = 0; agrees != NULL && f < in->pipeline->feature_count; f++)
    agrees[f] = true;
  for (uint32_t g = 0; g < n->all.groups; g++)
    n->all.trains[g] = true;
  all.folds = &n->all;
  all.agrees = agrees;
  churn_status status = agrees == NULL
                            ? churn_error_no_memory(error)
                            : churn_predictions_open(in->rows, &n->all, sets, &n->fits, error);
  if (status == CHURN_OK)
    status =
        churn_shared_folds(&all, n->wanted, "nested sets", n->run, &n->fits, n->outcomes, error);
  free(agrees);
  return status;
}

static churn_status make_room(nesting *n, churn_error *error)
{
  const churn_out_of_fold_input *in = n->input;
  size_t sets = in->sets->count, threads = (size_t)churn_parallel_threads(n->run);
  n->all = *in->folds;
  n->all.count = 1;
  n->all.trains = churn_array_new(n->all.groups, sizeof *n->all.trains);
  n->outcomes = churn_array_new(sets, sizeof *n->outcomes);
  n->lanes = churn_array_new(CHURN_LANES * sets, sizeof *n->lanes);
  n->scratch = churn_array_new_aligned(threads * in->tiles->matrix->columns * CHURN_TILE_ROWS,
                                       sizeof *n->scratch);
  return n->all.trains == NULL || n->outcomes == NULL || n->lanes == NULL || n->scratch == NULL
             ? churn_error_no_memory(error)
             : CHURN_OK;
}

static double loss_of(const nesting *n, size_t set)
{
  double loss = 0;
  for (size_t lane = 0; lane < CHURN_LANES; lane++)
    loss += n->lanes[lane * n->fits.set_count + set];
  return loss;
}

static void test_pair(const nesting *n, churn_compared_pair *pair)
{
  size_t larger = larger_of(n->input, pair);
  size_t smaller = larger == pair->first ? pair->second : pair->first;
  if (larger == SIZE_MAX || !n->fits.shared[larger] || !n->fits.shared[smaller] ||
      n->outcomes[larger].columns <= n->outcomes[smaller].columns)
    return;
  size_t df = n->outcomes[larger].columns - n->outcomes[smaller].columns;
  double chi2 = fmax(2 * (loss_of(n, smaller) - loss_of(n, larger)), 0);
  pair->nested =
      (churn_nested_figures){larger, (uint32_t)df, chi2, churn_chi_square_p(chi2, (double)df)};
}

churn_status churn_nested_test(const churn_out_of_fold_input *input, const churn_run *run,
                               churn_comparison *comparison, churn_error *error)
{
  nesting n = {.input = input, .run = run};
  bool any = false;
  n.wanted = churn_array_new(input->sets->count, sizeof *n.wanted);
  churn_status status = n.wanted == NULL ? churn_error_no_memory(error) : CHURN_OK;
  for (size_t i = 0; status == CHURN_OK && i < comparison->pair_count; i++) {
    churn_compared_pair *pair = &comparison->pairs[i];
    pair->nested = (churn_nested_figures){0, 0, NAN, NAN};
    if (larger_of(input, pair) != SIZE_MAX)
      any = n.wanted[pair->first] = n.wanted[pair->second] = true;
  }
  if (status == CHURN_OK && any && has_likelihood(input)) {
    status = make_room(&n, error);
    if (status == CHURN_OK)
      status = fit_sets(&n, error);
    if (status == CHURN_OK)
      status = churn_parallel_run(CHURN_LANES, sum_lane, &n, NULL, run, error);
    for (size_t i = 0; status == CHURN_OK && i < comparison->pair_count; i++)
      test_pair(&n, &comparison->pairs[i]);
  }
  churn_predictions_clear(&n.fits);
  free(n.all.trains);
  free(n.wanted);
  free(n.outcomes);
  free(n.scratch);
  free(n.lanes);
  return status;
}
