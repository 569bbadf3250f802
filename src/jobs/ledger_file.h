/* The ledger as a file. Place in the flow: project's folder -> bytes, and a line more.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_JOBS_LEDGER_FILE_H
#define CHURN_JOBS_LEDGER_FILE_H

#include <churn/compare.h>

typedef struct churn_ledger_file {
  char *path;     /* FOLDER/models/comparisons.jsonl */
  int descriptor; /* -1 = there is no file */
  char *bytes;    /* [length], what it held when it was opened */
  size_t length;
} churn_ledger_file;

/* Opens and reads it; with `append` it is locked until it is closed, and made where it is missing.
 * The caller closes, also after a failure. */
CHURN_MUST_USE churn_status churn_ledger_open(const char *folder, bool append,
                                              churn_ledger_file *file, churn_error *error);
void churn_ledger_close(churn_ledger_file *file);

/* Appends the line (without its end) on one of its own, also where the last one was never finished.
 * On failure the file is as it was. */
CHURN_MUST_USE churn_status churn_ledger_add_line(churn_ledger_file *file, const char *line,
                                                  size_t length, churn_error *error);

#endif
