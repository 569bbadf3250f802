/* Labels of the outcome `drop` over random worlds: against the definition worked out row by row,
 * for any number of threads, order of rows and scale of the level; and features see nothing of what
 * makes the label.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "design/pipeline.h"
#include "made_up.h"
#include "opened.h"

#include <churn/churn.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PEOPLE = 140, MOST_ROWS = 40, FIRST = 19000, DAYS = 500, ROUNDS = 12, UNKNOWN = -1 };

typedef struct person {
  int joined, left; /* days of the world; left DAYS or more = still there */
  int rows;
  int days[MOST_ROWS];
  double values[MOST_ROWS];
} person;

static person people[PEOPLE];

static int between(uint64_t *seed, int low, int high)
{
  return low + (int)(uniform(seed) * (high - low + 1));
}

/* Values are whole quarters, so that a mean's order of addition does not matter; one in seven
 * keeps nothing. */
static void draw_people(uint64_t *seed)
{
  for (int i = 0; i < PEOPLE; i++) {
    person *p = &people[i];
    p->joined = between(seed, -100, DAYS / 2);
    p->left = p->joined + between(seed, 150, 1200);
    p->rows = between(seed, 0, MOST_ROWS - 1);
    double usual = i % 7 == 3 ? 0 : between(seed, 1, 4000) / 4.0;
    int falls = between(seed, 0, 2 * DAYS);
    for (int k = 0; k < p->rows; k++) {
      p->days[k] = between(seed, 0, DAYS - 1);
      double share = p->days[k] > falls ? 0.25 : 1;
      p->values[k] = floor(usual * share * between(seed, 3, 5)) / 4;
    }
  }
}

/* Rows from the back where `reversed`; values on day `from` or later times `later`, all `scale`. */
static void write_world(double scale, bool reversed, int from, double later)
{
  static char customers[PEOPLE * 40], rows[PEOPLE * MOST_ROWS * 48];
  size_t c = (size_t)sprintf(customers, "id,joined,left\n"), r = (size_t)sprintf(rows, "id,on,x\n");
  for (int n = 0; n < PEOPLE; n++) {
    int i = reversed ? PEOPLE - 1 - n : n;
    const person *p = &people[i];
    char day[CHURN_DAY_TEXT_SIZE], left[CHURN_DAY_TEXT_SIZE] = "";
    churn_day_format(FIRST + p->joined, day);
    if (p->left < DAYS)
      churn_day_format(FIRST + p->left, left);
    c += (size_t)sprintf(customers + c, "c%03d,%s,%s\n", i, day, left);
    for (int m = 0; m < p->rows; m++) {
      int k = reversed ? p->rows - 1 - m : m;
      churn_day_format(FIRST + p->days[k], day);
      r += (size_t)sprintf(rows + r, "c%03d,%s,%.17g\n", i, day,
                           scale * p->values[k] * (p->days[k] >= from ? later : 1));
    }
  }
  scratch_write("customers.csv", customers);
  scratch_write("rows.csv", rows);
}

static const char *project_text(int horizon, int gap, double below, const char *leavers)
{
  static char text[1024];
  char until[CHURN_DAY_TEXT_SIZE];
  churn_day_format(FIRST + DAYS - 1, until);
  snprintf(text, sizeof text,
           "version: 1\ncustomers: {from: customers.csv, id: id, joined: joined, left: left}\n"
           "histories: {rows: {from: rows.csv, id: id, day: on, columns: {x: number}}}\n"
           "data_until: %s\n"
           "outcome: {drop: mean(x from rows over 60d), below: %g, horizon: %dd, gap: %dd, "
           "leavers: %s}\n"
           "features: {level: mean(x from rows over 60d), n: count(rows), age: as_of - joined}\n",
           until, below, horizon, gap, leavers);
  return text;
}

/* Mean of a person's values in [first, first + 60); NaN without any. */
static double mean_from(const person *p, int first)
{
  double sum = 0;
  int count = 0;
  for (int k = 0; k < p->rows; k++)
    if (p->days[k] >= first && p->days[k] < first + 60) {
      sum += p->values[k];
      count++;
    }
  return count == 0 ? NAN : sum / count;
}

static int label_of(const person *p, int as_of, int horizon, int gap, double below, bool lost)
{
  int opens = as_of + gap, closes = opens + horizon;
  double before = mean_from(p, as_of - 60), after = mean_from(p, closes - 60);
  if (closes > DAYS || !(before > 0))
    return UNKNOWN;
  if (p->left < DAYS && p->left < closes)
    return lost && p->left >= opens ? 1 : UNKNOWN;
  return isnan(after) ? UNKNOWN : after < below * before;
}

typedef struct opened_world {
  churn_project *project;
  churn_pipeline *pipeline;
} opened_world;

static opened_world open_world(const char *text, int threads)
{
  opened_world w = {.project = project_of(text)};
  const churn_pipeline_settings settings = {.with_labels = true};
  const churn_run run = {.threads = threads};
  churn_error error = {0};
  assert_ok(churn_pipeline_open(w.project, &settings, &run, &w.pipeline, &error), &error);
  return w;
}

static void close_world(opened_world *w)
{
  churn_pipeline_close(w->pipeline);
  churn_project_free(w->project);
}

static churn_snapshots *snapshots_of(const opened_world *w, const churn_day *days, size_t count,
                                     int threads)
{
  churn_snapshots *s = NULL;
  const churn_run run = {.threads = threads};
  churn_error error = {0};
  assert_ok(churn_snapshots_build(w->project, w->pipeline->data,
                                  &(churn_labelling){w->pipeline->drop, 0, NULL, NULL}, days, count,
                                  CHURN_SNAPSHOTS_ALL, &run, &s, &error),
            &error);
  return s;
}

enum { LOOKS = 9 };

static void check_by_definition(const churn_snapshots *s, int horizon, int gap, double below,
                                bool lost, int *seen)
{
  for (size_t i = 0; i < s->count; i++) {
    const churn_snapshot *row = &s->rows[i];
    int label = label_of(&people[row->customer], row->as_of - FIRST, horizon, gap, below, lost);
    assert_int_equal(row->label, label);
    seen[label + 1]++;
  }
}

static void assert_same_rows(const churn_snapshots *a, const churn_snapshots *b)
{
  assert_int_equal(a->count, b->count);
  for (size_t i = 0; i < a->count; i++) {
    assert_int_equal(a->rows[i].customer, b->rows[i].customer);
    assert_int_equal(a->rows[i].as_of, b->rows[i].as_of);
    assert_int_equal(a->rows[i].label, b->rows[i].label);
  }
  for (size_t d = 0; d < a->day_count; d++)
    assert_memory_equal(&a->days[d], &b->days[d], sizeof a->days[d]);
}

static void labels_are_those_of_the_definition_whatever_the_threads_order_and_scale(void **state)
{
  (void)state;
  uint64_t seed = 11;
  int seen[3] = {0};
  for (int round = 0; round < ROUNDS; round++) {
    int horizon = between(&seed, 60, 120), gap = between(&seed, 0, 20);
    double below = between(&seed, 2, 8) / 8.0;
    bool lost = round % 2 == 1;
    churn_day days[LOOKS];
    for (int i = 0; i < LOOKS; i++)
      days[i] = FIRST + 50 + 45 * i;
    const char *text = project_text(horizon, gap, below, lost ? "lost" : "drop");
    draw_people(&seed);
    write_world(1, false, DAYS, 1);
    opened_world w = open_world(text, 1);
    churn_snapshots *s = snapshots_of(&w, days, LOOKS, 1);
    check_by_definition(s, horizon, gap, below, lost, seen);
    churn_snapshots *three = snapshots_of(&w, days, LOOKS, 3);
    assert_same_rows(s, three);
    churn_snapshots_free(three);
    close_world(&w);
    write_world(0.125, true, DAYS, 1); /* a power of two: the same values but for the exponent */
    w = open_world(text, 2);
    churn_snapshots *scaled = snapshots_of(&w, days, LOOKS, 2);
    assert_same_rows(s, scaled);
    churn_snapshots_free(scaled);
    churn_snapshots_free(s);
    close_world(&w);
  }
  for (int i = 0; i < 3; i++)
    assert_true(seen[i] > 100); /* of each: unknown, stayed, fell */
}

/* The feature table as of a day without the label, and the labels' number of changes against
 * `labels`, which it replaces. */
static char *features_of(const char *text, int as_of, char *labels, int *changed)
{
  churn_project *project = project_of(text);
  churn_error error = {0};
  const churn_features_settings settings = {NULL, FIRST + as_of, FIRST + as_of};
  const char *path = scratch_path("features.csv");
  assert_ok(churn_features_write(project, &settings, path, NULL, NULL, &error), &error);
  char *bytes = file_read(path, NULL), *to = bytes;
  int row = 0, commas = 0;
  *changed = 0;
  for (const char *at = bytes; *at != '\0'; at++) {
    commas = *at == '\n' ? 0 : commas + (*at == ',');
    row += *at == '\n';
    if (commas == 2 && *at != ',') {
      *changed += labels[row] != *at;
      labels[row] = *at;
      continue;
    }
    *to++ = *at;
  }
  *to = '\0';
  churn_project_free(project);
  return bytes;
}

static void features_see_nothing_of_what_makes_the_label(void **state)
{
  (void)state;
  uint64_t seed = 23;
  char labels[PEOPLE + 2] = "";
  int changed;
  for (int round = 0; round < 4; round++) {
    int as_of = 150 + 40 * round;
    const char *text = project_text(60, 7, 0.5, "drop");
    draw_people(&seed);
    write_world(1, false, DAYS, 1);
    char *before = features_of(text, as_of, labels, &changed);
    write_world(1, false, as_of, 0.0625); /* from T on everybody falls */
    char *after = features_of(text, as_of, labels, &changed);
    assert_string_equal(before, after);
    assert_true(changed > 10);
    free(before);
    free(after);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(labels_are_those_of_the_definition_whatever_the_threads_order_and_scale),
      cmocka_unit_test(features_see_nothing_of_what_makes_the_label),
  };
  return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
