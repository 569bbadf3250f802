/* Two areas under the ROC curve on the same rows, and how they vary together.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_EVALUATE_AUC_PAIR_H
#define CHURN_EVALUATE_AUC_PAIR_H

#include <churn/status.h>
#include <stddef.h>
#include <stdint.h>

/* Variances hold when rows of one customer depend on each other. NaN with fewer than two clusters
 * with a churner, or with a stayer. */
typedef struct churn_auc_pair {
  double first, second;
  double first_variance, second_variance, covariance;
} churn_auc_pair;

/* labels [rows] 0/1; clusters [rows]: rows of one stand together; first, second [rows]: scores
 * without NaN, higher = riskier, ties count one half. All figures are NaN with one class.
 * Formulas and sources in auc.h: DeLong and others 1988, Obuchowski 1997. NO_MEMORY. Runs on one
 * thread. Cost: two sorts. */
CHURN_MUST_USE churn_status churn_auc_pair_compute(const int8_t *labels, const uint32_t *clusters,
                                                   const double *first, const double *second,
                                                   size_t rows, churn_auc_pair *pair,
                                                   churn_error *error);

#endif
