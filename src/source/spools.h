/* What one run has fetched from databases. Every rowset is fetched once, whatever reads it
 * (headings, types, rows), and all that come from one database within one transaction, so that they
 * fit together: SQLite's read transaction, PostgreSQL's `repeatable read, read only`.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_SOURCE_SPOOLS_H
#define CHURN_SOURCE_SPOOLS_H

#include "base/type.h"
#include "source/spool.h"

typedef struct churn_spools churn_spools;

/* NULL when memory ran out. `headings_only`: rows are left where they are, for who looks at the
 * columns only. */
churn_spools *churn_spools_new(bool headings_only);
void churn_spools_free(churn_spools *spools);

/* Ends the transactions and connections; what was fetched stays. */
void churn_spools_disconnect(churn_spools *spools);

/* How to read what the path of `rowset` stands for: *format is `base`, and for a database a
 * format of its rows, fetched now if they were not yet; good until the spools are freed. What only
 * files have (delimiter, encoding, decimal and thousands marks) is the default then.
 *
 * Errors: those of churn_sqlite_open, churn_sqlite_fault, churn_postgresql_connect and
 * churn_postgresql_fault; SQL that is wrong is told where the project file asks for it; IO,
 * CANNOT_CREATE for the temporary file. While PostgreSQL is asked, run->stop->worth is set: who
 * asks to stop has what the server does cancelled (INTERNAL, "stopped"). */
CHURN_MUST_USE churn_status churn_spools_format(churn_spools *spools, const churn_rowset *rowset,
                                                const churn_format *base, const churn_run *run,
                                                churn_format *format, churn_error *error);

/* A connection of the run and what it is asked to fetch. `stop`: who may end the fetching, NULL =
 * nobody. Inside source/ only. */
typedef struct churn_fetch {
  const churn_rowset *rowset;
  bool headings_only;
  const churn_run *run;
  churn_stop_request *stop;
  churn_spool *spool;
} churn_fetch;

/* spool_sqlite.c and spool_postgresql.c: open a transaction for reading (*session; ended with _end,
 * also NULL), and write the rowset's headings and rows to fetch->spool, which is not finished
 * then. */
struct sqlite3;
struct pg_conn;
CHURN_MUST_USE churn_status churn_spool_sqlite_begin(const char *target, struct sqlite3 **session,
                                                     churn_error *error);
CHURN_MUST_USE churn_status churn_spool_sqlite(struct sqlite3 *session, const churn_fetch *fetch,
                                               churn_error *error);
void churn_spool_sqlite_end(struct sqlite3 *session);
CHURN_MUST_USE churn_status churn_spool_postgresql_begin(const char *target,
                                                         const churn_stop_request *stop,
                                                         struct pg_conn **session,
                                                         churn_error *error);
CHURN_MUST_USE churn_status churn_spool_postgresql(struct pg_conn *session,
                                                   const churn_fetch *fetch, churn_error *error);
void churn_spool_postgresql_end(struct pg_conn *session);

/* Tells the run's progress how many rows there are so far. */
void churn_fetch_progress(const churn_fetch *fetch);

#endif
