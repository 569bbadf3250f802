/* Filling churn_error and churn_notes. Place in the flow: base, used by every stage.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_BASE_ERROR_H
#define CHURN_BASE_ERROR_H

#include <churn/notes.h>
#include <churn/run.h>
#include <churn/status.h>

/* A place in a file. `line` and `column` from 1, 0 = not known; file NULL = no file. */
typedef struct churn_place {
  const char *file;
  uint64_t line;
  uint64_t column;
} churn_place;

#define CHURN_NOWHERE ((churn_place){NULL, 0, 0})

/* Fill `error` (NULL allowed) and give `status` back, so that `return churn_error_set(...)` reads
 * well. Texts too long are cut. */
churn_status churn_error_set(churn_error *error, churn_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
churn_status churn_error_set_at(churn_error *error, churn_status status, churn_place place,
                                const char *format, ...) __attribute__((format(printf, 4, 5)));

/* From errno after a failed call on `file`: NO_INPUT, PERMISSION, NO_MEMORY, or `otherwise`.
 * `doing` is a verb phrase ("read"). */
churn_status churn_error_set_errno(churn_error *error, churn_status otherwise, const char *file,
                                   const char *doing, int system_error);

churn_status churn_error_no_memory(churn_error *error);

/* Append a remark; `notes` NULL does nothing. A fault gets the status MALFORMED. Out of memory
 * drops the remark: it never turns a result into a failure. */
void churn_notes_add(churn_notes *notes, churn_severity severity, const char *code,
                     churn_place place, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* Append `error` as a fault of its status. */
void churn_notes_add_fault(churn_notes *notes, const churn_error *error);

/* How many remarks were dropped for lack of memory. A call whose result is made of them (a check's
 * verdict, the notes in a model) must fail then. */
size_t churn_notes_lost(const churn_notes *notes);

/* A fault of the input becomes a note and the work goes on (CHURN_OK); only lack of memory and
 * broken promises stay errors. */
churn_status churn_notes_take_fault(churn_notes *notes, churn_status status,
                                    const churn_error *error);

/* Where a run wants its remarks; NULL = nowhere. */
static inline churn_notes *churn_run_notes(const churn_run *run)
{
  return run == NULL ? NULL : run->notes;
}

#endif
