/* The index of a block compiled for any machine.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "source/index.h"

#define CHURN_INDEX_NAME churn_index_fill_baseline
#include "source/index_body.h"
