/* The ranked list by cause: who is left out, main causes in words, sums by cause, totals.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/error.h"
#include "base/memory.h"
#include "score/ranking_parts.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

size_t churn_ranking_causes(const churn_ranking *ranking)
{
  return ranking->causes.causes;
}

const churn_cause_map *churn_ranking_cause_map(const churn_ranking *ranking)
{
  return &ranking->causes;
}

static const churn_cause *cause_of(const churn_ranking *r, size_t row)
{
  uint32_t cause = r->causes.causes == 0 ? CHURN_NO_CAUSE : r->scores.main_causes[row];
  return cause == CHURN_NO_CAUSE ? NULL : churn_playbook_cause(r->pipeline->project, cause);
}

bool churn_ranking_excludes(const churn_ranking *ranking, size_t row)
{
  const churn_cause *cause = cause_of(ranking, row);
  return cause != NULL && cause->excluded;
}

churn_status churn_ranking_partition(uint32_t *order, size_t count, const bool *keep, size_t *kept,
                                     churn_error *error)
{
  size_t in = 0, out = 0;
  uint32_t *left_out = churn_array_new(count, sizeof *left_out);
  if (left_out == NULL)
    return churn_error_no_memory(error);
  for (size_t i = 0; i < count; i++) {
    uint32_t row = order[i];
    if (keep[row])
      order[in++] = row;
    else
      left_out[out++] = row;
  }
  memcpy(order + in, left_out, out * sizeof *left_out);
  free(left_out);
  *kept = in;
  return CHURN_OK;
}

bool churn_ranking_row_is_gone(const churn_ranking *ranking, size_t row)
{
  const bool *gone = ranking->pipeline->data->customers.gone;
  return gone != NULL && gone[ranking->snapshots->rows[row].spell];
}

void churn_ranking_warn_of_gone(const churn_project *project, uint64_t gone, const churn_run *run)
{
  const churn_outcome_spec *outcome = &project->outcome;
  if (gone > 0)
    churn_notes_add(churn_run_notes(run), CHURN_WARNING, "already_gone",
                    churn_project_place(project, &outcome->column),
                    "%" PRIu64 " customer%s left already (%.60s = %.60s): %s", gone,
                    gone == 1 ? " has" : "s have", outcome->column.text, outcome->positive.text,
                    outcome->leavers_left_out
                        ? "they are scored, and on no list"
                        : "they are scored and on the ranked list, and on no list of calls; "
                          "`leavers: left_out` in the outcome keeps them off the ranked list too");
}

churn_status churn_ranking_leave_out(churn_ranking *ranking, churn_error *error)
{
  const churn_project *project = ranking->pipeline->project;
  size_t rows = ranking->snapshots->count;
  ranking->eligible = rows;
  if (ranking->causes.causes == 0 && ranking->pipeline->data->customers.gone == NULL)
    return CHURN_OK;
  bool *keep = churn_array_new(rows, sizeof *keep);
  if (keep == NULL)
    return churn_error_no_memory(error);
  for (size_t row = 0; row < rows; row++) {
    bool excluded = churn_ranking_excludes(ranking, row);
    bool gone = churn_ranking_row_is_gone(ranking, row);
    ranking->gone += gone;
    ranking->left_out += excluded;
    keep[row] = !excluded && !(gone && project->outcome.leavers_left_out);
  }
  churn_status status =
      churn_ranking_partition(ranking->order, rows, keep, &ranking->eligible, error);
  free(keep);
  return status;
}

void churn_ranking_get_cause(const churn_ranking *ranking, size_t row, churn_ranked *ranked)
{
  const churn_cause *cause = cause_of(ranking, row);
  ranked->main_cause = CHURN_NO_CAUSE;
  ranked->cause = ranked->action = ranked->owner = "";
  if (cause == NULL)
    return;
  ranked->main_cause = ranking->scores.main_causes[row];
  ranked->cause = cause->labels[ranking->language];
  ranked->action = cause->actions[ranking->language];
  ranked->owner = churn_playbook_owner(ranking->pipeline->project, cause->owner, ranking->language);
}

void churn_ranking_cause_totals(const churn_ranking *ranking, churn_cause_total *totals)
{
  size_t causes = ranking->causes.causes;
  for (size_t i = 0; i <= causes; i++)
    totals[i] = (churn_cause_total){0};
  for (size_t row = 0; causes > 0 && row < ranking->snapshots->count; row++) {
    uint32_t cause = ranking->scores.main_causes[row];
    churn_cause_total *total = &totals[cause == CHURN_NO_CAUSE ? causes : cause];
    double probability = ranking->scores.probabilities[row], value = ranking->scores.values[row];
    total->customers++;
    total->expected_churners += probability;
    total->value += isnan(value) ? 0 : value;
    total->expected_loss += isnan(value) ? 0 : probability * value;
  }
}

churn_status churn_ranking_cause_sums(const churn_ranking *ranking, size_t first, size_t count,
                                      const churn_run *run, double *bases, double *sums,
                                      churn_error *error)
{
  if (ranking->causes.causes == 0 || first > ranking->listed || count > ranking->listed - first)
    return churn_error_set(error, CHURN_USAGE,
                           ranking->causes.causes == 0 ? "the project has no playbook"
                                                       : "the list has no such lines");
  churn_snapshots picked = {.rows = churn_array_new(count, sizeof *picked.rows), .count = count};
  churn_scores scores = {.causes = &ranking->causes, .cause_sums = sums};
  churn_scorer *scorer = NULL;
  double average = churn_scorer_average(ranking->model);
  churn_status status = picked.rows == NULL ? churn_error_no_memory(error) : CHURN_OK;
  for (size_t i = 0; status == CHURN_OK && i < count; i++) {
    picked.rows[i] = ranking->snapshots->rows[ranking->order[first + i]];
    bases[i] = average + picked.rows[i].offset;
  }
  if (status == CHURN_OK)
    status = churn_scorer_new(ranking->model, ranking->pipeline->plan, &scorer, error);
  if (status == CHURN_OK)
    status = churn_scorer_run(scorer, &picked, run, &scores, NULL, error);
  churn_scorer_free(scorer);
  free(picked.rows);
  return status;
}
