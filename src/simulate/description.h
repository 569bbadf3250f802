/* The files that describe the world: churn.yaml, which teaches how a project file is written,
 * desk.yaml, the same with what a retention desk needs beside the list, and truth.json, which gives
 * the answer.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_SIMULATE_DESCRIPTION_H
#define CHURN_SIMULATE_DESCRIPTION_H

#include "base/output.h"
#include "simulate/world.h"

void churn_description_project(const churn_world *world, churn_output *output);
void churn_description_desk(const churn_world *world, churn_output *output);

/* Settings, definitions, coefficients, how good a model can get. NO_MEMORY. */
CHURN_MUST_USE churn_status churn_description_truth(const churn_world *world,
                                                    const churn_simulate_report *report,
                                                    churn_output *output, churn_error *error);

#endif
