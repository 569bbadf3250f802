/* The report's reps: the newest day of which is known what became of its customers, and the books
 * now. Its expectations are the night's model's, so that nothing is fitted, and there are no
 * verdicts where that model cannot tell; `churn reps` looks back on all snapshots, out of fold.
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

enum { MOST_REPS = 200, LOOK = 4096 };

/* Why the model's expectations say nothing of a rep: it has seen what became of these rows, or
 * knows the rep, which excuses everybody. */
typedef struct flaws {
  bool in_training;
  bool *tells; /* [features] the rep itself */
  size_t telling;
} flaws;

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

/* A look at the first rows rules out most features. */
static churn_status find_telling(const churn_night *n, const churn_reps_job *job, bool *known,
                                 flaws *f, churn_error *error)
{
  size_t features = n->model->feature_count, rows = job->past.rows->count;
  churn_status status = CHURN_OK;
  f->telling = features;
  for (size_t first = 0; status == CHURN_OK && f->telling > 0 && first < rows; first += LOOK) {
    size_t count = rows - first < LOOK ? rows - first : LOOK;
    churn_frame *frame = NULL;
    status = churn_frame_build(n->pipeline->plan, job->past.rows, first, count, features, job->run,
                               &frame, error);
    f->telling = 0;
    for (size_t i = 0; status == CHURN_OK && i < features; i++) {
      f->tells[i] =
          (first == 0 || f->tells[i]) && churn_reps_same(n->pipeline->plan, job->rep, frame,
                                                         job->past.codes + first, i, &known[i]);
      f->telling += f->tells[i];
    }
    churn_frame_free(frame);
  }
  f->telling = 0;
  for (size_t i = 0; i < features; i++) {
    f->tells[i] = f->tells[i] && known[i];
    f->telling += f->tells[i];
  }
  return status;
}

static churn_status find_flaws(const churn_night *n, const churn_reps_job *job, flaws *f,
                               churn_error *error)
{
  bool *known = churn_array_new(n->model->feature_count, sizeof *known);
  f->in_training = churn_night_trained_on(n, n->recent.as_of);
  f->tells = churn_array_new(n->model->feature_count, sizeof *f->tells);
  churn_status status = known == NULL || f->tells == NULL ? churn_error_no_memory(error)
                                                          : find_telling(n, job, known, f, error);
  free(known);
  return status;
}

static void take_verdicts_back(churn_reps *reps)
{
  for (size_t i = 0; i < reps->count; i++) {
    reps->reps[i].verdict = CHURN_REP_NOT_TESTED;
    reps->reps[i].p_adjusted = NAN;
  }
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

static void append_flaws(churn_json_text *text, const churn_night *n, const flaws *f)
{
  bool first = true;
  churn_json_truth_at(text, 4, "in_training", f->in_training);
  churn_json_key(text, 4, "rep_features", false);
  churn_json_append(text, "[");
  for (size_t i = 0; i < n->model->feature_count; i++)
    if (f->tells[i]) {
      churn_json_append(text, first ? "" : ", ");
      churn_json_whole(text, i);
      first = false;
    }
  churn_json_append(text, "]");
}

static churn_status append_reps(churn_json_text *text, const churn_night *n, const churn_reps *reps,
                                const flaws *f, churn_error *error)
{
  churn_json_append(text, "{");
  churn_json_key(text, 4, "as_of", true);
  churn_json_day(text, n->recent.as_of);
  append_flaws(text, n, f);
  churn_json_whole_at(text, 4, "count", reps->count);
  churn_json_key(text, 4, "total", false);
  append_rep(text, &reps->total);
  churn_status status = append_rows(text, reps, error);
  churn_reps_json_funnel(text, reps);
  churn_json_append(text, "}");
  return status;
}

static churn_status tally(const churn_reps_job *job, const flaws *f, churn_reps **reps,
                          churn_error *error)
{
  *reps = calloc(1, sizeof **reps);
  if (*reps == NULL)
    return churn_error_no_memory(error);
  (*reps)->level = 0.95;
  (*reps)->day_count = job->day_count;
  churn_status status = churn_reps_tally(job, *reps, error);
  if (status == CHURN_OK && (f->in_training || f->telling > 0))
    take_verdicts_back(*reps);
  return status;
}

churn_status churn_report_reps(const churn_night *night, const churn_run *run,
                               churn_json_text *text, churn_error *error)
{
  churn_snapshots past = {0};
  churn_reps *reps = NULL;
  flaws found = {0};
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
  if (status == CHURN_OK)
    status = find_flaws(night, &job, &found, error);
  if (status == CHURN_OK)
    status = tally(&job, &found, &reps, error);
  if (status == CHURN_OK)
    status = append_reps(text, night, reps, &found, error);
  churn_reps_free(reps);
  free(found.tells);
  free(past.rows);
  free(job.past.codes);
  free(job.now.codes);
  free(job.expected);
  free(job.days);
  return status;
}
