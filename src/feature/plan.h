/* The feature language: parse, check, bind to data, evaluate for (customer, spell, as-of day).
 *
 * Every value while evaluating is one double: a number; a flag or truth value as 1/0; a day as its
 * day number; a text as its code in the plan's text pool (all levels of the category columns used
 * and all literals, sorted bytewise, so that codes order as texts do); NaN = missing, for every
 * type. That makes comparisons, ties and sorting one mechanism.
 *
 * Life: churn_plan_build (types are checked here, before any row is read) -> plan->needs tells what
 * to read -> churn_plan_bind to the data -> churn_plan_evaluate_moments from any number of threads,
 * each with its own workspace. The plan borrows schema and data.
 *
 * What can be seen as of day T, and nothing else: rows with day < T (and known_at < T where the
 * source has one); a value of type `day` while it is < T; a value with known_at while that is < T;
 * everything else of a visible row, `scheduled` dates too. A lagged window holds old rows with what
 * is known about them as of T. Inside an aggregate a bare name is a column of its history, and
 * `joined` (where the history has no such column) and customers.NAME can be read there too.
 *
 * Missing: see feature/operate.h for operations, feature/catalogue.c for aggregates.
 *
 * EBNF: at the head of feature/parse.c.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_FEATURE_PLAN_H
#define CHURN_FEATURE_PLAN_H

#include "base/lanes.h"
#include "history/data.h"

/* What an expression gives. */
typedef enum churn_value_type {
  CHURN_VALUE_NUMBER,
  CHURN_VALUE_TRUTH, /* 1, 0 or missing */
  CHURN_VALUE_DAY,
  CHURN_VALUE_TEXT
} churn_value_type;

/* One expression to compile. `rule` says which names it may use. */
typedef enum churn_expression_rule {
  CHURN_EXPRESSION_FEATURE, /* aggregates, customers.NAME, joined, value, as_of */
  CHURN_EXPRESSION_VALUE, /* the project's `value`: as FEATURE without `value`, and a bare name is a
                             customers' column */
  CHURN_EXPRESSION_CONDITION /* a row condition over one history (the outcome's `event: h where …`):
                                its columns and as_of; no aggregates, nothing of customers */
} churn_expression_rule;

typedef struct churn_expression {
  const char *name;  /* for messages */
  const char *text;  /* CONDITION: NULL or empty = true for every row */
  churn_place place; /* of the text's first character */
  churn_expression_rule rule;
  const char *history; /* CONDITION: the history whose columns bare names are */
  bool optional; /* from the shipped list: where its columns are not mapped, or are of another type,
                    it is skipped with a note instead of failing */
} churn_expression;

typedef struct churn_plan churn_plan;

/* Parses and checks `count` expressions against the schema. Each error points into its expression:
 * file:line:column, the expression, a caret, what was expected, the nearest known name. A feature
 * must be NUMBER, TRUTH or TEXT; VALUE must be NUMBER (not TRUTH); CONDITION must be TRUTH. Flags
 * and truth values serve as numbers; numbers do not serve as conditions. Texts are copied. All
 * faults are added to run->notes as CHURN_FAULT; `error` gets the first (BAD_PROJECT). `value`
 * (NULL = none) is the project's value expression; it is what the name `value` means. */
CHURN_MUST_USE churn_status churn_plan_build(const churn_schema *schema,
                                             const churn_expression *expressions, size_t count,
                                             const churn_expression *value, const churn_run *run,
                                             churn_plan **plan, churn_error *error);
void churn_plan_free(churn_plan *plan);

/* Output i of the plan is expression i; a skipped one is not evaluated (always missing). */
size_t churn_plan_count(const churn_plan *plan);
bool churn_plan_skipped(const churn_plan *plan, size_t output);
churn_value_type churn_plan_type(const churn_plan *plan, size_t output);

/* History that the expression reads (first one named), or -1 when it reads customers' columns only:
 * for families. Index as in the project. */
int churn_plan_history(const churn_plan *plan, size_t output);

/* How the output goes with the number of its history's rows: 1 where it counts them or their days,
 * -1 for the days since the last one and the longest gap, 0 where the expression does not tell. */
int churn_plan_rows_sense(const churn_plan *plan, size_t output);

/* The customers' column of numbers or flags that the expression is and nothing more, seen whenever
 * it is looked at; -1 for every other expression. Output churn_plan_count is the project's value.
 */
int churn_plan_plain_column(const churn_plan *plan, size_t output);

/* Whether the expression tells nothing but how much time has passed for a customer: it reads as_of
 * and no history. Its values grow from day to day by themselves. */
bool churn_plan_tells_time(const churn_plan *plan, size_t output);

/* Longest window in days that any expression looks back over one history (N + M), or 0 when none is
 * bounded: for `check`. `source` as in the schema (1 + the history's index). */
int32_t churn_plan_longest_window(const churn_plan *plan, size_t source);

/* The name of an aggregate over all that is known (without `over`), other than `except`; NULL where
 * there is none. Borrowed from the catalogue. */
const char *churn_plan_unbounded(const churn_plan *plan, const char *except);

/* A customers' column the expression reads and that is not visible by known_at (undated: as of the
 * export), nor, unless `with_static`, declared static: calls `found` once for each such column
 * name. What the expression reads through `value` counts. */
void churn_plan_undated(const churn_plan *plan, size_t output, bool with_static,
                        void (*found)(void *context, const char *column), void *context);

/* A source's rows (column -1), or a column's values, that the features read and that a known_at
 * column dates. */
typedef struct churn_dated {
  int source;
  int column;
  const churn_day *known; /* by spell or row of the history; NULL without rows */
} churn_dated;

/* The plan's dated things, numbered from 0; false when there are no more. Once bound. */
bool churn_plan_dated(const churn_plan *plan, size_t at, churn_dated *dated);

/* Whether, as of `as_of`, features are denied a value of the spell's customer that belongs to a
 * time before it (a row of an earlier day, or the customer itself) because it was written on or
 * after `as_of`. Cost: the customer's rows. */
bool churn_plan_hides(const churn_plan *plan, const churn_dated *dated, size_t spell,
                      churn_day as_of);

/* The output that tells who was contacted, whatever its expression gives (frame.h fills it in);
 * SIZE_MAX = none, as when a plan is new. */
void churn_plan_set_contact(churn_plan *plan, size_t output);
size_t churn_plan_contact(const churn_plan *plan);

/* Adds what the plan reads to `needs`. */
void churn_plan_add_needs(const churn_plan *plan, churn_needs *needs);

/* Binds to data that was read with those needs. Must come before evaluate; once. INTERNAL when
 * something needed was not read; NO_MEMORY. */
CHURN_MUST_USE churn_status churn_plan_bind(churn_plan *plan, const churn_data *data,
                                            churn_error *error);

/* The data that it is bound to; NULL before. */
const churn_data *churn_plan_data(const churn_plan *plan);

/* From here on nothing is seen that is dated, or known only, on or after `day`, whatever the as-of
 * day: windows and what else is counted from the as-of day stay where they are. So one can tell
 * what passing time does from what new rows do. CHURN_DAY_MISSING ends it. Not while another thread
 * evaluates. */
void churn_plan_see_before(churn_plan *plan, churn_day day);

/* Text of a code that an output of type TEXT gave; borrowed from the plan; NULL where it is
 * missing. And the size of the pool. */
const char *churn_plan_text(const churn_plan *plan, double code);
size_t churn_plan_text_count(const churn_plan *plan);

typedef struct churn_workspace churn_workspace;
churn_workspace *churn_workspace_new(const churn_plan *plan); /* NULL when memory ran out */
void churn_workspace_free(churn_workspace *workspace);

/* Moments that are evaluated at once: as many as a tile has rows. */
enum { CHURN_BATCH_ROWS = CHURN_TILE_ROWS };

/* Spells as of days. */
typedef struct churn_moments {
  size_t count; /* at most CHURN_BATCH_ROWS */
  const size_t *spells;
  const churn_day *as_of;
} churn_moments;

/* Values of outputs 0..outputs-1 for each moment: output o of moment i at values[o * stride + i],
 * `stride` at least the count. An as-of day MISSING is that of a flat export: then aggregates and
 * as_of are missing, and so are customers' columns of type `day` and with known_at, as nothing can
 * be shown to lie before. Sees nothing dated on or after as_of. One NaN, no negative zero: equal
 * values have equal bits. A CONDITION's is NaN. at_risk[i] (NULL allowed) gets the project's value
 * expression, NaN when there is none. NO_MEMORY.
 *
 * Moments may come in any order and share nothing but work: the bits are those of each alone.
 * Moments of one customer next to each other, as snapshots have them, cost one walk over its
 * rows. */
CHURN_MUST_USE churn_status churn_plan_evaluate_moments(const churn_plan *plan,
                                                        churn_workspace *workspace,
                                                        const churn_moments *moments,
                                                        size_t outputs, size_t stride,
                                                        double *values, double *at_risk);

/* The same for one spell as of one day, all outputs: values[0..count). */
CHURN_MUST_USE churn_status churn_plan_evaluate(const churn_plan *plan, churn_workspace *workspace,
                                                size_t spell, churn_day as_of, double *values,
                                                double *value);

typedef enum churn_row_pick { CHURN_ROW_FIRST, CHURN_ROW_NEWEST } churn_row_pick;

/* Rows of the CONDITION expression `output`'s history, of one customer, with day in [first, last)
 * for which it is true as of `known`: the number of the one that is picked, SIZE_MAX = none. For
 * labels `known` is the end of the data: an event that was recorded late happened all the same; for
 * activity before T it is T. "As of" holds for rows and values with known_at and for days. USAGE
 * for an output that is no CONDITION. */
CHURN_MUST_USE churn_status churn_plan_find_row(const churn_plan *plan, churn_workspace *workspace,
                                                size_t output, size_t customer, churn_day first,
                                                churn_day last, churn_day known,
                                                churn_row_pick pick, size_t *row);

/* Whether there is any. */
CHURN_MUST_USE churn_status churn_plan_any_row(const churn_plan *plan, churn_workspace *workspace,
                                               size_t output, size_t customer, churn_day first,
                                               churn_day last, churn_day known, bool *any);

#endif
