/* The kinds of databases behind churn_sink_write. Inside sink/ only.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_SINK_WRITERS_H
#define CHURN_SINK_WRITERS_H

#include <churn/sink.h>
#include <stddef.h>

/* Columns of every table, in the order of the ranked list. */
enum { CHURN_SINK_COLUMNS = 11, CHURN_SINK_NUMBERS = 4 };
#define CHURN_SINK_LIST                                                                            \
  "rank, customer_id, as_of, probability, logit, value, expected_loss, reason_1, reason_2, "       \
  "reason_3, model"

/* The CREATE TABLE of `table`, which is SQL already, with this type for days. */
#define CHURN_SINK_CREATE(table, day_type)                                                         \
  "CREATE TABLE " table " (rank integer NOT NULL, customer_id text NOT NULL, as_of " day_type      \
  ", probability double precision NOT NULL, logit double precision NOT NULL, value double "        \
  "precision, expected_loss double precision, reason_1 text, reason_2 text, reason_3 text, "       \
  "model text NOT NULL, UNIQUE (as_of, customer_id))"

/* A column behind `model` that only some lists have, in the order of the list, and what a row says
 * there. */
typedef struct churn_sink_extra {
  const char *name; /* a plain word */
  const char *type; /* in both databases */
  const char *text; /* "" = NULL; NULL = a number */
  double number;    /* NaN = NULL */
} churn_sink_extra;
enum { CHURN_SINK_EXTRAS = 10 };

/* How many there are; `row` NULL = names and types alone. */
size_t churn_sink_extras(const churn_ranking *ranking, const churn_ranked *row,
                         churn_sink_extra extras[CHURN_SINK_EXTRAS]);

/* `, PREFIXname` for each, after `list`; NULL when memory ran out. The caller frees. */
char *churn_sink_list(const char *list, const char *prefix, const churn_sink_extra *extras,
                      size_t count);

/* ranking NULL = only open and close. Errors are those of database/. */
CHURN_MUST_USE churn_status churn_sink_sqlite(const churn_sink *sink, const churn_ranking *ranking,
                                              churn_error *error);
CHURN_MUST_USE churn_status churn_sink_postgresql(const churn_sink *sink,
                                                  const churn_ranking *ranking, churn_error *error);

#endif
