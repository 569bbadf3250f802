/* The binary file that all programs of the bench, ours and the peers', read: two 64-bit unsigned
 * integers rows and columns, then columns x rows doubles, one column after the other, then rows
 * doubles y (0 or 1). In the machine's byte order.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BENCH_MATRIX_FILE_H
#define BENCH_MATRIX_FILE_H

#include "design/matrix.h"

#include <stdint.h>
#include <stdio.h>

/* Opened and past its header; NULL, with a message on standard error, when it cannot be read. The
 * caller closes. */
FILE *churn_bench_matrix_open(const char *path, uint64_t *rows, uint64_t *columns);

/* All of it, in tiles; NULL, with a message, when it cannot be read. The caller frees. */
churn_matrix *churn_bench_matrix_read(const char *path, churn_error *error);

#endif
