/* Connections to PostgreSQL over libpq, and its faults in words with the right status.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_DATABASE_POSTGRESQL_H
#define CHURN_DATABASE_POSTGRESQL_H

#include "base/error.h"
#include "database/libpq.h"

#include <churn/run.h>

/* Connects as the target and the environment say, with texts as UTF-8, dates in ISO 8601, instants
 * in UTC and numbers to the last bit; locks are waited for a minute, where the server's settings
 * name no time (lock_timeout). The caller ends with PQfinish, also NULL. NO_INPUT when there is no
 * such server or database; PERMISSION when the server refuses the user or wants a password; BUSY
 * when it takes nobody just now; INTERNAL, "stopped", once `stop` asks; NO_MEMORY. */
CHURN_MUST_USE churn_status churn_postgresql_connect(const char *target,
                                                     const churn_stop_request *stop,
                                                     PGconn **connection, churn_error *error);

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

/* A connection and what is done with it, for the calls that wait (postgresql_answer.c). `stop` NULL
 * = nobody can ask; `name` and `doing` as in churn_postgresql_fault. */
typedef struct churn_postgresql_talk {
  PGconn *connection;
  const churn_stop_request *stop;
  const char *name, *doing;
} churn_postgresql_talk;

/* What the server answers to what was sent; `sent` is what PQsendQuery and its like gave. The
 * answer must be of this kind, else it is a fault. *answer (NULL = not wanted) is the last result;
 * the caller ends it with PQclear. Where rows are to be copied it ends there, else the connection
 * is free for the next. Once `stop` asks, INTERNAL, "stopped": then what the server does has been
 * cancelled, and its end waited for, some seconds at most, so that its locks are gone. */
CHURN_MUST_USE churn_status churn_postgresql_answer(const churn_postgresql_talk *talk, int sent,
                                                    ExecStatusType expected, PGresult **answer,
                                                    churn_error *error);

/* The same ear for who asks to stop, between rows that are copied: looks at once, or waits for
 * input first, a moment. */
CHURN_MUST_USE churn_status churn_postgresql_go_on(const churn_postgresql_talk *talk,
                                                   churn_error *error);
CHURN_MUST_USE churn_status churn_postgresql_wait(const churn_postgresql_talk *talk,
                                                  churn_error *error);

/* `table` as SQL: each part between dots in quotes, exactly as written. NULL when memory ran out.
 * The caller frees. */
char *churn_postgresql_quote_table(const char *table);

#endif
