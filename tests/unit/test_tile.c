/* The kernel of scoring: every compilation that this machine runs gives the bits of the plain one.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/isa.h"
#include "score/tile.h"
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FEATURES = 23 };

static const churn_tile_kernel *const kernels[CHURN_ISA_COUNT] = {
#if defined(__x86_64__)
    [CHURN_ISA_AVX512] = &churn_tile_kernel_avx512,
    [CHURN_ISA_AVX2] = &churn_tile_kernel_avx2,
#endif
    [CHURN_ISA_BASELINE] = &churn_tile_kernel_baseline,
};

static bool runs(size_t isa)
{
  return kernels[isa] != NULL && churn_isa_runs((churn_isa)isa);
}

/* Few values, so that many are equal; some below 0. */
static double *draw(size_t count, unsigned values)
{
  double *drawn = malloc(count * sizeof *drawn);
  uint64_t state = 11;
  assert_non_null(drawn);
  for (size_t i = 0; i < count; i++) {
    state = state * UINT64_C(6364136223846793005) + 1442695040888963407u;
    drawn[i] = ((double)(state >> 40) - 0x1p23) / 0x1p23;
    if (values > 0)
      drawn[i] = (double)(state >> 40) / 0x1p24 * values - 2;
    if (values > 0)
      drawn[i] = (double)(int)drawn[i] * 0.385;
  }
  return drawn;
}

/* The largest not yet taken, the first of equal ones. */
static int64_t next_largest(const double *contributions, size_t row, bool *taken)
{
  int64_t best = UINT32_MAX;
  double size = 0;
  for (size_t f = 0; f < FEATURES; f++)
    if (!taken[f] && contributions[f * CHURN_TILE_ROWS + row] > size) {
      best = (int64_t)f;
      size = contributions[f * CHURN_TILE_ROWS + row];
    }
  if (best != UINT32_MAX)
    taken[best] = true;
  return best;
}

static void test_rank(void **state)
{
  (void)state;
  double *contributions = draw(FEATURES * CHURN_TILE_ROWS, 9);
  int64_t found[CHURN_REASONS][CHURN_TILE_ROWS];
  for (size_t isa = 0; isa < CHURN_ISA_COUNT; isa++) {
    if (!runs(isa))
      continue;
    kernels[isa]->rank(contributions, FEATURES, found);
    for (size_t r = 0; r < CHURN_TILE_ROWS; r++) {
      bool taken[FEATURES] = {false};
      for (size_t k = 0; k < CHURN_REASONS; k++)
        assert_int_equal(found[k][r], next_largest(contributions, r, taken));
    }
    kernels[isa]->rank(contributions, 2, found);
    for (size_t r = 0; r < CHURN_TILE_ROWS; r++)
      assert_int_equal(found[2][r], UINT32_MAX);
  }
  free(contributions);
}

static void test_add(void **state)
{
  (void)state;
  double *x = draw(CHURN_TILE_ROWS, 0), *start = draw(2 * CHURN_TILE_ROWS, 0);
  double sums[2][CHURN_TILE_ROWS];
  for (size_t isa = 0; isa < CHURN_ISA_COUNT; isa++) {
    if (!runs(isa))
      continue;
    for (int first = 0; first < 2; first++) {
      memcpy(sums, start, sizeof sums);
      kernels[isa]->add(0.337, -1.259, first == 1, x, sums[0], sums[1]);
      for (size_t r = 0; r < CHURN_TILE_ROWS; r++) {
        double logit = start[r] + x[r] * -1.259;
        double before = first == 1 ? 0 : start[CHURN_TILE_ROWS + r];
        double contribution = before + (x[r] - 0.337) * -1.259;
        assert_memory_equal(&sums[0][r], &logit, sizeof logit);
        assert_memory_equal(&sums[1][r], &contribution, sizeof contribution);
      }
    }
  }
  free(x);
  free(start);
}

static void test_missing(void **state)
{
  (void)state;
  double *x = draw(CHURN_TILE_ROWS, 0);
  for (size_t isa = 0; isa < CHURN_ISA_COUNT; isa++) {
    if (!runs(isa))
      continue;
    for (size_t at = 0; at < CHURN_TILE_ROWS; at++) {
      double before = x[at];
      assert_false(kernels[isa]->any_missing(x, CHURN_TILE_ROWS));
      x[at] = NAN;
      assert_true(kernels[isa]->any_missing(x, at + 1));
      assert_false(kernels[isa]->any_missing(x, at));
      x[at] = before;
    }
  }
  free(x);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      {"reasons are the largest contributions, equal ones in the order of the features", test_rank,
       NULL, NULL, NULL},
      {"a column adds the same bits in every compilation", test_add, NULL, NULL, NULL},
      {"a missing value is found wherever it stands", test_missing, NULL, NULL, NULL},
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
