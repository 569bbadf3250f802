/* Which features a verb works with: the project's, those of a set, or the customers' columns of a
 * flat export.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_DESIGN_SELECTION_H
#define CHURN_DESIGN_SELECTION_H

#include "history/schema.h"

#include <churn/model.h>

typedef struct churn_selection {
  churn_feature_spec
      *features; /* in project order; texts borrowed from project and schema, or in `owned` */
  size_t count;
  char **owned;
  size_t owned_count;
  const char *set; /* "all" when no set was asked for */
} churn_selection;

/* `set` NULL = every feature. USAGE for a set that the project does not have (lists them),
 * BAD_PROJECT for a pattern that matches no feature. `customers.*` gives every column of customers
 * but those that the project names as id, joined, or (alone, not in a formula) value, and those
 * that are `taken` [columns of customers] (weights and offset read them; NULL = none); a day
 * column, or one whose name holds `?` or `=`, is left out with a note. */
CHURN_MUST_USE churn_status churn_selection_build(const churn_project *project,
                                                  const churn_schema *schema, const char *set,
                                                  const bool *taken, const churn_run *run,
                                                  churn_selection **selection, churn_error *error);
/* A model's features as if a project had them, for fitting them again: texts borrowed from the
 * model. NO_MEMORY. */
CHURN_MUST_USE churn_status churn_selection_of_model(const churn_model *model,
                                                     churn_selection **selection,
                                                     churn_error *error);
void churn_selection_free(churn_selection *selection);

#endif
