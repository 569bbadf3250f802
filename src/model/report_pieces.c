/* Pieces of JSON that the reports share.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/report.h"

#include "base/error.h"
#include "base/output.h"

#include <math.h>
#include <stdlib.h>

void churn_json_key(churn_json_text *text, int indent, const char *key, bool first)
{
  if (!first)
    churn_json_append(text, ",");
  churn_json_line(text, indent);
  churn_json_quote(text, key);
  churn_json_append(text, ": ");
}

void churn_json_number_or_null(churn_json_text *text, double value)
{
  if (isfinite(value))
    churn_json_number(text, value);
  else
    churn_json_append(text, "null");
}

void churn_json_text_or_null(churn_json_text *text, const char *value)
{
  if (value == NULL)
    churn_json_append(text, "null");
  else
    churn_json_quote(text, value);
}

void churn_json_numbers(churn_json_text *text, const churn_json_pair *pairs, size_t count,
                        bool first)
{
  for (size_t i = 0; i < count; i++) {
    if (!first || i > 0)
      churn_json_append(text, ", ");
    churn_json_quote(text, pairs[i].key);
    churn_json_append(text, ": ");
    churn_json_number_or_null(text, pairs[i].value);
  }
}

void churn_json_numbers_at(churn_json_text *text, int indent, const char *key,
                           const churn_json_pair *pairs, size_t count)
{
  churn_json_key(text, indent, key, false);
  churn_json_append(text, "{");
  churn_json_numbers(text, pairs, count, true);
  churn_json_append(text, "}");
}

void churn_json_whole_at(churn_json_text *text, int indent, const char *key, uint64_t value)
{
  churn_json_key(text, indent, key, false);
  churn_json_whole(text, value);
}

void churn_json_number_at(churn_json_text *text, int indent, const char *key, double value)
{
  churn_json_key(text, indent, key, false);
  churn_json_number_or_null(text, value);
}

void churn_json_text_at(churn_json_text *text, int indent, const char *key, const char *value)
{
  churn_json_key(text, indent, key, false);
  churn_json_text_or_null(text, value);
}

void churn_json_truth_at(churn_json_text *text, int indent, const char *key, bool value)
{
  churn_json_key(text, indent, key, false);
  churn_json_append(text, value ? "true" : "false");
}

void churn_json_day(churn_json_text *text, churn_day day)
{
  char plain[CHURN_DAY_TEXT_SIZE];
  churn_day_format(day, plain);
  churn_json_text_or_null(text, plain[0] == '\0' ? NULL : plain);
}

void churn_json_list_open(churn_json_text *text, int indent, const char *key)
{
  churn_json_key(text, indent, key, false);
  churn_json_append(text, "[");
}

void churn_json_item(churn_json_text *text, int indent, bool first)
{
  churn_json_append(text, first ? "" : ",");
  churn_json_line(text, indent);
}

void churn_json_list_close(churn_json_text *text, int indent)
{
  churn_json_line(text, indent);
  churn_json_append(text, "]");
}

churn_status churn_json_save(churn_json_text *text, const char *path, churn_error *error)
{
  churn_output *output = NULL;
  churn_status status =
      text->failed ? churn_error_no_memory(error) : churn_output_open(path, &output, error);
  if (status == CHURN_OK) {
    churn_output_write(output, text->bytes, text->length);
    status = churn_output_commit(output, error);
  }
  free(text->bytes);
  return status;
}
