/* Pieces of a value's words. Private to feature/reason*.c.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_FEATURE_REASON_PARTS_H
#define CHURN_FEATURE_REASON_PARTS_H

#include "feature/compiled.h"

/* Text that grows until it is full. */
typedef struct churn_writer {
  char *text;
  size_t size;
  size_t used;
  bool cut;
} churn_writer;

void churn_say(churn_writer *w, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The expression's own text from byte `start` to `end`, on one line. */
void churn_say_source(churn_writer *w, const char *text, size_t start, size_t end);

/* A name as a person would write it: an underscore is a blank. */
void churn_say_name(churn_writer *w, const char *name, size_t length);
void churn_say_words(churn_writer *w, const char *name);

/* Which rows count, as it follows the history's name: " with severity >= 3", " with priority
 * urgent", " without end date", " not closed" (missing(closed_at)), " with downgrade flag and seats
 * > 5". What has no words stands as it is written in `text`. */
void churn_say_condition(churn_writer *w, const churn_plan *plan, const char *text,
                         const churn_node *where);

#endif
