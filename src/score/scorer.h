/* A model tied to a plan: raw feature values to logits and contributions. Used by scoring and by
 * evaluation alike.
 *
 * The contribution of a feature is the sum over its columns of (x - training mean) * coefficient,
 * so contributions add up to the logit's distance from that of the average training row, apart from
 * the row's own offset, which is no feature. Cost: rows
 * x columns.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_SCORE_SCORER_H
#define CHURN_SCORE_SCORER_H

#include "design/cause_map.h"
#include "design/encoding.h"
#include "design/pipeline.h"
#include "score/tile.h"
#include "score/uncertainty.h"

#include <churn/score.h>

typedef struct churn_scorer churn_scorer;

/* The pipeline's outputs 0..features-1 must be the model's features. Borrows both. */
CHURN_MUST_USE churn_status churn_scorer_new(const churn_model *model, const churn_plan *plan,
                                             churn_scorer **scorer, churn_error *error);
void churn_scorer_free(churn_scorer *scorer);

struct churn_scores;

/* Sees the raw values of each chunk of rows, in the order of the rows, before they go, and the
 * scores so far, which hold those of the chunk. Called from the thread that scores. */
typedef struct churn_frame_watcher {
  churn_status (*watch)(void *context, const churn_frame *frame, const struct churn_scores *scores,
                        const churn_run *run, churn_error *error);
  void *context;
} churn_frame_watcher;

/* What scoring gives per row; arrays are the caller's, NULL = not wanted (the three of the reasons
 * go together). */
typedef struct churn_scores {
  double *probabilities; /* [rows] recalibrated where the model says so */
  double *logits;        /* [rows] never recalibrated: contributions add up to them */
  double *values;        /* [rows] money at risk */
  uint32_t *reasons;     /* [rows * 3] model feature of the largest contributions, UINT32_MAX = no
                            further positive one */
  double *reason_values; /* [rows * 3] the feature's raw value */
  double *contributions; /* [rows * 3] */
  const churn_cause_map *causes; /* of the next two; NULL = not wanted */
  uint32_t *main_causes; /* [rows] the cause with the largest sum of contributions above 0, the
                            first of equals; CHURN_NO_CAUSE where none is */
  double *cause_sums;    /* [rows * causes] sums of contributions; NULL = not wanted */
  const churn_uncertainty *uncertainty; /* of the next one */
  double *logit_errors;                 /* [rows] standard errors of the logits */
  double *design; /* encoded rows in tiles: column c of row r of tile t at (t * columns + c) * 256
                     + r */
  const churn_frame_watcher *watcher; /* NULL = nobody looks at the raw values */
} churn_scores;

/* Scores all snapshots, in chunks of bounded memory, on all threads, as if nobody were contacted
 * from T on, whatever their rows say (`contacts: {contacted: model}`). *unseen gets the number of
 * values whose level training never saw. */
CHURN_MUST_USE churn_status churn_scorer_run(const churn_scorer *scorer,
                                             const churn_snapshots *snapshots, const churn_run *run,
                                             churn_scores *scores, uint64_t *unseen,
                                             churn_error *error);

/* Scores of one tile, and what working them out needs; one a thread. */
typedef struct churn_tile_scores {
  double logits[CHURN_TILE_ROWS];                   /* without the row's offset */
  uint32_t reasons[CHURN_REASONS][CHURN_TILE_ROWS]; /* as in churn_scores */
  const churn_tile_kernel *kernel;
  double *contributions;  /* [features * 256]: feature f of row r at f * 256 + r */
  double *design;         /* [columns + 1 tiles], the last one zeros */
  const double **columns; /* [columns] where each column is */
  uint64_t *levels;
} churn_tile_scores;

/* NULL when memory ran out. */
churn_tile_scores *churn_tile_scores_new(const churn_model *model);
void churn_tile_scores_free(churn_tile_scores *scores);

/* Scores rows 0..rows-1 of a tile of raw values, feature f of row r at raw[f * 256 + r]: logits and
 * contributions have the bits that churn_scorer_explain gives. Adds the number of values whose
 * level training never saw to *unseen. DEGENERATE as churn_encoder_tile. */
CHURN_MUST_USE churn_status churn_scorer_tile(const churn_scorer *scorer, const double *raw,
                                              size_t rows, churn_tile_scores *scores,
                                              uint64_t *unseen, churn_error *error);

/* Fills `reasons` from the contributions. */
void churn_tile_scores_find_reasons(const churn_model *model, size_t rows,
                                    churn_tile_scores *scores);

/* The logit of a row whose columns are all at their training means: contributions are counted from
 * there. */
double churn_scorer_average(const churn_model *model);

/* All contributions of one encoded row: x[column_count] -> contributions[feature_count]. Returns
 * the logit without an offset. */
double churn_scorer_explain(const churn_model *model, const double *x, double *contributions);

#endif
