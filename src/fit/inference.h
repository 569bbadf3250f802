/* What a fit lets one conclude: covariance, standard errors, intervals, effects, tests of features,
 * information criteria. Place in the flow: fitted (standardised) matrix and coefficients -> model.
 *
 * All intervals are at 95 %. Cost: one pass over the rows for the model-based figures, one more for
 * a robust covariance, a few passes of gradients for each feature's likelihood-ratio test, ten
 * passes for each profile interval; columns^3 for the variance inflation.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_FIT_INFERENCE_H
#define CHURN_FIT_INFERENCE_H

#include "fit/condition.h"
#include "fit/logistic.h"

/* H = the summed objective's Hessian at the optimum, M = sum of squares of scores (robust.h). */
typedef enum churn_covariance {
  CHURN_COVARIANCE_MODEL,  /* inverse(H) */
  CHURN_COVARIANCE_ROBUST, /* inverse(H) M inverse(H), each row a cluster of its own, no correction:
                              statsmodels cov_type="HC0", R sandwich::sandwich */
  CHURN_COVARIANCE_CLUSTERED /* the same by matrix->cluster, times G / (G - 1) (n - 1) / (n - p), G
                                clusters, n rows, p coefficients with the intercept: statsmodels
                                cov_type="cluster", R sandwich::vcovCL(type = "HC1") */
} churn_covariance;

const char *churn_covariance_name(churn_covariance kind); /* "model", "robust", "clustered" */

typedef struct churn_inference_settings {
  churn_covariance covariance;
  bool profile;          /* profile-likelihood intervals instead of Wald's */
  const uint32_t *group; /* [columns]: number of the feature a column belongs to */
  size_t group_count;
  double ridge_lambda;         /* the fit's; 0 = maximum likelihood */
  const double *ridge_factors; /* [columns]: a column is penalised by lambda times this; NULL = all
                                  1 */
  bool firth;                  /* the fit is Firth's: profiles are of the penalised likelihood, and
                                  there are no likelihood-ratio tests, AIC or BIC */
  double most_work;            /* multiply-adds that Firth's profiles may take, some 2e10 a second;
                                  0 = 2e12, some two minutes; INFINITY = as many as it takes */
} churn_inference_settings;

/* One coefficient on the original scale. NaN = not known. */
typedef struct churn_coefficient {
  double estimate;
  double std_error;
  double z;
  double p; /* two-sided, normal */
  double lower, upper;
  double odds_ratio; /* exp(estimate); that of the intercept is the odds where all columns are 0 */
  double odds_lower, odds_upper;
  double
      sd_effect; /* percentage points of probability for one standard deviation more: 100 x mean of
                    p (1 - p) over the rows x estimate x deviation, the average marginal effect
                    (Bartus, Stata Journal 5, 2005) times the deviation. NaN for the intercept */
  churn_condition condition;
} churn_coefficient;

/* All columns of a feature together. */
typedef struct churn_group_test {
  size_t df; /* its columns; 0: none, and the rest is NaN */
  double chi2;
  double p;
  double gvif; /* generalised variance inflation (vif.h), by the model-based covariance always */
  double scaled_gvif; /* gvif^(1 / (2 df)), comparable between features */
} churn_group_test;

/* Arrays are the caller's. */
typedef struct churn_inference {
  churn_coefficient *coefficients; /* [columns + 1], intercept first */
  churn_group_test *tests;         /* [group_count] */
  double *covariance;     /* [(columns + 1)^2] of the kind asked for; NaN where it has none */
  bool ratio_tests;       /* chi2 are likelihood ratios; else Wald's, with that covariance */
  bool profile_intervals; /* lower and upper are the profile's */
  double profile_work;    /* multiply-adds that they were left out for; 0 = they were not */
  size_t rows;            /* with weight; `repeated` ones as often as they are */
  size_t clusters;
  double aic;         /* 2 p - 2 log-likelihood; NaN where that is not the maximum */
  double bic;         /* p log(rows) - 2 log-likelihood; likewise */
  double mcfadden_r2; /* 1 - log-likelihood / null log-likelihood (McFadden 1974) */
} churn_inference;

/* Fills inference. `matrix`, `result` and `report` are what churn_fit_logistic,
 * churn_firth_fit, or churn_penalised_fit without a penalty on absolute values, left; the matrix is
 * standardised unless it is.
 * Likelihood-ratio tests and profile intervals rest on a likelihood whose maximum was found and
 * that describes the rows: they are given only where the covariance asked for is the model's, the
 * fit has no penalty (profile intervals: or Firth's), and it converged; otherwise Wald's take their
 * place. Firth's profiles of large data are left out too, unless most_work allows them. z, p and
 * interval of a column near separation, and the test of its feature, are NaN with a robust or
 * clustered covariance: scores of rows that are predicted almost surely hardly vary, which a
 * sandwich takes for certainty. Whether the rows are independent is the caller's to know. On
 * failure the contents of the arrays are of no use. DEGENERATE: a clustered covariance with fewer
 * than two clusters, or with no more rows than coefficients. */
CHURN_MUST_USE churn_status churn_infer(churn_matrix *matrix, const churn_fit_result *result,
                                        const churn_fit_report *report,
                                        const churn_inference_settings *settings,
                                        const churn_run *run, churn_inference *inference,
                                        churn_error *error);

#endif
