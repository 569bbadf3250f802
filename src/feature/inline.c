/* Names of features inside an expression.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "feature/inline.h"

#include "base/buffer.h"
#include "base/memory.h"
#include "feature/catalogue.h"
#include "feature/lexer.h"

#include <stdlib.h>
#include <string.h>

enum { DEEPEST = 256 };

static const char *feature_text(const churn_project *project, const char *name)
{
  for (size_t i = 0; i < project->feature_count; i++)
    if (strcmp(project->features[i].name.text, name) == 0)
      return project->features[i].expression.text;
  return NULL;
}

/* Where in an expression we are. */
typedef struct walk {
  churn_lexer lexer;
  bool inside[DEEPEST]; /* [depth] an aggregate is open */
  size_t depth;
  churn_token last; /* the one before the one that is looked at */
} walk;

static bool is_end(const churn_token *token)
{
  return token->kind == CHURN_TOKEN_END || token->kind == CHURN_TOKEN_FAULT;
}

/* Whether `from` stands between the parenthesis that was just opened and its end. */
static bool has_from(churn_lexer lexer)
{
  size_t depth = 1;
  while (depth > 0) {
    churn_token token = churn_lexer_next(&lexer);
    if (is_end(&token) || (token.kind == CHURN_TOKEN_FROM && depth == 1))
      return token.kind == CHURN_TOKEN_FROM;
    depth += token.kind == CHURN_TOKEN_OPEN;
    depth -= token.kind == CHURN_TOKEN_CLOSE;
  }
  return false;
}

/* min and max are aggregates only with a history. */
static bool opens_aggregate(const churn_token *name, churn_lexer lexer)
{
  return name->kind == CHURN_TOKEN_NAME && churn_aggregate_find(name->text) != NULL &&
         (churn_function_find(name->text) == NULL || has_from(lexer));
}

/* `after`: the lexer behind the token. False where it is too deep to follow. */
static bool step(walk *w, const churn_token *token, churn_lexer after)
{
  if (token->kind == CHURN_TOKEN_OPEN) {
    if (w->depth + 1 == DEEPEST)
      return false;
    w->inside[w->depth + 1] = w->inside[w->depth] || opens_aggregate(&w->last, after);
    w->depth++;
  } else if (token->kind == CHURN_TOKEN_CLOSE && w->depth > 0)
    w->depth--;
  w->last = *token;
  return true;
}

/* The feature that the token stands for, as text; NULL = none. */
static const char *stands_for(const walk *w, const churn_project *project, const churn_token *token,
                              const churn_token *next)
{
  bool name = token->kind == CHURN_TOKEN_NAME && !w->inside[w->depth] &&
              w->last.kind != CHURN_TOKEN_POINT && next->kind != CHURN_TOKEN_POINT &&
              next->kind != CHURN_TOKEN_OPEN;
  return name ? feature_text(project, token->text) : NULL;
}

static void inline_all(walk *w, const churn_project *project, churn_buffer *made)
{
  const char *text = w->lexer.text;
  size_t copied = 0;
  churn_token token = churn_lexer_next(&w->lexer);
  while (!is_end(&token)) {
    churn_lexer after = w->lexer;
    churn_token next = churn_lexer_next(&w->lexer);
    const char *feature = stands_for(w, project, &token, &next);
    if (feature != NULL) {
      churn_buffer_write(made, text + copied, token.start - copied);
      churn_buffer_write(made, "(", 1);
      churn_buffer_write(made, feature, strlen(feature));
      churn_buffer_write(made, ")", 1);
      copied = token.end;
    }
    if (!step(w, &token, after))
      break;
    token = next;
  }
  churn_buffer_write(made, text + copied, strlen(text + copied) + 1);
}

char *churn_features_inlined(const churn_project *project, const char *text)
{
  churn_arena *arena = churn_arena_new();
  const churn_expression expression = {.name = "", .text = text};
  churn_faults faults = {.expression = &expression};
  churn_buffer made = {NULL, 0, 0, false};
  walk w = {.lexer = {.text = text, .arena = arena, .faults = &faults},
            .last = {.kind = CHURN_TOKEN_END}};
  if (arena != NULL)
    inline_all(&w, project, &made);
  if (arena == NULL || faults.no_memory || made.failed)
    churn_buffer_clear(&made);
  churn_faults_clear(&faults);
  churn_arena_free(arena);
  return made.bytes;
}
