/* Folders of plain files.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/folder.h"

#include "base/error.h"
#include "base/memory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BLOCK = 1 << 13 };

static int compare_names(const void *left, const void *right)
{
  return strcmp(*(char *const *)left, *(char *const *)right);
}

static bool add_name(churn_names *names, const char *name)
{
  char *copy = churn_text_copy(name, strlen(name));
  if (copy == NULL || !churn_array_reserve(&names->items, &names->capacity, names->count + 1,
                                           sizeof *names->items)) {
    free(copy);
    return false;
  }
  names->items[names->count++] = copy;
  return true;
}

churn_status churn_folder_list(const char *path, churn_names *names, churn_error *error)
{
  churn_status status = CHURN_OK;
  *names = (churn_names){0};
  DIR *folder = opendir(path);
  if (folder == NULL && errno == ENOENT)
    return CHURN_OK;
  if (folder == NULL)
    return churn_error_set_errno(error, CHURN_IO, path, "list the folder", errno);
  const struct dirent *entry;
  while (status == CHURN_OK && (errno = 0, entry = readdir(folder)) != NULL)
    if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
        !add_name(names, entry->d_name))
      status = churn_error_no_memory(error);
  if (status == CHURN_OK && errno != 0)
    status = churn_error_set_errno(error, CHURN_IO, path, "list the folder", errno);
  closedir(folder);
  if (status == CHURN_OK && names->count > 0)
    qsort(names->items, names->count, sizeof *names->items, compare_names);
  if (status != CHURN_OK)
    churn_names_clear(names);
  return status;
}

void churn_names_clear(churn_names *names)
{
  for (size_t i = 0; i < names->count; i++)
    free(names->items[i]);
  free(names->items);
  *names = (churn_names){0};
}

/* Both descriptors at their beginning. */
static bool same_bytes(int a, int b)
{
  char left[BLOCK], right[BLOCK];
  for (;;) {
    ssize_t got = read(a, left, sizeof left), other = 0;
    if (got < 0)
      return false;
    while (other < got) {
      ssize_t more = read(b, right + other, (size_t)(got - other));
      if (more <= 0)
        return false;
      other += more;
    }
    if (got == 0)
      return read(b, right, 1) == 0;
    if (memcmp(left, right, (size_t)got) != 0)
      return false;
  }
}

static bool same_files(const char *a, const char *b)
{
  struct stat first, second;
  int left = open(a, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  int right = open(b, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  bool same = left >= 0 && right >= 0 && fstat(left, &first) == 0 && fstat(right, &second) == 0 &&
              S_ISREG(first.st_mode) && S_ISREG(second.st_mode) &&
              first.st_size == second.st_size && same_bytes(left, right);
  if (left >= 0)
    close(left);
  if (right >= 0)
    close(right);
  return same;
}

static churn_status compare_file(const char *a, const char *b, const char *name, bool *same,
                                 churn_error *error)
{
  char *left = churn_text_format("%s/%s", a, name), *right = churn_text_format("%s/%s", b, name);
  churn_status status = left == NULL || right == NULL ? churn_error_no_memory(error) : CHURN_OK;
  if (status == CHURN_OK)
    *same = same_files(left, right);
  free(left);
  free(right);
  return status;
}

churn_status churn_folder_compare(const char *a, const char *b, bool *same, churn_error *error)
{
  churn_names left = {0}, right = {0};
  churn_status status = churn_folder_list(a, &left, error);
  if (status == CHURN_OK)
    status = churn_folder_list(b, &right, error);
  bool alike = left.count == right.count;
  for (size_t i = 0; status == CHURN_OK && alike && i < left.count; i++) {
    alike = strcmp(left.items[i], right.items[i]) == 0;
    if (alike)
      status = compare_file(a, b, left.items[i], &alike, error);
  }
  churn_names_clear(&left);
  churn_names_clear(&right);
  if (status == CHURN_OK)
    *same = alike;
  return status;
}

static churn_status remove_file(const char *folder, const char *name, churn_error *error)
{
  char *path = churn_text_format("%s/%s", folder, name);
  if (path == NULL)
    return churn_error_no_memory(error);
  churn_status status =
      unlink(path) == 0 || errno == ENOENT
          ? CHURN_OK
          : churn_error_set_errno(error, CHURN_IO, path, "remove the file", errno);
  free(path);
  return status;
}

churn_status churn_folder_remove(const char *path, churn_error *error)
{
  struct stat found;
  churn_names names = {0};
  if (lstat(path, &found) != 0)
    return errno == ENOENT
               ? CHURN_OK
               : churn_error_set_errno(error, CHURN_IO, path, "remove the folder", errno);
  if (!S_ISDIR(found.st_mode))
    return unlink(path) == 0
               ? CHURN_OK
               : churn_error_set_errno(error, CHURN_IO, path, "remove the file", errno);
  churn_status status = churn_folder_list(path, &names, error);
  for (size_t i = 0; status == CHURN_OK && i < names.count; i++)
    status = remove_file(path, names.items[i], error);
  churn_names_clear(&names);
  if (status == CHURN_OK && rmdir(path) != 0)
    status = churn_error_set_errno(error, CHURN_IO, path, "remove the folder", errno);
  return status;
}
