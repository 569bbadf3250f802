/* Logistic recalibration: the project's own fit on a design of one column, the logit.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "fit/logit_line.h"

#include "base/error.h"
#include "base/memory.h"
#include "fit/cross_validate.h"
#include "fit/inference.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A matrix of one column in the room that the caller lends. */
static churn_status lend_room(const churn_logit_rows *rows, double *room, churn_matrix **matrix,
                              churn_error *error)
{
  size_t padded = churn_logit_padded(rows->rows);
  churn_matrix *m = calloc(1, sizeof *m);
  if (m == NULL)
    return churn_error_no_memory(error);
  *m = (churn_matrix){.rows = rows->rows,
                      .columns = 1,
                      .dense = 1,
                      .tiles = room,
                      .y = room + padded,
                      .weight = room + 2 * padded};
  for (size_t r = 0; r < rows->rows; r++)
    m->weight[r] = 1;
  for (size_t r = rows->rows; r < padded; r++)
    m->tiles[r] = m->y[r] = m->weight[r] = 0;
  *matrix = m;
  return CHURN_OK;
}

static void free_matrix(const double *room, churn_matrix *matrix)
{
  if (matrix != NULL && room != NULL)
    matrix->tiles = matrix->y = matrix->weight = NULL;
  churn_matrix_free(matrix);
}

static churn_status make_matrix(const churn_logit_rows *rows, double *room, churn_matrix **matrix,
                                churn_error *error)
{
  churn_matrix *m = NULL;
  churn_status status =
      room != NULL ? lend_room(rows, room, &m, error) : churn_matrix_new(rows->rows, 1, &m, error);
  if (status == CHURN_OK && rows->clusters != NULL &&
      (m->cluster = churn_array_new(rows->rows, sizeof *m->cluster)) == NULL)
    status = churn_error_no_memory(error);
  if (status != CHURN_OK) {
    free_matrix(room, m);
    return status;
  }
  m->repeated = rows->repeated;
  for (size_t r = 0; r < rows->rows; r++) {
    churn_matrix_tile(m, r / CHURN_TILE_ROWS, 0)[r % CHURN_TILE_ROWS] = rows->logits[r];
    m->y[r] = rows->labels[r];
    if (rows->weights != NULL)
      m->weight[r] = rows->weights[r];
    if (rows->clusters != NULL)
      m->cluster[r] = rows->clusters[r];
  }
  *matrix = m;
  return CHURN_OK;
}

/* Data that have no answer are an answer here. */
static churn_status unless_degenerate(churn_status status, const churn_error *found,
                                      churn_error *error)
{
  if (status == CHURN_DEGENERATE)
    return CHURN_OK;
  if (status != CHURN_OK && error != NULL)
    *error = *found;
  return status;
}

static churn_covariance kind_of(const churn_logit_rows *rows)
{
  return rows->clusters != NULL                     ? CHURN_COVARIANCE_CLUSTERED
         : rows->weights != NULL && !rows->repeated ? CHURN_COVARIANCE_ROBUST
                                                    : CHURN_COVARIANCE_MODEL;
}

static churn_status fit_line(const churn_logit_rows *rows, churn_matrix *matrix,
                             const churn_run *run, churn_logit_line *line, churn_error *error)
{
  double coefficients[2], covariance[4], mean, deviation, sandwich[4];
  static const uint32_t group[1] = {0};
  churn_fit_result result = {coefficients, covariance, &mean, &deviation};
  churn_fit_report report;
  churn_group_test test;
  churn_coefficient described[2];
  churn_inference inference = {.coefficients = described, .tests = &test, .covariance = sandwich};
  churn_inference_settings settings = {
      .covariance = kind_of(rows), .group = group, .group_count = 1};
  churn_status status = churn_fit_logistic(matrix, NULL, run, &result, &report, error);
  if (status != CHURN_OK || !report.converged)
    return status;
  if (kind_of(rows) == CHURN_COVARIANCE_MODEL)
    described[1].std_error = sqrt(covariance[3]);
  else
    status = churn_infer(matrix, &result, &report, &settings, run, &inference, error);
  if (status == CHURN_OK || status == CHURN_DEGENERATE)
    *line = (churn_logit_line){coefficients[0], coefficients[1],
                               status == CHURN_OK ? described[1].std_error : NAN};
  return status;
}

churn_status churn_logit_line_fit_in(const churn_logit_rows *rows, double *room,
                                     const churn_run *run, churn_logit_line *line,
                                     churn_error *error)
{
  churn_matrix *matrix = NULL;
  churn_logit_line found = {NAN, NAN, NAN};
  churn_error fault = {0};
  churn_status status = make_matrix(rows, room, &matrix, &fault);
  if (status == CHURN_OK)
    status = fit_line(rows, matrix, run, &found, &fault);
  status = unless_degenerate(status, &fault, error);
  if (status == CHURN_OK)
    *line = found;
  free_matrix(room, matrix);
  return status;
}

churn_status churn_logit_line_fit(const churn_logit_rows *rows, const churn_run *run,
                                  churn_logit_line *line, churn_error *error)
{
  return churn_logit_line_fit_in(rows, NULL, run, line, error);
}

double churn_logit_level_error(const churn_logit_rows *rows, double level)
{
  double information = 0, squares = 0, score = 0;
  size_t clusters = 0;
  for (size_t r = 0; r < rows->rows; r++) {
    double z = level + rows->logits[r], small = exp(-fabs(z));
    double p = z >= 0 ? 1 / (1 + small) : small / (1 + small);
    double weight = rows->weights == NULL ? 1 : rows->weights[r];
    bool fresh = r == 0 || rows->clusters == NULL || rows->clusters[r] != rows->clusters[r - 1];
    squares += fresh ? score * score : 0;
    clusters += fresh;
    score = (fresh ? 0 : score) + weight * (rows->labels[r] - p);
    information += weight * small / ((1 + small) * (1 + small));
  }
  squares += score * score;
  if (kind_of(rows) == CHURN_COVARIANCE_MODEL)
    return 1 / sqrt(information);
  double correction = rows->clusters == NULL ? 1 : (double)clusters / ((double)clusters - 1);
  return clusters < 2 ? NAN : sqrt(correction * squares) / information;
}

churn_status churn_logit_line_cross(const churn_logit_rows *rows, const churn_fold_map *map,
                                    const churn_run *run, double *calibrated, bool *found,
                                    churn_error *error)
{
  churn_penalised_settings settings = {0};
  churn_matrix *matrix = NULL;
  churn_scaled data = {0};
  churn_cross_report report = {0};
  churn_error fault = {0};
  churn_status status = make_matrix(rows, NULL, &matrix, &fault);
  if (status == CHURN_OK)
    status = churn_scaled_take(matrix, run, &data, &fault);
  if (status == CHURN_OK)
    status =
        churn_cross_validate(&data, map, &settings, NULL, run, calibrated, NULL, &report, &fault);
  *found = status == CHURN_OK && report.separated + report.not_converged == 0;
  churn_scaled_clear(&data);
  churn_matrix_free(matrix);
  return unless_degenerate(status, &fault, error);
}
