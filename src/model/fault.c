/* Saying what is wrong with a model and where in its JSON.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/fault.h"

#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { PATH_SIZE = 256, TEXT_SIZE = 640 };

/* Writes the path of `at` into text[used..PATH_SIZE) and gives the new length; too long is cut. */
static size_t print_path(const churn_json_at *at, char *text)
{
  size_t used = at->above == NULL ? 0 : print_path(at->above, text);
  int length;
  if (at->key == NULL)
    length = snprintf(text + used, PATH_SIZE - used, "[%zu]", at->index);
  else
    length = snprintf(text + used, PATH_SIZE - used, "%s%.80s", used > 0 ? "." : "", at->key);
  used += length < 0 ? 0 : (size_t)length;
  return used < PATH_SIZE ? used : PATH_SIZE - 1;
}

static churn_status set(const churn_model_reporter *reporter, const char *path, const char *text)
{
  return churn_error_set_at(reporter->error, reporter->status, (churn_place){reporter->file, 0, 0},
                            "%s%s%s", reporter->lead, path, text);
}

churn_status churn_model_fault(const churn_model_reporter *reporter, const char *format, ...)
{
  char text[TEXT_SIZE];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  return set(reporter, "", text);
}

churn_status churn_model_fault_at(const churn_model_reporter *reporter, const churn_json_at *at,
                                  const char *format, ...)
{
  char path[PATH_SIZE + 1] = "the file", text[TEXT_SIZE];
  size_t used = at == NULL ? strlen(path) : print_path(at, path);
  path[used] = ' ';
  path[used + 1] = '\0';
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  return set(reporter, path, text);
}
