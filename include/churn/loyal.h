/* Loyal and slipping: customers of high value and long standing whose risk has risen. They are few,
 * no list by risk begins with them, and losing one costs most.
 *
 * With T the scored day and t = T - `since` (30 days): a customer is on the list where its value is
 * within the highest quarter of the base, it has been a customer at least as long as half of the
 * base, and its odds of leaving as of T are at least 1.5 times those that the same model gives as
 * of t, from what was known before t; and its probability is at least the mean of the base, as odds
 * that rise from next to nothing are still next to nothing. The project's key `loyal` says
 * otherwise: `value` (share of the base), `tenure` (days), `rise` (factor of the odds), `since`,
 * `probability` (the least). Ordered by how much its
 * expected loss has grown: (probability - probability of then) x value, then as the ranked list is.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_LOYAL_H
#define CHURN_LOYAL_H

#include <churn/score.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct churn_loyal churn_loyal;

typedef struct churn_loyal_report {
  uint64_t customers; /* scored */
  uint64_t listed;    /* loyal and slipping; with `top` the first of them */
  churn_day as_of, since;
  double least_value;   /* NaN = nobody has a value */
  int32_t least_tenure; /* days */
  double least_probability;
  double growth; /* of the expected loss of those listed */
} churn_loyal_report;

/* One of them. */
typedef struct churn_loyal_customer {
  churn_ranked line;   /* as of T; its rank is that on this list */
  double before;       /* probability as of t */
  double growth;       /* of its expected loss */
  int32_t tenure_days; /* INT32_MAX = since ever */
} churn_loyal_customer;

/* Scores as churn_score does, as of settings->as_of and settings->top; `by` does not matter.
 * Customers whose main cause is not listed are not listed here either. Borrows project and model.
 * Errors: those of churn_score; USAGE for a flat export, which has no days, for a project without
 * `value`, and for one that does not say when a customer joined. */
CHURN_MUST_USE churn_status churn_loyal_find(const churn_project *project, const churn_model *model,
                                             const churn_score_settings *settings,
                                             const churn_run *run, churn_loyal **loyal,
                                             churn_loyal_report *report, churn_error *error);
void churn_loyal_free(churn_loyal *loyal);

size_t churn_loyal_count(const churn_loyal *loyal);

/* Customer `index`, below the count. Texts are borrowed. */
void churn_loyal_get(const churn_loyal *loyal, size_t index, churn_loyal_customer *customer);

/* Writes
 * `rank,customer_id,as_of,probability,probability_before,since,value,loss_growth,tenure_days,
 * reason_1,reason_2,reason_3,model`, with a playbook `,cause,action,owner` too, with a control
 * group `,control`; "-" = standard output, all or nothing. */
CHURN_MUST_USE churn_status churn_loyal_write(const churn_loyal *loyal, const char *path,
                                              churn_error *error);

#ifdef __cplusplus
}
#endif

#endif
