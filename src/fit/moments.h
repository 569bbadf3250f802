/* What the fit needs to know of a design matrix before it starts: totals of weights and labels,
 * means and deviations; and standardising in place. Place in the flow: design matrix -> rank, fit.
 * All sums run over the fixed lanes. Cost: rows x columns a pass.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_FIT_MOMENTS_H
#define CHURN_FIT_MOMENTS_H

#include "design/matrix.h"
#include "fit/kernel.h"

#include <churn/run.h>
#include <stdbool.h>

typedef struct churn_totals {
  double weight;        /* sum of weights */
  double positive;      /* weight of the rows with y = 1 */
  double lowest_weight; /* the smallest weight above 0 */
  bool every_row;       /* has weight above 0 */
  /* of the model that has no columns (null_model.h) */
  double null_intercept;
  double null_log_likelihood;
  double null_curvature; /* weighted mean of p (1 - p) */
} churn_totals;

/* Lanes that hold at least one tile. */
size_t churn_lane_count(const churn_matrix *matrix);

/* USAGE when a label is not 0 or 1, a weight is negative or not finite, or an offset not finite;
 * DEGENERATE when no row has weight. */
CHURN_MUST_USE churn_status churn_totals_read(const churn_matrix *matrix, const churn_run *run,
                                              churn_totals *totals, churn_error *error);

/* Weighted mean and standard deviation (denominator: sum of weights) of each column, [columns]
 * each, in one sweep; the deviation of a column that is constant but for rounding is exactly 0.
 * DEGENERATE, naming the column (names NULL: its number from 1), when a value is not finite or too
 * large to square. */
CHURN_MUST_USE churn_status churn_moments_read(const churn_matrix *matrix, const char *const *names,
                                               const churn_run *run, double *means,
                                               double *deviations, churn_error *error);

/* The same for who walks over the tiles anyway: prepare; take each tile, a lane's in their order;
 * finish, once. Clear in every case. */
typedef struct churn_moment_sums {
  const churn_matrix *matrix;
  const churn_kernel *kernel;
  struct churn_column_moments *columns; /* [lanes][columns in the tiles] */
  double *levels; /* [lanes + 1][level_count]: weight at each level of each block; scratch */
  size_t level_count;
} churn_moment_sums;

CHURN_MUST_USE churn_status churn_moment_sums_prepare(churn_moment_sums *moments,
                                                      const churn_matrix *matrix,
                                                      churn_error *error);
void churn_moment_sums_clear(churn_moment_sums *moments);
void churn_moment_sums_take(const churn_moment_sums *moments, size_t lane, size_t tile);
CHURN_MUST_USE churn_status churn_moment_sums_finish(const churn_moment_sums *moments,
                                                     const char *const *names, double *means,
                                                     double *deviations, churn_error *error);

/* out[256] = (x - mean) / deviation where the row has weight, else 0; all 0 where the deviation is
 * 0. out may be x. */
void churn_column_standardise(const double *x, const double *weight, double mean, double deviation,
                              double *out);

/* The same for every column that is kept in the tiles, of one tile, in place. */
void churn_tile_standardise(const churn_matrix *matrix, size_t tile, const double *means,
                            const double *deviations);

/* And for those that are kept as codes, once for all tiles: what they stand for changes. */
void churn_codes_standardise(const churn_matrix *matrix, const double *means,
                             const double *deviations);

/* All of it. In `settle`: unless it has been done. */
CHURN_MUST_USE churn_status churn_matrix_standardise(churn_matrix *matrix, const double *means,
                                                     const double *deviations, const churn_run *run,
                                                     churn_error *error);
CHURN_MUST_USE churn_status churn_matrix_settle(churn_matrix *matrix, const double *means,
                                                const double *deviations, const churn_run *run,
                                                churn_error *error);

#endif
