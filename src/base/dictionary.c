/* Distinct texts as dense codes.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/dictionary.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

enum { BLOCK_SIZE = 1 << 16 };

typedef struct block {
  struct block *next;
  size_t used;
  size_t size;
  char bytes[];
} block;

typedef struct entry {
  const char *text;
  size_t length;
  uint64_t hash;
} entry;

struct churn_dictionary {
  entry *entries;
  size_t count;
  size_t capacity;
  uint32_t *slots; /* code + 1, 0 = free; a power of two, at most half full */
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
  return dictionary->entries[code].length;
}

/* Slot that holds the text, or the free one where it belongs. */
static size_t find_slot(const churn_dictionary *dictionary, const char *text, size_t length,
                        uint64_t hash)
{
  size_t mask = dictionary->slot_count - 1;
  for (size_t slot = hash & mask;; slot = (slot + 1) & mask) {
    uint32_t held = dictionary->slots[slot];
    if (held == 0)
      return slot;
    const entry *e = &dictionary->entries[held - 1];
    if (e->hash == hash && e->length == length && memcmp(e->text, text, length) == 0)
      return slot;
  }
}

uint32_t churn_dictionary_find(const churn_dictionary *dictionary, const char *text, size_t length)
{
  if (dictionary->count == 0)
    return CHURN_CODE_MISSING;
  uint32_t held = dictionary->slots[find_slot(dictionary, text, length, XXH3_64bits(text, length))];
  return held == 0 ? CHURN_CODE_MISSING : held - 1;
}

static bool grow_slots(churn_dictionary *dictionary)
{
  if ((dictionary->count + 1) * 2 <= dictionary->slot_count)
    return true;
  size_t slot_count = dictionary->slot_count == 0 ? 64 : dictionary->slot_count * 2;
  uint32_t *slots = calloc(slot_count, sizeof *slots);
  if (slots == NULL)
    return false;
  free(dictionary->slots);
  dictionary->slots = slots;
  dictionary->slot_count = slot_count;
  for (size_t code = 0; code < dictionary->count; code++) {
    size_t slot = dictionary->entries[code].hash & (slot_count - 1);
    while (slots[slot] != 0)
      slot = (slot + 1) & (slot_count - 1);
    slots[slot] = (uint32_t)code + 1;
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

churn_status churn_dictionary_add(churn_dictionary *dictionary, const char *text, size_t length,
                                  uint32_t *code)
{
  if (!grow_slots(dictionary))
    return CHURN_NO_MEMORY;
  uint64_t hash = XXH3_64bits(text, length);
  size_t slot = find_slot(dictionary, text, length, hash);
  if (dictionary->slots[slot] != 0) {
    *code = dictionary->slots[slot] - 1;
    return CHURN_OK;
  }
  if (dictionary->count >= CHURN_CODE_MISSING - 1)
    return CHURN_INTERNAL;
  if (!churn_array_reserve(&dictionary->entries, &dictionary->capacity, dictionary->count + 1,
                           sizeof(entry)))
    return CHURN_NO_MEMORY;
  const char *stored = store_text(dictionary, text, length);
  if (stored == NULL)
    return CHURN_NO_MEMORY;
  dictionary->entries[dictionary->count++] = (entry){stored, length, hash};
  dictionary->slots[slot] = (uint32_t)dictionary->count;
  *code = (uint32_t)dictionary->count - 1;
  return CHURN_OK;
}

static int compare_entries(const void *left, const void *right)
{
  const entry *a = left, *b = right;
  size_t shorter = a->length < b->length ? a->length : b->length;
  int order = memcmp(a->text, b->text, shorter);
  return order != 0 ? order : (a->length > b->length) - (a->length < b->length);
}

static churn_status add_all(churn_dictionary *to, const churn_dictionary *from)
{
  churn_status status = CHURN_OK;
  uint32_t code;
  for (size_t i = 0; i < from->count && status == CHURN_OK; i++)
    status = churn_dictionary_add(to, from->entries[i].text, from->entries[i].length, &code);
  return status;
}

/* Sorts the entries and makes the slots agree with the new codes. */
static void sort_entries(churn_dictionary *dictionary)
{
  if (dictionary->count == 0)
    return;
  qsort(dictionary->entries, dictionary->count, sizeof(entry), compare_entries);
  memset(dictionary->slots, 0, dictionary->slot_count * sizeof *dictionary->slots);
  for (size_t code = 0; code < dictionary->count; code++) {
    const entry *e = &dictionary->entries[code];
    dictionary->slots[find_slot(dictionary, e->text, e->length, e->hash)] = (uint32_t)code + 1;
  }
}

static uint32_t *make_remap(const churn_dictionary *part, const churn_dictionary *merged)
{
  uint32_t *remap = churn_array_new(part->count, sizeof *remap);
  for (size_t i = 0; remap != NULL && i < part->count; i++) {
    const entry *e = &part->entries[i];
    remap[i] = merged->slots[find_slot(merged, e->text, e->length, e->hash)] - 1;
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
