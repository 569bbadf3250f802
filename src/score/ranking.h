/* The ranked list of data that is open already, for jobs that look at more than the list. Place in
 * the flow: pipeline, model -> churn_ranking. Cost: rows x columns, and a sort of the rows.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_SCORE_RANKING_H
#define CHURN_SCORE_RANKING_H

#include "score/scorer.h"

#include <churn/score.h>

/* As churn_score, of a pipeline that was opened with the model; the ranking borrows it, too.
 * `watcher` NULL = none. */
CHURN_MUST_USE churn_status churn_ranking_open(churn_pipeline *pipeline, const churn_model *model,
                                               const churn_score_settings *settings,
                                               const churn_frame_watcher *watcher,
                                               const churn_run *run, churn_ranking **ranking,
                                               churn_score_report *report, churn_error *error);

/* The day that is scored where `asked` (MISSING = none) is asked for: MISSING of a flat export,
 * else the day after the data by default; warns of days that the data do not reach. USAGE for a day
 * of a flat export, DEGENERATE where nothing tells a day. */
CHURN_MUST_USE churn_status churn_score_day(const churn_pipeline *pipeline, churn_day asked,
                                            const churn_run *run, churn_day *as_of,
                                            churn_error *error);

/* As churn_ranking_calls, after earlier lists: listed[customers] is the newest day before this one
 * on which one of the control group was on such a list, which counts for them as a contact counts
 * for others; MISSING = none, NULL = nobody. */
CHURN_MUST_USE churn_status churn_ranking_calls_after(const churn_ranking *ranking,
                                                      const churn_day *listed, uint64_t top,
                                                      churn_ranking **calls, churn_calls *report,
                                                      churn_error *error);

/* Whether it is known who belongs on a list of this length: not without intervals, nor where
 * everybody is listed. */
bool churn_ranking_knows_top(const churn_ranking *ranking);

/* All that were scored, listed or not, and their logits in no order of risk. Borrowed. None of
 * these is for a ranking of churn_score. */
size_t churn_ranking_customers(const churn_ranking *ranking);
const double *churn_ranking_logits(const churn_ranking *ranking);

/* Those that may be listed, however short the list is: all that the project does not leave out. */
size_t churn_ranking_eligible(const churn_ranking *ranking);

/* Who it is, index as for churn_ranking_get_figures. Borrowed. */
const churn_snapshot *churn_ranking_snapshot(const churn_ranking *ranking, size_t index);

/* Whether the customer at such an index has left already, as the outcome's column of a flat export
 * says. */
bool churn_ranking_is_gone(const churn_ranking *ranking, size_t index);

/* Whether the list has the column `worth`, and `rep`. */
bool churn_ranking_tells_worth(const churn_ranking *ranking);
bool churn_ranking_tells_rep(const churn_ranking *ranking);

/* As churn_ranking_get for any index below churn_ranking_customers, without the reasons. Those who
 * are left out come last, in the same order among themselves, with rank 0. */
void churn_ranking_get_figures(const churn_ranking *ranking, size_t index, churn_ranked *ranked);

/* Which cause each feature belongs to; borrowed. No causes without a playbook. */
const churn_cause_map *churn_ranking_cause_map(const churn_ranking *ranking);

/* All rows in no order of risk, and what scoring gave them. Borrowed. */
const churn_snapshots *churn_ranking_rows(const churn_ranking *ranking);
const churn_scores *churn_ranking_scores(const churn_ranking *ranking);

/* The row that is scored at such an index. Borrowed. */
const churn_snapshot *churn_ranking_row(const churn_ranking *ranking, size_t index);

/* features [CHURN_REASONS]: the model's features of its reasons, UINT32_MAX = no further one. */
void churn_ranking_reasons(const churn_ranking *ranking, size_t index, uint32_t *features);

#endif
