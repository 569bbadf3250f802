/* Raw feature values of many snapshots: tiles of 256 rows, each feature contiguous inside a tile
 * (row r, feature f at tiles[(r/256)*256*features
 * + f*256 + r%256]; rows past the end are NaN). Codes of text features index the plan's pool. Cost:
 * rows x features doubles.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_DESIGN_FRAME_H
#define CHURN_DESIGN_FRAME_H

#include "base/lanes.h"
#include "design/snapshots.h"

typedef struct churn_frame {
  size_t rows;
  size_t features;
  double *tiles;
  double *values; /* [rows] money at risk, NaN = none; NULL once somebody took them */
} churn_frame;

/* Evaluates outputs 0..features-1 of the plan for rows first..first+rows-1 of the snapshots, on all
 * threads. */
CHURN_MUST_USE churn_status churn_frame_build(const churn_plan *plan,
                                              const churn_snapshots *snapshots, size_t first,
                                              size_t rows, size_t features, const churn_run *run,
                                              churn_frame **frame, churn_error *error);
void churn_frame_free(churn_frame *frame);

/* The same of all snapshots, which stand as churn_snapshots_build gave them; and what the data's
 * customers' columns hold goes as it is read (churn_data_let_spells_go), so that the two never take
 * up room together. Nothing may evaluate the data afterwards, whatever happens. */
CHURN_MUST_USE churn_status churn_frame_move(const churn_plan *plan,
                                             const churn_snapshots *snapshots, size_t features,
                                             const churn_data *data, const churn_run *run,
                                             churn_frame **frame, churn_error *error);

/* Rows picked[0..count) of a frame as a frame of their own; values 0 where it has none. NO_MEMORY.
 */
CHURN_MUST_USE churn_status churn_frame_take(const churn_frame *frame, const uint32_t *picked,
                                             size_t count, churn_frame **taken, churn_error *error);

/* One tile of it: tile[f * 256 + r] for outputs 0..features-1 of `rows` <= 256 snapshots, values[r]
 * (NULL allowed) the money at risk; rows past the end are NaN. NO_MEMORY. */
CHURN_MUST_USE churn_status churn_tile_evaluate(const churn_plan *plan, churn_workspace *workspace,
                                                const churn_snapshot *snapshots, size_t rows,
                                                size_t features, double *tile, double *values,
                                                churn_error *error);

/* A workspace for each of `count` threads. */
CHURN_MUST_USE churn_status churn_workspaces_new(const churn_plan *plan, size_t count,
                                                 churn_workspace ***workspaces, churn_error *error);
void churn_workspaces_free(churn_workspace **workspaces, size_t count);

static inline double churn_frame_get(const churn_frame *frame, size_t row, size_t feature)
{
  return frame->tiles[(row / CHURN_TILE_ROWS * frame->features + feature) * CHURN_TILE_ROWS +
                      row % CHURN_TILE_ROWS];
}

#endif
