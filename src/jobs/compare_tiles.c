/* The tiles that the fits of a comparison share.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs/compare_parts.h"

#include "base/memory.h"

static churn_status find_agreeing(churn_comparing *c, const churn_judging_folds *folds,
                                  bool **agrees, churn_error *error)
{
  *agrees = churn_array_new(folds->count * c->pipeline->feature_count, sizeof **agrees);
  if (*agrees == NULL)
    return churn_error_no_memory(error);
  return folds->count == 0
             ? CHURN_OK
             : churn_shared_tiles_agree(&c->tiles, c->frame, folds, c->run, *agrees, error);
}

static bool all_agree(const churn_comparing *c, const churn_judging_folds *folds,
                      const bool *agrees)
{
  bool all = true;
  for (size_t i = 0; i < folds->count * c->pipeline->feature_count; i++)
    all = all && agrees[i];
  return all;
}

/* Where every fold agrees with the tiles on every feature, nothing reads the frame any more. */
static churn_status fill_tiles(churn_comparing *c, churn_error *error)
{
  bool move = all_agree(c, &c->folds, c->agrees) &&
              all_agree(c, &c->random_folds, c->random_agrees) &&
              all_agree(c, &c->learning.folds, c->learning_agrees);
  c->has_tiles = true;
  return churn_shared_tiles_fill(&c->tiles, &c->frame, move, c->run, error);
}

churn_status churn_compare_make_tiles(churn_comparing *c, churn_error *error)
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
