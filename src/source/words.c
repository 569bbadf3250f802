/* Which compilation of the words to run.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "source/words.h"

#include "base/isa.h"

churn_words_parse *churn_words_choose(void)
{
  switch (churn_isa_choose(NULL)) {
#if defined(__x86_64__)
  case CHURN_ISA_AVX512:
    return churn_words_parse_avx512;
  case CHURN_ISA_AVX2:
    return churn_words_parse_avx2;
#endif
  default:
    return churn_words_parse_baseline;
  }
}
