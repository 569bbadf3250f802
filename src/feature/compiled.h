/* What a plan is made of. Private to feature/.
 *
 * An aggregate is evaluated in two steps: its row set (which rows of the history count, and the row
 * expression's value of each) and its function over a window of that set. Aggregates that are the
 * same are one; aggregates that differ in function or window only share a row set. So 30, 90 and
 * 365 days of the same thing cost one pass over the rows.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_FEATURE_COMPILED_H
#define CHURN_FEATURE_COMPILED_H

#include "feature/ast.h"
#include "feature/catalogue.h"
#include "feature/fault.h"

#define CHURN_NO_INDEX SIZE_MAX

/* Rows that expressions are evaluated for at once. */
enum { CHURN_BATCH_ROWS = 256 };

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

/* Rows of a history that a group of aggregates looks at. */
typedef struct churn_row_set {
  int source;
  const churn_node *row;   /* NULL = none */
  const churn_node *where; /* NULL = all */
  bool ordered;            /* some aggregate depends on the order within a day */
  bool unbounded;          /* some aggregate looks at all that is known */
  int32_t reach_days;      /* else: how far back the longest window reaches */
  size_t first_aggregate;  /* list through churn_plan_aggregate.next */
  const churn_day *known;  /* bound: NULL, or the day from which a row is visible */
} churn_row_set;

typedef struct churn_plan_aggregate {
  const churn_node *node;
  size_t next; /* in the row set; CHURN_NO_INDEX = the last */
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
  churn_row_set *sets;
  size_t set_count, set_capacity;
  churn_plan_aggregate *aggregates;
  size_t aggregate_count, aggregate_capacity;
  churn_dictionary *literals; /* texts in the expressions */
  churn_dictionary *pool;
  size_t slots; /* batches of values that evaluating needs at once */
};

/* Numbers what a checked expression reads: columns, literals, aggregates and their row sets.
 * NO_MEMORY, INTERNAL. */
CHURN_MUST_USE churn_status churn_plan_number(churn_plan *plan, churn_compiled *compiled);

/* Days of a source's column `column` in the data, also where it is the history's own day. */
const churn_day *churn_data_days(const churn_data *data, int source, int column);

#endif
