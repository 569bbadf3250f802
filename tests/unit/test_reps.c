/* The scorecard of reps on a made-up world: one rep loses customers who would have stayed with
 * another, one has a hard book, some have none, and some change.
 *
 * Months have 30 days. A customer's chance to leave in a month has the logit -3.4 + risk, + 1.2 in
 * the book of `bad`, + 0.8 for 90 days after a change of rep. Risks are normal, deviation 0.6,
 * about 0; about 1.7 for those who began with `hard`.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/random.h"
#include "judged.h"
#include "opened.h"

#include <churn/churn.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CUSTOMERS = 1600, MONTHS = 18, MONTH = 30, HORIZON = 60 };

typedef struct customer {
  churn_day left;      /* MISSING = still there */
  const char *reps[2]; /* NULL = none */
  churn_day changed;   /* MISSING = never */
  double risk, fee;
} customer;

static customer world[CUSTOMERS];
static churn_day begin;

static const char *rep_of(const customer *c, churn_day as_of)
{
  return c->reps[c->changed != CHURN_DAY_MISSING && c->changed < as_of];
}

static void live(customer *c, churn_random *random)
{
  static const char *const names[] = {"bad", "hard", "r1", "r2", "r3", "r4", "r5", NULL};
  const char *first = names[churn_random_below(random, 8)];
  const char *second = names[2 + churn_random_below(random, 5)];
  bool hard = first != NULL && strcmp(first, "hard") == 0;
  bool changes = first != NULL && strcmp(first, second) != 0 && draw_unit(random) < 0.15;
  *c = (customer){.left = CHURN_DAY_MISSING, .reps = {first, second}, .changed = CHURN_DAY_MISSING};
  c->risk = (hard ? 1.7 : 0) + 0.6 * draw_normal(random);
  c->fee = 10 + 90 * draw_unit(random);
  if (changes)
    c->changed = begin + (churn_day)churn_random_below(random, MONTHS * MONTH);
  for (int month = 0; month < MONTHS; month++) {
    churn_day day = begin + month * MONTH;
    const char *rep = rep_of(c, day);
    double logit = -3.4 + c->risk + (rep != NULL && strcmp(rep, "bad") == 0 ? 1.2 : 0);
    if (c->changed != CHURN_DAY_MISSING && c->changed < day && day < c->changed + 90)
      logit += 0.8;
    if (draw_unit(random) < 1 / (1 + exp(-logit))) {
      c->left = day + (churn_day)churn_random_below(random, MONTH);
      return;
    }
  }
}

static void write_day(FILE *file, churn_day day_number)
{
  char text[CHURN_DAY_TEXT_SIZE];
  churn_day_format(day_number, text);
  fputs(text, file);
}

/* Nothing that is dated on or after `end`. */
static void write_customers(const char *name, churn_day end)
{
  FILE *file = fopen(scratch_path(name), "w");
  assert_non_null(file);
  fputs("id,joined,left,risk,fee\n", file);
  for (int i = 0; i < CUSTOMERS; i++) {
    fprintf(file, "c%04d,", i);
    write_day(file, begin - 10);
    fputc(',', file);
    if (world[i].left != CHURN_DAY_MISSING && world[i].left < end)
      write_day(file, world[i].left);
    fprintf(file, ",%.4f,%.4f\n", world[i].risk, world[i].fee);
  }
  fclose(file);
}

static void write_assignment(FILE *file, int number, churn_day from, const char *rep)
{
  fprintf(file, "c%04d,", number);
  write_day(file, from);
  fprintf(file, ",%s,east,7\n", rep);
}

/* `leaver`'s customers of the last day get a new rep the day before `end`. */
static void write_reps(const char *name, churn_day end, const char *leaver)
{
  FILE *file = fopen(scratch_path(name), "w");
  assert_non_null(file);
  fputs("id,day,rep_id,team,number\n", file);
  for (int i = 0; i < CUSTOMERS; i++) {
    const customer *c = &world[i];
    bool changed = c->changed != CHURN_DAY_MISSING && c->changed < end;
    if (c->reps[0] != NULL)
      write_assignment(file, i, begin - 10, c->reps[0]);
    if (changed)
      write_assignment(file, i, c->changed, c->reps[1]);
    const char *last = rep_of(c, end);
    if (leaver != NULL && last != NULL && strcmp(last, leaver) == 0)
      write_assignment(file, i, end - 1, "zzz");
  }
  fclose(file);
}

#define HEAD                                                                                       \
  "version: 1\n"                                                                                   \
  "customers: {from: customers.csv, id: id, joined: joined, left: left, value: customers.fee,\n"   \
  "  columns: {risk: {type: number, static: true}, fee: number}}\n"                                \
  "histories: {reps: {from: reps.csv, id: id, day: day, columns: {rep_id: category}}}\n"           \
  "data_until: 2024-06-23\n"                                                                       \
  "outcome: {horizon: 60d}\n"                                                                      \
  "snapshots: {first: 2023-03-02, every: 30d, last: 2024-04-25}\n"
#define FEATURES "features: {risk: customers.risk, changes: changes(rep_id from reps over 90d)"

static int make(void **state)
{
  (void)state;
  churn_random random = churn_random_stream(20261122, 7);
  begin = day("2023-01-01");
  for (int i = 0; i < CUSTOMERS; i++)
    live(&world[i], &random);
  /* one whose rep changes on the last day, so that yet another one comes behind that */
  world[0].left = CHURN_DAY_MISSING;
  world[0].reps[0] = "r1";
  world[0].reps[1] = "r3";
  world[0].changed = begin + MONTHS * MONTH - 1;
  scratch_make();
  write_customers("customers.csv", INT32_MAX);
  write_reps("reps.csv", begin + MONTHS * MONTH, NULL);
  return 0;
}

static const churn_reps_settings plain = {
    .as_of = CHURN_DAY_MISSING, .first = CHURN_DAY_MISSING, .last = CHURN_DAY_MISSING};

typedef struct counted {
  churn_project *project;
  churn_reps *reps;
  churn_notes *notes;
  churn_status status;
  churn_error error;
} counted;

static counted count_with(const char *text, churn_reps_settings settings, int threads)
{
  counted c = {.project = project_of(text), .notes = churn_notes_new()};
  churn_run run = {.threads = threads, .notes = c.notes};
  c.status = churn_reps_count(c.project, &settings, &run, &c.reps, &c.error);
  return c;
}

static counted count_ok(const char *text, churn_reps_settings settings)
{
  counted c = count_with(text, settings, 2);
  assert_ok(c.status, &c.error);
  return c;
}

static void done(counted *c)
{
  churn_reps_free(c->reps);
  churn_notes_free(c->notes);
  churn_project_free(c->project);
}

static const churn_rep *rep_named(const churn_reps *reps, const char *name)
{
  for (size_t i = 0; i < reps->count; i++)
    if (strcmp(reps->reps[i].name, name) == 0)
      return &reps->reps[i];
  fail_msg("no rep %s", name);
  return NULL;
}

static void a_bad_rep_is_found_and_a_hard_book_is_no_blame(void **state)
{
  (void)state;
  counted c = count_ok(HEAD FEATURES "}\n", plain);
  const churn_rep *bad = rep_named(c.reps, "bad"), *hard = rep_named(c.reps, "hard");
  assert_int_equal(bad->verdict, CHURN_REP_WORSE);
  assert_true(bad->p_adjusted < 1e-6 && bad->ratio_low > 1);
  assert_true(bad->ratio > bad->control.high_998);
  assert_int_equal(hard->verdict, CHURN_REP_AS_EXPECTED);
  /* yet of hard's customers a larger share is lost */
  assert_true((double)hard->observed / (double)hard->rows >
              1.2 * (double)bad->observed / (double)bad->rows);
  for (int i = 1; i <= 5; i++) {
    char name[] = "r?";
    name[1] = (char)('0' + i);
    assert_int_not_equal(rep_named(c.reps, name)->verdict, CHURN_REP_WORSE);
  }
  done(&c);
}

/* A model that knows the rep by name would expect bad's losses. */
static void a_feature_that_is_the_rep_excuses_nobody(void **state)
{
  (void)state;
  counted without = count_ok(HEAD FEATURES "}\n", plain);
  counted with = count_ok(HEAD FEATURES ", who: last(rep_id from reps)}\n", plain);
  assert_non_null(note_text(with.notes, "rep_is_feature"));
  assert_null(note_text(without.notes, "rep_is_feature"));
  const churn_rep *a = rep_named(without.reps, "bad"), *b = rep_named(with.reps, "bad");
  assert_close(b->expected, a->expected, 1e-9, 0);
  assert_int_equal(b->verdict, CHURN_REP_WORSE);
  done(&without);
  done(&with);
}

/* Snapshots stand 30 days apart and windows are 60 long: every other one counts, and with the last
 * on 2024-04-25 that makes 2023-03-02, 05-01, …, 2024-04-25. */
static void each_leaving_counts_once_for_the_rep_of_that_snapshot(void **state)
{
  (void)state;
  counted c = count_ok(HEAD FEATURES "}\n", plain);
  const churn_reps *reps = c.reps;
  uint64_t lost = 0, of_r2 = 0, books = 0, different = 0;
  assert_int_equal(reps->day_count, 8);
  for (size_t d = 0; d < reps->day_count; d++)
    assert_int_equal(reps->days[d], day("2023-03-02") + (churn_day)d * HORIZON);
  for (int i = 0; i < CUSTOMERS; i++) {
    bool seen = false;
    for (size_t d = 0; d < reps->day_count; d++) {
      churn_day as_of = reps->days[d], left = world[i].left;
      const char *rep = rep_of(&world[i], as_of);
      if (left != CHURN_DAY_MISSING && left < as_of)
        continue;
      bool leaves = left != CHURN_DAY_MISSING && left < as_of + HORIZON;
      bool own = rep != NULL && strcmp(rep, "r2") == 0;
      lost += leaves;
      of_r2 += own && leaves;
      books += own;
      different += own && !seen;
      seen = seen || own;
    }
  }
  const churn_rep *r2 = rep_named(reps, "r2");
  assert_int_equal(reps->total.observed, lost);
  assert_int_equal(r2->observed, of_r2);
  assert_int_equal(r2->rows, books);
  assert_int_equal(r2->customers, different);
  /* a few more than the leavers of those months would be too many: nobody counts twice */
  assert_true(lost < CUSTOMERS);
  done(&c);
}

static void reps_add_up_to_the_total(void **state)
{
  (void)state;
  counted c = count_ok(HEAD FEATURES "}\n", plain);
  churn_rep sum = {.name = NULL};
  for (size_t i = 0; i < c.reps->count; i++) {
    const churn_rep *r = &c.reps->reps[i];
    uint64_t rows = 0;
    double expected = 0;
    sum.rows += r->rows;
    sum.observed += r->observed;
    sum.expected += r->expected;
    sum.current += r->current;
    sum.value += r->value;
    sum.expected_now += r->expected_now;
    sum.expected_loss += r->expected_loss;
    if (!r->none) {
      sum.exposure_loss += r->exposure_loss;
      sum.exposure_churners += r->exposure_churners;
    }
    for (size_t d = 0; d < c.reps->day_count; d++) {
      rows += r->snapshots[d].customers;
      expected += r->snapshots[d].expected;
    }
    assert_int_equal(rows, r->rows);
    assert_close(expected, r->expected, 1e-12, 0);
  }
  const churn_rep *total = &c.reps->total;
  assert_int_equal(sum.rows, total->rows);
  assert_int_equal(sum.observed, total->observed);
  assert_int_equal(sum.current, total->current);
  assert_close(sum.expected, total->expected, 1e-12, 0);
  assert_close(sum.value, total->value, 1e-12, 0);
  assert_close(sum.expected_now, total->expected_now, 1e-12, 0);
  assert_close(sum.expected_loss, total->expected_loss, 1e-12, 0);
  assert_close(sum.exposure_loss, total->exposure_loss, 1e-12, 0);
  assert_close(sum.exposure_churners, total->exposure_churners, 1e-12, 0);
  /* out of fold, all together are lost as often as expected */
  assert_close(total->ratio, 1, 0.01, 0);
  assert_true(c.reps->reps[c.reps->count - 1].none);
  assert_string_equal(c.reps->reps[c.reps->count - 1].name, "(none)");
  assert_true(isnan(c.reps->reps[c.reps->count - 1].exposure_loss));
  assert_int_equal(c.reps->reps[c.reps->count - 1].verdict, CHURN_REP_NOT_TESTED);
  done(&c);
}

/* Holm 1979: of m tests the k-th smallest p times m - k + 1, none below one before it. */
static void p_values_are_adjusted_for_all_reps_that_are_tested(void **state)
{
  (void)state;
  counted c = count_ok(HEAD FEATURES "}\n", plain);
  const churn_rep *reps = c.reps->reps;
  size_t tested = 0;
  bool raised = false;
  for (size_t i = 0; i < c.reps->count; i++)
    tested += !reps[i].none;
  for (size_t i = 0; i < c.reps->count; i++) {
    double adjusted = 0;
    for (size_t k = 0; k < c.reps->count; k++) {
      size_t before = 0;
      for (size_t l = 0; l < c.reps->count; l++)
        before += !reps[l].none && (reps[l].p < reps[k].p || (reps[l].p == reps[k].p && l < k));
      if (!reps[k].none && reps[k].p <= reps[i].p)
        adjusted = fmax(adjusted, fmin(1, reps[k].p * (double)(tested - before)));
    }
    assert_true(reps[i].none == isnan(reps[i].p_adjusted));
    if (!reps[i].none)
      assert_close(reps[i].p_adjusted, adjusted, 1e-12, 0);
    raised = raised || (!reps[i].none && reps[i].p_adjusted > 2 * reps[i].p);
  }
  assert_true(raised);
  done(&c);
}

static void the_funnel_runs_from_the_smallest_book_to_the_largest(void **state)
{
  (void)state;
  counted c = count_ok(HEAD FEATURES "}\n", plain);
  double low = INFINITY, high = 0;
  for (size_t i = 0; i < c.reps->count; i++) {
    low = fmin(low, c.reps->reps[i].expected);
    high = fmax(high, c.reps->reps[i].expected);
    assert_false(c.reps->reps[i].small);
  }
  assert_true(c.reps->funnel_count > 10 && high > 1.1 * low);
  assert_close(c.reps->funnel[0].expected, low, 1e-14, 0);
  assert_close(c.reps->funnel[c.reps->funnel_count - 1].expected, high, 0, 0);
  for (size_t i = 1; i + 1 < c.reps->funnel_count; i++)
    assert_close(c.reps->funnel[i].expected * c.reps->funnel[i].expected,
                 c.reps->funnel[i - 1].expected * c.reps->funnel[i + 1].expected, 1e-12, 0);
  done(&c);
}

enum { FLAT = 900 };

/* Rows of a flat export: the k-th has lost its customer where that is drawn; small: a book of six.
 */
static void write_flat(int times)
{
  FILE *file = fopen(scratch_path("flat.csv"), "w");
  churn_random random = churn_random_stream(99, 3);
  assert_non_null(file);
  fputs("id,rep,risk,fee,n,gone\n", file);
  for (int i = 0; i < FLAT; i++) {
    double risk = draw_normal(&random);
    bool gone = draw_unit(&random) < 1 / (1 + exp(1.2 - risk));
    fprintf(file, "f%03d,%s,%.6f,%.3f,%d,%d\n", i,
            i < 6        ? "small"
            : i % 2 == 0 ? "kim"
                         : "lee",
            risk, 2.385 + i % 11, times == 1 ? 1 : 1 + i % times, gone);
  }
  fclose(file);
}

#define FLAT_PROJECT                                                                               \
  "version: 1\n"                                                                                   \
  "customers: {from: flat.csv, id: id, value: customers.fee,\n"                                    \
  "  columns: {rep: category, risk: number, fee: number, n: number}}\n"                            \
  "outcome: {column: gone, positive: \"1\"}\nrep: customers.rep\nfeatures: {risk: "                \
  "customers.risk}\n"

static void who_a_flat_export_marks_as_lost_is_in_no_book_now(void **state)
{
  (void)state;
  write_flat(1);
  counted c = count_ok(FLAT_PROJECT, plain);
  const churn_reps *reps = c.reps;
  assert_int_equal(reps->total.rows, FLAT);
  assert_true(reps->total.observed > 100);
  assert_int_equal(reps->total.current, FLAT - reps->total.observed);
  const churn_rep *small = rep_named(reps, "small"), *kim = rep_named(reps, "kim");
  assert_int_equal(small->rows, 6);
  assert_true(small->small && small->expected < CHURN_REP_FEW_EXPECTED && !kim->small);
  assert_int_equal(kim->current, kim->rows - kim->observed);
  done(&c);
}

/* A row of weight n stands for n customers. */
static void a_frequency_is_so_many_customers_of_the_book(void **state)
{
  (void)state;
  write_flat(1);
  counted once = count_ok(FLAT_PROJECT, plain);
  write_flat(3);
  counted c = count_ok(FLAT_PROJECT "fit: {weights: n}\n", plain);
  uint64_t rows = 0;
  for (int i = 0; i < FLAT; i++)
    rows += 1 + (uint64_t)i % 3;
  assert_int_equal(c.reps->total.rows, rows);
  assert_int_equal(c.reps->total.customers, rows);
  assert_true(c.reps->total.observed > once.reps->total.observed * 3 / 2);
  assert_close(c.reps->total.ratio, 1, 0.02, 0);
  done(&c);
  done(&once);
}

/* Where the file was thinned by outcome, the model speaks of the population, and what is expected
 * is of the file. */
static void what_is_expected_is_of_the_file(void **state)
{
  (void)state;
  write_flat(1);
  counted c = count_ok(FLAT_PROJECT "fit: {sampled: {churners: 1, others: 0.2}}\n", plain);
  assert_close(c.reps->total.ratio, 1, 0.02, 0);
  assert_non_null(note_text(c.notes, "unweighted_reps"));
  done(&c);
}

static double expected_loss_of(const churn_model *model, const char *text, double *churners,
                               double *valued)
{
  churn_project *project = project_of(text);
  churn_ranking *ranking = NULL;
  churn_score_report report;
  churn_score_settings settings = {.as_of = CHURN_DAY_MISSING};
  churn_error error;
  assert_ok(churn_score(project, model, &settings, NULL, &ranking, &report, &error), &error);
  *churners = report.expected_churners;
  *valued = (double)report.valued;
  churn_ranking_free(ranking);
  churn_project_free(project);
  return report.expected_loss;
}

/* The same by hand: a file in which r3's customers have got a new rep, scored by `churn score`. */
static void exposure_is_what_a_new_rep_on_the_day_before_would_do(void **state)
{
  (void)state;
  const char *text = HEAD FEATURES ", days: days_since_change(rep_id from reps),\n"
                                   "  who: last(rep_id from reps), rows: count(reps over 30d)}\n";
  churn_project *project = project_of(text);
  churn_model *model = NULL;
  churn_error error;
  churn_train_settings training = {
      .first = CHURN_DAY_MISSING, .last = CHURN_DAY_MISSING, .test_from = CHURN_DAY_MISSING};
  assert_ok(churn_train(project, &training, NULL, &model, &error), &error);
  churn_project_free(project);
  churn_reps_settings settings = plain;
  settings.model = model;
  counted c = count_ok(text, settings);
  assert_true(c.reps->exposed);
  assert_string_equal(c.reps->model, model->id);
  double before, after, valued;
  double loss_before = expected_loss_of(model, text, &before, &valued);
  assert_close(c.reps->total.expected_loss, loss_before, 1e-12, 0);
  assert_close(c.reps->total.expected_now, before, 1e-12, 0);
  assert_close((double)c.reps->total.valued, valued, 0, 0);
  write_reps("reps.csv", day("2024-06-24"), "r3");
  double loss_after = expected_loss_of(model, text, &after, &valued);
  write_reps("reps.csv", begin + MONTHS * MONTH, NULL);
  const churn_rep *r3 = rep_named(c.reps, "r3");
  assert_true(r3->exposure_loss > 1);
  assert_close(r3->exposure_loss, loss_after - loss_before, 1e-8, 0);
  assert_close(r3->exposure_churners, after - before, 1e-8, 0);
  done(&c);
  churn_model_free(model);
}

/* Where the history says when each row was known, the new rep's row is known as of its own day. */
static void exposure_is_the_same_where_rows_say_when_they_were_known(void **state)
{
  (void)state;
  FILE *to = fopen(scratch_path("known.csv"), "w");
  char *text = file_read(scratch_path("reps.csv"), NULL);
  assert_non_null(to);
  fputs("id,day,rep_id,noted\n", to);
  for (char *line = strchr(text, '\n') + 1, *end; (end = strchr(line, '\n')) != NULL;
       line = end + 1) {
    char id[32] = "", on[16] = "", rep[16] = "";
    *end = '\0';
    assert_int_equal(sscanf(line, "%31[^,],%15[^,],%15[^,]", id, on, rep), 3);
    fprintf(to, "%s,%s,%s,%s\n", id, on, rep, on);
  }
  fclose(to);
  free(text);
#define KNOWN                                                                                      \
  "version: 1\n"                                                                                   \
  "customers: {from: customers.csv, id: id, joined: joined, left: left, value: customers.fee,\n"   \
  "  columns: {risk: {type: number, static: true}, fee: number}}\n"                                \
  "histories: {reps: {from: known.csv, id: id, day: day, known_at: noted,\n"                       \
  "  columns: {rep_id: category, noted: day}}}\n"                                                  \
  "data_until: 2024-06-23\n"                                                                       \
  "outcome: {horizon: 60d}\n"                                                                      \
  "snapshots: {first: 2023-03-02, every: 30d, last: 2024-04-25}\n"
  counted a = count_ok(HEAD FEATURES "}\n", plain), b = count_ok(KNOWN FEATURES "}\n", plain);
  const churn_rep *before = rep_named(a.reps, "r3"), *after = rep_named(b.reps, "r3");
  assert_true(before->exposure_churners > 0.1);
  assert_close(after->exposure_churners, before->exposure_churners, 1e-9, 0);
  assert_close(after->exposure_loss, before->exposure_loss, 1e-9, 0);
  done(&a);
  done(&b);
}

static void a_model_that_does_not_look_at_reps_cannot_tell_the_exposure(void **state)
{
  (void)state;
  counted c = count_ok(HEAD "features: {risk: customers.risk}\n", plain);
  assert_false(c.reps->exposed);
  assert_true(isnan(rep_named(c.reps, "r1")->exposure_loss));
  assert_true(rep_named(c.reps, "r1")->expected_loss > 0);
  assert_non_null(note_text(c.notes, "no_exposure"));
  done(&c);
}

static char *json_of(const churn_reps *reps)
{
  churn_error error;
  assert_ok(churn_reps_write_json(reps, scratch_path("reps.json"), &error), &error);
  return file_read(scratch_path("reps.json"), NULL);
}

static void the_bits_are_the_same_for_any_number_of_threads(void **state)
{
  (void)state;
  char *texts[3];
  const int threads[] = {1, 2, 5};
  for (int i = 0; i < 3; i++) {
    counted c = count_with(HEAD FEATURES "}\n", plain, threads[i]);
    assert_ok(c.status, &c.error);
    texts[i] = json_of(c.reps);
    done(&c);
  }
  assert_true(strlen(texts[0]) > 1000);
  assert_string_equal(texts[0], texts[1]);
  assert_string_equal(texts[0], texts[2]);
  for (int i = 0; i < 3; i++)
    free(texts[i]);
}

/* As of an earlier day, nothing that came later changes a figure. */
static void nothing_after_the_day_is_seen(void **state)
{
  (void)state;
  counted model_of = count_ok(HEAD FEATURES "}\n", plain);
  done(&model_of);
  churn_project *project = project_of(HEAD FEATURES "}\n");
  churn_model *model = NULL;
  churn_error error;
  churn_train_settings training = {
      .first = CHURN_DAY_MISSING, .last = CHURN_DAY_MISSING, .test_from = CHURN_DAY_MISSING};
  assert_ok(churn_train(project, &training, NULL, &model, &error), &error);
  churn_project_free(project);
  churn_reps_settings settings = plain;
  settings.model = model;
  settings.as_of = day("2024-01-16");
  counted whole = count_ok(HEAD FEATURES "}\n", settings);
  assert_int_equal(whole.reps->days[whole.reps->day_count - 1], day("2023-10-28"));
  char *text = json_of(whole.reps);
  write_customers("customers.csv", settings.as_of);
  write_reps("reps.csv", settings.as_of, NULL);
  counted cut = count_ok(HEAD FEATURES "}\n", settings);
  char *cut_text = json_of(cut.reps);
  assert_string_equal(text, cut_text);
  write_customers("customers.csv", INT32_MAX);
  write_reps("reps.csv", begin + MONTHS * MONTH, NULL);
  free(text);
  free(cut_text);
  done(&whole);
  done(&cut);
  churn_model_free(model);
}

/* Who falls silent is lost once, though silent in every window after it. */
static void who_stays_silent_is_lost_once(void **state)
{
  (void)state;
  FILE *file = fopen(scratch_path("calls.csv"), "w");
  uint64_t quiet = 0, lost = 0;
  assert_non_null(file);
  fputs("id,day,agent\n", file);
  /* a call every 20 days; every seventh customer stops on some day for good */
  for (int i = 0; i < 400; i++) {
    int last = i % 7 == 3 ? 90 + i % 200 : 400;
    for (int d = i % 20; d < last; d += 20) {
      fprintf(file, "s%03d,", i);
      write_day(file, begin + d);
      fprintf(file, ",a%d\n", i % 3);
    }
  }
  fclose(file);
  counted c = count_ok("version: 1\n"
                       "customers: {from_history: calls}\n"
                       "histories: {calls: {from: calls.csv, id: id, day: day, columns: {agent: "
                       "category}}}\n"
                       "rep: last(agent from calls)\n"
                       "outcome: {silent: calls, horizon: 40d}\n"
                       "snapshots: {first: 2023-02-10, every: 20d, last: 2023-12-17}\n"
                       "features: {since: days_since(calls), tenure: as_of - joined}\n"
                       "fit: {penalty: firth}\n",
                       plain);
  for (int i = 3; i < 400; i += 7)
    quiet++;
  for (size_t r = 0; r < c.reps->count; r++)
    lost += c.reps->reps[r].observed;
  assert_int_equal(c.reps->count, 3);
  assert_true(c.reps->day_count >= 6);
  assert_true(c.reps->already > quiet);
  assert_true(lost > 0 && lost <= quiet);
  done(&c);
}

static void check_fault(const char *text, churn_reps_settings settings, churn_status status,
                        const char *says)
{
  counted c = count_with(text, settings, 1);
  assert_int_equal(c.status, status);
  if (strstr(c.error.message, says) == NULL)
    fail_msg("it says: %s", c.error.message);
  assert_null(c.reps);
  done(&c);
}

static void what_tells_no_rep_is_refused_with_what_to_give(void **state)
{
  (void)state;
  churn_reps_settings by = plain;
  check_fault(HEAD "rep: 'last(number from reps)'\n" FEATURES "}\n", plain, CHURN_BAD_PROJECT,
              "reps has no column 'number'");
  check_fault(HEAD "rep: count(reps)\n" FEATURES "}\n", plain, CHURN_BAD_PROJECT,
              "is no category; expected one, such as last(rep_id from reps)");
  check_fault("version: 1\n"
              "customers: {from: customers.csv, id: id, joined: joined, left: left}\n"
              "histories: {reps: {from: reps.csv, id: id, day: day}}\n"
              "data_until: 2024-06-23\noutcome: {horizon: 60d}\n"
              "snapshots: {first: 2023-03-02, every: 30d, last: 2024-04-25}\n"
              "features: {risk: customers.risk}\n",
              plain, CHURN_BAD_PROJECT, "It has 2 categories; expected `rep: last(COLUMN from");
  check_fault("version: 1\n"
              "customers: {from: customers.csv, id: id, joined: joined, left: left}\n"
              "data_until: 2024-06-23\noutcome: {horizon: 60d}\n"
              "snapshots: {first: 2023-03-02, every: 30d, last: 2024-04-25}\n"
              "features: {risk: customers.risk}\n",
              plain, CHURN_BAD_PROJECT, "there is no history `reps`");
  by.by = "customers.riks";
  check_fault(HEAD FEATURES "}\n", by, CHURN_BAD_PROJECT, "riks");
  by.by = NULL;
  by.level = 1;
  check_fault(HEAD FEATURES "}\n", by, CHURN_USAGE, "between 0 and 1");
  check_fault("version: 1\ncustomers: {from: customers.csv, id: id}\n", plain, CHURN_BAD_PROJECT,
              "no `outcome`");
  by = plain;
  by.as_of = day("2023-02-01");
  check_fault(HEAD FEATURES "}\n", by, CHURN_DEGENERATE, "too few to expect anything");
}

/* Anything that parts the customers will do: here a comparison, whose words are yes and no. */
static void customers_may_be_parted_by_anything(void **state)
{
  (void)state;
  churn_reps_settings settings = plain;
  settings.by = "customers.fee > 55";
  counted c = count_ok(HEAD FEATURES "}\n", settings);
  assert_int_equal(c.reps->count, 2);
  assert_string_equal(c.reps->reps[0].name, "no");
  assert_string_equal(c.reps->reps[1].name, "yes");
  assert_non_null(note_text(c.notes, "undated_rep")); /* fee is not declared static */
  assert_false(c.reps->exposed);
  done(&c);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_bad_rep_is_found_and_a_hard_book_is_no_blame),
      cmocka_unit_test(a_feature_that_is_the_rep_excuses_nobody),
      cmocka_unit_test(each_leaving_counts_once_for_the_rep_of_that_snapshot),
      cmocka_unit_test(reps_add_up_to_the_total),
      cmocka_unit_test(p_values_are_adjusted_for_all_reps_that_are_tested),
      cmocka_unit_test(the_funnel_runs_from_the_smallest_book_to_the_largest),
      cmocka_unit_test(who_a_flat_export_marks_as_lost_is_in_no_book_now),
      cmocka_unit_test(a_frequency_is_so_many_customers_of_the_book),
      cmocka_unit_test(what_is_expected_is_of_the_file),
      cmocka_unit_test(exposure_is_what_a_new_rep_on_the_day_before_would_do),
      cmocka_unit_test(exposure_is_the_same_where_rows_say_when_they_were_known),
      cmocka_unit_test(a_model_that_does_not_look_at_reps_cannot_tell_the_exposure),
      cmocka_unit_test(the_bits_are_the_same_for_any_number_of_threads),
      cmocka_unit_test(nothing_after_the_day_is_seen),
      cmocka_unit_test(who_stays_silent_is_lost_once),
      cmocka_unit_test(what_tells_no_rep_is_refused_with_what_to_give),
      cmocka_unit_test(customers_may_be_parted_by_anything),
  };
  return cmocka_run_group_tests(tests, make, scratch_teardown);
}
