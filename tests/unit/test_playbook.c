/* The playbook: what the shipped one says, what a project changes of it, which cause a feature
 * belongs to; and what `check` tells of the map.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "opened.h"
#include "project/project.h"

#include <churn/check.h>
#include <churn/playbook.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEAD "version: 1\ncustomers: {from: c.csv, id: key, left: gone}\n"
#define CALLS "histories: {calls: {from: calls.csv, id: key, day: at}}\n"

/* Name of the cause that a feature belongs to. */
static const char *cause_name(const churn_project *p, const char *feature, const char *history)
{
  return churn_playbook_cause(p, churn_playbook_cause_of(p->playbook, feature, history, NULL))
      ->name;
}

static const churn_cause *cause_named(const churn_project *p, const char *name)
{
  for (size_t i = 0; i < churn_playbook_count(p); i++)
    if (strcmp(churn_playbook_cause(p, i)->name, name) == 0)
      return churn_playbook_cause(p, i);
  fail_msg("no cause %s", name);
  return NULL;
}

static void no_playbook_is_none(void **state)
{
  (void)state;
  churn_project *p = project_of(HEAD CALLS);
  assert_int_equal(churn_playbook_count(p), 0);
  assert_int_equal(churn_project_language(p), CHURN_ENGLISH);
  assert_string_equal(churn_playbook_owner(p, CHURN_OWNER_REP, CHURN_ENGLISH), "");
  churn_project_free(p);
}

/* The families are the issue's: each default feature by its name, none left to `other`. */
static void every_default_feature_has_a_cause_by_name(void **state)
{
  static const char *const expected[][2] = {{"engagements_30d", "drift"},
                                            {"engagement_trend", "drift"},
                                            {"days_since_engagement", "neglect"},
                                            {"severe_complaints_90d", "quality"},
                                            {"open_complaints", "complaints"},
                                            {"days_to_resolve_365d", "complaints"},
                                            {"price_tier", "price"},
                                            {"fee_change_180d", "price"},
                                            {"rep_changes_365d", "rep"},
                                            {"days_since_rep_change", "rep"},
                                            {"payment_delay_180d", "arrears"},
                                            {"overdue_amount", "arrears"},
                                            {"tenure_days", "newcomer"}};
  (void)state;
  churn_project *p = project_of(HEAD CALLS "playbook: default\n");
  assert_int_equal(p->feature_count, sizeof expected / sizeof expected[0]);
  for (size_t i = 0; i < p->feature_count; i++) {
    bool found = false;
    uint32_t cause = churn_playbook_cause_of(p->playbook, p->features[i].name.text, NULL, &found);
    assert_string_equal(p->features[i].name.text, expected[i][0]);
    assert_true(found);
    assert_string_equal(churn_playbook_cause(p, cause)->name, expected[i][1]);
  }
  churn_project_free(p);
}

static void every_shipped_cause_has_texts_in_both_languages_and_an_owner_or_none(void **state)
{
  (void)state;
  churn_project *p = project_of(HEAD "playbook: default\nlang: zh\n");
  size_t natural = 0, owners[CHURN_OWNERS] = {0};
  assert_true(churn_playbook_count(p) >= 12);
  for (size_t i = 0; i < churn_playbook_count(p); i++) {
    const churn_cause *c = churn_playbook_cause(p, i);
    assert_true(strlen(c->labels[CHURN_ENGLISH]) > 3);
    assert_string_not_equal(c->labels[CHURN_ENGLISH], c->labels[CHURN_CHINESE]);
    assert_ptr_equal(c->labels[CHURN_LANGUAGE_OF_PROJECT], c->labels[CHURN_CHINESE]);
    assert_int_equal(c->natural, c->actions[CHURN_ENGLISH][0] == '\0');
    assert_int_equal(c->natural, c->actions[CHURN_CHINESE][0] == '\0');
    assert_int_equal(c->natural, c->owner == CHURN_OWNER_NONE);
    assert_false(c->excluded);
    natural += c->natural;
    owners[c->owner]++;
  }
  assert_int_equal(natural, 2);
  for (int o = CHURN_OWNER_REP; o < CHURN_OWNERS; o++)
    assert_true(owners[o] > 0);
  assert_string_equal(churn_playbook_owner(p, CHURN_OWNER_BILLING, CHURN_LANGUAGE_OF_PROJECT),
                      "账务");
  assert_string_equal(churn_playbook_owner(p, CHURN_OWNER_BILLING, CHURN_ENGLISH), "billing");
  churn_project_free(p);
}

/* The words of the issue, as columns of well-known exports and as Chinese headings. */
static void usual_names_find_their_cause(void **state)
{
  static const char *const expected[][2] = {
      {"MonthlyCharges", "price"},  {"Contract", "competitor"},
      {"PaymentMethod", "arrears"}, {"tenure", "newcomer"},
      {"SeniorCitizen", "life"},    {"Age", "life"},
      {"Balance", "drift"},         {"CreditScore", "life"},
      {"region", "segment"},        {"season", "market"},
      {"data_usage_30d", "drift"},  {"feedback_score", "other"},
      {"last_rep_visit", "rep"},    {"未办结投诉数", "complaints"},
      {"近30天使用次数", "drift"},  {"欠费金额", "arrears"},
      {"逾期金额", "arrears"},      {"缴费延迟", "arrears"},
      {"unpaid_fees", "arrears"},   {"月消费", "drift"},
      {"续费次数", "competitor"},   {"月费", "price"},
      {"信用评分", "life"},         {"xyz", "other"}};
  (void)state;
  churn_project *p = project_of(HEAD "playbook: default\n");
  for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++)
    assert_string_equal(cause_name(p, expected[i][0], NULL), expected[i][1]);
  assert_string_equal(cause_name(p, "n", "complaints"), "complaints");
  assert_string_equal(cause_name(p, "n", "使用"), "drift");
  assert_string_equal(cause_name(p, "n", "calls"), "other");
  churn_project_free(p);
}

/* Of a number: what the value says; of a rule for a history: what the number of its rows says. */
static void the_shipped_rules_say_which_values_speak_for_their_cause(void **state)
{
  static const struct {
    const char *feature, *history;
    churn_speaks speaks;
  } expected[] = {{"satisfaction_180d", NULL, CHURN_SPEAKS_LOW},
                  {"dissatisfied", NULL, CHURN_SPEAKS_HIGH},
                  {"errors_90d", NULL, CHURN_SPEAKS_HIGH},
                  {"active_subs", NULL, CHURN_SPEAKS_LOW},
                  {"Months_Inactive_12_mon", NULL, CHURN_SPEAKS_HIGH},
                  {"days_since_engagement", NULL, CHURN_SPEAKS_HIGH},
                  {"days_since_price_change", NULL, CHURN_SPEAKS_LOW},
                  {"engagements_30d", NULL, CHURN_SPEAKS_LOW},
                  {"MonthlyCharges", NULL, CHURN_SPEAKS_HIGH},
                  {"不满意次数", NULL, CHURN_SPEAKS_HIGH},
                  {"满意度", NULL, CHURN_SPEAKS_LOW},
                  {"Contract", NULL, CHURN_SPEAKS_ALWAYS},
                  {"n", "tickets", CHURN_SPEAKS_HIGH},
                  {"n", "usage", CHURN_SPEAKS_LOW},
                  {"n", "balances", CHURN_SPEAKS_ALWAYS}};
  (void)state;
  churn_project *p = project_of(HEAD "playbook: default\n");
  for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
    const churn_cause_rule *rule =
        churn_playbook_rule(p->playbook, expected[i].feature, expected[i].history);
    assert_non_null(rule);
    if (rule->speaks != expected[i].speaks)
      fail_msg("%s: \"%s\" speaks %d", expected[i].feature, rule->text.text, (int)rule->speaks);
  }
  assert_null(churn_playbook_rule(p->playbook, "xyz", NULL));
  churn_project_free(p);
}

/* Patterns count in the order they are written, in whichever list; the project can turn one. */
static void lists_of_a_cause_are_read_in_the_order_they_are_written(void **state)
{
  (void)state;
  scratch_write("own.yaml", "version: 1\ncauses:\n"
                            "  a: {label: A, when_low: ['c*'], features: ['cal*'], when_high: "
                            "['d*', '*l*']}\n");
  churn_project *p = project_of(HEAD CALLS "features: {dial: count(calls)}\n"
                                           "playbook: {file: own.yaml, causes: {a: {when_low: "
                                           "dial, when_few: calls}}}\n");
  assert_int_equal(churn_playbook_rule(p->playbook, "calls", NULL)->speaks, CHURN_SPEAKS_LOW);
  assert_int_equal(churn_playbook_rule(p->playbook, "dials", NULL)->speaks, CHURN_SPEAKS_HIGH);
  assert_int_equal(churn_playbook_rule(p->playbook, "dial", NULL)->speaks, CHURN_SPEAKS_LOW);
  assert_int_equal(churn_playbook_rule(p->playbook, "x", "calls")->speaks, CHURN_SPEAKS_LOW);
  churn_project_free(p);
}

/* File: exact beats pattern beats history, the first pattern wins; the project beats the file. */
static void rules_go_by_kind_and_the_projects_before_the_files(void **state)
{
  (void)state;
  scratch_write("own.yaml", "version: 1\ncauses:\n"
                            "  a: {label: A, features: ['c*', n_of_b], histories: calls}\n"
                            "  b: {label: {en: B}, action: {zh: 做乙}, owner: service, features: "
                            "['ca*', 'n_*', call_exact]}\n"
                            "  life: {label: L, natural: yes}\n");
  churn_project *p = project_of(
      HEAD CALLS "features: {call_share: count(calls), n_of_b: count(calls), m: count(calls)}\n"
                 "playbook: {file: own.yaml, causes: {b: {features: [m], label: Bee},\n"
                 "  'c d': {label: {en: new, zh: 新}, histories: [calls]}}}\n"
                 "list: {exclude: natural}\n");
  assert_string_equal(cause_name(p, "call_exact", NULL), "b"); /* a name before 'c*' */
  assert_string_equal(cause_name(p, "call_share", NULL), "a"); /* the first pattern */
  assert_string_equal(cause_name(p, "n_of_b", NULL), "a");
  assert_string_equal(cause_name(p, "N_ANY", NULL), "b");  /* capitals do not matter */
  assert_string_equal(cause_name(p, "N_OF_B", NULL), "b"); /* but do in a name */
  assert_string_equal(cause_name(p, "zzz", NULL), "other");
  assert_string_equal(cause_name(p, "m", "calls"), "b");        /* the project's name */
  assert_string_equal(cause_name(p, "z", "calls"), "c d");      /* its history before the file's */
  assert_string_equal(cause_name(p, "n_of_b", "calls"), "c d"); /* and before the file's names */
  const churn_cause *b = cause_named(p, "b"), *life = cause_named(p, "life");
  assert_string_equal(b->labels[CHURN_CHINESE], "Bee");
  assert_string_equal(b->actions[CHURN_ENGLISH], "做乙"); /* the one there is */
  assert_int_equal(b->owner, CHURN_OWNER_SERVICE);
  assert_true(life->natural && life->excluded && !b->excluded);
  assert_string_equal(cause_named(p, "other")->labels[CHURN_CHINESE], "其他");
  assert_string_equal(cause_named(p, "c d")->labels[CHURN_CHINESE], "新");
  assert_int_equal(churn_playbook_count(p), 5);
  churn_project_free(p);
}

static void a_cause_made_natural_loses_its_action_and_a_list_names_what_is_left_out(void **state)
{
  (void)state;
  churn_project *p = project_of(HEAD "playbook: {causes: {price: {natural: yes}, rep: {action: "
                                     "\"\"}}, owners: {rep: {en: key account}}}\n"
                                     "list: {exclude: [price, other]}\n");
  const churn_cause *price = cause_named(p, "price"), *rep = cause_named(p, "rep");
  assert_true(price->natural && price->excluded && cause_named(p, "other")->excluded);
  assert_string_equal(price->actions[CHURN_ENGLISH], "");
  assert_int_equal(price->owner, CHURN_OWNER_NONE);
  assert_string_equal(rep->actions[CHURN_CHINESE], "");
  assert_false(rep->natural || rep->excluded || cause_named(p, "life")->excluded);
  assert_string_equal(churn_playbook_owner(p, CHURN_OWNER_REP, CHURN_CHINESE), "key account");
  churn_project_free(p);
}

static void languages_have_codes(void **state)
{
  (void)state;
  assert_int_equal(churn_language_of("en"), CHURN_ENGLISH);
  assert_int_equal(churn_language_of("zh"), CHURN_CHINESE);
  assert_int_equal(churn_language_of("fr"), CHURN_LANGUAGE_OF_PROJECT);
  assert_int_equal(churn_language_of(""), CHURN_LANGUAGE_OF_PROJECT);
  assert_string_equal(churn_owner_name(CHURN_OWNER_PRODUCT), "product");
  assert_string_equal(churn_owner_name(CHURN_OWNER_NONE), "none");
}

typedef struct wrong {
  const char *what, *file, *project;
  const char *name; /* of the file with the fault */
  uint64_t line, column;
  const char *message;
} wrong;

#define FILE_KEY "playbook: own.yaml\n"

static const wrong cases[] = {
    {"no such file", NULL, "playbook: none.yaml\n", "project.yaml", 3, 11,
     "none.yaml: cannot read the playbook: No such file or directory"},
    {"no playbook", "a: b\n", FILE_KEY, "own.yaml", 1, 1,
     "unknown key \"a\" in a playbook; accepted: version, owners, causes"},
    {"not YAML", "version: 1\ncauses: {a: [\n", FILE_KEY, "own.yaml", 3, 1, "not valid YAML"},
    {"another version", "version: 2\ncauses: {}\n", FILE_KEY, "own.yaml", 1, 10,
     "version \"2\" is not known"},
    {"no causes", "version: 1\n", FILE_KEY, "own.yaml", 1, 1, "a playbook has no \"causes\""},
    {"a cause without label", "version: 1\ncauses:\n  a: {owner: rep}\n", FILE_KEY, "own.yaml", 3,
     3, "the new cause \"a\" has no \"label\""},
    {"an owner that is none", "version: 1\ncauses: {a: {label: A, owner: reps}}\n", FILE_KEY,
     "own.yaml", 2, 31, "owner: \"reps\" is not known (did you mean \"rep\"?)"},
    {"a key of a cause", "version: 1\ncauses: {a: {lable: A}}\n", FILE_KEY, "own.yaml", 2, 10,
     "has no \"label\""},
    {"a language", "version: 1\ncauses: {a: {label: {fr: A}}}\n", FILE_KEY, "own.yaml", 2, 22,
     "unknown key \"fr\" in label; accepted: en, zh"},
    {"a natural cause with an action",
     "version: 1\ncauses: {a: {label: A, natural: yes, action: x}}\n", FILE_KEY, "own.yaml", 2, 38,
     "the cause \"a\" is natural"},
    {"a feature of two causes",
     "version: 1\ncauses:\n  a: {label: A, features: [x, y]}\n  b: {label: B, features: [y]}\n",
     FILE_KEY, "own.yaml", 4, 28, "\"y\" stands twice: under the cause \"a\" too"},
    {"features as a mapping", "version: 1\ncauses: {a: {label: A, features: {x: y}}}\n", FILE_KEY,
     "own.yaml", 2, 34, "features must be a list"},
    {"a feature in two lists of a cause",
     "version: 1\ncauses: {a: {label: A, features: [x], when_low: [x]}}\n", FILE_KEY, "own.yaml", 2,
     50, "\"x\" stands twice: under the cause \"a\" too"},
    {"when_high as a mapping", "version: 1\ncauses: {a: {label: A, when_high: {x: y}}}\n", FILE_KEY,
     "own.yaml", 2, 35, "when_high must be a list"},
    {"a cause twice", "version: 1\ncauses:\n  a: {label: A}\n  a: {label: B}\n", FILE_KEY,
     "own.yaml", 4, 3, "the key \"a\" stands twice"},
    {"an owner of owners", "version: 1\nowners: {boss: x}\ncauses: {}\n", FILE_KEY, "own.yaml", 2,
     10, "unknown key \"boss\" in owners; accepted: rep, service, billing, product"},
    {"a key of the project's", NULL, "playbook: {fil: x}\n", "project.yaml", 3, 12,
     "unknown key \"fil\" in playbook (did you mean \"file\"?); accepted: file, causes, owners"},
    {"nothing", NULL, "playbook:\n", "project.yaml", 3, 1, "found nothing"},
    {"a cause misspelt", NULL, "playbook: {causes: {prize: {owner: rep}}}\n", "project.yaml", 3, 21,
     "the new cause \"prize\" has no \"label\" (did you mean \"price\"?)"},
    {"a feature misspelt", NULL, "playbook: {causes: {price: {features: [price_teir]}}}\n",
     "project.yaml", 3, 40, "\"price_teir\" matches no feature (did you mean \"price_tier\"?)"},
    {"a history misspelt", NULL, "playbook: {causes: {price: {histories: [cals]}}}\n",
     "project.yaml", 3, 41, "there is no history \"cals\" (did you mean \"calls\"?)"},
    {"a language of the project", NULL, "lang: cn\n", "project.yaml", 3, 7,
     "lang: \"cn\" is not known"},
    {"causes without a playbook", NULL, "list: {exclude: [life]}\n", "project.yaml", 3, 17,
     "the project has no playbook"},
    {"a cause to exclude", NULL, "list: {exclude: [lief]}\nplaybook: default\n", "project.yaml", 3,
     18, "list.exclude: \"lief\" is not known (did you mean \"life\"?)"},
    {"one that is no list", NULL, "list: {exclude: life}\nplaybook: default\n", "project.yaml", 3,
     17, "list.exclude must be natural, or a list of causes"},
    {"a key of list", NULL, "list: {exlude: [life]}\nplaybook: default\n", "project.yaml", 3, 8,
     "unknown key \"exlude\" in list (did you mean \"exclude\"?)"}};

static void faults_have_their_file_line_and_column(void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    const wrong *w = &cases[i];
    char text[2048], last[64];
    churn_project *project = NULL;
    churn_error error = {0};
    if (w->file != NULL)
      scratch_write("own.yaml", w->file);
    snprintf(text, sizeof text, HEAD "%s" CALLS, w->project);
    const char *path = scratch_write("project.yaml", text);
    print_message("%s\n", w->what);
    assert_int_equal(churn_project_read(path, NULL, 0, NULL, &project, &error), CHURN_BAD_PROJECT);
    snprintf(last, sizeof last, "%s", strrchr(error.file, '/') + 1);
    assert_string_equal(last, w->name);
    assert_int_equal(error.line, w->line);
    assert_int_equal(error.column, w->column);
    if (strstr(error.message, w->message) == NULL)
      fail_msg("%s", error.message);
  }
}

static void faults_of_the_project_come_before_those_of_the_playbook(void **state)
{
  (void)state;
  scratch_write("own.yaml", "version: 2\ncauses: {a: {}}\n");
  const char *path = scratch_write("project.yaml", HEAD FILE_KEY "pool: x\n" CALLS);
  churn_project *project = NULL;
  churn_notes *notes = churn_notes_new();
  churn_error error = {0};
  assert_int_equal(churn_project_read(path, NULL, 0, notes, &project, &error), CHURN_BAD_PROJECT);
  assert_int_equal(churn_notes_count(notes), 3);
  assert_int_equal(churn_notes_get(notes, 0)->line, 4);
  assert_int_equal(churn_notes_get(notes, 1)->line, 1);
  assert_int_equal(churn_notes_get(notes, 2)->line, 2);
  churn_notes_free(notes);
}

static void too_many_causes_are_refused(void **state)
{
  (void)state;
  char text[8192] = "version: 1\ncauses:\n";
  for (int i = 0; i < CHURN_MOST_CAUSES; i++)
    snprintf(text + strlen(text), sizeof text - strlen(text), "  c%d: {label: C%d}\n", i, i);
  scratch_write("own.yaml", text);
  churn_project *project = NULL;
  churn_error error = {0};
  const char *path = scratch_write("project.yaml", HEAD FILE_KEY);
  assert_int_equal(churn_project_read(path, NULL, 0, NULL, &project, &error), CHURN_BAD_PROJECT);
  /* one place is for `other` */
  assert_string_equal(error.message, "more than 63 causes");
  assert_int_equal(error.line, 66);
}

static void check_tells_the_map_and_names_features_of_no_cause(void **state)
{
  (void)state;
  scratch_write("c.csv", "key,gone,region,zzz\na,,north,1\nb,2024-05-05,south,2\n");
  scratch_write("calls.csv", "key,at\na,2024-03-01\nb,2024-03-02\n");
  churn_project *p = project_of(
      HEAD CALLS "outcome: {horizon: 10d}\n"
                 "features: {region: customers.region, zzz: customers.zzz, n: count(calls)}\n"
                 "playbook: {causes: {drift: {histories: [calls]}}}\n");
  churn_notes *notes = churn_notes_new();
  churn_run run = {.notes = notes};
  churn_check_report *report = NULL;
  churn_error error = {0};
  assert_ok(churn_check(p, &run, &report, &error), &error);
  assert_int_equal(report->feature_count, 3);
  const char *const expected[] = {"segment", "other", "drift"};
  for (size_t f = 0; f < 3; f++)
    assert_string_equal(churn_playbook_cause(p, report->causes[f])->name, expected[f]);
  assert_non_null(note_text(notes, "no_cause"));
  assert_non_null(strstr(
      note_text(notes, "no_cause"),
      "a feature is in no cause of the playbook, so what it adds counts as \"other\": \"zzz\";"));
  churn_check_report_free(report);
  churn_notes_free(notes);
  churn_project_free(p);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(no_playbook_is_none),
      cmocka_unit_test(every_default_feature_has_a_cause_by_name),
      cmocka_unit_test(every_shipped_cause_has_texts_in_both_languages_and_an_owner_or_none),
      cmocka_unit_test(usual_names_find_their_cause),
      cmocka_unit_test(the_shipped_rules_say_which_values_speak_for_their_cause),
      cmocka_unit_test(lists_of_a_cause_are_read_in_the_order_they_are_written),
      cmocka_unit_test(rules_go_by_kind_and_the_projects_before_the_files),
      cmocka_unit_test(a_cause_made_natural_loses_its_action_and_a_list_names_what_is_left_out),
      cmocka_unit_test(languages_have_codes),
      cmocka_unit_test(faults_have_their_file_line_and_column),
      cmocka_unit_test(faults_of_the_project_come_before_those_of_the_playbook),
      cmocka_unit_test(too_many_causes_are_refused),
      cmocka_unit_test(check_tells_the_map_and_names_features_of_no_cause),
  };
  return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
