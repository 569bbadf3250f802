/* The truth is true: probabilities that come out, and hazards that an outsider can recompute from
 * the written files and truth.json alone.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "support.h"

#include "simulate/life.h"
#include "simulate/stream.h"

#include <churn/simulate.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIELDS = 6, TRUTH_WORLD = 2600, HAZARD_WORLD = 240, LOOKS = 24, EFFECTS_MOST = 20 };

/* One row: first field's customer from 0, the other fields as text. */
typedef struct row {
  int customer;
  char *field[FIELDS];
} row;

typedef struct table {
  char *text;
  row *rows;
  size_t count;
} table;

static table read_table(const char *folder, const char *name)
{
  char path[64];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  table t = {.text = file_read(scratch_path(path), NULL)};
  assert_non_null(t.text);
  size_t lines = 0;
  for (const char *at = t.text; *at != '\0'; at++)
    lines += *at == '\n';
  t.rows = calloc(lines, sizeof *t.rows);
  assert_non_null(t.rows);
  char *line = strchr(t.text, '\n') + 1;
  while (*line != '\0') {
    char *end = strchr(line, '\n');
    *end = '\0';
    row *r = &t.rows[t.count++];
    for (int i = 0; i < FIELDS && line != NULL; i++)
      r->field[i] = strsep(&line, ",");
    r->customer = atoi(r->field[0] + 1) - 1;
    line = end + 1;
  }
  return t;
}

static void free_table(table *t)
{
  free(t->rows);
  free(t->text);
}

static churn_day day_of(const char *text)
{
  return churn_day_parse(text, strlen(text));
}

/* ---- probabilities ---- */

static const churn_simulate_settings truth_world = {.customers = TRUTH_WORLD,
                                                    .months = 30,
                                                    .seed = 11,
                                                    .truth_customers = 1300,
                                                    .horizon_days = 45,
                                                    .gap_days = 7};

typedef struct foretold {
  int customer;
  double probability;
  double left;
} foretold;

/* Mean of left - probability and its standard error. Rows of one customer share their fate, so the
 * error is that of the customers' sums. `rows` are grouped by customer. */
static void residual(const foretold *rows, size_t count, double *mean, double *error)
{
  double sum = 0, squares = 0;
  for (size_t i = 0, next; i < count; i = next) {
    double of_customer = 0;
    for (next = i; next < count && rows[next].customer == rows[i].customer; next++)
      of_customer += rows[next].left - rows[next].probability;
    sum += of_customer;
    squares += of_customer * of_customer;
  }
  *mean = sum / (double)count;
  *error = sqrt(squares) / (double)count;
}

static foretold *read_foretold(const table *truth, const table *customers)
{
  foretold *rows = calloc(truth->count, sizeof *rows);
  assert_non_null(rows);
  for (size_t i = 0; i < truth->count; i++) {
    const row *r = &truth->rows[i];
    churn_day window = day_of(r->field[1]) + 7;
    churn_day left = day_of(customers->rows[r->customer].field[2]);
    assert_true(left == CHURN_DAY_MISSING || left >= window);
    rows[i].customer = r->customer;
    rows[i].probability = strtod(r->field[2], NULL);
    rows[i].left = left != CHURN_DAY_MISSING && left < window + 45;
  }
  return rows;
}

static int by_probability(const void *a, const void *b)
{
  double x = ((const foretold *)a)->probability, y = ((const foretold *)b)->probability;
  return x < y ? -1 : x > y;
}

static double mean_left(const foretold *rows, size_t count)
{
  double sum = 0;
  for (size_t i = 0; i < count; i++)
    sum += rows[i].left;
  return sum / (double)count;
}

/* Pairs counted one by one. */
static double auc_of_pairs(const foretold *rows, size_t count)
{
  double won = 0, pairs = 0;
  for (size_t i = 0; i < count; i++)
    for (size_t j = 0; rows[i].left > 0 && j < count; j++)
      if (rows[j].left <= 0) {
        pairs++;
        won += rows[i].probability > rows[j].probability    ? 1
               : rows[i].probability == rows[j].probability ? 0.5
                                                            : 0;
      }
  return won / pairs;
}

static void the_true_probabilities_come_out(void **state)
{
  (void)state;
  churn_error error = {0};
  churn_simulate_report report;
  assert_ok(churn_simulate(scratch_path("truth"), &truth_world, NULL, &report, &error), &error);
  table truth = read_table("truth", "truth.csv"), customers = read_table("truth", "customers.csv");
  foretold *rows = read_foretold(&truth, &customers);
  size_t count = truth.count;
  assert_true(count > 5000);
  double mean, standard_error;
  residual(rows, count, &mean, &standard_error);
  assert_true(standard_error < 0.004); /* sharp enough to see a tenth of the mean probability */
  assert_true(fabs(mean) < 4 * standard_error);
  qsort(rows, count, sizeof *rows, by_probability);
  size_t tenth = count / 10;
  assert_true(mean_left(rows + 9 * tenth, tenth) > 2 * mean_left(rows + 4 * tenth, 2 * tenth));
  assert_true(mean_left(rows + 4 * tenth, 2 * tenth) > 1.5 * mean_left(rows, 3 * tenth));
  assert_close(report.best_auc, auc_of_pairs(rows, count), 1e-12, 0);
  assert_true(report.best_auc > 0.70 && report.best_auc < 0.85);
  free(rows);
  free_table(&truth);
  free_table(&customers);
}

/* ---- hazards ---- */

static const churn_simulate_settings hazard_world = {.customers = HAZARD_WORLD,
                                                     .months = 30,
                                                     .seed = 23,
                                                     .truth_customers = 1,
                                                     .horizon_days = 20,
                                                     .gap_days = 3};

static const char *const files[] = {"interactions.csv", "complaints.csv", "prices.csv",
                                    "rep_assignments.csv", "invoices.csv"};

enum { ENGAGEMENTS, COMPLAINTS, PRICES, REPS, INVOICES, HISTORIES };

typedef struct world_files {
  table customers, histories[HISTORIES];
  json_t *truth;
} world_files;

/* The rows of a customer dated before `day`: [*first, returned). */
static size_t rows_before(const table *t, int customer, churn_day day, size_t *first)
{
  size_t at = 0;
  while (at < t->count && t->rows[at].customer < customer)
    at++;
  *first = at;
  while (at < t->count && t->rows[at].customer == customer && day_of(t->rows[at].field[1]) < day)
    at++;
  return at;
}

static bool happened(const char *text, churn_day day)
{
  return text[0] != '\0' && day_of(text) < day;
}

static double engagements_over(const world_files *w, int customer, churn_day day, int window)
{
  const table *t = &w->histories[ENGAGEMENTS];
  size_t first, end = rows_before(t, customer, day, &first);
  double count = 0;
  for (size_t i = first; i < end; i++)
    count += day_of(t->rows[i].field[1]) >= day - window;
  return count;
}

static double days_since_engagement(const world_files *w, int customer, churn_day day)
{
  const table *t = &w->histories[ENGAGEMENTS];
  size_t first, end = rows_before(t, customer, day, &first);
  return end == first ? (double)NAN : (double)(day - day_of(t->rows[end - 1].field[1]));
}

static double severe_complaints(const world_files *w, int customer, churn_day day)
{
  const table *t = &w->histories[COMPLAINTS];
  size_t first, end = rows_before(t, customer, day, &first);
  double count = 0;
  for (size_t i = first; i < end; i++)
    count += day_of(t->rows[i].field[1]) >= day - 90 && atoi(t->rows[i].field[3]) >= 3;
  return count;
}

static double open_complaints(const world_files *w, int customer, churn_day day)
{
  const table *t = &w->histories[COMPLAINTS];
  size_t first, end = rows_before(t, customer, day, &first);
  double count = 0;
  for (size_t i = first; i < end; i++)
    count += !happened(t->rows[i].field[2], day);
  return count;
}

static double is_tier(const world_files *w, int customer, churn_day day, const char *tier)
{
  const table *t = &w->histories[PRICES];
  size_t first, end = rows_before(t, customer, day, &first);
  return strcmp(t->rows[end - 1].field[2], tier) == 0;
}

static double fee_change(const world_files *w, int customer, churn_day day)
{
  const table *t = &w->histories[PRICES];
  size_t first, end = rows_before(t, customer, day, &first);
  size_t before = rows_before(t, customer, day - 180, &first);
  return before == first
             ? NAN
             : strtod(t->rows[end - 1].field[3], NULL) - strtod(t->rows[before - 1].field[3], NULL);
}

static double rep_changes(const world_files *w, int customer, churn_day day)
{
  const table *t = &w->histories[REPS];
  size_t first, end = rows_before(t, customer, day, &first);
  double count = 0;
  for (size_t i = first + 1; i < end; i++)
    count += day_of(t->rows[i].field[1]) >= day - 365 &&
             strcmp(t->rows[i].field[2], t->rows[i - 1].field[2]) != 0;
  return count;
}

static double payment_delay(const world_files *w, int customer, churn_day day)
{
  const table *t = &w->histories[INVOICES];
  size_t first, end = rows_before(t, customer, day, &first);
  double days = 0, count = 0;
  for (size_t i = first; i < end; i++) {
    char *const *f = t->rows[i].field;
    if (day_of(f[1]) < day - 180 || day_of(f[2]) >= day)
      continue;
    days += (happened(f[3], day) ? day_of(f[3]) : day) - day_of(f[2]);
    count++;
  }
  return count > 0 ? days / count : NAN;
}

static double overdue(const world_files *w, int customer, churn_day day)
{
  const table *t = &w->histories[INVOICES];
  size_t first, end = rows_before(t, customer, day, &first);
  double sum = 0;
  for (size_t i = first; i < end; i++)
    if (day_of(t->rows[i].field[2]) < day && !happened(t->rows[i].field[3], day))
      sum += strtod(t->rows[i].field[4], NULL);
  return sum;
}

/* The value of an effect by its name in truth.json; NaN = missing. */
static double value_of(const world_files *w, const char *name, int customer, churn_day day)
{
  double last_90 = engagements_over(w, customer, day, 90);
  if (strcmp(name, "engagements_30d") == 0)
    return engagements_over(w, customer, day, 30);
  if (strcmp(name, "engagement_trend") == 0)
    return last_90 > 0 ? engagements_over(w, customer, day, 30) / (last_90 / 3) : NAN;
  if (strcmp(name, "days_since_engagement") == 0)
    return days_since_engagement(w, customer, day);
  if (strcmp(name, "tenure_days") == 0)
    return day - day_of(w->customers.rows[customer].field[1]);
  if (strcmp(name, "severe_complaints_90d") == 0)
    return severe_complaints(w, customer, day);
  if (strcmp(name, "open_complaints") == 0)
    return open_complaints(w, customer, day);
  if (strncmp(name, "price_tier=", 11) == 0)
    return is_tier(w, customer, day, name + 11);
  if (strcmp(name, "fee_change_180d") == 0)
    return fee_change(w, customer, day);
  if (strcmp(name, "rep_changes_365d") == 0)
    return rep_changes(w, customer, day);
  if (strcmp(name, "payment_delay_180d") == 0)
    return payment_delay(w, customer, day);
  assert_string_equal(name, "overdue_amount");
  return overdue(w, customer, day);
}

static double number_of(const json_t *object, const char *key)
{
  const json_t *value = json_object_get(object, key);
  assert_true(json_is_number(value));
  return json_number_value(value);
}

/* How often each effect was at work, so that the test cannot pass by looking at nothing. */
static int at_work[EFFECTS_MOST];

/* The hazard by the definition in truth.json, from the files. */
static double recomputed(const world_files *w, int customer, churn_day day)
{
  const json_t *hazard = json_object_get(w->truth, "hazard");
  const json_t *effects = json_object_get(hazard, "effects");
  double sum = number_of(hazard, "intercept");
  for (size_t i = 0; i < json_array_size(effects); i++) {
    const json_t *effect = json_array_get(effects, i);
    double value = value_of(w, json_string_value(json_object_get(effect, "name")), customer, day);
    if (isnan(value))
      value = number_of(effect, "when_missing");
    value = fmin(fmax(value, number_of(effect, "lowest")), number_of(effect, "highest"));
    sum += number_of(effect, "coefficient") * value;
    at_work[i] += value != 0;
  }
  churn_day from = day_of(json_string_value(json_object_get(hazard, "leaving_from")));
  bool can_leave = day >= from && day > day_of(w->customers.rows[customer].field[1]);
  return can_leave ? exp(sum) : 0;
}

static world_files read_world(const char *folder)
{
  world_files w = {.customers = read_table(folder, "customers.csv")};
  for (int i = 0; i < HISTORIES; i++)
    w.histories[i] = read_table(folder, files[i]);
  char path[64];
  snprintf(path, sizeof path, "%s/truth.json", folder);
  char *text = file_read(scratch_path(path), NULL);
  w.truth = json_loads(text, 0, NULL);
  assert_non_null(w.truth);
  free(text);
  return w;
}

static void free_world(world_files *w)
{
  free_table(&w->customers);
  for (int i = 0; i < HISTORIES; i++)
    free_table(&w->histories[i]);
  json_decref(w->truth);
}

/* Compares on the days of `watch` on which the customer is there; returns how many. */
static int compare_customer(const world_files *w, const churn_world *world, int customer,
                            churn_watch *watch, gsl_rng *random)
{
  churn_life life = churn_life_run(world, (uint32_t)customer, random, NULL, watch);
  const row *written = &w->customers.rows[customer];
  assert_int_equal(life.joined, day_of(written->field[1]));
  assert_int_equal(life.left, day_of(written->field[2]));
  for (size_t i = watch->first; i < watch->end; i++) {
    double hazard = churn_actor_hazard(&watch->states[i], world, watch->days[i]);
    assert_close(hazard, recomputed(w, customer, watch->days[i]), 1e-11, 0);
  }
  return (int)(watch->end - watch->first);
}

static void hazards_follow_from_the_written_files_and_truth_json_alone(void **state)
{
  (void)state;
  churn_error error = {0};
  churn_world world;
  assert_ok(churn_simulate(scratch_path("hazard"), &hazard_world, NULL, NULL, &error), &error);
  assert_ok(churn_world_make(&hazard_world, &world, &error), &error);
  world_files w = read_world("hazard");
  gsl_rng *random = churn_stream_new();
  static churn_actor states[LOOKS];
  churn_day days[LOOKS];
  int compared = 0;
  for (int customer = 0; customer < HAZARD_WORLD; customer++) {
    /* Every 37 or 38 days, starting elsewhere for each customer. */
    for (int i = 0; i < LOOKS; i++)
      days[i] = world.first_day + 3 + customer % 31 + i * 75 / 2;
    churn_watch watch = {days, LOOKS, states, 0, 0};
    compared += compare_customer(&w, &world, customer, &watch, random);
  }
  assert_true(compared > 2000);
  for (size_t i = 0; i < CHURN_EFFECTS; i++)
    assert_true(at_work[i] > 50);
  gsl_rng_free(random);
  free_world(&w);
  churn_world_clear(&world);
}

/* ---- continuations ---- */

/* A long gap, so that forgetting it would show. */
static const churn_simulate_settings long_gap = {.customers = 300,
                                                 .months = 30,
                                                 .seed = 5,
                                                 .truth_customers = 1,
                                                 .continuations = 4000,
                                                 .horizon_days = 70,
                                                 .gap_days = 60};

/* The state with the highest hazard among all customers on the world's newest truth day. */
static churn_actor riskiest(const churn_world *world, gsl_rng *random, churn_day *day)
{
  static churn_actor state;
  churn_actor found = {0};
  double highest = 0;
  *day = world->truth_days[world->truth_day_count - 1];
  for (uint32_t customer = 0; customer < world->settings.customers; customer++) {
    churn_watch watch = {day, 1, &state, 0, 0};
    churn_life_run(world, customer, random, NULL, &watch);
    if (watch.end == watch.first)
      continue;
    double hazard = churn_actor_hazard(&state, world, *day);
    if (hazard > highest) {
      highest = hazard;
      found = state;
    }
  }
  assert_true(highest > 0);
  return found;
}

/* Days until leaving, decided by one trial a day; -1 = not within `days`. */
static int lived_until_left(const churn_world *world, churn_actor actor, churn_day day, int days,
                            gsl_rng *random)
{
  churn_actor_redraw(&actor, world, day, random);
  for (int i = 0; i < days; i++) {
    double stays = exp(-churn_actor_hazard(&actor, world, day + i));
    if (gsl_rng_uniform(random) >= stays)
      return i;
    churn_actor_live(&actor, world, day + i, random, NULL);
  }
  return -1;
}

/* The formula with hazards against plain counting: of the futures that outlive the gap, the share
 * that leave in the window. */
static void the_probability_is_the_share_of_lived_futures_that_leave(void **state)
{
  (void)state;
  enum { FUTURES = 20000 };
  churn_error error = {0};
  churn_world world;
  churn_day day;
  assert_ok(churn_world_make(&long_gap, &world, &error), &error);
  gsl_rng *random = churn_stream_new();
  churn_actor actor = riskiest(&world, random, &day);
  churn_stream_seed(random, 2, CHURN_STREAM_TRUTH, 1);
  double probability = churn_life_truth(&world, &actor, day, random);
  churn_stream_seed(random, 2, CHURN_STREAM_TRUTH, 2);
  double outlived = 0, left = 0;
  for (int i = 0; i < FUTURES; i++) {
    int days = lived_until_left(&world, actor, day, 60 + 70, random);
    outlived += days < 0 || days >= 60;
    left += days >= 60;
  }
  double share = left / outlived, deviation = sqrt(share * (1 - share) / outlived);
  assert_true(outlived < 0.9 * FUTURES); /* the gap matters here */
  assert_close(probability, share, 0, 4 * deviation);
  assert_true(4 * deviation < 0.08 * share);
  gsl_rng_free(random);
  churn_world_clear(&world);
}

/* Brings all that the world still has in store for the actor forward to the next day. */
static void hurry(churn_world *world, const churn_actor *actor, churn_day day)
{
  int later = 0;
  for (size_t i = 0; i < world->list_count; i++)
    if (world->lists[i].day > day) {
      world->lists[i].day = day + 1;
      later++;
    }
  size_t end = world->desk_first[actor->account.desk + 1];
  for (size_t i = actor->account.rep_index + 1; i < end; i++) {
    world->reps[i].day = day + 1;
    later++;
  }
  assert_true(later > 0);
}

static void a_probability_knows_nothing_of_what_the_world_has_in_store(void **state)
{
  (void)state;
  churn_error error = {0};
  churn_world world;
  churn_day day;
  assert_ok(churn_world_make(&long_gap, &world, &error), &error);
  gsl_rng *random = churn_stream_new();
  churn_actor actor = riskiest(&world, random, &day);
  churn_stream_seed(random, 1, CHURN_STREAM_TRUTH, 5);
  double expected = churn_life_truth(&world, &actor, day, random);
  hurry(&world, &actor, day);
  actor.account.rep_leaves = actor.account.list_move = actor.account.own_rise = day + 1;
  actor.complaints.next = actor.payments.habit_turns = actor.engagement.fade_turns = day + 1;
  actor.engagement.pending = 1e-9;
  churn_stream_seed(random, 1, CHURN_STREAM_TRUTH, 5);
  assert_close(churn_life_truth(&world, &actor, day, random), expected, 0, 0);
  gsl_rng_free(random);
  churn_world_clear(&world);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_true_probabilities_come_out),
      cmocka_unit_test(hazards_follow_from_the_written_files_and_truth_json_alone),
      cmocka_unit_test(the_probability_is_the_share_of_lived_futures_that_leave),
      cmocka_unit_test(a_probability_knows_nothing_of_what_the_world_has_in_store)};
  return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
