/* Profile-likelihood interval: Newton's method for the value and for all other coefficients in the
 * same step, on the root of the deviance, which is nearly straight, kept inside a bracket.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "fit/profile.h"

#include "fit/restricted.h"

#include <math.h>

enum { STEPS = 100 };

typedef struct search {
  churn_restricted *restricted;
  double quantile;
  double sign;  /* -1 for the lower end */
  double unit;  /* standard error by the Hessian */
  double start; /* the estimate */
  double inner; /* the deviance's root is below the quantile here */
  double outer; /* and above here, if has_outer */
  bool has_outer;
} search;

/* The next value to look at, from the root of the deviance and its slope. */
static double next_value(search *s, double value, double root)
{
  double slope = s->sign * *s->restricted->multipliers / (2 * root);
  double next = value + s->sign * (s->quantile - root) / slope;
  if (root < s->quantile)
    s->inner = value;
  else
    s->outer = value;
  s->has_outer = s->has_outer || root >= s->quantile;
  double reach = s->sign * (s->inner - s->start);
  bool ahead = s->sign * (next - s->inner) > 0;
  if (s->has_outer)
    return ahead && s->sign * (s->outer - next) > 0 ? next : s->inner + (s->outer - s->inner) / 2;
  double furthest = s->inner + s->sign * (2 * reach + s->unit);
  return ahead && s->sign * (furthest - next) > 0 ? next : furthest;
}

static bool arrived(const search *s, double root)
{
  const churn_restricted *r = s->restricted;
  double rounding = 1e-15 * r->best->loss;
  return r->decrement <= 1e-7 && fabs(root - s->quantile) <= fmax(1e-9, rounding);
}

static churn_status find_end(search *s, double *end, churn_error *error)
{
  churn_restricted *r = s->restricted;
  double change = s->sign * s->quantile * s->unit;
  bool moved = true;
  churn_status status = churn_restricted_step(r, &change, &moved, error);
  for (int i = 0; i < STEPS && moved && status == CHURN_OK; i++) {
    double root = sqrt(churn_restricted_deviance(r)), value = churn_restricted_value(r, 0);
    if (arrived(s, root)) {
      *end = value;
      return CHURN_OK;
    }
    /* Far from the restricted minimum neither root nor slope means much: first go there. */
    change = r->decrement > 0.1 * (1 + r->deviance) ? 0 : next_value(s, value, root) - value;
    status = churn_restricted_step(r, &change, &moved, error);
  }
  return status;
}

static churn_status search_end(const churn_objective *objective, const churn_point *best,
                               const double *function, double quantile, double sign, double *end,
                               churn_error *error)
{
  churn_restricted r = {.objective = objective, .best = best, .held = 1, .functions = function};
  bool regular = false;
  *end = NAN;
  churn_status status = churn_restricted_prepare(&r, &regular, error);
  if (status == CHURN_OK && regular) {
    double start = churn_restricted_value(&r, 0);
    search s = {.restricted = &r,
                .quantile = quantile,
                .sign = sign,
                .unit = sqrt(r.packed[0] / objective->total_weight),
                .start = start,
                .inner = start};
    status = find_end(&s, end, error);
  }
  churn_restricted_clear(&r);
  return status;
}

churn_status churn_profile_interval(const churn_objective *objective, const churn_point *best,
                                    const double *function, double quantile, double *lower,
                                    double *upper, churn_error *error)
{
  double low, high;
  churn_status status = search_end(objective, best, function, quantile, -1, &low, error);
  if (status == CHURN_OK)
    status = search_end(objective, best, function, quantile, 1, &high, error);
  if (status == CHURN_OK) {
    *lower = low;
    *upper = high;
  }
  return status;
}
