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

churn_status churn_frame_build(const churn_plan *plan, const churn_snapshots *snapshots,
                               size_t first, size_t rows, size_t features, const churn_run *run,
                               churn_frame **frame, churn_error *error)
{
  int threads = churn_parallel_threads(run);
  size_t tiles = churn_tile_count(rows);
  churn_frame *made = calloc(1, sizeof *made);
  filler f = {plan, snapshots->rows + first, made, churn_plan_count(plan), NULL, NULL};
  churn_status status = CHURN_NO_MEMORY;
  if (made == NULL) {
    churn_error_no_memory(error);
    goto done;
  }
  made->rows = rows;
  made->features = features;
  made->tiles = churn_array_new_aligned(tiles * features * CHURN_TILE_ROWS, sizeof *made->tiles);
  made->values = churn_array_new(rows, sizeof *made->values);
  status = made->tiles == NULL || made->values == NULL ? churn_error_no_memory(error) : CHURN_OK;
  if (status == CHURN_OK)
    status = make_scratch(&f, threads, error);
  if (status == CHURN_OK)
    status = churn_parallel_run(tiles, fill_tile, &f, "features", run, error);
done:
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
