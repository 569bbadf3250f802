/* What a plan is made of. Private to feature/.
 *
 * An aggregate is evaluated in three steps, and what is the same is one at each of them: its filter
 * (which rows of the history count), its row set (the row expression's value of each), and its
 * function over a window of that set, cut out between two days. So 30, 90 and 365 days of the same
 * thing cost one pass over the rows, and features under one condition decide it once.
 *
 * A filter or set is `moving` when it has another answer on another as-of day, or for another spell
 * of the same customer, beyond the rows that it sees: its expression reads as_of, a day that may
 * lie ahead, something with known_at, or a customer's own column. All others are worked out once
 * for all moments of a customer.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_FEATURE_COMPILED_H
#define CHURN_FEATURE_COMPILED_H

#include "feature/ast.h"
#include "feature/catalogue.h"
#include "feature/fault.h"

#define CHURN_NO_INDEX SIZE_MAX

/* A column that the plan reads. The pointers are set by bind; rows as in the data. */
typedef struct churn_plan_column {
  int source;
  int column;
  bool hides_future;     /* type DAY: missing while on or after the as-of day */
  const double *numbers; /* one of the three is set */
  const churn_day *days;
  const uint32_t *codes;
  uint32_t *pool_codes;       /* code in the data -> code in the plan's pool; owned */
  const churn_day *known;     /* NULL, or the day from which a value is visible */
  const churn_day *row_known; /* customers with known_at: the same for the whole row */
} churn_plan_column;

/* How far back from the as-of day something looks. */
typedef struct churn_reach {
  bool unbounded; /* at all that is known */
  int32_t days;   /* else: so many days */
} churn_reach;

/* Rows of a history that some aggregates have in common. */
typedef struct churn_filter {
  int source;
  const churn_node *where; /* NULL = all */
  bool moving;
  bool is_expanded;       /* it or one of its sets is moving */
  churn_reach reach;      /* the furthest of its sets' */
  size_t first_set;       /* list through churn_row_set.next */
  const churn_day *known; /* bound: NULL, or the day from which a row is visible */
} churn_filter;

/* The rows of a filter with the values of one row expression. */
typedef struct churn_row_set {
  int source;
  size_t next;           /* under the filter; CHURN_NO_INDEX = the last */
  const churn_node *row; /* NULL = none */
  bool moving;
  bool ordered; /* some aggregate depends on the order within a day */
  churn_reach reach;
  size_t first_aggregate; /* list through churn_plan_aggregate.next */
  int32_t *cuts;          /* owned: days before the as-of day where windows begin and end, upwards;
                             no two are the same */
  size_t cut_count, cut_capacity;
} churn_row_set;

typedef struct churn_plan_aggregate {
  const churn_node *node;
  size_t next;       /* in the row set; CHURN_NO_INDEX = the last */
  size_t begin, end; /* index of the set's cut; begin CHURN_NO_INDEX = all that is known */
} churn_plan_aggregate;

/* An expression of the plan. */
typedef struct churn_compiled {
  char *name;
  char *text;
  churn_expression_rule rule;
  bool skipped;
  churn_node *root; /* NULL: skipped, or a CONDITION without text, true for every row */
  int source;       /* CONDITION: its history's source */
} churn_compiled;

struct churn_plan {
  const churn_schema *schema; /* borrowed */
  const churn_data *data;     /* borrowed, once bound */
  churn_arena *arena;
  churn_compiled *outputs;
  size_t count;
  churn_compiled value;
  bool has_value;
  churn_plan_column *columns;
  size_t column_count, column_capacity;
  churn_filter *filters;
  size_t filter_count, filter_capacity;
  churn_row_set *sets;
  size_t set_count, set_capacity;
  churn_plan_aggregate *aggregates;
  size_t aggregate_count, aggregate_capacity;
  size_t most_cuts;           /* of any set */
  churn_dictionary *literals; /* texts in the expressions */
  churn_dictionary *pool;
  size_t contact;        /* churn_plan_set_contact */
  churn_day seen_before; /* churn_plan_see_before; INT32_MAX = no limit */
  size_t slots; /* batches of values that evaluating an expression needs beside its result */
};

/* Numbers what a checked expression reads: columns, literals, aggregates, their row sets and
 * filters. NO_MEMORY, INTERNAL. */
CHURN_MUST_USE churn_status churn_plan_number(churn_plan *plan, churn_compiled *compiled);

/* Once all expressions are numbered: the days between which the sets are cut. NO_MEMORY. */
CHURN_MUST_USE churn_status churn_plan_cut(churn_plan *plan);

/* Days of a source's column `column` in the data, also where it is the history's own day. */
const churn_day *churn_data_days(const churn_data *data, int source, int column);

#endif
