/* Totals, means, deviations and standardising, over the fixed lanes.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "fit/moments.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "fit/kernel.h"
#include "fit/null_model.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

/* Partial sums that run side by side, so that a sum does not wait for its own last addition. */
enum { STRIDE = 8 };

size_t churn_lane_count(const churn_matrix *matrix)
{
  size_t tiles = churn_tile_count(matrix->rows);
  return tiles < CHURN_LANES ? tiles : CHURN_LANES;
}

typedef struct totals_pass {
  const churn_matrix *matrix;
  const churn_kernel *kernel;
  churn_totals lanes[CHURN_LANES];
} totals_pass;

static bool row_is_good(const churn_matrix *m, size_t row)
{
  return m->weight[row] >= 0 && m->weight[row] <= DBL_MAX && (m->y[row] == 0 || m->y[row] == 1) &&
         (m->offset == NULL || isfinite(m->offset[row]));
}

static churn_status refuse_row(const churn_matrix *m, size_t row, churn_error *error)
{
  if (!(m->weight[row] >= 0 && isfinite(m->weight[row])))
    return churn_error_set(error, CHURN_USAGE, "row %zu has the weight %g; it must be 0 or more",
                           row + 1, m->weight[row]);
  if (m->y[row] != 0 && m->y[row] != 1)
    return churn_error_set(error, CHURN_USAGE, "row %zu has the label %g; it must be 0 or 1",
                           row + 1, m->y[row]);
  return churn_error_set(error, CHURN_USAGE, "row %zu has the offset %g; it must be a number",
                         row + 1, m->offset[row]);
}

static double add_up(const double part[STRIDE])
{
  return ((part[0] + part[1]) + (part[2] + part[3])) + ((part[4] + part[5]) + (part[6] + part[7]));
}

static double weighted_sum(const double *x, const double *weight)
{
  double part[STRIDE] = {0};
  for (size_t r = 0; r < CHURN_TILE_ROWS; r += STRIDE)
    for (size_t i = 0; i < STRIDE; i++)
      part[i] += weight[r + i] * x[r + i];
  return add_up(part);
}

static double sum_weights(const double *weight)
{
  double part[STRIDE] = {0};
  for (size_t r = 0; r < CHURN_TILE_ROWS; r += STRIDE)
    for (size_t i = 0; i < STRIDE; i++)
      part[i] += weight[r + i];
  return add_up(part);
}

/* Whether all of a tile's rows are good; padding is. */
static bool tile_is_good(const churn_matrix *m, size_t first)
{
  const double *weight = m->weight + first, *y = m->y + first;
  int bad = 0;
  for (size_t r = 0; r < CHURN_TILE_ROWS; r++)
    bad |= !(weight[r] >= 0) | !(weight[r] <= DBL_MAX) | ((y[r] != 0) & (y[r] != 1));
  for (size_t r = 0; r < CHURN_TILE_ROWS && m->offset != NULL; r++)
    bad |= !isfinite(m->offset[first + r]);
  return !bad;
}

static churn_status read_totals(void *context, size_t lane, int thread, churn_error *error)
{
  (void)thread;
  totals_pass *pass = context;
  const churn_matrix *m = pass->matrix;
  size_t tiles = churn_tile_count(m->rows);
  size_t end = churn_lane_first_tile(tiles, lane + 1);
  churn_totals sum = {.lowest_weight = INFINITY, .every_row = true};
  churn_tile_totals tile;
  for (size_t t = churn_lane_first_tile(tiles, lane); t < end; t++) {
    size_t first = t * CHURN_TILE_ROWS;
    const double *weight = m->weight + first;
    for (size_t r = first; !tile_is_good(m, first) && r < first + CHURN_TILE_ROWS; r++)
      if (!row_is_good(m, r))
        return refuse_row(m, r, error);
    pass->kernel->totals(m->y + first, weight, &tile);
    sum.every_row = sum.every_row && tile.rows == (double)churn_tile_rows(m->rows, t);
    sum.weight += tile.weight;
    sum.positive += tile.positive;
    if (tile.rows > 0)
      sum.lowest_weight = fmin(sum.lowest_weight, tile.lowest);
  }
  pass->lanes[lane] = sum;
  return CHURN_OK;
}

churn_status churn_totals_read(const churn_matrix *matrix, const churn_run *run,
                               churn_totals *totals, churn_error *error)
{
  totals_pass pass = {.matrix = matrix, .kernel = churn_kernel_choose(NULL)};
  size_t lanes = churn_lane_count(matrix);
  churn_status status = churn_parallel_run(lanes, read_totals, &pass, NULL, run, error);
  if (status != CHURN_OK)
    return status;
  churn_totals sum = {.lowest_weight = INFINITY, .every_row = true};
  for (size_t lane = 0; lane < lanes; lane++) {
    sum.weight += pass.lanes[lane].weight;
    sum.positive += pass.lanes[lane].positive;
    sum.lowest_weight = fmin(sum.lowest_weight, pass.lanes[lane].lowest_weight);
    sum.every_row = sum.every_row && pass.lanes[lane].every_row;
  }
  if (!(sum.weight > 0))
    return churn_error_set(error, CHURN_DEGENERATE, "there are no rows to fit on");
  status = churn_null_model_find(matrix, run, &sum, error);
  if (status == CHURN_OK)
    *totals = sum;
  return status;
}

/* What rows have told of a column so far. */
typedef struct churn_column_moments {
  double anchor; /* about where its values lie */
  double weight;
  double first;  /* sum w (x - anchor) */
  double second; /* sum w (x - their mean)^2 */
} column_moments;

static double relative_mean(const column_moments *m)
{
  return m->weight > 0 ? m->first / m->weight : 0;
}

/* Chan, Golub and LeVeque, The American Statistician 37, 1983: `first` and `second` of the rows to
 * add are about their own mean, which lies `mean` above the anchor. */
static void join_moments(column_moments *m, double weight, double mean, double second)
{
  double distance = mean - relative_mean(m), all = m->weight + weight;
  m->second += second + distance * distance * (m->weight / all) * weight;
  m->first += weight * mean;
  m->weight = all;
}

/* One tile, around the mean of the rows before it: where the tile lies far from that, the distance
 * tells more than what is lost. The first tile has its own mean. */
static void add_tile(const churn_kernel *kernel, column_moments *m, const double *x,
                     const double *weight, double tile_weight)
{
  double first, second;
  if (!(tile_weight > 0))
    return;
  if (m->weight == 0)
    m->anchor = weighted_sum(x, weight) / tile_weight;
  double shift = m->anchor + relative_mean(m);
  kernel->moments(x, weight, shift, &first, &second);
  double mean = first / tile_weight;
  join_moments(m, tile_weight, (shift - m->anchor) + mean, second - first * mean);
}

static size_t count_levels(const churn_matrix *m)
{
  size_t count = 0;
  for (size_t b = 0; b < m->block_count; b++)
    count += m->blocks[b].levels + 1;
  return count;
}

static void add_levels(const churn_matrix *m, size_t tile, const double *weight, double *levels)
{
  for (size_t b = 0; b < m->block_count; b++) {
    const uint16_t *codes = churn_matrix_codes(m, tile, b);
    for (size_t r = 0; r < CHURN_TILE_ROWS; r++)
      levels[codes[r]] += weight[r];
    levels += m->blocks[b].levels + 1;
  }
}

churn_status churn_moment_sums_prepare(churn_moment_sums *moments, const churn_matrix *matrix,
                                       churn_error *error)
{
  size_t lanes = churn_lane_count(matrix);
  *moments = (churn_moment_sums){
      .matrix = matrix, .kernel = churn_kernel_choose(NULL), .level_count = count_levels(matrix)};
  moments->columns = churn_array_new(lanes * matrix->dense, sizeof *moments->columns);
  moments->levels = churn_array_new((lanes + 1) * moments->level_count, sizeof *moments->levels);
  return moments->columns == NULL || moments->levels == NULL ? churn_error_no_memory(error)
                                                             : CHURN_OK;
}

void churn_moment_sums_clear(churn_moment_sums *moments)
{
  free(moments->columns);
  free(moments->levels);
  *moments = (churn_moment_sums){0};
}

void churn_moment_sums_take(const churn_moment_sums *moments, size_t lane, size_t tile)
{
  const churn_matrix *m = moments->matrix;
  const double *weight = m->weight + tile * CHURN_TILE_ROWS;
  double tile_weight = sum_weights(weight);
  for (size_t c = 0; c < m->dense; c++)
    add_tile(moments->kernel, &moments->columns[lane * m->dense + c], churn_matrix_tile(m, tile, c),
             weight, tile_weight);
  add_levels(m, tile, weight, moments->levels + lane * moments->level_count);
}

static churn_status read_moments(void *context, size_t lane, int thread, churn_error *error)
{
  (void)thread;
  (void)error;
  const churn_moment_sums *moments = context;
  size_t tiles = churn_tile_count(moments->matrix->rows);
  size_t end = churn_lane_first_tile(tiles, lane + 1);
  for (size_t t = churn_lane_first_tile(tiles, lane); t < end; t++)
    churn_moment_sums_take(moments, lane, t);
  return CHURN_OK;
}

/* The lanes' moments of one column, in lane order. */
static column_moments over_lanes(const column_moments *moments, size_t lanes, size_t stride)
{
  column_moments sum = {0};
  for (size_t lane = 0; lane < lanes; lane++) {
    const column_moments *m = &moments[lane * stride];
    if (!(m->weight > 0))
      continue;
    if (sum.weight == 0)
      sum.anchor = m->anchor;
    join_moments(&sum, m->weight, (m->anchor - sum.anchor) + relative_mean(m), m->second);
  }
  return sum;
}

static void finish_column(const column_moments *m, double *mean, double *deviation)
{
  *mean = m->anchor + relative_mean(m);
  *deviation = m->second > 0 ? sqrt(m->second / m->weight) : 0;
  if (*deviation <= 16 * DBL_EPSILON * fabs(*mean))
    *deviation = 0;
}

/* A block's columns from the weights of its levels [levels + 1]; `after` is scratch for as many.
 * What is off is added up by itself (the levels before, and those after), so that a column that is
 * on everywhere has deviation 0. */
static void finish_block(const churn_matrix *m, const churn_code_block *block, const double *levels,
                         double *after, double *means, double *deviations)
{
  double before = 0;
  after[block->levels] = 0;
  for (size_t l = block->levels; l > 0; l--)
    after[l - 1] = after[l] + levels[l];
  for (size_t l = 0; l < block->levels; before += levels[l], l++) {
    if (block->columns[l] < 0)
      continue;
    double on = levels[l], off = before + after[l];
    const churn_column_place *place = &m->places[block->columns[l]];
    double share = on / (on + off), rise = place->high - place->low;
    means[block->columns[l]] = place->low + rise * share;
    deviations[block->columns[l]] = fabs(rise) * sqrt(share * (off / (on + off)));
  }
}

static void finish_blocks(const churn_moment_sums *moments, size_t lanes, double *means,
                          double *deviations)
{
  const churn_matrix *m = moments->matrix;
  double *levels = moments->levels, *after = levels + lanes * moments->level_count;
  for (size_t lane = 1; lane < lanes; lane++)
    for (size_t i = 0; i < moments->level_count; i++)
      levels[i] += moments->levels[lane * moments->level_count + i];
  for (size_t b = 0; b < m->block_count; b++) {
    finish_block(m, &m->blocks[b], levels, after, means, deviations);
    levels += m->blocks[b].levels + 1;
  }
}

static churn_status refuse_column(const char *const *names, size_t column, churn_error *error)
{
  const char *fault = "holds a value that is not a finite number, or too large to square";
  if (names != NULL)
    return churn_error_set(error, CHURN_DEGENERATE, "column %s %s", names[column], fault);
  return churn_error_set(error, CHURN_DEGENERATE, "design column %zu %s", column + 1, fault);
}

static bool is_good(const column_moments *all)
{
  return isfinite(all->anchor + relative_mean(all)) && isfinite(all->second);
}

churn_status churn_moment_sums_finish(const churn_moment_sums *moments, const char *const *names,
                                      double *means, double *deviations, churn_error *error)
{
  const churn_matrix *m = moments->matrix;
  size_t lanes = churn_lane_count(m);
  column_moments *sums = moments->columns;
  for (size_t c = 0; c < m->columns; c++) {
    churn_column_place place = churn_matrix_place(m, c);
    if (place.block >= 0)
      continue;
    sums[place.index] = over_lanes(sums + place.index, lanes, m->dense);
    if (!is_good(&sums[place.index]))
      return refuse_column(names, c, error);
  }
  finish_blocks(moments, lanes, means, deviations);
  for (size_t c = 0; c < m->columns; c++) {
    churn_column_place place = churn_matrix_place(m, c);
    if (place.block < 0)
      finish_column(&sums[place.index], &means[c], &deviations[c]);
  }
  return CHURN_OK;
}

churn_status churn_moments_read(const churn_matrix *matrix, const char *const *names,
                                const churn_run *run, double *means, double *deviations,
                                churn_error *error)
{
  churn_moment_sums moments;
  churn_status status = churn_moment_sums_prepare(&moments, matrix, error);
  if (status == CHURN_OK)
    status = churn_parallel_run(churn_lane_count(matrix), read_moments, &moments, NULL, run, error);
  if (status == CHURN_OK)
    status = churn_moment_sums_finish(&moments, names, means, deviations, error);
  churn_moment_sums_clear(&moments);
  return status;
}

void churn_column_standardise(const double *x, const double *weight, double mean, double deviation,
                              double *out)
{
  double scale = deviation > 0 ? 1 / deviation : 0;
  for (size_t r = 0; r < CHURN_TILE_ROWS; r++)
    out[r] = weight[r] > 0 ? (x[r] - mean) * scale : 0;
}

void churn_tile_standardise(const churn_matrix *matrix, size_t tile, const double *means,
                            const double *deviations)
{
  const double *weight = matrix->weight + tile * CHURN_TILE_ROWS;
  for (size_t c = 0; c < matrix->columns; c++) {
    churn_column_place place = churn_matrix_place(matrix, c);
    if (place.block >= 0)
      continue;
    double *x = churn_matrix_tile(matrix, tile, place.index);
    churn_column_standardise(x, weight, means[c], deviations[c], x);
  }
}

void churn_codes_standardise(const churn_matrix *matrix, const double *means,
                             const double *deviations)
{
  for (size_t c = 0; matrix->places != NULL && c < matrix->columns; c++) {
    churn_column_place *place = &matrix->places[c];
    double scale = deviations[c] > 0 ? 1 / deviations[c] : 0;
    place->low = (place->low - means[c]) * scale;
    place->high = (place->high - means[c]) * scale;
  }
}

typedef struct standardise_pass {
  churn_matrix *matrix;
  const double *means;
  const double *deviations;
} standardise_pass;

static churn_status standardise_lane(void *context, size_t lane, int thread, churn_error *error)
{
  (void)thread;
  (void)error;
  const standardise_pass *pass = context;
  churn_matrix *m = pass->matrix;
  size_t tiles = churn_tile_count(m->rows);
  size_t end = churn_lane_first_tile(tiles, lane + 1);
  for (size_t t = churn_lane_first_tile(tiles, lane); t < end; t++)
    churn_tile_standardise(m, t, pass->means, pass->deviations);
  return CHURN_OK;
}

churn_status churn_matrix_standardise(churn_matrix *matrix, const double *means,
                                      const double *deviations, const churn_run *run,
                                      churn_error *error)
{
  standardise_pass pass = {matrix, means, deviations};
  churn_codes_standardise(matrix, means, deviations);
  matrix->standardised = true;
  return churn_parallel_run(churn_lane_count(matrix), standardise_lane, &pass, NULL, run, error);
}

churn_status churn_matrix_settle(churn_matrix *matrix, const double *means,
                                 const double *deviations, const churn_run *run, churn_error *error)
{
  return matrix->standardised ? CHURN_OK
                              : churn_matrix_standardise(matrix, means, deviations, run, error);
}
