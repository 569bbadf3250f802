/* The best list within a capacity: against all subsets of many small random cases, alone and from a
 * project on; what is read of the keys `capacity`, `actions`, `loyal`.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/random.h"
#include "opened.h"
#include "score/capacity.h"

#include <churn/score.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 12, REPS = 3 };

static uint32_t draw(churn_random *random, uint32_t below)
{
  return churn_random_below(random, below);
}

/* No limit now and then. */
static uint64_t draw_limit(churn_random *random)
{
  uint32_t drawn = draw(random, 7);
  return drawn == 6 ? UINT64_MAX : drawn;
}

static churn_capacity_spec draw_capacity(churn_random *random)
{
  churn_capacity_spec c = {.given = true, .total = draw_limit(random), .each_rep = draw(random, 4)};
  for (size_t o = 0; o < CHURN_OWNERS; o++)
    c.owners[o] = draw_limit(random);
  c.owners[CHURN_OWNER_NONE] = UINT64_MAX;
  return c;
}

/* Whether the customers of the set fit. */
static bool fits(const churn_capacity_spec *c, const churn_contact *contacts, size_t count,
                 unsigned set)
{
  uint64_t total = 0, owners[CHURN_OWNERS] = {0}, reps[REPS] = {0};
  for (size_t i = 0; i < count; i++) {
    if ((set >> i & 1) == 0)
      continue;
    total++;
    owners[contacts[i].owner]++;
    if (contacts[i].owner == CHURN_OWNER_REP)
      reps[contacts[i].rep]++;
  }
  bool good = total <= c->total;
  for (size_t o = 0; o < CHURN_OWNERS; o++)
    good = good && owners[o] <= c->owners[o];
  for (size_t r = 0; r < REPS; r++)
    good = good && reps[r] <= c->each_rep;
  return good;
}

/* The most that any set that fits is worth: the exact answer, by looking at all of them. */
static double most_worth(const churn_capacity_spec *c, const churn_contact *contacts, size_t count)
{
  double most = 0;
  for (unsigned set = 0; set < 1u << count; set++) {
    double worth = 0;
    for (size_t i = 0; i < count; i++)
      if (set >> i & 1)
        worth += isnan(contacts[i].worth) ? -INFINITY : contacts[i].worth;
    if (worth > most && fits(c, contacts, count, set))
      most = worth;
  }
  return most;
}

static int by_worth(const void *left, const void *right)
{
  const churn_contact *a = left, *b = right;
  double x = isnan(a->worth) ? -INFINITY : a->worth, y = isnan(b->worth) ? -INFINITY : b->worth;
  return (x < y) - (x > y);
}

/* 3,000 cases of up to 12 customers: worths in quarters, so that sums are exact and many are equal,
 * some below 0, some unknown. */
static void no_list_that_fits_is_worth_more(void **state)
{
  (void)state;
  churn_random random = churn_random_stream(2026, 11);
  size_t full = 0;
  for (int c = 0; c < 3000; c++) {
    churn_contact contacts[MOST];
    bool chosen[MOST];
    churn_error error = {0};
    uint64_t no_room = 0, worthwhile = 0, on_list = 0;
    size_t count = draw(&random, MOST + 1);
    churn_capacity_spec capacity = draw_capacity(&random);
    for (size_t i = 0; i < count; i++)
      contacts[i] = (churn_contact){
          draw(&random, 12) == 0 ? (double)NAN : ((double)draw(&random, 40) - 8) / 4,
          (churn_owner)draw(&random, CHURN_OWNERS), draw(&random, REPS), false};
    qsort(contacts, count, sizeof *contacts, by_worth);
    assert_ok(churn_capacity_choose(&capacity, 0, contacts, count, REPS, chosen, &no_room, &error),
              &error);
    double worth = 0;
    unsigned set = 0;
    for (size_t i = 0; i < count; i++) {
      worthwhile += contacts[i].worth > 0;
      if (!chosen[i])
        continue;
      assert_true(contacts[i].worth > 0);
      on_list++;
      worth += contacts[i].worth;
      set |= 1u << i;
    }
    assert_true(fits(&capacity, contacts, count, set));
    assert_true(worth == most_worth(&capacity, contacts, count));
    assert_int_equal(no_room, worthwhile - on_list);
    full += no_room > 0;
  }
  assert_true(full > 1000); /* else the limits were not felt */
}

static uint64_t less(uint64_t limit, uint64_t used)
{
  return limit == UINT64_MAX ? limit : limit - (used < limit ? used : limit);
}

/* 1,000 cases as above in which some customers hold places already, and some who are gone hold
 * some of all: the list is the best one of those who hold none within what is left. A limit by rep
 * is one for all reps, so those who hold are not the rep's here. */
static void places_that_are_held_are_not_given_again(void **state)
{
  (void)state;
  churn_random random = churn_random_stream(2026, 12);
  size_t full = 0;
  for (int c = 0; c < 1000; c++) {
    churn_contact contacts[MOST];
    bool chosen[MOST];
    churn_error error = {0};
    uint64_t no_room = 0, used = draw(&random, 3);
    size_t count = draw(&random, MOST + 1);
    churn_capacity_spec capacity = draw_capacity(&random), left;
    left = capacity;
    for (size_t i = 0; i < count; i++) {
      contacts[i] = (churn_contact){
          .worth = (double)draw(&random, 40) / 4,
          .owner = (churn_owner)draw(&random, CHURN_OWNERS),
          .rep = draw(&random, REPS),
      };
      contacts[i].holds = draw(&random, 4) == 0 && contacts[i].owner != CHURN_OWNER_REP;
    }
    qsort(contacts, count, sizeof *contacts, by_worth);
    for (size_t i = 0; i < count; i++)
      if (contacts[i].holds) {
        contacts[i].worth = NAN; /* and rests */
        used++;
        left.owners[contacts[i].owner] = less(left.owners[contacts[i].owner], 1);
      }
    left.total = less(left.total, used);
    assert_ok(
        churn_capacity_choose(&capacity, used, contacts, count, REPS, chosen, &no_room, &error),
        &error);
    double worth = 0;
    for (size_t i = 0; i < count; i++) {
      assert_false(chosen[i] && contacts[i].holds);
      worth += chosen[i] ? contacts[i].worth : 0;
    }
    assert_true(worth == most_worth(&left, contacts, count));
    full += no_room > 0;
  }
  assert_true(full > 300);
}

/* One rep has called two of three this week, the other nobody. */
static void a_rep_has_the_places_that_are_left(void **state)
{
  (void)state;
  churn_contact contacts[] = {{9.25, CHURN_OWNER_REP, 0, false}, {8.5, CHURN_OWNER_REP, 0, false},
                              {7.75, CHURN_OWNER_REP, 1, false}, {6.5, CHURN_OWNER_REP, 1, false},
                              {NAN, CHURN_OWNER_REP, 0, true},   {NAN, CHURN_OWNER_REP, 0, true}};
  const bool expected[] = {true, false, true, true, false, false};
  churn_capacity_spec capacity = {.given = true, .total = UINT64_MAX, .each_rep = 3};
  bool chosen[6];
  uint64_t no_room = 0;
  churn_error error = {0};
  for (size_t o = 0; o < CHURN_OWNERS; o++)
    capacity.owners[o] = UINT64_MAX;
  assert_ok(churn_capacity_choose(&capacity, 2, contacts, 6, REPS, chosen, &no_room, &error),
            &error);
  for (size_t i = 0; i < 6; i++)
    assert_int_equal(chosen[i], expected[i]);
  assert_int_equal(no_room, 1);
}

/* A feature each for three causes of three owners, one for a natural one: logit = -1 + sum of
 * a, b, c, d. */
static churn_model *four_features(void)
{
  static const char *const names[] = {"a", "b", "c", "d"};
  churn_model *m = churn_model_new();
  m->feature_count = m->column_count = 4;
  m->features = calloc(4, sizeof *m->features);
  m->columns = calloc(4, sizeof *m->columns);
  for (uint32_t i = 0; i < 4; i++) {
    char expression[32];
    snprintf(expression, sizeof expression, "customers.%s", names[i]);
    m->features[i] = (churn_model_feature){.name = strdup(names[i]),
                                           .expression = strdup(expression),
                                           .missing_rule = strdup("mean"),
                                           .number_column = (int32_t)i,
                                           .missing_column = -1,
                                           .other_column = -1};
    m->columns[i] =
        (churn_model_column){.name = strdup(names[i]), .feature = i, .deviation = 1, .estimate = 1};
  }
  m->intercept.estimate = -1;
  snprintf(m->id, sizeof m->id, "0123456789abcdef0123456789abcdef");
  return m;
}

static const char desk[] =
    "version: 1\ncustomers: {from: customers.csv, id: id, value: money, columns: {a: number,\n"
    "  b: number, c: number, d: number, money: number, rep: category}}\n"
    "features: {a: customers.a, b: customers.b, c: customers.c, d: customers.d}\n"
    "playbook:\n  causes:\n    rep: {features: [a]}\n    price: {features: [b]}\n"
    "    quality: {features: [c]}\n    life: {features: [d]}\n"
    "actions: {default: {save_rate: 0.25, cost: 2.5}, price: {save_rate: 0.5, cost: 4}}\n"
    "rep: customers.rep\n";

typedef struct listed {
  churn_project *project;
  churn_model *model;
  churn_ranking *ranking, *calls;
  churn_calls report;
} listed;

static listed score(const char *more, churn_rank_by by, uint64_t top)
{
  char text[2048];
  listed l = {.model = four_features()};
  churn_score_settings settings = {.as_of = CHURN_DAY_MISSING, .by = by};
  churn_error error = {0};
  snprintf(text, sizeof text, "%s%s", desk, more);
  l.project = project_of(text);
  assert_ok(churn_score(l.project, l.model, &settings, NULL, &l.ranking, NULL, &error), &error);
  if (l.project->capacity.given)
    assert_ok(churn_ranking_calls(l.ranking, top, &l.calls, &l.report, &error), &error);
  return l;
}

static void done(listed *l)
{
  churn_ranking_free(l->calls);
  churn_ranking_free(l->ranking);
  churn_model_free(l->model);
  churn_project_free(l->project);
}

/* p = 1/(1+exp(1 - x)) with x = 2: 0.7310585786300049. */
static void worth_is_what_the_main_causes_action_saves(void **state)
{
  (void)state;
  scratch_write("customers.csv", "id,a,b,c,d,money,rep\n"
                                 "ann,2,0,0,0,100,kim\n" /* rep: p 100 0.25 - 2.5 */
                                 "bob,0,2,0,0,100,\n"    /* price: p 100 0.5 - 4 */
                                 "cid,0,0,2,0,10,kim\n"  /* quality: p 10 0.25 - 2.5 < 0 */
                                 "dan,0,0,0,2,900,lee\n" /* natural: nothing to do */
                                 "eve,0,0,2,0,,lee\n"    /* no value */
                                 "fay,0,0,0,0,500,lee\n" /* no cause */);
  listed l = score("", CHURN_BY_WORTH, 0);
  const double p = 0.7310585786300049;
  const struct {
    const char *id, *owner;
    double worth;
  } expected[] = {{"bob", "billing", p * 50 - 4},    {"ann", "rep", p * 25 - 2.5},
                  {"cid", "product", p * 2.5 - 2.5}, {"dan", "", NAN},
                  {"eve", "product", NAN},           {"fay", "", NAN}};
  assert_int_equal(churn_ranking_count(l.ranking), 6);
  for (size_t i = 0; i < 6; i++) {
    churn_ranked line;
    churn_ranking_get(l.ranking, i, &line);
    assert_string_equal(line.customer_id, expected[i].id);
    assert_string_equal(line.owner, expected[i].owner);
    assert_close(line.worth, expected[i].worth, 1e-14, 0);
  }
  churn_error error = {0};
  assert_int_equal(churn_ranking_calls(l.ranking, 0, &l.calls, NULL, &error), CHURN_USAGE);
  const char *path = scratch_path("list.csv");
  assert_ok(churn_ranking_write(l.ranking, path, &error), &error);
  size_t length = 0;
  char *text = file_read(path, &length);
  assert_non_null(strstr(text, ",model,cause,action,owner,worth\n"));
  free(text);
  done(&l);
  l = score("capacity: {total: 5, each_rep: 1}\n", CHURN_BY_PROBABILITY, 0);
  assert_int_equal(l.report.customers, 2); /* cid costs more than it saves */
  assert_int_equal(l.report.no_room, 0);
  assert_int_equal(l.report.no_action, 1); /* dan; fay has no cause at all */
  assert_close(l.report.worth, p * 75 - 6.5, 1e-14, 0);
  assert_close(l.report.expected_loss, p * 200, 1e-14, 0);
  assert_ok(churn_ranking_write(l.calls, path, &error), &error);
  text = file_read(path, &length);
  assert_non_null(strstr(text, ",owner,worth,rep\n1,bob,"));
  assert_non_null(strstr(text, ",kim\n"));
  free(text);
  assert_ok(churn_ranking_write(l.ranking, path, &error), &error);
  text = file_read(path, &length);
  assert_non_null(strstr(text, ",model,cause,action,owner\n")); /* this one is by probability */
  free(text);
  done(&l);
}

/* 300 random bases of up to 12 customers through the whole way, against all subsets. */
static void the_list_of_a_project_is_worth_the_most_that_fits(void **state)
{
  (void)state;
  churn_random random = churn_random_stream(7, 3);
  size_t full = 0;
  for (int c = 0; c < 300; c++) {
    char text[1024] = "id,a,b,c,d,money,rep\n", more[256];
    size_t count = 1 + draw(&random, MOST);
    for (size_t i = 0; i < count; i++) {
      uint32_t cause = draw(&random, 4), rep = draw(&random, REPS);
      snprintf(text + strlen(text), sizeof text - strlen(text), "c%zu,%d,%d,%d,%d,%d,%s\n", i,
               cause == 0 ? 2 : 0, cause == 1 ? 1 : 0, cause == 2 ? 1 : 0, cause == 3 ? 1 : 0,
               (int)draw(&random, 300),
               rep == 0   ? ""
               : rep == 1 ? "kim"
                          : "lee");
    }
    scratch_write("customers.csv", text);
    churn_capacity_spec limits = {
        .given = true, .total = draw(&random, 7), .each_rep = draw(&random, 3)};
    for (size_t o = 0; o < CHURN_OWNERS; o++)
      limits.owners[o] = UINT64_MAX;
    limits.owners[CHURN_OWNER_BILLING] = draw(&random, 3);
    limits.owners[CHURN_OWNER_PRODUCT] = draw(&random, 3);
    snprintf(more, sizeof more,
             "capacity: {total: %d, each_rep: %d, owners: {billing: %d, product: %d}}\n",
             (int)limits.total, (int)limits.each_rep, (int)limits.owners[CHURN_OWNER_BILLING],
             (int)limits.owners[CHURN_OWNER_PRODUCT]);
    listed l = score(more, CHURN_BY_WORTH, 0);
    churn_contact contacts[MOST];
    double worth = 0, last = INFINITY;
    for (size_t i = 0; i < count; i++) {
      churn_ranked line;
      churn_ranking_get(l.ranking, i, &line);
      contacts[i] =
          (churn_contact){.worth = line.worth,
                          .owner = line.main_cause == CHURN_NO_CAUSE
                                       ? CHURN_OWNER_NONE
                                       : churn_playbook_cause(l.project, line.main_cause)->owner,
                          .rep = line.rep[0] == 'k'   ? 1
                                 : line.rep[0] == 'l' ? 2
                                                      : 0};
    }
    for (size_t i = 0; i < churn_ranking_count(l.calls); i++) {
      churn_ranked line;
      churn_ranking_get(l.calls, i, &line);
      assert_int_equal(line.rank, i + 1);
      assert_true(line.worth > 0 && line.worth <= last);
      worth += last = line.worth;
    }
    assert_close(worth, most_worth(&limits, contacts, count), 1e-12, 0);
    assert_close(l.report.worth, worth, 1e-14, 0);
    full += l.report.no_room > 0;
    /* the first two are the best list of two */
    churn_ranking *two = NULL;
    churn_calls report = {0};
    churn_error error = {0};
    assert_ok(churn_ranking_calls(l.ranking, 2, &two, &report, &error), &error);
    limits.total = limits.total < 2 ? limits.total : 2;
    assert_close(report.worth, most_worth(&limits, contacts, count), 1e-12, 0);
    churn_ranking_free(two);
    done(&l);
  }
  assert_true(full > 100);
}

/* Who is not listed by cause takes no place of the others; who is not to be contacted takes theirs,
 * is marked, and is in no sum. */
static void control_customers_take_their_places_and_causes_that_are_not_listed_none(void **state)
{
  (void)state;
  char text[64 * 24] = "id,a,b,c,d,money,rep\n";
  for (int i = 0; i < 40; i++)
    sprintf(text + strlen(text), "c%02d,%d,%d,0,0,%d,kim\n", i, i % 2 == 0 ? 2 : 0,
            i % 2 == 0 ? 0 : 2, 500 - i);
  scratch_write("customers.csv", text);
  listed l = score("capacity: {total: 6}\ncontrol: {share: 0.5, key: k}\n"
                   "list: {exclude: [price]}\n",
                   CHURN_BY_PROBABILITY, 0);
  size_t control = 0;
  double worth = 0;
  assert_int_equal(churn_ranking_count(l.calls), 6);
  for (int i = 0; i < 12; i += 2) {
    char id[16];
    churn_ranked line;
    snprintf(id, sizeof id, "c%02d", i);
    churn_ranking_get(l.calls, (size_t)i / 2, &line);
    assert_string_equal(line.customer_id, id);
    assert_int_equal(line.control, churn_project_is_control(l.project, id));
    control += line.control;
    worth += line.control ? 0 : line.worth;
  }
  assert_true(control > 0 && control < 6);
  assert_int_equal(l.report.control, control);
  assert_int_equal(l.report.customers, 6 - control);
  assert_int_equal(l.report.no_room, 14);
  assert_close(l.report.worth, worth, 1e-14, 0);
  done(&l);
}

static void without_a_playbook_worth_is_the_expected_loss(void **state)
{
  (void)state;
  scratch_write("customers.csv", "id,a,money\nx,1,10\ny,3,9\nz,0,1\nw,-2,\n");
  churn_model *model = four_features();
  model->feature_count = model->column_count = 1;
  churn_project *project = project_of(
      "version: 1\ncustomers: {from: customers.csv, id: id, value: money}\n"
      "features: {a: customers.a}\ncapacity: {total: 2}\nactions: {default: {cost: 0.5}}\n");
  churn_score_settings settings = {.as_of = CHURN_DAY_MISSING};
  churn_ranking *ranking = NULL, *calls = NULL;
  churn_calls report = {0};
  churn_error error = {0};
  assert_ok(churn_score(project, model, &settings, NULL, &ranking, NULL, &error), &error);
  assert_ok(churn_ranking_calls(ranking, 0, &calls, &report, &error), &error);
  assert_int_equal(report.customers, 2);
  /* z: 0.2689414213699951 - 0.5 < 0; x: 0.5 x 10, y: 0.8807970779778823 x 9 */
  assert_int_equal(report.no_room, 0);
  assert_close(report.worth, 5 + 9 * 0.8807970779778823 - 1, 1e-14, 0);
  churn_ranking_free(calls);
  churn_ranking_free(ranking);
  churn_project_free(project);
  model->feature_count = model->column_count = 4;
  churn_model_free(model);
}

#define HEAD "version: 1\ncustomers: {from: c.csv, id: key, value: money}\n"
#define NO_VALUE "version: 1\ncustomers: {from: c.csv, id: key}\n"

static void the_keys_have_defaults(void **state)
{
  (void)state;
  churn_project *p = project_of(HEAD "playbook: default\n");
  assert_false(p->capacity.given || p->loyal.given);
  assert_true(churn_playbook_cause(p, 0)->save_rate == 1 && churn_playbook_cause(p, 0)->cost == 0);
  assert_true(p->loyal.value_share == 0.25 && p->loyal.rise == 1.5);
  assert_int_equal(p->loyal.tenure_days, 0);
  assert_int_equal(p->loyal.since_days, 30);
  churn_project_free(p);
  p = project_of(HEAD "playbook: {causes: {price: {save_rate: 0.3, cost: 7}}}\nrep: customers.r\n"
                      "actions: {default: {save_rate: 0.1}, rep: {cost: 2}}\n"
                      "capacity: {total: 9, owners: {rep: 4}, each_rep: 2}\n"
                      "loyal: {value: 0.1, tenure: 104 weeks, rise: 2, since: 7d}\n");
  for (size_t i = 0; i < churn_playbook_count(p); i++) {
    const churn_cause *c = churn_playbook_cause(p, i);
    bool price = strcmp(c->name, "price") == 0, rep = strcmp(c->name, "rep") == 0;
    assert_true(c->save_rate == (price ? 0.3 : 0.1) && c->cost == (price ? 7 : rep ? 2 : 0));
  }
  assert_true(p->capacity.given && p->capacity.total == 9 && p->capacity.each_rep == 2);
  assert_true(p->capacity.owners[CHURN_OWNER_REP] == 4);
  assert_true(p->capacity.owners[CHURN_OWNER_BILLING] == UINT64_MAX);
  assert_true(p->loyal.given && p->loyal.value_share == 0.1 && p->loyal.rise == 2);
  assert_true(isnan(p->loyal.probability) && p->capacity.per_days == 0);
  assert_int_equal(p->capacity.rest_days, 0);
  assert_int_equal(p->loyal.tenure_days, 728);
  assert_int_equal(p->loyal.since_days, 7);
  churn_project_free(p);
}

static void faults_of_the_keys_have_their_place(void **state)
{
  static const struct {
    const char *text;
    uint64_t line, column;
    const char *message;
  } cases[] = {
      {HEAD "capacity: {totl: 1}\n", 3, 12, "unknown key \"totl\" in capacity (did you mean"},
      {HEAD "capacity: {total: -1}\n", 3, 19, "capacity.total: expected a whole number >= 0"},
      {HEAD "capacity: {owners: {rep: 1}}\n", 3, 20, "the project has none; expected \"playbook"},
      {HEAD "playbook: default\ncapacity: {owners: {boss: 1}}\n", 4, 21,
       "unknown key \"boss\" in capacity.owners; accepted: rep, service, billing, product"},
      {HEAD "playbook: default\ncapacity: {each_rep: 1}\n", 4, 22, "expected rep: EXPRESSION"},
      {HEAD "rep: customers.r\ncapacity: {each_rep: 1}\n", 4, 22, "is said by a playbook"},
      {NO_VALUE "capacity: {total: 1}\n", 3, 11, "expected `value` under customers"},
      {HEAD "actions: {price: {cost: 1}}\n", 3, 11,
       "actions: there is no cause \"price\"; accepted: default"},
      {HEAD "playbook: default\nactions: {prise: {cost: 1}}\n", 4, 11, "(did you mean \"price\"?)"},
      {HEAD "actions: {default: {save_rate: 1.5}}\n", 3, 32,
       "save_rate: expected a share from 0 to 1, like 0.2, found \"1.5\""},
      {HEAD "actions: {default: {cost: -1}}\n", 3, 27, "cost: expected a number >= 0"},
      {HEAD "playbook: default\nactions: {price: {save_rate: 0.5}}\n", 3, 1,
       "the action of the cause \"price\" has a save_rate and that of"},
      {HEAD "loyal: {value: 0}\n", 3, 16, "loyal.value: expected the share of the base"},
      {HEAD "loyal: {rise: 0.5}\n", 3, 15, "loyal.rise: expected a factor >= 1"},
      {HEAD "loyal: {probability: 2}\n", 3, 22, "loyal.probability: expected a probability"},
      {HEAD "capacity: {total: 1, per: 7d}\n", 3, 27,
       "capacity.per: nothing tells who was contacted before; expected contacts: HISTORY"},
      {HEAD "capacity: {rest: 7d}\n", 3, 18, "capacity.rest: nothing tells who was contacted"},
      {HEAD "loyal: {tenure: 0d}\n", 3, 17, "loyal.tenure: expected a number of whole days"},
      {HEAD "loyal: {tenur: 7d}\n", 3, 9, "unknown key \"tenur\" in loyal"},
      {HEAD "loyal: yes\n", 3, 8, "loyal must be a mapping"}};
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    churn_project *project = NULL;
    churn_error error = {0};
    const char *path = scratch_write("project.yaml", cases[i].text);
    assert_int_equal(churn_project_read(path, NULL, 0, NULL, &project, &error), CHURN_BAD_PROJECT);
    if (strstr(error.message, cases[i].message) == NULL || error.line != cases[i].line ||
        error.column != cases[i].column)
      fail_msg("%s: %d:%d: %s", cases[i].text, (int)error.line, (int)error.column, error.message);
  }
}

/* Without the key the rep is the one category of a history called reps. */
static void each_rep_has_the_rep_history_as_its_default(void **state)
{
  (void)state;
  static const char *const keys[] = {"", "rep: last(who from reps)\n"};
  char *texts[2];
  scratch_write("customers.csv", "id,a,money\nann,2,100\nbob,2,90\ncid,2,80\ndan,2,70\n");
  scratch_write("reps.csv", "id,day,who,number\nann,2024-01-05,kim,7\nbob,2024-01-05,lee,8\n"
                            "bob,2024-02-01,kim,7\ncid,2024-01-05,kim,7\ndan,2024-01-05,lee,8\n");
  for (size_t i = 0; i < 2; i++) {
    char text[1024];
    churn_model *model = four_features();
    churn_score_settings settings = {.as_of = day("2024-03-01")};
    churn_ranking *ranking = NULL, *calls = NULL;
    churn_error error = {0};
    model->feature_count = model->column_count = 1;
    snprintf(text, sizeof text,
             "version: 1\ncustomers: {from: customers.csv, id: id, value: money,\n"
             "  columns: {a: number, money: number}}\n"
             "histories: {reps: {from: reps.csv, id: id, day: day,\n"
             "  columns: {who: category, number: number}}}\n"
             "features: {a: customers.a}\nplaybook: {causes: {rep: {features: [a]}}}\n"
             "capacity: {each_rep: 1}\n%s",
             keys[i]);
    churn_project *project = project_of(text);
    assert_ok(churn_score(project, model, &settings, NULL, &ranking, NULL, &error), &error);
    assert_ok(churn_ranking_calls(ranking, 0, &calls, NULL, &error), &error);
    assert_int_equal(churn_ranking_count(calls), 2);
    assert_ok(churn_ranking_write(calls, scratch_path("calls.csv"), &error), &error);
    texts[i] = file_read(scratch_path("calls.csv"), NULL);
    assert_non_null(strstr(texts[i], "\n1,ann,"));
    assert_non_null(strstr(texts[i], "\n2,dan,"));
    churn_ranking_free(calls);
    churn_ranking_free(ranking);
    churn_project_free(project);
    model->feature_count = model->column_count = 4;
    churn_model_free(model);
  }
  assert_string_equal(texts[0], texts[1]);
  free(texts[0]);
  free(texts[1]);
}

static void a_rep_that_is_no_category_and_worth_without_value_are_refused(void **state)
{
  (void)state;
  churn_model *model = four_features();
  churn_score_settings settings = {.as_of = CHURN_DAY_MISSING};
  churn_ranking *ranking = NULL;
  churn_error error = {0};
  scratch_write("c.csv", "key,a,b,c,d,money,r\nx,1,0,0,0,3,17\n");
  churn_project *p =
      project_of(HEAD "playbook: default\nrep: customers.r\ncapacity: {each_rep: 1}\n"
                      "features: {a: customers.a}\n");
  assert_int_equal(churn_score(p, model, &settings, NULL, &ranking, NULL, &error),
                   CHURN_BAD_PROJECT);
  assert_non_null(strstr(error.message, "is no category; expected one, such as"));
  assert_int_equal(error.line, 4);
  churn_project_free(p);
  p = project_of(NO_VALUE "features: {a: customers.a}\n");
  settings.by = CHURN_BY_WORTH;
  assert_int_equal(churn_score(p, model, &settings, NULL, &ranking, NULL, &error), CHURN_USAGE);
  assert_non_null(strstr(error.message, "money at risk"));
  churn_project_free(p);
  churn_model_free(model);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(no_list_that_fits_is_worth_more),
      cmocka_unit_test(places_that_are_held_are_not_given_again),
      cmocka_unit_test(a_rep_has_the_places_that_are_left),
      cmocka_unit_test(worth_is_what_the_main_causes_action_saves),
      cmocka_unit_test(the_list_of_a_project_is_worth_the_most_that_fits),
      cmocka_unit_test(control_customers_take_their_places_and_causes_that_are_not_listed_none),
      cmocka_unit_test(without_a_playbook_worth_is_the_expected_loss),
      cmocka_unit_test(the_keys_have_defaults),
      cmocka_unit_test(faults_of_the_keys_have_their_place),
      cmocka_unit_test(each_rep_has_the_rep_history_as_its_default),
      cmocka_unit_test(a_rep_that_is_no_category_and_worth_without_value_are_refused),
  };
  return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
