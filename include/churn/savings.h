/* What contacting customers has saved, against the control group: of the customers on past lists of
 * whom to contact (calls.csv), those who might be contacted and those who were not to be. Where a
 * night has no such list, the head of its ranked list.
 *
 * A customer counts once: in the first published list, among those whose label window has closed,
 * that has them, or has them among its first `top`. The mark `control` of that list says which
 * group they belong to, whether or not they were contacted in the end (intention to treat): only so
 * are the groups alike but for the draw. Later lists do not change that, also where a new key or
 * share gave the customer another mark (`remarked`): within the label window such a customer may be
 * treated both ways, which makes the groups more alike. A customer of whose lists none tells what
 * became of them counts nowhere but in `unjudged`.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_SAVINGS_H
#define CHURN_SAVINGS_H

#include <churn/project.h>
#include <churn/run.h>
#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct churn_savings_settings {
  const char *output; /* folder of the runs; NULL = the project's */
  uint64_t top;       /* first of each list; 0 = all to contact, the head that each night told of */
  double level;       /* of the intervals; 0 = 0.95 */
} churn_savings_settings;

/* A figure and its limits; NaN where there is none. */
typedef struct churn_saved {
  double value, low, high;
} churn_saved;

typedef struct churn_savings_group {
  uint64_t customers, churned;
  churn_saved share;      /* churned / customers, with Wilson's limits */
  uint64_t contacted;     /* from the list's day to the end of the label window, by the log */
  uint64_t valued;        /* customers with a value */
  double value;           /* of those, as of their list */
  double lost;            /* of those, the value of who churned */
  double mean, deviation; /* of the loss of a customer with a value: their value if they churned,
                             else 0 */
} churn_savings_group;

typedef struct churn_savings {
  churn_day first, last; /* lists that counted; MISSING = none */
  uint64_t lists;
  uint64_t calls;     /* of them of whom to contact; the others are ranked lists */
  uint64_t unmarked;  /* lists of closed windows that do not say who is in the control group */
  uint64_t open;      /* lists whose label window has not closed yet, which do not count */
  uint64_t top;       /* as asked */
  uint64_t unjudged;  /* customers at the head of some list who did not count */
  uint64_t remarked;  /* customers who counted, and have the other mark on a later list */
  bool with_contacts; /* the project has a log of contacts */
  churn_savings_group treated, control;
  churn_saved share; /* churned in the control group less churned among the others: Newcombe 1998,
                        method 10 */
  churn_saved customers; /* the same times the treated customers */
  churn_saved money; /* mean loss in the control group less that of the others, times the treated
                        with a value: Welch 1947, Biometrika 34:28 */
  char **crossed;    /* ids of control customers who were contacted all the same, bytewise */
  size_t crossed_count;
} churn_savings;

/* Reads RUNS and the sources. Errors: those of reading; BAD_PROJECT without an outcome. A run that
 * cannot be read gets a warning. The caller frees. */
CHURN_MUST_USE churn_status churn_savings_measure(const churn_project *project,
                                                  const churn_savings_settings *settings,
                                                  const churn_run *run, churn_savings **savings,
                                                  churn_error *error);
void churn_savings_free(churn_savings *savings);

/* As JSON to `path` ("-" = standard output), all or nothing. */
CHURN_MUST_USE churn_status churn_savings_write(const churn_savings *savings, const char *path,
                                                churn_error *error);

#ifdef __cplusplus
}
#endif

#endif
