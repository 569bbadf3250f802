/* What a retraining did, as JSON.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs/registry_parts.h"
#include "jobs/retrain_parts.h"
#include "model/report.h"

static void add_gates(churn_json_text *text, const churn_retrain_report *report)
{
  churn_json_list_open(text, 2, "gates");
  for (size_t i = 0; i < report->gate_count; i++) {
    churn_json_item(text, 4, i == 0);
    churn_json_append(text, "{\"name\": ");
    churn_json_quote(text, report->gates[i].name);
    churn_json_append(text, ", \"text\": ");
    churn_json_quote(text, report->gates[i].text);
    churn_json_append(text, ", \"advice\": ");
    churn_json_text_or_null(text,
                            report->gates[i].advice[0] == '\0' ? NULL : report->gates[i].advice);
    churn_json_append(text, "}");
  }
  churn_json_list_close(text, 2);
}

static void add_days_in_use(churn_json_text *text, int32_t days)
{
  churn_json_key(text, 2, "champion_days", false);
  if (days >= 0)
    churn_json_whole(text, (uint64_t)days);
  else
    churn_json_append(text, "null");
}

static void add_id(churn_json_text *text, const char *key, const char *id)
{
  churn_json_key(text, 2, key, false);
  churn_json_text_or_null(text, id[0] == '\0' ? NULL : id);
}

churn_status churn_retrain_report_write(const churn_retrain_report *report, const char *path,
                                        churn_error *error)
{
  churn_json_text text = {0};
  churn_json_append(&text, "{");
  churn_json_key(&text, 2, "as_of", true);
  churn_json_day(&text, report->as_of);
  add_id(&text, "challenger", report->challenger);
  add_id(&text, "champion", report->champion);
  churn_json_truth_at(&text, 2, "promoted", report->promoted);
  churn_json_truth_at(&text, 2, "compared", report->compared);
  add_days_in_use(&text, report->champion_days);
  churn_json_text_at(&text, 2, "why", report->why);
  add_gates(&text, report);
  churn_json_key(&text, 2, "figures", false);
  if (report->figures.rows > 0)
    churn_registry_figures_json(&report->figures, &text);
  else
    churn_json_append(&text, "null");
  churn_json_number_at(&text, 2, "intercept_error", report->intercept_error);
  churn_json_number_at(&text, 2, "slope_error", report->slope_error);
  churn_json_append(&text, "\n}\n");
  return churn_json_save(&text, path, error);
}
