/* Two areas under the ROC curve on the same rows, and how they vary together.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_EVALUATE_AUC_PAIR_H
#define CHURN_EVALUATE_AUC_PAIR_H

#include <churn/status.h>
#include <stddef.h>
#include <stdint.h>

/* Variances hold when rows of one customer depend on each other. NaN with fewer than two clusters.
 */
typedef struct churn_auc_pair {
  double first, second;
  double first_variance, second_variance, covariance;
} churn_auc_pair;

/* labels [rows] 0/1; clusters [rows]: rows of one stand together; first, second [rows]: scores
 * without NaN, higher = riskier, ties count one half. All figures are NaN with one class.
 *
 * A row's component is the share of the other class that it is on the right side of: V_i for m
 * churners, V_j for n stayers (DeLong, DeLong and Clarke-Pearson 1988, Biometrics 44:837-845). With
 * a cluster's deviation D = sum (V_i - A) / m + sum (V_j - A) / n over its rows, the covariance of
 * two areas is I / (I - 1) times the sum of D D' over the I clusters: Obuchowski 1997 (Biometrics
 * 53:567-578) with one small-sample factor for all clusters. NO_MEMORY. Cost: two sorts. */
CHURN_MUST_USE churn_status churn_auc_pair_compute(const int8_t *labels, const uint32_t *clusters,
                                                   const double *first, const double *second,
                                                   size_t rows, churn_auc_pair *pair,
                                                   churn_error *error);

#endif
