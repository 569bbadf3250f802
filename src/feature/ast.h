/* The syntax tree of an expression. Place in the flow: parse.c makes it with names as written,
 * check.c resolves the names and gives every node its type, compile.c numbers what it reads. It
 * stays whole after that: evaluation walks it, reasons read it, and a translation to SQL can.
 *
 * Nodes live in an arena and are freed with it, all at once.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_FEATURE_AST_H
#define CHURN_FEATURE_AST_H

#include "base/arena.h"
#include "feature/plan.h"

/* A tree higher than this is refused, so that walking it cannot run out of stack. */
enum { CHURN_TREE_HEIGHT = 500 };

typedef enum churn_node_kind {
  CHURN_NODE_NUMBER,    /* `number` */
  CHURN_NODE_TEXT,      /* `text`; compile: `index` in the plan's literals */
  CHURN_NODE_AS_OF,     /* the as-of day */
  CHURN_NODE_NAME,      /* `text`; check turns it into COLUMN, JOINED or VALUE */
  CHURN_NODE_MEMBER,    /* `owner`.`text`; check turns it into COLUMN */
  CHURN_NODE_COLUMN,    /* `source`, `column`; compile: `index` in the plan's columns */
  CHURN_NODE_JOINED,    /* the spell's first day */
  CHURN_NODE_VALUE,     /* the project's value expression */
  CHURN_NODE_OPERATION, /* `operation` on `children` */
  CHURN_NODE_AGGREGATE  /* `aggregate`; compile: `index` in the plan's aggregates */
} churn_node_kind;

typedef enum churn_operation {
  CHURN_NEGATE,
  CHURN_NOT,
  CHURN_ADD,
  CHURN_SUBTRACT,
  CHURN_MULTIPLY,
  CHURN_DIVIDE,
  CHURN_EQUAL,
  CHURN_UNEQUAL,
  CHURN_LESS,
  CHURN_LESS_EQUAL,
  CHURN_GREATER,
  CHURN_GREATER_EQUAL,
  CHURN_AND,
  CHURN_OR,
  CHURN_IN, /* children[0] in the literals children[1..] */
  CHURN_IS_MISSING,
  CHURN_COALESCE,
  CHURN_ABS,
  CHURN_LOG1P,
  CHURN_LEAST,
  CHURN_GREATEST,
  CHURN_IF
} churn_operation;

typedef struct churn_node churn_node;
struct churn_aggregate;

/* aggregate([[fraction,] row from] history [where where] [over window lag lag]) */
typedef struct churn_aggregate_node {
  const struct churn_aggregate *kind; /* row of the catalogue */
  churn_node *row;                    /* NULL = none */
  churn_node *where;                  /* NULL = all rows */
  const char *history;
  size_t history_at;   /* byte offset of the history's name */
  int32_t window_days; /* 0 = all that is known */
  int32_t lag_days;
  double fraction; /* of a quantile; else 0 */
} churn_aggregate_node;

struct churn_node {
  churn_node_kind kind;
  churn_operation operation;
  size_t start;     /* byte offset of the node's first byte */
  size_t at;        /* byte offset a message points at: the operator, the name */
  size_t end;       /* byte offset past the node's last byte */
  size_t height;    /* 1 for a leaf */
  double number;    /* NUMBER; for TEXT its code in the pool, once bound */
  const char *text; /* NAME, MEMBER, TEXT: without quotes and escapes, terminated */
  size_t length;
  const char *owner; /* MEMBER */
  churn_node **children;
  size_t child_count;
  churn_aggregate_node *aggregate;
  churn_value_type type; /* once checked */
  int source;            /* COLUMN; AGGREGATE: its history's source */
  int column;
  size_t index;
};

/* Whether two checked trees mean the same: then one evaluation serves both. NULL equals NULL only.
 * Cost: the smaller tree. */
bool churn_node_same(const churn_node *a, const churn_node *b);

/* Calls `visit` for the node, its children and an aggregate's row and where, parents first. */
void churn_node_walk(churn_node *node, void (*visit)(void *context, churn_node *node),
                     void *context);

#endif
