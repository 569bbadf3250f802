/* One customer, day by day. The state is all there is: two actors in the same state have the same
 * future in law, because everything that is pending has no memory (an open complaint closes, an
 * unpaid invoice is paid, a rep leaves at a daily rate; nothing is decided ahead of its day except
 * by clocks, which churn_actor_redraw draws anew).
 *
 * Temperament (how often they engage and complain, how they pay) acts on leaving only through what
 * is recorded: churn_actor_hazard reads counts, dates and amounts that stand in the files.
 *
 * Cost: a few additions, twelve comparisons and an exp a day; random draws only when something
 * happens.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_SIMULATE_ACTOR_H
#define CHURN_SIMULATE_ACTOR_H

#include "simulate/records.h"
#include "simulate/world.h"

enum {
  CHURN_ENGAGEMENT_STAGES = 6,
  CHURN_PAYMENT_STAGES = 3, /* a payment comes after so many exponential stages */
  CHURN_RING_DAYS = 128,    /* engagements a day, a power of two above 90 */
  CHURN_OPEN_MOST = 8,    /* complaints open at once; with so many open no further one is opened */
  CHURN_SEVERE_KEPT = 3,  /* as far as the effect counts */
  CHURN_CHANGES_KEPT = 3, /* as far as the effect counts */
  CHURN_INVOICES_KEPT = 16,
  CHURN_FEES_KEPT = 16
};

/* What a customer is like; fixed for life. */
typedef struct churn_temperament {
  double engagements_a_day; /* in the long run, while not fading */
  double complaints_a_day;
  double payment_days;       /* mean days to pay, from the day on which payment can come at all */
  double stops_paying_a_day; /* rate of spells without any payment */
  double discount;           /* own fee over list price at the start */
} churn_temperament;

/* Engagement: waits of CHURN_ENGAGEMENT_STAGES exponential stages (people keep in touch more evenly
 * than chance would), at a rate that wanders in slow waves and, for some, fades for a while. */
typedef struct churn_engagement {
  double drift;         /* deviation of the log rate */
  double heading;       /* its change in the last week */
  double fade;          /* factor, 1 = none */
  double rate;          /* a day, without the weekday's rhythm */
  double pending;       /* rate still to be lived through until the present stage is over */
  uint32_t stage;       /* stages of the present wait that are over */
  churn_day fade_turns; /* clock: fading starts or ends */
  churn_day last;       /* day of the newest, MISSING = none */
  uint32_t last_30, last_90;
  bool fading;
  uint16_t ring[CHURN_RING_DAYS]; /* count of day d at d modulo the size */
} churn_engagement;

typedef struct churn_open_complaint {
  churn_day closes; /* clock */
  unsigned severity;
  size_t record;
} churn_open_complaint;

typedef struct churn_complaints {
  churn_day next; /* clock: the next one is opened */
  uint32_t open_count;
  churn_open_complaint open[CHURN_OPEN_MOST];
  churn_day severe[CHURN_SEVERE_KEPT]; /* days of the newest severe ones, newest first */
} churn_complaints;

typedef struct churn_fee {
  churn_day day;
  uint32_t cents;
} churn_fee;

typedef struct churn_account {
  double list[CHURN_TIERS]; /* list prices */
  double factor;            /* own fee over list */
  uint32_t tier;
  uint32_t cents;      /* monthly fee now */
  churn_day own_rise;  /* clock: an increase for this customer alone */
  churn_day tier_move; /* clock */
  churn_day list_move; /* clock, or the next of world->lists */
  size_t list_index;   /* of that one */
  uint32_t fee_count;
  churn_fee fees[CHURN_FEES_KEPT]; /* newest last */
  uint32_t desk;
  size_t rep_index;                      /* into world->reps: who has the desk */
  churn_day rep_leaves;                  /* clock, or the next of the desk */
  churn_day desk_move;                   /* clock: this customer alone moves to another desk */
  churn_day changes[CHURN_CHANGES_KEPT]; /* days of the newest changes of rep, newest first */
} churn_account;

typedef struct churn_invoice {
  churn_day issued, due;
  churn_day paid;       /* MISSING while unpaid */
  churn_day stage_over; /* clock, while unpaid */
  uint32_t stage;       /* stages that are over */
  uint32_t cents;
  size_t record;
} churn_invoice;

typedef struct churn_payments {
  churn_day next_issue;
  int issued_months;     /* from joining to next_issue */
  churn_day habit_turns; /* clock: a spell without payments starts or ends */
  churn_day next_stage;  /* the soonest clock of the unpaid */
  bool stopped;          /* in such a spell */
  uint32_t count;
  churn_invoice invoices[CHURN_INVOICES_KEPT]; /* oldest first */
} churn_payments;

typedef struct churn_actor {
  churn_day joined;
  churn_day start; /* first day with rows: joined, or the world's first day */
  churn_temperament temperament;
  churn_engagement engagement;
  churn_complaints complaints;
  churn_account account;
  churn_payments payments;
  bool foreseen;     /* reps leave and lists move as the world says; else by clocks */
  churn_day wakes;   /* the soonest of all clocks */
  churn_day changed; /* from this day on the slow values must be read again */
  double slow_terms; /* sum of the effects from CHURN_EFFECT_SEVERE on */
} churn_actor;

/* A new customer on the morning of `start`, its opening price and rep recorded. `profile` gets what
 * drives nothing. The stream must have been seeded for the customer. */
void churn_actor_born(const churn_world *world, uint32_t number, gsl_rng *random,
                      churn_actor *actor, churn_profile *profile);

/* Records the rows of the first day: price and rep in force. */
void churn_actor_open_books(const churn_actor *actor, const churn_world *world,
                            churn_records *records);

/* Draws every clock anew, as of the morning of `day`; from then on events that the world foresaw
 * come by clocks too. */
void churn_actor_redraw(churn_actor *actor, const churn_world *world, churn_day day,
                        gsl_rng *random);

/* The hazard of leaving on `day`, from what was recorded before it; 0 until the day after joining
 * and before world->leaving_from. `day` must be the day that is lived next. */
double churn_actor_hazard(churn_actor *actor, const churn_world *world, churn_day day);

/* Lives through `day`; the days must follow each other. `records` NULL = nothing is written. */
void churn_actor_live(churn_actor *actor, const churn_world *world, churn_day day, gsl_rng *random,
                      churn_records *records);

/* Complaints and invoices that stay open when the life ends on `end` (the day of leaving, or the
 * day after the world's last): their clocks run out after it. */
void churn_actor_close_books(const churn_actor *actor, gsl_rng *random, churn_records *records);

/* The parts, each on its own file. `_redraw` and `_value`/`_values` as above; `_wake` gives the
 * soonest clock; `_live` returns whether a slow value may have changed. */
void churn_engagement_born(churn_engagement *engagement, const churn_temperament *temperament,
                           gsl_rng *random);
void churn_engagement_redraw(churn_engagement *engagement, churn_day day, gsl_rng *random);
void churn_engagement_week(churn_engagement *engagement, const churn_temperament *temperament,
                           gsl_rng *random);
void churn_engagement_turn(churn_engagement *engagement, churn_day day, gsl_rng *random);

void churn_complaints_redraw(churn_complaints *complaints, const churn_temperament *temperament,
                             churn_day day, gsl_rng *random);
churn_day churn_complaints_wake(const churn_complaints *complaints);
bool churn_complaints_live(churn_complaints *complaints, const churn_temperament *temperament,
                           churn_day day, gsl_rng *random, churn_records *records);
void churn_complaints_born(churn_complaints *complaints);

void churn_account_born(churn_account *account, const churn_world *world,
                        const churn_temperament *temperament, unsigned segment, churn_day start,
                        gsl_rng *random);
void churn_account_redraw(churn_account *account, const churn_world *world, bool foreseen,
                          churn_day day, gsl_rng *random);
churn_day churn_account_wake(const churn_account *account);
bool churn_account_live(churn_account *account, const churn_world *world, bool foreseen,
                        churn_day day, gsl_rng *random, churn_records *records);
/* Monthly fee now less the one in force 180 days before `day`, in money; NaN = none then. */
double churn_account_fee_change(const churn_account *account, churn_day day);

void churn_payments_born(churn_payments *payments, churn_day joined, churn_day start);
void churn_payments_redraw(churn_payments *payments, const churn_temperament *temperament,
                           churn_day day, gsl_rng *random);
churn_day churn_payments_wake(const churn_payments *payments);
bool churn_payments_live(churn_payments *payments, const churn_temperament *temperament,
                         churn_day joined, uint32_t cents, churn_day day, gsl_rng *random,
                         churn_records *records);
void churn_payments_close_books(const churn_payments *payments,
                                const churn_temperament *temperament, gsl_rng *random,
                                churn_records *records);
/* Mean delay (days, NaN = none due) and money overdue as of `day`. Returns the first day after on
 * which they change without any event. */
churn_day churn_payments_values(const churn_payments *payments, churn_day day, double *delay,
                                double *overdue);

#endif
