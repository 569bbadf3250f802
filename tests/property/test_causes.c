/* Contributions by cause: with the average customer's logit and the row's offset they add up to the
 * logit to 1e-12, for every customer; they are the features' own contributions, grouped; the main
 * cause is the largest of them; same bits for any number of threads.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "made_up.h"
#include "opened.h"
#include "project/project.h"
#include "score/recalibration.h"
#include "tiny_project.h"

#include <churn/churn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct scored {
  churn_project *project;
  churn_ranking *ranking;
  size_t count, causes;
  double *bases, *sums;
} scored;

static churn_model *train(const char *path)
{
  churn_project *project = NULL;
  churn_model *model = NULL;
  churn_error error = {0};
  churn_train_settings settings = {
      .first = CHURN_DAY_MISSING, .last = CHURN_DAY_MISSING, .test_from = CHURN_DAY_MISSING};
  assert_ok(churn_project_read(path, NULL, 0, NULL, &project, &error), &error);
  assert_ok(churn_train(project, &settings, NULL, &model, &error), &error);
  churn_project_free(project);
  return model;
}

/* The project at `path` with more lines. */
static const char *extended(const char *path, const char *name, const char *more)
{
  size_t length = 0;
  char *text = file_read(path, &length);
  char *whole = malloc(length + strlen(more) + 1);
  memcpy(whole, text, length);
  strcpy(whole + length, more);
  const char *made = scratch_write(name, whole);
  free(text);
  free(whole);
  return made;
}

static scored score(const char *path, const churn_model *model, int threads)
{
  scored s = {NULL, NULL, 0, 0, NULL, NULL};
  churn_error error = {0};
  churn_run run = {.threads = threads};
  churn_score_settings settings = {.as_of = CHURN_DAY_MISSING};
  assert_ok(churn_project_read(path, NULL, 0, NULL, &s.project, &error), &error);
  assert_ok(churn_score(s.project, model, &settings, &run, &s.ranking, NULL, &error), &error);
  s.count = churn_ranking_count(s.ranking);
  s.causes = churn_ranking_causes(s.ranking);
  s.bases = calloc(s.count, sizeof *s.bases);
  s.sums = calloc(s.count * s.causes, sizeof *s.sums);
  assert_ok(churn_ranking_cause_sums(s.ranking, 0, s.count, &run, s.bases, s.sums, &error), &error);
  return s;
}

static void done(scored *s)
{
  churn_ranking_free(s->ranking);
  churn_project_free(s->project);
  free(s->bases);
  free(s->sums);
}

/* Every customer: base and sums make the logit, and the main cause is the first largest. */
static void assert_adds_up(const scored *s)
{
  double worst = 0;
  for (size_t i = 0; i < s->count; i++) {
    churn_ranked line;
    double logit = s->bases[i], most = 0;
    uint32_t main_cause = CHURN_NO_CAUSE;
    churn_ranking_get(s->ranking, i, &line);
    for (size_t c = 0; c < s->causes; c++) {
      double sum = s->sums[i * s->causes + c];
      logit += sum;
      if (sum > most) {
        most = sum;
        main_cause = (uint32_t)c;
      }
    }
    worst = fabs(logit - line.logit) > worst ? fabs(logit - line.logit) : worst;
    assert_close(logit, line.logit, 0, 1e-12);
    assert_int_equal(line.main_cause, main_cause);
    assert_string_equal(line.cause,
                        main_cause == CHURN_NO_CAUSE
                            ? ""
                            : churn_playbook_cause(s->project, main_cause)->labels[CHURN_ENGLISH]);
  }
  print_message("%zu customers, %zu causes: at most %.1e off\n", s->count, s->causes, worst);
}

static void assert_totals(const scored *s)
{
  churn_cause_total totals[CHURN_MOST_CAUSES + 1], seen[CHURN_MOST_CAUSES + 1] = {{0, 0, 0, 0}};
  churn_ranking_cause_totals(s->ranking, totals);
  for (size_t i = 0; i < s->count; i++) {
    churn_ranked line;
    churn_ranking_get(s->ranking, i, &line);
    churn_cause_total *t = &seen[line.main_cause == CHURN_NO_CAUSE ? s->causes : line.main_cause];
    t->customers++;
    t->expected_churners += line.probability;
    t->expected_loss += isnan(line.value) ? 0 : line.expected_loss;
    t->value += isnan(line.value) ? 0 : line.value;
  }
  for (size_t c = 0; c <= s->causes; c++) {
    assert_int_equal(totals[c].customers, seen[c].customers);
    assert_close(totals[c].expected_churners, seen[c].expected_churners, 1e-12, 1e-15);
    assert_close(totals[c].expected_loss, seen[c].expected_loss, 1e-12, 1e-12);
    assert_close(totals[c].value, seen[c].value, 1e-12, 1e-12);
  }
}

/* A playbook with a cause for each feature of the model: its sums are the contributions. */
static void write_alone(const char *name, const churn_model *model)
{
  char text[8192] = "version: 1\ncauses:\n";
  for (size_t f = 0; f < model->feature_count; f++)
    snprintf(text + strlen(text), sizeof text - strlen(text),
             "  f%zu: {label: F, features: ['%s']}\n", f, model->features[f].name);
  scratch_write(name, text);
}

/* 1 for an expression that counts rows of a history, -1 for the days since its last row. */
static double sense_of_rows(const char *expression)
{
  return strncmp(expression, "count(", 6) == 0 && strstr(expression, ") ") == NULL ? 1
         : strncmp(expression, "days_since(", 11) == 0                             ? -1
                                                                                   : 0;
}

/* The cause that the playbook says, `other` where the coefficient's sign speaks against it. */
static uint32_t cause_of(const churn_project *project, const churn_model *model, size_t f,
                         size_t *against)
{
  const churn_model_feature *feature = &model->features[f];
  const char *history = NULL;
  for (size_t h = 0; h < project->history_count; h++)
    if (strstr(feature->expression, project->histories[h].name.text))
      history = project->histories[h].name.text;
  const churn_cause_rule *rule = churn_playbook_rule(project->playbook, feature->name, history);
  double slope = feature->number_column < 0 ? 0 : model->columns[feature->number_column].estimate;
  if (rule == NULL)
    return project->playbook->other;
  slope *= rule->kind == CHURN_RULE_HISTORY ? sense_of_rows(feature->expression) : 1;
  bool wrong = (rule->speaks == CHURN_SPEAKS_HIGH && slope < 0) ||
               (rule->speaks == CHURN_SPEAKS_LOW && slope > 0);
  *against += wrong;
  return wrong ? project->playbook->other : rule->cause;
}

/* The sums of `by_cause` are those of `alone`, grouped by the playbook. */
static void assert_grouped(const scored *by_cause, const scored *alone, const churn_model *model)
{
  assert_int_equal(by_cause->count, alone->count);
  for (size_t i = 0; i < alone->count; i++) {
    double sums[CHURN_MOST_CAUSES] = {0};
    churn_ranked line;
    churn_ranking_get(alone->ranking, i, &line);
    for (size_t f = 0; f < model->feature_count; f++) {
      size_t against = 0;
      sums[cause_of(by_cause->project, model, f, &against)] += alone->sums[i * alone->causes + f];
    }
    for (size_t c = 0; c < by_cause->causes; c++)
      assert_close(by_cause->sums[i * by_cause->causes + c], sums[c], 0, 1e-12);
    /* the reasons are the largest of the same contributions */
    for (size_t k = 0; k < line.reason_count; k++) {
      bool there = false;
      for (size_t f = 0; f < model->feature_count; f++)
        there = there || alone->sums[i * alone->causes + f] == line.contributions[k];
      assert_true(there);
    }
  }
}

static void assert_world(const char *path)
{
  churn_model *model = train(path);
  write_alone("alone.yaml", model);
  char text[64] = "playbook: alone.yaml\n";
  const char *folder_name =
      strstr(path, "world") == NULL ? "alone-project.yaml" : "world/alone-project.yaml";
  if (strstr(path, "world") != NULL)
    snprintf(text, sizeof text, "playbook: ../alone.yaml\n");
  char alone_path[1024];
  snprintf(alone_path, sizeof alone_path, "%s", extended(path, folder_name, text));
  const char *by_cause_path =
      extended(path, strstr(path, "world") == NULL ? "default.yaml" : "world/default.yaml",
               "playbook: default\n");
  scored by_cause = score(by_cause_path, model, 1), again = score(by_cause_path, model, 3);
  scored alone = score(alone_path, model, 2);
  assert_true(by_cause.count > 0);
  assert_adds_up(&by_cause);
  assert_adds_up(&alone);
  assert_grouped(&by_cause, &alone, model);
  assert_totals(&by_cause);
  assert_memory_equal(by_cause.sums, again.sums,
                      by_cause.count * by_cause.causes * sizeof *by_cause.sums);
  assert_memory_equal(by_cause.bases, again.bases, by_cause.count * sizeof *by_cause.bases);
  done(&by_cause);
  done(&again);
  done(&alone);
  churn_model_free(model);
}

static void causes_add_up_for_every_customer_of_a_simulated_company(void **state)
{
  (void)state;
  churn_simulate_settings settings = {
      .customers = 2500, .months = 30, .seed = 5, .truth_customers = 1};
  churn_error error = {0};
  char world[1024];
  snprintf(world, sizeof world, "%s", scratch_path("world"));
  assert_ok(churn_simulate(world, &settings, NULL, NULL, &error), &error);
  snprintf(world, sizeof world, "%s", scratch_path("world/churn.yaml"));
  assert_world(world);
}

/* A model with an offset, weights, missing values; tiny. */
static void causes_add_up_beside_an_offset(void **state)
{
  (void)state;
  tiny_project_write();
  char path[1024];
  snprintf(path, sizeof path, "%s", scratch_path("daily.yaml"));
  assert_world(path);
}

/* A flat export of 3,000 rows: categories with levels so rare that they are pooled and levels that
 * training never saw, missing numbers and texts, large numbers, an offset. */
static void causes_add_up_with_categories_pools_and_missing_values(void **state)
{
  (void)state;
  static const char *const tiers[] = {"basic", "plus", "\xe9\x87\x91", "rare", "rarer", ""};
  static char text[1 << 18];
  uint64_t seed = 77;
  size_t used = (size_t)snprintf(text, sizeof text,
                                 "id,price_tier,monthly_fee,usage_30d,calls,age,known,gone\n");
  for (int i = 0; i < 3000; i++) {
    double u = uniform(&seed), fee = 20 + 180000 * uniform(&seed), usage = uniform(&seed);
    const char *tier = tiers[u < 0.5     ? 0
                             : u < 0.8   ? 1
                             : u < 0.9   ? 2
                             : u < 0.903 ? 3
                             : u < 0.906 ? 4
                                         : 5];
    double risk = 0.4 * (usage < 0.3) + 0.3 * (u > 0.8);
    used += (size_t)snprintf(text + used, sizeof text - used, "c%04d,%s,", i, tier);
    used += (size_t)snprintf(text + used, sizeof text - used, uniform(&seed) < 0.1 ? "," : "%.3f,",
                             fee);
    used += (size_t)snprintf(text + used, sizeof text - used, usage < 0.05 ? "," : "%.4f,", usage);
    used += (size_t)snprintf(text + used, sizeof text - used, "%d,%d,%.2f,%d\n",
                             (int)(9 * uniform(&seed)), 20 + (int)(60 * uniform(&seed)),
                             uniform(&seed) - 0.5, uniform(&seed) < 0.1 + risk);
  }
  scratch_write("flat.csv", text);
  char path[1024];
  snprintf(
      path, sizeof path, "%s",
      scratch_write("flat.yaml",
                    "version: 1\n"
                    "customers: {from: flat.csv, id: id, value: monthly_fee * 12}\n"
                    "outcome: {column: gone, positive: 1}\n"
                    "features: {price_tier: customers.price_tier, fee: customers.monthly_fee,\n"
                    "  usage_30d: customers.usage_30d, calls: customers.calls, age: "
                    "customers.age}\n"
                    "fit: {offset: known}\n"));
  assert_world(path);
}

/* The IBM Telco export, every column: categories as one column a level, 11 customers without
 * TotalCharges; then with recalibrated probabilities, whose logit is as the fit left it. */
static void causes_add_up_for_every_customer_of_a_real_export(void **state)
{
  (void)state;
  static const char *const fits[] = {
      "", "pool: 0\nfit: {recalibrate: isotonic, penalty: ridge, lambda: 0.2}\n",
      "pool: 0\nfit: {recalibrate: platt, penalty: ridge, lambda: 0.2}\n"};
  const char *found = shared_path("datasets/ibm_telco_churn/telco_churn.csv");
  char data[1024];
  snprintf(data, sizeof data, "%s", found == NULL ? "" : found);
  if (found == NULL) {
    print_message("the IBM Telco export is not there (CHURN_SHARED)\n");
    skip();
  }
  for (size_t i = 0; i < sizeof fits / sizeof fits[0]; i++) {
    char text[2048], path[1024];
    snprintf(text, sizeof text,
             "version: 1\n"
             "customers: {from: %s, id: customerID, value: MonthlyCharges * 12}\n"
             "outcome: {column: Churn, positive: \"Yes\"}\nfeatures: customers.*\n%s",
             data, fits[i]);
    snprintf(path, sizeof path, "%s", scratch_write("telco.yaml", text));
    churn_model *model = train(path);
    size_t levels = 0, missing = 0;
    for (size_t f = 0; f < model->feature_count; f++) {
      for (size_t l = 0; l < model->features[f].level_count; l++)
        levels += model->features[f].levels[l].column >= 0;
      missing += model->features[f].missing_column >= 0;
    }
    assert_true(levels >= 12 && (i == 0 || missing == 1));
    assert_int_equal(churn_recalibrates(&model->recalibration), i > 0);
    churn_model_free(model);
    assert_world(path);
  }
}

/* 400 leavers and stayers whose satisfaction, faults and calls speak the wrong way round, as an
 * export of a company does where only the happy answer; `calls` has no direction, `visits` the
 * right one. */
static void write_backwards(void)
{
  static char text[1 << 16], calls[1 << 16], visits[1 << 16];
  uint64_t seed = 31;
  size_t used = (size_t)snprintf(text, sizeof text, "id,satisfaction,faults,seats,gone\n");
  size_t c = (size_t)snprintf(calls, sizeof calls, "id,day\n");
  size_t v = (size_t)snprintf(visits, sizeof visits, "id,day\n");
  for (int i = 0; i < 400; i++) {
    bool gone = uniform(&seed) < 0.3;
    used +=
        (size_t)snprintf(text + used, sizeof text - used, "c%03d,%.2f,%.1f,%.1f,%s\n", i,
                         2 + 2 * uniform(&seed) + 0.8 * gone, 5 + 3 * uniform(&seed) - 1.5 * gone,
                         9 * uniform(&seed), gone ? "2024-02-10" : "");
    for (int k = 0; k < 3; k++) {
      if (uniform(&seed) < (gone ? 0.3 : 0.6))
        c += (size_t)snprintf(calls + c, sizeof calls - c, "c%03d,2024-01-%02d\n", i, 5 + k);
      if (uniform(&seed) < (gone ? 0.3 : 0.6))
        v += (size_t)snprintf(visits + v, sizeof visits - v, "c%03d,2024-01-%02d\n", i, 9 + k);
    }
  }
  scratch_write("backwards.csv", text);
  scratch_write("calls.csv", calls);
  scratch_write("visits.csv", visits);
}

static void what_speaks_against_its_cause_counts_as_other_and_training_says_so(void **state)
{
  (void)state;
  char path[1024];
  write_backwards();
  snprintf(path, sizeof path, "%s",
           scratch_write("backwards.yaml",
                         "version: 1\n"
                         "customers: {from: backwards.csv, id: id, left: gone, columns:\n"
                         "  {satisfaction: {type: number, static: true}, faults: {type: number,\n"
                         "  static: true}, seats: {type: number, static: true}}}\n"
                         "histories: {calls: {from: calls.csv, id: id, day: day},\n"
                         "  visits: {from: visits.csv, id: id, day: day}}\n"
                         "outcome: {horizon: 30d}\nsnapshots: {first: 2024-02-01, last: "
                         "2024-02-01, every: 1 month}\n"
                         "data_until: 2024-05-01\n"
                         "features: {satisfaction: customers.satisfaction,\n"
                         "  faults: customers.faults, seats: customers.seats,\n"
                         "  n: count(calls), m: count(visits)}\n"
                         "playbook: {causes: {complaints: {when_many: [calls]}}}\n"));
  churn_notes *notes = churn_notes_new();
  churn_run run = {.notes = notes};
  churn_project *project = NULL;
  churn_model *model = NULL;
  churn_error error = {0};
  churn_train_settings settings = {
      .first = CHURN_DAY_MISSING, .last = CHURN_DAY_MISSING, .test_from = CHURN_DAY_MISSING};
  assert_ok(churn_project_read(path, NULL, 0, NULL, &project, &error), &error);
  assert_ok(churn_train(project, &settings, &run, &model, &error), &error);
  const char *warning = note_text(notes, "against_playbook");
  assert_non_null(warning);
  assert_non_null(strstr(warning, ": satisfaction (higher raises the risk), faults (lower raises "
                                  "the risk), n (lower raises the risk); "));
  assert_non_null(strstr(warning, "counts as \"other\""));
  size_t against = 0;
  for (size_t f = 0; f < model->feature_count; f++)
    (void)cause_of(project, model, f, &against);
  assert_int_equal(against, 3);
  scored s = score(path, model, 2);
  assert_adds_up(&s);
  for (size_t i = 0; i < s.count; i++)
    for (size_t cause = 0; cause < s.causes; cause++) {
      const char *name = churn_playbook_cause(s.project, cause)->name;
      bool some = strcmp(name, "other") == 0 || strcmp(name, "neglect") == 0;
      assert_true(some || s.sums[i * s.causes + cause] == 0);
    }
  done(&s);
  churn_notes_free(notes);
  churn_project_free(project);
  churn_model_free(model);
}

static void lines_that_are_not_there_are_refused(void **state)
{
  (void)state;
  tiny_project_write();
  churn_error error = {0};
  char plain[1024];
  snprintf(plain, sizeof plain, "%s", scratch_path("daily.yaml"));
  churn_model *model = train(plain);
  scored s = score(extended(plain, "default.yaml", "playbook: default\n"), model, 1);
  assert_int_equal(churn_ranking_cause_sums(s.ranking, 1, s.count, NULL, s.bases, s.sums, &error),
                   CHURN_USAGE);
  assert_ok(churn_ranking_cause_sums(s.ranking, s.count, 0, NULL, s.bases, s.sums, &error), &error);
  double last = s.bases[s.count - 1], one = 0, *sums = calloc(s.causes, sizeof *sums);
  assert_ok(churn_ranking_cause_sums(s.ranking, s.count - 1, 1, NULL, &one, sums, &error), &error);
  assert_true(one == last);
  assert_memory_equal(sums, s.sums + (s.count - 1) * s.causes, s.causes * sizeof *sums);
  free(sums);
  done(&s);
  churn_project *project = NULL;
  churn_ranking *ranking = NULL;
  churn_score_settings settings = {.as_of = CHURN_DAY_MISSING};
  assert_ok(churn_project_read(plain, NULL, 0, NULL, &project, &error), &error);
  assert_ok(churn_score(project, model, &settings, NULL, &ranking, NULL, &error), &error);
  assert_int_equal(churn_ranking_causes(ranking), 0);
  assert_int_equal(churn_ranking_cause_sums(ranking, 0, 1, NULL, &one, NULL, &error), CHURN_USAGE);
  churn_ranking_free(ranking);
  churn_project_free(project);
  churn_model_free(model);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(causes_add_up_for_every_customer_of_a_simulated_company),
      cmocka_unit_test(causes_add_up_beside_an_offset),
      cmocka_unit_test(causes_add_up_with_categories_pools_and_missing_values),
      cmocka_unit_test(causes_add_up_for_every_customer_of_a_real_export),
      cmocka_unit_test(what_speaks_against_its_cause_counts_as_other_and_training_says_so),
      cmocka_unit_test(lines_that_are_not_there_are_refused),
  };
  return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
