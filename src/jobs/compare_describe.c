/* What a comparison says of its rows, folds, sets, features and inputs.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs/compare_parts.h"

#include "base/memory.h"
#include "evaluate/bootstrap.h"

#include <math.h>
#include <stdlib.h>

static void describe_fold(const churn_comparing *c, uint32_t fold, churn_compared_fold *to)
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

static churn_status describe_set(const churn_comparing *c, size_t set, churn_error *error)
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

static churn_status describe_inputs(const churn_comparing *c, churn_error *error)
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

static churn_status describe_features(const churn_comparing *c, churn_error *error)
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
static churn_status describe_origin(const churn_comparing *c, churn_error *error)
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

churn_status churn_compare_describe(churn_comparing *c, churn_error *error)
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

void churn_compare_describe_fits(const churn_comparing *c, const churn_set_outcome *fits)
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
