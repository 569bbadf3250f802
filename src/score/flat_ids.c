/* Whether an id is there twice. Hashes are dealt first, so that those that are near fit a cache.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "score/flat_ids.h"

#include "base/hash.h"
#include "base/memory.h"
#include "base/parallel.h"

#include <stdlib.h>
#include <string.h>

enum { LONGEST_KEY = 16 };

/* `count` bytes as a number in whose order texts are. */
static uint64_t read_bytes(const char *text, size_t count)
{
  uint64_t number = 0;
  for (size_t i = 0; i < count; i++)
    number = number << 8 | (unsigned char)text[i];
  return number;
}

/* Head and tail overlap where the text is shorter than both. */
static churn_flat_id_key key_of(const char *text, size_t length)
{
  if (length >= 8)
    return (churn_flat_id_key){length, read_bytes(text, 8), read_bytes(text + length - 8, 8)};
  if (length >= 4)
    return (churn_flat_id_key){length, read_bytes(text, 4), read_bytes(text + length - 4, 4)};
  return (churn_flat_id_key){length, read_bytes(text, length), 0};
}

static bool comes_before(const churn_flat_id_key *a, const churn_flat_id_key *b)
{
  if (a->length != b->length)
    return a->length < b->length;
  return a->head != b->head ? a->head < b->head : a->tail < b->tail;
}

static bool note_range(const churn_flat_rows *rows, churn_flat_part *part, bool *ordered)
{
  churn_flat_id_key first = key_of(rows->ids[0], rows->id_lengths[0]), last = first;
  *ordered = first.length <= LONGEST_KEY;
  for (size_t i = 1; i < rows->count && *ordered; i++) {
    churn_flat_id_key next = key_of(rows->ids[i], rows->id_lengths[i]);
    *ordered = next.length <= LONGEST_KEY && comes_before(&last, &next);
    last = next;
  }
  if (!*ordered)
    return true;
  if (!churn_array_reserve(&part->ranges, &part->range_capacity, part->range_count + 1,
                           sizeof *part->ranges))
    return false;
  part->ranges[part->range_count++] = (churn_flat_id_range){first, last};
  return true;
}

static bool note_hashes(const churn_flat_rows *rows, churn_flat_part *part)
{
  if (!churn_array_reserve(&part->hashes, &part->hashes_capacity, part->seen + rows->count,
                           sizeof *part->hashes))
    return false;
  for (size_t i = 0; i < rows->count; i++)
    part->hashes[part->seen + i] = churn_hash_bytes(rows->ids[i], rows->id_lengths[i]).low;
  return true;
}

bool churn_flat_ids_note(const churn_flat_rows_kept *kept, const churn_flat_rows *rows,
                         churn_flat_part *part, bool *ordered)
{
  *ordered = true;
  if (kept->hash_ids ? !note_hashes(rows, part) : !note_range(rows, part, ordered))
    return false;
  part->seen += rows->count;
  return true;
}

static int compare_ranges(const void *left, const void *right)
{
  const churn_flat_id_range *a = left, *b = right;
  return comes_before(&a->first, &b->first) ? -1 : comes_before(&b->first, &a->first);
}

churn_status churn_flat_ids_apart(churn_flat_rows_kept *kept, bool *apart, churn_error *error)
{
  size_t count = 0;
  for (size_t p = 0; p < kept->part_count; p++)
    count += kept->parts[p].range_count;
  churn_flat_id_range *all = churn_array_new(count, sizeof *all);
  if (all == NULL)
    return churn_error_no_memory(error);
  count = 0;
  for (size_t p = 0; p < kept->part_count; p++) {
    churn_flat_part *part = &kept->parts[p];
    for (size_t i = 0; i < part->range_count; i++)
      all[count++] = part->ranges[i];
    free(part->ranges);
    part->ranges = NULL;
    part->range_count = 0;
  }
  qsort(all, count, sizeof *all, compare_ranges);
  *apart = true;
  for (size_t i = 1; i < count; i++)
    *apart = *apart && comes_before(&all[i - 1].last, &all[i].first);
  free(all);
  return CHURN_OK;
}

enum { ID_BITS = 10, ID_CELLS = 1 << ID_BITS };

/* Hashes by cell: so many of their upper bits. */
typedef struct dealing {
  churn_flat_rows_kept *kept;
  size_t *at; /* [parts * ID_CELLS] where the next of the part's hashes of a cell goes */
  size_t starts[ID_CELLS + 1];
  uint64_t *hashes;
  bool same[ID_CELLS];
} dealing;

static size_t id_cell(uint64_t hash)
{
  return (size_t)(hash >> (64 - ID_BITS));
}

static churn_status count_hashes(void *context, size_t task, int thread, churn_error *error)
{
  (void)thread;
  (void)error;
  dealing *d = context;
  const churn_flat_part *p = &d->kept->parts[task];
  for (size_t i = 0; i < p->seen; i++)
    d->at[task * ID_CELLS + id_cell(p->hashes[i])]++;
  return CHURN_OK;
}

static churn_status deal_hashes(void *context, size_t task, int thread, churn_error *error)
{
  (void)thread;
  (void)error;
  dealing *d = context;
  churn_flat_part *p = &d->kept->parts[task];
  size_t *at = d->at + task * ID_CELLS;
  for (size_t i = 0; i < p->seen; i++)
    d->hashes[at[id_cell(p->hashes[i])]++] = p->hashes[i];
  free(p->hashes);
  p->hashes = NULL;
  return CHURN_OK;
}

/* An open table of the cell's hashes; the middle bits tell the place. */
static churn_status compare_hashes(void *context, size_t cell, int thread, churn_error *error)
{
  (void)thread;
  dealing *d = context;
  size_t first = d->starts[cell], last = d->starts[cell + 1], room = 16;
  while (room < 2 * (last - first))
    room *= 2;
  uint64_t *table = churn_array_new(room, sizeof *table);
  if (table == NULL)
    return churn_error_no_memory(error);
  for (size_t i = first; i < last && !d->same[cell]; i++) {
    uint64_t hash = d->hashes[i] | (d->hashes[i] == 0); /* 0 marks a free place */
    size_t at = (size_t)hash & (room - 1);
    while (table[at] != 0 && table[at] != hash)
      at = (at + 1) & (room - 1);
    d->same[cell] = table[at] == hash;
    table[at] = hash;
  }
  free(table);
  return CHURN_OK;
}

/* Counts become the places where each part's share of each cell begins. */
static size_t find_starts(size_t *at, size_t parts, size_t cells, size_t *starts)
{
  size_t sum = 0;
  for (size_t c = 0; c < cells; c++) {
    starts[c] = sum;
    for (size_t p = 0; p < parts; p++) {
      size_t count = at[p * cells + c];
      at[p * cells + c] = sum;
      sum += count;
    }
  }
  starts[cells] = sum;
  return sum;
}

churn_status churn_flat_ids_differ(churn_flat_rows_kept *kept, const churn_run *run, bool *differ,
                                   churn_error *error)
{
  size_t parts = kept->part_count;
  dealing *d = calloc(1, sizeof *d);
  churn_status status = CHURN_OK;
  if (d == NULL || (d->at = churn_array_new(parts * ID_CELLS, sizeof *d->at)) == NULL) {
    status = churn_error_no_memory(error);
    goto done;
  }
  d->kept = kept;
  status = churn_parallel_run(parts, count_hashes, d, NULL, run, error);
  if (status != CHURN_OK)
    goto done;
  d->hashes =
      churn_array_new_aligned(find_starts(d->at, parts, ID_CELLS, d->starts), sizeof *d->hashes);
  if (d->hashes == NULL)
    status = churn_error_no_memory(error);
  if (status == CHURN_OK)
    status = churn_parallel_run(parts, deal_hashes, d, NULL, run, error);
  if (status == CHURN_OK)
    status = churn_parallel_run(ID_CELLS, compare_hashes, d, NULL, run, error);
  *differ = true;
  for (size_t c = 0; c < ID_CELLS; c++)
    *differ = *differ && !d->same[c];
done:
  if (d != NULL) {
    free(d->at);
    free(d->hashes);
  }
  free(d);
  return status;
}
