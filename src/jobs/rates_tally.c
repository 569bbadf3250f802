/* The tally of churn rates: each stay into its cell of segment and period.
 *
 * A day's values are those of all stays there, so that the end of one period serves as the start of
 * the next. Sums run over the stays in their order, on one thread: the same bits for any number of
 * threads.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/memory.h"
#include "jobs/rates_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_SEGMENTS = 200 };

/* Codes and values of all stays on one day. */
typedef struct day_values {
  churn_day day;
  double *codes, *values; /* [stays] */
} day_values;

static churn_status new_segment(churn_rates_job *job, double code, churn_error *error)
{
  size_t periods = job->period_count;
  if (job->segment_count > MOST_SEGMENTS)
    return churn_error_set(error, CHURN_USAGE,
                           "by: \"%.200s\" has more than %d different values; expected segments, "
                           "such as a comparison: (%.200s) > 10",
                           job->settings->by, MOST_SEGMENTS, job->settings->by);
  if (!churn_array_reserve(&job->segments, &job->segment_capacity, job->segment_count + 1,
                           sizeof *job->segments) ||
      !churn_array_reserve(&job->cells, &job->cell_capacity, (job->segment_count + 1) * periods,
                           sizeof *job->cells))
    return churn_error_no_memory(error);
  churn_rate *cells = job->cells + job->segment_count * periods;
  for (size_t p = 0; p < periods; p++) {
    const churn_period *period = &job->periods[p];
    cells[p] = (churn_rate){.first = period->first,
                            .last = period->end - 1,
                            .days = period->end - period->first,
                            .periods = 1,
                            .periods_per_year = period->per_year};
  }
  job->segments[job->segment_count++] = code;
  return CHURN_OK;
}

static bool is_segment(const churn_rates_job *job, size_t segment, double code)
{
  return segment < job->segment_count &&
         (job->segments[segment] == code || (isnan(code) && isnan(job->segments[segment])));
}

/* Segments in order of first sight. `segment` begins as the last one found: neighbours are often
 * alike. */
static churn_status find_segment(churn_rates_job *job, double code, size_t *segment,
                                 churn_error *error)
{
  if (is_segment(job, *segment, code))
    return CHURN_OK;
  for (*segment = 1; *segment < job->segment_count; ++*segment)
    if (is_segment(job, *segment, code))
      return CHURN_OK;
  return new_segment(job, code, error);
}

/* `before` and `after`: the stay's value at the start of the period and after its end. */
static void count_stay(churn_rate *cell, const churn_stay *stay, bool there, const churn_period *p,
                       double before, double after)
{
  bool lost = churn_stay_lost(stay, p->first, p->end);
  if (!there) {
    cell->joined++;
    cell->returned += stay->returned;
    cell->came_and_went += lost;
    return;
  }
  cell->customers++;
  cell->lost += lost;
  if (isnan(before))
    return;
  cell->valued++;
  cell->value += before;
  cell->value_lost += lost ? before : 0;
  if (!lost && isnan(after))
    return;
  cell->value_kept_of += before;
  cell->value_net += lost ? 0 : after;
  cell->value_gross += lost ? 0 : fmin(before, after);
}

static bool joins(const churn_stay *stay, const churn_period *p)
{
  return stay->joined != CHURN_DAY_MISSING && stay->joined >= p->first && stay->joined < p->end;
}

static churn_status tally_period(churn_rates_job *job, size_t period, const day_values *start,
                                 const day_values *end, churn_error *error)
{
  const churn_period *p = &job->periods[period];
  size_t segment = 1;
  churn_status status = CHURN_OK;
  for (size_t i = 0; i < job->stay_count && status == CHURN_OK; i++) {
    const churn_stay *stay = &job->stays[i];
    bool there = churn_stay_there(stay, p->first);
    if (!there && !joins(stay, p))
      continue;
    count_stay(&job->cells[period], stay, there, p, start->values[i], end->values[i]);
    if (job->kinds != NULL && there && churn_stay_lost(stay, p->first, p->end))
      churn_rates_add_kind(job, period, i, start->values[i]);
    if (job->outputs == 0)
      continue;
    status = find_segment(job, there ? start->codes[i] : job->entry_codes[i], &segment, error);
    if (status == CHURN_OK)
      count_stay(&job->cells[segment * job->period_count + period], stay, there, p,
                 start->values[i], end->values[i]);
  }
  return status;
}

/* Of a count of customers alone there is nothing to evaluate. */
static churn_status evaluate_day(const churn_rates_job *job, churn_day day, churn_day *as_of,
                                 day_values *to, churn_error *error)
{
  bool fresh = to->day == CHURN_DAY_MISSING;
  if (!fresh && !churn_rates_evaluates(job, true)) {
    to->day = day;
    return CHURN_OK;
  }
  for (size_t i = 0; i < job->stay_count; i++)
    as_of[i] = churn_stay_there(&job->stays[i], day) ? day : CHURN_DAY_MISSING;
  to->day = day;
  return churn_rates_evaluate(job, as_of, to->codes, to->values, error);
}

/* Segments when the watch begins: at the first day for who is there, else on the day after joining,
 * the first on which anything is known. */
static churn_status evaluate_entries(churn_rates_job *job, churn_day *as_of, churn_error *error)
{
  for (size_t i = 0; i < job->stay_count; i++) {
    const churn_stay *stay = &job->stays[i];
    bool within =
        stay->joined != CHURN_DAY_MISSING && stay->joined >= job->first && stay->joined < job->end;
    as_of[i] = churn_stay_there(stay, job->first) ? job->first
               : within                           ? stay->joined + 1
                                                  : CHURN_DAY_MISSING;
  }
  return churn_rates_evaluate(job, as_of, job->entry_codes, NULL, error);
}

static churn_status tally_all(churn_rates_job *job, churn_day *as_of, day_values *start,
                              day_values *end, churn_error *error)
{
  churn_status status = new_segment(job, NAN, error);
  if (status == CHURN_OK)
    status = evaluate_entries(job, as_of, error);
  for (size_t p = 0; p < job->period_count && status == CHURN_OK; p++) {
    if (end->day == job->periods[p].first) {
      day_values swapped = *start;
      *start = *end;
      *end = swapped;
    } else
      status = evaluate_day(job, job->periods[p].first, as_of, start, error);
    if (status == CHURN_OK)
      status = evaluate_day(job, job->periods[p].end, as_of, end, error);
    if (status == CHURN_OK)
      status = tally_period(job, p, start, end, error);
  }
  return status;
}

static bool make_day(day_values *values, size_t count)
{
  values->day = CHURN_DAY_MISSING;
  values->codes = churn_array_new(count, sizeof *values->codes);
  values->values = churn_array_new(count, sizeof *values->values);
  return values->codes != NULL && values->values != NULL;
}

churn_status churn_rates_tally(churn_rates_job *job, churn_error *error)
{
  day_values start = {0}, end = {0};
  churn_day *as_of = churn_array_new(job->stay_count, sizeof *as_of);
  job->entry_codes = churn_array_new(job->stay_count, sizeof *job->entry_codes);
  churn_status status = as_of == NULL || job->entry_codes == NULL ||
                                !make_day(&start, job->stay_count) ||
                                !make_day(&end, job->stay_count)
                            ? churn_error_no_memory(error)
                            : tally_all(job, as_of, &start, &end, error);
  free(start.codes);
  free(start.values);
  free(end.codes);
  free(end.values);
  free(as_of);
  return status;
}
