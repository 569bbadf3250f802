/* The text of a file, ready to be split.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "source/document.h"

#include "source/encoding.h"
#include "source/gzip.h"
#include "source/spool.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* What was made takes the place of what it was made of. */
static churn_status take_made(churn_document *document, churn_made *made, churn_error *error)
{
  churn_input text;
  churn_status status = churn_made_finish(made, &text, error);
  if (status != CHURN_OK)
    return status;
  churn_input_clear(&document->made);
  document->made = text;
  document->text = text.bytes;
  document->length = text.length;
  return CHURN_OK;
}

static churn_status inflate_document(churn_document *document, const churn_run *run,
                                     churn_error *error)
{
  if (!churn_gzip_detect(&document->stored))
    return CHURN_OK;
  churn_made made = churn_made_start(run);
  churn_status status = churn_gzip_inflate(document->name, &document->stored, &made, error);
  if (status == CHURN_OK)
    status = take_made(document, &made, error);
  churn_made_clear(&made);
  return status;
}

static churn_status convert_document(churn_document *document, const char *encoding,
                                     const churn_run *run, churn_error *error)
{
  if (churn_encoding_is_utf8(encoding))
    return CHURN_OK;
  churn_made made = churn_made_start(run);
  churn_status status = churn_encoding_convert(
      document->name, encoding, document->made.bytes == NULL ? &document->stored : &document->made,
      &made, &document->damage, error);
  if (status == CHURN_OK)
    status = take_made(document, &made, error);
  churn_made_clear(&made);
  return status;
}

static void drop_byte_order_mark(churn_document *document)
{
  if (document->length >= 3 && memcmp(document->text, "\xEF\xBB\xBF", 3) == 0) {
    document->text += 3;
    document->length -= 3;
  }
}

/* The mapping is the spool's own. */
static void take_spool(const churn_spool *spool, churn_document *document)
{
  *document = (churn_document){
      .name = spool->name, .text = spool->text, .length = spool->length, .spool = spool};
}

churn_status churn_document_open(const char *path, const churn_format *format, const churn_run *run,
                                 churn_document *document, churn_error *error)
{
  if (format->spool != NULL) {
    take_spool(format->spool, document);
    return CHURN_OK;
  }
  churn_document d = {.name = churn_input_name(path)};
  churn_status status = churn_input_read(path, &d.stored, error);
  if (status == CHURN_OK) {
    d.text = d.stored.bytes;
    d.length = d.stored.length;
    status = inflate_document(&d, run, error);
  }
  if (status == CHURN_OK)
    status = convert_document(&d, format->encoding, run, error);
  if (status != CHURN_OK) {
    churn_document_close(&d);
    return status;
  }
  drop_byte_order_mark(&d);
  *document = d;
  return CHURN_OK;
}

void churn_document_close(churn_document *document)
{
  free(document->damage);
  churn_input_clear(&document->made);
  churn_input_clear(&document->stored);
  memset(document, 0, sizeof *document);
}

void churn_document_let_go(const churn_document *document, size_t from, size_t to)
{
  churn_input all = document->made.bytes != NULL ? document->made : document->stored;
  if (document->spool != NULL)
    all = (churn_input){NULL, document->length, true};
  size_t skipped = document->spool != NULL ? 0 : (size_t)(document->text - all.bytes);
  if (document->spool != NULL)
    memcpy(&all.bytes, &document->text, sizeof all.bytes);
  churn_input_let_go(&all, from + skipped, to + skipped);
}

static uint64_t count_row_ends(const char *text, size_t from, size_t to)
{
  bool inside = false;
  uint64_t count = 0;
  for (size_t i = from; i < to; i++) {
    inside ^= text[i] == '"';
    count += !inside & (text[i] == '\n');
  }
  return count;
}

uint64_t churn_document_line_ends(const churn_document *document, size_t from, size_t to)
{
  const char *text = document->text;
  uint64_t count = 0;
  if (document->spool != NULL)
    return count_row_ends(text, from, to);
  size_t safe = to < document->length ? to : to - (to > from);
  for (size_t i = from; i < safe; i++)
    count += (text[i] == '\n') | ((text[i] == '\r') & (text[i + 1] != '\n'));
  if (safe < to)
    count += text[safe] == '\n' || text[safe] == '\r';
  return count;
}

uint64_t churn_document_column(const churn_document *document, size_t at)
{
  size_t start = at;
  if (document->spool != NULL)
    return 0;
  while (start > 0 && document->text[start - 1] != '\n' && document->text[start - 1] != '\r')
    start--;
  return 1 + churn_utf8_characters(document->text + start, at - start);
}

churn_place churn_document_place(const churn_document *document, size_t at)
{
  return (churn_place){document->name,
                       churn_document_first_line(document) +
                           churn_document_line_ends(document, 0, at),
                       churn_document_column(document, at)};
}
