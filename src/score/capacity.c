/* The best list within the capacity.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "score/capacity.h"

#include "base/error.h"
#include "base/memory.h"

#include <stdlib.h>

/* Places that are left. */
typedef struct places {
  uint64_t total, owners[CHURN_OWNERS];
  uint64_t *reps;
} places;

/* Takes a place of each group, where all of them have one. */
static bool take(places *left, const churn_contact *contact)
{
  uint64_t *owner = &left->owners[contact->owner];
  uint64_t *rep = contact->owner == CHURN_OWNER_REP ? &left->reps[contact->rep] : NULL;
  if (left->total == 0 || *owner == 0 || (rep != NULL && *rep == 0))
    return false;
  left->total--;
  --*owner;
  if (rep != NULL)
    --*rep;
  return true;
}

static void give_up(uint64_t *free_places, uint64_t used)
{
  if (*free_places != UINT64_MAX)
    *free_places -= used < *free_places ? used : *free_places;
}

/* Groups of who holds a place; those of all are counted. */
static void set_aside(places *left, const churn_contact *contacts, size_t count)
{
  for (size_t i = 0; i < count; i++) {
    if (!contacts[i].holds)
      continue;
    give_up(&left->owners[contacts[i].owner], 1);
    if (contacts[i].owner == CHURN_OWNER_REP)
      give_up(&left->reps[contacts[i].rep], 1);
  }
}

churn_status churn_capacity_choose(const churn_capacity_spec *capacity, uint64_t used,
                                   const churn_contact *contacts, size_t count, size_t reps,
                                   bool *chosen, uint64_t *no_room, churn_error *error)
{
  places left = {.total = capacity->total, .reps = churn_array_new(reps, sizeof *left.reps)};
  if (left.reps == NULL)
    return churn_error_no_memory(error);
  for (size_t i = 0; i < CHURN_OWNERS; i++)
    left.owners[i] = capacity->owners[i];
  for (size_t i = 0; i < reps; i++)
    left.reps[i] = capacity->each_rep;
  give_up(&left.total, used);
  set_aside(&left, contacts, count);
  *no_room = 0;
  for (size_t i = 0; i < count; i++) {
    bool worthwhile = contacts[i].worth > 0;
    chosen[i] = worthwhile && take(&left, &contacts[i]);
    *no_room += worthwhile && !chosen[i];
  }
  free(left.reps);
  return CHURN_OK;
}
