/* How what a cut catches moves when customers are drawn anew, to first order: the variance of a
 * ratio is that of the sum of its linearised values (Saerndal, Swensson and Wretman 1992, Model
 * Assisted Survey Sampling, section 5.5; Cochran 1977, Sampling Techniques, (6.13)), between groups
 * of clusters. Place in the flow: sums by group above a cut -> variances of points and figures.
 *
 * The cut is at a share of each fold, so it moves too: a row more above it pushes another below,
 * which is a churner at the rate r of the rows at the cut (the linearisation of a share above an
 * estimated quantile: Deville 1999, Survey Methodology 25:193). With totals over a group of rows N,
 * churners A and money V, and n, a and v of them above the cut at depth d:
 *
 *   caught by group    e = a - r (n - d N),   for money v - q (n - d N), q = money a row at the cut
 *   share captured c = sum a / sum A          z = (e - c A) / sum A; money likewise
 *   precision p = sum a / sum n               z = (e - p d N) / (d sum N)
 *   captured at a given share u of the        z = (a - c A - r / (1 - r) (n - a - u (N - A)))
 *   stayers (ROC)                                 / sum A
 *                                             (Hsieh and Turnbull 1996, Annals of Statistics 24:25)
 *
 * variance = G / (G - 1) sum z^2 over G groups. r is the rate of the rows about the cut, of all
 * folds together, 0.5 n^(-1/3) of each fold up and down of n rows (of the order of Hall and
 * Sheather 1988, Journal of the Royal Statistical Society B 50:381).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_EVALUATE_LINEAR_H
#define CHURN_EVALUATE_LINEAR_H

#include "evaluate/cluster_groups.h"

#include <churn/curves.h>

/* What a row at the cut stands for. */
typedef struct churn_marginal {
  double churners; /* a row */
  double value;
} churn_marginal;

/* Share of a fold by which one looks up and down for what lies at the cut. */
double churn_linear_reach(const churn_judged *judged);

/* From what lies above two cuts; rates of nothing where they are one. */
churn_marginal churn_marginal_between(churn_gain upper, churn_gain lower);

/* The interval of a share whose variance is known: Wilson's (1927, JASA 22:209) at the rows that a
 * simple random sample would need for it (Korn and Graubard 1998, Survey Methodology 24:193); of
 * `clusters` rows where there is no variance. Outside 0 to 1, where money may lie, and for other
 * figures: normal. NaN without a share or a variance. */
churn_interval churn_share_interval(double share, double variance, double clusters, double level);
churn_interval churn_normal_interval(double value, double variance, double level);

#endif
