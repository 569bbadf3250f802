/* JSON tree -> model: a walk over the tables of schema.c. Every key must be there, of the right
 * type and in its member's range; no other key may be. What the members mean together is
 * check.c's. Cost: O(columns^2), the covariance.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/error.h"
#include "base/memory.h"
#include "base/suggest.h"
#include "model/file.h"
#include "model/schema.h"

#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_KEYS = 32 };

typedef const churn_model_reporter reader;

static churn_status read_object(reader *r, const churn_json_at *at, json_t *json,
                                const churn_shape *shape, char *object);

static const char *type_name(const json_t *json)
{
  switch (json_typeof(json)) {
  case JSON_OBJECT:
    return "an object";
  case JSON_ARRAY:
    return "an array";
  case JSON_STRING:
    return "a text";
  case JSON_INTEGER:
  case JSON_REAL:
    return "a number";
  case JSON_NULL:
    return "null";
  default:
    return "true or false";
  }
}

static churn_status wrong_type(reader *r, const churn_json_at *at, const json_t *json,
                               const char *expected)
{
  return churn_model_fault_at(r, at, "is %s; expected %s", type_name(json), expected);
}

static churn_status read_text(reader *r, const churn_json_at *at, const json_t *json, char **text)
{
  if (!json_is_string(json))
    return wrong_type(r, at, json, "a text");
  *text = churn_text_copy(json_string_value(json), json_string_length(json));
  return *text == NULL ? churn_error_no_memory(r->error) : CHURN_OK;
}

static churn_status read_number(reader *r, const churn_json_at *at, const json_t *json,
                                double *number)
{
  if (!json_is_number(json))
    return wrong_type(r, at, json, "a number");
  *number = json_number_value(json);
  return CHURN_OK;
}

static churn_status read_whole(reader *r, const churn_json_at *at, const json_t *json,
                               int64_t least, int64_t most, int64_t *whole)
{
  if (!json_is_integer(json))
    return wrong_type(r, at, json, "a whole number");
  int64_t value = json_integer_value(json);
  if (value < least || value > most)
    return churn_model_fault_at(
        r, at, "is %" PRId64 "; expected a whole number from %" PRId64 " to %" PRId64, value, least,
        most);
  *whole = value;
  return CHURN_OK;
}

static churn_status read_day(reader *r, const churn_json_at *at, const json_t *json, churn_day *day)
{
  if (json_is_null(json)) {
    *day = CHURN_DAY_MISSING;
    return CHURN_OK;
  }
  if (!json_is_string(json))
    return wrong_type(r, at, json, "a date or null");
  const char *text = json_string_value(json);
  size_t length = json_string_length(json);
  churn_day read =
      length == CHURN_DAY_TEXT_SIZE - 1 ? churn_day_parse(text, length) : CHURN_DAY_MISSING;
  if (read == CHURN_DAY_MISSING)
    return churn_model_fault_at(r, at, "is \"%.40s\"; expected a date, YYYY-MM-DD, or null", text);
  *day = read;
  return CHURN_OK;
}

static churn_status read_feature_kind(reader *r, const churn_json_at *at, const json_t *json,
                                      churn_feature_kind *kind)
{
  if (!json_is_string(json))
    return wrong_type(r, at, json, "\"number\" or \"category\"");
  for (int i = CHURN_FEATURE_NUMBER; i <= CHURN_FEATURE_CATEGORY; i++)
    if (strcmp(json_string_value(json), churn_feature_kind_name((churn_feature_kind)i)) == 0) {
      *kind = (churn_feature_kind)i;
      return CHURN_OK;
    }
  return churn_model_fault_at(r, at, "is \"%.40s\"; expected \"number\" or \"category\"",
                              json_string_value(json));
}

static churn_status read_column_kind(reader *r, const churn_json_at *at, const json_t *json,
                                     churn_encoded_kind *kind)
{
  if (!json_is_string(json))
    return wrong_type(r, at, json, "\"number\", \"level\" or \"missing\"");
  for (int i = CHURN_ENCODED_NUMBER; i <= CHURN_ENCODED_MISSING; i++)
    if (strcmp(json_string_value(json), churn_encoded_kind_name((churn_encoded_kind)i)) == 0) {
      *kind = (churn_encoded_kind)i;
      return CHURN_OK;
    }
  return churn_model_fault_at(r, at, "is \"%.40s\"; expected \"number\", \"level\" or \"missing\"",
                              json_string_value(json));
}

static churn_status read_id(reader *r, const churn_json_at *at, const json_t *json, char *id)
{
  const char *text = json_string_value(json);
  if (text == NULL || strlen(text) != 32 || strspn(text, "0123456789abcdef") != 32)
    return churn_model_fault_at(r, at, "is no id; expected 32 hexadecimal digits in lower case");
  memcpy(id, text, 33);
  return CHURN_OK;
}

static churn_status read_integer(reader *r, const churn_json_at *at, const json_t *json,
                                 churn_field_type type, void *member)
{
  int64_t whole = 0;
  churn_status status;
  if (type == CHURN_FIELD_WHOLE) {
    status = read_whole(r, at, json, 0, INT64_MAX, &whole);
    if (status == CHURN_OK)
      *(uint64_t *)member = (uint64_t)whole;
  } else if (type == CHURN_FIELD_COUNT) {
    status = read_whole(r, at, json, 0, UINT32_MAX, &whole);
    if (status == CHURN_OK)
      *(uint32_t *)member = (uint32_t)whole;
  } else {
    status = read_whole(r, at, json, type == CHURN_FIELD_INDEX ? -1 : 0, INT32_MAX, &whole);
    if (status == CHURN_OK)
      *(int32_t *)member = (int32_t)whole;
  }
  return status;
}

static churn_status read_scalar(reader *r, const churn_json_at *at, const json_t *json,
                                churn_field_type type, void *member)
{
  switch (type) {
  case CHURN_FIELD_VERSION:
    *(int *)member = CHURN_MODEL_SCHEMA;
    return CHURN_OK;
  case CHURN_FIELD_ID:
    return read_id(r, at, json, member);
  case CHURN_FIELD_TEXT:
  case CHURN_FIELD_TEXT_IF_KNOWN:
    return read_text(r, at, json, member);
  case CHURN_FIELD_TEXT_OR_NULL:
    return json_is_null(json) ? CHURN_OK : read_text(r, at, json, member);
  case CHURN_FIELD_NUMBER:
    return read_number(r, at, json, member);
  case CHURN_FIELD_FIGURE:
  case CHURN_FIELD_FIGURE_IF_KNOWN:
    *(double *)member = NAN;
    return json_is_null(json) ? CHURN_OK : read_number(r, at, json, member);
  case CHURN_FIELD_DAY:
    return read_day(r, at, json, member);
  case CHURN_FIELD_FLAG:
    if (!json_is_boolean(json))
      return wrong_type(r, at, json, "true or false");
    *(bool *)member = json_is_true(json);
    return CHURN_OK;
  case CHURN_FIELD_FEATURE_KIND:
    return read_feature_kind(r, at, json, member);
  case CHURN_FIELD_COLUMN_KIND:
    return read_column_kind(r, at, json, member);
  default:
    return read_integer(r, at, json, type, member);
  }
}

/* Gives the array its owner at once, so that a half-read model can be freed. */
static void *new_array(char *owner, const churn_field *field, size_t length, size_t size)
{
  void *array = churn_array_new(length, size);
  memcpy(owner + field->offset, &array, sizeof array);
  return array;
}

static churn_status read_list(reader *r, const churn_json_at *at, json_t *json,
                              const churn_field *field, char *owner)
{
  size_t count = json_array_size(json);
  bool texts = field->type == CHURN_FIELD_TEXTS;
  size_t size = texts ? sizeof(char *) : field->shape->size;
  char *elements = new_array(owner, field, count, size);
  if (elements == NULL)
    return churn_error_no_memory(r->error);
  memcpy(owner + field->count_offset, &count, sizeof count);
  churn_status status = CHURN_OK;
  for (size_t i = 0; status == CHURN_OK && i < count; i++) {
    churn_json_at here = {at, NULL, i};
    json_t *element = json_array_get(json, i);
    char *place = elements + i * size;
    status = texts ? read_text(r, &here, element, (char **)(void *)place)
                   : read_object(r, &here, element, field->shape, place);
  }
  return status;
}

static churn_status read_numbers(reader *r, const churn_json_at *at, json_t *json,
                                 const churn_field *field, char *owner)
{
  size_t count = json_array_size(json);
  double *numbers = new_array(owner, field, count, sizeof *numbers);
  if (numbers == NULL)
    return churn_error_no_memory(r->error);
  memcpy(owner + field->count_offset, &count, sizeof count);
  churn_status status = CHURN_OK;
  for (size_t i = 0; status == CHURN_OK && i < count; i++) {
    churn_json_at here = {at, NULL, i};
    status = read_number(r, &here, json_array_get(json, i), &numbers[i]);
  }
  return status;
}

static churn_status wrong_length(reader *r, const churn_json_at *at, size_t length, size_t expected,
                                 const char *why)
{
  return churn_model_fault_at(r, at, "has %zu elements; expected %zu, %s", length, expected, why);
}

static churn_status read_bins(reader *r, const churn_json_at *at, json_t *json,
                              const churn_field *field, char *owner)
{
  size_t bounds, count = json_array_size(json);
  memcpy(&bounds, owner + field->count_offset, sizeof bounds);
  if (count != bounds + 1)
    return wrong_length(r, at, count, bounds + 1, "one more than bounds");
  uint64_t *bins = new_array(owner, field, count, sizeof *bins);
  if (bins == NULL)
    return churn_error_no_memory(r->error);
  churn_status status = CHURN_OK;
  for (size_t i = 0; status == CHURN_OK && i < count; i++) {
    churn_json_at here = {at, NULL, i};
    status = read_integer(r, &here, json_array_get(json, i), CHURN_FIELD_WHOLE, &bins[i]);
  }
  return status;
}

static churn_status read_covariance_row(reader *r, const churn_json_at *at, json_t *json,
                                        size_t size, double *row)
{
  if (!json_is_array(json))
    return wrong_type(r, at, json, "an array");
  if (json_array_size(json) != size)
    return wrong_length(r, at, json_array_size(json), size,
                        "one for the intercept and one for each column");
  churn_status status = CHURN_OK;
  for (size_t i = 0; status == CHURN_OK && i < size; i++) {
    churn_json_at here = {at, NULL, i};
    status = read_number(r, &here, json_array_get(json, i), &row[i]);
  }
  return status;
}

static churn_status read_covariance(reader *r, const churn_json_at *at, json_t *json,
                                    const churn_field *field, char *owner)
{
  size_t size;
  memcpy(&size, owner + field->count_offset, sizeof size);
  size++;
  if (json_array_size(json) != size)
    return wrong_length(r, at, json_array_size(json), size,
                        "one row for the intercept and one for each column");
  if (size > SIZE_MAX / sizeof(double) / size)
    return churn_error_no_memory(r->error);
  double *matrix = new_array(owner, field, size * size, sizeof *matrix);
  if (matrix == NULL)
    return churn_error_no_memory(r->error);
  churn_status status = CHURN_OK;
  for (size_t i = 0; status == CHURN_OK && i < size; i++) {
    churn_json_at here = {at, NULL, i};
    status = read_covariance_row(r, &here, json_array_get(json, i), size, matrix + i * size);
  }
  return status;
}

static churn_status read_value(reader *r, const churn_json_at *at, json_t *json,
                               const churn_field *field, char *object)
{
  if (field->type == CHURN_FIELD_OBJECT)
    return read_object(r, at, json, field->shape, object + field->offset);
  if (field->type < CHURN_FIELD_OBJECT)
    return read_scalar(r, at, json, field->type, object + field->offset);
  if (field->type == CHURN_FIELD_COVARIANCE && json_is_null(json))
    return CHURN_OK;
  if (!json_is_array(json))
    return wrong_type(r, at, json, "an array");
  if (field->type == CHURN_FIELD_BINS)
    return read_bins(r, at, json, field, object);
  if (field->type == CHURN_FIELD_NUMBERS)
    return read_numbers(r, at, json, field, object);
  if (field->type == CHURN_FIELD_COVARIANCE)
    return read_covariance(r, at, json, field, object);
  return read_list(r, at, json, field, object);
}

/* A feature's kind decides which keys it has, so it is read before them. */
static churn_status find_kind(reader *r, const churn_json_at *at, const json_t *json,
                              const churn_shape *shape, churn_feature_kind *kind)
{
  for (size_t i = 0; i < shape->field_count; i++) {
    const churn_field *field = &shape->fields[i];
    const json_t *value = json_object_get(json, field->key);
    if (field->type != CHURN_FIELD_FEATURE_KIND || value == NULL)
      continue;
    churn_json_at here = {at, field->key, 0};
    return read_feature_kind(r, &here, value, kind);
  }
  return CHURN_OK;
}

static churn_status refuse_unknown_keys(reader *r, const churn_json_at *at, json_t *json,
                                        const churn_shape *shape, churn_feature_kind kind)
{
  const char *known[MOST_KEYS], *key;
  size_t count = 0;
  json_t *value;
  for (size_t i = 0; i < shape->field_count && count < MOST_KEYS; i++)
    if (churn_field_applies(&shape->fields[i], kind))
      known[count++] = shape->fields[i].key;
  json_object_foreach(json, key, value)
  {
    size_t i = 0;
    while (i < count && strcmp(known[i], key) != 0)
      i++;
    if (i < count)
      continue;
    churn_json_at here = {at, key, 0};
    const char *near = churn_suggest(key, known, count);
    return churn_model_fault_at(r, &here, "is a key that does not belong here%s%s%s",
                                near == NULL ? "" : "; did you mean ", near == NULL ? "" : near,
                                near == NULL ? "" : "?");
  }
  return CHURN_OK;
}

/* A key that the object does not have: its column does not exist either, its figure is not known.
 */
static void set_absent(const churn_field *field, char *object)
{
  static const int32_t none = -1;
  static const double unknown = NAN;
  if (field->type == CHURN_FIELD_INDEX)
    memcpy(object + field->offset, &none, sizeof none);
  if (field->type == CHURN_FIELD_FIGURE_IF_KNOWN)
    memcpy(object + field->offset, &unknown, sizeof unknown);
}

static bool may_lack(const churn_field *field)
{
  return field->type == CHURN_FIELD_FIGURE_IF_KNOWN || field->type == CHURN_FIELD_TEXT_IF_KNOWN;
}

static churn_status read_object(reader *r, const churn_json_at *at, json_t *json,
                                const churn_shape *shape, char *object)
{
  if (!json_is_object(json))
    return wrong_type(r, at, json, "an object");
  churn_feature_kind kind = CHURN_FEATURE_NUMBER;
  churn_status status = find_kind(r, at, json, shape, &kind);
  if (status == CHURN_OK)
    status = refuse_unknown_keys(r, at, json, shape, kind);
  for (size_t i = 0; status == CHURN_OK && i < shape->field_count; i++) {
    const churn_field *field = &shape->fields[i];
    churn_json_at here = {at, field->key, 0};
    json_t *value = json_object_get(json, field->key);
    if (!churn_field_applies(field, kind) || (value == NULL && may_lack(field))) {
      set_absent(field, object);
      continue;
    }
    status = value == NULL ? churn_model_fault_at(r, &here, "is missing")
                           : read_value(r, &here, value, field, object);
  }
  return status;
}

/* Before all else: another version may have other keys. */
static churn_status check_version(reader *r, const json_t *json)
{
  churn_json_at here = {NULL, "schema_version", 0};
  const json_t *version = json_object_get(json, here.key);
  if (version == NULL)
    return churn_model_fault_at(r, &here, "is missing");
  if (!json_is_integer(version))
    return wrong_type(r, &here, version, "a whole number");
  int64_t found = json_integer_value(version);
  if (found != CHURN_MODEL_SCHEMA)
    return churn_model_fault_at(r, &here, "is %" PRId64 "%s; this program reads version %d", found,
                                found > CHURN_MODEL_SCHEMA ? ", of a newer program" : "",
                                CHURN_MODEL_SCHEMA);
  return CHURN_OK;
}

churn_status churn_model_from_json(const churn_model_reporter *reporter, void *json,
                                   churn_model *model)
{
  if (!json_is_object((json_t *)json))
    return wrong_type(reporter, NULL, json, "an object");
  churn_status status = check_version(reporter, json);
  if (status == CHURN_OK)
    status = read_object(reporter, NULL, json, &churn_model_shape, (char *)(void *)model);
  return status;
}
