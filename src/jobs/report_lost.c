/* What the report tells of those who were lost and kept: why they left, as they said and as the
 * model says; what contacting customers has saved, and how many have been contacted lately.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "design/contacts.h"
#include "jobs/agreement.h"
#include "jobs/report.h"
#include "jobs/savings.h"

enum { MONTHS = 12, MOST_REASONS = 30, MOST_CROSSED = 20 };

/* The losses of the snapshots of a year, the newest of which has a closed window: past ones would
 * cost more, and say less of now. */
churn_status churn_report_stated(const churn_night *night, const churn_run *run,
                                 churn_json_text *text, churn_error *error)
{
  churn_agreement *agreement = NULL;
  churn_run silent = run == NULL ? (churn_run){0} : *run;
  churn_status status = CHURN_OK;
  silent.notes = NULL;
  churn_agreement_settings settings = {.last = churn_night_closed(night)};
  bool known = night->kinds != NULL && night->project->kinds.reason.text != NULL &&
               night->project->left.text != NULL && settings.last != CHURN_DAY_MISSING;
  if (known) {
    settings.first = churn_day_add_months(settings.last, -MONTHS);
    status = churn_agreement_of_pipeline(night->pipeline, night->kinds, night->model, &settings,
                                         &silent, &agreement, error);
  }
  churn_json_key(text, 2, "stated", false);
  if (agreement != NULL)
    churn_agreement_json(agreement, MOST_REASONS, text);
  else
    churn_json_append(text, "null");
  churn_agreement_free(agreement);
  return status;
}

/* Of the lists that the run's own taking away of old ones leaves there, so that running it again
 * gives the same page. */
churn_status churn_report_saved(const churn_night *night, const churn_run *run,
                                churn_json_text *text, churn_error *error)
{
  churn_savings *savings = NULL;
  churn_run silent = run == NULL ? (churn_run){0} : *run;
  churn_status status = CHURN_OK;
  silent.notes = NULL; /* judging the night has told what is wrong with its lists */
  if (churn_ranking_has_control(night->ranking) && churn_night_closed(night) != CHURN_DAY_MISSING)
    status = churn_savings_of_pipeline(night->pipeline, night->kinds, night->root, night->as_of,
                                       (size_t)night->project->nightly.keep - 1, &silent, &savings,
                                       error);
  churn_json_key(text, 2, "saved", false);
  if (savings != NULL)
    churn_savings_json(savings, MOST_CROSSED, text);
  else
    churn_json_append(text, "null");
  churn_savings_free(savings);
  return status;
}

/* Over the days before the night of which training asks who was contacted. */
void churn_report_contacts(const churn_night *night, churn_json_text *text)
{
  const churn_history *log = churn_contacts_of(night->project, night->pipeline->data);
  int32_t days = night->project->contacts.since_days;
  uint64_t head = churn_night_head(night), counts[2] = {0, 0};
  churn_json_key(text, 2, "contacts", false);
  if (log == NULL || churn_snapshots_flat(night->project)) {
    churn_json_append(text, "null");
    return;
  }
  if (days == 0)
    days = night->project->outcome.horizon_days;
  for (size_t i = 0; i < churn_ranking_customers(night->ranking); i++) {
    size_t customer = churn_ranking_row(night->ranking, i)->customer;
    if (churn_contacted_in(log, customer, night->as_of - days, night->as_of)) {
      counts[0]++;
      counts[1] += i < head;
    }
  }
  const churn_json_pair figures[] = {
      {"days", days}, {"customers", (double)counts[0]}, {"head", (double)counts[1]}};
  churn_json_append(text, "{");
  churn_json_numbers(text, figures, sizeof figures / sizeof figures[0], true);
  churn_json_append(text, "}");
}
