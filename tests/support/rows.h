/* A plain CSV of the outside world as rows of texts, for tests that hold our results against it. No
 * quoted line ends.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_TEST_ROWS_H
#define CHURN_TEST_ROWS_H

#include <stddef.h>

typedef struct rows {
  char *bytes;
  char **cells; /* [count * columns], row 0 = headings */
  size_t count; /* with the heading */
  size_t columns;
} rows;

/* Reads `path` (gzip allowed); fails the test when it cannot. */
rows rows_read(const char *path);
void rows_free(rows *r);

/* Column of a heading; fails the test when there is none. */
size_t rows_column(const rows *r, const char *heading);
const char *rows_text(const rows *r, size_t row, size_t column);

/* NaN where the cell is empty. */
double rows_number(const rows *r, size_t row, size_t column);

#endif
