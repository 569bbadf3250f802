/* What the features of a model look like as of one day.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "monitor/profile.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/parallel.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool is_category(const churn_model_feature *feature)
{
  return feature->kind == CHURN_FEATURE_CATEGORY;
}

static size_t bins_of(const churn_model_feature *feature)
{
  return is_category(feature) ? feature->level_count + 2 : feature->bound_count + 2;
}

static int compare_level(const void *key, const void *level)
{
  return strcmp(key, ((const churn_model_level *)level)->text);
}

static uint32_t *map_levels(const churn_model_feature *feature, const churn_plan *plan)
{
  size_t count = churn_plan_text_count(plan);
  uint32_t *levels = churn_array_new(count, sizeof *levels);
  for (size_t code = 0; levels != NULL && code < count; code++) {
    const churn_model_level *level =
        bsearch(churn_plan_text(plan, (double)code), feature->levels, feature->level_count,
                sizeof *feature->levels, compare_level);
    levels[code] =
        (uint32_t)(level == NULL ? feature->level_count : (size_t)(level - feature->levels));
  }
  return levels;
}

static bool open_feature(churn_profile *p, size_t f)
{
  const churn_model_feature *feature = &p->model->features[f];
  p->features[f].bins = bins_of(feature);
  p->features[f].rows = churn_array_new(p->features[f].bins, sizeof *p->features[f].rows);
  if (is_category(feature))
    p->level_of_code[f] = map_levels(feature, p->plan);
  return p->features[f].rows != NULL && (!is_category(feature) || p->level_of_code[f] != NULL);
}

churn_status churn_profile_new(const churn_model *model, const churn_plan *plan,
                               churn_profile **profile, churn_error *error)
{
  churn_profile *p = calloc(1, sizeof *p);
  if (p == NULL)
    return churn_error_no_memory(error);
  p->model = model;
  p->plan = plan;
  p->features = churn_array_new(model->feature_count, sizeof *p->features);
  p->level_of_code = churn_array_new(model->feature_count, sizeof *p->level_of_code);
  bool good = p->features != NULL && p->level_of_code != NULL;
  for (size_t f = 0; good && f < model->feature_count; f++)
    good = open_feature(p, f);
  if (!good) {
    churn_profile_free(p);
    return churn_error_no_memory(error);
  }
  *profile = p;
  return CHURN_OK;
}

void churn_profile_free(churn_profile *profile)
{
  if (profile == NULL)
    return;
  for (size_t f = 0; f < profile->model->feature_count; f++) {
    if (profile->features != NULL)
      free(profile->features[f].rows);
    if (profile->level_of_code != NULL)
      free(profile->level_of_code[f]);
  }
  free(profile->features);
  free(profile->level_of_code);
  free(profile);
}

/* Features are dealt to the threads, so that no count has two writers. */
typedef struct counting {
  churn_profile *profile;
  const churn_frame *frame;
} counting;

static size_t number_bin(const churn_model_feature *feature, double value)
{
  size_t bin = 0;
  while (bin < feature->bound_count && value >= feature->bounds[bin])
    bin++;
  return bin;
}

static churn_status count_feature(void *context, size_t f, int thread, churn_error *error)
{
  (void)thread;
  (void)error;
  const counting *c = context;
  const churn_model_feature *feature = &c->profile->model->features[f];
  const uint32_t *levels = c->profile->level_of_code[f];
  churn_feature_profile *to = &c->profile->features[f];
  for (size_t row = 0; row < c->frame->rows; row++) {
    double value = churn_frame_get(c->frame, row, f);
    size_t bin = isnan(value)     ? to->bins - 1
                 : levels != NULL ? levels[(size_t)value]
                                  : number_bin(feature, value);
    to->rows[bin]++;
  }
  return CHURN_OK;
}

churn_status churn_profile_add(churn_profile *profile, const churn_frame *frame,
                               const churn_run *run, churn_error *error)
{
  counting c = {profile, frame};
  profile->rows += frame->rows;
  return churn_parallel_run(profile->model->feature_count, count_feature, &c, NULL, run, error);
}

uint64_t churn_profile_missing(const churn_profile *profile, size_t feature)
{
  return profile->features[feature].rows[profile->features[feature].bins - 1];
}

uint64_t churn_profile_unseen(const churn_profile *profile, size_t feature)
{
  return is_category(&profile->model->features[feature])
             ? profile->features[feature].rows[profile->features[feature].bins - 2]
             : 0;
}

/* The training rows of each bin. */
static void fill_trained(const churn_model_feature *feature, double *rows)
{
  for (size_t i = 0; is_category(feature) && i < feature->level_count; i++)
    rows[i] = (double)feature->levels[i].rows;
  for (size_t i = 0; !is_category(feature) && i <= feature->bound_count; i++)
    rows[i] = (double)feature->bin_rows[i];
  rows[bins_of(feature) - 1] = (double)feature->missing_rows;
}

double churn_profile_trained_missing(const churn_model *model, size_t feature)
{
  const churn_model_feature *f = &model->features[feature];
  uint64_t rows = f->missing_rows;
  for (size_t i = 0; is_category(f) && i < f->level_count; i++)
    rows += f->levels[i].rows;
  for (size_t i = 0; !is_category(f) && i <= f->bound_count; i++)
    rows += f->bin_rows[i];
  return rows == 0 ? 0 : (double)f->missing_rows / (double)rows;
}

churn_status churn_profile_stability(const churn_profile *profile, size_t feature,
                                     churn_stability *stability, churn_error *error)
{
  const churn_feature_profile *f = &profile->features[feature];
  double *counts = churn_array_new(2 * f->bins, sizeof *counts);
  if (counts == NULL)
    return churn_error_no_memory(error);
  fill_trained(&profile->model->features[feature], counts);
  for (size_t i = 0; i < f->bins; i++)
    counts[f->bins + i] = (double)f->rows[i];
  *stability = churn_stability_of(counts, counts + f->bins, f->bins);
  free(counts);
  return CHURN_OK;
}
