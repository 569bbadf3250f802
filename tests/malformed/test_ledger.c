/* Ledger lines that hold no comparison: each is named for its fault and left out.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "opened.h"
#include "support.h"

#include <churn/churn.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define GOOD_SETS                                                                                  \
  "\"sets\": [{\"name\": \"a\", \"auc\": {\"value\": 0.71, \"low\": null, \"high\": null}, \
\"log_loss\": {\"value\": 0.5, \"low\": 0.4, \"high\": 0.6}}]"
#define REST(sets)                                                                                 \
  "{\"id\": \"1f\", \"program\": \"churn 0.1.0\", \"rows\": 93, \"churners\": 17, \"best\": "      \
  "\"a\", " sets                                                                                   \
  ", \"pairs\": [], \"fold_rule\": \"customers\", \"folds\": [{}], \"data\": [{\"source\": \"s\", \
\"fingerprint\": \"0123456789\"}], \"settings\": {\"sets\": \"it's\", \"seed\": 0}}"

static const struct {
  const char *line;
  const char *says;
} faults[] = {
    {"not JSON", "expected near 'not'"},
    {"{\"id\": \"1f\"", "expected"},
    {"{\"id\": \"1f\", \"id\": \"2f\"}", "duplicate"},
    {"[]", "\"id\""},
    {"7", "expected"},
    {"{}", "\"id\""},
    {"{\"id\": 7}", "\"id\""},
    {"\xff\xfe", "unable to decode"},
    {REST("\"sets\": {}"), "\"sets\""},
    {REST("\"sets\": [7]"), "\"name\""},
    {REST("\"sets\": [{\"name\": \"a\", \"auc\": 0.7}]"), "\"auc\""},
    {REST("\"sets\": [{\"name\": \"a\", \"auc\": {\"value\": \"0.7\"}}]"), "\"value\""},
    {"{\"id\": \"1f\", \"program\": \"churn 0.1.0\", \"rows\": -1}", "\"rows\""},
};

enum { FAULTS = sizeof faults / sizeof faults[0] };

static void each_is_named_and_the_good_ones_are_kept(void **state)
{
  (void)state;
  static char text[16384];
  size_t used = 0;
  scratch_make();
  for (size_t i = 0; i < FAULTS; i++)
    used += (size_t)snprintf(text + used, sizeof text - used, "%s\n%s\n", faults[i].line,
                             REST(GOOD_SETS));
  churn_project *project = project_of("version: 1\ncustomers: {from: c.csv, id: id}\n");
  assert_int_equal(mkdir(scratch_path("models"), 0777), 0);
  scratch_write("models/comparisons.jsonl", text);
  churn_ledger *ledger = NULL;
  churn_error error = {0};
  churn_run run = {.notes = churn_notes_new()};
  assert_ok(churn_ledger_read(project, &run, &ledger, &error), &error);
  assert_int_equal(ledger->count, FAULTS);
  assert_int_equal(ledger->unreadable, FAULTS);
  assert_int_equal(churn_notes_count_of(run.notes, CHURN_WARNING), FAULTS);
  for (size_t i = 0; i < FAULTS; i++) {
    const churn_note *note = churn_notes_get(run.notes, i);
    assert_int_equal(note->line, 2 * i + 1);
    assert_non_null(strstr(note->file, "comparisons.jsonl"));
    if (strstr(note->text, faults[i].says) == NULL)
      fail_msg("line %zu: \"%s\" lacks \"%s\"", 2 * i + 1, note->text, faults[i].says);
    assert_int_equal(ledger->comparisons[i].line, 2 * i + 2);
    assert_string_equal(ledger->comparisons[i].options, " --sets 'it'\\''s' --seed 0");
    assert_string_equal(ledger->comparisons[i].data, "s 23456789");
  }
  churn_notes_free(run.notes);
  churn_ledger_free(ledger);
  churn_project_free(project);
  scratch_remove();
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_is_named_and_the_good_ones_are_kept),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
