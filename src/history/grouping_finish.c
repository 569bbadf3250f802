/* The rows that a grouping took in, grouped by customer and ordered by day, part by part: in
 * memory, or, where that has no room, each part's columns to their place in a temporary file, which
 * is then mapped.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/memory.h"
#include "base/parallel.h"
#include "history/day_order.h"
#include "history/grouping_parts.h"
#include "history/spilled_piece.h"

#include <stdlib.h>
#include <string.h>

/* Columns in a file begin at whole pages. */
enum { COLUMN_ALIGNMENT = 1 << 12 };

typedef struct finishing {
  const churn_grouping *grouping;
  const churn_table *table;
  churn_column *columns; /* per request; 1 = the days */
  churn_history *history;
  size_t *first_of_part;
  uint64_t *matched;     /* per part */
  churn_temporary *file; /* what the columns are written to; NULL = they are in memory */
  uint64_t *column_at;   /* per request, where it begins in the file */
} finishing;

/* One part's work. */
typedef struct part_work {
  size_t part;
  uint32_t *next;        /* per customer of the part */
  uint32_t *at;          /* per row */
  void *spare;           /* a value of 8 bytes a row */
  unsigned char *loaded; /* the part's rows of spilled pieces, one stretch behind the other */
  churn_narrow *stretch; /* per request: a spilled piece's columns in `loaded` */
  churn_column *columns; /* per request; their row 0 is row `offset` of the history */
  size_t offset;
} part_work;

/* The part's rows of a piece: first..last of the columns. */
typedef struct slice {
  size_t first, last;
  const uint16_t *customers; /* NULL = there are runs */
  const churn_code_run *runs;
  const churn_narrow *columns;
} slice;

/* Stretches begin at whole words. */
static size_t stretch_bytes(const churn_grouping *g, const churn_stored_piece *piece, size_t part)
{
  size_t rows = piece->starts[part + 1] - piece->starts[part];
  size_t bytes =
      piece->spilled ? rows * churn_spilled_row_bytes(piece->columns, g->request_count) : 0;
  return (bytes + sizeof(uint64_t) - 1) / sizeof(uint64_t) * sizeof(uint64_t);
}

/* `at` runs over the stretches in work->loaded. */
static slice slice_of(const churn_grouping *g, const churn_stored_piece *piece, part_work *work,
                      size_t *at)
{
  slice s = {.first = piece->starts[work->part],
             .last = piece->starts[work->part + 1],
             .columns = piece->columns};
  if (piece->spilled) {
    size_t rows = s.last - s.first;
    for (size_t c = 0; c < g->request_count; c++) {
      work->stretch[c] = piece->columns[c];
      work->stretch[c].values =
          work->loaded + *at + churn_spilled_offset(piece->columns, g->request_count, c, rows);
    }
    s = (slice){.last = rows, .columns = work->stretch};
    *at += stretch_bytes(g, piece, work->part);
  }
  if (piece->runs != NULL)
    s.runs = piece->runs + piece->run_starts[work->part];
  else
    s.customers = (const uint16_t *)(const void *)s.columns[0].values;
  return s;
}

/* Behind the rows from `first` on that are the same customer's. `runs` begins at the slice's and
 * runs along. */
static size_t end_of_run(const slice *s, size_t first, const churn_code_run **runs,
                         uint32_t *customer)
{
  size_t end = first;
  if (s->runs != NULL) {
    *customer = (*runs)->code;
    return first + (*runs)++->rows;
  }
  *customer = s->customers[first];
  while (end < s->last && s->customers[end] == *customer)
    end++;
  return end;
}

static churn_status load_part(const churn_grouping *g, part_work *work, churn_error *error)
{
  size_t length = 0, at = 0;
  for (size_t p = 0; p < g->piece_count; p++)
    length += stretch_bytes(g, &g->pieces[p], work->part);
  work->loaded = malloc(length + 1);
  work->stretch = churn_array_new(g->request_count, sizeof *work->stretch);
  if (work->loaded == NULL || work->stretch == NULL)
    return churn_error_no_memory(error);
  churn_status status = CHURN_OK;
  for (size_t p = 0; p < g->piece_count && length > 0 && status == CHURN_OK; p++) {
    const churn_stored_piece *piece = &g->pieces[p];
    if (!piece->spilled)
      continue;
    size_t row_bytes = churn_spilled_row_bytes(piece->columns, g->request_count);
    size_t first = piece->starts[work->part], last = piece->starts[work->part + 1];
    status = churn_temporary_get(g->file, piece->at + first * row_bytes, work->loaded + at,
                                 (last - first) * row_bytes, error);
    at += stretch_bytes(g, piece, work->part);
  }
  return status;
}

/* first_row of the part's customers from the number of their rows; next = where each begins within
 * the part. Returns how many have rows. */
static uint64_t lay_out(const finishing *f, size_t part, uint32_t *next)
{
  const churn_grouping *g = f->grouping;
  size_t first = part << g->shift, last = (part + 1) << g->shift;
  uint32_t at = 0;
  uint64_t matched = 0;
  for (size_t c = first; c < last && c < g->customers; c++) {
    uint32_t count = next[c - first];
    next[c - first] = at;
    at += count;
    matched += count > 0;
    f->history->first_row[c + 1] = f->first_of_part[part] + at;
  }
  return matched;
}

static void count_rows(const churn_grouping *g, part_work *work)
{
  size_t at = 0;
  for (size_t p = 0; p < g->piece_count; p++) {
    slice s = slice_of(g, &g->pieces[p], work, &at);
    const churn_code_run *runs = s.runs;
    uint32_t customer;
    for (size_t first = s.first, end; first < s.last; first = end) {
      end = end_of_run(&s, first, &runs, &customer);
      work->next[customer] += (uint32_t)(end - first);
    }
  }
}

/* work->at of the slice's rows, which are looked at a customer at a time. Returns whether they stay
 * one behind the other. */
static bool find_rows(const slice *s, part_work *work)
{
  const churn_code_run *runs = s->runs;
  uint32_t customer, start = 0;
  bool together = true;
  for (size_t first = s->first, end; first < s->last; first = end) {
    end = end_of_run(s, first, &runs, &customer);
    uint32_t next = work->next[customer];
    start = first == s->first ? next : start;
    together &= next - start == first - s->first;
    for (size_t i = first; i < end; i++)
      work->at[i - s->first] = next++;
    work->next[customer] = next;
  }
  return together;
}

static void place_rows(const finishing *f, part_work *work)
{
  const churn_grouping *g = f->grouping;
  size_t offset = f->first_of_part[work->part] - work->offset, at = 0;
  for (size_t p = 0; p < g->piece_count; p++) {
    slice s = slice_of(g, &g->pieces[p], work, &at);
    bool together = find_rows(&s, work);
    for (size_t c = 1; c < g->request_count && s.first < s.last; c++)
      if (f->columns[c].present)
        churn_narrow_place(&s.columns[c], s.first, s.last, together ? NULL : work->at,
                           f->table->remaps[c * f->table->worker_count + g->pieces[p].worker],
                           &work->columns[c], together ? offset + work->at[0] : offset);
  }
}

static void sort_rows(const finishing *f, part_work *work)
{
  const churn_grouping *g = f->grouping;
  const size_t *first_row = f->history->first_row;
  for (size_t c = work->part << g->shift; c < (work->part + 1) << g->shift && c < g->customers;
       c++) {
    size_t first = c == work->part << g->shift ? f->first_of_part[work->part] : first_row[c];
    churn_rows_order(work->columns[1].days, work->columns + 1, g->request_count - 1,
                     first - work->offset, first_row[c + 1] - first, work->at, work->spare);
  }
}

static bool new_array(churn_column *column, size_t rows)
{
  if (churn_type_is_text(column->type))
    column->codes = churn_array_new_aligned(rows, sizeof *column->codes);
  else if (churn_type_is_day(column->type))
    column->days = churn_array_new_aligned(rows, sizeof *column->days);
  else
    column->numbers = churn_array_new_aligned(rows, sizeof *column->numbers);
  return column->codes != NULL || column->days != NULL || column->numbers != NULL;
}

static void free_columns(churn_column *columns, size_t count)
{
  for (size_t c = 0; columns != NULL && c < count; c++)
    churn_column_clear(&columns[c]);
  free(columns);
}

/* Columns of `rows` rows like those of the history, with arrays; freed by free_columns. */
static churn_column *new_columns(const finishing *f, size_t rows)
{
  size_t count = f->grouping->request_count;
  churn_column *columns = churn_array_new(count, sizeof *columns);
  bool good = columns != NULL;
  for (size_t c = 1; c < count && good; c++) {
    columns[c].type = f->columns[c].type;
    good = !f->columns[c].present || new_array(&columns[c], rows);
  }
  if (good)
    return columns;
  free_columns(columns, count);
  return NULL;
}

static const void *values_of(const churn_column *column)
{
  return column->numbers != NULL ? (const void *)column->numbers
         : column->days != NULL  ? (const void *)column->days
                                 : (const void *)column->codes;
}

/* The part's columns to their places in the file. */
static churn_status write_part(const finishing *f, const part_work *work, size_t rows,
                               churn_error *error)
{
  churn_status status = CHURN_OK;
  for (size_t c = 1; c < f->grouping->request_count && status == CHURN_OK; c++) {
    const churn_column *column = &work->columns[c];
    size_t bytes = churn_type_bytes(column->type);
    if (f->columns[c].present)
      status = churn_temporary_put(f->file, f->column_at[c] + work->offset * bytes,
                                   values_of(column), rows * bytes, error);
  }
  return status;
}

static churn_status make_work(const finishing *f, size_t rows, part_work *work, churn_error *error)
{
  work->next = churn_array_new((size_t)1 << f->grouping->shift, sizeof *work->next);
  work->at = malloc(rows * sizeof *work->at + 1);
  work->spare = malloc(rows * sizeof(uint64_t) + 1);
  work->columns = f->columns;
  if (f->file != NULL) {
    work->offset = f->first_of_part[work->part];
    work->columns = new_columns(f, rows);
  }
  bool good =
      work->next != NULL && work->at != NULL && work->spare != NULL && work->columns != NULL;
  return good ? load_part(f->grouping, work, error) : churn_error_no_memory(error);
}

static churn_status finish_part(void *context, size_t part, int thread, churn_error *error)
{
  (void)thread;
  finishing *f = context;
  size_t rows = f->first_of_part[part + 1] - f->first_of_part[part];
  part_work work = {.part = part};
  churn_status status = make_work(f, rows, &work, error);
  if (status != CHURN_OK)
    goto done;
  count_rows(f->grouping, &work);
  f->matched[part] = lay_out(f, part, work.next);
  place_rows(f, &work);
  sort_rows(f, &work);
  if (f->file != NULL)
    status = write_part(f, &work, rows, error);
done:
  if (f->file != NULL)
    free_columns(work.columns, f->grouping->request_count);
  free(work.next);
  free(work.at);
  free(work.spare);
  free(work.loaded);
  free(work.stretch);
  return status;
}

/* Parts' first rows, and the sums over pieces. */
static void add_up(finishing *f)
{
  const churn_grouping *g = f->grouping;
  churn_history *h = f->history;
  for (size_t p = 0; p < g->piece_count; p++) {
    const churn_stored_piece *piece = &g->pieces[p];
    h->rows_unmatched += piece->rows_unmatched;
    h->rows_unmatched_before += piece->rows_unmatched_before;
    h->rows_dayless += piece->rows_dayless;
    if (piece->last_day > h->last_day)
      h->last_day = piece->last_day;
    if (piece->first_day != CHURN_DAY_MISSING &&
        (h->first_day == CHURN_DAY_MISSING || piece->first_day < h->first_day))
      h->first_day = piece->first_day;
    for (size_t c = 1; c < g->request_count; c++)
      f->columns[c].missing += piece->columns[c].missing;
    for (size_t q = 0; q < g->parts; q++)
      f->first_of_part[q + 1] += piece->starts[q + 1] - piece->starts[q];
  }
  for (size_t q = 0; q < g->parts; q++)
    f->first_of_part[q + 1] += f->first_of_part[q];
  h->rows = f->first_of_part[g->parts];
}

/* Bytes of a row in the final columns. */
static size_t row_bytes(const finishing *f)
{
  size_t bytes = 0;
  for (size_t c = 1; c < f->grouping->request_count; c++)
    bytes += f->columns[c].present ? churn_type_bytes(f->columns[c].type) : 0;
  return bytes;
}

static uint64_t largest_part(const finishing *f)
{
  size_t most = 0;
  for (size_t q = 0; q < f->grouping->parts; q++) {
    size_t rows = f->first_of_part[q + 1] - f->first_of_part[q];
    most = rows > most ? rows : most;
  }
  return most;
}

static churn_status finish_in_memory(finishing *f, const churn_run *run, churn_error *error)
{
  for (size_t c = 1; c < f->grouping->request_count; c++)
    if (f->columns[c].present && !new_array(&f->columns[c], f->history->rows))
      return churn_error_no_memory(error);
  return churn_parallel_run(f->grouping->parts, finish_part, f, NULL, run, error);
}

/* The columns' arrays in the mapped file. They are const as long as nobody writes to a history that
 * is built. */
static void point_into(finishing *f, const void *mapped)
{
  for (size_t c = 1; c < f->grouping->request_count; c++) {
    churn_column *column = &f->columns[c];
    unsigned char *values;
    memcpy(&values, &mapped, sizeof values);
    values += f->column_at[c];
    if (!column->present)
      continue;
    if (churn_type_is_text(column->type))
      column->codes = (uint32_t *)(void *)values;
    else if (churn_type_is_day(column->type))
      column->days = (churn_day *)(void *)values;
    else
      column->numbers = (double *)(void *)values;
  }
  f->history->mapped = true;
}

static churn_status finish_in_file(finishing *f, churn_spill *spill, const churn_run *run,
                                   churn_error *error)
{
  const churn_grouping *g = f->grouping;
  size_t length = 0, width = row_bytes(f), per_row = 2 * width + 2 * sizeof(uint64_t);
  const void *mapped = NULL;
  f->column_at = churn_array_new(g->request_count, sizeof *f->column_at);
  if (f->column_at == NULL)
    return churn_error_no_memory(error);
  for (size_t c = 1; c < g->request_count; c++) {
    f->column_at[c] = length;
    size_t bytes = f->columns[c].present ? churn_type_bytes(f->columns[c].type) : 0;
    length +=
        (bytes * f->history->rows + COLUMN_ALIGNMENT - 1) / COLUMN_ALIGNMENT * COLUMN_ALIGNMENT;
  }
  churn_run fewer = *run;
  fewer.threads = churn_spill_threads(spill, run, largest_part(f) * per_row);
  churn_status status = churn_temporary_open(&f->file, error);
  if (status == CHURN_OK)
    status = churn_parallel_run(g->parts, finish_part, f, NULL, &fewer, error);
  if (status == CHURN_OK)
    status = churn_temporary_map(f->file, length, &mapped, error);
  if (status == CHURN_OK) {
    churn_temporary *file = f->file;
    f->file = NULL;
    status = churn_spill_keep(spill, file, error);
  }
  if (status == CHURN_OK)
    point_into(f, mapped);
  churn_temporary_close(f->file);
  free(f->column_at);
  return status;
}

static bool fits(const finishing *f, const churn_spill *spill)
{
  return f->history->rows == 0 || (atomic_load(&f->grouping->file) == NULL &&
                                   f->history->rows * row_bytes(f) <= churn_spill_room(spill));
}

churn_status churn_grouping_finish(churn_grouping *grouping, const churn_table *table,
                                   churn_column *columns, churn_history *history,
                                   const churn_run *run, churn_error *error)
{
  finishing f = {.grouping = grouping, .table = table, .columns = columns, .history = history};
  f.first_of_part = churn_array_new(grouping->parts + 1, sizeof *f.first_of_part);
  f.matched = churn_array_new(grouping->parts, sizeof *f.matched);
  churn_status status = CHURN_OK;
  if (f.first_of_part == NULL || f.matched == NULL) {
    status = churn_error_no_memory(error);
    goto done;
  }
  add_up(&f);
  status = fits(&f, grouping->spill) ? finish_in_memory(&f, run, error)
                                     : finish_in_file(&f, grouping->spill, run, error);
  for (size_t q = 0; status == CHURN_OK && q < grouping->parts; q++)
    history->customers_matched += f.matched[q];
done:
  free(f.first_of_part);
  free(f.matched);
  return status;
}
