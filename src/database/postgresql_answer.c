/* Waiting for PostgreSQL's answers with an ear for who asks to stop: the server is asked to end
 * what it does, or it would hold its locks until it is done.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/clock.h"
#include "base/stop.h"
#include "database/postgresql.h"

#include <poll.h>

/* How often to look for who asks to stop; how long a server may take to end what it does. */
enum { LOOK_MS = 200, CANCEL_MS = 10000 };

/* True when something has come, or may have. */
static bool take_input(PGconn *connection)
{
  struct pollfd watched = {.fd = PQsocket(connection), .events = POLLIN};
  (void)poll(&watched, 1, LOOK_MS);
  return PQconsumeInput(connection) == 1;
}

/* Takes the next of what is still to come and drops it. False when there is no more, or the
 * connection is gone, or it is not here yet (*late). */
static bool drop_next(PGconn *connection, bool *late)
{
  char *row = NULL;
  *late = PQisBusy(connection) != 0;
  if (*late)
    return false;
  PGresult *result = PQgetResult(connection);
  ExecStatusType kind = PQresultStatus(result);
  bool more = result != NULL && PQstatus(connection) == CONNECTION_OK;
  PQclear(result);
  if (kind == PGRES_COPY_IN)
    more = PQputCopyEnd(connection, "stopped") == 1;
  if (kind != PGRES_COPY_OUT)
    return more;
  int length = PQgetCopyData(connection, &row, 1);
  *late = length == 0;
  if (length > 0)
    PQfreemem(row);
  return more && !*late;
}

static void cancel(PGconn *connection)
{
  char words[256];
  PGcancel *request = PQgetCancel(connection);
  bool told = request != NULL && PQcancel(request, words, sizeof words) == 1;
  double until = churn_clock_milliseconds() + CANCEL_MS;
  bool late = told;
  while (late && churn_clock_milliseconds() < until) {
    while (drop_next(connection, &late))
      ;
    if (late && !take_input(connection))
      break;
  }
  PQfreeCancel(request);
}

churn_status churn_postgresql_wait(const churn_postgresql_talk *talk, churn_error *error)
{
  if (!take_input(talk->connection))
    return churn_postgresql_fault(talk->connection, NULL, talk->name, talk->doing, error);
  return churn_postgresql_go_on(talk, error);
}

churn_status churn_postgresql_go_on(const churn_postgresql_talk *talk, churn_error *error)
{
  churn_status status = churn_stop_check(talk->stop, error);
  if (status != CHURN_OK)
    cancel(talk->connection);
  return status;
}

/* The next result; NULL = there is no more. */
static churn_status next_result(const churn_postgresql_talk *talk, PGresult **result,
                                churn_error *error)
{
  churn_status status = churn_postgresql_go_on(talk, error);
  while (status == CHURN_OK && PQisBusy(talk->connection) != 0)
    status = churn_postgresql_wait(talk, error);
  if (status == CHURN_OK)
    *result = PQgetResult(talk->connection);
  return status;
}

churn_status churn_postgresql_answer(const churn_postgresql_talk *talk, int sent,
                                     ExecStatusType expected, PGresult **answer, churn_error *error)
{
  PGresult *last = NULL, *next = NULL;
  bool copies = false;
  churn_status status =
      sent == 1 ? CHURN_OK
                : churn_postgresql_fault(talk->connection, NULL, talk->name, talk->doing, error);
  while (status == CHURN_OK && !copies) {
    status = next_result(talk, &next, error);
    if (status != CHURN_OK || next == NULL)
      break;
    PQclear(last);
    last = next;
    copies = PQresultStatus(last) == PGRES_COPY_IN || PQresultStatus(last) == PGRES_COPY_OUT;
    if (PQresultStatus(last) != expected)
      status = churn_postgresql_fault(talk->connection, last, talk->name, talk->doing, error);
  }
  if (status == CHURN_OK && last == NULL)
    status = churn_postgresql_fault(talk->connection, NULL, talk->name, talk->doing, error);
  if (status == CHURN_OK && answer != NULL)
    *answer = last;
  else
    PQclear(last);
  return status;
}
