/* The columns of the ranked list as CSV, by name. Place in the flow: settings of scoring -> what is
 * kept of a row -> the file's lines.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_SCORE_LIST_COLUMNS_H
#define CHURN_SCORE_LIST_COLUMNS_H

#include "base/buffer.h"
#include "base/output.h"

#include <churn/score.h>

/* The settings ask for intervals, or the project does. */
bool churn_list_with_intervals(const churn_project *project, const churn_score_settings *settings);

/* Those asked for, or all that the project's list has. */
churn_list_columns churn_list_columns_make(const churn_project *project,
                                           const churn_score_settings *settings);

/* USAGE where one is asked for that the project's list has not. */
CHURN_MUST_USE churn_status churn_list_columns_check(const churn_project *project,
                                                     const churn_score_settings *settings,
                                                     churn_error *error);

bool churn_list_columns_have_reasons(const churn_list_columns *columns);

/* The number of the reason, from 0; -1 for other columns. */
int churn_list_column_reason(churn_list_column column);

void churn_list_heading_write(const churn_list_columns *columns, churn_output *output);
void churn_list_line_write(const churn_list_columns *columns, const churn_ranked *line,
                           const char *model_id, churn_buffer *buffer);

#endif
