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
 *   aggregate  = name "(" [ [ number "," ] expression "from" ] history [ "where" expression ]
 *                         [ "over" duration [ "lag" duration ] ] ")" ;
 *   history    = name ;
 *   name       = ( letter | "_" | byte >= 0x80 ) { letter | "_" | digit | byte >= 0x80 }
 *              | "`" { any byte but "`" | "``" } "`" ;         reserved words only in backticks
 *   number     = digits [ "." digits ] [ ( "e" | "E" ) [ "+" | "-" ] digits ] ;
 *   duration   = digits "d" ;                                  days
 *   text       = '"' { any byte but '"' and "\" | '\"' | '\\' } '"' ;
 *
 * The number before the row expression is quantile's, from 0 to 1; only quantile has one.
 * min and max are functions unless `from` follows their first expression. Blanks, tabs and line
 * ends separate. A comparison does not chain.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "feature/parser.h"

static churn_node *new_binary(churn_parser *p, churn_operation operation, size_t at,
                              churn_node *left, churn_node *right)
{
  churn_node *children[] = {left, right};
  return churn_parser_operation(p, operation, left->start, at, children, 2);
}

static churn_node *parse_text(churn_parser *p)
{
  churn_token token = p->token;
  churn_parser_advance(p);
  churn_node *node = churn_parser_node(p, CHURN_NODE_TEXT, token.start, token.start);
  if (node != NULL) {
    node->text = token.text;
    node->length = token.length;
  }
  return node;
}

static churn_node *parse_number(churn_parser *p)
{
  churn_token token = p->token;
  churn_parser_advance(p);
  churn_node *node = churn_parser_node(p, CHURN_NODE_NUMBER, token.start, token.start);
  if (node != NULL)
    node->number = token.number;
  return node;
}

static churn_node *parse_literal(churn_parser *p)
{
  size_t start = p->token.start;
  if (p->token.kind == CHURN_TOKEN_TEXT)
    return parse_text(p);
  bool negative = churn_parser_take(p, CHURN_TOKEN_MINUS);
  if (p->token.kind != CHURN_TOKEN_NUMBER)
    return churn_parser_fail(p, "a number or a text in double quotes");
  churn_node *node = parse_number(p);
  if (node != NULL && negative) {
    node->number = -node->number;
    node->start = node->at = start;
  }
  return node;
}

/* `x [not] in (…)`; the token is `in`. */
static churn_node *parse_in(churn_parser *p, churn_node *x)
{
  size_t at = p->token.start;
  churn_node_list list = {NULL, 0, 0};
  churn_parser_advance(p);
  if (!churn_node_list_add(p, &list, x) ||
      !churn_parser_expect(p, CHURN_TOKEN_OPEN, "an opening bracket and the values to look for"))
    return NULL;
  do
    if (!churn_node_list_add(p, &list, parse_literal(p)))
      return NULL;
  while (churn_parser_take(p, CHURN_TOKEN_COMMA));
  if (!churn_parser_expect(p, CHURN_TOKEN_CLOSE, "a comma or a closing bracket"))
    return NULL;
  return churn_parser_operation(p, CHURN_IN, x->start, at, list.items, list.count);
}

static churn_node *parse_name(churn_parser *p)
{
  churn_token name = p->token;
  churn_parser_advance(p);
  if (p->token.kind == CHURN_TOKEN_OPEN && p->lexer.text[name.start] != '`')
    return churn_parse_call(p, &name);
  const char *owner = NULL;
  churn_token first = name;
  if (churn_parser_take(p, CHURN_TOKEN_POINT)) {
    owner = name.text;
    name = p->token;
    if (!churn_parser_expect(p, CHURN_TOKEN_NAME, "the name of a column after the point"))
      return NULL;
  }
  churn_node *node = churn_parser_node(p, owner == NULL ? CHURN_NODE_NAME : CHURN_NODE_MEMBER,
                                       first.start, name.start);
  if (node == NULL)
    return NULL;
  node->owner = owner;
  node->text = name.text;
  node->length = name.length;
  return node;
}

static churn_node *parse_brackets(churn_parser *p)
{
  size_t start = p->token.start;
  churn_parser_advance(p);
  churn_node *inner = churn_parse_expression(p);
  if (inner == NULL ||
      !churn_parser_expect(p, CHURN_TOKEN_CLOSE, "an operator or a closing bracket"))
    return NULL;
  inner->start = start;
  inner->end = p->end;
  return inner;
}

static churn_node *fail_primary(churn_parser *p)
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
    churn_parser_fail(p, "a value (a number, a name, a \"text\", an aggregate, a bracket)");
  return NULL;
}

static churn_node *parse_primary(churn_parser *p)
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
    churn_parser_advance(p);
    return churn_parser_node(p, CHURN_NODE_AS_OF, start, start);
  default:
    return fail_primary(p);
  }
}

static churn_node *parse_signed(churn_parser *p)
{
  size_t at = p->token.start;
  if (p->token.kind != CHURN_TOKEN_MINUS)
    return parse_primary(p);
  if (!churn_parser_enter(p))
    return NULL;
  churn_parser_advance(p);
  churn_node *operand = parse_signed(p);
  p->depth--;
  return churn_parser_operation(p, CHURN_NEGATE, at, at, &operand, 1);
}

static churn_node *parse_product(churn_parser *p)
{
  churn_node *left = parse_signed(p);
  while (left != NULL &&
         (p->token.kind == CHURN_TOKEN_STAR || p->token.kind == CHURN_TOKEN_SLASH)) {
    churn_token sign = p->token;
    churn_parser_advance(p);
    left = new_binary(p, sign.kind == CHURN_TOKEN_STAR ? CHURN_MULTIPLY : CHURN_DIVIDE, sign.start,
                      left, parse_signed(p));
  }
  return left;
}

static churn_node *parse_sum(churn_parser *p)
{
  churn_node *left = parse_product(p);
  while (left != NULL &&
         (p->token.kind == CHURN_TOKEN_PLUS || p->token.kind == CHURN_TOKEN_MINUS)) {
    churn_token sign = p->token;
    churn_parser_advance(p);
    left = new_binary(p, sign.kind == CHURN_TOKEN_PLUS ? CHURN_ADD : CHURN_SUBTRACT, sign.start,
                      left, parse_product(p));
  }
  return left;
}

static bool is_comparison(churn_token_kind kind)
{
  return kind >= CHURN_TOKEN_EQUAL && kind <= CHURN_TOKEN_GREATER_EQUAL;
}

static churn_node *parse_comparison(churn_parser *p)
{
  churn_node *left = parse_sum(p);
  churn_token sign = p->token;
  if (left == NULL)
    return NULL;
  if (churn_parser_take(p, CHURN_TOKEN_NOT)) {
    if (p->token.kind != CHURN_TOKEN_IN)
      return churn_parser_fail(p, "'in' after 'not'");
    churn_node *inside = parse_in(p, left);
    return churn_parser_operation(p, CHURN_NOT, left->start, sign.start, &inside, 1);
  }
  if (sign.kind == CHURN_TOKEN_IN)
    return parse_in(p, left);
  if (!is_comparison(sign.kind))
    return left;
  churn_parser_advance(p);
  churn_operation operation = (churn_operation)(CHURN_EQUAL + (int)(sign.kind - CHURN_TOKEN_EQUAL));
  churn_node *node = new_binary(p, operation, sign.start, left, parse_sum(p));
  if (node != NULL && is_comparison(p->token.kind)) {
    churn_faults_add(p->faults, CHURN_FAULT_WRONG, p->token.start,
                     "a comparison does not chain: write a < b and b < c");
    return NULL;
  }
  return node;
}

static churn_node *parse_negation(churn_parser *p)
{
  size_t at = p->token.start;
  if (p->token.kind != CHURN_TOKEN_NOT)
    return parse_comparison(p);
  if (!churn_parser_enter(p))
    return NULL;
  churn_parser_advance(p);
  churn_node *operand = parse_negation(p);
  p->depth--;
  return churn_parser_operation(p, CHURN_NOT, at, at, &operand, 1);
}

static churn_node *parse_conjunction(churn_parser *p)
{
  churn_node *left = parse_negation(p);
  while (left != NULL && p->token.kind == CHURN_TOKEN_AND) {
    size_t at = p->token.start;
    churn_parser_advance(p);
    left = new_binary(p, CHURN_AND, at, left, parse_negation(p));
  }
  return left;
}

churn_node *churn_parse_expression(churn_parser *p)
{
  if (!churn_parser_enter(p))
    return NULL;
  churn_node *left = parse_conjunction(p);
  while (left != NULL && p->token.kind == CHURN_TOKEN_OR) {
    size_t at = p->token.start;
    churn_parser_advance(p);
    left = new_binary(p, CHURN_OR, at, left, parse_conjunction(p));
  }
  p->depth--;
  return left;
}

churn_node *churn_parse(const char *text, churn_arena *arena, churn_faults *faults)
{
  churn_parser p = {.lexer = {text, 0, arena, faults}, .arena = arena, .faults = faults};
  churn_parser_advance(&p);
  if (p.token.kind == CHURN_TOKEN_END) {
    churn_faults_add(faults, CHURN_FAULT_WRONG, 0, "the expression is empty");
    return NULL;
  }
  churn_node *node = churn_parse_expression(&p);
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
  return churn_parser_fail(&p, "an operator or the end of the expression");
}
