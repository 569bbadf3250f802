/* The report's reps: the newest day of which is known what became of its customers, and the books
 * now. Its expectations are the night's model's, so that nothing is fitted; `churn reps` looks back
 * on all snapshots, out of fold.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/error.h"
#include "base/memory.h"
#include "jobs/report.h"
#include "jobs/reps_parts.h"
#include "score/recalibration.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_REPS = 200 };

/* Rows of which is known what became of them, and what the model expects of each. */
static churn_status take_past(const churn_night *n, churn_reps_job *job, churn_snapshots *past,
                              churn_error *error)
{
  const churn_base_scores *recent = &n->recent_scores;
  size_t count = recent->rows == NULL ? 0 : recent->rows->count;
  past->rows = churn_array_new(count, sizeof *past->rows);
  job->expected = churn_array_new(count, sizeof *job->expected);
  job->days = churn_array_new(1, sizeof *job->days);
  if (past->rows == NULL || job->expected == NULL || job->days == NULL)
    return churn_error_no_memory(error);
  for (size_t i = 0; i < count; i++)
    if (recent->rows->rows[i].label != CHURN_LABEL_UNKNOWN) {
      job->expected[past->count] = churn_recalibrated(&n->model->recalibration, recent->logits[i]);
      past->rows[past->count++] = recent->rows->rows[i];
    }
  job->days[0] = n->recent.as_of;
  job->day_count = count > 0;
  job->past.rows = past;
  return churn_reps_find(job, &job->past, error);
}

/* Those behind come first, then the others by what is at risk in their books. */
static int by_interest(const void *left, const void *right)
{
  const churn_rep *a = *(const churn_rep *const *)left, *b = *(const churn_rep *const *)right;
  bool told = a->verdict >= CHURN_REP_WORSE, other = b->verdict >= CHURN_REP_WORSE;
  if (told != other)
    return told ? -1 : 1;
  if (a->expected_now != b->expected_now)
    return a->expected_now < b->expected_now ? 1 : -1;
  return (a > b) - (a < b);
}

static void append_rep(churn_json_text *text, const churn_rep *r)
{
  const churn_json_pair pairs[] = {{"observed", (double)r->observed},
                                   {"expected", r->expected},
                                   {"ratio", r->ratio},
                                   {"ratio_low", r->ratio_low},
                                   {"ratio_high", r->ratio_high},
                                   {"p_adjusted", r->p_adjusted},
                                   {"customers", (double)r->current},
                                   {"expected_churners", r->expected_now},
                                   {"value", r->valued > 0 ? r->value : NAN},
                                   {"expected_loss", r->valued > 0 ? r->expected_loss : NAN}};
  churn_json_append(text, "{\"rep\": ");
  churn_json_text_or_null(text, r->none ? NULL : r->name);
  churn_json_append(text, ", \"verdict\": ");
  churn_json_quote(text, churn_rep_verdict_name(r->verdict));
  churn_json_append(text, r->small ? ", \"small\": true" : ", \"small\": false");
  churn_json_numbers(text, pairs, sizeof pairs / sizeof pairs[0], false);
  churn_json_append(text, "}");
}

static churn_status append_rows(churn_json_text *text, const churn_reps *reps, churn_error *error)
{
  const churn_rep **order = churn_array_new(reps->count, sizeof(const churn_rep *));
  if (order == NULL)
    return churn_error_no_memory(error);
  for (size_t i = 0; i < reps->count; i++)
    order[i] = &reps->reps[i];
  qsort(order, reps->count, sizeof(const churn_rep *), by_interest);
  churn_json_list_open(text, 4, "rows");
  for (size_t i = 0; i < reps->count && i < MOST_REPS; i++) {
    churn_json_item(text, 6, i == 0);
    append_rep(text, order[i]);
  }
  churn_json_list_close(text, 4);
  free(order);
  return CHURN_OK;
}

static churn_status append_reps(churn_json_text *text, const churn_night *n, const churn_reps *reps,
                                churn_error *error)
{
  churn_json_append(text, "{");
  churn_json_key(text, 4, "as_of", true);
  churn_json_day(text, n->recent.as_of);
  churn_json_whole_at(text, 4, "count", reps->count);
  churn_json_key(text, 4, "total", false);
  append_rep(text, &reps->total);
  churn_status status = append_rows(text, reps, error);
  churn_reps_json_funnel(text, reps);
  churn_json_append(text, "}");
  return status;
}

churn_status churn_report_reps(const churn_night *night, const churn_run *run,
                               churn_json_text *text, churn_error *error)
{
  churn_snapshots past = {0};
  churn_reps *reps = NULL;
  churn_json_key(text, 2, "reps", false);
  if (night->rep == NULL) {
    churn_json_append(text, "null");
    return CHURN_OK;
  }
  churn_snapshots now = *churn_ranking_rows(night->ranking);
  const churn_scores *scores = churn_ranking_scores(night->ranking);
  churn_reps_job job = {.project = night->project,
                        .run = run,
                        .model = night->model,
                        .rep = night->rep,
                        .now = {.rows = &now},
                        .values = scores->values,
                        .risks = scores->probabilities};
  churn_status status = take_past(night, &job, &past, error);
  if (status == CHURN_OK)
    status = churn_reps_find(&job, &job.now, error);
  reps = status == CHURN_OK ? calloc(1, sizeof *reps) : NULL;
  if (status == CHURN_OK && reps == NULL)
    status = churn_error_no_memory(error);
  if (status == CHURN_OK) {
    reps->level = 0.95;
    reps->day_count = job.day_count;
    status = churn_reps_tally(&job, reps, error);
  }
  if (status == CHURN_OK)
    status = append_reps(text, night, reps, error);
  churn_reps_free(reps);
  free(past.rows);
  free(job.past.codes);
  free(job.now.codes);
  free(job.expected);
  free(job.days);
  return status;
}
