/* Invoices fall due monthly and are paid by a customer's habit, or not at all for a while.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "simulate/actor.h"
#include "simulate/stream.h"

#include <math.h>
#include <string.h>

enum { DUE_AFTER_DAYS = 14, PAYABLE_AFTER_DAYS = 5, DELAY_WINDOW_DAYS = 180 };

static const double resumes_a_day = 1.0 / 20;

void churn_payments_born(churn_payments *payments, churn_day joined, churn_day start)
{
  *payments = (churn_payments){.issued_months = 1};
  while (churn_day_add_months(joined, payments->issued_months) < start)
    payments->issued_months++;
  payments->next_issue = churn_day_add_months(joined, payments->issued_months);
}

static double turns_a_day(const churn_payments *payments, const churn_temperament *temperament)
{
  return payments->stopped ? resumes_a_day : temperament->stops_paying_a_day;
}

/* A day after `day` on which a stage of the waiting for payment is over. */
static churn_day draw_stage(const churn_invoice *invoice, const churn_temperament *temperament,
                            churn_day day, gsl_rng *random)
{
  churn_day before = invoice->issued + PAYABLE_AFTER_DAYS - 1;
  return churn_stream_next(random, before > day ? before : day,
                           CHURN_PAYMENT_STAGES / temperament->payment_days);
}

static void set_next_stage(churn_payments *payments)
{
  payments->next_stage = CHURN_DAY_LAST;
  if (payments->stopped)
    return;
  for (uint32_t i = 0; i < payments->count; i++) {
    const churn_invoice *v = &payments->invoices[i];
    if (v->paid == CHURN_DAY_MISSING && v->stage_over < payments->next_stage)
      payments->next_stage = v->stage_over;
  }
}

/* New clocks for the unpaid, from the day after `day`. */
static void redraw_unpaid(churn_payments *payments, const churn_temperament *temperament,
                          churn_day day, gsl_rng *random)
{
  for (uint32_t i = 0; i < payments->count; i++) {
    churn_invoice *v = &payments->invoices[i];
    if (v->paid == CHURN_DAY_MISSING)
      v->stage_over = draw_stage(v, temperament, day, random);
  }
  set_next_stage(payments);
}

void churn_payments_redraw(churn_payments *payments, const churn_temperament *temperament,
                           churn_day day, gsl_rng *random)
{
  payments->habit_turns = churn_stream_next(random, day - 1, turns_a_day(payments, temperament));
  redraw_unpaid(payments, temperament, day - 1, random);
}

churn_day churn_payments_wake(const churn_payments *payments)
{
  churn_day wakes = payments->next_issue;
  if (payments->habit_turns < wakes)
    wakes = payments->habit_turns;
  return payments->next_stage < wakes ? payments->next_stage : wakes;
}

static void pay(churn_invoice *invoice, churn_day day, churn_records *records)
{
  invoice->paid = day;
  if (records != NULL)
    churn_records_paid(records, invoice->record, day);
}

/* Stages that are over today; true when one was the last and the invoice is paid. */
static bool pay_due(churn_payments *payments, const churn_temperament *temperament, churn_day day,
                    gsl_rng *random, churn_records *records)
{
  bool paid = false;
  if (payments->next_stage > day)
    return false;
  for (uint32_t i = 0; i < payments->count; i++) {
    churn_invoice *v = &payments->invoices[i];
    if (v->paid != CHURN_DAY_MISSING || v->stage_over > day)
      continue;
    if (++v->stage < CHURN_PAYMENT_STAGES) {
      v->stage_over = draw_stage(v, temperament, day, random);
    } else {
      pay(v, day, records);
      paid = true;
    }
  }
  set_next_stage(payments);
  return paid;
}

/* Adds an invoice. An unpaid one of sixteen months ago is settled then, so that none is ever
 * forgotten. */
static void issue(churn_payments *payments, const churn_temperament *temperament, uint32_t cents,
                  churn_day day, gsl_rng *random, churn_records *records)
{
  if (payments->count == CHURN_INVOICES_KEPT) {
    if (payments->invoices[0].paid == CHURN_DAY_MISSING)
      pay(&payments->invoices[0], day, records);
    payments->count--;
    memmove(payments->invoices, payments->invoices + 1,
            payments->count * sizeof payments->invoices[0]);
  }
  churn_invoice *v = &payments->invoices[payments->count++];
  *v = (churn_invoice){day, day + DUE_AFTER_DAYS, CHURN_DAY_MISSING, CHURN_DAY_LAST, 0, cents, 0};
  v->stage_over = draw_stage(v, temperament, day, random);
  if (records != NULL)
    v->record = churn_records_invoice(
        records, (churn_invoice_record){v->issued, v->due, CHURN_DAY_MISSING, cents});
}

bool churn_payments_live(churn_payments *payments, const churn_temperament *temperament,
                         churn_day joined, uint32_t cents, churn_day day, gsl_rng *random,
                         churn_records *records)
{
  bool changed = pay_due(payments, temperament, day, random, records);
  if (payments->next_issue <= day) {
    issue(payments, temperament, cents, day, random, records);
    payments->next_issue = churn_day_add_months(joined, ++payments->issued_months);
    changed = true;
  }
  if (payments->habit_turns <= day) {
    payments->stopped = !payments->stopped;
    payments->habit_turns = churn_stream_next(random, day, turns_a_day(payments, temperament));
    redraw_unpaid(payments, temperament, day, random);
  } else if (changed) {
    set_next_stage(payments);
  }
  return changed;
}

void churn_payments_close_books(const churn_payments *payments,
                                const churn_temperament *temperament, gsl_rng *random,
                                churn_records *records)
{
  for (uint32_t i = 0; i < payments->count && !payments->stopped; i++) {
    churn_invoice v = payments->invoices[i];
    if (v.paid != CHURN_DAY_MISSING)
      continue;
    for (; v.stage + 1 < CHURN_PAYMENT_STAGES; v.stage++)
      v.stage_over = draw_stage(&v, temperament, v.stage_over, random);
    churn_records_paid(records, v.record, v.stage_over);
  }
}

churn_day churn_payments_values(const churn_payments *payments, churn_day day, double *delay,
                                double *overdue)
{
  churn_day changes = CHURN_DAY_LAST;
  int64_t days = 0, cents = 0, counted = 0;
  for (uint32_t i = 0; i < payments->count; i++) {
    const churn_invoice *v = &payments->invoices[i];
    churn_day next = CHURN_DAY_LAST;
    bool unpaid = v->paid == CHURN_DAY_MISSING, due = v->due < day;
    if (due && unpaid)
      cents += v->cents;
    if (due && v->issued >= day - DELAY_WINDOW_DAYS) {
      days += (unpaid ? day : v->paid) - v->due;
      counted++;
      next = unpaid ? day + 1 : v->issued + DELAY_WINDOW_DAYS + 1;
    } else if (!due) {
      next = v->due + 1;
    }
    changes = next < changes ? next : changes;
  }
  *delay = counted > 0 ? (double)days / (double)counted : NAN;
  *overdue = (double)cents / 100;
  return changes;
}
