/* The ledger of comparisons: writing a line, and finding it again.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/error.h"
#include "base/hash.h"
#include "jobs/comparison_json.h"
#include "jobs/ledger_file.h"
#include "project/project.h"

#include <stdlib.h>
#include <string.h>

/* A JSON text has line ends only between its members, where blanks may follow. */
static void squeeze(churn_json_text *text)
{
  size_t to = 0;
  for (size_t i = 0; i < text->length;) {
    if (text->bytes[i] != '\n') {
      text->bytes[to++] = text->bytes[i++];
      continue;
    }
    for (i++; i < text->length && text->bytes[i] == ' ';)
      i++;
  }
  text->length = to;
}

static churn_status find_id(const churn_comparison *comparison, char id[CHURN_HASH_TEXT_SIZE],
                            churn_error *error)
{
  churn_json_text text = {0};
  churn_comparison_json(comparison, (churn_json_parts){.curves = true}, &text);
  if (!text.failed)
    churn_hash_text(text.bytes, text.length, id);
  free(text.bytes);
  return text.failed ? churn_error_no_memory(error) : CHURN_OK;
}

static churn_status make_line(const churn_comparison *comparison,
                              const char id[CHURN_HASH_TEXT_SIZE], churn_json_text *line,
                              churn_error *error)
{
  churn_json_text whole = {0};
  churn_comparison_json(comparison, (churn_json_parts){.cost = true}, &whole);
  churn_json_append(line, "{\"id\": ");
  churn_json_quote(line, id);
  churn_json_append(line, ", ");
  if (!whole.failed && !line->failed) {
    squeeze(&whole);
    whole.bytes[whole.length] = '\0'; /* squeezing has freed some */
    churn_json_append(line, whole.bytes + 1);
  }
  bool failed = whole.failed || line->failed;
  free(whole.bytes);
  return failed ? churn_error_no_memory(error) : CHURN_OK;
}

/* The line that begins with `start`; *lines = how many there are, an unfinished one too. 0 = none.
 */
static uint64_t find_line(const churn_journal *journal, const char *start, size_t length,
                          uint64_t *lines)
{
  uint64_t found = 0;
  churn_journal_line line = {0};
  while (churn_journal_next(journal, &line))
    if (found == 0 && line.ended && line.length >= length && memcmp(line.bytes, start, length) == 0)
      found = line.number;
  *lines = line.number;
  return found;
}

churn_status churn_ledger_append(const churn_project *project, const churn_comparison *comparison,
                                 uint64_t *line, bool *known, churn_error *error)
{
  char id[CHURN_HASH_TEXT_SIZE];
  churn_json_text text = {0};
  churn_journal journal = {.descriptor = -1};
  uint64_t lines = 0;
  if (comparison->partial)
    return churn_error_set(error, CHURN_USAGE, "a partial comparison is not recorded");
  churn_status status = find_id(comparison, id, error);
  if (status == CHURN_OK)
    status = make_line(comparison, id, &text, error);
  if (status == CHURN_OK)
    status = churn_journal_open(project->registry, CHURN_LEDGER_NAME, true, &journal, error);
  if (status == CHURN_OK) {
    size_t start = strlen("{\"id\": \"\"") + CHURN_HASH_TEXT_SIZE - 1;
    uint64_t found = find_line(&journal, text.bytes, start, &lines);
    *known = found > 0;
    *line = *known ? found : lines + 1;
    if (!*known)
      status = churn_journal_append(&journal, text.bytes, text.length, error);
  }
  churn_journal_close(&journal);
  free(text.bytes);
  return status;
}
