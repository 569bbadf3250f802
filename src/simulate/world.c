/* The events that hit many customers at once.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "simulate/world.h"

#include "base/error.h"
#include "base/memory.h"
#include "simulate/calendar.h"
#include "simulate/stream.h"

#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CUSTOMERS_A_DESK = 100, DESKS_LEAST = 3 };

const double churn_rep_leaves_a_day = 0.40 / 365;
const double churn_list_moves_a_day = 0.70 / 365;

/* Busy Mondays to Thursdays, little on Sundays; sums to 7. */
static const double weekday_rhythm[7] = {1.25, 1.30, 1.25, 1.20, 1.00, 0.60, 0.40};

double churn_world_draw_list_factor(gsl_rng *random)
{
  return 1 + gsl_ran_flat(random, 0.02, 0.07);
}

static int by_day_then_desk(const void *left, const void *right)
{
  const churn_rep_event *a = left, *b = right;
  if (a->day != b->day)
    return a->day < b->day ? -1 : 1;
  return a->rep < b->rep ? -1 : a->rep > b->rep;
}

static int by_day_then_tier(const void *left, const void *right)
{
  const churn_list_event *a = left, *b = right;
  if (a->day != b->day)
    return a->day < b->day ? -1 : 1;
  return a->tier < b->tier ? -1 : a->tier > b->tier;
}

/* Sizes of the desks: a gamma draw each, so that a few books are twice as thick as others. */
static void draw_shares(churn_world *world, gsl_rng *random)
{
  double sum = 0;
  for (uint32_t desk = 0; desk < world->desks; desk++) {
    sum += gsl_ran_gamma(random, 4, 1) + 0.1;
    world->desk_shares[desk] = sum;
  }
  for (uint32_t desk = 0; desk < world->desks; desk++)
    world->desk_shares[desk] /= sum;
}

/* Appends the desk's successions; `rep` holds the desk. */
static bool draw_successions(const churn_world *world, gsl_rng *random, uint32_t desk,
                             churn_rep_event **events, size_t *count, size_t *capacity)
{
  churn_day day = world->first_day;
  for (;;) {
    if (!churn_array_reserve(events, capacity, *count + 1, sizeof **events))
      return false;
    (*events)[(*count)++] = (churn_rep_event){day, desk};
    day = churn_stream_next(random, day, churn_rep_leaves_a_day);
    if (day > world->last_day)
      return true;
  }
}

/* Deals the events to their desks and numbers the reps in the order in which they came. */
static void deal_to_desks(churn_world *world, churn_rep_event *events, size_t count)
{
  qsort(events, count, sizeof *events, by_day_then_desk);
  for (size_t i = 0; i < count; i++)
    world->desk_first[events[i].rep + 1]++;
  for (uint32_t desk = 0; desk < world->desks; desk++)
    world->desk_first[desk + 1] += world->desk_first[desk];
  for (size_t i = 0; i < count; i++)
    world->reps[world->desk_first[events[i].rep]++] =
        (churn_rep_event){events[i].day, (uint32_t)i + 1};
  for (uint32_t desk = world->desks; desk > 0; desk--)
    world->desk_first[desk] = world->desk_first[desk - 1];
  world->desk_first[0] = 0;
}

static bool make_desks(churn_world *world, gsl_rng *random)
{
  churn_rep_event *events = NULL;
  size_t count = 0, capacity = 0;
  uint32_t wanted = world->settings.customers / CUSTOMERS_A_DESK;
  world->desks = wanted < DESKS_LEAST ? DESKS_LEAST : wanted;
  world->desk_shares = churn_array_new(world->desks, sizeof *world->desk_shares);
  world->desk_first = churn_array_new((size_t)world->desks + 1, sizeof *world->desk_first);
  bool good = world->desk_shares != NULL && world->desk_first != NULL;
  if (good) {
    churn_stream_seed(random, world->settings.seed, CHURN_STREAM_REPS, 0);
    draw_shares(world, random);
  }
  for (uint32_t desk = 0; good && desk < world->desks; desk++)
    good = draw_successions(world, random, desk, &events, &count, &capacity);
  if (good)
    world->reps = churn_array_new(count, sizeof *world->reps);
  good = good && world->reps != NULL;
  if (good)
    deal_to_desks(world, events, count);
  free(events);
  return good;
}

static bool make_list_moves(churn_world *world, gsl_rng *random)
{
  size_t capacity = 0;
  churn_stream_seed(random, world->settings.seed, CHURN_STREAM_PRICES, 0);
  for (uint32_t tier = 0; tier < CHURN_TIERS; tier++) {
    churn_day day = churn_stream_next(random, world->first_day, churn_list_moves_a_day);
    while (day <= world->last_day) {
      if (!churn_array_reserve(&world->lists, &capacity, world->list_count + 1,
                               sizeof *world->lists))
        return false;
      world->lists[world->list_count++] =
          (churn_list_event){day, tier, churn_world_draw_list_factor(random)};
      day = churn_stream_next(random, day, churn_list_moves_a_day);
    }
  }
  if (world->list_count > 0)
    qsort(world->lists, world->list_count, sizeof *world->lists, by_day_then_tier);
  return true;
}

static bool make_day_texts(churn_world *world)
{
  world->text_first = world->first_day - CHURN_JOINED_BEFORE_DAYS;
  size_t count = (size_t)(world->last_day - world->text_first) + 1;
  world->day_texts = churn_array_new(count, sizeof *world->day_texts);
  if (world->day_texts == NULL)
    return false;
  for (size_t i = 0; i < count; i++) {
    char text[CHURN_DAY_TEXT_SIZE];
    churn_day_format(world->text_first + (churn_day)i, text);
    memcpy(world->day_texts[i], text, sizeof world->day_texts[i]);
  }
  return true;
}

churn_status churn_world_make(const churn_simulate_settings *settings, churn_world *world,
                              churn_error *error)
{
  churn_world made = {0};
  gsl_rng *random = NULL;
  churn_status status = churn_calendar_make(settings, &made, error);
  if (status != CHURN_OK)
    goto done;
  made.intercept = churn_effects_intercept();
  churn_effects_fill(made.settings.engagements_a_day, made.effects);
  memcpy(made.weekday, weekday_rhythm, sizeof made.weekday);
  random = churn_stream_new();
  if (random == NULL || !make_desks(&made, random) || !make_list_moves(&made, random) ||
      !make_day_texts(&made))
    status = churn_error_no_memory(error);
done:
  gsl_rng_free(random);
  if (status != CHURN_OK)
    churn_world_clear(&made);
  *world = made;
  return status;
}

void churn_world_clear(churn_world *world)
{
  free(world->desk_shares);
  free(world->desk_first);
  free(world->reps);
  free(world->lists);
  free(world->day_texts);
  memset(world, 0, sizeof *world);
}

uint32_t churn_world_draw_desk(const churn_world *world, gsl_rng *random)
{
  double share = gsl_rng_uniform(random);
  uint32_t low = 0, high = world->desks - 1;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    if (world->desk_shares[middle] > share)
      high = middle;
    else
      low = middle + 1;
  }
  return low;
}

size_t churn_world_rep_on(const churn_world *world, uint32_t desk, churn_day day)
{
  size_t at = world->desk_first[desk];
  while (at + 1 < world->desk_first[desk + 1] && world->reps[at + 1].day <= day)
    at++;
  return at;
}
