/* From raw feature values to design columns: missing values, categories, pooling, dropped columns.
 * Learned once in training and stored in the model's features and columns; applied by the same code
 * in training, evaluation and scoring.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_DESIGN_ENCODING_H
#define CHURN_DESIGN_ENCODING_H

#include "design/encoding_counts.h"
#include "design/matrix.h"

#include <churn/model.h>

/* A feature as the encoding sees it. */
typedef struct churn_encoding_feature {
  const churn_feature_spec *spec;
  size_t output; /* of the plan, = feature index in the frame */
} churn_encoding_feature;

/* The training rows. */
typedef struct churn_encoding_rows {
  const churn_frame *frame;
  const int8_t *labels;
  const double *weights; /* > 0: of the means that fill in for missing values; NULL = all 1 */
  bool repeated;         /* weights are whole, and a row counts as so many rows everywhere */
  const churn_encoding_counts *counts; /* of the frame, with structure_only: the rows are those of
                                          the groups `picked`; NULL = all rows */
  const bool *picked;                  /* [groups] */
  bool structure_only; /* no histograms, and means to fill in that may differ by rounding (with
                          counts: none) */
  bool any_reference;  /* a reference level that does not occur gives way to the most frequent */
} churn_encoding_rows;

/* Learns features[] and columns[] (without coefficients) of `model` from the training rows (rules:
 * DESIGN section 4). Pooled levels that together cannot stand alone either get no ?other but count
 * as the reference; a flag marks what is missing under `missing: zero` too. Constant columns and
 * equal missing flags are dropped here; collinear ones by the fit. DEGENERATE: missing values under
 * `missing: error`, a reference level that does not occur. */
CHURN_MUST_USE churn_status churn_encoding_learn(const churn_plan *plan,
                                                 const churn_encoding_rows *rows,
                                                 const churn_encoding_feature *features,
                                                 size_t feature_count, int pool_rows,
                                                 const churn_run *run, churn_model *model,
                                                 churn_error *error);

/* Tells whether feature f (of both) becomes, up to the choice of the reference level and of the
 * value that fills in where there is a flag, the same columns in both: whatever a fit without
 * penalty on the one predicts for any of the rows that `all` was learnt on, it predicts on the
 * other. `all` was learnt on the rows of `some` and more. NO_MEMORY. */
CHURN_MUST_USE churn_status churn_encoding_agrees(const churn_model *all, const churn_model *some,
                                                  size_t feature, bool *agree, churn_error *error);

/* The model's encoding tied to a plan's outputs and text pool: level lookups by code. */
typedef struct churn_encoder churn_encoder;

/* outputs[i] = the plan's output of the model's feature i. */
CHURN_MUST_USE churn_status churn_encoder_new(const churn_model *model, const churn_plan *plan,
                                              const size_t *outputs, churn_encoder **encoder,
                                              churn_error *error);
void churn_encoder_free(churn_encoder *encoder);

/* Encodes rows 0..rows-1 (at most 256) of one frame tile into `columns` design columns at out +
 * c*256 (zero-filled first). Adds levels never seen to unseen[feature] (NULL = do not
 * count); a missing category is one when training had none.
 * DEGENERATE when a value is missing under `missing: error` (message names the feature). */
CHURN_MUST_USE churn_status churn_encoder_tile(const churn_encoder *encoder,
                                               const double *frame_tile, size_t rows, double *out,
                                               uint64_t *unseen, churn_error *error);

/* A matrix with the model's columns for so many rows, its tiles to be filled; categories of many
 * columns are kept as codes (matrix.h). */
CHURN_MUST_USE churn_status churn_encoder_matrix(const churn_encoder *encoder, size_t rows,
                                                 churn_matrix **matrix, churn_error *error);

/* churn_encoder_tile into one tile of such a matrix, once. */
CHURN_MUST_USE churn_status churn_encoder_fill(const churn_encoder *encoder,
                                               const double *frame_tile, size_t rows,
                                               churn_matrix *matrix, size_t tile,
                                               churn_error *error);

/* A frame of the model's features (output i = feature i) and its labels as a design matrix. Errors
 * as of churn_encoder_tile; NO_MEMORY. */
CHURN_MUST_USE churn_status churn_encoding_apply(const churn_model *model, const churn_plan *plan,
                                                 const churn_frame *frame, const int8_t *labels,
                                                 const churn_run *run, churn_matrix **matrix,
                                                 churn_error *error);

/* The same, and the frame is freed, tile by tile as the matrix is made, so that the two never take
 * up room together; *frame is NULL afterwards, whatever happens. */
CHURN_MUST_USE churn_status churn_encoding_move(const churn_model *model, const churn_plan *plan,
                                                churn_frame **frame, const int8_t *labels,
                                                const churn_run *run, churn_matrix **matrix,
                                                churn_error *error);

/* Removes design columns (keep[c] false) from the model, renumbering; `reasons[c]` is stored under
 * dropped. */
CHURN_MUST_USE churn_status churn_encoding_drop(churn_model *model, const bool *keep,
                                                char *const *reasons, churn_error *error);

#endif
