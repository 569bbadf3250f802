/* The bytes of a file as stored: mapped where that is possible, else read.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "source/input.h"

#include "base/error.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { READ_SIZE = 1 << 16 };

const char *churn_input_name(const char *path)
{
  return strcmp(path, "-") == 0 ? "standard input" : path;
}

static bool map_file(int descriptor, size_t length, churn_input *input)
{
  void *bytes = mmap(NULL, length, PROT_READ, MAP_PRIVATE, descriptor, 0);
  if (bytes == MAP_FAILED)
    return false;
  *input = (churn_input){bytes, length, true};
  return true;
}

static churn_status read_all(int descriptor, const char *name, churn_input *input,
                             churn_error *error)
{
  churn_status status = CHURN_OK;
  char *bytes = NULL;
  size_t used = 0, capacity = 0;
  for (;;) {
    if (!churn_array_reserve(&bytes, &capacity, used + READ_SIZE, 1)) {
      status = churn_error_no_memory(error);
      goto done;
    }
    ssize_t got = read(descriptor, bytes + used, capacity - used);
    if (got == 0)
      break;
    if (got > 0) {
      used += (size_t)got;
    } else if (errno != EINTR) {
      status = churn_error_set_errno(error, CHURN_IO, name, "read the file", errno);
      goto done;
    }
  }
  *input = (churn_input){bytes, used, false};
  bytes = NULL;
done:
  free(bytes);
  return status;
}

/* A pipe gives its bytes once, but a source is read up to three times (headings, types, rows): what
 * was read takes the pipe's place as standard input. Where that fails, a later read finds nothing
 * and says so. */
static void keep_input(const churn_input *input)
{
  int descriptor = memfd_create("standard input", MFD_CLOEXEC);
  size_t written = 0;
  while (descriptor >= 0 && written < input->length) {
    ssize_t put = write(descriptor, (const char *)input->bytes + written, input->length - written);
    if (put < 0 && errno != EINTR)
      break;
    written += put < 0 ? 0 : (size_t)put;
  }
  if (descriptor >= 0 && written == input->length)
    dup2(descriptor, STDIN_FILENO);
  if (descriptor >= 0)
    close(descriptor);
}

static churn_status read_standard_input(const char *name, churn_input *input, churn_error *error)
{
  struct stat found;
  if (fstat(STDIN_FILENO, &found) == 0 && S_ISREG(found.st_mode) && found.st_size > 0 &&
      map_file(STDIN_FILENO, (size_t)found.st_size, input))
    return CHURN_OK;
  churn_status status = read_all(STDIN_FILENO, name, input, error);
  if (status == CHURN_OK && input->length > 0)
    keep_input(input);
  return status;
}

churn_status churn_input_read(const char *path, churn_input *input, churn_error *error)
{
  const char *name = churn_input_name(path);
  if (strcmp(path, "-") == 0)
    return read_standard_input(name, input, error);
  int descriptor = open(path, O_RDONLY | O_CLOEXEC);
  if (descriptor < 0)
    return churn_error_set_errno(error, CHURN_IO, name, "open the file", errno);
  churn_status status = CHURN_OK;
  struct stat found;
  if (fstat(descriptor, &found) != 0)
    status = churn_error_set_errno(error, CHURN_IO, name, "read the file", errno);
  else if (S_ISDIR(found.st_mode))
    status = churn_error_set_errno(error, CHURN_IO, name, "read the file", EISDIR);
  else if (!S_ISREG(found.st_mode) || found.st_size == 0 ||
           !map_file(descriptor, (size_t)found.st_size, input))
    status = read_all(descriptor, name, input, error);
  close(descriptor);
  return status;
}

void churn_input_clear(churn_input *input)
{
  if (input->mapped)
    munmap(input->bytes, input->length);
  else
    free(input->bytes);
  *input = (churn_input){NULL, 0, false};
}

void churn_input_let_go(const churn_input *input, size_t from, size_t to)
{
  size_t page = (size_t)sysconf(_SC_PAGESIZE), first = from / page * page, last = to / page * page;
  if (input->mapped && last > first)
    madvise(input->bytes + first, last - first, MADV_DONTNEED);
}
