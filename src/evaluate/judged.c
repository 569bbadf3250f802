/* Labelled rows that several sets of scores are judged on.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "evaluate/judged.h"

#include "base/error.h"

#include <math.h>

static churn_status check_row(const churn_judged *j, size_t row, churn_error *error)
{
  double weight = churn_judged_weight(j, row);
  if (j->labels[row] != 0 && j->labels[row] != 1)
    return churn_error_set(error, CHURN_USAGE, "row %zu has label %d; expected 0 or 1", row,
                           j->labels[row]);
  if (!(weight > 0) || isinf(weight))
    return churn_error_set(error, CHURN_USAGE,
                           "row %zu has weight %g; expected a finite number above 0", row, weight);
  if (j->values != NULL && isinf(j->values[row]))
    return churn_error_set(error, CHURN_USAGE,
                           "row %zu has value %g; expected a finite number or NaN", row,
                           j->values[row]);
  if (j->clusters != NULL && j->clusters[row] >= j->cluster_count)
    return churn_error_set(error, CHURN_USAGE, "row %zu is in cluster %u; there are %u", row,
                           j->clusters[row], j->cluster_count);
  if (j->folds != NULL && j->folds[row] >= j->fold_count)
    return churn_error_set(error, CHURN_USAGE, "row %zu is in fold %u; there are %u", row,
                           j->folds[row], j->fold_count);
  return CHURN_OK;
}

churn_status churn_judged_check(const churn_judged *judged, churn_error *error)
{
  churn_status status = CHURN_OK;
  if (judged->rows >= UINT32_MAX)
    return churn_error_set(error, CHURN_USAGE, "%zu rows to judge; at most 2^32 - 2 are taken",
                           judged->rows);
  for (size_t i = 0; status == CHURN_OK && i < judged->rows; i++)
    status = check_row(judged, i, error);
  return status;
}

double churn_judged_loss(const churn_judged *judged, size_t row)
{
  if (judged->values == NULL || judged->labels[row] == 0 || isnan(judged->values[row]))
    return 0;
  return judged->values[row];
}
