/* Which columns exist, of what type, before any row is kept. Place in the flow: project -> schema
 * -> feature plan -> data.
 *
 * Sources are numbered: 0 = customers, 1 + i = the project's i-th history. A customers' source
 * exists also when the base comes from a history (no columns then). The id column is not a column
 * of the schema; a history's day column is (type DAY). Types come from the project file, or from a
 * model, or are inferred by reading the file once.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_HISTORY_SCHEMA_H
#define CHURN_HISTORY_SCHEMA_H

#include "project/project.h"
#include "source/spools.h"

#include <churn/run.h>

typedef struct churn_schema_column {
  const char *name;    /* what expressions call it */
  const char *heading; /* what the file calls it */
  churn_type type;     /* never INFER, never ID */
  int known_at; /* index of the day column (same source) from which a value is visible, or -1 */
  bool is_static;
  churn_place place; /* where the project file maps it; CHURN_NOWHERE when inferred */
} churn_schema_column;

typedef struct churn_schema_source {
  const char *name;
  churn_schema_column *columns;
  size_t column_count;
  int day;      /* index of the day column (histories), or -1 */
  int known_at; /* rows are visible only when this day column < T, or -1 */
} churn_schema_source;

typedef struct churn_schema {
  const churn_project *project; /* borrowed */
  churn_schema_source *sources;
  size_t source_count; /* 1 + histories */
  char **owned;        /* texts that the project does not own (inferred headings) */
  size_t owned_count;
  churn_spools *spools; /* what was fetched from databases, kept until the schema is freed */
} churn_schema;

/* A type known from elsewhere (the model): used instead of inferring. */
typedef struct churn_known_type {
  const char *source;
  const char *column;
  churn_type type;
} churn_known_type;

/* Builds the schema. For each source without declared columns the file's heading line is read, and
 * types that `known` does not give are inferred. The outcome's column, joined and left may not be
 * read by features: joined and left are not in the schema's columns; the outcome's column is kept
 * out too. A missing outcome column or left is fine here. */
CHURN_MUST_USE churn_status churn_schema_build(const churn_project *project,
                                               const churn_known_type *known, size_t known_count,
                                               const churn_run *run, churn_schema **schema,
                                               churn_error *error);
void churn_schema_free(churn_schema *schema);

/* Index of a source or of a column by name, or -1. */
int churn_schema_find_source(const churn_schema *schema, const char *name);
int churn_schema_find_column(const churn_schema_source *source, const char *name);

#endif
