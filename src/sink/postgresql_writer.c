/* The ranked list into a PostgreSQL table: COPY into a temporary table, then the rows of the day
 * that are not in it go, and the others are inserted or updated; one transaction.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/buffer.h"
#include "base/memory.h"
#include "base/number.h"
#include "database/postgresql.h"
#include "sink/writers.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK_BYTES = 1 << 16 };

typedef struct writer {
  PGconn *connection;
  const churn_sink *sink;
  const churn_ranking *ranking;
  char *table; /* as SQL */
  char *list;  /* all columns, as SQL */
} writer;

static const char incoming_table[] = "pg_temp.churn_incoming";

static const char writing[] = "write the scores";

static churn_postgresql_talk talk_of(const writer *w)
{
  return (churn_postgresql_talk){w->connection, w->sink->stop, w->sink->target, writing};
}

static churn_status run(const writer *w, const char *sql, churn_error *error)
{
  churn_postgresql_talk talk = talk_of(w);
  return churn_postgresql_answer(&talk, PQsendQuery(w->connection, sql), PGRES_COMMAND_OK, NULL,
                                 error);
}

/* `format` has one %s for the table. */
static churn_status run_on_table(const writer *w, const char *format, churn_error *error)
    __attribute__((format(printf, 2, 0)));
static churn_status run_on_table(const writer *w, const char *format, churn_error *error)
{
  size_t size = strlen(format) + strlen(w->table) + 1;
  char *sql = churn_array_new(size, 1);
  if (sql == NULL)
    return churn_error_no_memory(error);
  snprintf(sql, size, format, w->table);
  churn_status status = run(w, sql, error);
  free(sql);
  return status;
}

/* CREATE TABLE IF NOT EXISTS would want the right to create also where the table is there. */
static churn_status create(const writer *w, churn_error *error)
{
  const char *const values[] = {w->table};
  PGresult *found =
      PQexecParams(w->connection, "SELECT to_regclass($1) IS NULL", 1, NULL, values, NULL, NULL, 0);
  churn_status status = CHURN_OK;
  bool missing = false;
  if (PQresultStatus(found) != PGRES_TUPLES_OK)
    status = churn_postgresql_fault(w->connection, found, w->sink->target, writing, error);
  else
    missing = PQgetvalue(found, 0, 0)[0] == 't';
  PQclear(found);
  if (status == CHURN_OK && missing)
    status = run_on_table(w, CHURN_SINK_CREATE("%s", "date"), error);
  return status;
}

/* Adds a column to the table where it lacks it; IF NOT EXISTS alone would want the table's owner
 * every night. */
static churn_status add_column(const writer *w, const char *table, const churn_sink_extra *extra,
                               churn_error *error)
{
  const char *const values[] = {table, extra->name};
  PGresult *found = PQexecParams(w->connection,
                                 "SELECT count(*) = 0 FROM pg_attribute WHERE attrelid = "
                                 "to_regclass($1) AND attname = $2 AND NOT attisdropped",
                                 2, NULL, values, NULL, NULL, 0);
  churn_status status = CHURN_OK;
  bool missing = false;
  if (PQresultStatus(found) != PGRES_TUPLES_OK)
    status = churn_postgresql_fault(w->connection, found, w->sink->target, writing, error);
  else
    missing = PQgetvalue(found, 0, 0)[0] == 't';
  PQclear(found);
  if (!missing)
    return status;
  char *sql = churn_text_format("ALTER TABLE %s ADD COLUMN IF NOT EXISTS %s %s", table, extra->name,
                                extra->type);
  status = sql == NULL ? churn_error_no_memory(error) : run(w, sql, error);
  free(sql);
  return status;
}

static churn_status widen(const writer *w, const char *table, churn_error *error)
{
  churn_sink_extra extras[CHURN_SINK_EXTRAS];
  size_t count = churn_sink_extras(w->ranking, NULL, extras);
  churn_status status = CHURN_OK;
  for (size_t i = 0; i < count && status == CHURN_OK; i++)
    status = add_column(w, table, &extras[i], error);
  return status;
}

static void put_text(churn_buffer *to, const char *text)
{
  static const char escaped[] = "\\\t\n\r", letters[] = "\\tnr";
  if (text[0] == '\0')
    churn_buffer_write(to, "\\N", 2);
  while (*text != '\0') {
    size_t run_length = strcspn(text, escaped);
    churn_buffer_write(to, text, run_length);
    text += run_length;
    if (*text != '\0') {
      churn_buffer_write(to, "\\", 1);
      churn_buffer_write(to, &letters[strchr(escaped, *text++) - escaped], 1);
    }
  }
}

/* A field and what stands behind it. */
static void put_field(churn_buffer *to, const char *text, char behind)
{
  put_text(to, text);
  churn_buffer_write(to, &behind, 1);
}

static void put_row(churn_buffer *to, const churn_ranking *ranking, const churn_ranked *row)
{
  churn_sink_extra extras[CHURN_SINK_EXTRAS];
  size_t count = churn_sink_extras(ranking, row, extras);
  const double numbers[] = {row->probability, row->logit, row->value, row->expected_loss};
  char text[CHURN_NUMBER_TEXT_SIZE], day[CHURN_DAY_TEXT_SIZE];
  snprintf(text, sizeof text, "%" PRIu64, row->rank);
  churn_day_format(row->as_of, day);
  put_field(to, text, '\t');
  put_field(to, row->customer_id, '\t');
  put_field(to, day, '\t');
  for (int i = 0; i < CHURN_SINK_NUMBERS; i++) {
    text[churn_number_format(numbers[i], text)] = '\0';
    put_field(to, text, '\t');
  }
  for (int i = 0; i < CHURN_REASONS; i++)
    put_field(to, row->reasons[i], '\t');
  put_field(to, churn_ranking_model_id(ranking), count == 0 ? '\n' : '\t');
  for (size_t i = 0; i < count; i++) {
    if (extras[i].text == NULL)
      text[churn_number_format(extras[i].number, text)] = '\0';
    put_field(to, extras[i].text == NULL ? text : extras[i].text, i + 1 == count ? '\n' : '\t');
  }
}

static churn_status send(const writer *w, churn_buffer *rows, churn_error *error)
{
  if (rows->failed)
    return churn_error_no_memory(error);
  churn_postgresql_talk talk = talk_of(w);
  churn_status status = churn_postgresql_go_on(&talk, error);
  if (status == CHURN_OK && PQputCopyData(w->connection, rows->bytes, (int)rows->used) != 1)
    status = churn_postgresql_fault(w->connection, NULL, w->sink->target, writing, error);
  rows->used = 0;
  return status;
}

static churn_status send_rows(const writer *w, churn_error *error)
{
  churn_buffer rows = {.bytes = NULL};
  churn_status status = CHURN_OK;
  for (size_t i = 0; status == CHURN_OK && i < churn_ranking_count(w->ranking); i++) {
    churn_ranked row;
    churn_ranking_get(w->ranking, i, &row);
    put_row(&rows, w->ranking, &row);
    if (rows.used >= CHUNK_BYTES || rows.failed)
      status = send(w, &rows, error);
  }
  if (status == CHURN_OK && rows.used > 0)
    status = send(w, &rows, error);
  churn_buffer_clear(&rows);
  return status;
}

/* What the server has to say to the rows. */
static churn_status end_copy(const writer *w, churn_error *error)
{
  churn_postgresql_talk talk = talk_of(w);
  return churn_postgresql_answer(&talk, PQputCopyEnd(w->connection, NULL), PGRES_COMMAND_OK, NULL,
                                 error);
}

static churn_status copy(const writer *w, churn_error *error)
{
  char *sql = churn_text_format("COPY %s (%s) FROM STDIN", incoming_table, w->list);
  if (sql == NULL)
    return churn_error_no_memory(error);
  PGresult *begun = PQexec(w->connection, sql);
  churn_status status = CHURN_OK;
  free(sql);
  if (PQresultStatus(begun) != PGRES_COPY_IN)
    status = churn_postgresql_fault(w->connection, begun, w->sink->target, writing, error);
  PQclear(begun);
  if (status == CHURN_OK)
    status = send_rows(w, error);
  return status == CHURN_OK ? end_copy(w, error) : status;
}

/* Rows of the day that the list has no more. Rows without a day are never in conflict, so all of
 * them go. */
static churn_status delete_gone(const writer *w, churn_error *error)
{
  churn_day day = churn_ranking_as_of(w->ranking);
  if (day == CHURN_DAY_MISSING)
    return run_on_table(w, "DELETE FROM %s WHERE as_of IS NULL", error);
  char text[CHURN_DAY_TEXT_SIZE], format[256];
  churn_day_format(day, text);
  snprintf(format, sizeof format,
           "DELETE FROM %%s AS old WHERE old.as_of = '%s' AND NOT EXISTS (SELECT FROM "
           "pg_temp.churn_incoming AS new WHERE new.customer_id = old.customer_id)",
           text);
  return run_on_table(w, format, error);
}

/* All columns but the two that say which row it is. */
static churn_status upsert(const writer *w, churn_error *error)
{
  static const char base[] = "probability, logit, value, expected_loss, reason_1, reason_2, "
                             "reason_3, model, rank",
                    excluded[] = "excluded.probability, excluded.logit, excluded.value, "
                                 "excluded.expected_loss, excluded.reason_1, excluded.reason_2, "
                                 "excluded.reason_3, excluded.model, excluded.rank";
  churn_sink_extra extras[CHURN_SINK_EXTRAS];
  size_t count = churn_sink_extras(w->ranking, NULL, extras);
  char *to = churn_sink_list(base, "", extras, count);
  char *from = churn_sink_list(excluded, "excluded.", extras, count);
  char *sql = to == NULL || from == NULL
                  ? NULL
                  : churn_text_format("INSERT INTO %s (%s) SELECT %s FROM %s ON CONFLICT (as_of, "
                                      "customer_id) DO UPDATE SET (%s) = (%s)",
                                      w->table, w->list, w->list, incoming_table, to, from);
  churn_status status = sql == NULL ? churn_error_no_memory(error) : run(w, sql, error);
  free(to);
  free(from);
  free(sql);
  return status;
}

static churn_status write_all(const writer *w, churn_error *error)
{
  /* Writers wait for each other; readers see the old rows until the end. */
  static const char lock[] = "LOCK TABLE %s IN SHARE ROW EXCLUSIVE MODE";
  static const char incoming[] =
      CHURN_SINK_CREATE("pg_temp.churn_incoming", "date") " ON COMMIT DROP";
  churn_status status =
      run(w, "BEGIN TRANSACTION ISOLATION LEVEL READ COMMITTED READ WRITE", error);
  if (status == CHURN_OK)
    status = create(w, error);
  if (status == CHURN_OK)
    status = widen(w, w->table, error);
  if (status == CHURN_OK)
    status = run(w, incoming, error);
  if (status == CHURN_OK)
    status = widen(w, incoming_table, error);
  if (status == CHURN_OK)
    status = copy(w, error);
  if (status == CHURN_OK)
    status = run_on_table(w, lock, error);
  if (status == CHURN_OK)
    status = delete_gone(w, error);
  if (status == CHURN_OK)
    status = upsert(w, error);
  /* Whoever asks to stop from here on gets the whole list. */
  if (status == CHURN_OK)
    status = churn_postgresql_run(w->connection, "COMMIT", w->sink->target, writing, error);
  return status;
}

churn_status churn_sink_postgresql(const churn_sink *sink, const churn_ranking *ranking,
                                   churn_error *error)
{
  churn_sink_extra extras[CHURN_SINK_EXTRAS];
  size_t count = ranking == NULL ? 0 : churn_sink_extras(ranking, NULL, extras);
  writer w = {.sink = sink,
              .ranking = ranking,
              .table = churn_postgresql_quote_table(sink->table),
              .list = churn_sink_list(CHURN_SINK_LIST, "", extras, count)};
  churn_status status =
      w.table == NULL || w.list == NULL
          ? churn_error_no_memory(error)
          : churn_postgresql_connect(sink->target, sink->stop, &w.connection, error);
  if (status == CHURN_OK && ranking != NULL)
    status = write_all(&w, error);
  PQfinish(w.connection); /* takes back a transaction that did not end */
  free(w.table);
  free(w.list);
  return status;
}
