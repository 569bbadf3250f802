/* One sweep over the rows for many problems.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "fit/batch.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "fit/moments.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Lane sums are held to this many doubles (64 MB), or to one problem's: more problems with Hessians
 * than fit are done in several sweeps. */
enum { LANE_ROOM = 1 << 23 };

churn_status churn_batch_prepare(churn_batch *batch, size_t most, churn_error *error)
{
  size_t columns = batch->matrix->columns, lanes = churn_lane_count(batch->matrix);
  size_t one = lanes * churn_lane_stride(churn_kernel_sums(columns));
  size_t threads = (size_t)churn_parallel_threads(batch->run);
  batch->most = most;
  batch->lane_room = one > LANE_ROOM || most * one < LANE_ROOM ? most * one : LANE_ROOM;
  if (one > LANE_ROOM)
    batch->lane_room = one;
  batch->lane_sums = churn_array_new_aligned(batch->lane_room, sizeof *batch->lane_sums);
  batch->scratch =
      churn_array_new_aligned(threads * (columns + 1), CHURN_TILE_ROWS * sizeof(double));
  batch->wanting = churn_array_new(most, sizeof *batch->wanting);
  batch->all = churn_array_new(columns, sizeof *batch->all);
  if (batch->lane_sums == NULL || batch->scratch == NULL || batch->wanting == NULL ||
      batch->all == NULL)
    return churn_error_no_memory(error);
  for (size_t c = 0; c < columns; c++)
    batch->all[c] = (uint32_t)c;
  batch->kernel = churn_kernel_choose(batch->run == NULL ? NULL : batch->run->notes);
  return churn_quadratic_prepare(&batch->quadratic, columns + 1, error);
}

void churn_batch_clear(churn_batch *batch)
{
  free(batch->lane_sums);
  free(batch->scratch);
  free(batch->wanting);
  free(batch->all);
  churn_quadratic_clear(&batch->quadratic);
}

static size_t sum_count(const churn_problem *problem, churn_want want)
{
  size_t columns = problem->unknowns - 1;
  return want == CHURN_WANT_STEP ? churn_kernel_sums(columns) : columns + 2;
}

/* Problems' sums one after the other, for each lane: [lanes][stride]. */
typedef struct sweep {
  const churn_batch *batch;
  const churn_problem *const *problems;
  size_t count;
  size_t alone; /* of these, so many by themselves, the others together */
  size_t stride;
  churn_want want;
  churn_together together;
} sweep;

/* The weights of one tile's rows for a problem that does not train on all. */
static void mask_rows(const churn_batch *batch, size_t tile, const bool *trains, double *weight)
{
  size_t first = tile * CHURN_TILE_ROWS, rows = churn_tile_rows(batch->matrix->rows, tile);
  const double *all = batch->matrix->weight + first;
  const uint32_t *groups = batch->groups.fold + first;
  memcpy(weight, all, CHURN_TILE_ROWS * sizeof *weight);
  for (size_t r = 0; r < rows; r++)
    weight[r] *= trains[groups[r]];
}

/* The problems that are by themselves. */
static void look_alone(const sweep *s, size_t t, const double *x, double *masked, double *sums)
{
  const churn_batch *b = s->batch;
  const churn_matrix *m = b->matrix;
  churn_kernel_slope *look = s->want == CHURN_WANT_STEP ? b->kernel->step : b->kernel->slope;
  const bool *masked_for = NULL;
  for (size_t i = 0; i < s->alone; i++) {
    const churn_problem *p = s->problems[i];
    if (p->trains != NULL && p->trains != masked_for)
      mask_rows(b, t, p->trains, masked);
    masked_for = p->trains == NULL ? masked_for : p->trains;
    look(x, p->chosen == NULL && i > 0 ? b->all : p->chosen, p->unknowns - 1,
         m->y + t * CHURN_TILE_ROWS, p->trains == NULL ? m->weight + t * CHURN_TILE_ROWS : masked,
         churn_matrix_offset(m, t), p->trial, sums);
    sums += sum_count(p, s->want);
  }
}

static churn_status sweep_lane(void *context, size_t lane, int thread, churn_error *error)
{
  (void)error;
  const sweep *s = context;
  const churn_batch *b = s->batch;
  const churn_matrix *m = b->matrix;
  size_t tiles = churn_tile_count(m->rows), before = 0;
  double *scratch = b->scratch + (size_t)thread * (m->columns + 1) * CHURN_TILE_ROWS;
  double *masked = scratch + m->columns * CHURN_TILE_ROWS, *sums = b->lane_sums + lane * s->stride;
  for (size_t i = 0; i < s->alone; i++)
    before += sum_count(s->problems[i], s->want);
  memset(sums, 0, before * sizeof *sums);
  churn_together_begin(&s->together, thread);
  size_t end = churn_lane_first_tile(tiles, lane + 1);
  for (size_t t = churn_lane_first_tile(tiles, lane); t < end; t++) {
    const double *x = churn_matrix_dense(m, t, scratch);
    look_alone(s, t, x, masked, sums);
    churn_together_take(&s->together, thread, t, x, s->alone > 0);
  }
  churn_together_end(&s->together, thread, sums + before);
  return CHURN_OK;
}

/* `first` = where the problem's sums begin in a lane. */
static void gather(const sweep *s, size_t lanes, size_t problem, size_t first)
{
  const churn_problem *p = s->problems[problem];
  size_t size = sum_count(p, s->want);
  memset(p->sums, 0, size * sizeof *p->sums);
  for (size_t lane = 0; lane < lanes; lane++) {
    const double *from = s->batch->lane_sums + lane * s->stride + first;
    for (size_t i = 0; i < size; i++)
      p->sums[i] += from[i];
  }
  for (size_t i = 0; i < size; i++)
    p->sums[i] /= p->total_weight;
}

static churn_status sweep_some(churn_batch *batch, sweep *s, churn_error *error)
{
  size_t lanes = churn_lane_count(batch->matrix), first = 0;
  size_t threads = (size_t)churn_parallel_threads(batch->run);
  churn_status status =
      churn_together_open(&s->together, batch->matrix, batch->kernel, batch->groups, batch->all,
                          s->problems + s->alone, s->count - s->alone, threads, error);
  if (status == CHURN_OK)
    status = churn_parallel_run(lanes, sweep_lane, s, NULL, batch->run, error);
  for (size_t i = 0; i < s->count && status == CHURN_OK; i++) {
    gather(s, lanes, i, first);
    first += sum_count(s->problems[i], s->want);
  }
  churn_together_close(&s->together);
  batch->sweeps++;
  return status;
}

/* Hessians are found one by one, and so is what trains on all rows. */
static bool is_alone(const churn_problem *p, churn_want want)
{
  return want == CHURN_WANT_STEP || p->trains == NULL;
}

/* Those that want just this, the ones by themselves first; returns how many. */
static size_t line_up(churn_batch *batch, const churn_problem *problems, size_t count,
                      churn_want want)
{
  size_t wanting = 0;
  for (int together = 0; together < 2; together++)
    for (size_t i = 0; i < count; i++)
      if (problems[i].want == want && is_alone(&problems[i], want) == !together)
        batch->wanting[wanting++] = &problems[i];
  return wanting;
}

/* All problems that want just this, as many at a time as the lane sums hold. */
static churn_status answer(churn_batch *batch, const churn_problem *problems, size_t count,
                           churn_want want, churn_error *error)
{
  churn_status status = CHURN_OK;
  size_t room = batch->lane_room / churn_lane_count(batch->matrix);
  size_t wanting = line_up(batch, problems, count, want);
  for (size_t first = 0; first < wanting && status == CHURN_OK;) {
    sweep s = {.batch = batch, .problems = batch->wanting + first, .want = want};
    for (size_t size = 0; first < wanting; first++, s.count++) {
      size += sum_count(batch->wanting[first], want);
      if (churn_lane_stride(size) > room)
        break;
      s.stride = churn_lane_stride(size);
      s.alone += is_alone(batch->wanting[first], want);
    }
    status = sweep_some(batch, &s, error);
  }
  return status;
}

churn_status churn_batch_solve(churn_batch *batch, churn_problem *problems, size_t count,
                               churn_error *error)
{
  churn_status status = CHURN_OK;
  bool going = true;
  while (going && status == CHURN_OK) {
    going = false;
    status = answer(batch, problems, count, CHURN_WANT_STEP, error);
    if (status == CHURN_OK)
      status = answer(batch, problems, count, CHURN_WANT_SLOPE, error);
    for (size_t i = 0; i < count && status == CHURN_OK; i++)
      if (problems[i].want != CHURN_WANT_NOTHING) {
        churn_problem_take(&problems[i], &batch->quadratic);
        going = true;
      }
  }
  return status;
}
