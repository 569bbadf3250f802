/* Complaints open at a customer's own rate and close at a rate that depends on their severity.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "simulate/actor.h"
#include "simulate/stream.h"

enum { CATEGORIES = 5, SEVERE_FROM = 3 };

/* Severity 1..5, cumulative. */
static const double severity_shares[] = {0.20, 0.50, 0.75, 0.90, 1.0};

/* Mean days to close: 10 and 5 more for each step of severity. */
static double closes_a_day(unsigned severity)
{
  return 1 / (10 + 5 * (double)severity);
}

void churn_complaints_born(churn_complaints *complaints)
{
  *complaints = (churn_complaints){0};
  for (int i = 0; i < CHURN_SEVERE_KEPT; i++)
    complaints->severe[i] = CHURN_DAY_MISSING;
}

void churn_complaints_redraw(churn_complaints *complaints, const churn_temperament *temperament,
                             churn_day day, gsl_rng *random)
{
  complaints->next = churn_stream_next(random, day - 1, temperament->complaints_a_day);
  for (uint32_t i = 0; i < complaints->open_count; i++)
    complaints->open[i].closes =
        churn_stream_next(random, day - 1, closes_a_day(complaints->open[i].severity));
}

churn_day churn_complaints_wake(const churn_complaints *complaints)
{
  churn_day wakes = complaints->next;
  for (uint32_t i = 0; i < complaints->open_count; i++)
    if (complaints->open[i].closes < wakes)
      wakes = complaints->open[i].closes;
  return wakes;
}

static bool close_due(churn_complaints *complaints, churn_day day, churn_records *records)
{
  uint32_t kept = 0;
  for (uint32_t i = 0; i < complaints->open_count; i++) {
    const churn_open_complaint *c = &complaints->open[i];
    if (c->closes > day)
      complaints->open[kept++] = *c;
    else if (records != NULL)
      churn_records_closed(records, c->record, day);
  }
  bool closed = kept < complaints->open_count;
  complaints->open_count = kept;
  return closed;
}

static void open_one(churn_complaints *complaints, churn_day day, gsl_rng *random,
                     churn_records *records)
{
  double draw = gsl_rng_uniform(random);
  unsigned severity = 1;
  while (draw >= severity_shares[severity - 1])
    severity++;
  unsigned category = (unsigned)gsl_rng_uniform_int(random, CATEGORIES);
  churn_open_complaint *c = &complaints->open[complaints->open_count++];
  *c = (churn_open_complaint){churn_stream_next(random, day, closes_a_day(severity)), severity, 0};
  if (records != NULL)
    c->record = churn_records_complaint(
        records, (churn_complaint_record){day, CHURN_DAY_MISSING, severity, category});
  if (severity < SEVERE_FROM)
    return;
  for (int i = CHURN_SEVERE_KEPT - 1; i > 0; i--)
    complaints->severe[i] = complaints->severe[i - 1];
  complaints->severe[0] = day;
}

bool churn_complaints_live(churn_complaints *complaints, const churn_temperament *temperament,
                           churn_day day, gsl_rng *random, churn_records *records)
{
  bool changed = close_due(complaints, day, records);
  if (complaints->next > day)
    return changed;
  complaints->next = churn_stream_next(random, day, temperament->complaints_a_day);
  if (complaints->open_count == CHURN_OPEN_MOST)
    return changed;
  open_one(complaints, day, random, records);
  return true;
}
