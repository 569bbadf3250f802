/* Outcome of every call that can fail, and the place of a fault. Owned by the caller, no
 * allocation.
 *
 * Data errors come in three kinds, because a user mends them in three ways: MALFORMED (mend the
 * bytes), INCONSISTENT (two files, or two rows, disagree), DEGENERATE (fine data that has no valid
 * answer).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_STATUS_H
#define CHURN_STATUS_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define CHURN_MUST_USE __attribute__((warn_unused_result))
#else
#define CHURN_MUST_USE
#endif

typedef enum churn_status {
  CHURN_OK = 0,
  CHURN_USAGE,         /* the call's arguments make no sense together */
  CHURN_MALFORMED,     /* the bytes of an input break its format */
  CHURN_INCONSISTENT,  /* inputs are well formed but contradict each other */
  CHURN_DEGENERATE,    /* fine data, no valid mathematical answer */
  CHURN_NO_INPUT,      /* an input file does not exist */
  CHURN_INTERNAL,      /* a promise inside the library was broken */
  CHURN_NO_MEMORY,     /* an allocation failed */
  CHURN_CANNOT_CREATE, /* an output file could not be created */
  CHURN_IO,            /* reading or writing failed half way */
  CHURN_BUSY,          /* somebody else holds the lock */
  CHURN_PERMISSION,    /* the system refused access */
  CHURN_BAD_PROJECT    /* the project file, or an expression in it, is wrong */
} churn_status;

enum { CHURN_MESSAGE_SIZE = 1024, CHURN_PLACE_SIZE = 512 };

/* What went wrong and where. `line` and `column` count from 1; 0 = not known. In rows of a database
 * (`file` begins with sqlite: or postgresql:) `line` is the row's number. Texts are always
 * terminated. */
typedef struct churn_error {
  churn_status status;
  char message[CHURN_MESSAGE_SIZE];
  char file[CHURN_PLACE_SIZE];
  uint64_t line;
  uint64_t column;
} churn_error;

/* A short English name of a status ("malformed data"); never NULL. */
const char *churn_status_name(churn_status status);

/* Writes `file:line:column: message` (parts that are not known are left out) into text[0..size); of
 * a database's rows `sqlite:FILE, table NAME, row N: message`. */
void churn_error_format(const churn_error *error, char *text, uint64_t size);

#ifdef __cplusplus
}
#endif

#endif
