/* A YAML text as a tree of texts with places (libfyaml's events; the only file that knows libfyaml
 * is yaml.c). Place in the flow: first step of reading a project file.
 *
 * Scalars stay text: nothing is typed here. Anchors, aliases, tags, merge keys and keys that are no
 * text are refused: a project file needs none, and each of them can make a text mean something else
 * than it says. Limits: 32 levels, 64 KiB a scalar. Cost: one pass over the text.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_PROJECT_YAML_H
#define CHURN_PROJECT_YAML_H

#include "base/arena.h"
#include "base/error.h"

#include <stdbool.h>

enum { CHURN_YAML_DEPTH = 32, CHURN_YAML_LONGEST = 1 << 16 };

/* Said wherever YAML seems to have cut an expression short. */
#define CHURN_YAML_HINT                                                                            \
  "in YAML an expression needs quotes only when it starts with \" or a backtick, holds \": \" or " \
  "\" #\", or stands inside {} or [] with a comma or bracket"

typedef enum churn_yaml_kind {
  CHURN_YAML_SCALAR,
  CHURN_YAML_LIST,
  CHURN_YAML_MAPPING
} churn_yaml_kind;

/* A node. Children are chained by `next`, in file order; those of a mapping are its values, each
 * with its key. */
typedef struct churn_yaml {
  churn_yaml_kind kind;
  char *text;          /* SCALAR: terminated, holds no NUL byte */
  bool plain;          /* SCALAR: written without quotes */
  bool in_flow;        /* stands inside {} or [] */
  const char *written; /* SCALAR: where it starts in the parsed text, NULL for nothing at all */
  const char *rest;    /* SCALAR: what follows it there */
  uint64_t line;       /* of the first character of the content, after an opening quote; of the key
                          when there is nothing at all */
  uint64_t column;     /* in characters */
  struct churn_yaml *key;
  struct churn_yaml *first;
  struct churn_yaml *next;
  size_t count; /* children */
} churn_yaml;

/* Parses text[0..length), which must be terminated and outlive the tree. `file` is for error
 * places. BAD_PROJECT with the place for bytes that are no UTF-8 text, for YAML's own errors, for
 * what is refused (above), for a second document and for a text without content; NO_MEMORY. */
CHURN_MUST_USE churn_status churn_yaml_parse(churn_arena *arena, const char *file, const char *text,
                                             size_t length, churn_yaml **root, churn_error *error);

/* Checks that text[0..length) is UTF-8 without NUL, control characters and separators that YAML
 * takes for blanks or line ends. BAD_PROJECT with the place. */
CHURN_MUST_USE churn_status churn_yaml_check_bytes(const char *file, const char *text,
                                                   size_t length, churn_error *error);

/* True for a scalar that is not there at all (`key:` and no more). */
bool churn_yaml_nothing(const churn_yaml *node);

/* Place of byte `offset` of a scalar's text, also where the scalar runs over several lines; the
 * scalar's own place when escapes hide it. */
void churn_yaml_place(const churn_yaml *scalar, size_t offset, uint64_t *line, uint64_t *column);

#endif
