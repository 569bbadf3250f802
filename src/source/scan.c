/* A file opened for reading its rows.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "source/scan.h"

#include "base/memory.h"
#include "source/encoding.h"
#include "source/record.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static churn_status check_format(const churn_format *format, churn_error *error)
{
  char delimiter = format->delimiter;
  char decimal = format->decimal == 0 ? '.' : format->decimal;
  if (delimiter == '"' || delimiter == '\n' || delimiter == '\r' || (delimiter & 0x80) != 0)
    return churn_error_set(error, CHURN_USAGE,
                           "the delimiter must be one ASCII character, not a quote or a line end");
  if (decimal == format->thousands)
    return churn_error_set(error, CHURN_USAGE, "decimal mark and thousands mark are both '%c'",
                           decimal);
  if (format->date_format != NULL && !churn_day_format_valid(format->date_format))
    return churn_error_set(error, CHURN_USAGE,
                           "the date format \"%s\" must name year, month and day by %%Y or %%y, "
                           "%%m or %%b, %%d",
                           format->date_format);
  return CHURN_OK;
}

churn_status churn_scan_open_headings(const char *path, const churn_format *format,
                                      const churn_run *run, churn_scan *scan, churn_error *error)
{
  churn_scan s = {.delimiter = format->delimiter == 0 ? ',' : format->delimiter};
  churn_status status = check_format(format, error);
  if (status == CHURN_OK)
    status = churn_document_open(path, format, run, &s.document, error);
  if (status == CHURN_OK)
    status = churn_headings_read(&s.document, s.delimiter, &s.headings, error);
  if (status == CHURN_OK)
    *scan = s;
  else
    churn_scan_close(&s);
  return status;
}

churn_status churn_scan_open(const char *path, const churn_format *format, const churn_run *run,
                             const churn_column_request *requests, size_t request_count,
                             churn_scan *scan, churn_error *error)
{
  churn_scan s;
  churn_status status = churn_scan_open_headings(path, format, run, &s, error);
  if (status != CHURN_OK)
    return status;
  s.first = churn_array_new(s.headings.count, sizeof *s.first);
  s.next = churn_array_new(request_count, sizeof *s.next);
  s.present = churn_array_new(request_count, sizeof *s.present);
  if (s.first == NULL || s.next == NULL || s.present == NULL)
    status = churn_error_no_memory(error);
  if (status == CHURN_OK)
    status = churn_headings_match(&s.document, &s.headings, s.delimiter, requests, request_count,
                                  s.first, s.next, s.present, error);
  if (status == CHURN_OK)
    *scan = s;
  else
    churn_scan_close(&s);
  return status;
}

void churn_scan_close(churn_scan *scan)
{
  free(scan->starts);
  free(scan->present);
  free(scan->next);
  free(scan->first);
  churn_headings_clear(&scan->headings);
  churn_document_close(&scan->document);
}

churn_status churn_scan_split(const churn_document *document, size_t from, size_t to,
                              char delimiter, const churn_split_sink *sink, churn_byte_fault *fault,
                              churn_error *error)
{
  static const churn_fault_kind kinds[] = {CHURN_FAULT_NONE, CHURN_FAULT_STRAY_QUOTE,
                                           CHURN_FAULT_TEXT_AFTER_QUOTE,
                                           CHURN_FAULT_UNCLOSED_QUOTE};
  const char *text = document->text;
  bool damaged = to == document->length && document->damage != NULL;
  size_t good = from + churn_utf8_check(text + from, to - from), at = 0;
  churn_split_fault broken = CHURN_SPLIT_CLEAN;
  *fault = (churn_byte_fault){CHURN_FAULT_NONE, 0, from};
  churn_status status = churn_split(text + from, good - from, good == to && !damaged, delimiter,
                                    sink, &broken, &at, error);
  if (status != CHURN_OK)
    return status;
  if (broken != CHURN_SPLIT_CLEAN)
    *fault = (churn_byte_fault){kinds[broken], from + at, from};
  else if (good < to)
    *fault =
        (churn_byte_fault){text[good] == 0 ? CHURN_FAULT_NUL : CHURN_FAULT_BAD_BYTE, good, from};
  else if (damaged)
    *fault = (churn_byte_fault){CHURN_FAULT_DAMAGE, to, from};
  return CHURN_OK;
}

/* Start of the field in which the fault lies. */
static size_t field_of_fault(const churn_document *document, char delimiter,
                             const churn_byte_fault *fault)
{
  churn_record_walk records = {
      .text = document->text, .end = fault->at, .delimiter = delimiter, .next = fault->from};
  while (churn_record_next(&records))
    ;
  churn_field_walk fields = {
      .text = document->text, .end = fault->at, .delimiter = delimiter, .behind = records.start};
  while (churn_field_next(&fields))
    ;
  return fields.at;
}

/* The closing quote before the text at `at`; blanks may stand between. */
static size_t quote_before(const churn_document *document, size_t at)
{
  while (at > 0 && document->text[at - 1] != '"')
    at--;
  return at - 1;
}

static churn_status report_text_after_quote(const churn_document *document, char delimiter,
                                            const churn_byte_fault *fault, churn_error *error)
{
  size_t opened_at = field_of_fault(document, delimiter, fault);
  churn_place place = churn_document_place(document, quote_before(document, fault->at));
  churn_place opened = churn_document_place(document, opened_at);
  char where[64] = "";
  if (opened.line != place.line)
    snprintf(where, sizeof where, " that opened at line %" PRIu64 ", column %" PRIu64, opened.line,
             opened.column);
  return churn_error_set_at(error, CHURN_MALFORMED, place,
                            "text follows the closing quote of the field%s; a quote that belongs "
                            "to the text must be doubled (\"\")",
                            where);
}

static churn_status report_bad_byte(const churn_document *document, churn_place place, size_t at,
                                    churn_error *error)
{
  const unsigned char *text = (const unsigned char *)document->text;
  bool utf16 = document->length >= 2 && (text[0] ^ text[1]) == 1 && text[0] >= 0xFE;
  return churn_error_set_at(error, CHURN_MALFORMED, place, "byte 0x%02X is no valid UTF-8; %s",
                            text[at],
                            utf16 ? "the file looks like UTF-16: set encoding: UTF-16"
                                  : "set the file's encoding (GB18030, ISO-8859-1, ...)");
}

churn_status churn_byte_fault_report(const churn_document *document, char delimiter,
                                     const churn_byte_fault *fault, churn_error *error)
{
  churn_place place = churn_document_place(document, fault->at);
  switch (fault->kind) {
  case CHURN_FAULT_STRAY_QUOTE:
    return churn_error_set_at(error, CHURN_MALFORMED, place,
                              "a quote inside a field without quotes; put the whole field in "
                              "quotes and double (\"\") those inside");
  case CHURN_FAULT_TEXT_AFTER_QUOTE:
    return report_text_after_quote(document, delimiter, fault, error);
  case CHURN_FAULT_UNCLOSED_QUOTE:
    place = churn_document_place(document, field_of_fault(document, delimiter, fault));
    return churn_error_set_at(error, CHURN_MALFORMED, place,
                              "this quote is never closed; close it, or double (\"\") a quote that "
                              "belongs to the text");
  case CHURN_FAULT_NUL:
    return churn_error_set_at(error, CHURN_MALFORMED, place,
                              "a NUL byte; the file is damaged, or its encoding is another one "
                              "(UTF-16)");
  case CHURN_FAULT_DAMAGE:
    return churn_error_set_at(error, CHURN_MALFORMED, place, "%s", document->damage);
  case CHURN_FAULT_BAD_BYTE:
    return report_bad_byte(document, place, fault->at, error);
  case CHURN_FAULT_NONE:
    break;
  }
  return churn_error_set(error, CHURN_INTERNAL, "a fault of no kind was reported");
}
