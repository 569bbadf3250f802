/* Texts in the project that the data do not hold.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "design/check_values.h"

#include "base/memory.h"
#include "base/number.h"
#include "base/suggest.h"
#include "design/kinds.h"
#include "feature/literals.h"

#include <stdlib.h>
#include <string.h>

/* What looks at literals, and where they stand. */
typedef struct looker {
  const churn_pipeline *pipeline;
  const churn_run *run;
  const char *what; /* "feature urgent_90d" is of an expression of that name */
  const char *name;
  churn_place place;
  bool no_memory;
} looker;

static const churn_column *column_of(const churn_pipeline *p, int source, int column)
{
  return source == 0 ? &p->data->customers.columns[column]
                     : &p->data->histories[source - 1].columns[column];
}

/* True where the level is there; else *nearest is one that may be meant, NULL = none. */
static bool has_level(const churn_dictionary *levels, const char *text, const char **nearest,
                      bool *no_memory)
{
  size_t count = churn_dictionary_count(levels);
  *nearest = NULL;
  if (churn_dictionary_find(levels, text, strlen(text)) != CHURN_CODE_MISSING)
    return true;
  const char **names = churn_array_new(count, sizeof *names);
  for (size_t i = 0; names != NULL && i < count; i++)
    names[i] = churn_dictionary_text(levels, (uint32_t)i);
  if (names != NULL)
    *nearest = churn_suggest(text, names, count);
  *no_memory = *no_memory || names == NULL;
  free(names);
  return false;
}

static void warn(const looker *l, const churn_schema_source *source, const char *column,
                 const char *text, const char *nearest)
{
  churn_notes_add(l->run->notes, CHURN_WARNING, "no_such_value", l->place,
                  "%s %s: no row of %s has %s \"%.100s\"%s%.100s%s", l->what, l->name, source->name,
                  column, text, nearest == NULL ? "" : "; did you mean \"",
                  nearest == NULL ? "" : nearest, nearest == NULL ? "" : "\"?");
}

static void look_at(void *context, const churn_literal *literal)
{
  looker *l = context;
  const churn_schema_source *source = &l->pipeline->schema->sources[literal->source];
  const churn_column *column = column_of(l->pipeline, literal->source, literal->column);
  const char *nearest = NULL;
  if (column->present && column->levels != NULL && churn_dictionary_count(column->levels) > 0 &&
      !has_level(column->levels, literal->text, &nearest, &l->no_memory))
    warn(l, source, source->columns[literal->column].name, literal->text, nearest);
}

churn_status churn_check_values(const churn_pipeline *pipeline, const churn_run *run,
                                churn_error *error)
{
  const churn_project *project = pipeline->project;
  looker l = {.pipeline = pipeline, .run = run};
  size_t outputs = churn_plan_count(pipeline->plan);
  for (size_t i = 0; i <= outputs; i++) {
    bool feature = i < pipeline->feature_count;
    const churn_located *of = feature       ? &pipeline->selection->features[i].expression
                              : i < outputs ? &project->outcome.place
                                            : &project->value;
    l.what = feature ? "feature" : "key";
    l.name = feature       ? pipeline->selection->features[i].name.text
             : i < outputs ? "outcome"
                           : "value";
    l.place = churn_project_place(project, of);
    churn_plan_literals(pipeline->plan, i, look_at, &l);
  }
  return l.no_memory ? churn_error_no_memory(error) : CHURN_OK;
}

/* Whether some customer has the number that the reason is. */
static bool has_number(const churn_column *column, size_t rows, const char *text)
{
  char number[CHURN_NUMBER_TEXT_SIZE];
  for (size_t i = 0; i < rows; i++) {
    churn_number_format(column->numbers[i], number);
    if (strcmp(number, text) == 0)
      return true;
  }
  return false;
}

static void check_reason(looker *l, size_t at, const churn_located *reason)
{
  const churn_schema_source *source = &l->pipeline->schema->sources[0];
  const churn_column *column = column_of(l->pipeline, 0, (int)at);
  const char *nearest = NULL;
  bool there = true;
  if (column->levels != NULL)
    there = has_level(column->levels, reason->text, &nearest, &l->no_memory);
  else if (column->numbers != NULL)
    there = has_number(column, l->pipeline->data->customers.spell_count, reason->text);
  l->place = churn_project_place(l->pipeline->project, reason);
  if (!there)
    warn(l, source, source->columns[at].name, reason->text, nearest);
}

/* The recorded reason's column, which the plan has found. */
static size_t reason_column(const churn_pipeline *p)
{
  const churn_schema_source *source = &p->schema->sources[0];
  size_t at = 0;
  while (at < source->column_count &&
         strcmp(source->columns[at].name, p->project->kinds.reason.text))
    at++;
  return at;
}

static void check_reasons(looker *l)
{
  const churn_kinds_spec *kinds = &l->pipeline->project->kinds;
  size_t at = reason_column(l->pipeline);
  if (at == l->pipeline->schema->sources[0].column_count ||
      !column_of(l->pipeline, 0, (int)at)->present)
    return;
  for (int k = 0; k < CHURN_KIND_UNCLASSIFIED; k++)
    for (size_t i = 0; i < kinds->of[k].reason_count; i++) {
      l->name = churn_kind_name((churn_kind)k);
      check_reason(l, at, &kinds->of[k].reasons[i]);
    }
}

static void check_rules(looker *l, const churn_plan *plan)
{
  const churn_project *project = l->pipeline->project;
  for (size_t i = 0; i < project->kinds.rule_count; i++) {
    churn_kind kind = project->kinds.rules[i];
    l->name = churn_kind_name(kind);
    l->place = churn_project_place(project, &project->kinds.of[kind].rule);
    churn_plan_literals(plan, i, look_at, l);
  }
}

/* As churn_rates_count asks for it. */
static void warn_about_days(const churn_project *project, const churn_run *run)
{
  if (project->left.text == NULL && project->outcome.kind != CHURN_OUTCOME_SILENT)
    churn_notes_add(run->notes, CHURN_NOTE, "kinds_without_days", CHURN_NOWHERE,
                    "`kinds` have no place in `churn rates`: the project does not say on which day "
                    "customers leave; expected `left` under customers, or an outcome of silence");
}

churn_status churn_check_kinds(const churn_pipeline *pipeline, const churn_run *run,
                               churn_error *error)
{
  const churn_project *project = pipeline->project;
  churn_plan *plan = NULL;
  looker l = {.pipeline = pipeline, .run = run, .what = "kinds"};
  if (!project->kinds.given)
    return CHURN_OK;
  size_t before = churn_notes_count_of(run->notes, CHURN_FAULT);
  churn_status status = churn_kinds_plan(project, pipeline->schema, run, &plan, error);
  if (status == CHURN_OK) {
    check_rules(&l, plan);
    if (project->kinds.reason.text != NULL)
      check_reasons(&l);
    warn_about_days(project, run);
  }
  churn_plan_free(plan);
  if (l.no_memory)
    return churn_error_no_memory(error);
  if (status == CHURN_BAD_PROJECT && churn_notes_count_of(run->notes, CHURN_FAULT) > before)
    return CHURN_OK; /* the plan has named its faults */
  return churn_notes_take_fault(run->notes, status, error);
}
