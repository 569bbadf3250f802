/* Kinds of loss over time.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/memory.h"
#include "jobs/rates_parts.h"

#include <math.h>
#include <stdlib.h>

churn_status churn_rates_make_kinds(churn_rates_job *job, churn_error *error)
{
  size_t periods = job->period_count;
  if (job->kinds == NULL)
    return CHURN_OK;
  job->kind_cells = churn_array_new(CHURN_KINDS * periods, sizeof *job->kind_cells);
  if (job->kind_cells == NULL)
    return churn_error_no_memory(error);
  for (size_t k = 0; k < CHURN_KINDS; k++)
    for (size_t p = 0; p < periods; p++)
      job->kind_cells[k * periods + p] = (churn_kind_loss){
          .kind = (churn_kind)k, .first = job->periods[p].first, .last = job->periods[p].end - 1};
  return CHURN_OK;
}

/* Stays that ended, as the kinds want them. */
typedef struct ended {
  size_t *stays, *spells;
  churn_day *left;
  bool *reasoned; /* the recorded reason is that of the last leaving */
  churn_kind *kinds;
  size_t count;
} ended;

static bool is_last(const churn_rates_job *job, size_t stay)
{
  return stay + 1 == job->stay_count || job->stays[stay + 1].spell != job->stays[stay].spell;
}

static churn_status list_ended(const churn_rates_job *job, ended *e, churn_error *error)
{
  e->stays = churn_array_new(job->stay_count, sizeof *e->stays);
  e->spells = churn_array_new(job->stay_count, sizeof *e->spells);
  e->left = churn_array_new(job->stay_count, sizeof *e->left);
  e->reasoned = churn_array_new(job->stay_count, sizeof *e->reasoned);
  e->kinds = churn_array_new(job->stay_count, sizeof *e->kinds);
  if (e->stays == NULL || e->spells == NULL || e->left == NULL || e->reasoned == NULL ||
      e->kinds == NULL)
    return churn_error_no_memory(error);
  for (size_t i = 0; i < job->stay_count; i++)
    if (job->stays[i].left != CHURN_DAY_MISSING) {
      e->stays[e->count] = i;
      e->spells[e->count] = job->stays[i].spell;
      e->reasoned[e->count] = is_last(job, i);
      e->left[e->count++] = job->stays[i].left;
    }
  return CHURN_OK;
}

churn_status churn_rates_find_kinds(churn_rates_job *job, churn_error *error)
{
  ended e = {.count = 0};
  if (job->kinds == NULL)
    return CHURN_OK;
  job->stay_kinds = churn_array_new(job->stay_count, sizeof *job->stay_kinds);
  churn_status status =
      job->stay_kinds == NULL ? churn_error_no_memory(error) : list_ended(job, &e, error);
  const churn_leavings leavings = {e.count, e.spells, e.left, e.reasoned};
  if (status == CHURN_OK)
    status = churn_kinds_find(job->project, job->kinds, job->data, &leavings, e.kinds, NULL, error);
  for (size_t i = 0; status == CHURN_OK && i < e.count; i++)
    job->stay_kinds[e.stays[i]] = e.kinds[i];
  free(e.stays);
  free(e.spells);
  free(e.left);
  free(e.reasoned);
  free(e.kinds);
  return status;
}

void churn_rates_add_kind(churn_rates_job *job, size_t period, size_t stay, double value)
{
  churn_kind_loss *cell =
      &job->kind_cells[(size_t)job->stay_kinds[stay] * job->period_count + period];
  cell->lost++;
  cell->value_lost += isnan(value) ? 0 : value;
}

static double share_of(double part, double whole)
{
  return whole > 0 ? part / whole : NAN;
}

/* Of a count without money nothing is known of it. */
static void finish(const churn_rates_job *job, const churn_rate *of, churn_kind_loss *loss)
{
  if (job->no_money)
    loss->value_lost = NAN;
  loss->share = share_of((double)loss->lost, (double)of->lost);
  loss->value_share = share_of(loss->value_lost, of->value_lost);
}

churn_status churn_rates_fill_kinds(const churn_rates_job *job, churn_rates *rates,
                                    churn_error *error)
{
  size_t periods = job->period_count, count = CHURN_KINDS * periods;
  const churn_rate *total = &rates->totals[0];
  if (job->kinds == NULL)
    return CHURN_OK;
  rates->kinds = churn_array_new(count, sizeof *rates->kinds);
  if (rates->kinds == NULL)
    return churn_error_no_memory(error);
  rates->kind_count = count;
  for (size_t k = 0; k < CHURN_KINDS; k++) {
    churn_kind_loss *all = &rates->kind_totals[k];
    *all = (churn_kind_loss){.kind = (churn_kind)k, .first = total->first, .last = total->last};
    for (size_t p = 0; p < periods; p++) {
      churn_kind_loss *cell = &rates->kinds[k * periods + p];
      *cell = job->kind_cells[k * periods + p];
      all->lost += cell->lost;
      all->value_lost += cell->value_lost;
      finish(job, &rates->rates[p], cell);
    }
    finish(job, total, all);
  }
  return CHURN_OK;
}
