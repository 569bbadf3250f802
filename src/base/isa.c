/* Which instruction sets this machine runs.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/isa.h"

#include <stdlib.h>
#include <string.h>

static const char *const names[CHURN_ISA_COUNT] = {"avx512", "avx2", "baseline"};

const char *churn_isa_name(churn_isa isa)
{
  return names[isa];
}

bool churn_isa_runs(churn_isa isa)
{
#if defined(__x86_64__)
  bool plain = __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi") &&
               __builtin_cpu_supports("popcnt");
  if (isa == CHURN_ISA_AVX512)
    return plain && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw");
  if (isa == CHURN_ISA_AVX2)
    return plain && __builtin_cpu_supports("avx2");
#endif
  return isa == CHURN_ISA_BASELINE;
}

bool churn_isa_find(const char *name, churn_isa *isa)
{
  for (int i = 0; i < CHURN_ISA_COUNT; i++)
    if (strcmp(names[i], name) == 0 && churn_isa_runs((churn_isa)i)) {
      *isa = (churn_isa)i;
      return true;
    }
  return false;
}

churn_isa churn_isa_choose(const char **ignored)
{
  const char *wanted = getenv("CHURN_ISA");
  churn_isa isa = CHURN_ISA_AVX512;
  bool asked = wanted != NULL && wanted[0] != '\0';
  bool found = asked && churn_isa_find(wanted, &isa);
  if (ignored != NULL)
    *ignored = asked && !found ? wanted : NULL;
  if (found)
    return isa;
  while (!churn_isa_runs(isa))
    isa = (churn_isa)(isa + 1);
  return isa;
}
