/* The ranked list into a SQLite table: the day's rows are replaced in one transaction.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/memory.h"
#include "base/stop.h"
#include "database/sqlite.h"
#include "database/target.h"
#include "sink/writers.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct writer {
  sqlite3 *database;
  const churn_sink *sink;
  const churn_ranking *ranking;
} writer;

static const char writing[] = "write the scores";

/* Who asks to stop ends the waiting for a lock too, and that is no fault of the database. */
static churn_status fault(const writer *w, churn_error *error)
{
  churn_status status = churn_stop_check(w->sink->stop, error);
  return status == CHURN_OK ? churn_sqlite_fault(w->database, w->sink->target, writing, error)
                            : status;
}

static churn_status run(const writer *w, const char *sql, churn_error *error)
{
  return sqlite3_exec(w->database, sql, NULL, NULL, NULL) == SQLITE_OK ? CHURN_OK : fault(w, error);
}

/* `format` has one %w for the table. */
static churn_status prepare(const writer *w, const char *format, sqlite3_stmt **statement,
                            churn_error *error)
{
  char *sql = sqlite3_mprintf(format, w->sink->table);
  churn_status status = CHURN_OK;
  if (sql == NULL)
    status = churn_error_no_memory(error);
  else if (sqlite3_prepare_v2(w->database, sql, -1, statement, NULL) != SQLITE_OK)
    status = fault(w, error);
  sqlite3_free(sql);
  return status;
}

static churn_status step(const writer *w, sqlite3_stmt *statement, churn_error *error)
{
  return sqlite3_step(statement) == SQLITE_DONE && sqlite3_reset(statement) == SQLITE_OK
             ? CHURN_OK
             : fault(w, error);
}

static void bind_text(sqlite3_stmt *statement, int at, const char *text)
{
  if (text[0] == '\0')
    sqlite3_bind_null(statement, at);
  else
    sqlite3_bind_text(statement, at, text, -1, SQLITE_TRANSIENT);
}

static void bind_day(sqlite3_stmt *statement, int at, churn_day day)
{
  char text[CHURN_DAY_TEXT_SIZE];
  churn_day_format(day, text);
  bind_text(statement, at, text);
}

static void bind_number(sqlite3_stmt *statement, int at, double number)
{
  if (isnan(number))
    sqlite3_bind_null(statement, at);
  else
    sqlite3_bind_double(statement, at, number);
}

static void bind_row(sqlite3_stmt *statement, const churn_ranking *ranking, const churn_ranked *row)
{
  churn_sink_extra extras[CHURN_SINK_EXTRAS];
  size_t count = churn_sink_extras(ranking, row, extras);
  const double numbers[] = {row->probability, row->logit, row->value, row->expected_loss};
  sqlite3_bind_int64(statement, 1, (sqlite3_int64)row->rank);
  bind_text(statement, 2, row->customer_id);
  bind_day(statement, 3, row->as_of);
  for (int i = 0; i < CHURN_SINK_NUMBERS; i++)
    bind_number(statement, 4 + i, numbers[i]);
  for (int i = 0; i < CHURN_REASONS; i++)
    bind_text(statement, 4 + CHURN_SINK_NUMBERS + i, row->reasons[i]);
  bind_text(statement, CHURN_SINK_COLUMNS, churn_ranking_model_id(ranking));
  for (size_t i = 0; i < count; i++)
    if (extras[i].text != NULL)
      bind_text(statement, CHURN_SINK_COLUMNS + 1 + (int)i, extras[i].text);
    else
      bind_number(statement, CHURN_SINK_COLUMNS + 1 + (int)i, extras[i].number);
}

static churn_status create(const writer *w, churn_error *error)
{
  sqlite3_stmt *look = NULL, *make = NULL;
  churn_status status = prepare(w, "SELECT count(*) FROM pragma_table_info('%q')", &look, error);
  bool missing = false;
  if (status == CHURN_OK && sqlite3_step(look) != SQLITE_ROW)
    status = fault(w, error);
  else if (status == CHURN_OK)
    missing = sqlite3_column_int(look, 0) == 0;
  sqlite3_finalize(look);
  if (missing)
    status = prepare(w, CHURN_SINK_CREATE("\"%w\"", "text"), &make, error);
  if (status == CHURN_OK && missing)
    status = step(w, make, error);
  sqlite3_finalize(make);
  return status;
}

/* Adds a column to a table that lacks it. */
static churn_status add_column(const writer *w, const churn_sink_extra *extra, churn_error *error)
{
  sqlite3_stmt *look = NULL, *add = NULL;
  bool missing = false;
  churn_status status =
      prepare(w, "SELECT count(*) FROM pragma_table_info('%q') WHERE name = ?", &look, error);
  if (status == CHURN_OK)
    bind_text(look, 1, extra->name);
  if (status == CHURN_OK && sqlite3_step(look) != SQLITE_ROW)
    status = fault(w, error);
  else if (status == CHURN_OK)
    missing = sqlite3_column_int(look, 0) == 0;
  sqlite3_finalize(look);
  char *format =
      missing ? churn_text_format("ALTER TABLE \"%%w\" ADD COLUMN %s %s", extra->name, extra->type)
              : NULL;
  if (missing)
    status = format == NULL ? churn_error_no_memory(error) : prepare(w, format, &add, error);
  if (status == CHURN_OK && missing)
    status = step(w, add, error);
  sqlite3_finalize(add);
  free(format);
  return status;
}

static churn_status widen(const writer *w, churn_error *error)
{
  churn_sink_extra extras[CHURN_SINK_EXTRAS];
  size_t count = churn_sink_extras(w->ranking, NULL, extras);
  churn_status status = CHURN_OK;
  for (size_t i = 0; i < count && status == CHURN_OK; i++)
    status = add_column(w, &extras[i], error);
  return status;
}

static churn_status delete_day(const writer *w, churn_error *error)
{
  sqlite3_stmt *statement = NULL;
  churn_status status = prepare(w, "DELETE FROM \"%w\" WHERE as_of IS ?", &statement, error);
  if (status == CHURN_OK) {
    bind_day(statement, 1, churn_ranking_as_of(w->ranking));
    status = step(w, statement, error);
  }
  sqlite3_finalize(statement);
  return status;
}

static churn_status insert_rows(const writer *w, churn_error *error)
{
  sqlite3_stmt *statement = NULL;
  churn_sink_extra extras[CHURN_SINK_EXTRAS];
  size_t count = churn_sink_extras(w->ranking, NULL, extras);
  char *list = churn_sink_list(CHURN_SINK_LIST, "", extras, count);
  char *marks = churn_sink_list("?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?", "$", extras, count);
  char *sql = list == NULL || marks == NULL
                  ? NULL
                  : churn_text_format("INSERT INTO \"%%w\" (%s) VALUES (%s)", list, marks);
  churn_status status =
      sql == NULL ? churn_error_no_memory(error) : prepare(w, sql, &statement, error);
  for (size_t i = 0; status == CHURN_OK && i < churn_ranking_count(w->ranking); i++) {
    churn_ranked row;
    churn_ranking_get(w->ranking, i, &row);
    bind_row(statement, w->ranking, &row);
    status = step(w, statement, error);
    if (status == CHURN_OK)
      status = churn_stop_check(w->sink->stop, error);
  }
  sqlite3_finalize(statement);
  free(list);
  free(marks);
  free(sql);
  return status;
}

/* The lock comes first, so that two writers wait for each other instead of failing. */
static churn_status write_all(const writer *w, churn_error *error)
{
  churn_status status = run(w, "BEGIN IMMEDIATE", error);
  if (status == CHURN_OK)
    status = create(w, error);
  if (status == CHURN_OK)
    status = widen(w, error);
  if (status == CHURN_OK)
    status = delete_day(w, error);
  if (status == CHURN_OK)
    status = insert_rows(w, error);
  if (status == CHURN_OK)
    status = run(w, "COMMIT", error);
  return status;
}

/* A database that was opened and never written is an empty file. */
static void remove_trace(const char *path)
{
  struct stat found;
  if (stat(path, &found) == 0 && S_ISREG(found.st_mode) && found.st_size == 0)
    unlink(path);
}

churn_status churn_sink_sqlite(const churn_sink *sink, const churn_ranking *ranking,
                               churn_error *error)
{
  writer w = {NULL, sink, ranking};
  const char *path = churn_database_address(sink->target);
  bool was_there = access(path, F_OK) == 0;
  churn_status status = churn_sqlite_open(sink->target, true, sink->stop, &w.database, error);
  if (status == CHURN_OK && ranking != NULL)
    status = write_all(&w, error);
  sqlite3_close(w.database); /* takes back a transaction that did not end */
  if (!was_there)
    remove_trace(path);
  return status;
}
