/* Shared by all tests: closeness that means it, scratch folders, files.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_TEST_SUPPORT_H
#define CHURN_TEST_SUPPORT_H

/* cmocka wants these four before its own header. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <churn/status.h>
#include <cmocka.h>
#include <stdbool.h>

/* |actual - expected| <= relative * |expected| + absolute; NaN equals NaN. (cmocka's own compares
 * as float.) */
#define assert_close(actual, expected, relative, absolute)                                         \
  check_close((actual), (expected), (relative), (absolute), #actual, __FILE__, __LINE__)
void check_close(double actual, double expected, double relative, double absolute, const char *what,
                 const char *file, int line);

/* Fails with the error's text when status is not CHURN_OK. */
#define assert_ok(status, error) check_ok((status), (error), __FILE__, __LINE__)
void check_ok(churn_status status, const churn_error *error, const char *file, int line);

/* A fresh folder, removed with all it holds by scratch_remove. The path is static storage, one at a
 * time. */
const char *scratch_make(void);
void scratch_remove(void);

/* The same around a group of tests or one of them. */
int scratch_setup(void **state);
int scratch_teardown(void **state);

/* A file in the scratch folder: PATH = scratch/name, static storage for the last 8 calls. */
const char *scratch_path(const char *name);
const char *scratch_write(const char *name, const char *text);
const char *scratch_write_bytes(const char *name, const void *bytes, size_t length);

/* The whole file, terminated; the caller frees. NULL when it cannot be read. */
char *file_read(const char *path, size_t *length);

/* CHURN_SHARED/name when it is there, else NULL (then print_message why and skip()). Static storage
 * as above. */
const char *shared_path(const char *name);

#endif
