/* What a customer pays and who looks after the account: tier, list price and own discount; the desk
 * and its rep.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "simulate/actor.h"
#include "simulate/stream.h"

#include <gsl/gsl_randist.h>
#include <math.h>
#include <string.h>

enum { FEE_WINDOW_DAYS = 180 };

static const double first_list[CHURN_TIERS] = {29, 39, 54};
static const double own_rises_a_day = 0.35 / 365;
static const double tier_moves_a_day = 0.03 / 365;
static const double desk_moves_a_day = 0.08 / 365;

/* Cumulative shares of the tiers by segment. */
static const double tier_shares[3][CHURN_TIERS] = {
    {0.45, 0.90, 1.0}, {0.20, 0.75, 1.0}, {0.05, 0.50, 1.0}};

static uint32_t fee_of(const churn_account *account)
{
  return (uint32_t)lround(100 * account->list[account->tier] * account->factor);
}

static void keep_fee(churn_account *account, churn_day day)
{
  if (account->fee_count == CHURN_FEES_KEPT) {
    account->fee_count--;
    memmove(account->fees, account->fees + 1, account->fee_count * sizeof account->fees[0]);
  }
  account->fees[account->fee_count++] = (churn_fee){day, account->cents};
}

/* The list prices of `day`, and where in world->lists the later moves start. */
static void catch_up_with_lists(churn_account *account, const churn_world *world, churn_day day)
{
  while (account->list_index < world->list_count && world->lists[account->list_index].day <= day) {
    const churn_list_event *move = &world->lists[account->list_index++];
    account->list[move->tier] *= move->factor;
  }
  account->list_move = account->list_index < world->list_count
                           ? world->lists[account->list_index].day
                           : CHURN_DAY_LAST;
}

static void catch_up_with_desk(churn_account *account, const churn_world *world, churn_day day)
{
  account->rep_index = churn_world_rep_on(world, account->desk, day);
  account->rep_leaves = account->rep_index + 1 < world->desk_first[account->desk + 1]
                            ? world->reps[account->rep_index + 1].day
                            : CHURN_DAY_LAST;
}

void churn_account_born(churn_account *account, const churn_world *world,
                        const churn_temperament *temperament, unsigned segment, churn_day start,
                        gsl_rng *random)
{
  *account = (churn_account){.factor = temperament->discount};
  memcpy(account->list, first_list, sizeof first_list);
  catch_up_with_lists(account, world, start);
  double draw = gsl_rng_uniform(random);
  while (draw >= tier_shares[segment][account->tier])
    account->tier++;
  account->cents = fee_of(account);
  keep_fee(account, start);
  account->desk = churn_world_draw_desk(world, random);
  catch_up_with_desk(account, world, start);
  for (int i = 0; i < CHURN_CHANGES_KEPT; i++)
    account->changes[i] = CHURN_DAY_MISSING;
}

void churn_account_redraw(churn_account *account, const churn_world *world, bool foreseen,
                          churn_day day, gsl_rng *random)
{
  account->own_rise = churn_stream_next(random, day - 1, own_rises_a_day);
  account->tier_move = churn_stream_next(random, day - 1, tier_moves_a_day);
  account->desk_move = churn_stream_next(random, day - 1, desk_moves_a_day);
  if (foreseen) {
    catch_up_with_lists(account, world, day - 1);
    catch_up_with_desk(account, world, day - 1);
    return;
  }
  account->list_move = churn_stream_next(random, day - 1, CHURN_TIERS * churn_list_moves_a_day);
  account->rep_leaves = churn_stream_next(random, day - 1, churn_rep_leaves_a_day);
}

static churn_day sooner(churn_day a, churn_day b)
{
  return a < b ? a : b;
}

churn_day churn_account_wake(const churn_account *account)
{
  return sooner(sooner(account->own_rise, account->tier_move),
                sooner(account->list_move, sooner(account->rep_leaves, account->desk_move)));
}

static void move_lists(churn_account *account, const churn_world *world, bool foreseen,
                       churn_day day, gsl_rng *random)
{
  if (foreseen) {
    catch_up_with_lists(account, world, day);
    return;
  }
  account->list[gsl_rng_uniform_int(random, CHURN_TIERS)] *= churn_world_draw_list_factor(random);
  account->list_move = churn_stream_next(random, day, CHURN_TIERS * churn_list_moves_a_day);
}

/* Up or down by one step; from the middle either way. */
static uint32_t neighbour_tier(uint32_t tier, gsl_rng *random)
{
  bool up = gsl_rng_uniform(random) < 0.5;
  if (tier == 0 || tier == CHURN_TIERS - 1)
    return 1;
  return up ? tier + 1 : tier - 1;
}

static bool live_prices(churn_account *account, const churn_world *world, bool foreseen,
                        churn_day day, gsl_rng *random, churn_records *records)
{
  uint32_t tier = account->tier, cents = account->cents;
  if (account->list_move <= day)
    move_lists(account, world, foreseen, day, random);
  if (account->own_rise <= day) {
    account->factor *= 1 + gsl_ran_flat(random, 0.03, 0.12);
    account->own_rise = churn_stream_next(random, day, own_rises_a_day);
  }
  if (account->tier_move <= day) {
    account->tier = neighbour_tier(account->tier, random);
    account->tier_move = churn_stream_next(random, day, tier_moves_a_day);
  }
  account->cents = fee_of(account);
  if (account->tier == tier && account->cents == cents)
    return false;
  keep_fee(account, day);
  if (records != NULL)
    churn_records_price(records, day, account->tier, account->cents);
  return true;
}

/* Another desk than the present one; there are at least three. */
static void move_desk(churn_account *account, const churn_world *world, gsl_rng *random)
{
  uint32_t desk = account->desk;
  while (desk == account->desk)
    desk = churn_world_draw_desk(world, random);
  account->desk = desk;
}

static bool live_reps(churn_account *account, const churn_world *world, bool foreseen,
                      churn_day day, gsl_rng *random, churn_records *records)
{
  bool rep_left = account->rep_leaves <= day, moved = account->desk_move <= day;
  if (!rep_left && !moved)
    return false;
  if (moved) {
    move_desk(account, world, random);
    account->desk_move = churn_stream_next(random, day, desk_moves_a_day);
  }
  if (foreseen)
    catch_up_with_desk(account, world, day);
  else
    account->rep_leaves = churn_stream_next(random, day, churn_rep_leaves_a_day);
  for (int i = CHURN_CHANGES_KEPT - 1; i > 0; i--)
    account->changes[i] = account->changes[i - 1];
  account->changes[0] = day;
  if (records != NULL)
    churn_records_rep(records, day, world->reps[account->rep_index].rep);
  return true;
}

bool churn_account_live(churn_account *account, const churn_world *world, bool foreseen,
                        churn_day day, gsl_rng *random, churn_records *records)
{
  bool prices = live_prices(account, world, foreseen, day, random, records);
  return live_reps(account, world, foreseen, day, random, records) || prices;
}

double churn_account_fee_change(const churn_account *account, churn_day day)
{
  double before = NAN;
  for (uint32_t i = 0; i < account->fee_count; i++)
    if (account->fees[i].day < day - FEE_WINDOW_DAYS)
      before = (double)account->fees[i].cents;
  return ((double)account->cents - before) / 100;
}
