/* How long customers stay: the product-limit estimate with delayed entry.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "monitor/survival.h"

#include "base/error.h"
#include "base/memory.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>

/* Limits of log(-log S) carried back: S^exp(+-z se / |log S|), se the error of log S. */
static void set_limits(churn_survival_step *step, double sum, double z)
{
  double logarithm = log(step->survival);
  step->std_error = step->low = step->high = NAN;
  if (step->survival <= 0)
    return;
  double factor = exp(z * sqrt(sum) / fabs(logarithm));
  step->std_error = step->survival * sqrt(sum);
  step->low = exp(logarithm * factor);
  step->high = exp(logarithm / factor);
}

/* How many stays begin and end on each day of tenure. */
typedef struct day_counts {
  uint64_t *started, *stopped, *lost; /* [days] */
  size_t days;
} day_counts;

static void clear_counts(day_counts *c)
{
  free(c->started);
  free(c->stopped);
  free(c->lost);
}

static churn_status count_days(const churn_watched *watched, size_t count, day_counts *c,
                               churn_error *error)
{
  int32_t longest = 0;
  for (size_t i = 0; i < count; i++)
    longest = watched[i].stop > longest ? watched[i].stop : longest;
  c->days = (size_t)longest + 1;
  c->started = churn_array_new(c->days, sizeof *c->started);
  c->stopped = churn_array_new(c->days, sizeof *c->stopped);
  c->lost = churn_array_new(c->days, sizeof *c->lost);
  if (c->started == NULL || c->stopped == NULL || c->lost == NULL)
    return churn_error_no_memory(error);
  for (size_t i = 0; i < count; i++) {
    c->started[watched[i].start]++;
    c->stopped[watched[i].stop]++;
    c->lost[watched[i].stop] += watched[i].lost;
  }
  return CHURN_OK;
}

/* Day by day; `under` are those under watch just before. */
static void make_steps(const day_counts *c, double z, churn_survival *s)
{
  uint64_t under = 0;
  double survival = 1, sum = 0;
  for (size_t day = 0; day < c->days; day++) {
    if (c->lost[day] > 0) {
      double risk = (double)under, died = (double)c->lost[day];
      survival *= 1 - died / risk;
      sum += died / (risk * (risk - died));
      s->steps[s->count] = (churn_survival_step){
          .time = (int32_t)day, .at_risk = under, .lost = c->lost[day], .survival = survival};
      set_limits(&s->steps[s->count++], sum, z);
    }
    under = under + c->started[day] - c->stopped[day];
    s->watched[day] = under;
  }
}

static size_t days_with_losses(const day_counts *c)
{
  size_t found = 0;
  for (size_t day = 0; day < c->days; day++)
    found += c->lost[day] > 0;
  return found;
}

churn_status churn_survival_of(const churn_watched *watched, size_t count, double level,
                               churn_survival *survival, churn_error *error)
{
  day_counts counts = {0};
  churn_survival made = {.level = level};
  churn_status status = count_days(watched, count, &counts, error);
  if (status == CHURN_OK) {
    made.days = counts.days;
    made.watched = churn_array_new(counts.days, sizeof *made.watched);
    made.steps = churn_array_new(days_with_losses(&counts), sizeof *made.steps);
    if (made.watched == NULL || made.steps == NULL)
      status = churn_error_no_memory(error);
  }
  if (status == CHURN_OK) {
    make_steps(&counts, gsl_cdf_ugaussian_Pinv(0.5 + level / 2), &made);
    *survival = made;
  } else
    churn_survival_clear(&made);
  clear_counts(&counts);
  return status;
}

void churn_survival_clear(churn_survival *survival)
{
  free(survival->steps);
  free(survival->watched);
  *survival = (churn_survival){0};
}

churn_survival_step churn_survival_at(const churn_survival *survival, int32_t time)
{
  size_t low = 0, high = survival->count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (survival->steps[middle].time <= time)
      low = middle + 1;
    else
      high = middle;
  }
  if (low > 0)
    return survival->steps[low - 1];
  return (churn_survival_step){.survival = 1, .low = NAN, .high = NAN};
}

double churn_survival_time(const churn_survival *survival, double share, int limit)
{
  for (size_t i = 0; i < survival->count; i++) {
    const churn_survival_step *step = &survival->steps[i];
    double at = limit == 0 ? step->survival : limit < 0 ? step->low : step->high;
    if (at <= share)
      return step->time;
  }
  return NAN;
}

uint64_t churn_survival_watched(const churn_survival *survival, int32_t time)
{
  return time < 0 || (size_t)time >= survival->days ? 0 : survival->watched[time];
}
