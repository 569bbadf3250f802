/* Distinct texts as dense codes. Two forms: a growing one (open-addressing hash, codes in order of
 * first sight) for one piece of work, and the sorted one that it becomes, where code order is
 * bytewise text order, so that codes do not depend on the order of the input.
 *
 * Cost: a hash and a compare an add. Texts live in blocks that never move.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_BASE_DICTIONARY_H
#define CHURN_BASE_DICTIONARY_H

#include <churn/status.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* No text (a missing value). Never a valid code. */
#define CHURN_CODE_MISSING UINT32_MAX

typedef struct churn_dictionary churn_dictionary;

/* NULL when memory ran out. */
churn_dictionary *churn_dictionary_new(void);
void churn_dictionary_free(churn_dictionary *dictionary);

size_t churn_dictionary_count(const churn_dictionary *dictionary);

/* Text of a code: terminated, borrowed until the dictionary is freed; the texts hold no NUL byte.
 * `code` must be below the count. */
const char *churn_dictionary_text(const churn_dictionary *dictionary, uint32_t code);
size_t churn_dictionary_length(const churn_dictionary *dictionary, uint32_t code);

/* Texts are looked up by no one any more, nor by code: what that takes goes. They stay where they
 * are; the count is known, and nothing else may be asked until the dictionary is freed. */
void churn_dictionary_settle(churn_dictionary *dictionary);

/* Code of text[0..length), added when new. NO_MEMORY, or INTERNAL when 2^32-1 texts are held
 * already. */
CHURN_MUST_USE churn_status churn_dictionary_add(churn_dictionary *dictionary, const char *text,
                                                 size_t length, uint32_t *code);

/* Code of text[0..length), or CHURN_CODE_MISSING when it is not there. */
uint32_t churn_dictionary_find(const churn_dictionary *dictionary, const char *text, size_t length);

/* The same for up to CHURN_DICTIONARY_BATCH texts at once: their waits for memory overlap. */
enum { CHURN_DICTIONARY_BATCH = 64 };
CHURN_MUST_USE churn_status churn_dictionary_add_many(churn_dictionary *dictionary,
                                                      const char *const *texts,
                                                      const size_t *lengths, size_t count,
                                                      uint32_t *codes);
void churn_dictionary_find_many(const churn_dictionary *dictionary, const char *const *texts,
                                const size_t *lengths, size_t count, uint32_t *codes);

/* The same, faster where the texts stand in the dictionary one behind the other. */
void churn_dictionary_find_near(const churn_dictionary *dictionary, const char *const *texts,
                                const size_t *lengths, size_t count, uint32_t *codes);

/* Union of `parts` sorted bytewise, and for each part a table old code -> new code (an array the
 * caller frees; remaps[i] has count(parts[i]) elements, at least 1). Parts stay as they are;
 * `count` may be 0. On failure nothing is given. */
CHURN_MUST_USE churn_status churn_dictionary_merge(const churn_dictionary *const *parts,
                                                   size_t count, churn_dictionary **merged,
                                                   uint32_t **remaps);

/* A dictionary of texts that are distinct and in bytewise order, so that each one's code is its
 * place; *made is NULL where they are not. NO_MEMORY, INTERNAL as above. */
CHURN_MUST_USE churn_status churn_dictionary_of_sorted(const char *const *texts,
                                                       const size_t *lengths, size_t count,
                                                       churn_dictionary **made);

#endif
