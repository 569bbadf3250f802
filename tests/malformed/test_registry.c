/* Lines of a history that hold no event: each is named with its place and its fault, and left out;
 * the good ones between them are kept.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "opened.h"
#include "support.h"

#include <churn/churn.h>

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define ID "\"0123456789abcdef0123456789abcdef\""
#define TIME "\"time\": \"2026-03-03T02:10:11Z\""
#define REST "\"previous\": null, \"day\": null, \"by\": \"x\", \"why\": \"y\", \"figures\": null"
#define GOOD "{" TIME ", \"event\": \"kept\", \"model\": " ID ", " REST ", \"later\": [7]}"

static const struct {
  const char *line, *says;
} faults[] = {
    {"{\"time\": \"2026-03-0", "premature end"},
    {"[]", "\"time\""},
    {"7", "expected"},
    {"\xff\xfe", "unable to decode"},
    {"{}", "\"time\""},
    {"{\"time\": \"2026-03-03\", \"event\": \"kept\", \"model\": " ID ", " REST "}", "\"time\""},
    {"{\"time\": \"2026-02-30T02:10:11Z\", \"event\": \"kept\", \"model\": " ID ", " REST "}",
     "\"time\""},
    {"{" TIME ", \"event\": \"burnt\", \"model\": " ID ", " REST "}", "\"event\""},
    {"{" TIME ", \"event\": 7, \"model\": " ID ", " REST "}", "\"event\""},
    {"{" TIME ", \"event\": \"promoted\", \"model\": null, " REST "}", "\"model\""},
    {"{" TIME ", \"event\": \"promoted\", \"model\": \"0123\", " REST "}", "\"model\""},
    {"{" TIME ", \"event\": \"promoted\", \"model\": \"0123456789ABCDEF0123456789ABCDEF\", " REST
     "}",
     "\"model\""},
    {"{" TIME ", \"event\": \"kept\", \"model\": " ID ", \"previous\": \"../x\"}", "\"previous\""},
    {"{" TIME ", \"event\": \"kept\", \"model\": " ID
     ", \"previous\": null, \"day\": \"2026-3-3\", \"by\": \"x\", \"why\": \"y\", \"figures\": "
     "null}",
     "\"day\""},
    {"{" TIME ", \"event\": \"kept\", \"model\": " ID
     ", \"previous\": null, \"day\": null, \"by\": 7, \"why\": \"y\", \"figures\": null}",
     "\"by\""},
    {"{" TIME ", \"event\": \"kept\", \"model\": " ID
     ", \"previous\": null, \"day\": null, \"by\": \"x\", \"why\": \"y\"}",
     "\"figures\""},
    {"{" TIME ", \"event\": \"kept\", \"model\": " ID
     ", \"previous\": null, \"day\": null, \"by\": \"x\", \"why\": \"y\", \"figures\": "
     "{\"as_of\": null, \"rows\": 3, \"churners\": -1}}",
     "\"churners\""},
    {"{" TIME ", \"event\": \"kept\", \"model\": " ID
     ", \"previous\": null, \"day\": null, \"by\": \"x\", \"why\": \"y\", \"figures\": "
     "{\"as_of\": null, \"rows\": 3, \"churners\": 1, \"champion_auc\": \"0.7\"}}",
     "\"champion_auc\""},
};

enum { FAULTS = sizeof faults / sizeof faults[0] };

static void each_is_named_and_the_good_ones_are_kept(void **state)
{
  (void)state;
  static char text[16384];
  size_t used = 0;
  scratch_make();
  for (size_t i = 0; i < FAULTS; i++)
    used += (size_t)snprintf(text + used, sizeof text - used, "%s\n%s\n", faults[i].line, GOOD);
  churn_project *project = project_of("version: 1\ncustomers: {from: c.csv, id: id}\n");
  assert_int_equal(mkdir(scratch_path("models"), 0777), 0);
  scratch_write("models/history.jsonl", text);
  churn_registry *registry = NULL;
  churn_error error = {0};
  churn_run run = {.notes = churn_notes_new()};
  assert_ok(churn_registry_read(project, &run, &registry, &error), &error);
  assert_int_equal(registry->event_count, FAULTS);
  assert_int_equal(registry->unreadable, FAULTS);
  assert_int_equal(churn_notes_count(run.notes), FAULTS);
  for (size_t i = 0; i < FAULTS; i++) {
    const churn_note *note = churn_notes_get(run.notes, i);
    assert_int_equal(note->line, 2 * i + 1);
    assert_non_null(strstr(note->file, "history.jsonl"));
    if (strstr(note->text, faults[i].says) == NULL)
      fail_msg("line %zu: \"%s\" lacks \"%s\"", 2 * i + 1, note->text, faults[i].says);
    assert_int_equal(registry->events[i].line, 2 * i + 2);
    assert_string_equal(registry->events[i].why, "y");
  }
  churn_notes_free(run.notes);
  churn_registry_free(registry);
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
