/* The rows of a comparison that are judged.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs/judged_rows.h"

#include "base/error.h"
#include "base/memory.h"

#include <stdlib.h>

void churn_judged_rows_clear(churn_judged_rows *rows)
{
  free(rows->labels);
  free(rows->values);
  free(rows->weights);
  free(rows->clusters);
  free(rows->of_fold);
  *rows = (churn_judged_rows){0};
}

void churn_judged_rows_pack(const churn_judged_rows *rows, double *numbers)
{
  size_t to = 0;
  for (size_t i = 0; rows->judged.rows < rows->all && i < rows->all; i++)
    if (rows->folds->fold[i] != CHURN_NOT_JUDGED)
      numbers[to++] = numbers[i];
}

static churn_status allocate(churn_judged_rows *r, size_t rows, bool valued, bool weighted,
                             churn_error *error)
{
  r->labels = churn_array_new(rows, sizeof *r->labels);
  if (valued && (r->values = churn_array_new(rows, sizeof *r->values)) == NULL)
    return churn_error_no_memory(error);
  if (weighted && (r->weights = churn_array_new(rows, sizeof *r->weights)) == NULL)
    return churn_error_no_memory(error);
  r->clusters = churn_array_new(rows, sizeof *r->clusters);
  r->of_fold = churn_array_new(rows, sizeof *r->of_fold);
  return r->labels == NULL || r->clusters == NULL || r->of_fold == NULL
             ? churn_error_no_memory(error)
             : CHURN_OK;
}

/* Customers' numbers become dense: rows of one stand together. */
static uint32_t copy_rows(churn_judged_rows *r, const churn_snapshots *rows, const double *values)
{
  uint32_t customer = 0, clusters = 0;
  size_t to = 0;
  for (size_t i = 0; i < rows->count; i++) {
    const churn_snapshot *row = &rows->rows[i];
    if (r->folds->fold[i] == CHURN_NOT_JUDGED)
      continue;
    clusters += clusters == 0 || row->customer != customer;
    customer = row->customer;
    r->labels[to] = row->label;
    if (r->values != NULL)
      r->values[to] = values[i];
    if (r->weights != NULL)
      r->weights[to] = row->weight;
    r->clusters[to] = clusters - 1;
    r->of_fold[to] = r->folds->fold[i];
    to++;
  }
  return clusters;
}

churn_status churn_judged_rows_take(const churn_snapshots *rows, const double *values,
                                    const churn_judging_folds *folds, bool weighted,
                                    churn_judged_rows *taken, churn_error *error)
{
  churn_judged_rows *r = taken;
  size_t count = 0;
  *r = (churn_judged_rows){.folds = folds, .all = rows->count};
  for (size_t i = 0; i < rows->count; i++)
    count += folds->fold[i] != CHURN_NOT_JUDGED;
  churn_status status = allocate(r, count, values != NULL, weighted, error);
  if (status != CHURN_OK)
    return status;
  uint32_t clusters = copy_rows(r, rows, values);
  if (clusters == count) { /* each row stands for itself */
    free(r->clusters);
    r->clusters = NULL;
  }
  r->judged = (churn_judged){.rows = count,
                             .labels = r->labels,
                             .weights = r->weights,
                             .values = r->values,
                             .clusters = r->clusters,
                             .cluster_count = clusters,
                             .folds = r->of_fold,
                             .fold_count = folds->count};
  return churn_judged_check(&r->judged, error);
}
