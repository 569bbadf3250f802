/* Who is looked at, when, and what happened next.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "design/snapshots.h"

#include "base/memory.h"
#include "base/parallel.h"
#include "design/contacts.h"
#include "design/drop.h"
#include "design/snapshot_base.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* A group of blocks gives about so many rows. */
enum { BLOCK_CUSTOMERS = 2048, GROUP_ROWS = 1 << 17 };

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
  const churn_labelling *labelling;
  const churn_day *days;
  size_t day_count;
  churn_snapshot_use use;
  int8_t *column_labels;         /* COLUMN: per spell, else NULL */
  const churn_history *contacts; /* the log, NULL = none */
  bool *closed;                  /* [day_count] */
  churn_drop_levels *levels;     /* DROP: [threads][day_count] of the customer at work, else NULL */
  size_t first_block;            /* blocks[i] is block first_block + i of the customers */
  block *blocks;
  churn_workspace **workspaces; /* per thread */
  churn_excluder *excluders;    /* per thread; NULL where no kind of loss is excluded */
} builder;

bool churn_snapshots_closed(const churn_project *project, const churn_data *data, churn_day as_of)
{
  const churn_outcome_spec *outcome = &project->outcome;
  if (outcome->kind == CHURN_OUTCOME_COLUMN || outcome->kind == CHURN_OUTCOME_LABELS)
    return true;
  if (outcome->kind == CHURN_OUTCOME_NONE || data->data_until == CHURN_DAY_MISSING)
    return false;
  return as_of + outcome->gap_days + outcome->horizon_days <= data->data_until + 1;
}

static churn_status any_row(const builder *b, int thread, size_t customer, churn_day first,
                            churn_day last, churn_day known, bool *any)
{
  return churn_plan_any_row(b->labelling->plan, b->workspaces[thread], (size_t)b->labelling->output,
                            customer, first, last, known, any);
}

static churn_drop_levels *levels_of(const builder *b, int thread)
{
  return b->levels + (size_t)thread * b->day_count;
}

/* Seen lately enough; not ended, in this spell, by an event that ends it; and, where only who is at
 * risk is wanted, with something to lose. */
static churn_status is_active(const builder *b, int thread, size_t customer, size_t spell,
                              size_t day, bool *active)
{
  churn_day as_of = b->days[day];
  const churn_outcome_spec *outcome = &b->project->outcome;
  int32_t within = outcome->active_within_days;
  bool ended = false;
  *active = true;
  if (outcome->kind == CHURN_OUTCOME_DROP) {
    *active =
        b->use != CHURN_SNAPSHOTS_AT_RISK || churn_drop_can_fall(levels_of(b, thread)[day].before);
    return CHURN_OK;
  }
  if (outcome->terminal) {
    churn_status status =
        any_row(b, thread, customer, b->data->customers.joined[spell], as_of, as_of, &ended);
    *active = !ended;
    return status;
  }
  return within == 0 ? CHURN_OK
                     : any_row(b, thread, customer, as_of - within, as_of, as_of, active);
}

enum { LABEL_DROPPED = -2 };

static bool labelled_only(const builder *b)
{
  return b->use == CHURN_SNAPSHOTS_LABELLED || b->use == CHURN_SNAPSHOTS_OBSERVED;
}

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
  churn_day opens = as_of + outcome->gap_days, closes = opens + outcome->horizon_days;
  /* What was recorded late happened all the same: a label sees all that the data hold. */
  churn_day known = b->data->data_until < closes ? closes : b->data->data_until + 1;
  bool any = false, in_gap = false;
  churn_status status = any_row(b, thread, customer, opens, closes, known, &any);
  if (status == CHURN_OK && outcome->kind == CHURN_OUTCOME_EVENT && outcome->gap_days > 0)
    status = any_row(b, thread, customer, as_of, opens, known, &in_gap);
  *label = in_gap ? LABEL_DROPPED : any == (outcome->kind == CHURN_OUTCOME_EVENT);
  return status;
}

/* The label file's rows are sorted by (customer, day): the first one at or after this one. */
static size_t find_label_row(const churn_label_rows *labels, size_t customer, churn_day as_of)
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
  return low;
}

static int8_t label_from_file(const churn_label_rows *labels, size_t customer, churn_day as_of)
{
  size_t row = find_label_row(labels, customer, as_of);
  bool found =
      row < labels->count && labels->customer[row] == customer && labels->as_of[row] == as_of;
  return found && labels->churned[row] >= 0 ? labels->churned[row] : LABEL_DROPPED;
}

static int8_t label_drop(const builder *b, const churn_drop_levels *levels, size_t spell,
                         size_t day, churn_snapshot_day *tally)
{
  switch (churn_drop_judge(&b->project->outcome, levels, b->data->customers.left[spell],
                           b->days[day])) {
  case CHURN_DROP_STAYED:
    return CHURN_LABEL_STAYED;
  case CHURN_DROP_FELL:
    return CHURN_LABEL_CHURNED;
  case CHURN_DROP_NO_LEVEL:
    tally->no_level++;
    break;
  case CHURN_DROP_LEFT:
    tally->left++;
    break;
  case CHURN_DROP_UNSEEN:
    tally->unseen++;
    break;
  }
  return LABEL_DROPPED;
}

static churn_status find_label(const builder *b, int thread, size_t customer, size_t spell,
                               size_t day, churn_snapshot_day *tally, int8_t *label)
{
  churn_day as_of = b->days[day];
  *label = CHURN_LABEL_UNKNOWN;
  if (!b->closed[day])
    return CHURN_OK;
  switch (b->project->outcome.kind) {
  case CHURN_OUTCOME_LEFT:
    *label = label_left(b, spell, as_of);
    return CHURN_OK;
  case CHURN_OUTCOME_SILENT:
  case CHURN_OUTCOME_EVENT:
    return label_history(b, thread, customer, as_of, label);
  case CHURN_OUTCOME_DROP:
    *label = label_drop(b, &levels_of(b, thread)[day], spell, day, tally);
    return CHURN_OK;
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

/* Who is lost in a way that does not count has no label: they did not stay either. */
static churn_status leave_out(const builder *b, int thread, size_t spell, churn_day as_of,
                              int8_t *label)
{
  bool excluded = false;
  if (b->excluders == NULL || *label != CHURN_LABEL_CHURNED)
    return CHURN_OK;
  churn_status status = churn_excluder_ask(&b->excluders[thread],
                                           b->workspaces == NULL ? NULL : b->workspaces[thread],
                                           spell, as_of, &excluded);
  *label = excluded ? LABEL_DROPPED : *label;
  return status;
}

/* A rescued customer must not teach that there was no danger. */
static bool judge_contact(const builder *b, size_t customer, churn_day as_of, int8_t *label,
                          churn_snapshot_day *tally)
{
  bool labelled = *label == CHURN_LABEL_STAYED || *label == CHURN_LABEL_CHURNED;
  if (!labelled || b->use == CHURN_SNAPSHOTS_AT_RISK ||
      !churn_contacted_around(b->project, b->contacts, customer, as_of))
    return false;
  tally->contacted++;
  tally->contacted_churned += *label == CHURN_LABEL_CHURNED;
  if (b->use == CHURN_SNAPSHOTS_LABELLED && b->project->contacts.rule == CHURN_CONTACTED_DROP)
    *label = LABEL_DROPPED;
  return true;
}

static churn_status add_row(const builder *b, block *to, churn_snapshot row, churn_error *error)
{
  bool labelled = row.label == CHURN_LABEL_CHURNED || row.label == CHURN_LABEL_STAYED;
  if (labelled_only(b) && !labelled)
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
  size_t spell = churn_base_spell(&b->data->customers, customer, as_of);
  if (spell == SIZE_MAX)
    return CHURN_OK;
  tally->base++;
  int8_t label = CHURN_LABEL_UNKNOWN;
  bool active;
  churn_status status = is_active(b, thread, customer, spell, day, &active);
  if (status == CHURN_OK && !active) {
    tally->inactive++;
    return CHURN_OK;
  }
  if (status == CHURN_OK)
    status = find_label(b, thread, customer, spell, day, tally, &label);
  if (status == CHURN_OK)
    status = leave_out(b, thread, spell, as_of, &label);
  if (status != CHURN_OK)
    return churn_error_set(error, status, "out of memory");
  bool contacted = judge_contact(b, customer, as_of, &label, tally);
  tally->churned += label == CHURN_LABEL_CHURNED;
  tally->stayed += label == CHURN_LABEL_STAYED;
  tally->dropped += label == LABEL_DROPPED;
  churn_snapshot row = {(uint32_t)customer, (uint32_t)spell, as_of, label, contacted, 1, 0};
  return add_row(b, to, row, error);
}

static const churn_day *find_day(const builder *b, churn_day day)
{
  return bsearch(&day, b->days, b->day_count, sizeof *b->days, churn_days_compare);
}

/* The customer's rows of the label file. */
static churn_status look_at_listed(const builder *b, block *to, int thread, size_t customer,
                                   churn_error *error)
{
  const churn_label_rows *labels = &b->data->labels;
  churn_status status = CHURN_OK;
  for (size_t row = find_label_row(labels, customer, b->days[0]);
       row < labels->count && labels->customer[row] == customer && status == CHURN_OK; row++) {
    const churn_day *day = find_day(b, labels->as_of[row]);
    if (day != NULL)
      status = look_at(b, to, thread, customer, (size_t)(day - b->days), error);
  }
  return status;
}

static churn_status look_at_all(const builder *b, block *to, int thread, size_t customer,
                                churn_error *error)
{
  churn_status status = CHURN_OK;
  const churn_drop_days days = {b->days, b->closed, b->day_count};
  if (b->levels != NULL &&
      churn_drop_measure(&b->project->outcome, b->labelling->plan, b->workspaces[thread], customer,
                         &days, levels_of(b, thread)) != CHURN_OK)
    return churn_error_no_memory(error);
  for (size_t day = 0; day < b->day_count && status == CHURN_OK; day++)
    status = look_at(b, to, thread, customer, day, error);
  return status;
}

/* Nobody else has a label where a file lists them. */
static bool listed_only(const builder *b)
{
  return b->use == CHURN_SNAPSHOTS_LISTED ||
         (labelled_only(b) && b->project->outcome.kind == CHURN_OUTCOME_LABELS);
}

static churn_status build_block(void *context, size_t task, int thread, churn_error *error)
{
  const builder *b = context;
  block *to = &b->blocks[task];
  size_t customers = b->data->customers.count, first = (b->first_block + task) * BLOCK_CUSTOMERS;
  size_t last = customers - first < BLOCK_CUSTOMERS ? customers : first + BLOCK_CUSTOMERS;
  to->tally = churn_array_new(b->day_count, sizeof *to->tally);
  if (to->tally == NULL)
    return churn_error_no_memory(error);
  churn_status status = CHURN_OK;
  for (size_t customer = first; customer < last && status == CHURN_OK; customer++) {
    if (b->labelling->only != NULL && !b->labelling->only[customer])
      continue;
    status = listed_only(b) ? look_at_listed(b, to, thread, customer, error)
                            : look_at_all(b, to, thread, customer, error);
  }
  return status;
}

static void add_tally(churn_snapshot_day *days, const churn_snapshot_day *tally, size_t count)
{
  for (size_t d = 0; d < count; d++) {
    days[d].base += tally[d].base;
    days[d].inactive += tally[d].inactive;
    days[d].dropped += tally[d].dropped;
    days[d].churned += tally[d].churned;
    days[d].stayed += tally[d].stayed;
    days[d].no_level += tally[d].no_level;
    days[d].left += tally[d].left;
    days[d].unseen += tally[d].unseen;
    days[d].contacted += tally[d].contacted;
    days[d].contacted_churned += tally[d].contacted_churned;
  }
}

static void clear_block(block *b)
{
  free(b->rows);
  free(b->tally);
  *b = (block){.count = 0};
}

/* A block's rows go as soon as they are copied, so that the peak is not all of them twice. */
static churn_status join_blocks(const builder *b, size_t block_count, churn_snapshots *s,
                                churn_error *error)
{
  size_t at = 0;
  s->count = 0;
  for (size_t i = 0; i < block_count; i++)
    s->count += b->blocks[i].count;
  s->rows = churn_array_new(s->count, sizeof *s->rows);
  if (s->rows == NULL)
    return churn_error_no_memory(error);
  for (size_t i = 0; i < block_count; i++) {
    block *from = &b->blocks[i];
    if (from->count > 0)
      memcpy(s->rows + at, from->rows, from->count * sizeof *s->rows);
    at += from->count;
    add_tally(s->days, from->tally, b->day_count);
    clear_block(from);
  }
  return CHURN_OK;
}

static churn_status name_days(builder *b, churn_snapshots *s, churn_error *error)
{
  s->days = churn_array_new(b->day_count, sizeof *s->days);
  b->closed = churn_array_new(b->day_count, sizeof *b->closed);
  if (s->days == NULL || b->closed == NULL)
    return churn_error_no_memory(error);
  s->day_count = b->day_count;
  for (size_t d = 0; d < b->day_count; d++) {
    s->days[d].as_of = b->days[d];
    b->closed[d] = s->days[d].closed = churn_snapshots_closed(b->project, b->data, b->days[d]);
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

/* Who was in the base but stands not in the file, and so was not looked at. */
static churn_status count_unlisted(const builder *b, churn_snapshots *s, churn_error *error)
{
  if (!labelled_only(b) || !listed_only(b))
    return CHURN_OK;
  uint64_t *base = churn_array_new(b->day_count, sizeof *base);
  if (base == NULL)
    return churn_error_no_memory(error);
  churn_base_count(&b->data->customers, b->days, b->day_count, base);
  for (size_t d = 0; d < b->day_count; d++) {
    s->days[d].dropped += base[d] - s->days[d].base;
    s->days[d].base = base[d];
  }
  free(base);
  return CHURN_OK;
}

/* Labels of customers who were not in the base on that day count for nothing, which is said. */
static void note_unused_labels(const builder *b, const churn_run *run)
{
  const churn_label_rows *labels = &b->data->labels;
  uint64_t unused = 0;
  if (b->project->outcome.kind != CHURN_OUTCOME_LABELS)
    return;
  for (size_t i = 0; i < labels->count; i++)
    unused +=
        find_day(b, labels->as_of[i]) != NULL &&
        churn_base_spell(&b->data->customers, labels->customer[i], labels->as_of[i]) == SIZE_MAX;
  if (unused > 0)
    churn_notes_add(churn_run_notes(run), CHURN_NOTE, "labels_outside_base", CHURN_NOWHERE,
                    "%" PRIu64
                    " label%s of customers who were not in the base on that day %s left out",
                    unused, unused == 1 ? "" : "s", unused == 1 ? "is" : "are");
}

/* Of DROP: why rows have no label, which the table of days does not tell apart. */
static void note_no_level(const builder *b, const churn_snapshots *s, const churn_run *run)
{
  uint64_t no_level = 0, left = 0, unseen = 0;
  for (size_t d = 0; d < s->day_count; d++) {
    no_level += s->days[d].no_level;
    left += s->days[d].left;
    unseen += s->days[d].unseen;
  }
  if (labelled_only(b) && no_level + left + unseen > 0)
    churn_notes_add(churn_run_notes(run), CHURN_NOTE, "drop_unlabelled", CHURN_NOWHERE,
                    "rows without a label: %" PRIu64 " with no level that could fall (missing, "
                    "zero or less), %" PRIu64 " that left before the label window ended, %" PRIu64
                    " without a level at its end",
                    no_level, left, unseen);
}

static void note_contacts(const builder *b, const churn_snapshots *s, const churn_run *run)
{
  static const char *const became[] = {"have no label", "are kept",
                                       "are kept, and a feature tells"};
  uint64_t contacted = 0, churned = 0;
  for (size_t d = 0; d < s->day_count; d++) {
    contacted += s->days[d].contacted;
    churned += s->days[d].contacted_churned;
  }
  if (b->use == CHURN_SNAPSHOTS_LABELLED && b->contacts != NULL)
    churn_notes_add(churn_run_notes(run), CHURN_NOTE, "contacted_rows", CHURN_NOWHERE,
                    "%" PRIu64 " rows are of customers who were contacted shortly before the as-of "
                    "day or in the gap (%" PRIu64 " of them churned); they %s",
                    contacted, churned, became[b->project->contacts.rule]);
}

static churn_status make_workspaces(builder *b, int threads, churn_error *error)
{
  if (b->labelling->output < 0)
    return CHURN_OK;
  if (b->project->outcome.kind == CHURN_OUTCOME_DROP) {
    b->levels = churn_array_new((size_t)threads * b->day_count, sizeof *b->levels);
    if (b->levels == NULL)
      return churn_error_no_memory(error);
  }
  b->workspaces = churn_array_new((size_t)threads, sizeof(churn_workspace *));
  if (b->workspaces == NULL)
    return churn_error_no_memory(error);
  for (int i = 0; i < threads; i++)
    if ((b->workspaces[i] = churn_workspace_new(b->labelling->plan)) == NULL)
      return churn_error_no_memory(error);
  return CHURN_OK;
}

static churn_status make_excluders(builder *b, int threads, churn_error *error)
{
  churn_status status = CHURN_OK;
  if (b->labelling->kinds == NULL)
    return CHURN_OK;
  b->excluders = churn_array_new((size_t)threads, sizeof *b->excluders);
  if (b->excluders == NULL)
    return churn_error_no_memory(error);
  for (int i = 0; i < threads && status == CHURN_OK; i++)
    status = churn_excluder_open(b->project, b->data, b->labelling, &b->excluders[i], error);
  return status;
}

static void clear(builder *b, size_t block_count, int threads)
{
  for (size_t i = 0; b->blocks != NULL && i < block_count; i++)
    clear_block(&b->blocks[i]);
  free(b->blocks);
  for (int i = 0; b->workspaces != NULL && i < threads; i++)
    churn_workspace_free(b->workspaces[i]);
  free(b->workspaces);
  for (int i = 0; b->excluders != NULL && i < threads; i++)
    churn_excluder_close(&b->excluders[i]);
  free(b->excluders);
  free(b->column_labels);
  free(b->closed);
  free(b->levels);
}

/* `group` blocks at a time; the rows of each go to the taker, or, without one, stay in `s`, and the
 * group is all blocks. */
static churn_status build_groups(builder *b, size_t block_count, size_t group,
                                 const churn_snapshot_taker *taker, const churn_run *run,
                                 churn_snapshots *s, churn_error *error)
{
  churn_status status = CHURN_OK;
  for (; b->first_block < block_count && status == CHURN_OK; b->first_block += group) {
    size_t rest = block_count - b->first_block, count = rest < group ? rest : group;
    status = churn_parallel_run(count, build_block, b, "snapshots", run, error);
    if (status == CHURN_OK)
      status = join_blocks(b, count, s, error);
    if (taker == NULL)
      continue;
    if (status == CHURN_OK)
      status = taker->take(taker->context, s->rows, s->count, error);
    free(s->rows);
    s->rows = NULL;
  }
  return status;
}

static churn_status build(builder *b, const churn_snapshot_taker *taker, const churn_run *run,
                          churn_snapshots **snapshots, churn_error *error)
{
  int threads = churn_parallel_threads(run);
  size_t customers = b->data->customers.count;
  size_t blocks = customers == 0 ? 1 : (customers - 1) / BLOCK_CUSTOMERS + 1;
  size_t rows_a_block = BLOCK_CUSTOMERS * b->day_count, group = blocks;
  if (taker != NULL && GROUP_ROWS / rows_a_block < blocks)
    group = GROUP_ROWS / rows_a_block + (size_t)threads;
  group = group < blocks ? group : blocks;
  churn_snapshots *s = calloc(1, sizeof *s);
  b->blocks = churn_array_new(group, sizeof *b->blocks);
  churn_status status = s == NULL || b->blocks == NULL ? churn_error_no_memory(error) : CHURN_OK;
  if (status == CHURN_OK)
    status = name_days(b, s, error);
  if (status == CHURN_OK)
    status = read_column_labels(b, error);
  if (status == CHURN_OK)
    status = make_workspaces(b, threads, error);
  if (status == CHURN_OK)
    status = make_excluders(b, threads, error);
  if (status == CHURN_OK)
    status = build_groups(b, blocks, group, taker, run, s, error);
  if (status == CHURN_OK)
    status = count_unlisted(b, s, error);
  if (status == CHURN_OK) {
    note_unused_labels(b, run);
    note_no_level(b, s, run);
    note_contacts(b, s, run);
  }
  clear(b, group, threads);
  if (status == CHURN_OK)
    *snapshots = s;
  else
    churn_snapshots_free(s);
  return status;
}

churn_status churn_snapshots_build(const churn_project *project, const churn_data *data,
                                   const churn_labelling *labelling, const churn_day *days,
                                   size_t day_count, churn_snapshot_use use, const churn_run *run,
                                   churn_snapshots **snapshots, churn_error *error)
{
  builder b = {.project = project,
               .data = data,
               .labelling = labelling,
               .contacts = churn_contacts_of(project, data),
               .days = days,
               .day_count = day_count,
               .use = use};
  return build(&b, NULL, run, snapshots, error);
}

churn_status churn_snapshots_give(const churn_project *project, const churn_data *data,
                                  const churn_labelling *labelling, const churn_day *days,
                                  size_t day_count, churn_snapshot_use use,
                                  const churn_snapshot_taker *taker, const churn_run *run,
                                  churn_error *error)
{
  builder b = {.project = project,
               .data = data,
               .labelling = labelling,
               .contacts = churn_contacts_of(project, data),
               .days = days,
               .day_count = day_count,
               .use = use};
  churn_snapshots *tally = NULL;
  churn_status status = build(&b, taker, run, &tally, error);
  churn_snapshots_free(status == CHURN_OK ? tally : NULL);
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
