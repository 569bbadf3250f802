/* churn models: what the registry holds, which model is in use, and what was decided when.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct request {
  const char *arguments[3]; /* what to do, PROJECT, MODEL */
  const char *on, *why;
  int json, card;
} request;

/* One of the things that `churn models` does. */
typedef struct action {
  const char *name;
  bool needs_model;
  churn_status (*run)(cli *c, const request *r, const churn_project *project);
} action;

static bool is_current(const churn_registry *registry, const char *id)
{
  return registry->current != NULL && strcmp(registry->current, id) == 0;
}

static const char *text_time(int64_t time)
{
  char text[CHURN_REGISTRY_TIME_SIZE];
  churn_registry_time_format(time, text);
  return cli_format("%s", text);
}

static const char *short_id(const char *id)
{
  return id == NULL ? "-" : cli_format("%.8s", id);
}

static void list_row(cli_table *table, const churn_registry *registry,
                     const churn_registry_model *m)
{
  const char *use = is_current(registry, m->id) ? "current" : m->times > 0 ? "was in use" : "";
  const char *state = !m->guesses ? use : cli_format("%s%s", use, *use ? ", guesses" : "guesses");
  const char *added = m->added == INT64_MIN ? "" : cli_format("%.10s", text_time(m->added));
  if (!m->described) {
    cli_table_row(table, short_id(m->id), state, added, "", "", "", "", "", "cannot be read");
    return;
  }
  const char *days =
      m->last_as_of == CHURN_DAY_MISSING ? "flat export"
      : m->first_as_of == m->last_as_of
          ? cli_text_day(m->last_as_of)
          : cli_format("%s to %s", cli_text_day(m->first_as_of), cli_text_day(m->last_as_of));
  cli_table_row(table, short_id(m->id), state, added, days, cli_count(m->rows),
                cli_count(m->churners), cli_number(m->auc, 4), cli_number(m->later_auc, 4), m->set);
}

static void explain_guesses(const churn_registry *registry)
{
  bool any = false;
  for (size_t i = 0; i < registry->model_count; i++)
    any = any || registry->models[i].guesses;
  if (any)
    puts("guesses: out of fold no better than the same probability for everyone; do not act on its "
         "list");
}

static churn_status run_list(cli *c, const request *r, const churn_project *project)
{
  churn_registry *registry = NULL;
  churn_status status = churn_registry_read(project, &c->run, &registry, &c->error);
  if (status == CHURN_OK)
    status = churn_registry_describe(registry, &c->run, &c->error);
  if (status == CHURN_OK && r->json) {
    status = churn_registry_write(registry, "-", &c->error);
  } else if (status == CHURN_OK && registry->model_count > 0) {
    cli_table *table = cli_table_new("llllrrrrl");
    cli_table_row(table, "model", "", "added", "trained as of", "rows", "churners", "AUC",
                  "later AUC", "set");
    for (size_t i = 0; i < registry->model_count; i++)
      list_row(table, registry, &registry->models[i]);
    cli_table_print(table, stdout, "");
    explain_guesses(registry);
  }
  if (status == CHURN_OK && registry->model_count == 0)
    cli_say(c, "there is no model in %s yet; `churn retrain %s` trains one", registry->folder,
            r->arguments[1]);
  churn_registry_free(registry);
  return status;
}

static void print_head(const churn_registry *registry, const churn_registry_model *m)
{
  printf("%s%s\n", m->id, is_current(registry, m->id) ? " (current)" : "");
  if (m->added != INT64_MIN)
    printf("Added %s; promoted %s.\n", text_time(m->added),
           m->times == 1 ? "once" : cli_format("%llu times", (unsigned long long)m->times));
}

static void print_model(const churn_model *model)
{
  char warning[CHURN_MODEL_GUESSING_SIZE];
  churn_model_guessing_text(model, warning);
  if (warning[0] != '\0')
    printf("WARNING: %s.\n", warning);
  fputc('\n', stdout);
  cli_print_coefficients(model, stdout);
  fputc('\n', stdout);
  cli_print_validation(model, stdout);
  if (model->note_count > 0)
    fputs("\nSaid in training:\n", stdout);
  for (size_t i = 0; i < model->note_count; i++)
    printf("  %s\n", model->notes[i]);
}

static churn_status show(cli *c, const request *r, const churn_registry *registry,
                         const churn_registry_model *found, const churn_model *model)
{
  if (r->json)
    return churn_model_write_report(model, "-", &c->error);
  if (r->card)
    return churn_card_write(model, "-", &c->error);
  print_head(registry, found);
  print_model(model);
  return CHURN_OK;
}

static churn_status run_show(cli *c, const request *r, const churn_project *project)
{
  churn_registry *registry = NULL;
  const churn_registry_model *found = NULL;
  churn_model *model = NULL;
  char *path = NULL;
  const char *which = r->arguments[2] == NULL ? "current" : r->arguments[2];
  if (r->json && r->card)
    return cli_usage(c, "--json and --card would both write to standard output");
  churn_status status = churn_registry_read(project, &c->run, &registry, &c->error);
  if (status == CHURN_OK)
    status = churn_registry_find(registry, which, &found, &c->error);
  if (status == CHURN_OK && (path = churn_registry_path(project, found->id)) == NULL)
    status = CHURN_NO_MEMORY;
  if (status == CHURN_OK)
    status = churn_model_read(path, &model, &c->error);
  if (status == CHURN_OK)
    status = show(c, r, registry, found, model);
  churn_model_free(model);
  free(path);
  churn_registry_free(registry);
  return status;
}

static churn_registry_change change_of(const request *r, const char *by)
{
  return (churn_registry_change){
      .day = CHURN_DAY_MISSING, .by = by, .why = r->why == NULL ? "by hand" : r->why};
}

/* A model's file that is not in the registry yet comes in first. */
static churn_status add_file(cli *c, const request *r, const churn_project *project, char id[33])
{
  churn_model *model = NULL;
  churn_registry_change change = change_of(r, "models promote");
  churn_status status = churn_model_read(r->arguments[2], &model, &c->error);
  if (status == CHURN_OK)
    status = churn_registry_add(project, model, &change, &c->error);
  if (status == CHURN_OK)
    memcpy(id, model->id, 33);
  churn_model_free(model);
  return status;
}

static churn_status find_id(cli *c, const request *r, const churn_project *project, char id[33])
{
  churn_registry *registry = NULL;
  const churn_registry_model *found = NULL;
  if (strpbrk(r->arguments[2], "./") != NULL || strcmp(r->arguments[2], "-") == 0)
    return add_file(c, r, project, id);
  churn_status status = churn_registry_read(project, &c->run, &registry, &c->error);
  if (status == CHURN_OK)
    status = churn_registry_find(registry, r->arguments[2], &found, &c->error);
  if (status == CHURN_OK)
    memcpy(id, found->id, 33);
  churn_registry_free(registry);
  return status;
}

/* Whoever takes such a model into use is told what it is, and gets it. */
static churn_status warn_of_guessing(cli *c, const churn_project *project, const char *id)
{
  char warning[CHURN_MODEL_GUESSING_SIZE] = "";
  churn_model *model = NULL;
  char *path = churn_registry_path(project, id);
  churn_status status = path == NULL ? CHURN_NO_MEMORY : churn_model_read(path, &model, &c->error);
  if (status == CHURN_OK)
    churn_model_guessing_text(model, warning);
  if (warning[0] != '\0' && !c->quiet)
    cli_log_line(c, CHURN_LOG_WARNING, "warning", warning);
  churn_model_free(model);
  free(path);
  return status;
}

static churn_status run_promote(cli *c, const request *r, const churn_project *project)
{
  char id[33];
  bool changed = false;
  churn_registry_change change = change_of(r, "models promote");
  churn_status status = find_id(c, r, project, id);
  if (status == CHURN_OK)
    status = churn_registry_promote(project, id, &change, &changed, &c->error);
  if (status == CHURN_OK)
    printf(changed ? "promoted %.8s\n" : "%.8s is in use already\n", id);
  if (status == CHURN_OK)
    status = warn_of_guessing(c, project, id);
  return status;
}

/* They stay as they are until somebody makes them anew. */
static churn_status name_lists(cli *c, const churn_project *project, const char *project_path,
                               const char *of)
{
  churn_published_list *lists = NULL;
  size_t count = 0;
  churn_status status = churn_published_lists(project, NULL, CHURN_DAY_MISSING, of, &c->run, &lists,
                                              &count, &c->error);
  if (status == CHURN_OK && count > 0)
    printf("%.8s made %s:", of, cli_plural(count, "published list"));
  for (size_t i = 0; status == CHURN_OK && i < count; i++)
    printf(" %s", cli_text_day(lists[i].day));
  if (status == CHURN_OK && count > 0)
    printf("; churn nightly %s --as-of DAY -m current makes one anew\n", project_path);
  free(lists);
  return status;
}

static churn_status run_rollback(cli *c, const request *r, const churn_project *project)
{
  char id[33], left[33] = "";
  churn_registry *registry = NULL;
  churn_registry_change change = change_of(r, "models rollback");
  churn_status status = churn_registry_read(project, &c->run, &registry, &c->error);
  if (status == CHURN_OK && registry->current != NULL)
    snprintf(left, sizeof left, "%s", registry->current);
  change.expected = left;
  if (status == CHURN_OK)
    status = churn_registry_rollback(project, &change, id, &c->error);
  if (status == CHURN_OK) {
    printf("rolled back to %.8s\n", id);
    status = name_lists(c, project, r->arguments[1], left);
  }
  churn_registry_free(registry);
  return status;
}

/* Not always by what was in use: who names a model to nightly takes that one. */
static churn_status print_list_of(cli *c, const churn_project *project, churn_day day)
{
  churn_published_list *lists = NULL;
  size_t count = 0;
  churn_status status =
      churn_published_lists(project, NULL, day, NULL, &c->run, &lists, &count, &c->error);
  if (status == CHURN_OK && count > 0)
    printf("%s made the list of %s\n", lists[0].model, cli_text_day(day));
  free(lists);
  return status;
}

static churn_status print_day(cli *c, const request *r, const churn_project *project,
                              const churn_registry *registry)
{
  churn_day day = CHURN_DAY_MISSING;
  churn_registry_span *spans = NULL;
  size_t count = 0;
  churn_status status = cli_day(c, "--on", r->on, &day);
  if (status == CHURN_OK)
    status = churn_registry_on_day(registry, day, &spans, &count, &c->error);
  if (status == CHURN_OK && r->json)
    status = churn_registry_write_spans(day, spans, count, "-", &c->error);
  else
    for (size_t i = 0; status == CHURN_OK && i < count; i++) {
      const char *id = spans[i].model == NULL ? "no model" : spans[i].model;
      const char *from = text_time(spans[i].from), *until = text_time(spans[i].until);
      printf("%s%s%s%s%s\n", id, from[0] == '\0' ? "" : " from ", from,
             until[0] == '\0' ? "" : " until ", until);
    }
  if (status == CHURN_OK && !r->json)
    status = print_list_of(c, project, day);
  free(spans);
  return status;
}

static void print_history(const churn_registry *registry)
{
  if (registry->event_count == 0)
    return;
  cli_table *table = cli_table_new("llllll");
  cli_table_row(table, "when", "what", "model", "before", "by", "why");
  for (size_t i = 0; i < registry->event_count; i++) {
    const churn_registry_event *e = &registry->events[i];
    cli_table_row(table, text_time(e->time), churn_registry_kind_name(e->kind), short_id(e->model),
                  short_id(e->previous), e->by,
                  e->warning == NULL ? e->why : cli_format("%s; WARNING: %s", e->why, e->warning));
  }
  cli_table_print(table, stdout, "");
}

static churn_status run_history(cli *c, const request *r, const churn_project *project)
{
  churn_registry *registry = NULL;
  churn_status status = churn_registry_read(project, &c->run, &registry, &c->error);
  if (status == CHURN_OK && r->on != NULL)
    status = print_day(c, r, project, registry);
  else if (status == CHURN_OK && r->json)
    status = churn_registry_write_history(registry, "-", &c->error);
  else if (status == CHURN_OK)
    print_history(registry);
  churn_registry_free(registry);
  return status;
}

static const action actions[] = {{"list", false, run_list},
                                 {"show", false, run_show},
                                 {"promote", true, run_promote},
                                 {"rollback", false, run_rollback},
                                 {"history", false, run_history}};

static const action *find_action(cli *c, const request *r)
{
  for (size_t i = 0; i < sizeof actions / sizeof actions[0]; i++)
    if (strcmp(actions[i].name, r->arguments[0]) == 0)
      return &actions[i];
  (void)cli_usage(c, "\"%s\" is not accepted; expected list, show, promote, rollback or history",
                  r->arguments[0]);
  return NULL;
}

static churn_status check_request(cli *c, const request *r, const action *chosen)
{
  bool takes_model = chosen->needs_model || strcmp(chosen->name, "show") == 0;
  bool changes = chosen->needs_model || strcmp(chosen->name, "rollback") == 0;
  if (chosen->needs_model && r->arguments[2] == NULL)
    return cli_usage(c, "which model to promote is missing; expected an id, its first letters, or "
                        "a model's file");
  if (!takes_model && r->arguments[2] != NULL)
    return cli_usage(c, "one argument too many: %s", r->arguments[2]);
  if (r->on != NULL && strcmp(chosen->name, "history") != 0)
    return cli_usage(c, "--on goes with history");
  if (r->card && strcmp(chosen->name, "show") != 0)
    return cli_usage(c, "--card goes with show");
  if (r->why != NULL && !changes)
    return cli_usage(c, "--why goes with promote and rollback");
  if (r->json && changes)
    return cli_usage(c, "--json goes with list, show and history");
  return CHURN_OK;
}

static churn_status run_models(cli *c, const request *r)
{
  churn_project *project = NULL;
  const action *chosen = find_action(c, r);
  churn_status status = chosen == NULL ? CHURN_USAGE : check_request(c, r, chosen);
  if (status == CHURN_OK)
    status = cli_read_project(c, r->arguments[1], &project);
  if (status == CHURN_OK)
    status = chosen->run(c, r, project);
  churn_project_free(project);
  return status;
}

int cmd_models(const cli_verb *verb, int argc, const char **argv)
{
  cli c = {0};
  request r = {0};
  struct poptOption common[CLI_COMMON_ROWS];
  cli_common_options(&c, common);
  struct poptOption table[] = {
      cli_day_option("on", "with history: only which model was in use on that day (UTC)", &r.on),
      {"card", '\0', POPT_ARG_NONE, &r.card, 0, "with show: the model card, in Markdown", NULL},
      {"why", '\0', POPT_ARG_STRING, &r.why, 0, "with promote and rollback: the reason to record",
       "TEXT"},
      {"json", '\0', POPT_ARG_NONE, &r.json, 0, "with list, show and history: JSON", NULL},
      cli_outcome_option(&c),
      CLI_COMMON_TABLE(common),
  };
  int code = 0;
  if (!cli_open(&c, verb, argc, argv, table, r.arguments, 2, 3, &code))
    return code;
  return cli_close(&c, run_models(&c, &r));
}
