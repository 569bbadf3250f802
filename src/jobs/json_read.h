/* Members of a JSON object as C values, for the files of lines that jobs read back: everything is
 * taken, and looked at once in the end.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_JOBS_JSON_READ_H
#define CHURN_JOBS_JSON_READ_H

#include <churn/day.h>
#include <jansson.h>

/* One line being read; the first thing that is wrong is kept. */
typedef struct churn_json_reading {
  const char *wrong; /* the member that is missing or of another type; NULL = none */
  bool no_memory;
} churn_json_reading;

/* The member, or NULL and wrong. */
const json_t *churn_json_member(churn_json_reading *r, const json_t *of, const char *key,
                                json_type type);

/* A copy, NULL where it is wrong. */
char *churn_json_take_text(churn_json_reading *r, const json_t *of, const char *key);

/* The same, NULL also for null. */
char *churn_json_take_text_or_null(churn_json_reading *r, const json_t *of, const char *key);

uint64_t churn_json_take_whole(churn_json_reading *r, const json_t *of, const char *key);

/* NaN for null. */
double churn_json_take_number(churn_json_reading *r, const json_t *of, const char *key);

/* MISSING for null. */
churn_day churn_json_take_day(churn_json_reading *r, const json_t *of, const char *key);

#endif
