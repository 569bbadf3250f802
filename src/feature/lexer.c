/* The words of an expression.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "feature/lexer.h"

#include "base/number.h"

#include <string.h>

static const struct {
  const char *word;
  churn_token_kind kind;
} reserved[] = {
    {"and", CHURN_TOKEN_AND}, {"or", CHURN_TOKEN_OR},       {"not", CHURN_TOKEN_NOT},
    {"in", CHURN_TOKEN_IN},   {"where", CHURN_TOKEN_WHERE}, {"over", CHURN_TOKEN_OVER},
    {"lag", CHURN_TOKEN_LAG}, {"from", CHURN_TOKEN_FROM},   {"as_of", CHURN_TOKEN_AS_OF}};

/* Two bytes first: the longest operator wins. */
static const struct {
  const char *sign;
  churn_token_kind kind;
} signs[] = {
    {"!=", CHURN_TOKEN_UNEQUAL}, {"<=", CHURN_TOKEN_LESS_EQUAL}, {">=", CHURN_TOKEN_GREATER_EQUAL},
    {"<", CHURN_TOKEN_LESS},     {">", CHURN_TOKEN_GREATER},     {"=", CHURN_TOKEN_EQUAL},
    {"+", CHURN_TOKEN_PLUS},     {"-", CHURN_TOKEN_MINUS},       {"*", CHURN_TOKEN_STAR},
    {"/", CHURN_TOKEN_SLASH},    {"(", CHURN_TOKEN_OPEN},        {")", CHURN_TOKEN_CLOSE},
    {",", CHURN_TOKEN_COMMA},    {".", CHURN_TOKEN_POINT}};

/* What people write who come from another language, and what it is called here. */
static const struct {
  const char *sign;
  const char *hint;
} foreign[] = {{"==", "equal is written ="},
               {"<>", "not equal is written !="},
               {"&&", "write 'and'"},
               {"||", "write 'or'"},
               {"!", "write 'not'; not equal is written !="},
               {"'", "a text stands in double quotes"},
               {"%", "a share is written as a number, such as 0.2"},
               {"[", "use round brackets"},
               {"{", "use round brackets"}};

static bool is_digit(char byte)
{
  return byte >= '0' && byte <= '9';
}

static bool starts_name(char byte)
{
  return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_' ||
         (unsigned char)byte >= 0x80;
}

static bool continues_name(char byte)
{
  return starts_name(byte) || is_digit(byte);
}

static churn_token fail(churn_lexer *lexer, churn_token *token)
{
  token->kind = CHURN_TOKEN_FAULT;
  lexer->at = strlen(lexer->text);
  return *token;
}

static size_t skip_digits(const char *text, size_t at)
{
  while (is_digit(text[at]))
    at++;
  return at;
}

/* End of the number at `at`: digits, a fraction, an exponent. */
static size_t number_end(const char *text, size_t at)
{
  at = skip_digits(text, at);
  if (text[at] == '.' && is_digit(text[at + 1]))
    at = skip_digits(text, at + 1);
  if (text[at] == 'e' || text[at] == 'E') {
    size_t digits = at + 1 + (text[at + 1] == '+' || text[at + 1] == '-');
    if (is_digit(text[digits]))
      at = skip_digits(text, digits);
  }
  return at;
}

static churn_token read_number(churn_lexer *lexer, churn_token token)
{
  const char *text = lexer->text;
  size_t whole = skip_digits(text, token.start), end = number_end(text, token.start);
  char piece[CHURN_PIECE_SIZE];
  if (end == whole && text[end] == 'd' && !continues_name(text[end + 1])) {
    token.kind = CHURN_TOKEN_DURATION;
    if (!churn_whole_parse(text + token.start, whole - token.start, &token.days))
      token.days = UINT64_MAX;
    token.end = lexer->at = end + 1;
    return token;
  }
  if (continues_name(text[end])) {
    while (continues_name(text[end]))
      end++;
    churn_faults_add(lexer->faults, CHURN_FAULT_WRONG, token.start,
                     "'%s' is neither a number (90) nor a number of days (90d); a name that starts "
                     "with a digit stands in backticks",
                     churn_fault_piece(text + token.start, end - token.start, piece));
    return fail(lexer, &token);
  }
  token.kind = CHURN_TOKEN_NUMBER;
  token.end = lexer->at = end;
  if (!churn_number_parse(text + token.start, end - token.start, '.', 0, &token.number)) {
    churn_faults_add(lexer->faults, CHURN_FAULT_WRONG, token.start, "the number is too large");
    return fail(lexer, &token);
  }
  return token;
}

/* Bytes to the closing quote, or to the end of the text: room enough for what is between. */
static size_t quoted_length(const char *text, char quote)
{
  size_t at = 0;
  while (text[at] != '\0' && (text[at] != quote || (quote == '`' && text[at + 1] == quote)))
    at += text[at + 1] != '\0' && (text[at] == quote || (quote == '"' && text[at] == '\\')) ? 2 : 1;
  return at;
}

/* Reads what stands between two `quote` bytes. In backticks a doubled one stands for itself, in a
 * text \" and \\ do. */
static churn_token read_quoted(churn_lexer *lexer, churn_token token, char quote)
{
  const char *text = lexer->text;
  size_t at = token.start + 1, length = 0;
  char *copy = churn_arena_take(lexer->arena, quoted_length(text + at, quote) + 1, 1);
  for (; copy != NULL; at++) {
    if (text[at] == '\0') {
      churn_faults_add(lexer->faults, CHURN_FAULT_WRONG, token.start,
                       quote == '"' ? "the closing double quote is missing" CHURN_CUT_HINT
                                    : "the closing backtick is missing" CHURN_CUT_HINT);
      return fail(lexer, &token);
    }
    if (quote == '"' && text[at] == '\\') {
      at++;
      if (text[at] != '"' && text[at] != '\\') {
        churn_faults_add(lexer->faults, CHURN_FAULT_WRONG, at - 1,
                         "in a text a backslash stands before \" or \\ only; write \\\\ for one");
        return fail(lexer, &token);
      }
    } else if (text[at] == quote) {
      if (quote == '"' || text[at + 1] != quote)
        break;
      at++;
    }
    copy[length++] = text[at];
  }
  if (copy == NULL) {
    lexer->faults->no_memory = true;
    return fail(lexer, &token);
  }
  token.kind = quote == '"' ? CHURN_TOKEN_TEXT : CHURN_TOKEN_NAME;
  token.text = copy;
  token.length = length;
  token.end = lexer->at = at + 1;
  if (token.kind == CHURN_TOKEN_NAME && length == 0) {
    churn_faults_add(lexer->faults, CHURN_FAULT_WRONG, token.start, "the name is empty");
    return fail(lexer, &token);
  }
  return token;
}

static churn_token read_word(churn_lexer *lexer, churn_token token)
{
  size_t end = token.start;
  while (continues_name(lexer->text[end]))
    end++;
  token.kind = CHURN_TOKEN_NAME;
  token.end = lexer->at = end;
  token.length = end - token.start;
  token.text = churn_arena_text(lexer->arena, lexer->text + token.start, token.length);
  if (token.text == NULL) {
    lexer->faults->no_memory = true;
    return fail(lexer, &token);
  }
  for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; i++)
    if (strcmp(reserved[i].word, token.text) == 0)
      token.kind = reserved[i].kind;
  return token;
}

static churn_token read_sign(churn_lexer *lexer, churn_token token)
{
  const char *text = lexer->text + token.start;
  char piece[CHURN_PIECE_SIZE];
  for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++) {
    size_t length = strlen(foreign[i].sign);
    if (strncmp(text, foreign[i].sign, length) == 0 && strncmp(text, "!=", 2) != 0) {
      churn_faults_add(lexer->faults, CHURN_FAULT_WRONG, token.start,
                       "'%s' is not part of the language: %s", foreign[i].sign, foreign[i].hint);
      return fail(lexer, &token);
    }
  }
  for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++) {
    size_t length = strlen(signs[i].sign);
    if (strncmp(text, signs[i].sign, length) == 0) {
      token.kind = signs[i].kind;
      token.end = lexer->at = token.start + length;
      return token;
    }
  }
  churn_faults_add(lexer->faults, CHURN_FAULT_WRONG, token.start,
                   "'%s' is not part of the language", churn_fault_piece(text, 1, piece));
  return fail(lexer, &token);
}

churn_token churn_lexer_next(churn_lexer *lexer)
{
  const char *text = lexer->text;
  while (text[lexer->at] == ' ' || text[lexer->at] == '\t' || text[lexer->at] == '\n' ||
         text[lexer->at] == '\r')
    lexer->at++;
  churn_token token = {.start = lexer->at, .end = lexer->at};
  char byte = text[lexer->at];
  if (byte == '\0')
    token.kind =
        lexer->faults->count > 0 || lexer->faults->no_memory ? CHURN_TOKEN_FAULT : CHURN_TOKEN_END;
  else if (is_digit(byte))
    token = read_number(lexer, token);
  else if (byte == '"' || byte == '`')
    token = read_quoted(lexer, token, byte);
  else if (starts_name(byte))
    token = read_word(lexer, token);
  else
    token = read_sign(lexer, token);
  return token;
}
