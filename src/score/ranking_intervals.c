/* How sure the ranked list is: an interval of each probability, and the probability that a customer
 * belongs in a list of this length.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/memory.h"
#include "score/ranking_parts.h"
#include "score/recalibration.h"
#include "score/top.h"

#include <math.h>
#include <stdlib.h>

/* 0.975 quantile of the normal distribution. Whose logit lies further from that of the last one
 * listed than 4 of the errors of both together, is or is not among the first for sure. */
static const double quantile = 1.959963984540054, sure = 4;

enum { DRAWS = 1000 };

/* Below and above these shares a place in the list is no question. */
static const double hardly = 0.05, almost = 0.95;

churn_status churn_ranking_start_intervals(churn_ranking *ranking, const churn_run *run,
                                           churn_error *error)
{
  churn_status status = churn_uncertainty_new(ranking->model, &ranking->uncertainty, error);
  if (status != CHURN_OK)
    return status;
  if (ranking->uncertainty == NULL) {
    churn_notes_add(churn_run_notes(run), CHURN_WARNING, "no_intervals", CHURN_NOWHERE,
                    "the model has no covariance (a lasso or elastic net has none), so the "
                    "probabilities have no intervals");
    return CHURN_OK;
  }
  ranking->scores.uncertainty = ranking->uncertainty;
  ranking->scores.logit_errors =
      churn_array_new(ranking->snapshots->count, sizeof *ranking->scores.logit_errors);
  return ranking->scores.logit_errors == NULL ? churn_error_no_memory(error) : CHURN_OK;
}

/* The row's key in the ranking with its logit moved by so many of its errors; of both directions
 * the higher one, or the lower one. */
static double bound(const churn_ranking *r, churn_rank_by by, size_t row, bool high)
{
  double by_errors = sure * r->scores.logit_errors[row], logit = r->scores.logits[row];
  if (by == CHURN_BY_PROBABILITY)
    return high ? logit + by_errors : logit - by_errors;
  const churn_recalibration *recalibration = &r->model->recalibration;
  double value = r->scores.values[row];
  if (isnan(value))
    return -INFINITY;
  double a = churn_recalibrated(recalibration, logit - by_errors) * value;
  double b = churn_recalibrated(recalibration, logit + by_errors) * value;
  return high == (a > b) ? a : b;
}

/* Rows that may be among the first or not, in order of rank, and for how many of them there is
 * room. The others get 0 or 1. */
static size_t choose(churn_ranking *r, churn_rank_by by, uint32_t *rows, size_t *places)
{
  uint32_t last = r->order[r->listed - 1];
  double low = bound(r, by, last, false), high = bound(r, by, last, true);
  size_t count = 0;
  *places = r->listed;
  for (size_t i = 0; i < r->eligible; i++) {
    uint32_t row = r->order[i];
    bool in = bound(r, by, row, false) > high, out = bound(r, by, row, true) < low;
    r->top_shares[row] = in;
    *places -= in;
    if (!in && !out)
      rows[count++] = row;
  }
  return count;
}

/* What the draws need of the rows: all arrays but the design are [rows]. */
typedef struct candidates {
  churn_snapshots snapshots;
  double *logits, *values, *shares, *design;
} candidates;

static void free_candidates(candidates *c)
{
  free(c->snapshots.rows);
  free(c->logits);
  free(c->values);
  free(c->shares);
  free(c->design);
}

static churn_status gather(const churn_ranking *r, const uint32_t *rows, size_t count,
                           candidates *c, churn_error *error)
{
  size_t tile = r->model->column_count * CHURN_TILE_ROWS;
  c->snapshots =
      (churn_snapshots){.rows = churn_array_new(count, sizeof *c->snapshots.rows), .count = count};
  c->logits = churn_array_new(count, sizeof *c->logits);
  c->values = churn_array_new(count, sizeof *c->values);
  c->shares = churn_array_new(count, sizeof *c->shares);
  c->design = churn_array_new_aligned(churn_tile_count(count) * tile, sizeof *c->design);
  if (c->snapshots.rows == NULL || c->logits == NULL || c->values == NULL || c->shares == NULL ||
      c->design == NULL)
    return churn_error_no_memory(error);
  for (size_t i = 0; i < count; i++) {
    c->snapshots.rows[i] = r->snapshots->rows[rows[i]];
    c->logits[i] = r->scores.logits[rows[i]];
    c->values[i] = r->scores.values[rows[i]];
  }
  return CHURN_OK;
}

static churn_status draw(churn_ranking *r, churn_rank_by by, const uint32_t *rows, size_t count,
                         size_t places, const churn_run *run, churn_error *error)
{
  candidates c = {.snapshots = {0}};
  churn_scorer *scorer = NULL;
  churn_status status = gather(r, rows, count, &c, error);
  if (status == CHURN_OK)
    status = churn_scorer_new(r->model, r->pipeline->plan, &scorer, error);
  churn_scores scores = {.design = c.design};
  if (status == CHURN_OK)
    status = churn_scorer_run(scorer, &c.snapshots, run, &scores, NULL, error);
  const churn_top top = {.uncertainty = r->uncertainty,
                         .recalibration = &r->model->recalibration,
                         .columns = r->model->column_count,
                         .design = c.design,
                         .logits = c.logits,
                         .values = by == CHURN_BY_EXPECTED_LOSS ? c.values : NULL,
                         .rows = count,
                         .places = places,
                         .seed = 1,
                         .draws = DRAWS};
  if (status == CHURN_OK)
    status = churn_top_shares(&top, run, c.shares, error);
  for (size_t i = 0; status == CHURN_OK && i < count; i++)
    r->top_shares[rows[i]] = c.shares[i];
  churn_scorer_free(scorer);
  free_candidates(&c);
  return status;
}

churn_status churn_ranking_find_top(churn_ranking *ranking, churn_rank_by by, const churn_run *run,
                                    churn_error *error)
{
  if (ranking->scores.logit_errors == NULL || ranking->listed == ranking->eligible ||
      by == CHURN_BY_WORTH)
    return CHURN_OK;
  size_t places, count;
  uint32_t *rows = churn_array_new(ranking->eligible, sizeof *rows);
  ranking->top_shares = churn_array_new(ranking->snapshots->count, sizeof *ranking->top_shares);
  churn_status status =
      rows == NULL || ranking->top_shares == NULL ? churn_error_no_memory(error) : CHURN_OK;
  if (status == CHURN_OK) {
    count = choose(ranking, by, rows, &places);
    status = draw(ranking, by, rows, count, places, run, error);
  }
  free(rows);
  return status;
}

static bool is_borderline(double share)
{
  return share >= hardly && share <= almost;
}

void churn_ranking_get_interval(const churn_ranking *ranking, size_t row, churn_ranked *ranked)
{
  const double *errors = ranking->scores.logit_errors;
  ranked->probability_low = ranked->probability_high = ranked->top_probability = NAN;
  ranked->borderline = false;
  if (errors == NULL)
    return;
  const churn_recalibration *recalibration = &ranking->model->recalibration;
  double logit = ranking->scores.logits[row], reach = quantile * errors[row];
  ranked->probability_low = churn_recalibrated(recalibration, logit - reach);
  ranked->probability_high = churn_recalibrated(recalibration, logit + reach);
  if (ranking->top_shares == NULL)
    return;
  ranked->top_probability = ranking->top_shares[row];
  ranked->borderline = is_borderline(ranked->top_probability);
}

bool churn_ranking_intervals(const churn_ranking *ranking)
{
  return ranking->with_intervals;
}

bool churn_ranking_knows_top(const churn_ranking *ranking)
{
  return ranking->top_shares != NULL;
}

void churn_ranking_count_borderline(const churn_ranking *ranking, churn_score_report *report)
{
  for (size_t i = 0; ranking->top_shares != NULL && i < ranking->eligible; i++)
    if (is_borderline(ranking->top_shares[ranking->order[i]])) {
      report->borderline_listed += i < ranking->listed;
      report->borderline_unlisted += i >= ranking->listed;
    }
}
