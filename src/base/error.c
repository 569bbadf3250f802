/* Filling churn_error and churn_notes.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/error.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct churn_notes {
  churn_note *items;
  size_t count;
  size_t capacity;
  size_t lost;
};

const char *churn_status_name(churn_status status)
{
  static const char *const names[] = {"done",
                                      "wrong usage",
                                      "malformed data",
                                      "inconsistent data",
                                      "no valid answer",
                                      "input missing",
                                      "internal error",
                                      "out of memory",
                                      "cannot create output",
                                      "I/O error",
                                      "busy",
                                      "no permission",
                                      "bad project"};
  size_t count = sizeof names / sizeof names[0];
  return (size_t)status < count ? names[status] : "unknown status";
}

/* Places in what source/spools.h read have a row, and no line. */
static bool is_database(const char *file)
{
  return strncmp(file, "sqlite:", 7) == 0 || strncmp(file, "postgresql:", 11) == 0 ||
         strncmp(file, "postgres:", 9) == 0;
}

void churn_error_format(const churn_error *error, char *text, uint64_t size)
{
  if (size == 0)
    return;
  char place[CHURN_PLACE_SIZE + 48] = "";
  if (is_database(error->file) && error->line > 0)
    snprintf(place, sizeof place, "%s, row %" PRIu64 ": ", error->file, error->line);
  else if (error->file[0] != '\0' && error->line > 0 && error->column > 0)
    snprintf(place, sizeof place, "%s:%" PRIu64 ":%" PRIu64 ": ", error->file, error->line,
             error->column);
  else if (error->file[0] != '\0' && error->line > 0)
    snprintf(place, sizeof place, "%s:%" PRIu64 ": ", error->file, error->line);
  else if (error->file[0] != '\0')
    snprintf(place, sizeof place, "%s: ", error->file);
  snprintf(text, (size_t)size, "%s%s", place, error->message);
}

static void fill(churn_error *error, churn_status status, churn_place place, const char *format,
                 va_list arguments)
{
  if (error == NULL)
    return;
  error->status = status;
  vsnprintf(error->message, sizeof error->message, format, arguments);
  snprintf(error->file, sizeof error->file, "%s", place.file == NULL ? "" : place.file);
  error->line = place.line;
  error->column = place.column;
}

churn_status churn_error_set(churn_error *error, churn_status status, const char *format, ...)
{
  va_list arguments;
  va_start(arguments, format);
  fill(error, status, CHURN_NOWHERE, format, arguments);
  va_end(arguments);
  return status;
}

churn_status churn_error_set_at(churn_error *error, churn_status status, churn_place place,
                                const char *format, ...)
{
  va_list arguments;
  va_start(arguments, format);
  fill(error, status, place, format, arguments);
  va_end(arguments);
  return status;
}

churn_status churn_error_set_errno(churn_error *error, churn_status otherwise, const char *file,
                                   const char *doing, int system_error)
{
  churn_status status = otherwise;
  if (system_error == ENOMEM)
    return churn_error_no_memory(error);
  if (system_error == ENOENT && otherwise != CHURN_CANNOT_CREATE)
    status = CHURN_NO_INPUT;
  else if (system_error == EACCES || system_error == EPERM || system_error == EROFS)
    status = CHURN_PERMISSION;
  char reason[128] = "";
  const char *text = strerror_r(system_error, reason, sizeof reason);
  return churn_error_set_at(error, status, (churn_place){file, 0, 0}, "cannot %s: %s", doing, text);
}

churn_status churn_error_no_memory(churn_error *error)
{
  return churn_error_set(error, CHURN_NO_MEMORY, "out of memory");
}

churn_notes *churn_notes_new(void)
{
  return calloc(1, sizeof(churn_notes));
}

void churn_notes_free(churn_notes *notes)
{
  if (notes == NULL)
    return;
  for (size_t i = 0; i < notes->count; i++) {
    free((void *)(uintptr_t)notes->items[i].text);
    free((void *)(uintptr_t)notes->items[i].file);
  }
  free(notes->items);
  free(notes);
}

size_t churn_notes_count(const churn_notes *notes)
{
  return notes == NULL ? 0 : notes->count;
}

size_t churn_notes_count_of(const churn_notes *notes, churn_severity severity)
{
  size_t count = 0;
  for (size_t i = 0; i < churn_notes_count(notes); i++)
    count += notes->items[i].severity == severity;
  return count;
}

const churn_note *churn_notes_get(const churn_notes *notes, size_t index)
{
  return index < churn_notes_count(notes) ? &notes->items[index] : NULL;
}

static int make_room(churn_notes *notes)
{
  if (notes->count < notes->capacity)
    return 1;
  size_t capacity = notes->capacity == 0 ? 16 : notes->capacity * 2;
  churn_note *items = realloc(notes->items, capacity * sizeof *items);
  if (items == NULL)
    return 0;
  notes->items = items;
  notes->capacity = capacity;
  return 1;
}

static int append(churn_notes *notes, churn_severity severity, churn_status status,
                  const char *code, churn_place place, const char *text)
{
  if (!make_room(notes))
    return 0;
  char *text_copy = strdup(text);
  char *file_copy = strdup(place.file == NULL ? "" : place.file);
  if (text_copy == NULL || file_copy == NULL) {
    free(text_copy);
    free(file_copy);
    return 0;
  }
  notes->items[notes->count++] =
      (churn_note){severity, status, code, text_copy, file_copy, place.line, place.column};
  return 1;
}

void churn_notes_add(churn_notes *notes, churn_severity severity, const char *code,
                     churn_place place, const char *format, ...)
{
  if (notes == NULL)
    return;
  char text[CHURN_MESSAGE_SIZE];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  churn_status status = severity == CHURN_FAULT ? CHURN_MALFORMED : CHURN_OK;
  if (!append(notes, severity, status, code, place, text))
    notes->lost++;
}

void churn_notes_add_fault(churn_notes *notes, const churn_error *error)
{
  churn_place place = {error->file, error->line, error->column};
  if (notes != NULL && !append(notes, CHURN_FAULT, error->status, "fault", place, error->message))
    notes->lost++;
}

size_t churn_notes_lost(const churn_notes *notes)
{
  return notes == NULL ? 0 : notes->lost;
}

churn_status churn_notes_take_fault(churn_notes *notes, churn_status status,
                                    const churn_error *error)
{
  if (status == CHURN_OK || status == CHURN_NO_MEMORY || status == CHURN_INTERNAL)
    return status;
  churn_notes_add_fault(notes, error);
  return CHURN_OK;
}
