/* Learning the encoding: what each raw feature becomes in the design matrix. Each feature is looked
 * at by itself (in parallel), then columns are numbered in feature order.
 *
 * Cost: two passes over the frame a feature; a sort a number for the reference histogram.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "design/encoding_learner.h"

#include "base/memory.h"
#include "base/parallel.h"
#include "base/sort.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { HISTOGRAM_BINS = 10 };

/* How many rows the row stands for. */
static uint64_t copies_of(const churn_learner *l, size_t row)
{
  return l->rows->repeated ? (uint64_t)l->rows->weights[row] : 1;
}

static bool is_picked(const churn_learner *l, size_t row)
{
  return l->rows->counts == NULL || l->rows->picked[l->rows->counts->group[row]];
}

static void count_row(const churn_learner *l, size_t row, churn_tally *tally)
{
  uint64_t copies = copies_of(l, row);
  tally->rows += copies;
  tally->churners += l->rows->labels[row] == 1 ? copies : 0;
}

static void tally_missing(churn_learner *l, size_t f)
{
  size_t output = l->features[f].output;
  for (size_t r = 0; r < l->rows->frame->rows; r++)
    if (isnan(churn_frame_get(l->rows->frame, r, output))) {
      count_row(l, r, &l->missing[f]);
      l->flag_hash[f] += churn_missing_hash(r);
    }
}

/* A feature's values that are there, in order, and the rows that have them. */
typedef struct sorted_values {
  const churn_learner *learner;
  churn_keyed *room;
  const churn_keyed *order; /* [count] in `room` */
  size_t count;
} sorted_values;

static double value_at(const sorted_values *v, size_t i)
{
  return churn_sort_number(v->order[i].key);
}

static uint64_t copies_at(const sorted_values *v, size_t i)
{
  return copies_of(v->learner, v->order[i].row);
}

static void take_keys(const churn_learner *l, size_t output, const double *keys, sorted_values *v)
{
  const churn_frame *frame = l->rows->frame;
  for (size_t r = 0; r < frame->rows; r++) {
    double value = churn_frame_get(frame, r, output);
    if (!isnan(value))
      v->room[v->count++] =
          (churn_keyed){churn_sort_key(keys == NULL ? value : keys[r]), (uint32_t)r};
  }
}

/* By value, equal ones by weight: the sort is stable. The caller frees `room`. */
static churn_status sort_values(const churn_learner *l, size_t f, sorted_values *v,
                                churn_error *error)
{
  size_t rows = l->rows->frame->rows, output = l->features[f].output;
  *v = (sorted_values){.learner = l, .room = churn_array_new(2 * rows, sizeof *v->room)};
  if (v->room == NULL)
    return churn_error_no_memory(error);
  take_keys(l, output, l->rows->weights, v);
  churn_keyed *order = churn_sort(v->room, v->room + v->count, v->count);
  if (l->rows->weights != NULL) {
    for (size_t i = 0; i < v->count; i++)
      order[i].key = churn_sort_key(churn_frame_get(l->rows->frame, order[i].row, output));
    order = churn_sort(order, order == v->room ? v->room + v->count : v->room, v->count);
  }
  v->order = order;
  return CHURN_OK;
}

static size_t bin_of(const double *bounds, size_t count, double value)
{
  size_t bin = 0;
  while (bin < count && value >= bounds[bin])
    bin++;
  return bin;
}

/* Inner bounds at the tenths of the sorted values, equal ones once. */
static churn_status learn_histogram(const sorted_values *v, churn_model_feature *feature,
                                    churn_error *error)
{
  uint64_t all = 0, passed = 0;
  size_t at = 0;
  feature->bounds = churn_array_new(HISTOGRAM_BINS - 1, sizeof *feature->bounds);
  feature->bin_rows = churn_array_new(HISTOGRAM_BINS, sizeof *feature->bin_rows);
  if (feature->bounds == NULL || feature->bin_rows == NULL)
    return churn_error_no_memory(error);
  for (size_t i = 0; i < v->count; i++)
    all += copies_at(v, i);
  for (uint64_t k = 1; k < HISTOGRAM_BINS && v->count > 0; k++) {
    while (passed + copies_at(v, at) <= k * all / HISTOGRAM_BINS)
      passed += copies_at(v, at++);
    double bound = value_at(v, at);
    if (bound > value_at(v, 0) &&
        (feature->bound_count == 0 || bound > feature->bounds[feature->bound_count - 1]))
      feature->bounds[feature->bound_count++] = bound;
  }
  for (size_t i = 0; i < v->count; i++)
    feature->bin_rows[bin_of(feature->bounds, feature->bound_count, value_at(v, i))] +=
        copies_at(v, i);
  return CHURN_OK;
}

static double mean_of(const sorted_values *v)
{
  const double *weights = v->learner->rows->weights;
  double sum = 0, weight = 0;
  for (size_t i = 0; i < v->count; i++) {
    double each = weights == NULL ? 1 : weights[v->order[i].row];
    sum += each * value_at(v, i);
    weight += each;
  }
  return sum / weight;
}

/* Whether the values, of which there are some from `low` to `high`, are all the same in the tiles,
 * where missing ones are filled in. */
static bool is_constant(const churn_learner *l, size_t f, double low, double high)
{
  bool by_mean = l->features[f].spec->missing == CHURN_MISSING_MEAN;
  return low == high && (by_mean || l->missing[f].rows == 0 || low == 0.0);
}

/* The same of a number, and the mean, without sorting. */
static void look_at_values(churn_learner *l, size_t f)
{
  const double *weights = l->rows->weights;
  double low = INFINITY, high = -INFINITY, sum = 0, weight = 0;
  for (size_t r = 0; r < l->rows->frame->rows; r++) {
    double value = churn_frame_get(l->rows->frame, r, l->features[f].output);
    if (isnan(value))
      continue;
    low = value < low ? value : low;
    high = value > high ? value : high;
    sum += (weights == NULL ? 1 : weights[r]) * value;
    weight += weights == NULL ? 1 : weights[r];
  }
  bool by_mean = l->features[f].spec->missing == CHURN_MISSING_MEAN;
  l->model->features[f].fill = by_mean && weight > 0 ? sum / weight : 0.0;
  l->constant[f] = low > high || is_constant(l, f, low, high);
}

static churn_status learn_number(churn_learner *l, size_t f, churn_error *error)
{
  churn_model_feature *feature = &l->model->features[f];
  if (l->rows->structure_only) {
    look_at_values(l, f);
    return CHURN_OK;
  }
  sorted_values v;
  churn_status status = sort_values(l, f, &v, error);
  if (status != CHURN_OK)
    return status;
  bool by_mean = l->features[f].spec->missing == CHURN_MISSING_MEAN;
  feature->fill = by_mean && v.count > 0 ? mean_of(&v) : 0.0;
  l->constant[f] = v.count == 0 || is_constant(l, f, value_at(&v, 0), value_at(&v, v.count - 1));
  status = learn_histogram(&v, feature, error);
  free(v.room);
  return status;
}

/* Every level with a row, in bytewise order (the order of the plan's codes). */
static churn_status learn_levels(churn_learner *l, size_t f, churn_error *error)
{
  churn_model_feature *feature = &l->model->features[f];
  size_t pool = churn_plan_text_count(l->plan), used = 0;
  churn_tally *tallies = churn_array_new(pool, sizeof *tallies);
  if (tallies == NULL)
    return churn_error_no_memory(error);
  for (size_t r = 0; r < l->rows->frame->rows; r++) {
    double code = churn_frame_get(l->rows->frame, r, l->features[f].output);
    if (isnan(code) || !is_picked(l, r))
      continue;
    churn_tally *t = &tallies[(size_t)code];
    used += t->rows == 0;
    count_row(l, r, t);
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

/* What a look at the rows would find, from the counts. */
static void take_counts(churn_learner *l, size_t f)
{
  churn_feature_count count =
      churn_encoding_counted(l->rows->counts, l->features[f].output, l->rows->picked);
  l->missing[f] = count.missing;
  l->flag_hash[f] = count.missing_hash;
  l->constant[f] = count.low > count.high || is_constant(l, f, count.low, count.high);
}

static churn_status learn_task(void *context, size_t f, int thread, churn_error *error)
{
  (void)thread;
  churn_learner *l = context;
  bool number = l->model->features[f].kind == CHURN_FEATURE_NUMBER;
  if (l->rows->counts != NULL)
    take_counts(l, f);
  else
    tally_missing(l, f);
  l->model->features[f].missing_rows = l->missing[f].rows;
  if (number && l->rows->counts != NULL)
    return CHURN_OK;
  return number ? learn_number(l, f, error) : learn_levels(l, f, error);
}

static const char *const rule_names[] = {"mean", "zero", "error"};

static churn_status start_feature(churn_learner *l, size_t f, churn_error *error)
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
                                   .other_column = -1,
                                   .spread = NAN};
  feature->name = churn_text_copy(spec->name.text, strlen(spec->name.text));
  feature->expression = churn_text_copy(spec->expression.text, strlen(spec->expression.text));
  feature->missing_rule = churn_text_copy(rule, strlen(rule));
  bool good = feature->name != NULL && feature->expression != NULL && feature->missing_rule != NULL;
  if (good && spec->label.text != NULL)
    good = (feature->label = churn_text_copy(spec->label.text, strlen(spec->label.text))) != NULL;
  return good ? CHURN_OK : churn_error_no_memory(error);
}

static churn_status allocate(churn_learner *l, size_t count, churn_error *error)
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

churn_status churn_encoding_learn(const churn_plan *plan, const churn_encoding_rows *rows,
                                  const churn_encoding_feature *features, size_t feature_count,
                                  int pool_rows, const churn_run *run, churn_model *model,
                                  churn_error *error)
{
  churn_learner l = {.plan = plan,
                     .rows = rows,
                     .features = features,
                     .pool_rows = (uint64_t)pool_rows,
                     .model = model};
  if (rows->counts != NULL)
    l.all = churn_encoding_counted_rows(rows->counts, rows->picked);
  for (size_t r = 0; rows->counts == NULL && r < rows->frame->rows; r++)
    count_row(&l, r, &l.all);
  churn_status status = allocate(&l, feature_count, error);
  if (status == CHURN_OK)
    status = churn_parallel_run(feature_count, learn_task, &l, "encoding", run, error);
  if (status == CHURN_OK)
    status = churn_learner_columns(&l, feature_count, run, error);
  free(l.missing);
  free(l.constant);
  free(l.flag_hash);
  return status;
}
