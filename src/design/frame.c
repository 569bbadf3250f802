/* Raw feature values of many snapshots.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "design/frame.h"

#include "base/memory.h"
#include "base/parallel.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>

/* Columns of customers go once so many tiles of theirs are filled. */
enum { LET_GO = 128 };

churn_status churn_tile_evaluate(const churn_plan *plan, churn_workspace *workspace,
                                 const churn_snapshot *snapshots, size_t rows, size_t features,
                                 double *tile, double *values, churn_error *error)
{
  size_t spells[CHURN_TILE_ROWS];
  churn_day as_of[CHURN_TILE_ROWS];
  for (size_t r = 0; r < rows; r++) {
    spells[r] = snapshots[r].spell;
    as_of[r] = snapshots[r].as_of;
  }
  churn_moments moments = {rows, spells, as_of};
  if (churn_plan_evaluate_moments(plan, workspace, &moments, features, CHURN_TILE_ROWS, tile,
                                  values) != CHURN_OK)
    return churn_error_no_memory(error);
  size_t contact = churn_plan_contact(plan);
  for (size_t r = 0; contact < features && r < rows; r++)
    tile[contact * CHURN_TILE_ROWS + r] = snapshots[r].contacted;
  for (size_t f = 0; f < features; f++)
    for (size_t r = rows; r < CHURN_TILE_ROWS; r++)
      tile[f * CHURN_TILE_ROWS + r] = NAN;
  return CHURN_OK;
}

churn_status churn_workspaces_new(const churn_plan *plan, size_t count,
                                  churn_workspace ***workspaces, churn_error *error)
{
  churn_workspace **made = churn_array_new(count, sizeof *made);
  bool good = made != NULL;
  for (size_t i = 0; i < count && good; i++)
    good = (made[i] = churn_workspace_new(plan)) != NULL;
  if (good) {
    *workspaces = made;
    return CHURN_OK;
  }
  churn_workspaces_free(made, count);
  return churn_error_no_memory(error);
}

void churn_workspaces_free(churn_workspace **workspaces, size_t count)
{
  for (size_t i = 0; workspaces != NULL && i < count; i++)
    churn_workspace_free(workspaces[i]);
  free(workspaces);
}

typedef struct filler {
  const churn_plan *plan;
  const churn_snapshot *rows;
  churn_frame *frame;
  churn_workspace **workspaces; /* per thread */
  const churn_data *spent;      /* NULL = it is kept */
  atomic_size_t *filled;        /* tiles of each LET_GO */
} filler;

/* Spells of one lot of tiles are no other's but for the last one, which the next lot may go on
 * with. */
static void let_lot_go(const filler *f, size_t lot)
{
  size_t rows = f->frame->rows, first = lot * LET_GO * CHURN_TILE_ROWS;
  size_t behind = first + (size_t)LET_GO * CHURN_TILE_ROWS;
  size_t end = behind < rows ? f->rows[behind].spell : f->spent->customers.spell_count;
  churn_data_let_spells_go(f->spent, f->rows[first].spell, end);
}

static void count_tile(const filler *f, size_t tile)
{
  size_t lot = tile / LET_GO, rest = churn_tile_count(f->frame->rows) - lot * LET_GO;
  size_t tiles = rest < LET_GO ? rest : LET_GO;
  if (atomic_fetch_add(&f->filled[lot], 1) + 1 == tiles)
    let_lot_go(f, lot);
}

static churn_status fill_tile(void *context, size_t tile, int thread, churn_error *error)
{
  const filler *f = context;
  churn_frame *frame = f->frame;
  size_t first = tile * CHURN_TILE_ROWS;
  churn_status status = churn_tile_evaluate(
      f->plan, f->workspaces[thread], f->rows + first, churn_tile_rows(frame->rows, tile),
      frame->features, frame->tiles + first * frame->features, &frame->values[first], error);
  if (f->spent != NULL)
    count_tile(f, tile);
  return status;
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
  for (size_t r = 0; frame->values != NULL && r < count; r++)
    made->values[r] = frame->values[picked[r]];
  *taken = made;
  return CHURN_OK;
}

static churn_status fill(filler *f, size_t rows, size_t features, const churn_run *run,
                         churn_frame **frame, churn_error *error)
{
  size_t threads = (size_t)churn_parallel_threads(run);
  f->frame = frame_new(rows, features);
  churn_status status = f->frame == NULL
                            ? churn_error_no_memory(error)
                            : churn_workspaces_new(f->plan, threads, &f->workspaces, error);
  if (status == CHURN_OK)
    status = churn_parallel_run(churn_tile_count(rows), fill_tile, f, "features", run, error);
  churn_workspaces_free(f->workspaces, threads);
  if (status == CHURN_OK)
    *frame = f->frame;
  else
    churn_frame_free(f->frame);
  return status;
}

churn_status churn_frame_build(const churn_plan *plan, const churn_snapshots *snapshots,
                               size_t first, size_t rows, size_t features, const churn_run *run,
                               churn_frame **frame, churn_error *error)
{
  filler f = {.plan = plan, .rows = snapshots->rows + first};
  return fill(&f, rows, features, run, frame, error);
}

churn_status churn_frame_move(const churn_plan *plan, const churn_snapshots *snapshots,
                              size_t features, const churn_data *data, const churn_run *run,
                              churn_frame **frame, churn_error *error)
{
  size_t lots = churn_tile_count(snapshots->count) / LET_GO + 1;
  atomic_size_t *filled = churn_array_new(lots, sizeof *filled);
  filler f = {.plan = plan, .rows = snapshots->rows, .spent = data, .filled = filled};
  churn_status status = filled == NULL ? churn_error_no_memory(error)
                                       : fill(&f, snapshots->count, features, run, frame, error);
  free(filled);
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
