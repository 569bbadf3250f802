/* The ledger of comparisons, read for people.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/error.h"
#include "base/memory.h"
#include "jobs/ledger_file.h"
#include "project/project.h"

#include <jansson.h>
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

/* One line being read; the first thing that is wrong is kept. */
typedef struct reading {
  const char *wrong; /* NULL = nothing */
  bool no_memory;
} reading;

static const json_t *member(reading *r, const json_t *of, const char *key, json_type type)
{
  const json_t *found = json_object_get(of, key);
  if (found != NULL && json_typeof(found) == type)
    return found;
  r->wrong = r->wrong == NULL ? key : r->wrong;
  return NULL;
}

static char *take_text(reading *r, const json_t *of, const char *key)
{
  const json_t *found = member(r, of, key, JSON_STRING);
  char *text =
      found == NULL ? NULL : churn_text_copy(json_string_value(found), json_string_length(found));
  r->no_memory = r->no_memory || (found != NULL && text == NULL);
  return text;
}

static uint64_t take_whole(reading *r, const json_t *of, const char *key)
{
  const json_t *found = member(r, of, key, JSON_INTEGER);
  if (found != NULL && json_integer_value(found) < 0)
    r->wrong = r->wrong == NULL ? key : r->wrong;
  return found == NULL ? 0 : (uint64_t)json_integer_value(found);
}

/* NaN for null. */
static double take_number(reading *r, const json_t *of, const char *key)
{
  const json_t *found = json_object_get(of, key);
  if (!json_is_number(found) && !json_is_null(found))
    r->wrong = r->wrong == NULL ? key : r->wrong;
  return json_is_number(found) ? json_number_value(found) : NAN;
}

static churn_estimate take_estimate(reading *r, const json_t *of, const char *key)
{
  const json_t *found = member(r, of, key, JSON_OBJECT);
  if (found == NULL)
    return (churn_estimate){NAN, NAN, NAN};
  return (churn_estimate){take_number(r, found, "value"), take_number(r, found, "low"),
                          take_number(r, found, "high")};
}

static void *take_array(reading *r, const json_t *list, size_t size)
{
  void *array = list == NULL ? NULL : churn_array_new(json_array_size(list), size);
  r->no_memory = r->no_memory || (list != NULL && array == NULL);
  return array;
}

static void read_sets(reading *r, const json_t *root, churn_recorded_comparison *to)
{
  const json_t *list = member(r, root, "sets", JSON_ARRAY);
  to->sets = take_array(r, list, sizeof *to->sets);
  for (; to->sets != NULL && to->set_count < json_array_size(list); to->set_count++) {
    const json_t *from = json_array_get(list, to->set_count);
    churn_recorded_set *set = &to->sets[to->set_count];
    set->name = take_text(r, from, "name");
    set->auc = take_estimate(r, from, "auc");
    set->log_loss = take_estimate(r, from, "log_loss").value;
  }
}

static void read_verdicts(reading *r, const json_t *root, churn_recorded_comparison *to)
{
  const json_t *list = member(r, root, "pairs", JSON_ARRAY);
  to->verdicts = take_array(r, list, sizeof *to->verdicts);
  for (; to->verdicts != NULL && to->verdict_count < json_array_size(list); to->verdict_count++)
    to->verdicts[to->verdict_count] =
        take_text(r, json_array_get(list, to->verdict_count), "verdict");
}

static void read_folds(reading *r, const json_t *root, churn_recorded_comparison *to)
{
  const json_t *rule = member(r, root, "fold_rule", JSON_STRING);
  const json_t *list = member(r, root, "folds", JSON_ARRAY);
  to->by_time = rule != NULL && strcmp(json_string_value(rule), "time") == 0;
  to->folds = json_array_size(list);
  if (to->by_time && to->folds > 0) {
    to->first_as_of = take_text(r, json_array_get(list, 0), "as_of");
    to->last_as_of = take_text(r, json_array_get(list, to->folds - 1), "as_of");
  }
}

/* Gives up what stood in *text. */
static void extend(reading *r, char **text, char *longer)
{
  r->no_memory = r->no_memory || longer == NULL;
  free(*text);
  *text = longer;
}

static void read_data(reading *r, const json_t *root, churn_recorded_comparison *to)
{
  const json_t *list = member(r, root, "data", JSON_ARRAY);
  extend(r, &to->data, churn_text_copy("", 0));
  for (size_t i = 0; i < json_array_size(list) && to->data != NULL; i++) {
    const json_t *source = member(r, json_array_get(list, i), "source", JSON_STRING);
    const json_t *print = member(r, json_array_get(list, i), "fingerprint", JSON_STRING);
    if (source != NULL && print != NULL)
      extend(r, &to->data,
             churn_text_format("%s%s%s %.8s", to->data, i == 0 ? "" : ", ",
                               json_string_value(source), json_string_value(print)));
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

static void add_option(reading *r, const char *name, const json_t *value, char **options)
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

static void read_options(reading *r, const json_t *root, churn_recorded_comparison *to)
{
  static const char *const names[][2] = {
      {"sets", "sets"},           {"leave_one_out", "leave-one-out"},
      {"only_one", "only-one"},   {"folds", "folds"},
      {"window_days", "sliding"}, {"capacity", "capacity"},
      {"seed", "seed"},           {"first", "first"},
      {"last", "last"},           {"test_from", "test-from"},
      {"all_pairs", "all-pairs"}, {"brief", "brief"}};
  const json_t *settings = member(r, root, "settings", JSON_OBJECT);
  extend(r, &to->options, churn_text_copy("", 0));
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    add_option(r, names[i][1], json_object_get(settings, names[i][0]), &to->options);
}

static void read_record(reading *r, const json_t *root, churn_recorded_comparison *to)
{
  to->id = take_text(r, root, "id");
  to->program = take_text(r, root, "program");
  to->rows = take_whole(r, root, "rows");
  to->churners = take_whole(r, root, "churners");
  to->best = take_text(r, root, "best");
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
  reading r = {NULL, false};
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

static churn_status read_lines(churn_ledger *ledger, const churn_ledger_file *file,
                               const churn_run *run, churn_error *error)
{
  size_t capacity = 0;
  uint64_t line = 0;
  churn_status status = CHURN_OK;
  for (size_t i = 0; status == CHURN_OK && i < file->length;) {
    const char *end = memchr(file->bytes + i, '\n', file->length - i);
    size_t next = end == NULL ? file->length : (size_t)(end - file->bytes);
    line++;
    if (!churn_array_reserve(&ledger->comparisons, &capacity, ledger->count + 1,
                             sizeof *ledger->comparisons))
      status = churn_error_no_memory(error);
    else if (next > i)
      status = read_line(ledger, file->bytes + i, next - i, line, run, error);
    i = next + 1;
  }
  return status;
}

churn_status churn_ledger_read(const churn_project *project, const churn_run *run,
                               churn_ledger **ledger, churn_error *error)
{
  churn_ledger_file file = {.descriptor = -1};
  churn_ledger *made = calloc(1, sizeof *made);
  churn_status status = made == NULL ? churn_error_no_memory(error)
                                     : churn_ledger_open(project->folder, false, &file, error);
  if (status == CHURN_OK)
    status = churn_text_set(&made->path, file.path, error);
  if (status == CHURN_OK)
    status = read_lines(made, &file, run, error);
  churn_ledger_close(&file);
  if (status != CHURN_OK) {
    churn_ledger_free(made);
    return status;
  }
  *ledger = made;
  return CHURN_OK;
}
