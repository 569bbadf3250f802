/* What the columns and the fit look like in the population that a sample thinned by outcome came
 * from. Place in the flow: fitted matrix -> means, deviations and effects of the model. Cost: two
 * passes over the rows.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_JOBS_POPULATION_H
#define CHURN_JOBS_POPULATION_H

#include "fit/logistic.h"

#include <churn/model.h>

/* Replaces the model's columns' mean and deviation, which are the matrix's, and where there is one
 * the effect of a deviation, by those over rows that count `weights` [rows] each and whose logits
 * lie `shift` below the matrix's. The matrix is as churn_fit_logistic left it, and result too. */
CHURN_MUST_USE churn_status churn_population_describe(churn_matrix *matrix, const double *weights,
                                                      double shift, const churn_fit_result *result,
                                                      const churn_run *run, churn_model *model,
                                                      churn_error *error);

#endif
