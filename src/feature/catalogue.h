/* The catalogue: every aggregate and every function of the language, one row each. Parser, checker,
 * planner, messages and tests walk these tables; nothing else knows a name.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_FEATURE_CATALOGUE_H
#define CHURN_FEATURE_CATALOGUE_H

#include "feature/aggregates.h"
#include "feature/ast.h"

/* What an aggregate takes as row expression. */
typedef enum churn_argument {
  CHURN_ARGUMENT_NONE,          /* none: it looks at rows only */
  CHURN_ARGUMENT_OPTIONAL,      /* anything, or none */
  CHURN_ARGUMENT_NUMBER,        /* a number */
  CHURN_ARGUMENT_QUANTILE,      /* a number, with a constant from 0 to 1 and a comma before it */
  CHURN_ARGUMENT_TRUTH,         /* a condition or flag */
  CHURN_ARGUMENT_NUMBER_OR_DAY, /* a number or a day */
  CHURN_ARGUMENT_DAY,           /* a day */
  CHURN_ARGUMENT_ANY            /* anything */
} churn_argument;

/* How a reason words it (reason.c). */
typedef enum churn_wording {
  CHURN_WORDS_NONE,         /* NAME = VALUE */
  CHURN_WORDS_ROWS,         /* 3 complaints; NONE where there is a row expression */
  CHURN_WORDS_AT_END,       /* tier: basic */
  CHURN_WORDS_CHANGE,       /* monthly_fee up 12.5 */
  CHURN_WORDS_CHANGES,      /* 2 changes of rep_id */
  CHURN_WORDS_SINCE,        /* 41 days since the last of engagements */
  CHURN_WORDS_SINCE_CHANGE, /* 41 days since the last change of rep_id */
  CHURN_WORDS_UNTIL,        /* 12 days until due */
  CHURN_WORDS_DAYS,         /* 12 days with engagements */
  CHURN_WORDS_GAP,          /* up to 41 days between engagements */
  CHURN_WORDS_SUM,          /* total amount of payments: 12.5 */
  CHURN_WORDS_MEAN,         /* mean amount of payments: 12.5 */
  CHURN_WORDS_LEAST,        /* lowest amount of payments: 12.5 */
  CHURN_WORDS_MOST,         /* highest amount of payments: 12.5 */
  CHURN_WORDS_SHARE         /* severity >= 3 in 33.3 % of complaints */
} churn_wording;

typedef struct churn_aggregate {
  const char *name;
  churn_argument argument;
  bool gives_argument;  /* the result has the row expression's type; else it is a number */
  bool needs_over;      /* makes no sense without a window */
  bool reads_before;    /* looks at rows before the window too */
  bool ordered;         /* depends on the order of rows within a day */
  const char *unit;     /* of the result */
  const char *describe; /* one line for people */
  const char *formula;
  const char *example; /* shown when the row expression or the window is missing */
  churn_wording wording;
  churn_aggregate_function *function;
} churn_aggregate;

typedef struct churn_function {
  const char *name;
  churn_operation operation;
  size_t least, most; /* number of arguments */
  const char *describe;
} churn_function;

extern const churn_aggregate churn_aggregates[];
extern const size_t churn_aggregate_total;
extern const churn_function churn_functions[];
extern const size_t churn_function_total;

/* Row by name, or NULL. */
const churn_aggregate *churn_aggregate_find(const char *name);
const churn_function *churn_function_find(const char *name);

/* The aggregate or function whose name is nearest to `name`, or NULL. */
const char *churn_catalogue_suggest(const char *name);

#endif
