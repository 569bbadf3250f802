/* What a call has to say beside its result: notes, warnings, and faults where a call goes on after
 * the first one. The library never prints; it appends here and the program shows it.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_NOTES_H
#define CHURN_NOTES_H

#include <churn/status.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum churn_severity {
  CHURN_NOTE,    /* worth knowing */
  CHURN_WARNING, /* the result may not mean what the user thinks */
  CHURN_FAULT    /* the input is wrong; collected so that all of them can be shown at once */
} churn_severity;

/* One remark. `code` is a fixed word for programs ("pooled_level"); file "" and line 0 when there
 * is no place. */
typedef struct churn_note {
  churn_severity severity;
  churn_status status; /* of a fault: what a call that stops at it returns; else CHURN_OK */
  const char *code;
  const char *text;
  const char *file;
  uint64_t line;
  uint64_t column;
} churn_note;

typedef struct churn_notes churn_notes;

/* Returns an empty list, or NULL when memory ran out. */
churn_notes *churn_notes_new(void);
void churn_notes_free(churn_notes *notes);

/* NULL counts as an empty list. */
size_t churn_notes_count(const churn_notes *notes);
size_t churn_notes_count_of(const churn_notes *notes, churn_severity severity);

/* Borrowed until the next append or free; NULL when `index` is out of range. */
const churn_note *churn_notes_get(const churn_notes *notes, size_t index);

#ifdef __cplusplus
}
#endif

#endif
