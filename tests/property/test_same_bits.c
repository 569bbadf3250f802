/* Same bits: feature table, model file and ranked list are byte-identical for 1, 2 and 3 threads,
 * on a re-run, and with the rows of every input file shuffled.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "support.h"

#include <churn/churn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_SIZE = 1024 };

static const char *const files[] = {"customers.csv", "interactions.csv",    "complaints.csv",
                                    "prices.csv",    "rep_assignments.csv", "invoices.csv"};
static const char *const outputs[] = {"features.csv", "model.json", "ranked.csv"};

/* The three outputs of a world into `folder` with a prefix. */
static void run_all(const char *world, const char *prefix, int threads)
{
  char path[PATH_SIZE], out[PATH_SIZE];
  churn_project *project = NULL;
  churn_model *model = NULL;
  churn_ranking *ranking = NULL;
  churn_error error = {0};
  churn_run run = {.threads = threads};
  snprintf(path, sizeof path, "%s/churn.yaml", world);
  assert_ok(churn_project_read(path, NULL, 0, NULL, &project, &error), &error);
  churn_features_settings features = {NULL, CHURN_DAY_MISSING, CHURN_DAY_MISSING};
  snprintf(out, sizeof out, "%s-features.csv", prefix);
  assert_ok(churn_features_write(project, &features, scratch_path(out), &run, NULL, &error),
            &error);
  churn_train_settings training = {
      .first = CHURN_DAY_MISSING, .last = CHURN_DAY_MISSING, .test_from = CHURN_DAY_MISSING};
  assert_ok(churn_train(project, &training, &run, &model, &error), &error);
  snprintf(out, sizeof out, "%s-model.json", prefix);
  assert_ok(churn_model_write(model, scratch_path(out), &error), &error);
  churn_score_settings scoring = {.as_of = CHURN_DAY_MISSING};
  assert_ok(churn_score(project, model, &scoring, &run, &ranking, NULL, &error), &error);
  snprintf(out, sizeof out, "%s-ranked.csv", prefix);
  assert_ok(churn_ranking_write(ranking, scratch_path(out), &error), &error);
  churn_ranking_free(ranking);
  churn_model_free(model);
  churn_project_free(project);
}

static void assert_same_outputs(const char *a, const char *b)
{
  for (size_t i = 0; i < sizeof outputs / sizeof outputs[0]; i++) {
    char left[64], right[64];
    size_t left_length = 0, right_length = 1;
    snprintf(left, sizeof left, "%s-%s", a, outputs[i]);
    snprintf(right, sizeof right, "%s-%s", b, outputs[i]);
    char *left_bytes = file_read(scratch_path(left), &left_length);
    char *right_bytes = file_read(scratch_path(right), &right_length);
    assert_true(left_length > 1000);
    assert_int_equal(left_length, right_length);
    assert_memory_equal(left_bytes, right_bytes, left_length);
    free(left_bytes);
    free(right_bytes);
  }
}

/* All lines after the heading in a seeded random order. */
static void shuffle_file(const char *path, unsigned seed)
{
  size_t length = 0, count = 0;
  char *bytes = file_read(path, &length);
  char **lines = malloc(length * sizeof *lines);
  char *rest = NULL, *heading = strtok_r(bytes, "\n", &rest);
  for (char *line; (line = strtok_r(NULL, "\n", &rest)) != NULL;)
    lines[count++] = line;
  for (size_t i = count; i > 1; i--) {
    seed = seed * 1664525u + 1013904223u;
    size_t j = (size_t)(seed >> 8) % i;
    char *line = lines[i - 1];
    lines[i - 1] = lines[j];
    lines[j] = line;
  }
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  fprintf(file, "%s\n", heading);
  for (size_t i = 0; i < count; i++)
    fprintf(file, "%s\n", lines[i]);
  fclose(file);
  free(lines);
  free(bytes);
}

static void test_same_bits(void **state)
{
  (void)state;
  churn_simulate_settings settings = {
      .customers = 1500, .months = 30, .seed = 11, .truth_customers = 1};
  churn_error error = {0};
  char world[PATH_SIZE], path[PATH_SIZE + 64];
  scratch_make();
  snprintf(world, sizeof world, "%s", scratch_path("world"));
  assert_ok(churn_simulate(world, &settings, NULL, NULL, &error), &error);
  run_all(world, "one", 1);
  run_all(world, "two", 2);
  run_all(world, "three", 3);
  run_all(world, "again", 1);
  assert_same_outputs("one", "two");
  assert_same_outputs("one", "three");
  assert_same_outputs("one", "again");
  for (unsigned i = 0; i < sizeof files / sizeof files[0]; i++) {
    snprintf(path, sizeof path, "%s/%s", world, files[i]);
    shuffle_file(path, i + 1);
  }
  run_all(world, "shuffled", 2);
  assert_same_outputs("one", "shuffled");
  scratch_remove();
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      {"threads, re-runs and the order of rows change no bit", test_same_bits, NULL, NULL, NULL},
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
