/* Tests between nested sets.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs/nested.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "evaluate/chi_square.h"
#include "evaluate/logit.h"
#include "fit/nested_wald.h"
#include "jobs/matrix_terms.h"

#include <math.h>
#include <stdlib.h>

typedef struct nesting {
  const churn_out_of_fold_input *input;
  const churn_predictions *fits;
  const churn_run *run;
  double *scratch; /* [threads][columns * 256] */
  double *lanes;   /* [lanes][sets] */
  bool repeat;     /* customers have several rows */
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
static size_t larger_of(const churn_feature_set *sets, size_t features,
                        const churn_compared_pair *pair)
{
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

void churn_nested_mark(const churn_feature_sets *sets, size_t features,
                       const churn_comparison *comparison, bool *wanted)
{
  for (size_t i = 0; i < comparison->pair_count; i++) {
    const churn_compared_pair *pair = &comparison->pairs[i];
    if (larger_of(sets->sets, features, pair) != SIZE_MAX)
      wanted[pair->first] = wanted[pair->second] = true;
  }
}

/* Minus the log-likelihood of every set on the rows of one lane. */
static churn_status sum_lane(void *context, size_t lane, int thread, churn_error *error)
{
  (void)error;
  const nesting *n = context;
  const churn_matrix *m = n->input->tiles->matrix;
  size_t sets = n->fits->set_count, tiles = churn_tile_count(m->rows), k = m->columns;
  double *sums = n->lanes + lane * sets;
  for (size_t t = churn_lane_first_tile(tiles, lane); t < churn_lane_first_tile(tiles, lane + 1);
       t++) {
    const double *x = churn_matrix_dense(m, t, n->scratch + (size_t)thread * k * CHURN_TILE_ROWS);
    size_t first = t * CHURN_TILE_ROWS, rows = churn_tile_rows(m->rows, t);
    for (size_t s = 0; s < sets; s++) {
      const double *b = churn_predictions_whole(n->fits, s);
      double eta[CHURN_TILE_ROWS];
      if (b == NULL)
        continue;
      for (size_t r = 0; r < rows; r++)
        eta[r] = b[0] + (m->offset == NULL ? 0 : m->offset[first + r]);
      for (size_t j = 0; j < n->fits->sets[s].count; j++) {
        size_t c = n->fits->sets[s].columns[j];
        for (size_t r = 0; r < rows; r++)
          eta[r] += b[c + 1] * x[c * CHURN_TILE_ROWS + r];
      }
      for (size_t r = 0; r < rows; r++)
        sums[s] += m->weight[first + r] * churn_logit_loss(eta[r], m->y[first + r] > 0.5);
    }
  }
  return CHURN_OK;
}

static churn_status make_room(nesting *n, churn_error *error)
{
  const churn_out_of_fold_input *in = n->input;
  size_t sets = in->sets->count, threads = (size_t)churn_parallel_threads(n->run);
  n->lanes = churn_array_new(CHURN_LANES * sets, sizeof *n->lanes);
  n->scratch = churn_array_new_aligned(threads * in->tiles->matrix->columns * CHURN_TILE_ROWS,
                                       sizeof *n->scratch);
  return n->lanes == NULL || n->scratch == NULL ? churn_error_no_memory(error) : CHURN_OK;
}

static double loss_of(const nesting *n, size_t set)
{
  double loss = 0;
  for (size_t lane = 0; lane < CHURN_LANES; lane++)
    loss += n->lanes[lane * n->fits->set_count + set];
  return loss;
}

/* The larger of the pair's sets where both were fitted; SIZE_MAX = there is nothing to test. */
static size_t testable(const nesting *n, const churn_compared_pair *pair)
{
  const churn_out_of_fold_input *in = n->input;
  size_t larger = larger_of(in->sets->sets, in->pipeline->feature_count, pair);
  bool fitted = churn_predictions_whole(n->fits, pair->first) != NULL &&
                churn_predictions_whole(n->fits, pair->second) != NULL;
  return fitted ? larger : SIZE_MAX;
}

static size_t other_of(const churn_compared_pair *pair, size_t larger)
{
  return larger == pair->first ? pair->second : pair->first;
}

static void compare_likelihoods(const nesting *n, churn_compared_pair *pair)
{
  size_t larger = testable(n, pair);
  size_t smaller = other_of(pair, larger);
  if (larger == SIZE_MAX || n->fits->kept[larger] <= n->fits->kept[smaller])
    return;
  size_t df = n->fits->kept[larger] - n->fits->kept[smaller];
  double chi2 = fmax(2 * (loss_of(n, smaller) - loss_of(n, larger)), 0);
  pair->nested = (churn_nested_figures){larger, false, (uint32_t)df, chi2,
                                        churn_chi_square_p(chi2, (double)df)};
}

static churn_status test_ratios(nesting *n, churn_comparison *comparison, churn_error *error)
{
  churn_status status = churn_parallel_run(CHURN_LANES, sum_lane, n, NULL, n->run, error);
  for (size_t i = 0; status == CHURN_OK && i < comparison->pair_count; i++)
    compare_likelihoods(n, &comparison->pairs[i]);
  return status;
}

/* chosen [columns of the larger]: those of the smaller first; how many these are. */
static size_t choose_columns(const churn_fitted_set *smaller, const churn_fitted_set *larger,
                             bool *within, size_t columns, size_t *chosen)
{
  size_t count = 0, shared = smaller->count;
  for (size_t c = 0; c < columns; c++)
    within[c] = false;
  for (size_t i = 0; i < shared; i++) {
    within[smaller->columns[i]] = true;
    chosen[count++] = smaller->columns[i];
  }
  for (size_t i = 0; i < larger->count; i++)
    if (!within[larger->columns[i]])
      chosen[count++] = larger->columns[i];
  return shared;
}

static churn_status test_coefficients(const nesting *n, const churn_wald_parts *parts,
                                      size_t larger, churn_compared_pair *pair, churn_error *error)
{
  const churn_fitted_set *sets = n->fits->sets;
  size_t df = 0, columns = parts->columns;
  double chi2 = NAN;
  size_t *chosen = churn_array_new(columns, sizeof *chosen);
  bool *within = churn_array_new(columns, sizeof *within);
  churn_status status = chosen == NULL || within == NULL ? churn_error_no_memory(error) : CHURN_OK;
  if (status == CHURN_OK) {
    size_t shared =
        choose_columns(&sets[other_of(pair, larger)], &sets[larger], within, columns, chosen);
    status = churn_nested_wald(parts, chosen, shared, sets[larger].count, &df, &chi2, error);
  }
  if (status == CHURN_OK && df > 0)
    pair->nested = (churn_nested_figures){larger, true, (uint32_t)df, chi2,
                                          churn_chi_square_p(chi2, (double)df)};
  free(chosen);
  free(within);
  return status;
}

/* All pairs whose larger set it is rest on one reading of the rows. */
static churn_status test_larger(const nesting *n, size_t larger, churn_comparison *comparison,
                                churn_error *error)
{
  const churn_matrix *matrix = n->input->tiles->matrix;
  const double *coefficients = churn_predictions_whole(n->fits, larger);
  churn_wald_parts parts = {0};
  bool any = false;
  for (size_t i = 0; i < comparison->pair_count; i++)
    any = any || testable(n, &comparison->pairs[i]) == larger;
  churn_status status =
      any ? churn_wald_parts_read(matrix, n->repeat, coefficients, n->run, &parts, error)
          : CHURN_OK;
  for (size_t i = 0; any && status == CHURN_OK && i < comparison->pair_count; i++)
    if (testable(n, &comparison->pairs[i]) == larger)
      status = test_coefficients(n, &parts, larger, &comparison->pairs[i], error);
  churn_wald_parts_clear(&parts);
  return status;
}

static churn_status test_wald(nesting *n, churn_comparison *comparison, churn_error *error)
{
  const churn_out_of_fold_input *in = n->input;
  churn_status status =
      n->repeat ? churn_matrix_set_clusters(in->rows, in->tiles->matrix, error) : CHURN_OK;
  for (size_t s = 0; status == CHURN_OK && s < in->sets->count; s++)
    status = test_larger(n, s, comparison, error);
  return status;
}

churn_status churn_nested_test(const churn_out_of_fold_input *input, const churn_predictions *fits,
                               const churn_run *run, churn_comparison *comparison,
                               churn_error *error)
{
  nesting n = {.input = input, .fits = fits, .run = run, .repeat = rows_repeat(input->rows)};
  bool any = false;
  bool wald = n.repeat || input->pipeline->project->fit.weighting == CHURN_WEIGHTING_INCLUSION;
  churn_status status = CHURN_OK;
  for (size_t i = 0; i < comparison->pair_count; i++) {
    comparison->pairs[i].nested = (churn_nested_figures){0, false, 0, NAN, NAN};
    any = any || testable(&n, &comparison->pairs[i]) != SIZE_MAX;
  }
  if (any) {
    status = make_room(&n, error);
    if (status == CHURN_OK)
      status = wald ? test_wald(&n, comparison, error) : test_ratios(&n, comparison, error);
  }
  free(n.scratch);
  free(n.lanes);
  return status;
}
