/* Which fold, or other group, each row is in. Place in the flow: whoever deals the folds -> sums
 * over each, fits without some.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_FIT_FOLD_MAP_H
#define CHURN_FIT_FOLD_MAP_H

#include <stdint.h>

typedef struct churn_fold_map {
  const uint32_t *fold; /* [rows], each below count */
  uint32_t count;
} churn_fold_map;

#endif
