/* The leak audit: which rows, their features twice, every column judged, what is named.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs/leaks.h"

#include "base/hash.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "design/check.h"
#include "design/split.h"
#include "design/warnings.h"
#include "evaluate/auc_pair.h"
#include "jobs/leak_columns.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_ROWS = 100000, BACK_DAYS = 30, SAMPLE_SEED = 71, HALF_SEED = 72 };

void churn_leaks_free(churn_leaks *leaks)
{
  if (leaks == NULL)
    return;
  for (size_t i = 0; i < leaks->column_count; i++)
    free(leaks->columns[i].name);
  for (size_t i = 0; i < leaks->late_count; i++)
    free(leaks->late[i].name);
  free(leaks->columns);
  free(leaks->late);
  free(leaks);
}

/* What one audit holds. */
typedef struct audit {
  const churn_pipeline *pipeline;
  const churn_run *run;
  churn_leaks *leaks;
  churn_snapshots *rows, *earlier;
  int8_t *labels;
  bool *half;
  churn_frame *now, *back;
} audit;

static void free_audit(audit *a)
{
  churn_snapshots_free(a->rows);
  churn_snapshots_free(a->earlier);
  free(a->labels);
  free(a->half);
  churn_frame_free(a->now);
  churn_frame_free(a->back);
  churn_leaks_free(a->leaks);
}

static double unit_of(const audit *a, uint32_t customer, uint64_t seed)
{
  const char *id = a->pipeline->data->customers.ids[customer];
  return churn_hash_unit(id, strlen(id), seed);
}

static churn_snapshots *new_rows(size_t count)
{
  churn_snapshots *s = calloc(1, sizeof *s);
  if (s != NULL && (s->rows = churn_array_new(count, sizeof *s->rows)) == NULL) {
    churn_snapshots_free(s);
    return NULL;
  }
  return s;
}

/* Whole customers, chosen by a hash of the id, so that the order of rows changes nothing. */
static churn_status take_rows(audit *a, const churn_snapshots *all, churn_error *error)
{
  double share = all->count <= MOST_ROWS ? 1 : MOST_ROWS / (double)all->count;
  bool taken = share >= 1;
  a->rows = new_rows(all->count);
  if (a->rows == NULL)
    return churn_error_no_memory(error);
  for (size_t i = 0; i < all->count; i++) {
    if (share < 1 && (i == 0 || all->rows[i].customer != all->rows[i - 1].customer))
      taken = unit_of(a, all->rows[i].customer, SAMPLE_SEED) < share;
    if (taken)
      a->rows->rows[a->rows->count++] = all->rows[i];
  }
  a->labels = churn_snapshots_labels(a->rows);
  a->half = churn_array_new(a->rows->count, sizeof *a->half);
  if (a->labels == NULL || a->half == NULL)
    return churn_error_no_memory(error);
  for (size_t i = 0; i < a->rows->count; i++) {
    a->half[i] = unit_of(a, a->rows->rows[i].customer, HALF_SEED) < 0.5;
    a->leaks->churners += a->labels[i] == CHURN_LABEL_CHURNED;
  }
  a->leaks->rows = a->rows->count;
  a->leaks->sampled = share < 1;
  return CHURN_OK;
}

static churn_status build_frames(audit *a, churn_error *error)
{
  const churn_pipeline *p = a->pipeline;
  size_t count = a->rows->count;
  int32_t gap = p->project->outcome.gap_days;
  churn_status status =
      churn_frame_build(p->plan, a->rows, 0, count, p->feature_count, a->run, &a->now, error);
  if (status != CHURN_OK || churn_snapshots_flat(p->project))
    return status;
  a->leaks->back_days = gap > 0 ? gap : BACK_DAYS;
  a->earlier = new_rows(count);
  if (a->earlier == NULL)
    return churn_error_no_memory(error);
  a->earlier->count = count;
  for (size_t i = 0; i < count; i++) {
    a->earlier->rows[i] = a->rows->rows[i];
    a->earlier->rows[i].as_of -= a->leaks->back_days;
  }
  return churn_frame_build(p->plan, a->earlier, 0, count, p->feature_count, a->run, &a->back,
                           error);
}

static churn_status judge_columns(audit *a, churn_error *error)
{
  size_t kept = 0;
  churn_leaks *leaks = a->leaks;
  churn_leak_rows rows = {a->pipeline, a->rows, a->labels,       a->half,
                          a->now,      a->back, leaks->back_days};
  leaks->columns = churn_array_new(2 * a->pipeline->feature_count, sizeof *leaks->columns);
  if (leaks->columns == NULL)
    return churn_error_no_memory(error);
  leaks->column_count = 2 * a->pipeline->feature_count;
  churn_status status = churn_leak_columns_judge(&rows, a->run, leaks->columns, error);
  for (size_t i = 0; status == CHURN_OK && i < leaks->column_count; i++)
    if (leaks->columns[i].name != NULL)
      leaks->columns[kept++] = leaks->columns[i];
  if (status == CHURN_OK)
    leaks->column_count = kept;
  return status;
}

/* A dated thing at work; all arrays [rows]. */
typedef struct late_rows {
  const audit *audit;
  churn_dated dated;
  double *hidden; /* 1 where a value is denied */
  uint32_t *customers;
} late_rows;

static churn_status look_at_tile(void *context, size_t tile, int thread, churn_error *error)
{
  (void)thread;
  (void)error;
  const late_rows *l = context;
  const churn_snapshots *rows = l->audit->rows;
  size_t first = tile * CHURN_TILE_ROWS, end = first + churn_tile_rows(rows->count, tile);
  for (size_t i = first; i < end; i++) {
    const churn_snapshot *s = &rows->rows[i];
    l->customers[i] = s->customer;
    l->hidden[i] = churn_plan_hides(l->audit->pipeline->plan, &l->dated, s->spell, s->as_of);
  }
  return CHURN_OK;
}

/* The area of being denied is 1/2 plus half the difference of the shares: late is judged as the
 * other rules are. */
static churn_status judge_shares(const late_rows *l, churn_leak_late *late, churn_error *error)
{
  const audit *a = l->audit;
  double churners = (double)a->leaks->churners, stayers = (double)a->leaks->rows - churners;
  for (size_t i = 0; i < a->rows->count; i++)
    *(a->labels[i] == CHURN_LABEL_CHURNED ? &late->churned : &late->stayed) += l->hidden[i];
  late->churned = churners > 0 ? late->churned / churners : 0;
  late->stayed = stayers > 0 ? late->stayed / stayers : 0;
  if (churners < CHURN_LEAK_LEAST_ROWS || stayers < CHURN_LEAK_LEAST_ROWS)
    return CHURN_OK;
  churn_auc_pair pair;
  churn_status status = churn_auc_pair_compute(a->labels, l->customers, l->hidden, l->hidden,
                                               a->rows->count, &pair, error);
  if (status == CHURN_OK) {
    double excess = fabs(pair.first - 0.5);
    late->named =
        excess > CHURN_LEAK_EXCESS && excess > CHURN_LEAK_ERRORS * sqrt(pair.first_variance);
  }
  return status;
}

static churn_status judge_late(audit *a, const churn_dated *dated, churn_error *error)
{
  size_t rows = a->rows->count;
  late_rows l = {a, *dated, churn_array_new(rows, sizeof *l.hidden),
                 churn_array_new(rows, sizeof *l.customers)};
  const churn_schema_source *source = &a->pipeline->schema->sources[dated->source];
  churn_leak_late *late = &a->leaks->late[a->leaks->late_count];
  churn_status status =
      l.hidden == NULL || l.customers == NULL ? churn_error_no_memory(error) : CHURN_OK;
  if (status == CHURN_OK)
    status = churn_parallel_run(churn_tile_count(rows), look_at_tile, &l, "leaks", a->run, error);
  if (status == CHURN_OK)
    status = judge_shares(&l, late, error);
  if (status == CHURN_OK) {
    late->name = churn_text_format("%s%s%s", source->name, dated->column < 0 ? "" : ".",
                                   dated->column < 0 ? "" : source->columns[dated->column].name);
    a->leaks->late_count += late->name != NULL;
    status = late->name == NULL ? churn_error_no_memory(error) : CHURN_OK;
  }
  free(l.hidden);
  free(l.customers);
  return status;
}

static churn_status judge_dated(audit *a, churn_error *error)
{
  churn_dated dated;
  size_t count = 0;
  churn_status status = CHURN_OK;
  while (churn_plan_dated(a->pipeline->plan, count, &dated))
    count++;
  a->leaks->late = churn_array_new(count, sizeof *a->leaks->late);
  if (a->leaks->late == NULL)
    return churn_error_no_memory(error);
  for (size_t i = 0; status == CHURN_OK && churn_plan_dated(a->pipeline->plan, i, &dated); i++)
    status = judge_late(a, &dated, error);
  return status;
}

static void name_column(const churn_leaks *leaks, const churn_leak_column *c, churn_notes *notes)
{
  if (c->alone)
    churn_notes_add(notes, CHURN_WARNING, "leak_alone", CHURN_NOWHERE,
                    "%s alone tells who churns almost without error (AUC %.3f): does it hold the "
                    "answer?",
                    c->name, c->auc);
  else if (c->left)
    churn_notes_add(notes, CHURN_WARNING, "leak_left", CHURN_NOWHERE,
                    "%s reads a column without a date and tells who ever left from who never did "
                    "(AUC %.3f): it was probably filled in when they left",
                    c->name, c->auc_left);
  else if (c->recent)
    churn_notes_add(notes, CHURN_WARNING, "leak_recent", CHURN_NOWHERE,
                    "%s knows most of what it knows since %d days before T (AUC %.3f, and %.3f as "
                    "of %d days earlier): were rows or values written at the cancellation and "
                    "dated back?",
                    c->name, (int)leaks->back_days, c->auc_at, c->auc_back, (int)leaks->back_days);
}

static void name_late(const churn_leak_late *late, churn_notes *notes)
{
  if (late->named)
    churn_notes_add(
        notes, CHURN_WARNING, "leak_late", CHURN_NOWHERE,
        "%s has values written on or after T, which features do not see: in %.1f %% of "
        "the rows that churned and %.1f %% of the others; if its known_at is the day of "
        "the last change, what is not there gives the answer away",
        late->name, 100 * late->churned, 100 * late->stayed);
}

churn_status churn_leaks_audit(const churn_pipeline *pipeline, const churn_snapshots *snapshots,
                               const churn_run *run, churn_leaks **leaks, churn_error *error)
{
  audit a = {.pipeline = pipeline, .run = run, .leaks = calloc(1, sizeof(churn_leaks))};
  churn_status status = a.leaks == NULL ? churn_error_no_memory(error) : CHURN_OK;
  if (status == CHURN_OK)
    status = take_rows(&a, snapshots, error);
  if (status == CHURN_OK)
    status = build_frames(&a, error);
  if (status == CHURN_OK)
    status = judge_columns(&a, error);
  if (status == CHURN_OK)
    status = judge_dated(&a, error);
  if (status == CHURN_OK) {
    for (size_t i = 0; i < a.leaks->column_count; i++)
      name_column(a.leaks, &a.leaks->columns[i], churn_run_notes(run));
    for (size_t i = 0; i < a.leaks->late_count; i++)
      name_late(&a.leaks->late[i], churn_run_notes(run));
    *leaks = a.leaks;
    a.leaks = NULL;
  }
  free_audit(&a);
  return status;
}

churn_status churn_leaks_warn(const churn_pipeline *pipeline, const churn_snapshots *snapshots,
                              const churn_run *run, churn_error *error)
{
  churn_leaks *leaks = NULL;
  churn_span span;
  churn_status status = churn_span_of(snapshots, &span, error);
  if (status != CHURN_OK)
    return status;
  churn_warn_columns(pipeline, run);
  churn_warn_windows(pipeline, span.first, run);
  status = churn_leaks_audit(pipeline, snapshots, run, &leaks, error);
  churn_leaks_free(leaks);
  return status;
}

static uint64_t count_named(const churn_notes *notes)
{
  static const char *const codes[] = {"leak_alone",         "leak_left",         "leak_recent",
                                      "leak_late",          "undated_column",    "no_leavers",
                                      "rewritten_schedule", "window_before_data"};
  uint64_t named = 0;
  for (size_t i = 0; i < churn_notes_count(notes); i++)
    for (size_t k = 0; k < sizeof codes / sizeof codes[0]; k++)
      named += strcmp(churn_notes_get(notes, i)->code, codes[k]) == 0;
  return named;
}

churn_status churn_check_leaks(const churn_project *project, const churn_run *run,
                               churn_check_report **report, churn_leaks **leaks, churn_error *error)
{
  churn_checked checked = {NULL, NULL};
  churn_leaks *found = NULL;
  churn_check_report *made = NULL;
  churn_status status = churn_check_keep(project, run, &made, &checked, error);
  if (status == CHURN_OK && checked.snapshots != NULL && checked.snapshots->count > 0 &&
      made->faults == 0)
    status = churn_leaks_audit(checked.pipeline, checked.snapshots, run, &found, error);
  if (status == CHURN_OK && churn_notes_lost(run->notes) > 0)
    status = churn_error_no_memory(error);
  churn_checked_clear(&checked);
  if (status != CHURN_OK) {
    churn_leaks_free(found);
    churn_check_report_free(made);
    return status;
  }
  if (found != NULL)
    found->named = count_named(run->notes);
  *leaks = found;
  *report = made;
  return CHURN_OK;
}
