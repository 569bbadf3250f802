/* Raw feature values of many snapshots.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "design/frame.h"

#include "base/memory.h"
#include "base/parallel.h"

#include <math.h>
#include <stdlib.h>

typedef struct filler {
  const churn_plan *plan;
  const churn_snapshot *rows;
  churn_frame *frame;
  size_t outputs;
  churn_workspace **workspaces; /* per thread */
  double **values;              /* per thread [outputs] */
} filler;

static churn_status fill_tile(void *context, size_t tile, int thread, churn_error *error)
{
  const filler *f = context;
  churn_frame *frame = f->frame;
  double *values = f->values[thread];
  double *out = frame->tiles + tile * frame->features * CHURN_TILE_ROWS;
  size_t first = tile * CHURN_TILE_ROWS, rows = churn_tile_rows(frame->rows, tile);
  for (size_t r = 0; r < rows; r++) {
    const churn_snapshot *s = &f->rows[first + r];
    churn_status status = churn_plan_evaluate(f->plan, f->workspaces[thread], s->spell, s->as_of,
                                              values, &frame->values[first + r]);
    if (status != CHURN_OK)
      return churn_error_no_memory(error);
    for (size_t i = 0; i < frame->features; i++)
      out[i * CHURN_TILE_ROWS + r] = values[i];
  }
  for (size_t r = rows; r < CHURN_TILE_ROWS; r++)
    for (size_t i = 0; i < frame->features; i++)
      out[i * CHURN_TILE_ROWS + r] = NAN;
  return CHURN_OK;
}

static churn_status make_scratch(filler *f, int threads, churn_error *error)
{
  f->workspaces = churn_array_new((size_t)threads, sizeof(churn_workspace *));
  f->values = churn_array_new((size_t)threads, sizeof(double *));
  if (f->workspaces == NULL || f->values == NULL)
    return churn_error_no_memory(error);
  for (int i = 0; i < threads; i++) {
    f->workspaces[i] = churn_workspace_new(f->plan);
    f->values[i] = churn_array_new(f->outputs, sizeof(double));
    if (f->workspaces[i] == NULL || f->values[i] == NULL)
      return churn_error_no_memory(error);
  }
  return CHURN_OK;
}

static void free_scratch(filler *f, int threads)
{
  for (int i = 0; i < threads; i++) {
    if (f->workspaces != NULL)
      churn_workspace_free(f->workspaces[i]);
    if (f->values != NULL)
      free(f->values[i]);
  }
  free(f->workspaces);
  free(f->values);
}

static churn_frame *frame_new(size_t rows, size_t features)
{
  churn_frame *made = calloc(1, sizeof *made);
  if (made == NULL)
    return NULL;
  made->rows = rows;
  made->features = features;
  made->tiles = churn_array_new_aligned(churn_tile_count(rows) * features * CHURN_TILE_ROWS,
                                        sizeof *made->tiles);
  made->values = churn_array_new(rows, sizeof *made->values);
  if (made->tiles != NULL && made->values != NULL)
    return made;
  churn_frame_free(made);
  return NULL;
}

churn_status churn_frame_take(const churn_frame *frame, const uint32_t *picked, size_t count,
                              churn_frame **taken, churn_error *error)
{
  churn_frame *made = frame_new(count, frame->features);
  size_t end = churn_tile_count(count) * CHURN_TILE_ROWS;
  if (made == NULL)
    return churn_error_no_memory(error);
  for (size_t r = 0; r < end; r++) {
    double *out = made->tiles + r / CHURN_TILE_ROWS * frame->features * CHURN_TILE_ROWS;
    for (size_t i = 0; i < frame->features; i++)
      out[i * CHURN_TILE_ROWS + r % CHURN_TILE_ROWS] =
          r < count ? churn_frame_get(frame, picked[r], i) : NAN;
  }
  for (size_t r = 0; r < count; r++)
    made->values[r] = frame->values[picked[r]];
  *taken = made;
  return CHURN_OK;
}

churn_status churn_frame_build(const churn_plan *plan, const churn_snapshots *snapshots,
                               size_t first, size_t rows, size_t features, const churn_run *run,
                               churn_frame **frame, churn_error *error)
{
  int threads = churn_parallel_threads(run);
  churn_frame *made = frame_new(rows, features);
  filler f = {plan, snapshots->rows + first, made, churn_plan_count(plan), NULL, NULL};
  churn_status status =
      made == NULL ? churn_error_no_memory(error) : make_scratch(&f, threads, error);
  if (status == CHURN_OK)
    status = churn_parallel_run(churn_tile_count(rows), fill_tile, &f, "features", run, error);
  free_scratch(&f, threads);
  if (status == CHURN_OK)
    *frame = made;
  else
    churn_frame_free(made);
  return status;
}

void churn_frame_free(churn_frame *frame)
{
  if (frame == NULL)
    return;
  free(frame->tiles);
  free(frame->values);
  free(frame);
}
