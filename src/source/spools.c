/* What one run has fetched from databases.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "source/spools.h"

#include "base/memory.h"
#include "base/stop.h"

#include <stdlib.h>
#include <string.h>

/* A database of the run: one of the two sessions, by kind. Both NULL = not connected. */
typedef struct connection {
  const char *target; /* borrowed from the project */
  struct sqlite3 *sqlite;
  struct pg_conn *postgresql;
} connection;

struct churn_spools {
  bool headings_only;
  connection *connections;
  size_t connection_count, connection_capacity;
  churn_spool **fetched;
  size_t fetched_count, fetched_capacity;
};

churn_spools *churn_spools_new(bool headings_only)
{
  churn_spools *spools = calloc(1, sizeof *spools);
  if (spools != NULL)
    spools->headings_only = headings_only;
  return spools;
}

static void disconnect(connection *c)
{
  churn_spool_sqlite_end(c->sqlite);
  churn_spool_postgresql_end(c->postgresql);
  c->sqlite = NULL;
  c->postgresql = NULL;
}

void churn_spools_disconnect(churn_spools *spools)
{
  for (size_t i = 0; i < spools->connection_count; i++)
    disconnect(&spools->connections[i]);
}

void churn_spools_free(churn_spools *spools)
{
  if (spools == NULL)
    return;
  churn_spools_disconnect(spools);
  for (size_t i = 0; i < spools->fetched_count; i++)
    churn_spool_free(spools->fetched[i]);
  free(spools->connections);
  free(spools->fetched);
  free(spools);
}

static churn_status connect_to(churn_spools *spools, const char *target,
                               const churn_stop_request *stop, connection **found,
                               churn_error *error)
{
  size_t i = 0;
  while (i < spools->connection_count && strcmp(spools->connections[i].target, target) != 0)
    i++;
  if (!churn_array_reserve(&spools->connections, &spools->connection_capacity, i + 1,
                           sizeof *spools->connections))
    return churn_error_no_memory(error);
  connection *c = &spools->connections[i];
  if (i == spools->connection_count) {
    *c = (connection){.target = target};
    spools->connection_count++;
  }
  *found = c;
  if (c->sqlite != NULL || c->postgresql != NULL)
    return CHURN_OK;
  return churn_database_kind_of(target) == CHURN_DATABASE_SQLITE
             ? churn_spool_sqlite_begin(target, &c->sqlite, error)
             : churn_spool_postgresql_begin(target, stop, &c->postgresql, error);
}

/* SQL is the project's own text, so its faults are told there. */
static churn_status place_fault(const churn_rowset *rowset, churn_status status, churn_error *error)
{
  if (status != CHURN_BAD_PROJECT || error == NULL || rowset->asked_at.file == NULL)
    return status;
  char message[CHURN_MESSAGE_SIZE];
  memcpy(message, error->message, sizeof message);
  return churn_error_set_at(error, status, rowset->asked_at, "%s: %s", rowset->name, message);
}

/* A server would work on for whoever is gone, and keep its locks, so that it has to be told. Others
 * who can be asked to stop already have something to finish, and come first. */
static churn_stop_request *begin_to_hear(const churn_rowset *rowset, const churn_run *run)
{
  churn_stop_request *stop = run == NULL ? NULL : run->stop;
  bool server = churn_database_kind_of(rowset->target) == CHURN_DATABASE_POSTGRESQL;
  if (!server || stop == NULL || stop->worth)
    return NULL;
  stop->worth = 1;
  return stop;
}

/* Whoever asked just before is heard now. */
static churn_status end_to_hear(churn_stop_request *stop, churn_status status, churn_error *error)
{
  if (stop != NULL)
    stop->worth = 0;
  return status == CHURN_OK ? churn_stop_check(stop, error) : status;
}

static churn_status fetch(churn_spools *spools, const churn_rowset *rowset, const churn_run *run,
                          churn_spool **fetched, churn_error *error)
{
  connection *from = NULL;
  churn_fetch work = {rowset, spools->headings_only, run, begin_to_hear(rowset, run), NULL};
  churn_status status = connect_to(spools, rowset->target, work.stop, &from, error);
  if (status == CHURN_OK)
    status = churn_spool_new(rowset->name, &work.spool, error);
  if (status == CHURN_OK)
    status = from->sqlite != NULL ? churn_spool_sqlite(from->sqlite, &work, error)
                                  : churn_spool_postgresql(from->postgresql, &work, error);
  if (status == CHURN_OK)
    status = churn_spool_finish(work.spool, error);
  status = end_to_hear(work.stop, status, error);
  if (status == CHURN_OK) {
    *fetched = work.spool;
    return CHURN_OK;
  }
  if (from != NULL)
    disconnect(from); /* a transaction in which something failed is over */
  churn_spool_free(work.spool);
  return place_fault(rowset, status, error);
}

static churn_status find(churn_spools *spools, const churn_rowset *rowset, const churn_run *run,
                         churn_spool **found, churn_error *error)
{
  for (size_t i = 0; i < spools->fetched_count; i++)
    if (strcmp(spools->fetched[i]->name, rowset->name) == 0) {
      *found = spools->fetched[i];
      return CHURN_OK;
    }
  if (!churn_array_reserve(&spools->fetched, &spools->fetched_capacity, spools->fetched_count + 1,
                           sizeof(churn_spool *)))
    return churn_error_no_memory(error);
  churn_status status = fetch(spools, rowset, run, found, error);
  if (status == CHURN_OK)
    spools->fetched[spools->fetched_count++] = *found;
  return status;
}

churn_status churn_spools_format(churn_spools *spools, const churn_rowset *rowset,
                                 const churn_format *base, const churn_run *run,
                                 churn_format *format, churn_error *error)
{
  churn_spool *spool = NULL;
  churn_status status = CHURN_OK;
  if (rowset->target != NULL)
    status = find(spools, rowset, run, &spool, error);
  if (status != CHURN_OK)
    return status;
  *format = *base;
  if (spool == NULL)
    return CHURN_OK;
  format->spool = spool;
  format->delimiter = format->decimal = format->thousands = 0;
  format->encoding = NULL;
  return CHURN_OK;
}

void churn_fetch_progress(const churn_fetch *fetch)
{
  enum { EVERY = 1 << 16 };
  if (fetch->spool->rows % EVERY == 0 && fetch->run != NULL && fetch->run->progress != NULL)
    fetch->run->progress->report(fetch->run->progress->context, "fetch", fetch->spool->rows, 0);
}
