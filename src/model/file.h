/* The model file's bytes: text of a model, model of a text, and the id that ties the two.
 *
 * The file starts with the three lines
 *     {
 *       "schema_version": 1,
 *       "id": "32 hexadecimal digits",
 * and the id is the XXH3-128 of every byte after them, so `tail -n +4 MODEL | xxh128sum` prints it.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_MODEL_FILE_H
#define CHURN_MODEL_FILE_H

#include "model/fault.h"
#include "model/text.h"

#include <churn/model.h>

/* Largest model file that is read or written: a full covariance of some 5,000 columns. */
#define CHURN_MODEL_MOST_BYTES ((size_t)1 << 29)

/* Reads bytes[0..length) as a model; `name` is the file's name in errors. As churn_model_read. */
CHURN_MUST_USE churn_status churn_model_parse(const char *bytes, size_t length, const char *name,
                                              churn_model **model, churn_error *error);

/* Puts the id that fits the content into bytes[0..length). False, and nothing changed, when the
 * three lines are not there. */
bool churn_model_seal(char *bytes, size_t length);

/* The sealed text of a model, appended to an empty `text`; INTERNAL when the model breaks a rule
 * that reading checks, NO_MEMORY. */
CHURN_MUST_USE churn_status churn_model_print(const churn_model *model, const char *name,
                                              churn_json_text *text, churn_error *error);

/* Sets model->id to what writing would; errors as for churn_model_print. */
CHURN_MUST_USE churn_status churn_model_identify(churn_model *model, churn_error *error);

/* The parts of the above. `json` is a json_t *; the model is empty before. */
CHURN_MUST_USE churn_status churn_model_from_json(const churn_model_reporter *reporter, void *json,
                                                  churn_model *model);
CHURN_MUST_USE churn_status churn_model_to_json(const churn_model_reporter *reporter,
                                                const churn_model *model, churn_json_text *text);

/* Do the model's parts fit each other: references, names, orders, signs, sums. Texts are not NULL
 * where they must not be, numbers are finite (the walk over the tables saw to that). */
CHURN_MUST_USE churn_status churn_model_check(const churn_model_reporter *reporter,
                                              const churn_model *model);

#endif
