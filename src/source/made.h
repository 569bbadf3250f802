/* Text that is made of a file's bytes, inflated or converted: on the heap, or, where that is past a
 * bound, in a temporary file that is mapped in the end.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_SOURCE_MADE_H
#define CHURN_SOURCE_MADE_H

#include "base/temporary.h"
#include "source/input.h"

#include <churn/run.h>

typedef struct churn_made {
  uint64_t most;         /* bytes that the heap may hold; 0 = any number */
  char *bytes;           /* those that are not in the file */
  size_t used, capacity; /* of them */
  uint64_t filed;        /* bytes in the file */
  churn_temporary *file; /* NULL = none so far */
} churn_made;

/* An empty one for a run (NULL = no bound): the heap holds a quarter of what the run may take. */
churn_made churn_made_start(const churn_run *run);

/* Where the next bytes go, *room of them, at least `least`. NO_MEMORY; CANNOT_CREATE, PERMISSION,
 * IO of the temporary file. */
CHURN_MUST_USE churn_status churn_made_room(churn_made *made, size_t least, char **at, size_t *room,
                                            churn_error *error);

/* So many of them were written. */
void churn_made_took(churn_made *made, size_t bytes);

/* Gives the text away; `made` is empty then. Errors as above. */
CHURN_MUST_USE churn_status churn_made_finish(churn_made *made, churn_input *text,
                                              churn_error *error);

void churn_made_clear(churn_made *made);

#endif
