/* Applying an encoding: raw feature values of a tile become design columns. The same code in
 * training, evaluation and scoring.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/error.h"
#include "base/memory.h"
#include "design/encoding.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { UNSEEN = -2 };

struct churn_encoder {
  const churn_model *model;
  size_t *outputs;          /* [features] */
  int32_t **column_of_code; /* [features]: NULL for numbers, else [plan's texts]: column, -1 = none,
                               UNSEEN */
};

void churn_encoder_free(churn_encoder *encoder)
{
  if (encoder == NULL)
    return;
  for (size_t f = 0; encoder->column_of_code != NULL && f < encoder->model->feature_count; f++)
    free(encoder->column_of_code[f]);
  free(encoder->column_of_code);
  free(encoder->outputs);
  free(encoder);
}

static int compare_level(const void *key, const void *level)
{
  return strcmp(key, ((const churn_model_level *)level)->text);
}

static int32_t *map_codes(const churn_model_feature *feature, const churn_plan *plan)
{
  size_t count = churn_plan_text_count(plan);
  int32_t *columns = churn_array_new(count, sizeof *columns);
  for (size_t code = 0; columns != NULL && code < count; code++) {
    const churn_model_level *level =
        bsearch(churn_plan_text(plan, (double)code), feature->levels, feature->level_count,
                sizeof *feature->levels, compare_level);
    columns[code] = level == NULL ? UNSEEN : level->column;
  }
  return columns;
}

churn_status churn_encoder_new(const churn_model *model, const churn_plan *plan,
                               const size_t *outputs, churn_encoder **encoder, churn_error *error)
{
  churn_encoder *e = calloc(1, sizeof *e);
  if (e == NULL)
    return churn_error_no_memory(error);
  e->model = model;
  e->outputs = churn_array_new(model->feature_count, sizeof *e->outputs);
  e->column_of_code = churn_array_new(model->feature_count, sizeof *e->column_of_code);
  bool good = e->outputs != NULL && e->column_of_code != NULL;
  for (size_t f = 0; good && f < model->feature_count; f++) {
    e->outputs[f] = outputs[f];
    if (model->features[f].kind == CHURN_FEATURE_CATEGORY)
      good = (e->column_of_code[f] = map_codes(&model->features[f], plan)) != NULL;
  }
  if (!good) {
    churn_encoder_free(e);
    return churn_error_no_memory(error);
  }
  *encoder = e;
  return CHURN_OK;
}

static void set_one(double *out, int32_t column, size_t row)
{
  if (column >= 0)
    out[(size_t)column * CHURN_TILE_ROWS + row] = 1.0;
}

static void encode_number(const churn_model_feature *feature, const double *values, size_t rows,
                          double *out)
{
  double *to =
      feature->number_column < 0 ? NULL : out + (size_t)feature->number_column * CHURN_TILE_ROWS;
  for (size_t r = 0; r < rows; r++) {
    bool missing = isnan(values[r]);
    if (to != NULL)
      to[r] = missing ? feature->fill : values[r];
    if (missing)
      set_one(out, feature->missing_column, r);
  }
}

/* Missing is a level too, and where training had none it was never seen. */
static uint64_t encode_category(const churn_model_feature *feature, const int32_t *column_of_code,
                                const double *values, size_t rows, double *out)
{
  int32_t missing = feature->missing_rows == 0 ? UNSEEN : feature->missing_column;
  uint64_t unseen = 0;
  for (size_t r = 0; r < rows; r++) {
    int32_t column = isnan(values[r]) ? missing : column_of_code[(size_t)values[r]];
    if (column == UNSEEN) {
      unseen++;
      column = feature->other_column;
    }
    set_one(out, column, r);
  }
  return unseen;
}

static churn_status check_missing(const churn_model_feature *feature, const double *values,
                                  size_t rows, churn_error *error)
{
  if (strcmp(feature->missing_rule, "error") != 0)
    return CHURN_OK;
  for (size_t r = 0; r < rows; r++)
    if (isnan(values[r]))
      return churn_error_set(error, CHURN_DEGENERATE,
                             "feature %s has a missing value, and its rule is `missing: error`",
                             feature->name);
  return CHURN_OK;
}

churn_status churn_encoder_tile(const churn_encoder *encoder, const double *frame_tile, size_t rows,
                                double *out, uint64_t *unseen, churn_error *error)
{
  const churn_model *model = encoder->model;
  memset(out, 0, model->column_count * CHURN_TILE_ROWS * sizeof *out);
  for (size_t f = 0; f < model->feature_count; f++) {
    const churn_model_feature *feature = &model->features[f];
    const double *values = frame_tile + encoder->outputs[f] * CHURN_TILE_ROWS;
    churn_status status = check_missing(feature, values, rows, error);
    if (status != CHURN_OK)
      return status;
    if (feature->kind == CHURN_FEATURE_NUMBER) {
      encode_number(feature, values, rows, out);
      continue;
    }
    uint64_t count = encode_category(feature, encoder->column_of_code[f], values, rows, out);
    if (unseen != NULL)
      unseen[f] += count;
  }
  return CHURN_OK;
}

static int32_t renumber(int32_t column, const int32_t *new_number)
{
  return column < 0 ? -1 : new_number[column];
}

static void renumber_feature(churn_model_feature *feature, const int32_t *new_number)
{
  feature->number_column = renumber(feature->number_column, new_number);
  feature->missing_column = renumber(feature->missing_column, new_number);
  feature->other_column = renumber(feature->other_column, new_number);
  for (size_t i = 0; i < feature->level_count; i++)
    feature->levels[i].column = renumber(feature->levels[i].column, new_number);
}

churn_status churn_encoding_drop(churn_model *model, const bool *keep, char *const *reasons,
                                 churn_error *error)
{
  size_t kept = 0, dropping = 0, capacity = model->dropped_count;
  for (size_t c = 0; c < model->column_count; c++)
    dropping += !keep[c];
  int32_t *new_number = churn_array_new(model->column_count, sizeof *new_number);
  if (new_number == NULL ||
      !churn_array_reserve(&model->dropped, &capacity, model->dropped_count + dropping + 1,
                           sizeof *model->dropped)) {
    free(new_number);
    return churn_error_no_memory(error);
  }
  churn_status status = CHURN_OK;
  for (size_t c = 0; c < model->column_count; c++) {
    new_number[c] = keep[c] ? (int32_t)kept : -1;
    if (keep[c]) {
      model->columns[kept++] = model->columns[c];
      continue;
    }
    char *reason = churn_text_copy(reasons[c], strlen(reasons[c]));
    if (reason == NULL)
      status = churn_error_no_memory(error);
    model->dropped[model->dropped_count++] = (churn_model_dropped){model->columns[c].name, reason};
  }
  model->column_count = kept;
  for (size_t f = 0; f < model->feature_count; f++)
    renumber_feature(&model->features[f], new_number);
  free(new_number);
  return status;
}
