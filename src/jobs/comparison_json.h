/* A comparison as JSON text, for `--json`, the page and the ledger. Place in the flow: comparison
 * -> bytes.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_JOBS_COMPARISON_JSON_H
#define CHURN_JOBS_COMPARISON_JSON_H

#include "model/report.h"

#include <churn/compare.h>

typedef struct churn_json_parts {
  bool curves; /* gain and calibration */
  bool cost;   /* what differs from run to run */
} churn_json_parts;

/* Appends the members of an object with its braces; text->failed when memory ran out. */
void churn_comparison_json(const churn_comparison *comparison, churn_json_parts parts,
                           churn_json_text *text);

/* Everything that led to it and does not come out of it: program, settings, data, definitions. */
void churn_json_origin(const churn_comparison *comparison, churn_json_text *text);

/* The best set's learning curve and features. */
void churn_json_best(const churn_comparison *comparison, churn_json_text *text);

/* Pieces. */
void churn_json_estimate(churn_json_text *text, int indent, const char *key,
                         const churn_estimate *estimate);
void churn_json_texts(churn_json_text *text, int indent, const char *key, char *const *texts,
                      size_t count);

#endif
