/* Logistic recalibration of logits by a safeguarded Newton's method on one or two parameters.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "evaluate/calibration.h"

#include "base/lanes.h"
#include "base/parallel.h"

#include <float.h>
#include <math.h>

/* A sweep over fewer rows than FEW_ROWS takes less time than waking threads does. */
enum { MOST_STEPS = 200, MOST_HALVINGS = 100, FEW_ROWS = 1 << 14 };

/* Mean gradient from which one more Newton step reaches the limit of the arithmetic. */
static const double gradient_tolerance = 1e-10;

/* A loss that is higher by this share of itself may be so by rounding alone. */
static const double loss_slack = 1e-13;

/* The curve logit P = a + b t with t = (logit - centre) / scale: at centre 0, scale 1, b 1 the
 * rows' own logits. */
typedef struct curve {
  double centre, scale;
  double a, b;
} curve;

/* Sums over rows, w = P (1 - P). */
typedef struct sums {
  double loss;                  /* -log P(y), as all of these times the row's weight */
  double square;                /* (y - probability)^2, of the row's own probability */
  double gradient[2];           /* y - P, (y - P) t */
  double meat[3];               /* (y - P)^2 times 1, t, t^2, for the sandwich */
  double weight, first, second; /* w, w t, w t^2 */
  double logit, logit_square;   /* logit - centre, squared */
} sums;

typedef struct sweep {
  const churn_ranking *ranking;
  curve at;
  sums lanes[CHURN_LANES];
} sweep;

static void add_row(const curve *at, const churn_ranked_row *row, bool repeated, sums *s)
{
  double centred = row->logit - at->centre, t = centred / at->scale;
  double z = at->a + at->b * t, y = row->label;
  double small = exp(-fabs(z));
  double p = z >= 0 ? 1 / (1 + small) : small / (1 + small);
  /* 1 - p would lose the small of two parts. */
  double rest = z >= 0 ? small / (1 + small) : 1 / (1 + small);
  double residual = row->weight * (row->label == 1 ? rest : -p), w = row->weight * p * rest;
  double miss = y - row->probability, square = residual * residual / (repeated ? row->weight : 1);
  s->loss += row->weight * (log1p(small) + (row->label == 1 ? fmax(-z, 0) : fmax(z, 0)));
  s->square += row->weight * miss * miss;
  s->meat[0] += square;
  s->meat[1] += square * t;
  s->meat[2] += square * t * t;
  s->gradient[0] += residual;
  s->gradient[1] += residual * t;
  s->weight += w;
  s->first += w * t;
  s->second += w * t * t;
  s->logit += row->weight * centred;
  s->logit_square += row->weight * centred * centred;
}

static churn_status sweep_lane(void *context, size_t lane, int thread, churn_error *error)
{
  sweep *s = context;
  (void)thread;
  (void)error;
  size_t count = s->ranking->count, tiles = churn_tile_count(count);
  size_t row = churn_lane_first_tile(tiles, lane) * CHURN_TILE_ROWS;
  size_t end = churn_lane_first_tile(tiles, lane + 1) * CHURN_TILE_ROWS;
  sums sum = {0};
  for (; row < end && row < count; row++)
    add_row(&s->at, &s->ranking->rows[row], s->ranking->repeated, &sum);
  s->lanes[lane] = sum;
  return CHURN_OK;
}

static churn_status sum_rows(const churn_ranking *ranking, const churn_run *run, curve at,
                             sums *total, churn_error *error)
{
  static const churn_run alone = {.threads = 1};
  sweep s = {.ranking = ranking, .at = at};
  churn_status status = churn_parallel_run(CHURN_LANES, sweep_lane, &s, NULL,
                                           ranking->count < FEW_ROWS ? &alone : run, error);
  if (status != CHURN_OK)
    return status;
  sums t = {0};
  for (size_t lane = 0; lane < CHURN_LANES; lane++) {
    const sums *add = &s.lanes[lane];
    t.loss += add->loss;
    t.square += add->square;
    t.gradient[0] += add->gradient[0];
    t.gradient[1] += add->gradient[1];
    t.meat[0] += add->meat[0];
    t.meat[1] += add->meat[1];
    t.meat[2] += add->meat[2];
    t.weight += add->weight;
    t.first += add->first;
    t.second += add->second;
    t.logit += add->logit;
    t.logit_square += add->logit_square;
  }
  *total = t;
  return CHURN_OK;
}

/* Range of the logits of one class; empty: least > most. */
typedef struct range {
  double least, most;
} range;

static void find_ranges(const churn_ranking *ranking, range of[2])
{
  of[0] = of[1] = (range){INFINITY, -INFINITY};
  for (size_t i = 0; i < ranking->count; i++) {
    range *r = &of[ranking->rows[i].label];
    r->least = fmin(r->least, ranking->rows[i].logit);
    r->most = fmax(r->most, ranking->rows[i].logit);
  }
}

static bool both_classes(const churn_ranking *ranking)
{
  return ranking->churners > 0 && ranking->churners < ranking->represented;
}

static double observed_logit(const churn_ranking *ranking)
{
  return log(ranking->population_churners / (ranking->population - ranking->population_churners));
}

/* A weight that is no count makes a row's score vary more than its share of the information says.
 */
static bool robust(const churn_ranking *ranking)
{
  return ranking->weighted && !ranking->repeated;
}

/* sum(y - P) falls in a, and changes sign between the shifts that bring the largest and the least
 * logit to the observed rate's: Newton's method kept between them, halving where it leaves. */
static churn_status fit_intercept(const churn_ranking *ranking, const range of[2], double start,
                                  const churn_run *run, churn_calibration *c, churn_error *error)
{
  double low = observed_logit(ranking) - fmax(of[0].most, of[1].most);
  double high = observed_logit(ranking) - fmin(of[0].least, of[1].least);
  double enough = gradient_tolerance * ranking->population;
  curve at = {0, 1, fmin(fmax(start, low), high), 1};
  bool last = false;
  sums s;
  for (int step = 0; step < MOST_STEPS; step++) {
    churn_status status = sum_rows(ranking, run, at, &s, error);
    if (status != CHURN_OK)
      return status;
    if (last) {
      c->intercept = at.a;
      c->intercept_error = robust(ranking) ? sqrt(s.meat[0]) / s.weight : 1 / sqrt(s.weight);
      return CHURN_OK;
    }
    *(s.gradient[0] > 0 ? &low : &high) = at.a;
    last = fabs(s.gradient[0]) <= enough;
    double next = at.a + s.gradient[0] / s.weight;
    if (last)
      at.a = isfinite(next) ? next : at.a;
    else
      at.a = next > low && next < high ? next : low + (high - low) / 2;
  }
  return CHURN_OK;
}

/* w (t - mean of t)^2 summed: the information on b once a is free. */
static double spread(const sums *s)
{
  return s->second - s->first * s->first / s->weight;
}

/* (y - P)^2 (t - mean of t)^2 summed: how much the slope's score really varies. */
static double meat_of_slope(const sums *s)
{
  double mean = s->first / s->weight;
  return s->meat[2] - 2 * mean * s->meat[1] + mean * mean * s->meat[0];
}

static curve take_step(curve at, const sums *s, double length)
{
  double b = (s->gradient[1] - s->gradient[0] * s->first / s->weight) / spread(s);
  double a = (s->gradient[0] - s->first * b) / s->weight;
  at.a += length * a;
  at.b += length * b;
  return at;
}

/* Moves along the Newton step, halved until the loss does not rise. `moved` false: no length helps.
 */
static churn_status line_search(const churn_ranking *ranking, const churn_run *run, curve *at,
                                sums *s, bool *moved, churn_error *error)
{
  double length = 1, most = s->loss * (1 + loss_slack);
  *moved = false;
  for (int i = 0; i < MOST_HALVINGS && !*moved; i++, length /= 2) {
    curve next = take_step(*at, s, length);
    sums there;
    if (!isfinite(next.a) || !isfinite(next.b))
      return CHURN_OK;
    churn_status status = sum_rows(ranking, run, next, &there, error);
    if (status != CHURN_OK)
      return status;
    if (there.loss <= most) {
      *moved = true;
      *at = next;
      *s = there;
    }
  }
  return CHURN_OK;
}

/* The maximum exists when the classes' logits overlap (Albert and Anderson 1984). */
static bool overlap(const range of[2])
{
  return of[0].most > of[1].least && of[1].most > of[0].least;
}

/* From the level line: there every row has weight, however large the logits are. */
static churn_status fit_slope(const churn_ranking *ranking, double mean, double deviation,
                              const churn_run *run, churn_calibration *c, churn_error *error)
{
  double enough = gradient_tolerance * ranking->population;
  curve at = {mean, deviation, observed_logit(ranking), 0};
  bool moved = true, close = false;
  sums s;
  churn_status status = sum_rows(ranking, run, at, &s, error);
  for (int step = 0; status == CHURN_OK && moved && !close && step < MOST_STEPS; step++) {
    close = fabs(s.gradient[0]) <= enough && fabs(s.gradient[1]) <= enough;
    status = line_search(ranking, run, &at, &s, &moved, error);
  }
  if (status == CHURN_OK && close && spread(&s) > 0) {
    c->slope = at.b / deviation;
    c->slope_error =
        (robust(ranking) ? sqrt(meat_of_slope(&s)) / spread(&s) : 1 / sqrt(spread(&s))) / deviation;
  }
  return status;
}

/* Mean and standard deviation of the logits; the second sweep is centred on the first's mean. */
static churn_status find_moments(const churn_ranking *ranking, const churn_run *run,
                                 churn_calibration *c, double *mean, double *deviation,
                                 churn_error *error)
{
  double count = ranking->population;
  sums s;
  churn_status status = sum_rows(ranking, run, (curve){0, 1, 0, 1}, &s, error);
  if (status != CHURN_OK)
    return status;
  c->log_loss = s.loss / count;
  c->brier = s.square / count;
  *mean = s.logit / count;
  status = sum_rows(ranking, run, (curve){*mean, 1, *mean, 1}, &s, error);
  if (status == CHURN_OK)
    *deviation = sqrt(s.logit_square / count);
  return status;
}

churn_status churn_calibration_compute(const churn_ranking *ranking, const churn_run *run,
                                       churn_calibration *calibration, churn_error *error)
{
  churn_calibration c = {NAN, NAN, NAN, NAN, NAN, NAN};
  double mean = 0, deviation = 0;
  range of[2];
  find_ranges(ranking, of);
  churn_status status = find_moments(ranking, run, &c, &mean, &deviation, error);
  if (status == CHURN_OK && both_classes(ranking)) {
    status = fit_intercept(ranking, of, observed_logit(ranking) - mean, run, &c, error);
    if (status == CHURN_OK && overlap(of) && isfinite(deviation) && deviation > 0)
      status = fit_slope(ranking, mean, deviation, run, &c, error);
  }
  if (status == CHURN_OK)
    *calibration = c;
  return status;
}
