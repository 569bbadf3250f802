/* Is tonight like the nights before? Plain functions, each of which holds figures against a
 * threshold of the project and adds what it found. Place in the flow: counts -> churn_gate -> the
 * manifest and the exit code.
 *
 * Every gate adds a finding, tripped or not, so that a year later the manifest tells what was
 * looked at; what the gate excepts is not judged. A gate that is off adds nothing. All return
 * NO_MEMORY at worst.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_MONITOR_GATES_H
#define CHURN_MONITOR_GATES_H

#include "monitor/census.h"
#include "monitor/profile.h"
#include "monitor/row_trend.h"
#include "project/project.h"

#include <churn/gates.h>

typedef struct churn_findings {
  churn_gate *items;
  size_t count, capacity;
} churn_findings;

void churn_findings_clear(churn_findings *findings);
size_t churn_findings_count(const churn_findings *findings, churn_verdict verdict);
size_t churn_findings_tripped(const churn_findings *findings);
bool churn_findings_hold(const churn_findings *findings);

/* Whether the figure is more than twice as far off as it was `before`, so that it is news whatever
 * was known of it; of RATE, the ratio or its inverse. */
bool churn_gate_jumps(const churn_gate *gate, double before);

/* ROWS: trips where `rows` lies below s = (1 - limit)^widening of both the median of the earlier
 * counts and what they let expect tonight, or above 1 / s of both (row_trend.h): growth may go on,
 * or have stopped, and what is long ago tells less. value = rows / expected; limit = 1 - s. Not
 * judged where count is 0. */
CHURN_MUST_USE churn_status churn_gate_rows(const churn_gate_spec *gates, const char *source,
                                            churn_day as_of, uint64_t rows,
                                            const churn_row_count *earlier, size_t count,
                                            churn_findings *findings, churn_error *error);

/* UNMATCHED, REJECTED, UNSEEN: trips where part / whole > limit. Not judged where whole is 0. */
CHURN_MUST_USE churn_status churn_gate_share(const churn_gate_spec *gates, churn_gate_kind kind,
                                             const char *subject, uint64_t part, uint64_t whole,
                                             churn_findings *findings, churn_error *error);

/* MISSING: trips where the share is above that of training by more than the limit. value = the
 * difference. A feature that training never saw missing counts from 0. */
CHURN_MUST_USE churn_status churn_gate_missing(const churn_gate_spec *gates,
                                               const churn_profile *profile, size_t feature,
                                               churn_findings *findings, churn_error *error);

/* FRESHNESS: value = as_of - newest, the days that the newest row is old, 1 for one of yesterday.
 * Trips where that is more than the limit and more than 3 w - 2, w the usual wait between two
 * days with rows in the year before the newest row (census.h), so that a source that is seldom
 * written to is not stale for that, and one outage loosens nothing: where the n days with rows of a
 * year come by chance alone, their waits are about exponential and w about log(n / 2) times their
 * mean, so that a wait of 3 w turns up once in n^2 / 8 years. limit = the larger of the two.
 * Not judged where there are fewer than 10 waits. No row at all trips where some are
 * `expected`, and is not judged elsewhere. */
CHURN_MUST_USE churn_status churn_gate_freshness(const churn_gate_spec *gates, const char *source,
                                                 churn_day as_of, const churn_census *census,
                                                 bool expected, churn_findings *findings,
                                                 churn_error *error);

/* DRIFT: the stability index of each feature against the model's reference histogram. Trips where
 * it is above the limit, Holm's p over the features is at most 0.001 (stability.h), and it is more
 * than three times the largest index that a training snapshot had (`spread` of the model's
 * feature): what happens to many customers on one day, as a new price list, moves features further
 * than customers who are independent draws would, in training as now. Not judged where one side has
 * no rows, and for what tells only how much time has passed (churn_plan_tells_time), which moves by
 * itself. */
CHURN_MUST_USE churn_status churn_gate_drift(const churn_gate_spec *gates,
                                             const churn_profile *profile, uint64_t customers,
                                             churn_findings *findings, churn_error *error);

/* SCORES: the same for the logits that one model gives two days' customers. `before` NULL, or
 * without rows: not judged. */
CHURN_MUST_USE churn_status churn_gate_scores(const churn_gate_spec *gates,
                                              const churn_sample *before, const churn_sample *now,
                                              churn_findings *findings, churn_error *error);

/* What happened in the newest label window that has closed. */
typedef struct churn_recent {
  churn_day as_of; /* MISSING = there is none */
  uint64_t churned, stayed;
} churn_recent;

/* RATE: value = mean predicted probability / share that churned. Trips where it lies outside 1 /
 * limit to limit, and the predicted mean outside the 99.9 % interval of the observed share (Wilson
 * 1927, Journal of the American Statistical Association 22:209). */
CHURN_MUST_USE churn_status churn_gate_rate(const churn_gate_spec *gates, double predicted,
                                            const churn_recent *recent, churn_findings *findings,
                                            churn_error *error);

#endif
