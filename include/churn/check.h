/* What is there: everything read, described, and every fault named. Writes nothing.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_CHECK_H
#define CHURN_CHECK_H

#include <churn/day.h>
#include <churn/playbook.h>
#include <churn/project.h>
#include <churn/run.h>
#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct churn_check_column {
  char *name;
  const char *type; /* "number", …; fixed texts */
  uint64_t missing; /* of rows */
  uint64_t levels;  /* distinct values of a category, else 0 */
} churn_check_column;

typedef struct churn_check_source {
  char *name;
  char *path;
  bool read; /* false: a fault says why not */
  uint64_t rows;
  uint64_t rejected;
  uint64_t unmatched;      /* histories: rows of unknown customers */
  uint64_t dayless;        /* histories: rows without a day */
  uint64_t before_joining; /* histories: rows dated before their customer first joined */
  uint64_t customers; /* distinct customers (customers: ids; histories: known ones with a row) */
  churn_day first_day, last_day; /* histories; MISSING otherwise */
  churn_check_column *columns;
  size_t column_count;
} churn_check_source;

typedef struct churn_check_snapshot {
  churn_day as_of;
  bool closed;
  uint64_t base, inactive, dropped, churned, stayed;
} churn_check_snapshot;

typedef struct churn_check_report {
  churn_check_source *sources;
  size_t source_count;
  uint64_t customers;
  churn_day data_until; /* MISSING for flat exports */
  churn_check_snapshot *snapshots;
  size_t snapshot_count;
  char **features; /* names, in order */
  size_t feature_count;
  uint32_t *causes; /* [feature_count] of each in the project's playbook (churn/playbook.h); NULL
                       without one */
  uint64_t faults;  /* how many of the run's notes are faults */
} churn_check_report;

/* Reads all that the project names. Faults and warnings go to run->notes (which must not be NULL)
 * and the call goes on where it can; it fails only when memory runs out or a promise is broken. The
 * caller frees the report with churn_check_report_free. */
CHURN_MUST_USE churn_status churn_check(const churn_project *project, const churn_run *run,
                                        churn_check_report **report, churn_error *error);
void churn_check_report_free(churn_check_report *report);

/* For a project file that churn_project_read found faults in: those of syntax in its features,
 * which are otherwise looked for once the rest is right, become faults in `notes` too, so that all
 * can be mended in one round. What a name means is not looked at. Nothing for "-", which is read
 * up. NO_INPUT, PERMISSION, IO, NO_MEMORY. */
CHURN_MUST_USE churn_status churn_check_expressions(const char *path, churn_notes *notes,
                                                    churn_error *error);

#ifdef __cplusplus
}
#endif

#endif
