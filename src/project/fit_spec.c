/* The section `fit`: which penalty, how strong, how its strength is chosen; what is concluded.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/number.h"
#include "project/spec.h"

#include <math.h>
#include <string.h>

enum { DEFAULT_FOLDS = 10, MOST_FOLDS = 1000, DEFAULT_SEED = 1 };

enum {
  PENALTY,
  LAMBDA,
  ALPHA,
  FOLDS,
  SEED,
  FACTORS,
  COVARIANCE,
  INTERVALS,
  SEPARATION,
  OUT_OF_FOLD,
  RECALIBRATE,
  WEIGHTS,
  SAMPLED,
  OFFSET,
  KEYS
};

static void read_penalty(churn_reader *reader, const churn_yaml *node, churn_fit_spec *fit)
{
  static const char *const names[] = {"none", "ridge", "lasso", "elastic_net", "firth"};
  static const double alphas[] = {0, 0, 1, 0.5, 0};
  int choice = churn_reader_choice(reader, node, "fit.penalty", names, 5);
  fit->penalty = choice < 0 ? CHURN_PENALTY_NONE : (churn_penalty)choice;
  fit->alpha = alphas[fit->penalty];
}

static void read_lambda(churn_reader *reader, const churn_yaml *node, churn_fit_spec *fit)
{
  if (node == NULL)
    return;
  char shown[CHURN_SHOWN_SIZE];
  churn_located text = churn_reader_text(reader, node, "fit.lambda");
  if (text.text == NULL)
    return;
  if (strcmp(text.text, "cv") == 0)
    fit->lambda_source = CHURN_LAMBDA_CV;
  else if (strcmp(text.text, "cv_min") == 0)
    fit->lambda_source = CHURN_LAMBDA_CV_MIN;
  else if (!churn_number_parse(text.text, strlen(text.text), '.', 0, &fit->lambda) ||
           !(fit->lambda >= 0))
    churn_reader_fault(reader, node,
                       "fit.lambda: expected a number >= 0, cv or cv_min, found \"%s\"",
                       churn_shown(text.text, shown));
}

static void read_alpha(churn_reader *reader, const churn_yaml *node, churn_fit_spec *fit)
{
  if (node == NULL)
    return;
  double value = churn_reader_number(reader, node, "fit.alpha");
  if (fit->penalty != CHURN_PENALTY_ELASTIC_NET)
    churn_reader_fault(reader, node->key,
                       "fit.alpha is the lasso's share of an elastic net; accepted: {penalty: "
                       "elastic_net, alpha: NUMBER}");
  else if (value > 0 && value < 1)
    fit->alpha = value;
  else if (!isnan(value))
    churn_reader_fault(reader, node,
                       "fit.alpha: expected a number between 0 (ridge) and 1 (lasso), found \"%s\"",
                       node->text);
}

static void read_folds(churn_reader *reader, const churn_yaml *node, churn_fit_spec *fit)
{
  uint64_t folds = churn_reader_whole(reader, node, "fit.folds", MOST_FOLDS, DEFAULT_FOLDS);
  if (folds < 2)
    churn_reader_fault(reader, node, "fit.folds: expected 2 to %d, found \"%s\"", MOST_FOLDS,
                       node->text);
  fit->folds = (uint32_t)folds;
}

static void read_factors(churn_reader *reader, const churn_yaml *node, churn_project *project)
{
  if (node == NULL || !churn_reader_is_mapping(reader, node, "fit.factors", "{\"price_*\": 0.5}"))
    return;
  churn_fit_spec *fit = &project->fit;
  const char **names = churn_feature_names(reader, project);
  fit->factors = churn_reader_take(reader, node->count, sizeof *fit->factors);
  if (names == NULL || fit->factors == NULL)
    return;
  for (const churn_yaml *item = node->first; item != NULL; item = item->next) {
    churn_factor_spec *factor = &fit->factors[fit->factor_count++];
    factor->pattern = churn_reader_text(reader, item->key, "a pattern");
    factor->factor = churn_reader_number(reader, item, "a penalty factor");
    churn_pattern_check(reader, project, &factor->pattern, names);
    if (factor->factor < 0)
      churn_reader_fault(reader, item, "a penalty factor must be >= 0 (0: not penalised), not %s",
                         item->text);
  }
}

static void refuse_without_penalty(churn_reader *reader, const churn_yaml *node, const char *what)
{
  if (node != NULL)
    churn_reader_fault(reader, node->key,
                       "fit.%s is for a penalty of some strength, and there is none; accepted: "
                       "{penalty: ridge, lambda: NUMBER}, likewise lasso and elastic_net",
                       what);
}

/* What to do where maximum likelihood has no finite answer. */
static void read_separation(churn_reader *reader, const churn_yaml *node, churn_fit_spec *fit)
{
  static const char *const names[] = {"stop", "firth"};
  fit->firth_where_separated = churn_reader_choice(reader, node, "fit.separation", names, 2) == 1;
  if (fit->firth_where_separated && fit->penalty != CHURN_PENALTY_NONE &&
      fit->penalty != CHURN_PENALTY_FIRTH)
    churn_reader_fault(reader, node,
                       "fit.separation: firth takes the place of maximum likelihood, and this fit "
                       "has a penalty; accepted: {penalty: none, separation: firth}");
}

/* What is to be concluded from the fit, and how. */
static void read_inference(churn_reader *reader, const churn_yaml *covariance,
                           const churn_yaml *intervals, churn_fit_spec *fit)
{
  static const char *const kinds[] = {"auto", "model", "robust", "clustered"};
  static const char *const ends[] = {"wald", "profile", "profile_always"};
  int kind = churn_reader_choice(reader, covariance, "fit.covariance", kinds, 4);
  fit->covariance = kind > 0 ? (churn_covariance_choice)kind : CHURN_CHOOSE_AUTO;
  int end = churn_reader_choice(reader, intervals, "fit.intervals", ends, 3);
  fit->profile_intervals = end >= 1;
  fit->profile_always = end == 2;
}

/* Predictions by fits that did not see the row, and what is made of them. */
static void read_calibration(churn_reader *reader, const churn_yaml *out_of_fold,
                             const churn_yaml *recalibrate, churn_fit_spec *fit)
{
  static const char *const methods[] = {"none", "platt", "isotonic"};
  int method = churn_reader_choice(reader, recalibrate, "fit.recalibrate", methods, 3);
  fit->no_out_of_fold =
      out_of_fold != NULL && !churn_reader_flag(reader, out_of_fold, "fit.out_of_fold");
  fit->recalibrate = method > 0 ? (churn_recalibrate)method : CHURN_RECALIBRATE_NONE;
  if (fit->no_out_of_fold && fit->recalibrate != CHURN_RECALIBRATE_NONE)
    churn_reader_fault(reader, recalibrate->key,
                       "fit.recalibrate learns from out-of-fold predictions, and fit.out_of_fold "
                       "says no; accepted: one of the two");
}

void churn_fit_read(churn_reader *reader, const churn_yaml *node, churn_project *project)
{
  churn_field fields[KEYS] = {{"penalty", NULL},     {"lambda", NULL},      {"alpha", NULL},
                              {"folds", NULL},       {"seed", NULL},        {"factors", NULL},
                              {"covariance", NULL},  {"intervals", NULL},   {"separation", NULL},
                              {"out_of_fold", NULL}, {"recalibrate", NULL}, {"weights", NULL},
                              {"sampled", NULL},     {"offset", NULL}};
  churn_fit_spec *fit = &project->fit;
  *fit = (churn_fit_spec){.folds = DEFAULT_FOLDS, .seed = DEFAULT_SEED};
  if (node != NULL &&
      !churn_reader_fields(reader, node, "fit", "{penalty: ridge, lambda: 0.01}", fields, KEYS))
    return;
  churn_weighting_read(reader, fields[WEIGHTS].value, fields[SAMPLED].value, fields[OFFSET].value,
                       project);
  if (node == NULL)
    return;
  read_inference(reader, fields[COVARIANCE].value, fields[INTERVALS].value, fit);
  read_calibration(reader, fields[OUT_OF_FOLD].value, fields[RECALIBRATE].value, fit);
  const churn_yaml *penalty = fields[PENALTY].value, *lambda = fields[LAMBDA].value;
  size_t faults = reader->faults;
  read_penalty(reader, penalty, fit);
  bool known = reader->faults == faults,
       none = fit->penalty == CHURN_PENALTY_NONE || fit->penalty == CHURN_PENALTY_FIRTH;
  if (known)
    read_separation(reader, fields[SEPARATION].value, fit);
  read_lambda(reader, lambda, fit);
  if (known && !none && lambda == NULL)
    churn_reader_required(reader, node, &fields[LAMBDA], "fit",
                          "the strength of the penalty: a number >= 0, or cv or cv_min to choose "
                          "it by cross-validation");
  if (known && none) {
    refuse_without_penalty(reader, lambda, "lambda");
    refuse_without_penalty(reader, fields[ALPHA].value, "alpha");
    refuse_without_penalty(reader, fields[FACTORS].value, "factors");
  } else if (known) {
    read_alpha(reader, fields[ALPHA].value, fit);
  }
  read_folds(reader, fields[FOLDS].value, fit);
  fit->seed = churn_reader_whole(reader, fields[SEED].value, "fit.seed", UINT32_MAX, DEFAULT_SEED);
  read_factors(reader, fields[FACTORS].value, project);
}
