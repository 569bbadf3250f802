/* The tally of the scorecard: each row into its rep, and into the total. Sums run over the rows in
 * their order, on one thread: the same bits for any number of threads.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/holm.h"
#include "base/memory.h"
#include "jobs/reps_parts.h"
#include "jobs/segment.h"
#include "monitor/funnel.h"
#include "monitor/proportion.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_REPS = 10000, FUNNEL_POINTS = 64 };
static const double significant = 0.05;

/* Reps by the code of their name. */
typedef struct codes {
  double *codes; /* [count] ascending, missing last */
  size_t count;
} codes;

/* Texts have small codes: each is taken once, so that there is little to sort. */
static size_t take_codes(const churn_reps_job *job, const churn_rep_rows *rows, bool *seen,
                         double *taken)
{
  size_t texts = churn_plan_text_count(job->rep), count = 0;
  bool text = churn_plan_type(job->rep, 0) == CHURN_VALUE_TEXT;
  for (size_t i = 0; i < rows->rows->count; i++) {
    size_t at = !text ? 0 : isnan(rows->codes[i]) ? texts : (size_t)rows->codes[i];
    if (text && seen[at])
      continue;
    seen[at] = true;
    taken[count++] = rows->codes[i];
  }
  return count;
}

static churn_status list_codes(const churn_reps_job *job, codes *list, churn_error *error)
{
  size_t all = job->past.rows->count + job->now.rows->count;
  bool *seen = churn_array_new(churn_plan_text_count(job->rep) + 1, sizeof *seen);
  list->codes = churn_array_new(all, sizeof *list->codes);
  if (list->codes == NULL || seen == NULL) {
    free(seen);
    return churn_error_no_memory(error);
  }
  all = take_codes(job, &job->past, seen, list->codes);
  all += take_codes(job, &job->now, seen, list->codes + all);
  free(seen);
  qsort(list->codes, all, sizeof *list->codes, churn_segments_compare);
  for (size_t i = 0; i < all; i++)
    if (i == 0 || churn_segments_compare(&list->codes[i], &list->codes[i - 1]) != 0)
      list->codes[list->count++] = list->codes[i];
  if (list->count > MOST_REPS)
    return churn_error_set(error, CHURN_USAGE,
                           "\"%.200s\" has more than %d different values; expected who looks after "
                           "a customer",
                           job->expression, MOST_REPS);
  return CHURN_OK;
}

static size_t find_rep(const codes *list, double code)
{
  const double *found =
      bsearch(&code, list->codes, list->count, sizeof code, churn_segments_compare);
  return (size_t)(found - list->codes);
}

static churn_status open_rep(const churn_reps_job *job, char *name, bool none, churn_rep *rep,
                             churn_error *error)
{
  *rep = (churn_rep){.name = name, .none = none};
  rep->snapshots = churn_array_new(job->day_count, sizeof *rep->snapshots);
  if (rep->name == NULL || rep->snapshots == NULL)
    return churn_error_no_memory(error);
  for (size_t d = 0; d < job->day_count; d++)
    rep->snapshots[d].as_of = job->days[d];
  return CHURN_OK;
}

static churn_status open_reps(const churn_reps_job *job, const codes *list, churn_reps *reps,
                              churn_error *error)
{
  static const char nobody[] = "(none)";
  reps->reps = churn_array_new(list->count, sizeof *reps->reps);
  churn_status status = reps->reps == NULL
                            ? churn_error_no_memory(error)
                            : open_rep(job, churn_text_copy("", 0), false, &reps->total, error);
  while (status == CHURN_OK && reps->count < list->count) {
    double code = list->codes[reps->count];
    char *name = isnan(code) ? churn_text_copy(nobody, sizeof nobody - 1)
                             : churn_segment_text(job->rep, 0, code);
    status = open_rep(job, name, isnan(code), &reps->reps[reps->count++], error);
  }
  return status;
}

static void add_past(churn_rep *rep, size_t day, bool repeated, const churn_snapshot *row,
                     double expected, bool first)
{
  uint64_t times = repeated ? (uint64_t)row->weight : 1;
  uint64_t lost = row->label == CHURN_LABEL_CHURNED ? times : 0;
  rep->rows += times;
  rep->customers += first ? times : 0;
  rep->observed += lost;
  rep->expected += expected * (double)times;
  rep->snapshots[day].customers += times;
  rep->snapshots[day].observed += lost;
  rep->snapshots[day].expected += expected * (double)times;
}

/* Rows of one customer stand together, so the last customer that a rep was given tells a new one.
 */
static churn_status tally_past(const churn_reps_job *job, const codes *list, churn_reps *reps,
                               churn_error *error)
{
  const churn_snapshots *rows = job->past.rows;
  uint32_t *last = churn_array_new(reps->count, sizeof *last), before = UINT32_MAX;
  if (last == NULL)
    return churn_error_no_memory(error);
  memset(last, 0xff, reps->count * sizeof *last);
  for (size_t i = 0; i < rows->count; i++) {
    const churn_snapshot *row = &rows->rows[i];
    size_t rep = find_rep(list, job->past.codes[i]), day = 0;
    while (job->days[day] != row->as_of)
      day++;
    add_past(&reps->reps[rep], day, rows->repeated, row, job->expected[i],
             last[rep] != row->customer);
    add_past(&reps->total, day, rows->repeated, row, job->expected[i], before != row->customer);
    before = last[rep] = row->customer;
  }
  free(last);
  return CHURN_OK;
}

static void add_now(churn_rep *rep, const churn_reps_job *job, size_t row)
{
  double risk = job->risks[row], value = job->values[row];
  double rise = job->exposed_risks == NULL ? NAN : job->exposed_risks[row] - risk;
  rep->current++;
  rep->expected_now += risk;
  rep->exposure_churners += rise;
  if (isnan(value))
    return;
  rep->valued++;
  rep->value += value;
  rep->expected_loss += risk * value;
  rep->exposure_loss += rise * value;
}

/* The total's exposure is that of all reps, and nobody's leaving is none. */
static void tally_now(const churn_reps_job *job, const codes *list, churn_reps *reps)
{
  for (size_t i = 0; i < job->now.rows->count; i++) {
    add_now(&reps->reps[find_rep(list, job->now.codes[i])], job, i);
    add_now(&reps->total, job, i);
  }
  for (size_t i = 0; i < reps->count; i++)
    if (reps->reps[i].none)
      reps->reps[i].exposure_churners = reps->reps[i].exposure_loss = NAN;
  if (job->exposed_risks == NULL)
    for (size_t i = 0; i <= reps->count; i++) {
      churn_rep *rep = i < reps->count ? &reps->reps[i] : &reps->total;
      rep->exposure_churners = rep->exposure_loss = NAN;
    }
}

static void judge(churn_rep *rep, double level)
{
  churn_estimate ratio = churn_observed_expected(rep->observed, rep->expected, level);
  rep->ratio = ratio.value;
  rep->ratio_low = ratio.low;
  rep->ratio_high = ratio.high;
  rep->p = churn_poisson_p(rep->observed, rep->expected);
  rep->p_adjusted = NAN;
  rep->small = rep->expected < CHURN_REP_FEW_EXPECTED;
  rep->control = churn_funnel_limits(rep->expected);
}

static churn_status judge_all(churn_reps *reps, churn_error *error)
{
  double *p = churn_array_new(reps->count, sizeof *p);
  if (p == NULL)
    return churn_error_no_memory(error);
  judge(&reps->total, reps->level);
  for (size_t i = 0; i < reps->count; i++) {
    judge(&reps->reps[i], reps->level);
    p[i] = reps->reps[i].none ? NAN : reps->reps[i].p;
  }
  churn_status status = churn_holm_adjust(p, reps->count, p, error);
  for (size_t i = 0; status == CHURN_OK && i < reps->count; i++) {
    churn_rep *rep = &reps->reps[i];
    rep->p_adjusted = p[i];
    if (!isnan(p[i]))
      rep->verdict = p[i] >= significant ? CHURN_REP_AS_EXPECTED
                     : rep->ratio > 1    ? CHURN_REP_WORSE
                                         : CHURN_REP_BETTER;
  }
  free(p);
  return status;
}

/* From the smallest book to the largest, evenly on the logarithm. */
static churn_status draw_funnel(churn_reps *reps, churn_error *error)
{
  double low = INFINITY, high = 0;
  for (size_t i = 0; i < reps->count; i++)
    if (reps->reps[i].expected > 0) {
      low = fmin(low, reps->reps[i].expected);
      high = fmax(high, reps->reps[i].expected);
    }
  if (high == 0)
    return CHURN_OK;
  reps->funnel = churn_array_new(FUNNEL_POINTS, sizeof *reps->funnel);
  if (reps->funnel == NULL)
    return churn_error_no_memory(error);
  reps->funnel_count = high > low ? FUNNEL_POINTS : 1;
  for (size_t i = 0; i < reps->funnel_count; i++) {
    double along = (double)i / (FUNNEL_POINTS - 1);
    double expected = i + 1 == FUNNEL_POINTS ? high : low * pow(high / low, along);
    reps->funnel[i] = (churn_funnel_point){expected, churn_funnel_limits(expected)};
  }
  return CHURN_OK;
}

churn_status churn_reps_tally(const churn_reps_job *job, churn_reps *reps, churn_error *error)
{
  codes list = {NULL, 0};
  churn_status status = list_codes(job, &list, error);
  if (status == CHURN_OK)
    status = open_reps(job, &list, reps, error);
  if (status == CHURN_OK)
    status = tally_past(job, &list, reps, error);
  if (status == CHURN_OK) {
    tally_now(job, &list, reps);
    status = judge_all(reps, error);
  }
  if (status == CHURN_OK)
    status = draw_funnel(reps, error);
  free(list.codes);
  return status;
}
