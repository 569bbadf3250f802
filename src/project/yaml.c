/* libfyaml's events made into a tree; its diagnostics made into errors with a place.
 *
 * libfyaml's own document tree is not used: it recurses, checks duplicate keys pair by pair, and
 * resolves aliases. Events come one at a time, so depth and size are checked before they cost
 * anything.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "project/yaml.h"

#include <inttypes.h>
#include <libfyaml.h>
#include <stdio.h>
#include <string.h>

/* A mapping or list that is still open. */
typedef struct level {
  churn_yaml *node;
  churn_yaml *last;
  churn_yaml *key; /* MAPPING: key that waits for its value */
} level;

typedef struct builder {
  churn_arena *arena;
  const char *file;
  const char *text;
  churn_yaml *root;
  bool has_document;
  size_t depth;
  level levels[CHURN_YAML_DEPTH];
  churn_error *error;
} builder;

bool churn_yaml_nothing(const churn_yaml *node)
{
  return node->kind == CHURN_YAML_SCALAR && node->plain && node->text[0] == '\0';
}

static churn_place place_of(const builder *b, const struct fy_mark *mark)
{
  if (mark == NULL)
    return (churn_place){b->file, 1, 1};
  return (churn_place){b->file, (uint64_t)mark->line + 1, (uint64_t)mark->column + 1};
}

/* The mark of an anchor, alias or tag stands behind its sign. */
static churn_place place_of_sign(const builder *b, const struct fy_mark *mark)
{
  churn_place place = place_of(b, mark);
  if (mark != NULL && mark->input_pos > 0 && strchr("*&!", b->text[mark->input_pos - 1]) != NULL)
    place.column--;
  return place;
}

static churn_status refuse(const builder *b, churn_place place, const char *what)
{
  return churn_error_set_at(b->error, CHURN_BAD_PROJECT, place, "%s", what);
}

static churn_status refuse_token(const builder *b, struct fy_token *token, const char *what)
{
  return refuse(b, place_of_sign(b, fy_token_start_mark(token)), what);
}

/* A walk through the parsed text. */
typedef struct cursor {
  const char *at;
  uint64_t line;
  uint64_t column;
} cursor;

static bool is_white(char byte)
{
  return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

static void step(cursor *c)
{
  char byte = *c->at++;
  if (byte == '\n') {
    c->line++;
    c->column = 1;
  } else if ((byte & 0xc0) != 0x80) {
    c->column++;
  }
}

static void skip_white(cursor *c, const char *end)
{
  while (c->at < end && is_white(*c->at))
    step(c);
}

/* True where blanks with a line end among them begin: YAML folds them. */
static bool folds_here(const char *at, const char *end)
{
  while (at < end && (*at == ' ' || *at == '\t'))
    at++;
  return at < end && (*at == '\n' || *at == '\r');
}

static const char no_anchors[] =
    "anchors (&name) and aliases (*name) are not supported: write the value out, or put it in "
    "quotes when the sign belongs to the text";
static const char no_tags[] =
    "tags (!name) are not supported: put the value in quotes when the sign belongs to the text";

static churn_status check_decorations(const builder *b, struct fy_token *anchor,
                                      struct fy_token *tag)
{
  if (anchor != NULL)
    return refuse_token(b, anchor, no_anchors);
  if (tag != NULL)
    return refuse_token(b, tag, no_tags);
  return CHURN_OK;
}

static level *innermost(builder *b)
{
  return b->depth == 0 ? NULL : &b->levels[b->depth - 1];
}

/* Hangs a finished scalar, or a mapping or list that has just begun, where it belongs. */
static churn_status attach(builder *b, churn_yaml *node)
{
  level *in = innermost(b);
  churn_place place = {b->file, node->line, node->column};
  if (in == NULL) {
    b->root = node;
    return CHURN_OK;
  }
  if (in->node->kind == CHURN_YAML_MAPPING && in->key == NULL) {
    if (node->kind != CHURN_YAML_SCALAR)
      return refuse(b, place, "a key must be a text, not a mapping or a list; " CHURN_YAML_HINT);
    if (node->plain && strcmp(node->text, "<<") == 0)
      return refuse(b, place, "merge keys (<<) are not supported: write the keys out");
    in->key = node;
    return CHURN_OK;
  }
  node->key = in->key;
  in->key = NULL;
  if (in->last == NULL)
    in->node->first = node;
  else
    in->last->next = node;
  in->last = node;
  in->node->count++;
  return CHURN_OK;
}

static churn_yaml *new_node(builder *b, churn_yaml_kind kind, const struct fy_mark *mark)
{
  churn_yaml *node = churn_arena_take(b->arena, 1, sizeof *node);
  if (node == NULL)
    return NULL;
  level *in = innermost(b);
  const churn_yaml *near = in == NULL ? NULL : in->key != NULL ? in->key : in->node;
  node->kind = kind;
  node->line = mark != NULL ? (uint64_t)mark->line + 1 : near != NULL ? near->line : 1;
  node->column = mark != NULL ? (uint64_t)mark->column + 1 : near != NULL ? near->column : 1;
  node->in_flow = in != NULL && in->node->in_flow;
  return node;
}

/* The mark of a block scalar (| or >) stands before its indentation. */
static void place_scalar(const builder *b, churn_yaml *node, enum fy_scalar_style style,
                         const struct fy_mark *start, const struct fy_mark *end)
{
  cursor c = {b->text + start->input_pos, node->line, node->column};
  node->rest = b->text + end->input_pos;
  if (style == FYSS_LITERAL || style == FYSS_FOLDED)
    skip_white(&c, node->rest);
  node->plain = style == FYSS_PLAIN;
  node->written = c.at;
  node->line = c.line;
  node->column = c.column;
}

static churn_status add_scalar(builder *b, struct fy_event *event)
{
  struct fy_token *token = event->scalar.value;
  churn_status status = check_decorations(b, event->scalar.anchor, event->scalar.tag);
  if (status != CHURN_OK)
    return status;
  size_t length = 0;
  const char *text = token == NULL ? "" : fy_token_get_text(token, &length);
  const struct fy_mark *start = token == NULL ? NULL : fy_token_start_mark(token);
  const struct fy_mark *end = token == NULL ? NULL : fy_token_end_mark(token);
  if (length > CHURN_YAML_LONGEST)
    return refuse(b, place_of(b, start), "a text longer than 65536 bytes");
  if (text == NULL)
    return churn_error_no_memory(b->error);
  if (memchr(text, '\0', length) != NULL)
    return refuse(b, place_of(b, start), "a text may not hold a NUL character");
  churn_yaml *node = new_node(b, CHURN_YAML_SCALAR, start);
  if (node == NULL || (node->text = churn_arena_text(b->arena, text, length)) == NULL)
    return churn_error_no_memory(b->error);
  node->plain = true;
  if (start != NULL && end != NULL)
    place_scalar(b, node, fy_token_scalar_style(token), start, end);
  return attach(b, node);
}

static churn_status open_level(builder *b, churn_yaml_kind kind, struct fy_event *event)
{
  bool mapping = kind == CHURN_YAML_MAPPING;
  struct fy_token *anchor = mapping ? event->mapping_start.anchor : event->sequence_start.anchor;
  struct fy_token *tag = mapping ? event->mapping_start.tag : event->sequence_start.tag;
  const struct fy_mark *mark = fy_event_start_mark(event);
  churn_status status = check_decorations(b, anchor, tag);
  if (status != CHURN_OK)
    return status;
  if (b->depth == CHURN_YAML_DEPTH)
    return refuse(b, place_of(b, mark), "nested deeper than 32 levels");
  churn_yaml *node = new_node(b, kind, mark);
  if (node == NULL)
    return churn_error_no_memory(b->error);
  node->in_flow = node->in_flow || fy_event_get_node_style(event) == FYNS_FLOW;
  status = attach(b, node);
  if (status == CHURN_OK)
    b->levels[b->depth++] = (level){node, NULL, NULL};
  return status;
}

static churn_status start_document(builder *b, struct fy_event *event)
{
  if (b->has_document)
    return refuse(b, place_of(b, fy_event_start_mark(event)),
                  "a second document starts here; a project file is one document");
  b->has_document = true;
  return CHURN_OK;
}

static churn_status take_event(builder *b, struct fy_event *event)
{
  switch (event->type) {
  case FYET_DOCUMENT_START:
    return start_document(b, event);
  case FYET_SCALAR:
    return add_scalar(b, event);
  case FYET_MAPPING_START:
    return open_level(b, CHURN_YAML_MAPPING, event);
  case FYET_SEQUENCE_START:
    return open_level(b, CHURN_YAML_LIST, event);
  case FYET_MAPPING_END:
  case FYET_SEQUENCE_END:
    b->depth--;
    return CHURN_OK;
  case FYET_ALIAS:
    return refuse_token(b, event->alias.anchor, no_anchors);
  default:
    return CHURN_OK;
  }
}

/* Start of a line, counted from 1, or the end of the text. */
static const char *line_start(const char *text, uint64_t line)
{
  for (uint64_t i = 1; i < line; i++) {
    const char *end = strchr(text, '\n');
    if (end == NULL)
      return text + strlen(text);
    text = end + 1;
  }
  return text;
}

/* The byte in front of a place, 0 at the start of a line. */
static char byte_before(const char *text, churn_place place)
{
  cursor c = {line_start(text, place.line), 1, 1};
  char before = 0;
  while (c.column < place.column && *c.at != '\0' && c.line == 1) {
    before = *c.at;
    step(&c);
  }
  return before;
}

/* True when the line looks like one with an expression in it: then the hint is worth its room. */
static bool holds_expression(const char *line)
{
  return strcspn(line, "(`\"") < strcspn(line, "\r\n");
}

/* libfyaml's first diagnostic as an error. */
static churn_status report_syntax(builder *b, struct fy_diag *diag)
{
  void *previous = NULL;
  struct fy_diag_error *fault = fy_diag_errors_iterate(diag, &previous);
  if (fault == NULL)
    return churn_error_no_memory(b->error);
  churn_place place = {b->file, (uint64_t)(fault->line < 1 ? 1 : fault->line),
                       (uint64_t)(fault->column < 1 ? 1 : fault->column)};
  const level *in = innermost(b);
  char opened[64] = "", sign = byte_before(b->text, place);
  if (sign == '*' || sign == '&') {
    place.column--;
    return refuse(b, place, no_anchors);
  }
  if (in != NULL && in->node->in_flow && in->node->line < place.line)
    snprintf(opened, sizeof opened, "; the bracket was opened at %" PRIu64 ":%" PRIu64,
             in->node->line, in->node->column);
  return churn_error_set_at(
      b->error, CHURN_BAD_PROJECT, place, "not valid YAML: %s%s%s", fault->msg, opened,
      holds_expression(line_start(b->text, place.line)) ? "; " CHURN_YAML_HINT : "");
}

static churn_status take_events(builder *b, struct fy_parser *parser, struct fy_diag *diag)
{
  bool ended = false;
  struct fy_event *event;
  while ((event = fy_parser_parse(parser)) != NULL) {
    churn_status status = take_event(b, event);
    ended = event->type == FYET_STREAM_END;
    fy_parser_event_free(parser, event);
    if (status != CHURN_OK)
      return status;
  }
  return ended ? CHURN_OK : report_syntax(b, diag);
}

static struct fy_diag *new_diagnostics(void)
{
  struct fy_diag_cfg settings;
  fy_diag_cfg_default(&settings);
  settings.fp = NULL;
  struct fy_diag *diag = fy_diag_create(&settings);
  if (diag != NULL)
    fy_diag_set_collect_errors(diag, true);
  return diag;
}

churn_status churn_yaml_parse(churn_arena *arena, const char *file, const char *text, size_t length,
                              churn_yaml **root, churn_error *error)
{
  builder b = {.arena = arena, .file = file, .text = text, .error = error};
  struct fy_diag *diag = NULL;
  struct fy_parser *parser = NULL;
  churn_status status = churn_yaml_check_bytes(file, text, length, error);
  if (status != CHURN_OK)
    return status;
  status = CHURN_NO_MEMORY;
  if ((diag = new_diagnostics()) == NULL)
    goto done;
  struct fy_parse_cfg settings = {.flags = FYPCF_QUIET | FYPCF_COLLECT_DIAG, .diag = diag};
  if ((parser = fy_parser_create(&settings)) == NULL ||
      fy_parser_set_string(parser, text, length) != 0)
    goto done;
  status = take_events(&b, parser, diag);
  if (status == CHURN_OK && (b.root == NULL || churn_yaml_nothing(b.root)))
    status = refuse(&b, (churn_place){file, 1, 1},
                    "the file is empty; a project file starts with \"version: 1\"");
  if (status == CHURN_OK)
    *root = b.root;
done:
  fy_parser_destroy(parser);
  fy_diag_destroy(diag);
  return status == CHURN_NO_MEMORY ? churn_error_no_memory(error) : status;
}

void churn_yaml_place(const churn_yaml *scalar, size_t offset, uint64_t *line, uint64_t *column)
{
  *line = scalar->line;
  *column = scalar->column;
  if (scalar->written == NULL)
    return;
  cursor c = {scalar->written, scalar->line, scalar->column};
  const char *text = scalar->text;
  for (size_t i = 0; i < offset;) {
    if (is_white(text[i]) && folds_here(c.at, scalar->rest)) {
      skip_white(&c, scalar->rest);
      i += strspn(text + i, " \t\r\n");
    } else if (c.at < scalar->rest && *c.at == text[i]) {
      step(&c);
      i++;
    } else {
      return;
    }
  }
  *line = c.line;
  *column = c.column;
}
