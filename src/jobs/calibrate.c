/* Out-of-fold predictions of the training rows and what they say.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs/calibrate.h"

#include "base/error.h"
#include "base/memory.h"
#include "design/folds.h"
#include "design/split.h"
#include "evaluate/curves.h"
#include "evaluate/figures.h"
#include "evaluate/uncertainty.h"
#include "fit/cross_firth.h"
#include "jobs/recalibrate.h"
#include "score/recalibration.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Multiply-adds that fitting all folds by Firth's method may take without being asked for: some ten
 * seconds. A fit takes some ten steps of two passes. */
static const double most_work = 2e11;
enum { FIRTH_PASSES = 20, TENTHS = 10 };

/* 97.5 % point of the standard normal distribution. */
static const double normal_975 = 1.959963984540054;

typedef struct work {
  const churn_calibrate_input *input;
  const churn_run *run;
  churn_model *model;
  churn_span span;
  churn_fold_map map;
  uint32_t *fold;
  double *logits;
  double *probabilities;
  uint32_t *clusters;
  uint32_t customers;
} work;

static void say_none(const work *w, const char *why)
{
  churn_notes_add(w->run->notes, CHURN_NOTE, "no_out_of_fold", CHURN_NOWHERE,
                  "there are no out-of-fold figures: %s", why);
}

static bool is_firth(const work *w)
{
  return strcmp(w->model->penalty, "firth") == 0;
}

static uint64_t least(uint64_t a, uint64_t b)
{
  return a < b ? a : b;
}

/* How many folds; below 2: none. */
static uint32_t count_folds(const work *w)
{
  const churn_fit_spec *spec = w->input->spec;
  double n = (double)w->model->column_count + 1, rows = (double)w->input->rows->count;
  uint64_t folds = least(spec->folds, least(w->span.churned_customers, w->span.stayed_customers));
  if (spec->no_out_of_fold)
    return 0;
  if (folds < 2) {
    say_none(w, "that takes two customers who churned and two who stayed");
    return 0;
  }
  if (is_firth(w) && spec->recalibrate == CHURN_RECALIBRATE_NONE &&
      rows * n * n / 2 * (double)folds * FIRTH_PASSES > most_work) {
    say_none(w, "fitting every fold by Firth's method would take minutes (`recalibrate` asks for "
                "it all the same)");
    return 0;
  }
  return (uint32_t)folds;
}

static churn_status make_room(work *w, churn_error *error)
{
  size_t rows = w->input->rows->count;
  w->fold = churn_array_new(rows, sizeof *w->fold);
  w->logits = churn_array_new(rows, sizeof *w->logits);
  w->probabilities = churn_array_new(rows, sizeof *w->probabilities);
  w->clusters = churn_snapshots_clusters(w->input->rows, &w->customers);
  return w->fold == NULL || w->logits == NULL || w->probabilities == NULL || w->clusters == NULL
             ? churn_error_no_memory(error)
             : CHURN_OK;
}

static churn_status cross_fit(const work *w, const churn_scaled *data, double *factors,
                              double *start, churn_cross_report *report, churn_error *error)
{
  const churn_model *model = w->model;
  churn_penalised_settings settings = {
      .lambda = model->lambda, .alpha = model->alpha, .factors = factors};
  if (is_firth(w))
    return churn_cross_firth(data, &w->map, w->run, w->logits, report, error);
  for (size_t c = 0; c < model->column_count; c++)
    factors[c] = model->columns[c].penalty_factor;
  churn_fit_rescale(w->input->result->coefficients, data->means, data->deviations,
                    model->column_count, start);
  return churn_cross_validate(data, &w->map, &settings, start, w->run, w->logits, NULL, report,
                              error);
}

static void warn_about_folds(const work *w, const churn_cross_report *report)
{
  if (report->separated + report->not_converged > 0)
    churn_notes_add(
        w->run->notes, CHURN_WARNING, "folds_not_converged", CHURN_NOWHERE,
        "fits without a fold: of %" PRIu32 ", %" PRIu32
        " without a maximum (a column that few customers set apart separates there) and "
        "%" PRIu32 " not converged: take the out-of-fold figures with care",
        w->map.count, report->separated, report->not_converged);
}

/* Fills the logits. */
static churn_status predict(work *w, churn_error *error)
{
  const churn_calibrate_input *in = w->input;
  size_t n = w->model->column_count + 1;
  churn_scaled data = {0};
  churn_cross_report report = {0};
  double *factors = churn_array_new(n, sizeof *factors);
  double *start = churn_array_new(n, sizeof *start);
  churn_status status =
      factors == NULL || start == NULL
          ? churn_error_no_memory(error)
          : churn_folds_deal(in->rows, in->ids, w->map.count, in->spec->seed, w->fold, error);
  if (status == CHURN_OK)
    status = churn_scaled_after(in->matrix, in->result->means, in->result->deviations, w->run,
                                &data, error);
  if (status == CHURN_OK)
    status = cross_fit(w, &data, factors, start, &report, error);
  if (status == CHURN_OK)
    warn_about_folds(w, &report);
  for (size_t r = 0; r < in->rows->count; r++)
    w->logits[r] -= in->shift;
  churn_scaled_clear(&data);
  free(factors);
  free(start);
  return status;
}

static churn_logit_rows rows_of(const work *w)
{
  bool dependent = w->span.customers < w->span.rows;
  return (churn_logit_rows){.rows = w->input->rows->count,
                            .logits = w->logits,
                            .labels = w->input->labels,
                            .weights = w->input->weights,
                            .repeated = w->input->rows->repeated,
                            .clusters = dependent ? w->clusters : NULL};
}

static churn_judged judged_of(const work *w)
{
  return (churn_judged){.rows = w->input->rows->count,
                        .labels = w->input->labels,
                        .weights = w->input->weights,
                        .repeated = w->input->rows->repeated,
                        .clusters = w->clusters,
                        .cluster_count = w->customers};
}

static void set_interval(double estimate, double error, double *lower, double *upper)
{
  *lower = estimate - normal_975 * error;
  *upper = estimate + normal_975 * error;
}

static void warn_of_guessing(const work *w)
{
  char text[CHURN_MODEL_GUESSING_SIZE];
  churn_model_guessing_text(w->model, text);
  if (text[0] != '\0')
    churn_notes_add(churn_run_notes(w->run), CHURN_WARNING, "no_better_than_guessing",
                    CHURN_NOWHERE, "%s; fewer features, a penalty or more data may help", text);
}

static churn_status find_figures(work *w, churn_evaluation *evaluation, churn_error *error)
{
  const churn_calibrate_input *in = w->input;
  churn_scored scored = {.rows = in->rows->count,
                         .labels = in->labels,
                         .probabilities = w->probabilities,
                         .logits = w->logits,
                         .weights = in->weights,
                         .repeated = in->rows->repeated};
  churn_judged judged = judged_of(w);
  if (w->span.customers == w->span.rows)
    judged.clusters = NULL;
  judged.folds = w->fold;
  judged.fold_count = w->map.count;
  for (size_t r = 0; r < scored.rows; r++)
    w->probabilities[r] = churn_probability(w->logits[r]);
  churn_status status = churn_figures_compute(&scored, NULL, 0, w->run, evaluation, error);
  return status == CHURN_OK
             ? churn_uncertainty_add(&judged, w->logits, w->logits, w->run, evaluation, error)
             : status;
}

/* Level and slope, and how sure they are. */
static churn_status judge(work *w, churn_error *error)
{
  churn_model_out_of_fold *o = &w->model->out_of_fold;
  churn_evaluation evaluation = {0};
  churn_status status = find_figures(w, &evaluation, error);
  if (status != CHURN_OK)
    return status;
  o->folds = w->map.count;
  o->figures = evaluation.figures;
  o->slope_error = evaluation.slope_error;
  o->intercept_error = evaluation.intercept_error;
  set_interval(o->figures.calibration_slope, o->slope_error, &o->slope_lower, &o->slope_upper);
  set_interval(o->figures.calibration_intercept, o->intercept_error, &o->intercept_lower,
               &o->intercept_upper);
  free(o->error_kind);
  o->error_kind = NULL;
  return churn_text_set(&o->error_kind, evaluation.error_kind, error);
}

/* Riskiest first. */
static churn_status tabulate(work *w, churn_error *error)
{
  churn_model_out_of_fold *o = &w->model->out_of_fold;
  churn_calibration_bin bins[TENTHS];
  churn_judged judged = judged_of(w);
  size_t count = 0;
  churn_status status =
      churn_calibration_curve(&judged, w->logits, 0.95, TENTHS, bins, &count, error);
  if (status != CHURN_OK)
    return status;
  o->bins = churn_array_new(count, sizeof *o->bins);
  if (o->bins == NULL)
    return churn_error_no_memory(error);
  for (o->bin_count = 0; o->bin_count < count; o->bin_count++) {
    const churn_calibration_bin *b = &bins[count - 1 - o->bin_count];
    o->bins[o->bin_count] = (churn_reliability){.rows = b->count,
                                                .churners = b->churners,
                                                .population = b->rows,
                                                .population_churners = b->observed * b->rows,
                                                .mean_predicted = b->mean_probability,
                                                .observed = b->observed,
                                                .lower = b->interval.low,
                                                .upper = b->interval.high};
  }
  return CHURN_OK;
}

static bool all_finite(const work *w)
{
  for (size_t r = 0; r < w->input->rows->count; r++)
    if (!isfinite(w->logits[r]))
      return false;
  return true;
}

/* *predicted false, and a note, where the data have no answer. */
static churn_status predict_or_say(work *w, bool *predicted, churn_error *error)
{
  churn_error fault = {0};
  churn_status status = predict(w, &fault);
  *predicted = status == CHURN_OK && all_finite(w);
  if (status == CHURN_DEGENERATE || (status == CHURN_OK && !*predicted)) {
    say_none(w, status == CHURN_OK ? "a fold's predictions are not finite" : fault.message);
    return CHURN_OK;
  }
  if (status != CHURN_OK && error != NULL)
    *error = fault;
  return status;
}

/* What the model holds where there is nothing. */
static churn_status set_none(churn_model *model, churn_error *error)
{
  model->out_of_fold = (churn_model_out_of_fold){.figures = {.auc = NAN,
                                                             .auc_lower = NAN,
                                                             .auc_upper = NAN,
                                                             .log_loss = NAN,
                                                             .null_log_loss = NAN,
                                                             .brier = NAN,
                                                             .null_brier = NAN,
                                                             .calibration_intercept = NAN,
                                                             .calibration_slope = NAN,
                                                             .top_decile_lift = NAN},
                                                 .intercept_error = NAN,
                                                 .intercept_lower = NAN,
                                                 .intercept_upper = NAN,
                                                 .slope_error = NAN,
                                                 .slope_lower = NAN,
                                                 .slope_upper = NAN};
  return churn_text_set(&model->out_of_fold.error_kind, "none", error);
}

churn_status churn_calibrate(const churn_calibrate_input *input, const churn_run *run,
                             churn_model *model, churn_error *error)
{
  work w = {.input = input, .run = run, .model = model};
  bool predicted = false;
  churn_status status = set_none(model, error);
  if (status == CHURN_OK)
    status = churn_span_of(input->rows, &w.span, error);
  uint32_t folds = status == CHURN_OK ? count_folds(&w) : 0;
  if (status == CHURN_OK && folds >= 2)
    status = make_room(&w, error);
  if (status == CHURN_OK && folds >= 2) {
    w.map = (churn_fold_map){w.fold, folds};
    status = predict_or_say(&w, &predicted, error);
  }
  if (status == CHURN_OK && predicted)
    status = judge(&w, error);
  if (status == CHURN_OK && predicted)
    status = tabulate(&w, error);
  churn_logit_rows rows = rows_of(&w);
  if (status == CHURN_OK)
    status = churn_recalibrate_model(predicted ? &rows : NULL, &w.map, input->spec->recalibrate,
                                     run, &model->recalibration, error);
  if (status == CHURN_OK && predicted)
    warn_of_guessing(&w);
  free(w.fold);
  free(w.logits);
  free(w.probabilities);
  free(w.clusters);
  return status;
}
