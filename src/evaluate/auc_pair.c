/* Two areas under the ROC curve on the same rows.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "evaluate/auc_pair.h"

#include "base/error.h"
#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

typedef struct placed {
  double score;
  size_t row;
} placed;

static int compare_placed(const void *left, const void *right)
{
  const placed *a = left, *b = right;
  if (a->score != b->score)
    return a->score < b->score ? -1 : 1;
  return (a->row > b->row) - (a->row < b->row);
}

static size_t count_churners(const int8_t *labels, size_t rows)
{
  size_t churners = 0;
  for (size_t i = 0; i < rows; i++)
    churners += labels[i] == 1;
  return churners;
}

/* Each row's component into components [rows]; returns the area. `sorted` is scratch. */
static double place(const int8_t *labels, const double *scores, size_t rows, placed *sorted,
                    double *components)
{
  size_t churners = count_churners(labels, rows), stayers = rows - churners;
  size_t churners_below = 0, stayers_below = 0, twice_wins = 0;
  for (size_t i = 0; i < rows; i++)
    sorted[i] = (placed){scores[i], i};
  qsort(sorted, rows, sizeof *sorted, compare_placed);
  for (size_t i = 0, end; i < rows; i = end) {
    size_t tied_churners = 0;
    for (end = i; end < rows && sorted[end].score == sorted[i].score; end++)
      tied_churners += labels[sorted[end].row] == 1;
    size_t tied_stayers = end - i - tied_churners;
    size_t twice_above = 2 * (churners - churners_below) - tied_churners;
    size_t twice_below = 2 * stayers_below + tied_stayers;
    for (size_t k = i; k < end; k++)
      components[sorted[k].row] = labels[sorted[k].row] == 1
                                      ? (double)twice_below / (2 * (double)stayers)
                                      : (double)twice_above / (2 * (double)churners);
    twice_wins += tied_churners * twice_below;
    churners_below += tied_churners;
    stayers_below += tied_stayers;
  }
  return (double)twice_wins / (2 * (double)churners * (double)stayers);
}

/* One pass over clusters. */
static void add_up(const int8_t *labels, const uint32_t *clusters, const double *first,
                   const double *second, size_t rows, churn_auc_pair *pair)
{
  double churners = (double)count_churners(labels, rows), stayers = (double)rows - churners;
  double a = 0, b = 0, aa = 0, bb = 0, ab = 0, count = 0;
  for (size_t i = 0; i < rows; i++) {
    double share = labels[i] == 1 ? churners : stayers;
    a += (first[i] - pair->first) / share;
    b += (second[i] - pair->second) / share;
    if (i + 1 < rows && clusters[i + 1] == clusters[i])
      continue;
    aa += a * a;
    bb += b * b;
    ab += a * b;
    count++;
    a = b = 0;
  }
  double factor = count > 1 ? count / (count - 1) : NAN;
  pair->first_variance = factor * aa;
  pair->second_variance = factor * bb;
  pair->covariance = factor * ab;
}

churn_status churn_auc_pair_compute(const int8_t *labels, const uint32_t *clusters,
                                    const double *first, const double *second, size_t rows,
                                    churn_auc_pair *pair, churn_error *error)
{
  size_t churners = count_churners(labels, rows);
  if (churners == 0 || churners == rows) {
    *pair = (churn_auc_pair){NAN, NAN, NAN, NAN, NAN};
    return CHURN_OK;
  }
  placed *sorted = churn_array_new(rows, sizeof *sorted);
  double *components = churn_array_new(rows, 2 * sizeof *components);
  churn_status status = CHURN_OK;
  if (sorted == NULL || components == NULL) {
    status = churn_error_no_memory(error);
    goto done;
  }
  pair->first = place(labels, first, rows, sorted, components);
  pair->second = place(labels, second, rows, sorted, components + rows);
  add_up(labels, clusters, components, components + rows, rows, pair);
done:
  free(sorted);
  free(components);
  return status;
}
