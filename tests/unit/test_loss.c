/* Kinds of loss by silence, by events and by a level that fell: which day the rules see, whose the
 * recorded reason is, and which rows an excluded kind takes.
 *
 * T = 2024-03-01. All customers joined on 2023-01-01.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "design/loss.h"
#include "design/pipeline.h"
#include "opened.h"

#include <churn/churn.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEAD(LEFT) HEAD_UNTIL(LEFT, "2024-03-01")
#define HEAD_UNTIL(LEFT, LAST)                                                                     \
  "version: 1\n"                                                                                   \
  "customers: {from: customers.csv, id: id, joined: joined, " LEFT "columns: {why: category}}\n"   \
  "histories:\n"                                                                                   \
  "  orders: {from: orders.csv, id: id, day: on}\n"                                                \
  "  bills: {from: bills.csv, id: id, day: on, columns: {amount: number}}\n"                       \
  "  exits: {from: exits.csv, id: id, day: on, known_at: noted,\n"                                 \
  "    columns: {why: category, noted: day}}\n"                                                    \
  "  balances: {from: balances.csv, id: id, day: on, columns: {balance: number}}\n"                \
  "data_until: 2024-12-31\n"                                                                       \
  "snapshots: {first: 2024-03-01, last: " LAST ", every: 7d}\n"                                    \
  "features: {orders_60d: count(orders over 60d)}\n"                                               \
  "fit: {penalty: ridge, lambda: 0.125}\npool: 0\n"
#define DATED HEAD("left: gone, ")

static void write_customers(const char *rows)
{
  char text[1024] = "id,joined,gone,why\n";
  strcat(text, rows);
  scratch_write("customers.csv", text);
}

static void write_history(const char *name, const char *heading, const char *rows)
{
  char text[1024];
  snprintf(text, sizeof text, "%s\n%s", heading, rows);
  scratch_write(name, text);
}

static void write_all(const char *orders, const char *bills, const char *exits,
                      const char *balances)
{
  write_history("orders.csv", "id,on", orders);
  write_history("bills.csv", "id,on,amount", bills);
  write_history("exits.csv", "id,on,why,noted", exits);
  write_history("balances.csv", "id,on,balance", balances);
}

/* The labels of T by customer: 1 churned, 0 stayed, - none. */
static const char *labels_of(const char *text)
{
  static char letters[16];
  const churn_pipeline_settings opening = {.with_labels = true};
  churn_project *project = project_of(text);
  churn_pipeline *pipeline = NULL;
  churn_snapshots *rows = NULL;
  churn_error error = {0};
  assert_ok(churn_pipeline_open(project, &opening, NULL, &pipeline, &error), &error);
  assert_ok(churn_pipeline_snapshots(pipeline, CHURN_DAY_MISSING, CHURN_DAY_MISSING,
                                     CHURN_SNAPSHOTS_ALL, NULL, &rows, &error),
            &error);
  uint64_t dropped = 0;
  for (size_t i = 0; i < rows->count; i++) {
    assert_int_equal(rows->rows[i].customer, i);
    letters[i] = rows->rows[i].label < 0 ? '-' : (char)('0' + rows->rows[i].label);
    dropped += rows->rows[i].label < 0;
  }
  letters[rows->count] = '\0';
  assert_int_equal(rows->days[0].dropped, dropped);
  churn_snapshots_free(rows);
  churn_pipeline_close(pipeline);
  churn_project_free(project);
  return letters;
}

#define SILENT_KINDS                                                                               \
  "kinds: {reason: why, natural: [moved], malicious: sum(amount from bills) > 0}\n"
#define SILENT "silent: orders, horizon: 30d"

/* The label window is [2024-03-01, 2024-03-31). Who ordered on 2024-02-10 last is silent for 30
 * days on 2024-03-11. a orders again, b moved, c moved but came back before that, d owed while it
 * was silent, e owed only afterwards, f left, and owed only after that. g joins on 2024-06-01. */
static void write_silence(void)
{
  write_customers("a,2023-01-01,,\nb,2023-01-01,,moved\nc,2023-01-01,2024-08-20,moved\n"
                  "d,2023-01-01,,\ne,2023-01-01,,\nf,2023-01-01,2024-03-04,\ng,2024-06-01,,\n");
  write_all("a,2024-02-01\na,2024-02-10\na,2024-03-05\nb,2024-02-10\nc,2024-02-10\nc,2024-05-01\n"
            "d,2024-01-20\nd,2024-02-10\ne,2024-02-10\nf,2024-02-10\ng,2024-06-05\n",
            "d,2024-03-10,5.25\ne,2024-03-11,7.5\nf,2024-03-04,3.75\n", "", "");
}

static void a_silence_is_judged_as_of_the_day_it_is_complete(void **state)
{
  (void)state;
  write_silence();
  assert_string_equal(labels_of(DATED SILENT_KINDS "outcome: {" SILENT "}\n"), "011111");
  assert_string_equal(labels_of(DATED SILENT_KINDS "outcome: {" SILENT ", exclude: [natural]}\n"),
                      "0-1111");
  assert_string_equal(
      labels_of(DATED SILENT_KINDS "outcome: {" SILENT ", exclude: [malicious, natural]}\n"),
      "0-1-11");
}

/* Two periods of 90 days from T: a is silent on 04-04; c on 03-11 and, having come back, on 05-31,
 * which is the one that the reason is of. g came and went within the second. */
static void the_kinds_of_silences_over_time_are_those_of_the_labels(void **state)
{
  (void)state;
  write_silence();
  churn_project *project = project_of(DATED SILENT_KINDS "outcome: {" SILENT "}\n");
  const churn_rates_settings settings = {.first = day("2024-03-01"),
                                         .last = day("2024-08-27"),
                                         .every = "90d",
                                         .value = NAN,
                                         .replacement_cost = NAN};
  static const uint64_t lost[CHURN_KINDS][2] = {[CHURN_KIND_NATURAL] = {1, 1},
                                                [CHURN_KIND_MALICIOUS] = {1, 0},
                                                [CHURN_KIND_UNCLASSIFIED] = {4, 0}};
  churn_rates *rates = NULL;
  churn_error error = {0};
  assert_ok(churn_rates_count(project, &settings, NULL, &rates, &error), &error);
  assert_int_equal(rates->rates[0].lost, 6);
  assert_int_equal(rates->rates[1].lost, 1);
  assert_int_equal(rates->rates[1].came_and_went, 1);
  for (size_t k = 0; k < CHURN_KINDS; k++)
    for (size_t p = 0; p < 2; p++)
      assert_int_equal(rates->kinds[2 * k + p].lost, lost[k][p]);
  churn_rates_free(rates);
  churn_project_free(project);
}

static churn_agreement *agreement_of(const char *text)
{
  const churn_train_settings training = {
      .first = CHURN_DAY_MISSING, .last = CHURN_DAY_MISSING, .test_from = CHURN_DAY_MISSING};
  const churn_agreement_settings settings = {CHURN_DAY_MISSING, CHURN_DAY_MISSING};
  churn_project *project = project_of(text);
  churn_model *model = NULL;
  churn_agreement *a = NULL;
  churn_error error = {0};
  assert_ok(churn_train(project, &training, NULL, &model, &error), &error);
  assert_ok(churn_agreement_count(project, model, &settings, NULL, &a, &error), &error);
  churn_model_free(model);
  churn_project_free(project);
  return a;
}

/* b to f, whatever the outcome excludes: b moved, d owed, of the others nothing is known. */
static void the_model_is_held_against_the_kinds_of_silences(void **state)
{
  (void)state;
  static const char *const texts[] = {DATED SILENT_KINDS "outcome: {" SILENT "}\n",
                                      HEAD("") SILENT_KINDS "outcome: {" SILENT
                                                            ", exclude: [natural]}\n"};
  write_silence();
  for (size_t i = 0; i < 2; i++) {
    churn_agreement *a = agreement_of(texts[i]);
    assert_int_equal(a->lost, 5);
    assert_int_equal(a->unseen, 0);
    assert_int_equal(a->kinds[CHURN_KIND_NATURAL].lost, 1);
    /* without a leaving day f, too, is silent on 03-11 */
    assert_int_equal(a->kinds[CHURN_KIND_MALICIOUS].lost, i == 0 ? 1 : 2);
    assert_int_equal(a->kinds[CHURN_KIND_UNCLASSIFIED].lost, i == 0 ? 3 : 2);
    assert_int_equal(a->reason_count, 2);
    assert_string_equal(a->reasons[0].stated, "moved");
    assert_int_equal(a->reasons[0].lost, 1);
    assert_int_equal(a->reasons[1].lost, 4);
    churn_agreement_free(a);
  }
}

/* A week later a is silent, too, and f is gone: each is counted at their own last snapshot. */
static void who_is_churned_on_several_snapshots_is_lost_once(void **state)
{
  (void)state;
  write_silence();
  churn_agreement *a =
      agreement_of(HEAD_UNTIL("left: gone, ", "2024-03-08") SILENT_KINDS "outcome: {" SILENT "}\n");
  assert_int_equal(a->lost, 6);
  assert_int_equal(a->kinds[CHURN_KIND_NATURAL].lost, 1);
  assert_int_equal(a->kinds[CHURN_KIND_MALICIOUS].lost, 1);
  assert_int_equal(a->kinds[CHURN_KIND_UNCLASSIFIED].lost, 4);
  churn_agreement_free(a);
}

/* A reason that is written down months later is that of the leaving all the same. */
static void a_reason_may_be_recorded_late(void **state)
{
  (void)state;
  scratch_write("customers.csv", "id,joined,gone,why,noted\na,2023-01-01,,,\n"
                                 "b,2023-01-01,2024-03-10,moved,2024-07-02\n"
                                 "c,2023-01-01,2024-03-10,price,2024-07-02\n"
                                 "d,2023-01-01,2024-03-10,moved,2025-01-07\n");
  write_all("a,2024-02-10\n", "", "", "");
  assert_string_equal(
      labels_of("version: 1\ncustomers: {from: customers.csv, id: id, joined: joined, left: gone,\n"
                "  columns: {why: {type: category, known_at: noted}, noted: day}}\n"
                "histories: {orders: {from: orders.csv, id: id, day: on}}\n"
                "data_until: 2024-12-31\nfeatures: {n: count(orders)}\n"
                "snapshots: {first: 2024-03-01, last: 2024-03-01, every: 30d}\n"
                "kinds: {reason: why, natural: [moved]}\n"
                "outcome: {horizon: 30d, exclude: [natural]}\n"),
      "0-11");
}

#define EVENT "event: exits where why != \"trial\", horizon: 30d, gap: 5d"

/* The label window is [2024-03-06, 2024-04-05). c's first exit is for the price; d's is one only
 * after a trial's end; e's is after the window; f's is noted weeks later; g's is on its last day,
 * and another day's note follows. */
static void a_rule_reads_the_event_itself(void **state)
{
  (void)state;
  write_customers("a,2023-01-01,,\nb,2023-01-01,,\nc,2023-01-01,,\nd,2023-01-01,,\n"
                  "e,2023-01-01,,\nf,2023-01-01,,\ng,2023-01-01,,\n");
  write_all("a,2024-02-10\n", "",
            "b,2024-03-10,moved,2024-03-10\nc,2024-03-10,price,2024-03-10\n"
            "c,2024-03-20,moved,2024-03-20\nd,2024-03-08,trial,2024-03-08\n"
            "d,2024-03-12,moved,2024-03-12\ne,2024-04-10,moved,2024-04-10\n"
            "f,2024-03-10,moved,2024-04-20\ng,2024-04-04,moved,2024-04-04\n"
            "g,2024-04-05,price,2024-04-05\n",
            "");
#define MOVED "kinds: {natural: last(why from exits) = \"moved\"}\n"
  assert_string_equal(labels_of(DATED MOVED "outcome: {" EVENT "}\n"), "0111011");
  assert_string_equal(labels_of(DATED MOVED "outcome: {" EVENT ", exclude: [natural]}\n"),
                      "0-1-0--");
}

/* b has another exit in June: what is recorded is the reason of that one. */
static void a_recorded_reason_is_that_of_the_last_event(void **state)
{
  (void)state;
  write_customers("a,2023-01-01,,\nb,2023-01-01,,moved\nc,2023-01-01,,moved\n"
                  "d,2023-01-01,,moved\n");
  write_all("a,2024-02-10\n", "",
            "b,2024-03-10,x,2024-03-10\nb,2024-06-01,x,2024-06-01\nc,2024-03-10,x,2024-03-10\n"
            "d,2024-03-10,x,2024-03-10\nd,2024-06-01,trial,2024-06-01\n",
            "");
  assert_string_equal(labels_of(DATED "kinds: {reason: why, natural: [moved]}\noutcome: {" EVENT
                                      ", exclude: [natural]}\n"),
                      "01--");
}

#define DROP                                                                                       \
  "drop: mean(balance from balances over 30d), below: 0.5, horizon: 30d, leavers: lost, "          \
  "exclude: [natural]"
#define DROP_KINDS "kinds: {reason: why, natural: {reasons: [moved], when: count(bills) > 0}}\n"

/* The label window is [2024-03-01, 2024-03-31). b moved, but later; c moved in it; d's rule is true
 * within the window, e's only after it, and f's only after f had left. */
static void a_fall_is_judged_as_of_the_windows_end_or_of_leaving(void **state)
{
  (void)state;
  write_customers("a,2023-01-01,,\nb,2023-01-01,2024-06-01,moved\nc,2023-01-01,2024-03-15,moved\n"
                  "d,2023-01-01,,\ne,2023-01-01,,\nf,2023-01-01,2024-03-15,\n");
  write_all("a,2024-02-10\n", "d,2024-03-30,5.25\ne,2024-03-31,7.5\nf,2024-03-15,3.75\n", "",
            "a,2024-02-10,100.5\na,2024-03-10,90\nb,2024-02-10,100.5\nb,2024-03-10,10.25\n"
            "c,2024-02-10,100.5\nd,2024-02-10,100.5\nd,2024-03-10,10.25\ne,2024-02-10,100.5\n"
            "e,2024-03-10,10.25\nf,2024-02-10,100.5\n");
  assert_string_equal(labels_of(DATED DROP_KINDS "outcome: {" DROP "}\n"), "01--11");
  /* nobody is known to leave: what is recorded is the reason of the fall; c and f have no level */
  assert_string_equal(labels_of(HEAD("") DROP_KINDS "outcome: {" DROP "}\n"), "0---1-");
}

/* b's level has fallen by 2024-03-31, the day on which b leaves: at T the fall is the loss, a week
 * later the leaving is, as of the same day. */
static void a_fall_and_a_leaving_of_one_day_are_told_apart(void **state)
{
  (void)state;
  const churn_pipeline_settings opening = {.with_labels = true};
  churn_pipeline *pipeline = NULL;
  churn_snapshots *rows = NULL;
  churn_error error = {0};
  write_customers("a,2023-01-01,,\nb,2023-01-01,2024-03-31,moved\n");
  write_all("a,2024-02-10\n", "", "",
            "a,2024-02-20,100.5\na,2024-03-20,90\nb,2024-02-20,100.5\nb,2024-03-20,10.25\n");
  churn_project *project =
      project_of(HEAD_UNTIL("left: gone, ", "2024-03-08") DROP_KINDS "outcome: {" DROP "}\n");
  assert_ok(churn_pipeline_open(project, &opening, NULL, &pipeline, &error), &error);
  assert_ok(churn_pipeline_snapshots(pipeline, CHURN_DAY_MISSING, CHURN_DAY_MISSING,
                                     CHURN_SNAPSHOTS_ALL, NULL, &rows, &error),
            &error);
  const int8_t labels[] = {CHURN_LABEL_STAYED, CHURN_LABEL_STAYED, CHURN_LABEL_CHURNED,
                           CHURN_LABEL_UNKNOWN};
  assert_int_equal(rows->count, 4);
  for (size_t i = 0; i < 4; i++)
    assert_int_equal(rows->rows[i].label, labels[i]);
  churn_snapshots_free(rows);
  churn_pipeline_close(pipeline);
  churn_project_free(project);
}

enum { LONG = 900, START = 19000 };

/* Against a look at every row of a history that takes several batches; the condition is true of one
 * row in 290 or so. */
static void the_first_and_the_newest_row_are_found_however_long_the_history(void **state)
{
  (void)state;
  static char text[LONG * 24];
  size_t used = 0;
  for (int i = 0; i < LONG; i++) {
    char on[CHURN_DAY_TEXT_SIZE];
    churn_day_format(START + i / 2, on);
    used += (size_t)sprintf(text + used, "a,%s,%d.5\n", on, i % 290);
  }
  write_customers("a,2019-01-01,,\n");
  write_all("a,2024-02-10\n", "", "", "");
  scratch_write("bills.csv", "");
  FILE *file = fopen(scratch_path("bills.csv"), "w");
  assert_non_null(file);
  fprintf(file, "id,on,amount\n%s", text);
  fclose(file);
  opened o = opened_ok(DATED "outcome: {" SILENT "}\n");
  const churn_expression condition = {.name = "big",
                                      .text = "amount > 288",
                                      .rule = CHURN_EXPRESSION_CONDITION,
                                      .history = "bills"};
  churn_plan *plan = NULL;
  churn_error error = {0};
  assert_ok(churn_plan_build(o.schema, &condition, 1, NULL, NULL, &plan, &error), &error);
  assert_ok(churn_plan_bind(plan, o.data, &error), &error);
  churn_workspace *workspace = churn_workspace_new(plan);
  for (int first = -3; first < LONG / 2 + 3; first += 11)
    for (int last = first; last < LONG / 2 + 3; last += 7)
      for (int newest = 0; newest < 2; newest++) {
        size_t row, expected = SIZE_MAX;
        for (int i = 0; i < LONG; i++)
          if (i / 2 >= first && i / 2 < last && i % 290 >= 288 &&
              (newest != 0 || expected == SIZE_MAX))
            expected = (size_t)i;
        assert_ok(churn_plan_find_row(plan, workspace, 0, 0, START + first, START + last,
                                      CHURN_DAY_LAST,
                                      newest != 0 ? CHURN_ROW_NEWEST : CHURN_ROW_FIRST, &row),
                  NULL);
        assert_int_equal(row, expected);
      }
  churn_workspace_free(workspace);
  churn_plan_free(plan);
  opened_close(&o);
}

static void check_refused(const char *outcome, const char *says)
{
  char text[2048];
  churn_project *project = NULL;
  churn_error error = {.message = ""};
  snprintf(text, sizeof text, "%soutcome: {%s}\n", DATED, outcome);
  scratch_write("wrong.yaml", text);
  assert_int_equal(churn_project_read(scratch_path("wrong.yaml"), NULL, 0, NULL, &project, &error),
                   CHURN_BAD_PROJECT);
  if (strstr(error.message, says) == NULL)
    fail_msg("it says: %s", error.message);
}

static void a_kind_that_nothing_tells_cannot_be_excluded(void **state)
{
  (void)state;
  check_refused(SILENT ", exclude: [natural]", "`kinds` does not say what is natural");
  check_refused(EVENT ", exclude: [natural]", "`kinds` does not say what is natural");
  check_refused(DROP, "`kinds` does not say what is natural");
  check_refused("from: l.csv, id: id, day: on, churned: y, horizon: 9d, exclude: [natural]",
                "unknown key \"exclude\"");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_silence_is_judged_as_of_the_day_it_is_complete),
      cmocka_unit_test(the_kinds_of_silences_over_time_are_those_of_the_labels),
      cmocka_unit_test(the_model_is_held_against_the_kinds_of_silences),
      cmocka_unit_test(a_rule_reads_the_event_itself),
      cmocka_unit_test(a_recorded_reason_is_that_of_the_last_event),
      cmocka_unit_test(a_fall_is_judged_as_of_the_windows_end_or_of_leaving),
      cmocka_unit_test(who_is_churned_on_several_snapshots_is_lost_once),
      cmocka_unit_test(a_reason_may_be_recorded_late),
      cmocka_unit_test(a_fall_and_a_leaving_of_one_day_are_told_apart),
      cmocka_unit_test(the_first_and_the_newest_row_are_found_however_long_the_history),
      cmocka_unit_test(a_kind_that_nothing_tells_cannot_be_excluded),
  };
  return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
