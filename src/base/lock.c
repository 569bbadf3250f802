/* One run at a time.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/lock.h"

#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { REPLACED_TRIES = 10 };

struct churn_lock {
  int descriptor;
};

/* 0, or errno. */
static int try_lock(int descriptor)
{
  int failed;
  do
    failed = flock(descriptor, LOCK_EX | LOCK_NB);
  while (failed != 0 && errno == EINTR);
  return failed == 0 ? 0 : errno;
}

/* The file may have been replaced between opening and locking it: then the lock is on nothing. */
static bool stands_there(int descriptor, const char *path)
{
  struct stat held, named;
  return fstat(descriptor, &held) == 0 && stat(path, &named) == 0 && held.st_dev == named.st_dev &&
         held.st_ino == named.st_ino;
}

/* A network file system locks by ranges, for which an exclusive lock needs a file that may be
 * written. */
static int lock_for_writing(const char *path, int *descriptor)
{
  int writing = open(path, O_RDWR | O_CLOEXEC);
  if (writing < 0)
    return EBADF;
  close(*descriptor);
  *descriptor = writing;
  return try_lock(writing);
}

static churn_status open_locked(const char *path, int *descriptor, churn_error *error)
{
  *descriptor = open(path, O_RDONLY | O_CLOEXEC);
  if (*descriptor < 0)
    return churn_error_set_errno(error, CHURN_IO, path, "open the file to lock it", errno);
  int reason = try_lock(*descriptor);
  if (reason == EBADF)
    reason = lock_for_writing(path, descriptor);
  if (reason == EWOULDBLOCK)
    return churn_error_set_at(error, CHURN_BUSY, (churn_place){path, 0, 0},
                              "another nightly or retrain of this project is running: nothing was "
                              "done");
  if (reason != 0)
    return churn_error_set_errno(error, CHURN_IO, path, "lock the file", reason);
  return CHURN_OK;
}

churn_status churn_lock_take(const char *path, churn_lock **lock, churn_error *error)
{
  if (strcmp(path, "-") == 0)
    return churn_error_set(error, CHURN_USAGE,
                           "a project on standard input cannot be locked; expected a project file");
  churn_lock *taken = malloc(sizeof *taken);
  if (taken == NULL)
    return churn_error_no_memory(error);
  for (int i = 0; i < REPLACED_TRIES; i++) {
    churn_status status = open_locked(path, &taken->descriptor, error);
    if (status == CHURN_OK && stands_there(taken->descriptor, path)) {
      *lock = taken;
      return CHURN_OK;
    }
    if (taken->descriptor >= 0)
      close(taken->descriptor);
    if (status != CHURN_OK) {
      free(taken);
      return status;
    }
  }
  free(taken);
  return churn_error_set_at(error, CHURN_BUSY, (churn_place){path, 0, 0},
                            "the file is being replaced again and again: nothing was done");
}

void churn_lock_release(churn_lock *lock)
{
  if (lock == NULL)
    return;
  close(lock->descriptor);
  free(lock);
}
