/* Which periods a count of churn rates has.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/memory.h"
#include "jobs/rates_parts.h"
#include "monitor/turnover.h"

#include <stdlib.h>

enum { LATEST_PERIODS = 12 };

typedef struct step {
  int32_t days, months;
} step;

static churn_day step_on(churn_day day, step s, int times)
{
  return s.months > 0 ? churn_day_add_months(day, s.months * times) : day + s.days * times;
}

static churn_status add(churn_rates_job *job, size_t *capacity, churn_day first, churn_day end,
                        double per_year, churn_error *error)
{
  if (!churn_array_reserve(&job->periods, capacity, job->period_count + 1, sizeof *job->periods))
    return churn_error_no_memory(error);
  job->periods[job->period_count++] = (churn_period){first, end, per_year};
  return CHURN_OK;
}

static churn_status check_span(const churn_rates_job *job, const char *what, churn_day first,
                               churn_day last, churn_error *error)
{
  char from[CHURN_DAY_TEXT_SIZE], to[CHURN_DAY_TEXT_SIZE], until[CHURN_DAY_TEXT_SIZE];
  churn_day_format(first, from);
  churn_day_format(last, to);
  churn_day_format(job->data->data_until, until);
  if (last < first)
    return churn_error_set(error, CHURN_USAGE, "%s: the last day %s lies before the first day %s",
                           what, to, from);
  if (last > job->data->data_until)
    return churn_error_set(error, CHURN_USAGE,
                           "%s: the last day %s lies after the last day of the data, %s; who was "
                           "lost until then is not known",
                           what, to, until);
  return CHURN_OK;
}

static churn_status compared(churn_rates_job *job, size_t *capacity, churn_error *error)
{
  const churn_rates_settings *s = job->settings;
  if (s->first != CHURN_DAY_MISSING || s->last != CHURN_DAY_MISSING || s->every != NULL)
    return churn_error_set(error, CHURN_USAGE,
                           "a comparison has its own two periods; expected no first, last or every "
                           "beside it");
  churn_status status = CHURN_OK;
  for (int i = 0; i < 2 && status == CHURN_OK; i++) {
    churn_day first = s->compare[i].first, end = s->compare[i].last + 1;
    status = check_span(job, "compare", first, end - 1, error);
    if (status == CHURN_OK)
      status = add(job, capacity, first, end, churn_periods_per_year(first, end), error);
  }
  if (status == CHURN_OK && s->compare[1].first <= s->compare[0].last)
    status =
        churn_error_set(error, CHURN_USAGE,
                        "compare: the second period begins before the first one ends; expected "
                        "BEFORE,AFTER that share no day");
  int32_t lengths[2] = {0, 0};
  for (size_t i = 0; i < 2 && status == CHURN_OK; i++)
    lengths[i] = job->periods[i].end - job->periods[i].first;
  if (status == CHURN_OK && abs(lengths[0] - lengths[1]) > 3)
    churn_notes_add(churn_run_notes(job->run), CHURN_WARNING, "lengths_differ", CHURN_NOWHERE,
                    "the periods have %d and %d days, so their rates differ for that alone",
                    (int)lengths[0], (int)lengths[1]);
  return status;
}

static churn_status choose_step(const churn_rates_job *job, step *s, churn_error *error)
{
  const char *every = job->settings->every;
  const churn_snapshots_spec *snapshots = &job->project->snapshots;
  if (every != NULL && !churn_step_parse(every, &s->days, &s->months))
    return churn_error_set(error, CHURN_USAGE, "every: \"%.60s\" is no step; expected %s", every,
                           CHURN_STEP_EXPECTED);
  if (every == NULL && snapshots->every_days + snapshots->every_months > 0)
    *s = (step){snapshots->every_days, snapshots->every_months};
  else if (every == NULL)
    *s = (step){0, 1};
  return CHURN_OK;
}

/* The day from which the latest periods count back to `end`, not before anybody joined. */
static churn_day latest_from(const churn_rates_job *job, step s, churn_day end)
{
  churn_day oldest = CHURN_DAY_MISSING;
  for (size_t i = 0; i < job->stay_count; i++) {
    churn_day joined = job->stays[i].joined;
    if (joined != CHURN_DAY_MISSING && (oldest == CHURN_DAY_MISSING || joined < oldest))
      oldest = joined;
  }
  int periods = LATEST_PERIODS;
  while (periods > 1 && oldest != CHURN_DAY_MISSING && step_on(end, s, -periods) <= oldest)
    periods--;
  return step_on(end, s, -periods);
}

static churn_status no_period(churn_day first, churn_day end, churn_error *error)
{
  char from[CHURN_DAY_TEXT_SIZE], to[CHURN_DAY_TEXT_SIZE];
  churn_day_format(first, from);
  churn_day_format(end - 1, to);
  return churn_error_set(error, CHURN_DEGENERATE, "no whole period lies between %s and %s", from,
                         to);
}

/* Months are counted from the first day, so that Jan 31 gives Mar 31 two months on. */
static churn_status series(churn_rates_job *job, step s, churn_day first, churn_day end,
                           size_t *capacity, churn_error *error)
{
  churn_status status = CHURN_OK;
  churn_day at = first;
  for (int i = 1; status == CHURN_OK && step_on(first, s, i) <= end; i++) {
    churn_day next = step_on(first, s, i);
    status = add(job, capacity, at, next,
                 s.months > 0 ? 12.0 / s.months : churn_periods_per_year(at, next), error);
    at = next;
  }
  if (status == CHURN_OK && job->period_count == 0)
    return no_period(first, end, error);
  if (status == CHURN_OK && at < end && job->settings->last != CHURN_DAY_MISSING)
    churn_notes_add(churn_run_notes(job->run), CHURN_NOTE, "days_left_over", CHURN_NOWHERE,
                    "the last %d days make no whole period and are left out", (int)(end - at));
  return status;
}

static churn_status asked_for(churn_rates_job *job, size_t *capacity, churn_error *error)
{
  const churn_rates_settings *settings = job->settings;
  bool one = settings->every == NULL && settings->first != CHURN_DAY_MISSING &&
             settings->last != CHURN_DAY_MISSING;
  churn_day end =
      settings->last == CHURN_DAY_MISSING ? job->data->data_until + 1 : settings->last + 1;
  step s = {0, 0};
  churn_status status = choose_step(job, &s, error);
  if (status != CHURN_OK)
    return status;
  churn_day first = settings->first;
  if (first == CHURN_DAY_MISSING)
    first = job->project->snapshots.first;
  if (first == CHURN_DAY_MISSING)
    first = latest_from(job, s, end);
  status = check_span(job, "days", first, end - 1, error);
  if (status == CHURN_OK && one)
    return add(job, capacity, first, end, churn_periods_per_year(first, end), error);
  return status == CHURN_OK ? series(job, s, first, end, capacity, error) : status;
}

churn_status churn_rates_periods(churn_rates_job *job, churn_error *error)
{
  size_t capacity = 0;
  if (job->data->data_until == CHURN_DAY_MISSING)
    return churn_error_set_at(error, CHURN_DEGENERATE, (churn_place){job->project->path, 0, 0},
                              "there is no history to tell the last day of the data; expected "
                              "`data_until` in the project");
  churn_status status = job->settings->compare != NULL ? compared(job, &capacity, error)
                                                       : asked_for(job, &capacity, error);
  if (status == CHURN_OK) {
    job->first = job->periods[0].first;
    job->end = job->periods[job->period_count - 1].end;
  }
  return status;
}
