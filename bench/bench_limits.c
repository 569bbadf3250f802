/* bench_limits sweep MATRIX [THREADS]: how far a Newton step is from reading the matrix once; times
 * are the best of several, in turn. bench_limits codes|plain ROWS [THREADS]: a fit on 10 numbers
 * and categories of 10, 50 and 200 levels, kept as level codes or as a column each.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/parallel.h"
#include "clock.h"
#include "draw.h"
#include "fit/logistic.h"
#include "fit/moments.h"
#include "fit/objective.h"
#include "matrix_file.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 15, NUMBERS = 10, CATEGORIES = 3 };

static const size_t levels[CATEGORIES] = {10, 50, 200};

typedef struct reading {
  const churn_matrix *matrix;
  double sums[CHURN_LANES];
} reading;

static churn_status read_lane(void *context, size_t lane, int thread, churn_error *error)
{
  (void)thread;
  (void)error;
  enum { STRIDE = 16 };
  reading *r = context;
  const churn_matrix *m = r->matrix;
  size_t tiles = churn_tile_count(m->rows), width = m->dense * CHURN_TILE_ROWS;
  const double *from = churn_matrix_tile(m, churn_lane_first_tile(tiles, lane), 0);
  size_t count =
      (churn_lane_first_tile(tiles, lane + 1) - churn_lane_first_tile(tiles, lane)) * width;
  double part[STRIDE] = {0};
  for (size_t i = 0; i < count; i += STRIDE)
    for (size_t j = 0; j < STRIDE; j++)
      part[j] += from[i + j];
  for (size_t j = 0; j < STRIDE; j++)
    r->sums[lane] += part[j];
  return CHURN_OK;
}

static churn_status time_sweep(const churn_matrix *matrix, const churn_run *run, double *best,
                               churn_error *error)
{
  reading r = {.matrix = matrix};
  double start = churn_bench_seconds();
  churn_status status =
      churn_parallel_run(churn_lane_count(matrix), read_lane, &r, NULL, run, error);
  *best = fmin(*best, churn_bench_seconds() - start);
  return status;
}

static churn_status time_step(const churn_objective *objective, churn_point *point, double *best,
                              churn_error *error)
{
  double start = churn_bench_seconds();
  churn_status status = churn_objective_evaluate(objective, point, error);
  *best = fmin(*best, churn_bench_seconds() - start);
  return status;
}

static churn_status bench_sweep(churn_matrix *matrix, const churn_run *run, churn_error *error)
{
  churn_objective objective = {.matrix = matrix,
                               .kernel = churn_kernel_choose(NULL),
                               .run = run,
                               .total_weight = (double)matrix->rows};
  churn_point point = {0};
  double sweep = INFINITY, step = INFINITY;
  churn_status status = churn_objective_prepare(&objective, error);
  if (status == CHURN_OK)
    status = churn_point_prepare(&point, matrix->columns, error);
  for (int i = 0; i < ROUNDS && status == CHURN_OK; i++) {
    status = time_sweep(matrix, run, &sweep, error);
    if (status == CHURN_OK)
      status = time_step(&objective, &point, &step, error);
  }
  printf("time sweep %.6f\ntime step %.6f\n", sweep, step);
  churn_point_clear(&point);
  churn_objective_clear(&objective);
  return status;
}

/* The reference is level 0 of each category, uniform levels. */
static void fill_row(churn_matrix *m, size_t row, uint64_t *state)
{
  size_t tile = row / CHURN_TILE_ROWS, at = row % CHURN_TILE_ROWS, first = NUMBERS;
  double eta = -2.5;
  for (size_t c = 0; c < NUMBERS; c++) {
    double x = churn_bench_draw(state) + churn_bench_draw(state) - 1;
    churn_matrix_tile(m, tile, c)[at] = x;
    eta += 0.3 * cos((double)c) * x;
  }
  for (size_t b = 0; b < CATEGORIES; b++) {
    size_t level = (size_t)(churn_bench_draw(state) * (double)levels[b]);
    eta += 0.5 * sin((double)(level + b));
    if (level > 0 && m->block_count > 0)
      m->blocks[b].codes[row] = (uint16_t)(level - 1);
    else if (level > 0)
      churn_matrix_tile(m, tile, first + level - 1)[at] = 1;
    first += levels[b] - 1;
  }
  m->y[row] = churn_bench_draw(state) < 1 / (1 + exp(-eta));
}

static churn_matrix *make_categories(size_t rows, bool coded, churn_error *error)
{
  int32_t block_of[NUMBERS + 10 + 50 + 200];
  size_t columns = NUMBERS;
  uint64_t state = 7;
  churn_matrix *m = NULL;
  for (size_t c = 0; c < NUMBERS; c++)
    block_of[c] = -1;
  for (size_t b = 0; b < CATEGORIES; b++)
    for (size_t l = 1; l < levels[b]; l++)
      block_of[columns++] = (int32_t)b;
  if (churn_matrix_new_coded(rows, columns, block_of, coded ? CATEGORIES : 0, &m, error) !=
      CHURN_OK)
    return NULL;
  for (size_t row = 0; row < rows; row++)
    fill_row(m, row, &state);
  return m;
}

static churn_status bench_categories(churn_matrix *matrix, const churn_run *run, churn_error *error)
{
  size_t n = matrix->columns + 1;
  churn_fit_report report;
  double *room = calloc(n * (n + 3), sizeof *room);
  if (room == NULL)
    return CHURN_NO_MEMORY;
  churn_fit_result result = {room, room + 3 * n, room + n, room + 2 * n};
  double start = churn_bench_seconds();
  churn_status status = churn_fit_logistic(matrix, NULL, run, &result, &report, error);
  double end = churn_bench_seconds();
  if (status == CHURN_OK)
    printf("time solver %.6f\nlog_loss %.10f\n", end - start,
           -report.log_likelihood / (double)matrix->rows);
  free(room);
  return status;
}

int main(int count, char **words)
{
  const char *what = count == 3 || count == 4 ? words[1] : "";
  churn_run run = {.threads = count == 4 ? atoi(words[3]) : 0};
  bool sweep = strcmp(what, "sweep") == 0, codes = strcmp(what, "codes") == 0;
  churn_error error = {0};
  churn_matrix *matrix = NULL;
  churn_status status = CHURN_IO;
  if (!sweep && !codes && strcmp(what, "plain") != 0) {
    fputs("usage: bench_limits sweep MATRIX [THREADS] | codes|plain ROWS [THREADS]\n", stderr);
    return 2;
  }
  matrix = sweep ? churn_bench_matrix_read(words[2], &error)
                 : make_categories(strtoull(words[2], NULL, 10), codes, &error);
  if (matrix != NULL)
    status = sweep ? bench_sweep(matrix, &run, &error) : bench_categories(matrix, &run, &error);
  if (status != CHURN_OK)
    fprintf(stderr, "bench_limits: %s %s\n", churn_status_name(status), error.message);
  churn_matrix_free(matrix);
  return status == CHURN_OK ? 0 : 1;
}
