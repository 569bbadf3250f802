/* The kernel of scoring compiled for any machine.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "score/tile.h"

#define CHURN_TILE_NAME churn_tile_kernel_baseline
#include "score/tile_body.h"
