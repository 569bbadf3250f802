/* Everything, in the order data flows. A typical program:
 *
 *   churn_project_read -> churn_train -> churn_model_write ... churn_model_read -> churn_score ->
 * churn_ranking_write
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_CHURN_H
#define CHURN_CHURN_H

#include <churn/status.h>

#include <churn/day.h>
#include <churn/notes.h>
#include <churn/run.h>

#include <churn/simulate.h>

#include <churn/playbook.h>
#include <churn/project.h>

#include <churn/kinds.h>

#include <churn/check.h>
#include <churn/features.h>
#include <churn/leaks.h>

#include <churn/card.h>
#include <churn/model.h>

#include <churn/registry.h>
#include <churn/train.h>

#include <churn/compare.h>
#include <churn/curves.h>
#include <churn/evaluate.h>
#include <churn/retrain.h>
#include <churn/score.h>
#include <churn/sink.h>

#include <churn/gates.h>
#include <churn/log.h>
#include <churn/loyal.h>
#include <churn/nightly.h>
#include <churn/rates.h>
#include <churn/report.h>
#include <churn/reps.h>
#include <churn/savings.h>

#endif
