/* Names of features inside an expression. Place in the flow: text -> text, before it is parsed.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_FEATURE_INLINE_H
#define CHURN_FEATURE_INLINE_H

#include "project/project.h"

/* `text` with each feature's name that stands outside of aggregates, where a bare name would mean
 * nothing, replaced by the feature's expression in parentheses. The caller frees; NULL when memory
 * ran out. From where it cannot be read on, the text stays as it is. */
char *churn_features_inlined(const churn_project *project, const char *text);

#endif
