/* Distinct texts as dense codes.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/dictionary.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

enum { BLOCK_SIZE = 1 << 16, FIRST_SLOTS = 64 };

typedef struct block {
  struct block *next;
  size_t used;
  size_t size;
  char bytes[];
} block;

/* What a text is found by. Up to 16 bytes, `low` and `high` hold all of them, so that texts are
 * told apart without a look at the text itself. */
typedef struct key {
  size_t length;
  uint64_t low, high;
  uint64_t hash;
} key;

typedef struct entry {
  const char *text;
  key key;
} entry;

struct churn_dictionary {
  entry *entries;
  size_t count;
  size_t capacity;
  uint64_t *slots; /* upper half of the hash, code + 1; 0 = free; a power of two, at most half
                      full */
  size_t slot_count;
  block *blocks;
};

churn_dictionary *churn_dictionary_new(void)
{
  return calloc(1, sizeof(churn_dictionary));
}

void churn_dictionary_free(churn_dictionary *dictionary)
{
  if (dictionary == NULL)
    return;
  while (dictionary->blocks != NULL) {
    block *next = dictionary->blocks->next;
    free(dictionary->blocks);
    dictionary->blocks = next;
  }
  free(dictionary->entries);
  free(dictionary->slots);
  free(dictionary);
}

size_t churn_dictionary_count(const churn_dictionary *dictionary)
{
  return dictionary->count;
}

const char *churn_dictionary_text(const churn_dictionary *dictionary, uint32_t code)
{
  return dictionary->entries[code].text;
}

size_t churn_dictionary_length(const churn_dictionary *dictionary, uint32_t code)
{
  return dictionary->entries[code].key.length;
}

enum { KEY_BYTES = 16 };

static inline uint64_t read_8(const char *text)
{
  uint64_t bytes;
  memcpy(&bytes, text, sizeof bytes);
  return bytes;
}

static inline uint32_t read_4(const char *text)
{
  uint32_t bytes;
  memcpy(&bytes, text, sizeof bytes);
  return bytes;
}

/* The bytes of a short text, some of them twice; with the length they tell the text. */
static inline void read_short(const char *text, size_t length, uint64_t *low, uint64_t *high)
{
  const unsigned char *bytes = (const unsigned char *)text;
  *low = *high = 0;
  if (length >= 8) {
    *low = read_8(text);
    *high = read_8(text + length - 8);
  } else if (length >= 4) {
    *low = read_4(text);
    *high = read_4(text + length - 4);
  } else if (length > 0) {
    *low = (uint64_t)bytes[0] << 16 | (uint64_t)bytes[length / 2] << 8 | bytes[length - 1];
  }
}

static inline key make_key(const char *text, size_t length)
{
  key k = {length, 0, 0, 0};
  if (length > KEY_BYTES) {
    k.hash = XXH3_64bits(text, length);
    return k;
  }
  read_short(text, length, &k.low, &k.high);
  uint64_t a = k.low ^ 0x9E3779B97F4A7C15u ^ length, b = k.high ^ 0xD6E8FEB86659FD93u;
  k.hash = XXH3_avalanche(a * 0xBF58476D1CE4E5B9u ^ XXH_rotl64(b * 0x94D049BB133111EBu, 32));
  return k;
}

static inline uint64_t slot_of(const key *k, size_t code)
{
  return (k->hash & 0xFFFFFFFF00000000u) | (uint32_t)(code + 1);
}

static inline uint32_t code_of(uint64_t held)
{
  return (uint32_t)held - 1;
}

static inline bool is_text(const entry *e, const key *k, const char *text)
{
  if (e->key.length != k->length || e->key.low != k->low || e->key.high != k->high)
    return false;
  return k->length <= KEY_BYTES || memcmp(e->text, text, k->length) == 0;
}

/* Slot that holds the text, or the free one where it belongs. */
static inline size_t find_slot(const churn_dictionary *dictionary, const key *k, const char *text)
{
  size_t mask = dictionary->slot_count - 1;
  for (size_t slot = k->hash & mask;; slot = (slot + 1) & mask) {
    uint64_t held = dictionary->slots[slot];
    if (held == 0 ||
        ((held ^ k->hash) >> 32 == 0 && is_text(&dictionary->entries[code_of(held)], k, text)))
      return slot;
  }
}

uint32_t churn_dictionary_find(const churn_dictionary *dictionary, const char *text, size_t length)
{
  if (dictionary->count == 0)
    return CHURN_CODE_MISSING;
  key k = make_key(text, length);
  return code_of(dictionary->slots[find_slot(dictionary, &k, text)]);
}

/* Keys of a batch; the slots, then the entries, are on their way to the cache afterwards. */
static void make_keys(const churn_dictionary *dictionary, const char *const *texts,
                      const size_t *lengths, size_t count, key *keys)
{
  size_t mask = dictionary->slot_count - 1;
  for (size_t i = 0; i < count; i++) {
    keys[i] = make_key(texts[i], lengths[i]);
    if (dictionary->count > 0)
      __builtin_prefetch(&dictionary->slots[keys[i].hash & mask]);
  }
  for (size_t i = 0; dictionary->count > 0 && i < count; i++) {
    uint64_t held = dictionary->slots[keys[i].hash & mask];
    if (held != 0)
      __builtin_prefetch(&dictionary->entries[code_of(held)]);
  }
}

void churn_dictionary_find_many(const churn_dictionary *dictionary, const char *const *texts,
                                const size_t *lengths, size_t count, uint32_t *codes)
{
  key keys[CHURN_DICTIONARY_BATCH];
  make_keys(dictionary, texts, lengths, count, keys);
  for (size_t i = 0; i < count; i++)
    codes[i] = dictionary->count == 0
                   ? CHURN_CODE_MISSING
                   : code_of(dictionary->slots[find_slot(dictionary, &keys[i], texts[i])]);
}

/* Slots for one text more than there are. */
static bool make_slots(churn_dictionary *dictionary)
{
  size_t slot_count = dictionary->slot_count == 0 ? FIRST_SLOTS : dictionary->slot_count;
  while ((dictionary->count + 1) * 2 > slot_count)
    slot_count *= 2;
  if (slot_count == dictionary->slot_count)
    return true;
  uint64_t *slots = calloc(slot_count, sizeof *slots);
  if (slots == NULL)
    return false;
  free(dictionary->slots);
  dictionary->slots = slots;
  dictionary->slot_count = slot_count;
  for (size_t code = 0; code < dictionary->count; code++) {
    const key *k = &dictionary->entries[code].key;
    size_t slot = k->hash & (slot_count - 1);
    while (slots[slot] != 0)
      slot = (slot + 1) & (slot_count - 1);
    slots[slot] = slot_of(k, code);
  }
  return true;
}

static const char *store_text(churn_dictionary *dictionary, const char *text, size_t length)
{
  block *b = dictionary->blocks;
  if (b == NULL || b->size - b->used <= length) {
    size_t size = length + 1 > BLOCK_SIZE ? length + 1 : BLOCK_SIZE;
    b = malloc(sizeof *b + size);
    if (b == NULL)
      return NULL;
    *b = (block){dictionary->blocks, 0, size};
    dictionary->blocks = b;
  }
  char *stored = b->bytes + b->used;
  memcpy(stored, text, length);
  stored[length] = '\0';
  b->used += length + 1;
  return stored;
}

/* A new entry, which no slot leads to yet. */
static churn_status append(churn_dictionary *dictionary, const key *k, const char *text)
{
  if (dictionary->count >= CHURN_CODE_MISSING - 1)
    return CHURN_INTERNAL;
  if (!churn_array_reserve(&dictionary->entries, &dictionary->capacity, dictionary->count + 1,
                           sizeof(entry)))
    return CHURN_NO_MEMORY;
  const char *stored = store_text(dictionary, text, k->length);
  if (stored == NULL)
    return CHURN_NO_MEMORY;
  dictionary->entries[dictionary->count++] = (entry){stored, *k};
  return CHURN_OK;
}

static churn_status add_key(churn_dictionary *dictionary, const key *k, const char *text,
                            uint32_t *code)
{
  if (!make_slots(dictionary))
    return CHURN_NO_MEMORY;
  size_t slot = find_slot(dictionary, k, text);
  if (dictionary->slots[slot] != 0) {
    *code = code_of(dictionary->slots[slot]);
    return CHURN_OK;
  }
  churn_status status = append(dictionary, k, text);
  if (status != CHURN_OK)
    return status;
  *code = (uint32_t)dictionary->count - 1;
  dictionary->slots[slot] = slot_of(k, *code);
  return CHURN_OK;
}

churn_status churn_dictionary_add(churn_dictionary *dictionary, const char *text, size_t length,
                                  uint32_t *code)
{
  key k = make_key(text, length);
  return add_key(dictionary, &k, text, code);
}

churn_status churn_dictionary_add_many(churn_dictionary *dictionary, const char *const *texts,
                                       const size_t *lengths, size_t count, uint32_t *codes)
{
  key keys[CHURN_DICTIONARY_BATCH];
  churn_status status = CHURN_OK;
  make_keys(dictionary, texts, lengths, count, keys);
  for (size_t i = 0; i < count && status == CHURN_OK; i++)
    status = add_key(dictionary, &keys[i], texts[i], &codes[i]);
  return status;
}

static int compare_entries(const void *left, const void *right)
{
  const entry *a = left, *b = right;
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

static const entry *entry_of(const merging *m, const ranked *text)
{
  return &m->parts[text->part]->entries[text->code];
}

static uint64_t prefix_of(const entry *e)
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
      const entry *e = entry_of(m, text);
      churn_status status = append(all, &e->key, e->text);
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
  if (status == CHURN_OK && !make_slots(all))
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
