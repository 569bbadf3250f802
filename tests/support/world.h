/* A schema and data made by hand, from lines of text, for tests that need no files.
 *
 *   source customers region:category size:number,static seen:number,known_at=told told:day
 *   source calls day=on known_at=logged agent:category logged:day ends:scheduled
 *   row customers anna 100 - north 12 - -        id joined left, then the columns in order
 *   row calls anna 103 bob 104 -                 id day, then the columns without the day
 *
 * Words are separated by blanks; `-` is missing; days are day numbers; an empty text is `''`. Lines
 * may come in any order as long as a source comes before its rows. `day=NAME` comes first and names
 * the day column of a history. Rows of ids that are no customers are left out. Any fault in the
 * text fails the test.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_TEST_WORLD_H
#define CHURN_TEST_WORLD_H

#include "history/data.h"

typedef struct world {
  churn_schema schema;
  churn_data data;
} world;

/* The caller frees. */
world *world_read(const char *text);
void world_free(world *w);

#endif
