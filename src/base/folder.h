/* Folders of plain files: listing, comparing, taking away.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_BASE_FOLDER_H
#define CHURN_BASE_FOLDER_H

#include <churn/status.h>
#include <stdbool.h>
#include <stddef.h>

/* Names in a folder without `.` and `..`, bytewise order. */
typedef struct churn_names {
  char **items;
  size_t count, capacity;
} churn_names;

/* A folder that is not there has no names. PERMISSION, IO, NO_MEMORY. The caller clears. */
CHURN_MUST_USE churn_status churn_folder_list(const char *path, churn_names *names,
                                              churn_error *error);
void churn_names_clear(churn_names *names);

/* *same: both hold the same names, and under them plain files of the same bytes. IO, NO_MEMORY. */
CHURN_MUST_USE churn_status churn_folder_compare(const char *a, const char *b, bool *same,
                                                 churn_error *error);

/* Takes the folder and the files in it away; folders in it, and so it itself, stay (IO). Not being
 * there is fine; what is no folder is taken away alone. PERMISSION, IO, NO_MEMORY. */
CHURN_MUST_USE churn_status churn_folder_remove(const char *path, churn_error *error);

#endif
