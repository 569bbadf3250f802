/* Columns of the table that only some lists have.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/buffer.h"
#include "sink/writers.h"

#include <string.h>

size_t churn_sink_extras(const churn_ranking *ranking, const churn_ranked *row,
                         churn_sink_extra extras[CHURN_SINK_EXTRAS])
{
  if (churn_ranking_causes(ranking) == 0)
    return 0;
  const churn_sink_extra causes[CHURN_SINK_EXTRAS] = {
      {"cause", "text", row == NULL ? "" : row->cause},
      {"action", "text", row == NULL ? "" : row->action},
      {"owner", "text", row == NULL ? "" : row->owner}};
  memcpy(extras, causes, sizeof causes);
  return CHURN_SINK_EXTRAS;
}

char *churn_sink_list(const char *list, const char *prefix, const churn_sink_extra *extras,
                      size_t count)
{
  churn_buffer text = {0};
  churn_buffer_write(&text, list, strlen(list));
  for (size_t i = 0; i < count; i++) {
    churn_buffer_write(&text, ", ", 2);
    churn_buffer_write(&text, prefix, strlen(prefix));
    churn_buffer_write(&text, extras[i].name, strlen(extras[i].name));
  }
  churn_buffer_write(&text, "", 1);
  if (text.failed)
    churn_buffer_clear(&text);
  return text.bytes;
}
