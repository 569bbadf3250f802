/* Connections to PostgreSQL over libpq, and its faults in words with the right status.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_DATABASE_POSTGRESQL_H
#define CHURN_DATABASE_POSTGRESQL_H

#include "base/error.h"
#include "database/libpq.h"

/* Connects as the target and the environment say, with texts as UTF-8, dates in ISO 8601, instants
 * in UTC and numbers to the last bit. The caller ends with PQfinish, also NULL. NO_INPUT when there
 * is no such server or database; PERMISSION when the server refuses the user or wants a password;
 * BUSY when it takes nobody just now; NO_MEMORY. */
CHURN_MUST_USE churn_status churn_postgresql_connect(const char *target, PGconn **connection,
                                                     churn_error *error);

/* What is wrong as an error at `name`; `result` NULL = the connection's fault. NO_INPUT for a table
 * or a schema that is not there, PERMISSION, BUSY for locks, MALFORMED for values that the server
 * cannot work with, BAD_PROJECT for other faults of the SQL, IO for all else: the server is gone,
 * its disk is full. `doing` is a verb phrase. */
churn_status churn_postgresql_fault(PGconn *connection, const PGresult *result, const char *name,
                                    const char *doing, churn_error *error);

/* Runs one command that gives no rows. */
CHURN_MUST_USE churn_status churn_postgresql_run(PGconn *connection, const char *sql,
                                                 const char *name, const char *doing,
                                                 churn_error *error);

/* `table` as SQL: each part between dots in quotes, exactly as written. NULL when memory ran out.
 * The caller frees. */
char *churn_postgresql_quote_table(const char *table);

#endif
