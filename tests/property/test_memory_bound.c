/* A bound on memory changes no bit: feature table, model, evaluation and ranked list under a bound
 * that nothing fits into, and under one that something does, are those without, for every kind of
 * outcome and several numbers of threads; and no file is left where the temporary ones were.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "support.h"

#include <churn/churn.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { PATH_SIZE = 1024 };

static const char *const outputs[] = {"features.csv", "model.json", "evaluation.json",
                                      "ranked.csv"};
enum { OUTPUTS = sizeof outputs / sizeof outputs[0] };

/* The outcome of the simulated project, and what takes its place. */
static const char left_outcome[] = "outcome: {horizon: 90d, gap: 14d}";
static const char *const outcomes[] = {
    left_outcome, "outcome: {silent: engagements, horizon: 14d, active_within: 100d}",
    "outcome: {event: \"complaints where severity >= 2\", horizon: 90d, gap: 14d}",
    "outcome: {from: labels.csv, id: customer_id, day: as_of, churned: churned, horizon: 90d}"};

static char *output_path(const char *prefix, size_t output)
{
  char name[128];
  snprintf(name, sizeof name, "%s-%s", prefix, outputs[output]);
  return strdup(scratch_path(name));
}

/* The four outputs of a project, as PREFIX-NAME in the scratch folder. */
static void run_all(const char *project_path, const char *prefix, const churn_run *run)
{
  static const churn_features_settings features = {NULL, CHURN_DAY_MISSING, CHURN_DAY_MISSING};
  static const churn_train_settings training = {
      .first = CHURN_DAY_MISSING, .last = CHURN_DAY_MISSING, .test_from = CHURN_DAY_MISSING};
  static const churn_evaluate_settings evaluating = {CHURN_DAY_MISSING, CHURN_DAY_MISSING,
                                                     CHURN_DAY_MISSING, NULL, 0};
  static const churn_score_settings scoring = {.as_of = CHURN_DAY_MISSING};
  churn_project *project = NULL;
  churn_model *model = NULL;
  churn_ranking *ranking = NULL;
  churn_evaluation evaluation;
  churn_error error = {0};
  char *paths[OUTPUTS];
  for (size_t i = 0; i < OUTPUTS; i++)
    paths[i] = output_path(prefix, i);
  assert_ok(churn_project_read(project_path, NULL, 0, NULL, &project, &error), &error);
  assert_ok(churn_features_write(project, &features, paths[0], run, NULL, &error), &error);
  assert_ok(churn_train(project, &training, run, &model, &error), &error);
  assert_ok(churn_model_write(model, paths[1], &error), &error);
  assert_ok(churn_evaluate(project, model, &evaluating, run, &evaluation, &error), &error);
  assert_ok(churn_evaluation_write(&evaluation, model->id, paths[2], &error), &error);
  assert_ok(churn_score(project, model, &scoring, run, &ranking, NULL, &error), &error);
  assert_ok(churn_ranking_write(ranking, paths[3], &error), &error);
  churn_ranking_free(ranking);
  churn_model_free(model);
  churn_project_free(project);
  for (size_t i = 0; i < OUTPUTS; i++)
    free(paths[i]);
}

static void assert_same_outputs(const char *a, const char *b)
{
  for (size_t i = 0; i < OUTPUTS; i++) {
    char *paths[] = {output_path(a, i), output_path(b, i)};
    size_t lengths[2] = {0, 1};
    char *bytes[] = {file_read(paths[0], &lengths[0]), file_read(paths[1], &lengths[1])};
    assert_true(lengths[0] > 500);
    assert_int_equal(lengths[0], lengths[1]);
    assert_memory_equal(bytes[0], bytes[1], lengths[0]);
    for (int k = 0; k < 2; k++) {
      free(bytes[k]);
      free(paths[k]);
    }
  }
}

static size_t count_entries(const char *folder)
{
  DIR *open = opendir(folder);
  size_t count = 0;
  assert_non_null(open);
  while (readdir(open) != NULL)
    count++;
  closedir(open);
  return count;
}

/* Runs without a bound, then with bounds and numbers of threads. */
static void compare_bounds(const char *project_path)
{
  static const churn_run bounded[] = {{.threads = 1, .memory_bytes = 1},
                                      {.threads = 3, .memory_bytes = 1},
                                      {.threads = 2, .memory_bytes = (uint64_t)24 << 20},
                                      {.threads = 2, .memory_bytes = (uint64_t)1 << 40}};
  const churn_run free_run = {.threads = 2};
  run_all(project_path, "free", &free_run);
  for (size_t i = 0; i < sizeof bounded / sizeof bounded[0]; i++) {
    run_all(project_path, "bounded", &bounded[i]);
    assert_same_outputs("free", "bounded");
  }
  assert_int_equal(count_entries(getenv("TMPDIR")), 2);
}

/* A label for every customer as of two days: churned where the line is a multiple of 3 or 7. */
static void write_labels(const char *world)
{
  char path[PATH_SIZE + 32], line[512];
  snprintf(path, sizeof path, "%s/customers.csv", world);
  FILE *from = fopen(path, "r");
  snprintf(path, sizeof path, "%s/labels.csv", world);
  FILE *to = fopen(path, "w");
  assert_non_null(from);
  assert_non_null(to);
  assert_non_null(fgets(line, sizeof line, from));
  fputs("customer_id,as_of,churned\n", to);
  for (int i = 1; fgets(line, sizeof line, from) != NULL; i++) {
    line[strcspn(line, ",")] = '\0';
    fprintf(to, "%s,2024-03-01,%d\n%s,2025-03-01,%d\n", line, i % 3 == 0, line, i % 7 == 0);
  }
  assert_int_equal(fclose(from) | fclose(to), 0);
}

static char *read_project_text(const char *world)
{
  char path[PATH_SIZE + 32];
  snprintf(path, sizeof path, "%s/churn.yaml", world);
  char *text = file_read(path, NULL);
  assert_non_null(text);
  assert_non_null(strstr(text, left_outcome));
  return text;
}

static void write_project(const char *path, const char *text, const char *outcome)
{
  const char *at = strstr(text, left_outcome);
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  fprintf(file, "%.*s%s%s", (int)(at - text), text, outcome, at + sizeof left_outcome - 1);
  assert_int_equal(fclose(file), 0);
}

static void every_outcome(void **state)
{
  const char *world = *state;
  char *text = read_project_text(world), path[PATH_SIZE + 32];
  for (size_t i = 0; i < sizeof outcomes / sizeof outcomes[0]; i++) {
    snprintf(path, sizeof path, "%s/outcome.yaml", world);
    write_project(path, text, outcomes[i]);
    compare_bounds(path);
  }
  free(text);
}

/* Customers are whoever has engagements; silence is churn; types of complaints are found by
 * reading. */
static void customers_of_a_history(void **state)
{
  static const char text[] =
      "version: 1\n"
      "customers: {from_history: engagements}\n"
      "histories:\n"
      "  engagements: {from: interactions.csv, id: customer_id, day: date}\n"
      "  complaints: {from: complaints.csv, id: customer_id, day: opened_at}\n"
      "outcome: {silent: engagements, horizon: 14d, active_within: 60d}\n"
      "snapshots: {first: 2024-06-01, last: 2025-06-01, every: 1 month, test_from: 2025-01-01}\n"
      "features:\n"
      "  calls: count(engagements over 60d)\n"
      "  since: days_since(engagements)\n"
      "  kinds: distinct(channel from engagements over 180d)\n"
      "  severity: mean(severity from complaints)\n";
  const char *world = *state;
  char path[PATH_SIZE + 32];
  snprintf(path, sizeof path, "%s/history.yaml", world);
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  fputs(text, file);
  assert_int_equal(fclose(file), 0);
  compare_bounds(path);
}

/* With a cache, cold and warm, where some files are too large for it and some are not. */
static void with_a_cache(void **state)
{
  const char *world = *state;
  const churn_run free_run = {.threads = 2};
  const churn_run bounded = {.threads = 2, .memory_bytes = (uint64_t)500 << 10};
  char *text = read_project_text(world), path[PATH_SIZE + 32], outcome[PATH_SIZE];
  snprintf(path, sizeof path, "%s/cached.yaml", world);
  snprintf(outcome, sizeof outcome, "cache: cache\n%s", left_outcome);
  write_project(path, text, left_outcome);
  run_all(path, "free", &free_run);
  write_project(path, text, outcome);
  for (int warm = 0; warm < 2; warm++) {
    run_all(path, "bounded", &bounded);
    assert_same_outputs("free", "bounded");
  }
  snprintf(path, sizeof path, "%s/cache", world);
  assert_true(count_entries(path) > 2); /* customers.csv fits, interactions.csv does not */
  free(text);
}

static int set_up(void **state)
{
  static char world[PATH_SIZE];
  const churn_simulate_settings settings = {
      .customers = 500, .months = 32, .seed = 23, .truth_customers = 1};
  churn_error error = {0};
  scratch_make();
  snprintf(world, sizeof world, "%s", scratch_path("world"));
  assert_ok(churn_simulate(world, &settings, NULL, NULL, &error), &error);
  write_labels(world);
  assert_int_equal(mkdir(scratch_path("temporary"), 0777), 0);
  setenv("TMPDIR", scratch_path("temporary"), 1);
  *state = world;
  return 0;
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      {"a bound on memory changes no bit, whatever the outcome", every_outcome, NULL, NULL, NULL},
      {"nor where customers come from a history", customers_of_a_history, NULL, NULL, NULL},
      {"nor with a cache", with_a_cache, NULL, NULL, NULL},
  };
  return cmocka_run_group_tests(tests, set_up, scratch_teardown);
}
