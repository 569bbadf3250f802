/* Any bytes as a CSV file: refused with a place, or a table that does not depend on how the file is
 * cut; and split by vector code as libcsv splits them. The first byte chooses the delimiter,
 * whether bad rows are allowed, and the size of the blocks.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "fuzz.h"
#include "source/table.h"
#include "two_splits.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static churn_status read_cut(const char *path, uint8_t how, size_t piece_bytes, churn_table **table,
                             churn_error *error)
{
  const churn_format format = {.delimiter = how % 3 == 0 ? ';' : ',',
                               .max_bad_rows = how % 2 == 0 ? 0 : 5};
  const churn_column_request requests[] = {{"a", CHURN_TYPE_ID, true, CHURN_NOWHERE},
                                           {"b", CHURN_TYPE_NUMBER, true, CHURN_NOWHERE},
                                           {"c", CHURN_TYPE_DAY, true, CHURN_NOWHERE},
                                           {"d", CHURN_TYPE_CATEGORY, true, CHURN_NOWHERE}};
  const churn_table_settings settings = {.keep_lines = true, .piece_bytes = piece_bytes};
  const churn_run run = {.threads = 1};
  return churn_table_read(path, &format, requests, 4, &settings, &run, table, error);
}

static void demand_same(const churn_table *a, const churn_table *b)
{
  demand(a->rows == b->rows && a->reject_count == b->reject_count);
  demand(strcmp(a->fingerprint, b->fingerprint) == 0);
  demand(a->rows == 0 || memcmp(a->lines, b->lines, a->rows * sizeof *a->lines) == 0);
  for (size_t c = 0; c < a->column_count; c++)
    demand(a->columns[c].present == b->columns[c].present &&
           a->columns[c].missing == b->columns[c].missing);
}

static void demand_same_split(const uint8_t *data, size_t size)
{
  const two_splits how = {.delimiter = data[0] % 3 == 0 ? ';' : ',',
                          .fields = 1 + data[0] % 5,
                          .block = 1 + data[0] % 64u * (data[0] % 7u),
                          .refuse = data[0] % 4u};
  char *text = malloc(size);
  demand(text != NULL);
  memcpy(text, data + 1, size - 1);
  demand(two_splits_differ(&how, text, size - 1, NULL) == NULL);
  free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  char path[64];
  int descriptor = memfd_create("fuzz", MFD_CLOEXEC);
  if (size < 2 || descriptor < 0)
    return descriptor >= 0 ? close(descriptor) : 0;
  demand(write(descriptor, data + 1, size - 1) == (ssize_t)(size - 1));
  snprintf(path, sizeof path, "/proc/self/fd/%d", descriptor);
  demand_same_split(data, size);
  churn_table *whole = NULL, *cut = NULL;
  churn_error first = {0}, second = {0};
  churn_status status = read_cut(path, data[0], 1 << 20, &whole, &first);
  demand(read_cut(path, data[0], 1 + data[0] % 17, &cut, &second) == status);
  demand((status == CHURN_OK) == (whole != NULL) && (whole != NULL) == (cut != NULL));
  if (status != CHURN_OK)
    demand(first.message[0] != '\0' && first.line == second.line && first.column == second.column &&
           strcmp(first.message, second.message) == 0);
  else
    demand_same(whole, cut);
  churn_table_free(whole);
  churn_table_free(cut);
  close(descriptor);
  return 0;
}
