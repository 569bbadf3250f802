/* What contacting customers has saved, on three lists whose customers are known.
 *
 * Gap 5 days, horizon 30 days, data until 2024-07-01. Customer i of 60: leaves on 2024-03-25 where
 * i % 5 = 0, else on 2024-03-03 where i % 7 = 3, else on 2024-04-10 where i % 11 = 4, else stays;
 * is worth 2.385 + i % 13, nothing known where i % 17 = 5; has the mark where i % 4 = 0.
 * 2024-03-01: i = 0..44, head 40. Window [03-06, 04-05): who left on 03-03 is gone in the gap.
 * 2024-03-15: i = 20..59 who are there, head 35. Window [03-20, 04-19), within a horizon of the
 * first. There the mark of i % 6 = 0 is the other one (another key). 2024-06-01: a window that ends
 * after the data.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "opened.h"

#include <churn/churn.h>
#include <churn/savings.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { CUSTOMERS = 60 };

static const char *left_of(int i)
{
  return i % 5 == 0 ? "2024-03-25" : i % 7 == 3 ? "2024-03-03" : i % 11 == 4 ? "2024-04-10" : "";
}

static bool valued(int i)
{
  return i % 17 != 5;
}

static double value_of(int i)
{
  return 2.385 + i % 13;
}

static const char project_text[] =
    "version: 1\n"
    "customers: {from: customers.csv, id: id, joined: joined, left: left, value: customers.fee,\n"
    "  columns: {fee: number}}\n"
    "histories:\n  calls: {from: calls.csv, id: id, day: on}\n"
    "  told: {from: told.csv, id: id, day: on}\n"
    "outcome: {horizon: 30d, gap: 5d}\ndata_until: 2024-07-01\n"
    "features: {n: count(calls)}\ncontacts: {history: told, contacted: keep}\n";

static void write_sources(void)
{
  static char text[CUSTOMERS * 64];
  size_t used = (size_t)sprintf(text, "id,joined,left,fee\n");
  for (int i = 0; i < CUSTOMERS; i++) {
    used += (size_t)sprintf(text + used, "c%02d,2023-01-01,%s,", i, left_of(i));
    used += valued(i) ? (size_t)sprintf(text + used, "%.3f\n", value_of(i))
                      : (size_t)sprintf(text + used, "\n");
  }
  scratch_write("customers.csv", text);
  scratch_write("calls.csv", "id,on\nc00,2024-01-05\n");
  scratch_write("told.csv", "id,on\nc00,2024-03-02\nc04,2024-04-05\nc21,2024-04-04\n");
}

/* A published night: customers [first, end) who are there on the day, in that order. */
static void write_list(const char *on, int head, int first, int end, bool (*mark)(int i))
{
  static char text[CUSTOMERS * 64], name[64];
  size_t used = (size_t)sprintf(text, "rank,customer_id,value%s\n", mark == NULL ? "" : ",control");
  int rank = 0;
  mkdir(scratch_path("runs"), 0755);
  snprintf(name, sizeof name, "runs/%s", on);
  mkdir(scratch_path(name), 0755);
  for (int i = first; i < end; i++) {
    if (left_of(i)[0] != '\0' && strcmp(left_of(i), on) < 0)
      continue;
    used += (size_t)sprintf(text + used, "%d,c%02d,", ++rank, i);
    if (valued(i))
      used += (size_t)sprintf(text + used, "%.3f", value_of(i));
    if (mark != NULL)
      used += (size_t)sprintf(text + used, ",%d", mark(i));
    used += (size_t)sprintf(text + used, "\n");
  }
  snprintf(name, sizeof name, "runs/%s/ranked.csv", on);
  scratch_write(name, text);
  snprintf(text, sizeof text,
           "{\"model\": \"0123456789abcdef0123456789abcdef\", \"verdict\": \"passed\", "
           "\"estimate\": {\"auc\": 0.7, \"head\": %d, \"captured\": 0.4}, \"sources\": [], "
           "\"gates\": [], "
           "\"customers\": %d, \"listed\": %d}\n",
           head, rank, rank);
  snprintf(name, sizeof name, "runs/%s/manifest.json", on);
  scratch_write(name, text);
}

/* Whom the night would have contacted, and whom not: every third from `first` on who is there. */
static void write_calls(const char *on, int first, int end, bool (*mark)(int i))
{
  static char text[CUSTOMERS * 64], name[64];
  size_t used = (size_t)sprintf(text, "rank,customer_id,value,worth,control\n");
  int rank = 0;
  for (int i = first; i < end; i += 3) {
    if (left_of(i)[0] != '\0' && strcmp(left_of(i), on) < 0)
      continue;
    used += (size_t)sprintf(text + used, "%d,c%02d,", ++rank, i);
    used += valued(i) ? (size_t)sprintf(text + used, "%.3f", value_of(i)) : 0;
    used += (size_t)sprintf(text + used, ",1.5,%d\n", mark(i));
  }
  snprintf(name, sizeof name, "runs/%s/calls.csv", on);
  scratch_write(name, text);
}

static bool spring(int i)
{
  return i % 4 == 0;
}

static bool autumn(int i)
{
  return (i % 4 == 0) != (i % 6 == 0);
}

static bool nobody(int i)
{
  return i < 0;
}

static churn_savings *measure(uint64_t top)
{
  const churn_savings_settings settings = {.output = scratch_path("runs"), .top = top};
  const churn_run run = {.threads = 2};
  churn_project *project = project_of(project_text);
  churn_savings *savings = NULL;
  churn_error error = {0};
  assert_ok(churn_savings_measure(project, &settings, &run, &savings, &error), &error);
  churn_project_free(project);
  return savings;
}

static void write_three(void)
{
  write_sources();
  write_list("2024-03-01", 40, 0, 45, spring);
  write_list("2024-03-15", 35, 20, 60, autumn);
  write_list("2024-06-01", 40, 0, 60, spring);
}

/* Worked out anew from the head of this file. */
static void each_customer_counts_by_the_first_list_that_tells(void **state)
{
  (void)state;
  write_three();
  churn_savings *s = measure(0);
  churn_savings_group groups[2] = {{0}, {0}};
  uint64_t unjudged = 0, remarked = 0;
  bool ranked[CUSTOMERS] = {false};
  for (int i = 20, rank = 0; i < CUSTOMERS; i++)
    if (left_of(i)[0] == '\0' || strcmp(left_of(i), "2024-03-15") >= 0)
      ranked[i] = ++rank <= 35;
  for (int i = 0; i < CUSTOMERS; i++) {
    bool first = i < 40, gap = strcmp(left_of(i), "2024-03-03") == 0;
    unjudged += first && gap;
    if (gap || !(first || ranked[i]))
      continue;
    churn_savings_group *g = &groups[first ? spring(i) : autumn(i)];
    bool churned =
        strcmp(left_of(i), "2024-03-25") == 0 || (!first && strcmp(left_of(i), "2024-04-10") == 0);
    g->customers++;
    g->churned += churned;
    g->valued += valued(i);
    g->value += valued(i) ? value_of(i) : 0;
    g->lost += valued(i) && churned ? value_of(i) : 0;
    remarked += first && ranked[i] && spring(i) != autumn(i);
  }
  const churn_savings_group *found[2] = {&s->treated, &s->control};
  for (int g = 0; g < 2; g++) {
    assert_int_equal(found[g]->customers, groups[g].customers);
    assert_int_equal(found[g]->churned, groups[g].churned);
    assert_int_equal(found[g]->valued, groups[g].valued);
    assert_close(found[g]->value, groups[g].value, 1e-12, 0);
    assert_close(found[g]->lost, groups[g].lost, 1e-12, 0);
  }
  assert_int_equal(s->unjudged, unjudged);
  assert_int_equal(s->remarked, remarked);
  assert_true(unjudged > 3 && remarked > 1);
  assert_int_equal(s->lists, 2);
  assert_int_equal(s->open, 1);
  assert_int_equal(s->unmarked, 0);
  assert_int_equal(s->first, day("2024-03-01"));
  assert_int_equal(s->last, day("2024-03-15"));
  /* c04's contact is of the day after its window, c21's of the last day within */
  assert_int_equal(s->control.contacted, 1);
  assert_int_equal(s->treated.contacted, 1);
  assert_int_equal(s->crossed_count, 1);
  assert_string_equal(s->crossed[0], "c00");
  churn_savings_free(s);
}

/* R 4.2.2 (patched), with the columns of the head of this file as vectors over i = 0..59:
 * control, churned, value (NA) of those who count, w() = prop.test(x, n, correct = FALSE)$conf.int,
 *   a <- w(10, 39); b <- w(3, 14); d <- 3/14 - 10/39
 *   c(d, d - sqrt((3/14 - b[1])^2 + (a[2] - 10/39)^2), d + sqrt((b[2] - 3/14)^2 + (10/39 -
 * a[1])^2)) loss <- ifelse(churned, value, 0); l0 <- loss[!control & !is.na(value)]; l1 <-
 * loss[control & ...] length(l0) * c(mean(l1) - mean(l0), t.test(l1, l0)$conf.int) */
static void the_figures_are_those_of_r(void **state)
{
  (void)state;
  write_three();
  churn_savings *s = measure(0);
  assert_int_equal(s->treated.customers, 39);
  assert_int_equal(s->treated.churned, 10);
  assert_int_equal(s->control.customers, 14);
  assert_int_equal(s->control.churned, 3);
  assert_close(s->share.value, -0.042124542124542114, 1e-13, 0);
  assert_close(s->share.low, -0.249593728201403270, 1e-13, 0);
  assert_close(s->share.high, 0.241948458904729408, 1e-13, 0);
  assert_close(s->customers.value, -1.6428571428571423, 1e-13, 0);
  assert_close(s->customers.low, -9.7341553998547283, 1e-13, 0);
  assert_close(s->customers.high, 9.4359898972844469, 1e-13, 0);
  assert_close(s->treated.mean, 2.4295833333333334, 1e-13, 0);
  assert_close(s->treated.deviation, 4.6152248629632648, 1e-13, 0);
  assert_close(s->control.mean, 1.1657692307692307, 1e-13, 0);
  assert_close(s->control.deviation, 2.7011948329657796, 1e-13, 0);
  assert_close(s->money.value, -45.497307692307700, 1e-13, 0);
  assert_close(s->money.low, -123.843945642624504, 1e-11, 0);
  assert_close(s->money.high, 32.849330258009111, 1e-11, 0);
  churn_savings_free(s);
}

static void a_list_whose_head_is_cut_counts_its_head(void **state)
{
  (void)state;
  write_three();
  churn_savings *s = measure(7);
  /* 0..6, without 3, who is gone in the gap; then 20..26 but for 24, likewise, so 20..27 but for 24
   */
  assert_int_equal(s->control.customers + s->treated.customers, 13);
  assert_int_equal(s->unjudged, 1);
  churn_savings_free(s);
}

/* Of the first night those on its list of whom to contact, i = 1, 4, …, 43, wherever they rank; of
 * the second, which has none, the head of its ranked list, 35 who are there of 20 to 59. */
static void a_list_of_whom_to_contact_counts_instead_of_the_head(void **state)
{
  (void)state;
  write_three();
  write_calls("2024-03-01", 1, 45, spring);
  churn_savings *s = measure(0);
  churn_savings_group groups[2] = {{0}, {0}};
  for (int i = 0, rank = 0; i < CUSTOMERS; i++) {
    bool gap = strcmp(left_of(i), "2024-03-03") == 0, first = i % 3 == 1 && i < 45;
    bool second = i >= 20 && !gap && ++rank <= 35;
    bool early = strcmp(left_of(i), "2024-03-25") == 0;
    if (gap || !(first || second))
      continue;
    churn_savings_group *g = &groups[first ? spring(i) : autumn(i)];
    g->customers++;
    g->churned += early || (!first && strcmp(left_of(i), "2024-04-10") == 0);
  }
  assert_int_equal(s->lists, 2);
  assert_int_equal(s->calls, 1);
  assert_int_equal(s->treated.customers, groups[0].customers);
  assert_int_equal(s->treated.churned, groups[0].churned);
  assert_int_equal(s->control.customers, groups[1].customers);
  assert_int_equal(s->control.churned, groups[1].churned);
  assert_int_equal(s->unjudged, 1); /* c31 is gone in the gap of the first, and not on the second */
  churn_savings_free(s);
  s = measure(4); /* c01, c04, c07, c10; c20 to c23 */
  assert_int_equal(s->treated.customers + s->control.customers, 8);
  churn_savings_free(s);
}

static void without_a_control_group_nothing_is_compared(void **state)
{
  (void)state;
  write_sources();
  write_list("2024-03-01", 40, 0, 45, nobody);
  write_list("2024-03-15", 35, 20, 60, NULL);
  churn_savings *s = measure(0);
  assert_int_equal(s->lists, 1);
  assert_int_equal(s->unmarked, 1);
  assert_int_equal(s->control.customers, 0);
  assert_true(s->treated.customers > 30);
  assert_true(isnan(s->control.share.value) && isnan(s->share.value) && isnan(s->share.low));
  assert_true(isnan(s->customers.value) && isnan(s->money.value) && isnan(s->money.high));
  churn_savings_free(s);
}

/* Ids that the data do not know any more count once, however many lists have them; so does who was
 * no customer on those days by what the data say now. */
static void strangers_are_unjudged(void **state)
{
  (void)state;
  write_three();
  for (int l = 0; l < 2; l++) {
    const char *name = l == 0 ? "runs/2024-03-01/ranked.csv" : "runs/2024-03-15/ranked.csv";
    char *old = file_read(scratch_path(name), NULL);
    char *text = malloc(strlen(old) + 96);
    sprintf(text, "%s1,gone,5.5,0\n1,lost-%d,,1\n1,late,7.5,1\n", old, l);
    scratch_write(name, text);
    free(old);
    free(text);
  }
  char *people = file_read(scratch_path("customers.csv"), NULL),
       *more = malloc(strlen(people) + 64);
  sprintf(more, "%slate,2024-06-15,,7.5\n", people);
  scratch_write("customers.csv", more);
  free(people);
  free(more);
  churn_savings *with = measure(0);
  write_three();
  churn_savings *without = measure(0);
  assert_int_equal(with->unjudged, without->unjudged + 4);
  assert_int_equal(with->treated.customers, without->treated.customers);
  assert_int_equal(with->control.customers, without->control.customers);
  churn_savings_free(with);
  churn_savings_free(without);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(each_customer_counts_by_the_first_list_that_tells,
                                      scratch_setup, scratch_teardown),
      cmocka_unit_test_setup_teardown(the_figures_are_those_of_r, scratch_setup, scratch_teardown),
      cmocka_unit_test_setup_teardown(a_list_whose_head_is_cut_counts_its_head, scratch_setup,
                                      scratch_teardown),
      cmocka_unit_test_setup_teardown(a_list_of_whom_to_contact_counts_instead_of_the_head,
                                      scratch_setup, scratch_teardown),
      cmocka_unit_test_setup_teardown(without_a_control_group_nothing_is_compared, scratch_setup,
                                      scratch_teardown),
      cmocka_unit_test_setup_teardown(strangers_are_unjudged, scratch_setup, scratch_teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
