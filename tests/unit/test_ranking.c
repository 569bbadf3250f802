/* The ranked list: order, ties, money, what is written; and which day is scored.
 *
 * The model is made by hand: logit = -1 + x (x the column of customers.csv), training mean of x
 * 0.5.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "opened.h"

#include <churn/score.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static churn_model *model_of(const char *expression, const char *label)
{
  churn_model *m = churn_model_new();
  m->feature_count = m->column_count = 1;
  m->features = calloc(1, sizeof *m->features);
  m->columns = calloc(1, sizeof *m->columns);
  m->features[0] = (churn_model_feature){.name = strdup("x"),
                                         .expression = strdup(expression),
                                         .label = label == NULL ? NULL : strdup(label),
                                         .missing_rule = strdup("mean"),
                                         .fill = 0.5,
                                         .number_column = 0,
                                         .missing_column = -1,
                                         .other_column = -1};
  m->columns[0] =
      (churn_model_column){.name = strdup("x"), .mean = 0.5, .deviation = 1, .estimate = 1};
  m->intercept.estimate = -1;
  snprintf(m->id, sizeof m->id, "0123456789abcdef0123456789abcdef");
  return m;
}

typedef struct listed {
  churn_project *project;
  churn_model *model;
  churn_ranking *ranking;
  churn_score_report report;
  churn_status status;
  churn_error error;
} listed;

static listed list(const char *project, churn_model *model, churn_score_settings settings)
{
  listed l = {.project = project_of(project), .model = model};
  l.status = churn_score(l.project, l.model, &settings, NULL, &l.ranking, &l.report, &l.error);
  return l;
}

static void done(listed *l)
{
  churn_ranking_free(l->ranking);
  churn_model_free(l->model);
  churn_project_free(l->project);
}

/* Ids in order of rank, blank separated. */
static void assert_order(const listed *l, const char *expected)
{
  char ids[512] = "";
  assert_ok(l->status, &l->error);
  for (size_t i = 0; i < churn_ranking_count(l->ranking); i++) {
    churn_ranked line;
    churn_ranking_get(l->ranking, i, &line);
    assert_int_equal(line.rank, i + 1);
    snprintf(ids + strlen(ids), sizeof ids - strlen(ids), "%s%s", i == 0 ? "" : " ",
             line.customer_id);
  }
  assert_string_equal(ids, expected);
}

static const char flat[] =
    "version: 1\ncustomers: {from: customers.csv, id: id, value: money}\nfeatures: customers.*\n";
static const churn_score_settings by_probability = {.as_of = CHURN_DAY_MISSING};
static const churn_score_settings by_loss = {.as_of = CHURN_DAY_MISSING,
                                             .by = CHURN_BY_EXPECTED_LOSS};

static void order_is_probability_then_logit_value_and_id(void **state)
{
  (void)state;
  /* x 60 and 61 both have probability 1 to the last bit, so the logit decides; then the value, a
   * missing one last; then the id bytewise (10 before 9, B before a) */
  scratch_write("customers.csv", "id,x,money\n9,1,5\nlow,-3,1000\na,2,\nhuge,60,1\nB,2,\n10,1,5\n"
                                 "c,2,7.5\nmore,61,1\nd,2,-4\ne,2,7.5\n");
  listed l = list(flat, model_of("customers.x", NULL), by_probability);
  assert_order(&l, "more huge c e d B a 10 9 low");
  churn_ranked first, line;
  churn_ranking_get(l.ranking, 0, &first);
  churn_ranking_get(l.ranking, 1, &line);
  assert_true(first.probability == line.probability && first.logit == 60 && line.logit == 59);
  done(&l);
}

static void expected_loss_is_probability_times_value(void **state)
{
  (void)state;
  /* p = 1/(1 + e^(1 - x)): x = 1 gives 0.5; x = 3 gives 0.8807970779778823 */
  scratch_write("customers.csv", "id,x,money\na,1,100\nb,3,50\nc,3,\nd,1,-8\ne,1,0\nf,-5,\n");
  listed l = list(flat, model_of("customers.x", NULL), by_loss);
  /* 50; 44.04; 0; -4; and those without a value last, the riskier first */
  assert_order(&l, "a b e d c f");
  const double loss[] = {50, 50 * 0.8807970779778823, 0, -4, NAN, NAN};
  for (size_t i = 0; i < 6; i++) {
    churn_ranked line;
    churn_ranking_get(l.ranking, i, &line);
    assert_close(line.expected_loss, loss[i], 1e-14, 0);
    assert_int_equal(isnan(line.value), isnan(loss[i]));
    assert_int_equal(line.as_of, CHURN_DAY_MISSING);
  }
  assert_int_equal(l.report.customers, 6);
  assert_int_equal(l.report.listed, 6);
  /* 1/(1 + e^6) = 0.002472623156634775 */
  assert_close(l.report.expected_churners, 3 * 0.5 + 2 * 0.8807970779778823 + 0.002472623156634775,
               1e-14, 0);
  assert_close(l.report.expected_loss, 50 + 50 * 0.8807970779778823 - 4, 1e-14, 0);
  assert_int_equal(l.report.as_of, CHURN_DAY_MISSING);
  done(&l);
}

static void equal_losses_are_ordered_by_risk_value_and_id(void **state)
{
  (void)state;
  scratch_write("customers.csv", "id,x,money\nb,1,0\na,1,0\nc,3,0\nd,0.5,-0\n");
  listed l = list(flat, model_of("customers.x", NULL), by_loss);
  assert_order(&l, "c a b d");
  done(&l);
}

static void top_lists_the_first_and_scores_all(void **state)
{
  (void)state;
  scratch_write("customers.csv", "id,x,money\na,1,1\nb,3,1\nc,2,1\n");
  const uint64_t tops[] = {0, 1, 2, 3, 4};
  const char *orders[] = {"b c a", "b", "b c", "b c a", "b c a"};
  for (int i = 0; i < 5; i++) {
    churn_score_settings settings = {.as_of = CHURN_DAY_MISSING, .top = tops[i]};
    listed l = list(flat, model_of("customers.x", NULL), settings);
    assert_order(&l, orders[i]);
    assert_int_equal(l.report.customers, 3);
    assert_int_equal(l.report.listed, churn_ranking_count(l.ranking));
    done(&l);
  }
}

static void reasons_are_words_and_only_for_what_raises_the_risk(void **state)
{
  (void)state;
  scratch_write("customers.csv", "id,x,money\na,1.25,1\nb,0.5,1\nc,-1,1\nd,,1\n");
  listed l = list(flat, model_of("customers.x", "things"), by_probability);
  churn_ranked line;
  churn_ranking_get(l.ranking, 0, &line);
  assert_string_equal(line.customer_id, "a");
  assert_int_equal(line.reason_count, 1);
  assert_string_equal(line.reasons[0], "1.25 things");
  assert_close(line.contributions[0], 0.75, 1e-15, 0);
  assert_string_equal(line.reasons[1], "");
  for (size_t i = 1; i < 4; i++) { /* the average and less: no reason */
    churn_ranking_get(l.ranking, i, &line);
    assert_int_equal(line.reason_count, 0);
    assert_string_equal(line.reasons[0], "");
  }
  done(&l);
}

static void the_file_quotes_what_csv_must_quote(void **state)
{
  (void)state;
  scratch_write("customers.csv", "id,x,money\n\"x,\"\"y\"\"\",1,12.5\n007,3,\n");
  listed l = list(flat, model_of("customers.x", "a, \"b\""), by_probability);
  assert_ok(l.status, &l.error);
  const char *path = scratch_path("ranked.csv");
  assert_ok(churn_ranking_write(l.ranking, path, &l.error), &l.error);
  char *text = file_read(path, NULL);
  /* no value: empty fields, not NaN; 0.8807970779778823 is the shortest text of its bits */
  assert_string_equal(
      text,
      "rank,customer_id,as_of,probability,logit,value,expected_loss,reason_1,reason_2,reason_3,"
      "model\n"
      "1,007,,0.8807970779778823,2,,,\"3 a, \"\"b\"\"\",,,0123456789abcdef0123456789abcdef\n"
      "2,\"x,\"\"y\"\"\",,0.5,0,12.5,6.25,\"1 a, \"\"b\"\"\",,,0123456789abcdef0123456789abcdef\n");
  free(text);
  done(&l);
}

#define DATED                                                                                      \
  "version: 1\ncustomers: {from: customers.csv, id: id, joined: since, left: until}\n"             \
  "outcome: {horizon: 30d}\nfeatures: {x: as_of - joined}\n"
#define WITH_HISTORY DATED "histories:\n  calls: {from: calls.csv, id: id, day: on}\n"

static void the_day_after_the_data_is_scored_unless_another_is_asked_for(void **state)
{
  (void)state;
  scratch_write("customers.csv", "id,since,until\na,2024-01-01,\nb,2024-01-01,2024-03-10\n"
                                 "c,2024-03-11,\nd,2024-01-01,2024-03-11\n");
  scratch_write("calls.csv", "id,on\na,2024-03-10\n");
  listed l = list(WITH_HISTORY, model_of("as_of - joined", NULL), by_probability);
  assert_order(&l, "a d"); /* T = 2024-03-11: b left before it, c joins on it, d leaves on it */
  assert_int_equal(l.report.as_of, day("2024-03-11"));
  churn_ranked line;
  churn_ranking_get(l.ranking, 0, &line);
  assert_int_equal(line.as_of, day("2024-03-11"));
  assert_close(line.logit, -1 + 70, 1e-15, 0);
  done(&l);
  churn_score_settings earlier = {.as_of = day("2024-02-01")};
  l = list(WITH_HISTORY, model_of("as_of - joined", NULL), earlier);
  assert_order(&l, "a b d");
  assert_int_equal(l.report.as_of, day("2024-02-01"));
  done(&l);
  l = list(WITH_HISTORY "data_until: 2024-01-31\n", model_of("as_of - joined", NULL),
           by_probability);
  assert_order(&l, "a b d");
  assert_int_equal(l.report.as_of, day("2024-02-01"));
  done(&l);
}

static void without_histories_a_dated_base_needs_a_day_too(void **state)
{
  (void)state;
  scratch_write("customers.csv", "id,since,until\na,2024-01-01,\nb,2024-01-01,2024-01-15\n");
  listed l =
      list(DATED "data_until: 2024-01-31\n", model_of("as_of - joined", NULL), by_probability);
  assert_order(&l, "a"); /* b has left; a's x is 31 days, not a missing value */
  assert_int_equal(l.report.as_of, day("2024-02-01"));
  churn_ranked line;
  churn_ranking_get(l.ranking, 0, &line);
  assert_close(line.logit, 30, 1e-15, 0);
  done(&l);
  l = list(DATED, model_of("as_of - joined", NULL), by_probability);
  assert_int_equal(l.status, CHURN_DEGENERATE);
  assert_non_null(strstr(l.error.message, "--as-of"));
  done(&l);
  scratch_write("calls.csv", "id,on\n");
  l = list(WITH_HISTORY, model_of("as_of - joined", NULL), by_probability);
  assert_int_equal(l.status, CHURN_DEGENERATE);
  done(&l);
}

static void the_outcome_s_column_is_not_judged_when_scoring(void **state)
{
  (void)state;
  static const char project[] = "version: 1\ncustomers: {from: customers.csv, id: id}\n"
                                "outcome: {column: gone, positive: \"Yes\"}\n";
  const char *rows[] = {"id,x\na,1\nb,2\n", "id,x,gone\na,1,No\nb,2,No\n",
                        "id,x,gone\na,1,\nb,2,\n", "id,x,gone\na,1,No\nb,2,Maybe\n"};
  for (int i = 0; i < 4; i++) {
    scratch_write("customers.csv", rows[i]);
    listed l = list(project, model_of("customers.x", NULL), by_probability);
    assert_order(&l, "b a");
    done(&l);
  }
}

static void a_column_that_the_model_needs_must_be_there(void **state)
{
  (void)state;
  scratch_write("customers.csv", "id,y,money\na,1,1\n");
  listed l = list(flat, model_of("customers.x", NULL), by_probability);
  assert_int_equal(l.status, CHURN_BAD_PROJECT);
  assert_null(l.ranking);
  assert_non_null(strstr(l.error.message, "x"));
  done(&l);
}

static void a_base_that_has_left_gives_an_empty_list(void **state)
{
  (void)state;
  scratch_write("customers.csv",
                "id,since,until\na,2023-01-01,2024-01-02\nb,2024-01-01,2024-01-15\n");
  listed l =
      list(DATED "data_until: 2024-01-31\n", model_of("as_of - joined", NULL), by_probability);
  assert_order(&l, "");
  assert_int_equal(l.report.customers, 0);
  assert_true(l.report.expected_churners == 0);
  done(&l);
}

/* An export without a row is one that went wrong: a list of nobody must not pass for good news. */
static void an_export_of_nobody_is_refused(void **state)
{
  (void)state;
  scratch_write("customers.csv", "id,x,money\n");
  listed l = list(flat, model_of("customers.x", NULL), by_probability);
  assert_int_equal(l.status, CHURN_DEGENERATE);
  assert_null(l.ranking);
  assert_string_equal(l.error.file, scratch_path("customers.csv"));
  done(&l);
}

#define BOOK                                                                                       \
  "playbook: {causes: {price: {features: [x]}, life: {features: [y]}}}\n"                          \
  "list: {exclude: [life]}\n"

/* logit = -1 + x + y, means 0.5 and 0: contributions x - 0.5 and y. */
static churn_model *two_features(void)
{
  churn_model *m = model_of("customers.x", NULL);
  m->features = realloc(m->features, 2 * sizeof *m->features);
  m->columns = realloc(m->columns, 2 * sizeof *m->columns);
  m->features[1] = m->features[0];
  m->features[1].name = strdup("y");
  m->features[1].expression = strdup("customers.y");
  m->features[1].missing_rule = strdup("mean");
  m->features[1].number_column = 1;
  m->columns[1] = m->columns[0];
  m->columns[1].name = strdup("y");
  m->columns[1].feature = 1;
  m->columns[1].mean = 0;
  m->feature_count = m->column_count = 2;
  return m;
}

static void the_main_cause_decides_who_is_left_out_and_ranks_stay_dense(void **state)
{
  (void)state;
  /* a: price 1.5; b: life 2 > price 0.75; c: equal sums of 0.25, price comes first; d: none; e:
   * life 0.1 alone */
  scratch_write("customers.csv",
                "id,x,y,money\na,2,0.5,1\nb,1.25,2,8\nc,0.75,0.25,1\nd,0.5,-1,1\ne,0.5,0.1,4\n");
  char text[512];
  snprintf(text, sizeof text, "%s" BOOK, flat);
  churn_score_settings settings = {.as_of = CHURN_DAY_MISSING, .language = CHURN_CHINESE};
  listed l = list(text, two_features(), settings);
  assert_order(&l, "a c d");
  assert_int_equal(l.report.left_out, 2);
  assert_int_equal(l.report.listed, 3);
  assert_int_equal(l.report.customers, 5);
  /* probabilities 1/(1+exp(-logit)), logits 1.5 2.25 0 -1.5 -0.4 */
  assert_close(l.report.expected_churners,
               0.8175744761936437 + 0.9046505351008906 + 0.5 + 0.18242552380635635 +
                   0.401312339887548,
               1e-14, 0);
  churn_ranked line;
  churn_ranking_get(l.ranking, 1, &line);
  assert_string_equal(line.cause, "价格变动或不透明");
  assert_string_equal(line.owner, "账务");
  churn_ranking_get(l.ranking, 2, &line);
  assert_int_equal(line.main_cause, CHURN_NO_CAUSE);
  assert_string_equal(line.cause, "");
  assert_string_equal(line.action, "");
  assert_string_equal(line.owner, "");
  done(&l);
  settings.top = 2;
  l = list(text, two_features(), settings);
  assert_order(&l, "a c");
  assert_int_equal(l.report.left_out, 2);
  done(&l);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(order_is_probability_then_logit_value_and_id),
      cmocka_unit_test(expected_loss_is_probability_times_value),
      cmocka_unit_test(equal_losses_are_ordered_by_risk_value_and_id),
      cmocka_unit_test(top_lists_the_first_and_scores_all),
      cmocka_unit_test(reasons_are_words_and_only_for_what_raises_the_risk),
      cmocka_unit_test(the_file_quotes_what_csv_must_quote),
      cmocka_unit_test(the_day_after_the_data_is_scored_unless_another_is_asked_for),
      cmocka_unit_test(without_histories_a_dated_base_needs_a_day_too),
      cmocka_unit_test(the_outcome_s_column_is_not_judged_when_scoring),
      cmocka_unit_test(a_column_that_the_model_needs_must_be_there),
      cmocka_unit_test(a_base_that_has_left_gives_an_empty_list),
      cmocka_unit_test(an_export_of_nobody_is_refused),
      cmocka_unit_test(the_main_cause_decides_who_is_left_out_and_ranks_stay_dense),
  };
  return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
