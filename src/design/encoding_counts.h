/* What the rows of each group tell of each feature, so that encodings of many unions of groups (the
 * training rows of many folds) are learnt from one look at the frame. Place in the flow: frame,
 * groups -> counts -> churn_encoding_learn. Cost: a pass over the frame.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_DESIGN_ENCODING_COUNTS_H
#define CHURN_DESIGN_ENCODING_COUNTS_H

#include "design/frame.h"

/* Rows and churners that share a level (or a missing value). */
typedef struct churn_tally {
  uint64_t rows;
  uint64_t churners;
} churn_tally;

/* One feature in one group. */
typedef struct churn_feature_count {
  churn_tally missing;
  uint64_t missing_hash; /* of the set of rows where it is missing; hashes of groups add up */
  double low, high;      /* of the values that are there; low > high: none */
} churn_feature_count;

/* Of a row of the set that a hash is of. */
uint64_t churn_missing_hash(size_t row);

typedef struct churn_encoding_counts {
  const uint32_t *group; /* [rows], borrowed */
  uint32_t groups;
  size_t features;
  churn_tally *all;              /* [groups] */
  churn_feature_count *of_group; /* [features][groups] */
} churn_encoding_counts;

/* labels [rows] 0/1; copies [rows]: how many rows each stands for, NULL = 1; group [rows] below
 * `groups`. NO_MEMORY; the caller clears. */
CHURN_MUST_USE churn_status churn_encoding_count(const churn_frame *frame, const int8_t *labels,
                                                 const double *copies, const uint32_t *group,
                                                 uint32_t groups, const churn_run *run,
                                                 churn_encoding_counts *counts, churn_error *error);
void churn_encoding_counts_clear(churn_encoding_counts *counts);

/* The groups for which `picked` [groups] is true together: of a feature, of all rows. */
churn_feature_count churn_encoding_counted(const churn_encoding_counts *counts, size_t feature,
                                           const bool *picked);
churn_tally churn_encoding_counted_rows(const churn_encoding_counts *counts, const bool *picked);

#endif
