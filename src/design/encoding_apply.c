/* A frame encoded into a design matrix, tile by tile.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/memory.h"
#include "base/parallel.h"
#include "design/encoding.h"

#include <stdlib.h>

typedef struct application {
  const churn_encoder *encoder;
  const churn_frame *frame;
  double *spent; /* the frame's tiles, which may go once they are encoded; NULL = they are kept */
  const int8_t *labels;
  churn_matrix *matrix;
} application;

static churn_status fill_tile(void *context, size_t tile, int thread, churn_error *error)
{
  (void)thread;
  const application *a = context;
  size_t first = tile * CHURN_TILE_ROWS, rows = churn_tile_rows(a->matrix->rows, tile);
  for (size_t r = 0; r < rows; r++)
    a->matrix->y[first + r] = a->labels[first + r];
  size_t features = a->frame->features;
  churn_status status = churn_encoder_fill(a->encoder, a->frame->tiles + first * features, rows,
                                           a->matrix, tile, error);
  if (a->spent != NULL)
    churn_array_let_go(a->spent + first * features, features * CHURN_TILE_ROWS * sizeof *a->spent);
  return status;
}

static churn_status apply(const churn_model *model, const churn_plan *plan,
                          const churn_frame *frame, double *spent, const int8_t *labels,
                          const churn_run *run, churn_matrix **matrix, churn_error *error)
{
  churn_encoder *encoder = NULL;
  churn_matrix *made = NULL;
  size_t *outputs = churn_array_new(model->feature_count, sizeof *outputs);
  churn_status status = outputs == NULL ? churn_error_no_memory(error) : CHURN_OK;
  for (size_t f = 0; status == CHURN_OK && f < model->feature_count; f++)
    outputs[f] = f;
  if (status == CHURN_OK)
    status = churn_encoder_new(model, plan, outputs, &encoder, error);
  if (status == CHURN_OK)
    status = churn_encoder_matrix(encoder, frame->rows, &made, error);
  application a = {encoder, frame, spent, labels, made};
  if (status == CHURN_OK)
    status = churn_parallel_run(churn_tile_count(frame->rows), fill_tile, &a, "matrix", run, error);
  churn_encoder_free(encoder);
  free(outputs);
  if (status == CHURN_OK)
    *matrix = made;
  else
    churn_matrix_free(made);
  return status;
}

churn_status churn_encoding_apply(const churn_model *model, const churn_plan *plan,
                                  const churn_frame *frame, const int8_t *labels,
                                  const churn_run *run, churn_matrix **matrix, churn_error *error)
{
  return apply(model, plan, frame, NULL, labels, run, matrix, error);
}

churn_status churn_encoding_move(const churn_model *model, const churn_plan *plan,
                                 churn_frame **frame, const int8_t *labels, const churn_run *run,
                                 churn_matrix **matrix, churn_error *error)
{
  churn_status status = apply(model, plan, *frame, (*frame)->tiles, labels, run, matrix, error);
  churn_frame_free(*frame);
  *frame = NULL;
  return status;
}
