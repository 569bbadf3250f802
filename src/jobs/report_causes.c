/* The report's causes.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/error.h"
#include "base/memory.h"
#include "jobs/report.h"

#include <stdlib.h>

void churn_report_texts(churn_json_text *text, const char *key, const char *english,
                        const char *chinese)
{
  churn_json_append(text, ", \"");
  churn_json_append(text, key);
  churn_json_append(text, "\": {\"en\": ");
  churn_json_quote(text, english);
  churn_json_append(text, ", \"zh\": ");
  churn_json_quote(text, chinese);
  churn_json_append(text, "}");
}

static void append_cause(churn_json_text *text, const churn_project *project,
                         const churn_cause *cause)
{
  churn_json_quote(text, cause->name);
  churn_report_texts(text, "label", cause->labels[CHURN_ENGLISH], cause->labels[CHURN_CHINESE]);
  churn_report_texts(text, "action", cause->actions[CHURN_ENGLISH], cause->actions[CHURN_CHINESE]);
  churn_report_texts(text, "owner", churn_playbook_owner(project, cause->owner, CHURN_ENGLISH),
                     churn_playbook_owner(project, cause->owner, CHURN_CHINESE));
  churn_json_append(text, cause->excluded ? ", \"listed\": false" : ", \"listed\": true");
}

static void append_total(churn_json_text *text, const churn_night *n, size_t index,
                         const churn_cause_total *total)
{
  const churn_json_pair figures[] = {{"customers", (double)total->customers},
                                     {"expected_churners", total->expected_churners},
                                     {"value", total->value},
                                     {"expected_loss", total->expected_loss}};
  churn_json_item(text, 4, index == 0);
  churn_json_append(text, "{\"name\": ");
  if (index < churn_ranking_causes(n->ranking))
    append_cause(text, n->project, churn_playbook_cause(n->project, index));
  else
    churn_json_append(text, "null");
  churn_json_numbers(text, figures, sizeof figures / sizeof figures[0], false);
  churn_json_append(text, "}");
}

churn_status churn_report_causes(const churn_night *night, churn_json_text *text,
                                 churn_error *error)
{
  size_t count = churn_ranking_causes(night->ranking);
  churn_cause_total *totals = churn_array_new(count + 1, sizeof *totals);
  if (totals == NULL)
    return churn_error_no_memory(error);
  churn_ranking_cause_totals(night->ranking, totals);
  churn_json_whole_at(text, 2, "left_out", night->score.left_out);
  churn_json_list_open(text, 2, "causes");
  for (size_t i = 0; count > 0 && i <= count; i++)
    append_total(text, night, i, &totals[i]);
  churn_json_list_close(text, 2);
  free(totals);
  return CHURN_OK;
}
