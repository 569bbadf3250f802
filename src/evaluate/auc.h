/* Areas under several ROC curves on the same rows, and how far they may be off together. Place in
 * the flow: out-of-fold scores of several sets of features -> areas, differences, p values.
 *
 * The area of a fold is the chance that a churner is ranked above a stayer of the same fold, ties
 * one half (Mann-Whitney). Folds are put together by their churners: the area is the mean, over
 * churners, of the share of their own fold's stayers that they outrank. Ranks are never compared
 * across folds, whose models differ. A fold with one kind of row only takes no part.
 *
 * Variances: DeLong, DeLong and Clarke-Pearson 1988 (Biometrics 44:837), equation 5: components
 * V10 of a churner (share of stayers below it) and V01 of a stayer (share of churners above it),
 * by midranks (Sun and Xu 2014, IEEE Signal Processing Letters 21:1389). Rows of one customer:
 * Obuchowski 1997 (Biometrics 53:567), section 3: components summed over the cluster,
 *
 *   cov = S10/m + S01/n + (S11 + S11')/(m n),
 *   S10 = I10/((I10 - 1) m) sum_i (V10_i. - m_i A)(V10_i. - m_i A)', S01 alike,
 *   S11 = I/(I - 1) sum_i (V10_i. - m_i A)(V01_i. - n_i A)',
 *
 * which is DeLong's where every row stands for itself. Over folds these add up with the squares of
 * the folds' shares; a customer in several folds adds products across folds with factor I/(I - 1),
 * I = all clusters, so that the whole is still positive semidefinite. Weights enter the components
 * as repeated rows would (Taylor linearisation of the weighted area).
 *
 * Conditional on the fitted models: what another training sample would have fitted is not in the
 * variance. Cost: rows a set, and clusters x sets^2.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_EVALUATE_AUC_H
#define CHURN_EVALUATE_AUC_H

#include "evaluate/ordering.h"

#include <churn/curves.h>
#include <churn/run.h>

/* areas [sets]: NaN where no fold has both kinds. covariance [sets][sets]: NaN all over where a
 * fold that takes part has fewer than two clusters with a churner, or with a stayer. orderings
 * [sets] of the same judged rows. Same bits for any number of threads. NO_MEMORY. */
CHURN_MUST_USE churn_status churn_auc_compare(const churn_judged *judged,
                                              const churn_ordering *orderings, size_t sets,
                                              const churn_run *run, double *areas,
                                              double *covariance, churn_error *error);

/* The same set by set, for callers that hold few sets at a time: how the judged rows fall into
 * clusters and folds, found once. `judged` is borrowed. NO_MEMORY. */
typedef struct churn_auc_rows churn_auc_rows;
CHURN_MUST_USE churn_status churn_auc_rows_new(const churn_judged *judged, churn_auc_rows **rows,
                                               churn_error *error);
void churn_auc_rows_free(churn_auc_rows *rows);

/* One set's area, of_folds [folds] (NULL = not wanted): those of the folds as churn_auc_of_folds
 * gives them, and parts [judged rows]: what each row moves the area by. */
CHURN_MUST_USE churn_status churn_auc_parts(const churn_auc_rows *rows,
                                            const churn_ordering *ordering, const churn_run *run,
                                            double *area, double *of_folds, double *parts,
                                            churn_error *error);

/* covariance [sets][sets] of the sets whose parts [sets][judged rows] these are. */
CHURN_MUST_USE churn_status churn_auc_covary(const churn_auc_rows *rows, const double *const *parts,
                                             size_t sets, const churn_run *run, double *covariance,
                                             churn_error *error);

/* The area over plain rows, ties one half; NaN with one class. Scores are any numbers, higher =
 * riskier. USAGE: a label other than 0 and 1, a NaN score; NO_MEMORY. */
CHURN_MUST_USE churn_status churn_auc(const int8_t *labels, const double *scores, size_t rows,
                                      double *auc, churn_error *error);

/* The area of each fold alone by one ordering; areas [folds], NaN with one kind of row. */
void churn_auc_of_folds(const churn_judged *judged, const churn_ordering *ordering, double *areas);

/* area -+ z std_error, cut to [0, 1]: DeLong's interval, that of pROC's ci.auc. level: 0.95, … */
churn_interval churn_auc_interval_plain(double area, double variance, double level);

/* The same on the logit of the area (Pepe 2003, The Statistical Evaluation of Medical Tests,
 * section 5.2.4): stays within (0, 1) and covers better near 1. NaN where the variance is 0 or the
 * area 0 or 1: no rows contradict the ranking, and how many might is not in them. */
churn_interval churn_auc_interval(double area, double variance, double level);

/* Second minus first of two areas. */
typedef struct churn_difference {
  double difference;
  double std_error;
  churn_interval interval;
  double z;
  double p; /* two-sided, of no difference; 1 where both rank every pair alike */
} churn_difference;

/* Of sets a and b, b minus a, from churn_auc_compare's results. */
churn_difference churn_auc_difference(const double *areas, const double *covariance, size_t sets,
                                      size_t a, size_t b, double level);

#endif
