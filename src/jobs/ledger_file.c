/* The ledger as a file.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs/ledger_file.h"

#include "base/error.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static churn_status name_file(const char *folder, bool append, churn_ledger_file *file,
                              churn_error *error)
{
  char *models = churn_text_format("%s/models", folder);
  file->path = churn_text_format("%s/models/comparisons.jsonl", folder);
  churn_status status =
      models == NULL || file->path == NULL ? churn_error_no_memory(error) : CHURN_OK;
  if (status == CHURN_OK && append && mkdir(models, 0777) != 0 && errno != EEXIST)
    status = churn_error_set_errno(error, CHURN_CANNOT_CREATE, models, "create the folder", errno);
  free(models);
  return status;
}

static churn_status lock(const churn_ledger_file *file, churn_error *error)
{
  int failed;
  do
    failed = flock(file->descriptor, LOCK_EX);
  while (failed != 0 && errno == EINTR);
  return failed == 0 ? CHURN_OK
                     : churn_error_set_errno(error, CHURN_IO, file->path, "lock the file", errno);
}

static churn_status read_bytes(churn_ledger_file *file, churn_error *error)
{
  size_t capacity = 0;
  ssize_t got = 1;
  while (got != 0) {
    if (!churn_array_reserve(&file->bytes, &capacity, file->length + 65536, 1))
      return churn_error_no_memory(error);
    got = read(file->descriptor, file->bytes + file->length, capacity - file->length);
    if (got < 0 && errno != EINTR)
      return churn_error_set_errno(error, CHURN_IO, file->path, "read the file", errno);
    file->length += got > 0 ? (size_t)got : 0;
  }
  return CHURN_OK;
}

churn_status churn_ledger_open(const char *folder, bool append, churn_ledger_file *file,
                               churn_error *error)
{
  *file = (churn_ledger_file){.descriptor = -1};
  churn_status status = name_file(folder, append, file, error);
  if (status != CHURN_OK)
    return status;
  int mode = append ? O_RDWR | O_APPEND | O_CREAT : O_RDONLY;
  file->descriptor = open(file->path, mode | O_CLOEXEC, 0666);
  if (file->descriptor < 0 && !append && errno == ENOENT)
    return CHURN_OK;
  if (file->descriptor < 0)
    return churn_error_set_errno(error, append ? CHURN_CANNOT_CREATE : CHURN_IO, file->path,
                                 append ? "append to the file" : "read the file", errno);
  if (append)
    status = lock(file, error);
  return status == CHURN_OK ? read_bytes(file, error) : status;
}

void churn_ledger_close(churn_ledger_file *file)
{
  if (file->descriptor >= 0)
    close(file->descriptor);
  free(file->path);
  free(file->bytes);
  *file = (churn_ledger_file){.descriptor = -1};
}

churn_status churn_ledger_add_line(churn_ledger_file *file, const char *line, size_t length,
                                   churn_error *error)
{
  bool torn = file->length > 0 && file->bytes[file->length - 1] != '\n';
  size_t size = length + 1 + torn;
  char *bytes = churn_array_new(size, 1);
  if (bytes == NULL)
    return churn_error_no_memory(error);
  bytes[0] = '\n';
  memcpy(bytes + torn, line, length);
  bytes[size - 1] = '\n';
  ssize_t written = write(file->descriptor, bytes, size);
  bool good = written == (ssize_t)size && fsync(file->descriptor) == 0;
  int reason = written >= 0 && written < (ssize_t)size ? ENOSPC : errno;
  free(bytes);
  if (good)
    return CHURN_OK;
  (void)!ftruncate(file->descriptor, (off_t)file->length);
  return churn_error_set_errno(error, CHURN_IO, file->path, "append to the file", reason);
}
