/* What a name in an expression means.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "feature/names.h"

#include "base/memory.h"
#include "base/suggest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LIST_SIZE = 256 };

static int find_history(const churn_schema *schema, const char *name)
{
  for (size_t i = 1; i < schema->source_count; i++)
    if (strcmp(schema->sources[i].name, name) == 0)
      return (int)i;
  return -1;
}

/* First history that has a column `name`, or -1. */
static int find_owner(const churn_schema *schema, const char *name)
{
  for (size_t i = 1; i < schema->source_count; i++)
    if (churn_schema_find_column(&schema->sources[i], name) >= 0)
      return (int)i;
  return -1;
}

static churn_value_type value_type_of(churn_type type)
{
  switch (type) {
  case CHURN_TYPE_DAY:
  case CHURN_TYPE_SCHEDULED:
    return CHURN_VALUE_DAY;
  case CHURN_TYPE_CATEGORY:
  case CHURN_TYPE_ID:
    return CHURN_VALUE_TEXT;
  case CHURN_TYPE_FLAG:
    return CHURN_VALUE_TRUTH;
  case CHURN_TYPE_NUMBER:
  case CHURN_TYPE_INFER:
    break;
  }
  return CHURN_VALUE_NUMBER;
}

static bool become_column(const churn_scope *scope, churn_node *node, int source, int column)
{
  node->kind = CHURN_NODE_COLUMN;
  node->source = source;
  node->column = column;
  node->type = value_type_of(scope->schema->sources[source].columns[column].type);
  return true;
}

static const char *piece_of(const char *name, char buffer[CHURN_PIECE_SIZE])
{
  return churn_fault_piece(name, strlen(name), buffer);
}

/* The names of histories (source < 0) or of a source's columns, for suggestions; the caller frees.
 * NULL when memory ran out. */
static const char **names_of(const churn_schema *schema, int source, size_t *count)
{
  *count = source < 0 ? schema->source_count - 1 : schema->sources[source].column_count;
  const char **names = churn_array_new(*count, sizeof *names);
  for (size_t i = 0; names != NULL && i < *count; i++)
    names[i] = source < 0 ? schema->sources[i + 1].name : schema->sources[source].columns[i].name;
  return names;
}

/* "; did you mean 'x'?", or "; there are a, b, c", or nothing. `prefix` stands before a name. */
static void suggest(const churn_schema *schema, int source, const char *name, const char *prefix,
                    char list[LIST_SIZE])
{
  char piece[CHURN_PIECE_SIZE];
  size_t count, used = 0;
  const char **names = names_of(schema, source, &count);
  const char *nearest = names == NULL ? NULL : churn_suggest(name, names, count);
  list[0] = '\0';
  if (nearest != NULL)
    snprintf(list, LIST_SIZE, "; did you mean '%s%.*s'?", prefix, LIST_SIZE / 2,
             piece_of(nearest, piece));
  for (size_t i = 0; nearest == NULL && names != NULL && i < count; i++) {
    const char *shown = piece_of(names[i], piece);
    if (used + strlen(shown) + strlen(prefix) > LIST_SIZE - 32) {
      snprintf(list + used, LIST_SIZE - used, ", ...");
      break;
    }
    used += (size_t)snprintf(list + used, LIST_SIZE - used, "%s%s%s", i == 0 ? "; there is " : ", ",
                             prefix, shown);
  }
  free(names);
}

static bool is_expression(const churn_scope *scope, const char *name)
{
  for (size_t i = 0; i < scope->expression_count; i++)
    if (scope->expressions[i].name != NULL && strcmp(scope->expressions[i].name, name) == 0)
      return true;
  return false;
}

/* A name that the project could map but does not. */
static bool fault_unmapped(const churn_scope *scope, const churn_node *node)
{
  return churn_faults_add(scope->faults, CHURN_FAULT_UNKNOWN, node->at,
                          "the project does not say what '%s' is", node->text);
}

static bool fault_left(const churn_scope *scope, const churn_node *node)
{
  return churn_faults_add(scope->faults, CHURN_FAULT_WRONG, node->at,
                          "'left' is what is predicted: it cannot be read");
}

static bool fault_unknown_column(const churn_scope *scope, int source, const churn_node *node)
{
  char list[LIST_SIZE], name[CHURN_PIECE_SIZE], owner[CHURN_PIECE_SIZE];
  suggest(scope->schema, source, node->text, source == 0 ? "customers." : "", list);
  return churn_faults_add(scope->faults, CHURN_FAULT_UNKNOWN, node->at, "%s has no column '%s'%s",
                          piece_of(scope->schema->sources[source].name, owner),
                          piece_of(node->text, name), list);
}

static bool become_joined(const churn_scope *scope, churn_node *node)
{
  const churn_project *project = scope->schema->project;
  if (project != NULL && project->base_kind == CHURN_BASE_FILE && project->joined.text == NULL)
    return fault_unmapped(scope, node);
  node->kind = CHURN_NODE_JOINED;
  node->type = CHURN_VALUE_DAY;
  return true;
}

static bool become_value(const churn_scope *scope, churn_node *node)
{
  if (!scope->has_value)
    return fault_unmapped(scope, node);
  node->kind = CHURN_NODE_VALUE;
  node->type = CHURN_VALUE_NUMBER;
  return true;
}

/* A bare name in an aggregate or a CONDITION. */
static bool resolve_in_history(const churn_scope *scope, churn_node *node)
{
  const churn_schema *schema = scope->schema;
  bool condition = scope->rule == CHURN_EXPRESSION_CONDITION;
  int column = churn_schema_find_column(&schema->sources[scope->source], node->text);
  char name[CHURN_PIECE_SIZE], history[CHURN_PIECE_SIZE];
  if (column >= 0)
    return become_column(scope, node, scope->source, column);
  if (strcmp(node->text, "joined") == 0 && !condition)
    return become_joined(scope, node);
  if (churn_schema_find_column(&schema->sources[0], node->text) < 0 || condition)
    return fault_unknown_column(scope, scope->source, node);
  return churn_faults_add(scope->faults, CHURN_FAULT_WRONG, node->at,
                          "%s has no column '%s'; the customers' one is customers.%s",
                          piece_of(schema->sources[scope->source].name, history),
                          piece_of(node->text, name), name);
}

/* A bare name outside of aggregates that names no value. */
static bool fault_bare_name(const churn_scope *scope, const churn_node *node)
{
  const churn_schema *schema = scope->schema;
  churn_faults *faults = scope->faults;
  int owner = find_owner(schema, node->text);
  char list[LIST_SIZE], name[CHURN_PIECE_SIZE], history[CHURN_PIECE_SIZE];
  piece_of(node->text, name);
  if (strcmp(node->text, "left") == 0)
    return fault_left(scope, node);
  if (churn_schema_find_column(&schema->sources[0], node->text) >= 0)
    return churn_faults_add(faults, CHURN_FAULT_WRONG, node->at,
                            "'%s' is a customers' column: write customers.%s", name, name);
  if (owner >= 0)
    return churn_faults_add(
        faults, CHURN_FAULT_WRONG, node->at,
        "'%s' is a column of the history %s: only an aggregate reads it, as in last(%s from %s)",
        name, piece_of(schema->sources[owner].name, history), name, history);
  if (find_history(schema, node->text) >= 0)
    return churn_faults_add(faults, CHURN_FAULT_WRONG, node->at,
                            "'%s' is a history: only an aggregate reads it, as in count(%s)", name,
                            name);
  if (is_expression(scope, node->text))
    return churn_faults_add(faults, CHURN_FAULT_WRONG, node->at,
                            "'%s' is a feature: features do not read each other", name);
  if (scope->rule == CHURN_EXPRESSION_VALUE)
    return fault_unknown_column(scope, 0, node);
  suggest(schema, 0, node->text, "customers.", list);
  return churn_faults_add(faults, CHURN_FAULT_UNKNOWN, node->at,
                          "there is no value '%s'; outside of aggregates there are as_of, joined, "
                          "value and customers.NAME%s",
                          name, list);
}

static bool resolve_bare(const churn_scope *scope, churn_node *node)
{
  if (strcmp(node->text, "joined") == 0)
    return become_joined(scope, node);
  if (scope->rule == CHURN_EXPRESSION_VALUE) {
    int column = churn_schema_find_column(&scope->schema->sources[0], node->text);
    if (column >= 0)
      return become_column(scope, node, 0, column);
  } else if (strcmp(node->text, "value") == 0) {
    return become_value(scope, node);
  }
  return fault_bare_name(scope, node);
}

static bool fault_owner(const churn_scope *scope, const churn_node *node)
{
  const churn_schema_source *here = &scope->schema->sources[scope->source];
  char owner[CHURN_PIECE_SIZE], name[CHURN_PIECE_SIZE];
  piece_of(node->owner, owner);
  piece_of(node->text, name);
  if (scope->source != 0 && strcmp(here->name, node->owner) == 0)
    return churn_faults_add(scope->faults, CHURN_FAULT_WRONG, node->start,
                            "a bare name is a column of %s here: write %s", owner, name);
  if (find_history(scope->schema, node->owner) >= 0)
    return churn_faults_add(scope->faults, CHURN_FAULT_WRONG, node->start,
                            "a column of a history is read in an aggregate, as in last(%s from %s)",
                            name, owner);
  return churn_faults_add(scope->faults, CHURN_FAULT_WRONG, node->start,
                          "only customers.NAME is written with a point, found %s.%s", owner, name);
}

static bool resolve_member(const churn_scope *scope, churn_node *node)
{
  if (strcmp(node->owner, "customers") != 0)
    return fault_owner(scope, node);
  if (scope->rule == CHURN_EXPRESSION_CONDITION)
    return churn_faults_add(scope->faults, CHURN_FAULT_WRONG, node->start,
                            "a condition on rows cannot read customers' columns");
  int column = churn_schema_find_column(&scope->schema->sources[0], node->text);
  if (column >= 0)
    return become_column(scope, node, 0, column);
  if (strcmp(node->text, "left") == 0)
    return fault_left(scope, node);
  if (strcmp(node->text, "joined") == 0 || strcmp(node->text, "value") == 0)
    return churn_faults_add(scope->faults, CHURN_FAULT_WRONG, node->start,
                            "'%s' is written bare, without customers.", node->text);
  return fault_unknown_column(scope, 0, node);
}

bool churn_scope_resolve(const churn_scope *scope, churn_node *node)
{
  if (node->kind == CHURN_NODE_MEMBER)
    return resolve_member(scope, node);
  return scope->source != 0 ? resolve_in_history(scope, node) : resolve_bare(scope, node);
}

int churn_scope_history(const churn_scope *scope, const char *name, size_t at)
{
  char list[LIST_SIZE], piece[CHURN_PIECE_SIZE], second[CHURN_PIECE_SIZE];
  int source = find_history(scope->schema, name);
  if (source >= 0)
    return source;
  int owner = find_owner(scope->schema, name);
  piece_of(name, piece);
  if (strcmp(name, "customers") == 0) {
    churn_faults_add(scope->faults, CHURN_FAULT_WRONG, at,
                     "customers is not a history: a column of it is read as customers.NAME");
  } else if (owner >= 0) {
    churn_faults_add(scope->faults, CHURN_FAULT_WRONG, at,
                     "'%s' is a column of %s, not a history: write %s from %s", piece,
                     piece_of(scope->schema->sources[owner].name, second), piece, second);
  } else {
    suggest(scope->schema, -1, name, "", list);
    churn_faults_add(scope->faults, CHURN_FAULT_UNKNOWN, at, "there is no history '%s'%s", piece,
                     list);
  }
  return -1;
}
