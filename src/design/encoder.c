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

/* A category of fewer columns than this is as fast in plain columns as in codes. */
enum { LEAST_CODED = 8 };

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

/* Where a tile's columns go: all to `out`, or where a matrix keeps them. */
typedef struct target {
  double *out;                /* columns in the tiles x 256, zeroed */
  const churn_matrix *matrix; /* NULL = every column is in `out` */
  size_t tile;
} target;

static double *column_at(const target *to, int32_t column)
{
  size_t index = (size_t)column;
  if (to->matrix != NULL)
    index = churn_matrix_place(to->matrix, index).index;
  return to->out + index * CHURN_TILE_ROWS;
}

static void set_one(const target *to, int32_t column, size_t row)
{
  if (column < 0)
    return;
  if (to->matrix != NULL) {
    churn_column_place place = churn_matrix_place(to->matrix, (size_t)column);
    if (place.block >= 0) {
      to->matrix->blocks[place.block].codes[to->tile * CHURN_TILE_ROWS + row] =
          (uint16_t)place.index;
      return;
    }
  }
  column_at(to, column)[row] = 1.0;
}

static void encode_number(const churn_model_feature *feature, const double *values, size_t rows,
                          const target *to)
{
  double *number = feature->number_column < 0 ? NULL : column_at(to, feature->number_column);
  for (size_t r = 0; r < rows; r++) {
    bool missing = isnan(values[r]);
    if (number != NULL)
      number[r] = missing ? feature->fill : values[r];
    if (missing)
      set_one(to, feature->missing_column, r);
  }
}

/* Missing is a level too, and where training had none it was never seen. */
static uint64_t encode_category(const churn_model_feature *feature, const int32_t *column_of_code,
                                const double *values, size_t rows, const target *to)
{
  int32_t missing = feature->missing_rows == 0 ? UNSEEN : feature->missing_column;
  uint64_t unseen = 0;
  for (size_t r = 0; r < rows; r++) {
    int32_t column = isnan(values[r]) ? missing : column_of_code[(size_t)values[r]];
    if (column == UNSEEN) {
      unseen++;
      column = feature->other_column;
    }
    set_one(to, column, r);
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

static churn_status encode(const churn_encoder *encoder, const double *frame_tile, size_t rows,
                           const target *to, uint64_t *unseen, churn_error *error)
{
  const churn_model *model = encoder->model;
  for (size_t f = 0; f < model->feature_count; f++) {
    const churn_model_feature *feature = &model->features[f];
    const double *values = frame_tile + encoder->outputs[f] * CHURN_TILE_ROWS;
    churn_status status = check_missing(feature, values, rows, error);
    if (status != CHURN_OK)
      return status;
    if (feature->kind == CHURN_FEATURE_NUMBER) {
      encode_number(feature, values, rows, to);
      continue;
    }
    uint64_t count = encode_category(feature, encoder->column_of_code[f], values, rows, to);
    if (unseen != NULL)
      unseen[f] += count;
  }
  return CHURN_OK;
}

churn_status churn_encoder_tile(const churn_encoder *encoder, const double *frame_tile, size_t rows,
                                double *out, uint64_t *unseen, churn_error *error)
{
  target to = {.out = out};
  memset(out, 0, encoder->model->column_count * CHURN_TILE_ROWS * sizeof *out);
  return encode(encoder, frame_tile, rows, &to, unseen, error);
}

churn_status churn_encoder_fill(const churn_encoder *encoder, const double *frame_tile, size_t rows,
                                churn_matrix *matrix, size_t tile, churn_error *error)
{
  target to = {churn_matrix_tile(matrix, tile, 0), matrix, tile};
  churn_matrix_zero(matrix, tile);
  return encode(encoder, frame_tile, rows, &to, NULL, error);
}

/* Sets block_of of every column that only this category sets; how many. */
static size_t claim(const churn_model *model, size_t f, const bool *shared, int32_t block,
                    int32_t *block_of)
{
  size_t claimed = 0;
  const churn_model_feature *feature = &model->features[f];
  for (size_t i = 0; i < feature->level_count + 2; i++) {
    int32_t column = i < feature->level_count    ? feature->levels[i].column
                     : i == feature->level_count ? feature->missing_column
                                                 : feature->other_column;
    if (column < 0 || shared[column] || block_of[column] == block)
      continue;
    block_of[column] = block;
    claimed++;
  }
  return claimed;
}

/* Columns that numbers set, or that two categories do, cannot be codes. seen[c] is scratch: 1 + the
 * category that sets column c, 0 = none so far. */
static void find_shared(const churn_model *model, size_t *seen, bool *shared)
{
  for (size_t f = 0; f < model->feature_count; f++) {
    const churn_model_feature *feature = &model->features[f];
    const int32_t own[] = {feature->number_column, feature->missing_column, feature->other_column};
    for (size_t i = 0; i < feature->level_count + 3; i++) {
      int32_t c = i < 3 ? own[i] : feature->levels[i - 3].column;
      if (c < 0)
        continue;
      shared[c] =
          shared[c] || feature->kind == CHURN_FEATURE_NUMBER || (seen[c] != 0 && seen[c] != f + 1);
      seen[c] = f + 1;
    }
  }
}

/* Categories of many columns become blocks; returns how many. */
static size_t choose_blocks(const churn_model *model, const bool *shared, int32_t *block_of)
{
  size_t blocks = 0;
  for (size_t c = 0; c < model->column_count; c++)
    block_of[c] = -1;
  for (size_t f = 0; f < model->feature_count; f++) {
    if (model->features[f].kind != CHURN_FEATURE_CATEGORY)
      continue;
    size_t claimed = claim(model, f, shared, (int32_t)blocks, block_of);
    if (claimed >= LEAST_CODED && claimed <= CHURN_MOST_LEVELS) {
      blocks++;
      continue;
    }
    for (size_t c = 0; c < model->column_count; c++)
      if (block_of[c] == (int32_t)blocks)
        block_of[c] = -1;
  }
  return blocks;
}

churn_status churn_encoder_matrix(const churn_encoder *encoder, size_t rows, churn_matrix **matrix,
                                  churn_error *error)
{
  size_t columns = encoder->model->column_count;
  int32_t *block_of = churn_array_new(columns, sizeof *block_of);
  size_t *seen = churn_array_new(columns, sizeof *seen);
  bool *shared = churn_array_new(columns, sizeof *shared);
  churn_status status = CHURN_OK;
  if (block_of == NULL || seen == NULL || shared == NULL) {
    status = churn_error_no_memory(error);
    goto done;
  }
  find_shared(encoder->model, seen, shared);
  size_t blocks = choose_blocks(encoder->model, shared, block_of);
  status = churn_matrix_new_blank(rows, columns, block_of, blocks, matrix, error);
done:
  free(block_of);
  free(seen);
  free(shared);
  return status;
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
