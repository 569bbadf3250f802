/* Scoring: the probability that each current customer leaves, ranked, with reasons and money at
 * risk.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_SCORE_H
#define CHURN_SCORE_H

#include <churn/model.h>
#include <churn/playbook.h>
#include <churn/project.h>
#include <churn/run.h>
#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* WORTH: what contacting the customer is worth: probability x value x save rate - cost of the main
 * cause's action (churn/playbook.h); of a project without a playbook, those of `actions:
 * {default:}`. Without save rates and costs it is the expected loss. A customer for whom there is
 * nothing to do (no main cause, one without an action, one that is left out) has none, nor has one
 * without a value. */
typedef enum churn_rank_by {
  CHURN_BY_PROBABILITY,
  CHURN_BY_EXPECTED_LOSS,
  CHURN_BY_WORTH
} churn_rank_by;

/* Columns of the ranked list as CSV, in the order of a whole one. */
typedef enum churn_list_column {
  CHURN_LIST_RANK,
  CHURN_LIST_CUSTOMER_ID,
  CHURN_LIST_AS_OF,
  CHURN_LIST_PROBABILITY,
  CHURN_LIST_LOGIT,
  CHURN_LIST_VALUE,
  CHURN_LIST_EXPECTED_LOSS,
  CHURN_LIST_REASON_1,
  CHURN_LIST_REASON_2,
  CHURN_LIST_REASON_3,
  CHURN_LIST_MODEL,
  CHURN_LIST_CAUSE, /* from here on with a playbook only */
  CHURN_LIST_ACTION,
  CHURN_LIST_OWNER,
  CHURN_LIST_WORTH, /* of a list by worth only; and where the capacity is by rep */
  CHURN_LIST_REP,
  CHURN_LIST_PROBABILITY_LOW, /* from here on with intervals only */
  CHURN_LIST_PROBABILITY_HIGH,
  CHURN_LIST_TOP_PROBABILITY,
  CHURN_LIST_BORDERLINE,
  CHURN_LIST_CONTROL
} churn_list_column;

enum { CHURN_LIST_COLUMNS = CHURN_LIST_CONTROL + 1 };

/* Zeroed = all that the project's list has. */
typedef struct churn_list_columns {
  size_t count;
  churn_list_column columns[CHURN_LIST_COLUMNS];
} churn_list_columns;

/* Names between commas, blanks round them allowed: "customer_id,probability". USAGE for a name that
 * is none, with the nearest one, and for one that is there twice. */
CHURN_MUST_USE churn_status churn_list_columns_read(const char *text, churn_list_columns *columns,
                                                    churn_error *error);

typedef struct churn_score_settings {
  churn_day as_of; /* CHURN_DAY_MISSING = the day after the newest day of any history */
  uint64_t top;    /* 0 = everybody */
  churn_rank_by by;
  churn_list_columns columns; /* of the list as CSV; without reasons among them no reasons may be
                                 found: churn_ranking_get then gives none */
  churn_language language;    /* of causes, actions and owners; 0 = the project's */
  bool intervals;             /* also where the project does not ask for them */
} churn_score_settings;

typedef struct churn_score_report {
  uint64_t customers; /* scored */
  uint64_t listed;
  churn_day as_of;          /* MISSING for a flat export */
  double expected_churners; /* sum of probabilities */
  uint64_t valued;          /* customers with a value */
  double expected_loss;     /* sum of probability x value over them */
  uint64_t unseen_levels;   /* values whose level training never saw */
  uint64_t left_out;        /* scored, but kept from the list by their main cause */
  uint64_t gone; /* scored, though the outcome's column of a flat export says that they have left
                    already; listed unless the project says otherwise (`leavers: left_out`) */
  uint64_t borderline_listed, borderline_unlisted; /* of churn_ranked's `borderline` */
} churn_score_report;

enum { CHURN_REASONS = 3, CHURN_REASON_SIZE = 256 };

/* One line of the ranked list. Texts are borrowed from the ranking; value and expected_loss are NaN
 * where there is no value. */
typedef struct churn_ranked {
  uint64_t rank; /* from 1 */
  const char *customer_id;
  churn_day as_of;
  double probability;
  double logit;
  double value;
  double expected_loss;
  uint32_t reason_count;
  char reasons[CHURN_REASONS]
              [CHURN_REASON_SIZE]; /* in words, largest contribution first; positive ones only */
  double contributions[CHURN_REASONS]; /* to the logit, against the average customer */
  uint32_t main_cause;                 /* index in the playbook; CHURN_NO_CAUSE = none */
  const char *cause, *action, *owner;  /* of it, in words; "" = none; borrowed from the project */
  double worth;    /* of a contact; NaN = none, and in rankings that are not about it */
  const char *rep; /* likewise, where the capacity is by rep; "" = none */
  /* With intervals, else NaN: of 95 %, for what the coefficients are not known exactly (their
   * covariance, on the logit's scale; what one customer does with that probability is not in it);
   * and the probability of belonging in a list of this length, NaN where all are listed: the share
   * of 1,000 draws of the coefficients in which the customer ranks there. */
  double probability_low, probability_high, top_probability;
  bool borderline; /* the latter is neither below 0.05 nor above 0.95 */
  bool control;    /* in the project's control group: not to be contacted */
} churn_ranked;

typedef struct churn_ranking churn_ranking;

/* Scores the project's customers as of one day. Order: probability (or expected loss, or worth,
 * missing last, then probability), then logit, value, id; all descending, id bytewise. The ranking
 * borrows project and model until it is freed. Errors: those of reading; BAD_PROJECT when the
 * project lacks a column that the model needs; USAGE for worth without a value. */
CHURN_MUST_USE churn_status churn_score(const churn_project *project, const churn_model *model,
                                        const churn_score_settings *settings, const churn_run *run,
                                        churn_ranking **ranking, churn_score_report *report,
                                        churn_error *error);
void churn_ranking_free(churn_ranking *ranking);

size_t churn_ranking_count(const churn_ranking *ranking);

/* The day that was scored; CHURN_DAY_MISSING for a flat export. */
churn_day churn_ranking_as_of(const churn_ranking *ranking);

/* The id of the model that scored; borrowed from the model. */
const char *churn_ranking_model_id(const churn_ranking *ranking);

/* Whether the project has a control group (its key `control`), so that the list says who is in it.
 * A customer is or is not, whatever list, day or base: a keyed hash of the id decides. */
bool churn_ranking_has_control(const churn_ranking *ranking);

/* Line `index` (from 0, below the count) of the list. */
void churn_ranking_get(const churn_ranking *ranking, size_t index, churn_ranked *ranked);

/* Causes of the project's playbook (churn/playbook.h); 0 = it has none. */
size_t churn_ranking_causes(const churn_ranking *ranking);

/* The list has intervals (empty where the model has no covariance). */
bool churn_ranking_intervals(const churn_ranking *ranking);

/* Why the customers of `count` lines from line `first` on would leave: the contributions of their
 * features (those that the reasons are made of), summed by cause. sums[line * causes + cause]; and
 * bases[line], the logit of the average customer of the training rows plus the line's own offset.
 * A line's base and sums add up to its logit, but for rounding (1e-12). A cause with a sum above 0
 * speaks for leaving, below 0 against it; the main cause is the one with the largest sum above 0,
 * the first of the playbook where several have it. Evaluates the features of these customers anew,
 * so that nothing is kept for those nobody asks about: ask for many lines at once. Errors: those of
 * churn_score; USAGE for lines that are not there, or without a playbook. */
CHURN_MUST_USE churn_status churn_ranking_cause_sums(const churn_ranking *ranking, size_t first,
                                                     size_t count, const churn_run *run,
                                                     double *bases, double *sums,
                                                     churn_error *error);

/* A list of whom to contact. */
typedef struct churn_calls {
  uint64_t customers; /* on it, to be contacted */
  double worth;       /* of all of them */
  double expected_loss;
  uint64_t control;   /* on it, but not to be contacted: in the control group */
  uint64_t no_room;   /* a contact would be worth something, but the capacity is taken */
  uint64_t used;      /* places of the period that earlier contacts take */
  uint64_t resting;   /* a contact would be worth something, but the last one was lately */
  uint64_t no_action; /* nothing can be done: their main cause has no action, or is not listed; who
                         is in the control group is not counted */
} churn_calls;

/* The best list within the project's capacity (its key `capacity`), of all that were scored: no
 * other list that fits is worth more (score/capacity.h says why). By falling worth; its first n are
 * the best list of n, so `top` (0 = no limit) cuts it. Customers of the control group are chosen
 * like all others and marked, and their places stay empty: only so is it known later who would have
 * been contacted of them. With a log of contacts, who was contacted within capacity.rest is not on
 * it, and who was within capacity.per takes a place. *calls borrows the ranking, and is freed
 * first. USAGE for a project without `capacity`, and for a list that is to have no column `control`
 * where the project has a control group; NO_MEMORY. */
CHURN_MUST_USE churn_status churn_ranking_calls(const churn_ranking *ranking, uint64_t top,
                                                churn_ranking **calls, churn_calls *report,
                                                churn_error *error);

/* All scored customers, listed or not, by their main cause. */
typedef struct churn_cause_total {
  uint64_t customers;
  double expected_churners;
  double value; /* of those that have one */
  double expected_loss;
} churn_cause_total;

/* totals[causes + 1]: the causes in the playbook's order, then those without a main cause. */
void churn_ranking_cause_totals(const churn_ranking *ranking, churn_cause_total *totals);

/* Writes
 * `rank,customer_id,as_of,probability,logit,value,expected_loss,reason_1,reason_2,reason_3,model`,
 * with a playbook `,cause,action,owner` too, of a list by worth `,worth` and, where the capacity is
 * by rep, `,rep`, with intervals `,probability_low,probability_high,top_probability,borderline`,
 * with a control group `,control`, or the columns that were asked for in their order, to `path`
 * ("-" = standard output), all or nothing. */
CHURN_MUST_USE churn_status churn_ranking_write(const churn_ranking *ranking, const char *path,
                                                churn_error *error);

/* Several lists of the same customers side by side, as CSV to `path` ("-" = standard output), all
 * or nothing: `customer_id,as_of,value`, then for each list
 * `rank_NAME,probability_NAME,expected_loss_NAME,reason_NAME` (the first reason), empty where the
 * customer is not on it, and with a control group `control`. `names` are fit for a CSV heading. The
 * lists should hold everybody. A line for each customer whose rank is at most `top` on one of them
 * (0 = everybody), by best rank, then in the order of the lists. INCONSISTENT for lists of
 * different days. */
CHURN_MUST_USE churn_status churn_rankings_write(const churn_ranking *const *rankings,
                                                 const char *const *names, size_t count,
                                                 uint64_t top, const char *path,
                                                 churn_error *error);

#ifdef __cplusplus
}
#endif

#endif
