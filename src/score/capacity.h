/* Whom to contact when not everybody can be. Place in the flow: scored customers with what a
 * contact is worth -> those of the best list. Cost: a sort of the customers.
 *
 * A contact takes one place, whoever it is: of all places, of its owner's, and of its rep's. Of two
 * of these groups of customers one lies within the other or they have nobody in common, so the
 * lists that fit are the independent sets of a laminar matroid, and taking customers by falling
 * worth, each who still fits, gives a list of the greatest worth (Edmonds, Matroids and the greedy
 * algorithm, 1971; Schrijver, Combinatorial Optimization, 2003, theorem 40.1). Its first n are the
 * best list of n.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_SCORE_CAPACITY_H
#define CHURN_SCORE_CAPACITY_H

#include "project/project.h"

/* A customer, by the groups that count. */
typedef struct churn_contact {
  double worth; /* NaN = nothing can be done */
  churn_owner owner;
  uint32_t rep; /* below `reps`; of the owner rep alone */
  bool holds;   /* was contacted within the period, and so holds a place of each group already */
} churn_contact;

/* `used` places of all are taken already, those of who `holds` one among them; what is left of a
 * laminar matroid is one. chosen[i] for the customers in the order in which they are to be taken,
 * worth falling, NaN last: on the list. Who is worth nothing or less is not. *no_room gets how many
 * are worth something and did not fit. NO_MEMORY. */
CHURN_MUST_USE churn_status churn_capacity_choose(const churn_capacity_spec *capacity,
                                                  uint64_t used, const churn_contact *contacts,
                                                  size_t count, size_t reps, bool *chosen,
                                                  uint64_t *no_room, churn_error *error);

#endif
