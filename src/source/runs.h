/* Codes as runs of equal ones: the ids of an export that is grouped by customer, in a hundredth of
 * the bytes.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_SOURCE_RUNS_H
#define CHURN_SOURCE_RUNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* `rows` rows one behind the other, at least 1. */
typedef struct churn_code_run {
  uint32_t code, rows;
} churn_code_run;

/* How many runs the codes have. */
size_t churn_runs_count(const uint32_t *codes, size_t rows);

/* The codes as runs, as many as churn_runs_count says. */
void churn_runs_make(const uint32_t *codes, size_t rows, churn_code_run *runs);

/* Whether they are runs of `rows` rows in all, each of a code below `levels` or
 * CHURN_CODE_MISSING. */
bool churn_runs_sound(const churn_code_run *runs, size_t count, uint64_t rows, size_t levels);

/* The codes of all rows, through `remap` (NULL = as they are). */
void churn_runs_expand(const churn_code_run *runs, size_t count, const uint32_t *remap,
                       uint32_t *codes);

#endif
