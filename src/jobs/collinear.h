/* Features that move together. Place in the flow: matrix of the best set -> a group number a
 * feature.
 *
 * Two features are linked where a column of one and a column of the other correlate by 0.8 or more,
 * up or down; a group is all that links join (single linkage), so its ends may correlate less.
 * Pairs alone are looked at: what several features together say of one is in its inflation (GVIF).
 * The correlations are of at most 262,144 rows, in tiles spread evenly.
 *
 * Cost: those rows x columns^2.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_JOBS_COLLINEAR_H
#define CHURN_JOBS_COLLINEAR_H

#include "design/matrix.h"

#include <churn/run.h>

#define CHURN_COLLINEAR_BOUND 0.8

/* groups [features]: 1, 2, … in the order of their first features; 0 = in none. feature_of
 * [columns of the matrix]: below `features`. NO_MEMORY. */
CHURN_MUST_USE churn_status churn_collinear_groups(const churn_matrix *matrix,
                                                   const uint32_t *feature_of, size_t features,
                                                   const churn_run *run, uint32_t *groups,
                                                   churn_error *error);

#endif
