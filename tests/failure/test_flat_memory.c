/* Every allocation of scoring a flat export fails in turn: the call says NO_MEMORY, or goes on
 * where only a remark was lost; nothing is given, nothing leaks (the sanitizers and valgrind look),
 * and what stood at the output's place stays.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "failing_memory.h"
#include "opened.h"

#include <churn/churn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool armed;
static size_t calls_left;

static bool allocation_fails(void)
{
  return armed && calls_left-- == 0;
}

static const char project_text[] = "version: 1\n"
                                   "customers:\n"
                                   "  from: export.csv\n"
                                   "  id: id\n"
                                   "  columns: {a: number, b: flag, money: number}\n"
                                   "  value: money\n"
                                   "outcome: {column: left, positive: \"1\"}\n"
                                   "features: customers.*\n";

/* Two plain columns that share a ?missing column, so that contributions are kept too. */
static churn_model *make_model(void)
{
  static const char *const expressions[] = {"customers.a", "customers.b"};
  churn_model *m = churn_model_new();
  m->feature_count = 2;
  m->column_count = 3;
  m->features = calloc(2, sizeof *m->features);
  m->columns = calloc(3, sizeof *m->columns);
  for (int32_t f = 0; f < 2; f++) {
    m->features[f] = (churn_model_feature){.name = strdup(expressions[f]),
                                           .expression = strdup(expressions[f]),
                                           .missing_rule = strdup("mean"),
                                           .number_column = f,
                                           .missing_column = 2,
                                           .other_column = -1};
    m->columns[f] = (churn_model_column){
        .name = strdup("x"), .feature = (uint32_t)f, .deviation = 1, .estimate = 0.385};
  }
  m->columns[2] = (churn_model_column){.name = strdup("m"), .deviation = 1, .estimate = 0.7};
  return m;
}

typedef struct outcome {
  churn_status status;
  bool given;
} outcome;

/* Scores and writes with the allocation number `fail_at` failing. */
static outcome live(const churn_project *project, const churn_model *model, size_t fail_at)
{
  churn_ranking *ranking = NULL;
  churn_error error = {.status = CHURN_OK};
  churn_run run = {.threads = 1};
  churn_score_settings settings = {.as_of = CHURN_DAY_MISSING};
  calls_left = fail_at;
  armed = true;
  churn_status status = churn_score(project, model, &settings, &run, &ranking, NULL, &error);
  bool given = ranking != NULL;
  if (status == CHURN_OK)
    status = churn_ranking_write(ranking, scratch_path("list.csv"), &error);
  armed = false;
  churn_ranking_free(ranking);
  assert_int_equal(error.status, status);
  return (outcome){status, given};
}

static char *read_list(void)
{
  size_t length = 0;
  char *text = file_read(scratch_path("list.csv"), &length);
  assert_non_null(text);
  return text;
}

static void test_every_allocation(void **state)
{
  (void)state;
  scratch_make();
  /* 0.123456789 is no short decimal, and the quoted row comes field by field. */
  scratch_write("export.csv", "id,a,b,money,rest\nu,1.5,1,20,x\nv,0.123456789,0,,x\n\"w\",,,3,y\n");
  churn_project *project = project_of(project_text);
  churn_model *model = make_model();
  assert_int_equal(live(project, model, SIZE_MAX - 1).status, CHURN_OK);
  char *expected = read_list();
  size_t failed = 0, at = 0;
  for (bool went_through = false; !went_through; at++) {
    scratch_write("list.csv", "before");
    outcome o = live(project, model, at);
    char *text = read_list();
    went_through = calls_left > 0 && calls_left < SIZE_MAX / 2;
    if (o.status == CHURN_OK) {
      assert_string_equal(text, expected);
    } else {
      assert_int_equal(o.status, CHURN_NO_MEMORY);
      assert_string_equal(text, "before");
      failed++;
    }
    free(text);
  }
  assert_true(failed > 60);
  free(expected);
  churn_model_free(model);
  churn_project_free(project);
  scratch_remove();
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      {"scoring a flat export survives every failed allocation", test_every_allocation, NULL, NULL,
       NULL},
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
