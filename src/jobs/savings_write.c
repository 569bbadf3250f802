/* What contacting customers has saved, as JSON.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs/savings.h"

#include "model/report.h"

static void append_figure(churn_json_text *text, int indent, const char *key,
                          const churn_saved *figure)
{
  const churn_json_pair pairs[] = {
      {"value", figure->value}, {"low", figure->low}, {"high", figure->high}};
  churn_json_numbers_at(text, indent, key, pairs, 3);
}

static void append_group(churn_json_text *text, const char *key, const churn_savings_group *group,
                         bool with_contacts)
{
  churn_json_key(text, 2, key, false);
  churn_json_append(text, "{");
  churn_json_key(text, 4, "customers", true);
  churn_json_whole(text, group->customers);
  churn_json_whole_at(text, 4, "churned", group->churned);
  append_figure(text, 4, "share", &group->share);
  if (with_contacts)
    churn_json_whole_at(text, 4, "contacted", group->contacted);
  else
    churn_json_text_at(text, 4, "contacted", NULL);
  churn_json_whole_at(text, 4, "valued", group->valued);
  churn_json_number_at(text, 4, "value", group->value);
  churn_json_number_at(text, 4, "lost", group->lost);
  churn_json_number_at(text, 4, "mean_loss", group->mean);
  churn_json_number_at(text, 4, "deviation", group->deviation);
  churn_json_append(text, "\n  }");
}

void churn_savings_json(const churn_savings *savings, size_t most, churn_json_text *text)
{
  churn_json_append(text, "{");
  churn_json_key(text, 2, "lists", true);
  churn_json_whole(text, savings->lists);
  churn_json_key(text, 2, "first", false);
  churn_json_day(text, savings->first);
  churn_json_key(text, 2, "last", false);
  churn_json_day(text, savings->last);
  churn_json_whole_at(text, 2, "calls", savings->calls);
  churn_json_whole_at(text, 2, "unmarked", savings->unmarked);
  churn_json_whole_at(text, 2, "open", savings->open);
  churn_json_whole_at(text, 2, "top", savings->top);
  churn_json_whole_at(text, 2, "unjudged", savings->unjudged);
  churn_json_whole_at(text, 2, "remarked", savings->remarked);
  append_group(text, "treated", &savings->treated, savings->with_contacts);
  append_group(text, "control", &savings->control, savings->with_contacts);
  append_figure(text, 2, "saved_share", &savings->share);
  append_figure(text, 2, "saved_customers", &savings->customers);
  append_figure(text, 2, "saved_money", &savings->money);
  churn_json_list_open(text, 2, "crossed");
  for (size_t i = 0; i < savings->crossed_count && i < most; i++) {
    churn_json_item(text, 4, i == 0);
    churn_json_quote(text, savings->crossed[i]);
  }
  churn_json_list_close(text, 2);
  churn_json_append(text, "\n}");
}

churn_status churn_savings_write(const churn_savings *savings, const char *path, churn_error *error)
{
  churn_json_text text = {0};
  churn_savings_json(savings, SIZE_MAX, &text);
  churn_json_append(&text, "\n");
  return churn_json_save(&text, path, error);
}
