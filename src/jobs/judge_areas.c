/* Areas of out-of-fold predictions, without more.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs/judge_parts.h"

#include "base/error.h"
#include "base/memory.h"

#include <stdlib.h>

/* Logits of sets first.. at once, those of judged rows packed. */
churn_status churn_judge_logits(const churn_judge_input *in, const churn_judged_rows *rows,
                                size_t first, size_t count, const churn_run *run, double *logits,
                                churn_error *error)
{
  churn_status status = churn_predictions_make(in->predictions, first, count, run, logits, error);
  for (size_t s = 0; status == CHURN_OK && s < count; s++)
    churn_judged_rows_pack(rows, logits + s * rows->all);
  return status;
}

static churn_status area_of(const churn_judged_rows *rows, const churn_auc_rows *auc_rows,
                            const double *logits, const churn_run *run, churn_ordering *ordering,
                            double *parts, double *area, churn_error *error)
{
  churn_status status = churn_ordering_sort(&rows->judged, logits, run, ordering, error);
  return status == CHURN_OK ? churn_auc_parts(auc_rows, ordering, run, area, NULL, parts, error)
                            : status;
}

churn_status churn_judge_area(const churn_judged_rows *rows, const churn_auc_rows *auc_rows,
                              double *logits, const churn_run *run, churn_ordering *ordering,
                              double *area, double *parts, churn_error *error)
{
  churn_judged_rows_pack(rows, logits);
  return area_of(rows, auc_rows, logits, run, ordering, parts, area, error);
}

churn_status churn_judge_predicted(const churn_judge_input *input, const churn_run *run,
                                   double *areas, churn_error *error)
{
  churn_judged_rows rows = {0};
  churn_auc_rows *auc_rows = NULL;
  churn_ordering ordering = {0};
  size_t sets = input->predictions->set_count;
  double *logits =
      churn_array_new(churn_judged_at_once(sets, 0) * input->rows->count, sizeof *logits);
  double *parts = churn_array_new(input->rows->count, sizeof *parts);
  churn_status status = logits == NULL || parts == NULL ? churn_error_no_memory(error) : CHURN_OK;
  if (status == CHURN_OK)
    status = churn_judged_rows_take(input->rows, input->values, input->folds, input->weighted,
                                    &rows, error);
  if (status == CHURN_OK)
    status = churn_auc_rows_new(&rows.judged, &auc_rows, error);
  for (size_t s = 0; status == CHURN_OK && s < sets; s++) {
    if (s % CHURN_JUDGED_AT_ONCE == 0)
      status =
          churn_judge_logits(input, &rows, s, churn_judged_at_once(sets, s), run, logits, error);
    if (status == CHURN_OK)
      status = area_of(&rows, auc_rows, logits + s % CHURN_JUDGED_AT_ONCE * rows.all, run,
                       &ordering, parts, &areas[s], error);
  }
  churn_judged_rows_clear(&rows);
  churn_auc_rows_free(auc_rows);
  churn_ordering_clear(&ordering);
  free(logits);
  free(parts);
  return status;
}
