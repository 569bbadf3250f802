/* A fitted model as plain data, and its file (JSON). Everything that scoring needs is in it:
 * feature definitions, column types, encodings, coefficients; and everything that explains it.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_MODEL_H
#define CHURN_MODEL_H

#include <churn/day.h>
#include <churn/status.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What a column of the design matrix holds. */
typedef enum churn_encoded_kind {
  CHURN_ENCODED_NUMBER, /* the feature's number, missing values filled in */
  CHURN_ENCODED_LEVEL,  /* 1 when the category has the level (or levels, for `?other`), else 0 */
  CHURN_ENCODED_MISSING /* 1 when the feature's value is missing, else 0 */
} churn_encoded_kind;

/* One column of the design matrix with its coefficient. Figures are NaN where there is none (a
 * covariance that does not exist, a standard error of 0). Name: FEATURE,
 * FEATURE=LEVEL, FEATURE?missing or FEATURE?other. */
typedef struct churn_model_column {
  char *name;
  uint32_t feature; /* index into features */
  churn_encoded_kind kind;
  double mean;      /* over the training rows */
  double deviation; /* standard deviation over the training rows, denominator n */
  double estimate;  /* coefficient on the original scale */
  double std_error; /* this and the next four are NaN where covariance_kind is "none" */
  double z;
  double p;
  double lower; /* 95 % interval */
  double upper;
  double odds_ratio; /* exp(estimate), and its interval; not used by the intercept */
  double odds_lower;
  double odds_upper;
  double
      sd_effect;   /* percentage points of probability for one deviation more: 100 x mean of p (1 -
                      p) over the training rows x estimate x deviation; not used by the intercept */
  char *condition; /* "ok", "collinear", "few_rows", "near_separation", "separation"; "not_judged"
                      where covariance_kind is "none"; NULL for the intercept. What each means:
                      src/fit/condition.h */
  double penalty_factor; /* the column is penalised by lambda times this; 0 = not penalised */
} churn_model_column;

/* Is the feature of use? All its columns together, against the model without them. */
typedef struct churn_model_test {
  uint32_t df; /* its columns; 0: it has none, and the rest is NaN */
  double chi2;
  double p;
  double gvif; /* generalised variance inflation (Fox and Monette 1992) */
  double
      scaled_gvif; /* gvif^(1 / (2 df)): comparable between features, the root of the plain one */
} churn_model_test;

typedef enum churn_feature_kind { CHURN_FEATURE_NUMBER, CHURN_FEATURE_CATEGORY } churn_feature_kind;

/* A level of a category. `column` is the design column it sets to 1, or -1 for the reference (and
 * for levels whose column was dropped). */
typedef struct churn_model_level {
  char *text;
  int32_t column;
  uint64_t rows;
  uint64_t churners;
} churn_model_level;

/* One feature: its definition as text and how its value becomes columns. */
typedef struct churn_model_feature {
  char *name;
  char *expression;
  char *label; /* NULL = none */
  churn_feature_kind kind;
  char *missing_rule;    /* "mean", "zero", "error" */
  double fill;           /* NUMBER: stands in for a missing value */
  int32_t number_column; /* NUMBER: its column, -1 = dropped */
  int32_t
      missing_column;   /* column set to 1 when missing (for a category: its level's), -1 = none */
  int32_t other_column; /* CATEGORY: column of pooled and unseen levels, -1 = they count as the
                           reference */
  char *reference; /* CATEGORY: reference level's text; NULL for NUMBER, and where missing itself is
                      the reference */
  churn_model_level *levels; /* CATEGORY: every level seen in training, bytewise order */
  size_t level_count;
  uint64_t missing_rows; /* in training */
  double *bounds;        /* NUMBER: reference histogram: inner bin bounds, ascending */
  size_t bound_count;
  uint64_t *bin_rows; /* [bound_count + 1]: training rows with value < bounds[0], …, >=
                         bounds[last]; missing not counted */
  double spread; /* largest stability index of one training snapshot's rows against all training
                    rows, in these bins (monitor/stability.h): how far the feature moves when
                    nothing is wrong; NaN = not known, as with fewer than two snapshots */
  churn_model_test test;
} churn_model_feature;

/* A column that was left out, and why ("constant", "collinear with …", "same as …", "too few
 * rows"). */
typedef struct churn_model_dropped {
  char *name;
  char *reason;
} churn_model_dropped;

/* Type of a source's column, as declared or inferred in training. */
typedef struct churn_model_type {
  char *source;
  char *column;
  char *type;
} churn_model_type;

typedef struct churn_model_input {
  char *source;
  char *fingerprint; /* sum of the lines' XXH3-128, so the order of rows does not matter */
  uint64_t rows;
} churn_model_input;

/* How well the model does on one set of labelled rows. NaN = not defined (one class only). */
typedef struct churn_figures {
  uint64_t rows;
  uint64_t churners;
  double auc;
  double auc_lower, auc_upper; /* its 95 % interval, on the logit of the area (Pepe 2003, 5.2.4), by
                                  DeLong's variance, with customers of several rows as clusters
                                  (Obuchowski 1997); NaN with fewer than two churners or stayers,
                                  and where no pair, or every pair, is ranked wrong */
  double log_loss;
  double null_log_loss; /* of the same probability for every row: the share of them that churned */
  double brier;
  double null_brier; /* likewise */
  double
      calibration_intercept; /* logit P(y) = intercept + logit (offset): calibration in the large */
  double calibration_slope;  /* logit P(y) = a + slope * logit */
  double top_decile_lift;
} churn_figures;

/* A tenth of the training rows by what their out-of-fold prediction was, riskiest first; rows of
 * equal prediction stay together. Shares are of the population (weighted where rows have weights).
 */
typedef struct churn_reliability {
  uint64_t rows;     /* in the file */
  uint64_t churners; /* of them */
  double population; /* sum of their weights, and of the churners'; the counts without weights */
  double population_churners;
  double mean_predicted;
  double observed; /* share that churned, and its 95 % interval: Wilson's, for the rows that
                      would tell as much if they were independent (evaluate/curves.h) */
  double lower, upper;
} churn_reliability;

/* What the training rows look like to fits that did not see them: cross-validation with customers
 * whole, at the model's own penalty and lambda. Encodings (means, pooled levels) are those learned
 * on all training rows. Probabilities here are those of the logit, before any recalibration. */
typedef struct churn_model_out_of_fold {
  uint32_t folds; /* 0 = none was made: figures have 0 rows, and the rest is NaN */
  churn_figures figures;
  char *error_kind;       /* of the next six: "model"; "clustered" by customer; "robust"; "none" */
  double intercept_error; /* standard error of figures.calibration_intercept, and 95 % interval */
  double intercept_lower, intercept_upper;
  double slope_error; /* of figures.calibration_slope */
  double slope_lower, slope_upper;
  churn_reliability *bins; /* at most ten */
  size_t bin_count;
} churn_model_out_of_fold;

/* A place where a piecewise linear function bends. */
typedef struct churn_knot {
  double logit;
  double probability;
} churn_knot;

/* From the logit to the probability. "none": 1 / (1 + exp(-logit)). "platt": 1 / (1 +
 * exp(-intercept
 * - slope logit)). "isotonic": linear between knots, constant before the first and after the last.
 * Never falls in the logit. */
typedef struct churn_recalibration {
  char *asked;  /* what the project asked for; where method is "none", it made things worse */
  char *method; /* "none", "platt", "isotonic" */
  double intercept;
  double slope;      /* above 0 */
  churn_knot *knots; /* ISOTONIC: logits ascend, probabilities do not fall, each above 0, below 1 */
  size_t knot_count;
  double log_loss_before; /* mean, of the out-of-fold probabilities as they are; NaN: not judged */
  double
      log_loss_after; /* the same, each fold recalibrated by what the other folds' predictions say
                       */
} churn_recalibration;

typedef struct churn_model {
  int schema_version;
  char id[33];   /* hash of the content; set by reading and writing */
  char *program; /* "churn 0.1.0" */
  char *set;     /* name of the feature set */
  /* features and columns */
  churn_model_feature *features;
  size_t feature_count;
  churn_model_column *columns; /* without the intercept */
  size_t column_count;
  churn_model_column intercept; /* named "(intercept)"; feature, kind, mean, deviation not used */
  double *covariance; /* [(columns+1)^2] row-major, intercept first; NULL where covariance_kind is
                         "none" */
  churn_model_dropped *dropped;
  size_t dropped_count;
  churn_model_type *types;
  size_t type_count;
  churn_model_input *inputs;
  size_t input_count;
  char **notes; /* pooled levels, dropped columns, warnings, in the order they came up */
  size_t note_count;
  /* training window; days MISSING for flat exports */
  churn_day first_as_of, last_as_of;
  uint32_t snapshot_count;
  int32_t horizon_days, gap_days;
  double test_share; /* share of the customers that was held out by a hash of the id; 0 = none */
  uint64_t rows, churners, customers;
  /* what the rows stand for; all means, and the figures of how good the model is, are over the
   * population */
  char *weighting; /* "none"; "frequency": a row stands for `weight` equal ones; "inclusion": the
                      customer was in the file with the chance 1 / weight; "sampled": the shares
                      sampled_churners and sampled_others of the two kinds were in the file, and
                      the intercept is the population's */
  char *weight;    /* expression of "frequency" and "inclusion"; NULL otherwise */
  double sampled_churners, sampled_others; /* above 0, at most 1; 1 but for "sampled" */
  double population, population_churners;  /* sums of weights */
  char *offset;         /* expression that is added to every logit as it is; NULL = none */
  char *contacted_rule; /* "drop", "keep", "model": what became of training rows of customers who
                           were contacted shortly before T or in the gap; NULL = no log of them */
  double contacted_rows, contacted_churned; /* how many, and of those; NaN without a log */
  char *excluded;     /* kinds of loss whose rows were left out (churn/kinds.h), like
                         "natural,malicious"; NULL = none */
  char *outcome;      /* its name under the project's `outcomes`; NULL = it has none */
  char *outcome_kind; /* how churn was told: "left", "silent", "event", "drop", "labels", "column";
                         NULL = the program that trained it did not say */
  /* fit */
  char *penalty; /* "none", "ridge", "lasso", "elastic_net", "firth" (log det of the information
                    instead of lambda: lambda and all factors are 0) */
  double lambda; /* mean negative log-likelihood + lambda sum factor (alpha |b| + (1 - alpha)/2 b^2)
                    on standardised columns was minimised */
  double alpha;  /* 0 ridge, 1 lasso; 0 without a penalty */
  char *lambda_rule;     /* "given", "cv" (one-standard-error rule), "cv_min" */
  uint32_t folds;        /* of the cross-validation that chose lambda; 0 = none did */
  double cv_deviance;    /* mean out-of-fold deviance at lambda; NaN = no cross-validation */
  double cv_std_error;   /* its standard error; likewise */
  char *covariance_kind; /* "model" (with a ridge: of the penalised likelihood), "robust" (each row
                            by itself), "clustered" (by customer): of covariance, and of all
                            std_error, z, p and Wald figures; "none": the penalty is on absolute
                            values, for which no standard errors are defined, or the fit did not
                            converge where the likelihood has any curvature */
  char *test_kind; /* of the features' chi2: "likelihood_ratio", or "wald" with the covariance, or
                      "none" where there is none */
  char *interval_kind; /* of lower and upper: "wald", "profile", "none" */
  bool dependent_rows; /* some customer has several training rows: the likelihood takes them for
                          independent, so log_likelihood, aic, bic and all that rests on them does
                          not hold */
  uint64_t churned_customers; /* distinct customers among the churners */
  double aic, bic; /* NaN where the likelihood is not the maximum: penalised, not converged */
  double mcfadden_r2;
  double log_likelihood, null_log_likelihood;
  double penalised_objective; /* mean negative log-likelihood plus penalty, what was minimised */
  uint32_t iterations;
  double max_gradient; /* max |g| / rows, on standardised columns */
  char *stopped_by;    /* "gradient", "no_progress", "iteration_limit", "separation" */
  bool converged;
  /* how good */
  churn_figures training;
  churn_figures validation; /* rows 0 = no held-out rows */
  char *validation_kind;    /* "none", "held_out_customers", "later_snapshots" */
  churn_model_out_of_fold out_of_fold;
  churn_recalibration recalibration;
} churn_model;

/* Whether the model's out-of-fold figures say that it predicts no better than the same probability
 * for everyone would: its log-loss (recalibrated, where the model is) is not below that. Who acts
 * on such a list might as well draw lots. False where there are no figures. */
bool churn_model_guesses(const churn_model *model);

enum { CHURN_MODEL_GUESSING_SIZE = 192 };

/* The line that warns of it, "" where there is nothing to warn of. */
void churn_model_guessing_text(const churn_model *model, char text[CHURN_MODEL_GUESSING_SIZE]);

/* Zeroed model; NULL when memory ran out. Free takes NULL and half-built models. */
churn_model *churn_model_new(void);
void churn_model_free(churn_model *model);

/* Reads a model file; "-" is standard input. Checks JSON, schema version, sizes, finiteness,
 * ranges, names, and that the id is the hash of the content, before anything is given. MALFORMED
 * with file:line:column where JSON has one, else with the JSON path of what is wrong. NO_INPUT,
 * PERMISSION, IO, NO_MEMORY. Members that a feature's kind does not have are 0, NULL or, columns,
 * -1; so is what the intercept does not use. */
CHURN_MUST_USE churn_status churn_model_read(const char *path, churn_model **model,
                                             churn_error *error);

/* Writes the model, all or nothing; "-" is standard output. Sets model->id (the XXH3-128 of all
 * bytes after the id's line: `tail -n +4 MODEL | xxh128sum`) and schema_version. Doubles are the
 * shortest text that reads back to the same bits. No clock, host, path. INTERNAL, with the JSON
 * path, for a model that reading would refuse: all texts but a feature's label and reference are
 * set, all numbers but figures finite. CANNOT_CREATE, PERMISSION, IO, NO_MEMORY. */
CHURN_MUST_USE churn_status churn_model_write(churn_model *model, const char *path,
                                              churn_error *error);

/* Writes what `churn train --json` prints: rows, churners, log_likelihood, null_log_likelihood,
 * iterations, max_gradient, stopped_by, penalty, lambda, alpha, lambda_rule, folds, cv_deviance,
 * cv_std_error, covariance, weighting, weight, sampled{churners, others}, population,
 * population_churners, offset, tests, intervals, dependent_rows, likelihood_valid,
 * churned_customers, aic, bic, mcfadden_r2, coefficients[{name, estimate, std_error, z, p, lower,
 * upper, penalty_factor, odds_ratio, odds_lower, odds_upper, sd_effect, condition}],
 * features[{name, df, chi2, p, gvif, scaled_gvif}], training, validation, out_of_fold{folds,
 * figures, error_kind, …, reliability[{rows, churners, population, population_churners,
 * mean_predicted, observed, lower, upper}]}, recalibration{asked, method, intercept, slope, knots,
 * log_loss_before, log_loss_after}, dropped[{name, reason}], warnings[]. null: there is no such
 * figure. "-" = standard output. */
CHURN_MUST_USE churn_status churn_model_write_report(const churn_model *model, const char *path,
                                                     churn_error *error);

#ifdef __cplusplus
}
#endif

#endif
