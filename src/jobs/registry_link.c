/* The link to the model in use.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/memory.h"
#include "base/output.h"
#include "jobs/registry_parts.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char suffix[] = ".json";

bool churn_registry_is_id(const char *text, size_t length)
{
  size_t good = 0;
  while (good < length &&
         ((text[good] >= '0' && text[good] <= '9') || (text[good] >= 'a' && text[good] <= 'f')))
    good++;
  return length == CHURN_ID_LENGTH && good == length;
}

static void take_target(const char *target, size_t length, churn_registry_link *link)
{
  if (length == CHURN_ID_LENGTH + sizeof suffix - 1 &&
      memcmp(target + CHURN_ID_LENGTH, suffix, sizeof suffix - 1) == 0 &&
      churn_registry_is_id(target, CHURN_ID_LENGTH)) {
    memcpy(link->id, target, CHURN_ID_LENGTH);
    link->id[CHURN_ID_LENGTH] = '\0';
  }
}

static churn_status read_link(const char *path, churn_registry_link *link, churn_error *error)
{
  char target[PATH_MAX];
  struct stat found;
  if (lstat(path, &found) != 0)
    return errno == ENOENT || errno == ENOTDIR
               ? CHURN_OK
               : churn_error_set_errno(error, CHURN_IO, path, "read the link", errno);
  link->there = true;
  link->time = (int64_t)found.st_mtime;
  ssize_t length = S_ISLNK(found.st_mode) ? readlink(path, target, sizeof target) : 0;
  if (length < 0)
    return churn_error_set_errno(error, CHURN_IO, path, "read the link", errno);
  take_target(target, (size_t)length, link);
  return CHURN_OK;
}

churn_status churn_registry_link_read(const char *folder, churn_registry_link *link,
                                      churn_error *error)
{
  *link = (churn_registry_link){false, "", INT64_MIN};
  char *path = churn_text_format("%s/current", folder);
  churn_status status = path == NULL ? churn_error_no_memory(error) : read_link(path, link, error);
  free(path);
  return status;
}

/* The temporary name is always the same: under the lock nobody else uses it, and what a killed
 * process left behind goes with the next change. */
static churn_status swap(const char *path, const char *temporary, const char *target,
                         churn_error *error)
{
  if (unlink(temporary) != 0 && errno != ENOENT)
    return churn_error_set_errno(error, CHURN_CANNOT_CREATE, temporary, "remove the file", errno);
  if (symlink(target, temporary) != 0)
    return churn_error_set_errno(error, CHURN_CANNOT_CREATE, path, "make the link", errno);
  if (rename(temporary, path) == 0)
    return CHURN_OK;
  churn_status status =
      churn_error_set_errno(error, CHURN_CANNOT_CREATE, path, "make the link", errno);
  unlink(temporary);
  return status;
}

churn_status churn_registry_link_set(const char *folder, const char *id, churn_error *error)
{
  char *path = churn_text_format("%s/current", folder);
  char *temporary = churn_text_format("%s/.current.part", folder);
  char *target = churn_text_format("%s%s", id, suffix);
  churn_status status = path == NULL || temporary == NULL || target == NULL
                            ? churn_error_no_memory(error)
                            : swap(path, temporary, target, error);
  if (status == CHURN_OK && !churn_folder_sync(folder))
    status = churn_error_set_errno(error, CHURN_IO, folder, "flush the folder", errno);
  free(path);
  free(temporary);
  free(target);
  return status;
}
