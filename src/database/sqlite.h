/* SQLite databases opened, and its faults in words with the right status.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_DATABASE_SQLITE_H
#define CHURN_DATABASE_SQLITE_H

#include "base/error.h"

#include <churn/run.h>
#include <sqlite3.h>
#include <stdbool.h>

/* Opens the target's file: to be read only, or to be written and made where it is missing. Another
 * process's lock is waited for, some seconds, now and later, until `stop` asks (NULL = nobody can);
 * it is kept, and must live as long as the database. The caller closes with sqlite3_close, also
 * NULL. NO_INPUT, PERMISSION; CANNOT_CREATE when writing; MALFORMED for a file that is no database;
 * BUSY; INTERNAL, "stopped"; NO_MEMORY. */
CHURN_MUST_USE churn_status churn_sqlite_open(const char *target, bool for_writing,
                                              const churn_stop_request *stop, sqlite3 **database,
                                              churn_error *error);

/* The last fault of `database` as an error at `name`: BUSY for a lock held by others, MALFORMED for
 * a damaged file, PERMISSION for one that may not be written, IO for a full disk too, BAD_PROJECT
 * for SQL that is wrong. `doing` is a verb phrase ("read the rows"). */
churn_status churn_sqlite_fault(sqlite3 *database, const char *name, const char *doing,
                                churn_error *error);

/* Runs SQL that gives no rows. */
CHURN_MUST_USE churn_status churn_sqlite_run(sqlite3 *database, const char *sql, const char *name,
                                             const char *doing, churn_error *error);

#endif
