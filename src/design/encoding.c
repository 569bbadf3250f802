/* Learning the encoding: what each raw feature becomes in the design matrix. Each feature is looked
 * at by itself (in parallel), then columns are numbered in feature order.
 *
 * Cost: two passes over the frame a feature; a sort a number for the reference histogram.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "design/encoding.h"

#include "base/memory.h"
#include "base/parallel.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HISTOGRAM_BINS = 10 };

/* Rows and churners that share a level (or a missing value). */
typedef struct tally {
  uint64_t rows;
  uint64_t churners;
} tally;

typedef struct learner {
  const churn_plan *plan;
  const churn_frame *frame;
  const int8_t *labels;
  const churn_encoding_feature *features;
  uint64_t pool_rows;
  churn_model *model;
  tally *missing;      /* [features] */
  bool *constant;      /* [features] NUMBER: no variance after filling */
  uint64_t *flag_hash; /* [features] of the set of missing rows, to find equal flags */
  uint64_t total_rows;
  uint64_t total_churners;
} learner;

static churn_notes *notes_of(const churn_run *run)
{
  return run == NULL ? NULL : run->notes;
}

/* Enough rows, and both outcomes among them, to carry a coefficient. Pooling off keeps everything.
 */
static bool stands_alone(const learner *l, tally t)
{
  if (l->pool_rows == 0)
    return t.rows > 0;
  return t.rows >= l->pool_rows && t.churners > 0 && t.churners < t.rows;
}

static void tally_missing(learner *l, size_t f)
{
  size_t output = l->features[f].output;
  uint64_t hash = 0;
  for (size_t r = 0; r < l->frame->rows; r++)
    if (isnan(churn_frame_get(l->frame, r, output))) {
      l->missing[f].rows++;
      l->missing[f].churners += l->labels[r] == 1;
      hash = (hash ^ r) * 0x9E3779B97F4A7C15u;
      hash ^= hash >> 29;
    }
  l->flag_hash[f] = hash;
}

static int compare_doubles(const void *left, const void *right)
{
  double a = *(const double *)left, b = *(const double *)right;
  return (a > b) - (a < b);
}

static size_t bin_of(const double *bounds, size_t count, double value)
{
  size_t bin = 0;
  while (bin < count && value >= bounds[bin])
    bin++;
  return bin;
}

/* Inner bounds at the tenths of the sorted values, equal ones once. */
static churn_status learn_histogram(const double *sorted, size_t count,
                                    churn_model_feature *feature, churn_error *error)
{
  feature->bounds = churn_array_new(HISTOGRAM_BINS - 1, sizeof *feature->bounds);
  feature->bin_rows = churn_array_new(HISTOGRAM_BINS, sizeof *feature->bin_rows);
  if (feature->bounds == NULL || feature->bin_rows == NULL)
    return churn_error_no_memory(error);
  for (size_t k = 1; k < HISTOGRAM_BINS && count > 0; k++) {
    double bound = sorted[k * count / HISTOGRAM_BINS];
    if (bound > sorted[0] &&
        (feature->bound_count == 0 || bound > feature->bounds[feature->bound_count - 1]))
      feature->bounds[feature->bound_count++] = bound;
  }
  for (size_t i = 0; i < count; i++)
    feature->bin_rows[bin_of(feature->bounds, feature->bound_count, sorted[i])]++;
  return CHURN_OK;
}

static double mean_of(const double *values, size_t count)
{
  double sum = 0;
  for (size_t i = 0; i < count; i++)
    sum += values[i];
  return sum / (double)count;
}

static churn_status learn_number(learner *l, size_t f, churn_error *error)
{
  churn_model_feature *feature = &l->model->features[f];
  double *values = churn_array_new(l->frame->rows, sizeof *values);
  if (values == NULL)
    return churn_error_no_memory(error);
  size_t count = 0;
  for (size_t r = 0; r < l->frame->rows; r++) {
    double value = churn_frame_get(l->frame, r, l->features[f].output);
    if (!isnan(value))
      values[count++] = value;
  }
  qsort(values, count, sizeof *values, compare_doubles);
  bool by_mean = l->features[f].spec->missing == CHURN_MISSING_MEAN;
  feature->fill = by_mean && count > 0 ? mean_of(values, count) : 0.0;
  bool varies = count > 0 && values[0] != values[count - 1];
  bool filled_differs = count > 0 && l->missing[f].rows > 0 && !by_mean && values[0] != 0.0;
  l->constant[f] = !varies && !filled_differs;
  churn_status status = learn_histogram(values, count, feature, error);
  free(values);
  return status;
}

/* Every level with a row, in bytewise order (the order of the plan's codes). */
static churn_status learn_levels(learner *l, size_t f, churn_error *error)
{
  churn_model_feature *feature = &l->model->features[f];
  size_t pool = churn_plan_text_count(l->plan), used = 0;
  tally *tallies = churn_array_new(pool, sizeof *tallies);
  if (tallies == NULL)
    return churn_error_no_memory(error);
  for (size_t r = 0; r < l->frame->rows; r++) {
    double code = churn_frame_get(l->frame, r, l->features[f].output);
    if (isnan(code))
      continue;
    tally *t = &tallies[(size_t)code];
    used += t->rows == 0;
    t->rows++;
    t->churners += l->labels[r] == 1;
  }
  churn_status status = CHURN_OK;
  feature->levels = churn_array_new(used, sizeof *feature->levels);
  if (feature->levels == NULL)
    status = churn_error_no_memory(error);
  for (size_t code = 0; code < pool && status == CHURN_OK; code++) {
    if (tallies[code].rows == 0)
      continue;
    const char *text = churn_plan_text(l->plan, (double)code);
    char *copy = churn_text_copy(text, strlen(text));
    if (copy == NULL) {
      status = churn_error_no_memory(error);
      break;
    }
    feature->levels[feature->level_count++] =
        (churn_model_level){copy, -1, tallies[code].rows, tallies[code].churners};
  }
  free(tallies);
  return status;
}

static churn_status learn_task(void *context, size_t f, int thread, churn_error *error)
{
  (void)thread;
  learner *l = context;
  tally_missing(l, f);
  l->model->features[f].missing_rows = l->missing[f].rows;
  return l->model->features[f].kind == CHURN_FEATURE_NUMBER ? learn_number(l, f, error)
                                                            : learn_levels(l, f, error);
}

static const char *const rule_names[] = {"mean", "zero", "error"};

static churn_status start_feature(learner *l, size_t f, churn_error *error)
{
  const churn_feature_spec *spec = l->features[f].spec;
  churn_model_feature *feature = &l->model->features[f];
  const char *rule = rule_names[spec->missing];
  bool is_text = churn_plan_type(l->plan, l->features[f].output) == CHURN_VALUE_TEXT;
  if (!is_text && spec->reference.text != NULL)
    return churn_error_set(error, CHURN_BAD_PROJECT,
                           "feature %s is a number, which has no level to be the reference; take "
                           "`reference:` out, or make it a category",
                           spec->name.text);
  if (is_text && spec->missing == CHURN_MISSING_ZERO)
    return churn_error_set(error, CHURN_BAD_PROJECT,
                           "feature %s is a category, so its missing values cannot be zero; take "
                           "`missing: zero` out: missing is a level of its own",
                           spec->name.text);
  *feature = (churn_model_feature){.kind = is_text ? CHURN_FEATURE_CATEGORY : CHURN_FEATURE_NUMBER,
                                   .number_column = -1,
                                   .missing_column = -1,
                                   .other_column = -1};
  feature->name = churn_text_copy(spec->name.text, strlen(spec->name.text));
  feature->expression = churn_text_copy(spec->expression.text, strlen(spec->expression.text));
  feature->missing_rule = churn_text_copy(rule, strlen(rule));
  bool good = feature->name != NULL && feature->expression != NULL && feature->missing_rule != NULL;
  if (good && spec->label.text != NULL)
    good = (feature->label = churn_text_copy(spec->label.text, strlen(spec->label.text))) != NULL;
  return good ? CHURN_OK : churn_error_no_memory(error);
}

static churn_status add_column(learner *l, size_t f, churn_encoded_kind kind, char *name,
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

static churn_status drop_column(learner *l, char *name, const char *reason, churn_severity severity,
                                const churn_run *run, churn_error *error)
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
  churn_notes_add(notes_of(run), severity, "dropped_column", CHURN_NOWHERE,
                  "column %s is left out: %s", name, why);
  model->dropped[model->dropped_count++] = (churn_model_dropped){name, why};
  return CHURN_OK;
}

/* An earlier feature whose missing rows are exactly the same ones, and that has a flag. */
static int32_t equal_flag(const learner *l, size_t f)
{
  for (size_t e = 0; e < f; e++)
    if (l->model->features[e].missing_column >= 0 && l->missing[e].rows == l->missing[f].rows &&
        l->flag_hash[e] == l->flag_hash[f])
      return l->model->features[e].missing_column;
  return -1;
}

/* The column that is 1 where the feature is missing: an equal flag's, or a new one. Takes `name`.
 */
static churn_status add_flag(learner *l, size_t f, char *name, const churn_run *run,
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

static churn_status number_flag(learner *l, size_t f, const churn_run *run, churn_error *error)
{
  churn_model_feature *feature = &l->model->features[f];
  if (l->missing[f].rows == 0)
    return CHURN_OK;
  char *name = churn_text_format("%s?missing", feature->name);
  if (l->missing[f].rows == l->total_rows)
    return drop_column(l, name, "every value is missing", CHURN_WARNING, run, error);
  if (!stands_alone(l, l->missing[f])) {
    char why[160];
    snprintf(why, sizeof why, "pooled: %" PRIu64 " rows are missing, %" PRIu64 " of them churned",
             l->missing[f].rows, l->missing[f].churners);
    return drop_column(l, name, why, CHURN_NOTE, run, error);
  }
  return add_flag(l, f, name, run, error);
}

static churn_status check_missing(const learner *l, size_t f, churn_error *error)
{
  if (l->features[f].spec->missing != CHURN_MISSING_ERROR || l->missing[f].rows == 0)
    return CHURN_OK;
  return churn_error_set(error, CHURN_DEGENERATE,
                         "feature %s has %" PRIu64
                         " missing values, and its rule is `missing: error`",
                         l->model->features[f].name, l->missing[f].rows);
}

static churn_status number_columns(learner *l, size_t f, const churn_run *run, churn_error *error)
{
  churn_model_feature *feature = &l->model->features[f];
  char *name = churn_text_copy(feature->name, strlen(feature->name));
  churn_status status =
      l->constant[f] ? drop_column(l, name, "constant", CHURN_WARNING, run, error)
                     : add_column(l, f, CHURN_ENCODED_NUMBER, name, &feature->number_column, error);
  return status == CHURN_OK ? number_flag(l, f, run, error) : status;
}

static tally tally_of(const churn_model_level *level)
{
  return (tally){level->rows, level->churners};
}

/* Index of the reference level; level_count = missing itself. The most frequent that stands alone,
 * first of equals; when none does, the most frequent of all. */
static churn_status find_reference(const learner *l, size_t f, size_t *reference,
                                   churn_error *error)
{
  const churn_model_feature *feature = &l->model->features[f];
  const char *wanted = l->features[f].spec->reference.text;
  for (size_t i = 0; wanted != NULL && i < feature->level_count; i++)
    if (strcmp(feature->levels[i].text, wanted) == 0) {
      *reference = i;
      return CHURN_OK;
    }
  if (wanted != NULL)
    return churn_error_set(error, CHURN_DEGENERATE,
                           "feature %s: the reference level \"%s\" does not occur in training",
                           feature->name, wanted);
  uint64_t best = 0;
  for (int needs_alone = 1; needs_alone >= 0 && best == 0; needs_alone--)
    for (size_t i = 0; i <= feature->level_count; i++) {
      tally t = i == feature->level_count ? l->missing[f] : tally_of(&feature->levels[i]);
      if (t.rows > best && (!needs_alone || stands_alone(l, t))) {
        best = t.rows;
        *reference = i;
      }
    }
  return CHURN_OK;
}

/* One pooled level, or missing pooled, in words for the note. */
static void note_pooled(const churn_model_feature *feature, const char *level, tally t,
                        const char *into, const churn_run *run)
{
  churn_notes_add(notes_of(run), CHURN_NOTE, "pooled_level", CHURN_NOWHERE,
                  "%s=%s (%" PRIu64 " rows, %" PRIu64 " churners) is pooled into %s", feature->name,
                  level, t.rows, t.churners, into);
}

enum { NAMED_LEVELS = 5 };

/* A few pooled levels are named one by one, many only counted. */
static void note_all_pooled(const learner *l, size_t f, size_t reference, const char *into,
                            const churn_run *run)
{
  const churn_model_feature *feature = &l->model->features[f];
  tally all = {0, 0};
  size_t count = 0;
  for (int naming = 0; naming <= 1 && (naming == 0 || count <= NAMED_LEVELS); naming++)
    for (size_t i = 0; i <= feature->level_count; i++) {
      bool missing = i == feature->level_count;
      tally t = missing ? l->missing[f] : tally_of(&feature->levels[i]);
      if (i == reference || t.rows == 0 || stands_alone(l, t))
        continue;
      if (naming) {
        note_pooled(feature, missing ? "(missing)" : feature->levels[i].text, t, into, run);
        continue;
      }
      count++;
      all.rows += t.rows;
      all.churners += t.churners;
    }
  if (count > NAMED_LEVELS)
    churn_notes_add(notes_of(run), CHURN_NOTE, "pooled_level", CHURN_NOWHERE,
                    "%zu rare levels of %s (%" PRIu64 " rows, %" PRIu64
                    " churners) are pooled into %s",
                    count, feature->name, all.rows, all.churners, into);
  if (feature->level_count * 2 > l->total_rows)
    churn_notes_add(notes_of(run), CHURN_WARNING, "like_an_id", CHURN_NOWHERE,
                    "%s has %zu levels in %" PRIu64
                    " rows: it looks like an id or free text; leave it out",
                    feature->name, feature->level_count, l->total_rows);
}

/* Levels that do not stand alone share `?other`; a pool that does not stand alone either counts as
 * the reference. */
static churn_status pool_levels(learner *l, size_t f, size_t reference, const churn_run *run,
                                churn_error *error)
{
  churn_model_feature *feature = &l->model->features[f];
  tally pool = {0, 0};
  for (size_t i = 0; i <= feature->level_count; i++) {
    tally t = i == feature->level_count ? l->missing[f] : tally_of(&feature->levels[i]);
    if (i != reference && t.rows > 0 && !stands_alone(l, t)) {
      pool.rows += t.rows;
      pool.churners += t.churners;
    }
  }
  bool own = stands_alone(l, pool);
  const char *into =
      own ? "?other" : "the reference level: there are too few such rows for a column";
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

static churn_status category_columns(learner *l, size_t f, const churn_run *run, churn_error *error)
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

static churn_status number_all(learner *l, size_t count, const churn_run *run, churn_error *error)
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

static churn_status allocate(learner *l, size_t count, churn_error *error)
{
  l->missing = churn_array_new(count, sizeof *l->missing);
  l->constant = churn_array_new(count, sizeof *l->constant);
  l->flag_hash = churn_array_new(count, sizeof *l->flag_hash);
  l->model->features = churn_array_new(count, sizeof *l->model->features);
  if (l->missing == NULL || l->constant == NULL || l->flag_hash == NULL ||
      l->model->features == NULL)
    return churn_error_no_memory(error);
  churn_status status = CHURN_OK;
  for (; l->model->feature_count < count && status == CHURN_OK; l->model->feature_count++)
    status = start_feature(l, l->model->feature_count, error);
  return status;
}

churn_status churn_encoding_learn(const churn_plan *plan, const churn_frame *frame,
                                  const int8_t *labels, const churn_encoding_feature *features,
                                  size_t feature_count, int pool_rows, const churn_run *run,
                                  churn_model *model, churn_error *error)
{
  learner l = {.plan = plan,
               .frame = frame,
               .labels = labels,
               .features = features,
               .pool_rows = (uint64_t)pool_rows,
               .model = model,
               .total_rows = frame->rows};
  for (size_t r = 0; r < frame->rows; r++)
    l.total_churners += labels[r] == 1;
  churn_status status = allocate(&l, feature_count, error);
  if (status == CHURN_OK)
    status = churn_parallel_run(feature_count, learn_task, &l, "encoding", run, error);
  if (status == CHURN_OK)
    status = number_all(&l, feature_count, run, error);
  free(l.missing);
  free(l.constant);
  free(l.flag_hash);
  return status;
}
