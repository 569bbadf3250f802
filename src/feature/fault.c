/* Faults of one expression and how they are shown.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "feature/fault.h"

#include "base/memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Characters of the expression that a message shows at most, and of those before the caret. */
enum { EXCERPT = 80, EXCERPT_BEFORE = 48, EXCERPT_SIZE = EXCERPT * 4 + 8 };

/* Bytes of the UTF-8 character at `text`, which has `left` bytes; 0 when it is none (or a control
 * character). */
static size_t character_length(const char *text, size_t left)
{
  unsigned char lead = (unsigned char)text[0];
  if (lead < 0x80)
    return lead >= 0x20 && lead != 0x7f;
  size_t length = lead >= 0xf5 ? 0 : lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc2 ? 2 : 0;
  if (length > left)
    return 0;
  for (size_t i = 1; i < length; i++)
    if (((unsigned char)text[i] & 0xc0) != 0x80)
      return 0;
  return length;
}

/* Bytes to step over to the next character: one where the bytes are not UTF-8. */
static size_t step(const char *text, size_t left)
{
  size_t length = character_length(text, left);
  return length == 0 ? 1 : length;
}

const char *churn_fault_piece(const char *text, size_t length, char buffer[CHURN_PIECE_SIZE])
{
  size_t at = 0, out = 0;
  for (size_t count = 0; at < length && count < CHURN_PIECE_CHARACTERS; count++) {
    size_t bytes = character_length(text + at, length - at);
    if (bytes == 0) {
      buffer[out++] = '?';
      at++;
      continue;
    }
    memcpy(buffer + out, text + at, bytes);
    out += bytes;
    at += bytes;
  }
  snprintf(buffer + out, CHURN_PIECE_SIZE - out, "%s", at < length ? "..." : "");
  return buffer;
}

bool churn_faults_add(churn_faults *faults, churn_fault_kind kind, size_t at, const char *format,
                      ...)
{
  char *message = NULL;
  va_list arguments;
  va_start(arguments, format);
  int length = vasprintf(&message, format, arguments);
  va_end(arguments);
  if (length < 0 || !churn_array_reserve(&faults->items, &faults->capacity, faults->count + 1,
                                         sizeof *faults->items)) {
    if (length >= 0)
      free(message);
    faults->no_memory = true;
    return false;
  }
  size_t place = faults->count++;
  for (; place > 0 && faults->items[place - 1].at > at; place--)
    faults->items[place] = faults->items[place - 1];
  faults->items[place] = (churn_fault){kind, at, message};
  return false;
}

void churn_faults_clear(churn_faults *faults)
{
  for (size_t i = 0; i < faults->count; i++)
    free(faults->items[i].message);
  free(faults->items);
  *faults = (churn_faults){.expression = faults->expression};
}

bool churn_faults_skip(const churn_faults *faults)
{
  return faults->count > 0 && faults->expression->optional;
}

/* Start of the line of `text` that byte `at` stands on; *lines gets the number of line ends before
 * it. */
static size_t line_start(const char *text, size_t at, uint64_t *lines)
{
  size_t start = 0;
  *lines = 0;
  for (size_t i = 0; i < at; i++)
    if (text[i] == '\n') {
      start = i + 1;
      (*lines)++;
    }
  return start;
}

static size_t count_characters(const char *text, size_t length)
{
  size_t count = 0;
  for (size_t at = 0; at < length; at += step(text + at, length - at))
    count++;
  return count;
}

/* Where byte `at` of the expression stands in its file. */
static churn_place place_of(const churn_expression *expression, size_t at)
{
  churn_place place = expression->place;
  if (place.line == 0)
    return place;
  uint64_t lines;
  size_t start = line_start(expression->text, at, &lines);
  uint64_t characters = count_characters(expression->text + start, at - start);
  place.line += lines;
  place.column = (lines > 0 || place.column == 0 ? 1 : place.column) + characters;
  return place;
}

/* Columns of a terminal that the character of `length` bytes takes: East Asian wide ones two. */
static int width_of(const char *text, size_t length)
{
  const unsigned char *u = (const unsigned char *)text;
  if (length == 4)
    return u[0] == 0xf0 && u[1] >= 0x9f ? 2 : 1;
  if (length != 3)
    return 1;
  unsigned code = (u[0] & 0x0fu) << 12 | (u[1] & 0x3fu) << 6 | (u[2] & 0x3fu);
  bool wide = (code >= 0x1100 && code <= 0x115f) || (code >= 0x2e80 && code <= 0xa4cf) ||
              (code >= 0xac00 && code <= 0xd7a3) || (code >= 0xf900 && code <= 0xfaff) ||
              (code >= 0xfe30 && code <= 0xfe6f) || (code >= 0xff00 && code <= 0xff60);
  return wide ? 2 : 1;
}

/* Copies up to EXCERPT characters of line[0..length) round byte `at` to `excerpt`, what cannot be
 * shown as a blank; *before gets the terminal columns in front of `at`. */
static void cut_excerpt(const char *line, size_t length, size_t at, char excerpt[EXCERPT_SIZE],
                        int *before)
{
  size_t skip = count_characters(line, at), from = 0, out = 0;
  skip =
      count_characters(line, length) > EXCERPT && skip > EXCERPT_BEFORE ? skip - EXCERPT_BEFORE : 0;
  for (; skip > 0; skip--)
    from += step(line + from, length - from);
  *before = 0;
  for (size_t count = 0; count < EXCERPT && from < length; count++) {
    size_t bytes = character_length(line + from, length - from);
    if (from < at)
      *before += bytes == 0 ? 1 : width_of(line + from, bytes);
    if (bytes == 0)
      excerpt[out++] = ' ';
    else
      memcpy(excerpt + out, line + from, bytes);
    out += bytes;
    from += bytes == 0 ? 1 : bytes;
  }
  excerpt[out] = '\0';
}

/* Puts one fault into `error`: message, then the expression's line and a caret under the place. */
static void show(const churn_expression *expression, const churn_fault *fault, churn_error *error)
{
  const char *text = expression->text == NULL ? "" : expression->text;
  uint64_t lines;
  size_t start = line_start(text, fault->at, &lines);
  char excerpt[EXCERPT_SIZE], name[CHURN_PIECE_SIZE] = "";
  int before;
  cut_excerpt(text + start, strcspn(text + start, "\n"), fault->at - start, excerpt, &before);
  if (expression->name != NULL)
    churn_fault_piece(expression->name, strlen(expression->name), name);
  (void)churn_error_set_at(error, CHURN_BAD_PROJECT, place_of(expression, fault->at),
                           "%s%s%.400s\n  %s\n  %*s^", name, name[0] == '\0' ? "" : ": ",
                           fault->message, excerpt, before, "");
}

static void report_skipped(const churn_faults *faults, churn_notes *notes)
{
  const churn_expression *expression = faults->expression;
  churn_notes_add(notes, CHURN_NOTE, "skipped_feature", place_of(expression, faults->items[0].at),
                  "%s is skipped: %s",
                  expression->name == NULL ? "an expression" : expression->name,
                  faults->items[0].message);
}

void churn_faults_report(const churn_faults *faults, bool skip, churn_notes *notes,
                         churn_error *first)
{
  if (skip) {
    report_skipped(faults, notes);
    return;
  }
  for (size_t i = 0; i < faults->count; i++) {
    churn_error error = {.status = CHURN_OK};
    show(faults->expression, &faults->items[i], &error);
    churn_notes_add_fault(notes, &error);
    if (first->status == CHURN_OK)
      *first = error;
  }
}
