/* Compressed files. Place in the flow: behind source/input.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_SOURCE_GZIP_H
#define CHURN_SOURCE_GZIP_H

#include "source/made.h"

/* True when the bytes start like a gzip member (RFC 1952, 1f 8b). The name does not count. */
bool churn_gzip_detect(const churn_input *input);

/* Inflates all members of a gzip file to `made`; zero bytes after the last one are padding.
 * MALFORMED (without a line) when the file is cut short, damaged, or followed by other bytes;
 * errors of churn_made_room. */
CHURN_MUST_USE churn_status churn_gzip_inflate(const char *name, const churn_input *input,
                                               churn_made *made, churn_error *error);

#endif
