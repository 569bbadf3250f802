/* No look-ahead: the value of a feature as of T is the same bits when everything dated T or later,
 * or not known before T, is taken out of the data, and whatever the order of the rows.
 *
 * The battery below reads every aggregate and goes through every rule of visibility; a row of the
 * catalogue that it lacks fails.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "expression.h"
#include "random_world.h"
#include "support.h"

#include "feature/catalogue.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { WORLDS = 150 };

static const char *const battery[] = {
    "count(h)",
    "count(h over 10d)",
    "count(h over 5d lag 7d)",
    "count(k from h)",
    "count(h where missing(d))",
    "count(h where d > on + 2 over 20d)",
    "count(h where missing(kd) or k > 1)",
    "count(h where on < joined + 25)",
    "count(b)",
    "count(b over 10d lag 3d)",
    "sum(x from h)",
    "sum(x * 0.1 + 0.3 from h)",
    "sum(x / 3 from h where f over 12d lag 2d)",
    "sum(y / 7 from b)",
    "mean(coalesce(d, as_of) - s from h where s < as_of over 30d)",
    "mean(x / 3 from h)",
    "min(d - on from h)",
    "as_of - min(d from h)",
    "max(k from h where c in (\"a\", \"c\"))",
    "max(f from h)",
    "as_of - max(on from b)",
    "std(x / 3 from h)",
    "std(y from b over 20d)",
    "distinct(c from h)",
    "distinct(d from h over 20d)",
    "distinct(g from b)",
    "quantile(0.7, x / 3 from h)",
    "quantile(0.2, k from h over 20d)",
    "median(y from b over 20d lag 3d)",
    "share(k > 1 from h)",
    "share(missing(d) from h over 20d)",
    "distinct_days(h where c = \"b\")",
    "distinct_days(b over 20d)",
    "longest_gap(h over 25d)",
    "longest_gap(b)",
    "first(c from h over 15d)",
    "first(k from h)",
    "last(c from h)",
    "last(x from h over 9d lag 4d)",
    "last(g from b)",
    "change(x / 3 from h over 15d)",
    "change(k from h over 10d lag 5d)",
    "changes(c from h)",
    "changes(x from h over 11d)",
    "changes(g from b over 11d lag 2d)",
    "slope(x / 3 from h)",
    "slope(k from h over 25d)",
    "days_since(h)",
    "days_since(h where c = \"b\" over 20d)",
    "days_since(b)",
    "days_since_change(c from h)",
    "days_since_change(x from h over 13d)",
    "days_until(s from h)",
    "days_until(max(s, d) from h)",
    "as_of - joined",
    "as_of - customers.signed",
    "missing(customers.signed)",
    "customers.ends - as_of",
    "customers.score * 2",
    "as_of - customers.scored",
    "customers.region",
    "if(customers.score > 1 and max(f from h), customers.region, last(c from h))",
    "count(h where x > customers.score) / count(b where y > customers.size)",
    "value / 3",
};
enum { BATTERY = sizeof battery / sizeof battery[0] };

static const char value_expression[] = "coalesce(last(y from b), score) * size + sum(k from h)";

/* A plan over one world, and its values for a customer as of a day. */
typedef struct subject {
  world *w;
  churn_plan *plan;
  churn_workspace *workspace;
  double values[BATTERY];
} subject;

static void open_subject(subject *s, const char *text)
{
  s->w = world_read(text);
  s->plan = plan_of(s->w, battery, BATTERY, value_expression);
  s->workspace = churn_workspace_new(s->plan);
  assert_non_null(s->workspace);
}

static void close_subject(subject *s)
{
  churn_workspace_free(s->workspace);
  churn_plan_free(s->plan);
  world_free(s->w);
}

static void evaluate_subject(subject *s, size_t spell, int as_of)
{
  assert_ok(churn_plan_evaluate(s->plan, s->workspace, spell, as_of, s->values, NULL), NULL);
}

/* Same bits; texts the same bytes, as codes may differ between data. */
static bool same_value(const subject *a, const subject *b, size_t i)
{
  if (churn_plan_type(a->plan, i) != CHURN_VALUE_TEXT)
    return memcmp(&a->values[i], &b->values[i], sizeof(double)) == 0;
  const char *left = churn_plan_text(a->plan, a->values[i]);
  const char *right = churn_plan_text(b->plan, b->values[i]);
  return left == NULL || right == NULL ? left == right : strcmp(left, right) == 0;
}

static void compare_subjects(subject *a, subject *b, int as_of, uint32_t seed)
{
  for (size_t spell = 0; spell < RANDOM_CUSTOMERS; spell++) {
    evaluate_subject(a, spell, as_of);
    evaluate_subject(b, spell, as_of);
    for (size_t i = 0; i < BATTERY; i++)
      if (!same_value(a, b, i))
        fail_msg("world %u, customer %zu, as of %d: %s is %.17g or %.17g", seed, spell, as_of,
                 battery[i], a->values[i], b->values[i]);
  }
}

static void what_lies_ahead_changes_no_bit(void **state)
{
  (void)state;
  random_world r;
  for (uint32_t seed = 0; seed < WORLDS; seed++) {
    random_world_make(&r, seed);
    subject whole, cut;
    open_subject(&whole, random_world_text(&r, RANDOM_WHOLE, 0));
    for (int as_of = (int)(seed % 7); as_of <= RANDOM_DAYS + 2; as_of += 7) {
      open_subject(&cut, random_world_text(&r, as_of, 0));
      compare_subjects(&whole, &cut, as_of, seed);
      close_subject(&cut);
    }
    close_subject(&whole);
  }
}

/* The windows of a later day over what was known before an earlier one. */
static void what_is_not_to_be_seen_changes_no_bit(void **state)
{
  (void)state;
  random_world r;
  for (uint32_t seed = 0; seed < WORLDS; seed++) {
    random_world_make(&r, seed);
    subject whole, cut;
    open_subject(&whole, random_world_text(&r, RANDOM_WHOLE, 0));
    for (int limit = (int)(seed % 7); limit <= RANDOM_DAYS + 2; limit += 7) {
      open_subject(&cut, random_world_text(&r, limit, 0));
      churn_plan_see_before(whole.plan, limit);
      compare_subjects(&whole, &cut, limit + (int)(seed % 5), seed);
      compare_subjects(&whole, &cut, limit + 30, seed);
      close_subject(&cut);
    }
    close_subject(&whole);
  }
}

static void the_order_of_rows_changes_no_bit(void **state)
{
  (void)state;
  random_world r;
  for (uint32_t seed = 0; seed < WORLDS; seed++) {
    random_world_make(&r, seed);
    subject first, second;
    open_subject(&first, random_world_text(&r, RANDOM_WHOLE, 1));
    open_subject(&second, random_world_text(&r, RANDOM_WHOLE, 2 + seed));
    for (int as_of = 0; as_of <= RANDOM_DAYS + 2; as_of += 5)
      compare_subjects(&first, &second, as_of, seed);
    close_subject(&first);
    close_subject(&second);
  }
}

/* Guards the two above: a battery that is always missing, or never sees the future, proves nothing.
 */
static void the_battery_is_alive(void **state)
{
  (void)state;
  size_t present[BATTERY] = {0}, moved[BATTERY] = {0};
  random_world r;
  for (uint32_t seed = 0; seed < WORLDS; seed++) {
    random_world_make(&r, seed);
    subject s, later;
    open_subject(&s, random_world_text(&r, RANDOM_WHOLE, 0));
    later = s;
    for (size_t spell = 0; spell < RANDOM_CUSTOMERS; spell++) {
      evaluate_subject(&s, spell, 20);
      evaluate_subject(&later, spell, RANDOM_DAYS + 10);
      for (size_t i = 0; i < BATTERY; i++) {
        present[i] += isnan(s.values[i]) ? 0 : 1;
        moved[i] += !same_value(&s, &later, i);
      }
    }
    close_subject(&s);
  }
  for (size_t i = 0; i < BATTERY; i++)
    if (present[i] == 0 || (moved[i] == 0 && strcmp(battery[i], "customers.region") != 0))
      fail_msg("%s is present %zu times and moves %zu times", battery[i], present[i], moved[i]);
}

static void the_battery_holds_every_aggregate(void **state)
{
  (void)state;
  for (size_t row = 0; row < churn_aggregate_total; row++) {
    char call[64];
    bool held = false;
    snprintf(call, sizeof call, "%s(", churn_aggregates[row].name);
    for (size_t i = 0; i < BATTERY; i++)
      held = held || strncmp(battery[i], call, strlen(call)) == 0 ||
             (strstr(battery[i], call) != NULL && strstr(battery[i], call)[-1] == ' ');
    if (!held)
      fail_msg("no expression with %s", churn_aggregates[row].name);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_lies_ahead_changes_no_bit),
      cmocka_unit_test(what_is_not_to_be_seen_changes_no_bit),
      cmocka_unit_test(the_order_of_rows_changes_no_bit),
      cmocka_unit_test(the_battery_is_alive),
      cmocka_unit_test(the_battery_holds_every_aggregate),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
