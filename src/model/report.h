/* Small pieces of JSON for the reports that verbs print, on top of model/text.h.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_MODEL_REPORT_H
#define CHURN_MODEL_REPORT_H

#include "model/text.h"

#include <churn/model.h>

typedef struct churn_json_pair {
  const char *key;
  double value;
} churn_json_pair;

/* A comma unless first, a line end, the key and its colon. */
void churn_json_key(churn_json_text *text, int indent, const char *key, bool first);

/* null for a figure that does not exist. */
void churn_json_number_or_null(churn_json_text *text, double value);

/* null for NULL. */
void churn_json_text_or_null(churn_json_text *text, const char *value);

/* A key after a comma, and its value. */
void churn_json_whole_at(churn_json_text *text, int indent, const char *key, uint64_t value);
void churn_json_number_at(churn_json_text *text, int indent, const char *key, double value);
void churn_json_text_at(churn_json_text *text, int indent, const char *key, const char *value);
void churn_json_truth_at(churn_json_text *text, int indent, const char *key, bool value);

/* null for MISSING. */
void churn_json_day(churn_json_text *text, churn_day day);

/* `"key": [`, each element on a line of its own from churn_json_item on, `]` on a line of its own.
 */
void churn_json_list_open(churn_json_text *text, int indent, const char *key);
void churn_json_item(churn_json_text *text, int indent, bool first);
void churn_json_list_close(churn_json_text *text, int indent);

/* `"key": value` pairs on one line, each after a comma unless it is the first. */
void churn_json_numbers(churn_json_text *text, const churn_json_pair *pairs, size_t count,
                        bool first);

/* The same as an object of its own. */
void churn_json_numbers_at(churn_json_text *text, int indent, const char *key,
                           const churn_json_pair *pairs, size_t count);

/* An object of figures on one line. */
void churn_report_figures(churn_json_text *text, const churn_figures *figures);

/* The keys out_of_fold and recalibration of `churn train --json` (report_calibration.c). */
void churn_report_calibration(churn_json_text *text, const churn_model *model);

/* Writes the text to `path`, all or nothing, and frees it. */
CHURN_MUST_USE churn_status churn_json_save(churn_json_text *text, const char *path,
                                            churn_error *error);

#endif
