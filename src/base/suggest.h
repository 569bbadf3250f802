/* "Did you mean …?": the nearest of a list of names.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_BASE_SUGGEST_H
#define CHURN_BASE_SUGGEST_H

#include <stddef.h>

/* The name nearest to `word` by restricted Damerau-Levenshtein distance (ASCII case ignored), or
 * NULL when none is within a third of the word's length (at least 1 edit). First of equals.
 * Borrowed from `names`. */
const char *churn_suggest(const char *word, const char *const *names, size_t count);

#endif
