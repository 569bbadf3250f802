/* A file that is complete under its final name, or not there.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/output.h"

#include "base/buffer.h"
#include "base/error.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BUFFER_SIZE = 1 << 16, NAME_TRIES = 100 };

struct churn_output {
  char *path;
  char *folder;
  char *
      temporary; /* NULL while the file has no name (O_TMPFILE) or the target is written in place */
  int descriptor;
  int system_error; /* errno of the first failure, 0 = none */
  bool in_place;    /* standard output, or a target that is no regular file (a pipe, a device) */
  churn_buffer buffer;
  uint64_t written, begun; /* bytes; up to `begun` the disk was asked to take them */
};

/* The file that a symbolic link stands for, so that the link stays and what it points at is
 * replaced; a link to nothing is replaced itself. */
static char *resolve(const char *path)
{
  struct stat found;
  char *resolved = NULL;
  if (lstat(path, &found) == 0 && S_ISLNK(found.st_mode))
    resolved = realpath(path, NULL);
  return resolved != NULL ? resolved : churn_text_copy(path, strlen(path));
}

static char *folder_of(const char *path)
{
  const char *slash = strrchr(path, '/');
  if (slash == NULL)
    return churn_text_copy(".", 1);
  return churn_text_copy(path, slash == path ? 1 : (size_t)(slash - path));
}

/* A name in the target's folder that nobody else uses: `.NAME.PID-N.part`. */
static char *temporary_name(const char *path, int try)
{
  const char *slash = strrchr(path, '/');
  int folder_length = slash == NULL ? 0 : (int)(slash - path) + 1;
  return churn_text_format("%.*s.%s.%ld-%d.part", folder_length, path, path + folder_length,
                           (long)getpid(), try);
}

static int open_named(churn_output *output)
{
  for (int try = 0; try < NAME_TRIES; try++) {
    output->temporary = temporary_name(output->path, try);
    if (output->temporary == NULL) {
      errno = ENOMEM;
      return -1;
    }
    int descriptor = open(output->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor >= 0)
      return descriptor;
    int reason = errno;
    free(output->temporary);
    output->temporary = NULL;
    errno = reason;
    if (reason != EEXIST)
      return -1;
  }
  return -1;
}

static int open_target(churn_output *output)
{
  struct stat found;
  if (strcmp(output->path, "-") == 0) {
    output->in_place = true;
    return dup(STDOUT_FILENO);
  }
  if (output->path[0] == '\0') {
    errno = ENOENT;
    return -1;
  }
  if (stat(output->path, &found) == 0 && S_ISDIR(found.st_mode)) {
    errno = EISDIR;
    return -1;
  }
  if (stat(output->path, &found) == 0 && !S_ISREG(found.st_mode)) {
    output->in_place = true;
    return open(output->path, O_WRONLY | O_CLOEXEC);
  }
  /* An unnamed file leaves no litter even when the program is killed, but only /proc can give it
   * its name. */
  if (access("/proc/self/fd", X_OK) != 0)
    return open_named(output);
  int descriptor = open(output->folder, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666);
  if (descriptor >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL))
    return descriptor;
  return open_named(output);
}

churn_status churn_output_open(const char *path, churn_output **output, churn_error *error)
{
  churn_output *o = calloc(1, sizeof *o);
  if (o == NULL)
    return churn_error_no_memory(error);
  o->descriptor = -1;
  o->path = resolve(path);
  o->folder = o->path == NULL ? NULL : folder_of(o->path);
  if (o->path == NULL || o->folder == NULL) {
    churn_output_discard(o);
    return churn_error_no_memory(error);
  }
  o->descriptor = open_target(o);
  if (o->descriptor < 0) {
    churn_status status =
        churn_error_set_errno(error, CHURN_CANNOT_CREATE, path, "create the file", errno);
    churn_output_discard(o);
    return status;
  }
  *output = o;
  return CHURN_OK;
}

/* Asks the disk to begin with what is written already, so that little is left to flush at the end.
 * Only a wish: where it is not granted nothing is lost. */
static void begin_flushing(churn_output *output)
{
  enum { AT_ONCE = 1 << 24 };
  if (output->in_place || output->written - output->begun < AT_ONCE)
    return;
  sync_file_range(output->descriptor, (off_t)output->begun,
                  (off_t)(output->written - output->begun), SYNC_FILE_RANGE_WRITE);
  output->begun = output->written;
}

static void write_out(churn_output *output, const char *bytes, size_t length)
{
  while (length > 0 && output->system_error == 0) {
    ssize_t written = write(output->descriptor, bytes, length);
    if (written >= 0) {
      bytes += written;
      length -= (size_t)written;
      output->written += (uint64_t)written;
    } else if (errno != EINTR) {
      output->system_error = errno;
    }
  }
  begin_flushing(output);
}

static void flush(churn_output *output)
{
  if (output->buffer.failed && output->system_error == 0)
    output->system_error = ENOMEM;
  write_out(output, output->buffer.bytes, output->buffer.used);
  output->buffer.used = 0;
}

static void flush_full(churn_output *output)
{
  if (output->buffer.used >= BUFFER_SIZE || output->buffer.failed)
    flush(output);
}

void churn_output_write(churn_output *output, const void *bytes, size_t length)
{
  if (length > BUFFER_SIZE) {
    flush(output);
    write_out(output, bytes, length);
    return;
  }
  churn_buffer_write(&output->buffer, bytes, length);
  flush_full(output);
}

void churn_output_text(churn_output *output, const char *text)
{
  churn_output_write(output, text, strlen(text));
}

void churn_output_printf(churn_output *output, const char *format, ...)
{
  char *text = NULL;
  va_list arguments;
  va_start(arguments, format);
  int length = vasprintf(&text, format, arguments);
  va_end(arguments);
  if (length < 0) {
    output->system_error = output->system_error == 0 ? ENOMEM : output->system_error;
    return;
  }
  churn_output_write(output, text, (size_t)length);
  free(text);
}

void churn_output_number(churn_output *output, double value)
{
  churn_buffer_number(&output->buffer, value);
  flush_full(output);
}

void churn_output_whole(churn_output *output, uint64_t value)
{
  churn_output_printf(output, "%" PRIu64, value);
}

void churn_output_csv(churn_output *output, const char *text, size_t length)
{
  churn_buffer_csv(&output->buffer, text, length);
  flush_full(output);
}

/* Gives an unnamed file a temporary name, so that rename can put it in place in one step. */
static bool name_unnamed(churn_output *output)
{
  char link_path[64];
  snprintf(link_path, sizeof link_path, "/proc/self/fd/%d", output->descriptor);
  for (int try = 0; try < NAME_TRIES; try++) {
    output->temporary = temporary_name(output->path, try);
    if (output->temporary == NULL) {
      errno = ENOMEM;
      return false;
    }
    if (linkat(AT_FDCWD, link_path, AT_FDCWD, output->temporary, AT_SYMLINK_FOLLOW) == 0)
      return true;
    int reason = errno;
    free(output->temporary);
    output->temporary = NULL;
    errno = reason;
    if (reason != EEXIST)
      return false;
  }
  return false;
}

/* An existing target keeps its mode. */
static void keep_mode(const churn_output *output)
{
  struct stat before;
  if (stat(output->path, &before) == 0 && fchmod(output->descriptor, before.st_mode & 07777) != 0)
    return;
}

bool churn_folder_sync(const char *folder)
{
  int descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0)
    return true;
  bool good = fsync(descriptor) == 0 || errno == EINVAL;
  close(descriptor);
  return good;
}

static bool close_descriptor(churn_output *output)
{
  int descriptor = output->descriptor;
  output->descriptor = -1;
  return close(descriptor) == 0;
}

/* All that may fail comes before the rename, but for the folder's own flush. */
static bool put_in_place(churn_output *output)
{
  keep_mode(output);
  if (fsync(output->descriptor) != 0)
    return false;
  if (output->temporary == NULL && !name_unnamed(output))
    return false;
  if (!close_descriptor(output))
    return false;
  if (rename(output->temporary, output->path) != 0)
    return false;
  free(output->temporary);
  output->temporary = NULL;
  return churn_folder_sync(output->folder);
}

static churn_status report(const churn_output *output, const char *doing, int system_error,
                           churn_error *error)
{
  const char *name = strcmp(output->path, "-") == 0 ? "standard output" : output->path;
  /* The folder has gone since the file was opened in it. */
  churn_status otherwise = system_error == ENOENT ? CHURN_CANNOT_CREATE : CHURN_IO;
  return churn_error_set_errno(error, otherwise, name, doing, system_error);
}

churn_status churn_output_commit(churn_output *output, churn_error *error)
{
  flush(output);
  churn_status status = CHURN_OK;
  if (output->system_error != 0)
    status = report(output, "write the file", output->system_error, error);
  else if (output->in_place ? !close_descriptor(output) : !put_in_place(output))
    status = report(output, "finish the file", errno, error);
  churn_output_discard(output);
  return status;
}

void churn_output_discard(churn_output *output)
{
  if (output == NULL)
    return;
  if (output->descriptor >= 0)
    close(output->descriptor);
  if (output->temporary != NULL)
    unlink(output->temporary);
  churn_buffer_clear(&output->buffer);
  free(output->temporary);
  free(output->folder);
  free(output->path);
  free(output);
}
