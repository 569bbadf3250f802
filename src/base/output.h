/* A file that is complete under its final name, or not there: written to an unnamed (or temporary)
 * file in the target's folder, flushed to disk, then renamed over the target. What stood there
 * before survives every failure.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_BASE_OUTPUT_H
#define CHURN_BASE_OUTPUT_H

#include <churn/status.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct churn_output churn_output;

/* Opens an output for `path`; "-" is standard output (then nothing is atomic). CANNOT_CREATE,
 * PERMISSION, NO_MEMORY. */
CHURN_MUST_USE churn_status churn_output_open(const char *path, churn_output **output,
                                              churn_error *error);

/* Buffered writes. The first failure is kept and reported by commit, so that callers may write on
 * without checking. */
void churn_output_write(churn_output *output, const void *bytes, size_t length);
void churn_output_text(churn_output *output, const char *text);
void churn_output_printf(churn_output *output, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void churn_output_number(churn_output *output, double value); /* as churn_number_format */
void churn_output_whole(churn_output *output, uint64_t value);

/* One CSV field, as churn_buffer_csv. */
void churn_output_csv(churn_output *output, const char *text, size_t length);

/* Makes the file appear under its name and frees the output. On failure the target is as it was,
 * with one exception: when all is done and only the folder cannot be flushed to disk, the new file
 * stands whole under its name and the answer is IO, because a power cut may bring the old one back.
 * IO, CANNOT_CREATE, PERMISSION, NO_MEMORY. */
CHURN_MUST_USE churn_status churn_output_commit(churn_output *output, churn_error *error);

/* Flushes the folder to disk, so that the names in it last; true also where that cannot be done.
 * False with errno. */
bool churn_folder_sync(const char *folder);

/* Throws away what was written and frees the output; NULL allowed. */
void churn_output_discard(churn_output *output);

#endif
