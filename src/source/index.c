/* Which compilation of the index to run.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "source/index.h"

#include "base/isa.h"

churn_index_fill *churn_index_choose(void)
{
  switch (churn_isa_choose(NULL)) {
#if defined(__x86_64__)
  case CHURN_ISA_AVX512:
    return churn_index_fill_avx512;
  case CHURN_ISA_AVX2:
    return churn_index_fill_avx2;
#endif
  default:
    return churn_index_fill_baseline;
  }
}
