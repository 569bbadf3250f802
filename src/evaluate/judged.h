/* Labelled rows on which several sets of scores are judged, each row scored by a model that did not
 * see it. Place in the flow: out-of-fold predictions -> the figures of a comparison (auc.h,
 * gain.h, measures.h, curves.h). Plain arrays, borrowed.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_EVALUATE_JUDGED_H
#define CHURN_EVALUATE_JUDGED_H

#include <churn/status.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct churn_judged {
  size_t rows;
  const int8_t *labels;     /* [rows] 0 stayed, 1 churned */
  const double *weights;    /* [rows] how many of the population a row stands for, finite, > 0; NULL
                               = 1 each */
  bool repeated;            /* weights are whole, and a row stands for so many equal ones, each of a
                               customer of its own; only areas, their covariance and the calibration
                               curve take such rows */
  const double *values;     /* [rows] money at risk, NaN = none; NULL = none at all */
  const uint32_t *clusters; /* [rows] rows of one customer have the same number, below
                               cluster_count; NULL = every row stands for itself */
  uint32_t cluster_count;
  const uint32_t *folds; /* [rows] rows scored by the same model (and ranked in one list) have the
                            same number, below fold_count; NULL = one fold */
  uint32_t fold_count;
} churn_judged;

/* USAGE names the first row that breaks the promises above; more than 2^32 - 2 rows too. */
CHURN_MUST_USE churn_status churn_judged_check(const churn_judged *judged, churn_error *error);

static inline double churn_judged_weight(const churn_judged *judged, size_t row)
{
  return judged->weights == NULL ? 1 : judged->weights[row];
}

static inline uint32_t churn_judged_fold(const churn_judged *judged, size_t row)
{
  return judged->folds == NULL ? 0 : judged->folds[row];
}

static inline uint32_t churn_judged_folds(const churn_judged *judged)
{
  return judged->folds == NULL ? 1 : judged->fold_count;
}

static inline uint32_t churn_judged_cluster(const churn_judged *judged, size_t row)
{
  return judged->clusters == NULL ? (uint32_t)row : judged->clusters[row];
}

static inline uint32_t churn_judged_clusters(const churn_judged *judged)
{
  return judged->clusters == NULL ? (uint32_t)judged->rows : judged->cluster_count;
}

/* A churner's money at risk, 0 where there is none and for a stayer. */
double churn_judged_loss(const churn_judged *judged, size_t row);

#endif
