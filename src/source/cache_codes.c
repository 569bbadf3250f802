/* Final codes of a cached source's texts.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/memory.h"
#include "base/parallel.h"
#include "source/cache_replay.h"
#include "source/piece.h"

#include <stdlib.h>

/* Texts looked up by one task. */
enum { LOOK_UP = 64 * CHURN_DICTIONARY_BATCH };

typedef struct look_up {
  const churn_dictionary *known;
  const char **texts;
  size_t *lengths;
  size_t count;
  uint32_t *codes;
} look_up;

static churn_status find_some(void *context, size_t task, int thread, churn_error *error)
{
  (void)thread;
  (void)error;
  const look_up *l = context;
  size_t last = l->count - task * LOOK_UP < LOOK_UP ? l->count : (task + 1) * LOOK_UP;
  for (size_t i = task * LOOK_UP; i < last; i += CHURN_DICTIONARY_BATCH)
    churn_dictionary_find_near(
        l->known, l->texts + i, l->lengths + i,
        last - i < CHURN_DICTIONARY_BATCH ? last - i : CHURN_DICTIONARY_BATCH, l->codes + i);
  return CHURN_OK;
}

/* The texts of a segment's levels, borrowed from the mapping. False when lengths and bytes do not
 * fit. */
static bool list_texts(const churn_replay *r, size_t segment, const churn_cached_levels *levels,
                       look_up *l)
{
  const uint32_t *lengths =
      (const uint32_t *)(const void *)churn_replay_bytes(r, segment, &levels->lengths);
  const char *at = (const char *)churn_replay_bytes(r, segment, &levels->bytes);
  uint64_t left = levels->bytes.count;
  for (size_t i = 0; i < l->count; i++) {
    if (lengths[i] > left)
      return false;
    l->texts[i] = at;
    l->lengths[i] = lengths[i];
    at += lengths[i];
    left -= lengths[i];
  }
  return left == 0;
}

/* Levels are written in order. */
static churn_status make_dictionary(churn_replay *r, const look_up *l, churn_dictionary **made,
                                    churn_error *error)
{
  churn_status status = churn_dictionary_of_sorted(l->texts, l->lengths, l->count, made);
  if (status == CHURN_OK && *made == NULL)
    atomic_store(&r->damaged, true);
  return status == CHURN_OK ? status : churn_reading_failed(status, error);
}

/* The map takes the codes over (NULL when memory ran out); one of each code to itself is none. */
static void set_map(churn_code_map *map, uint32_t *codes)
{
  bool same = codes != NULL;
  for (size_t i = 0; i < map->count && same; i++)
    same = codes[i] == i;
  if (same)
    free(codes);
  map->codes = same ? NULL : codes;
}

/* Codes of one segment's levels in `known` (map->codes), or, where that is NULL, a dictionary of
 * them. */
static churn_status take_levels(churn_replay *r, size_t request, size_t segment,
                                const churn_dictionary *known, churn_dictionary **own,
                                const churn_run *run, churn_error *error)
{
  const churn_cached_levels *levels = &r->list->segments[segment].levels[r->column[request]];
  churn_code_map *map = &r->maps[request * r->list->segment_count + segment];
  map->count = (size_t)levels->lengths.count;
  if (!churn_replay_intact(r, segment, &levels->lengths) ||
      !churn_replay_intact(r, segment, &levels->bytes)) {
    atomic_store(&r->damaged, true);
    return CHURN_OK;
  }
  look_up l = {.known = known, .count = map->count};
  l.texts = churn_array_new(l.count, sizeof *l.texts);
  l.lengths = churn_array_new(l.count, sizeof *l.lengths);
  if (known != NULL)
    l.codes = churn_array_new(l.count, sizeof *l.codes);
  churn_status status = l.texts == NULL || l.lengths == NULL || (known != NULL && l.codes == NULL)
                            ? churn_error_no_memory(error)
                            : CHURN_OK;
  if (status == CHURN_OK && !list_texts(r, segment, levels, &l))
    atomic_store(&r->damaged, true);
  else if (status == CHURN_OK && known != NULL)
    status = churn_parallel_run(l.count / LOOK_UP + 1, find_some, &l, NULL, run, error);
  else if (status == CHURN_OK)
    status = make_dictionary(r, &l, own, error);
  if (known != NULL)
    set_map(map, l.codes);
  free(l.texts);
  free(l.lengths);
  return status;
}

/* One dictionary of all segments; the maps get its codes. */
static churn_status merge_levels(churn_replay *r, size_t request, churn_dictionary **parts,
                                 churn_error *error)
{
  size_t segments = r->list->segment_count;
  churn_code_map *maps = &r->maps[request * segments];
  churn_dictionary **levels = &r->table->columns[request].levels;
  if (segments == 1) {
    *levels = parts[0];
    parts[0] = NULL;
    return CHURN_OK;
  }
  uint32_t **remaps = churn_array_new(segments, sizeof *remaps);
  if (remaps == NULL)
    return churn_error_no_memory(error);
  churn_status status =
      churn_dictionary_merge((const churn_dictionary *const *)parts, segments, levels, remaps);
  for (size_t s = 0; s < segments && status == CHURN_OK; s++)
    set_map(&maps[s], remaps[s]);
  free(remaps);
  return status == CHURN_OK ? status : churn_reading_failed(status, error);
}

churn_status churn_replay_codes(churn_replay *r, size_t request, const churn_run *run,
                                churn_error *error)
{
  size_t segments = r->list->segment_count;
  const churn_dictionary *known =
      r->requests[request].type == CHURN_TYPE_ID ? r->settings->known : NULL;
  churn_dictionary **parts = churn_array_new(segments, sizeof *parts);
  churn_status status = parts == NULL ? churn_error_no_memory(error) : CHURN_OK;
  for (size_t s = 0; s < segments && status == CHURN_OK && !atomic_load(&r->damaged); s++)
    status = take_levels(r, request, s, known, &parts[s], run, error);
  if (status == CHURN_OK && known == NULL && !atomic_load(&r->damaged))
    status = merge_levels(r, request, parts, error);
  for (size_t s = 0; parts != NULL && s < segments; s++)
    churn_dictionary_free(parts[s]);
  free(parts);
  return status;
}

bool churn_replay_codes_known(const unsigned char *values, const churn_cached_array *array,
                              size_t levels)
{
  uint32_t behind = 0;
  /* One more than the missing code, the highest, is 0. */
#define HIGHEST(type)                                                                              \
  {                                                                                                \
    type most = 0;                                                                                 \
    for (size_t i = 0; i < array->count; i++) {                                                    \
      type next = (type)(((const type *)(const void *)values)[i] + 1u);                            \
      most = next > most ? next : most;                                                            \
    }                                                                                              \
    behind = most;                                                                                 \
  }
  if (array->width == 1)
    HIGHEST(uint8_t)
  else if (array->width == 2)
    HIGHEST(uint16_t)
  else
    HIGHEST(uint32_t)
#undef HIGHEST
  return behind <= levels;
}
