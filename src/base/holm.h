/* Several p values at once: Holm 1979, "A simple sequentially rejective multiple test procedure",
 * Scandinavian Journal of Statistics 6:65.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_BASE_HOLM_H
#define CHURN_BASE_HOLM_H

#include <churn/status.h>
#include <stddef.h>

/* adjusted [count]: rejecting those at most alpha holds the chance of any false rejection below
 * alpha, however the tests depend on each other. NaN stays NaN and does not count as a test.
 * adjusted may be p. NO_MEMORY. */
CHURN_MUST_USE churn_status churn_holm_adjust(const double *p, size_t count, double *adjusted,
                                              churn_error *error);

#endif
