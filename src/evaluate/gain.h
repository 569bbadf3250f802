/* What contacting the riskiest rows catches: churners and money above places of each fold's
 * ranking. Place in the flow: ordering -> share captured, lift, the curves. A fold is one list of
 * the desk (a snapshot, or a share of the customers), so places are counted inside folds.
 *
 * Ties by expectation: of rows of equal score that a place cuts through, each is contacted with the
 * same chance. Cost: the rows above the last place.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_EVALUATE_GAIN_H
#define CHURN_EVALUATE_GAIN_H

#include "evaluate/ordering.h"

/* A row of an ordering with what is summed over it. */
typedef struct churn_listed_row {
  double weight;
  double value;   /* money at risk of a churner, else 0 */
  uint32_t group; /* which multiple counts */
  int8_t label;
  uint8_t opens; /* as in the ordering */
} churn_listed_row;

/* Row number `row`, opening nothing; groups as churn_list_build takes them. */
churn_listed_row churn_listed_row_of(const churn_judged *judged, const uint32_t *groups,
                                     size_t row);

/* What a row of a list always has. */
typedef struct churn_list_mark {
  uint16_t group;
  int8_t label;
  uint8_t opens;
} churn_list_mark;

/* An ordering's rows with what is summed over them, so that walks read memory in order. */
typedef struct churn_list {
  churn_list_mark *marks; /* [starts[folds]] */
  double *weights;        /* alike; NULL = 1 each */
  double *values;         /* money at risk of churners, else 0; NULL = 0 each */
  const size_t *starts;   /* [folds + 1], the ordering's */
  uint32_t folds;
} churn_list;

static inline churn_listed_row churn_list_row(const churn_list *list, size_t place)
{
  const churn_list_mark *mark = &list->marks[place];
  return (churn_listed_row){list->weights == NULL ? 1 : list->weights[place],
                            list->values == NULL ? 0 : list->values[place], mark->group,
                            mark->label, mark->opens};
}

/* groups [clusters] (NULL = all 0): the group of each cluster, below 65536. Borrows from the
 * ordering. A list of the same judged rows that is there already (else all NULL) is filled anew,
 * and cleared after an error. */
CHURN_MUST_USE churn_status churn_list_build(const churn_judged *judged,
                                             const churn_ordering *ordering, const uint32_t *groups,
                                             churn_list *list, churn_error *error);
void churn_list_clear(churn_list *list);

/* Sums over rows, whole or in part, by weight. */
typedef struct churn_gain {
  double rows;
  double churners;
  double value; /* money at risk of the churners */
} churn_gain;

/* All rows of one fold, and of all; each row as often as multiples [groups] says (NULL = once). */
churn_gain churn_gain_of_fold(const churn_list *list, uint32_t fold, const double *multiples);
churn_gain churn_gain_all(const churn_list *list);

/* Adds to gains [count] what lies above each of places [count] (ascending, in weight; more than the
 * fold holds = all of it) of one fold. */
void churn_gain_add_fold(const churn_list *list, uint32_t fold, const double *multiples,
                         const double *places, size_t count, churn_gain *gains);

/* Churn rate among `top` over that of all; NaN without churners. */
double churn_gain_lift(churn_gain top, churn_gain all);

/* Shares of all churners and of all their money; NaN where there are none. */
double churn_gain_captured(churn_gain top, churn_gain all);
double churn_gain_captured_value(churn_gain top, churn_gain all);

#endif
