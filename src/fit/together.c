/* Slopes of problems that train on some of the rows.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "fit/together.h"

#include "base/error.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

/* A window's blocks share a word of members. */
enum { TOGETHER = CHURN_KERNEL_TOGETHER, WINDOW = 64 / TOGETHER };

typedef struct churn_together_block {
  size_t first; /* of the problems */
  size_t count;
  size_t columns;
  const uint32_t *chosen;
  const double *coefficients; /* [columns + 1][TOGETHER] */
  size_t parts;               /* where its own begin */
} block;

/* How many of the problems from `first` on make a block. */
static size_t measure_block(const churn_together *t, size_t first)
{
  const churn_problem *const *p = t->problems;
  size_t count = 1;
  while (count < TOGETHER && first + count < t->count &&
         p[first + count]->chosen == p[first]->chosen &&
         p[first + count]->unknowns == p[first]->unknowns)
    count++;
  return count;
}

/* Blocks, and the doubles that their coefficients take. */
static size_t cut_blocks(churn_together *t)
{
  size_t room = 0;
  for (size_t first = 0, count; first < t->count; first += count) {
    size_t columns = t->problems[first]->unknowns - 1;
    count = measure_block(t, first);
    t->blocks[t->block_count++] =
        (block){first, count, columns, t->problems[first]->chosen, NULL, t->parts_room};
    t->parts_room += churn_kernel_slopes_room(columns);
    room += (columns + 1) * TOGETHER;
  }
  return room;
}

static void set_coefficients(churn_together *t)
{
  double *to = t->coefficients;
  for (size_t b = 0; b < t->block_count; b++) {
    block *made = &t->blocks[b];
    made->coefficients = to;
    for (size_t j = 0; j <= made->columns; j++)
      for (size_t i = 0; i < made->count; i++)
        to[j * TOGETHER + i] = t->problems[made->first + i]->trial[j];
    to += (made->columns + 1) * TOGETHER;
  }
}

static void set_bits(churn_together *t)
{
  for (size_t b = 0; b < t->block_count; b++) {
    const block *made = &t->blocks[b];
    uint64_t *trains = t->trains + b / WINDOW * t->groups.count;
    for (size_t i = 0; i < made->count; i++)
      for (uint32_t g = 0; g < t->groups.count; g++)
        trains[g] |= (uint64_t)t->problems[made->first + i]->trains[g]
                     << (b % WINDOW * TOGETHER + i);
  }
}

churn_status churn_together_open(churn_together *t, const churn_matrix *matrix,
                                 const churn_kernel *kernel, churn_fold_map groups,
                                 const uint32_t *all, const churn_problem *const *problems,
                                 size_t count, size_t threads, churn_error *error)
{
  *t = (churn_together){.matrix = matrix,
                        .kernel = kernel,
                        .problems = problems,
                        .count = count,
                        .groups = groups,
                        .all = all,
                        .blocks = churn_array_new(count, sizeof *t->blocks)};
  if (count == 0)
    return CHURN_OK;
  if (t->blocks == NULL)
    return churn_error_no_memory(error);
  size_t room = cut_blocks(t), windows = (t->block_count + WINDOW - 1) / WINDOW;
  t->coefficients = churn_array_new(room, sizeof *t->coefficients);
  t->parts = churn_array_new_aligned(threads * t->parts_room, sizeof *t->parts);
  t->trains = churn_array_new(windows * groups.count, sizeof *t->trains);
  t->members = churn_array_new_aligned(threads * CHURN_TILE_ROWS, sizeof *t->members);
  if (t->coefficients == NULL || t->parts == NULL || t->trains == NULL || t->members == NULL)
    return churn_error_no_memory(error);
  set_coefficients(t);
  set_bits(t);
  return CHURN_OK;
}

void churn_together_close(churn_together *t)
{
  free(t->blocks);
  free(t->coefficients);
  free(t->parts);
  free(t->trains);
  free(t->members);
  *t = (churn_together){0};
}

static double *thread_parts(const churn_together *t, int thread)
{
  return t->parts + (size_t)thread * t->parts_room;
}

void churn_together_begin(const churn_together *t, int thread)
{
  if (t->count > 0)
    memset(thread_parts(t, thread), 0, t->parts_room * sizeof *t->parts);
}

static void look_up_members(const churn_together *t, size_t tile, size_t window, uint64_t *members)
{
  const uint32_t *of = t->groups.fold + tile * CHURN_TILE_ROWS;
  const uint64_t *trains = t->trains + window * t->groups.count;
  size_t rows = churn_tile_rows(t->matrix->rows, tile);
  for (size_t r = 0; r < rows; r++)
    members[r] = trains[of[r]];
  for (size_t r = rows; r < CHURN_TILE_ROWS; r++)
    members[r] = 0;
}

void churn_together_take(const churn_together *t, int thread, size_t tile, const double *x,
                         bool cached)
{
  const churn_matrix *m = t->matrix;
  const double *y = m->y + tile * CHURN_TILE_ROWS, *weight = m->weight + tile * CHURN_TILE_ROWS;
  const double *offset = churn_matrix_offset(m, tile);
  uint64_t *members = t->members + (size_t)thread * CHURN_TILE_ROWS;
  for (size_t b = 0; b < t->block_count; b++) {
    const block *at = &t->blocks[b];
    const uint32_t *chosen = at->chosen == NULL && (cached || b > 0) ? t->all : at->chosen;
    if (b % WINDOW == 0)
      look_up_members(t, tile, b / WINDOW, members);
    t->kernel->slopes(x, chosen, at->columns, y, weight, offset, members,
                      (unsigned)(b % WINDOW * TOGETHER), at->coefficients,
                      thread_parts(t, thread) + at->parts);
  }
}

/* One problem's sums from their parts. */
static void add_parts(const double *parts, size_t count, double *sums)
{
  for (size_t i = 0; i < count; i++) {
    const double *p = parts + i * TOGETHER * CHURN_KERNEL_PARTS;
    sums[i] = ((p[0] + p[1]) + (p[2] + p[3])) + ((p[4] + p[5]) + (p[6] + p[7]));
  }
}

void churn_together_end(const churn_together *t, int thread, double *sums)
{
  for (size_t b = 0; b < t->block_count; b++) {
    const block *at = &t->blocks[b];
    const double *parts = thread_parts(t, thread) + at->parts;
    for (size_t i = 0; i < at->count; i++, sums += at->columns + 2)
      add_parts(parts + i * CHURN_KERNEL_PARTS, at->columns + 2, sums);
  }
}
