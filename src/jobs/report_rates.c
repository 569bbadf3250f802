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

/* "year": the same days as one period, with its money, which would cost too much by the month. */
static churn_status append_year(const churn_night *night, churn_rates_settings settings,
                                const churn_run *run, churn_json_text *text, churn_error *error)
{
  churn_rates *year = NULL;
  settings.every = NULL;
  churn_status status =
      churn_rates_of_pipeline(night->pipeline, &settings, true, run, &year, error);
  churn_json_key(text, 2, "year", false);
  if (status == CHURN_OK)
    churn_rate_json(&year->rates[0], text);
  churn_rates_free(year);
  return status;
}

static churn_status append_months(const churn_night *night, const churn_rates_settings *settings,
                                  const churn_run *run, churn_json_text *text, churn_error *error)
{
  churn_rates *rates = NULL;
  churn_status status =
      churn_rates_of_pipeline(night->pipeline, settings, false, run, &rates, error);
  churn_json_key(text, 2, "rates", false);
  if (status == CHURN_OK)
    churn_rates_json(rates, text);
  churn_rates_free(rates);
  return status;
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
    return CHURN_OK;
  }
  churn_status status = append_months(night, &settings, run, text, error);
  return status == CHURN_OK ? append_year(night, settings, run, text, error) : status;
}
