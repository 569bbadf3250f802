/* Rows of a flat export as they are read: scored tile by tile, and what the list needs of them
 * kept.
 *
 * The key of a row: by probability its logit in fixed point, since a probability never falls in the
 * logit but for rounding (flat_order.c looks after that); by expected loss the upper half of the
 * loss's bits.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "score/flat_rows.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/sort.h"
#include "score/flat_ids.h"
#include "score/recalibration.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { LEAST_KEPT = 1 << 12 };

/* One a thread: a plan bound to a tile of rows in place of all data. */
struct churn_flat_worker {
  churn_plan *plan;
  churn_data window;
  churn_workspace *workspace;
  churn_scorer *scorer;
  churn_tile_scores *tile;
  double *raw; /* [features * 256] */
  double values[CHURN_TILE_ROWS];
  unsigned *places; /* [features] as churn_pack wants them */
  size_t spells[CHURN_TILE_ROWS];
  churn_day as_of[CHURN_TILE_ROWS];
};

/* Where the features and the value are just columns there is nothing to evaluate. */
typedef struct taker {
  churn_flat_rows_kept *kept;
  const churn_needs *needs;
  int *columns;     /* [features]; NULL = not all are plain */
  int value_column; /* -1 = none */
  bool valued;
  bool leaves_out; /* who has left already */
  const churn_run *run;
  atomic_bool odd;       /* a row does not fit */
  atomic_bool unordered; /* ids are in no order */
} taker;

static churn_status make_window(churn_flat_worker *w, const churn_schema *schema,
                                const churn_needs *needs, churn_error *error)
{
  const churn_schema_source *source = &schema->sources[0];
  churn_customers *customers = &w->window.customers;
  w->window.schema = schema;
  customers->spell_count = CHURN_TILE_ROWS;
  customers->columns = churn_array_new(source->column_count, sizeof *customers->columns);
  w->window.histories = churn_array_new(1, sizeof *w->window.histories);
  if (customers->columns == NULL || w->window.histories == NULL)
    return churn_error_no_memory(error);
  for (size_t c = 0; c < source->column_count; c++) {
    churn_column *column = &customers->columns[c];
    column->type = source->columns[c].type;
    column->present = needs->wanted[0][c];
    if (!column->present)
      continue;
    if (churn_type_is_day(column->type))
      column->days = churn_array_new(CHURN_TILE_ROWS, sizeof *column->days);
    else
      column->numbers = churn_array_new(CHURN_TILE_ROWS, sizeof *column->numbers);
    if (column->days == NULL && column->numbers == NULL)
      return churn_error_no_memory(error);
  }
  return CHURN_OK;
}

static churn_status start_worker(taker *t, churn_flat_worker *w, churn_error *error)
{
  churn_flat_rows_kept *kept = t->kept;
  size_t features = kept->model->feature_count;
  churn_status status = make_window(w, kept->pipeline->schema, t->needs, error);
  if (status == CHURN_OK)
    status = churn_pipeline_plan(kept->pipeline, kept->model, t->run, &w->plan, error);
  if (status == CHURN_OK)
    status = churn_plan_bind(w->plan, &w->window, error);
  if (status == CHURN_OK)
    status = churn_scorer_new(kept->model, w->plan, &w->scorer, error);
  if (status != CHURN_OK)
    return status;
  w->workspace = churn_workspace_new(w->plan);
  w->tile = churn_tile_scores_new(kept->model);
  w->raw = churn_array_new_aligned((features + 1) * CHURN_TILE_ROWS, sizeof *w->raw);
  w->places = churn_array_new(features, sizeof *w->places);
  if (w->workspace == NULL || w->tile == NULL || w->raw == NULL || w->places == NULL)
    return churn_error_no_memory(error);
  for (size_t i = 0; i < CHURN_TILE_ROWS; i++) {
    w->spells[i] = i;
    w->as_of[i] = CHURN_DAY_MISSING;
    w->values[i] = NAN;
  }
  return CHURN_OK;
}

static churn_status begin(void *context, size_t workers, churn_error *error)
{
  taker *t = context;
  churn_flat_rows_kept *kept = t->kept;
  kept->workers = churn_array_new(workers, sizeof *kept->workers);
  kept->parts = churn_array_new(workers, sizeof *kept->parts);
  if (kept->workers == NULL || kept->parts == NULL)
    return churn_error_no_memory(error);
  kept->part_count = workers;
  churn_status status = CHURN_OK;
  for (size_t i = 0; i < workers && status == CHURN_OK; i++) {
    kept->parts[i].last_cell = CHURN_FLAT_CELLS - 1;
    kept->parts[i].next_look = kept->top > LEAST_KEPT ? (size_t)kept->top : LEAST_KEPT;
    status = churn_flat_store_start(&kept->layout, &kept->parts[i].store)
                 ? start_worker(t, &kept->workers[i], error)
                 : churn_error_no_memory(error);
  }
  return status;
}

static void copy_canonical(const double *from, size_t rows, double *to)
{
  for (size_t r = 0; r < rows; r++) {
    double value = from[r] + 0.0;
    to[r] = value == value ? value : NAN;
  }
}

static void copy_columns(const taker *t, churn_flat_worker *w, const churn_flat_rows *rows,
                         size_t first, size_t count)
{
  for (size_t f = 0; f < t->kept->model->feature_count; f++)
    copy_canonical(rows->numbers[t->columns[f]] + first, count, w->raw + f * CHURN_TILE_ROWS);
  if (t->value_column >= 0)
    copy_canonical(rows->numbers[t->value_column] + first, count, w->values);
}

/* Raw values of a tile's features, and its money at risk. */
static churn_status evaluate(const taker *t, churn_flat_worker *w, const churn_flat_rows *rows,
                             size_t first, size_t count, churn_error *error)
{
  const churn_customers *window = &w->window.customers;
  size_t features = t->kept->model->feature_count;
  if (t->columns != NULL) {
    copy_columns(t, w, rows, first, count);
    return CHURN_OK;
  }
  for (size_t c = 0; c < w->window.schema->sources[0].column_count; c++) {
    const churn_column *to = &window->columns[c];
    if (to->numbers != NULL)
      memcpy(to->numbers, rows->numbers[c] + first, count * sizeof *to->numbers);
    else if (to->days != NULL)
      memcpy(to->days, rows->days[c] + first, count * sizeof *to->days);
  }
  churn_moments moments = {count, w->spells, w->as_of};
  churn_status status = churn_plan_evaluate_moments(w->plan, w->workspace, &moments, features,
                                                    CHURN_TILE_ROWS, w->raw, w->values);
  return status == CHURN_OK ? status : churn_error_no_memory(error);
}

static uint32_t key_of_logit(double logit)
{
  double scaled = (logit + 64) * 0x1p25;
  if (!(scaled > 0))
    return UINT32_MAX;
  return scaled >= 0x1p32 ? 0 : UINT32_MAX - (uint32_t)scaled;
}

static uint32_t key_of_loss(double loss)
{
  return (uint32_t)(~churn_sort_key(isnan(loss) ? -INFINITY : loss) >> CHURN_FLAT_KEY_BITS);
}

static bool keep_reasons(churn_flat_worker *w, churn_flat_part *p, size_t r, churn_flat_row *row)
{
  double contributions[CHURN_REASONS] = {0};
  size_t place = p->store.layout.contributions;
  for (size_t k = 0; k < CHURN_REASONS; k++) {
    uint32_t feature = w->tile->reasons[k][r];
    size_t at = feature * CHURN_TILE_ROWS + r;
    bool any = feature != UINT32_MAX;
    row->reasons[k] = any ? (uint16_t)feature : CHURN_FLAT_NO_FEATURE;
    row->reason_values[k] = 0;
    if (any)
      contributions[k] = w->tile->contributions[at];
    if (any && !churn_pack(w->raw[at], &w->places[feature], &p->unpacked, &row->reason_values[k]))
      return false;
  }
  if (place > 0)
    memcpy((char *)row + place, contributions, sizeof contributions);
  return true;
}

/* A long id is kept elsewhere. */
static bool keep_id(churn_flat_part *p, const char *text, size_t length, churn_flat_row *row)
{
  memset(row->id, 0, sizeof row->id);
  if (length <= CHURN_FLAT_SHORT_ID) {
    memcpy(row->id, text, length);
    row->id[CHURN_FLAT_SHORT_ID] = (char)((CHURN_FLAT_SHORT_ID - length) << 4);
    return true;
  }
  if (!churn_array_reserve(&p->ids, &p->id_capacity, p->id_bytes + length + 1, 1))
    return false;
  const uint32_t place[] = {(uint32_t)p->id_bytes, (uint32_t)length};
  memcpy(row->id, place, sizeof place);
  row->id[CHURN_FLAT_SHORT_ID] = (char)UINT8_MAX;
  memcpy(p->ids + p->id_bytes, text, length);
  p->ids[p->id_bytes + length] = '\0';
  p->id_bytes += length + 1;
  return true;
}

/* Row `r` of the tile, whose id is text[0..length). False when memory ran out. */
static bool keep_row(taker *t, churn_flat_worker *w, churn_flat_part *p, size_t r, uint32_t key,
                     const char *text, size_t length)
{
  if (length >= UINT16_MAX || p->id_bytes + length >= UINT32_MAX) {
    atomic_store(&t->odd, true);
    return true;
  }
  churn_flat_row *row = churn_flat_store_add(&p->store, key);
  if (row == NULL || !keep_id(p, text, length, row))
    return false;
  row->logit = w->tile->logits[r];
  if (t->valued)
    memcpy((char *)row + p->store.layout.value, &w->values[r], sizeof w->values[r]);
  return !p->store.layout.reasons || keep_reasons(w, p, r, row);
}

/* Once there are `top` rows in the first cells, later ones are out of the question; but for the one
 * behind them, whose first rows rounding may have put there. */
static void look_at_top(const churn_flat_rows_kept *kept, churn_flat_part *p)
{
  uint64_t before = 0;
  if (kept->top == 0 || p->store.count < p->next_look)
    return;
  for (uint32_t c = 0; c <= p->last_cell; c++) {
    before += p->store.cells[c].count;
    if (before >= kept->top && c < p->last_cell) {
      p->last_cell = c + 1;
      break;
    }
  }
  p->next_look = p->store.count + p->store.count / 4 + LEAST_KEPT;
}

/* The sums, and the keys of a tile; true when some row may be listed. */
static bool sum_up(const taker *t, const churn_flat_worker *w, churn_flat_part *p, size_t rows,
                   uint32_t *keys)
{
  const churn_recalibration *recalibration = &t->kept->model->recalibration;
  bool recalibrates = churn_recalibrates(recalibration);
  uint32_t first = UINT32_MAX;
  for (size_t r = 0; r < rows; r++) {
    double logit = w->tile->logits[r];
    double probability =
        recalibrates ? churn_recalibrated(recalibration, logit) : churn_probability(logit);
    double loss = probability * w->values[r];
    churn_exact_sum_add(&p->churners, probability);
    if (!isnan(w->values[r])) {
      p->valued++;
      churn_exact_sum_add(&p->loss, loss);
    }
    keys[r] = t->kept->by == CHURN_BY_EXPECTED_LOSS ? key_of_loss(loss) : key_of_logit(logit);
    first = keys[r] < first ? keys[r] : first;
  }
  return churn_flat_cell_of(first) <= p->last_cell;
}

static bool is_left_out(const taker *t, const churn_flat_rows *rows, size_t row)
{
  return t->leaves_out && rows->gone != NULL && rows->gone[row] != 0;
}

static void count_gone(const churn_flat_rows *rows, size_t first, size_t count, churn_flat_part *p)
{
  double gone = 0;
  for (size_t r = 0; rows->gone != NULL && r < count; r++)
    gone += rows->gone[first + r];
  p->gone += (uint64_t)gone;
}

static churn_status take_tile(taker *t, size_t worker, const churn_flat_rows *rows, size_t first,
                              size_t count, churn_error *error)
{
  churn_flat_worker *w = &t->kept->workers[worker];
  churn_flat_part *p = &t->kept->parts[worker];
  uint32_t keys[CHURN_TILE_ROWS];
  churn_status status = evaluate(t, w, rows, first, count, error);
  if (status == CHURN_OK)
    status = churn_scorer_tile(w->scorer, w->raw, count, w->tile, &p->unseen, error);
  if (status == CHURN_OK)
    count_gone(rows, first, count, p);
  if (status != CHURN_OK || !sum_up(t, w, p, count, keys))
    return status;
  if (t->kept->reasons)
    churn_tile_scores_find_reasons(t->kept->model, count, w->tile);
  for (size_t r = 0; r < count; r++)
    if (churn_flat_cell_of(keys[r]) <= p->last_cell && !is_left_out(t, rows, first + r) &&
        !keep_row(t, w, p, r, keys[r], rows->ids[first + r], rows->id_lengths[first + r]))
      return churn_error_no_memory(error);
  look_at_top(t->kept, p);
  return status;
}

static churn_status take(void *context, size_t worker, const churn_flat_rows *rows,
                         churn_error *error)
{
  taker *t = context;
  churn_status status = CHURN_OK;
  bool ordered = true;
  if (!churn_flat_ids_note(t->kept, rows, &t->kept->parts[worker], &ordered))
    return churn_error_no_memory(error);
  if (!ordered) {
    atomic_store(&t->unordered, true);
    return churn_error_set(error, CHURN_INTERNAL, "ids are in no order"); /* stops the reading */
  }
  for (size_t first = 0; first < rows->count && status == CHURN_OK; first += CHURN_TILE_ROWS) {
    size_t left = rows->count - first;
    status =
        take_tile(t, worker, rows, first, left < CHURN_TILE_ROWS ? left : CHURN_TILE_ROWS, error);
  }
  return status;
}

/* Which column each feature is; columns stay NULL where one is more than a column. */
static churn_status find_columns(taker *t, churn_error *error)
{
  const churn_plan *plan = t->kept->pipeline->plan;
  size_t features = t->kept->model->feature_count;
  int *columns = churn_array_new(features, sizeof *columns);
  if (columns == NULL)
    return churn_error_no_memory(error);
  bool plain = true;
  t->valued = t->kept->pipeline->project->value.text != NULL;
  t->value_column = t->valued ? churn_plan_plain_column(plan, churn_plan_count(plan)) : -1;
  plain = !t->valued || t->value_column >= 0;
  for (size_t f = 0; f < features && plain; f++) {
    columns[f] = churn_plan_plain_column(plan, f);
    plain = columns[f] >= 0;
  }
  if (plain)
    t->columns = columns;
  else
    free(columns);
  return CHURN_OK;
}

static bool shares_columns(const churn_model *model)
{
  for (size_t f = 0; f < model->feature_count; f++) {
    int32_t flag = model->features[f].missing_column;
    if (flag >= 0 && model->columns[flag].feature != f)
      return true;
  }
  return false;
}

/* *plain as of churn_flat_rows_read, for one reading. */
static churn_status read_once(taker *t, const churn_run *run, bool *plain, churn_error *error)
{
  churn_flat_taker rows = {begin, take, t};
  churn_error why = {.status = CHURN_OK};
  *plain = false;
  churn_status status =
      churn_flat_read(t->kept->pipeline->schema, t->needs, &rows, run, plain, &why);
  *plain = *plain && status == CHURN_OK && !atomic_load(&t->odd);
  return status == CHURN_NO_MEMORY ? churn_error_no_memory(error) : CHURN_OK;
}

/* Ids that are not in order are hashed in a second reading: a file without order is known by its
 * first rows. */
static churn_status read_rows(taker *t, const churn_run *run, bool *plain, churn_error *error)
{
  bool apart = false;
  churn_status status = read_once(t, run, plain, error);
  if (status == CHURN_OK && *plain)
    status = churn_flat_ids_apart(t->kept, &apart, error);
  if (status != CHURN_OK || apart || (!*plain && !atomic_load(&t->unordered)))
    return status;
  bool told = *plain; /* what there is to note was noted */
  churn_flat_rows_clear(t->kept);
  t->kept->hash_ids = true;
  atomic_store(&t->odd, false);
  return read_once(t, told ? t->run : run, plain, error);
}

churn_status churn_flat_rows_read(churn_flat_rows_kept *kept, const churn_run *run, bool *plain,
                                  churn_error *error)
{
  const churn_pipeline *p = kept->pipeline;
  churn_needs *needs = churn_pipeline_needs(p);
  churn_run quiet = run == NULL ? (churn_run){0} : *run;
  taker t = {.kept = kept,
             .needs = needs,
             .leaves_out = p->project->outcome.leavers_left_out,
             .run = &quiet};
  churn_status status = CHURN_OK;
  quiet.notes = NULL;
  kept->layout = churn_flat_layout_make(kept->reasons, p->project->value.text != NULL,
                                        kept->reasons && shares_columns(kept->model));
  *plain = false;
  if (needs == NULL)
    return churn_error_no_memory(error);
  bool readable = p->terms.offset == NULL && p->project->cache == NULL &&
                  kept->model->feature_count < CHURN_FLAT_NO_FEATURE &&
                  churn_flat_readable(p->schema, needs);
  if (readable)
    status = find_columns(&t, error);
  if (readable && status == CHURN_OK)
    status = read_rows(&t, run, plain, error);
  churn_needs_free(needs);
  free(t.columns);
  return status;
}

void churn_flat_workers_end(churn_flat_rows_kept *kept)
{
  for (size_t i = 0; kept->workers != NULL && i < kept->part_count; i++) {
    churn_flat_worker *w = &kept->workers[i];
    churn_customers *customers = &w->window.customers;
    churn_workspace_free(w->workspace);
    churn_scorer_free(w->scorer);
    churn_tile_scores_free(w->tile);
    churn_plan_free(w->plan);
    free(w->raw);
    free(w->places);
    free(w->window.histories);
    for (size_t c = 0; customers->columns != NULL && c < w->window.schema->sources[0].column_count;
         c++)
      churn_column_clear(&customers->columns[c]);
    free(customers->columns);
  }
  free(kept->workers);
  kept->workers = NULL;
}

void churn_flat_rows_clear(churn_flat_rows_kept *kept)
{
  churn_flat_workers_end(kept);
  for (size_t i = 0; kept->parts != NULL && i < kept->part_count; i++) {
    churn_flat_part *p = &kept->parts[i];
    churn_flat_store_clear(&p->store);
    free(p->ids);
    free(p->unpacked.values);
    free(p->ranges);
    free(p->hashes);
  }
  free(kept->parts);
  kept->parts = NULL;
}
