/* Columns of the table that only some lists have.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/buffer.h"
#include "score/ranking.h"
#include "sink/writers.h"

#include <math.h>
#include <string.h>

static void add_text(churn_sink_extra *extra, const char *name, const char *text)
{
  *extra = (churn_sink_extra){name, "text", text, 0};
}

static void add_number(churn_sink_extra *extra, const char *name, const char *type, double number)
{
  *extra = (churn_sink_extra){name, type, NULL, number};
}

size_t churn_sink_extras(const churn_ranking *ranking, const churn_ranked *row,
                         churn_sink_extra extras[CHURN_SINK_EXTRAS])
{
  static const churn_ranked nobody = {.cause = "", .action = "", .owner = "", .rep = ""};
  const churn_ranked *from = row == NULL ? &nobody : row;
  size_t count = 0;
  if (churn_ranking_causes(ranking) > 0) {
    add_text(&extras[count++], "cause", from->cause);
    add_text(&extras[count++], "action", from->action);
    add_text(&extras[count++], "owner", from->owner);
  }
  if (churn_ranking_tells_worth(ranking))
    add_number(&extras[count++], "worth", "double precision", from->worth);
  if (churn_ranking_tells_rep(ranking))
    add_text(&extras[count++], "rep", from->rep);
  if (churn_ranking_intervals(ranking)) {
    double borderline = isnan(from->top_probability) ? (double)NAN : from->borderline;
    add_number(&extras[count++], "probability_low", "double precision", from->probability_low);
    add_number(&extras[count++], "probability_high", "double precision", from->probability_high);
    add_number(&extras[count++], "top_probability", "double precision", from->top_probability);
    add_number(&extras[count++], "borderline", "integer", borderline);
  }
  if (churn_ranking_has_control(ranking))
    extras[count++] = (churn_sink_extra){"control", "integer", NULL, from->control};
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
