/* Rows out of PostgreSQL: COPY in text format, row by row as the server sends them.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/memory.h"
#include "database/postgresql.h"
#include "source/copy_text.h"
#include "source/spools.h"

#include <stdlib.h>
#include <string.h>

static const char reading[] = "read the rows";

/* Object ids of built-in types (PostgreSQL's pg_type.dat); they never change. */
enum { TYPE_BOOL = 16, TYPE_BYTEA = 17 };

churn_status churn_spool_postgresql_begin(const char *target, const churn_stop_request *stop,
                                          struct pg_conn **session, churn_error *error)
{
  PGconn *connection = NULL;
  churn_status status = churn_postgresql_connect(target, stop, &connection, error);
  if (status == CHURN_OK)
    status = churn_postgresql_run(connection,
                                  "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY",
                                  target, "begin to read", error);
  if (status == CHURN_OK)
    *session = connection;
  else
    PQfinish(connection);
  return status;
}

void churn_spool_postgresql_end(struct pg_conn *session)
{
  PQfinish(session); /* ends the transaction */
}

/* The rowset as one SELECT. A query's closing semicolon would end the COPY round it. */
static char *write_select(const churn_rowset *rowset)
{
  if (rowset->query != NULL) {
    size_t length = strlen(rowset->query);
    while (length > 0 && strchr("; \t\r\n", rowset->query[length - 1]) != NULL)
      length--;
    return churn_text_copy(rowset->query, length);
  }
  char *table = churn_postgresql_quote_table(rowset->table);
  char *sql = table == NULL ? NULL : churn_text_format("SELECT * FROM %s", table);
  free(table);
  return sql;
}

/* The query by itself: that it is one statement, and its columns. */
static churn_status describe(const churn_postgresql_talk *talk, const char *sql, PGresult **columns,
                             churn_error *error)
{
  PGconn *connection = talk->connection;
  PGresult *found = NULL;
  churn_status status = churn_postgresql_answer(talk, PQsendPrepare(connection, "", sql, 0, NULL),
                                                PGRES_COMMAND_OK, NULL, error);
  if (status == CHURN_OK)
    status = churn_postgresql_answer(talk, PQsendDescribePrepared(connection, ""), PGRES_COMMAND_OK,
                                     &found, error);
  if (status == CHURN_OK && PQnfields(found) == 0)
    status = churn_error_set_at(error, CHURN_BAD_PROJECT, (churn_place){talk->name, 0, 0},
                                "a query must be one SELECT with a column at least");
  if (status == CHURN_OK)
    *columns = found;
  else
    PQclear(found);
  return status;
}

static churn_status write_headings(const PGresult *columns, churn_spool *spool,
                                   churn_copy_kind *kinds, churn_error *error)
{
  for (int f = 0; f < PQnfields(columns); f++) {
    const char *heading = PQfname(columns, f);
    churn_spool_text(spool, heading, strlen(heading));
    kinds[f] = PQftype(columns, f) == TYPE_BOOL    ? CHURN_COPY_TRUTH
               : PQftype(columns, f) == TYPE_BYTEA ? CHURN_COPY_BINARY
                                                   : CHURN_COPY_TEXT;
  }
  return churn_spool_end_headings(spool, error);
}

static churn_status take_rows(const churn_postgresql_talk *talk, const churn_fetch *fetch,
                              const churn_copy_kind *kinds, churn_error *error)
{
  churn_status status = CHURN_OK;
  char *row = NULL;
  int length = 1;
  bool all_text = true;
  for (size_t f = 0; f < fetch->spool->field_count; f++)
    all_text = all_text && kinds[f] == CHURN_COPY_TEXT;
  while (status == CHURN_OK && length >= 0) {
    length = PQgetCopyData(talk->connection, &row, 1);
    if (length == 0) {
      status = churn_postgresql_wait(talk, error);
    } else if (length > 0) {
      status = churn_copy_row(row, (size_t)length, kinds, all_text, fetch->spool, error);
      PQfreemem(row);
      churn_fetch_progress(fetch);
    }
  }
  return status == CHURN_OK ? churn_postgresql_answer(talk, 1, PGRES_COMMAND_OK, NULL, error)
                            : status;
}

static churn_status copy(const churn_postgresql_talk *talk, const char *select,
                         const churn_fetch *fetch, const churn_copy_kind *kinds, churn_error *error)
{
  /* The line end closes a comment at the query's end. */
  char *sql = churn_text_format("COPY (%s\n) TO STDOUT", select);
  if (sql == NULL)
    return churn_error_no_memory(error);
  int sent = PQsendQueryParams(talk->connection, sql, 0, NULL, NULL, NULL, NULL, 0);
  churn_status status = churn_postgresql_answer(talk, sent, PGRES_COPY_OUT, NULL, error);
  free(sql);
  return status == CHURN_OK ? take_rows(talk, fetch, kinds, error) : status;
}

churn_status churn_spool_postgresql(struct pg_conn *session, const churn_fetch *fetch,
                                    churn_error *error)
{
  const churn_postgresql_talk talk = {session, fetch->stop, fetch->rowset->name, reading};
  PGresult *columns = NULL;
  churn_copy_kind *kinds = NULL;
  char *select = write_select(fetch->rowset);
  churn_status status =
      select == NULL ? churn_error_no_memory(error) : describe(&talk, select, &columns, error);
  if (status != CHURN_OK)
    goto done;
  kinds = churn_array_new((size_t)PQnfields(columns), sizeof *kinds);
  status = kinds == NULL ? churn_error_no_memory(error)
                         : write_headings(columns, fetch->spool, kinds, error);
  if (status == CHURN_OK && !fetch->headings_only)
    status = copy(&talk, select, fetch, kinds, error);
done:
  free(kinds);
  PQclear(columns);
  free(select);
  return status;
}
