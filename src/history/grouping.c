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

/* Customers of all rows, CHURN_CODE_MISSING for rows left out; counts them a part, from starts[1]
 * on. */
static void find_customers(const churn_grouping *g, const churn_batch_column *columns, size_t rows,
                           uint32_t *customer, churn_stored_piece *piece)
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
      piece->rows_unmatched_before += found == CHURN_CODE_MISSING && days[i] < g->before;
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
    status = churn_spilled_write(file, piece->starts, g->parts, piece->columns, g->request_count,
                                 &piece->at, error);
  piece->spilled = true;
  return status;
}

static churn_status take(void *context, size_t number, size_t worker,
                         const churn_batch_column *columns, size_t rows, churn_error *error)
{
  churn_grouping *g = context;
  churn_grouping_scratch *s = &g->scratches[worker];
  churn_stored_piece *piece = &g->pieces[number];
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
  piece->columns[0] =
      (churn_narrow){.values = malloc(kept * sizeof(uint16_t) + 1), .width = sizeof(uint16_t)};
  if (piece->columns[0].values == NULL)
    return churn_error_no_memory(error);
  find_places(g, s->customer, rows, s->place, piece);
  churn_status status = CHURN_OK;
  for (size_t c = 1; c < g->request_count && status == CHURN_OK; c++)
    status = churn_narrow_make(&columns[c], rows, s->place, kept, &piece->columns[c], error);
  return status == CHURN_OK ? spill_piece(g, piece, error) : status;
}

churn_row_taker churn_grouping_taker(churn_grouping *grouping)
{
  return (churn_row_taker){begin, take, grouping};
}
