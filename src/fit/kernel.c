/* Which compilation of the likelihood kernel to run.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "fit/kernel.h"

#include "base/error.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Widest first. */
static const churn_kernel kernels[] = {
#if defined(__x86_64__)
    {"avx512", churn_kernel_step_avx512, churn_kernel_cross_avx512, churn_kernel_slope_avx512,
     churn_kernel_losses_avx512, churn_kernel_rows_avx512, churn_kernel_scatter_avx512},
    {"avx2", churn_kernel_step_avx2, churn_kernel_cross_avx2, churn_kernel_slope_avx2,
     churn_kernel_losses_avx2, churn_kernel_rows_avx2, churn_kernel_scatter_avx2},
#endif
    {"baseline", churn_kernel_step_baseline, churn_kernel_cross_baseline,
     churn_kernel_slope_baseline, churn_kernel_losses_baseline, churn_kernel_rows_baseline,
     churn_kernel_scatter_baseline},
};

enum { KERNELS = sizeof kernels / sizeof kernels[0] };

static bool runs_here(const char *name)
{
#if defined(__x86_64__)
  if (strcmp(name, "avx512") == 0)
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("fma");
  if (strcmp(name, "avx2") == 0)
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#endif
  return strcmp(name, "baseline") == 0;
}

const churn_kernel *churn_kernel_find(const char *name)
{
  for (size_t i = 0; i < KERNELS; i++)
    if (strcmp(kernels[i].name, name) == 0 && runs_here(name))
      return &kernels[i];
  return NULL;
}

static const churn_kernel *widest(void)
{
  size_t i = 0;
  while (!runs_here(kernels[i].name))
    i++;
  return &kernels[i];
}

const churn_kernel *churn_kernel_choose(churn_notes *notes)
{
  const char *wanted = getenv("CHURN_ISA");
  const churn_kernel *best = widest();
  if (wanted == NULL || wanted[0] == '\0')
    return best;
  const churn_kernel *forced = churn_kernel_find(wanted);
  if (forced != NULL)
    return forced;
  churn_notes_add(notes, CHURN_WARNING, "isa_ignored", CHURN_NOWHERE,
                  "CHURN_ISA=%s is ignored: it is not one of baseline, avx2, avx512 that this "
                  "machine runs; using %s",
                  wanted, best->name);
  return best;
}
