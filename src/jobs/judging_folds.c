/* Which rows train for which rows.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs/judging_folds.h"

#include "base/memory.h"
#include "base/random.h"
#include "design/folds.h"

#include <stdlib.h>
#include <string.h>

enum { LEAST_CUSTOMERS = 2 };

void churn_judging_folds_clear(churn_judging_folds *folds)
{
  free(folds->fold);
  free(folds->days);
  free(folds->group);
  free(folds->trains);
  *folds = (churn_judging_folds){0};
}

/* Customers of each label on one side of a fold; rows of one customer stand together. */
typedef struct side {
  uint64_t customers[2];
  uint32_t last[2];
} side;

static void add_row(side *s, const churn_snapshot *row)
{
  int label = row->label == CHURN_LABEL_CHURNED;
  if (s->customers[label] == 0 || s->last[label] != row->customer)
    s->customers[label]++;
  s->last[label] = row->customer;
}

static bool is_enough(const side *s)
{
  return s->customers[0] >= LEAST_CUSTOMERS && s->customers[1] >= LEAST_CUSTOMERS;
}

/* Both sides of one fold. */
static bool fold_is_enough(const churn_judging_folds *folds, const churn_snapshots *rows,
                           uint32_t fold)
{
  side training = {{0}, {0}}, judged = {{0}, {0}};
  for (size_t i = 0; i < rows->count && !(is_enough(&training) && is_enough(&judged)); i++) {
    if (churn_judging_trains(folds, fold, i))
      add_row(&training, &rows->rows[i]);
    if (folds->by_time ? rows->rows[i].as_of == folds->days[fold] : folds->fold[i] == fold)
      add_row(&judged, &rows->rows[i]);
  }
  return is_enough(&training) && is_enough(&judged);
}

bool churn_judging_enough(const churn_judging_folds *folds, const churn_snapshots *rows)
{
  bool enough = true;
  for (uint32_t f = 0; enough && f < folds->count; f++)
    enough = fold_is_enough(folds, rows, f);
  return enough;
}

/* The rows' as-of days, each once, ascending. */
static churn_status list_days(const churn_snapshots *rows, churn_day **days, uint32_t *count,
                              churn_error *error)
{
  churn_day *all = churn_array_new(rows->count, sizeof *all);
  if (all == NULL)
    return churn_error_no_memory(error);
  *count = 0;
  for (size_t i = 0; i < rows->count; i++)
    all[i] = rows->rows[i].as_of;
  qsort(all, rows->count, sizeof *all, churn_days_compare);
  for (size_t i = 0; i < rows->count; i++)
    if (i == 0 || all[i] != all[i - 1])
      all[(*count)++] = all[i];
  *days = all;
  return CHURN_OK;
}

static void note_days(uint32_t judged, uint32_t all, const churn_run *run)
{
  if (judged > 0 && judged < all)
    churn_notes_add(churn_run_notes(run), CHURN_NOTE, "days_not_judged", CHURN_NOWHERE,
                    "%u of %u as-of days are not judged: too few customers churned, or stayed, on "
                    "them or in label windows that had closed by then",
                    all - judged, all);
}

static uint32_t number_of_day(const churn_day *days, uint32_t count, churn_day day)
{
  const churn_day *found = bsearch(&day, days, count, sizeof *days, churn_days_compare);
  return (uint32_t)(found - days);
}

static churn_status allocate_days(churn_judging_folds *f, size_t rows, uint32_t days,
                                  churn_error *error)
{
  f->groups = days;
  f->fold = churn_array_new(rows, sizeof *f->fold);
  f->group = churn_array_new(rows, sizeof *f->group);
  f->days = churn_array_new(days, sizeof *f->days);
  f->trains = churn_array_new((size_t)days * days, sizeof *f->trains);
  return f->fold == NULL || f->group == NULL || f->days == NULL || f->trains == NULL
             ? churn_error_no_memory(error)
             : CHURN_OK;
}

/* Every day is tried as the next fold. */
static void choose_days(churn_judging_folds *f, const churn_snapshots *rows, const churn_day *days,
                        int32_t span_days, int32_t window_days)
{
  for (uint32_t d = 0; d < f->groups; d++) {
    bool *trains = f->trains + (size_t)f->count * f->groups;
    if (days[d] == CHURN_DAY_MISSING)
      continue;
    f->days[f->count] = days[d];
    for (uint32_t g = 0; g < f->groups; g++)
      trains[g] = days[g] + span_days <= days[d] &&
                  (window_days == 0 || days[g] + span_days > days[d] - window_days);
    f->count += fold_is_enough(f, rows, f->count);
  }
}

churn_status churn_judging_by_time(const churn_pipeline *pipeline, const churn_snapshots *rows,
                                   int32_t window_days, const churn_run *run,
                                   churn_judging_folds *folds, churn_error *error)
{
  const churn_outcome_spec *outcome = &pipeline->project->outcome;
  churn_judging_folds f = {.by_time = true};
  churn_day *days = NULL;
  uint32_t all = 0;
  churn_status status = list_days(rows, &days, &all, error);
  if (status == CHURN_OK)
    status = allocate_days(&f, rows->count, all, error);
  if (status == CHURN_OK) {
    for (size_t i = 0; i < rows->count; i++)
      f.group[i] = number_of_day(days, all, rows->rows[i].as_of);
    choose_days(&f, rows, days, outcome->gap_days + outcome->horizon_days, window_days);
    for (size_t i = 0; i < rows->count; i++) {
      f.fold[i] = CHURN_NOT_JUDGED;
      for (uint32_t d = 0; d < f.count; d++)
        if (f.days[d] == rows->rows[i].as_of)
          f.fold[i] = d;
    }
    note_days(f.count, all, run);
    *folds = f;
  } else {
    churn_judging_folds_clear(&f);
  }
  free(days);
  return status;
}

/* Folds that train on all rows but their own. */
static churn_status allocate_folds(churn_judging_folds *f, size_t rows, uint32_t count,
                                   churn_error *error)
{
  *f = (churn_judging_folds){.count = count, .groups = count};
  f->fold = churn_array_new(rows, sizeof *f->fold);
  f->group = churn_array_new(rows, sizeof *f->group);
  f->trains = churn_array_new((size_t)count * count, sizeof *f->trains);
  if (f->fold == NULL || f->group == NULL || f->trains == NULL)
    return churn_error_no_memory(error);
  for (uint32_t i = 0; i < count; i++)
    for (uint32_t g = 0; g < count; g++)
      f->trains[(size_t)i * count + g] = g != i;
  return CHURN_OK;
}

churn_status churn_judging_by_customer(const churn_pipeline *pipeline, const churn_snapshots *rows,
                                       uint32_t count, uint64_t seed, churn_judging_folds *folds,
                                       churn_error *error)
{
  churn_judging_folds f;
  churn_status status = allocate_folds(&f, rows->count, count, error);
  if (status == CHURN_OK)
    status = churn_folds_deal(rows, pipeline->data->customers.ids, count, seed, f.fold, error);
  if (status == CHURN_OK) {
    memcpy(f.group, f.fold, rows->count * sizeof *f.group);
    if (!churn_judging_enough(&f, rows))
      status = churn_error_set(error, CHURN_DEGENERATE,
                               "in %u folds some hold fewer than %d customers who churned, or who "
                               "stayed: too few to compare on",
                               count, LEAST_CUSTOMERS);
  }
  if (status == CHURN_OK)
    *folds = f;
  else
    churn_judging_folds_clear(&f);
  return status;
}

churn_status churn_judging_by_row(const churn_snapshots *rows, uint32_t count, uint64_t seed,
                                  churn_judging_folds *folds, churn_error *error)
{
  churn_judging_folds f;
  churn_random random = churn_random_stream(seed, 0);
  churn_status status = allocate_folds(&f, rows->count, count, error);
  if (status != CHURN_OK) {
    churn_judging_folds_clear(&f);
    return status;
  }
  churn_random_shuffle(&random, f.fold, (uint32_t)rows->count);
  for (size_t i = 0; i < rows->count; i++)
    f.group[i] = f.fold[i] %= count;
  if (!churn_judging_enough(&f, rows))
    churn_judging_folds_clear(&f);
  *folds = f;
  return CHURN_OK;
}
