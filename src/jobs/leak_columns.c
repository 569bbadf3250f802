/* Judging each feature by itself. The rules stand in include/churn/leaks.h.
 *
 * Numbers have their missing values at the mean, as the encoding puts them, so an area is one over
 * all rows; what a missing value by itself gives away is a column of its own, as in the design.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs/leak_columns.h"

#include "base/memory.h"
#include "base/parallel.h"
#include "evaluate/auc.h"
#include "evaluate/auc_pair.h"

#include <math.h>
#include <stdlib.h>

enum { PULL_ROWS = 20 }; /* as the encoding pools levels with fewer */

typedef enum reading { READ_NUMBER, READ_LEVEL, READ_MISSING } reading;

/* One column at work. */
typedef struct judged {
  const churn_leak_rows *rows;
  size_t feature;
  reading how;
  churn_leak_column *column;
  size_t *taken; /* the rows looked at; all arrays [rows] */
  size_t count;
  int8_t *labels;
  uint32_t *clusters;
  double *scores, *earlier;
} judged;

static void free_scratch(judged *j)
{
  free(j->taken);
  free(j->labels);
  free(j->clusters);
  free(j->scores);
  free(j->earlier);
}

static churn_status make_scratch(judged *j, churn_error *error)
{
  size_t rows = j->rows->snapshots->count;
  j->taken = churn_array_new(rows, sizeof *j->taken);
  j->labels = churn_array_new(rows, sizeof *j->labels);
  j->clusters = churn_array_new(rows, sizeof *j->clusters);
  j->scores = churn_array_new(rows, sizeof *j->scores);
  j->earlier = churn_array_new(rows, sizeof *j->earlier);
  return j->taken == NULL || j->labels == NULL || j->clusters == NULL || j->scores == NULL ||
                 j->earlier == NULL
             ? churn_error_no_memory(error)
             : CHURN_OK;
}

static double value_of(const judged *j, const churn_frame *frame, size_t i)
{
  return churn_frame_get(frame, j->taken[i], j->feature);
}

static void score_numbers(const judged *j, const churn_frame *frame, double *scores)
{
  double sum = 0, known = 0;
  for (size_t i = 0; i < j->count; i++) {
    scores[i] = value_of(j, frame, i);
    sum += isnan(scores[i]) ? 0 : scores[i];
    known += !isnan(scores[i]);
  }
  double mean = known > 0 && isfinite(sum) ? sum / known : 0;
  for (size_t i = 0; i < j->count; i++)
    scores[i] = isnan(scores[i]) ? mean : scores[i];
}

/* Rows and churners of a level in one half of the customers. */
typedef struct tally {
  double rows, churners;
} tally;

/* A level's pulled rate, (churners + PULL_ROWS rate) / (rows + PULL_ROWS), over the rate of its
 * half, so that halves with other rates stay comparable; written so that a level without rows gives
 * 1 to the bit: such levels are ties. */
static double rate_of(const tally *level, const tally *all)
{
  double rate = all->rows > 0 ? all->churners / all->rows : 0;
  return rate > 0 ? 1 + (level->churners - level->rows * rate) / ((level->rows + PULL_ROWS) * rate)
                  : 1;
}

static churn_status score_levels(const judged *j, const churn_frame *frame, double *scores,
                                 churn_error *error)
{
  size_t levels = churn_plan_text_count(j->rows->pipeline->plan) + 1;
  tally *tallies = churn_array_new(levels, 2 * sizeof *tallies), all[2] = {{0, 0}, {0, 0}};
  if (tallies == NULL)
    return churn_error_no_memory(error);
  for (size_t pass = 0; pass < 2; pass++)
    for (size_t i = 0; i < j->count; i++) {
      double value = value_of(j, frame, i);
      size_t level = isnan(value) ? levels - 1 : (size_t)value;
      size_t half = j->rows->half[j->taken[i]];
      tally *own = &tallies[2 * level + half];
      if (pass == 1) {
        scores[i] = rate_of(&tallies[2 * level + 1 - half], &all[1 - half]);
        continue;
      }
      *own = (tally){own->rows + 1, own->churners + j->labels[i]};
      all[half] = (tally){all[half].rows + 1, all[half].churners + j->labels[i]};
    }
  free(tallies);
  return CHURN_OK;
}

static churn_status score(const judged *j, const churn_frame *frame, double *scores,
                          churn_error *error)
{
  if (j->how == READ_LEVEL)
    return score_levels(j, frame, scores, error);
  if (j->how == READ_NUMBER)
    score_numbers(j, frame, scores);
  for (size_t i = 0; j->how == READ_MISSING && i < j->count; i++)
    scores[i] = isnan(value_of(j, frame, i));
  return CHURN_OK;
}

static void take(judged *j, size_t row, int8_t label)
{
  j->taken[j->count] = row;
  j->labels[j->count] = label;
  j->clusters[j->count++] = j->rows->snapshots->rows[row].customer;
}

static bool enough(const judged *j)
{
  size_t churners = 0;
  for (size_t i = 0; i < j->count; i++)
    churners += j->labels[i] == 1;
  return churners >= CHURN_LEAK_LEAST_ROWS && j->count - churners >= CHURN_LEAK_LEAST_ROWS;
}

/* A level's rate has a direction of its own. */
static double either_way(const judged *j, double area)
{
  return j->how != READ_LEVEL && area < 0.5 ? 1 - area : area;
}

/* The area over the rows taken. */
static churn_status judge_taken(judged *j, double *area, churn_error *error)
{
  *area = NAN;
  if (!enough(j))
    return CHURN_OK;
  churn_status status = score(j, j->rows->now, j->scores, error);
  if (status == CHURN_OK)
    status = churn_auc(j->labels, j->scores, j->count, area, error);
  *area = either_way(j, *area);
  return status;
}

static churn_status judge_all(judged *j, churn_error *error)
{
  j->count = 0;
  for (size_t i = 0; i < j->rows->snapshots->count; i++)
    take(j, i, j->rows->labels[i]);
  churn_status status = judge_taken(j, &j->column->auc, error);
  j->column->alone = j->column->auc > CHURN_LEAK_ALONE;
  return status;
}

/* Whether the row can be moved back: the customer was there, and of the days that the feature's
 * history has before T at least half are left. */
static bool can_move(const judged *j, const churn_snapshot *s, churn_day first_day)
{
  const churn_customers *customers = &j->rows->pipeline->data->customers;
  int64_t earlier = (int64_t)s->as_of - j->rows->back_days;
  bool there = customers->joined == NULL || customers->joined[s->spell] == CHURN_DAY_MISSING ||
               customers->joined[s->spell] < earlier;
  return there &&
         (first_day == CHURN_DAY_MISSING || earlier - j->rows->back_days >= (int64_t)first_day);
}

static void take_movable(judged *j)
{
  const churn_pipeline *p = j->rows->pipeline;
  int history = churn_plan_history(p->plan, j->feature);
  churn_day first_day = history < 0 ? CHURN_DAY_MISSING : p->data->histories[history].first_day;
  j->count = 0;
  for (size_t i = 0; i < j->rows->snapshots->count; i++)
    if (can_move(j, &j->rows->snapshots->rows[i], first_day))
      take(j, i, j->rows->labels[i]);
}

static void compare(const judged *j, const churn_auc_pair *pair)
{
  churn_leak_column *c = j->column;
  bool turned = either_way(j, pair->first) > pair->first;
  c->auc_at = turned ? 1 - pair->first : pair->first;
  c->auc_back = turned ? 1 - pair->second : pair->second;
  double missed = (c->auc_at - 0.5) / 2 - (c->auc_back - 0.5);
  double variance = pair->second_variance + pair->first_variance / 4 - pair->covariance;
  c->back_error = sqrt(fmax(variance, 0));
  c->recent = c->auc_at > 0.5 + CHURN_LEAK_EXCESS && missed > CHURN_LEAK_ERRORS * c->back_error;
}

static churn_status judge_moved(judged *j, churn_error *error)
{
  j->column->auc_at = j->column->auc_back = j->column->back_error = NAN;
  if (j->rows->back == NULL)
    return CHURN_OK;
  take_movable(j);
  if (!enough(j))
    return CHURN_OK;
  churn_auc_pair pair;
  churn_status status = score(j, j->rows->now, j->scores, error);
  if (status == CHURN_OK)
    status = score(j, j->rows->back, j->earlier, error);
  if (status == CHURN_OK)
    status = churn_auc_pair_compute(j->labels, j->clusters, j->scores, j->earlier, j->count, &pair,
                                    error);
  if (status == CHURN_OK)
    compare(j, &pair);
  return status;
}

static void found_undated(void *context, const char *column)
{
  (void)column;
  *(bool *)context = true;
}

/* An undated column is the same as of every T: moving it shows nothing, and who leaves after the
 * label window hides in its stayers. So it is held against ever leaving, once a spell; also where
 * the project says that it is static. */
static churn_status judge_left(judged *j, churn_error *error)
{
  const churn_snapshots *s = j->rows->snapshots;
  const churn_pipeline *p = j->rows->pipeline;
  bool undated = false;
  if (j->rows->back != NULL)
    churn_plan_undated(p->plan, j->feature, false, found_undated, &j->column->undated);
  churn_plan_undated(p->plan, j->feature, true, found_undated, &undated);
  j->column->auc_left = NAN;
  if (!undated || j->rows->back == NULL || p->data->customers.left == NULL)
    return CHURN_OK;
  j->count = 0;
  for (size_t i = 0; i < s->count; i++)
    if (i + 1 == s->count || s->rows[i + 1].spell != s->rows[i].spell)
      take(j, i, p->data->customers.left[s->rows[i].spell] != CHURN_DAY_MISSING);
  churn_status status = judge_taken(j, &j->column->auc_left, error);
  j->column->left = j->column->auc_left > CHURN_LEAK_ALONE;
  return status;
}

static churn_status judge_column(judged *j, churn_error *error)
{
  const char *name = j->rows->pipeline->selection->features[j->feature].name.text;
  j->column->name = churn_text_format("%s%s", name, j->how == READ_MISSING ? "?missing" : "");
  if (j->column->name == NULL)
    return churn_error_no_memory(error);
  churn_status status = judge_all(j, error);
  if (status == CHURN_OK)
    status = judge_moved(j, error);
  return status == CHURN_OK ? judge_left(j, error) : status;
}

/* Whether some rows have a value and some have not. */
static bool is_mixed(const churn_frame *frame, size_t feature)
{
  size_t missing = 0;
  for (size_t i = 0; i < frame->rows; i++)
    missing += isnan(churn_frame_get(frame, i, feature)) ? 1 : 0;
  return missing > 0 && missing < frame->rows;
}

typedef struct judging {
  const churn_leak_rows *rows;
  churn_leak_column *columns;
} judging;

static churn_status judge_feature(void *context, size_t feature, int thread, churn_error *error)
{
  (void)thread;
  const judging *all = context;
  const churn_leak_rows *rows = all->rows;
  bool text = churn_plan_type(rows->pipeline->plan, feature) == CHURN_VALUE_TEXT;
  judged j = {.rows = rows,
              .feature = feature,
              .how = text ? READ_LEVEL : READ_NUMBER,
              .column = &all->columns[2 * feature]};
  churn_status status = make_scratch(&j, error);
  if (status == CHURN_OK)
    status = judge_column(&j, error);
  if (status == CHURN_OK && !text && is_mixed(rows->now, feature)) {
    j.how = READ_MISSING;
    j.column++;
    status = judge_column(&j, error);
  }
  free_scratch(&j);
  return status;
}

churn_status churn_leak_columns_judge(const churn_leak_rows *rows, const churn_run *run,
                                      churn_leak_column *columns, churn_error *error)
{
  judging all = {rows, columns};
  return churn_parallel_run(rows->pipeline->feature_count, judge_feature, &all, "leaks", run,
                            error);
}
