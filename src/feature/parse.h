/* Text to syntax tree. The grammar stands at the head of parse.c.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_FEATURE_PARSE_H
#define CHURN_FEATURE_PARSE_H

#include "feature/ast.h"
#include "feature/fault.h"

/* Brackets inside each other, and signs before a value, at most this deep. */
enum { CHURN_PARSE_DEPTH = 100 };

/* Longest window and lag in days. */
enum { CHURN_LONGEST_DAYS = 1000000 };

/* Parses all of `text` into `arena`. NULL after a fault, which is reported to `faults` (the first
 * one only: what stands behind it cannot be understood), and when memory ran out
 * (faults->no_memory). */
churn_node *churn_parse(const char *text, churn_arena *arena, churn_faults *faults);

#endif
