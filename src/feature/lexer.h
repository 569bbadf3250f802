/* The words of an expression. Place in the flow: text -> tokens -> parse.c.
 *
 * Names are ASCII letters, `_` and any byte >= 0x80, then digits too; anything stands in backticks
 * (a doubled one for itself). Reserved words are not names unless in backticks. Texts stand in
 * double quotes, with \" and \\ for themselves. A duration is a whole number with a `d` behind it.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_FEATURE_LEXER_H
#define CHURN_FEATURE_LEXER_H

#include "feature/ast.h"
#include "feature/fault.h"

typedef enum churn_token_kind {
  CHURN_TOKEN_END,
  CHURN_TOKEN_FAULT, /* reported already */
  CHURN_TOKEN_NUMBER,
  CHURN_TOKEN_DURATION,
  CHURN_TOKEN_TEXT,
  CHURN_TOKEN_NAME,
  CHURN_TOKEN_OPEN,
  CHURN_TOKEN_CLOSE,
  CHURN_TOKEN_COMMA,
  CHURN_TOKEN_POINT,
  CHURN_TOKEN_PLUS,
  CHURN_TOKEN_MINUS,
  CHURN_TOKEN_STAR,
  CHURN_TOKEN_SLASH,
  CHURN_TOKEN_EQUAL,
  CHURN_TOKEN_UNEQUAL,
  CHURN_TOKEN_LESS,
  CHURN_TOKEN_LESS_EQUAL,
  CHURN_TOKEN_GREATER,
  CHURN_TOKEN_GREATER_EQUAL,
  CHURN_TOKEN_AND,
  CHURN_TOKEN_OR,
  CHURN_TOKEN_NOT,
  CHURN_TOKEN_IN,
  CHURN_TOKEN_WHERE,
  CHURN_TOKEN_OVER,
  CHURN_TOKEN_LAG,
  CHURN_TOKEN_FROM,
  CHURN_TOKEN_AS_OF
} churn_token_kind;

typedef struct churn_token {
  churn_token_kind kind;
  size_t start, end; /* bytes of the expression */
  double number;     /* NUMBER */
  uint64_t days;     /* DURATION */
  const char *text;  /* NAME, TEXT: in the arena, terminated */
  size_t length;
} churn_token;

typedef struct churn_lexer {
  const char *text;
  size_t at;
  churn_arena *arena;
  churn_faults *faults;
} churn_lexer;

/* Reads the next token. A fault is reported to `faults` and given as CHURN_TOKEN_FAULT, for ever
 * after. */
churn_token churn_lexer_next(churn_lexer *lexer);

#endif
