/* The ranked list into a table of a database: SQLite (`sqlite:FILE`) or PostgreSQL (`postgresql:`,
 * then a connection string of libpq without a password, or nothing for all from the environment).
 *
 * The table has the columns of the ranked list: rank (a whole number), customer_id (text), as_of
 * (PostgreSQL: date; SQLite: ISO 8601 text), probability, logit, value, expected_loss (double
 * precision, to the last bit), reason_1, reason_2, reason_3, model (text); what is empty in the
 * list is NULL. A list with further columns (cause, action, owner: text) has them here too. The
 * table is made where it is missing, unique by (as_of, customer_id), and gets columns of the list
 * that it lacks (in PostgreSQL that takes its owner, once). A table that is there may have further
 * columns with defaults, and needs that uniqueness.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_SINK_H
#define CHURN_SINK_H

#include <churn/project.h>
#include <churn/run.h>
#include <churn/score.h>
#include <churn/status.h>
#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Where to write. `table` NULL = churn_scores; in PostgreSQL a dot parts schema and table. Texts
 * are borrowed. */
typedef struct churn_sink {
  const char *target;
  const char *table;
  const churn_stop_request *stop; /* once asked, writing ends and changes nothing (INTERNAL,
                                     "stopped"); NULL = it runs to its end */
} churn_sink;

/* True for a text that names a database and no file. */
bool churn_sink_is_database(const char *output);

/* Where the project's key `scores` says; false when it has none. Borrowed from the project. */
bool churn_sink_of_project(const churn_project *project, churn_sink *sink);

/* The table's name, also where it is the default one; and the kind of the target, "sqlite" or
 * "postgresql", NULL for neither. Borrowed. */
const char *churn_sink_table(const churn_sink *sink);
const char *churn_sink_kind(const churn_sink *sink);

/* Tells before any work whether one may write there at all: opens the database and closes it again,
 * and leaves no trace. Errors as below. */
CHURN_MUST_USE churn_status churn_sink_check(const churn_sink *sink, churn_error *error);

/* Writes the list, all or nothing, in one transaction: afterwards the table's rows of the list's
 * as-of day are those of the list, and rows of other days are as they were. A list without an
 * as-of day (a flat export) replaces the rows whose as_of is NULL. The same list again changes
 * nothing.
 *
 * Errors, always with the target as file: USAGE for a target that is none or holds a password;
 * CANNOT_CREATE when the database cannot be reached or made, or its table is of another kind;
 * MALFORMED for a SQLite file that is no database; PERMISSION; BUSY for a lock that somebody else
 * holds for long; IO when it broke off half way (server gone, disk full): then the rows are those
 * from before, unless the connection ended while the server confirmed; NO_MEMORY. */
CHURN_MUST_USE churn_status churn_sink_write(const churn_ranking *ranking, const churn_sink *sink,
                                             churn_error *error);

#ifdef __cplusplus
}
#endif

#endif
