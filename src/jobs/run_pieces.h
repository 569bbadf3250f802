/* Pieces of JSON that the files of a run share with its page: each is a member after a comma.
 * Inside jobs/ only.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_JOBS_RUN_PIECES_H
#define CHURN_JOBS_RUN_PIECES_H

#include "jobs/changes.h"
#include "model/text.h"

/* "changes": since when, against which model, how many moves of each kind; null for NULL. */
void churn_changes_json(const churn_changes *changes, churn_json_text *text);

/* "model_quality": what the model's out-of-fold figures say of it. no_better_than_guessing: it
 * predicts no better than the same probability for everyone, and `warning` says so in words. */
void churn_model_quality_json(const churn_model *model, churn_json_text *text);

/* "gates": a line a finding; translated: its message in Chinese too. */
void churn_gates_json(const churn_findings *findings, bool translated, churn_json_text *text);

#endif
