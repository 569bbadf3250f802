/* The bytes of a YAML file.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/memory.h"
#include "project/spec.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FIRST_READ = 1 << 14, LARGEST_FILE = 1 << 22 };

/* Reads up to LARGEST_FILE + 1 bytes. False with errno. */
static bool read_all(int descriptor, char **bytes, size_t *length)
{
  size_t capacity = 0, used = 0;
  for (;;) {
    if (!churn_array_reserve(bytes, &capacity, used + FIRST_READ, 1)) {
      errno = ENOMEM;
      return false;
    }
    ssize_t got = read(descriptor, *bytes + used, capacity - used);
    if (got < 0 && errno != EINTR)
      return false;
    used += got > 0 ? (size_t)got : 0;
    if (got == 0 || used > LARGEST_FILE)
      break;
  }
  *length = used;
  return true;
}

churn_status churn_project_text(churn_arena *arena, const char *path, const char *what, char **text,
                                size_t *length, churn_error *error)
{
  char doing[64];
  bool input = strcmp(path, "-") == 0;
  churn_status status = CHURN_OK;
  char *bytes = NULL;
  snprintf(doing, sizeof doing, "read the %s", what);
  int descriptor = input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
  if (descriptor < 0 || !read_all(descriptor, &bytes, length))
    status = errno == ENOMEM ? churn_error_no_memory(error)
                             : churn_error_set_errno(error, CHURN_IO, path, doing, errno);
  else if (*length > LARGEST_FILE)
    status = churn_error_set_at(error, CHURN_BAD_PROJECT, (churn_place){path, 0, 0},
                                "larger than 4 MiB: not a %s", what);
  else if ((*text = churn_arena_text(arena, bytes, *length)) == NULL)
    status = churn_error_no_memory(error);
  if (descriptor >= 0 && !input)
    close(descriptor);
  free(bytes);
  return status;
}
