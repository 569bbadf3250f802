/* The kernel of tile.h; CHURN_TILE_NAME is what this compilation of it is called.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <assert.h>

static void add(double mean, double estimate, bool first, const double *restrict x,
                double *restrict logits, double *restrict contributions)
{
  for (size_t r = 0; r < CHURN_TILE_ROWS; r++) {
    logits[r] += x[r] * estimate;
    contributions[r] = (first ? 0.0 : contributions[r]) + (x[r] - mean) * estimate;
  }
}

static bool any_missing(const double *x, size_t rows)
{
  uint64_t missing = 0;
  for (size_t r = 0; r < rows; r++)
    missing |= x[r] != x[r];
  return missing != 0;
}

/* The largest so far of each row. */
typedef struct sizes {
  double of[CHURN_REASONS][CHURN_TILE_ROWS];
} sizes;

/* Puts a feature's contributions where they belong, behind equal ones of features before it.
 * Without a branch: which is larger cannot be predicted. */
static void rank_feature(const double *restrict contributions, int64_t feature, double *restrict s0,
                         double *restrict s1, double *restrict s2, int64_t *restrict f0,
                         int64_t *restrict f1, int64_t *restrict f2)
{
  for (size_t r = 0; r < CHURN_TILE_ROWS; r++) {
    double x = contributions[r], a = s0[r], b = s1[r], c = s2[r];
    int64_t i = f0[r], j = f1[r], k = f2[r];
    bool first = x > a, second = x > b, third = x > c;
    c = third ? x : c;
    k = third ? feature : k;
    s2[r] = second ? b : c;
    f2[r] = second ? j : k;
    b = second ? x : b;
    j = second ? feature : j;
    s1[r] = first ? a : b;
    f1[r] = first ? i : j;
    s0[r] = first ? x : a;
    f0[r] = first ? feature : i;
  }
}

static void rank(const double *contributions, size_t features, int64_t (*found)[CHURN_TILE_ROWS])
{
  sizes so_far;
  static_assert(CHURN_REASONS == 3, "rank_feature knows three");
  for (size_t k = 0; k < CHURN_REASONS; k++)
    for (size_t r = 0; r < CHURN_TILE_ROWS; r++) {
      so_far.of[k][r] = 0;
      found[k][r] = UINT32_MAX;
    }
  for (size_t f = 0; f < features; f++)
    rank_feature(contributions + f * CHURN_TILE_ROWS, (int64_t)f, so_far.of[0], so_far.of[1],
                 so_far.of[2], found[0], found[1], found[2]);
}

const churn_tile_kernel CHURN_TILE_NAME = {add, any_missing, rank};
