/* Name patterns of feature sets.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_PROJECT_PATTERN_H
#define CHURN_PROJECT_PATTERN_H

#include <stdbool.h>

/* Whether all of `name` fits `pattern`: `*` is any text, `?` one character (UTF-8), every other
 * byte itself. Cost: at most length of pattern x length of name. */
bool churn_pattern_matches(const char *pattern, const char *name);

/* The same where a letter of ASCII fits its capital. */
bool churn_pattern_matches_any_case(const char *pattern, const char *name);

#endif
