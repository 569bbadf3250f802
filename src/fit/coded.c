/* Sums over level codes: tables that rows are added to by index.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "fit/coded.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/parallel.h"

#include <stdlib.h>
#include <string.h>

static size_t whole_vectors(size_t doubles)
{
  return (doubles + 7) / 8 * 8;
}

static size_t level_room(const churn_matrix *m, size_t block)
{
  return (m->blocks[block].levels + 1) * churn_kernel_width(m->dense);
}

static size_t pair_room(const churn_matrix *m, size_t a, size_t b)
{
  return whole_vectors((m->blocks[a].levels + 1) * (m->blocks[b].levels + 1));
}

/* A thread's scratch: rows' terms, then what is added up. */
typedef struct lane_room {
  double *eta;
  double *residual;
  double *curvature;
  double *rows;
  double *dense; /* as in kernel.h, of the columns in the tiles */
  double *levels;
  double *pairs;
} lane_room;

static size_t levels_room(const churn_matrix *m)
{
  size_t room = 0;
  for (size_t b = 0; b < m->block_count; b++)
    room += level_room(m, b);
  return room;
}

static size_t pairs_room(const churn_matrix *m)
{
  size_t room = 0;
  for (size_t b = 0; b < m->block_count; b++)
    for (size_t a = 0; a < b; a++)
      room += pair_room(m, a, b);
  return room;
}

static size_t rows_room(const churn_matrix *m)
{
  return CHURN_KERNEL_CHUNK * churn_kernel_width(m->dense);
}

static size_t dense_room(const churn_matrix *m)
{
  return whole_vectors(churn_kernel_sums(m->dense));
}

static lane_room thread_room(const churn_coded *coded, int thread)
{
  const churn_matrix *m = coded->matrix;
  lane_room r = {.eta = coded->scratch + (size_t)thread * coded->room};
  r.residual = r.eta + CHURN_TILE_ROWS;
  r.curvature = r.residual + CHURN_TILE_ROWS;
  r.rows = r.curvature + CHURN_TILE_ROWS;
  r.dense = r.rows + rows_room(m);
  r.levels = r.dense + dense_room(m);
  r.pairs = r.levels + levels_room(m);
  return r;
}

static size_t all_levels(const churn_matrix *m)
{
  size_t all = 0;
  for (size_t b = 0; b < m->block_count; b++)
    all += m->blocks[b].levels + 1;
  return all;
}

churn_status churn_coded_prepare(churn_coded *coded, const churn_matrix *matrix,
                                 const churn_kernel *kernel, const churn_run *run,
                                 churn_error *error)
{
  *coded = (churn_coded){.matrix = matrix, .kernel = kernel};
  if (matrix->block_count == 0)
    return CHURN_OK;
  size_t threads = (size_t)churn_parallel_threads(run);
  coded->room = 3 * CHURN_TILE_ROWS + rows_room(matrix) + dense_room(matrix) + levels_room(matrix) +
                pairs_room(matrix);
  coded->dense_columns = churn_array_new(matrix->dense, sizeof *coded->dense_columns);
  coded->coefficients = churn_array_new(matrix->dense + 1, sizeof(double));
  coded->values = churn_array_new(all_levels(matrix), sizeof(double));
  coded->totals = churn_array_new(matrix->columns + 1, sizeof(double));
  coded->scratch = churn_array_new_aligned(threads * coded->room, sizeof(double));
  if (coded->dense_columns == NULL || coded->coefficients == NULL || coded->values == NULL ||
      coded->totals == NULL || coded->scratch == NULL)
    return churn_error_no_memory(error);
  for (size_t c = 0; c < matrix->columns; c++)
    if (matrix->places[c].block < 0)
      coded->dense_columns[matrix->places[c].index] = c;
  return CHURN_OK;
}

void churn_coded_clear(churn_coded *coded)
{
  free(coded->dense_columns);
  free(coded->coefficients);
  free(coded->values);
  free(coded->totals);
  free(coded->scratch);
  *coded = (churn_coded){0};
}

void churn_coded_set(churn_coded *coded, const double *coefficients)
{
  const churn_matrix *m = coded->matrix;
  double *values = coded->values;
  coded->coefficients[0] = coefficients[0];
  for (size_t i = 0; i < m->dense; i++)
    coded->coefficients[1 + i] = coefficients[1 + coded->dense_columns[i]];
  for (size_t b = 0; b < m->block_count; b++) {
    const churn_code_block *block = &m->blocks[b];
    for (size_t l = 0; l < block->levels; l++) {
      int32_t c = block->columns[l];
      values[l] = 0;
      if (c < 0)
        continue;
      values[l] = coefficients[1 + c] * (m->places[c].high - m->places[c].low);
      coded->coefficients[0] += coefficients[1 + c] * m->places[c].low;
    }
    values[block->levels] = 0;
    values += block->levels + 1;
  }
}

/* Adds what the levels add. */
static void add_levels(const churn_coded *coded, size_t tile, double *eta)
{
  const churn_matrix *m = coded->matrix;
  const double *values = coded->values;
  for (size_t b = 0; b < m->block_count; b++) {
    const uint16_t *codes = churn_matrix_codes(m, tile, b);
    for (size_t r = 0; r < CHURN_TILE_ROWS; r++)
      eta[r] += values[codes[r]];
    values += m->blocks[b].levels + 1;
  }
}

void churn_coded_predict(const churn_coded *coded, size_t tile, const double *x, double *eta)
{
  const churn_matrix *m = coded->matrix;
  for (size_t r = 0; r < CHURN_TILE_ROWS; r++)
    eta[r] = coded->coefficients[0];
  for (size_t i = 0; i < m->dense; i++)
    for (size_t r = 0; r < CHURN_TILE_ROWS; r++)
      eta[r] += coded->coefficients[1 + i] * x[i * CHURN_TILE_ROWS + r];
  add_levels(coded, tile, eta);
}

void churn_coded_begin(const churn_coded *coded, int thread)
{
  lane_room room = thread_room(coded, thread);
  size_t sums = coded->room - (size_t)(room.dense - room.eta);
  memset(room.dense, 0, sums * sizeof *room.dense);
}

/* The gradient alone needs no more than this. */
static void scatter_residuals(const churn_matrix *m, size_t tile, const lane_room *room)
{
  size_t width = churn_kernel_width(m->dense);
  double *sums = room->levels;
  for (size_t b = 0; b < m->block_count; b++) {
    const uint16_t *codes = churn_matrix_codes(m, tile, b);
    for (size_t r = 0; r < CHURN_TILE_ROWS; r++)
      sums[codes[r] * width + 1] += room->residual[r];
    sums += level_room(m, b);
  }
}

static void scatter_pairs(const churn_matrix *m, size_t tile, const double *curvature,
                          double *pairs)
{
  for (size_t b = 0; b < m->block_count; b++) {
    const uint16_t *down = churn_matrix_codes(m, tile, b);
    for (size_t a = 0; a < b; a++) {
      const uint16_t *across = churn_matrix_codes(m, tile, a);
      size_t width = m->blocks[a].levels + 1;
      for (size_t r = 0; r < CHURN_TILE_ROWS; r++)
        pairs[down[r] * width + across[r]] += curvature[r];
      pairs += pair_room(m, a, b);
    }
  }
}

static void scatter_levels(const churn_coded *coded, size_t tile, const lane_room *room,
                           const double *x, const double *curvature)
{
  enum { AT_ONCE = 16 };
  const churn_matrix *m = coded->matrix;
  churn_level_sums to[AT_ONCE];
  double *sums = room->levels;
  size_t waiting = 0;
  for (size_t b = 0; b < m->block_count; b++) {
    to[waiting++] = (churn_level_sums){churn_matrix_codes(m, tile, b), sums};
    sums += level_room(m, b);
    if (waiting < AT_ONCE && b + 1 < m->block_count)
      continue;
    coded->kernel->scatter(x, m->dense, room->residual, curvature, to, waiting, room->rows);
    waiting = 0;
  }
}

/* Everything quadratic, and the levels' gradient. */
static void scatter(const churn_coded *coded, size_t tile, const lane_room *room, const double *x,
                    const double *curvature)
{
  coded->kernel->cross(x, coded->matrix->dense, curvature, room->dense);
  scatter_levels(coded, tile, room, x, curvature);
  scatter_pairs(coded->matrix, tile, curvature, room->pairs);
}

void churn_coded_step(const churn_coded *coded, int thread, size_t tile, const double *x,
                      bool with_hessian)
{
  const churn_matrix *m = coded->matrix;
  lane_room room = thread_room(coded, thread);
  const double *offset = churn_matrix_offset(m, tile);
  for (size_t r = 0; r < CHURN_TILE_ROWS; r++)
    room.eta[r] = offset == NULL ? 0 : offset[r];
  add_levels(coded, tile, room.eta);
  coded->kernel->rows(x, m->dense, m->y + tile * CHURN_TILE_ROWS,
                      m->weight + tile * CHURN_TILE_ROWS, room.eta, coded->coefficients,
                      room.residual, room.curvature, room.dense);
  if (with_hessian)
    scatter(coded, tile, &room, x, room.curvature);
  else
    scatter_residuals(m, tile, &room);
}

void churn_coded_cross(const churn_coded *coded, int thread, size_t tile, const double *x)
{
  const churn_matrix *m = coded->matrix;
  lane_room room = thread_room(coded, thread);
  memset(room.residual, 0, CHURN_TILE_ROWS * sizeof *room.residual);
  scatter(coded, tile, &room, x, m->weight + tile * CHURN_TILE_ROWS);
}

/* The packed triangle's place of two unknowns. */
static size_t place_of(size_t i, size_t j)
{
  return i >= j ? i * (i + 1) / 2 + j : j * (j + 1) / 2 + i;
}

/* Number of unknown i of those in the tiles among all. */
static size_t unknown_of(const churn_coded *coded, size_t i)
{
  return i == 0 ? 0 : 1 + coded->dense_columns[i - 1];
}

static void end_dense(const churn_coded *coded, const double *from, bool with_hessian, double *sums)
{
  const churn_matrix *m = coded->matrix;
  const double *entry = from + churn_kernel_hessian_start(m->dense);
  double *hessian = sums + churn_kernel_hessian_start(m->columns);
  sums[0] += from[0];
  for (size_t i = 0; i <= m->dense; i++) {
    size_t to = unknown_of(coded, i);
    sums[1 + to] += from[1 + i];
    for (size_t j = 0; with_hessian && j <= i; j++)
      hessian[place_of(to, unknown_of(coded, j))] += *entry++;
  }
}

static void end_level(const churn_coded *coded, const double *from, size_t unknown,
                      bool with_hessian, double *sums)
{
  const churn_matrix *m = coded->matrix;
  double *hessian = sums + churn_kernel_hessian_start(m->columns);
  sums[1 + unknown] += from[1];
  if (!with_hessian)
    return;
  hessian[place_of(unknown, 0)] += from[0];
  hessian[place_of(unknown, unknown)] += from[0];
  for (size_t i = 0; i < m->dense; i++)
    hessian[place_of(unknown, unknown_of(coded, 1 + i))] += from[2 + i];
}

static void end_pair(const churn_code_block *down, const churn_code_block *across,
                     const double *from, double *hessian)
{
  for (size_t l = 0; l < down->levels; l++)
    for (size_t k = 0; k < across->levels; k++)
      if (down->columns[l] >= 0 && across->columns[k] >= 0)
        hessian[place_of(1 + (size_t)down->columns[l], 1 + (size_t)across->columns[k])] +=
            from[l * (across->levels + 1) + k];
}

void churn_coded_end(const churn_coded *coded, int thread, bool with_hessian, double *sums)
{
  const churn_matrix *m = coded->matrix;
  lane_room room = thread_room(coded, thread);
  end_dense(coded, room.dense, with_hessian, sums);
  for (size_t b = 0; b < m->block_count; b++) {
    for (size_t l = 0; l < m->blocks[b].levels; l++)
      if (m->blocks[b].columns[l] >= 0)
        end_level(coded, room.levels + l * churn_kernel_width(m->dense),
                  1 + (size_t)m->blocks[b].columns[l], with_hessian, sums);
    room.levels += level_room(m, b);
    for (size_t a = 0; with_hessian && a < b; a++) {
      end_pair(&m->blocks[b], &m->blocks[a], room.pairs,
               sums + churn_kernel_hessian_start(m->columns));
      room.pairs += pair_room(m, a, b);
    }
  }
}

/* What an unknown is at 0 and how much more at 1. */
typedef struct line {
  double low;
  double rise;
} line;

static line line_of(const churn_matrix *m, size_t unknown, const double *means,
                    const double *deviations)
{
  if (unknown == 0 || m->places[unknown - 1].block < 0)
    return (line){0, 1};
  const churn_column_place *p = &m->places[unknown - 1];
  line l = {p->low, p->high - p->low};
  if (means == NULL)
    return l;
  double scale = deviations[unknown - 1] > 0 ? 1 / deviations[unknown - 1] : 0;
  return (line){(l.low - means[unknown - 1]) * scale, l.rise * scale};
}

void churn_coded_finish(churn_coded *coded, const double *means, const double *deviations,
                        bool with_hessian, double *sums)
{
  const churn_matrix *m = coded->matrix;
  size_t n = m->columns + 1;
  double *gradient = sums + 1, *entry = sums + churn_kernel_hessian_start(m->columns);
  for (size_t i = 0; i < n; i++) {
    line a = line_of(m, i, means, deviations);
    gradient[i] = a.rise * gradient[i] + a.low * gradient[0];
    if (with_hessian)
      coded->totals[i] = entry[i * (i + 1) / 2];
  }
  const double *total = coded->totals;
  for (size_t i = 0; with_hessian && i < n; i++) {
    line a = line_of(m, i, means, deviations);
    for (size_t j = 0; j <= i; j++, entry++) {
      line b = line_of(m, j, means, deviations);
      *entry = a.rise * b.rise * *entry + a.rise * b.low * total[i] + a.low * b.rise * total[j] +
               a.low * b.low * total[0];
    }
  }
}
