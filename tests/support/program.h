/* Running the program from a test: arguments in, exit code and texts out; and files that must not
 * have been touched.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_TEST_PROGRAM_H
#define CHURN_TEST_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <time.h>

/* What a run gave. `code` is the exit code, or 128 + the signal that ended it. */
typedef struct program_result {
  int code;
  char *output;
  size_t output_length;
  char *errors;
} program_result;

/* Runs `program` with arguments[0..] (NULL-terminated, without the program's name) to its end,
 * standard input empty. `as_nobody`: when the test is root, runs as user 65534. Fails the test when
 * it cannot be started. The caller clears the result. */
program_result program_run(const char *program, const char *const *arguments, bool as_nobody);
void program_result_clear(program_result *result);

/* A file with bytes of its own, and what it was like. */
typedef struct guarded_file {
  char path[1024];
  ino_t inode;
  struct timespec changed;
  size_t entries; /* of its folder, hidden ones too */
} guarded_file;

/* Writes the file into the scratch folder and remembers it and its folder's number of entries. */
guarded_file guard_make(const char *name);

/* NULL when the file is the one that was made, byte for byte, with its old time, and its folder has
 * as many entries as then; else what is different. */
const char *guard_fault(const guarded_file *guard);

#endif
