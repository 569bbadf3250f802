/* Figures with intervals, of sets and of pairs of them.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs/judge_parts.h"

#include "base/error.h"
#include "base/holm.h"
#include "base/memory.h"
#include "jobs/verdict.h"

#include <stdlib.h>

static const double level = CHURN_VERDICT_LEVEL;

static const double *values_of(const churn_judging *j, size_t set, churn_measure measure)
{
  return j->values + (set * CHURN_MEASURES + measure) * j->width;
}

static churn_status find_interval(const churn_judging *j, const double *base, const double *values,
                                  double figure, bool is_share, churn_interval *interval,
                                  churn_error *error)
{
  if (j->bootstrap != NULL)
    return churn_bootstrap_interval(base, values, (uint32_t)j->width, level, interval, error);
  double variance = churn_linear_variance(base, values, j->groups.count);
  *interval = is_share ? churn_share_interval(figure, variance, j->groups.clusters, level)
                       : churn_normal_interval(figure, variance, level);
  return CHURN_OK;
}

/* Of a set, or (first not NULL) of a set minus the first. */
static churn_status estimate(const churn_judging *j, const size_t *first, size_t set,
                             churn_measure measure, churn_estimate *estimate, churn_error *error)
{
  churn_interval interval;
  const double *from = first == NULL ? NULL : values_of(j, *first, measure);
  double base = first == NULL ? 0 : j->measures[*first * CHURN_MEASURES + measure];
  double figure = j->measures[set * CHURN_MEASURES + measure] - base;
  bool is_share = first == NULL &&
                  (measure == CHURN_MEASURE_CAPTURED || measure == CHURN_MEASURE_CAPTURED_VALUE);
  churn_status status =
      find_interval(j, from, values_of(j, set, measure), figure, is_share, &interval, error);
  if (status == CHURN_OK)
    *estimate = (churn_estimate){figure, interval.low, interval.high};
  return status;
}

churn_status churn_judge_estimates(const churn_judging *j, size_t set, churn_error *error)
{
  churn_comparison *c = j->comparison;
  churn_compared_set *to = &c->sets[set];
  double area = j->areas[set], variance = j->covariance[set * j->sets + set];
  churn_interval interval = churn_auc_interval(area, variance, level);
  churn_estimate *const estimates[CHURN_MEASURES] = {[CHURN_MEASURE_LOG_LOSS] = &to->log_loss,
                                                     [CHURN_MEASURE_BRIER] = &to->brier,
                                                     [CHURN_MEASURE_LIFT] = &to->lift,
                                                     [CHURN_MEASURE_CAPTURED] = &to->captured,
                                                     [CHURN_MEASURE_CAPTURED_VALUE] =
                                                         &to->captured_value};
  churn_status status = CHURN_OK;
  to->auc = (churn_estimate){area, interval.low, interval.high};
  for (churn_measure m = 0; status == CHURN_OK && m < CHURN_MEASURES; m++)
    status = estimate(j, NULL, set, m, estimates[m], error);
  return status;
}

static churn_status fill_pair(const churn_judging *j, churn_compared_pair *pair, churn_error *error)
{
  churn_difference d =
      churn_auc_difference(j->areas, j->covariance, j->sets, pair->first, pair->second, level);
  pair->auc = (churn_estimate){d.difference, d.interval.low, d.interval.high};
  pair->auc_std_error = d.std_error;
  pair->z = d.z;
  pair->p = d.p;
  churn_status status =
      estimate(j, &pair->first, pair->second, CHURN_MEASURE_LOG_LOSS, &pair->log_loss, error);
  if (status == CHURN_OK)
    status =
        estimate(j, &pair->first, pair->second, CHURN_MEASURE_CAPTURED, &pair->captured, error);
  return status == CHURN_OK ? estimate(j, &pair->first, pair->second, CHURN_MEASURE_CAPTURED_VALUE,
                                       &pair->captured_value, error)
                            : status;
}

static churn_status adjust_pairs(churn_comparison *c, churn_error *error)
{
  double *p = churn_array_new(c->pair_count, sizeof *p);
  churn_status status = p == NULL ? churn_error_no_memory(error) : CHURN_OK;
  for (size_t i = 0; status == CHURN_OK && i < c->pair_count; i++)
    p[i] = c->pairs[i].p;
  if (status == CHURN_OK)
    status = churn_holm_adjust(p, c->pair_count, p, error);
  for (size_t i = 0; status == CHURN_OK && i < c->pair_count; i++) {
    churn_compared_pair *pair = &c->pairs[i];
    pair->p_adjusted = p[i];
    pair->verdict =
        churn_verdict_words(c->sets[pair->first].name, c->sets[pair->second].name, pair);
    if (pair->verdict == NULL)
      status = churn_error_no_memory(error);
  }
  free(p);
  return status;
}

churn_status churn_judge_pairs(const churn_judging *j, churn_error *error)
{
  churn_comparison *c = j->comparison;
  churn_status status = CHURN_OK;
  for (size_t i = 0; status == CHURN_OK && i < c->pair_count; i++)
    status = fill_pair(j, &c->pairs[i], error);
  return status == CHURN_OK ? adjust_pairs(c, error) : status;
}
