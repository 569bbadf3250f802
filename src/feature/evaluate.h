/* The steps of evaluating a plan. Private to feature/.
 *
 * Everything is done a column at a time: a node of an expression works on up to 256 cells before
 * the next node is looked at, so that walking the tree costs little beside the arithmetic. A cell
 * is a row of a history inside an aggregate, and a moment (a spell as of a day) outside.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_FEATURE_EVALUATE_H
#define CHURN_FEATURE_EVALUATE_H

#include "feature/compiled.h"

#include <math.h>

/* One NaN for all missing values and one zero, so that equal values have equal bits. */
static inline double churn_canonical(double value)
{
  return isnan(value) ? NAN : value + 0.0;
}

/* What an expression is evaluated for: `count` cells, at most CHURN_BATCH_ROWS. */
typedef struct churn_cells {
  const churn_plan *plan;
  size_t count;
  const size_t *rows;       /* [count] of the history; NULL outside of aggregates */
  const size_t *spells;     /* [count]; NULL where nothing of customers is read */
  const churn_day *as_of;   /* [count]; NULL where nothing depends on it */
  const double *aggregates; /* cell i of aggregate a at [a * CHURN_BATCH_ROWS + i] */
  const double *value;      /* [count] the project's value */
} churn_cells;

/* values[0..count) of `node`; `slots` is scratch for plan->slots batches. */
void churn_evaluate_node(const churn_cells *cells, const churn_node *node, double *slots,
                         double *values);

/* The same, canonical. */
void churn_evaluate_canonical(const churn_cells *cells, const churn_node *node, double *slots,
                              double *values);

/* Whether each row is known and true under `where` (NULL = all): selected[0..count) is 1, else
 * missing. */
void churn_evaluate_condition(const churn_cells *cells, const churn_day *known,
                              const churn_node *where, double *slots, double *selected);

/* Rows of a history one after another, in segments of one customer each. */
typedef struct churn_row_list {
  size_t count, capacity;
  size_t *rows;
  churn_day *days;
  size_t *spells; /* the moment each row is looked at from */
  churn_day *as_of;
  double *values;
} churn_row_list;

/* [begin, end) of a list, or of the history itself. */
typedef struct churn_segment {
  size_t begin, end;
} churn_segment;

void churn_row_list_clear(churn_row_list *list);

/* Appends `segment` of the rows whose days are `days`: row numbers `rows`, NULL = the segment's
 * own. False when memory ran out. */
bool churn_row_list_append(churn_row_list *list, const churn_day *days, const size_t *rows,
                           churn_segment segment, size_t spell, churn_day as_of);

/* The batch of cells from `first`, borrowed from the list. */
churn_cells churn_row_list_cells(const churn_plan *plan, const churn_row_list *list, size_t first);

/* Moves the rows of `segment` whose value is not missing to the place `to`, at or before its
 * begin; returns where they are now. Their spells and as-of days stay behind. */
churn_segment churn_row_list_pack(churn_row_list *list, size_t to, churn_segment segment);

/* Orders the values of each day of a segment. */
void churn_row_list_sort(churn_row_list *list, churn_segment segment);

struct churn_workspace {
  double *slots;      /* [plan->slots * CHURN_BATCH_ROWS] */
  double *aggregates; /* [plan->aggregate_count * CHURN_BATCH_ROWS] */
  double value[CHURN_BATCH_ROWS];
  churn_segment ranges[CHURN_BATCH_ROWS];   /* of the history, per moment */
  churn_segment filtered[CHURN_BATCH_ROWS]; /* of the filter's rows, per moment */
  churn_segment chosen[CHURN_BATCH_ROWS];   /* of the set's rows, per moment */
  size_t *bounds;                           /* [plan->most_cuts] */
  churn_row_list filter_rows, set_rows;
  double *scratch; /* for aggregates */
  size_t scratch_capacity;
};

/* Values of all aggregates of a filter's sets into workspace->aggregates. False when memory ran
 * out. */
bool churn_evaluate_filter(const churn_plan *plan, churn_workspace *workspace,
                           const churn_filter *filter, const churn_moments *moments);

#endif
