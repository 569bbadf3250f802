/* Members of a JSON object as C values.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs/json_read.h"

#include "base/memory.h"

#include <math.h>

static void set_wrong(churn_json_reading *r, const char *key)
{
  r->wrong = r->wrong == NULL ? key : r->wrong;
}

const json_t *churn_json_member(churn_json_reading *r, const json_t *of, const char *key,
                                json_type type)
{
  const json_t *found = json_object_get(of, key);
  if (found != NULL && json_typeof(found) == type)
    return found;
  set_wrong(r, key);
  return NULL;
}

char *churn_json_take_text(churn_json_reading *r, const json_t *of, const char *key)
{
  const json_t *found = churn_json_member(r, of, key, JSON_STRING);
  char *text =
      found == NULL ? NULL : churn_text_copy(json_string_value(found), json_string_length(found));
  r->no_memory = r->no_memory || (found != NULL && text == NULL);
  return text;
}

char *churn_json_take_text_or_null(churn_json_reading *r, const json_t *of, const char *key)
{
  return json_is_null(json_object_get(of, key)) ? NULL : churn_json_take_text(r, of, key);
}

uint64_t churn_json_take_whole(churn_json_reading *r, const json_t *of, const char *key)
{
  const json_t *found = churn_json_member(r, of, key, JSON_INTEGER);
  if (found != NULL && json_integer_value(found) < 0)
    set_wrong(r, key);
  return found == NULL ? 0 : (uint64_t)json_integer_value(found);
}

double churn_json_take_number(churn_json_reading *r, const json_t *of, const char *key)
{
  const json_t *found = json_object_get(of, key);
  if (!json_is_number(found) && !json_is_null(found))
    set_wrong(r, key);
  return json_is_number(found) ? json_number_value(found) : NAN;
}

churn_day churn_json_take_day(churn_json_reading *r, const json_t *of, const char *key)
{
  const json_t *found = json_object_get(of, key);
  if (json_is_null(found))
    return CHURN_DAY_MISSING;
  churn_day day = CHURN_DAY_MISSING;
  if (json_is_string(found) && json_string_length(found) == CHURN_DAY_TEXT_SIZE - 1)
    day = churn_day_parse(json_string_value(found), CHURN_DAY_TEXT_SIZE - 1);
  if (day == CHURN_DAY_MISSING)
    set_wrong(r, key);
  return day;
}
