/* From tallies to design columns: missing values, levels, pools, what is left out.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/memory.h"
#include "design/encoding_learner.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Enough rows, and both outcomes among them, to carry a coefficient. Pooling off keeps everything.
 */
static bool stands_alone(const churn_learner *l, churn_tally t)
{
  if (l->pool_rows == 0)
    return t.rows > 0;
  return t.rows >= l->pool_rows && t.churners > 0 && t.churners < t.rows;
}

/* So many rows of one outcome only, though both are common enough: one in a thousand by chance. */
static bool one_sided(const churn_learner *l, churn_tally t)
{
  static const double rare = 1e-3;
  double churned = (double)l->all.churners / (double)l->all.rows;
  if (t.rows < l->pool_rows || (t.churners > 0 && t.churners < t.rows))
    return false;
  return pow(t.churners > 0 ? churned : 1 - churned, (double)t.rows) < rare;
}

static churn_status add_column(churn_learner *l, size_t f, churn_encoded_kind kind, char *name,
                               int32_t *number, churn_error *error)
{
  churn_model *model = l->model;
  if (name == NULL)
    return churn_error_no_memory(error);
  size_t capacity = model->column_count;
  if (!churn_array_reserve(&model->columns, &capacity, model->column_count + 1,
                           sizeof *model->columns)) {
    free(name);
    return churn_error_no_memory(error);
  }
  model->columns[model->column_count] =
      (churn_model_column){.name = name, .feature = (uint32_t)f, .kind = kind};
  *number = (int32_t)model->column_count++;
  return CHURN_OK;
}

static churn_status drop_column(churn_learner *l, char *name, const char *reason,
                                churn_severity severity, const churn_run *run, churn_error *error)
{
  churn_model *model = l->model;
  char *why = churn_text_copy(reason, strlen(reason));
  size_t capacity = model->dropped_count;
  if (name == NULL || why == NULL ||
      !churn_array_reserve(&model->dropped, &capacity, model->dropped_count + 1,
                           sizeof *model->dropped)) {
    free(name);
    free(why);
    return churn_error_no_memory(error);
  }
  churn_notes_add(churn_run_notes(run), severity, "dropped_column", CHURN_NOWHERE,
                  "column %s is left out: %s", name, why);
  model->dropped[model->dropped_count++] = (churn_model_dropped){name, why};
  return CHURN_OK;
}

/* An earlier feature whose missing rows are exactly the same ones, and that has a flag. */
static int32_t equal_flag(const churn_learner *l, size_t f)
{
  for (size_t e = 0; e < f; e++)
    if (l->model->features[e].missing_column >= 0 && l->missing[e].rows == l->missing[f].rows &&
        l->flag_hash[e] == l->flag_hash[f])
      return l->model->features[e].missing_column;
  return -1;
}

/* The column that is 1 where the feature is missing: an equal flag's, or a new one. Takes `name`.
 */
static churn_status add_flag(churn_learner *l, size_t f, char *name, const churn_run *run,
                             churn_error *error)
{
  churn_model_feature *feature = &l->model->features[f];
  feature->missing_column = equal_flag(l, f);
  if (feature->missing_column < 0)
    return add_column(l, f, CHURN_ENCODED_MISSING, name, &feature->missing_column, error);
  char why[CHURN_MESSAGE_SIZE];
  snprintf(why, sizeof why, "same rows as %.200s", l->model->columns[feature->missing_column].name);
  return drop_column(l, name, why, CHURN_NOTE, run, error);
}

static churn_status number_flag(churn_learner *l, size_t f, const churn_run *run,
                                churn_error *error)
{
  churn_model_feature *feature = &l->model->features[f];
  if (l->missing[f].rows == 0)
    return CHURN_OK;
  char *name = churn_text_format("%s?missing", feature->name);
  if (l->missing[f].rows == l->all.rows)
    return drop_column(l, name, "every value is missing", CHURN_WARNING, run, error);
  if (!stands_alone(l, l->missing[f])) {
    char why[160];
    snprintf(why, sizeof why, "pooled: %" PRIu64 " rows are missing, %" PRIu64 " of them churned",
             l->missing[f].rows, l->missing[f].churners);
    return drop_column(l, name, why, one_sided(l, l->missing[f]) ? CHURN_WARNING : CHURN_NOTE, run,
                       error);
  }
  return add_flag(l, f, name, run, error);
}

static churn_status check_missing(const churn_learner *l, size_t f, churn_error *error)
{
  if (l->features[f].spec->missing != CHURN_MISSING_ERROR || l->missing[f].rows == 0)
    return CHURN_OK;
  return churn_error_set(error, CHURN_DEGENERATE,
                         "feature %s has %" PRIu64
                         " missing values, and its rule is `missing: error`",
                         l->model->features[f].name, l->missing[f].rows);
}

static churn_status number_columns(churn_learner *l, size_t f, const churn_run *run,
                                   churn_error *error)
{
  churn_model_feature *feature = &l->model->features[f];
  char *name = churn_text_copy(feature->name, strlen(feature->name));
  churn_status status =
      l->constant[f] ? drop_column(l, name, "constant", CHURN_WARNING, run, error)
                     : add_column(l, f, CHURN_ENCODED_NUMBER, name, &feature->number_column, error);
  return status == CHURN_OK ? number_flag(l, f, run, error) : status;
}

static churn_tally tally_of(const churn_model_level *level)
{
  return (churn_tally){level->rows, level->churners};
}

/* Index of the reference level; level_count = missing itself. The most frequent that stands alone,
 * first of equals; when none does, the most frequent of all. */
static churn_status find_reference(const churn_learner *l, size_t f, size_t *reference,
                                   churn_error *error)
{
  const churn_model_feature *feature = &l->model->features[f];
  const char *wanted = l->features[f].spec->reference.text;
  for (size_t i = 0; wanted != NULL && i < feature->level_count; i++)
    if (strcmp(feature->levels[i].text, wanted) == 0) {
      *reference = i;
      return CHURN_OK;
    }
  if (wanted != NULL && !l->rows->any_reference)
    return churn_error_set(error, CHURN_DEGENERATE,
                           "feature %s: the reference level \"%s\" does not occur in training",
                           feature->name, wanted);
  uint64_t best = 0;
  for (int needs_alone = 1; needs_alone >= 0 && best == 0; needs_alone--)
    for (size_t i = 0; i <= feature->level_count; i++) {
      churn_tally t = i == feature->level_count ? l->missing[f] : tally_of(&feature->levels[i]);
      if (t.rows > best && (!needs_alone || stands_alone(l, t))) {
        best = t.rows;
        *reference = i;
      }
    }
  return CHURN_OK;
}

/* One pooled level, or missing pooled, in words for the note. A level that tells the outcome by
 * itself has no finite coefficient, but it is a pity to lose it in silence. */
static void note_pooled(const churn_learner *l, const churn_model_feature *feature,
                        const char *level, churn_tally t, const char *into, const churn_run *run)
{
  if (!one_sided(l, t)) {
    churn_notes_add(churn_run_notes(run), CHURN_NOTE, "pooled_level", CHURN_NOWHERE,
                    "%s=%s (%" PRIu64 " rows, %" PRIu64 " churners) is pooled into %s",
                    feature->name, level, t.rows, t.churners, into);
    return;
  }
  churn_notes_add(churn_run_notes(run), CHURN_WARNING, "one_sided_level", CHURN_NOWHERE,
                  "%s=%s is pooled into %s, for all its %" PRIu64
                  " rows %s: is it known only afterwards? `pool: 0` with a penalty or `separation: "
                  "firth` gives it a column",
                  feature->name, level, into, t.rows, t.churners > 0 ? "churned" : "stayed");
}

enum { NAMED_LEVELS = 5 };

/* A few pooled levels are named one by one, many only counted. */
static void note_all_pooled(const churn_learner *l, size_t f, size_t reference, const char *into,
                            const churn_run *run)
{
  const churn_model_feature *feature = &l->model->features[f];
  churn_tally all = {0, 0};
  size_t count = 0;
  for (int naming = 0; naming <= 1 && (naming == 0 || count <= NAMED_LEVELS); naming++)
    for (size_t i = 0; i <= feature->level_count; i++) {
      bool missing = i == feature->level_count;
      churn_tally t = missing ? l->missing[f] : tally_of(&feature->levels[i]);
      if (i == reference || t.rows == 0 || stands_alone(l, t))
        continue;
      if (naming) {
        note_pooled(l, feature, missing ? "(missing)" : feature->levels[i].text, t, into, run);
        continue;
      }
      count++;
      all.rows += t.rows;
      all.churners += t.churners;
    }
  if (count > NAMED_LEVELS)
    churn_notes_add(churn_run_notes(run), CHURN_NOTE, "pooled_level", CHURN_NOWHERE,
                    "%zu rare levels of %s (%" PRIu64 " rows, %" PRIu64
                    " churners) are pooled into %s",
                    count, feature->name, all.rows, all.churners, into);
  if (feature->level_count * 2 > l->all.rows)
    churn_notes_add(churn_run_notes(run), CHURN_WARNING, "like_an_id", CHURN_NOWHERE,
                    "%s has %zu levels in %" PRIu64
                    " rows: it looks like an id or free text; leave it out",
                    feature->name, feature->level_count, l->all.rows);
}

/* Levels that do not stand alone share `?other`; a pool that does not stand alone either counts as
 * the reference. */
static churn_status pool_levels(churn_learner *l, size_t f, size_t reference, const churn_run *run,
                                churn_error *error)
{
  churn_model_feature *feature = &l->model->features[f];
  churn_tally pool = {0, 0};
  for (size_t i = 0; i <= feature->level_count; i++) {
    churn_tally t = i == feature->level_count ? l->missing[f] : tally_of(&feature->levels[i]);
    if (i != reference && t.rows > 0 && !stands_alone(l, t)) {
      pool.rows += t.rows;
      pool.churners += t.churners;
    }
  }
  bool own = stands_alone(l, pool);
  const char *into = own ? "?other"
                     : pool.rows >= l->pool_rows
                         ? "the reference level: a column needs both outcomes"
                         : "the reference level: there are too few such rows for a column";
  note_all_pooled(l, f, reference, into, run);
  if (!own)
    return CHURN_OK;
  churn_status status =
      add_column(l, f, CHURN_ENCODED_LEVEL, churn_text_format("%s?other", feature->name),
                 &feature->other_column, error);
  for (size_t i = 0; i < feature->level_count && status == CHURN_OK; i++)
    if (i != reference && !stands_alone(l, tally_of(&feature->levels[i])))
      feature->levels[i].column = feature->other_column;
  if (status == CHURN_OK && reference != feature->level_count && l->missing[f].rows > 0 &&
      !stands_alone(l, l->missing[f]))
    feature->missing_column = feature->other_column;
  return status;
}

static churn_status category_columns(churn_learner *l, size_t f, const churn_run *run,
                                     churn_error *error)
{
  churn_model_feature *feature = &l->model->features[f];
  size_t reference = 0;
  churn_status status = find_reference(l, f, &reference, error);
  if (status == CHURN_OK && reference < feature->level_count) {
    const char *text = feature->levels[reference].text;
    feature->reference = churn_text_copy(text, strlen(text));
    if (feature->reference == NULL)
      status = churn_error_no_memory(error);
  }
  for (size_t i = 0; i < feature->level_count && status == CHURN_OK; i++)
    if (i != reference && stands_alone(l, tally_of(&feature->levels[i])))
      status = add_column(l, f, CHURN_ENCODED_LEVEL,
                          churn_text_format("%s=%s", feature->name, feature->levels[i].text),
                          &feature->levels[i].column, error);
  if (status == CHURN_OK && reference != feature->level_count && stands_alone(l, l->missing[f]))
    status = add_flag(l, f, churn_text_format("%s?missing", feature->name), run, error);
  if (status == CHURN_OK)
    status = pool_levels(l, f, reference, run, error);
  if (status == CHURN_OK && feature->level_count + (l->missing[f].rows > 0) <= 1)
    status = drop_column(l, churn_text_copy(feature->name, strlen(feature->name)), "constant",
                         CHURN_WARNING, run, error);
  return status;
}

churn_status churn_learner_columns(churn_learner *l, size_t count, const churn_run *run,
                                   churn_error *error)
{
  churn_status status = CHURN_OK;
  for (size_t f = 0; f < count && status == CHURN_OK; f++) {
    status = check_missing(l, f, error);
    if (status == CHURN_OK)
      status = l->model->features[f].kind == CHURN_FEATURE_NUMBER
                   ? number_columns(l, f, run, error)
                   : category_columns(l, f, run, error);
  }
  return status;
}
