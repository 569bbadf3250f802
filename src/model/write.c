/* Model -> JSON text: a walk over the tables of schema.c. What JSON or the reader could not hold is
 * refused here. Cost: O(columns^2), the covariance.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/error.h"
#include "model/file.h"
#include "model/schema.h"

#include <math.h>
#include <string.h>

typedef struct writer {
  const churn_model_reporter *reporter;
  churn_json_text *text;
} writer;

static churn_status write_object(const writer *w, const churn_json_at *at, const churn_shape *shape,
                                 const char *object, int indent);

/* A pointer member, whatever it points to. */
static const void *pointer_at(const char *member)
{
  const void *pointer;
  memcpy(&pointer, member, sizeof pointer);
  return pointer;
}

static size_t count_at(const churn_field *field, const char *object)
{
  size_t count;
  memcpy(&count, object + field->count_offset, sizeof count);
  return count;
}

static churn_status write_text(const writer *w, const churn_json_at *at, const char *text)
{
  if (text == NULL)
    return churn_model_fault_at(w->reporter, at, "is not set; expected a text");
  if (!churn_utf8_valid(text))
    return churn_model_fault_at(w->reporter, at, "is not UTF-8");
  churn_json_quote(w->text, text);
  return CHURN_OK;
}

static churn_status write_number(const writer *w, const churn_json_at *at, double value)
{
  if (!isfinite(value))
    return churn_model_fault_at(w->reporter, at, "is %g; expected a finite number", value);
  churn_json_number(w->text, value);
  return CHURN_OK;
}

static churn_status write_whole(const writer *w, const churn_json_at *at, uint64_t value)
{
  if (value > INT64_MAX)
    return churn_model_fault_at(w->reporter, at, "is above 2^63 - 1");
  churn_json_whole(w->text, value);
  return CHURN_OK;
}

static churn_status write_integer(const writer *w, const churn_json_at *at, int32_t value,
                                  int32_t least)
{
  if (value < least)
    return churn_model_fault_at(w->reporter, at, "is %d; expected %d or more", (int)value,
                                (int)least);
  if (value == -1)
    churn_json_append(w->text, "-1");
  else
    churn_json_whole(w->text, (uint64_t)value);
  return CHURN_OK;
}

static churn_status write_day(const writer *w, const churn_json_at *at, churn_day day)
{
  char text[CHURN_DAY_TEXT_SIZE];
  if (day == CHURN_DAY_MISSING) {
    churn_json_append(w->text, "null");
    return CHURN_OK;
  }
  if (day < CHURN_DAY_FIRST || day > CHURN_DAY_LAST)
    return churn_model_fault_at(w->reporter, at, "is day number %d, which no date has", (int)day);
  churn_day_format(day, text);
  churn_json_quote(w->text, text);
  return CHURN_OK;
}

static churn_status write_kind(const writer *w, const churn_json_at *at, const char *member,
                               churn_field_type type)
{
  int kind;
  memcpy(&kind, member, sizeof kind);
  bool feature = type == CHURN_FIELD_FEATURE_KIND;
  if (kind < 0 || kind > (feature ? (int)CHURN_FEATURE_CATEGORY : (int)CHURN_ENCODED_MISSING))
    return churn_model_fault_at(w->reporter, at, "is %d, which is no kind", kind);
  churn_json_quote(w->text, feature ? churn_feature_kind_name((churn_feature_kind)kind)
                                    : churn_encoded_kind_name((churn_encoded_kind)kind));
  return CHURN_OK;
}

static churn_status write_scalar(const writer *w, const churn_json_at *at, churn_field_type type,
                                 const char *member)
{
  const void *value = member;
  switch (type) {
  case CHURN_FIELD_VERSION:
    return write_whole(w, at, CHURN_MODEL_SCHEMA);
  case CHURN_FIELD_ID:
    churn_json_quote(w->text, "00000000000000000000000000000000");
    return CHURN_OK;
  case CHURN_FIELD_WHOLE:
    return write_whole(w, at, *(const uint64_t *)value);
  case CHURN_FIELD_COUNT:
    return write_whole(w, at, *(const uint32_t *)value);
  case CHURN_FIELD_SPAN:
    return write_integer(w, at, *(const int32_t *)value, 0);
  case CHURN_FIELD_INDEX:
    return write_integer(w, at, *(const int32_t *)value, -1);
  case CHURN_FIELD_DAY:
    return write_day(w, at, *(const churn_day *)value);
  case CHURN_FIELD_FLAG:
    churn_json_append(w->text, *(const bool *)value ? "true" : "false");
    return CHURN_OK;
  case CHURN_FIELD_FEATURE_KIND:
  case CHURN_FIELD_COLUMN_KIND:
    return write_kind(w, at, member, type);
  default:
    return churn_model_fault_at(w->reporter, at, "has a type that no writer knows");
  }
}

static churn_status write_list(const writer *w, const churn_json_at *at, const churn_shape *shape,
                               const char *elements, size_t count, int indent)
{
  churn_status status = CHURN_OK;
  for (size_t i = 0; status == CHURN_OK && i < count; i++) {
    churn_json_at here = {at, NULL, i};
    churn_json_append(w->text, i == 0 ? "" : ",");
    churn_json_line(w->text, indent + 2);
    status = write_object(w, &here, shape, elements + i * shape->size, indent + 2);
  }
  churn_json_line(w->text, indent);
  return status;
}

static churn_status write_texts(const writer *w, const churn_json_at *at, char *const *texts,
                                size_t count, int indent)
{
  churn_status status = CHURN_OK;
  for (size_t i = 0; status == CHURN_OK && i < count; i++) {
    churn_json_at here = {at, NULL, i};
    churn_json_append(w->text, i == 0 ? "" : ",");
    churn_json_line(w->text, indent + 2);
    status = write_text(w, &here, texts[i]);
  }
  churn_json_line(w->text, indent);
  return status;
}

/* Elements on one line, without the brackets. `numbers` or `wholes` is NULL. */
static churn_status write_row(const writer *w, const churn_json_at *at, const double *numbers,
                              const uint64_t *wholes, size_t count)
{
  churn_status status = CHURN_OK;
  for (size_t i = 0; status == CHURN_OK && i < count; i++) {
    churn_json_at here = {at, NULL, i};
    churn_json_append(w->text, i == 0 ? "" : ", ");
    status = wholes == NULL ? write_number(w, &here, numbers[i]) : write_whole(w, &here, wholes[i]);
  }
  return status;
}

static churn_status write_covariance(const writer *w, const churn_json_at *at, const double *matrix,
                                     size_t size, int indent)
{
  churn_status status = CHURN_OK;
  for (size_t i = 0; status == CHURN_OK && i < size; i++) {
    churn_json_at here = {at, NULL, i};
    churn_json_append(w->text, i == 0 ? "" : ",");
    churn_json_line(w->text, indent + 2);
    churn_json_append(w->text, "[");
    status = write_row(w, &here, matrix + i * size, NULL, size);
    churn_json_append(w->text, "]");
  }
  churn_json_line(w->text, indent);
  return status;
}

static churn_status write_array(const writer *w, const churn_json_at *at, const churn_field *field,
                                const char *object, int indent)
{
  const void *elements = pointer_at(object + field->offset);
  size_t count = count_at(field, object);
  if (field->type == CHURN_FIELD_BINS || field->type == CHURN_FIELD_COVARIANCE)
    count++;
  if (elements == NULL && field->type == CHURN_FIELD_COVARIANCE) {
    churn_json_append(w->text, "null");
    return CHURN_OK;
  }
  if (elements == NULL && count > 0)
    return churn_model_fault_at(w->reporter, at, "is not set; expected %zu elements", count);
  churn_status status = CHURN_OK;
  churn_json_append(w->text, "[");
  if (field->type == CHURN_FIELD_BINS)
    status = write_row(w, at, NULL, elements, count);
  else if (field->type == CHURN_FIELD_NUMBERS)
    status = write_row(w, at, elements, NULL, count);
  else if (field->type == CHURN_FIELD_COVARIANCE)
    status = write_covariance(w, at, elements, count, indent);
  else if (field->type == CHURN_FIELD_TEXTS && count > 0)
    status = write_texts(w, at, elements, count, indent);
  else if (count > 0)
    status = write_list(w, at, field->shape, elements, count, indent);
  churn_json_append(w->text, "]");
  return status;
}

static churn_status write_value(const writer *w, const churn_json_at *at, const churn_field *field,
                                const char *object, int indent)
{
  const char *member = object + field->offset;
  double figure;
  switch (field->type) {
  case CHURN_FIELD_TEXT:
  case CHURN_FIELD_TEXT_IF_KNOWN:
  case CHURN_FIELD_TEXT_OR_NULL:
    if (field->type == CHURN_FIELD_TEXT || pointer_at(member) != NULL)
      return write_text(w, at, pointer_at(member));
    churn_json_append(w->text, "null");
    return CHURN_OK;
  case CHURN_FIELD_NUMBER:
  case CHURN_FIELD_FIGURE:
  case CHURN_FIELD_FIGURE_IF_KNOWN:
    memcpy(&figure, member, sizeof figure);
    if (field->type == CHURN_FIELD_NUMBER || !isnan(figure))
      return write_number(w, at, figure);
    churn_json_append(w->text, "null");
    return CHURN_OK;
  case CHURN_FIELD_OBJECT:
    return write_object(w, at, field->shape, member, indent);
  case CHURN_FIELD_LIST:
  case CHURN_FIELD_TEXTS:
  case CHURN_FIELD_NUMBERS:
  case CHURN_FIELD_BINS:
  case CHURN_FIELD_COVARIANCE:
    return write_array(w, at, field, object, indent);
  default:
    return write_scalar(w, at, field->type, member);
  }
}

static bool is_unknown(const churn_field *field, const char *object)
{
  double figure;
  if (field->type == CHURN_FIELD_TEXT_IF_KNOWN)
    return pointer_at(object + field->offset) == NULL;
  if (field->type != CHURN_FIELD_FIGURE_IF_KNOWN)
    return false;
  memcpy(&figure, object + field->offset, sizeof figure);
  return isnan(figure);
}

static churn_status write_object(const writer *w, const churn_json_at *at, const churn_shape *shape,
                                 const char *object, int indent)
{
  churn_status status = CHURN_OK;
  churn_feature_kind kind = CHURN_FEATURE_NUMBER;
  bool first = true;
  churn_json_append(w->text, "{");
  for (size_t i = 0; status == CHURN_OK && i < shape->field_count; i++) {
    const churn_field *field = &shape->fields[i];
    if (!churn_field_applies(field, kind) || is_unknown(field, object))
      continue;
    churn_json_at here = {at, field->key, 0};
    churn_json_append(w->text, first ? "" : shape->one_line ? ", " : ",");
    if (!shape->one_line)
      churn_json_line(w->text, indent + 2);
    churn_json_quote(w->text, field->key);
    churn_json_append(w->text, ": ");
    status = write_value(w, &here, field, object, indent + 2);
    if (field->type == CHURN_FIELD_FEATURE_KIND)
      memcpy(&kind, object + field->offset, sizeof kind);
    first = false;
  }
  if (!shape->one_line)
    churn_json_line(w->text, indent);
  churn_json_append(w->text, "}");
  return status;
}

churn_status churn_model_to_json(const churn_model_reporter *reporter, const churn_model *model,
                                 churn_json_text *text)
{
  writer w = {reporter, text};
  churn_status status =
      write_object(&w, NULL, &churn_model_shape, (const char *)(const void *)model, 0);
  if (status != CHURN_OK)
    return status;
  churn_json_append(text, "\n");
  return text->failed ? churn_error_no_memory(reporter->error) : CHURN_OK;
}
