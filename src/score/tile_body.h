/* The kernel of tile.h; CHURN_TILE_NAME is what this compilation of it is called.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <assert.h>
#include <string.h>

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

/* Rows at once; masks are ones in every bit. */
#if defined(__AVX512F__)
enum { LANES = 8 };
#elif defined(__AVX2__)
enum { LANES = 4 };
#else
enum { LANES = 2 };
#endif
typedef double values __attribute__((vector_size(LANES * sizeof(double))));
typedef int64_t masks __attribute__((vector_size(LANES * sizeof(int64_t))));

static inline masks choose(masks which, masks yes, masks no)
{
  return (which & yes) | (~which & no);
}

/* Goes through the features of LANES rows, whose three largest so far stay in registers. A feature
 * is put where it belongs, behind equal ones of features before it, without a branch: which is
 * larger cannot be predicted. */
static void rank_rows(const double *contributions, size_t features, size_t row,
                      int64_t (*found)[CHURN_TILE_ROWS])
{
  masks s0 = {0}, s1 = {0}, s2 = {0}, f0 = s0 + UINT32_MAX, f1 = f0, f2 = f0;
  for (size_t f = 0; f < features; f++) {
    values x;
    masks feature = s0 - s0 + (int64_t)f, size;
    memcpy(&x, contributions + f * CHURN_TILE_ROWS + row, sizeof x);
    memcpy(&size, &x, sizeof size);
    masks first = x > (values)s0, second = x > (values)s1, third = x > (values)s2;
    s2 = choose(second, s1, choose(third, size, s2));
    f2 = choose(second, f1, choose(third, feature, f2));
    s1 = choose(first, s0, choose(second, size, s1));
    f1 = choose(first, f0, choose(second, feature, f1));
    s0 = choose(first, size, s0);
    f0 = choose(first, feature, f0);
  }
  memcpy(found[0] + row, &f0, sizeof f0);
  memcpy(found[1] + row, &f1, sizeof f1);
  memcpy(found[2] + row, &f2, sizeof f2);
}

static void rank(const double *contributions, size_t features, int64_t (*found)[CHURN_TILE_ROWS])
{
  static_assert(CHURN_REASONS == 3, "rank_rows knows three");
  for (size_t row = 0; row < CHURN_TILE_ROWS; row += LANES)
    rank_rows(contributions, features, row, found);
}

const churn_tile_kernel CHURN_TILE_NAME = {add, any_missing, rank};
