/* The likelihood kernel compiled for the machine every build runs on. Options: kernels.cmake.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#define CHURN_KERNEL_NAME(stem) stem##_baseline
#include "fit/kernel_body.h"
#include "fit/pick_body.h"
#include "fit/rough_body.h"
#include "fit/slopes_body.h"
