/* What a dictionary holds. Private to dictionary.c (adding and finding) and dictionary_merge.c
 * (bytewise order).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_BASE_DICTIONARY_PARTS_H
#define CHURN_BASE_DICTIONARY_PARTS_H

#include "base/dictionary.h"

typedef struct churn_dictionary_block {
  struct churn_dictionary_block *next;
  size_t used;
  size_t size;
  char bytes[];
} churn_dictionary_block;

/* What a text is found by. Up to 16 bytes, `low` and `high` hold all of them, so that texts are
 * told apart without a look at the text itself. */
typedef struct churn_dictionary_key {
  size_t length;
  uint64_t low, high;
  uint64_t hash;
} churn_dictionary_key;

typedef struct churn_dictionary_entry {
  const char *text;
  churn_dictionary_key key;
} churn_dictionary_entry;

struct churn_dictionary {
  churn_dictionary_entry *entries;
  size_t count;
  size_t capacity;
  uint64_t *slots; /* upper half of the hash, code + 1; 0 = free; a power of two, at most half
                      full */
  size_t slot_count;
  churn_dictionary_block *blocks;
};

churn_dictionary_key churn_dictionary_make_key(const char *text, size_t length);

/* A new entry, which no slot leads to yet. NO_MEMORY; INTERNAL when codes have run out. */
CHURN_MUST_USE churn_status churn_dictionary_append(churn_dictionary *dictionary,
                                                    const churn_dictionary_key *k,
                                                    const char *text);

/* Slots for one text more than there are; where that takes new ones they lead to all entries. False
 * when memory ran out. */
bool churn_dictionary_make_slots(churn_dictionary *dictionary);

#endif
