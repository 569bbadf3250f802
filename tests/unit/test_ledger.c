/* The ledger of comparisons: what is written is found again.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "opened.h"
#include "support.h"

#include <churn/churn.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static const char ledger_name[] = "models/comparisons.jsonl";

static churn_project *small(void)
{
  static char text[4096];
  size_t used = (size_t)snprintf(text, sizeof text, "id,churned,x,y\n");
  for (int i = 0; i < 90; i++)
    used += (size_t)snprintf(text + used, sizeof text - used, "c%d,%s,%d,%d\n", i,
                             (i * 7) % 10 < 4 ? "Yes" : "No", (i * 13) % 17 + (i * 7) % 10,
                             (i * 5) % 11);
  scratch_write("flat.csv", text);
  return project_of("version: 1\ncustomers: {from: flat.csv, id: id}\n"
                    "outcome: {column: churned, positive: \"Yes\"}\nfeatures: customers.*\n");
}

static churn_comparison *compare(const churn_project *project, uint64_t seed)
{
  churn_comparison *comparison = NULL;
  churn_error error = {0};
  churn_compare_settings settings = {.sets = "x,x + y",
                                     .seed = seed,
                                     .draws = 20,
                                     .brief = true,
                                     .first = CHURN_DAY_MISSING,
                                     .last = CHURN_DAY_MISSING,
                                     .test_from = CHURN_DAY_MISSING};
  assert_ok(churn_compare(project, &settings, NULL, &comparison, &error), &error);
  return comparison;
}

static uint64_t append(const churn_project *project, const churn_comparison *comparison,
                       bool expected_known)
{
  uint64_t line = 0;
  bool known = !expected_known;
  churn_error error = {0};
  assert_ok(churn_ledger_append(project, comparison, &line, &known, &error), &error);
  assert_int_equal(known, expected_known);
  return line;
}

static churn_ledger *read_ledger(const churn_project *project)
{
  churn_ledger *ledger = NULL;
  churn_error error = {0};
  assert_ok(churn_ledger_read(project, NULL, &ledger, &error), &error);
  return ledger;
}

static void no_ledger_holds_nothing(void **state)
{
  (void)state;
  scratch_make();
  churn_project *project = small();
  churn_ledger *ledger = read_ledger(project);
  assert_int_equal(ledger->count, 0);
  assert_int_equal(access(scratch_path("models"), F_OK), -1);
  churn_ledger_free(ledger);
  churn_project_free(project);
  scratch_remove();
}

static void what_is_recorded_is_found_again(void **state)
{
  (void)state;
  scratch_make();
  churn_project *project = small();
  churn_comparison *first = compare(project, 3), *second = compare(project, 4);
  assert_int_equal(append(project, first, false), 1);
  assert_int_equal(append(project, second, false), 2);
  churn_ledger *ledger = read_ledger(project);
  assert_int_equal(ledger->count, 2);
  for (size_t i = 0; i < 2; i++) {
    const churn_comparison *from = i == 0 ? first : second;
    const churn_recorded_comparison *r = &ledger->comparisons[i];
    assert_int_equal(r->line, i + 1);
    assert_int_equal(r->rows, 90);
    assert_int_equal(r->churners, 36);
    assert_int_equal(r->folds, 5);
    assert_false(r->by_time);
    assert_int_equal(r->set_count, 2);
    assert_string_equal(r->sets[1].name, "x + y");
    assert_true(r->sets[1].auc.value == from->sets[1].auc.value);
    assert_true(r->sets[0].log_loss == from->sets[0].log_loss.value);
    assert_string_equal(r->verdicts[0], from->pairs[0].verdict);
    assert_string_equal(r->options, i == 0 ? " --sets 'x,x + y' --seed 3 --brief"
                                           : " --sets 'x,x + y' --seed 4 --brief");
    assert_int_equal(strncmp(r->data, "customers ", 10), 0);
  }
  assert_string_not_equal(ledger->comparisons[0].id, ledger->comparisons[1].id);
  churn_ledger_free(ledger);
  churn_comparison_free(first);
  churn_comparison_free(second);
  churn_project_free(project);
  scratch_remove();
}

static void a_repeat_is_the_same_line_whatever_it_cost(void **state)
{
  (void)state;
  scratch_make();
  churn_project *project = small();
  churn_comparison *c = compare(project, 3), *again = compare(project, 3);
  assert_int_equal(append(project, c, false), 1);
  char *before = file_read(scratch_path(ledger_name), NULL);
  again->sets[0].fit_ms = 12345.678;
  assert_int_equal(append(project, again, true), 1);
  char *after = file_read(scratch_path(ledger_name), NULL);
  assert_string_equal(before, after);
  /* Any figure that counts makes another line. */
  again->sets[0].brier.value += 1e-15;
  assert_int_equal(append(project, again, false), 2);
  free(before);
  free(after);
  churn_comparison_free(c);
  churn_comparison_free(again);
  churn_project_free(project);
  scratch_remove();
}

static void a_line_cut_off_stays_alone(void **state)
{
  (void)state;
  scratch_make();
  churn_project *project = small();
  churn_comparison *c = compare(project, 3), *other = compare(project, 4);
  append(project, c, false);
  char *whole = file_read(scratch_path(ledger_name), NULL);
  whole[strlen(whole) - 300] = '\0'; /* as a power cut would leave it */
  scratch_write(ledger_name, whole);
  assert_int_equal(append(project, c, false), 2);
  assert_int_equal(append(project, other, false), 3);
  churn_ledger *ledger = read_ledger(project);
  assert_int_equal(ledger->count, 2);
  assert_int_equal(ledger->unreadable, 1);
  assert_int_equal(ledger->comparisons[0].line, 2);
  churn_ledger_free(ledger);
  free(whole);
  churn_comparison_free(c);
  churn_comparison_free(other);
  churn_project_free(project);
  scratch_remove();
}

static void processes_at_once_lose_nothing(void **state)
{
  (void)state;
  enum { PROCESSES = 6, LINES = 5 };
  pid_t children[PROCESSES];
  scratch_make();
  churn_project *project = small();
  churn_comparison *c = compare(project, 3);
  for (int p = 0; p < PROCESSES; p++) {
    children[p] = fork();
    assert_true(children[p] >= 0);
    if (children[p] > 0)
      continue;
    int failed = 0;
    for (int i = 0; i < LINES; i++) {
      uint64_t line;
      bool known;
      c->seed = (uint64_t)(100 + p * LINES + i);
      failed += churn_ledger_append(project, c, &line, &known, NULL) != CHURN_OK || known;
    }
    _exit(failed);
  }
  for (int p = 0; p < PROCESSES; p++) {
    int ended = -1;
    assert_int_equal(waitpid(children[p], &ended, 0), children[p]);
    assert_int_equal(ended, 0);
  }
  churn_ledger *ledger = read_ledger(project);
  assert_int_equal(ledger->count, PROCESSES * LINES);
  assert_int_equal(ledger->unreadable, 0);
  churn_ledger_free(ledger);
  churn_comparison_free(c);
  churn_project_free(project);
  scratch_remove();
}

/* Past the limit on file sizes a write fails half way, like on a full disk. */
static void a_write_that_fails_leaves_the_ledger_as_it_was(void **state)
{
  (void)state;
  uint64_t line;
  bool known;
  churn_error error = {0};
  struct rlimit before, tight;
  scratch_make();
  churn_project *project = small();
  churn_comparison *c = compare(project, 3), *other = compare(project, 4);
  append(project, c, false);
  char *kept = file_read(scratch_path(ledger_name), NULL);
  signal(SIGXFSZ, SIG_IGN);
  assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
  tight = (struct rlimit){strlen(kept) + 100, before.rlim_max};
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
  churn_status status = churn_ledger_append(project, other, &line, &known, &error);
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
  assert_int_equal(status, CHURN_IO);
  assert_non_null(strstr(error.message, "append to the file"));
  char *after = file_read(scratch_path(ledger_name), NULL);
  assert_string_equal(kept, after);
  free(kept);
  free(after);
  churn_comparison_free(c);
  churn_comparison_free(other);
  churn_project_free(project);
  scratch_remove();
}

static void a_partial_comparison_is_refused(void **state)
{
  (void)state;
  uint64_t line;
  bool known;
  churn_error error = {0};
  scratch_make();
  churn_project *project = small();
  churn_comparison *c = compare(project, 3);
  c->partial = true;
  assert_int_equal(churn_ledger_append(project, c, &line, &known, &error), CHURN_USAGE);
  assert_int_equal(access(scratch_path("models"), F_OK), -1);
  churn_comparison_free(c);
  churn_project_free(project);
  scratch_remove();
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(no_ledger_holds_nothing),
      cmocka_unit_test(what_is_recorded_is_found_again),
      cmocka_unit_test(a_repeat_is_the_same_line_whatever_it_cost),
      cmocka_unit_test(a_line_cut_off_stays_alone),
      cmocka_unit_test(processes_at_once_lose_nothing),
      cmocka_unit_test(a_write_that_fails_leaves_the_ledger_as_it_was),
      cmocka_unit_test(a_partial_comparison_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
