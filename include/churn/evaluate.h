/* Evaluating a model on labelled snapshots that it did not see.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_EVALUATE_H
#define CHURN_EVALUATE_H

#include <churn/model.h>
#include <churn/project.h>
#include <churn/run.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A tenth of the population (without weights: of the rows), riskiest first. Ties across a boundary
 * are shared evenly, so counts need not be whole. */
typedef struct churn_decile {
  double rows;
  double churners;
  double mean_probability;
  double lift; /* churn rate here over the churn rate of all */
} churn_decile;

/* The K riskiest of the population. */
typedef struct churn_capture {
  uint64_t count;
  double precision; /* churners among them / K */
  double captured;  /* churners among them / all churners */
  double
      captured_value; /* value of churners among them / value of all churners; NaN without values */
} churn_capture;

enum { CHURN_DECILES = 10, CHURN_MOST_CAPTURES = 16 };

typedef struct churn_evaluation {
  churn_figures figures;
  double population; /* sum of the rows' weights; without weights the number of rows. All figures
                        are over it; a row of weight w counts w times */
  double population_churners;
  double mean_probability;
  double observed_rate;
  double intercept_error; /* standard error of figures.calibration_intercept */
  double slope_error;     /* standard error of figures.calibration_slope */
  const char *error_kind; /* of these two: "model"; "clustered" by customer, where some have several
                             rows; "robust", of weights that are no counts. Static text */
  churn_decile deciles[CHURN_DECILES];
  churn_capture captures[CHURN_MOST_CAPTURES];
  size_t capture_count;
  bool in_sample;             /* these rows, or their label windows, trained the model */
  bool in_sample_known;       /* false: another export, of which nobody can tell */
  char in_sample_reason[128]; /* "" where there is nothing to say */
  churn_day first_as_of, last_as_of;
  uint32_t snapshot_count;
  const char *recalibration; /* of the probabilities: "none", "platt", "isotonic". Static text */
  uint64_t unseen_levels;    /* values whose level training never saw */
} churn_evaluation;

/* Which rows to evaluate on. Days MISSING = from the project. */
typedef struct churn_evaluate_settings {
  churn_day first, last, test_from;
  const uint64_t *capture_counts; /* NULL = 10, 100, 1000 and the top decile's count */
  size_t capture_count;
} churn_evaluate_settings;

/* Evaluates on the project's labelled rows: snapshots from test_from on, or the held-out share of a
 * flat export, or all (then in_sample). Errors as for scoring; DEGENERATE when there is no labelled
 * row. */
CHURN_MUST_USE churn_status churn_evaluate(const churn_project *project, const churn_model *model,
                                           const churn_evaluate_settings *settings,
                                           const churn_run *run, churn_evaluation *evaluation,
                                           churn_error *error);

/* Writes what `churn evaluate --json` prints: model, rows, churners, population,
 * population_churners, first_as_of, last_as_of,
 * snapshots, in_sample (null = not known), auc, auc_lower, auc_upper, log_loss, null_log_loss,
 * brier, null_brier, calibration{intercept, slope, intercept_error, slope_error, mean_predicted,
 * observed}, error_kind, deciles[{rows, churners, mean_probability, lift}], captures[{count,
 * precision, captured, captured_value}], unseen_levels, recalibration. A figure that does not exist
 * is null. "-" = standard output. */
CHURN_MUST_USE churn_status churn_evaluation_write(const churn_evaluation *evaluation,
                                                   const char *model_id, const char *path,
                                                   churn_error *error);

#ifdef __cplusplus
}
#endif

#endif
