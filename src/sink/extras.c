/* Columns of the table that only some lists have.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/buffer.h"
#include "sink/writers.h"

#include <math.h>
#include <string.h>

size_t churn_sink_extras(const churn_ranking *ranking, const churn_ranked *row,
                         churn_sink_extra extras[CHURN_SINK_EXTRAS])
{
  static const churn_ranked nobody = {.cause = "", .action = "", .owner = ""};
  const churn_ranked *from = row == NULL ? &nobody : row;
  double borderline = isnan(from->top_probability) ? (double)NAN : from->borderline;
  const churn_sink_extra causes[] = {{"cause", "text", from->cause, 0},
                                     {"action", "text", from->action, 0},
                                     {"owner", "text", from->owner, 0}};
  const churn_sink_extra intervals[] = {
      {"probability_low", "double precision", NULL, from->probability_low},
      {"probability_high", "double precision", NULL, from->probability_high},
      {"top_probability", "double precision", NULL, from->top_probability},
      {"borderline", "integer", NULL, borderline}};
  size_t count = 0;
  if (churn_ranking_causes(ranking) > 0) {
    memcpy(extras, causes, sizeof causes);
    count = sizeof causes / sizeof causes[0];
  }
  if (churn_ranking_intervals(ranking)) {
    memcpy(extras + count, intervals, sizeof intervals);
    count += sizeof intervals / sizeof intervals[0];
  }
  return count;
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
