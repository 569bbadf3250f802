/* Fits that can share one set of tiles.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs/shared_folds.h"

#include "base/error.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

/* Which sets' fits each fold can share. */
static void mark_agreeing(const churn_out_of_fold_input *in, const bool *wanted, bool *shared)
{
  size_t features = in->pipeline->feature_count, sets = in->sets->count;
  for (uint32_t f = 0; f < in->folds->count; f++)
    for (size_t s = 0; s < sets; s++) {
      bool agrees = wanted[f * sets + s];
      for (size_t i = 0; i < features; i++)
        agrees = agrees && (!in->sets->sets[s].holds[i] || in->agrees[f * features + i]);
      shared[f * sets + s] = agrees;
    }
  for (size_t s = 0; in->whole != NULL && s < sets; s++)
    shared[in->folds->count * sets + s] = in->whole[s];
}

/* Those of the folds, and of one that trains on all rows. */
static bool *make_trains(const churn_judging_folds *folds)
{
  size_t groups = folds->groups, before = folds->count * groups;
  bool *trains = churn_array_new(before + groups, sizeof *trains);
  if (trains == NULL)
    return NULL;
  memcpy(trains, folds->trains, before * sizeof *trains);
  for (size_t g = 0; g < groups; g++)
    trains[before + g] = true;
  return trains;
}

static churn_status list_sets(const churn_out_of_fold_input *in, churn_predictions *p,
                              churn_set_fits_result *result, churn_error *error)
{
  const churn_feature_sets *sets = in->sets;
  size_t columns = in->tiles->matrix->columns, fits = sets->count * ((size_t)in->folds->count + 1);
  bool *marked = churn_array_new(columns, sizeof *marked);
  p->columns = churn_array_new(sets->count * columns, sizeof *p->columns);
  p->sets = churn_array_new(sets->count, sizeof *p->sets);
  p->coefficients = churn_array_new(fits * (columns + 1), sizeof *p->coefficients);
  p->kept = churn_array_new(sets->count, sizeof *p->kept);
  *result = (churn_set_fits_result){p->coefficients, p->shared, p->kept,
                                    churn_array_new(sets->count, sizeof *result->milliseconds)};
  bool good = marked != NULL && p->columns != NULL && p->sets != NULL && p->coefficients != NULL &&
              p->kept != NULL && result->milliseconds != NULL;
  for (size_t s = 0; good && s < sets->count; s++) {
    uint32_t *to = p->columns + s * columns;
    for (size_t c = 0; c < columns; c++)
      marked[c] = false;
    churn_set_columns(in->tiles->encoding, &sets->sets[s], marked);
    p->sets[s].columns = to;
    for (size_t c = 0; c < columns; c++)
      if (marked[c])
        to[p->sets[s].count++] = (uint32_t)c;
  }
  free(marked);
  return good ? CHURN_OK : churn_error_no_memory(error);
}

static void report(const churn_out_of_fold_input *in, const churn_set_fits_result *result,
                   bool *wanted, churn_set_outcome *outcomes)
{
  size_t sets = in->sets->count;
  for (size_t s = 0; s < sets; s++) {
    outcomes[s].milliseconds += result->milliseconds[s];
    for (uint32_t f = 0; f < in->folds->count; f++) {
      if (!result->wanted[f * sets + s])
        continue;
      wanted[f * sets + s] = false;
      if (outcomes[s].columns < result->columns[s])
        outcomes[s].columns = result->columns[s];
    }
  }
}

churn_status churn_shared_folds(const churn_out_of_fold_input *input, bool *wanted,
                                const char *stage, const churn_run *run,
                                churn_predictions *predictions, churn_set_outcome *outcomes,
                                churn_error *error)
{
  /* without notes: each fit would say again what training says */
  churn_run quiet = {.threads = run == NULL ? 0 : run->threads,
                     .progress = run == NULL ? NULL : run->progress};
  const churn_judging_folds *folds = input->folds;
  churn_set_fits_result result = {0};
  bool *trains = make_trains(folds);
  if (trains == NULL)
    return churn_error_no_memory(error);
  mark_agreeing(input, wanted, predictions->shared);
  churn_status status = list_sets(input, predictions, &result, error);
  churn_set_fits_input fits = {.data = &input->tiles->scaled,
                               .groups = {folds->group, folds->groups},
                               .trains = trains,
                               .folds = folds->count + (input->whole != NULL),
                               .sets = predictions->sets,
                               .set_count = input->sets->count};
  if (status == CHURN_OK)
    status = churn_set_fits(&fits, stage, &quiet, &result, error);
  if (status == CHURN_OK) {
    predictions->tiles = input->tiles;
    report(input, &result, wanted, outcomes);
  }
  free(trains);
  free(result.milliseconds);
  return status;
}
