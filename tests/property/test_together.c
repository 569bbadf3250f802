/* Features share work: filters, row sets and windows with each other, walks over a customer's rows
 * between snapshots. None of it shows: random lists of random features give the same bits evaluated
 * together, one by one, and for snapshots in any order, alone or in company.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "expression.h"
#include "random_world.h"
#include "support.h"

#include "feature/catalogue.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { LISTS = 150, FEATURES = 14, TEXT = 256, MOMENTS = CHURN_BATCH_ROWS };

static const char value_expression[] = "coalesce(last(y from b), score) * size + sum(k from h)";

static const char *pick(uint32_t *state, const char *const *texts, size_t count)
{
  return texts[random_next(state) % count];
}
#define PICK(state, texts) pick(state, texts, sizeof(texts) / sizeof((texts)[0]))

static const char *const numbers[] = {"x",
                                      "x / 3",
                                      "k",
                                      "f",
                                      "x * 0.1 + k",
                                      "d - on",
                                      "coalesce(d, as_of) - s",
                                      "log1p(x)",
                                      "x * customers.score",
                                      "as_of - on",
                                      "s - on"};
static const char *const days[] = {"d", "s", "on", "max(s, d)", "joined"};
static const char *const conditions[] = {
    "x > 0.5",   "missing(d)", "f",           "f or not k > 1",      "c in (\"a\", \"c\")",
    "c = \"b\"", "s < as_of",  "on > joined", "x > customers.score", "not missing(k) and x < 2",
    "s > on + 2"};
static const char *const windows[] = {"",
                                      " over 5d",
                                      " over 10d",
                                      " over 25d",
                                      " over 7d lag 5d",
                                      " over 10d lag 10d",
                                      " over 1d lag 1d"};

/* A row expression that the aggregate takes; empty = none. */
static const char *row_of(uint32_t *state, const churn_aggregate *kind)
{
  switch (kind->argument) {
  case CHURN_ARGUMENT_NONE:
    return "";
  case CHURN_ARGUMENT_OPTIONAL:
    return random_next(state) % 2 == 0 ? "" : PICK(state, numbers);
  case CHURN_ARGUMENT_NUMBER:
  case CHURN_ARGUMENT_QUANTILE:
  case CHURN_ARGUMENT_NUMBER_OR_DAY:
    return PICK(state, numbers);
  case CHURN_ARGUMENT_TRUTH:
    return PICK(state, conditions);
  case CHURN_ARGUMENT_DAY:
    return PICK(state, days);
  case CHURN_ARGUMENT_ANY:
    break;
  }
  return random_next(state) % 2 == 0 ? "c" : PICK(state, numbers);
}

static void write_aggregate(uint32_t *state, char text[TEXT])
{
  const churn_aggregate *kind = &churn_aggregates[random_next(state) % churn_aggregate_total];
  const char *row = row_of(state, kind), *over = PICK(state, windows);
  bool filtered = random_next(state) % 2 == 0;
  if (kind->needs_over && over[0] == '\0')
    over = " over 12d";
  snprintf(text, TEXT, "%s(%s%s%sh%s%s%s)", kind->name,
           kind->argument == CHURN_ARGUMENT_QUANTILE ? "0.3, " : "", row,
           row[0] == '\0' ? "" : " from ", filtered ? " where " : "",
           filtered ? PICK(state, conditions) : "", over);
}

/* Mostly one aggregate of h; some over b, whose rows are known late; some expressions of more. */
static void write_feature(uint32_t *state, char text[TEXT])
{
  static const char *const others[] = {"count(b over 10d lag 3d)",
                                       "sum(y / 7 from b)",
                                       "last(g from b)",
                                       "changes(g from b over 11d lag 2d)",
                                       "count(b where y > customers.score)",
                                       "if(customers.score > 1, customers.region, last(c from h))",
                                       "count(h over 10d) / count(h over 25d)",
                                       "min(value, sum(x from h), 100)",
                                       "as_of - customers.signed",
                                       "as_of - joined"};
  if (random_next(state) % 5 == 0)
    snprintf(text, TEXT, "%s", PICK(state, others));
  else
    write_aggregate(state, text);
}

static void write_list(uint32_t *state, char texts[FEATURES][TEXT], const char *list[FEATURES])
{
  for (size_t i = 0; i < FEATURES; i++) {
    write_feature(state, texts[i]);
    list[i] = texts[i];
  }
}

/* Moments of all customers: by customer and day as snapshots are, or in any order. */
static void write_moments(uint32_t *state, size_t *spells, churn_day *as_of)
{
  bool in_order = random_next(state) % 2 == 0;
  for (size_t i = 0; i < MOMENTS; i++) {
    size_t per = MOMENTS / RANDOM_CUSTOMERS;
    spells[i] = in_order ? i / per : random_next(state) % RANDOM_CUSTOMERS;
    as_of[i] = (churn_day)(in_order ? i % per : random_next(state) % (RANDOM_DAYS + 10));
  }
}

/* The same bits; texts the same bytes, as codes differ between plans. */
static bool same_value(const churn_plan *a, size_t output, double left, const churn_plan *b,
                       double right)
{
  if (churn_plan_type(a, output) != CHURN_VALUE_TEXT || isnan(left) || isnan(right))
    return memcmp(&left, &right, sizeof left) == 0;
  return strcmp(churn_plan_text(a, left), churn_plan_text(b, right)) == 0;
}

/* Values of the list for all moments, `most` at a time. */
static void evaluate_list(const churn_plan *plan, const size_t *spells, const churn_day *as_of,
                          size_t most, double *values, double *at_risk)
{
  churn_workspace *workspace = churn_workspace_new(plan);
  for (size_t first = 0; first < MOMENTS; first += most) {
    size_t count = MOMENTS - first < most ? MOMENTS - first : most;
    churn_moments moments = {count, spells + first, as_of + first};
    assert_ok(churn_plan_evaluate_moments(plan, workspace, &moments, FEATURES, MOMENTS,
                                          values + first, at_risk + first),
              NULL);
  }
  churn_workspace_free(workspace);
}

/* How often a value was there, to see that the lists are alive. */
static size_t compare_alone(const world *w, const churn_plan *together, const char *text,
                            size_t output, const size_t *spells, const churn_day *as_of,
                            const double *values, const double *at_risk)
{
  const char *one[] = {text};
  churn_plan *alone = plan_of(w, one, 1, value_expression);
  churn_workspace *workspace = churn_workspace_new(alone);
  size_t present = 0;
  for (size_t i = 0; i < MOMENTS; i++) {
    double value, money;
    assert_ok(churn_plan_evaluate(alone, workspace, spells[i], as_of[i], &value, &money), NULL);
    if (!same_value(together, output, values[i], alone, value))
      fail_msg("customer %zu as of %d: %s is %.17g in company, %.17g alone", spells[i], as_of[i],
               text, values[i], value);
    if (memcmp(&money, &at_risk[i], sizeof money) != 0)
      fail_msg("customer %zu as of %d: %.17g at risk in company, %.17g alone", spells[i], as_of[i],
               at_risk[i], money);
    present += isnan(value) ? 0 : 1;
  }
  churn_workspace_free(workspace);
  churn_plan_free(alone);
  return present;
}

static void company_changes_no_bit(void **state)
{
  (void)state;
  static double values[FEATURES * MOMENTS], again[FEATURES * MOMENTS];
  double at_risk[MOMENTS], at_risk_again[MOMENTS];
  size_t spells[MOMENTS], present = 0;
  churn_day as_of[MOMENTS];
  char texts[FEATURES][TEXT];
  const char *list[FEATURES];
  random_world r;
  for (uint32_t seed = 1; seed <= LISTS; seed++) {
    uint32_t random = seed * 7919;
    random_world_make(&r, seed);
    world *w = world_read(random_world_text(&r, RANDOM_WHOLE, seed));
    write_list(&random, texts, list);
    write_moments(&random, spells, as_of);
    churn_plan *together = plan_of(w, list, FEATURES, value_expression);
    evaluate_list(together, spells, as_of, MOMENTS, values, at_risk);
    evaluate_list(together, spells, as_of, 1 + random_next(&random) % 40, again, at_risk_again);
    assert_memory_equal(values, again, sizeof values);
    assert_memory_equal(at_risk, at_risk_again, sizeof at_risk);
    for (size_t f = 0; f < FEATURES; f++)
      present +=
          compare_alone(w, together, list[f], f, spells, as_of, values + f * MOMENTS, at_risk);
    churn_plan_free(together);
    world_free(w);
  }
  assert_true(present > (size_t)LISTS * FEATURES * MOMENTS / 4);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(company_changes_no_bit)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
