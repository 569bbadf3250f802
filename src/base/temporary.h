/* A temporary file without a name, for what does not fit into memory: whatever ends the program, a
 * signal or a crash too, the system takes it away. Any thread may write and read at any time.
 *
 * It lies in the folder that TMPDIR names, else in /var/tmp, else in /tmp: /var/tmp comes first
 * because /tmp is often kept in memory.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_BASE_TEMPORARY_H
#define CHURN_BASE_TEMPORARY_H

#include <churn/status.h>
#include <stddef.h>
#include <stdint.h>

typedef struct churn_temporary churn_temporary;

/* CANNOT_CREATE or PERMISSION when no file can be made there; NO_MEMORY. */
CHURN_MUST_USE churn_status churn_temporary_open(churn_temporary **file, churn_error *error);

/* Takes NULL too. Ends what churn_temporary_map gave. */
void churn_temporary_close(churn_temporary *file);

/* `length` bytes behind all that were taken before; `at` gets where they begin. IO (a full disk
 * too). */
CHURN_MUST_USE churn_status churn_temporary_append(churn_temporary *file, const void *bytes,
                                                   size_t length, uint64_t *at, churn_error *error);

/* `length` bytes at `at`. IO. */
CHURN_MUST_USE churn_status churn_temporary_put(churn_temporary *file, uint64_t at,
                                                const void *bytes, size_t length,
                                                churn_error *error);
CHURN_MUST_USE churn_status churn_temporary_get(churn_temporary *file, uint64_t at, void *bytes,
                                                size_t length, churn_error *error);

/* The first `length` bytes (all written, at least one), to be read in place until close. Once a
 * file. IO, NO_MEMORY. */
CHURN_MUST_USE churn_status churn_temporary_map(churn_temporary *file, size_t length,
                                                const void **bytes, churn_error *error);

/* The same, but the mapping stays (until munmap) when the file is closed. */
CHURN_MUST_USE churn_status churn_temporary_keep_map(churn_temporary *file, size_t length,
                                                     const void **bytes, churn_error *error);

/* The mapped bytes stop counting as this process's memory; they come back as they are read. NULL
 * and files that are not mapped are fine. */
void churn_temporary_let_go(const churn_temporary *file);

#endif
