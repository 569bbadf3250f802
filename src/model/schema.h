/* The layout of the model file as tables: which keys an object has, in which order, of which type,
 * and which member of the model holds them. The reader and the writer walk the same tables, so that
 * one cannot know a key that the other does not.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_MODEL_SCHEMA_H
#define CHURN_MODEL_SCHEMA_H

#include <churn/model.h>

/* The layout's version: a reader reads this one, the writer writes it. */
enum { CHURN_MODEL_SCHEMA = 1 };

/* JSON value <-> member. */
typedef enum churn_field_type {
  CHURN_FIELD_VERSION,         /* CHURN_MODEL_SCHEMA <-> int */
  CHURN_FIELD_ID,              /* 32 hexadecimal digits <-> char[33] */
  CHURN_FIELD_TEXT,            /* text <-> char *, never NULL */
  CHURN_FIELD_TEXT_OR_NULL,    /* text or null <-> char * */
  CHURN_FIELD_TEXT_IF_KNOWN,   /* text, or no key for NULL <-> char * */
  CHURN_FIELD_NUMBER,          /* finite number <-> double */
  CHURN_FIELD_FIGURE,          /* finite number, or null for NaN <-> double */
  CHURN_FIELD_FIGURE_IF_KNOWN, /* finite number, or no key for NaN <-> double */
  CHURN_FIELD_WHOLE,           /* 0 .. 2^63-1 <-> uint64_t */
  CHURN_FIELD_COUNT,           /* 0 .. 2^32-1 <-> uint32_t */
  CHURN_FIELD_SPAN,            /* 0 .. 2^31-1 <-> int32_t */
  CHURN_FIELD_INDEX,           /* -1 .. 2^31-1 <-> int32_t */
  CHURN_FIELD_DAY,             /* ISO 8601 text, or null for MISSING <-> churn_day */
  CHURN_FIELD_FLAG,            /* true or false <-> bool */
  CHURN_FIELD_FEATURE_KIND,    /* "number", "category" <-> churn_feature_kind */
  CHURN_FIELD_COLUMN_KIND,     /* "number", "level", "missing" <-> churn_encoded_kind */
  CHURN_FIELD_OBJECT,          /* object <-> members at `offset`, laid out by `shape` */
  CHURN_FIELD_LIST,            /* array of objects <-> array of structs, length at `count_offset` */
  CHURN_FIELD_TEXTS,           /* array of texts <-> char **, length at `count_offset` */
  CHURN_FIELD_NUMBERS,         /* array of finite numbers <-> double *, length at `count_offset` */
  CHURN_FIELD_BINS,            /* array of whole numbers <-> uint64_t *, one more than the length at
                                  `count_offset` */
  CHURN_FIELD_COVARIANCE /* array of k+1 rows of k+1 numbers, or null for NULL <-> double *, k at
                            `count_offset` */
} churn_field_type;

/* Which features have the key. */
typedef enum churn_field_when {
  CHURN_ALWAYS,
  CHURN_NUMBERS_ONLY,
  CHURN_CATEGORIES_ONLY
} churn_field_when;

typedef struct churn_shape churn_shape;

typedef struct churn_field {
  const char *key;
  churn_field_type type;
  size_t offset;
  size_t count_offset;
  const churn_shape *shape; /* of OBJECT and of the elements of LIST */
  churn_field_when when;
} churn_field;

/* An object's keys in the order they are written. */
struct churn_shape {
  const churn_field *fields;
  size_t field_count;
  size_t size;   /* of the struct */
  bool one_line; /* written on one line */
};

/* The whole file. */
extern const churn_shape churn_model_shape;

/* Names of kinds in the file; `kind` in range. */
const char *churn_feature_kind_name(churn_feature_kind kind);
const char *churn_encoded_kind_name(churn_encoded_kind kind);

/* True when an object that is a feature of `kind` (any kind, for all others) has the field. */
static inline bool churn_field_applies(const churn_field *field, churn_feature_kind kind)
{
  return field->when == CHURN_ALWAYS ||
         (field->when == CHURN_NUMBERS_ONLY) == (kind == CHURN_FEATURE_NUMBER);
}

#endif
