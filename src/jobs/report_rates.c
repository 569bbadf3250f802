/* The report's churn rates: the twelve months before the as-of day.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs/rates_parts.h"
#include "jobs/report.h"

#include <math.h>

enum { MONTHS = 12 };

/* The first day of so many months before `end`, fewer where nobody had joined by then; MISSING
 * where that leaves none. */
static churn_day first_of(const churn_data *data, churn_day end)
{
  churn_day oldest = CHURN_DAY_MISSING;
  for (size_t i = 0; i < data->customers.spell_count; i++) {
    churn_day joined = data->customers.joined[i];
    if (joined != CHURN_DAY_MISSING && (oldest == CHURN_DAY_MISSING || joined < oldest))
      oldest = joined;
  }
  int months = MONTHS;
  while (months > 0 && oldest != CHURN_DAY_MISSING && churn_day_add_months(end, -months) <= oldest)
    months--;
  return months == 0 ? CHURN_DAY_MISSING : churn_day_add_months(end, -months);
}

static bool has_rates(const churn_night *n)
{
  const churn_data *data = n->pipeline->data;
  if (!churn_rates_possible(n->project) || data->data_until == CHURN_DAY_MISSING)
    return false;
  if (n->project->outcome.kind != CHURN_OUTCOME_SILENT)
    return true;
  int history = churn_project_find_history(n->project, n->project->outcome.history.text);
  return history >= 0 && data->histories[history].loaded;
}

/* Those lost in the year by kind, with their money. */
static void append_kinds(const churn_rates *year, churn_json_text *text)
{
  churn_json_key(text, 2, "kinds", false);
  churn_json_append(text, "{\"lost\": ");
  churn_json_whole(text, year->rates[0].lost);
  churn_kind_totals_json(year, text);
  churn_json_append(text, "}");
}

/* "year" is the same days as one period, with its money, which would cost too much by the month. */
static churn_status append_both(const churn_night *night, const churn_rates_settings *settings,
                                const churn_run *run, churn_json_text *text, churn_error *error)
{
  churn_rates *months = NULL, *year = NULL;
  churn_status status =
      churn_rates_of_pipeline(night->pipeline, night->kinds, settings, run, &months, &year, error);
  if (status != CHURN_OK)
    return status;
  churn_json_key(text, 2, "rates", false);
  churn_rates_json(months, text);
  churn_json_key(text, 2, "year", false);
  churn_rate_json(&year->rates[0], text);
  if (year->kinds != NULL)
    append_kinds(year, text);
  else
    churn_json_text_at(text, 2, "kinds", NULL);
  churn_rates_free(months);
  churn_rates_free(year);
  return CHURN_OK;
}

churn_status churn_report_rates(const churn_night *night, const churn_run *run,
                                churn_json_text *text, churn_error *error)
{
  churn_rates_settings settings = {
      .first = CHURN_DAY_MISSING, .every = "1 month", .value = NAN, .replacement_cost = NAN};
  if (has_rates(night)) {
    settings.last = night->pipeline->data->data_until;
    settings.first = first_of(night->pipeline->data, settings.last + 1);
  }
  if (settings.first == CHURN_DAY_MISSING) {
    churn_json_text_at(text, 2, "rates", NULL);
    churn_json_text_at(text, 2, "year", NULL);
    churn_json_text_at(text, 2, "kinds", NULL);
    return CHURN_OK;
  }
  return append_both(night, &settings, run, text, error);
}
