/* Four kinds of loss, which call for different answers: a customer who leaves for reasons of their
 * own life, one who leaves owing, one who goes to a competitor, one whom we drove away. The
 * project's section `kinds` says how to tell them.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_KINDS_H
#define CHURN_KINDS_H

#include <churn/model.h>
#include <churn/project.h>
#include <churn/run.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum churn_kind {
  CHURN_KIND_NATURAL,
  CHURN_KIND_MALICIOUS,
  CHURN_KIND_COMPETITIVE,
  CHURN_KIND_AT_FAULT,
  CHURN_KIND_UNCLASSIFIED, /* nothing tells */
  CHURN_KINDS
} churn_kind;

/* "natural", "malicious", "competitive", "at_fault", "unclassified". */
const char *churn_kind_name(churn_kind kind);

/* What a model says of those who were lost, against what is known of why. Days MISSING = the
 * project's snapshots. */
typedef struct churn_agreement_settings {
  churn_day first, last;
} churn_agreement_settings;

/* A line of the table: a kind, or a reason as it was recorded. */
typedef struct churn_agreement_row {
  const char *stated; /* a kind's name; a reason, "(none)" where none is recorded */
  uint64_t lost;
  uint64_t *by_cause; /* [cause_count]; they add up to `lost` */
} churn_agreement_row;

/* Everybody whose leaving day is known and who was in the base on a snapshot T with T + gap <=
 * that day (of the outcomes silent, event and drop: everybody with a row that is labelled churned):
 * at the last such snapshot, why the model would have said that they leave. */
typedef struct churn_agreement {
  uint64_t lost;
  uint64_t unseen; /* left before any snapshot could see them */
  bool playbook;   /* columns are the main causes of the project's playbook; else the history that
                      the main reason's feature reads, "customers" for those that read none */
  char **causes;   /* [cause_count], "(none)" last: nothing spoke for leaving */
  size_t cause_count;
  churn_agreement_row *kinds; /* CHURN_KINDS of them where the project has `kinds`, else 0 */
  size_t kind_count;
  churn_agreement_row *reasons; /* by text, "(none)" last; 0 without a recorded reason */
  size_t reason_count;
  uint64_t *totals;        /* [cause_count] */
  double kind_association; /* Cramer's V (1946) of kinds and causes, over those that occur: 0 = they
                              have nothing to do with each other, 1 = one tells the other; NaN
                              where one of them does not vary */
  double reason_association;
} churn_agreement;

/* Errors: those of reading and scoring; BAD_PROJECT where the project has no `kinds`, or does not
 * say when customers leave. */
CHURN_MUST_USE churn_status churn_agreement_count(const churn_project *project,
                                                  const churn_model *model,
                                                  const churn_agreement_settings *settings,
                                                  const churn_run *run, churn_agreement **agreement,
                                                  churn_error *error);
void churn_agreement_free(churn_agreement *agreement);

/* Writes what `churn evaluate --reasons --json` prints; "-" = standard output; all or nothing. */
CHURN_MUST_USE churn_status churn_agreement_write(const churn_agreement *agreement,
                                                  const char *path, churn_error *error);

#ifdef __cplusplus
}
#endif

#endif
