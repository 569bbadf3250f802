/* A file opened for reading its rows: document, heading line, wanted columns, cut. Shared by
 * reading and by finding types.
 *
 * The cut: pieces start behind a line end before which an even number of quotes stands (counted, or
 * taken to be so and verified). Up to the first fault of the file that is exactly where records
 * end, and a piece behind the first fault never has the word, so any cut gives the same table or
 * the same error.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_SOURCE_SCAN_H
#define CHURN_SOURCE_SCAN_H

#include "source/document.h"
#include "source/split.h"
#include "source/table.h"

/* A fault of the bytes: it fails the read wherever it stands. `at` is a byte of the document;
 * `from` a record boundary at or before it. */
typedef enum churn_fault_kind {
  CHURN_FAULT_NONE,
  CHURN_FAULT_STRAY_QUOTE,
  CHURN_FAULT_TEXT_AFTER_QUOTE,
  CHURN_FAULT_UNCLOSED_QUOTE,
  CHURN_FAULT_BAD_BYTE, /* no UTF-8 */
  CHURN_FAULT_NUL,
  CHURN_FAULT_DAMAGE /* the document says what */
} churn_fault_kind;

typedef struct churn_byte_fault {
  churn_fault_kind kind;
  size_t at;
  size_t from;
} churn_byte_fault;

/* The heading line. `at` is its first byte, `body` the first byte behind it. */
typedef struct churn_headings {
  char **names;
  size_t count;
  size_t capacity;
  size_t at;
  size_t body;
} churn_headings;

/* No request for a field; end of a list. */
#define CHURN_NO_REQUEST SIZE_MAX

/* `first[f]` is the first request for field f and next[r] the one after r for the same field.
 * present[r] tells whether request r found its heading.
 * starts[0..piece_count] are the cuts (churn_scan_cut): starts[0] = body, the last is the
 * document's length; there is always one piece at least. */
typedef struct churn_scan {
  churn_document document;
  churn_headings headings;
  char delimiter;
  size_t *first;
  size_t *next;
  bool *present;
  size_t *starts;
  size_t piece_count;
} churn_scan;

/* Opens `path` and finds where the requests stand. Errors: all those of the heading line (see
 * table.h). */
CHURN_MUST_USE churn_status churn_scan_open(const char *path, const churn_format *format,
                                            const churn_run *run,
                                            const churn_column_request *requests,
                                            size_t request_count, churn_scan *scan,
                                            churn_error *error);

/* The same as far as the heading line: document, headings and delimiter only. */
CHURN_MUST_USE churn_status churn_scan_open_headings(const char *path, const churn_format *format,
                                                     const churn_run *run, churn_scan *scan,
                                                     churn_error *error);

/* Takes a zeroed one too. */
void churn_scan_close(churn_scan *scan);

/* What a piece that is not the last shows when the next one starts inside quotes: no fault of the
 * data, but of a cut that did not count. */
static inline bool churn_fault_is_of_cut(const churn_scan *scan, size_t piece,
                                         const churn_byte_fault *fault)
{
  return piece + 1 < scan->piece_count && fault->kind == CHURN_FAULT_UNCLOSED_QUOTE;
}

/* Checks and splits text[from..to), a run of whole records. *fault is the first by place.
 * NO_MEMORY.
 */
CHURN_MUST_USE churn_status churn_scan_split(const churn_document *document, size_t from, size_t to,
                                             char delimiter, const churn_split_sink *sink,
                                             churn_byte_fault *fault, churn_error *error);

/* MALFORMED, with the fault's place and what to do. */
churn_status churn_byte_fault_report(const churn_document *document, char delimiter,
                                     const churn_byte_fault *fault, churn_error *error);

/* heading.c: reads the heading line, and links requests to fields (`first`, `next` and `present`).
 */
CHURN_MUST_USE churn_status churn_headings_read(const churn_document *document, char delimiter,
                                                churn_headings *headings, churn_error *error);
CHURN_MUST_USE churn_status churn_headings_match(const churn_document *document,
                                                 const churn_headings *headings, char delimiter,
                                                 const churn_column_request *requests,
                                                 size_t request_count, size_t *first, size_t *next,
                                                 bool *present, churn_error *error);
void churn_headings_clear(churn_headings *headings);

/* cut.c: cuts the scan's text into pieces of about `piece_bytes` (0 = chosen) anew. `counting`
 * false takes it that all quotes close before a cut, which costs nothing; where that was
 * not so, the piece before ends in an unclosed quote, and pieces must be cut again by counting. */
CHURN_MUST_USE churn_status churn_scan_cut(churn_scan *scan, size_t piece_bytes, bool counting,
                                           const churn_run *run, churn_error *error);

/* Quotes in text[from..to). */
size_t churn_count_quotes(const char *text, size_t from, size_t to);

/* The first cut (the byte behind a line end outside quotes) behind or at `at`, else `to`. `inside`
 * tells whether `at` is inside quotes. */
size_t churn_find_cut(const char *text, size_t at, size_t to, bool inside);

#endif
