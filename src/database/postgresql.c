/* Connections to PostgreSQL, and its faults in words.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "database/postgresql.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/stop.h"
#include "database/target.h"

#include <ctype.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How long to wait for a server that does not answer, looking for who asks to stop now and then. */
enum { PATIENCE_MS = 30000, LOOK_MS = 200 };

enum { CODE_LENGTH = 5, WORDS_SIZE = 640 };

/* Codes (PostgreSQL manual, appendix A) by what they begin with; the first that fits counts. */
static const struct {
  const char *code;
  churn_status status;
} statuses[] = {
    {"42P01", CHURN_NO_INPUT},    /* undefined_table */
    {"3F000", CHURN_NO_INPUT},    /* invalid_schema_name */
    {"3D000", CHURN_NO_INPUT},    /* invalid_catalog_name */
    {"42501", CHURN_PERMISSION},  /* insufficient_privilege */
    {"28", CHURN_PERMISSION},     /* invalid authorization */
    {"25006", CHURN_BAD_PROJECT}, /* read_only_sql_transaction: the query writes */
    {"42", CHURN_BAD_PROJECT},    /* syntax, unknown names */
    {"22", CHURN_MALFORMED},      /* data exception */
    {"40", CHURN_BUSY},           /* serialization failure, deadlock */
    {"55P03", CHURN_BUSY},        /* lock_not_available */
    {"57P03", CHURN_BUSY},        /* cannot_connect_now: starting up, shutting down */
    {"53300", CHURN_BUSY},        /* too_many_connections */
};

static churn_status status_of(const char *code, churn_status otherwise)
{
  for (size_t i = 0; code != NULL && i < sizeof statuses / sizeof statuses[0]; i++)
    if (strncmp(code, statuses[i].code, strlen(statuses[i].code)) == 0)
      return statuses[i].status;
  return otherwise;
}

/* libpq's words on one line, cut to fit a message. */
static void one_line(const char *words, char line[WORDS_SIZE])
{
  size_t used = 0;
  for (const char *at = words; *at != '\0' && used + 1 < WORDS_SIZE; at++)
    if (*at != '\n' && *at != '\t')
      line[used++] = *at;
    else if (used > 0 && line[used - 1] != ' ')
      line[used++] = ' ';
  while (used > 0 && line[used - 1] == ' ')
    used--;
  line[used] = '\0';
}

churn_status churn_postgresql_fault(PGconn *connection, const PGresult *result, const char *name,
                                    const char *doing, churn_error *error)
{
  const char *code = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  const char *words = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  const char *hint = PQresultErrorField(result, PG_DIAG_MESSAGE_HINT);
  char line[WORDS_SIZE];
  one_line(words != NULL ? words : PQerrorMessage(connection), line);
  return churn_error_set_at(error, status_of(code, CHURN_IO), (churn_place){name, 0, 0},
                            "cannot %s: %s%s%.200s%s", doing, line, hint == NULL ? "" : " (",
                            hint == NULL ? "" : hint, hint == NULL ? "" : ")");
}

churn_status churn_postgresql_run(PGconn *connection, const char *sql, const char *name,
                                  const char *doing, churn_error *error)
{
  PGresult *result = PQexec(connection, sql);
  churn_status status = CHURN_OK;
  if (PQresultStatus(result) != PGRES_COMMAND_OK)
    status = churn_postgresql_fault(connection, result, name, doing, error);
  PQclear(result);
  return status;
}

/* Five capitals and digits before a colon; "FATAL" is no code. */
static bool is_code(const char *text)
{
  int digits = 0, length = 0;
  for (; isupper((unsigned char)text[length]) || isdigit((unsigned char)text[length]); length++)
    digits += isdigit((unsigned char)text[length]) != 0;
  return length == CODE_LENGTH && digits > 0 && text[length] == ':';
}

/* The verbose words of a failed connection hold the server's code: "FATAL:  28P01: password …",
 * then lines on where in the server it arose. Gives the code and leaves the words. */
static bool take_code(char *words, char code[CODE_LENGTH + 1])
{
  for (char *at = words; (at = strchr(at, ':')) != NULL; at++) {
    char *start = at + 1 + strspn(at + 1, " ");
    if (!is_code(start))
      continue;
    memcpy(code, start, CODE_LENGTH);
    code[CODE_LENGTH] = '\0';
    memmove(start, start + CODE_LENGTH + 2, strlen(start + CODE_LENGTH + 2) + 1);
    start[strcspn(start, "\n")] = '\0';
    return true;
  }
  return false;
}

static churn_status refuse(PGconn *connection, const char *target, churn_error *error)
{
  char words[CHURN_MESSAGE_SIZE], line[WORDS_SIZE], code[CODE_LENGTH + 1];
  snprintf(words, sizeof words, "%s", PQerrorMessage(connection));
  churn_status status = CHURN_NO_INPUT;
  if (take_code(words, code))
    status = status_of(code, CHURN_NO_INPUT);
  else if (PQconnectionNeedsPassword(connection))
    status = CHURN_PERMISSION;
  one_line(words, line);
  return churn_error_set_at(error, status, (churn_place){target, 0, 0}, "cannot connect: %s", line);
}

/* Waits as long as libpq wants. False when nobody answers, or somebody asks to stop. */
static bool wait_for(PGconn *connection, const churn_stop_request *stop)
{
  PostgresPollingStatusType state = PGRES_POLLING_WRITING;
  double since = churn_clock_milliseconds();
  while (state == PGRES_POLLING_WRITING || state == PGRES_POLLING_READING) {
    struct pollfd watched = {.fd = PQsocket(connection),
                             .events = state == PGRES_POLLING_READING ? POLLIN : POLLOUT};
    bool ready = poll(&watched, 1, LOOK_MS) > 0;
    if (churn_stop_is_asked(stop) || (!ready && churn_clock_milliseconds() - since > PATIENCE_MS))
      return false;
    if (!ready)
      continue;
    state = PQconnectPoll(connection);
    since = churn_clock_milliseconds();
  }
  return state == PGRES_POLLING_OK;
}

/* Nobody waits for ever behind another's lock, unless that is set. */
static churn_status prepare(PGconn *connection, const char *target, churn_error *error)
{
  return churn_postgresql_run(connection,
                              "SET DateStyle TO 'ISO, YMD'; SET TimeZone TO 'UTC'; "
                              "SET extra_float_digits TO 3; SET bytea_output TO 'hex'; "
                              "SET IntervalStyle TO 'iso_8601'; "
                              "SET standard_conforming_strings TO on; "
                              "DO $$ BEGIN IF current_setting('lock_timeout') = '0' THEN "
                              "SET lock_timeout = '60s'; END IF; END $$",
                              target, "connect", error);
}

/* A library does not print the server's remarks. */
static void drop_notice(void *context, const PGresult *result)
{
  (void)context;
  (void)result;
}

churn_status churn_postgresql_connect(const char *target, const churn_stop_request *stop,
                                      PGconn **connection, churn_error *error)
{
  const char *const keywords[] = {"dbname", "client_encoding", "fallback_application_name", NULL};
  const char *const values[] = {churn_database_address(target), "UTF8", "churn", NULL};
  churn_status status = churn_libpq_load(error);
  if (status != CHURN_OK)
    return status;
  PGconn *made = PQconnectStartParams(keywords, values, 1);
  if (made == NULL)
    return churn_error_no_memory(error);
  PQsetNoticeReceiver(made, drop_notice, NULL);
  PQsetErrorVerbosity(made, PQERRORS_VERBOSE);
  if (PQstatus(made) == CONNECTION_BAD)
    status = refuse(made, target, error);
  else if (!wait_for(made, stop) && PQstatus(made) != CONNECTION_BAD)
    status =
        churn_stop_is_asked(stop)
            ? churn_stop_check(stop, error)
            : churn_error_set_at(error, CHURN_NO_INPUT, (churn_place){target, 0, 0},
                                 "cannot connect: no answer for %d seconds", PATIENCE_MS / 1000);
  else if (PQstatus(made) != CONNECTION_OK)
    status = refuse(made, target, error);
  PQsetErrorVerbosity(made, PQERRORS_DEFAULT);
  if (status == CHURN_OK)
    status = prepare(made, target, error);
  if (status == CHURN_OK)
    *connection = made;
  else
    PQfinish(made);
  return status;
}

char *churn_postgresql_quote_table(const char *table)
{
  char *quoted = churn_array_new(3 * strlen(table) + 3, 1), *to = quoted;
  if (quoted == NULL)
    return NULL;
  *to++ = '"';
  for (const char *from = table; *from != '\0'; from++) {
    if (*from == '"')
      *to++ = '"';
    if (*from == '.') {
      memcpy(to, "\".\"", 3);
      to += 3;
    } else {
      *to++ = *from;
    }
  }
  *to++ = '"';
  *to = '\0';
  return quoted;
}
