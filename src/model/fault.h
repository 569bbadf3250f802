/* Saying what is wrong with a model and where in its JSON: `features[3].levels[1].column is 99; …`.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_MODEL_FAULT_H
#define CHURN_MODEL_FAULT_H

#include <churn/status.h>
#include <stddef.h>

/* Who asks: the reader blames the file, the writer the caller. */
typedef struct churn_model_reporter {
  const char *file;
  churn_status status; /* of a fault */
  const char *lead;    /* comes before a fault's text */
  churn_error *error;
} churn_model_reporter;

/* A place in the JSON tree; places on the way live on the stack. */
typedef struct churn_json_at {
  const struct churn_json_at *above; /* NULL = the whole file */
  const char *key;                   /* NULL = an element of an array, number `index` */
  size_t index;
} churn_json_at;

/* Fills the reporter's error and gives its status back. */
churn_status churn_model_fault(const churn_model_reporter *reporter, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The same; the text follows the place and a blank ("columns[2].mean" + " " + "is missing"). */
churn_status churn_model_fault_at(const churn_model_reporter *reporter, const churn_json_at *at,
                                  const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
