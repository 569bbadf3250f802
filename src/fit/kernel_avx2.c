/* The likelihood kernel compiled for x86-64 with avx2; empty elsewhere. Options: kernels.cmake.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "fit/kernel.h"

#if defined(__x86_64__)
#define CHURN_KERNEL_NAME(stem) stem##_avx2
#include "fit/kernel_body.h"
#include "fit/pick_body.h"
#include "fit/rough_body.h"
#include "fit/slopes_body.h"
#endif
