/* Builds a plan from expressions and answers what it reads.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "feature/plan.h"

#include "base/memory.h"
#include "feature/check.h"
#include "feature/compiled.h"
#include "feature/parse.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool check_root(const churn_scope *scope, const churn_node *root)
{
  const char *found = churn_value_type_name(root->type);
  if (scope->rule == CHURN_EXPRESSION_FEATURE && root->type == CHURN_VALUE_DAY)
    return churn_faults_add(scope->faults, CHURN_FAULT_WRONG, root->start,
                            "a feature cannot be a day: subtract as_of to get a number of days");
  if (scope->rule == CHURN_EXPRESSION_VALUE && root->type != CHURN_VALUE_NUMBER)
    return churn_faults_add(scope->faults, CHURN_FAULT_WRONG, root->start,
                            "the value must be a number, found %s", found);
  if (scope->rule == CHURN_EXPRESSION_CONDITION && root->type != CHURN_VALUE_TRUTH)
    return churn_faults_add(scope->faults, CHURN_FAULT_WRONG, root->start,
                            "expected a condition, found %s", found);
  return true;
}

/* The checked tree of `expression`; NULL after faults, and for a CONDITION without text. */
static churn_node *analyse(churn_plan *plan, churn_scope *scope, const churn_expression *expression,
                           churn_compiled *compiled)
{
  bool condition = expression->rule == CHURN_EXPRESSION_CONDITION;
  if (condition) {
    scope->source = churn_scope_history(scope, expression->history, 0);
    if (scope->source < 0)
      return NULL;
    compiled->source = scope->source;
    if (expression->text[0] == '\0')
      return NULL;
  }
  churn_node *root = churn_parse(expression->text, plan->arena, scope->faults);
  if (root == NULL || !churn_check_node(scope, root) || !check_root(scope, root))
    return NULL;
  return root;
}

/* What all expressions of one build share. */
typedef struct build {
  churn_plan *plan;
  const churn_expression *expressions;
  size_t count;
  const churn_run *run;
  churn_error first;    /* the first fault */
  churn_notes *skipped; /* a note for each expression that is */
} build;

static churn_status copy_texts(churn_plan *plan, const churn_expression *expression,
                               churn_compiled *compiled)
{
  const char *name = expression->name == NULL ? "" : expression->name;
  compiled->rule = expression->rule;
  compiled->name = churn_arena_text(plan->arena, name, strlen(name));
  compiled->text = churn_arena_text(plan->arena, expression->text, strlen(expression->text));
  return compiled->name == NULL || compiled->text == NULL ? CHURN_NO_MEMORY : CHURN_OK;
}

/* Compiles one expression. Faults are reported, not returned: only NO_MEMORY and INTERNAL are. */
static churn_status compile(build *b, const churn_expression *given, churn_compiled *compiled)
{
  churn_expression expression = *given;
  expression.text = given->text == NULL ? "" : given->text;
  churn_faults faults = {.expression = &expression};
  churn_scope scope = {
      b->plan->schema, b->expressions, b->count, b->plan->has_value, expression.rule, 0, &faults};
  churn_status status = copy_texts(b->plan, &expression, compiled);
  if (status != CHURN_OK)
    goto done;
  compiled->root = analyse(b->plan, &scope, &expression, compiled);
  if (faults.no_memory) {
    status = CHURN_NO_MEMORY;
    goto done;
  }
  compiled->skipped = churn_faults_skip(&faults);
  churn_faults_report(&faults, compiled->skipped,
                      compiled->skipped ? b->skipped
                      : b->run == NULL  ? NULL
                                        : b->run->notes,
                      &b->first);
  if (faults.count == 0)
    status = churn_plan_number(b->plan, compiled);
done:
  churn_faults_clear(&faults);
  return status;
}

/* One with its reason; many, because none of their histories is there, in one breath. */
static void tell_skipped(const build *b)
{
  size_t count = churn_notes_count(b->skipped), used = 0;
  char names[CHURN_MESSAGE_SIZE / 2] = "";
  const churn_note *first = count == 0 ? NULL : churn_notes_get(b->skipped, 0);
  if (b->run == NULL || count == 0)
    return;
  for (size_t i = 0; i < b->count && used < sizeof names; i++)
    if (b->plan->outputs[i].skipped)
      used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", used == 0 ? "" : ", ",
                               b->plan->outputs[i].name);
  if (count == 1)
    churn_notes_add(b->run->notes, CHURN_NOTE, first->code,
                    (churn_place){first->file, first->line, first->column}, "%s", first->text);
  else
    churn_notes_add(b->run->notes, CHURN_NOTE, first->code, CHURN_NOWHERE,
                    "%zu shipped features are skipped, because the project does not map what they "
                    "read: %s%s; the first: %.300s",
                    count, names, used < sizeof names ? "" : "...", first->text);
}

static churn_status compile_all(build *b, const churn_expression *value)
{
  churn_plan *plan = b->plan;
  churn_status status = CHURN_OK;
  if (value != NULL) {
    status = compile(b, value, &plan->value);
    plan->has_value = !plan->value.skipped;
  }
  for (size_t i = 0; i < b->count && status == CHURN_OK; i++)
    status = compile(b, &b->expressions[i], &plan->outputs[i]);
  tell_skipped(b);
  if (churn_notes_lost(b->skipped) > 0)
    return CHURN_NO_MEMORY;
  return status == CHURN_OK ? churn_plan_cut(plan) : status;
}

churn_status churn_plan_build(const churn_schema *schema, const churn_expression *expressions,
                              size_t count, const churn_expression *value, const churn_run *run,
                              churn_plan **plan, churn_error *error)
{
  churn_status status = CHURN_NO_MEMORY;
  build b = {calloc(1, sizeof(churn_plan)), expressions,      count, run,
             {.status = CHURN_OK},          churn_notes_new()};
  churn_plan *made = b.plan;
  if (made == NULL || b.skipped == NULL)
    goto done;
  made->schema = schema;
  made->count = count;
  made->contact = SIZE_MAX;
  churn_plan_see_before(made, CHURN_DAY_MISSING);
  made->arena = churn_arena_new();
  made->outputs = churn_array_new(count, sizeof *made->outputs);
  made->literals = churn_dictionary_new();
  if (made->arena == NULL || made->outputs == NULL || made->literals == NULL)
    goto done;
  status = compile_all(&b, value);
  if (status == CHURN_OK)
    status = b.first.status;
done:
  if (status == CHURN_NO_MEMORY)
    (void)churn_error_no_memory(error);
  else if (status == CHURN_INTERNAL)
    (void)churn_error_set(error, status, "the expressions hold too many texts");
  else if (status != CHURN_OK && error != NULL)
    *error = b.first;
  churn_notes_free(b.skipped);
  if (status == CHURN_OK)
    *plan = made;
  else
    churn_plan_free(made);
  return status;
}

void churn_plan_free(churn_plan *plan)
{
  if (plan == NULL)
    return;
  for (size_t i = 0; i < plan->column_count; i++)
    free(plan->columns[i].pool_codes);
  for (size_t i = 0; i < plan->set_count; i++)
    free(plan->sets[i].cuts);
  free(plan->columns);
  free(plan->filters);
  free(plan->sets);
  free(plan->aggregates);
  free(plan->outputs);
  churn_dictionary_free(plan->literals);
  churn_dictionary_free(plan->pool);
  churn_arena_free(plan->arena);
  free(plan);
}

size_t churn_plan_count(const churn_plan *plan)
{
  return plan->count;
}

bool churn_plan_skipped(const churn_plan *plan, size_t output)
{
  return plan->outputs[output].skipped;
}

churn_value_type churn_plan_type(const churn_plan *plan, size_t output)
{
  const churn_compiled *compiled = &plan->outputs[output];
  if (compiled->root != NULL)
    return compiled->root->type;
  return compiled->rule == CHURN_EXPRESSION_CONDITION ? CHURN_VALUE_TRUTH : CHURN_VALUE_NUMBER;
}

/* What a walk over an output's tree finds; where it reads `value`, the value's tree too. */
typedef struct reader {
  const churn_plan *plan;
  int history;   /* first source of a history; 0 = none */
  size_t column; /* which column of the plan is looked for */
  bool reads_column, reads_as_of;
} reader;

static void read_node(void *context, churn_node *node)
{
  reader *r = context;
  if (node->kind == CHURN_NODE_AGGREGATE && r->history == 0)
    r->history = node->source;
  if (node->kind == CHURN_NODE_VALUE)
    churn_node_walk(r->plan->value.root, read_node, r);
  if (node->kind == CHURN_NODE_COLUMN && node->index == r->column)
    r->reads_column = true;
  if (node->kind == CHURN_NODE_AS_OF)
    r->reads_as_of = true;
}

int churn_plan_history(const churn_plan *plan, size_t output)
{
  reader r = {.plan = plan, .history = plan->outputs[output].source, .column = CHURN_NO_INDEX};
  churn_node_walk(plan->outputs[output].root, read_node, &r);
  return r.history - 1;
}

int churn_plan_rows_sense(const churn_plan *plan, size_t output)
{
  const churn_node *root = plan->outputs[output].root;
  if (root == NULL || root->kind != CHURN_NODE_AGGREGATE)
    return 0;
  switch (root->aggregate->kind->wording) {
  case CHURN_WORDS_ROWS:
    return root->aggregate->row == NULL;
  case CHURN_WORDS_DAYS:
    return 1;
  case CHURN_WORDS_SINCE:
  case CHURN_WORDS_GAP:
    return -1;
  default:
    return 0;
  }
}

bool churn_plan_tells_time(const churn_plan *plan, size_t output)
{
  reader r = {.plan = plan, .column = CHURN_NO_INDEX};
  churn_node_walk(plan->outputs[output].root, read_node, &r);
  return r.reads_as_of && r.history == 0;
}

void churn_plan_undated(const churn_plan *plan, size_t output, bool with_static,
                        void (*found)(void *context, const char *column), void *context)
{
  const churn_schema_source *customers = &plan->schema->sources[0];
  for (size_t i = 0; i < plan->column_count; i++) {
    if (plan->columns[i].source != 0)
      continue;
    const churn_schema_column *column = &customers->columns[plan->columns[i].column];
    if ((column->is_static && !with_static) || column->known_at >= 0 || customers->known_at >= 0)
      continue;
    reader r = {.plan = plan, .column = i};
    churn_node_walk(plan->outputs[output].root, read_node, &r);
    if (r.reads_column)
      found(context, column->name);
  }
}

int churn_plan_plain_column(const churn_plan *plan, size_t output)
{
  const churn_node *root = output == plan->count ? plan->value.root : plan->outputs[output].root;
  const churn_schema_source *customers = &plan->schema->sources[0];
  if (root == NULL || root->kind != CHURN_NODE_COLUMN || root->source != 0)
    return -1;
  const churn_schema_column *column = &customers->columns[root->column];
  bool number = column->type == CHURN_TYPE_NUMBER || column->type == CHURN_TYPE_FLAG;
  return number && column->known_at < 0 && customers->known_at < 0 ? root->column : -1;
}

int32_t churn_plan_longest_window(const churn_plan *plan, size_t source)
{
  int32_t longest = 0;
  for (size_t i = 0; i < plan->aggregate_count; i++) {
    const churn_node *node = plan->aggregates[i].node;
    int32_t days = node->aggregate->window_days + node->aggregate->lag_days;
    if ((size_t)node->source == source && days > longest)
      longest = days;
  }
  return longest;
}

const char *churn_plan_unbounded(const churn_plan *plan, const char *except)
{
  for (size_t i = 0; i < plan->aggregate_count; i++) {
    const churn_aggregate_node *aggregate = plan->aggregates[i].node->aggregate;
    if (aggregate->window_days == 0 && strcmp(aggregate->kind->name, except) != 0)
      return aggregate->kind->name;
  }
  return NULL;
}

const churn_data *churn_plan_data(const churn_plan *plan)
{
  return plan->data;
}

void churn_plan_set_contact(churn_plan *plan, size_t output)
{
  plan->contact = output;
}

size_t churn_plan_contact(const churn_plan *plan)
{
  return plan->contact;
}
