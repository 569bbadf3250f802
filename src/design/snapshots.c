/* Who is looked at, when, and what happened next.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/memory.h"
#include "base/parallel.h"
#include "design/contacts.h"
#include "design/snapshot_base.h"
#include "design/snapshots_parts.h"

#include <stdlib.h>
#include <string.h>

/* A group of blocks gives about so many rows. */
enum { BLOCK_CUSTOMERS = 2048, GROUP_ROWS = 1 << 17 };

/* What a block of customers needs and gives. */
typedef struct churn_snapshot_block {
  churn_snapshot *rows;
  size_t count;
  size_t capacity;
  churn_snapshot_day *tally; /* [day_count] */
} block;

bool churn_snapshots_closed(const churn_project *project, const churn_data *data, churn_day as_of)
{
  const churn_outcome_spec *outcome = &project->outcome;
  if (outcome->kind == CHURN_OUTCOME_COLUMN || outcome->kind == CHURN_OUTCOME_LABELS)
    return true;
  if (outcome->kind == CHURN_OUTCOME_NONE || data->data_until == CHURN_DAY_MISSING)
    return false;
  return as_of + outcome->gap_days + outcome->horizon_days <= data->data_until + 1;
}

static churn_status add_row(const churn_snapshot_builder *b, block *to, churn_snapshot row,
                            churn_error *error)
{
  bool labelled = row.label == CHURN_LABEL_CHURNED || row.label == CHURN_LABEL_STAYED;
  if (churn_snapshots_labelled_only(b) && !labelled)
    return CHURN_OK;
  if (!labelled)
    row.label = CHURN_LABEL_UNKNOWN;
  if (!churn_array_reserve(&to->rows, &to->capacity, to->count + 1, sizeof row))
    return churn_error_no_memory(error);
  to->rows[to->count++] = row;
  return CHURN_OK;
}

static churn_status look_at(const churn_snapshot_builder *b, block *to, int thread, size_t customer,
                            size_t day, churn_error *error)
{
  churn_day as_of = b->days[day];
  churn_snapshot_day *tally = &to->tally[day];
  size_t spell = churn_base_spell(&b->data->customers, customer, as_of);
  if (spell == SIZE_MAX)
    return CHURN_OK;
  tally->base++;
  int8_t label = CHURN_LABEL_UNKNOWN;
  bool active;
  churn_status status = churn_snapshots_active(b, thread, customer, spell, day, &active);
  if (status == CHURN_OK && !active) {
    tally->inactive++;
    return CHURN_OK;
  }
  if (status == CHURN_OK)
    status = churn_snapshots_label(b, thread, customer, spell, day, tally, &label);
  if (status != CHURN_OK)
    return churn_error_set(error, status, "out of memory");
  bool contacted = churn_snapshots_judge_contact(b, customer, as_of, &label, tally);
  tally->churned += label == CHURN_LABEL_CHURNED;
  tally->stayed += label == CHURN_LABEL_STAYED;
  tally->dropped += label == CHURN_LABEL_DROPPED;
  churn_snapshot row = {(uint32_t)customer, (uint32_t)spell, as_of, label, contacted, 1, 0};
  return add_row(b, to, row, error);
}

const churn_day *churn_snapshots_find_day(const churn_snapshot_builder *b, churn_day day)
{
  return bsearch(&day, b->days, b->day_count, sizeof *b->days, churn_days_compare);
}

/* The customer's rows of the label file. */
static churn_status look_at_listed(const churn_snapshot_builder *b, block *to, int thread,
                                   size_t customer, churn_error *error)
{
  const churn_label_rows *labels = &b->data->labels;
  churn_status status = CHURN_OK;
  for (size_t row = churn_snapshots_label_row(labels, customer, b->days[0]);
       row < labels->count && labels->customer[row] == customer && status == CHURN_OK; row++) {
    const churn_day *day = churn_snapshots_find_day(b, labels->as_of[row]);
    if (day != NULL)
      status = look_at(b, to, thread, customer, (size_t)(day - b->days), error);
  }
  return status;
}

static churn_status look_at_all(const churn_snapshot_builder *b, block *to, int thread,
                                size_t customer, churn_error *error)
{
  churn_status status = CHURN_OK;
  const churn_drop_days days = {b->days, b->closed, b->day_count};
  if (b->levels != NULL &&
      churn_drop_measure(&b->project->outcome, b->labelling->plan, b->workspaces[thread], customer,
                         &days, churn_snapshots_levels(b, thread)) != CHURN_OK)
    return churn_error_no_memory(error);
  for (size_t day = 0; day < b->day_count && status == CHURN_OK; day++)
    status = look_at(b, to, thread, customer, day, error);
  return status;
}

/* Nobody else has a label where a file lists them. */
static bool listed_only(const churn_snapshot_builder *b)
{
  return b->use == CHURN_SNAPSHOTS_LISTED ||
         (churn_snapshots_labelled_only(b) && b->project->outcome.kind == CHURN_OUTCOME_LABELS);
}

static churn_status build_block(void *context, size_t task, int thread, churn_error *error)
{
  const churn_snapshot_builder *b = context;
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
static churn_status join_blocks(const churn_snapshot_builder *b, size_t block_count,
                                churn_snapshots *s, churn_error *error)
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

static churn_status name_days(churn_snapshot_builder *b, churn_snapshots *s, churn_error *error)
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

/* Who was in the base but stands not in the file, and so was not looked at. */
static churn_status count_unlisted(const churn_snapshot_builder *b, churn_snapshots *s,
                                   churn_error *error)
{
  if (!churn_snapshots_labelled_only(b) || !listed_only(b))
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

static churn_status make_workspaces(churn_snapshot_builder *b, int threads, churn_error *error)
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

static churn_status make_excluders(churn_snapshot_builder *b, int threads, churn_error *error)
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

static void clear(churn_snapshot_builder *b, size_t block_count, int threads)
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
static churn_status build_groups(churn_snapshot_builder *b, size_t block_count, size_t group,
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

static churn_status build(churn_snapshot_builder *b, const churn_snapshot_taker *taker,
                          const churn_run *run, churn_snapshots **snapshots, churn_error *error)
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
    status = churn_snapshots_read_column(b, error);
  if (status == CHURN_OK)
    status = make_workspaces(b, threads, error);
  if (status == CHURN_OK)
    status = make_excluders(b, threads, error);
  if (status == CHURN_OK)
    status = build_groups(b, blocks, group, taker, run, s, error);
  if (status == CHURN_OK)
    status = count_unlisted(b, s, error);
  if (status == CHURN_OK)
    churn_snapshots_note(b, s, run);
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
  churn_snapshot_builder b = {.project = project,
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
  churn_snapshot_builder b = {.project = project,
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
