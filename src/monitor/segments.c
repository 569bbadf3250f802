/* Who is at risk by segment.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "monitor/segments.h"

#include "base/error.h"
#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

void churn_risk_add(churn_risk_sums *sums, double probability, double value)
{
  sums->customers++;
  sums->expected_churners += probability;
  if (isnan(value))
    return;
  sums->valued++;
  sums->value += value;
  sums->expected_loss += probability * value;
}

churn_status churn_segments_new(const churn_model *model, const churn_plan *plan,
                                churn_segments **segments, churn_error *error)
{
  churn_segments *s = calloc(1, sizeof *s);
  if (s == NULL)
    return churn_error_no_memory(error);
  *s = (churn_segments){.plan = plan, .level_count = churn_plan_text_count(plan) + 1};
  s->items = churn_array_new(model->feature_count, sizeof *s->items);
  bool good = s->items != NULL;
  for (size_t f = 0; good && f < model->feature_count; f++) {
    if (model->features[f].kind != CHURN_FEATURE_CATEGORY)
      continue;
    churn_segmentation *item = &s->items[s->count++];
    item->feature = f;
    item->levels = churn_array_new(s->level_count, sizeof *item->levels);
    good = item->levels != NULL;
  }
  if (good) {
    *segments = s;
    return CHURN_OK;
  }
  churn_segments_free(s);
  return churn_error_no_memory(error);
}

void churn_segments_free(churn_segments *segments)
{
  if (segments == NULL)
    return;
  for (size_t i = 0; i < segments->count; i++)
    free(segments->items[i].levels);
  free(segments->items);
  free(segments);
}

void churn_segments_add(churn_segments *segments, const churn_frame *frame,
                        const churn_scores *scores)
{
  const double *probabilities = scores->probabilities + segments->rows;
  const double *values = scores->values + segments->rows;
  for (size_t i = 0; i < segments->count; i++) {
    const churn_segmentation *item = &segments->items[i];
    for (size_t row = 0; row < frame->rows; row++) {
      double code = churn_frame_get(frame, row, item->feature);
      size_t level = isnan(code) ? segments->level_count - 1 : (size_t)code;
      churn_risk_add(&item->levels[level], probabilities[row], values[row]);
    }
  }
  segments->rows += frame->rows;
}

const char *churn_segments_text(const churn_segments *segments, size_t level)
{
  return level + 1 == segments->level_count ? NULL : churn_plan_text(segments->plan, (double)level);
}
