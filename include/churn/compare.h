/* Comparing feature sets: which predicts better on rows that its model did not see, and is it real.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_COMPARE_H
#define CHURN_COMPARE_H

#include <churn/curves.h>
#include <churn/day.h>
#include <churn/model.h>
#include <churn/project.h>
#include <churn/run.h>

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One set is made from the first one for each part of it, without the part or of it alone. A family
 * is the features that read one history (the first they name), or none. */
typedef enum churn_parts { CHURN_PARTS_NONE, CHURN_PARTS_FAMILY, CHURN_PARTS_FEATURE } churn_parts;

typedef struct churn_compare_settings {
  const char *sets; /* "full,full - payments*,engagement + price_tier": names of the project's sets,
                       of features (with * and ?), of histories (the features of that family) and
                       `all`, added and taken away with + and - between blanks; the first is the
                       baseline. NULL = every set of the project in its order, or all features where
                       it has none */
  churn_parts leave_one_out;
  churn_parts only_one;
  uint64_t capacity;     /* customers that can be called as of one day; 0 = a tenth */
  uint32_t folds;        /* customers dealt into this many folds; 0 = by time where the project has
                            snapshots enough, else 5 */
  int32_t window_days;   /* by time: train only on snapshots whose label window closed within so
                            many days before the one that is judged; 0 = on all of them */
  uint64_t seed;         /* of folds and bootstrap */
  uint32_t draws;        /* of the bootstrap; 0 = 2000, or of more than 4096 customers none:
                            linearised intervals, which are then the same but for noise */
  churn_day first, last; /* as-of days; MISSING = the project's */
  churn_day test_from;   /* what is kept back for `evaluate`; MISSING = the project's */
  bool all_pairs;        /* every pair of sets, not only those with the baseline */
  bool brief;            /* no learning curve and no report on the best set's features */
} churn_compare_settings;

/* A figure and its 95 % interval; NaN = there is none. */
typedef struct churn_estimate {
  double value, low, high;
} churn_estimate;

/* What was trained on and judged on together. */
typedef struct churn_compared_fold {
  churn_day as_of; /* judged; MISSING in folds of customers */
  uint64_t training_rows, training_churners;
  uint64_t rows, churners;
} churn_compared_fold;

typedef struct churn_compared_set {
  char *name;
  char **features; /* borrowed from the comparison */
  size_t feature_count;
  size_t columns;     /* of the design matrix, in the fold with the most */
  churn_estimate auc; /* mean over churners of the share of their fold's stayers they outrank */
  churn_estimate log_loss;
  churn_estimate brier;
  churn_estimate lift;           /* in the riskiest tenth of each fold */
  churn_estimate captured;       /* share of churners within capacity */
  churn_estimate captured_value; /* share of the churners' money */
  double calibration_slope;
  double calibration_slope_error; /* clustered by customer where some have several rows */
  churn_gain_point gain[CHURN_GAIN_POINTS];
  churn_calibration_bin calibration[CHURN_CALIBRATION_BINS]; /* lowest probability first */
  size_t calibration_count;
  double *fold_aucs; /* [fold_count], and the next two */
  double *fold_log_losses;
  double *fold_briers;
  double
      random_auc; /* what folds of single rows would have claimed; NaN where these are the same */
  uint32_t separated; /* fits whose likelihood has no maximum: judged where they stopped */
  uint32_t not_converged;
  /* What it costs on this machine; differs from run to run. */
  double extraction_ms; /* for a thousand customers as of one day, one thread */
  double fit_ms;        /* all folds; of what fits of several sets share, a share by columns */
  uint64_t row_bytes;   /* of one customer's features as numbers */
} churn_compared_set;

/* A test on all rows, where one set's features are among the other's: is there anything in the
 * columns that the larger has more of? Twice the difference of the log-likelihoods; where customers
 * have several rows, Wald's test with the covariance clustered by customer, and with weights of
 * inclusion, the robust one. */
typedef struct churn_nested_figures {
  size_t larger; /* index into sets */
  bool wald;
  uint32_t df; /* 0 = no test: not nested, no maximum, a penalty */
  double chi2, p;
} churn_nested_figures;

/* Second set minus first, on the same rows. */
typedef struct churn_compared_pair {
  size_t first, second; /* indices into sets */
  churn_estimate auc;
  double auc_std_error, z, p;
  double p_adjusted; /* Holm's, over the pairs */
  churn_estimate log_loss, captured, captured_value;
  churn_nested_figures nested;
  char *verdict; /* in words: by AUC, and where log-loss or money tell otherwise */
} churn_compared_pair;

/* The best set trained on a part of the customers, the same for every fold, and all of a smaller
 * share's in the larger ones; judged on the same rows. */
typedef struct churn_learning_point {
  double share;          /* of the customers that there are to train on; the last point is all */
  double customers;      /* trained on, mean over the folds */
  churn_estimate auc;    /* as churn_compared_set's */
  churn_estimate missed; /* AUC of all customers minus this one, paired; NaN at the last point */
} churn_learning_point;

enum { CHURN_LEARNING_POINTS = 4 };

/* A coefficient of the best set fitted to all rows, what `churn train` would give; NaN where the
 * likelihood has no maximum, intervals also where the penalty has none. */
typedef struct churn_compared_column {
  char *name;
  double estimate, low, high;
  double odds_ratio, odds_low, odds_high;
} churn_compared_column;

/* A feature of the best set. */
typedef struct churn_compared_feature {
  const char *name;                  /* borrowed from the comparison */
  size_t first_column, column_count; /* of the comparison's columns; 0: all were left out */
  churn_estimate drop;   /* of the AUC, out of fold, when its values are dealt out anew among the
                            customers of a fold and day */
  churn_model_test test; /* all its columns together, on all rows; scaled_gvif tells collinearity */
  uint32_t group;        /* features of one number move together: a column of one and a column of
                            another correlate by 0.8 or more, up or down; 0 = alone */
  double missing;        /* share of the rows */
  double drift;          /* population stability index of the last as-of day against the first */
} churn_compared_feature;

typedef enum churn_fold_rule {
  CHURN_FOLDS_TIME,     /* judged as of one day by what was known before it */
  CHURN_FOLDS_CUSTOMERS /* customers whole, stratified */
} churn_fold_rule;

typedef struct churn_comparison {
  churn_fold_rule rule;
  int32_t window_days; /* by time: of the sliding window; 0 = expanding */
  churn_compared_fold *folds;
  size_t fold_count;
  uint64_t rows, churners, customers; /* judged */
  uint64_t kept_back;                 /* rows left for `evaluate` by test_from or split */
  uint64_t capacity;                  /* 0 = a tenth */
  uint64_t seed;
  uint32_t draws;  /* of the bootstrap; 0 = intervals are linearised */
  char **features; /* all that any set holds */
  size_t feature_count;
  churn_compared_set *sets;
  size_t set_count;
  churn_compared_pair *pairs;
  size_t pair_count;
  size_t best; /* index of the set with the highest AUC, the first of equals */
  churn_learning_point learning[CHURN_LEARNING_POINTS];
  size_t learning_count; /* fewer points where a share holds too few churners; 0: brief, stopped */
  churn_compared_feature *best_features;
  size_t best_feature_count; /* 0: brief, stopped */
  churn_compared_column *columns;
  size_t column_count;
  char *test_kind, *interval_kind; /* of the features' tests and the columns' intervals, as a
                                      model's; NULL without features */
  uint32_t shuffles;               /* how often a feature was dealt out */
  /* Where it comes from. */
  churn_model_input *inputs;
  size_t input_count;
  char **expressions; /* [feature_count] */
  churn_day data_until;
  int32_t gap_days, horizon_days;
  churn_compare_settings settings; /* as given; sets = sets_text */
  char *sets_text;
  bool partial;         /* asked to stop: judged on the folds finished, later parts left out */
  size_t planned_folds; /* fold_count, but for a partial one */
} churn_comparison;

/* Extracts the features of all sets once, fits each set in each fold (with the project's `fit`, the
 * encoding learnt anew from the fold's training rows), and judges the predictions for the rows that
 * the fold's models did not see. The rows are those `churn train` would use, so what `test_from` or
 * `split` keeps back is still unseen for `churn evaluate`.
 *
 * Folds by time: every as-of day is judged by models trained on the snapshots whose label window
 * had closed by then; days before which too little had closed are not judged (a note says so).
 *
 * Asked to stop (run->stop) it gives what is finished, at least one fold; it says when that is
 * worth the wait.
 *
 * Intervals and tests are conditional on the fitted models. USAGE: a set that cannot be read, names
 * unknown; DEGENERATE: no rows, too few churners to judge; and the errors of reading. The caller
 * frees. */
CHURN_MUST_USE churn_status churn_compare(const churn_project *project,
                                          const churn_compare_settings *settings,
                                          const churn_run *run, churn_comparison **comparison,
                                          churn_error *error);
void churn_comparison_free(churn_comparison *comparison);

/* Writes what `churn compare --json` prints; "-" = standard output. All of it but each set's `cost`
 * is the same in every run. */
CHURN_MUST_USE churn_status churn_comparison_write(const churn_comparison *comparison,
                                                   const char *path, churn_error *error);

/* A page for people, one file that needs no network: the same JSON, tables and charts made from it.
 */
CHURN_MUST_USE churn_status churn_comparison_write_page(const churn_comparison *comparison,
                                                        const char *path, churn_error *error);

/* CSV: set,fold,as_of,training_rows,training_churners,rows,churners,auc,log_loss,brier, a line for
 * each set and fold; as_of is empty in folds of customers. */
CHURN_MUST_USE churn_status churn_comparison_write_folds(const churn_comparison *comparison,
                                                         const char *path, churn_error *error);

/* The ledger: comparisons.jsonl in the registry (models/ beside the project), a line of JSON for
 * each comparison, the oldest first. A line is what `--json` prints without the curves, after an
 * `id`: the hash of all of it but the costs. There is no time in it: the data's fingerprints and
 * days tell when. */

typedef struct churn_recorded_set {
  char *name;
  churn_estimate auc;
  double log_loss;
} churn_recorded_set;

typedef struct churn_recorded_comparison {
  uint64_t line; /* of the ledger */
  char *id;
  char *program;
  char *data;    /* the sources' fingerprints, cut to eight letters: "purchases 1f0c22ab" */
  char *options; /* of `churn compare`, that give it again: "--sets 'a,b' --seed 3" */
  bool by_time;
  char *first_as_of, *last_as_of; /* judged; NULL in folds of customers */
  uint64_t rows, churners, folds;
  char *best;
  churn_recorded_set *sets;
  size_t set_count;
  char **verdicts;
  size_t verdict_count;
} churn_recorded_comparison;

typedef struct churn_ledger {
  char *path;
  churn_recorded_comparison *comparisons;
  size_t count;
  size_t unreadable; /* lines that hold no comparison; each is named by a warning */
} churn_ledger;

/* Appends the comparison in one write, under a lock, or leaves the ledger as it was; makes models/
 * and the file where they are missing. *line = its line: the same comparison of the same data,
 * which has the same id, is not written again, and *known says so. USAGE for a partial one;
 * CANNOT_CREATE, PERMISSION, IO, NO_MEMORY. */
CHURN_MUST_USE churn_status churn_ledger_append(const churn_project *project,
                                                const churn_comparison *comparison, uint64_t *line,
                                                bool *known, churn_error *error);

/* Reads it; without the file there are no comparisons. A line that holds none (broken, of another
 * program) gets a warning with its place and is left out. PERMISSION, IO, NO_MEMORY. */
CHURN_MUST_USE churn_status churn_ledger_read(const churn_project *project, const churn_run *run,
                                              churn_ledger **ledger, churn_error *error);
void churn_ledger_free(churn_ledger *ledger);

#ifdef __cplusplus
}
#endif

#endif
