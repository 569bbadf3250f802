/* Distinct texts as dense codes.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/dictionary_parts.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

enum { BLOCK_SIZE = 1 << 16, FIRST_SLOTS = 64 };

churn_dictionary *churn_dictionary_new(void)
{
  return calloc(1, sizeof(churn_dictionary));
}

void churn_dictionary_free(churn_dictionary *dictionary)
{
  if (dictionary == NULL)
    return;
  while (dictionary->blocks != NULL) {
    churn_dictionary_block *next = dictionary->blocks->next;
    free(dictionary->blocks);
    dictionary->blocks = next;
  }
  free(dictionary->entries);
  free(dictionary->slots);
  free(dictionary);
}

void churn_dictionary_settle(churn_dictionary *dictionary)
{
  free(dictionary->entries);
  free(dictionary->slots);
  dictionary->entries = NULL;
  dictionary->slots = NULL;
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

static inline churn_dictionary_key make_key(const char *text, size_t length)
{
  churn_dictionary_key k = {length, 0, 0, 0};
  if (length > KEY_BYTES) {
    k.hash = XXH3_64bits(text, length);
    return k;
  }
  read_short(text, length, &k.low, &k.high);
  uint64_t a = k.low ^ 0x9E3779B97F4A7C15u ^ length, b = k.high ^ 0xD6E8FEB86659FD93u;
  k.hash = XXH3_avalanche(a * 0xBF58476D1CE4E5B9u ^ XXH_rotl64(b * 0x94D049BB133111EBu, 32));
  return k;
}

static inline uint64_t slot_of(const churn_dictionary_key *k, size_t code)
{
  return (k->hash & 0xFFFFFFFF00000000u) | (uint32_t)(code + 1);
}

static inline uint32_t code_of(uint64_t held)
{
  return (uint32_t)held - 1;
}

static inline bool is_text(const churn_dictionary_entry *e, const churn_dictionary_key *k,
                           const char *text)
{
  if (e->key.length != k->length || e->key.low != k->low || e->key.high != k->high)
    return false;
  return k->length <= KEY_BYTES || memcmp(e->text, text, k->length) == 0;
}

/* Slot that holds the text, or the free one where it belongs. */
static inline size_t find_slot(const churn_dictionary *dictionary, const churn_dictionary_key *k,
                               const char *text)
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
  churn_dictionary_key k = make_key(text, length);
  return code_of(dictionary->slots[find_slot(dictionary, &k, text)]);
}

/* Keys of a batch; the slots, then the entries, are on their way to the cache afterwards. */
static void make_keys(const churn_dictionary *dictionary, const char *const *texts,
                      const size_t *lengths, size_t count, churn_dictionary_key *keys)
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
  churn_dictionary_key keys[CHURN_DICTIONARY_BATCH];
  make_keys(dictionary, texts, lengths, count, keys);
  for (size_t i = 0; i < count; i++)
    codes[i] = dictionary->count == 0
                   ? CHURN_CODE_MISSING
                   : code_of(dictionary->slots[find_slot(dictionary, &keys[i], texts[i])]);
}

/* The text's code when it is `near` or soon behind, else CHURN_CODE_MISSING. */
static uint32_t look_near(const churn_dictionary *dictionary, size_t near, const char *text,
                          size_t length)
{
  enum { SOON = 3 };
  churn_dictionary_key k = {length, 0, 0, 0};
  if (length <= KEY_BYTES)
    read_short(text, length, &k.low, &k.high);
  for (size_t code = near; code < near + SOON && code < dictionary->count; code++)
    if (is_text(&dictionary->entries[code], &k, text))
      return (uint32_t)code;
  return CHURN_CODE_MISSING;
}

void churn_dictionary_find_near(const churn_dictionary *dictionary, const char *const *texts,
                                const size_t *lengths, size_t count, uint32_t *codes)
{
  const char *far[CHURN_DICTIONARY_BATCH];
  size_t far_lengths[CHURN_DICTIONARY_BATCH], place[CHURN_DICTIONARY_BATCH], left = 0;
  uint32_t found[CHURN_DICTIONARY_BATCH];
  size_t near = count == 0 ? 0 : churn_dictionary_find(dictionary, texts[0], lengths[0]);
  for (size_t i = 0; i < count; i++) {
    codes[i] = look_near(dictionary, near, texts[i], lengths[i]);
    if (codes[i] != CHURN_CODE_MISSING) {
      near = (size_t)codes[i] + 1;
      continue;
    }
    far[left] = texts[i];
    far_lengths[left] = lengths[i];
    place[left++] = i;
  }
  if (left > 0)
    churn_dictionary_find_many(dictionary, far, far_lengths, left, found);
  for (size_t i = 0; i < left; i++)
    codes[place[i]] = found[i];
}

bool churn_dictionary_make_slots(churn_dictionary *dictionary)
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
    const churn_dictionary_key *k = &dictionary->entries[code].key;
    size_t slot = k->hash & (slot_count - 1);
    while (slots[slot] != 0)
      slot = (slot + 1) & (slot_count - 1);
    slots[slot] = slot_of(k, code);
  }
  return true;
}

static const char *store_text(churn_dictionary *dictionary, const char *text, size_t length)
{
  churn_dictionary_block *b = dictionary->blocks;
  if (b == NULL || b->size - b->used <= length) {
    size_t size = length + 1 > BLOCK_SIZE ? length + 1 : BLOCK_SIZE;
    b = malloc(sizeof *b + size);
    if (b == NULL)
      return NULL;
    *b = (churn_dictionary_block){dictionary->blocks, 0, size};
    dictionary->blocks = b;
  }
  char *stored = b->bytes + b->used;
  memcpy(stored, text, length);
  stored[length] = '\0';
  b->used += length + 1;
  return stored;
}

churn_status churn_dictionary_append(churn_dictionary *dictionary, const churn_dictionary_key *k,
                                     const char *text)
{
  if (dictionary->count >= CHURN_CODE_MISSING - 1)
    return CHURN_INTERNAL;
  if (!churn_array_reserve(&dictionary->entries, &dictionary->capacity, dictionary->count + 1,
                           sizeof(churn_dictionary_entry)))
    return CHURN_NO_MEMORY;
  const char *stored = store_text(dictionary, text, k->length);
  if (stored == NULL)
    return CHURN_NO_MEMORY;
  dictionary->entries[dictionary->count++] = (churn_dictionary_entry){stored, *k};
  return CHURN_OK;
}

static churn_status add_key(churn_dictionary *dictionary, const churn_dictionary_key *k,
                            const char *text, uint32_t *code)
{
  if (!churn_dictionary_make_slots(dictionary))
    return CHURN_NO_MEMORY;
  size_t slot = find_slot(dictionary, k, text);
  if (dictionary->slots[slot] != 0) {
    *code = code_of(dictionary->slots[slot]);
    return CHURN_OK;
  }
  churn_status status = churn_dictionary_append(dictionary, k, text);
  if (status != CHURN_OK)
    return status;
  *code = (uint32_t)dictionary->count - 1;
  dictionary->slots[slot] = slot_of(k, *code);
  return CHURN_OK;
}

churn_status churn_dictionary_add(churn_dictionary *dictionary, const char *text, size_t length,
                                  uint32_t *code)
{
  churn_dictionary_key k = make_key(text, length);
  return add_key(dictionary, &k, text, code);
}

churn_status churn_dictionary_add_many(churn_dictionary *dictionary, const char *const *texts,
                                       const size_t *lengths, size_t count, uint32_t *codes)
{
  churn_dictionary_key keys[CHURN_DICTIONARY_BATCH];
  churn_status status = CHURN_OK;
  make_keys(dictionary, texts, lengths, count, keys);
  for (size_t i = 0; i < count && status == CHURN_OK; i++)
    status = add_key(dictionary, &keys[i], texts[i], &codes[i]);
  return status;
}

churn_dictionary_key churn_dictionary_make_key(const char *text, size_t length)
{
  return make_key(text, length);
}
