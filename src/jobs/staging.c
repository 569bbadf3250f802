/* Publishing a folder of files in one step.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs/staging.h"

#include "base/error.h"
#include "base/folder.h"
#include "base/memory.h"
#include "base/output.h"

#include <churn/day.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NAME_TRIES = 100, DAY_LENGTH = CHURN_DAY_TEXT_SIZE - 1 };

static const char prefix[] = ".tmp-", moved[] = ".old-";

static bool is_ours(const char *name)
{
  if (strncmp(name, prefix, sizeof prefix - 1) != 0)
    return false;
  name += sizeof prefix - 1;
  size_t process = strspn(name, "0123456789");
  if (process == 0 || name[process] != '-')
    return false;
  size_t number = strspn(name + process + 1, "0123456789");
  return number > 0 && name[process + 1 + number] == '\0';
}

/* A name in root that nobody uses, made by `make`, which fails with EEXIST where it is taken; NULL
 * with errno. */
static char *make_unique(const char *root, int (*make)(const char *path, const void *with),
                         const void *with)
{
  for (int try = 0; try < NAME_TRIES; try++) {
    char *path = churn_text_format("%s/%s%ld-%d", root, prefix, (long)getpid(), try);
    if (path == NULL) {
      errno = ENOMEM;
      return NULL;
    }
    if (make(path, with) == 0)
      return path;
    int reason = errno;
    free(path);
    errno = reason;
    if (reason != EEXIST)
      return NULL;
  }
  return NULL;
}

static int make_folder(const char *path, const void *with)
{
  (void)with;
  return mkdir(path, 0777);
}

static int make_link(const char *path, const void *to)
{
  return symlink(to, path);
}

/* The name of what was moved aside; NULL for other names. */
static const char *name_aside(const char *name)
{
  const char *rest = name + sizeof moved - 1;
  bool ours = strncmp(name, moved, sizeof moved - 1) == 0 && strlen(rest) >= DAY_LENGTH &&
              churn_day_parse(rest, DAY_LENGTH) != CHURN_DAY_MISSING;
  return ours ? rest : NULL;
}

/* Moves `from` there. */
static int make_moved(const char *path, const void *from)
{
  return renameat2(AT_FDCWD, from, AT_FDCWD, path, RENAME_NOREPLACE);
}

static churn_status fail(const churn_staging *s, const char *doing, churn_error *error)
{
  return churn_error_set_errno(error, CHURN_CANNOT_CREATE, s->root, doing, errno);
}

/* What was moved aside for a folder that never got its name comes back; all else goes. */
static churn_status sweep_name(const char *root, const char *name, churn_error *error)
{
  struct stat found;
  const char *of = name_aside(name);
  char *path = churn_text_format("%s/%s", root, name);
  char *final = of == NULL ? NULL : churn_text_format("%s/%s", root, of);
  churn_status status = CHURN_OK;
  if (path == NULL || (of != NULL && final == NULL))
    status = churn_error_no_memory(error);
  else if (final != NULL && lstat(final, &found) != 0)
    (void)!rename(path, final);
  else
    (void)!churn_folder_remove(path, NULL);
  free(path);
  free(final);
  return status;
}

/* What dead runs left. That it cannot be removed is no reason not to run. */
static churn_status sweep(const char *root, churn_error *error)
{
  churn_names names = {0};
  churn_status status = churn_folder_list(root, &names, error);
  for (size_t i = 0; i < names.count && status == CHURN_OK; i++)
    if (is_ours(names.items[i]) || name_aside(names.items[i]) != NULL)
      status = sweep_name(root, names.items[i], error);
  churn_names_clear(&names);
  return status;
}

churn_status churn_staging_mend(const char *root, churn_error *error)
{
  churn_lock *lock = NULL;
  churn_error fault;
  if (access(root, F_OK) != 0)
    return CHURN_OK;
  churn_status status = churn_lock_take(root, &lock, &fault);
  if (status != CHURN_OK)
    return status == CHURN_NO_MEMORY ? churn_error_no_memory(error) : CHURN_OK;
  status = sweep(root, error);
  churn_lock_release(lock);
  return status;
}

/* The folder that `path` stands in, with its last slash; "." for a name alone. */
static char *folder_above(const char *path)
{
  const char *slash = strrchr(path, '/');
  return slash == NULL ? churn_text_copy(".", 1)
                       : churn_text_copy(path, (size_t)(slash - path) + 1);
}

churn_status churn_staging_check(const char *root, churn_error *error)
{
  struct stat found;
  bool there = stat(root, &found) == 0;
  if (!there && errno != ENOENT)
    return churn_error_set_errno(error, CHURN_CANNOT_CREATE, root, "create the folder", errno);
  if (there && !S_ISDIR(found.st_mode))
    return churn_error_set_errno(error, CHURN_CANNOT_CREATE, root, "write into the folder",
                                 ENOTDIR);
  char *folder = there ? churn_text_copy(root, strlen(root)) : folder_above(root);
  if (folder == NULL)
    return churn_error_no_memory(error);
  churn_status status = CHURN_OK;
  if (access(folder, W_OK | X_OK) != 0)
    status = churn_error_set_errno(error, CHURN_CANNOT_CREATE, root,
                                   there ? "write into the folder" : "create the folder", errno);
  free(folder);
  return status;
}

static churn_status lock_root(churn_staging *s, churn_error *error)
{
  churn_status status = churn_lock_take(s->root, &s->lock, error);
  return status == CHURN_BUSY ? churn_error_set_at(error, CHURN_BUSY, (churn_place){s->root, 0, 0},
                                                   "another run is publishing into this folder: "
                                                   "nothing was done")
                              : status;
}

churn_status churn_staging_open(const char *root, churn_staging *staging, churn_error *error)
{
  *staging = (churn_staging){.root = churn_text_copy(root, strlen(root))};
  if (staging->root == NULL)
    return churn_error_no_memory(error);
  staging->root_made = mkdir(root, 0777) == 0;
  if (!staging->root_made && errno != EEXIST)
    return fail(staging, "create the folder", error);
  churn_status status = lock_root(staging, error);
  if (status == CHURN_OK)
    status = sweep(root, error);
  if (status != CHURN_OK)
    return status;
  staging->path = make_unique(root, make_folder, NULL);
  return staging->path == NULL ? fail(staging, "create a folder in the folder", error) : CHURN_OK;
}

/* How a folder got its name, and so how that is undone. */
typedef enum placing { NOT_PLACED, NEW, EXCHANGED, MOVED_ASIDE } placing;

static bool cannot(void)
{
  return errno == EINVAL || errno == ENOSYS || errno == ENOTSUP;
}

/* Our folder takes the place of the one at `final`. */
static placing replace(const churn_staging *s, const char *final, const char *old)
{
  if (renameat2(AT_FDCWD, s->path, AT_FDCWD, final, RENAME_EXCHANGE) == 0)
    return EXCHANGED;
  if (!cannot() || rename(final, old) != 0)
    return NOT_PLACED;
  if (rename(s->path, final) == 0)
    return MOVED_ASIDE;
  int reason = errno;
  (void)!rename(old, final);
  errno = reason;
  return NOT_PLACED;
}

static placing put_in_place(const churn_staging *s, const char *final, const char *old)
{
  struct stat found;
  if (!churn_folder_sync(s->path))
    return NOT_PLACED;
  if (renameat2(AT_FDCWD, s->path, AT_FDCWD, final, RENAME_NOREPLACE) == 0)
    return NEW;
  if (errno == EEXIST)
    return replace(s, final, old);
  if (!cannot())
    return NOT_PLACED;
  if (lstat(final, &found) == 0)
    return replace(s, final, old);
  return rename(s->path, final) == 0 ? NEW : NOT_PLACED;
}

/* Everything back under its name. What cannot be put back stays where it is, whole: the next run
 * mends it. */
static void take_back(churn_staging *s, placing how, const char *final, const char *old)
{
  int reason = errno;
  bool back = how == EXCHANGED
                  ? renameat2(AT_FDCWD, s->path, AT_FDCWD, final, RENAME_EXCHANGE) == 0
                  : rename(final, s->path) == 0 && (how != MOVED_ASIDE || rename(old, final) == 0);
  if (!back) {
    free(s->path);
    s->path = NULL;
  }
  errno = reason;
}

static churn_status place(churn_staging *s, const char *final, const char *old, churn_error *error)
{
  placing how = put_in_place(s, final, old);
  if (how != NOT_PLACED && !churn_folder_sync(s->root)) {
    take_back(s, how, final, old);
    how = NOT_PLACED;
  }
  if (how == NOT_PLACED)
    return churn_error_set_errno(error, CHURN_CANNOT_CREATE, final, "publish the folder", errno);
  /* An old one that cannot be removed now is removed by the next run. */
  if (how != NEW)
    (void)!churn_folder_remove(how == EXCHANGED ? s->path : old, NULL);
  free(s->path);
  s->path = NULL;
  return CHURN_OK;
}

static churn_status check_same(const churn_staging *s, const char *final, bool *same,
                               churn_error *error)
{
  struct stat found;
  *same = false;
  return lstat(final, &found) == 0 && S_ISDIR(found.st_mode)
             ? churn_folder_compare(s->path, final, same, error)
             : CHURN_OK;
}

churn_status churn_staging_publish(churn_staging *staging, const char *name, bool *unchanged,
                                   churn_error *error)
{
  char *final = churn_text_format("%s/%s", staging->root, name);
  char *old = churn_text_format("%s/%s%s", staging->root, moved, name);
  churn_status status = final == NULL || old == NULL ? churn_error_no_memory(error)
                                                     : check_same(staging, final, unchanged, error);
  if (status == CHURN_OK && !*unchanged)
    status = place(staging, final, old, error);
  staging->root_made = staging->root_made && status != CHURN_OK;
  free(old);
  free(final);
  return status;
}

churn_status churn_staging_point(churn_staging *staging, const char *link, const char *name,
                                 churn_error *error)
{
  char *final = churn_text_format("%s/%s", staging->root, link);
  if (final == NULL)
    return churn_error_no_memory(error);
  char *made = make_unique(staging->root, make_link, name);
  churn_status status = CHURN_OK;
  if (made == NULL || rename(made, final) != 0 || !churn_folder_sync(staging->root))
    status = churn_error_set_errno(error, CHURN_CANNOT_CREATE, final, "set the link", errno);
  if (status != CHURN_OK && made != NULL)
    unlink(made);
  free(made);
  free(final);
  return status;
}

churn_status churn_staging_remove(churn_staging *staging, const char *name, churn_error *error)
{
  char *path = churn_text_format("%s/%s", staging->root, name);
  if (path == NULL)
    return churn_error_no_memory(error);
  char *aside = make_unique(staging->root, make_moved, path);
  if (aside == NULL && errno == ENOENT) {
    free(path);
    return CHURN_OK;
  }
  churn_status status = churn_folder_remove(aside == NULL ? path : aside, error);
  free(aside);
  free(path);
  return status;
}

void churn_staging_close(churn_staging *staging)
{
  if (staging->path != NULL)
    (void)!churn_folder_remove(staging->path, NULL);
  if (staging->root_made)
    rmdir(staging->root);
  churn_lock_release(staging->lock);
  free(staging->path);
  free(staging->root);
  *staging = (churn_staging){0};
}
