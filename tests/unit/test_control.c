/* The control group: who is marked, and the column of the list.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "opened.h"
#include "project/project.h"

#include <churn/churn.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#define HEAD                                                                                       \
  "version: 1\ncustomers: {from: customers.csv, id: id, joined: joined}\n"                         \
  "histories: {calls: {from: calls.csv, id: id, day: on}}\n"                                       \
  "outcome: {silent: calls, horizon: 30d}\n"                                                       \
  "snapshots: {first: 2024-03-01, last: 2024-09-01, every: 1 month}\ndata_until: 2024-12-31\n"     \
  "features: {n: count(calls over 60d)}\nfit: {penalty: ridge, lambda: 0.01}\n"

enum { MANY = 40000 };

static const char *id_of(int i)
{
  static char id[16];
  snprintf(id, sizeof id, "K-%06d", i);
  return id;
}

/* The definition, by xxhash itself: the top 53 bits of the id's hash, seeded by the low half of the
 * key's 128-bit hash, as a number in [0, 1). */
static void the_mark_is_a_keyed_hash_of_the_id(void **state)
{
  (void)state;
  churn_project *p = project_of(HEAD "control: {share: 0.3, key: spring 2025}\n");
  uint64_t seed = XXH3_128bits("spring 2025", 11).low64;
  int marked = 0;
  for (int i = 0; i < 2000; i++) {
    const char *id = id_of(i);
    double unit = (double)(XXH3_64bits_withSeed(id, strlen(id), seed) >> 11) * 0x1p-53;
    assert_int_equal(churn_project_is_control(p, id), unit < 0.3);
    marked += unit < 0.3;
  }
  assert_in_range(marked, 520, 680);
  churn_project_free(p);
}

/* 40,000 ids, share 0.1: 4,000 with a standard deviation of 60; two draws have a tenth of each
 * other's in common: 400, deviation 19. */
static void the_share_is_met_and_another_key_draws_others(void **state)
{
  (void)state;
  churn_project *a = project_of(HEAD "control: {share: 0.1, key: a}\n");
  churn_project *b = project_of(HEAD "control: {share: 0.1, key: b}\n");
  churn_project *wide = project_of(HEAD "control: {share: 0.25, key: a}\n");
  int in_a = 0, in_both = 0;
  for (int i = 0; i < MANY; i++) {
    bool marked = churn_project_is_control(a, id_of(i));
    in_a += marked;
    in_both += marked && churn_project_is_control(b, id_of(i));
    assert_true(!marked || churn_project_is_control(wide, id_of(i))); /* a larger share only adds */
  }
  assert_in_range(in_a, 3750, 4250);
  assert_in_range(in_both, 320, 480);
  churn_project_free(a);
  churn_project_free(b);
  churn_project_free(wide);
}

static void without_the_key_nobody_is_marked(void **state)
{
  (void)state;
  churn_project *p = project_of(HEAD);
  assert_false(churn_project_has_control(p));
  for (int i = 0; i < 100; i++)
    assert_false(churn_project_is_control(p, id_of(i)));
  churn_project_free(p);
}

static void write_base(int customers)
{
  static char people[400 * 32], calls[400 * 12 * 32];
  size_t p = (size_t)sprintf(people, "id,joined\n"), c = (size_t)sprintf(calls, "id,on\n");
  for (int i = 0; i < customers; i++) {
    p += (size_t)sprintf(people + p, "%s,2023-11-%02d\n", id_of(i), 1 + i % 28);
    for (int k = 0; k < 2 + i % 9; k++)
      c += (size_t)sprintf(calls + c, "%s,2024-%02d-%02d\n", id_of(i), 1 + (i + 3 * k) % 12,
                           1 + (7 * i + k) % 28);
  }
  scratch_write("customers.csv", people);
  scratch_write("calls.csv", calls);
}

/* The list, of a model that is trained on it, as text. */
static char *list_of(const char *text)
{
  churn_project *project = project_of(text);
  churn_model *model = NULL;
  churn_ranking *ranking = NULL;
  churn_error error = {0};
  const churn_run run = {.threads = 2};
  const churn_train_settings training = {
      .first = CHURN_DAY_MISSING, .last = CHURN_DAY_MISSING, .test_from = CHURN_DAY_MISSING};
  const churn_score_settings scoring = {.as_of = CHURN_DAY_MISSING};
  churn_run with_notes = run;
  with_notes.notes = churn_notes_new();
  assert_ok(churn_train(project, &training, &with_notes, &model, &error), &error);
  assert_ok(churn_score(project, model, &scoring, &run, &ranking, NULL, &error), &error);
  assert_ok(churn_ranking_write(ranking, scratch_path("list.csv"), &error), &error);
  churn_ranking_free(ranking);
  churn_model_free(model);
  churn_notes_free(with_notes.notes);
  churn_project_free(project);
  return file_read(scratch_path("list.csv"), NULL);
}

/* The last field of the customer's line, or -1. */
static int mark_of(const char *list, const char *id)
{
  char field[24];
  snprintf(field, sizeof field, ",%s,", id);
  const char *line = strstr(list, field);
  return line == NULL ? -1 : strchr(line, '\n')[-1] - '0';
}

static void marks_stay_when_the_base_grows(void **state)
{
  (void)state;
  const char *text = HEAD "control: {share: 0.25, key: x}\n";
  write_base(200);
  char *small = list_of(text), *again = list_of(text);
  write_base(333);
  char *large = list_of(text);
  int marked = 0;
  assert_string_equal(small, again);
  assert_non_null(strstr(small, ",model,control\n"));
  for (int i = 0; i < 200; i++) {
    int mark = mark_of(small, id_of(i));
    assert_true(mark == 0 || mark == 1);
    assert_int_equal(mark, mark_of(large, id_of(i)));
    marked += mark;
  }
  assert_in_range(marked, 25, 80);
  free(small);
  free(again);
  free(large);
}

/* The column is behind all others: without it the file is what it was. */
static void without_the_key_the_list_is_as_it_was(void **state)
{
  (void)state;
  write_base(120);
  char *with = list_of(HEAD "control: {share: 0.5, key: x}\n"), *without = list_of(HEAD),
       *to = with;
  assert_null(strstr(without, "control"));
  for (const char *at = with; *at != '\0';) {
    const char *end = strchr(at, '\n'), *cut = end;
    while (*cut != ',')
      cut--;
    memmove(to, at, (size_t)(cut - at));
    to += cut - at;
    *to++ = '\n';
    at = end + 1;
  }
  *to = '\0';
  assert_string_equal(with, without);
  free(with);
  free(without);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_mark_is_a_keyed_hash_of_the_id),
      cmocka_unit_test(the_share_is_met_and_another_key_draws_others),
      cmocka_unit_test(without_the_key_nobody_is_marked),
      cmocka_unit_test(marks_stay_when_the_base_grows),
      cmocka_unit_test(without_the_key_the_list_is_as_it_was),
  };
  return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
