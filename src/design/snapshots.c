/* Who is looked at, when, and what happened next.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "design/snapshots.h"

#include "base/memory.h"
#include "base/parallel.h"

#include <stdlib.h>
#include <string.h>

enum { BLOCK_CUSTOMERS = 2048 };

bool churn_snapshots_undated(const churn_project *project)
{
  return project->base_kind == CHURN_BASE_FILE && project->history_count == 0 &&
         project->joined.text == NULL &&
         (project->outcome.kind == CHURN_OUTCOME_COLUMN ||
          project->outcome.kind == CHURN_OUTCOME_NONE);
}

static churn_status one_day(churn_day day, churn_day **days, size_t *count, churn_error *error)
{
  *days = churn_array_new(1, sizeof **days);
  if (*days == NULL)
    return churn_error_no_memory(error);
  **days = day;
  *count = 1;
  return CHURN_OK;
}

static int compare_days(const void *left, const void *right)
{
  churn_day a = *(const churn_day *)left, b = *(const churn_day *)right;
  return (a > b) - (a < b);
}

static churn_status label_days(const churn_data *data, churn_day first, churn_day last,
                               churn_day **days, size_t *count, churn_error *error)
{
  churn_day *all = churn_array_new(data->labels.count, sizeof *all);
  if (all == NULL)
    return churn_error_no_memory(error);
  size_t kept = 0;
  for (size_t i = 0; i < data->labels.count; i++)
    if ((first == CHURN_DAY_MISSING || data->labels.as_of[i] >= first) &&
        (last == CHURN_DAY_MISSING || data->labels.as_of[i] <= last))
      all[kept++] = data->labels.as_of[i];
  qsort(all, kept, sizeof *all, compare_days);
  *count = 0;
  for (size_t i = 0; i < kept; i++)
    if (i == 0 || all[i] != all[i - 1])
      all[(*count)++] = all[i];
  *days = all;
  if (*count > 0)
    return CHURN_OK;
  free(all);
  *days = NULL;
  return churn_error_set(error, CHURN_DEGENERATE,
                         "the outcome's file has no label on the days asked for");
}

/* The i-th day of the series that starts at `first`. Months are counted from the first day, so that
 * Jan 31 gives Mar 31 two months on. */
static churn_day series_day(const churn_snapshots_spec *spec, churn_day first, size_t i)
{
  if (spec->every_months > 0)
    return churn_day_add_months(first, (int)i * spec->every_months);
  if (spec->every_days > 0)
    return first + (churn_day)i * spec->every_days;
  return i == 0 ? first : CHURN_DAY_MISSING;
}

static churn_status no_step(churn_day first, churn_day last, churn_error *error)
{
  char from[CHURN_DAY_TEXT_SIZE], to[CHURN_DAY_TEXT_SIZE];
  churn_day_format(first, from);
  churn_day_format(last, to);
  return churn_error_set(error, CHURN_USAGE,
                         "snapshots from %s to %s need a step between them; expected one day, or "
                         "`every` under `snapshots` in the project",
                         from, to);
}

static churn_status series(const churn_snapshots_spec *spec, churn_day first, churn_day last,
                           churn_day **days, size_t *count, churn_error *error)
{
  size_t capacity = 0;
  *days = NULL;
  *count = 0;
  if (first < last && spec->every_months == 0 && spec->every_days == 0)
    return no_step(first, last, error);
  for (size_t i = 0;; i++) {
    churn_day day = series_day(spec, first, i);
    if (day == CHURN_DAY_MISSING || day > last)
      break;
    if (!churn_array_reserve(days, &capacity, *count + 1, sizeof **days)) {
      free(*days);
      *days = NULL;
      return churn_error_no_memory(error);
    }
    (*days)[(*count)++] = day;
  }
  if (*count > 0)
    return CHURN_OK;
  return churn_error_set(error, CHURN_DEGENERATE,
                         "no snapshot: the first day lies after the last one");
}

churn_status churn_snapshot_days(const churn_project *project, const churn_data *data,
                                 churn_day first, churn_day last, churn_day **days, size_t *count,
                                 churn_error *error)
{
  const churn_outcome_spec *outcome = &project->outcome;
  if (churn_snapshots_undated(project))
    return one_day(CHURN_DAY_MISSING, days, count, error);
  first = first == CHURN_DAY_MISSING ? project->snapshots.first : first;
  last = last == CHURN_DAY_MISSING ? project->snapshots.last : last;
  if (outcome->kind == CHURN_OUTCOME_LABELS)
    return label_days(data, first, last, days, count, error);
  churn_day newest = data->data_until;
  if ((first == CHURN_DAY_MISSING || last == CHURN_DAY_MISSING) && newest == CHURN_DAY_MISSING)
    return churn_error_set(error, CHURN_DEGENERATE,
                           "no snapshot day is known: there is no history to tell the newest day; "
                           "expected `data_until` "
                           "or `snapshots` in the project");
  churn_day newest_closed =
      newest == CHURN_DAY_MISSING ? newest : newest + 1 - outcome->gap_days - outcome->horizon_days;
  if (last == CHURN_DAY_MISSING)
    last = newest_closed;
  if (first == CHURN_DAY_MISSING)
    first = last;
  return series(&project->snapshots, first, last, days, count, error);
}

/* What a block of customers needs and gives. */
typedef struct block {
  churn_snapshot *rows;
  size_t count;
  size_t capacity;
  churn_snapshot_day *tally; /* [day_count] */
} block;

typedef struct builder {
  const churn_project *project;
  const churn_data *data;
  const churn_plan *plan;
  int condition_output;
  const churn_day *days;
  size_t day_count;
  churn_snapshot_use use;
  int history;           /* of SILENT and EVENT, else -1 */
  int8_t *column_labels; /* COLUMN: per spell, else NULL */
  block *blocks;
  churn_workspace **workspaces; /* per thread */
} builder;

static bool is_closed(const builder *b, churn_day as_of)
{
  const churn_outcome_spec *outcome = &b->project->outcome;
  if (outcome->kind == CHURN_OUTCOME_COLUMN || outcome->kind == CHURN_OUTCOME_LABELS)
    return true;
  if (outcome->kind == CHURN_OUTCOME_NONE || b->data->data_until == CHURN_DAY_MISSING)
    return false;
  return as_of + outcome->gap_days + outcome->horizon_days <= b->data->data_until + 1;
}

/* The spell that is in the base at `as_of`, or SIZE_MAX. Spells are disjoint, so there is at most
 * one. */
static size_t spell_at(const churn_customers *customers, size_t customer, churn_day as_of)
{
  for (size_t s = customers->first_spell[customer]; s < customers->first_spell[customer + 1]; s++) {
    bool joined = as_of == CHURN_DAY_MISSING || customers->joined[s] == CHURN_DAY_MISSING ||
                  customers->joined[s] < as_of;
    bool there = as_of == CHURN_DAY_MISSING || customers->left[s] == CHURN_DAY_MISSING ||
                 customers->left[s] >= as_of;
    if (joined && there)
      return s;
  }
  return SIZE_MAX;
}

/* First row of the customer's history on or after `day`. */
static size_t first_row_from(const churn_history *h, size_t customer, churn_day day)
{
  size_t low = h->first_row[customer], high = h->first_row[customer + 1];
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (h->days[middle] < day)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

static churn_status any_row(const builder *b, int thread, size_t customer, churn_day first,
                            churn_day last, bool *any)
{
  if (b->condition_output >= 0)
    return churn_plan_any_row(b->plan, b->workspaces[thread], (size_t)b->condition_output, customer,
                              first, last, any);
  const churn_history *h = &b->data->histories[b->history];
  *any = first_row_from(h, customer, first) < first_row_from(h, customer, last);
  return CHURN_OK;
}

static bool is_active(const builder *b, size_t customer, churn_day as_of)
{
  int32_t within = b->project->outcome.active_within_days;
  if (within == 0 || b->history < 0)
    return true;
  const churn_history *h = &b->data->histories[b->history];
  return first_row_from(h, customer, as_of - within) < first_row_from(h, customer, as_of);
}

enum { LABEL_DROPPED = -2 };

static int8_t label_left(const builder *b, size_t spell, churn_day as_of)
{
  const churn_outcome_spec *outcome = &b->project->outcome;
  churn_day left = b->data->customers.left[spell], opens = as_of + outcome->gap_days;
  if (left == CHURN_DAY_MISSING || left >= opens + outcome->horizon_days)
    return CHURN_LABEL_STAYED;
  return left >= opens ? CHURN_LABEL_CHURNED : LABEL_DROPPED;
}

static churn_status label_history(const builder *b, int thread, size_t customer, churn_day as_of,
                                  int8_t *label)
{
  const churn_outcome_spec *outcome = &b->project->outcome;
  churn_day opens = as_of + outcome->gap_days;
  bool any = false, in_gap = false;
  churn_status status = any_row(b, thread, customer, opens, opens + outcome->horizon_days, &any);
  if (status == CHURN_OK && outcome->kind == CHURN_OUTCOME_EVENT && outcome->gap_days > 0)
    status = any_row(b, thread, customer, as_of, opens, &in_gap);
  *label = in_gap ? LABEL_DROPPED : any == (outcome->kind == CHURN_OUTCOME_EVENT);
  return status;
}

/* The label file's rows are sorted by (customer, day). */
static int8_t label_from_file(const churn_label_rows *labels, size_t customer, churn_day as_of)
{
  size_t low = 0, high = labels->count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    bool before = labels->customer[middle] < customer ||
                  (labels->customer[middle] == customer && labels->as_of[middle] < as_of);
    if (before)
      low = middle + 1;
    else
      high = middle;
  }
  bool found =
      low < labels->count && labels->customer[low] == customer && labels->as_of[low] == as_of;
  return found && labels->churned[low] >= 0 ? labels->churned[low] : LABEL_DROPPED;
}

static churn_status find_label(const builder *b, int thread, size_t customer, size_t spell,
                               churn_day as_of, int8_t *label)
{
  *label = CHURN_LABEL_UNKNOWN;
  if (!is_closed(b, as_of))
    return CHURN_OK;
  switch (b->project->outcome.kind) {
  case CHURN_OUTCOME_LEFT:
    *label = label_left(b, spell, as_of);
    return CHURN_OK;
  case CHURN_OUTCOME_SILENT:
  case CHURN_OUTCOME_EVENT:
    return label_history(b, thread, customer, as_of, label);
  case CHURN_OUTCOME_LABELS:
    *label = label_from_file(&b->data->labels, customer, as_of);
    return CHURN_OK;
  case CHURN_OUTCOME_COLUMN:
    *label = b->column_labels == NULL ? CHURN_LABEL_UNKNOWN : b->column_labels[spell];
    return CHURN_OK;
  case CHURN_OUTCOME_NONE:
    break;
  }
  return CHURN_OK;
}

static churn_status add_row(const builder *b, block *to, churn_snapshot row, churn_error *error)
{
  bool labelled = row.label == CHURN_LABEL_CHURNED || row.label == CHURN_LABEL_STAYED;
  if (b->use == CHURN_SNAPSHOTS_LABELLED && !labelled)
    return CHURN_OK;
  if (!labelled)
    row.label = CHURN_LABEL_UNKNOWN;
  if (!churn_array_reserve(&to->rows, &to->capacity, to->count + 1, sizeof row))
    return churn_error_no_memory(error);
  to->rows[to->count++] = row;
  return CHURN_OK;
}

static churn_status look_at(const builder *b, block *to, int thread, size_t customer, size_t day,
                            churn_error *error)
{
  churn_day as_of = b->days[day];
  churn_snapshot_day *tally = &to->tally[day];
  size_t spell = spell_at(&b->data->customers, customer, as_of);
  if (spell == SIZE_MAX)
    return CHURN_OK;
  tally->base++;
  if (!is_active(b, customer, as_of)) {
    tally->inactive++;
    return CHURN_OK;
  }
  int8_t label;
  churn_status status = find_label(b, thread, customer, spell, as_of, &label);
  if (status != CHURN_OK)
    return churn_error_set(error, status, "out of memory");
  tally->churned += label == CHURN_LABEL_CHURNED;
  tally->stayed += label == CHURN_LABEL_STAYED;
  tally->dropped += label == LABEL_DROPPED;
  return add_row(b, to, (churn_snapshot){(uint32_t)customer, (uint32_t)spell, as_of, label}, error);
}

static churn_status build_block(void *context, size_t task, int thread, churn_error *error)
{
  const builder *b = context;
  block *to = &b->blocks[task];
  size_t customers = b->data->customers.count;
  size_t last = (task + 1) * BLOCK_CUSTOMERS < customers ? (task + 1) * BLOCK_CUSTOMERS : customers;
  to->tally = churn_array_new(b->day_count, sizeof *to->tally);
  if (to->tally == NULL)
    return churn_error_no_memory(error);
  churn_status status = CHURN_OK;
  for (size_t customer = task * BLOCK_CUSTOMERS; customer < last; customer++)
    for (size_t day = 0; day < b->day_count && status == CHURN_OK; day++)
      status = look_at(b, to, thread, customer, day, error);
  return status;
}

static churn_status join_blocks(const builder *b, size_t block_count, churn_snapshots *s,
                                churn_error *error)
{
  for (size_t i = 0; i < block_count; i++)
    s->count += b->blocks[i].count;
  s->rows = churn_array_new(s->count, sizeof *s->rows);
  s->days = churn_array_new(b->day_count, sizeof *s->days);
  if (s->rows == NULL || s->days == NULL)
    return churn_error_no_memory(error);
  s->day_count = b->day_count;
  for (size_t d = 0; d < b->day_count; d++) {
    s->days[d].as_of = b->days[d];
    s->days[d].closed = is_closed(b, b->days[d]);
  }
  size_t at = 0;
  for (size_t i = 0; i < block_count; i++) {
    const block *from = &b->blocks[i];
    if (from->count > 0)
      memcpy(s->rows + at, from->rows, from->count * sizeof *s->rows);
    at += from->count;
    for (size_t d = 0; d < b->day_count; d++) {
      s->days[d].base += from->tally[d].base;
      s->days[d].inactive += from->tally[d].inactive;
      s->days[d].dropped += from->tally[d].dropped;
      s->days[d].churned += from->tally[d].churned;
      s->days[d].stayed += from->tally[d].stayed;
    }
  }
  return CHURN_OK;
}

/* *other is the value that means stayed, once one was seen; NULL before. */
static churn_status label_of_text(const builder *b, const char *text, const char **other,
                                  int8_t *label, churn_error *error)
{
  const churn_outcome_spec *outcome = &b->project->outcome;
  *label = CHURN_LABEL_STAYED;
  if (strcmp(text, outcome->positive.text) == 0) {
    *label = CHURN_LABEL_CHURNED;
    return CHURN_OK;
  }
  if (outcome->negative.text != NULL) {
    *label = strcmp(text, outcome->negative.text) == 0 ? CHURN_LABEL_STAYED : LABEL_DROPPED;
    return CHURN_OK;
  }
  if (*other == NULL) {
    *other = text;
    return CHURN_OK;
  }
  return churn_error_set_at(error, CHURN_INCONSISTENT,
                            churn_project_place(b->project, &outcome->column),
                            "column \"%s\" holds more than two values: \"%.60s\", \"%.60s\" and "
                            "\"%.60s\"; expected two, or "
                            "`negative: VALUE` in the outcome (other rows are then left out)",
                            outcome->column.text, outcome->positive.text, *other, text);
}

/* Labels of a flat export, per spell: -1 where the cell is empty. */
static churn_status read_column_labels(builder *b, churn_error *error)
{
  const churn_column *column = &b->data->customers.outcome;
  if (b->project->outcome.kind != CHURN_OUTCOME_COLUMN || !column->present)
    return CHURN_OK;
  size_t levels = churn_dictionary_count(column->levels), spells = b->data->customers.spell_count;
  int8_t *by_level = churn_array_new(levels, sizeof *by_level);
  b->column_labels = churn_array_new(spells, sizeof *b->column_labels);
  churn_status status =
      by_level == NULL || b->column_labels == NULL ? churn_error_no_memory(error) : CHURN_OK;
  bool positive_seen = false;
  const char *other = NULL;
  for (uint32_t i = 0; i < levels && status == CHURN_OK; i++) {
    status =
        label_of_text(b, churn_dictionary_text(column->levels, i), &other, &by_level[i], error);
    positive_seen = positive_seen || by_level[i] == CHURN_LABEL_CHURNED;
  }
  if (status == CHURN_OK && levels > 0 && !positive_seen)
    status = churn_error_set_at(
        error, CHURN_INCONSISTENT, churn_project_place(b->project, &b->project->outcome.positive),
        "no row has \"%s\" in column \"%s\"; it holds \"%.60s\"%s",
        b->project->outcome.positive.text, b->project->outcome.column.text,
        churn_dictionary_text(column->levels, 0), levels > 1 ? " and others" : "");
  for (size_t i = 0; i < spells && status == CHURN_OK; i++)
    b->column_labels[i] =
        column->codes[i] == CHURN_CODE_MISSING ? LABEL_DROPPED : by_level[column->codes[i]];
  free(by_level);
  return status;
}

static churn_status make_workspaces(builder *b, int threads, churn_error *error)
{
  if (b->condition_output < 0)
    return CHURN_OK;
  b->workspaces = churn_array_new((size_t)threads, sizeof(churn_workspace *));
  if (b->workspaces == NULL)
    return churn_error_no_memory(error);
  for (int i = 0; i < threads; i++)
    if ((b->workspaces[i] = churn_workspace_new(b->plan)) == NULL)
      return churn_error_no_memory(error);
  return CHURN_OK;
}

static void clear(builder *b, size_t block_count, int threads)
{
  for (size_t i = 0; b->blocks != NULL && i < block_count; i++) {
    free(b->blocks[i].rows);
    free(b->blocks[i].tally);
  }
  free(b->blocks);
  for (int i = 0; b->workspaces != NULL && i < threads; i++)
    churn_workspace_free(b->workspaces[i]);
  free(b->workspaces);
  free(b->column_labels);
}

churn_status churn_snapshots_build(const churn_project *project, const churn_data *data,
                                   const churn_plan *plan, int condition_output,
                                   const churn_day *days, size_t day_count, churn_snapshot_use use,
                                   const churn_run *run, churn_snapshots **snapshots,
                                   churn_error *error)
{
  builder b = {.project = project,
               .data = data,
               .plan = plan,
               .condition_output = condition_output,
               .days = days,
               .day_count = day_count,
               .use = use,
               .history = -1};
  int threads = churn_parallel_threads(run);
  size_t block_count = (data->customers.count + BLOCK_CUSTOMERS - 1) / BLOCK_CUSTOMERS;
  if (project->outcome.kind == CHURN_OUTCOME_SILENT || project->outcome.kind == CHURN_OUTCOME_EVENT)
    b.history = churn_project_find_history(project, project->outcome.history.text);
  churn_snapshots *s = calloc(1, sizeof *s);
  b.blocks = churn_array_new(block_count, sizeof *b.blocks);
  churn_status status = s == NULL || b.blocks == NULL ? churn_error_no_memory(error) : CHURN_OK;
  if (status == CHURN_OK)
    status = read_column_labels(&b, error);
  if (status == CHURN_OK)
    status = make_workspaces(&b, threads, error);
  if (status == CHURN_OK)
    status = churn_parallel_run(block_count, build_block, &b, "snapshots", run, error);
  if (status == CHURN_OK)
    status = join_blocks(&b, block_count, s, error);
  clear(&b, block_count, threads);
  if (status == CHURN_OK)
    *snapshots = s;
  else
    churn_snapshots_free(s);
  return status;
}

void churn_snapshots_free(churn_snapshots *snapshots)
{
  if (snapshots == NULL)
    return;
  free(snapshots->rows);
  free(snapshots->days);
  free(snapshots);
}
