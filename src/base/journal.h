/* A file of lines that only grows: the ledger of comparisons, the history of promotions. Place in
 * the flow: base; bytes of a folder's file, and a line more.
 *
 * A line is written in one piece and flushed to disk. What a crash cuts off stays a line of its
 * own: readers find no whole record in it, and the next writer ends it.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_BASE_JOURNAL_H
#define CHURN_BASE_JOURNAL_H

#include <churn/status.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct churn_journal {
  char *path;     /* FOLDER/NAME */
  int descriptor; /* -1 = there is no file */
  char *bytes;    /* [length], what it held when it was opened */
  size_t length;
  size_t end; /* how long it is now */
  bool torn;  /* its last line has no end */
} churn_journal;

/* Opens and reads FOLDER/NAME; with `append` it is locked until it is closed, and it and its folder
 * are made where they are missing. Without, it is locked only while it is read (where it can be),
 * so that no half line is seen. The caller closes, also after a failure. CANNOT_CREATE, PERMISSION,
 * IO, NO_MEMORY. */
CHURN_MUST_USE churn_status churn_journal_open(const char *folder, const char *name, bool append,
                                               churn_journal *journal, churn_error *error);
void churn_journal_close(churn_journal *journal);

/* Appends the line (without its end) on one of its own, also where the last one was never finished.
 * On failure the file is as it was. */
CHURN_MUST_USE churn_status churn_journal_append(churn_journal *journal, const char *line,
                                                 size_t length, churn_error *error);

typedef struct churn_journal_line {
  const char *bytes; /* [length], without its end; borrowed from the journal */
  size_t length;
  uint64_t number; /* from 1 */
  bool ended;
  size_t next; /* where to go on */
} churn_journal_line;

/* The next line of what was read when it was opened; a zeroed one starts. False at the end. */
bool churn_journal_next(const churn_journal *journal, churn_journal_line *line);

/* For messages about a line that cannot be read: "" or that it was cut off. */
const char *churn_journal_cut(const churn_journal_line *line);

#endif
