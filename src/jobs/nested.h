/* Tests between nested sets: do the columns that one set has more of explain more
 * than chance would, on all rows? Place in the flow: shared tiles, sets -> the comparison's pairs.
 *
 * Where the features of one set are among those of the other, both are fitted to all rows on the
 * shared tiles, and twice the difference of their log-likelihoods is held against chi-square with
 * as many degrees of freedom as they differ in columns (Wilks, Annals of Mathematical Statistics 9,
 * 1938). It is in sample, and asks whether there is anything in the columns; the difference in AUC
 * asks whether it helps to rank.
 *
 * Rows that depend on each other (customers with several rows) and weights of inclusion have no
 * such likelihood: there it is Wald's test of the larger fit's further columns, by the covariance
 * clustered by customer, or robust (fit/nested_wald.h). Penalised fits have no test. Cost: a
 * fold more of the comparison's own fits, and a reading of the tiles; Wald's: one with the Hessian
 * for each larger set.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_JOBS_NESTED_H
#define CHURN_JOBS_NESTED_H

#include "jobs/out_of_fold.h"

#include <churn/compare.h>

/* Marks the sets of the comparison's pairs that are nested: wanted [sets], of which a test wants
 * the fit on all rows. */
void churn_nested_mark(const churn_feature_sets *sets, size_t features,
                       const churn_comparison *comparison, bool *wanted);

/* Fills `nested` of the pairs from the fits on all rows that the predictions hold; all its figures
 * NaN, df 0 where there is no test. NO_MEMORY. */
CHURN_MUST_USE churn_status churn_nested_test(const churn_out_of_fold_input *input,
                                              const churn_predictions *fits, const churn_run *run,
                                              churn_comparison *comparison, churn_error *error);

#endif
