/* The kernel of scoring compiled for x86-64 with avx512; empty elsewhere. Options:
 * tile.cmake.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "score/tile.h"

#if defined(__x86_64__)
#define CHURN_TILE_NAME churn_tile_kernel_avx512
#include "score/tile_body.h"
#endif
