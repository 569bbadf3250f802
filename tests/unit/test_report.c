/* The report: its document adds up, its rows are those of the list, and the page holds it safely.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/page.h"
#include "support.h"

#include <churn/churn.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The sample that ships, a model of it, and the document of the day after its data. */
typedef struct fixture {
  churn_project *project;
  churn_model *model;
  char *model_path;
  json_t *document;
} fixture;

static churn_error error;

static json_t *document_of(const fixture *f, uint64_t top)
{
  const churn_report_settings settings = {
      .as_of = CHURN_DAY_MISSING, .model = f->model_path, .top = top};
  churn_report *report = NULL;
  assert_ok(churn_report_make(f->project, &settings, NULL, &report, &error), &error);
  const char *path = scratch_path("document.json");
  assert_ok(churn_report_write_json(report, path, &error), &error);
  json_t *document = json_load_file(path, 0, NULL);
  assert_non_null(document);
  assert_int_equal(json_array_size(json_object_get(document, "customers")),
                   churn_report_rows(report));
  churn_report_free(report);
  return document;
}

static int set_up(void **state)
{
  static fixture f;
  const churn_train_settings training = {
      .first = CHURN_DAY_MISSING, .last = CHURN_DAY_MISSING, .test_from = CHURN_DAY_MISSING};
  scratch_make();
  assert_ok(churn_project_read(CHURN_SOURCE "/datasets/sample/churn.yaml", NULL, 0, NULL,
                               &f.project, &error),
            &error);
  assert_ok(churn_train(f.project, &training, NULL, &f.model, &error), &error);
  f.model_path = strdup(scratch_path("model.json"));
  assert_non_null(f.model_path);
  assert_ok(churn_model_write(f.model, f.model_path, &error), &error);
  f.document = document_of(&f, 0);
  *state = &f;
  return 0;
}

static int tear_down(void **state)
{
  fixture *f = *state;
  json_decref(f->document);
  free(f->model_path);
  churn_model_free(f->model);
  churn_project_free(f->project);
  scratch_remove();
  return 0;
}

static const json_t *get(const json_t *of, const char *key)
{
  const json_t *found = json_object_get(of, key);
  if (found == NULL)
    fail_msg("no member %s", key);
  return found;
}

static double number(const json_t *of, const char *key)
{
  return json_number_value(get(of, key));
}

static double at(const json_t *list, size_t index)
{
  return json_number_value(json_array_get(list, index));
}

static void contributions_add_up_to_the_logit_of_each_row(void **state)
{
  const fixture *f = *state;
  size_t i;
  json_t *row;
  json_array_foreach(get(f->document, "customers"), i, row)
  {
    double sum = number(f->document, "average_logit") + number(row, "offset");
    for (size_t k = 0; k < f->model->feature_count; k++)
      sum += at(get(row, "contributions"), k);
    assert_close(sum, number(row, "logit"), 0, 1e-12);
  }
  assert_int_equal(i, 393);
}

static void rows_are_those_of_the_list(void **state)
{
  const fixture *f = *state;
  const churn_score_settings settings = {.as_of = CHURN_DAY_MISSING};
  churn_ranking *ranking = NULL;
  assert_ok(churn_score(f->project, f->model, &settings, NULL, &ranking, NULL, &error), &error);
  for (size_t i = 0; i < churn_ranking_count(ranking); i++) {
    const json_t *row = json_array_get(get(f->document, "customers"), i);
    const json_t *reasons = get(row, "reasons");
    churn_ranked line;
    churn_ranking_get(ranking, i, &line);
    assert_string_equal(json_string_value(get(row, "customer_id")), line.customer_id);
    assert_close(number(row, "logit"), line.logit, 0, 0);
    assert_close(number(row, "expected_loss"), line.expected_loss, 0, 0);
    assert_int_equal(json_array_size(reasons), line.reason_count);
    for (size_t k = 0; k < line.reason_count; k++) {
      const json_t *reason = json_array_get(reasons, k);
      assert_string_equal(json_string_value(get(reason, "text")), line.reasons[k]);
      assert_close(at(get(row, "contributions"), (size_t)number(reason, "feature")),
                   line.contributions[k], 0, 0);
    }
  }
  churn_ranking_free(ranking);
}

/* Of a list of sums, or of one's levels and others. */
static void adds_up(const fixture *f, const json_t *list, const json_t *others)
{
  static const char *const keys[] = {"customers", "expected_churners", "value", "expected_loss"};
  for (size_t k = 0; k < 4; k++) {
    double sum = others == NULL ? 0 : number(others, keys[k]);
    for (size_t i = 0; i < json_array_size(list); i++)
      sum += number(json_array_get(list, i), keys[k]);
    assert_close(sum, number(get(f->document, "headline"), keys[k]), 1e-12, 0);
  }
}

static void every_way_to_split_the_customers_adds_up_to_all(void **state)
{
  const fixture *f = *state;
  adds_up(f, get(f->document, "bands"), NULL);
  adds_up(f, get(f->document, "reasons"), NULL);
  assert_int_equal(json_array_size(get(f->document, "segments")), 2);
  for (size_t i = 0; i < 2; i++) {
    const json_t *segment = json_array_get(get(f->document, "segments"), i);
    adds_up(f, get(segment, "levels"), get(segment, "others"));
  }
}

/* Lines of the export that begin with the id and a day within [first, end). */
static unsigned count_lines(const char *text, const char *id, const char *first, const char *end)
{
  unsigned count = 0;
  char day[CHURN_DAY_TEXT_SIZE];
  size_t length = strlen(id);
  for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
    line += line != text;
    if (strncmp(line, id, length) != 0 || line[length] != ',')
      continue;
    snprintf(day, sizeof day, "%s", line + length + 1);
    count += strcmp(day, first) >= 0 && strcmp(day, end) < 0;
  }
  return count;
}

static void months_count_the_rows_of_the_export(void **state)
{
  const fixture *f = *state;
  const json_t *months = get(f->document, "months");
  const char *as_of = json_string_value(get(f->document, "as_of"));
  char *text = file_read(CHURN_SOURCE "/datasets/sample/interactions.csv", NULL);
  assert_non_null(text);
  assert_string_equal(json_string_value(json_array_get(get(f->document, "histories"), 0)),
                      "engagements");
  assert_string_equal(as_of, "2025-07-01");
  assert_string_equal(json_string_value(json_array_get(months, 0)), "2023-07-01");
  unsigned all = 0;
  for (size_t i = 0; i < 40; i++) {
    const json_t *row = json_array_get(get(f->document, "customers"), i);
    const json_t *counts = json_array_get(get(row, "months"), 0);
    for (size_t k = 0; k < 24; k++) {
      const char *end = k == 23 ? as_of : json_string_value(json_array_get(months, k + 1));
      unsigned found = count_lines(text, json_string_value(get(row, "customer_id")),
                                   json_string_value(json_array_get(months, k)), end);
      assert_close(at(counts, k), found, 0, 0);
      all += found;
    }
  }
  assert_true(all > 100);
  free(text);
}

static void the_newest_known_day_is_judged(void **state)
{
  const fixture *f = *state;
  const json_t *realised = get(get(f->document, "quality"), "realised"),
               *captured = get(realised, "captured");
  double rows = 0, churners = 0, expected = 0;
  const json_t *bins = get(realised, "calibration");
  for (size_t i = 0; i < json_array_size(bins); i++) {
    const json_t *bin = json_array_get(bins, i);
    rows += number(bin, "rows");
    churners += number(bin, "churners");
    expected += number(bin, "rows") * number(bin, "predicted");
  }
  /* 2025-07-01 less 14 + 90 days; who left in the window that closed then stands in the bins, too
   */
  assert_string_equal(json_string_value(get(realised, "as_of")), "2025-03-19");
  assert_true(json_is_false(get(realised, "in_training")));
  assert_close(number(realised, "rows"), rows, 0, 0);
  assert_close(number(realised, "churners"), churners, 0, 0);
  assert_close(number(realised, "expected_churners"), expected, 1e-12, 0);
  assert_true(number(realised, "auc") > 0.6 && number(realised, "auc") < 0.9);
  assert_int_equal(json_array_size(captured), 101);
  assert_close(at(captured, 0), 0, 0, 0);
  assert_close(at(captured, 100), 1, 0, 0);
}

/* The verb's own answer to the same days. */
static json_t *rates_of(const fixture *f, const char *every)
{
  const churn_rates_settings settings = {.first = churn_day_from_civil(2024, 7, 1),
                                         .last = churn_day_from_civil(2025, 6, 30),
                                         .every = every,
                                         .value = NAN,
                                         .replacement_cost = NAN};
  churn_rates *rates = NULL;
  assert_ok(churn_rates_count(f->project, &settings, NULL, &rates, &error), &error);
  assert_ok(churn_rates_write_json(rates, scratch_path("rates.json"), &error), &error);
  churn_rates_free(rates);
  json_t *found = json_load_file(scratch_path("rates.json"), 0, NULL);
  assert_non_null(found);
  return found;
}

static void rates_are_those_of_the_verb(void **state)
{
  static const char *const figures[] = {"customers", "joined", "lost", "rate", "rate_high"};
  const fixture *f = *state;
  json_t *year = rates_of(f, NULL), *months = rates_of(f, "1 month");
  assert_true(json_equal(json_array_get(get(year, "rates"), 0), get(f->document, "year")));
  assert_true(number(get(f->document, "year"), "value_lost") > 1000);
  const json_t *of_page = get(get(f->document, "rates"), "rates");
  assert_int_equal(json_array_size(of_page), 12);
  for (size_t i = 0; i < 12; i++)
    for (size_t k = 0; k < sizeof figures / sizeof figures[0]; k++)
      assert_close(number(json_array_get(of_page, i), figures[k]),
                   number(json_array_get(get(months, "rates"), i), figures[k]), 0, 0);
  assert_true(json_equal(get(months, "cohorts"), get(get(f->document, "rates"), "cohorts")));
  json_decref(year);
  json_decref(months);
}

static void so_many_rows_as_are_asked_for(void **state)
{
  const fixture *f = *state;
  json_t *seven = document_of(f, 7);
  assert_int_equal(json_array_size(get(seven, "customers")), 7);
  assert_close(number(seven, "asked"), 7, 0, 0);
  assert_close(number(seven, "listed"), 393, 0, 0);
  assert_close(number(seven, "listable"), 393, 0, 0);
  assert_true(json_equal(get(seven, "headline"), get(f->document, "headline")));
  assert_true(json_equal(json_array_get(get(seven, "customers"), 6),
                         json_array_get(get(f->document, "customers"), 6)));
  json_decref(seven);
}

static void the_document_says_what_it_is_about(void **state)
{
  const fixture *f = *state;
  const json_t *outcome = get(f->document, "outcome");
  assert_string_equal(json_string_value(get(outcome, "kind")), "left");
  assert_true(json_is_null(get(outcome, "below")));
  assert_true(json_is_null(get(f->document, "contacts"))); /* the sample has no log of them */
}

static void reps_are_judged_by_a_model_that_can_tell(void **state)
{
  const fixture *f = *state;
  const json_t *reps = get(f->document, "reps");
  json_t *row;
  size_t i, judged = 0;
  assert_true(json_is_false(get(reps, "in_training")));
  assert_int_equal(json_array_size(get(reps, "rep_features")), 0);
  json_array_foreach(get(reps, "rows"), i, row)
  {
    judged += strcmp(json_string_value(get(row, "verdict")), "not_tested") != 0;
  }
  assert_true(judged > 1);
}

static char *write_page(const char *json, size_t *length)
{
  const churn_page page = {CHURN_PAGE_REPORT, "zh", json, strlen(json)};
  assert_ok(churn_page_write(&page, scratch_path("page.html"), &error), &error);
  char *text = file_read(scratch_path("page.html"), length);
  assert_non_null(text);
  return text;
}

static void a_page_escapes_what_could_end_an_element_and_is_as_long_as_foretold(void **state)
{
  (void)state;
  static const char hostile[] = "{\"a\": \"</script><!-- <script>@DATA@ @NONCE@\"}";
  static const char escaped[] =
      "{\"a\": \"\\u003c/script>\\u003c!-- \\u003cscript>@DATA@ @NONCE@\"}</script>";
  size_t length = 0;
  char *text = write_page(hostile, &length);
  assert_non_null(strstr(text, escaped));
  assert_null(strstr(text, "<script>@DATA"));
  assert_non_null(strstr(text, "<html lang=\"zh\">"));
  churn_page_size size = {0};
  size_t begun = churn_page_grow(&size, hostile, 9),
         grown = churn_page_grow(&size, hostile, strlen(hostile));
  assert_int_equal(begun, 9 + 5);
  assert_int_equal(grown, strlen(escaped) - strlen("</script>"));
  assert_int_equal(churn_page_room(CHURN_PAGE_REPORT, 1000000), 1000000 - length + grown);
  assert_int_equal(churn_page_room(CHURN_PAGE_REPORT, 1000), 0);
  free(text);
}

static void a_page_runs_its_own_scripts_only(void **state)
{
  (void)state;
  char *one = write_page("{\"a\": 2.385}", NULL), *other = write_page("{\"a\": 2.386}", NULL);
  const char *policy = strstr(one, "script-src 'nonce-");
  assert_non_null(policy);
  char nonce[33] = "";
  snprintf(nonce, sizeof nonce, "%s", policy + strlen("script-src 'nonce-"));
  /* every script but the data has it, and another document has another one */
  size_t scripts = 0, trusted = 0;
  for (const char *p = strstr(one, "<script "); p != NULL; p = strstr(p + 1, "<script ")) {
    scripts++;
    trusted += strncmp(p, "<script nonce=\"", 15) == 0 && strncmp(p + 15, nonce, 32) == 0;
  }
  assert_int_equal(scripts, 9);
  assert_int_equal(trusted, 8);
  assert_null(strstr(other, nonce));
  assert_null(strstr(one, "unsafe-inline"));
  free(one);
  free(other);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(contributions_add_up_to_the_logit_of_each_row),
      cmocka_unit_test(rows_are_those_of_the_list),
      cmocka_unit_test(every_way_to_split_the_customers_adds_up_to_all),
      cmocka_unit_test(months_count_the_rows_of_the_export),
      cmocka_unit_test(the_newest_known_day_is_judged),
      cmocka_unit_test(rates_are_those_of_the_verb),
      cmocka_unit_test(so_many_rows_as_are_asked_for),
      cmocka_unit_test(the_document_says_what_it_is_about),
      cmocka_unit_test(reps_are_judged_by_a_model_that_can_tell),
      cmocka_unit_test(a_page_escapes_what_could_end_an_element_and_is_as_long_as_foretold),
      cmocka_unit_test(a_page_runs_its_own_scripts_only),
  };
  return cmocka_run_group_tests_name("report", tests, set_up, tear_down);
}
