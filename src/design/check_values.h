/* What `check` says of texts in the project that the data do not hold: categories that expressions
 * compare with, and the section `kinds`.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_DESIGN_CHECK_VALUES_H
#define CHURN_DESIGN_CHECK_VALUES_H

#include "design/pipeline.h"

/* A warning for each text that an expression compares a category with and that no row has. Of a
 * pipeline whose data hold all columns. NO_MEMORY. */
CHURN_MUST_USE churn_status churn_check_values(const churn_pipeline *pipeline, const churn_run *run,
                                               churn_error *error);

/* Faults of `kinds` (a reason that is no column, a rule that is no condition), a warning for each
 * listed reason that no customer has and for each text in a rule, and one where nothing tells on
 * which day customers leave, so that rates cannot count kinds. Likewise. */
CHURN_MUST_USE churn_status churn_check_kinds(const churn_pipeline *pipeline, const churn_run *run,
                                              churn_error *error);

#endif
