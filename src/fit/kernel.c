/* Which compilation of the likelihood kernel to run.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "fit/kernel.h"

#include "base/error.h"
#include "base/isa.h"

#include <string.h>

/* Widest first. */
static const churn_kernel kernels[] = {
#if defined(__x86_64__)
    {"avx512", 8, churn_kernel_step_avx512, churn_kernel_cross_avx512, churn_kernel_rough_avx512,
     churn_kernel_slope_avx512, churn_kernel_slopes_avx512, churn_kernel_pick_avx512,
     churn_kernel_losses_avx512, churn_kernel_rows_avx512, churn_kernel_scatter_avx512,
     churn_kernel_moments_avx512, churn_kernel_totals_avx512},
    {"avx2", 4, churn_kernel_step_avx2, churn_kernel_cross_avx2, churn_kernel_rough_avx2,
     churn_kernel_slope_avx2, churn_kernel_slopes_avx2, churn_kernel_pick_avx2,
     churn_kernel_losses_avx2, churn_kernel_rows_avx2, churn_kernel_scatter_avx2,
     churn_kernel_moments_avx2, churn_kernel_totals_avx2},
#endif
    {"baseline", 2, churn_kernel_step_baseline, churn_kernel_cross_baseline,
     churn_kernel_rough_baseline, churn_kernel_slope_baseline, churn_kernel_slopes_baseline,
     churn_kernel_pick_baseline, churn_kernel_losses_baseline, churn_kernel_rows_baseline,
     churn_kernel_scatter_baseline, churn_kernel_moments_baseline, churn_kernel_totals_baseline},
};

enum { KERNELS = sizeof kernels / sizeof kernels[0] };

const churn_kernel *churn_kernel_find(const char *name)
{
  churn_isa isa;
  if (!churn_isa_find(name, &isa))
    return NULL;
  for (size_t i = 0; i < KERNELS; i++)
    if (strcmp(kernels[i].name, name) == 0)
      return &kernels[i];
  return NULL;
}

const churn_kernel *churn_kernel_choose(churn_notes *notes)
{
  const char *ignored;
  const churn_kernel *best = churn_kernel_find(churn_isa_name(churn_isa_choose(&ignored)));
  if (ignored != NULL)
    churn_notes_add(notes, CHURN_WARNING, "isa_ignored", CHURN_NOWHERE,
                    "CHURN_ISA=%s is ignored: it is not one of baseline, avx2, avx512 that this "
                    "machine runs; using %s",
                    ignored, best->name);
  return best;
}
