/* The ledger of comparisons, read for people.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/error.h"
#include "base/memory.h"
#include "jobs/json_read.h"
#include "jobs/ledger_file.h"
#include "project/project.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void clear_record(churn_recorded_comparison *r)
{
  for (size_t i = 0; r->sets != NULL && i < r->set_count; i++)
    free(r->sets[i].name);
  for (size_t i = 0; r->verdicts != NULL && i < r->verdict_count; i++)
    free(r->verdicts[i]);
  char *const texts[] = {r->id,          r->program,    r->data, r->options,
                         r->first_as_of, r->last_as_of, r->best};
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
    free(texts[i]);
  free(r->sets);
  free(r->verdicts);
}

void churn_ledger_free(churn_ledger *ledger)
{
  if (ledger == NULL)
    return;
  for (size_t i = 0; i < ledger->count; i++)
    clear_record(&ledger->comparisons[i]);
  free(ledger->comparisons);
  free(ledger->path);
  free(ledger);
}

static churn_estimate take_estimate(churn_json_reading *r, const json_t *of, const char *key)
{
  const json_t *found = churn_json_member(r, of, key, JSON_OBJECT);
  if (found == NULL)
    return (churn_estimate){NAN, NAN, NAN};
  return (churn_estimate){churn_json_take_number(r, found, "value"),
                          churn_json_take_number(r, found, "low"),
                          churn_json_take_number(r, found, "high")};
}

static void *take_array(churn_json_reading *r, const json_t *list, size_t size)
{
  void *array = list == NULL ? NULL : churn_array_new(json_array_size(list), size);
  r->no_memory = r->no_memory || (list != NULL && array == NULL);
  return array;
}

static void read_sets(churn_json_reading *r, const json_t *root, churn_recorded_comparison *to)
{
  const json_t *list = churn_json_member(r, root, "sets", JSON_ARRAY);
  to->sets = take_array(r, list, sizeof *to->sets);
  for (; to->sets != NULL && to->set_count < json_array_size(list); to->set_count++) {
    const json_t *from = json_array_get(list, to->set_count);
    churn_recorded_set *set = &to->sets[to->set_count];
    set->name = churn_json_take_text(r, from, "name");
    set->auc = take_estimate(r, from, "auc");
    set->log_loss = take_estimate(r, from, "log_loss").value;
  }
}

static void read_verdicts(churn_json_reading *r, const json_t *root, churn_recorded_comparison *to)
{
  const json_t *list = churn_json_member(r, root, "pairs", JSON_ARRAY);
  to->verdicts = take_array(r, list, sizeof *to->verdicts);
  for (; to->verdicts != NULL && to->verdict_count < json_array_size(list); to->verdict_count++)
    to->verdicts[to->verdict_count] =
        churn_json_take_text(r, json_array_get(list, to->verdict_count), "verdict");
}

static void read_folds(churn_json_reading *r, const json_t *root, churn_recorded_comparison *to)
{
  const json_t *rule = churn_json_member(r, root, "fold_rule", JSON_STRING);
  const json_t *list = churn_json_member(r, root, "folds", JSON_ARRAY);
  to->by_time = rule != NULL && strcmp(json_string_value(rule), "time") == 0;
  to->folds = json_array_size(list);
  if (to->by_time && to->folds > 0) {
    to->first_as_of = churn_json_take_text(r, json_array_get(list, 0), "as_of");
    to->last_as_of = churn_json_take_text(r, json_array_get(list, to->folds - 1), "as_of");
  }
}

/* Gives up what stood in *text. */
static void extend(churn_json_reading *r, char **text, char *longer)
{
  r->no_memory = r->no_memory || longer == NULL;
  free(*text);
  *text = longer;
}

/* The end of a fingerprint tells one file from another; its beginning counts their lines. */
static const char *short_print(const char *print)
{
  enum { SHOWN = 8 };
  size_t length = strlen(print);
  return print + (length > SHOWN ? length - SHOWN : 0);
}

static void read_data(churn_json_reading *r, const json_t *root, churn_recorded_comparison *to)
{
  const json_t *list = churn_json_member(r, root, "data", JSON_ARRAY);
  extend(r, &to->data, churn_text_copy("", 0));
  for (size_t i = 0; i < json_array_size(list) && to->data != NULL; i++) {
    const json_t *source = churn_json_member(r, json_array_get(list, i), "source", JSON_STRING);
    const json_t *print = churn_json_member(r, json_array_get(list, i), "fingerprint", JSON_STRING);
    if (source != NULL && print != NULL)
      extend(r, &to->data,
             churn_text_format("%s%s%s %s", to->data, i == 0 ? "" : ", ", json_string_value(source),
                               short_print(json_string_value(print))));
  }
}

/* In a shell's quotes, which a quote within ends and opens again. */
static char *quote(const char *text)
{
  size_t used = 0, length = strlen(text);
  char *quoted = churn_array_new(4 * length + 3, 1);
  if (quoted == NULL)
    return NULL;
  quoted[used++] = '\'';
  for (size_t i = 0; i < length; i++)
    if (text[i] == '\'') {
      memcpy(quoted + used, "'\\''", 4);
      used += 4;
    } else {
      quoted[used++] = text[i];
    }
  quoted[used] = '\'';
  return quoted;
}

static void add_option(churn_json_reading *r, const char *name, const json_t *value, char **options)
{
  char *quoted = NULL;
  if (*options == NULL)
    return;
  if (json_is_string(value)) {
    quoted = quote(json_string_value(value));
    extend(r, options,
           quoted == NULL ? NULL : churn_text_format("%s --%s %s", *options, name, quoted));
  } else if (json_is_integer(value) &&
             (json_integer_value(value) != 0 || strcmp(name, "seed") == 0))
    extend(r, options,
           churn_text_format("%s --%s %lld", *options, name, (long long)json_integer_value(value)));
  else if (json_is_true(value))
    extend(r, options, churn_text_format("%s --%s", *options, name));
  free(quoted);
}

static void read_options(churn_json_reading *r, const json_t *root, churn_recorded_comparison *to)
{
  static const char *const names[][2] = {
      {"sets", "sets"},           {"leave_one_out", "leave-one-out"},
      {"only_one", "only-one"},   {"folds", "folds"},
      {"window_days", "sliding"}, {"capacity", "capacity"},
      {"seed", "seed"},           {"first", "first"},
      {"last", "last"},           {"test_from", "test-from"},
      {"all_pairs", "all-pairs"}, {"brief", "brief"}};
  const json_t *settings = churn_json_member(r, root, "settings", JSON_OBJECT);
  extend(r, &to->options, churn_text_copy("", 0));
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    add_option(r, names[i][1], json_object_get(settings, names[i][0]), &to->options);
}

static void read_record(churn_json_reading *r, const json_t *root, churn_recorded_comparison *to)
{
  to->id = churn_json_take_text(r, root, "id");
  to->program = churn_json_take_text(r, root, "program");
  to->rows = churn_json_take_whole(r, root, "rows");
  to->churners = churn_json_take_whole(r, root, "churners");
  to->best = churn_json_take_text(r, root, "best");
  read_sets(r, root, to);
  read_verdicts(r, root, to);
  read_folds(r, root, to);
  read_data(r, root, to);
  read_options(r, root, to);
}

static void skip_line(churn_ledger *ledger, uint64_t line, const churn_run *run, const char *why,
                      uint64_t column)
{
  ledger->unreadable++;
  churn_notes_add(churn_run_notes(run), CHURN_WARNING, "bad_record",
                  (churn_place){ledger->path, line, column}, "this line is left out: %s", why);
}

static churn_status read_line(churn_ledger *ledger, const char *bytes, size_t length, uint64_t line,
                              const churn_run *run, churn_error *error)
{
  json_error_t fault;
  churn_json_reading r = {NULL, false};
  churn_recorded_comparison *to = &ledger->comparisons[ledger->count];
  json_t *root = json_loadb(bytes, length, JSON_REJECT_DUPLICATES, &fault);
  if (root == NULL && json_error_code(&fault) == json_error_out_of_memory)
    return churn_error_no_memory(error);
  if (root == NULL) {
    skip_line(ledger, line, run, fault.text, fault.column > 0 ? (uint64_t)fault.column : 0);
    return CHURN_OK;
  }
  *to = (churn_recorded_comparison){.line = line};
  read_record(&r, root, to);
  json_decref(root);
  if (r.wrong == NULL && !r.no_memory) {
    ledger->count++;
    return CHURN_OK;
  }
  clear_record(to);
  if (r.no_memory)
    return churn_error_no_memory(error);
  char *why =
      churn_text_format("it is no comparison: \"%s\" is missing or of another type", r.wrong);
  skip_line(ledger, line, run, why == NULL ? "it is no comparison" : why, 0);
  free(why);
  return CHURN_OK;
}

static churn_status read_lines(churn_ledger *ledger, const churn_journal *journal,
                               const churn_run *run, churn_error *error)
{
  size_t capacity = 0;
  churn_journal_line line = {0};
  churn_status status = CHURN_OK;
  while (status == CHURN_OK && churn_journal_next(journal, &line)) {
    if (!churn_array_reserve(&ledger->comparisons, &capacity, ledger->count + 1,
                             sizeof *ledger->comparisons))
      status = churn_error_no_memory(error);
    else if (line.length > 0)
      status = read_line(ledger, line.bytes, line.length, line.number, run, error);
  }
  return status;
}

churn_status churn_ledger_read(const churn_project *project, const churn_run *run,
                               churn_ledger **ledger, churn_error *error)
{
  churn_journal journal = {.descriptor = -1};
  churn_ledger *made = calloc(1, sizeof *made);
  churn_status status = made == NULL ? churn_error_no_memory(error)
                                     : churn_journal_open(project->registry, CHURN_LEDGER_NAME,
                                                          false, &journal, error);
  if (status == CHURN_OK)
    status = churn_text_set(&made->path, journal.path, error);
  if (status == CHURN_OK)
    status = read_lines(made, &journal, run, error);
  churn_journal_close(&journal);
  if (status != CHURN_OK) {
    churn_ledger_free(made);
    return status;
  }
  *ledger = made;
  return CHURN_OK;
}
