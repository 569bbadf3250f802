/* The registry's pieces: the history's lines, what they add up to, the link. Inside the registry's
 * own files only.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_JOBS_REGISTRY_PARTS_H
#define CHURN_JOBS_REGISTRY_PARTS_H

#include "base/error.h"
#include "base/hash.h"
#include "base/journal.h"
#include "model/text.h"

#include <churn/registry.h>

#define CHURN_HISTORY_NAME "history.jsonl"

enum { CHURN_ID_LENGTH = CHURN_HASH_TEXT_SIZE - 1 };

/* Is text[0..length) 32 hexadecimal digits in lower case? */
bool churn_registry_is_id(const char *text, size_t length);

/* registry_event.c */

void churn_registry_event_clear(churn_registry_event *event);

/* The event's members as JSON on one line, without the braces. */
void churn_registry_event_json(const churn_registry_event *event, churn_json_text *text);

/* An object on one line. */
void churn_registry_figures_json(const churn_registry_figures *figures, churn_json_text *text);

/* Appends it to the history. */
CHURN_MUST_USE churn_status churn_registry_event_write(const churn_registry_event *event,
                                                       churn_journal *journal, churn_error *error);

/* Reads one line. *why says what is wrong with it, and the event is empty then; NULL = nothing. The
 * caller frees both. NO_MEMORY. */
CHURN_MUST_USE churn_status churn_registry_event_read(const churn_journal_line *line,
                                                      churn_registry_event *event, char **why,
                                                      churn_error *error);

/* registry_state.c: which models were in use, one on top of the other, and which one is. */
typedef struct churn_registry_state {
  const char **stack; /* [depth] borrowed from the events */
  size_t depth, capacity;
  const char *current; /* NULL = none */
  int64_t time;        /* of the last event of any kind; INT64_MIN = none */
} churn_registry_state;

CHURN_MUST_USE churn_status churn_registry_state_apply(churn_registry_state *state,
                                                       const churn_registry_event *event,
                                                       churn_error *error);
/* All events in order, into a zeroed state. */
CHURN_MUST_USE churn_status churn_registry_state_of(const churn_registry *registry,
                                                    churn_registry_state *state,
                                                    churn_error *error);
void churn_registry_state_clear(churn_registry_state *state);

/* registry_link.c */

typedef struct churn_registry_link {
  bool there;                    /* a file `current` of any kind */
  char id[CHURN_HASH_TEXT_SIZE]; /* "" where it is no link to ID.json */
  int64_t time;                  /* when it was made */
} churn_registry_link;

/* PERMISSION, IO. */
CHURN_MUST_USE churn_status churn_registry_link_read(const char *folder, churn_registry_link *link,
                                                     churn_error *error);

/* Points `current` at the model, in one step, on disk when it returns. Under the history's lock.
 * CANNOT_CREATE, PERMISSION, IO, NO_MEMORY. */
CHURN_MUST_USE churn_status churn_registry_link_set(const char *folder, const char *id,
                                                    churn_error *error);

/* registry_sweep.c: removes the temporary files of models and cards that a killed process left.
 * Under the history's lock nobody else has any. */
void churn_registry_sweep(const char *folder);

/* registry.c: the events of an open journal into an empty registry, whose folder is set, and the
 * link; an event of no line where the two differ. */
CHURN_MUST_USE churn_status churn_registry_fill(churn_registry *registry,
                                                const churn_journal *journal, const churn_run *run,
                                                churn_error *error);

#endif
