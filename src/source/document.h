/* The text of a file, ready to be split: inflated, converted, without byte-order mark. Knows the
 * place (line and character) of every byte. UTF-8 itself is checked later, piece by piece.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_SOURCE_DOCUMENT_H
#define CHURN_SOURCE_DOCUMENT_H

#include "base/error.h"
#include "base/type.h"
#include "source/input.h"

#include <churn/run.h>

typedef struct churn_document {
  const char *name; /* for messages; borrowed from the path */
  churn_input stored;
  churn_input made; /* inflated or converted text; bytes NULL = `text` lies in `stored` */
  const char *text;
  size_t length;
  char *damage;                    /* why the text stops before the file does; NULL = it does not */
  const struct churn_spool *spool; /* the text is this one's; NULL = a file's */
} churn_document;

/* `path`, and the format's spool, must outlive the document. Under the run's memory bound a made
 * text lies in a temporary file. Errors of churn_input_read, churn_gzip_inflate and
 * churn_encoding_convert. */
CHURN_MUST_USE churn_status churn_document_open(const char *path, const churn_format *format,
                                                const churn_run *run, churn_document *document,
                                                churn_error *error);

/* Takes a zeroed one too. */
void churn_document_close(churn_document *document);

/* Bytes of the file before the text (a byte-order mark); only where nothing was made. */
static inline size_t churn_document_skipped(const churn_document *document)
{
  return document->made.bytes != NULL ? 0 : (size_t)(document->text - document->stored.bytes);
}

/* Says that text[from..to) is not needed soon: pages of a mapped file stop counting as this
 * process's memory. They come back when they are read again. */
void churn_document_let_go(const churn_document *document, size_t from, size_t to);

/* Where the text is a database's, a "line" is a row, whatever line ends its texts hold: lines are
 * counted from `churn_document_first_line` on, so that the first row behind the heading line is 1,
 * and columns are 0, not known (messages name the column). */
static inline uint64_t churn_document_first_line(const churn_document *document)
{
  return document->spool == NULL;
}

/* Line ends in text[from..to): LF, CR LF (one), CR alone; rows' ends where the text is a database's
 * (`from` is outside quotes then). */
uint64_t churn_document_line_ends(const churn_document *document, size_t from, size_t to);

/* Column of the byte at `at`: characters of its line up to it, from 1; 0 in a database's text. */
uint64_t churn_document_column(const churn_document *document, size_t at);

/* File, line and column of the byte at `at`. Cost: one pass over all before it. */
churn_place churn_document_place(const churn_document *document, size_t at);

#endif
