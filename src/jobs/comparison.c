/* What a comparison owns.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <churn/compare.h>

#include <stdlib.h>

void churn_comparison_free(churn_comparison *comparison)
{
  if (comparison == NULL)
    return;
  for (size_t s = 0; comparison->sets != NULL && s < comparison->set_count; s++) {
    free(comparison->sets[s].name);
    free(comparison->sets[s].features);
    free(comparison->sets[s].fold_aucs);
    free(comparison->sets[s].fold_log_losses);
    free(comparison->sets[s].fold_briers);
  }
  for (size_t i = 0; comparison->pairs != NULL && i < comparison->pair_count; i++)
    free(comparison->pairs[i].verdict);
  for (size_t i = 0; comparison->features != NULL && i < comparison->feature_count; i++)
    free(comparison->features[i]);
  for (size_t i = 0; comparison->expressions != NULL && i < comparison->feature_count; i++)
    free(comparison->expressions[i]);
  for (size_t i = 0; comparison->inputs != NULL && i < comparison->input_count; i++) {
    free(comparison->inputs[i].source);
    free(comparison->inputs[i].fingerprint);
  }
  for (size_t i = 0; comparison->columns != NULL && i < comparison->column_count; i++)
    free(comparison->columns[i].name);
  free(comparison->sets_text);
  free(comparison->test_kind);
  free(comparison->interval_kind);
  free(comparison->features);
  free(comparison->expressions);
  free(comparison->inputs);
  free(comparison->best_features);
  free(comparison->columns);
  free(comparison->folds);
  free(comparison->sets);
  free(comparison->pairs);
  free(comparison);
}
