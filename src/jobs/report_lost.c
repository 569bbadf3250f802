/* What the report tells of those who were lost and kept: why they left, as they said and as the
 * model says; and what contacting customers has saved.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
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
