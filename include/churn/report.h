/* The page for the retention desk: who is about to leave, why, what it is worth, how far the
 * figures can be trusted. One HTML file that needs nothing else.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_REPORT_H
#define CHURN_REPORT_H

#include <churn/project.h>
#include <churn/run.h>
#include <churn/score.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { CHURN_REPORT_TOP = 500, CHURN_REPORT_BYTES = 1000000 };

typedef struct churn_report_settings {
  churn_day as_of;   /* MISSING = the day after the newest day of any history */
  const char *model; /* path; NULL = the promoted one */
  uint64_t top;      /* customers on the page, riskiest first; 0 = CHURN_REPORT_TOP */
} churn_report_settings;

/* What the page shows, as a JSON document: aggregates of all customers, rows of the riskiest ones.
 * It holds so many rows that the page stays below CHURN_REPORT_BYTES; `asked` tells how many were
 * wanted. Its members stand in the man page. */
typedef struct churn_report churn_report;

/* Reads, scores, and holds the day against the project's gates and its earlier runs, as `nightly`
 * does, but publishes nothing. Errors: those of reading and scoring. The caller frees. */
CHURN_MUST_USE churn_status churn_report_make(const churn_project *project,
                                              const churn_report_settings *settings,
                                              const churn_run *run, churn_report **report,
                                              churn_error *error);
void churn_report_free(churn_report *report);

/* What was scored, and how many customers the page has a row for. */
const churn_score_report *churn_report_scored(const churn_report *report);
uint64_t churn_report_rows(const churn_report *report);

/* Writes the document, or the page, which opens in a language (0 = the project's) and holds the
 * other one too; "-" = standard output; all or nothing. */
CHURN_MUST_USE churn_status churn_report_write_json(const churn_report *report, const char *path,
                                                    churn_error *error);
CHURN_MUST_USE churn_status churn_report_write_page(const churn_report *report,
                                                    churn_language language, const char *path,
                                                    churn_error *error);

#ifdef __cplusplus
}
#endif

#endif
