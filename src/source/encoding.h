/* Text encodings: the strict UTF-8 check, and other encodings to UTF-8.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_SOURCE_ENCODING_H
#define CHURN_SOURCE_ENCODING_H

#include "source/made.h"

#include <churn/status.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Room for a text shown in a message: 60 bytes, an ellipsis, the end. */
enum { CHURN_SHOWN_SIZE = 64 };

/* Offset of the first byte that is NUL or starts no valid UTF-8 sequence (Unicode 15, table 3-7: no
 * overlong forms, no surrogates, nothing above U+10FFFF); `length` when there is none. Linear, some
 * bytes a cycle where the text is ASCII. */
size_t churn_utf8_check(const char *text, size_t length);

/* Characters in valid UTF-8. */
uint64_t churn_utf8_characters(const char *text, size_t length);

/* A copy fit for a message: at most 60 bytes, cut between characters (then an ellipsis follows),
 * control characters as '?'. Returns `shown`. */
const char *churn_utf8_show(const char *text, size_t length, char shown[CHURN_SHOWN_SIZE]);

/* True for the names of UTF-8 (any case, with or without hyphen), and for NULL. */
bool churn_encoding_is_utf8(const char *encoding);

/* Converts by iconv, to `made`: all that could be converted; *damage is NULL, or says why the text
 * stops before the file's end (the caller frees). BAD_PROJECT when iconv does not know the name;
 * errors of churn_made_room. */
CHURN_MUST_USE churn_status churn_encoding_convert(const char *name, const char *encoding,
                                                   const churn_input *input, churn_made *made,
                                                   char **damage, churn_error *error);

#endif
