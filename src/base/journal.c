/* A file of lines that only grows.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/journal.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static churn_status make_folder(const char *folder, churn_error *error)
{
  if (mkdir(folder, 0777) == 0 || errno == EEXIST)
    return CHURN_OK;
  return churn_error_set_errno(error, CHURN_CANNOT_CREATE, folder, "create the folder", errno);
}

static churn_status lock(const churn_journal *journal, int kind, churn_error *error)
{
  int failed;
  do
    failed = flock(journal->descriptor, kind);
  while (failed != 0 && errno == EINTR);
  return failed == 0
             ? CHURN_OK
             : churn_error_set_errno(error, CHURN_IO, journal->path, "lock the file", errno);
}

static churn_status read_bytes(churn_journal *journal, churn_error *error)
{
  size_t capacity = 0;
  ssize_t got = 1;
  while (got != 0) {
    if (!churn_array_reserve(&journal->bytes, &capacity, journal->length + 65536, 1))
      return churn_error_no_memory(error);
    got = read(journal->descriptor, journal->bytes + journal->length, capacity - journal->length);
    if (got < 0 && errno != EINTR)
      return churn_error_set_errno(error, CHURN_IO, journal->path, "read the file", errno);
    journal->length += got > 0 ? (size_t)got : 0;
  }
  return CHURN_OK;
}

/* A new file has a lasting name only once its folder is on disk. */
static churn_status open_file(churn_journal *journal, const char *folder, bool append,
                              churn_error *error)
{
  int mode = append ? O_RDWR | O_APPEND : O_RDONLY;
  journal->descriptor = open(journal->path, mode | O_CLOEXEC);
  if (journal->descriptor < 0 && errno == ENOENT && !append)
    return CHURN_OK;
  if (journal->descriptor < 0 && errno == ENOENT) {
    journal->descriptor = open(journal->path, mode | O_CREAT | O_CLOEXEC, 0666);
    if (journal->descriptor >= 0 && !churn_folder_sync(folder))
      return churn_error_set_errno(error, CHURN_IO, folder, "flush the folder", errno);
  }
  if (journal->descriptor < 0)
    return churn_error_set_errno(error, append ? CHURN_CANNOT_CREATE : CHURN_IO, journal->path,
                                 append ? "append to the file" : "read the file", errno);
  return CHURN_OK;
}

churn_status churn_journal_open(const char *folder, const char *name, bool append,
                                churn_journal *journal, churn_error *error)
{
  *journal = (churn_journal){.descriptor = -1};
  journal->path = churn_text_format("%s/%s", folder, name);
  churn_status status = journal->path == NULL ? churn_error_no_memory(error) : CHURN_OK;
  if (status == CHURN_OK && append)
    status = make_folder(folder, error);
  if (status == CHURN_OK)
    status = open_file(journal, folder, append, error);
  if (status != CHURN_OK || journal->descriptor < 0)
    return status;
  if (append)
    status = lock(journal, LOCK_EX, error);
  else if (lock(journal, LOCK_SH, NULL) != CHURN_OK)
    status = CHURN_OK; /* without locks a reader may see a line that is being written */
  if (status == CHURN_OK)
    status = read_bytes(journal, error);
  if (!append)
    (void)flock(journal->descriptor, LOCK_UN);
  journal->end = journal->length;
  journal->torn = journal->length > 0 && journal->bytes[journal->length - 1] != '\n';
  return status;
}

void churn_journal_close(churn_journal *journal)
{
  if (journal->descriptor >= 0)
    close(journal->descriptor);
  free(journal->path);
  free(journal->bytes);
  *journal = (churn_journal){.descriptor = -1};
}

churn_status churn_journal_append(churn_journal *journal, const char *line, size_t length,
                                  churn_error *error)
{
  size_t size = length + 1 + journal->torn;
  char *bytes = churn_array_new(size, 1);
  if (bytes == NULL)
    return churn_error_no_memory(error);
  bytes[0] = '\n';
  memcpy(bytes + journal->torn, line, length);
  bytes[size - 1] = '\n';
  ssize_t written = write(journal->descriptor, bytes, size);
  bool good = written == (ssize_t)size && fsync(journal->descriptor) == 0;
  int reason = written >= 0 && written < (ssize_t)size ? ENOSPC : errno;
  free(bytes);
  if (good) {
    journal->end += size;
    journal->torn = false;
    return CHURN_OK;
  }
  if (written > 0)
    (void)!ftruncate(journal->descriptor, (off_t)journal->end);
  return churn_error_set_errno(error, CHURN_IO, journal->path, "append to the file", reason);
}

bool churn_journal_next(const churn_journal *journal, churn_journal_line *line)
{
  size_t from = line->next;
  if (from >= journal->length)
    return false;
  const char *end = memchr(journal->bytes + from, '\n', journal->length - from);
  size_t length = end == NULL ? journal->length - from : (size_t)(end - journal->bytes) - from;
  *line = (churn_journal_line){.bytes = journal->bytes + from,
                               .length = length,
                               .number = line->number + 1,
                               .ended = end != NULL,
                               .next = from + length + 1};
  return true;
}

const char *churn_journal_cut(const churn_journal_line *line)
{
  return line->ended ? "" : "it was cut off while it was written (a crash, or a full disk); ";
}
