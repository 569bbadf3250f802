/* The index of a block compiled for x86-64 with avx2; empty elsewhere. Options: index.cmake.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "source/index.h"

#if defined(__x86_64__)
#define CHURN_INDEX_NAME churn_index_fill_avx2
#include "source/index_body.h"
#endif
