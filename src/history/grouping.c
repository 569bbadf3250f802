/* A history's rows, taken in while they are read.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/memory.h"
#include "history/grouping_parts.h"
#include "history/spilled_piece.h"

#include <stdlib.h>
#include <string.h>

/* A number within a part has 16 bits. */
enum { MOST_PARTS = 256, PART_BITS = 16 };

churn_grouping *churn_grouping_new(const churn_column_request *requests, size_t request_count,
                                   size_t customers, const uint32_t *map, churn_day before,
                                   churn_spill *spill)
{
  churn_grouping *g = calloc(1, sizeof *g);
  if (g == NULL)
    return NULL;
  *g = (churn_grouping){.requests = requests,
                        .request_count = request_count,
                        .customers = customers,
                        .map = map,
                        .before = before,
                        .spill = spill};
  while (g->shift < PART_BITS && customers >> g->shift >= MOST_PARTS)
    g->shift++;
  g->parts = customers == 0 ? 1 : ((customers - 1) >> g->shift) + 1;
  return g;
}

static void clear_piece(churn_stored_piece *piece, size_t columns)
{
  for (size_t c = 0; piece->columns != NULL && c < columns; c++)
    churn_narrow_clear(&piece->columns[c]);
  free(piece->columns);
  free(piece->starts);
  free(piece->runs);
  free(piece->run_starts);
}

static void forget(churn_grouping *g)
{
  for (size_t p = 0; g->pieces != NULL && p < g->piece_count; p++)
    clear_piece(&g->pieces[p], g->request_count);
  for (size_t w = 0; g->scratches != NULL && w < g->worker_count; w++) {
    free(g->scratches[w].place);
    free(g->scratches[w].customer);
    free(g->scratches[w].codes);
  }
  free(g->pieces);
  free(g->scratches);
  g->pieces = NULL;
  g->scratches = NULL;
  churn_temporary_close(atomic_exchange(&g->file, NULL));
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

/* Span of the days, and how many rows have none. */
static void look_at_days(const churn_batch_column *days, size_t rows, churn_stored_piece *piece)
{
  churn_day first = CHURN_DAY_LAST, last = CHURN_DAY_MISSING;
  if (days->narrow != NULL) {
    piece->rows_dayless = churn_narrow_days_span(days->narrow, rows, &first, &last);
  } else {
    for (size_t i = 0; i < rows; i++) {
      churn_day day = days->days[i], least = day == CHURN_DAY_MISSING ? first : day;
      piece->rows_dayless += day == CHURN_DAY_MISSING;
      first = least < first ? least : first;
      last = day > last ? day : last;
    }
  }
  piece->first_day = last == CHURN_DAY_MISSING ? CHURN_DAY_MISSING : first;
  piece->last_day = last;
}

static churn_day day_of(const churn_batch_column *days, size_t row)
{
  return days->narrow != NULL ? churn_narrow_day(days->narrow, row) : days->days[row];
}

static bool is_dayless(const churn_batch_column *days, size_t row)
{
  return day_of(days, row) == CHURN_DAY_MISSING;
}

/* Rows from..to that are dated before the grouping's day. */
static size_t count_before(const churn_grouping *g, const churn_batch_column *days, size_t from,
                           size_t to)
{
  size_t count = 0;
  for (size_t i = from; i < to; i++)
    count += !is_dayless(days, i) && day_of(days, i) < g->before;
  return count;
}

/* Customers of all rows, CHURN_CODE_MISSING for rows left out; counts them a part, from starts[1]
 * on. Exports are often grouped by customer, so rows in a row are looked at together. Returns
 * whether the rows lie in order of parts already, none left out. */
static bool find_customers(const churn_grouping *g, const uint32_t *codes,
                           const churn_batch_column *days, size_t rows, uint32_t *customer,
                           churn_stored_piece *piece)
{
  uint32_t part = 0;
  bool ordered = true;
  for (size_t first = 0, i = 0; first < rows; first = i) {
    uint32_t code = codes[first], found = code;
    if (g->map != NULL && code != CHURN_CODE_MISSING)
      found = g->map[code];
    bool dayless = false;
    for (i = first; i < rows && codes[i] == code && !dayless; i++) {
      dayless = piece->rows_dayless > 0 && is_dayless(days, i);
      customer[i] = dayless ? CHURN_CODE_MISSING : found;
    }
    size_t dated = i - first - dayless;
    ordered = ordered && !dayless && found != CHURN_CODE_MISSING && found >> g->shift >= part;
    if (found == CHURN_CODE_MISSING) {
      piece->rows_unmatched += dated;
      piece->rows_unmatched_before += count_before(g, days, first, i);
    } else {
      part = found >> g->shift;
      piece->starts[part + 1] += (uint32_t)dated;
    }
  }
  return ordered;
}

/* place[row] in order of parts; the numbers within the parts. `starts` are the parts' first rows
 * before and after, in between they run. */
static void find_places(const churn_grouping *g, const uint32_t *customer, size_t rows,
                        uint32_t *place, churn_stored_piece *piece)
{
  uint32_t within = ((uint32_t)1 << g->shift) - 1;
  uint32_t *next = piece->starts;
  uint16_t *customers = (uint16_t *)(void *)piece->columns[0].values;
  for (size_t i = 0; i < rows; i++) {
    place[i] = UINT32_MAX;
    if (customer[i] == CHURN_CODE_MISSING)
      continue;
    place[i] = next[customer[i] >> g->shift]++;
    customers[place[i]] = (uint16_t)(customer[i] & within);
  }
  memmove(next + 1, next, g->parts * sizeof *next);
  next[0] = 0;
}

/* The numbers within the parts of rows that stay where they are. */
static void number_in_order(const churn_grouping *g, const uint32_t *customer, size_t rows,
                            churn_stored_piece *piece)
{
  uint32_t within = ((uint32_t)1 << g->shift) - 1;
  uint16_t *customers = (uint16_t *)(void *)piece->columns[0].values;
  for (size_t i = 0; i < rows; i++)
    customers[i] = (uint16_t)(customer[i] & within);
}

/* The numbers within the parts of rows in runs. */
static void number_runs(const churn_stored_piece *piece, size_t runs, uint16_t *customers)
{
  for (size_t i = 0; i < runs; i++)
    for (uint32_t row = 0; row < piece->runs[i].rows; row++)
      *customers++ = (uint16_t)piece->runs[i].code;
}

/* What a piece in order of parts needs of its ids when they come as runs and no row is left out:
 * the runs. False, with nothing kept, where that is not so or memory ran out. */
static bool keep_runs(const churn_grouping *g, const churn_batch_column *ids,
                      churn_stored_piece *piece)
{
  uint32_t part = 0, within = ((uint32_t)1 << g->shift) - 1;
  if (ids->runs == NULL || piece->rows_dayless > 0)
    return false;
  piece->runs = churn_array_new(ids->run_count, sizeof *piece->runs);
  piece->run_starts = churn_array_new(g->parts + 1, sizeof *piece->run_starts);
  bool good = piece->runs != NULL && piece->run_starts != NULL;
  for (size_t i = 0; i < ids->run_count && good; i++) {
    uint32_t code = ids->runs[i].code, found = code;
    if (g->map != NULL && code != CHURN_CODE_MISSING)
      found = g->map[code];
    good = found != CHURN_CODE_MISSING && found >> g->shift >= part;
    if (!good)
      break;
    part = found >> g->shift;
    piece->runs[i] = (churn_code_run){found & within, ids->runs[i].rows};
    piece->run_starts[part + 1]++;
    piece->starts[part + 1] += ids->runs[i].rows;
  }
  if (good) {
    for (size_t q = 0; q < g->parts; q++)
      piece->run_starts[q + 1] += piece->run_starts[q];
    return true;
  }
  memset(piece->starts, 0, (g->parts + 1) * sizeof *piece->starts);
  free(piece->runs);
  free(piece->run_starts);
  piece->runs = NULL;
  piece->run_starts = NULL;
  return false;
}

static churn_status make_customers(churn_stored_piece *piece, size_t kept, churn_error *error)
{
  piece->columns[0] =
      (churn_narrow){.values = malloc(kept * sizeof(uint16_t) + 1), .width = sizeof(uint16_t)};
  return piece->columns[0].values == NULL ? churn_error_no_memory(error) : CHURN_OK;
}

/* Spilled pieces have a number a row. */
static churn_status write_out_runs(const churn_grouping *g, churn_stored_piece *piece,
                                   churn_error *error)
{
  if (piece->runs == NULL)
    return CHURN_OK;
  churn_status status = make_customers(piece, piece->starts[g->parts], error);
  if (status == CHURN_OK)
    number_runs(piece, piece->run_starts[g->parts], (uint16_t *)(void *)piece->columns[0].values);
  free(piece->runs);
  free(piece->run_starts);
  piece->runs = NULL;
  piece->run_starts = NULL;
  return status;
}

/* The file that spilled pieces go to, made when the first one asks. */
static churn_status find_file(churn_grouping *g, churn_temporary **file, churn_error *error)
{
  churn_temporary *found = atomic_load(&g->file), *made = NULL;
  churn_status status = found == NULL ? churn_temporary_open(&made, error) : CHURN_OK;
  if (made != NULL && !atomic_compare_exchange_strong(&g->file, &found, made))
    churn_temporary_close(made);
  else if (made != NULL)
    found = made;
  *file = found;
  return status;
}

/* A piece stays in memory while half of what may be taken is free: grouping needs room too. */
static churn_status spill_piece(churn_grouping *g, churn_stored_piece *piece, churn_error *error)
{
  if (g->spill == NULL || churn_spill_half_free(g->spill))
    return CHURN_OK;
  churn_temporary *file = NULL;
  churn_status status = find_file(g, &file, error);
  if (status == CHURN_OK)
    status = write_out_runs(g, piece, error);
  if (status == CHURN_OK)
    status = churn_spilled_write(file, piece->starts, g->parts, piece->columns, g->request_count,
                                 &piece->at, error);
  piece->spilled = true;
  return status;
}

/* Narrow values that stay in order stay where they are. */
static churn_status keep_column(const churn_batch_column *column, size_t rows,
                                const uint32_t *place, size_t kept, churn_narrow *to,
                                churn_error *error)
{
  if (column->narrow == NULL)
    return churn_narrow_make(column, rows, place, kept, to, error);
  if (place != NULL)
    return churn_narrow_move(column->narrow, rows, place, kept, to, error);
  *to = *column->narrow;
  return CHURN_OK;
}

/* The customers of the piece's rows and the rows of each part. *place: where each row goes (NULL =
 * where it is). */
static churn_status take_customers(const churn_grouping *g, const churn_batch_column *columns,
                                   size_t rows, churn_grouping_scratch *s,
                                   churn_stored_piece *piece, const uint32_t **place,
                                   churn_error *error)
{
  bool in_runs = keep_runs(g, &columns[0], piece), ordered = in_runs;
  *place = NULL;
  if (!in_runs) {
    const uint32_t *codes = columns[0].codes;
    if (!churn_array_reserve(&s->place, &s->place_capacity, rows, sizeof *s->place) ||
        !churn_array_reserve(&s->customer, &s->customer_capacity, rows, sizeof *s->customer) ||
        (columns[0].runs != NULL &&
         !churn_array_reserve(&s->codes, &s->codes_capacity, rows, sizeof *s->codes)))
      return churn_error_no_memory(error);
    if (columns[0].runs != NULL) {
      churn_runs_expand(columns[0].runs, columns[0].run_count, NULL, s->codes);
      codes = s->codes;
    }
    ordered = find_customers(g, codes, &columns[1], rows, s->customer, piece);
  }
  for (size_t q = 0; q < g->parts; q++)
    piece->starts[q + 1] += piece->starts[q];
  churn_status status = in_runs ? CHURN_OK : make_customers(piece, piece->starts[g->parts], error);
  if (in_runs || status != CHURN_OK)
    return status;
  if (ordered) {
    number_in_order(g, s->customer, rows, piece);
  } else {
    find_places(g, s->customer, rows, s->place, piece);
    *place = s->place;
  }
  return CHURN_OK;
}

static churn_status take(void *context, size_t number, size_t worker,
                         const churn_batch_column *columns, size_t rows, churn_error *error)
{
  churn_grouping *g = context;
  churn_stored_piece *piece = &g->pieces[number];
  const uint32_t *place = NULL;
  piece->worker = worker;
  piece->starts = churn_array_new(g->parts + 1, sizeof *piece->starts);
  piece->columns = churn_array_new(g->request_count, sizeof *piece->columns);
  if (piece->starts == NULL || piece->columns == NULL)
    return churn_error_no_memory(error);
  look_at_days(&columns[1], rows, piece);
  churn_status status =
      take_customers(g, columns, rows, &g->scratches[worker], piece, &place, error);
  for (size_t c = 1; c < g->request_count && status == CHURN_OK; c++)
    status =
        keep_column(&columns[c], rows, place, piece->starts[g->parts], &piece->columns[c], error);
  return status == CHURN_OK ? spill_piece(g, piece, error) : status;
}

churn_row_taker churn_grouping_taker(churn_grouping *grouping)
{
  return (churn_row_taker){.begin = begin, .take = take, .context = grouping, .narrow = true};
}
