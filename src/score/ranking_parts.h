/* What a ranking is made of. Private to score/ranking*.c.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_SCORE_RANKING_PARTS_H
#define CHURN_SCORE_RANKING_PARTS_H

#include "score/flat.h"
#include "score/list_columns.h"
#include "score/ranking.h"
#include "score/uncertainty.h"

struct churn_ranking {
  const churn_model *model;
  churn_pipeline *pipeline;
  bool lent; /* the pipeline is the caller's */
  churn_snapshots *snapshots;
  churn_scores scores;
  churn_day as_of;
  uint32_t *order;   /* [snapshots->count] row of each rank; those that are left out come last */
  size_t eligible;   /* not left out */
  uint64_t left_out; /* by their main cause */
  uint64_t gone;     /* have left already */
  size_t listed;
  churn_flat_list *flat;  /* a flat export scored while it was read, without rows of its own; NULL =
                             the way of all data */
  int threads;            /* of the run, for writing */
  churn_cause_map causes; /* of the model's features */
  churn_language language;
  double *worths;   /* [snapshots->count] of a contact, NaN = none; NULL = nobody asked */
  double *reps;     /* [snapshots->count] code of who looks after the customer; NULL likewise, and
                       where the capacity is not by rep */
  bool tells_worth; /* the list has a column for it */
  bool view;        /* all but the order is another ranking's */
  bool with_intervals;
  churn_uncertainty *uncertainty; /* of the model; NULL = it has none, or it was not asked for */
  double *top_shares; /* [snapshots->count] probability of a place in the list; NULL = not known */
  churn_list_columns columns; /* of the list as CSV */
};

/* Rows in the order of `by`. NO_MEMORY. The caller frees *order. */
CHURN_MUST_USE churn_status churn_ranking_sort(const churn_ranking *ranking, churn_rank_by by,
                                               uint32_t **order, churn_error *error);

/* Whether the row's main cause is one that is not listed. */
bool churn_ranking_excludes(const churn_ranking *ranking, size_t row);

/* Whether the row's customer has left already. */
bool churn_ranking_row_is_gone(const churn_ranking *ranking, size_t row);

/* Says so of all whom that is true of ("already_gone"); nothing for 0. */
void churn_ranking_warn_of_gone(const churn_project *project, uint64_t gone, const churn_run *run);

/* What a contact is worth, and whose it would be, where the settings or the project's capacity ask
 * for it; once causes are known. USAGE, NO_MEMORY. */
CHURN_MUST_USE churn_status churn_ranking_find_worths(churn_ranking *ranking, churn_rank_by by,
                                                      const churn_run *run, churn_error *error);

/* What a line says of worth and rep. */
void churn_ranking_get_worth(const churn_ranking *ranking, size_t row, churn_ranked *ranked);

/* Puts rows that are not to be kept behind all others of an order; gives how many are kept.
 * NO_MEMORY. */
CHURN_MUST_USE churn_status churn_ranking_partition(uint32_t *order, size_t count, const bool *keep,
                                                    size_t *kept, churn_error *error);

/* Puts those whose main cause is excluded, and those who have left where they are not listed,
 * behind all others; sets `eligible`, `left_out` and `gone`. NO_MEMORY. */
CHURN_MUST_USE churn_status churn_ranking_leave_out(churn_ranking *ranking, churn_error *error);

/* NULL without a playbook, and where nothing speaks for leaving. */
const churn_cause *churn_ranking_main_cause(const churn_ranking *ranking, size_t row);

/* Whether there is something to do about it. */
bool churn_cause_has_action(const churn_cause *cause);

/* What a line says of its main cause; nothing without a playbook. */
void churn_ranking_get_cause(const churn_ranking *ranking, size_t row, churn_ranked *ranked);

/* Where intervals are asked for: before and after the rows are scored and ordered. NO_MEMORY, and
 * errors of reading features anew. */
CHURN_MUST_USE churn_status churn_ranking_start_intervals(churn_ranking *ranking,
                                                          const churn_run *run, churn_error *error);
CHURN_MUST_USE churn_status churn_ranking_find_top(churn_ranking *ranking, churn_rank_by by,
                                                   const churn_run *run, churn_error *error);

/* What a line says of it. */
void churn_ranking_get_interval(const churn_ranking *ranking, size_t row, churn_ranked *ranked);

void churn_ranking_count_borderline(const churn_ranking *ranking, churn_score_report *report);

#endif
