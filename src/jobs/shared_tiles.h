/* One encoding of all rows, and the tiles it makes, for all fits of a comparison that can share
 * them. Place in the flow: frame of all sets' features -> standardised tiles, and which features of
 * which folds they serve (shared_folds.h). The frame may then go.
 *
 * Without a penalty, the value that fills in beside a flag and the choice of a reference level are
 * only another way to write the same model (design/encoding.h, churn_encoding_agrees). So where a
 * fold's encoding makes the same columns of a set's features as that of all rows, its fit on the
 * tiles of all rows predicts what its fit on its own tiles would, and nothing of the judged rows
 * goes into it but that.
 *
 * Cost: a look at the frame for all folds together, and one encoding.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_JOBS_SHARED_TILES_H
#define CHURN_JOBS_SHARED_TILES_H

#include "design/encoding.h"
#include "design/pipeline.h"
#include "fit/scale.h"
#include "jobs/judging_folds.h"

typedef struct churn_shared_tiles {
  const churn_pipeline *pipeline;
  const churn_snapshots *rows;
  churn_encoding_feature *features; /* [features of the pipeline] */
  int8_t *labels;
  double *weights;       /* of the population; NULL = 1 each */
  churn_model *encoding; /* of all rows */
  churn_matrix *matrix;  /* standardised; of use where `usable` */
  churn_scaled scaled;
  bool usable; /* all rows together could be standardised */
} churn_shared_tiles;

/* Learns the encoding of all rows. Errors of the encoding. The caller clears, whatever happens. */
CHURN_MUST_USE churn_status churn_shared_tiles_open(const churn_pipeline *pipeline,
                                                    const churn_snapshots *rows,
                                                    const churn_frame *frame, const churn_run *run,
                                                    churn_shared_tiles *tiles, churn_error *error);
void churn_shared_tiles_clear(churn_shared_tiles *tiles);

/* agrees [folds][features of the pipeline]: whether the training rows of each fold make the same
 * columns of the feature as all rows do. */
CHURN_MUST_USE churn_status churn_shared_tiles_agree(const churn_shared_tiles *tiles,
                                                     const churn_frame *frame,
                                                     const churn_judging_folds *folds,
                                                     const churn_run *run, bool *agrees,
                                                     churn_error *error);

/* Makes the tiles. `move`: the frame is freed meanwhile, so that the two never take up room
 * together; *frame is then NULL afterwards, whatever happens. */
CHURN_MUST_USE churn_status churn_shared_tiles_fill(churn_shared_tiles *tiles, churn_frame **frame,
                                                    bool move, const churn_run *run,
                                                    churn_error *error);

/* Takes standardisation off the tiles again: values as they came, up to rounding. */
CHURN_MUST_USE churn_status churn_shared_tiles_restore(churn_shared_tiles *tiles,
                                                       const churn_run *run, churn_error *error);

#endif
