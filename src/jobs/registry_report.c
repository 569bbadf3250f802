/* The registry for people and programs: what its models are, and all of it as JSON.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/clock.h"
#include "base/memory.h"
#include "jobs/registry_parts.h"
#include "model/report.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

_Static_assert((int)CHURN_REGISTRY_TIME_SIZE == (int)CHURN_CLOCK_TEXT_SIZE, "one form of time");

void churn_registry_time_format(int64_t time, char text[CHURN_REGISTRY_TIME_SIZE])
{
  churn_clock_format(time, text);
}

static churn_status describe(churn_registry_model *to, const churn_model *model, churn_error *error)
{
  to->first_as_of = model->first_as_of;
  to->last_as_of = model->last_as_of;
  to->rows = model->rows;
  to->churners = model->churners;
  to->columns = model->column_count;
  to->auc = model->out_of_fold.folds > 0 ? model->out_of_fold.figures.auc : (double)NAN;
  to->later_auc = model->validation.rows > 0 ? model->validation.auc : (double)NAN;
  to->guesses = churn_model_guesses(model);
  free(to->set);
  churn_status status = churn_text_set(&to->set, model->set, error);
  to->described = status == CHURN_OK;
  return status;
}

churn_status churn_registry_describe(churn_registry *registry, const churn_run *run,
                                     churn_error *error)
{
  churn_status status = CHURN_OK;
  for (size_t i = 0; status == CHURN_OK && i < registry->model_count; i++) {
    churn_registry_model *to = &registry->models[i];
    churn_model *model = NULL;
    churn_error fault;
    char *path = churn_text_format("%s/%s.json", registry->folder, to->id);
    if (path == NULL)
      return churn_error_no_memory(error);
    churn_status reading = churn_model_read(path, &model, &fault);
    if (reading == CHURN_NO_MEMORY)
      status = churn_error_no_memory(error);
    else if (reading != CHURN_OK)
      churn_notes_add(churn_run_notes(run), CHURN_WARNING, "bad_model",
                      (churn_place){fault.file, fault.line, fault.column}, "%s", fault.message);
    else
      status = describe(to, model, error);
    churn_model_free(model);
    free(path);
  }
  return status;
}

static void add_time(churn_json_text *text, int64_t time)
{
  char plain[CHURN_CLOCK_TEXT_SIZE];
  churn_clock_format(time, plain);
  churn_json_text_or_null(text, plain[0] == '\0' ? NULL : plain);
}

static void add_day_at(churn_json_text *text, const char *key, churn_day day)
{
  churn_json_append(text, ", ");
  churn_json_quote(text, key);
  churn_json_append(text, ": ");
  churn_json_day(text, day);
}

static void add_model(churn_json_text *text, const churn_registry *registry,
                      const churn_registry_model *model)
{
  bool current = registry->current != NULL && strcmp(registry->current, model->id) == 0;
  const churn_json_pair areas[] = {{"auc", model->auc}, {"later_auc", model->later_auc}};
  churn_json_append(text, "{\"id\": ");
  churn_json_quote(text, model->id);
  churn_json_append(text, current ? ", \"current\": true" : ", \"current\": false");
  churn_json_append(text, ", \"added\": ");
  add_time(text, model->added);
  churn_json_append(text, ", \"promoted\": ");
  churn_json_whole(text, model->times);
  if (model->described) {
    churn_json_append(text, ", \"set\": ");
    churn_json_quote(text, model->set);
    add_day_at(text, "first_as_of", model->first_as_of);
    add_day_at(text, "last_as_of", model->last_as_of);
    churn_json_append(text, ", \"rows\": ");
    churn_json_whole(text, model->rows);
    churn_json_append(text, ", \"churners\": ");
    churn_json_whole(text, model->churners);
    churn_json_append(text, ", \"columns\": ");
    churn_json_whole(text, model->columns);
    churn_json_numbers(text, areas, 2, false);
    churn_json_append(text, model->guesses ? ", \"no_better_than_guessing\": true"
                                           : ", \"no_better_than_guessing\": false");
  }
  churn_json_append(text, "}");
}

churn_status churn_registry_write(const churn_registry *registry, const char *path,
                                  churn_error *error)
{
  churn_json_text text = {0};
  churn_json_append(&text, "{\n  \"current\": ");
  churn_json_text_or_null(&text, registry->current);
  churn_json_list_open(&text, 2, "models");
  for (size_t i = 0; i < registry->model_count; i++) {
    churn_json_item(&text, 4, i == 0);
    add_model(&text, registry, &registry->models[i]);
  }
  churn_json_list_close(&text, 2);
  churn_json_append(&text, "\n}\n");
  return churn_json_save(&text, path, error);
}

churn_status churn_registry_write_history(const churn_registry *registry, const char *path,
                                          churn_error *error)
{
  churn_json_text text = {0};
  churn_json_append(&text, "{\n  \"current\": ");
  churn_json_text_or_null(&text, registry->current);
  churn_json_list_open(&text, 2, "events");
  for (size_t i = 0; i < registry->event_count; i++) {
    const churn_registry_event *event = &registry->events[i];
    churn_json_item(&text, 4, i == 0);
    churn_json_append(&text, "{\"line\": ");
    if (event->line > 0)
      churn_json_whole(&text, event->line);
    else
      churn_json_append(&text, "null");
    churn_json_append(&text, ", ");
    churn_registry_event_json(event, &text);
    churn_json_append(&text, "}");
  }
  churn_json_list_close(&text, 2);
  churn_json_append(&text, "\n}\n");
  return churn_json_save(&text, path, error);
}

churn_status churn_registry_write_spans(churn_day day, const churn_registry_span *spans,
                                        size_t count, const char *path, churn_error *error)
{
  churn_json_text text = {0};
  churn_json_append(&text, "{\n  \"day\": ");
  churn_json_day(&text, day);
  churn_json_list_open(&text, 2, "spans");
  for (size_t i = 0; i < count; i++) {
    churn_json_item(&text, 4, i == 0);
    churn_json_append(&text, "{\"model\": ");
    churn_json_text_or_null(&text, spans[i].model);
    churn_json_append(&text, ", \"from\": ");
    add_time(&text, spans[i].from);
    churn_json_append(&text, ", \"until\": ");
    add_time(&text, spans[i].until);
    churn_json_append(&text, "}");
  }
  churn_json_list_close(&text, 2);
  churn_json_append(&text, "\n}\n");
  return churn_json_save(&text, path, error);
}
