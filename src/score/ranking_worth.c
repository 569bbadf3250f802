/* What contacting a customer is worth.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/error.h"
#include "base/memory.h"
#include "design/frame.h"
#include "score/ranking_parts.h"

#include <math.h>

const churn_cause *churn_ranking_main_cause(const churn_ranking *ranking, size_t row)
{
  uint32_t at = ranking->causes.causes == 0 ? CHURN_NO_CAUSE : ranking->scores.main_causes[row];
  return at == CHURN_NO_CAUSE ? NULL : churn_playbook_cause(ranking->pipeline->project, at);
}

bool churn_cause_has_action(const churn_cause *cause)
{
  return !cause->excluded && cause->actions[CHURN_ENGLISH][0] != '\0';
}

/* Nobody calls who has left already. Of a playbook it is the main cause's action that counts. */
static double worth_of(const churn_ranking *r, size_t row)
{
  const churn_project *project = r->pipeline->project;
  double loss = r->scores.probabilities[row] * r->scores.values[row];
  if (churn_ranking_row_is_gone(r, row))
    return NAN;
  if (r->causes.causes == 0)
    return loss * project->action.save_rate - project->action.cost;
  const churn_cause *cause = churn_ranking_main_cause(r, row);
  return cause == NULL || !churn_cause_has_action(cause) ? NAN
                                                         : loss * cause->save_rate - cause->cost;
}

static churn_status find_reps(churn_ranking *r, const churn_run *run, churn_error *error)
{
  churn_frame *frame = NULL;
  size_t rows = r->snapshots->count;
  if (r->pipeline->rep == NULL)
    return CHURN_OK;
  r->reps = churn_array_new(rows, sizeof *r->reps);
  churn_status status = r->reps == NULL ? churn_error_no_memory(error)
                                        : churn_frame_build(r->pipeline->rep, r->snapshots, 0, rows,
                                                            1, run, &frame, error);
  for (size_t row = 0; status == CHURN_OK && row < rows; row++)
    r->reps[row] = churn_frame_get(frame, row, 0);
  churn_frame_free(frame);
  return status;
}

churn_status churn_ranking_find_worths(churn_ranking *ranking, churn_rank_by by,
                                       const churn_run *run, churn_error *error)
{
  const churn_project *project = ranking->pipeline->project;
  size_t rows = ranking->snapshots->count;
  ranking->tells_worth = by == CHURN_BY_WORTH;
  if (by != CHURN_BY_WORTH && !project->capacity.given)
    return CHURN_OK;
  if (project->value.text == NULL)
    return churn_error_set(error, CHURN_USAGE,
                           "what a contact is worth depends on the money at risk, and the project "
                           "has no `value` under customers");
  ranking->worths = churn_array_new(rows, sizeof *ranking->worths);
  if (ranking->worths == NULL)
    return churn_error_no_memory(error);
  for (size_t row = 0; row < rows; row++)
    ranking->worths[row] = worth_of(ranking, row);
  return find_reps(ranking, run, error);
}

void churn_ranking_get_worth(const churn_ranking *ranking, size_t row, churn_ranked *ranked)
{
  const char *rep = NULL;
  ranked->worth = ranking->worths == NULL ? NAN : ranking->worths[row];
  if (ranking->reps != NULL)
    rep = churn_plan_text(ranking->pipeline->rep, ranking->reps[row]);
  ranked->rep = rep == NULL ? "" : rep;
}
