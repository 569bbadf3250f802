/* What each row stands for, and the known part of its logit: weights and offset, from expressions
 * over the customers' columns. Place in the flow: project, or a model's offset, and schema -> plan
 * of their own, so that nothing else is evaluated twice -> weight and offset of snapshots.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_DESIGN_ROW_TERMS_H
#define CHURN_DESIGN_ROW_TERMS_H

#include "design/snapshots.h"

#include <churn/model.h>

typedef struct churn_row_terms {
  const churn_project *project; /* borrowed */
  churn_plan *weight;           /* of one output; NULL = no such expression */
  churn_plan *offset;           /* likewise */
} churn_row_terms;

/* The project's weights (`weighted`) and offset; with a model (NULL allowed) the model's offset
 * instead, since weights belong to the rows and the offset to the coefficients. BAD_PROJECT for an
 * expression that does not fit the schema, or a weight that looks at histories. The caller clears,
 * also after a failure. */
CHURN_MUST_USE churn_status churn_row_terms_build(const churn_project *project,
                                                  const churn_schema *schema,
                                                  const churn_model *model, bool weighted,
                                                  const churn_run *run, churn_row_terms *terms,
                                                  churn_error *error);
void churn_row_terms_clear(churn_row_terms *terms);

/* Adds what the offset and, `weighted`, the weight read to `needs`. */
void churn_row_terms_add_needs(const churn_row_terms *terms, bool weighted, churn_needs *needs);

/* As churn_plan_bind, after data was read with those needs. */
CHURN_MUST_USE churn_status churn_row_terms_bind(const churn_row_terms *terms, bool weighted,
                                                 const churn_data *data, churn_error *error);

/* Sets the offset of every row and, `weighted`, its weight: a frequency, 1 / inclusion
 * probability, or 1 / the rate at which rows of its label were sampled (labelled rows only). With
 * frequencies the snapshots become `repeated`, and rows with 0 are taken out. INCONSISTENT, with
 * the place in the customers' file, where a weight is missing or out of range (frequency: a whole
 * number >= 0; inclusion: above 0), or an offset is missing; of several the first line's. */
CHURN_MUST_USE churn_status churn_row_terms_apply(const churn_row_terms *terms,
                                                  const churn_data *data, bool weighted,
                                                  const churn_run *run, churn_snapshots *snapshots,
                                                  churn_error *error);

#endif
