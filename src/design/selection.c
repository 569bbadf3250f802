/* Which features a verb works with.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "design/selection.h"

#include "base/memory.h"
#include "design/snapshots.h"
#include "project/pattern.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void churn_selection_free(churn_selection *selection)
{
  if (selection == NULL)
    return;
  for (size_t i = 0; i < selection->owned_count; i++)
    free(selection->owned[i]);
  free(selection->owned);
  free(selection->features);
  free(selection);
}

/* The column as an expression, in backticks so that any heading works; a backtick inside is
 * doubled. */
static char *column_expression(const char *name)
{
  char *text = malloc(sizeof "customers.``" + 2 * strlen(name));
  if (text == NULL)
    return NULL;
  char *out = text + strlen(strcpy(text, "customers.`"));
  for (const char *at = name; *at != '\0'; at++) {
    if (*at == '`')
      *out++ = '`';
    *out++ = *at;
  }
  strcpy(out, "`");
  return text;
}

static bool is_text(const churn_located *located, const char *text)
{
  return located->text != NULL && strcmp(located->text, text) == 0;
}

/* Money, the id, the joining day: named by the project as what they are. `expression` is the column
 * as customers.`NAME`; `value` may be written with or without either part of that. */
static bool has_another_role(const churn_project *project, const churn_schema_column *column,
                             const char *expression)
{
  const char *value = project->value.text;
  size_t prefix = strlen("customers.");
  if (value != NULL && strncmp(value, expression, prefix) == 0)
    value += prefix;
  return (value != NULL &&
          (strcmp(value, column->name) == 0 || strcmp(value, expression + prefix) == 0)) ||
         is_text(&project->kinds.reason, column->name) ||
         is_text(&project->customers.id, column->heading) ||
         is_text(&project->joined, column->heading);
}

static bool can_be_feature(const churn_project *project, const churn_schema_column *column,
                           const char *expression, const churn_run *run)
{
  const char *why = NULL;
  if (has_another_role(project, column, expression))
    return false;
  if (column->type == CHURN_TYPE_DAY || column->type == CHURN_TYPE_SCHEDULED)
    why = churn_snapshots_flat(project)
              ? "is a day, and a flat export has no as-of day to count from"
              : "is a day; write a feature such as `as_of - customers.NAME` to use it";
  else if (strpbrk(column->name, "?=") != NULL)
    why = "has ? or = in its name; give it a plain name under `columns`";
  if (why != NULL)
    churn_notes_add(churn_run_notes(run), CHURN_NOTE, "column_left_out", CHURN_NOWHERE,
                    "column \"%s\" is left out of customers.*: it %s", column->name, why);
  return why == NULL;
}

static churn_status expand_columns(const churn_project *project, const churn_schema *schema,
                                   const bool *taken, const churn_run *run, churn_selection *s,
                                   churn_error *error)
{
  const churn_schema_source *source = &schema->sources[0];
  s->features = churn_array_new(source->column_count, sizeof *s->features);
  s->owned = churn_array_new(source->column_count, sizeof *s->owned);
  if (s->features == NULL || s->owned == NULL)
    return churn_error_no_memory(error);
  for (size_t i = 0; i < source->column_count; i++) {
    const churn_schema_column *column = &source->columns[i];
    char *expression = column_expression(column->name);
    if (expression == NULL)
      return churn_error_no_memory(error);
    s->owned[s->owned_count++] = expression;
    if ((taken != NULL && taken[i]) || !can_be_feature(project, column, expression, run))
      continue;
    const churn_located *at = &project->features_place;
    s->features[s->count++] =
        (churn_feature_spec){.name = {(char *)(uintptr_t)column->name, at->line, at->column},
                             .expression = {expression, at->line, at->column}};
  }
  return CHURN_OK;
}

static churn_status copy_features(const churn_project *project, churn_selection *s,
                                  churn_error *error)
{
  s->features = churn_array_new(project->feature_count, sizeof *s->features);
  if (s->features == NULL)
    return churn_error_no_memory(error);
  if (project->feature_count > 0)
    memcpy(s->features, project->features, project->feature_count * sizeof *s->features);
  s->count = project->feature_count;
  return CHURN_OK;
}

static const churn_feature_set_spec *find_set(const churn_project *project, const char *name)
{
  for (size_t i = 0; i < project->set_count; i++)
    if (strcmp(project->sets[i].name.text, name) == 0)
      return &project->sets[i];
  return NULL;
}

static churn_status no_such_set(const churn_project *project, const char *name, churn_error *error)
{
  char names[512] = "";
  for (size_t i = 0; i < project->set_count; i++)
    snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s", i == 0 ? "" : ", ",
             project->sets[i].name.text);
  return churn_error_set(error, CHURN_USAGE, "the project has no feature set \"%s\"; it has: %s",
                         name, project->set_count == 0 ? "none" : names);
}

static churn_status apply_set(const churn_project *project, const churn_feature_set_spec *set,
                              churn_selection *s, churn_error *error)
{
  size_t kept = 0;
  bool *used = churn_array_new(set->pattern_count, sizeof *used);
  if (used == NULL)
    return churn_error_no_memory(error);
  for (size_t i = 0; i < s->count; i++) {
    bool keep = false;
    for (size_t p = 0; p < set->pattern_count; p++)
      if (churn_pattern_matches(set->patterns[p].text, s->features[i].name.text))
        keep = used[p] = true;
    if (keep)
      s->features[kept++] = s->features[i];
  }
  s->count = kept;
  churn_status status = CHURN_OK;
  for (size_t p = 0; p < set->pattern_count && status == CHURN_OK; p++)
    if (!used[p])
      status = churn_error_set_at(error, CHURN_BAD_PROJECT,
                                  churn_project_place(project, &set->patterns[p]),
                                  "\"%s\" matches no feature", set->patterns[p].text);
  free(used);
  return status;
}

churn_status churn_selection_build(const churn_project *project, const churn_schema *schema,
                                   const char *set, const bool *taken, const churn_run *run,
                                   churn_selection **selection, churn_error *error)
{
  churn_selection *s = calloc(1, sizeof *s);
  if (s == NULL)
    return churn_error_no_memory(error);
  s->set = set == NULL ? "all" : set;
  churn_status status = project->features_all_customer_columns
                            ? expand_columns(project, schema, taken, run, s, error)
                            : copy_features(project, s, error);
  if (status == CHURN_OK && set != NULL) {
    const churn_feature_set_spec *spec = find_set(project, set);
    status = spec == NULL ? no_such_set(project, set, error) : apply_set(project, spec, s, error);
  }
  if (status == CHURN_OK)
    *selection = s;
  else
    churn_selection_free(s);
  return status;
}

static churn_missing_rule rule_of(const char *name)
{
  return strcmp(name, "error") == 0  ? CHURN_MISSING_ERROR
         : strcmp(name, "zero") == 0 ? CHURN_MISSING_ZERO
                                     : CHURN_MISSING_MEAN;
}

churn_status churn_selection_of_model(const churn_model *model, churn_selection **selection,
                                      churn_error *error)
{
  churn_selection *made = calloc(1, sizeof *made);
  churn_feature_spec *features = churn_array_new(model->feature_count, sizeof *features);
  if (made == NULL || features == NULL) {
    free(made);
    free(features);
    return churn_error_no_memory(error);
  }
  for (size_t f = 0; f < model->feature_count; f++) {
    const churn_model_feature *from = &model->features[f];
    features[f] = (churn_feature_spec){.name = {from->name, 0, 0},
                                       .expression = {from->expression, 0, 0},
                                       .missing = rule_of(from->missing_rule),
                                       .reference = {from->reference, 0, 0},
                                       .label = {from->label, 0, 0}};
  }
  *made =
      (churn_selection){.features = features, .count = model->feature_count, .set = "the model's"};
  *selection = made;
  return CHURN_OK;
}
