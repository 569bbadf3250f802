/* How far features move from one training snapshot to the next.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs/spread.h"

#include "base/error.h"
#include "base/memory.h"
#include "monitor/profile.h"

#include <math.h>
#include <stdlib.h>

static size_t pick(const churn_snapshots *snapshots, churn_day as_of, uint32_t *picked)
{
  size_t count = 0;
  for (size_t r = 0; r < snapshots->count; r++)
    if (snapshots->rows[r].as_of == as_of)
      picked[count++] = (uint32_t)r;
  return count;
}

static churn_status widen(churn_model *model, const churn_profile *profile, churn_error *error)
{
  churn_status status = CHURN_OK;
  for (size_t f = 0; f < model->feature_count && status == CHURN_OK; f++) {
    churn_stability found = {NAN, 0};
    status = churn_profile_stability(profile, f, &found, error);
    model->features[f].spread = fmax(model->features[f].spread, found.index);
  }
  return status;
}

static churn_status measure_day(churn_model *model, const churn_plan *plan,
                                const churn_frame *frame, const uint32_t *picked, size_t count,
                                const churn_run *run, churn_error *error)
{
  churn_frame *rows = NULL;
  churn_profile *profile = NULL;
  churn_status status = churn_frame_take(frame, picked, count, &rows, error);
  if (status == CHURN_OK)
    status = churn_profile_new(model, plan, &profile, error);
  if (status == CHURN_OK)
    status = churn_profile_add(profile, rows, run, error);
  if (status == CHURN_OK)
    status = widen(model, profile, error);
  churn_profile_free(profile);
  churn_frame_free(rows);
  return status;
}

/* The different as-of days of the rows, ascending, into days [count]; returns how many. */
static size_t list_days(const churn_snapshots *snapshots, churn_day *days)
{
  size_t kept = 0;
  for (size_t r = 0; r < snapshots->count; r++)
    days[r] = snapshots->rows[r].as_of;
  qsort(days, snapshots->count, sizeof *days, churn_days_compare);
  for (size_t r = 0; r < snapshots->count; r++)
    if (kept == 0 || days[r] > days[kept - 1])
      days[kept++] = days[r];
  return kept;
}

churn_status churn_spread_measure(churn_model *model, const churn_plan *plan,
                                  const churn_frame *frame, const churn_snapshots *snapshots,
                                  const churn_run *run, churn_error *error)
{
  churn_day *days = churn_array_new(snapshots->count, sizeof *days);
  uint32_t *picked = churn_array_new(snapshots->count, sizeof *picked);
  churn_status status = days == NULL || picked == NULL ? churn_error_no_memory(error) : CHURN_OK;
  size_t count = status == CHURN_OK && !snapshots->repeated ? list_days(snapshots, days) : 0;
  for (size_t d = 0; count > 1 && d < count && status == CHURN_OK; d++)
    status = measure_day(model, plan, frame, picked, pick(snapshots, days[d], picked), run, error);
  free(days);
  free(picked);
  return status;
}
