/* Distinct texts as dense codes.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/dictionary.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

enum { BLOCK_SIZE = 1 << 16 };

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

static bool grow_slots(churn_dictionary *dictionary)
{
  if ((dictionary->count + 1) * 2 <= dictionary->slot_count)
    return true;
  size_t slot_count = dictionary->slot_count == 0 ? 64 : dictionary->slot_count * 2;
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

static churn_status add_key(churn_dictionary *dictionary, const key *k, const char *text,
                            uint32_t *code)
{
  if (!grow_slots(dictionary))
    return CHURN_NO_MEMORY;
  size_t slot = find_slot(dictionary, k, text);
  if (dictionary->slots[slot] != 0) {
    *code = code_of(dictionary->slots[slot]);
    return CHURN_OK;
  }
  if (dictionary->count >= CHURN_CODE_MISSING - 1)
    return CHURN_INTERNAL;
  if (!churn_array_reserve(&dictionary->entries, &dictionary->capacity, dictionary->count + 1,
                           sizeof(entry)))
    return CHURN_NO_MEMORY;
  const char *stored = store_text(dictionary, text, k->length);
  if (stored == NULL)
    return CHURN_NO_MEMORY;
  dictionary->entries[dictionary->count] = (entry){stored, *k};
  dictionary->slots[slot] = slot_of(k, dictionary->count);
  *code = (uint32_t)dictionary->count++;
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

static churn_status add_all(churn_dictionary *to, const churn_dictionary *from)
{
  churn_status status = CHURN_OK;
  uint32_t code;
  for (size_t i = 0; i < from->count && status == CHURN_OK; i++)
    status = add_key(to, &from->entries[i].key, from->entries[i].text, &code);
  return status;
}

static bool is_sorted(const churn_dictionary *dictionary)
{
  for (size_t i = 1; i < dictionary->count; i++)
    if (compare_entries(&dictionary->entries[i - 1], &dictionary->entries[i]) > 0)
      return false;
  return true;
}

/* Sorts the entries and makes the slots agree with the new codes. */
static void sort_entries(churn_dictionary *dictionary)
{
  if (is_sorted(dictionary))
    return;
  qsort(dictionary->entries, dictionary->count, sizeof(entry), compare_entries);
  memset(dictionary->slots, 0, dictionary->slot_count * sizeof *dictionary->slots);
  for (size_t code = 0; code < dictionary->count; code++) {
    const entry *e = &dictionary->entries[code];
    dictionary->slots[find_slot(dictionary, &e->key, e->text)] = slot_of(&e->key, code);
  }
}

static uint32_t *make_remap(const churn_dictionary *part, const churn_dictionary *merged)
{
  uint32_t *remap = churn_array_new(part->count, sizeof *remap);
  for (size_t i = 0; remap != NULL && i < part->count; i++) {
    const entry *e = &part->entries[i];
    remap[i] = code_of(merged->slots[find_slot(merged, &e->key, e->text)]);
  }
  return remap;
}

churn_status churn_dictionary_merge(const churn_dictionary *const *parts, size_t count,
                                    churn_dictionary **merged, uint32_t **remaps)
{
  size_t made = 0;
  churn_status status = CHURN_NO_MEMORY;
  churn_dictionary *all = churn_dictionary_new();
  if (all == NULL)
    goto done;
  for (size_t i = 0; i < count; i++)
    if ((status = add_all(all, parts[i])) != CHURN_OK)
      goto done;
  sort_entries(all);
  status = CHURN_OK;
  for (; made < count; made++)
    if ((remaps[made] = make_remap(parts[made], all)) == NULL) {
      status = CHURN_NO_MEMORY;
      goto done;
    }
  *merged = all;
  all = NULL;
done:
  if (status != CHURN_OK)
    while (made > 0)
      free(remaps[--made]);
  churn_dictionary_free(all);
  return status;
}
