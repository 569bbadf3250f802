/* Where a fit of many rows starts: at the answer of a subsample, which starts at the answer of a
 * smaller one. Place in the flow: subsample -> Newton's first point.
 *
 * The answer of n rows is about sqrt(columns / (churners among them)) away from that of all, which
 * Newton's method squares: a few full steps fewer than from the model without columns, whatever the
 * number of rows. The start has no part in the answer, so subsamples are fitted loosely, and with a
 * slight ridge: a rare level that none of the rows has, or only churners, does no harm. Cost:
 * subsample's rows x columns^2, some ten times.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_FIT_WARM_START_H
#define CHURN_FIT_WARM_START_H

#include "fit/moments.h"
#include "fit/newton.h"
#include "fit/subsample.h"

/* Sets newton's first point and evaluates it, on a matrix that is not standardised yet and is on
 * return: the subsample's answer, one step on; or the model without columns, where there is no
 * subsample (its matrix NULL), where it tells too little (few rows of a class, no convergence), or
 * where its answer fits all rows no better. The subsample is used up. newton is prepared. */
CHURN_MUST_USE churn_status churn_warm_start_enter(churn_newton *newton, const churn_totals *totals,
                                                   churn_subsample *subsample, const double *means,
                                                   const double *deviations, churn_error *error);

#endif
