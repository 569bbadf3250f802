/* The parts of churn.yaml that differ from world to world. Inside simulate/ only.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_SIMULATE_PROJECT_TEXT_H
#define CHURN_SIMULATE_PROJECT_TEXT_H

#include "base/output.h"
#include "simulate/world.h"

typedef struct churn_project_text {
  const char *sources;                                             /* down to the histories */
  void (*outcome)(const churn_world *world, churn_output *output); /* what is predicted */
  const char *features;                                            /* and feature sets */
} churn_project_text;

extern const churn_project_text churn_telecom_text, churn_bank_text, churn_wholesale_text;

#endif
