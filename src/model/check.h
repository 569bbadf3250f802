/* What the parts of the model's check share.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_MODEL_CHECK_H
#define CHURN_MODEL_CHECK_H

#include "model/fault.h"

#include <churn/model.h>

typedef struct churn_model_checker {
  const churn_model_reporter *reporter;
  const churn_model *model;
} churn_model_checker;

#define CHURN_FAULT_IN(c, ...) churn_model_fault((c)->reporter, __VA_ARGS__)

/* A text of the file in a message: its start. */
#define CHURN_SHOWN "\"%.80s\""

/* Features, levels, and columns: each refers to the others rightly (check_encoding.c). */
churn_status churn_model_check_encoding(const churn_model_checker *c);

/* The figures at `key` are in their ranges. */
churn_status churn_model_check_figures(const churn_model_checker *c, const char *key,
                                       const churn_figures *f);

/* Out-of-fold figures and recalibration (check_calibration.c). */
churn_status churn_model_check_calibration(const churn_model_checker *c);

#endif
