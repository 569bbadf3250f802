/* A temporary file without a name.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/temporary.h"

#include "base/error.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct churn_temporary {
  int descriptor;
  char *folder; /* for messages */
  _Atomic uint64_t end;
  void *mapped; /* NULL = not yet */
  size_t mapped_length;
};

/* Where the file system knows no files without a name, it has one for a moment. */
static int open_named(const char *folder)
{
  char *name = churn_text_format("%s/churn.XXXXXX", folder);
  int descriptor = -1;
  if (name != NULL)
    descriptor = mkostemp(name, O_CLOEXEC);
  if (descriptor >= 0 && unlink(name) != 0) {
    int reason = errno;
    close(descriptor);
    descriptor = -1;
    errno = reason;
  }
  free(name);
  return descriptor;
}

static int open_in(const char *folder)
{
  int descriptor = open(folder, O_TMPFILE | O_RDWR | O_EXCL | O_CLOEXEC, 0600);
  if (descriptor < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL))
    descriptor = open_named(folder);
  return descriptor;
}

static const char *choose_folder(void)
{
  const char *named = getenv("TMPDIR");
  if (named != NULL && named[0] != '\0')
    return named;
  return access("/var/tmp", W_OK | X_OK) == 0 ? "/var/tmp" : "/tmp";
}

churn_status churn_temporary_open(churn_temporary **file, churn_error *error)
{
  const char *folder = choose_folder();
  churn_temporary *made = calloc(1, sizeof *made);
  if (made == NULL)
    return churn_error_no_memory(error);
  made->descriptor = -1;
  made->folder = churn_text_copy(folder, strlen(folder));
  atomic_init(&made->end, 0);
  churn_status status = CHURN_OK;
  if (made->folder == NULL)
    status = churn_error_no_memory(error);
  else if ((made->descriptor = open_in(folder)) < 0)
    status = churn_error_set_errno(
        error, CHURN_CANNOT_CREATE, folder,
        "make the temporary file that --memory needs here (TMPDIR names another folder)", errno);
  if (status == CHURN_OK)
    *file = made;
  else
    churn_temporary_close(made);
  return status;
}

void churn_temporary_close(churn_temporary *file)
{
  if (file == NULL)
    return;
  if (file->mapped != NULL)
    munmap(file->mapped, file->mapped_length);
  if (file->descriptor >= 0)
    close(file->descriptor);
  free(file->folder);
  free(file);
}

churn_status churn_temporary_append(churn_temporary *file, const void *bytes, size_t length,
                                    uint64_t *at, churn_error *error)
{
  *at = atomic_fetch_add(&file->end, length);
  return churn_temporary_put(file, *at, bytes, length, error);
}

churn_status churn_temporary_put(churn_temporary *file, uint64_t at, const void *bytes,
                                 size_t length, churn_error *error)
{
  const char *from = bytes;
  while (length > 0) {
    ssize_t put = pwrite(file->descriptor, from, length, (off_t)at);
    if (put < 0 && errno == EINTR)
      continue;
    if (put < 0)
      return churn_error_set_errno(
          error, CHURN_IO, file->folder,
          "write the temporary file that --memory needs here (TMPDIR names another folder)", errno);
    from += put;
    at += (uint64_t)put;
    length -= (size_t)put;
  }
  return CHURN_OK;
}

churn_status churn_temporary_get(churn_temporary *file, uint64_t at, void *bytes, size_t length,
                                 churn_error *error)
{
  char *to = bytes;
  while (length > 0) {
    ssize_t got = pread(file->descriptor, to, length, (off_t)at);
    if (got < 0 && errno == EINTR)
      continue;
    if (got <= 0)
      return churn_error_set_errno(error, CHURN_IO, file->folder, "read the temporary file back",
                                   got == 0 ? EIO : errno);
    to += got;
    at += (uint64_t)got;
    length -= (size_t)got;
  }
  return CHURN_OK;
}

churn_status churn_temporary_map(churn_temporary *file, size_t length, const void **bytes,
                                 churn_error *error)
{
  void *mapped = mmap(NULL, length, PROT_READ, MAP_SHARED, file->descriptor, 0);
  if (mapped == MAP_FAILED)
    return churn_error_set_errno(error, CHURN_IO, file->folder, "map the temporary file", errno);
  file->mapped = mapped;
  file->mapped_length = length;
  *bytes = mapped;
  return CHURN_OK;
}

churn_status churn_temporary_keep_map(churn_temporary *file, size_t length, const void **bytes,
                                      churn_error *error)
{
  churn_status status = churn_temporary_map(file, length, bytes, error);
  file->mapped = NULL;
  return status;
}

void churn_temporary_let_go(const churn_temporary *file)
{
  if (file != NULL && file->mapped != NULL)
    madvise(file->mapped, file->mapped_length, MADV_DONTNEED);
}
