/* Predictions for rows by models that did not see them.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs/out_of_fold.h"

#include "base/error.h"
#include "base/memory.h"
#include "jobs/own_folds.h"
#include "jobs/shared_folds.h"

#include <stdlib.h>
#include <string.h>

void churn_set_columns(const churn_model *encoding, const churn_feature_set *set, bool *wanted)
{
  for (size_t f = 0; f < encoding->feature_count; f++) {
    const churn_model_feature *feature = &encoding->features[f];
    const int32_t own[] = {feature->number_column, feature->missing_column, feature->other_column};
    for (size_t i = 0; set->holds[f] && i < sizeof own / sizeof own[0]; i++)
      if (own[i] >= 0)
        wanted[own[i]] = true;
    for (size_t l = 0; set->holds[f] && l < feature->level_count; l++)
      if (feature->levels[l].column >= 0)
        wanted[feature->levels[l].column] = true;
  }
}

/* Room for the sets of which some fit is left over. */
static churn_status make_room(const churn_out_of_fold_input *input, const bool *wanted,
                              churn_predictions *predictions, churn_error *error)
{
  size_t sets = input->sets->count;
  for (size_t i = 0; i < sets * input->folds->count; i++) {
    double **own = &predictions->own[i % sets];
    if (wanted[i] && *own == NULL &&
        (*own = churn_array_new(input->rows->count, sizeof **own)) == NULL)
      return churn_error_no_memory(error);
  }
  return CHURN_OK;
}

churn_status churn_out_of_fold(const churn_out_of_fold_input *input, const char *stage,
                               const churn_run *run, churn_predictions *predictions,
                               churn_set_outcome *outcomes, uint32_t *finished, churn_error *error)
{
  size_t fits = input->sets->count * input->folds->count;
  bool *wanted = churn_array_new(fits, sizeof *wanted);
  churn_status status = wanted == NULL ? churn_error_no_memory(error) : CHURN_OK;
  memset(outcomes, 0, input->sets->count * sizeof *outcomes);
  for (size_t i = 0; status == CHURN_OK && i < fits; i++)
    wanted[i] = true;
  if (status == CHURN_OK && input->tiles != NULL && input->tiles->usable &&
      input->contributions == NULL)
    status = churn_shared_folds(input, wanted, stage, run, predictions, outcomes, error);
  if (status == CHURN_OK)
    status = make_room(input, wanted, predictions, error);
  if (status == CHURN_OK)
    status =
        churn_own_folds(input, wanted, stage, run, predictions->own, outcomes, finished, error);
  free(wanted);
  return status;
}
