/* A comparison of two sets in words. Place in the flow: figures of a pair -> its verdict.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_JOBS_VERDICT_H
#define CHURN_JOBS_VERDICT_H

#include <churn/compare.h>

/* Of intervals; a difference is one where its p, corrected, is below what it leaves out. */
#define CHURN_VERDICT_LEVEL 0.95

/* Whether set `second` is better than `first`, in words: by AUC, and, where the interval of the
 * difference in log-loss or in money leaves 0 out and tells otherwise, by those. NULL when memory
 * ran out. */
char *churn_verdict_words(const char *first, const char *second, const churn_compared_pair *pair);

#endif
