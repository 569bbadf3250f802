/* Dictionaries in bytewise order: the union of several, and one of texts that are in order.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/dictionary_parts.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

static int compare_entries(const void *left, const void *right)
{
  const churn_dictionary_entry *a = left, *b = right;
  size_t shorter = a->key.length < b->key.length ? a->key.length : b->key.length;
  int order = memcmp(a->text, b->text, shorter);
  return order != 0 ? order : (a->key.length > b->key.length) - (a->key.length < b->key.length);
}

/* A text of a part on its way into the merged order: its first bytes, big-endian, tell most apart.
 */
typedef struct ranked {
  uint64_t prefix;
  uint32_t part, code;
} ranked;

typedef struct merging {
  const churn_dictionary *const *parts;
  size_t count; /* of texts, in all parts */
  ranked *texts, *spare;
} merging;

static const churn_dictionary_entry *entry_of(const merging *m, const ranked *text)
{
  return &m->parts[text->part]->entries[text->code];
}

static uint64_t prefix_of(const churn_dictionary_entry *e)
{
  uint64_t prefix = 0;
  for (size_t i = 0; i < sizeof prefix; i++)
    prefix = prefix << 8 | (i < e->key.length ? (unsigned char)e->text[i] : 0);
  return prefix;
}

static inline int order_of(const merging *m, const ranked *a, const ranked *b)
{
  if (a->prefix != b->prefix)
    return a->prefix < b->prefix ? -1 : 1;
  return compare_entries(entry_of(m, a), entry_of(m, b));
}

static bool list_texts(merging *m, size_t parts)
{
  for (size_t i = 0; i < parts; i++)
    m->count += m->parts[i]->count;
  m->texts = churn_array_new(m->count, sizeof *m->texts);
  m->spare = churn_array_new(m->count, sizeof *m->spare);
  if (m->texts == NULL || m->spare == NULL)
    return false;
  ranked *next = m->texts;
  for (size_t i = 0; i < parts; i++)
    for (size_t code = 0; code < m->parts[i]->count; code++)
      *next++ = (ranked){prefix_of(&m->parts[i]->entries[code]), (uint32_t)i, (uint32_t)code};
  return true;
}

/* The first text behind `at` that is lower than the one before it. */
static size_t end_of_run(const merging *m, size_t at)
{
  if (at < m->count)
    at++;
  while (at < m->count && order_of(m, &m->texts[at - 1], &m->texts[at]) <= 0)
    at++;
  return at;
}

static void merge_runs(const merging *m, size_t first, size_t middle, size_t end)
{
  size_t left = first, right = middle;
  for (size_t i = first; i < end; i++) {
    bool from_left =
        right == end || (left < middle && order_of(m, &m->texts[left], &m->texts[right]) <= 0);
    m->spare[i] = m->texts[from_left ? left++ : right++];
  }
}

/* A merge sort of the runs that are in order already: the texts of a file grouped by them are one
 * run a part. */
static void sort_texts(merging *m)
{
  while (end_of_run(m, 0) < m->count) {
    for (size_t at = 0, middle, end; at < m->count; at = end) {
      middle = end_of_run(m, at);
      end = end_of_run(m, middle);
      merge_runs(m, at, middle, end);
    }
    ranked *swap = m->texts;
    m->texts = m->spare;
    m->spare = swap;
  }
}

/* One entry for equal texts; their parts' codes learn its own. */
static churn_status take_texts(const merging *m, churn_dictionary *all, uint32_t **remaps)
{
  for (size_t i = 0; i < m->count; i++) {
    const ranked *text = &m->texts[i];
    if (i == 0 || order_of(m, &m->texts[i - 1], text) != 0) {
      const churn_dictionary_entry *e = entry_of(m, text);
      churn_status status = churn_dictionary_append(all, &e->key, e->text);
      if (status != CHURN_OK)
        return status;
    }
    remaps[text->part][text->code] = (uint32_t)(all->count - 1);
  }
  return CHURN_OK;
}

churn_status churn_dictionary_merge(const churn_dictionary *const *parts, size_t count,
                                    churn_dictionary **merged, uint32_t **remaps)
{
  size_t made = 0;
  merging m = {.parts = parts};
  churn_status status = CHURN_NO_MEMORY;
  churn_dictionary *all = churn_dictionary_new();
  if (all == NULL || !list_texts(&m, count))
    goto done;
  for (; made < count; made++)
    if ((remaps[made] = churn_array_new(parts[made]->count, sizeof **remaps)) == NULL)
      goto done;
  sort_texts(&m);
  status = take_texts(&m, all, remaps);
  if (status == CHURN_OK && !churn_dictionary_make_slots(all))
    status = CHURN_NO_MEMORY;
  if (status != CHURN_OK)
    goto done;
  *merged = all;
  all = NULL;
done:
  while (status != CHURN_OK && made > 0) {
    free(remaps[--made]);
    remaps[made] = NULL;
  }
  free(m.texts);
  free(m.spare);
  churn_dictionary_free(all);
  return status;
}

static churn_status add_sorted(churn_dictionary *all, const char *const *texts,
                               const size_t *lengths, size_t count, bool *sorted)
{
  if (!churn_array_reserve(&all->entries, &all->capacity, count, sizeof *all->entries))
    return CHURN_NO_MEMORY;
  for (size_t i = 0; i < count; i++) {
    churn_dictionary_key k = churn_dictionary_make_key(texts[i], lengths[i]);
    churn_status status = churn_dictionary_append(all, &k, texts[i]);
    if (status != CHURN_OK)
      return status;
    *sorted = i == 0 || compare_entries(&all->entries[i - 1], &all->entries[i]) < 0;
    if (!*sorted)
      return CHURN_OK;
  }
  return churn_dictionary_make_slots(all) ? CHURN_OK : CHURN_NO_MEMORY;
}

churn_status churn_dictionary_of_sorted(const char *const *texts, const size_t *lengths,
                                        size_t count, churn_dictionary **made)
{
  bool sorted = true;
  churn_dictionary *all = churn_dictionary_new();
  churn_status status =
      all == NULL ? CHURN_NO_MEMORY : add_sorted(all, texts, lengths, count, &sorted);
  if (status == CHURN_OK)
    *made = sorted ? all : NULL;
  if (status != CHURN_OK || !sorted)
    churn_dictionary_free(all);
  return status;
}
