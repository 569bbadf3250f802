/* Does a model suit a project, and is it of any use? Place in the flow: project, model -> whoever
 * scores or judges by them.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_SCORE_SUITABLE_H
#define CHURN_SCORE_SUITABLE_H

#include "project/project.h"

#include <churn/model.h>
#include <churn/run.h>

/* For whoever judges a model, also on an outcome that it was not made for (`--outcome`):
 * INCONSISTENT and the warning as below; one of the project's other `outcomes` is judged as asked
 * for. */
CHURN_MUST_USE churn_status churn_score_check_judged(const churn_project *project,
                                                     const churn_model *model, const churn_run *run,
                                                     churn_error *error);

/* BAD_PROJECT for a model that was trained on another of the project's `outcomes` than this run
 * works with; INCONSISTENT where churn itself is told in another way, as by an event instead of a
 * leaving day: what the model predicts has then nothing to do with the project. A project without
 * an outcome, and a model that does not say, suit. Another horizon or gap gets the warning
 * "other_outcome", which says both. */
CHURN_MUST_USE churn_status churn_score_check_outcome(const churn_project *project,
                                                      const churn_model *model,
                                                      const churn_run *run, churn_error *error);

/* The same for whoever acts on scores: a model that predicts no better than one probability for
 * everyone gets the warning "guessing_model" too. */
CHURN_MUST_USE churn_status churn_score_check_model(const churn_project *project,
                                                    const churn_model *model, const churn_run *run,
                                                    churn_error *error);

#endif
