/* Reliability table: bins of about equal weight, and how sure their shares are.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "evaluate/reliability.h"

#include "base/error.h"
#include "base/memory.h"
#include "fit/isotonic.h"
#include "score/recalibration.h"

#include <math.h>
#include <stdlib.h>

/* 97.5 % point of the standard normal distribution. */
static const double normal_975 = 1.959963984540054;

void churn_wilson(double share, double rows, double *lower, double *upper)
{
  double z2 = normal_975 * normal_975, middle = share + z2 / (2 * rows);
  double half = normal_975 * sqrt(share * (1 - share) / rows + z2 / (4 * rows * rows));
  *lower = fmax(0, (middle - half) / (1 + z2 / rows));
  *upper = fmin(1, (middle + half) / (1 + z2 / rows));
}

static double weight_of(const churn_logit_rows *rows, size_t row)
{
  return rows->weights == NULL ? 1 : rows->weights[row];
}

/* Numbers of the bins of all rows with weight; of the others CHURN_RELIABILITY_BINS. `order` is by
 * ascending logit. */
static void deal(const churn_logit_rows *rows, const uint32_t *order, uint8_t *bin)
{
  double total = 0, reached = 0;
  uint8_t at = 0;
  for (size_t r = 0; r < rows->rows; r++)
    total += weight_of(rows, r);
  for (size_t i = rows->rows; i-- > 0;) {
    uint32_t row = order[i];
    bool tied = i > 0 && rows->logits[order[i - 1]] == rows->logits[row];
    reached += weight_of(rows, row);
    bin[row] = weight_of(rows, row) > 0 ? at : CHURN_RELIABILITY_BINS;
    while (!tied && at < CHURN_RELIABILITY_BINS - 1 &&
           reached >= (at + 1) * total / CHURN_RELIABILITY_BINS)
      at++;
  }
}

/* Sums over the rows of a bin; score: of the cluster at hand. */
typedef struct gathered {
  double weight, positive, predicted;
  double score, squares;
  size_t clusters;
  size_t last; /* row that came last, from 1 */
} gathered;

static void gather(const churn_logit_rows *rows, const uint8_t *bin, churn_reliability *bins,
                   gathered *sums)
{
  for (size_t r = 0; r < rows->rows; r++) {
    if (bin[r] == CHURN_RELIABILITY_BINS)
      continue;
    gathered *s = &sums[bin[r]];
    double weight = weight_of(rows, r);
    bins[bin[r]].rows++;
    bins[bin[r]].churners += rows->labels[r] == 1;
    s->weight += weight;
    s->positive += rows->labels[r] == 1 ? weight : 0;
    s->predicted += weight * churn_probability(rows->logits[r]);
  }
}

/* Squares of the clusters' sums of weight (y - share). */
static void spread(const churn_logit_rows *rows, const uint8_t *bin, const churn_reliability *bins,
                   gathered *sums)
{
  for (size_t r = 0; r < rows->rows; r++) {
    if (bin[r] == CHURN_RELIABILITY_BINS)
      continue;
    gathered *s = &sums[bin[r]];
    bool fresh =
        s->last == 0 || rows->clusters == NULL || rows->clusters[r] != rows->clusters[s->last - 1];
    s->squares += fresh ? s->score * s->score : 0;
    s->clusters += fresh;
    s->score =
        (fresh ? 0 : s->score) + weight_of(rows, r) * (rows->labels[r] - bins[bin[r]].observed);
    s->last = r + 1;
  }
}

/* Independent rows that would tell as much. */
static double worth(const churn_logit_rows *rows, const churn_reliability *bin, const gathered *s)
{
  double count = (double)bin->rows, clusters = (double)s->clusters;
  double squares = s->squares + s->score * s->score;
  if (rows->clusters == NULL && rows->weights == NULL)
    return count;
  if (!(squares > 0) || s->clusters < 2)
    return clusters;
  double correction = rows->clusters == NULL ? 1 : clusters / (clusters - 1);
  double variance = correction * squares / (s->weight * s->weight);
  return fmin(count, bin->observed * (1 - bin->observed) / variance);
}

static size_t close_bins(const churn_logit_rows *rows, const uint8_t *bin, churn_reliability *bins,
                         gathered *sums)
{
  size_t count = 0;
  for (size_t b = 0; b < CHURN_RELIABILITY_BINS; b++) {
    if (bins[b].rows == 0)
      continue;
    bins[b].mean_predicted = sums[b].predicted / sums[b].weight;
    bins[b].observed = sums[b].positive / sums[b].weight;
  }
  spread(rows, bin, bins, sums);
  for (size_t b = 0; b < CHURN_RELIABILITY_BINS; b++) {
    if (bins[b].rows == 0)
      continue;
    churn_wilson(bins[b].observed, worth(rows, &bins[b], &sums[b]), &bins[b].lower, &bins[b].upper);
    bins[count++] = bins[b];
  }
  return count;
}

churn_status churn_reliability_table(const churn_logit_rows *rows, churn_reliability *bins,
                                     size_t *count, churn_error *error)
{
  gathered sums[CHURN_RELIABILITY_BINS] = {0};
  churn_reliability made[CHURN_RELIABILITY_BINS] = {0};
  if (rows->rows == 0)
    return churn_error_set(error, CHURN_USAGE, "there are no rows to tabulate");
  uint32_t *order = churn_logit_order(rows);
  uint8_t *bin = churn_array_new(rows->rows, sizeof *bin);
  churn_status status = order == NULL || bin == NULL ? churn_error_no_memory(error) : CHURN_OK;
  if (status == CHURN_OK) {
    deal(rows, order, bin);
    gather(rows, bin, made, sums);
    *count = close_bins(rows, bin, made, sums);
    for (size_t b = 0; b < *count; b++)
      bins[b] = made[b];
  }
  free(order);
  free(bin);
  return status;
}
