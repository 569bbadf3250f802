/* Tokens and nodes for the parser.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "feature/parser.h"

#include <string.h>

void churn_parser_advance(churn_parser *p)
{
  p->end = p->token.end;
  p->open += (p->token.kind == CHURN_TOKEN_OPEN) - (p->token.kind == CHURN_TOKEN_CLOSE);
  p->token = churn_lexer_next(&p->lexer);
}

bool churn_parser_take(churn_parser *p, churn_token_kind kind)
{
  if (p->token.kind != kind)
    return false;
  churn_parser_advance(p);
  return true;
}

churn_node *churn_parser_fail(churn_parser *p, const char *expected)
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

bool churn_parser_expect(churn_parser *p, churn_token_kind kind, const char *expected)
{
  if (churn_parser_take(p, kind))
    return true;
  churn_parser_fail(p, expected);
  return false;
}

churn_node *churn_parser_node(churn_parser *p, churn_node_kind kind, size_t start, size_t at)
{
  churn_node *node = churn_arena_take(p->arena, 1, sizeof *node);
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

bool churn_parser_height_fits(churn_parser *p, const churn_node *node)
{
  if (node->height <= CHURN_TREE_HEIGHT)
    return true;
  churn_faults_add(p->faults, CHURN_FAULT_WRONG, node->at,
                   "the expression is too long: more than %d operations build on each other here",
                   CHURN_TREE_HEIGHT);
  return false;
}

churn_node *churn_parser_operation(churn_parser *p, churn_operation operation, size_t start,
                                   size_t at, churn_node *const *children, size_t count)
{
  for (size_t i = 0; i < count; i++)
    if (children[i] == NULL)
      return NULL;
  churn_node *node = churn_parser_node(p, CHURN_NODE_OPERATION, start, at);
  if (node == NULL)
    return NULL;
  node->operation = operation;
  node->child_count = count;
  node->children = churn_arena_take(p->arena, count, sizeof(churn_node *));
  if (node->children == NULL) {
    p->faults->no_memory = true;
    return NULL;
  }
  for (size_t i = 0; i < count; i++) {
    node->children[i] = children[i];
    if (children[i]->height >= node->height)
      node->height = children[i]->height + 1;
  }
  return churn_parser_height_fits(p, node) ? node : NULL;
}

bool churn_parser_enter(churn_parser *p)
{
  if (p->depth < CHURN_PARSE_DEPTH) {
    p->depth++;
    return true;
  }
  churn_faults_add(p->faults, CHURN_FAULT_WRONG, p->token.start,
                   "the expression is nested more than %d deep", CHURN_PARSE_DEPTH);
  return false;
}

bool churn_node_list_add(churn_parser *p, churn_node_list *list, churn_node *node)
{
  if (node == NULL)
    return false;
  if (list->count == list->capacity) {
    size_t capacity = list->capacity == 0 ? 4 : list->capacity * 2;
    churn_node **items = churn_arena_take(p->arena, capacity, sizeof(churn_node *));
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
