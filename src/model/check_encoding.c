/* Do features, levels and columns refer to each other rightly? Every column is named after the
 * feature (and level) it stems from, and that feature names it as its own. From this and from
 * unique features and levels it follows that columns are unique.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/check.h"

#include "base/error.h"
#include "base/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Marks between a feature's name and the rest of a column's. */
static const char level_mark[] = "=", missing_mark[] = "?missing", other_mark[] = "?other";

/* Is `name` = feature + mark + rest? */
static bool name_is(const char *name, const char *feature, const char *mark, const char *rest)
{
  size_t length = strlen(feature), mark_length = strlen(mark);
  return strncmp(name, feature, length) == 0 && strncmp(name + length, mark, mark_length) == 0 &&
         strcmp(name + length + mark_length, rest) == 0;
}

static int compare_texts(const void *left, const void *right)
{
  return strcmp(*(const char *const *)left, *(const char *const *)right);
}

static churn_status check_names_once(const churn_model_checker *c)
{
  size_t count = c->model->feature_count;
  const char **names = churn_array_new(count, sizeof *names);
  if (names == NULL)
    return churn_error_no_memory(c->reporter->error);
  for (size_t i = 0; i < count; i++)
    names[i] = c->model->features[i].name;
  qsort(names, count, sizeof *names, compare_texts);
  churn_status status = CHURN_OK;
  for (size_t i = 1; status == CHURN_OK && i < count; i++)
    if (strcmp(names[i - 1], names[i]) == 0)
      status = CHURN_FAULT_IN(c, "features: two have the name " CHURN_SHOWN, names[i]);
  free(names);
  return status;
}

/* `column` is -1 or the number of a column. `place` names the key within the feature. */
static churn_status check_number(const churn_model_checker *c, size_t feature, const char *place,
                                 int32_t column)
{
  size_t count = c->model->column_count;
  if (column == -1 || (column >= 0 && (size_t)column < count))
    return CHURN_OK;
  if (count == 0)
    return CHURN_FAULT_IN(c, "features[%zu].%s is %" PRId32 "; expected -1, for there is no column",
                          feature, place, column);
  return CHURN_FAULT_IN(c,
                        "features[%zu].%s is %" PRId32 "; expected -1 or a column number below %zu",
                        feature, place, column, count);
}

/* The key `place` of a feature points at a column that is not what it should be. */
static churn_status wrong_column(const churn_model_checker *c, size_t feature, const char *place,
                                 int32_t column, const char *should_be)
{
  return CHURN_FAULT_IN(
      c, "features[%zu].%s is %" PRId32 ", but columns[%" PRId32 "] is " CHURN_SHOWN ", not %s",
      feature, place, column, column, c->model->columns[column].name, should_be);
}

/* A column that must be this feature's own: NAME + mark, of the given kind. */
static churn_status check_own_column(const churn_model_checker *c, size_t feature,
                                     const char *place, int32_t column, const char *mark,
                                     const char *should_be)
{
  churn_status status = check_number(c, feature, place, column);
  if (status != CHURN_OK || column == -1)
    return status;
  const churn_model_column *found = &c->model->columns[column];
  if (found->feature == feature && name_is(found->name, c->model->features[feature].name, mark, ""))
    return CHURN_OK;
  return wrong_column(c, feature, place, column, should_be);
}

/* Equal missing flags share one column, so it may be another feature's; a category's missing level
 * may have gone into its `?other`. */
static churn_status check_missing_column(const churn_model_checker *c, size_t feature)
{
  const churn_model_feature *f = &c->model->features[feature];
  int32_t column = f->missing_column;
  churn_status status = check_number(c, feature, "missing_column", column);
  if (status != CHURN_OK || column == -1)
    return status;
  if (f->kind == CHURN_FEATURE_CATEGORY && column == f->other_column)
    return CHURN_OK;
  const churn_model_column *found = &c->model->columns[column];
  if (name_is(found->name, c->model->features[found->feature].name, missing_mark, "") &&
      c->model->features[found->feature].missing_column == column)
    return CHURN_OK;
  return wrong_column(c, feature, "missing_column", column, "a ?missing column");
}

static churn_status check_bounds(const churn_model_checker *c, size_t feature)
{
  const churn_model_feature *f = &c->model->features[feature];
  for (size_t i = 1; i < f->bound_count; i++)
    if (!(f->bounds[i - 1] < f->bounds[i]))
      return CHURN_FAULT_IN(c, "features[%zu].bounds[%zu] is %g; expected more than the %g before",
                            feature, i, f->bounds[i], f->bounds[i - 1]);
  return CHURN_OK;
}

/* Takes `rows` off `*rest`; false when there are not so many. */
static bool take(uint64_t *rest, uint64_t rows)
{
  if (rows > *rest)
    return false;
  *rest -= rows;
  return true;
}

static churn_status wrong_sum(const churn_model_checker *c, size_t feature, const char *parts)
{
  return CHURN_FAULT_IN(
      c, "features[%zu]: missing_rows and the rows of %s do not add up to the %" PRIu64 " rows",
      feature, parts, c->model->rows);
}

static churn_status check_number_feature(const churn_model_checker *c, size_t feature)
{
  const churn_model_feature *f = &c->model->features[feature];
  churn_status status =
      check_own_column(c, feature, "number_column", f->number_column, "", "that feature's number");
  if (status == CHURN_OK)
    status = check_bounds(c, feature);
  if (status != CHURN_OK)
    return status;
  uint64_t rest = c->model->rows;
  bool fits = take(&rest, f->missing_rows);
  for (size_t i = 0; fits && i <= f->bound_count; i++)
    fits = take(&rest, f->bin_rows[i]);
  return fits && rest == 0 ? CHURN_OK : wrong_sum(c, feature, "bin_rows");
}

static churn_status check_level(const churn_model_checker *c, size_t feature, size_t level)
{
  const churn_model_feature *f = &c->model->features[feature];
  const churn_model_level *l = &f->levels[level];
  char place[64];
  snprintf(place, sizeof place, "levels[%zu].column", level);
  if (level > 0 && strcmp(l[-1].text, l->text) >= 0)
    return CHURN_FAULT_IN(
        c, "features[%zu].levels[%zu].text: " CHURN_SHOWN " does not come after " CHURN_SHOWN,
        feature, level, l->text, l[-1].text);
  if (l->churners > l->rows)
    return CHURN_FAULT_IN(c, "features[%zu].levels[%zu].churners is more than its rows", feature,
                          level);
  churn_status status = check_number(c, feature, place, l->column);
  if (status != CHURN_OK || l->column == -1 || l->column == f->other_column)
    return status;
  const churn_model_column *found = &c->model->columns[l->column];
  if (found->feature == feature && name_is(found->name, f->name, level_mark, l->text))
    return CHURN_OK;
  return wrong_column(c, feature, place, l->column, "that level's or ?other's");
}

/* The level of that text, or NULL. Levels are in order. */
static const churn_model_level *find_level(const churn_model_feature *f, const char *text)
{
  size_t low = 0, high = f->level_count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    int order = strcmp(f->levels[middle].text, text);
    if (order == 0)
      return &f->levels[middle];
    if (order < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return NULL;
}

static churn_status check_reference(const churn_model_checker *c, size_t feature)
{
  const churn_model_feature *f = &c->model->features[feature];
  if (f->reference == NULL)
    return CHURN_OK;
  const churn_model_level *level = find_level(f, f->reference);
  if (level == NULL)
    return CHURN_FAULT_IN(c, "features[%zu].reference is " CHURN_SHOWN ", which is no level",
                          feature, f->reference);
  if (level->column != -1)
    return CHURN_FAULT_IN(c, "features[%zu].reference is " CHURN_SHOWN ", which has a column",
                          feature, f->reference);
  return CHURN_OK;
}

static churn_status check_category(const churn_model_checker *c, size_t feature)
{
  const churn_model_feature *f = &c->model->features[feature];
  churn_status status = check_own_column(c, feature, "other_column", f->other_column, other_mark,
                                         "that feature's ?other");
  uint64_t rest = c->model->rows;
  bool fits = take(&rest, f->missing_rows);
  for (size_t i = 0; status == CHURN_OK && i < f->level_count; i++) {
    status = check_level(c, feature, i);
    fits = fits && take(&rest, f->levels[i].rows);
  }
  if (status == CHURN_OK && !(fits && rest == 0))
    status = wrong_sum(c, feature, "levels");
  return status == CHURN_OK ? check_reference(c, feature) : status;
}

static churn_status check_feature(const churn_model_checker *c, size_t feature)
{
  const churn_model_feature *f = &c->model->features[feature];
  if (f->name[0] == '\0' || strpbrk(f->name, "?=") != NULL)
    return CHURN_FAULT_IN(
        c, "features[%zu].name is " CHURN_SHOWN "; expected a name without ? and =", feature,
        f->name);
  if (f->expression[0] == '\0')
    return CHURN_FAULT_IN(c, "features[%zu].expression is empty", feature);
  if (strcmp(f->missing_rule, "mean") != 0 && strcmp(f->missing_rule, "zero") != 0 &&
      strcmp(f->missing_rule, "error") != 0)
    return CHURN_FAULT_IN(
        c, "features[%zu].missing_rule is " CHURN_SHOWN "; expected mean, zero or error", feature,
        f->missing_rule);
  churn_status status = check_missing_column(c, feature);
  if (status != CHURN_OK)
    return status;
  return f->kind == CHURN_FEATURE_NUMBER ? check_number_feature(c, feature)
                                         : check_category(c, feature);
}

/* The number by which the feature knows the column of that name, -1 when it has none such. */
static int32_t named_column(const churn_model_feature *f, const churn_model_column *column)
{
  size_t length = strlen(f->name);
  bool category = f->kind == CHURN_FEATURE_CATEGORY;
  if (name_is(column->name, f->name, missing_mark, "")) {
    bool level = category && column->kind == CHURN_ENCODED_LEVEL;
    return level || column->kind == CHURN_ENCODED_MISSING ? f->missing_column : -1;
  }
  if (column->kind == CHURN_ENCODED_NUMBER && !category)
    return strcmp(column->name, f->name) == 0 ? f->number_column : -1;
  if (column->kind != CHURN_ENCODED_LEVEL || !category ||
      strncmp(column->name, f->name, length) != 0)
    return -1;
  if (strcmp(column->name + length, other_mark) == 0)
    return f->other_column;
  const churn_model_level *level =
      column->name[length] == level_mark[0] ? find_level(f, column->name + length + 1) : NULL;
  return level == NULL ? -1 : level->column;
}

static churn_status check_estimate(const churn_model_checker *c, const char *place,
                                   const churn_model_column *column)
{
  if (column->std_error < 0)
    return CHURN_FAULT_IN(c, "%s.std_error is %g; expected 0 or more", place, column->std_error);
  if (column->p < 0 || column->p > 1)
    return CHURN_FAULT_IN(c, "%s.p is %g; expected 0 to 1", place, column->p);
  if (column->lower > column->estimate || column->estimate > column->upper)
    return CHURN_FAULT_IN(c, "%s: the estimate does not lie between lower and upper", place);
  return CHURN_OK;
}

static churn_status check_effect(const churn_model_checker *c, const char *place,
                                 const churn_model_column *column)
{
  if (column->odds_ratio < 0 || column->odds_lower < 0)
    return CHURN_FAULT_IN(c, "%s.odds_ratio is below 0", place);
  if (column->odds_lower > column->odds_ratio || column->odds_ratio > column->odds_upper)
    return CHURN_FAULT_IN(c, "%s: the odds ratio does not lie between odds_lower and odds_upper",
                          place);
  return column->condition[0] != '\0' ? CHURN_OK
                                      : CHURN_FAULT_IN(c, "%s.condition is empty", place);
}

static churn_status check_test(const churn_model_checker *c, size_t feature)
{
  const churn_model_test *test = &c->model->features[feature].test;
  if (test->chi2 < 0)
    return CHURN_FAULT_IN(c, "features[%zu].test.chi2 is %g; expected 0 or more", feature,
                          test->chi2);
  if (test->p < 0 || test->p > 1)
    return CHURN_FAULT_IN(c, "features[%zu].test.p is %g; expected 0 to 1", feature, test->p);
  if (test->gvif < 0 || test->scaled_gvif < 0)
    return CHURN_FAULT_IN(c, "features[%zu].test.gvif is below 0", feature);
  return CHURN_OK;
}

/* Before all else, for features are looked up by it. */
static churn_status check_owners(const churn_model_checker *c)
{
  const churn_model *m = c->model;
  for (size_t i = 0; i < m->column_count; i++)
    if (m->columns[i].feature >= m->feature_count)
      return CHURN_FAULT_IN(
          c, "columns[%zu].feature is %" PRIu32 "; expected a feature number below %zu", i,
          m->columns[i].feature, m->feature_count);
  return CHURN_OK;
}

static churn_status check_column(const churn_model_checker *c, size_t index)
{
  const churn_model *m = c->model;
  const churn_model_column *column = &m->columns[index];
  char place[64];
  snprintf(place, sizeof place, "columns[%zu]", index);
  int32_t known = named_column(&m->features[column->feature], column);
  if (known < 0 || (size_t)known != index)
    return CHURN_FAULT_IN(
        c, "%s is " CHURN_SHOWN ", but features[%" PRIu32 "], " CHURN_SHOWN ", has no such column",
        place, column->name, column->feature, m->features[column->feature].name);
  if (!(column->deviation > 0))
    return CHURN_FAULT_IN(c, "%s.deviation is %g; expected more than 0", place, column->deviation);
  churn_status status = check_estimate(c, place, column);
  return status == CHURN_OK ? check_effect(c, place, column) : status;
}

churn_status churn_model_check_encoding(const churn_model_checker *c)
{
  churn_status status = check_owners(c);
  if (status == CHURN_OK)
    status = check_names_once(c);
  for (size_t i = 0; status == CHURN_OK && i < c->model->feature_count; i++)
    status = check_feature(c, i);
  for (size_t i = 0; status == CHURN_OK && i < c->model->feature_count; i++)
    status = check_test(c, i);
  for (size_t i = 0; status == CHURN_OK && i < c->model->column_count; i++)
    status = check_column(c, i);
  return status == CHURN_OK ? check_estimate(c, "intercept", &c->model->intercept) : status;
}
