/* Between the files of training: what one training holds.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_JOBS_TRAIN_PARTS_H
#define CHURN_JOBS_TRAIN_PARTS_H

#include "design/encoding.h"
#include "design/pipeline.h"
#include "design/split.h"

#include <churn/train.h>

/* What one training holds; freed whatever happens. */
typedef struct churn_training {
  const churn_project *project;
  const churn_run *run;
  const char *set; /* what the features are, in words */
  churn_pipeline *pipeline;
  churn_snapshots *train, *test;
  size_t labelled; /* rows before they were parted */
  churn_frame *frame;
  churn_matrix *matrix;
  int8_t *labels;
  double *weights; /* of the population; NULL where every row stands for itself */
  churn_split split;
  uint64_t contacted, contacted_churned; /* labelled rows of contacted customers, dropped or not */
  churn_model *model;
} churn_training;

/* What the model remembers of its making: rows, window, weighting, contacts, types and inputs,
 * figures on the rows it was fitted on and on those kept back, notes. The matrix has served by
 * then, and goes. */
CHURN_MUST_USE churn_status churn_training_record(churn_training *t, churn_error *error);

#endif
