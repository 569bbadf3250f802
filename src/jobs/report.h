/* The report: a night that was read, scored and judged -> the JSON document of the page. Place in
 * the flow: churn_night -> document -> report/page.h. What the night has in memory is used; nothing
 * is read from the data again. Cost: a look at each customer's scores, the churn rates of a year,
 * the features of the rows on the page once more.
 *
 * The sections are appended by one function each, as a member of the document after a comma; a
 * section without data is null.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_JOBS_REPORT_H
#define CHURN_JOBS_REPORT_H

#include "jobs/night.h"
#include "model/report.h"

#include <churn/report.h>

/* The night was scored with `paged`. top 0 = CHURN_REPORT_TOP. NO_MEMORY, and the errors of
 * evaluating features. The caller frees. */
CHURN_MUST_USE churn_status churn_report_of_night(const churn_night *night, uint64_t top,
                                                  const churn_run *run, churn_report **report,
                                                  churn_error *error);

/* report_summary.c: as_of, model, outcome, headline, previous, changes, features, segments,
 * reasons, bands.
 */
CHURN_MUST_USE churn_status churn_report_summary(const churn_night *night, const churn_run *run,
                                                 churn_json_text *text, churn_error *error);

/* report_causes.c: a text in both languages, as a member after a comma. */
void churn_report_texts(churn_json_text *text, const char *key, const char *english,
                        const char *chinese);

/* report_causes.c: left_out; causes: the playbook's, in both languages, with sums over all
 * customers by their main cause, the last one those without; empty without a playbook. */
CHURN_MUST_USE churn_status churn_report_causes(const churn_night *night, churn_json_text *text,
                                                churn_error *error);

/* report_reps.c: reps; null where nothing tells who looks after a customer. */
CHURN_MUST_USE churn_status churn_report_reps(const churn_night *night, const churn_run *run,
                                              churn_json_text *text, churn_error *error);

/* report_desk.c: calls, whom to contact within the capacity, in all, by owner and by rep; null
 * without one. loyal, who is loyal and slipping; null where the project does not ask. */
CHURN_MUST_USE churn_status churn_report_calls(const churn_night *night, churn_json_text *text,
                                               churn_error *error);
void churn_report_loyal(const churn_night *night, churn_json_text *text);

/* report_desk.c: who stands on the page's part of these lists and is not among the `most` riskiest,
 * by place in the ranking. The caller frees *indices. */
CHURN_MUST_USE churn_status churn_report_beside(const churn_night *night, size_t most,
                                                size_t **indices, size_t *count,
                                                churn_error *error);

/* report_rates.c: rates, customers lost in each of the twelve months before the as-of day; year,
 * all of them as one period, with its money; kinds, those lost in it by kind. */
CHURN_MUST_USE churn_status churn_report_rates(const churn_night *night, const churn_run *run,
                                               churn_json_text *text, churn_error *error);

/* report_lost.c: stated, why customers left against the model, where reasons are recorded; saved,
 * against the control group, of past lists whose windows have closed. */
CHURN_MUST_USE churn_status churn_report_stated(const churn_night *night, const churn_run *run,
                                                churn_json_text *text, churn_error *error);
CHURN_MUST_USE churn_status churn_report_saved(const churn_night *night, const churn_run *run,
                                               churn_json_text *text, churn_error *error);

/* report_lost.c: contacts, how many were contacted lately, by the log of contacts; null without
 * one.
 */
void churn_report_contacts(const churn_night *night, churn_json_text *text);

/* report_quality.c: how good the model is, and was. */
CHURN_MUST_USE churn_status churn_report_quality(const churn_night *night, const churn_run *run,
                                                 churn_json_text *text, churn_error *error);

/* report_drift.c: features against training, findings of the gates. */
CHURN_MUST_USE churn_status churn_report_drift(const churn_night *night, churn_json_text *text,
                                               churn_error *error);

/* report_customers.c: others, the rows of those beside (churn_report_beside), within a third of
 * what is left of `room` bytes of a page; customers, the rows of the `most` riskiest, within all of
 * it; *rows of these were written. */
CHURN_MUST_USE churn_status churn_report_customers(const churn_night *night, uint64_t most,
                                                   size_t room, const churn_run *run,
                                                   churn_json_text *text, uint64_t *rows,
                                                   churn_error *error);

#endif
