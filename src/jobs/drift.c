/* How far features moved between the first and the last as-of day.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs/drift.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "monitor/stability.h"

#include <math.h>
#include <stdlib.h>

typedef struct drifting {
  const churn_pipeline *pipeline;
  const churn_snapshots *rows;
  const churn_frame *frame;
  churn_day first, last;
  size_t counts[2]; /* rows of the two days */
  double *drifts;
} drifting;

static churn_status measure_feature(void *context, size_t feature, int thread, churn_error *error)
{
  (void)thread;
  const drifting *d = context;
  double *values = churn_array_new(d->counts[0] + d->counts[1], sizeof *values);
  churn_sample before = {values, 0}, after = {values == NULL ? NULL : values + d->counts[0], 0};
  if (values == NULL)
    return churn_error_no_memory(error);
  for (size_t i = 0; i < d->rows->count; i++) {
    double value = churn_frame_get(d->frame, i, feature);
    if (d->rows->rows[i].as_of == d->first)
      values[before.count++] = value;
    if (d->rows->rows[i].as_of == d->last)
      values[d->counts[0] + after.count++] = value;
  }
  bool category = churn_plan_type(d->pipeline->plan, feature) == CHURN_VALUE_TEXT;
  churn_stability stability = {NAN, 0};
  churn_status status = churn_stability_index(&before, &after, category, &stability, error);
  d->drifts[feature] = stability.index;
  free(values);
  return status;
}

churn_status churn_drift_measure(const churn_pipeline *pipeline, const churn_snapshots *rows,
                                 const churn_frame *frame, const churn_run *run, double *drifts,
                                 churn_error *error)
{
  drifting d = {pipeline, rows, frame, CHURN_DAY_LAST, CHURN_DAY_MISSING, {0, 0}, drifts};
  for (size_t f = 0; f < pipeline->feature_count; f++)
    drifts[f] = NAN;
  for (size_t i = 0; i < rows->count; i++) {
    d.first = rows->rows[i].as_of < d.first ? rows->rows[i].as_of : d.first;
    d.last = rows->rows[i].as_of > d.last ? rows->rows[i].as_of : d.last;
  }
  for (size_t i = 0; i < rows->count; i++) {
    d.counts[0] += rows->rows[i].as_of == d.first;
    d.counts[1] += rows->rows[i].as_of == d.last;
  }
  return d.first == d.last
             ? CHURN_OK
             : churn_parallel_run(pipeline->feature_count, measure_feature, &d, NULL, run, error);
}
