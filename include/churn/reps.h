/* The scorecard of account reps: what became of the customers in each one's book against what was
 * to be expected of such customers, what is at risk there now, and what would be if the rep left.
 *
 * Looking back: of the project's snapshots those are counted whose label windows do not overlap,
 * from the latest on backwards, so that nobody's leaving counts twice. A customer counts once a
 * snapshot, for the rep of that day. Expected is the sum of the probabilities that models give who
 * were fitted to other customers (out of fold, customers whole), with the features of the model:
 * whatever makes a book hard there is no rep's fault. A feature that is the rep is left out of
 * those fits, or it would excuse everybody.
 *
 * What is assumed: given their features, customers leave independently of each other. Counts of a
 * rep then vary by no more than Poisson counts do, which the exact limits hold for; that expected
 * counts are estimates, too, is not in them.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_REPS_H
#define CHURN_REPS_H

#include <churn/model.h>
#include <churn/project.h>
#include <churn/run.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Days MISSING: the snapshots of the project, as of the day after the data. */
typedef struct churn_reps_settings {
  const churn_model *model; /* whose features explain, and which tells the risk now; NULL = one that
                               is trained as `churn train` would on those snapshots */
  const char *by;        /* who looks after a customer: a feature's name, a customers' column or an
                            expression; NULL = the project's `rep`, else the one category of its history
                            `reps` */
  churn_day as_of;       /* of the books now; label windows must have closed by it */
  churn_day first, last; /* snapshots to look back on */
  double level;          /* of the ratios' limits; 0 = 0.95 */
} churn_reps_settings;

/* Where a ratio lies by chance, so many times in a hundred and in a thousand, when all is as
 * expected. */
typedef struct churn_control_limits {
  double low_95, high_95, low_998, high_998;
} churn_control_limits;

/* One point of the funnel. */
typedef struct churn_funnel_point {
  double expected;
  churn_control_limits limits;
} churn_funnel_point;

typedef enum churn_rep_verdict {
  CHURN_REP_NOT_TESTED, /* nothing expected; customers without a rep; the total */
  CHURN_REP_AS_EXPECTED,
  CHURN_REP_WORSE, /* adjusted p below 0.05 */
  CHURN_REP_BETTER
} churn_rep_verdict;

/* A book on one counted snapshot. */
typedef struct churn_rep_snapshot {
  churn_day as_of; /* MISSING for a flat export */
  uint64_t customers, observed;
  double expected;
} churn_rep_snapshot;

/* Below this many expected a book is small: nobody lost, even, says nothing then. */
#define CHURN_REP_FEW_EXPECTED 5

/* One rep, or all. Figures that do not exist are NaN. */
typedef struct churn_rep {
  char *name; /* "(none)" without a rep, "" of the total */
  bool none;
  churn_rep_snapshot *snapshots;       /* [day_count] */
  uint64_t customers;                  /* different ones in the book on some of them */
  uint64_t rows;                       /* summed over them */
  uint64_t observed;                   /* who left in the label windows */
  double expected;                     /* who was to */
  double ratio, ratio_low, ratio_high; /* observed / expected with exact limits (Garwood 1936) */
  double p; /* of so improbable a count where the ratio is 1 (two-sided, as poisson.test) */
  double p_adjusted; /* over all reps (Holm 1979) */
  churn_rep_verdict verdict;
  bool small;                   /* expected below CHURN_REP_FEW_EXPECTED */
  churn_control_limits control; /* of the ratio, at this expected count */
  uint64_t current;             /* customers now */
  uint64_t valued;              /* of those, with a value */
  double expected_now;          /* sum of their probabilities to leave */
  double value;                 /* sum of their values */
  double expected_loss;         /* sum of probability x value: money at risk */
  double exposure_churners;     /* by how much expected_now would rise if the rep left */
  double exposure_loss;         /* likewise expected_loss; NaN where the model cannot tell */
} churn_rep;

typedef struct churn_reps {
  char *expression; /* who looks after a customer */
  char *model;      /* id of the model that tells the risk now */
  double level;
  churn_day as_of; /* of the books now; MISSING for a flat export */
  int32_t gap_days, horizon_days;
  churn_day *days; /* counted snapshots, ascending */
  size_t day_count;
  churn_rep *reps; /* by name bytewise, "(none)" last where there are such */
  size_t count;
  churn_rep total;
  churn_funnel_point *funnel; /* ascending, over the range of the reps' expected counts */
  size_t funnel_count;
  bool exposed;     /* the model looks at the history that tells the rep: exposure is known */
  uint64_t already; /* rows left out: silent since an earlier counted snapshot */
} churn_reps;

/* Counts. Exposure: the rise of the model's risk if on the day before as_of every customer of the
 * rep had been given a rep whom nobody knows. Errors: those of reading and training; USAGE for more
 * than 10,000 reps; BAD_PROJECT where nothing tells the rep, or it is no category; DEGENERATE where
 * too few customers left, or stayed, to expect anything. */
CHURN_MUST_USE churn_status churn_reps_count(const churn_project *project,
                                             const churn_reps_settings *settings,
                                             const churn_run *run, churn_reps **reps,
                                             churn_error *error);
void churn_reps_free(churn_reps *reps);

/* "worse", "better", "as_expected", "not_tested". */
const char *churn_rep_verdict_name(churn_rep_verdict verdict);

/* Writes what `churn reps --json` prints; "-" = standard output; all or nothing. */
CHURN_MUST_USE churn_status churn_reps_write_json(const churn_reps *reps, const char *path,
                                                  churn_error *error);

/* A line a rep; a figure that does not exist is an empty field. */
CHURN_MUST_USE churn_status churn_reps_write_csv(const churn_reps *reps, const char *path,
                                                 churn_error *error);

#ifdef __cplusplus
}
#endif

#endif
