/* What is the same for every customer: settings, calendar, and the events that hit many at once
 * (a rep leaves and the whole book goes to the successor; a list price moves). Drawn first, from
 * streams of their own; read-only afterwards.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_SIMULATE_WORLD_H
#define CHURN_SIMULATE_WORLD_H

#include "simulate/effects.h"

#include <churn/simulate.h>
#include <gsl/gsl_rng.h>
#include <stdbool.h>
#include <stddef.h>

enum { CHURN_TIERS = 3, CHURN_TRUTH_DAYS = 9, CHURN_JOINED_BEFORE_DAYS = 1825 };

/* Rates a day. A desk's rep leaves; the list price of a tier moves. */
extern const double churn_rep_leaves_a_day;
extern const double churn_list_moves_a_day;

typedef struct churn_rep_event {
  churn_day day; /* the successor's first day */
  uint32_t rep;
} churn_rep_event;

typedef struct churn_list_event {
  churn_day day;
  uint32_t tier;
  double factor; /* new list price over old */
} churn_list_event;

typedef struct churn_world {
  churn_simulate_settings settings; /* nothing zero: defaults are filled in */
  churn_day first_day, last_day;
  churn_day leaving_from; /* nobody leaves before: the windows fill first */
  churn_day snapshot_first, snapshot_last, test_from;
  churn_day truth_days[CHURN_TRUTH_DAYS]; /* ascending */
  size_t truth_day_count;
  double intercept;
  churn_effect effects[CHURN_EFFECTS];
  double weekday[7]; /* engagement rate on Monday … Sunday over the week's mean */
  uint32_t desks;
  double *desk_shares;     /* [desks] cumulative, last = 1 */
  size_t *desk_first;      /* [desks + 1] into rep_events */
  churn_rep_event *reps;   /* by desk, then day; the first of a desk is its rep at the start */
  churn_list_event *lists; /* by day */
  size_t list_count;
  churn_day text_first;  /* day of day_texts[0] */
  char (*day_texts)[10]; /* YYYY-MM-DD, not terminated */
} churn_world;

/* Checks `settings`, fills in the defaults and draws the events. USAGE, NO_MEMORY. On failure
 * `world` is zeroed. */
CHURN_MUST_USE churn_status churn_world_make(const churn_simulate_settings *settings,
                                             churn_world *world, churn_error *error);
void churn_world_clear(churn_world *world);

/* A desk by its share of the customers. */
uint32_t churn_world_draw_desk(const churn_world *world, gsl_rng *random);

/* Index into world->reps of who has `desk` on `day`. */
size_t churn_world_rep_on(const churn_world *world, uint32_t desk, churn_day day);

/* A factor by which a list price moves. */
double churn_world_draw_list_factor(gsl_rng *random);

/* Day `day` of the week, 0 = Monday. */
static inline unsigned churn_world_weekday(churn_day day)
{
  return (unsigned)(day - CHURN_DAY_FIRST) % 7; /* 0001-01-01 was a Monday */
}

/* True for the customers that truth.csv samples: truth_customers of them, evenly spaced. */
static inline bool churn_world_samples(const churn_world *world, uint32_t number)
{
  uint64_t wanted = world->settings.truth_customers, all = world->settings.customers;
  return (number + UINT64_C(1)) * wanted / all > number * wanted / all;
}

#endif
