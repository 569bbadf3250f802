/* Linear predictors of rows that each go by coefficients of their own, part of the likelihood
 * kernel's source (kernel_body.h, included before).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "fit/kernel.h"

#include <stddef.h>
#include <stdint.h>

#if defined(__AVX512F__)
#include <immintrin.h>

/* Vectors of rows at a time. */
enum { PICKED = 4 };

static inline vector pick_from(const double *sixteen, __m512i picks)
{
  return _mm512_permutex2var_pd(_mm512_loadu_pd(sixteen), picks, _mm512_loadu_pd(sixteen + VECTOR));
}

/* A column's sixteen coefficients are two registers, and which of them one look at both. */
static void pick_sixteen(const double *x, size_t columns, const double *offset,
                         const int64_t *picks, const double *coefficients, double *eta)
{
  const vector *start = const_vectors(offset == NULL ? zero_column : offset);
  const view v = {x, NULL, columns};
  lines next = lines_after(&v);
  for (int r = 0; r < VECTORS; r += PICKED) {
    __m512i own[PICKED];
    vector sum[PICKED];
#pragma GCC unroll 4
    for (int i = 0; i < PICKED; i++) {
      own[i] = _mm512_loadu_si512(picks + (r + i) * VECTOR);
      sum[i] = start[r + i] + pick_from(coefficients, own[i]);
    }
    for (size_t c = 0; c < columns; c++) {
      const double *b = coefficients + (1 + c) * CHURN_KERNEL_PICKS;
      const vector *values = const_vectors(x + c * CHURN_TILE_ROWS) + r;
#pragma GCC unroll 4
      for (int i = 0; i < PICKED; i++) {
        next = fetch_line(next);
        sum[i] += pick_from(b, own[i]) * values[i];
      }
    }
#pragma GCC unroll 4
    for (int i = 0; i < PICKED; i++)
      vectors(eta)[r + i] = sum[i];
  }
}
#endif

void CHURN_KERNEL_NAME(churn_kernel_pick)(const double *x, size_t columns, const double *offset,
                                          const int64_t *picks, const double *coefficients,
                                          size_t width, double *eta)
{
#if defined(__AVX512F__)
  if (width == CHURN_KERNEL_PICKS) {
    pick_sixteen(x, columns, offset, picks, coefficients, eta);
    return;
  }
#endif
  for (size_t r = 0; r < CHURN_TILE_ROWS; r++)
    eta[r] = coefficients[picks[r]] + (offset == NULL ? 0 : offset[r]);
  for (size_t c = 0; c < columns; c++) {
    const double *b = coefficients + (1 + c) * width;
    for (size_t r = 0; r < CHURN_TILE_ROWS; r++)
      eta[r] += b[picks[r]] * x[c * CHURN_TILE_ROWS + r];
  }
}
