/* Text to syntax tree, by recursive descent.
 *
 *   expression = conjunction { "or" conjunction } ;
 *   conjunction = negation { "and" negation } ;
 *   negation   = "not" negation | comparison ;
 *   comparison = sum [ ( "=" | "!=" | "<" | "<=" | ">" | ">=" ) sum
 *                    | [ "not" ] "in" "(" literal { "," literal } ")" ] ;
 *   literal    = [ "-" ] number | text ;
 *   sum        = product { ( "+" | "-" ) product } ;
 *   product    = signed { ( "*" | "/" ) signed } ;
 *   signed     = "-" signed | primary ;
 *   primary    = number | text | "as_of" | name [ "." name ] | function | aggregate
 *              | "(" expression ")" ;
 *   function   = name "(" expression { "," expression } ")" ;
 *   aggregate  = name "(" [ expression "from" ] history [ "where" expression ]
 *                         [ "over" duration [ "lag" duration ] ] ")" ;
 *   history    = name ;
 *   name       = ( letter | "_" | byte >= 0x80 ) { letter | "_" | digit | byte >= 0x80 }
 *              | "`" { any byte but "`" | "``" } "`" ;         reserved words only in backticks
 *   number     = digits [ "." digits ] [ ( "e" | "E" ) [ "+" | "-" ] digits ] ;
 *   duration   = digits "d" ;                                  days
 *   text       = '"' { any byte but '"' and "\" | '\"' | '\\' } '"' ;
 *
 * min and max are functions unless `from` follows their first expression. Blanks, tabs and line
 * ends separate. A comparison does not chain.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "feature/parse.h"

#include "feature/catalogue.h"
#include "feature/lexer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct parser {
  churn_lexer lexer;
  churn_token token; /* the one to be looked at next */
  size_t end;        /* end of the one before it */
  churn_arena *arena;
  churn_faults *faults;
  int depth;
  int open; /* brackets not closed yet */
} parser;

static churn_node *parse_expression(parser *p);

static void advance(parser *p)
{
  p->end = p->token.end;
  p->open += (p->token.kind == CHURN_TOKEN_OPEN) - (p->token.kind == CHURN_TOKEN_CLOSE);
  p->token = churn_lexer_next(&p->lexer);
}

static bool take(parser *p, churn_token_kind kind)
{
  if (p->token.kind != kind)
    return false;
  advance(p);
  return true;
}

/* Reports that `expected` does not stand where it should. Always NULL. */
static churn_node *fail_expected(parser *p, const char *expected)
{
  char piece[CHURN_PIECE_SIZE];
  const churn_token *t = &p->token;
  if (t->kind == CHURN_TOKEN_FAULT)
    return NULL;
  if (t->kind == CHURN_TOKEN_END)
    churn_faults_add(p->faults, CHURN_FAULT_WRONG, t->start,
                     "expected %s, but the expression ends here%s", expected,
                     p->open > 0 ? CHURN_CUT_HINT : "");
  else
    churn_faults_add(p->faults, CHURN_FAULT_WRONG, t->start, "expected %s, found '%s'", expected,
                     churn_fault_piece(p->lexer.text + t->start, t->end - t->start, piece));
  return NULL;
}

static bool expect(parser *p, churn_token_kind kind, const char *expected)
{
  if (take(p, kind))
    return true;
  fail_expected(p, expected);
  return false;
}

static churn_node *new_node(parser *p, churn_node_kind kind, size_t start, size_t at)
{
  churn_node *node = churn_arena_take(p->arena, sizeof *node);
  if (node == NULL) {
    p->faults->no_memory = true;
    return NULL;
  }
  node->kind = kind;
  node->start = start;
  node->at = at;
  node->end = p->end;
  node->height = 1;
  return node;
}

static bool check_height(parser *p, const churn_node *node)
{
  if (node->height <= CHURN_TREE_HEIGHT)
    return true;
  churn_faults_add(p->faults, CHURN_FAULT_WRONG, node->at,
                   "the expression is too long: more than %d operations build on each other here",
                   CHURN_TREE_HEIGHT);
  return false;
}

/* An operation on children[0..count); NULL when one of them is (its fault is known). */
static churn_node *new_operation(parser *p, churn_operation operation, size_t start, size_t at,
                                 churn_node *const *children, size_t count)
{
  for (size_t i = 0; i < count; i++)
    if (children[i] == NULL)
      return NULL;
  churn_node *node = new_node(p, CHURN_NODE_OPERATION, start, at);
  if (node == NULL)
    return NULL;
  node->operation = operation;
  node->child_count = count;
  node->children = churn_arena_take(p->arena, count * sizeof(churn_node *));
  if (node->children == NULL) {
    p->faults->no_memory = true;
    return NULL;
  }
  for (size_t i = 0; i < count; i++) {
    node->children[i] = children[i];
    if (children[i]->height >= node->height)
      node->height = children[i]->height + 1;
  }
  return check_height(p, node) ? node : NULL;
}

static churn_node *new_binary(parser *p, churn_operation operation, size_t at, churn_node *left,
                              churn_node *right)
{
  churn_node *children[] = {left, right};
  return new_operation(p, operation, left->start, at, children, 2);
}

static bool enter(parser *p)
{
  if (p->depth < CHURN_PARSE_DEPTH) {
    p->depth++;
    return true;
  }
  churn_faults_add(p->faults, CHURN_FAULT_WRONG, p->token.start,
                   "the expression is nested more than %d deep", CHURN_PARSE_DEPTH);
  return false;
}

/* A growing list of arguments; they move to the arena when the list is done. */
typedef struct node_list {
  churn_node **items;
  size_t count;
  size_t capacity;
} node_list;

static bool list_add(parser *p, node_list *list, churn_node *node)
{
  if (node == NULL)
    return false;
  if (list->count == list->capacity) {
    size_t capacity = list->capacity == 0 ? 4 : list->capacity * 2;
    churn_node **items = churn_arena_take(p->arena, capacity * sizeof(churn_node *));
    if (items == NULL) {
      p->faults->no_memory = true;
      return false;
    }
    if (list->count > 0)
      memcpy(items, list->items, list->count * sizeof(churn_node *));
    list->items = items;
    list->capacity = capacity;
  }
  list->items[list->count++] = node;
  return true;
}

static churn_node *parse_text(parser *p)
{
  churn_token token = p->token;
  advance(p);
  churn_node *node = new_node(p, CHURN_NODE_TEXT, token.start, token.start);
  if (node != NULL) {
    node->text = token.text;
    node->length = token.length;
  }
  return node;
}

static churn_node *parse_number(parser *p)
{
  churn_token token = p->token;
  advance(p);
  churn_node *node = new_node(p, CHURN_NODE_NUMBER, token.start, token.start);
  if (node != NULL)
    node->number = token.number;
  return node;
}

static churn_node *parse_literal(parser *p)
{
  size_t start = p->token.start;
  if (p->token.kind == CHURN_TOKEN_TEXT)
    return parse_text(p);
  bool negative = take(p, CHURN_TOKEN_MINUS);
  if (p->token.kind != CHURN_TOKEN_NUMBER)
    return fail_expected(p, "a number or a text in double quotes");
  churn_node *node = parse_number(p);
  if (node != NULL && negative) {
    node->number = -node->number;
    node->start = node->at = start;
  }
  return node;
}

/* `x [not] in (…)`; the token is `in`. */
static churn_node *parse_in(parser *p, churn_node *x)
{
  size_t at = p->token.start;
  node_list list = {NULL, 0, 0};
  advance(p);
  if (!list_add(p, &list, x) ||
      !expect(p, CHURN_TOKEN_OPEN, "an opening bracket and the values to look for"))
    return NULL;
  do
    if (!list_add(p, &list, parse_literal(p)))
      return NULL;
  while (take(p, CHURN_TOKEN_COMMA));
  if (!expect(p, CHURN_TOKEN_CLOSE, "a comma or a closing bracket"))
    return NULL;
  return new_operation(p, CHURN_IN, x->start, at, list.items, list.count);
}

static bool parse_days(parser *p, const char *after, uint64_t least, int32_t *days)
{
  char expected[64];
  snprintf(expected, sizeof expected, "a number of days such as 90d after '%s'", after);
  churn_token token = p->token;
  if (!expect(p, CHURN_TOKEN_DURATION, expected))
    return false;
  if (token.days < least || token.days > CHURN_LONGEST_DAYS) {
    churn_faults_add(p->faults, CHURN_FAULT_WRONG, token.start,
                     "expected %" PRIu64 "d to %dd after '%s'", least, CHURN_LONGEST_DAYS, after);
    return false;
  }
  *days = (int32_t)token.days;
  return true;
}

/* What follows the history's name, with the closing bracket. */
static bool parse_selection(parser *p, churn_aggregate_node *aggregate)
{
  if (take(p, CHURN_TOKEN_WHERE) && (aggregate->where = parse_expression(p)) == NULL)
    return false;
  bool windowed = take(p, CHURN_TOKEN_OVER);
  if (windowed && !parse_days(p, "over", 1, &aggregate->window_days))
    return false;
  if (!windowed && p->token.kind == CHURN_TOKEN_LAG) {
    churn_faults_add(p->faults, CHURN_FAULT_WRONG, p->token.start,
                     "'lag' needs a window before it, as in over 90d lag 30d");
    return false;
  }
  if (take(p, CHURN_TOKEN_LAG) && !parse_days(p, "lag", 0, &aggregate->lag_days))
    return false;
  if (windowed && p->token.kind == CHURN_TOKEN_WHERE) {
    churn_faults_add(p->faults, CHURN_FAULT_WRONG, p->token.start, "'where' stands before 'over'");
    return false;
  }
  return expect(p, CHURN_TOKEN_CLOSE,
                windowed                   ? "a closing bracket"
                : aggregate->where == NULL ? "'where', 'over' or a closing bracket"
                                           : "an operator, 'over' or a closing bracket");
}

static churn_node *aggregate_node(parser *p, const churn_token *name,
                                  churn_aggregate_node *aggregate)
{
  churn_node *node = new_node(p, CHURN_NODE_AGGREGATE, name->start, name->start);
  if (node == NULL)
    return NULL;
  node->aggregate = aggregate;
  if (aggregate->row != NULL && aggregate->row->height >= node->height)
    node->height = aggregate->row->height + 1;
  if (aggregate->where != NULL && aggregate->where->height >= node->height)
    node->height = aggregate->where->height + 1;
  return check_height(p, node) ? node : NULL;
}

/* `first` is what stands behind the opening bracket: the row expression or the history. */
static churn_node *parse_aggregate(parser *p, const churn_token *name, const churn_aggregate *kind,
                                   churn_node *first)
{
  churn_aggregate_node *aggregate = churn_arena_take(p->arena, sizeof *aggregate);
  if (aggregate == NULL) {
    p->faults->no_memory = true;
    return NULL;
  }
  aggregate->kind = kind;
  if (take(p, CHURN_TOKEN_FROM)) {
    churn_token history = p->token;
    if (!expect(p, CHURN_TOKEN_NAME, "the name of a history"))
      return NULL;
    aggregate->row = first;
    aggregate->history = history.text;
    aggregate->history_at = history.start;
  } else if (first->kind == CHURN_NODE_NAME) {
    aggregate->history = first->text;
    aggregate->history_at = first->at;
  } else {
    return fail_expected(p, "'from' and the name of a history");
  }
  return parse_selection(p, aggregate) ? aggregate_node(p, name, aggregate) : NULL;
}

static bool check_argument_count(parser *p, const churn_token *name, const churn_function *function,
                                 size_t count)
{
  if (count >= function->least && count <= function->most)
    return true;
  if (churn_aggregate_find(function->name) != NULL)
    churn_faults_add(p->faults, CHURN_FAULT_WRONG, name->start,
                     "%s takes two or more expressions, or one from a history, as in %s",
                     function->name, churn_aggregate_find(function->name)->example);
  else
    churn_faults_add(p->faults, CHURN_FAULT_WRONG, name->start,
                     "%s takes %s%zu expression%s, not %zu", function->name,
                     function->most == function->least ? "" : "at least ", function->least,
                     function->least == 1 ? "" : "s", count);
  return false;
}

static churn_node *parse_function(parser *p, const churn_token *name,
                                  const churn_function *function, churn_node *first)
{
  node_list list = {NULL, 0, 0};
  if (!list_add(p, &list, first))
    return NULL;
  while (take(p, CHURN_TOKEN_COMMA))
    if (!list_add(p, &list, parse_expression(p)))
      return NULL;
  if (!expect(p, CHURN_TOKEN_CLOSE, "a comma, an operator or a closing bracket") ||
      !check_argument_count(p, name, function, list.count))
    return NULL;
  return new_operation(p, function->operation, name->start, name->start, list.items, list.count);
}

static churn_node *fail_unknown_call(parser *p, const churn_token *name)
{
  char piece[CHURN_PIECE_SIZE];
  const char *nearest = churn_catalogue_suggest(name->text);
  churn_fault_piece(name->text, name->length, piece);
  churn_faults_add(p->faults, CHURN_FAULT_WRONG, name->start,
                   nearest == NULL ? "there is no function or aggregate '%s'"
                                   : "there is no function or aggregate '%s'; did you mean '%s'?",
                   piece, nearest);
  return NULL;
}

/* A function or an aggregate; the token is the opening bracket. */
static churn_node *parse_call(parser *p, const churn_token *name)
{
  const churn_aggregate *aggregate = churn_aggregate_find(name->text);
  const churn_function *function = churn_function_find(name->text);
  if (aggregate == NULL && function == NULL)
    return fail_unknown_call(p, name);
  advance(p);
  if (p->token.kind == CHURN_TOKEN_CLOSE)
    return fail_expected(p, aggregate != NULL ? "an expression or the name of a history"
                                              : "an expression");
  churn_node *first = parse_expression(p);
  if (first == NULL)
    return NULL;
  if (function == NULL || (aggregate != NULL && p->token.kind == CHURN_TOKEN_FROM))
    return parse_aggregate(p, name, aggregate, first);
  return parse_function(p, name, function, first);
}

static churn_node *parse_name(parser *p)
{
  churn_token name = p->token;
  advance(p);
  if (p->token.kind == CHURN_TOKEN_OPEN && p->lexer.text[name.start] != '`')
    return parse_call(p, &name);
  const char *owner = NULL;
  churn_token first = name;
  if (take(p, CHURN_TOKEN_POINT)) {
    owner = name.text;
    name = p->token;
    if (!expect(p, CHURN_TOKEN_NAME, "the name of a column after the point"))
      return NULL;
  }
  churn_node *node =
      new_node(p, owner == NULL ? CHURN_NODE_NAME : CHURN_NODE_MEMBER, first.start, name.start);
  if (node == NULL)
    return NULL;
  node->owner = owner;
  node->text = name.text;
  node->length = name.length;
  return node;
}

static churn_node *parse_brackets(parser *p)
{
  size_t start = p->token.start;
  advance(p);
  churn_node *inner = parse_expression(p);
  if (inner == NULL || !expect(p, CHURN_TOKEN_CLOSE, "an operator or a closing bracket"))
    return NULL;
  inner->start = start;
  inner->end = p->end;
  return inner;
}

static churn_node *fail_primary(parser *p)
{
  char piece[CHURN_PIECE_SIZE];
  const churn_token *t = &p->token;
  churn_fault_piece(p->lexer.text + t->start, t->end - t->start, piece);
  if (t->kind == CHURN_TOKEN_DURATION)
    churn_faults_add(p->faults, CHURN_FAULT_WRONG, t->start,
                     "%s stands only after 'over' and 'lag'; elsewhere days are plain numbers",
                     piece);
  else if (t->kind == CHURN_TOKEN_PLUS)
    churn_faults_add(p->faults, CHURN_FAULT_WRONG, t->start, "a value takes no + before it");
  else if (t->kind >= CHURN_TOKEN_AND && t->kind <= CHURN_TOKEN_AS_OF)
    churn_faults_add(p->faults, CHURN_FAULT_WRONG, t->start,
                     "expected a value, found the reserved word '%s'; as a name it stands in "
                     "backticks: `%s`",
                     piece, piece);
  else
    fail_expected(p, "a value (a number, a name, a \"text\", an aggregate, a bracket)");
  return NULL;
}

static churn_node *parse_primary(parser *p)
{
  size_t start = p->token.start;
  switch (p->token.kind) {
  case CHURN_TOKEN_NUMBER:
    return parse_number(p);
  case CHURN_TOKEN_TEXT:
    return parse_text(p);
  case CHURN_TOKEN_NAME:
    return parse_name(p);
  case CHURN_TOKEN_OPEN:
    return parse_brackets(p);
  case CHURN_TOKEN_AS_OF:
    advance(p);
    return new_node(p, CHURN_NODE_AS_OF, start, start);
  default:
    return fail_primary(p);
  }
}

static churn_node *parse_signed(parser *p)
{
  size_t at = p->token.start;
  if (p->token.kind != CHURN_TOKEN_MINUS)
    return parse_primary(p);
  if (!enter(p))
    return NULL;
  advance(p);
  churn_node *operand = parse_signed(p);
  p->depth--;
  return new_operation(p, CHURN_NEGATE, at, at, &operand, 1);
}

static churn_node *parse_product(parser *p)
{
  churn_node *left = parse_signed(p);
  while (left != NULL &&
         (p->token.kind == CHURN_TOKEN_STAR || p->token.kind == CHURN_TOKEN_SLASH)) {
    churn_token sign = p->token;
    advance(p);
    left = new_binary(p, sign.kind == CHURN_TOKEN_STAR ? CHURN_MULTIPLY : CHURN_DIVIDE, sign.start,
                      left, parse_signed(p));
  }
  return left;
}

static churn_node *parse_sum(parser *p)
{
  churn_node *left = parse_product(p);
  while (left != NULL &&
         (p->token.kind == CHURN_TOKEN_PLUS || p->token.kind == CHURN_TOKEN_MINUS)) {
    churn_token sign = p->token;
    advance(p);
    left = new_binary(p, sign.kind == CHURN_TOKEN_PLUS ? CHURN_ADD : CHURN_SUBTRACT, sign.start,
                      left, parse_product(p));
  }
  return left;
}

static bool is_comparison(churn_token_kind kind)
{
  return kind >= CHURN_TOKEN_EQUAL && kind <= CHURN_TOKEN_GREATER_EQUAL;
}

static churn_node *parse_comparison(parser *p)
{
  churn_node *left = parse_sum(p);
  churn_token sign = p->token;
  if (left == NULL)
    return NULL;
  if (take(p, CHURN_TOKEN_NOT)) {
    if (p->token.kind != CHURN_TOKEN_IN)
      return fail_expected(p, "'in' after 'not'");
    churn_node *inside = parse_in(p, left);
    return new_operation(p, CHURN_NOT, left->start, sign.start, &inside, 1);
  }
  if (sign.kind == CHURN_TOKEN_IN)
    return parse_in(p, left);
  if (!is_comparison(sign.kind))
    return left;
  advance(p);
  churn_operation operation = (churn_operation)(CHURN_EQUAL + (int)(sign.kind - CHURN_TOKEN_EQUAL));
  churn_node *node = new_binary(p, operation, sign.start, left, parse_sum(p));
  if (node != NULL && is_comparison(p->token.kind)) {
    churn_faults_add(p->faults, CHURN_FAULT_WRONG, p->token.start,
                     "a comparison does not chain: write a < b and b < c");
    return NULL;
  }
  return node;
}

static churn_node *parse_negation(parser *p)
{
  size_t at = p->token.start;
  if (p->token.kind != CHURN_TOKEN_NOT)
    return parse_comparison(p);
  if (!enter(p))
    return NULL;
  advance(p);
  churn_node *operand = parse_negation(p);
  p->depth--;
  return new_operation(p, CHURN_NOT, at, at, &operand, 1);
}

static churn_node *parse_conjunction(parser *p)
{
  churn_node *left = parse_negation(p);
  while (left != NULL && p->token.kind == CHURN_TOKEN_AND) {
    size_t at = p->token.start;
    advance(p);
    left = new_binary(p, CHURN_AND, at, left, parse_negation(p));
  }
  return left;
}

static churn_node *parse_expression(parser *p)
{
  if (!enter(p))
    return NULL;
  churn_node *left = parse_conjunction(p);
  while (left != NULL && p->token.kind == CHURN_TOKEN_OR) {
    size_t at = p->token.start;
    advance(p);
    left = new_binary(p, CHURN_OR, at, left, parse_conjunction(p));
  }
  p->depth--;
  return left;
}

churn_node *churn_parse(const char *text, churn_arena *arena, churn_faults *faults)
{
  parser p = {.lexer = {text, 0, arena, faults}, .arena = arena, .faults = faults};
  advance(&p);
  if (p.token.kind == CHURN_TOKEN_END) {
    churn_faults_add(faults, CHURN_FAULT_WRONG, 0, "the expression is empty");
    return NULL;
  }
  churn_node *node = parse_expression(&p);
  if (node == NULL || p.token.kind == CHURN_TOKEN_END)
    return node;
  if (p.token.kind >= CHURN_TOKEN_WHERE && p.token.kind <= CHURN_TOKEN_FROM) {
    char piece[CHURN_PIECE_SIZE];
    churn_faults_add(faults, CHURN_FAULT_WRONG, p.token.start,
                     "'%s' stands inside the brackets of an aggregate, as in count(complaints over "
                     "90d)",
                     churn_fault_piece(text + p.token.start, p.token.end - p.token.start, piece));
    return NULL;
  }
  return fail_expected(&p, "an operator or the end of the expression");
}
