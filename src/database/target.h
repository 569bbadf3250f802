/* What a text like `sqlite:crm.db` or `postgresql:service=crm` names, and what is read from there.
 * Place in the flow: project/ checks the texts, source/ reads from them, sink/ writes to them.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_DATABASE_TARGET_H
#define CHURN_DATABASE_TARGET_H

#include "base/error.h"

#include <stdbool.h>

typedef enum churn_database_kind {
  CHURN_DATABASE_NONE, /* no database: a file */
  CHURN_DATABASE_SQLITE,
  CHURN_DATABASE_POSTGRESQL
} churn_database_kind;

/* By what the text begins with: `sqlite:`; `postgresql:` or `postgres:`. */
churn_database_kind churn_database_kind_of(const char *text);

/* What stands behind the prefix, borrowed from the text: SQLite's file, or libpq's connection
 * string ("" = all from the environment). A `postgresql://` address is the whole text. */
const char *churn_database_address(const char *target);

/* BAD_PROJECT, without a place, for a SQLite target without a file, for a connection string that
 * libpq cannot read, and for one that holds a password: passwords belong into PGPASSFILE, a service
 * file or the environment. */
CHURN_MUST_USE churn_status churn_database_check(const char *target, churn_error *error);

/* Rows to read: the whole of `table`, or what `query` gives; one of the two is NULL. `name` is what
 * messages call them ("sqlite:crm.db, table customers"); `asked_at` is where the project file asks.
 * target NULL = nothing: the source is a file. */
typedef struct churn_rowset {
  const char *target;
  const char *table;
  const char *query;
  const char *name;
  churn_place asked_at;
} churn_rowset;

#endif
