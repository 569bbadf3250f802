/* What learning an encoding holds: tallies of each feature, shared by counting (encoding.c) and by
 * making columns of them (encoding_columns.c). Inside design/ only.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_DESIGN_ENCODING_LEARNER_H
#define CHURN_DESIGN_ENCODING_LEARNER_H

#include "design/encoding.h"

typedef struct churn_learner {
  const churn_plan *plan;
  const churn_encoding_rows *rows;
  const churn_encoding_feature *features;
  uint64_t pool_rows;
  churn_model *model;
  churn_tally *missing; /* [features] */
  bool *constant;       /* [features] NUMBER: no variance after filling */
  uint64_t *flag_hash;  /* [features] of the set of missing rows, to find equal flags */
  churn_tally all;
} churn_learner;

/* Gives every feature its columns in the model, in feature order: fills, flags, levels, pools;
 * drops what is constant. Notes what it pools and drops. */
churn_status churn_learner_columns(churn_learner *learner, size_t features, const churn_run *run,
                                   churn_error *error);

#endif
