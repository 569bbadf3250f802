/* Counting churn rates, whole: read, stays, periods, tally, cohorts, survival, comparison.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/memory.h"
#include "design/frame.h"
#include "jobs/rates_parts.h"
#include "jobs/segment.h"
#include "monitor/cohorts.h"
#include "monitor/survival.h"
#include "monitor/turnover.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double days_a_month = 365.25 / 12;

void churn_rates_free(churn_rates *rates)
{
  if (rates == NULL)
    return;
  for (size_t i = 0; rates->segments != NULL && i < rates->segment_count; i++)
    free(rates->segments[i]);
  for (size_t i = 0; rates->curves != NULL && i < rates->curve_count; i++)
    free(rates->curves[i].points);
  churn_cohorts_free(rates->cohorts, rates->cohort_count);
  free(rates->curves);
  free(rates->segments);
  free(rates->kinds);
  free(rates->rates);
  free(rates->totals);
  free(rates->by);
  free(rates);
}

/* What was counted, so that other periods of the same stays can be. */
static void clear_counts(churn_rates_job *job)
{
  free(job->kind_cells);
  free(job->periods);
  free(job->entry_codes);
  free(job->cells);
  free(job->segments);
  job->kind_cells = NULL;
  job->periods = NULL;
  job->entry_codes = NULL;
  job->cells = NULL;
  job->segments = NULL;
  job->period_count = job->segment_count = job->segment_capacity = job->cell_capacity = 0;
}

static void clear_job(churn_rates_job *job)
{
  clear_counts(job);
  churn_workspaces_free(job->workspaces, job->threads);
  free(job->stay_kinds);
  free(job->stays);
  churn_plan_free(job->plan);
  if (job->pipeline != NULL)
    return;
  churn_plan_free(job->kinds);
  churn_data_free(job->data);
  churn_schema_free(job->schema);
}

/* The place of a segment's cells in the job. */
static size_t cells_of(const churn_rates_job *job, double code)
{
  for (size_t i = 1; i < job->segment_count; i++)
    if (job->segments[i] == code || (isnan(code) && isnan(job->segments[i])))
      return i;
  return 0;
}

static void add_up(const churn_rates_job *job, churn_rates *r, size_t segment)
{
  churn_rate *total = &r->totals[segment];
  const churn_rate *cells = &r->rates[segment * job->period_count];
  bool even = true;
  for (size_t p = 0; p < job->period_count; p++) {
    churn_rate_add(total, &cells[p]);
    even = even && cells[p].periods_per_year == cells[0].periods_per_year;
  }
  total->segment = r->segments[segment];
  total->first = cells[0].first;
  total->last = cells[job->period_count - 1].last;
  total->periods_per_year =
      even ? cells[0].periods_per_year : 365.25 * (double)total->periods / (double)total->days;
  churn_rate_finish(total, r->level);
}

/* Segment `to` of the result from the cells of segment `from` of the job. */
static churn_status fill_segment(const churn_rates_job *job, size_t from, double code, size_t to,
                                 churn_rates *r, churn_error *error)
{
  size_t periods = job->period_count;
  r->segments[to] = to == 0 ? churn_text_copy("", 0) : churn_segment_text(job->plan, 0, code);
  if (r->segments[to] == NULL)
    return churn_error_no_memory(error);
  memcpy(&r->rates[to * periods], &job->cells[from * periods], periods * sizeof *r->rates);
  for (size_t p = 0; p < periods; p++) {
    r->rates[to * periods + p].segment = r->segments[to];
    churn_rate_finish(&r->rates[to * periods + p], r->level);
  }
  add_up(job, r, to);
  return CHURN_OK;
}

/* `codes` [segments]: the job's, in order but for the first. */
static churn_status fill_rates(const churn_rates_job *job, const double *codes, churn_rates *r,
                               churn_error *error)
{
  r->segment_count = job->segment_count;
  r->count = job->segment_count * job->period_count;
  r->segments = churn_array_new(r->segment_count, sizeof *r->segments);
  r->totals = churn_array_new(r->segment_count, sizeof *r->totals);
  r->rates = churn_array_new(r->count, sizeof *r->rates);
  churn_status status = r->segments == NULL || r->totals == NULL || r->rates == NULL
                            ? churn_error_no_memory(error)
                            : CHURN_OK;
  for (size_t i = 0; i < r->segment_count && status == CHURN_OK; i++)
    status = fill_segment(job, i == 0 ? 0 : cells_of(job, codes[i]), codes[i], i, r, error);
  return status;
}

static void fill_loss(const churn_rates_job *job, churn_rates *r)
{
  const churn_rate *last = &r->rates[job->period_count - 1], *total = &r->totals[0];
  double value = job->settings->value;
  if (isnan(value) && last->valued > 0)
    value = last->value / (double)last->valued;
  r->loss = churn_loss_of((double)last->customers, total->rate, total->periods_per_year, value,
                          job->settings->replacement_cost);
}

/* Tenure counts the day of joining and that of leaving: at the start of day T it is T - joined, at
 * its end one more. So survival at t is the share in the base t days after joining. */
static size_t watch(const churn_rates_job *job, size_t segment, double code, churn_watched *watched)
{
  size_t count = 0;
  for (size_t i = 0; i < job->stay_count; i++) {
    const churn_stay *stay = &job->stays[i];
    double own = job->entry_codes[i];
    bool there = churn_stay_there(stay, job->first);
    if (stay->joined == CHURN_DAY_MISSING || stay->joined >= job->end ||
        (!there && stay->joined < job->first) ||
        (segment > 0 && own != code && !(isnan(own) && isnan(code))))
      continue;
    bool lost = churn_stay_lost(stay, job->first, job->end);
    watched[count++] =
        (churn_watched){.start = there ? job->first - stay->joined : 0,
                        .stop = lost ? stay->left - stay->joined + 1 : job->end - stay->joined,
                        .lost = lost};
  }
  return count;
}

static churn_status fill_points(const churn_survival *survival, churn_survival_curve *curve,
                                churn_error *error)
{
  curve->count = (size_t)((double)(survival->days - 1) / days_a_month) + 1;
  curve->points = churn_array_new(curve->count, sizeof *curve->points);
  if (curve->points == NULL)
    return churn_error_no_memory(error);
  for (uint32_t m = 0; m < curve->count; m++) {
    int32_t days = (int32_t)lround(m * days_a_month);
    churn_survival_step step = churn_survival_at(survival, days);
    curve->points[m] = (churn_survival_point){.months = m,
                                              .days = days,
                                              .at_risk = churn_survival_watched(survival, days),
                                              .survival = step.survival,
                                              .std_error = step.std_error,
                                              .low = step.low,
                                              .high = step.high};
  }
  return CHURN_OK;
}

static churn_status fill_curve(const churn_rates_job *job, size_t segment, double code,
                               churn_watched *watched, churn_rates *r, churn_error *error)
{
  churn_survival_curve *curve = &r->curves[segment];
  churn_survival survival = {0};
  size_t count = watch(job, segment, code, watched);
  churn_status status = churn_survival_of(watched, count, r->level, &survival, error);
  if (status != CHURN_OK)
    return status;
  curve->segment = r->segments[segment];
  curve->stays = count;
  for (size_t i = 0; i < count; i++)
    curve->lost += watched[i].lost;
  curve->median_days = churn_survival_time(&survival, 0.5, 0);
  curve->median_low = churn_survival_time(&survival, 0.5, -1);
  curve->median_high = churn_survival_time(&survival, 0.5, 1);
  status = fill_points(&survival, curve, error);
  churn_survival_clear(&survival);
  return status;
}

static churn_status fill_curves(const churn_rates_job *job, const double *codes, churn_rates *r,
                                churn_error *error)
{
  churn_watched *watched = churn_array_new(job->stay_count, sizeof *watched);
  r->curves = churn_array_new(r->segment_count, sizeof *r->curves);
  r->curve_count = r->segment_count;
  churn_status status =
      watched == NULL || r->curves == NULL ? churn_error_no_memory(error) : CHURN_OK;
  for (size_t i = 0; i < r->segment_count && status == CHURN_OK; i++)
    status = fill_curve(job, i, codes[i], watched, r, error);
  for (size_t i = 0; i < job->stay_count; i++)
    r->undated += job->stays[i].joined == CHURN_DAY_MISSING;
  free(watched);
  return status;
}

/* Over time, or the two periods against each other. */
static churn_status fill(const churn_rates_job *job, const double *codes, churn_rates *r,
                         churn_error *error)
{
  const churn_rates_settings *settings = job->settings;
  r->level = settings->level > 0 ? settings->level : 0.95;
  r->silence = job->project->outcome.kind == CHURN_OUTCOME_SILENT;
  r->data_until = job->data->data_until;
  r->compared = settings->compare != NULL;
  churn_status status = CHURN_OK;
  if (settings->by != NULL)
    status = churn_text_set(&r->by, settings->by, error);
  if (status == CHURN_OK)
    status = fill_rates(job, codes, r, error);
  if (status == CHURN_OK)
    status = churn_rates_fill_kinds(job, r, error);
  if (status == CHURN_OK && r->compared)
    return churn_rates_compare(job, &r->comparison, error);
  if (status != CHURN_OK)
    return status;
  fill_loss(job, r);
  if (job->no_tenure)
    return CHURN_OK;
  status = churn_cohorts_of(job->stays, job->stay_count, job->first, job->end, &r->cohorts,
                            &r->cohort_count, error);
  return status == CHURN_OK ? fill_curves(job, codes, r, error) : status;
}

static churn_status make(const churn_rates_job *job, churn_rates **rates, churn_error *error)
{
  churn_rates *made = calloc(1, sizeof *made);
  double *codes = churn_array_new(job->segment_count, sizeof *codes);
  churn_status status = made == NULL || codes == NULL ? churn_error_no_memory(error) : CHURN_OK;
  if (status == CHURN_OK) {
    memcpy(codes, job->segments, job->segment_count * sizeof *codes);
    qsort(codes + 1, job->segment_count - 1, sizeof *codes, churn_segments_compare);
    status = fill(job, codes, made, error);
  }
  free(codes);
  if (status == CHURN_OK)
    *rates = made;
  else
    churn_rates_free(made);
  return status;
}

static churn_status check_settings(const churn_rates_settings *settings, churn_error *error)
{
  if (settings->level < 0 || settings->level >= 1 || isnan(settings->level))
    return churn_error_set(error, CHURN_USAGE,
                           "the level of intervals is to lie between 0 and 1, such as 0.95");
  if (settings->model != NULL && settings->compare == NULL)
    return churn_error_set(error, CHURN_USAGE,
                           "a model adjusts a comparison; expected two periods to compare");
  if (settings->value < 0 || settings->replacement_cost < 0 || isinf(settings->value) ||
      isinf(settings->replacement_cost))
    return churn_error_set(
        error, CHURN_USAGE,
        "a customer's value and the cost of replacing one are numbers, 0 or more");
  return CHURN_OK;
}

static churn_status open_job(churn_rates_job *job, churn_error *error)
{
  churn_status status = check_settings(job->settings, error);
  if (status == CHURN_OK)
    status = churn_rates_open(job, error);
  return status == CHURN_OK ? churn_rates_find_kinds(job, error) : status;
}

static churn_status count(churn_rates_job *job, churn_rates **rates, churn_error *error)
{
  churn_status status = churn_rates_periods(job, error);
  if (status == CHURN_OK)
    status = churn_rates_make_kinds(job, error);
  if (status == CHURN_OK)
    status = churn_rates_tally(job, error);
  return status == CHURN_OK ? make(job, rates, error) : status;
}

churn_status churn_rates_count(const churn_project *project, const churn_rates_settings *settings,
                               const churn_run *run, churn_rates **rates, churn_error *error)
{
  churn_rates_job job = {.project = project, .settings = settings, .run = run};
  churn_status status = open_job(&job, error);
  if (status == CHURN_OK)
    status = count(&job, rates, error);
  clear_job(&job);
  return status;
}

churn_status churn_rates_of_pipeline(const churn_pipeline *pipeline, churn_plan *kinds,
                                     const churn_rates_settings *settings, const churn_run *run,
                                     churn_rates **periods, churn_rates **whole, churn_error *error)
{
  churn_run silent = run == NULL ? (churn_run){0} : *run;
  churn_rates_settings one = *settings;
  churn_rates *made = NULL;
  silent.notes = NULL;
  one.every = NULL;
  churn_rates_job job = {.project = pipeline->project,
                         .settings = settings,
                         .run = &silent,
                         .pipeline = pipeline,
                         .kinds = kinds,
                         .no_money = true};
  churn_status status = open_job(&job, error);
  if (status == CHURN_OK)
    status = count(&job, &made, error);
  if (status == CHURN_OK && whole != NULL) {
    clear_counts(&job);
    job.settings = &one;
    job.no_money = false;
    job.no_tenure = true;
    status = count(&job, whole, error);
  }
  clear_job(&job);
  if (status == CHURN_OK)
    *periods = made;
  else
    churn_rates_free(made);
  return status;
}
