/* A flat export is scored while it is read. The same list comes from the way of all data, which a
 * `cache` in the project asks for: same bytes for random exports, any threads, any order of rows;
 * and a list cut by `top` is the head of the whole one, ties included.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "opened.h"
#include "score/flat.h"

#include <churn/churn.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS = 3, MOST_ROWS = 3000, TRIALS = 24 };

static uint64_t state = 20261122;

/* xorshift64*. */
static uint64_t draw(uint64_t below)
{
  state ^= state >> 12;
  state ^= state << 25;
  state ^= state >> 27;
  return (state * UINT64_C(2685821657736338717) >> 33) % below;
}

/* A cell: few values, so that rows tie; some of many digits, some halves in the fifth digit, some
 * missing. */
static void write_cell(FILE *file, bool rough)
{
  static const char *const few[] = {"1",      "0",     "-2.5",    "3.25", "",     "NA",
                                    "0.0004", "12345", "1234.55", "-7.1", "1e-7", "123456789.5"};
  if (rough)
    fprintf(file, "%.17g", (double)draw(1u << 30) / 7e8 - 0.7);
  else
    fputs(few[draw(sizeof few / sizeof few[0])], file);
}

/* Who has left already, as the last column says with a 1. */
static bool has_left(size_t row)
{
  return row % 5 == 2;
}

/* Ids in the order that `stride`, prime to `rows`, walks through them; some need quotes, some are
 * the head of others, some have 15 bytes, some more. */
static void write_export(const char *path, size_t rows, size_t stride, uint64_t seed, bool rough)
{
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  fputs("id,a,b,c,money,unasked,left\n", file);
  for (size_t i = 0; i < rows; i++) {
    size_t row = (i * stride + 1) % rows;
    state = seed + 977 * row;
    for (int k = 0; k < 4; k++)
      draw(2);
    fprintf(file,
            row % 11 == 3   ? "\"c, \"\"%zu\"\"\""
            : row % 17 == 4 ? "customer%07zu"
            : row % 17 == 5 ? "customer %08zu"
                            : "c%zu",
            row);
    for (int k = 0; k < COLUMNS + 1; k++) {
      fputc(',', file);
      write_cell(file, rough && k != 1);
    }
    fputs(row % 13 == 5 ? ",\"two words\"" : ",x", file);
    fputs(has_left(row)  ? (row % 2 == 0 ? ",1\n" : ",\"1\"\n")
          : row % 3 == 0 ? ",\n"
                         : ",11\n",
          file);
  }
  fclose(file);
}

static churn_model_feature feature_of(const char *name, const char *expression, int32_t column)
{
  return (churn_model_feature){.name = strdup(name),
                               .expression = strdup(expression),
                               .missing_rule = strdup("mean"),
                               .fill = 0.5,
                               .number_column = column,
                               .missing_column = -1,
                               .other_column = -1};
}

/* `plain`: every feature is a column. The last two share a ?missing column when `shared`. */
static churn_model *model_of(bool plain, bool shared, bool recalibrated)
{
  static const char *const expressions[] = {"customers.a", "customers.b", "customers.c"};
  static const double estimates[] = {0.7, -0.41, 0.0023};
  churn_model *m = churn_model_new();
  m->feature_count = COLUMNS;
  m->column_count = COLUMNS + 1;
  m->features = calloc(COLUMNS, sizeof *m->features);
  m->columns = calloc(COLUMNS + 1, sizeof *m->columns);
  for (int32_t f = 0; f < COLUMNS; f++) {
    const char *text = f == 1 && !plain ? "log1p(abs(customers.b))" : expressions[f];
    m->features[f] = feature_of(text, text, f);
    m->columns[f] = (churn_model_column){.name = strdup(text),
                                         .feature = (uint32_t)f,
                                         .mean = 0.3,
                                         .deviation = 1,
                                         .estimate = estimates[f]};
  }
  m->columns[COLUMNS] = (churn_model_column){
      .name = strdup("c?missing"), .feature = 1, .mean = 0.1, .deviation = 1, .estimate = 0.9};
  m->features[1].missing_column = COLUMNS;
  m->features[2].missing_column = shared ? COLUMNS : -1;
  m->features[0].label = strdup("of \"a\"");
  m->intercept.estimate = -1.3;
  if (recalibrated) {
    m->recalibration.method = strdup("isotonic");
    m->recalibration.knot_count = 3;
    m->recalibration.knots = calloc(3, sizeof *m->recalibration.knots);
    m->recalibration.knots[0] = (churn_knot){-1, 0.05};
    m->recalibration.knots[1] = (churn_knot){0.5, 0.05};
    m->recalibration.knots[2] = (churn_knot){2, 0.6};
  }
  snprintf(m->id, sizeof m->id, "0123456789abcdef0123456789abcdef");
  return m;
}

static const char flat_project[] = "version: 1\n"
                                   "customers:\n"
                                   "  from: %s\n"
                                   "  id: id\n"
                                   "  columns: {a: number, b: number, c: number, money: number}\n"
                                   "%s"
                                   "outcome: {column: left, positive: \"1\"%s}\n"
                                   "features: customers.*\n"
                                   "%s%s";

typedef struct scoring {
  const char *file;
  bool valued, cached, control, left_out;
  const churn_model *model;
  churn_rank_by by;
  uint64_t top;
  int threads;
  churn_list_columns columns;
} scoring;

static churn_project *open_project(const scoring *s)
{
  char text[512];
  snprintf(text, sizeof text, flat_project, s->file, s->valued ? "  value: money\n" : "",
           s->left_out ? ", leavers: left_out" : "", s->cached ? "cache: kept\n" : "",
           s->control ? "control: {share: 0.3, key: spring}\n" : "");
  return project_of(text);
}

/* The list as it is written, and the report. The caller frees. */
static char *list(const scoring *s, churn_score_report *report)
{
  churn_project *project = open_project(s);
  churn_ranking *ranking = NULL;
  churn_error error = {0};
  churn_run run = {.threads = s->threads};
  churn_score_settings settings = {
      .as_of = CHURN_DAY_MISSING, .top = s->top, .by = s->by, .columns = s->columns};
  size_t length = 0;
  assert_ok(churn_score(project, s->model, &settings, &run, &ranking, report, &error), &error);
  assert_ok(churn_ranking_write(ranking, scratch_path("list.csv"), &error), &error);
  char *text = file_read(scratch_path("list.csv"), &length);
  churn_ranking_free(ranking);
  churn_project_free(project);
  assert_non_null(text);
  return text;
}

static void assert_same_report(const churn_score_report *a, const churn_score_report *b)
{
  assert_int_equal(a->customers, b->customers);
  assert_int_equal(a->listed, b->listed);
  assert_int_equal(a->gone, b->gone);
  assert_int_equal(a->valued, b->valued);
  assert_int_equal(a->unseen_levels, b->unseen_levels);
  assert_close(a->expected_churners, b->expected_churners, 1e-12, 0);
  assert_close(a->expected_loss, b->expected_loss, 1e-12, 0);
}

static scoring random_scoring(churn_model **model, int trial)
{
  *model = model_of(draw(2) == 0, draw(3) == 0, draw(3) == 0);
  bool valued = draw(2) == 0, left_out = draw(2) == 0;
  return (scoring){.file = "export.csv",
                   .valued = valued,
                   .left_out = left_out,
                   .model = *model,
                   .by = valued && draw(2) == 0 ? CHURN_BY_EXPECTED_LOSS : CHURN_BY_PROBABILITY,
                   .threads = 1 + trial % 3};
}

static size_t gone_among(size_t rows)
{
  size_t gone = 0;
  for (size_t row = 0; row < rows; row++)
    gone += has_left(row);
  return gone;
}

static void test_same_as_all_data(void **unused)
{
  (void)unused;
  for (int trial = 0; trial < TRIALS; trial++) {
    churn_model *model = NULL;
    churn_score_report way_of_all = {0}, streamed = {0};
    state = 77 + (uint64_t)trial;
    scoring s = random_scoring(&model, trial);
    s.control = trial % 3 == 1;
    size_t rows = 1 + draw(MOST_ROWS);
    uint64_t seed = 1 + draw(1u << 20);
    bool rough = draw(3) == 0;
    write_export(scratch_path("export.csv"), rows, 1, seed, rough);
    s.cached = true;
    char *expected = list(&s, &way_of_all);
    s.cached = false;
    char *actual = list(&s, &streamed);
    assert_string_equal(actual, expected);
    assert_same_report(&streamed, &way_of_all);
    assert_int_equal(streamed.gone, gone_among(rows));
    assert_int_equal(streamed.listed, rows - (s.left_out ? gone_among(rows) : 0));
    free(actual);
    churn_score_report shuffled = {0};
    write_export(scratch_path("export.csv"), rows, rows % 7 == 0 ? 11 * 13 : 7, seed, rough);
    s.threads = 3;
    if (rows % 11 != 0 && rows % 13 != 0) {
      actual = list(&s, &shuffled);
      assert_string_equal(actual, expected);
      assert_memory_equal(&shuffled.expected_churners, &streamed.expected_churners, sizeof(double));
      assert_memory_equal(&shuffled.expected_loss, &streamed.expected_loss, sizeof(double));
      free(actual);
    }
    free(expected);
    churn_model_free(model);
  }
}

/* The heading and the first `count` lines. */
static size_t head_length(const char *text, uint64_t count)
{
  const char *at = text;
  for (uint64_t i = 0; i <= count && *at != '\0'; i++)
    at = strchr(at, '\n') + 1;
  return (size_t)(at - text);
}

static void test_top_is_the_head(void **unused)
{
  (void)unused;
  for (int trial = 0; trial < TRIALS; trial++) {
    churn_model *model = NULL;
    state = 991 + (uint64_t)trial;
    scoring s = random_scoring(&model, trial);
    /* Some exports are so large that rows are left out while others are still to be read. */
    size_t rows = trial % 4 == 0 ? 40000 : 1 + draw(MOST_ROWS);
    write_export(scratch_path("export.csv"), rows, 1, 5 + draw(1u << 20), trial % 3 == 0);
    state = 4242 + (uint64_t)trial;
    s.control = trial % 3 == 2;
    char *whole = list(&s, NULL);
    for (int i = 0; i < 3; i++) {
      churn_score_report report;
      s.top = 1 + draw(i == 0 ? 20 : rows + 10);
      char *top = list(&s, &report);
      size_t length = head_length(whole, s.top);
      assert_int_equal(strlen(top), length);
      assert_memory_equal(top, whole, length);
      assert_int_equal(report.customers, rows);
      size_t most = rows - (s.left_out ? gone_among(rows) : 0);
      assert_int_equal(report.listed, s.top < most ? s.top : most);
      free(top);
    }
    free(whole);
    churn_model_free(model);
  }
}

/* Numbered customers in order, in two runs each of which is, or backwards; so many that they come
 * in several batches. */
static void write_numbered(const char *path, size_t rows, int order)
{
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  fputs("id,a,b,c,money\n", file);
  for (size_t i = 0; i < rows; i++) {
    size_t half = (rows + 1) / 2;
    size_t id = order == 0 ? i : order == 1 ? (i < half ? 2 * i : 2 * (i - half) + 1) : rows - i;
    state = 31 + 977 * id;
    fprintf(file, "%zu", id + 1);
    for (int k = 0; k < COLUMNS + 1; k++) {
      fputc(',', file);
      write_cell(file, false);
    }
    fputc('\n', file);
  }
  fclose(file);
}

static void test_orders_of_ids(void **unused)
{
  (void)unused;
  churn_model *model = model_of(true, false, false);
  for (int order = 0; order < 3; order++)
    for (uint64_t top = 0; top < 40; top += 39) {
      churn_score_report way_of_all, streamed;
      scoring s = {.file = "numbered.csv", .cached = true, .model = model, .top = top};
      s.threads = 2;
      write_numbered(scratch_path("numbered.csv"), 9001, order);
      char *expected = list(&s, &way_of_all);
      s.cached = false;
      char *actual = list(&s, &streamed);
      assert_string_equal(actual, expected);
      assert_same_report(&streamed, &way_of_all);
      free(actual);
      free(expected);
    }
  churn_model_free(model);
}

/* A line's fields as they stand, quotes and all. Returns what is behind the line. */
static const char *split_line(const char *text, const char **fields, size_t *lengths)
{
  bool inside = false;
  size_t field = 0;
  fields[0] = text;
  for (;; text++) {
    inside ^= *text == '"';
    if (inside || (*text != ',' && *text != '\n'))
      continue;
    lengths[field] = (size_t)(text - fields[field]);
    if (*text == '\n')
      break;
    fields[++field] = text + 1;
  }
  assert_int_equal(field, CHURN_LIST_MODEL);
  return text + 1;
}

/* Some of the whole list's columns, in their order. The caller frees. */
static char *cut_columns(const char *whole, const churn_list_columns *columns)
{
  char *cut = malloc(strlen(whole) + 1), *to = cut;
  assert_non_null(cut);
  while (*whole != '\0') {
    const char *fields[CHURN_LIST_COLUMNS];
    size_t lengths[CHURN_LIST_COLUMNS];
    whole = split_line(whole, fields, lengths);
    for (size_t i = 0; i < columns->count; i++) {
      memcpy(to, fields[columns->columns[i]], lengths[columns->columns[i]]);
      to += lengths[columns->columns[i]];
      *to++ = i + 1 < columns->count ? ',' : '\n';
    }
  }
  *to = '\0';
  return cut;
}

static churn_list_columns random_columns(void)
{
  churn_list_columns columns = {.count = 1 + draw(4)};
  for (size_t i = 0; i < columns.count; i++) {
    columns.columns[i] = (churn_list_column)draw(CHURN_LIST_MODEL + 1);
    for (size_t k = 0; k < i; k++)
      if (columns.columns[k] == columns.columns[i])
        columns.count = i;
  }
  return columns;
}

static void test_columns_are_those_of_the_whole_list(void **unused)
{
  (void)unused;
  for (int trial = 0; trial < TRIALS; trial++) {
    churn_model *model = NULL;
    state = 4711 + (uint64_t)trial;
    scoring s = random_scoring(&model, trial);
    write_export(scratch_path("export.csv"), 1 + draw(300), 1, 5 + draw(1u << 20), trial % 3 == 0);
    char *whole = list(&s, NULL);
    s.columns = random_columns();
    char *expected = cut_columns(whole, &s.columns);
    for (int way = 0; way < 2; way++) {
      churn_score_report report;
      s.cached = way == 1;
      char *actual = list(&s, &report);
      assert_string_equal(actual, expected);
      free(actual);
    }
    free(expected);
    free(whole);
    churn_model_free(model);
  }
}

static void assert_same_line(const churn_ranked *a, const churn_ranked *b)
{
  assert_int_equal(a->rank, b->rank);
  assert_string_equal(a->customer_id, b->customer_id);
  assert_int_equal(a->as_of, b->as_of);
  assert_memory_equal(&a->probability, &b->probability, sizeof(double));
  assert_memory_equal(&a->logit, &b->logit, sizeof(double));
  assert_close(a->value, b->value, 0, 0);
  assert_close(a->expected_loss, b->expected_loss, 0, 0);
  assert_int_equal(a->reason_count, b->reason_count);
  for (size_t k = 0; k < CHURN_REASONS; k++) {
    assert_string_equal(a->reasons[k], b->reasons[k]);
    assert_memory_equal(&a->contributions[k], &b->contributions[k], sizeof(double));
  }
}

static void test_same_lines(void **unused)
{
  (void)unused;
  for (int shared = 0; shared < 2; shared++) {
    churn_model *model = model_of(shared == 0, shared == 1, false);
    scoring s = {.file = "export.csv", .valued = true, .model = model, .threads = 2};
    churn_score_settings settings = {.as_of = CHURN_DAY_MISSING};
    churn_ranking *rankings[2] = {NULL, NULL};
    churn_project *projects[2] = {NULL, NULL};
    churn_error error = {0};
    write_export(scratch_path("export.csv"), 701, 1, 31, false);
    for (int way = 0; way < 2; way++) {
      s.cached = way == 1;
      projects[way] = open_project(&s);
      assert_ok(churn_score(projects[way], model, &settings, NULL, &rankings[way], NULL, &error),
                &error);
    }
    assert_int_equal(churn_ranking_count(rankings[0]), 701);
    for (size_t i = 0; i < 701; i++) {
      churn_ranked a, b;
      churn_ranking_get(rankings[0], i, &a);
      churn_ranking_get(rankings[1], i, &b);
      assert_same_line(&a, &b);
    }
    for (int way = 0; way < 2; way++) {
      churn_ranking_free(rankings[way]);
      churn_project_free(projects[way]);
    }
    churn_model_free(model);
  }
}

/* What the streamed way makes of an export: true when it takes it. */
static bool takes(const char *bytes)
{
  churn_model *model = model_of(true, false, false);
  scoring s = {.file = "odd.csv", .valued = true};
  scratch_write("odd.csv", bytes);
  churn_project *project = open_project(&s);
  churn_pipeline *pipeline = NULL;
  churn_flat_list *streamed = NULL;
  churn_error error = {0};
  churn_pipeline_settings opening = {.model = model, .no_data = true};
  churn_score_settings settings = {.as_of = CHURN_DAY_MISSING};
  assert_ok(churn_pipeline_open(project, &opening, NULL, &pipeline, &error), &error);
  assert_ok(churn_flat_score(pipeline, model, &settings, NULL, &streamed, NULL, &error), &error);
  bool taken = streamed != NULL;
  churn_flat_list_free(streamed);
  churn_pipeline_close(pipeline);
  churn_project_free(project);
  churn_model_free(model);
  return taken;
}

static void test_what_is_taken(void **unused)
{
  (void)unused;
  assert_true(takes("id,a,b,c,money\nu,1,2,3,4.5\nv,,2,3,4.5\n"));
  assert_true(takes("money,id,a,b,c\n7,\"u, v\",1,2,3\n7,\"u\nv\",1,2,3"));
  assert_false(takes("id,a,b,c,money\n"));
  assert_false(takes("id,a,b,c,money\nu,1,2,3,4.5\nv,1,2,3,4.5\nu,1,2,3,4.5\n"));
  assert_false(takes("id,a,b,c,money\nu,1,two,3,4.5\n"));
  assert_false(takes("id,a,b,c,money\nu,1,2,3\n"));
  assert_false(takes("id,a,b,c,money\n,1,2,3,4.5\n"));
  assert_false(takes("id,a,b,c\nu,1,2,3\n"));
  assert_false(takes("id,a,b,c,money\nu,1,2,3,\"4.5\n"));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      {"the list is that of all data, for any threads and order of rows", test_same_as_all_data,
       scratch_setup, scratch_teardown, NULL},
      {"the order of the ids changes nothing", test_orders_of_ids, scratch_setup, scratch_teardown,
       NULL},
      {"a list cut by top is the head of the whole list", test_top_is_the_head, scratch_setup,
       scratch_teardown, NULL},
      {"columns that are asked for are those of the whole list, whatever the way",
       test_columns_are_those_of_the_whole_list, scratch_setup, scratch_teardown, NULL},
      {"each line is that of all data, contributions included", test_same_lines, scratch_setup,
       scratch_teardown, NULL},
      {"an export with something out of the ordinary goes the way of all data", test_what_is_taken,
       scratch_setup, scratch_teardown, NULL},
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
