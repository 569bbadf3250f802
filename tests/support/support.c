/* Shared by all tests.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATHS = 8, PATH_SIZE = 1024 };

static char scratch[PATH_SIZE];
static char paths[PATHS][PATH_SIZE];
static int next_path;

void check_close(double actual, double expected, double relative, double absolute, const char *what,
                 const char *file, int line)
{
  if (isnan(actual) && isnan(expected))
    return;
  if (fabs(actual - expected) <= relative * fabs(expected) + absolute)
    return;
  print_error("%s is %.17g, expected %.17g\n", what, actual, expected);
  _fail(file, line);
}

void check_ok(churn_status status, const churn_error *error, const char *file, int line)
{
  if (status == CHURN_OK)
    return;
  char text[CHURN_MESSAGE_SIZE + CHURN_PLACE_SIZE] = "";
  if (error != NULL)
    churn_error_format(error, text, sizeof text);
  print_error("%s: %s\n", churn_status_name(status), text);
  _fail(file, line);
}

const char *scratch_make(void)
{
  const char *base = getenv("TMPDIR");
  snprintf(scratch, sizeof scratch, "%s/churn-test-XXXXXX", base == NULL ? "/tmp" : base);
  if (mkdtemp(scratch) == NULL)
    _fail(__FILE__, __LINE__);
  return scratch;
}

void scratch_remove(void)
{
  char command[PATH_SIZE + 16];
  if (scratch[0] == '\0')
    return;
  snprintf(command, sizeof command, "rm -rf '%s'", scratch);
  if (system(command) != 0)
    print_error("cannot remove %s\n", scratch);
  scratch[0] = '\0';
}

static char *fresh_path(const char *folder, const char *name)
{
  char *path = paths[next_path++ % PATHS];
  snprintf(path, PATH_SIZE, "%.500s/%.500s", folder, name);
  return path;
}

const char *scratch_path(const char *name)
{
  return fresh_path(scratch, name);
}

const char *scratch_write_bytes(const char *name, const void *bytes, size_t length)
{
  const char *path = scratch_path(name);
  FILE *file = fopen(path, "wb");
  if (file == NULL || fwrite(bytes, 1, length, file) != length || fclose(file) != 0)
    _fail(__FILE__, __LINE__);
  return path;
}

const char *scratch_write(const char *name, const char *text)
{
  return scratch_write_bytes(name, text, strlen(text));
}

char *file_read(const char *path, size_t *length)
{
  FILE *file = fopen(path, "rb");
  if (file == NULL)
    return NULL;
  size_t used = 0, size = 1 << 16;
  char *bytes = malloc(size);
  while (bytes != NULL) {
    size_t got = fread(bytes + used, 1, size - used - 1, file);
    used += got;
    if (got == 0)
      break;
    if (size - used - 1 == 0) {
      size *= 2;
      char *grown = realloc(bytes, size);
      if (grown == NULL)
        free(bytes);
      bytes = grown;
    }
  }
  fclose(file);
  if (bytes == NULL)
    return NULL;
  bytes[used] = '\0';
  if (length != NULL)
    *length = used;
  return bytes;
}

const char *shared_path(const char *name)
{
  char *path = fresh_path(CHURN_SHARED, name);
  return access(path, R_OK) == 0 ? path : NULL;
}

int scratch_setup(void **state)
{
  (void)state;
  return scratch_make() == NULL;
}

int scratch_teardown(void **state)
{
  (void)state;
  scratch_remove();
  return 0;
}
