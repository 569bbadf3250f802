/* The encoding: missing values, categories, pooling, dropped columns; learned and applied.
 *
 * Worlds are groups of equal rows: so many rows, the first of them churners, with the numbers a, b
 * and the categories t, u. Expected numbers follow from the groups by hand.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/memory.h"
#include "design/encoding.h"
#include "expression.h"
#include "support.h"
#include "world.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { A, B, TT, U, FEATURES };

typedef struct group {
  int rows, churners;
  const char *a, *b, *t, *u;
} group;

/* What is learned from groups, and the raw values. */
typedef struct learned {
  world *w;
  churn_plan *plan;
  churn_frame *frame;
  churn_snapshots snapshots;
  int8_t *labels;
  churn_model *model;
  churn_notes *notes;
  churn_status status;
  churn_error error;
} learned;

/* Rules of the four features; reset before each test. */
static churn_feature_spec specs[FEATURES];

static int reset(void **state)
{
  (void)state;
  static char names[FEATURES][2] = {"a", "b", "t", "u"};
  static char expressions[FEATURES][12] = {"customers.a", "customers.b", "customers.t",
                                           "customers.u"};
  for (int f = 0; f < FEATURES; f++)
    specs[f] = (churn_feature_spec){.name = {names[f], 0, 0}, .expression = {expressions[f], 0, 0}};
  return 0;
}

static void add_rows(learned *l, const group *groups, size_t count)
{
  size_t rows = 0, used = 0, at = 0;
  for (size_t g = 0; g < count; g++)
    rows += (size_t)groups[g].rows;
  char *text = malloc(rows * 64 + 200);
  l->labels = malloc(rows);
  l->snapshots.rows = malloc(rows * sizeof *l->snapshots.rows);
  l->snapshots.count = rows;
  used = (size_t)sprintf(text, "source customers a:number b:number t:category u:category\n");
  for (size_t g = 0; g < count; g++)
    for (int i = 0; i < groups[g].rows; i++, at++) {
      const group *one = &groups[g];
      used += (size_t)sprintf(text + used, "row customers c%05zu - - %s %s %s %s\n", at, one->a,
                              one->b, one->t, one->u);
      l->labels[at] = i < one->churners;
      l->snapshots.rows[at] =
          (churn_snapshot){(uint32_t)at, (uint32_t)at, CHURN_DAY_MISSING, 0, false, 1, 0};
    }
  l->w = world_read(text);
  free(text);
}

/* Worlds are read and evaluated; nothing is learned yet. */
static learned open_groups(const group *groups, size_t count)
{
  static const char *const expressions[] = {"customers.a", "customers.b", "customers.t",
                                            "customers.u"};
  learned l = {.notes = churn_notes_new(), .model = churn_model_new()};
  churn_run run = {.threads = 2, .notes = l.notes};
  add_rows(&l, groups, count);
  l.plan = plan_of(l.w, expressions, FEATURES, NULL);
  assert_ok(churn_frame_build(l.plan, &l.snapshots, 0, l.snapshots.count, FEATURES, &run, &l.frame,
                              &l.error),
            &l.error);
  return l;
}

/* Learns the features of a mask (1 << A, …) in the order a, b, t, u. */
static learned learn(const group *groups, size_t count, unsigned mask, int pool)
{
  learned l = open_groups(groups, count);
  churn_run run = {.threads = 2, .notes = l.notes};
  churn_encoding_feature features[FEATURES];
  size_t used = 0;
  for (size_t f = 0; f < FEATURES; f++)
    if ((mask >> f & 1) != 0)
      features[used++] = (churn_encoding_feature){&specs[f], f};
  l.status =
      churn_encoding_learn(l.plan, &(churn_encoding_rows){.frame = l.frame, .labels = l.labels},
                           features, used, pool, &run, l.model, &l.error);
  return l;
}

#define LEARN(mask, pool, ...)                                                                     \
  learn((const group[]){__VA_ARGS__}, sizeof((const group[]){__VA_ARGS__}) / sizeof(group),        \
        (mask), (pool))

static void done(learned *l)
{
  churn_plan_free(l->plan);
  churn_frame_free(l->frame);
  churn_model_free(l->model);
  churn_notes_free(l->notes);
  free(l->snapshots.rows);
  free(l->labels);
  world_free(l->w);
}

/* Names of all columns, blank separated. */
static void assert_columns(const learned *l, const char *expected)
{
  char names[512] = "";
  assert_ok(l->status, &l->error);
  for (size_t c = 0; c < l->model->column_count; c++)
    snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s", c == 0 ? "" : " ",
             l->model->columns[c].name);
  assert_string_equal(names, expected);
}

/* A note of that code whose text holds `what`, of that severity. */
static void assert_note(const learned *l, churn_severity severity, const char *code,
                        const char *what)
{
  for (size_t i = 0; i < churn_notes_count(l->notes); i++) {
    const churn_note *note = churn_notes_get(l->notes, i);
    if (note->severity == severity && strcmp(note->code, code) == 0 &&
        strstr(note->text, what) != NULL)
      return;
  }
  fail_msg("no %s with \"%s\"", code, what);
}

static void assert_dropped(const learned *l, const char *name, const char *reason)
{
  for (size_t i = 0; i < l->model->dropped_count; i++)
    if (strcmp(l->model->dropped[i].name, name) == 0) {
      if (strstr(l->model->dropped[i].reason, reason) == NULL)
        fail_msg("%s: %s", name, l->model->dropped[i].reason);
      return;
    }
  fail_msg("%s is not among the dropped", name);
}

/* Row `row` of `from`, encoded by `l`'s model. Static storage, [columns]. outputs: as learned. */
static const double *encoded(const learned *l, const learned *from, const size_t *outputs,
                             size_t row, uint64_t *unseen)
{
  static double values[64];
  churn_encoder *encoder = NULL;
  churn_error error = {0};
  double *tile = calloc((l->model->column_count + 1) * CHURN_TILE_ROWS, sizeof *tile);
  assert_ok(churn_encoder_new(l->model, from->plan, outputs, &encoder, &error), &error);
  size_t first = row / CHURN_TILE_ROWS;
  assert_ok(churn_encoder_tile(encoder, from->frame->tiles + first * FEATURES * CHURN_TILE_ROWS,
                               churn_tile_rows(from->frame->rows, first), tile, unseen, &error),
            &error);
  for (size_t c = 0; c < l->model->column_count; c++)
    values[c] = tile[c * CHURN_TILE_ROWS + row % CHURN_TILE_ROWS];
  churn_encoder_free(encoder);
  free(tile);
  return values;
}

static const size_t first_output[] = {A}, t_output[] = {TT};

static void missing_numbers_get_the_mean_and_a_flag(void **state)
{
  (void)state;
  learned l = LEARN(1u << A, 20, {40, 9, "1.5", "-", "-", "-"}, {30, 5, "-", "-", "-", "-"},
                    {60, 11, "4.25", "-", "-", "-"});
  assert_columns(&l, "a a?missing");
  const churn_model_feature *f = &l.model->features[0];
  const double mean = (40 * 1.5 + 60 * 4.25) / 100; /* 3.15 */
  assert_close(f->fill, mean, 1e-15, 0);
  assert_string_equal(f->name, "a");
  assert_string_equal(f->expression, "customers.a");
  assert_string_equal(f->missing_rule, "mean");
  assert_int_equal(f->kind, CHURN_FEATURE_NUMBER);
  assert_int_equal(f->missing_rows, 30);
  assert_int_equal(f->number_column, 0);
  assert_int_equal(f->missing_column, 1);
  assert_int_equal(f->other_column, -1);
  assert_int_equal(l.model->columns[0].kind, CHURN_ENCODED_NUMBER);
  assert_int_equal(l.model->columns[1].kind, CHURN_ENCODED_MISSING);
  const double *x = encoded(&l, &l, first_output, 0, NULL);
  assert_true(x[0] == 1.5 && x[1] == 0);
  x = encoded(&l, &l, first_output, 40, NULL);
  assert_true(x[0] == f->fill && x[1] == 1);
  x = encoded(&l, &l, first_output, 70, NULL);
  assert_true(x[0] == 4.25 && x[1] == 0);
  done(&l);
}

static void numbers_that_are_never_missing_have_no_flag(void **state)
{
  (void)state;
  learned l = LEARN(1u << A, 20, {40, 9, "1.5", "-", "-", "-"}, {60, 11, "-4", "-", "-", "-"});
  assert_columns(&l, "a");
  assert_int_equal(l.model->features[0].missing_column, -1);
  assert_int_equal(l.model->dropped_count, 0);
  /* missing in scoring all the same: the mean of training, (60 - 240) / 100 */
  learned later = open_groups((const group[]){{1, 0, "-", "-", "-", "-"}}, 1);
  assert_close(encoded(&l, &later, first_output, 0, NULL)[0], -1.8, 1e-15, 0);
  done(&l);
  done(&later);
}

static void zero_fills_with_zero_and_keeps_the_flag(void **state)
{
  (void)state;
  specs[A].missing = CHURN_MISSING_ZERO;
  learned l = LEARN(1u << A, 20, {40, 9, "7.5", "-", "-", "-"}, {30, 5, "-", "-", "-", "-"});
  assert_columns(&l, "a a?missing"); /* 7.5 and 0 differ, so a is not constant here */
  assert_string_equal(l.model->features[0].missing_rule, "zero");
  assert_true(encoded(&l, &l, first_output, 45, NULL)[0] == 0);
  done(&l);
}

static void error_refuses_missing_values_in_training_and_in_scoring(void **state)
{
  (void)state;
  specs[A].missing = specs[TT].missing = CHURN_MISSING_ERROR;
  learned l = LEARN(1u << A, 20, {40, 9, "7.5", "-", "-", "-"}, {3, 1, "-", "-", "-", "-"});
  assert_int_equal(l.status, CHURN_DEGENERATE);
  assert_non_null(strstr(l.error.message, "feature a"));
  assert_non_null(strstr(l.error.message, "3 missing"));
  done(&l);
  l = LEARN(1u << A | 1u << TT, 20, {40, 9, "7.5", "-", "x", "-"}, {30, 9, "-1", "-", "y", "-"});
  assert_columns(&l, "a t=y");
  learned later[] = {open_groups((const group[]){{1, 0, "-", "-", "x", "-"}}, 1),
                     open_groups((const group[]){{1, 0, "1", "-", "-", "-"}}, 1)};
  const size_t outputs[] = {A, TT};
  for (int i = 0; i < 2; i++) {
    churn_encoder *encoder = NULL;
    double out[2 * CHURN_TILE_ROWS];
    churn_error error = {0};
    assert_ok(churn_encoder_new(l.model, later[i].plan, outputs, &encoder, &error), &error);
    assert_int_equal(churn_encoder_tile(encoder, later[i].frame->tiles, 1, out, NULL, &error),
                     CHURN_DEGENERATE);
    assert_non_null(strstr(error.message, i == 0 ? "feature a" : "feature t"));
    churn_encoder_free(encoder);
    done(&later[i]);
  }
  done(&l);
}

static void a_missing_category_under_error_is_refused_in_training(void **state)
{
  (void)state;
  specs[TT].missing = CHURN_MISSING_ERROR;
  learned l = LEARN(1u << TT, 20, {40, 9, "-", "-", "x", "-"}, {30, 9, "-", "-", "y", "-"},
                    {2, 1, "-", "-", "-", "-"});
  assert_int_equal(l.status, CHURN_DEGENERATE);
  assert_non_null(strstr(l.error.message, "feature t has 2 missing"));
  done(&l);
}

static void constant_columns_are_dropped_with_a_warning(void **state)
{
  (void)state;
  learned l = LEARN(15, 20, {40, 9, "3", "-2.5", "x", "-"}, {60, 9, "3", "-", "x", "-"});
  assert_columns(&l, "b?missing"); /* b is constant once filled, that it is missing is not */
  assert_dropped(&l, "a", "constant");
  assert_dropped(&l, "b", "constant");
  assert_dropped(&l, "t", "constant");
  assert_dropped(&l, "u", "constant"); /* a category without any value */
  const char *const names[] = {"a", "b", "t", "u"};
  for (int i = 0; i < 4; i++) {
    char what[32];
    snprintf(what, sizeof what, "column %s is", names[i]);
    assert_note(&l, CHURN_WARNING, "dropped_column", what);
  }
  done(&l);
}

static void a_number_that_is_always_missing_leaves_nothing(void **state)
{
  (void)state;
  learned l =
      LEARN(1u << A | 1u << B, 20, {40, 9, "-", "1", "-", "-"}, {60, 9, "-", "2", "-", "-"});
  assert_columns(&l, "b");
  assert_dropped(&l, "a?missing", "every value is missing");
  assert_int_equal(l.model->features[0].number_column, -1);
  assert_int_equal(l.model->features[0].missing_column, -1);
  assert_true(isfinite(l.model->features[0].fill));
  done(&l);
}

/* A flag of `rows` rows, `churners` of them churned, beside enough others. */
static void check_flag(int rows, int churners, bool kept)
{
  learned l = LEARN(1u << A, 20, {50, 20, "1", "-", "-", "-"}, {50, 20, "2", "-", "-", "-"},
                    {rows, churners, "-", "-", "-", "-"});
  assert_columns(&l, kept ? "a a?missing" : "a");
  if (!kept) {
    assert_dropped(&l, "a?missing", "pooled");
    /* 20 rows of one outcome are no chance among 100 of which 40 churned */
    assert_note(&l, rows < 20 ? CHURN_NOTE : CHURN_WARNING, "dropped_column", "a?missing");
  }
  assert_true(l.model->features[0].fill == 1.5); /* filled all the same */
  done(&l);
}

static void a_flag_needs_twenty_rows_and_both_outcomes(void **state)
{
  (void)state;
  check_flag(20, 1, true);
  check_flag(20, 19, true);
  check_flag(19, 5, false);
  check_flag(20, 0, false);
  check_flag(20, 20, false);
}

static void the_reference_is_the_most_frequent_level_and_others_are_columns(void **state)
{
  (void)state;
  learned l = LEARN(1u << TT, 20, {30, 9, "-", "-", "south", "-"}, {45, 9, "-", "-", "north", "-"},
                    {25, 7, "-", "-", "East", "-"}, {20, 5, "-", "-", "''", "-"});
  assert_columns(&l, "t= t=East t=south"); /* bytewise: "", East, (north), south */
  const churn_model_feature *f = &l.model->features[0];
  assert_int_equal(f->kind, CHURN_FEATURE_CATEGORY);
  assert_string_equal(f->reference, "north");
  assert_int_equal(f->level_count, 4);
  const char *texts[] = {"", "East", "north", "south"};
  const int32_t columns[] = {0, 1, -1, 2};
  const uint64_t rows[] = {20, 25, 45, 30}, churners[] = {5, 7, 9, 9};
  for (size_t i = 0; i < 4; i++) {
    assert_string_equal(f->levels[i].text, texts[i]);
    assert_int_equal(f->levels[i].column, columns[i]);
    assert_int_equal(f->levels[i].rows, rows[i]);
    assert_int_equal(f->levels[i].churners, churners[i]);
  }
  for (size_t c = 0; c < 3; c++)
    assert_int_equal(l.model->columns[c].kind, CHURN_ENCODED_LEVEL);
  assert_int_equal(f->other_column, -1);
  assert_int_equal(f->missing_column, -1);
  const double *x = encoded(&l, &l, t_output, 0, NULL);
  assert_true(x[0] == 0 && x[1] == 0 && x[2] == 1);
  x = encoded(&l, &l, t_output, 30, NULL);
  assert_true(x[0] == 0 && x[1] == 0 && x[2] == 0);
  x = encoded(&l, &l, t_output, 119, NULL);
  assert_true(x[0] == 1 && x[1] == 0 && x[2] == 0);
  done(&l);
}

static void of_equally_frequent_levels_the_first_bytewise_is_the_reference(void **state)
{
  (void)state;
  learned l = LEARN(1u << TT, 20, {30, 9, "-", "-", "b", "-"}, {30, 9, "-", "-", "a", "-"},
                    {30, 7, "-", "-", "B", "-"}, {30, 7, "-", "-", "-", "-"});
  assert_string_equal(l.model->features[0].reference, "B");
  assert_columns(&l, "t=a t=b t?missing");
  done(&l);
}

static void a_named_reference_is_taken_and_must_occur(void **state)
{
  (void)state;
  static char south[] = "south", west[] = "west";
  specs[TT].reference = (churn_located){south, 3, 4};
  /* south would be pooled otherwise */
  learned l = LEARN(1u << TT, 20, {5, 0, "-", "-", "south", "-"}, {45, 9, "-", "-", "north", "-"},
                    {25, 7, "-", "-", "East", "-"});
  assert_columns(&l, "t=East t=north");
  assert_string_equal(l.model->features[0].reference, "south");
  assert_int_equal(l.model->features[0].levels[2].column, -1);
  done(&l);
  specs[TT].reference = (churn_located){west, 3, 4};
  l = LEARN(1u << TT, 20, {45, 9, "-", "-", "north", "-"}, {25, 7, "-", "-", "East", "-"});
  assert_int_equal(l.status, CHURN_DEGENERATE);
  assert_non_null(strstr(l.error.message, "\"west\""));
  done(&l);
}

static void levels_that_cannot_stand_alone_are_pooled(void **state)
{
  (void)state;
  /* alone: n (60), e (20 rows). Pooled: s (19 rows), w (no churner), x (no stayer), missing (8) */
  learned l = LEARN(1u << TT, 20, {60, 9, "-", "-", "n", "-"}, {20, 1, "-", "-", "e", "-"},
                    {19, 5, "-", "-", "s", "-"}, {40, 0, "-", "-", "w", "-"},
                    {22, 22, "-", "-", "x", "-"}, {8, 2, "-", "-", "-", "-"});
  assert_columns(&l, "t=e t?other");
  const churn_model_feature *f = &l.model->features[0];
  const int32_t columns[] = {0, -1, 1, 1, 1}; /* e n s w x */
  assert_string_equal(f->reference, "n");
  for (size_t i = 0; i < 5; i++)
    assert_int_equal(f->levels[i].column, columns[i]);
  assert_int_equal(f->other_column, 1);
  assert_int_equal(f->missing_column, 1);
  assert_note(&l, CHURN_NOTE, "pooled_level", "t=s (19 rows, 5 churners) is pooled into ?other");
  /* 39 of 169 churned: 22 churners in a row are no chance (0.23^22), nor 40 stayers (0.77^40) */
  assert_note(&l, CHURN_WARNING, "one_sided_level",
              "t=w is pooled into ?other, for all its 40 rows stayed");
  assert_note(&l, CHURN_WARNING, "one_sided_level",
              "t=x is pooled into ?other, for all its 22 rows churned");
  assert_note(&l, CHURN_NOTE, "pooled_level", "t=(missing) (8 rows, 2 churners)");
  const size_t rows[] = {0, 60, 80, 99, 139, 161};
  const double e[] = {0, 1, 0, 0, 0, 0}, other[] = {0, 0, 1, 1, 1, 1};
  for (size_t i = 0; i < 6; i++) {
    const double *x = encoded(&l, &l, t_output, rows[i], NULL);
    assert_true(x[0] == e[i] && x[1] == other[i]);
  }
  done(&l);
}

static void a_level_with_one_outcome_by_chance_earns_a_note(void **state)
{
  (void)state;
  /* 4 of 190 churned: 20 stayers in a row are what one expects (0.98^20 = 0.65) */
  learned l = LEARN(1u << TT, 20, {130, 3, "-", "-", "n", "-"}, {40, 1, "-", "-", "e", "-"},
                    {20, 0, "-", "-", "s", "-"});
  assert_note(&l, CHURN_NOTE, "pooled_level",
              "t=s (20 rows, 0 churners) is pooled into the reference level: a column needs both");
  done(&l);
}

static void a_frequent_level_with_one_outcome_is_no_reference(void **state)
{
  (void)state;
  learned l = LEARN(1u << TT, 20, {90, 0, "-", "-", "all", "-"}, {30, 9, "-", "-", "b", "-"},
                    {25, 4, "-", "-", "c", "-"}, {5, 2, "-", "-", "d", "-"});
  assert_string_equal(l.model->features[0].reference, "b");
  assert_columns(&l, "t=c t?other"); /* all and d together: 95 rows, 2 churners */
  done(&l);
}

static void a_pool_that_cannot_stand_alone_counts_as_the_reference(void **state)
{
  (void)state;
  learned l = LEARN(1u << TT, 20, {60, 9, "-", "-", "n", "-"}, {40, 8, "-", "-", "e", "-"},
                    {19, 5, "-", "-", "s", "-"});
  assert_columns(&l, "t=e");
  assert_int_equal(l.model->features[0].levels[2].column, -1);
  assert_int_equal(l.model->features[0].other_column, -1);
  assert_note(&l, CHURN_NOTE, "pooled_level", "t=s");
  assert_true(encoded(&l, &l, t_output, 110, NULL)[0] == 0);
  done(&l);
}

static void when_no_level_stands_alone_the_most_frequent_is_the_reference(void **state)
{
  (void)state;
  learned l = LEARN(1u << TT, 20, {12, 2, "-", "-", "n", "-"}, {15, 8, "-", "-", "e", "-"},
                    {11, 1, "-", "-", "s", "-"});
  assert_string_equal(l.model->features[0].reference, "e");
  assert_columns(&l, "t?other"); /* n and s: 23 rows, 3 churners */
  done(&l);
}

static void a_missing_category_is_a_level_and_may_be_the_reference(void **state)
{
  (void)state;
  learned l = LEARN(1u << TT | 1u << U, 20, {40, 9, "-", "-", "x", "p"},
                    {30, 5, "-", "-", "x", "-"}, {25, 5, "-", "-", "-", "-"});
  assert_columns(&l, "t?missing u=p");
  assert_int_equal(l.model->columns[0].kind, CHURN_ENCODED_MISSING);
  assert_string_equal(l.model->features[0].reference, "x");
  assert_null(l.model->features[1].reference); /* u: missing 55 rows, p 40 */
  assert_int_equal(l.model->features[1].missing_column, -1);
  assert_int_equal(l.model->features[0].missing_rows, 25);
  const size_t outputs[] = {TT, U};
  uint64_t unseen[2] = {0};
  const double *x = encoded(&l, &l, outputs, 94, unseen);
  assert_true(x[0] == 1 && x[1] == 0);
  x = encoded(&l, &l, outputs, 0, unseen);
  assert_true(x[0] == 0 && x[1] == 1);
  assert_int_equal(unseen[0] + unseen[1], 0);
  done(&l);
}

/* Levels of training: n (reference), e, and pooled s; with a pool column or without. */
static void check_unseen(int pooled_rows)
{
  learned l = LEARN(1u << TT, 20, {60, 9, "-", "-", "n", "-"}, {40, 8, "-", "-", "e", "-"},
                    {pooled_rows, 5, "-", "-", "s", "-"}, {pooled_rows, 5, "-", "-", "r", "-"});
  bool pool = 2 * pooled_rows >= 20;
  assert_columns(&l, pool ? "t=e t?other" : "t=e");
  learned later = open_groups((const group[]){{3, 0, "-", "-", "zz", "-"},
                                              {2, 0, "-", "-", "e", "-"},
                                              {1, 0, "-", "-", "s", "-"},
                                              {1, 0, "-", "-", "aa", "-"},
                                              {2, 0, "-", "-", "-", "-"}},
                              5);
  const size_t rows[] = {0, 3, 5, 6, 7};
  const double e[] = {0, 1, 0, 0, 0}, other[] = {1, 0, 1, 1, 1};
  for (size_t i = 0; i < 5; i++) {
    uint64_t unseen = 100;
    const double *x = encoded(&l, &later, t_output, rows[i], &unseen);
    assert_true(x[0] == e[i]);
    if (pool)
      assert_true(x[1] == other[i]);
    /* zz three times, aa, and missing twice, which training never saw either */
    assert_int_equal(unseen, 106);
  }
  done(&l);
  done(&later);
}

static void a_level_never_seen_goes_to_the_pool_or_the_reference_and_is_counted(void **state)
{
  (void)state;
  check_unseen(12);
  check_unseen(9);
}

static void missing_that_training_saw_is_no_unseen_level(void **state)
{
  (void)state;
  learned l = LEARN(1u << TT, 20, {60, 9, "-", "-", "n", "-"}, {15, 8, "-", "-", "e", "-"},
                    {15, 8, "-", "-", "w", "-"}, {90, 30, "-", "-", "-", "-"});
  assert_columns(&l, "t=n t?other"); /* missing is the reference */
  learned later = open_groups((const group[]){{1, 0, "-", "-", "-", "-"}}, 1);
  uint64_t unseen = 0;
  const double *x = encoded(&l, &later, t_output, 0, &unseen);
  assert_true(x[0] == 0 && x[1] == 0);
  assert_int_equal(unseen, 0);
  done(&l);
  done(&later);
}

static void equal_missing_flags_share_one_column(void **state)
{
  (void)state;
  learned l = LEARN(15, 20, {40, 9, "1", "-2.5", "x", "p"}, {30, 9, "2", "7", "y", "p"},
                    {25, 6, "-", "-", "-", "q"});
  assert_columns(&l, "a a?missing b t=y u=q");
  assert_int_equal(l.model->features[0].missing_column, 1);
  assert_int_equal(l.model->features[1].missing_column, 1);
  assert_int_equal(l.model->features[2].missing_column, 1);
  assert_dropped(&l, "b?missing", "same rows as a?missing");
  assert_dropped(&l, "t?missing", "same rows as a?missing");
  const size_t outputs[] = {A, B, TT, U};
  const double *x = encoded(&l, &l, outputs, 94, NULL);
  assert_true(x[1] == 1 && x[3] == 0 && x[4] == 1);
  done(&l);
  /* as many missing, but not in the same rows */
  l = LEARN(3, 20, {40, 9, "1", "-2.5", "x", "p"}, {30, 9, "2", "7", "y", "p"},
            {25, 6, "-", "3", "-", "q"}, {25, 6, "4", "-", "-", "q"});
  assert_columns(&l, "a a?missing b b?missing");
  done(&l);
}

static void pool_zero_keeps_every_level_and_flag(void **state)
{
  (void)state;
  learned l = LEARN(1u << A | 1u << TT, 0, {40, 9, "1", "-", "x", "-"}, {30, 9, "2", "-", "y", "-"},
                    {1, 0, "-", "-", "z", "-"}, {2, 2, "3", "-", "-", "-"});
  assert_columns(&l, "a a?missing t=y t=z t?missing");
  assert_int_equal(l.model->features[1].other_column, -1);
  assert_int_equal(l.model->dropped_count, 0);
  done(&l);
}

static void another_pool_moves_the_threshold(void **state)
{
  (void)state;
  learned l = LEARN(1u << TT, 5, {40, 9, "-", "-", "x", "-"}, {5, 2, "-", "-", "y", "-"},
                    {4, 2, "-", "-", "z", "-"}, {4, 2, "-", "-", "v", "-"});
  assert_columns(&l, "t=y t?other");
  done(&l);
}

static void reference_histograms_are_tenths_and_add_up(void **state)
{
  (void)state;
  group groups[101];
  char texts[100][8];
  for (int i = 0; i < 100; i++) { /* 100, 99, …, 1, one row each */
    snprintf(texts[i], sizeof texts[i], "%d", 100 - i);
    groups[i] = (group){1, i % 3 == 0, texts[i], i < 90 ? "0" : texts[i], "-", "-"};
  }
  groups[100] = (group){25, 7, "-", "-", "-", "-"};
  learned l = learn(groups, 101, 3, 20);
  assert_ok(l.status, &l.error);
  const churn_model_feature *a = &l.model->features[0], *b = &l.model->features[1];
  assert_int_equal(a->bound_count, 9);
  for (size_t k = 0; k < 9; k++)
    assert_true(a->bounds[k] == 11 + 10 * (double)k); /* sorted[10 k] */
  for (size_t k = 0; k < 10; k++)
    assert_int_equal(a->bin_rows[k], 10);
  /* b: 90 zeros, then 1..10: sorted[90] = 1 is the only tenth above the lowest value */
  assert_int_equal(b->bound_count, 1);
  assert_true(b->bounds[0] == 1);
  assert_int_equal(b->bin_rows[0], 90);
  assert_int_equal(b->bin_rows[1], 10);
  assert_int_equal(b->missing_rows, 25);
  done(&l);
}

/* The encoded training rows have the means that the groups give, over several tiles. */
static void encoded_training_rows_have_the_means_of_the_groups(void **state)
{
  (void)state;
  learned l = LEARN(15, 20, {300, 90, "1.25", "-", "x", "p"}, {213, 40, "-", "3", "y", "-"},
                    {99, 50, "8", "4", "-", "q"});
  /* references: x of t, p of u; where u is missing is where a is */
  assert_columns(&l, "a a?missing b b?missing t=y t?missing u=q");
  const double n = 612, fill_a = (300 * 1.25 + 99 * 8) / 399, fill_b = (213 * 3 + 99 * 4) / 312.0;
  const double expected[] = {(300 * 1.25 + 213 * fill_a + 99 * 8) / n,
                             213 / n,
                             (300 * fill_b + 213 * 3 + 99 * 4) / n,
                             300 / n,
                             213 / n,
                             99 / n,
                             99 / n};
  const size_t outputs[] = {A, B, TT, U};
  double sums[7] = {0};
  for (size_t r = 0; r < 612; r++)
    for (size_t c = 0; c < 7; c++)
      sums[c] += encoded(&l, &l, outputs, r, NULL)[c];
  for (size_t c = 0; c < 7; c++)
    assert_close(sums[c] / n, expected[c], 1e-12, 0);
  done(&l);
}

static void rows_past_the_end_of_a_tile_are_zero(void **state)
{
  (void)state;
  learned l = LEARN(1u << A, 20, {40, 9, "1", "-", "x", "-"}, {30, 9, "2", "-", "y", "-"},
                    {30, 9, "-", "-", "y", "-"});
  churn_encoder *encoder = NULL;
  double out[2 * CHURN_TILE_ROWS];
  churn_error error = {0};
  for (size_t i = 0; i < 2 * CHURN_TILE_ROWS; i++)
    out[i] = 7.5;
  assert_ok(churn_encoder_new(l.model, l.plan, first_output, &encoder, &error), &error);
  assert_ok(churn_encoder_tile(encoder, l.frame->tiles, 100, out, NULL, &error), &error);
  for (size_t i = 100; i < CHURN_TILE_ROWS; i++)
    assert_true(out[i] == 0 && out[CHURN_TILE_ROWS + i] == 0);
  churn_encoder_free(encoder);
  done(&l);
}

static void dropping_columns_renumbers_what_points_at_them(void **state)
{
  (void)state;
  learned l = LEARN(15, 20, {40, 9, "1", "-2.5", "x", "p"}, {30, 9, "2", "7", "y", "p"},
                    {25, 6, "-", "3", "z", "q"}, {12, 3, "4", "-1", "v", "q"},
                    {12, 3, "4", "-1", "w", "q"});
  assert_columns(&l, "a a?missing b t=y t=z t?other u=q");
  const bool keep[] = {true, false, true, false, true, true, false};
  char one[] = "collinear with b", two[] = "why not", three[] = "last";
  char *const reasons[] = {NULL, one, NULL, two, NULL, NULL, three};
  size_t before = l.model->dropped_count;
  assert_ok(churn_encoding_drop(l.model, keep, reasons, &l.error), &l.error);
  assert_columns(&l, "a b t=z t?other");
  const churn_model_feature *f = l.model->features;
  assert_int_equal(f[0].number_column, 0);
  assert_int_equal(f[0].missing_column, -1);
  assert_int_equal(f[1].number_column, 1);
  const int32_t levels[] = {3, 3, -1, -1, 2}; /* v w (x) y z */
  for (size_t i = 0; i < 5; i++)
    assert_int_equal(f[2].levels[i].column, levels[i]);
  assert_int_equal(f[2].other_column, 3);
  assert_int_equal(f[3].levels[1].column, -1);
  assert_int_equal(l.model->dropped_count, before + 3);
  assert_dropped(&l, "a?missing", one);
  assert_dropped(&l, "t=y", two);
  assert_dropped(&l, "u=q", three);
  const size_t outputs[] = {A, B, TT, U};
  const double *x = encoded(&l, &l, outputs, 70, NULL); /* missing a, b = 3, z, q */
  assert_true(x[0] == f[0].fill && x[1] == 3 && x[2] == 1 && x[3] == 0);
  x = encoded(&l, &l, outputs, 100, NULL);
  assert_true(x[0] == 4 && x[1] == -1 && x[2] == 0 && x[3] == 1);
  done(&l);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup(missing_numbers_get_the_mean_and_a_flag, reset),
      cmocka_unit_test_setup(numbers_that_are_never_missing_have_no_flag, reset),
      cmocka_unit_test_setup(zero_fills_with_zero_and_keeps_the_flag, reset),
      cmocka_unit_test_setup(error_refuses_missing_values_in_training_and_in_scoring, reset),
      cmocka_unit_test_setup(a_missing_category_under_error_is_refused_in_training, reset),
      cmocka_unit_test_setup(constant_columns_are_dropped_with_a_warning, reset),
      cmocka_unit_test_setup(a_number_that_is_always_missing_leaves_nothing, reset),
      cmocka_unit_test_setup(a_flag_needs_twenty_rows_and_both_outcomes, reset),
      cmocka_unit_test_setup(the_reference_is_the_most_frequent_level_and_others_are_columns,
                             reset),
      cmocka_unit_test_setup(of_equally_frequent_levels_the_first_bytewise_is_the_reference, reset),
      cmocka_unit_test_setup(a_named_reference_is_taken_and_must_occur, reset),
      cmocka_unit_test_setup(levels_that_cannot_stand_alone_are_pooled, reset),
      cmocka_unit_test_setup(a_level_with_one_outcome_by_chance_earns_a_note, reset),
      cmocka_unit_test_setup(a_frequent_level_with_one_outcome_is_no_reference, reset),
      cmocka_unit_test_setup(a_pool_that_cannot_stand_alone_counts_as_the_reference, reset),
      cmocka_unit_test_setup(when_no_level_stands_alone_the_most_frequent_is_the_reference, reset),
      cmocka_unit_test_setup(a_missing_category_is_a_level_and_may_be_the_reference, reset),
      cmocka_unit_test_setup(a_level_never_seen_goes_to_the_pool_or_the_reference_and_is_counted,
                             reset),
      cmocka_unit_test_setup(missing_that_training_saw_is_no_unseen_level, reset),
      cmocka_unit_test_setup(equal_missing_flags_share_one_column, reset),
      cmocka_unit_test_setup(pool_zero_keeps_every_level_and_flag, reset),
      cmocka_unit_test_setup(another_pool_moves_the_threshold, reset),
      cmocka_unit_test_setup(reference_histograms_are_tenths_and_add_up, reset),
      cmocka_unit_test_setup(encoded_training_rows_have_the_means_of_the_groups, reset),
      cmocka_unit_test_setup(rows_past_the_end_of_a_tile_are_zero, reset),
      cmocka_unit_test_setup(dropping_columns_renumbers_what_points_at_them, reset),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
