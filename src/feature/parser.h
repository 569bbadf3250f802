/* What the files of the parser share. Private to parser.c, call.c and parse.c.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_FEATURE_PARSER_H
#define CHURN_FEATURE_PARSER_H

#include "feature/lexer.h"
#include "feature/parse.h"

typedef struct churn_parser {
  churn_lexer lexer;
  churn_token token; /* the one to be looked at next */
  size_t end;        /* end of the one before it */
  churn_arena *arena;
  churn_faults *faults;
  int depth;
  int open; /* brackets not closed yet */
} churn_parser;

/* Goes on to the next token. */
void churn_parser_advance(churn_parser *p);

/* Whether the token is of that kind; then goes on. */
bool churn_parser_take(churn_parser *p, churn_token_kind kind);

/* The same, and a fault saying what was expected where it is not. */
bool churn_parser_expect(churn_parser *p, churn_token_kind kind, const char *expected);

/* Reports that `expected` does not stand where it should. Always NULL. */
churn_node *churn_parser_fail(churn_parser *p, const char *expected);

/* A node that ends at the token before this one; NULL when memory ran out. */
churn_node *churn_parser_node(churn_parser *p, churn_node_kind kind, size_t start, size_t at);

/* An operation on children[0..count), copied; NULL when one of them is (its fault is known), and
 * where the tree would be too high. */
churn_node *churn_parser_operation(churn_parser *p, churn_operation operation, size_t start,
                                   size_t at, churn_node *const *children, size_t count);

/* False, with a fault, when the tree is too high. */
bool churn_parser_height_fits(churn_parser *p, const churn_node *node);

/* One level deeper (p->depth); false, with a fault, when that is too deep. */
bool churn_parser_enter(churn_parser *p);

/* A growing list of arguments, in the arena. */
typedef struct churn_node_list {
  churn_node **items;
  size_t count;
  size_t capacity;
} churn_node_list;

/* False when `node` is NULL or memory ran out. */
bool churn_node_list_add(churn_parser *p, churn_node_list *list, churn_node *node);

/* A whole expression; parse.c. NULL after a fault. */
churn_node *churn_parse_expression(churn_parser *p);

/* A function or an aggregate of that name; the token is the opening bracket; call.c. */
churn_node *churn_parse_call(churn_parser *p, const churn_token *name);

#endif
