/* How long customers stay: the product-limit estimate with delayed entry.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "monitor/survival.h"

#include "base/error.h"
#include "base/memory.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>

static int by_stop(const void *left, const void *right)
{
  const churn_watched *a = left, *b = right;
  return (a->stop > b->stop) - (a->stop < b->stop);
}

static int by_time(const void *left, const void *right)
{
  int32_t a = *(const int32_t *)left, b = *(const int32_t *)right;
  return (a > b) - (a < b);
}

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

/* One look at each stay in order of stop; `starts` tells how many came under watch before. */
static size_t make_steps(const churn_watched *watched, const int32_t *starts, size_t count,
                         double z, churn_survival_step *steps)
{
  size_t made = 0, entered = 0;
  double survival = 1, sum = 0;
  for (size_t i = 0; i < count;) {
    size_t end = i;
    uint64_t lost = 0;
    for (; end < count && watched[end].stop == watched[i].stop; end++)
      lost += watched[end].lost;
    while (entered < count && starts[entered] < watched[i].stop)
      entered++;
    double risk = (double)(entered - i), died = (double)lost;
    if (lost > 0) {
      survival *= 1 - died / risk;
      sum += died / (risk * (risk - died));
      steps[made] = (churn_survival_step){
          .time = watched[i].stop, .at_risk = entered - i, .lost = lost, .survival = survival};
      set_limits(&steps[made++], sum, z);
    }
    i = end;
  }
  return made;
}

churn_status churn_survival_of(churn_watched *watched, size_t count, double level,
                               churn_survival *survival, churn_error *error)
{
  int32_t *starts = churn_array_new(count, sizeof *starts);
  churn_survival_step *steps = churn_array_new(count, sizeof *steps);
  churn_status status = starts == NULL || steps == NULL ? churn_error_no_memory(error) : CHURN_OK;
  if (status == CHURN_OK) {
    for (size_t i = 0; i < count; i++)
      starts[i] = watched[i].start;
    qsort(watched, count, sizeof *watched, by_stop);
    qsort(starts, count, sizeof *starts, by_time);
    double z = gsl_cdf_ugaussian_Pinv(0.5 + level / 2);
    *survival = (churn_survival){steps, make_steps(watched, starts, count, z, steps), level};
    steps = NULL;
  }
  free(steps);
  free(starts);
  return status;
}

void churn_survival_clear(churn_survival *survival)
{
  free(survival->steps);
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

uint64_t churn_watched_at(const churn_watched *watched, size_t count, int32_t time)
{
  uint64_t found = 0;
  for (size_t i = 0; i < count; i++)
    found += watched[i].start <= time && time < watched[i].stop;
  return found;
}
