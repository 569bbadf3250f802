/* Several outcomes in one project: read by name, and one of them chosen.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/error.h"
#include "project/spec.h"

#include <stdio.h>
#include <string.h>

static const char example[] = "{silent: {drop: EXPRESSION, below: 0.5, horizon: 90d}}";
static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";

/* The name stands in options and in names of folders. */
static void check_name(churn_reader *reader, const churn_project *project,
                       const churn_located *name)
{
  char shown[CHURN_SHOWN_SIZE];
  if (name->text == NULL)
    return;
  if (strspn(name->text, letters) != strlen(name->text) || name->text[0] == '-')
    churn_reader_fault_at(reader, name,
                          "\"%s\" cannot name an outcome; accepted: letters, digits, _ and -",
                          churn_shown(name->text, shown));
  else if (strcmp(name->text, "customers") == 0 || strcmp(name->text, "outcome") == 0 ||
           churn_project_find_history(project, name->text) >= 0)
    churn_reader_fault_at(reader, name, "\"%s\" names something else already; choose another name",
                          name->text);
}

static void read_named(churn_reader *reader, const churn_yaml *node, const churn_format *defaults,
                       churn_project *project)
{
  if (!churn_reader_is_mapping(reader, node, "outcomes", example))
    return;
  project->outcomes = churn_reader_take(reader, node->count, sizeof *project->outcomes);
  for (const churn_yaml *item = node->first; project->outcomes != NULL && item != NULL;
       item = item->next) {
    churn_named_outcome *named = &project->outcomes[project->outcome_count++];
    named->name = churn_reader_text(reader, item->key, "an outcome's name");
    check_name(reader, project, &named->name);
    project->outcome = (churn_outcome_spec){.kind = CHURN_OUTCOME_NONE};
    churn_outcome_read(reader, item, defaults, project);
    named->spec = project->outcome;
  }
}

void churn_outcome_sections_read(churn_reader *reader, const churn_yaml *outcome,
                                 const churn_yaml *named, const churn_format *defaults,
                                 churn_project *project)
{
  if (named != NULL)
    read_named(reader, named, defaults, project);
  project->outcome = (churn_outcome_spec){.kind = CHURN_OUTCOME_NONE};
  churn_outcome_read(reader, outcome, defaults, project);
  if (outcome == NULL && project->outcome_count > 0)
    project->outcome_name = project->outcomes[0].name.text;
  churn_outcome_take(project);
}

void churn_outcome_take(churn_project *project)
{
  for (size_t i = 0; project->outcome_name != NULL && i < project->outcome_count; i++)
    if (project->outcomes[i].name.text != NULL &&
        strcmp(project->outcomes[i].name.text, project->outcome_name) == 0)
      project->outcome = project->outcomes[i].spec;
}

bool churn_project_is_outcome_column(const churn_project *project, const char *heading)
{
  const churn_outcome_spec *outcome = &project->outcome;
  for (size_t i = 0; i <= project->outcome_count; i++) {
    if (outcome->kind == CHURN_OUTCOME_COLUMN && outcome->column.text != NULL &&
        strcmp(outcome->column.text, heading) == 0)
      return true;
    if (i < project->outcome_count)
      outcome = &project->outcomes[i].spec;
  }
  return false;
}

/* `text` and the name behind a mark; NULL when memory ran out. */
static char *add_name(churn_project *project, const char *text, char mark, const char *name)
{
  size_t size = strlen(text) + strlen(name) + 2;
  char *made = churn_arena_take(project->arena, size, 1);
  if (made != NULL)
    snprintf(made, size, "%s%c%s", text, mark, name);
  return made;
}

static churn_status refuse(const churn_project *project, const char *name, churn_error *error)
{
  enum { MOST = 64 };
  const char *names[MOST];
  size_t count = 0;
  char list[512], shown[CHURN_SHOWN_SIZE], nearest[CHURN_SHOWN_SIZE * 2];
  for (; count < MOST && count < project->outcome_count; count++)
    names[count] = project->outcomes[count].name.text;
  if (count == 0)
    return churn_error_set(error, CHURN_USAGE,
                           "no outcome \"%s\": the project has no `outcomes`, which would name it",
                           churn_shown(name, shown));
  churn_join_names(names, count, list, sizeof list);
  return churn_error_set(error, CHURN_USAGE, "no outcome \"%s\"%s; outcomes: %s",
                         churn_shown(name, shown), churn_did_you_mean(name, names, count, nearest),
                         list);
}

churn_status churn_project_choose_outcome(churn_project *project, const char *name,
                                          churn_error *error)
{
  if (project->outcome_name != NULL && strcmp(project->outcome_name, name) == 0)
    return CHURN_OK;
  size_t at = 0;
  while (at < project->outcome_count && strcmp(project->outcomes[at].name.text, name) != 0)
    at++;
  if (at == project->outcome_count)
    return refuse(project, name, error);
  const char *table = project->scores_table == NULL ? "churn_scores" : project->scores_table;
  char *registry = add_name(project, project->registry, '-', name);
  char *runs = add_name(project, project->nightly.output, '-', name);
  char *scores = add_name(project, table, '_', name);
  if (registry == NULL || runs == NULL || scores == NULL)
    return churn_error_no_memory(error);
  project->outcome_name = project->outcomes[at].name.text;
  project->registry = registry;
  project->nightly.output = runs;
  project->scores_table = scores;
  churn_outcome_take(project);
  return CHURN_OK;
}

const char *churn_project_outcome(const churn_project *project)
{
  return project->outcome_name;
}
