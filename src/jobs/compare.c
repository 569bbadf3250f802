/* Comparing feature sets, whole: read, snapshots, sets, folds, predictions, figures.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/memory.h"
#include "design/split.h"
#include "evaluate/bootstrap.h"
#include "jobs/best_set.h"
#include "jobs/drift.h"
#include "jobs/extraction_cost.h"
#include "jobs/nested.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { DEFAULT_FOLDS = 5 };

typedef struct comparing {
  const churn_project *project;
  const churn_compare_settings *settings;
  const churn_run *run;
  churn_pipeline *pipeline;
  churn_snapshots *rows;
  size_t kept_back;
  churn_frame *frame;
  churn_feature_sets sets;
  churn_judging_folds folds, random_folds; /* random_folds.count 0: they would tell nothing */
  churn_shared_tiles tiles;
  bool has_tiles;
  bool *agrees, *random_agrees, *learning_agrees; /* of the tiles, for the folds that there are */
  churn_learning_folds learning;
  double *values; /* [rows] money at risk; NULL = the project has none */
  double *drifts; /* [features]; NULL where no features are reported */
  churn_predictions predictions;
  bool *wanted; /* [features of the project]: those that some set holds; NULL = all are read */
  churn_comparison *comparison;
} comparing;

void churn_comparison_free(churn_comparison *comparison)
{
  if (comparison == NULL)
    return;
  for (size_t s = 0; comparison->sets != NULL && s < comparison->set_count; s++) {
    free(comparison->sets[s].name);
    free(comparison->sets[s].features);
    free(comparison->sets[s].fold_aucs);
    free(comparison->sets[s].fold_log_losses);
    free(comparison->sets[s].fold_briers);
  }
  for (size_t i = 0; comparison->pairs != NULL && i < comparison->pair_count; i++)
    free(comparison->pairs[i].verdict);
  for (size_t i = 0; comparison->features != NULL && i < comparison->feature_count; i++)
    free(comparison->features[i]);
  for (size_t i = 0; comparison->expressions != NULL && i < comparison->feature_count; i++)
    free(comparison->expressions[i]);
  for (size_t i = 0; comparison->inputs != NULL && i < comparison->input_count; i++) {
    free(comparison->inputs[i].source);
    free(comparison->inputs[i].fingerprint);
  }
  for (size_t i = 0; comparison->columns != NULL && i < comparison->column_count; i++)
    free(comparison->columns[i].name);
  free(comparison->sets_text);
  free(comparison->test_kind);
  free(comparison->interval_kind);
  free(comparison->features);
  free(comparison->expressions);
  free(comparison->inputs);
  free(comparison->best_features);
  free(comparison->columns);
  free(comparison->folds);
  free(comparison->sets);
  free(comparison->pairs);
  free(comparison);
}

static void clear(comparing *c)
{
  churn_comparison_free(c->comparison);
  churn_predictions_clear(&c->predictions);
  churn_shared_tiles_clear(&c->tiles);
  churn_learning_folds_clear(&c->learning);
  churn_judging_folds_clear(&c->folds);
  churn_judging_folds_clear(&c->random_folds);
  churn_feature_sets_clear(&c->sets);
  churn_frame_free(c->frame);
  free(c->values);
  free(c->drifts);
  free(c->agrees);
  free(c->random_agrees);
  free(c->learning_agrees);
  churn_snapshots_free(c->rows);
  churn_pipeline_close(c->pipeline);
  free(c->wanted);
}

static churn_status check_outcome(const churn_project *project, churn_error *error)
{
  if (project->outcome.kind != CHURN_OUTCOME_NONE)
    return CHURN_OK;
  return churn_error_set_at(error, CHURN_BAD_PROJECT, (churn_place){project->path, 0, 0},
                            "the project has no `outcome`, so there is nothing to compare on");
}

/* Only what some set holds is read and extracted. */
static churn_status narrow_sets(comparing *c, size_t features, churn_error *error)
{
  c->wanted = churn_array_new(features, sizeof *c->wanted);
  if (c->wanted == NULL)
    return churn_error_no_memory(error);
  churn_feature_sets_union(&c->sets, features, c->wanted);
  churn_feature_sets_narrow(&c->sets, features, c->wanted);
  return CHURN_OK;
}

/* Before the data is read, so that a wrong name is told at once. */
static churn_status open_sets(comparing *c, churn_error *error)
{
  churn_pipeline_settings opening = {.with_labels = true, .weighted = true, .no_data = true};
  churn_pipeline *checked = NULL;
  churn_status status = check_outcome(c->project, error);
  if (status != CHURN_OK || churn_project_reads_standard_input(c->project))
    return status;
  status = churn_pipeline_open(c->project, &opening, c->run, &checked, error);
  if (status == CHURN_OK)
    status = churn_feature_sets_build(checked, c->settings, &c->sets, error);
  if (status == CHURN_OK)
    status = narrow_sets(c, checked->feature_count, error);
  churn_pipeline_close(checked);
  return status;
}

/* Rows that `test_from` or `split` leaves. */
static churn_status take_rows(comparing *c, churn_error *error)
{
  churn_snapshots *all = NULL;
  churn_split split = churn_split_of(c->project, c->settings->test_from);
  churn_status status = churn_pipeline_snapshots(c->pipeline, c->settings->first, c->settings->last,
                                                 CHURN_SNAPSHOTS_LABELLED, c->run, &all, error);
  if (status == CHURN_OK)
    status = churn_split_take(&split, c->pipeline->data, all, CHURN_PART_TRAIN, &c->rows, error);
  if (status == CHURN_OK && c->rows->count == 0)
    status = churn_error_set(error, CHURN_DEGENERATE,
                             "no labelled row to compare on: every label window is still open, or "
                             "`test_from` or `split` keeps all rows back");
  if (status == CHURN_OK)
    c->kept_back = all->count - c->rows->count;
  churn_snapshots_free(all);
  return status;
}

static churn_status open_rows(comparing *c, churn_error *error)
{
  churn_pipeline_settings opening = {.with_labels = true, .weighted = true, .wanted = c->wanted};
  churn_status status = churn_pipeline_open(c->project, &opening, c->run, &c->pipeline, error);
  if (status == CHURN_OK && c->sets.count == 0)
    status = churn_feature_sets_build(c->pipeline, c->settings, &c->sets, error);
  if (status != CHURN_OK)
    return status;
  churn_data_let_index_go(c->pipeline->data);
  return take_rows(c, error);
}

static churn_status choose_folds(comparing *c, churn_error *error)
{
  const churn_compare_settings *s = c->settings;
  churn_status status = CHURN_OK;
  if (s->folds == 0)
    status = churn_judging_by_time(c->pipeline, c->rows, s->window_days, c->run, &c->folds, error);
  if (status != CHURN_OK || c->folds.count > 0)
    return status;
  churn_judging_folds_clear(&c->folds);
  if (s->window_days > 0)
    return churn_error_set(
        error, CHURN_USAGE,
        "a sliding window takes folds by time: leave out the number of folds, on "
        "a project that has snapshots enough");
  return churn_judging_by_customer(c->pipeline, c->rows, s->folds == 0 ? DEFAULT_FOLDS : s->folds,
                                   s->seed, &c->folds, error);
}

static void describe_fold(const comparing *c, uint32_t fold, churn_compared_fold *to)
{
  to->as_of = c->folds.by_time ? c->folds.days[fold] : CHURN_DAY_MISSING;
  for (size_t i = 0; i < c->rows->count; i++) {
    uint64_t churner = c->rows->rows[i].label == CHURN_LABEL_CHURNED;
    if (churn_judging_trains(&c->folds, fold, i)) {
      to->training_rows++;
      to->training_churners += churner;
    }
    if (c->folds.fold[i] == fold) {
      to->rows++;
      to->churners += churner;
    }
  }
}

static churn_status describe_set(const comparing *c, size_t set, churn_error *error)
{
  const churn_feature_set *from = &c->sets.sets[set];
  churn_compared_set *to = &c->comparison->sets[set];
  to->random_auc = NAN;
  to->features = churn_array_new(from->count, sizeof *to->features);
  to->fold_aucs = churn_array_new(c->folds.count, sizeof *to->fold_aucs);
  to->fold_log_losses = churn_array_new(c->folds.count, sizeof *to->fold_log_losses);
  to->fold_briers = churn_array_new(c->folds.count, sizeof *to->fold_briers);
  if (to->features == NULL || to->fold_aucs == NULL || to->fold_log_losses == NULL ||
      to->fold_briers == NULL)
    return churn_error_no_memory(error);
  for (size_t f = 0; f < c->comparison->feature_count; f++)
    if (from->holds[f])
      to->features[to->feature_count++] = c->comparison->features[f];
  to->row_bytes = from->count * sizeof(double);
  return churn_text_set(&to->name, from->name, error);
}

static void list_pairs(churn_comparison *to, bool all)
{
  for (size_t a = 0; a < (all ? to->set_count : 1); a++)
    for (size_t b = a + 1; b < to->set_count; b++)
      to->pairs[to->pair_count++] =
          (churn_compared_pair){.first = a, .second = b, .nested = {0, false, 0, NAN, NAN}};
}

static churn_status describe_inputs(const comparing *c, churn_error *error)
{
  churn_comparison *to = c->comparison;
  const churn_data *data = c->pipeline->data;
  churn_status status = CHURN_OK;
  to->data_until = data->data_until;
  to->inputs = churn_array_new(data->input_count, sizeof *to->inputs);
  if (to->inputs == NULL)
    return churn_error_no_memory(error);
  for (; status == CHURN_OK && to->input_count < data->input_count; to->input_count++) {
    const churn_input *from = &data->inputs[to->input_count];
    churn_model_input *input = &to->inputs[to->input_count];
    input->rows = from->rows;
    status = churn_text_set(&input->source, from->name, error);
    if (status == CHURN_OK)
      status = churn_text_set(&input->fingerprint, from->fingerprint, error);
  }
  return status;
}

static churn_status describe_features(const comparing *c, churn_error *error)
{
  churn_comparison *to = c->comparison;
  size_t count = c->pipeline->feature_count;
  churn_status status = CHURN_OK;
  to->features = churn_array_new(count, sizeof *to->features);
  to->expressions = churn_array_new(count, sizeof *to->expressions);
  if (to->features == NULL || to->expressions == NULL)
    return churn_error_no_memory(error);
  for (; status == CHURN_OK && to->feature_count < count; to->feature_count++) {
    const churn_feature_spec *spec = &c->pipeline->selection->features[to->feature_count];
    status = churn_text_set(&to->features[to->feature_count], spec->name.text, error);
    if (status == CHURN_OK)
      status = churn_text_set(&to->expressions[to->feature_count], spec->expression.text, error);
  }
  return status;
}

/* What a ledger needs to tell one comparison from another, and to repeat it. */
static churn_status describe_origin(const comparing *c, churn_error *error)
{
  const churn_compare_settings *s = c->settings;
  const churn_outcome_spec *outcome = &c->project->outcome;
  churn_comparison *to = c->comparison;
  to->settings = *s;
  to->settings.sets = NULL;
  to->gap_days = outcome->gap_days;
  to->horizon_days = outcome->horizon_days;
  churn_status status = s->sets == NULL ? CHURN_OK : churn_text_set(&to->sets_text, s->sets, error);
  to->settings.sets = to->sets_text;
  return status == CHURN_OK ? describe_inputs(c, error) : status;
}

static churn_status describe(comparing *c, churn_error *error)
{
  const churn_compare_settings *s = c->settings;
  size_t sets = c->sets.count;
  churn_comparison *to = c->comparison = calloc(1, sizeof *to);
  if (to == NULL)
    return churn_error_no_memory(error);
  to->rule = c->folds.by_time ? CHURN_FOLDS_TIME : CHURN_FOLDS_CUSTOMERS;
  to->window_days = s->window_days;
  to->kept_back = c->kept_back;
  to->capacity = s->capacity;
  to->seed = s->seed;
  to->draws = churn_bootstrap_draws(&(churn_bootstrap_settings){.draws = s->draws});
  to->folds = churn_array_new(c->folds.count, sizeof *to->folds);
  to->sets = churn_array_new(sets, sizeof *to->sets);
  to->pairs = churn_array_new(s->all_pairs ? sets * (sets - 1) / 2 : sets, sizeof *to->pairs);
  if (to->folds == NULL || to->sets == NULL || to->pairs == NULL)
    return churn_error_no_memory(error);
  to->fold_count = to->planned_folds = c->folds.count;
  to->set_count = sets;
  churn_status status = describe_origin(c, error);
  if (status == CHURN_OK)
    status = describe_features(c, error);
  for (size_t i = 0; status == CHURN_OK && i < sets; i++)
    status = describe_set(c, i, error);
  for (uint32_t f = 0; f < c->folds.count; f++)
    describe_fold(c, f, &to->folds[f]);
  list_pairs(to, s->all_pairs);
  return status;
}

static void describe_fits(const comparing *c, const churn_set_outcome *fits)
{
  for (size_t s = 0; s < c->sets.count; s++) {
    churn_compared_set *to = &c->comparison->sets[s];
    to->columns = fits[s].columns;
    to->separated = fits[s].separated;
    to->not_converged = fits[s].not_converged;
    to->fit_ms = fits[s].milliseconds;
    if (fits[s].separated > 0)
      churn_notes_add(churn_run_notes(c->run), CHURN_WARNING, "separated", CHURN_NOWHERE,
                      "set %s: in %u of %u folds the likelihood has no maximum; judged by the fit "
                      "where it hardly rises any more",
                      to->name, fits[s].separated, c->folds.count);
    if (fits[s].not_converged > 0)
      churn_notes_add(churn_run_notes(c->run), CHURN_WARNING, "not_converged", CHURN_NOWHERE,
                      "set %s: %u of %u fits did not converge", to->name, fits[s].not_converged,
                      c->folds.count);
  }
}

/* Rows of folds that were not finished are not judged, but go on training the others. */
static void keep_folds(comparing *c, uint32_t finished)
{
  for (size_t i = 0; i < c->rows->count; i++)
    if (c->folds.fold[i] != CHURN_NOT_JUDGED && c->folds.fold[i] >= finished)
      c->folds.fold[i] = CHURN_NOT_JUDGED;
  c->folds.count = finished;
  c->comparison->fold_count = finished;
}

static bool is_asked(const comparing *c)
{
  return c->run != NULL && c->run->stop != NULL && c->run->stop->asked;
}

static size_t find_best(const churn_comparison *c)
{
  size_t best = 0;
  for (size_t s = 1; s < c->set_count; s++)
    if (c->sets[s].auc.value > c->sets[best].auc.value)
      best = s;
  return best;
}

static bool is_weighted(const comparing *c)
{
  return c->project->fit.weighting != CHURN_WEIGHTING_NONE;
}

/* Whether single rows dealt at random would be other folds than ours: some customer has several
 * rows, or ours are by time. */
static bool random_differs(const comparing *c)
{
  bool differs = c->folds.by_time;
  for (size_t i = 1; !differs && i < c->rows->count; i++)
    differs = c->rows->rows[i].customer == c->rows->rows[i - 1].customer;
  return differs;
}

static churn_status deal_random(comparing *c, churn_error *error)
{
  return random_differs(c) ? churn_judging_by_row(c->rows, DEFAULT_FOLDS, c->settings->seed,
                                                  &c->random_folds, error)
                           : CHURN_OK;
}

/* What is asked of the raw values, before they go. */
static churn_status keep_values(comparing *c, churn_error *error)
{
  if (c->project->value.text != NULL) {
    c->values = c->frame->values;
    c->frame->values = NULL;
  }
  if (c->settings->brief)
    return CHURN_OK;
  c->drifts = churn_array_new(c->pipeline->feature_count, sizeof *c->drifts);
  return c->drifts == NULL
             ? churn_error_no_memory(error)
             : churn_drift_measure(c->pipeline, c->rows, c->frame, c->run, c->drifts, error);
}

static churn_status find_agreeing(comparing *c, const churn_judging_folds *folds, bool **agrees,
                                  churn_error *error)
{
  *agrees = churn_array_new(folds->count * c->pipeline->feature_count, sizeof **agrees);
  if (*agrees == NULL)
    return churn_error_no_memory(error);
  return folds->count == 0
             ? CHURN_OK
             : churn_shared_tiles_agree(&c->tiles, c->frame, folds, c->run, *agrees, error);
}

static bool all_agree(const comparing *c, const churn_judging_folds *folds, const bool *agrees)
{
  bool all = true;
  for (size_t i = 0; i < folds->count * c->pipeline->feature_count; i++)
    all = all && agrees[i];
  return all;
}

/* Where every fold agrees with the tiles on every feature, nothing reads the frame any more. */
static churn_status fill_tiles(comparing *c, churn_error *error)
{
  bool move = all_agree(c, &c->folds, c->agrees) &&
              all_agree(c, &c->random_folds, c->random_agrees) &&
              all_agree(c, &c->learning.folds, c->learning_agrees);
  c->has_tiles = true;
  return churn_shared_tiles_fill(&c->tiles, &c->frame, move, c->run, error);
}

static churn_status make_tiles(comparing *c, churn_error *error)
{
  churn_run quiet = {.threads = c->run == NULL ? 0 : c->run->threads,
                     .progress = c->run == NULL ? NULL : c->run->progress};
  const churn_run *run = c->run;
  if (c->project->fit.penalty != CHURN_PENALTY_NONE)
    return CHURN_OK;
  /* each encoding would say again what training says */
  c->run = &quiet;
  churn_status status =
      churn_shared_tiles_open(c->pipeline, c->rows, c->frame, c->run, &c->tiles, error);
  if (status == CHURN_OK)
    status = find_agreeing(c, &c->folds, &c->agrees, error);
  if (status == CHURN_OK)
    status = find_agreeing(c, &c->random_folds, &c->random_agrees, error);
  if (status == CHURN_OK)
    status = find_agreeing(c, &c->learning.folds, &c->learning_agrees, error);
  if (status == CHURN_OK)
    status = fill_tiles(c, error);
  c->run = run;
  return status;
}

static churn_status deal_learning(comparing *c, churn_error *error)
{
  return c->settings->brief
             ? CHURN_OK
             : churn_learning_deal(c->rows, c->pipeline->data->customers.ids, &c->folds,
                                   c->settings->seed, &c->learning, error);
}

/* What they cost is known: nothing else reads the sources. */
static churn_status extract(comparing *c, churn_error *error)
{
  churn_pipeline *p = c->pipeline;
  churn_status status =
      churn_frame_move(p->plan, c->rows, p->feature_count, p->data, c->run, &c->frame, error);
  churn_data_let_go(p->data);
  return status;
}

static churn_out_of_fold_input input_of(const comparing *c, const churn_feature_sets *sets,
                                        const churn_judging_folds *folds, const bool *agrees)
{
  return (churn_out_of_fold_input){.pipeline = c->pipeline,
                                   .rows = c->rows,
                                   .frame = c->frame,
                                   .sets = sets,
                                   .folds = folds,
                                   .tiles = c->has_tiles ? &c->tiles : NULL,
                                   .agrees = agrees};
}

static churn_status judge(comparing *c, churn_error *error)
{
  churn_out_of_fold_input input = input_of(c, &c->sets, &c->folds, c->agrees);
  uint32_t finished = 0;
  bool *nested = churn_array_new(c->sets.count, sizeof *nested);
  churn_set_outcome *fits = churn_array_new(c->sets.count, sizeof *fits);
  churn_status status = fits == NULL || nested == NULL ? churn_error_no_memory(error) : CHURN_OK;
  if (status == CHURN_OK)
    churn_nested_mark(&c->sets, c->pipeline->feature_count, c->comparison, nested);
  input.whole = nested;
  if (status == CHURN_OK)
    status = churn_predictions_open(c->rows, &c->folds, c->sets.count, &c->predictions, error);
  if (status == CHURN_OK)
    status =
        churn_out_of_fold(&input, "comparison", c->run, &c->predictions, fits, &finished, error);
  if (status == CHURN_OK)
    keep_folds(c, finished);
  churn_judge_input judging = {c->rows, c->values, &c->folds, &c->predictions, is_weighted(c)};
  if (status == CHURN_OK) {
    describe_fits(c, fits);
    status = churn_judge(&judging, c->run, c->comparison, error);
    c->comparison->best = find_best(c->comparison);
  }
  free(nested);
  free(fits);
  return status;
}

/* What the same sets seem worth when rows are dealt at random: rows of one customer, and label
 * windows, on both sides. */
static churn_status judge_random(comparing *c, churn_error *error)
{
  size_t sets = c->sets.count;
  if (c->random_folds.count == 0 || is_asked(c))
    return CHURN_OK;
  churn_out_of_fold_input input = input_of(c, &c->sets, &c->random_folds, c->random_agrees);
  churn_predictions predictions = {0};
  uint32_t finished = 0;
  double *areas = churn_array_new(sets, sizeof *areas);
  churn_set_outcome *fits = churn_array_new(sets, sizeof *fits);
  churn_status status = areas == NULL || fits == NULL ? churn_error_no_memory(error) : CHURN_OK;
  if (status == CHURN_OK)
    status = churn_predictions_open(c->rows, &c->random_folds, sets, &predictions, error);
  if (status == CHURN_OK)
    status =
        churn_out_of_fold(&input, "random folds", c->run, &predictions, fits, &finished, error);
  /* the same rows, ranked in the same lists, so that the difference is optimism alone */
  churn_judge_input judging = {c->rows, c->values, &c->folds, &predictions, is_weighted(c)};
  bool whole = finished == c->random_folds.count;
  if (status == CHURN_OK && whole)
    status = churn_judge_predicted(&judging, c->run, areas, error);
  for (size_t s = 0; status == CHURN_OK && whole && s < sets; s++)
    c->comparison->sets[s].random_auc = areas[s];
  churn_predictions_clear(&predictions);
  free(areas);
  free(fits);
  return status;
}

static churn_status test_nested(comparing *c, churn_error *error)
{
  churn_out_of_fold_input input = input_of(c, &c->sets, &c->folds, c->agrees);
  return is_asked(c) ? CHURN_OK
                     : churn_nested_test(&input, &c->predictions, c->run, c->comparison, error);
}

static churn_status measure_cost(comparing *c, churn_error *error)
{
  churn_status status = CHURN_OK;
  for (size_t s = 0; s < c->sets.count; s++)
    c->comparison->sets[s].extraction_ms = NAN;
  for (size_t s = 0; status == CHURN_OK && s < c->sets.count && !is_asked(c); s++)
    status = churn_extraction_cost(c->pipeline, c->rows, &c->sets.sets[s],
                                   &c->comparison->sets[s].extraction_ms, error);
  return status;
}

static churn_status report_best(comparing *c, churn_error *error)
{
  if (c->settings->brief || is_asked(c))
    return CHURN_OK;
  churn_feature_sets one = {.sets = &c->sets.sets[c->comparison->best], .count = 1};
  churn_best_set best = {.input = input_of(c, &one, &c->folds, c->agrees),
                         .values = c->values,
                         .predictions = &c->predictions,
                         .tiles = c->has_tiles ? &c->tiles : NULL,
                         .learning = &c->learning,
                         .learning_agrees = c->learning_agrees,
                         .drifts = c->drifts};
  churn_status status = churn_best_set_learn(&best, c->run, c->comparison, error);
  return status == CHURN_OK ? churn_best_set_explain(&best, c->run, c->comparison, error) : status;
}

static churn_status conclude(comparing *c, churn_error *error)
{
  (void)error;
  c->comparison->partial = is_asked(c);
  return CHURN_OK;
}

churn_status churn_compare(const churn_project *project, const churn_compare_settings *settings,
                           const churn_run *run, churn_comparison **comparison, churn_error *error)
{
  comparing c = {.project = project, .settings = settings, .run = run};
  churn_status status = CHURN_OK;
  churn_status (*const steps[])(comparing *, churn_error *) = {
      open_sets,     open_rows,    choose_folds, describe,    deal_random,
      deal_learning, measure_cost, extract,      keep_values, make_tiles,
      judge,         judge_random, test_nested,  report_best, conclude};
  for (size_t i = 0; i < sizeof steps / sizeof steps[0] && status == CHURN_OK; i++)
    status = steps[i](&c, error);
  if (status == CHURN_OK) {
    *comparison = c.comparison;
    c.comparison = NULL;
  }
  clear(&c);
  return status;
}
