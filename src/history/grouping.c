/* A history's rows, taken in while they are read and grouped by customer afterwards.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "history/grouping.h"

#include "base/memory.h"
#include "base/parallel.h"
#include "source/narrow.h"

#include <stdlib.h>
#include <string.h>

/* A number within a part has 16 bits. */
enum { MOST_PARTS = 256, PART_BITS = 16 };

/* A worker's scratch: where the rows of the piece at hand go. */
typedef struct scratch {
  uint32_t *place;
  uint32_t *customer;
  size_t place_capacity, customer_capacity;
} scratch;

/* What is kept of one piece. Rows of part q are starts[q]..starts[q + 1]; `customers` are numbers
 * within the part. */
typedef struct stored_piece {
  size_t worker;
  uint32_t *starts;
  uint16_t *customers;
  churn_narrow *columns; /* per request; that of the id is empty */
  uint64_t rows_unmatched;
  uint64_t rows_dayless;
  churn_day first_day, last_day;
} stored_piece;

struct churn_grouping {
  const churn_column_request *requests;
  size_t request_count;
  size_t customers;
  const uint32_t *map;
  unsigned shift; /* customer >> shift = part */
  size_t parts;
  stored_piece *pieces;
  size_t piece_count;
  scratch *scratches;
  size_t worker_count;
};

churn_grouping *churn_grouping_new(const churn_column_request *requests, size_t request_count,
                                   size_t customers, const uint32_t *map)
{
  churn_grouping *g = calloc(1, sizeof *g);
  if (g == NULL)
    return NULL;
  *g = (churn_grouping){
      .requests = requests, .request_count = request_count, .customers = customers, .map = map};
  while (g->shift < PART_BITS && customers >> g->shift >= MOST_PARTS)
    g->shift++;
  g->parts = customers == 0 ? 1 : ((customers - 1) >> g->shift) + 1;
  return g;
}

static void clear_piece(stored_piece *piece, size_t columns)
{
  for (size_t c = 0; piece->columns != NULL && c < columns; c++)
    churn_narrow_clear(&piece->columns[c]);
  free(piece->columns);
  free(piece->customers);
  free(piece->starts);
}

static void forget(churn_grouping *g)
{
  for (size_t p = 0; g->pieces != NULL && p < g->piece_count; p++)
    clear_piece(&g->pieces[p], g->request_count);
  for (size_t w = 0; g->scratches != NULL && w < g->worker_count; w++) {
    free(g->scratches[w].place);
    free(g->scratches[w].customer);
  }
  free(g->pieces);
  free(g->scratches);
  g->pieces = NULL;
  g->scratches = NULL;
}

void churn_grouping_free(churn_grouping *grouping)
{
  if (grouping == NULL)
    return;
  forget(grouping);
  free(grouping);
}

static churn_status begin(void *context, size_t pieces, size_t workers, churn_error *error)
{
  churn_grouping *g = context;
  forget(g);
  g->pieces = churn_array_new(pieces, sizeof *g->pieces);
  g->scratches = churn_array_new(workers, sizeof *g->scratches);
  g->piece_count = pieces;
  g->worker_count = workers;
  return g->pieces == NULL || g->scratches == NULL ? churn_error_no_memory(error) : CHURN_OK;
}

/* Customers of all rows, CHURN_CODE_MISSING for rows left out; counts them a part, from starts[1]
 * on. */
static void find_customers(const churn_grouping *g, const churn_batch_column *columns, size_t rows,
                           uint32_t *customer, stored_piece *piece)
{
  const uint32_t *codes = columns[0].codes;
  const churn_day *days = columns[1].days;
  churn_day first = CHURN_DAY_LAST, last = CHURN_DAY_MISSING;
  for (size_t i = 0; i < rows; i++) {
    uint32_t found = codes[i];
    if (g->map != NULL && found != CHURN_CODE_MISSING)
      found = g->map[found];
    if (days[i] == CHURN_DAY_MISSING) {
      piece->rows_dayless++;
      found = CHURN_CODE_MISSING;
    } else {
      first = days[i] < first ? days[i] : first;
      last = days[i] > last ? days[i] : last;
      piece->rows_unmatched += found == CHURN_CODE_MISSING;
    }
    customer[i] = found;
    if (found != CHURN_CODE_MISSING)
      piece->starts[(found >> g->shift) + 1]++;
  }
  piece->first_day = last == CHURN_DAY_MISSING ? CHURN_DAY_MISSING : first;
  piece->last_day = last;
}

/* place[row] in order of parts; the numbers within the parts. `starts` are the parts' first rows
 * before and after, in between they run. */
static void find_places(const churn_grouping *g, const uint32_t *customer, size_t rows,
                        uint32_t *place, stored_piece *piece)
{
  uint32_t within = ((uint32_t)1 << g->shift) - 1;
  uint32_t *next = piece->starts;
  for (size_t i = 0; i < rows; i++) {
    place[i] = UINT32_MAX;
    if (customer[i] == CHURN_CODE_MISSING)
      continue;
    place[i] = next[customer[i] >> g->shift]++;
    piece->customers[place[i]] = (uint16_t)(customer[i] & within);
  }
  memmove(next + 1, next, g->parts * sizeof *next);
  next[0] = 0;
}

static churn_status take(void *context, size_t number, size_t worker,
                         const churn_batch_column *columns, size_t rows, churn_error *error)
{
  churn_grouping *g = context;
  scratch *s = &g->scratches[worker];
  stored_piece *piece = &g->pieces[number];
  piece->worker = worker;
  piece->starts = churn_array_new(g->parts + 1, sizeof *piece->starts);
  piece->columns = churn_array_new(g->request_count, sizeof *piece->columns);
  if (piece->starts == NULL || piece->columns == NULL ||
      !churn_array_reserve(&s->place, &s->place_capacity, rows, sizeof *s->place) ||
      !churn_array_reserve(&s->customer, &s->customer_capacity, rows, sizeof *s->customer))
    return churn_error_no_memory(error);
  find_customers(g, columns, rows, s->customer, piece);
  for (size_t q = 0; q < g->parts; q++)
    piece->starts[q + 1] += piece->starts[q];
  size_t kept = piece->starts[g->parts];
  piece->customers = malloc(kept * sizeof *piece->customers + 1);
  if (piece->customers == NULL)
    return churn_error_no_memory(error);
  find_places(g, s->customer, rows, s->place, piece);
  churn_status status = CHURN_OK;
  for (size_t c = 1; c < g->request_count && status == CHURN_OK; c++)
    status = churn_narrow_make(&columns[c], rows, s->place, kept, &piece->columns[c], error);
  return status;
}

churn_row_taker churn_grouping_taker(churn_grouping *grouping)
{
  return (churn_row_taker){begin, take, grouping};
}

typedef struct finishing {
  const churn_grouping *grouping;
  const churn_table *table;
  churn_column *columns; /* per request; 1 = the days */
  churn_history *history;
  size_t *first_of_part;
  uint64_t *matched; /* per part */
} finishing;

/* One part's work. */
typedef struct part_work {
  uint32_t *next; /* per customer of the part */
  uint32_t *at;   /* per row */
  void *spare;    /* a value of 8 bytes a row */
} part_work;

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

static void place_rows(const finishing *f, size_t part, part_work *work)
{
  const churn_grouping *g = f->grouping;
  for (size_t p = 0; p < g->piece_count; p++) {
    const stored_piece *piece = &g->pieces[p];
    size_t first = piece->starts[part], last = piece->starts[part + 1];
    for (size_t i = first; i < last; i++)
      work->at[i - first] = work->next[piece->customers[i]]++;
    for (size_t c = 1; c < g->request_count && first < last; c++)
      if (f->columns[c].present)
        churn_narrow_place(&piece->columns[c], first, last, work->at,
                           f->table->remaps[c * f->table->worker_count + piece->worker],
                           &f->columns[c], f->first_of_part[part]);
  }
}

static void permute_8(uint64_t *values, const uint32_t *order, size_t count, uint64_t *spare)
{
  for (size_t i = 0; i < count; i++)
    spare[i] = values[order[i]];
  memcpy(values, spare, count * sizeof *values);
}

static void permute_4(uint32_t *values, const uint32_t *order, size_t count, uint32_t *spare)
{
  for (size_t i = 0; i < count; i++)
    spare[i] = values[order[i]];
  memcpy(values, spare, count * sizeof *values);
}

static void permute(const churn_column *column, size_t first, const uint32_t *order, size_t count,
                    void *spare)
{
  if (column->numbers != NULL)
    permute_8((uint64_t *)(void *)(column->numbers + first), order, count, spare);
  else if (column->days != NULL)
    permute_4((uint32_t *)(void *)(column->days + first), order, count, spare);
  else if (column->codes != NULL)
    permute_4(column->codes + first, order, count, spare);
}

typedef struct dated_row {
  churn_day day;
  uint32_t row;
} dated_row;

static int compare_dated(const void *left, const void *right)
{
  const dated_row *a = left, *b = right;
  if (a->day != b->day)
    return a->day < b->day ? -1 : 1;
  return (a->row > b->row) - (a->row < b->row);
}

static bool in_order(const churn_day *days, size_t count)
{
  bool good = true;
  for (size_t i = 1; i < count; i++)
    good &= days[i - 1] <= days[i];
  return good;
}

/* One customer's rows by day, those of a day in file order. */
static void sort_rows(const finishing *f, size_t first, size_t count, part_work *work)
{
  const churn_day *days = f->columns[1].days + first;
  if (in_order(days, count))
    return;
  dated_row *rows = work->spare;
  for (size_t i = 0; i < count; i++)
    rows[i] = (dated_row){days[i], (uint32_t)i};
  qsort(rows, count, sizeof *rows, compare_dated);
  for (size_t i = 0; i < count; i++)
    work->at[i] = rows[i].row;
  for (size_t c = 1; c < f->grouping->request_count; c++)
    permute(&f->columns[c], first, work->at, count, work->spare);
}

static churn_status finish_part(void *context, size_t part, int thread, churn_error *error)
{
  (void)thread;
  finishing *f = context;
  const churn_grouping *g = f->grouping;
  size_t rows = f->first_of_part[part + 1] - f->first_of_part[part];
  part_work work = {churn_array_new((size_t)1 << g->shift, sizeof *work.next),
                    malloc(rows * sizeof *work.at + 1), malloc(rows * sizeof(uint64_t) + 1)};
  churn_status status = CHURN_OK;
  if (work.next == NULL || work.at == NULL || work.spare == NULL) {
    status = churn_error_no_memory(error);
    goto done;
  }
  for (size_t p = 0; p < g->piece_count; p++)
    for (size_t i = g->pieces[p].starts[part]; i < g->pieces[p].starts[part + 1]; i++)
      work.next[g->pieces[p].customers[i]]++;
  f->matched[part] = lay_out(f, part, work.next);
  place_rows(f, part, &work);
  const size_t *first_row = f->history->first_row;
  for (size_t c = part << g->shift; c < (part + 1) << g->shift && c < g->customers; c++) {
    size_t first = c == part << g->shift ? f->first_of_part[part] : first_row[c];
    sort_rows(f, first, first_row[c + 1] - first, &work);
  }
done:
  free(work.next);
  free(work.at);
  free(work.spare);
  return status;
}

static bool new_array(churn_column *column, size_t rows)
{
  if (column->type == CHURN_TYPE_CATEGORY || column->type == CHURN_TYPE_ID)
    column->codes = churn_array_new_aligned(rows, sizeof *column->codes);
  else if (column->type == CHURN_TYPE_DAY || column->type == CHURN_TYPE_SCHEDULED)
    column->days = churn_array_new_aligned(rows, sizeof *column->days);
  else
    column->numbers = churn_array_new_aligned(rows, sizeof *column->numbers);
  return column->codes != NULL || column->days != NULL || column->numbers != NULL;
}

/* Parts' first rows, and the sums over pieces. */
static void add_up(finishing *f)
{
  const churn_grouping *g = f->grouping;
  churn_history *h = f->history;
  for (size_t p = 0; p < g->piece_count; p++) {
    const stored_piece *piece = &g->pieces[p];
    h->rows_unmatched += piece->rows_unmatched;
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

churn_status churn_grouping_finish(churn_grouping *grouping, const churn_table *table,
                                   churn_column *columns, churn_history *history,
                                   const churn_run *run, churn_error *error)
{
  finishing f = {.grouping = grouping, .table = table, .columns = columns, .history = history};
  f.first_of_part = churn_array_new(grouping->parts + 1, sizeof *f.first_of_part);
  f.matched = churn_array_new(grouping->parts, sizeof *f.matched);
  bool good = f.first_of_part != NULL && f.matched != NULL;
  if (good)
    add_up(&f);
  for (size_t c = 1; c < grouping->request_count && good; c++)
    good = !columns[c].present || new_array(&columns[c], history->rows);
  churn_status status = good ? CHURN_OK : churn_error_no_memory(error);
  if (good)
    status = churn_parallel_run(grouping->parts, finish_part, &f, NULL, run, error);
  for (size_t q = 0; status == CHURN_OK && q < grouping->parts; q++)
    history->customers_matched += f.matched[q];
  free(f.first_of_part);
  free(f.matched);
  return status;
}
