/* The page of a comparison.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/page.h"

#include "base/embedded.h"
#include "base/error.h"
#include "base/output.h"

#include <string.h>

static void write_json(const char *json, size_t length, churn_output *output)
{
  for (const char *end = json + length; json < end;) {
    const char *sharp = memchr(json, '<', (size_t)(end - json));
    size_t plain = (size_t)((sharp == NULL ? end : sharp) - json);
    churn_output_write(output, json, plain);
    json += plain;
    if (sharp != NULL) {
      churn_output_text(output, "\\u003c");
      json++;
    }
  }
}

/* Writes the template up to a mark; gives what follows it, NULL where there is no such mark. */
static const char *write_until(const char *from, const char *mark, churn_output *output)
{
  const char *at = strstr(from, mark);
  if (at == NULL)
    return NULL;
  churn_output_write(output, from, (size_t)(at - from));
  return at + strlen(mark);
}

static churn_status write_page(const char *json, size_t length, churn_output *output,
                               churn_error *error)
{
  const char *rest = write_until(churn_embedded_comparison, "@CHART@", output);
  if (rest != NULL) {
    churn_output_text(output, churn_embedded_chart);
    rest = write_until(rest, "@DATA@", output);
  }
  if (rest == NULL)
    return churn_error_set(error, CHURN_INTERNAL, "the page's template lacks a mark");
  write_json(json, length, output);
  churn_output_text(output, rest);
  return CHURN_OK;
}

churn_status churn_page_write(const char *json, size_t length, const char *path, churn_error *error)
{
  churn_output *output = NULL;
  churn_status status = churn_output_open(path, &output, error);
  if (status != CHURN_OK)
    return status;
  status = write_page(json, length, output, error);
  if (status == CHURN_OK)
    return churn_output_commit(output, error);
  churn_output_discard(output);
  return status;
}
