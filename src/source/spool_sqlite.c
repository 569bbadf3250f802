/* Rows out of a SQLite database.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/memory.h"
#include "database/sqlite.h"
#include "source/spools.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static const char reading[] = "read the rows";

churn_status churn_spool_sqlite_begin(const char *target, struct sqlite3 **session,
                                      churn_error *error)
{
  sqlite3 *database = NULL;
  churn_status status = churn_sqlite_open(target, false, NULL, &database, error);
  if (status == CHURN_OK)
    status = churn_sqlite_run(database, "BEGIN", target, "begin to read", error);
  if (status == CHURN_OK)
    *session = database;
  else
    sqlite3_close(database);
  return status;
}

void churn_spool_sqlite_end(struct sqlite3 *session)
{
  sqlite3_close(session); /* ends the transaction */
}

/* The number of things of that name; SQLite's own message does not tell a missing table from wrong
 * SQL. */
static churn_status look_for_table(sqlite3 *database, const churn_rowset *rowset,
                                   churn_error *error)
{
  static const char sql[] =
      "SELECT count(*) FROM sqlite_master WHERE type IN ('table', 'view') AND lower(name) = "
      "lower(?)";
  sqlite3_stmt *statement = NULL;
  churn_status status = CHURN_OK;
  if (sqlite3_prepare_v2(database, sql, -1, &statement, NULL) != SQLITE_OK ||
      sqlite3_bind_text(statement, 1, rowset->table, -1, SQLITE_STATIC) != SQLITE_OK ||
      sqlite3_step(statement) != SQLITE_ROW)
    status = churn_sqlite_fault(database, rowset->name, "look for the table", error);
  else if (sqlite3_column_int(statement, 0) == 0)
    status =
        churn_error_set_at(error, CHURN_NO_INPUT, (churn_place){rowset->name, 0, 0},
                           "there is no table or view of that name (name another by `table:`)");
  sqlite3_finalize(statement);
  return status;
}

static bool is_blank(const char *text)
{
  while (isspace((unsigned char)*text) || *text == ';')
    text++;
  return *text == '\0';
}

/* One statement that only reads and gives columns. */
static churn_status check_statement(sqlite3_stmt *statement, const char *rest,
                                    const churn_rowset *rowset, churn_error *error)
{
  bool good = statement != NULL && is_blank(rest) && sqlite3_stmt_readonly(statement) != 0 &&
              sqlite3_column_count(statement) > 0;
  return good ? CHURN_OK
              : churn_error_set_at(error, CHURN_BAD_PROJECT, (churn_place){rowset->name, 0, 0},
                                   "a query must be one SELECT; it may only read");
}

static churn_status prepare(sqlite3 *database, const churn_rowset *rowset, sqlite3_stmt **statement,
                            churn_error *error)
{
  const char *rest = "";
  char *sql = rowset->table == NULL ? NULL : sqlite3_mprintf("SELECT * FROM \"%w\"", rowset->table);
  churn_status status = CHURN_OK;
  if (rowset->table != NULL)
    status = sql == NULL ? churn_error_no_memory(error) : look_for_table(database, rowset, error);
  if (status == CHURN_OK && sqlite3_prepare_v2(database, sql == NULL ? rowset->query : sql, -1,
                                               statement, &rest) != SQLITE_OK)
    status = churn_sqlite_fault(database, rowset->name, reading, error);
  if (status == CHURN_OK)
    status = check_statement(*statement, rest, rowset, error);
  sqlite3_free(sql);
  return status;
}

static churn_status write_headings(sqlite3_stmt *statement, const churn_fetch *fetch,
                                   churn_error *error)
{
  for (int f = 0; f < sqlite3_column_count(statement); f++) {
    const char *name = sqlite3_column_name(statement, f);
    if (name == NULL)
      return churn_error_no_memory(error);
    churn_spool_text(fetch->spool, name, strlen(name));
  }
  return churn_spool_end_headings(fetch->spool, error);
}

static void write_field(sqlite3_stmt *statement, int field, churn_spool *spool)
{
  switch (sqlite3_column_type(statement, field)) {
  case SQLITE_INTEGER:
    churn_spool_whole(spool, sqlite3_column_int64(statement, field));
    break;
  case SQLITE_FLOAT:
    churn_spool_number(spool, sqlite3_column_double(statement, field));
    break;
  case SQLITE_TEXT: {
    const unsigned char *text = sqlite3_column_text(statement, field);
    int length = sqlite3_column_bytes(statement, field);
    if (text == NULL)
      spool->pending.failed = true; /* no memory to convert it */
    else
      churn_spool_text(spool, (const char *)text, (size_t)length);
    break;
  }
  case SQLITE_BLOB:
    churn_spool_binary(spool);
    break;
  default:
    churn_spool_missing(spool);
  }
}

static churn_status write_rows(sqlite3 *database, sqlite3_stmt *statement, const churn_fetch *fetch,
                               churn_error *error)
{
  churn_status status = CHURN_OK;
  int columns = sqlite3_column_count(statement), step = SQLITE_ROW;
  while (status == CHURN_OK && (step = sqlite3_step(statement)) == SQLITE_ROW) {
    for (int f = 0; f < columns; f++)
      write_field(statement, f, fetch->spool);
    status = churn_spool_end_row(fetch->spool, error);
    churn_fetch_progress(fetch);
  }
  if (status == CHURN_OK && step != SQLITE_DONE)
    status = churn_sqlite_fault(database, fetch->rowset->name, reading, error);
  return status;
}

churn_status churn_spool_sqlite(struct sqlite3 *session, const churn_fetch *fetch,
                                churn_error *error)
{
  sqlite3_stmt *statement = NULL;
  churn_status status = prepare(session, fetch->rowset, &statement, error);
  if (status == CHURN_OK)
    status = write_headings(statement, fetch, error);
  if (status == CHURN_OK && !fetch->headings_only)
    status = write_rows(session, statement, fetch, error);
  sqlite3_finalize(statement);
  return status;
}
