/* How far a coefficient may be relied on, in a word. Place in the flow: matrix and inflation ->
 * inference. Cost: rows x columns once.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_FIT_CONDITION_H
#define CHURN_FIT_CONDITION_H

#include "design/matrix.h"

#include <churn/run.h>
#include <stdbool.h>
#include <stdint.h>

/* The first that applies, from the last down. */
typedef enum churn_condition {
  CHURN_CONDITION_OK,
  CHURN_CONDITION_COLLINEAR, /* GVIF^(1 / (2 df)) of its feature above sqrt(10): the other features
                                leave less than a tenth of its variance (Marquardt, Journal of the
                                American Statistical Association 65, 1970) */
  CHURN_CONDITION_FEW_ROWS,  /* a 0/1 column, and fewer than 10 churners or 10 stayers have one of
                                the  two values: the rule of ten events (Peduzzi and others, Journal
                                of  Clinical Epidemiology 49, 1996), asked of each value */
  CHURN_CONDITION_NEAR_SEPARATION, /* along the column, the intercept following, the likelihood
                                      bends less than a hundredth as much as in the model without
                                      columns (all rows at the mean probability, or at their
                                      offset's): the rows that tell are predicted almost
                                      surely, and the standard error is too large for the estimate
                                      (Hauck and Donner, Journal of the American Statistical
                                      Association 72, 1977). Or a 0/1 column, and no churner or no
                                      stayer has one of the two values: only a penalty keeps the
                                      estimate finite, and a sandwich, which takes the spread of
                                      those rows for 0, makes its error far too small */
  CHURN_CONDITION_SEPARATION       /* the coefficient has no finite value */
} churn_condition;

/* "ok", "collinear", "few_rows", "near_separation", "separation". */
const char *churn_condition_name(churn_condition condition);

/* What the conditions of one column rest on. */
typedef struct churn_condition_facts {
  double scaled_gvif;   /* NaN = not known */
  double curvature;     /* share of the null model's, on the standardised column; NaN = not known */
  uint64_t fewest_rows; /* of churners or stayers at 0 or 1; UINT64_MAX: no 0/1 column */
  bool separates;
} churn_condition_facts;

churn_condition churn_condition_of(const churn_condition_facts *facts);

/* fewest_rows of every column [columns] of a standardised matrix. Rows without weight do not count,
 * `repeated` ones as often as they are.
 */
CHURN_MUST_USE churn_status churn_condition_rows(const churn_matrix *matrix, const double *means,
                                                 const double *deviations, const churn_run *run,
                                                 uint64_t *fewest_rows, churn_error *error);

#endif
