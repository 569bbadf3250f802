/* Training: a project's labelled history to a model.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_TRAIN_H
#define CHURN_TRAIN_H

#include <churn/model.h>
#include <churn/project.h>
#include <churn/run.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Days MISSING = the project's. */
typedef struct churn_train_settings {
  const char *set; /* a set of the project, or one put together: "full - payments*" (compare.h);
                      NULL = every feature */
  churn_day first, last, test_from;
  bool no_leaks; /* do not look for leaks (churn/leaks.h) in the training rows */
} churn_train_settings;

/* Trains on the project's labelled rows: with test_from, snapshots whose label window closed before
 * it; with split, the customers not held out; else all. The model's validation figures come from
 * the rows kept back. What the leak audit names is a warning in run->notes and in the model's
 * notes. Not converging is in the model (converged, stopped_by), not an error. Errors: those of
 * reading; DEGENERATE when no row or no churner is left, or no column, when the classes are
 * separated (names the column), and when a fit without penalty has fewer churners, or stayers, than
 * coefficients. The caller frees the model. */
CHURN_MUST_USE churn_status churn_train(const churn_project *project,
                                        const churn_train_settings *settings, const churn_run *run,
                                        churn_model **model, churn_error *error);

#ifdef __cplusplus
}
#endif

#endif
