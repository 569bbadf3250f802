/* Bytes into fields by libcsv.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "source/split.h"

#include "base/error.h"

#include <csv.h>

/* STEP: how often the sink is asked whether to stop. GROWTH: libcsv grows its field buffer by
 * this much, 128 bytes if left alone. */
enum { STEP = 1 << 16, GROWTH = 1 << 16 };

static churn_split_fault fault_of(const struct csv_parser *parser)
{
  return parser->quoted ? CHURN_SPLIT_TEXT_AFTER_QUOTE : CHURN_SPLIT_STRAY_QUOTE;
}

/* Feeds the text in steps. libcsv's error is read before anything else is called: csv_fini would
 * wipe it. */
static int feed(struct csv_parser *parser, const char *text, size_t length,
                const churn_split_sink *sink, size_t *at)
{
  for (*at = 0; *at < length && !sink->stopped(sink->context);) {
    size_t step = length - *at < STEP ? length - *at : STEP;
    size_t taken = csv_parse(parser, text + *at, step, sink->field, sink->record, sink->context);
    *at += taken;
    if (taken != step)
      return csv_error(parser);
  }
  return CSV_SUCCESS;
}

churn_status churn_split(const char *text, size_t length, bool finish, char delimiter,
                         const churn_split_sink *sink, churn_split_fault *fault, size_t *at,
                         churn_error *error)
{
  struct csv_parser parser;
  churn_status status = CHURN_OK;
  if (csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI | CSV_EMPTY_IS_NULL) != 0)
    return churn_error_no_memory(error);
  csv_set_delim(&parser, (unsigned char)delimiter);
  csv_set_blk_size(&parser, GROWTH);
  *fault = CHURN_SPLIT_CLEAN;
  int code = feed(&parser, text, length, sink, at);
  if (code == CSV_EPARSE)
    *fault = fault_of(&parser);
  else if (code != CSV_SUCCESS)
    status = churn_error_no_memory(error);
  else if (finish && *at == length &&
           csv_fini(&parser, sink->field, sink->record, sink->context) != 0)
    *fault = CHURN_SPLIT_UNCLOSED_QUOTE;
  csv_free(&parser);
  return status;
}
