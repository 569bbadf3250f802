/* Sets of features given on the fly: "full - payments*, engagement + price_tier", and sets made by
 * leaving out or keeping one part. Place in the flow: text of an option, selection -> masks.
 *
 * sets = set {"," set} ; set = name {("+" | "-") name}, the signs between blanks, because names may
 * hold them. A name is looked for as a set of the project, `all`, a feature, a history (the
 * features of its family); with * or ? it stands for the features that it fits. In backticks it may
 * hold anything.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_JOBS_FEATURE_SETS_H
#define CHURN_JOBS_FEATURE_SETS_H

#include "design/pipeline.h"

#include <churn/compare.h>

typedef struct churn_feature_set {
  char *name;
  bool *holds; /* [features of the selection] */
  size_t count;
} churn_feature_set;

typedef struct churn_feature_sets {
  churn_feature_set *sets;
  size_t count;
  size_t capacity;
} churn_feature_sets;

/* By settings' sets, leave_one_out and only_one; features are those of the pipeline's selection, in
 * its order. USAGE names what cannot be read or is not known, and the nearest name; also for an
 * empty set, and one that is given twice. The caller clears. */
CHURN_MUST_USE churn_status churn_feature_sets_build(const churn_pipeline *pipeline,
                                                     const churn_compare_settings *settings,
                                                     churn_feature_sets *sets, churn_error *error);

/* The one set of `text`, for training: *wanted [features of the whole selection], for the caller to
 * free. Only the expressions are read. Errors of churn_feature_sets_build and of opening; USAGE for
 * more than one set, and where a source is standard input. */
CHURN_MUST_USE churn_status churn_feature_set_wanted(const churn_project *project, const char *text,
                                                     const churn_run *run, bool **wanted,
                                                     churn_error *error);

/* wanted [features]: those that any set holds, set by the caller to false before. */
void churn_feature_sets_union(const churn_feature_sets *sets, size_t features, bool *wanted);

/* The sets as they are among the wanted features alone. */
void churn_feature_sets_narrow(churn_feature_sets *sets, size_t features, const bool *wanted);
void churn_feature_sets_clear(churn_feature_sets *sets);

#endif
