/* SQLite databases opened, and its faults in words.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "database/sqlite.h"

#include "base/stop.h"
#include "database/target.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <unistd.h>

/* How long to wait for another process's lock, and between two looks whether it is gone. */
enum { PATIENCE_MS = 5000, FIRST_MS = 2, LOOK_MS = 50 };

static churn_status status_of(int code)
{
  switch (code & 0xff) {
  case SQLITE_BUSY:
  case SQLITE_LOCKED:
    return CHURN_BUSY;
  case SQLITE_NOTADB:
  case SQLITE_CORRUPT:
  case SQLITE_FORMAT:
  case SQLITE_TOOBIG:
    return CHURN_MALFORMED;
  case SQLITE_PERM:
  case SQLITE_AUTH:
  case SQLITE_READONLY:
    return CHURN_PERMISSION;
  case SQLITE_NOMEM:
    return CHURN_NO_MEMORY;
  case SQLITE_ERROR:
    return CHURN_BAD_PROJECT;
  default:
    return CHURN_IO;
  }
}

churn_status churn_sqlite_fault(sqlite3 *database, const char *name, const char *doing,
                                churn_error *error)
{
  churn_status status = status_of(sqlite3_extended_errcode(database));
  if (status == CHURN_NO_MEMORY)
    return churn_error_no_memory(error);
  return churn_error_set_at(error, status, (churn_place){name, 0, 0}, "cannot %s: %s%s", doing,
                            sqlite3_errmsg(database),
                            status == CHURN_BUSY ? " (by another process); try again later" : "");
}

/* For SQLite: whether to try once more, after a while. `stop` is who may end the waiting. */
static int wait_for_lock(void *stop, int tries)
{
  int first = LOOK_MS / FIRST_MS; /* tries after which the longer wait begins */
  int waited = tries < first ? tries * FIRST_MS : LOOK_MS + (tries - first) * LOOK_MS;
  if (waited >= PATIENCE_MS || churn_stop_is_asked(stop))
    return 0;
  (void)poll(NULL, 0, tries < first ? FIRST_MS : LOOK_MS);
  return 1;
}

churn_status churn_sqlite_run(sqlite3 *database, const char *sql, const char *name,
                              const char *doing, churn_error *error)
{
  return sqlite3_exec(database, sql, NULL, NULL, NULL) == SQLITE_OK
             ? CHURN_OK
             : churn_sqlite_fault(database, name, doing, error);
}

/* SQLite tells only that it cannot open; the system tells why. */
static churn_status look_at_file(const char *path, bool for_writing, const char *target,
                                 churn_error *error)
{
  int descriptor = open(path, (for_writing ? O_RDWR | O_CREAT : O_RDONLY) | O_CLOEXEC, 0666);
  int reason = errno;
  if (descriptor >= 0)
    close(descriptor);
  if (descriptor >= 0)
    return CHURN_OK;
  return churn_error_set_errno(error, for_writing ? CHURN_CANNOT_CREATE : CHURN_IO, target,
                               "open the database", reason);
}

churn_status churn_sqlite_open(const char *target, bool for_writing, const churn_stop_request *stop,
                               sqlite3 **database, churn_error *error)
{
  const char *path = churn_database_address(target);
  int flags = for_writing ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY;
  sqlite3 *opened = NULL;
  churn_status status = look_at_file(path, for_writing, target, error);
  if (status != CHURN_OK)
    return status;
  if (sqlite3_open_v2(path, &opened, flags | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK) {
    status = opened == NULL ? churn_error_no_memory(error)
                            : churn_sqlite_fault(opened, target, "open the database", error);
    if (status == CHURN_IO && for_writing && error != NULL)
      status = error->status = CHURN_CANNOT_CREATE;
  } else {
    sqlite3_busy_handler(opened, wait_for_lock, (void *)(uintptr_t)stop);
    /* The first look into the file: here a file that is no database shows. */
    status = churn_sqlite_run(opened, "SELECT count(*) FROM sqlite_master", target,
                              "open the database", error);
    if (status == CHURN_BUSY && churn_stop_is_asked(stop))
      status = churn_stop_check(stop, error);
  }
  if (status == CHURN_OK)
    *database = opened;
  else
    sqlite3_close(opened);
  return status;
}
