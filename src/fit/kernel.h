/* The likelihood kernel: everything one Newton step needs from one tile of 256 rows. Place in the
 * flow: the objective calls it for every tile of a lane.
 *
 * The same source is compiled for several instruction sets (kernel_body.h) and chosen at run time.
 * Cost per tile: 256 x columns^2 / 2 multiply-adds, one exponential and one logarithm a row.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_FIT_KERNEL_H
#define CHURN_FIT_KERNEL_H

#include "base/lanes.h"

#include <churn/notes.h>
#include <stddef.h>
#include <stdint.h>

/* Sums over rows, one array of doubles: the loss, then the gradient [columns + 1], then the lower
 * triangle of the Hessian packed by rows, (row, column <= row) at row (row + 1) / 2 + column. The
 * intercept is number 0 of gradient and Hessian. */
static inline size_t churn_kernel_hessian_start(size_t columns)
{
  return columns + 2;
}

static inline size_t churn_kernel_sums(size_t columns)
{
  return churn_kernel_hessian_start(columns) + (columns + 1) * (columns + 2) / 2;
}

/* One tile: x is columns x 256 doubles, 64-byte aligned, or with `chosen` [columns] more than that,
 * of which these columns are looked at (NULL = the first ones); y, weight [256]; offset [256],
 * 64-byte aligned, NULL = 0; coefficients [columns + 1], intercept first. Adds to sums, with eta =
 * offset + b_0 + x b: loss = sum w (log(1 + exp(eta)) - y eta), gradient = X'w(p - y), Hessian =
 * X'WX with W = w p (1 - p). All values must be finite. */
typedef void churn_kernel_step(const double *x, const uint32_t *chosen, size_t columns,
                               const double *y, const double *weight, const double *offset,
                               const double *coefficients, double *sums);

/* Floats of scratch for one tile. */
static inline size_t churn_kernel_rough_room(size_t columns)
{
  return (columns + 1 + 15) / 16 * 16 * CHURN_TILE_ROWS;
}

/* One tile: as churn_kernel_step, but the Hessian is that of columns less means over deviations
 * [columns each, NULL = as they are], to single precision, in two thirds of the time. `scratch`
 * [churn_kernel_rough_room], 64-byte aligned. */
typedef void churn_kernel_rough(const double *x, size_t columns, const double *y,
                                const double *weight, const double *offset,
                                const double *coefficients, const double *means,
                                const double *deviations, float *scratch, double *sums);

/* One tile: the loss and the gradient alone, into sums[0 .. columns + 2). A third of the work. */
typedef void churn_kernel_slope(const double *x, const uint32_t *chosen, size_t columns,
                                const double *y, const double *weight, const double *offset,
                                const double *coefficients, double *sums);

/* Problems whose slopes are found together, and parts that each of their sums is kept in. */
enum { CHURN_KERNEL_TOGETHER = 5, CHURN_KERNEL_PARTS = 8 };

/* Doubles that the sums of so many problems take. */
static inline size_t churn_kernel_slopes_room(size_t columns)
{
  return churn_kernel_hessian_start(columns) * CHURN_KERNEL_TOGETHER * CHURN_KERNEL_PARTS;
}

/* One tile: as churn_kernel_slope for several problems, each of which counts the rows whose word in
 * `members` [256] has its bit, the first of them number `first_bit`. coefficients [columns +
 * 1][CHURN_KERNEL_TOGETHER]; parts [columns + 2][CHURN_KERNEL_TOGETHER][CHURN_KERNEL_PARTS],
 * 64-byte aligned: loss and gradient of each problem, which its parts add up to. In half the time
 * of one problem after the other. */
typedef void churn_kernel_slopes(const double *x, const uint32_t *chosen, size_t columns,
                                 const double *y, const double *weight, const double *offset,
                                 const uint64_t *members, unsigned first_bit,
                                 const double *coefficients, double *parts);

enum { CHURN_KERNEL_PICKS = 16 };

/* One tile: eta[r] = offset + b_0 + x b, b those coefficients [columns + 1][width] that picks[r]
 * numbers, below width. Fastest where the width is CHURN_KERNEL_PICKS. */
typedef void churn_kernel_pick(const double *x, size_t columns, const double *offset,
                               const int64_t *picks, const double *coefficients, size_t width,
                               double *eta);

/* 256 rows: losses[r] = log(1 + exp(eta)) - y eta. */
typedef void churn_kernel_losses(const double *eta, const double *y, double *losses);

/* One tile: adds X'wX (with the intercept) to the Hessian part of sums and leaves the rest. */
typedef void churn_kernel_cross(const double *x, size_t columns, const double *weight,
                                double *sums);

/* One tile: residual[r] = w (p - y), curvature[r] = w p (1 - p); loss and gradient go to sums[0 ..
 * columns + 2). With cross, what slope and step are made of. */
typedef void churn_kernel_rows(const double *x, size_t columns, const double *y,
                               const double *weight, const double *offset,
                               const double *coefficients, double *residual, double *curvature,
                               double *sums);

/* Doubles that a row's share of a level's sums takes: curvature, residual, curvature times each
 * column, rounded up to whole vectors. */
static inline size_t churn_kernel_width(size_t columns)
{
  return (columns + 2 + 7) / 8 * 8;
}

enum { CHURN_KERNEL_CHUNK = 32 };

/* Where one block of coded columns has its sums. */
typedef struct churn_level_sums {
  const uint16_t *codes; /* [256] */
  double *sums;          /* [levels + 1][width], 64-byte aligned */
} churn_level_sums;

/* One tile: adds every row's share to the sums of its level in each block. rows [CHURN_KERNEL_CHUNK
 * * width], 64-byte aligned, is scratch. */
typedef void churn_kernel_scatter(const double *x, size_t columns, const double *residual,
                                  const double *curvature, const churn_level_sums *blocks,
                                  size_t block_count, double *rows);

/* 256 rows: *first = sum w (x - shift), *second = sum w (x - shift)^2. */
typedef void churn_kernel_moments(const double *x, const double *weight, double shift,
                                  double *first, double *second);

/* What 256 rows' weights add up to. */
typedef struct churn_tile_totals {
  double weight;
  double positive; /* of the rows with y = 1 */
  double lowest;   /* the smallest weight above 0, DBL_MAX without any */
  double rows;     /* with weight above 0 */
} churn_tile_totals;

typedef void churn_kernel_totals(const double *y, const double *weight, churn_tile_totals *totals);

typedef struct churn_kernel {
  const char *name; /* as in CHURN_ISA */
  size_t width;     /* doubles in a vector */
  churn_kernel_step *step;
  churn_kernel_cross *cross;
  churn_kernel_rough *rough;
  churn_kernel_slope *slope;
  churn_kernel_slopes *slopes;
  churn_kernel_pick *pick;
  churn_kernel_losses *losses;
  churn_kernel_rows *rows;
  churn_kernel_scatter *scatter;
  churn_kernel_moments *moments;
  churn_kernel_totals *totals;
} churn_kernel;

/* The widest kernel this machine runs, or the one the environment variable CHURN_ISA names
 * (baseline, avx2, avx512). A name that is unknown or that the machine does not run is ignored with
 * the warning "isa_ignored". Static storage. */
const churn_kernel *churn_kernel_choose(churn_notes *notes);

/* The kernel of that name where this machine runs it, else NULL. */
const churn_kernel *churn_kernel_find(const char *name);

churn_kernel_step churn_kernel_step_baseline, churn_kernel_step_avx2, churn_kernel_step_avx512;
churn_kernel_cross churn_kernel_cross_baseline, churn_kernel_cross_avx2, churn_kernel_cross_avx512;
churn_kernel_rough churn_kernel_rough_baseline, churn_kernel_rough_avx2, churn_kernel_rough_avx512;
churn_kernel_slope churn_kernel_slope_baseline, churn_kernel_slope_avx2, churn_kernel_slope_avx512;
churn_kernel_slopes churn_kernel_slopes_baseline, churn_kernel_slopes_avx2,
    churn_kernel_slopes_avx512;
churn_kernel_pick churn_kernel_pick_baseline, churn_kernel_pick_avx2, churn_kernel_pick_avx512;
churn_kernel_losses churn_kernel_losses_baseline, churn_kernel_losses_avx2,
    churn_kernel_losses_avx512;
churn_kernel_rows churn_kernel_rows_baseline, churn_kernel_rows_avx2, churn_kernel_rows_avx512;
churn_kernel_scatter churn_kernel_scatter_baseline, churn_kernel_scatter_avx2,
    churn_kernel_scatter_avx512;
churn_kernel_moments churn_kernel_moments_baseline, churn_kernel_moments_avx2,
    churn_kernel_moments_avx512;
churn_kernel_totals churn_kernel_totals_baseline, churn_kernel_totals_avx2,
    churn_kernel_totals_avx512;

#endif
