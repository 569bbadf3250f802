/* The operations of the language on batches of values, NaN = missing. All work element by element.
 *
 * Division by zero, results that overflow and log1p(x <= -1) are missing. A comparison with missing
 * is missing; and/or/not have three values (SQL): false and missing = false, true or missing =
 * true. min and max are missing when one operand is. if(c, a, b) is b where c is missing.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_FEATURE_OPERATE_H
#define CHURN_FEATURE_OPERATE_H

#include "feature/ast.h"

/* values[i] = operation values[i]: NEGATE, NOT, IS_MISSING, ABS, LOG1P. */
void churn_operate_one(churn_operation operation, size_t count, double *values);

/* left[i] = left[i] operation right[i]: arithmetic, comparisons, AND, OR, COALESCE, LEAST,
 * GREATEST. */
void churn_operate_two(churn_operation operation, size_t count, const double *right, double *left);

/* condition[i] = condition[i] is true ? yes[i] : no[i]. */
void churn_operate_if(size_t count, const double *yes, const double *no, double *condition);

#endif
