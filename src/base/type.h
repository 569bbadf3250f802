/* What a column holds, and how the text of a source is written. Plain data shared by project,
 * source, history and model.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_BASE_TYPE_H
#define CHURN_BASE_TYPE_H

#include <churn/day.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum churn_type {
  CHURN_TYPE_INFER,  /* not declared: found by reading (source/infer.h) */
  CHURN_TYPE_NUMBER, /* double, NaN = missing */
  CHURN_TYPE_DAY,    /* something that happened: missing while it lies on or after the as-of day */
  CHURN_TYPE_SCHEDULED, /* a date fixed in advance: visible from its row's day */
  CHURN_TYPE_CATEGORY,  /* code in a dictionary */
  CHURN_TYPE_FLAG,      /* 1 or 0 as a number, NaN = missing */
  CHURN_TYPE_ID /* opaque text, never missing: blanks alone are an error, missing tokens do not
                   apply */
} churn_type;

static inline bool churn_type_is_text(churn_type type)
{
  return type == CHURN_TYPE_CATEGORY || type == CHURN_TYPE_ID;
}

static inline bool churn_type_is_day(churn_type type)
{
  return type == CHURN_TYPE_DAY || type == CHURN_TYPE_SCHEDULED;
}

/* Bytes of a value in memory. */
static inline size_t churn_type_bytes(churn_type type)
{
  return churn_type_is_text(type)  ? sizeof(uint32_t)
         : churn_type_is_day(type) ? sizeof(churn_day)
                                   : sizeof(double);
}

/* "number", "day", …; NULL-free. */
const char *churn_type_name(churn_type type);

/* The type of a name as users write it in a project file (number, day, scheduled, category, flag),
 * or INFER for any other. */
churn_type churn_type_from_name(const char *name);

/* How a source is written. A zeroed struct is the default: comma, UTF-8, ISO dates, decimal point,
 * the default missing tokens. Texts are borrowed by whoever reads by it. */
typedef struct churn_format {
  char delimiter;          /* 0 = ',' */
  const char *encoding;    /* NULL = UTF-8, checked; else a name iconv knows */
  const char *date_format; /* NULL = ISO 8601; see churn_day_parse_format */
  int utc_offset_minutes;
  char decimal;               /* 0 = '.' */
  char thousands;             /* 0 = none */
  const char *const *missing; /* tokens that mean "no value"; NULL = empty, NA, NaN, NULL, \N.
                                 Blanks alone always do. */
  size_t missing_count;
  uint64_t max_bad_rows;           /* more than this many rejected rows fail the read */
  const struct churn_spool *spool; /* the rows of a database (source/spools.h); NULL = a file */
} churn_format;

#endif
