/* What a name in an expression means: a column of the history at hand, a customers' column, joined,
 * value, a history. Unknown names are reported with what was probably meant.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_FEATURE_NAMES_H
#define CHURN_FEATURE_NAMES_H

#include "feature/ast.h"
#include "feature/fault.h"

/* The names that may be used at one spot. */
typedef struct churn_scope {
  const churn_schema *schema;
  const churn_expression *expressions; /* all of them: only to say that features do not nest */
  size_t expression_count;
  bool has_value; /* the project names a value */
  churn_expression_rule rule;
  int source; /* whose columns bare names are: inside an aggregate and in a CONDITION; else 0 */
  churn_faults *faults;
} churn_scope;

/* Turns a NAME into COLUMN, JOINED or VALUE, or a MEMBER into COLUMN, with its type. False after a
 * fault. */
bool churn_scope_resolve(const churn_scope *scope, churn_node *node);

/* Source of the history `name`, which stands at byte `at`; -1 after a fault. */
int churn_scope_history(const churn_scope *scope, const char *name, size_t at);

#endif
