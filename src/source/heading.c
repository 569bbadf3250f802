/* The heading line: names of the fields, and which of them are wanted.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/memory.h"
#include "base/suggest.h"
#include "source/encoding.h"
#include "source/record.h"
#include "source/scan.h"
#include "source/spool.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Headings named in a message. */
enum { MOST_LISTED = 20, LIST_SIZE = 700 };

typedef struct collector {
  churn_headings *headings;
  bool complete;
  bool no_memory;
} collector;

static void take_name(void *text, size_t length, void *context)
{
  collector *c = context;
  churn_headings *h = c->headings;
  if (c->complete || c->no_memory)
    return;
  char *name = churn_text_copy(text, length);
  if (name == NULL ||
      !churn_array_reserve(&h->names, &h->capacity, h->count + 1, sizeof *h->names)) {
    free(name);
    c->no_memory = true;
    return;
  }
  h->names[h->count++] = name;
}

static void take_end(int end, void *context)
{
  (void)end;
  ((collector *)context)->complete = true;
}

static bool never(void *context)
{
  (void)context;
  return false;
}

void churn_headings_clear(churn_headings *headings)
{
  for (size_t i = 0; i < headings->count; i++)
    free(headings->names[i]);
  free(headings->names);
  memset(headings, 0, sizeof *headings);
}

static bool any_name(const churn_headings *headings)
{
  for (size_t i = 0; i < headings->count; i++)
    if (headings->names[i][0] != '\0')
      return true;
  return false;
}

/* Splits the first record into names. */
static churn_status split_names(const churn_document *document, char delimiter,
                                churn_headings *headings, churn_error *error)
{
  collector c = {headings, false, false};
  churn_split_sink sink = {take_name, take_end, never, &c, NULL};
  churn_byte_fault fault;
  churn_status status =
      churn_scan_split(document, 0, headings->body, delimiter, &sink, &fault, error);
  if (status != CHURN_OK)
    return status;
  if (c.no_memory)
    return churn_error_no_memory(error);
  if (fault.kind != CHURN_FAULT_NONE)
    return churn_byte_fault_report(document, delimiter, &fault, error);
  if (headings->count == 0)
    return churn_error_set_at(error, CHURN_MALFORMED, (churn_place){document->name, 1, 1},
                              "the file is empty; expected a heading line");
  if (!any_name(headings))
    return churn_error_set_at(error, CHURN_MALFORMED, churn_document_place(document, headings->at),
                              "the heading line holds no names");
  return CHURN_OK;
}

churn_status churn_headings_read(const churn_document *document, char delimiter,
                                 churn_headings *headings, churn_error *error)
{
  churn_headings h = {.names = NULL};
  churn_record_walk walk = {
      .text = document->text, .end = document->length, .delimiter = delimiter};
  if (churn_record_next(&walk))
    h.at = walk.start;
  h.body = walk.next;
  churn_status status = split_names(document, delimiter, &h, error);
  if (status != CHURN_OK) {
    churn_headings_clear(&h);
    return status;
  }
  *headings = h;
  return CHURN_OK;
}

/* The field's first byte in the heading line. */
static churn_place place_of_heading(const churn_document *document, const churn_headings *headings,
                                    char delimiter, size_t field)
{
  return churn_document_place(
      document, churn_field_find(document->text, headings->at, headings->body, delimiter, field));
}

/* The headings for a message, `nearest` first. */
static void list_headings(const churn_headings *headings, const char *nearest, char list[LIST_SIZE])
{
  size_t used = 0;
  list[0] = '\0';
  for (size_t i = 0; i <= headings->count; i++) {
    const char *name = i == 0 ? nearest : headings->names[i - 1];
    if (name == NULL || (i > 0 && name == nearest))
      continue;
    char shown[CHURN_SHOWN_SIZE];
    churn_utf8_show(name, strlen(name), shown);
    if (i > MOST_LISTED || LIST_SIZE - used < sizeof shown + 16) {
      snprintf(list + used, LIST_SIZE - used, ", ...");
      return;
    }
    used += (size_t)snprintf(list + used, LIST_SIZE - used, "%s%s", used > 0 ? ", " : "", shown);
  }
}

/* The delimiter that a heading line of one name seems to be written with; 0 = none. */
static char other_delimiter(const churn_headings *headings, char delimiter)
{
  static const char candidates[] = ",;\t|";
  if (headings->count != 1)
    return 0;
  for (const char *c = candidates; *c != '\0'; c++)
    if (*c != delimiter && strchr(headings->names[0], *c) != NULL)
      return *c;
  return 0;
}

static churn_status report_missing(const churn_document *document, const churn_headings *headings,
                                   char delimiter, const churn_column_request *request,
                                   churn_error *error)
{
  char list[LIST_SIZE], asked[160] = "", hint[96] = "", shown[CHURN_SHOWN_SIZE];
  const char *nearest =
      churn_suggest(request->heading, (const char *const *)headings->names, headings->count);
  list_headings(headings, nearest, list);
  if (request->asked_at.file != NULL)
    snprintf(asked, sizeof asked, " (asked for at %.100s:%" PRIu64 ":%" PRIu64 ")",
             request->asked_at.file, request->asked_at.line, request->asked_at.column);
  char other = document->spool == NULL ? other_delimiter(headings, delimiter) : 0;
  if (other != 0)
    snprintf(hint, sizeof hint, "; is the delimiter another one? (delimiter: \"%s\")",
             other == '\t' ? "\\t" : (char[2]){other, '\0'});
  return churn_error_set_at(error, CHURN_MALFORMED, churn_document_place(document, headings->at),
                            "no column \"%s\"%s; the %s has: %s%s",
                            churn_utf8_show(request->heading, strlen(request->heading), shown),
                            asked, document->spool == NULL ? "file" : "source", list, hint);
}

static size_t find_heading(const churn_headings *headings, size_t from, const char *name)
{
  size_t field = from;
  while (field < headings->count && strcmp(headings->names[field], name) != 0)
    field++;
  return field;
}

/* Bytes that are no text have no value of any type. */
static churn_status check_binary(const churn_document *document, size_t field, const char *heading,
                                 churn_error *error)
{
  char shown[CHURN_SHOWN_SIZE];
  if (document->spool == NULL || document->spool->binary_row[field] == 0)
    return CHURN_OK;
  return churn_error_set_at(
      error, CHURN_MALFORMED, (churn_place){document->name, document->spool->binary_row[field], 0},
      "column \"%s\" holds bytes that are no text (a BLOB, bytea); expected text, a number or "
      "NULL: "
      "read the source by a `query` that converts the column or leaves it out",
      churn_utf8_show(heading, strlen(heading), shown));
}

churn_status churn_headings_match(const churn_document *document, const churn_headings *headings,
                                  char delimiter, const churn_column_request *requests,
                                  size_t request_count, size_t *first, size_t *next, bool *present,
                                  churn_error *error)
{
  for (size_t f = 0; f < headings->count; f++)
    first[f] = CHURN_NO_REQUEST;
  for (size_t r = request_count; r-- > 0;)
    next[r] = CHURN_NO_REQUEST;
  for (size_t r = 0; r < request_count; r++) {
    size_t field = find_heading(headings, 0, requests[r].heading);
    if (field == headings->count) {
      if (requests[r].optional)
        continue;
      return report_missing(document, headings, delimiter, &requests[r], error);
    }
    size_t again = find_heading(headings, field + 1, requests[r].heading);
    char shown[CHURN_SHOWN_SIZE];
    if (again < headings->count)
      return churn_error_set_at(
          error, CHURN_MALFORMED, place_of_heading(document, headings, delimiter, again),
          "the heading \"%s\" stands twice, as column %zu and column %zu; rename one",
          churn_utf8_show(requests[r].heading, strlen(requests[r].heading), shown), field + 1,
          again + 1);
    churn_status status = check_binary(document, field, requests[r].heading, error);
    if (status != CHURN_OK)
      return status;
    next[r] = first[field];
    first[field] = r;
    present[r] = true;
  }
  return CHURN_OK;
}
