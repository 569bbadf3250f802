/* What a model says of those who were lost, of data that are open already, and as JSON. Place in
 * the flow: pipeline, plan of kinds, model -> churn_agreement. Cost: the model's features of the
 * lost, once.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_JOBS_AGREEMENT_H
#define CHURN_JOBS_AGREEMENT_H

#include "design/kinds.h"
#include "design/pipeline.h"
#include "model/text.h"

/* As churn_agreement_count, of a pipeline that was opened with the model, and a plan of kinds that
 * is bound to its data. Nothing is read. */
CHURN_MUST_USE churn_status churn_agreement_of_pipeline(churn_pipeline *pipeline, churn_plan *kinds,
                                                        const churn_model *model,
                                                        const churn_agreement_settings *settings,
                                                        const churn_run *run,
                                                        churn_agreement **agreement,
                                                        churn_error *error);

/* What `churn evaluate --reasons --json` prints, as one object; of more than `most` recorded
 * reasons the commonest, by how many left for them. */
void churn_agreement_json(const churn_agreement *agreement, size_t most, churn_json_text *text);

#endif
