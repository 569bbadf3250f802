/* Which compilation of the kernel to run.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "score/tile.h"

#include "base/isa.h"

const churn_tile_kernel *churn_tile_kernel_choose(void)
{
  switch (churn_isa_choose(NULL)) {
#if defined(__x86_64__)
  case CHURN_ISA_AVX512:
    return &churn_tile_kernel_avx512;
  case CHURN_ISA_AVX2:
    return &churn_tile_kernel_avx2;
#endif
  default:
    return &churn_tile_kernel_baseline;
  }
}
