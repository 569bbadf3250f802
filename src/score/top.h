/* The probability that a row belongs among the K first of a ranking, when the coefficients are
 * known up to their covariance: the share of draws of the coefficients in which it ranks there
 * (ranking as a random variable: Goldstein and Spiegelhalter 1996, "League tables and their
 * limitations", JRSS A 159, section 4). With 1,000 draws a share of one half is right to 0.016 (one
 * standard error).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_SCORE_TOP_H
#define CHURN_SCORE_TOP_H

#include "score/uncertainty.h"

#include <churn/run.h>

/* Rows that may be among the first or not, in the order of the ranking, so that equal ones stay in
 * that order in every draw. */
typedef struct churn_top {
  const churn_uncertainty *uncertainty;
  const churn_recalibration *recalibration;
  size_t columns;       /* of the design */
  const double *design; /* tiles of 256 rows: column c of row r of tile t at (t * columns + c) * 256
                           + r */
  const double *logits; /* [rows] by the estimates, with the row's own offset */
  const double *values; /* [rows] ranked by probability x value, missing ones last; NULL = by the
                           probability */
  size_t rows;
  size_t places; /* how many of the rows are among the first; at most `rows` */
  uint64_t seed;
  uint32_t draws;
} churn_top;

/* shares[rows]. The same bits for any number of threads. Cost: draws x rows x columns; memory: 17 x
 * rows numbers. NO_MEMORY. */
CHURN_MUST_USE churn_status churn_top_shares(const churn_top *top, const churn_run *run,
                                             double *shares, churn_error *error);

#endif
