/* A line of the history of the registry.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/clock.h"
#include "base/memory.h"
#include "jobs/json_read.h"
#include "jobs/registry_parts.h"
#include "model/report.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static const char *const kinds[] = {"added", "promoted", "rolled_back", "kept", "found"};

enum { KINDS = sizeof kinds / sizeof kinds[0] };

const char *churn_registry_kind_name(churn_registry_kind kind)
{
  return kinds[kind];
}

/* The figures that are numbers, in the order of the line. */
static const struct {
  const char *key;
  size_t offset;
} numbers[] = {
    {"champion_auc", offsetof(churn_registry_figures, champion_auc)},
    {"challenger_auc", offsetof(churn_registry_figures, challenger_auc)},
    {"difference", offsetof(churn_registry_figures, difference)},
    {"lower", offsetof(churn_registry_figures, lower)},
    {"upper", offsetof(churn_registry_figures, upper)},
    {"champion_log_loss", offsetof(churn_registry_figures, champion_log_loss)},
    {"challenger_log_loss", offsetof(churn_registry_figures, challenger_log_loss)},
    {"calibration_intercept", offsetof(churn_registry_figures, calibration_intercept)},
    {"calibration_slope", offsetof(churn_registry_figures, calibration_slope)},
};

enum { NUMBERS = sizeof numbers / sizeof numbers[0] };

void churn_registry_event_clear(churn_registry_event *event)
{
  free(event->model);
  free(event->previous);
  free(event->by);
  free(event->why);
  free(event->project);
  free(event->warning);
  *event = (churn_registry_event){0};
}

void churn_registry_figures_json(const churn_registry_figures *figures, churn_json_text *text)
{
  churn_json_append(text, "{\"as_of\": ");
  churn_json_day(text, figures->as_of);
  churn_json_append(text, ", \"rows\": ");
  churn_json_whole(text, figures->rows);
  churn_json_append(text, ", \"churners\": ");
  churn_json_whole(text, figures->churners);
  for (size_t i = 0; i < NUMBERS; i++) {
    double value;
    memcpy(&value, (const char *)figures + numbers[i].offset, sizeof value);
    churn_json_append(text, ", ");
    churn_json_quote(text, numbers[i].key);
    churn_json_append(text, ": ");
    churn_json_number_or_null(text, value);
  }
  churn_json_append(text, "}");
}

void churn_registry_event_json(const churn_registry_event *event, churn_json_text *text)
{
  char time[CHURN_CLOCK_TEXT_SIZE];
  churn_clock_format(event->time, time);
  churn_json_append(text, "\"time\": ");
  churn_json_quote(text, time);
  churn_json_append(text, ", \"event\": ");
  churn_json_quote(text, kinds[event->kind]);
  churn_json_append(text, ", \"model\": ");
  churn_json_text_or_null(text, event->model);
  churn_json_append(text, ", \"previous\": ");
  churn_json_text_or_null(text, event->previous);
  churn_json_append(text, ", \"day\": ");
  churn_json_day(text, event->day);
  churn_json_append(text, ", \"by\": ");
  churn_json_quote(text, event->by);
  churn_json_append(text, ", \"why\": ");
  churn_json_quote(text, event->why);
  churn_json_append(text, ", \"project\": ");
  churn_json_text_or_null(text, event->project);
  churn_json_append(text, ", \"warning\": ");
  churn_json_text_or_null(text, event->warning);
  churn_json_append(text, ", \"figures\": ");
  if (event->judged)
    churn_registry_figures_json(&event->figures, text);
  else
    churn_json_append(text, "null");
}

churn_status churn_registry_event_write(const churn_registry_event *event, churn_journal *journal,
                                        churn_error *error)
{
  churn_json_text text = {0};
  churn_json_append(&text, "{");
  churn_registry_event_json(event, &text);
  churn_json_append(&text, "}");
  churn_status status = text.failed ? churn_error_no_memory(error)
                                    : churn_journal_append(journal, text.bytes, text.length, error);
  free(text.bytes);
  return status;
}

static void read_figures(churn_json_reading *r, const json_t *root, churn_registry_event *event)
{
  const json_t *from = json_object_get(root, "figures");
  churn_registry_figures *figures = &event->figures;
  event->judged = !json_is_null(from);
  if (!event->judged)
    return;
  from = churn_json_member(r, root, "figures", JSON_OBJECT);
  figures->as_of = churn_json_take_day(r, from, "as_of");
  figures->rows = churn_json_take_whole(r, from, "rows");
  figures->churners = churn_json_take_whole(r, from, "churners");
  for (size_t i = 0; i < NUMBERS; i++) {
    double value = churn_json_take_number(r, from, numbers[i].key);
    memcpy((char *)figures + numbers[i].offset, &value, sizeof value);
  }
}

static char *take_id(churn_json_reading *r, const json_t *root, const char *key)
{
  char *id = churn_json_take_text_or_null(r, root, key);
  if (id != NULL && !churn_registry_is_id(id, strlen(id)) && r->wrong == NULL)
    r->wrong = key;
  return id;
}

/* Lines of older programs do not have it. */
static char *take_if_there(churn_json_reading *r, const json_t *root, const char *key)
{
  return json_object_get(root, key) == NULL ? NULL : churn_json_take_text_or_null(r, root, key);
}

static void read_kind(churn_json_reading *r, const json_t *root, churn_registry_event *event)
{
  const char *name = json_string_value(json_object_get(root, "event"));
  size_t kind = 0;
  while (kind < KINDS && (name == NULL || strcmp(name, kinds[kind]) != 0))
    kind++;
  if (kind == KINDS)
    r->wrong = "event";
  else
    event->kind = (churn_registry_kind)kind;
}

static void read_members(churn_json_reading *r, const json_t *root, churn_registry_event *event)
{
  const char *time = json_string_value(json_object_get(root, "time"));
  read_kind(r, root, event);
  if (time == NULL || !churn_clock_parse(time, &event->time))
    r->wrong = "time";
  event->model = take_id(r, root, "model");
  event->previous = take_id(r, root, "previous");
  bool needed = event->kind != CHURN_REGISTRY_FOUND && event->kind != CHURN_REGISTRY_KEPT;
  if (event->model == NULL && needed && r->wrong == NULL)
    r->wrong = "model";
  event->day = churn_json_take_day(r, root, "day");
  event->by = churn_json_take_text(r, root, "by");
  event->why = churn_json_take_text(r, root, "why");
  event->project = take_if_there(r, root, "project");
  event->warning = take_if_there(r, root, "warning");
  read_figures(r, root, event);
}

churn_status churn_registry_event_read(const churn_journal_line *line, churn_registry_event *event,
                                       char **why, churn_error *error)
{
  json_error_t fault;
  churn_json_reading r = {NULL, false};
  *event = (churn_registry_event){.line = line->number};
  *why = NULL;
  json_t *root = json_loadb(line->bytes, line->length, JSON_REJECT_DUPLICATES, &fault);
  if (root == NULL && json_error_code(&fault) == json_error_out_of_memory)
    return churn_error_no_memory(error);
  if (root == NULL) {
    *why = churn_text_format("%s", fault.text);
    return *why == NULL ? churn_error_no_memory(error) : CHURN_OK;
  }
  read_members(&r, root, event);
  json_decref(root);
  if (r.wrong != NULL && !r.no_memory)
    *why = churn_text_format("it is no event: \"%s\" is missing or not as it should be", r.wrong);
  if (r.no_memory || (r.wrong != NULL && *why == NULL)) {
    churn_registry_event_clear(event);
    return churn_error_no_memory(error);
  }
  if (*why != NULL)
    churn_registry_event_clear(event);
  return CHURN_OK;
}
