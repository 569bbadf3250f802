/* Rows of a cached source to the table or the taker, as if they were being read: what the table
 * says beside them, and whether all is sound. All codes are final before the first row is given, so
 * that no remaps are needed.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "source/cache_replay.h"

#include "base/memory.h"
#include "base/parallel.h"

#include <stdlib.h>
#include <string.h>

unsigned char *churn_replay_bytes(const churn_replay *r, size_t segment,
                                  const churn_cached_array *array)
{
  return (unsigned char *)r->table->cached->files[segment].bytes + array->at;
}

bool churn_replay_intact(const churn_replay *r, size_t segment, const churn_cached_array *array)
{
  churn_hash hash =
      churn_hash_bytes(churn_replay_bytes(r, segment, array), array->count * array->width);
  return memcmp(&hash, &array->hash, sizeof hash) == 0;
}

/* Opens the data files. False when one is not what the list says. */
static bool open_data(churn_replay *r, const char *folder, const char *stem, churn_error *error,
                      churn_status *status)
{
  for (size_t s = 0; s < r->list->segment_count; s++) {
    const churn_cached_segment *segment = &r->list->segments[s];
    char head[CHURN_CACHE_HEAD] = CHURN_CACHE_DATA_MAGIC;
    memcpy(head + sizeof CHURN_CACHE_DATA_MAGIC - 1, segment->name, sizeof segment->name);
    char *path = churn_cache_path(folder, stem, segment->name, ".data");
    if (path == NULL) {
      *status = churn_error_no_memory(error);
      return true;
    }
    bool good = churn_input_read(path, &r->table->cached->files[s], NULL) == CHURN_OK &&
                r->table->cached->files[s].length == segment->size &&
                segment->size >= sizeof head &&
                memcmp(r->table->cached->files[s].bytes, head, sizeof head) == 0;
    free(path);
    if (!good)
      return false;
  }
  return true;
}

static churn_status list_places(churn_replay *r, churn_error *error)
{
  const churn_cache_list *list = r->list;
  for (size_t s = 0; s < list->segment_count; s++)
    r->piece_count += list->segments[s].piece_count;
  r->places = churn_array_new(r->piece_count, sizeof *r->places);
  if (r->places == NULL)
    return churn_error_no_memory(error);
  churn_cached_place *next = r->places;
  for (size_t s = 0; s < list->segment_count; s++)
    for (size_t p = 0; p < list->segments[s].piece_count; p++) {
      *next++ = (churn_cached_place){s, p, r->table->rows};
      r->table->rows += list->segments[s].piece_rows[p];
    }
  return CHURN_OK;
}

/* As many as the settings want. */
static churn_status copy_rejects(const churn_replay *r, churn_error *error)
{
  const churn_cache_list *list = r->list;
  churn_table *table = r->table;
  size_t count = (size_t)churn_cache_rejected(list), most = r->settings->most_rejects;
  count = most > 0 && most < count ? most : count;
  table->rejects = churn_array_new(count, sizeof *table->rejects);
  if (table->rejects == NULL)
    return churn_error_no_memory(error);
  for (size_t s = 0; s < list->segment_count; s++)
    for (size_t i = 0; i < list->segments[s].reject_count && table->reject_count < count; i++) {
      const churn_reject *from = &list->segments[s].rejects[i];
      churn_reject *to = &table->rejects[table->reject_count++];
      *to = (churn_reject){.line = from->line, .column = from->column};
      if (churn_text_set(&to->reason, from->reason, error) != CHURN_OK ||
          churn_text_set(&to->record, from->record, error) != CHURN_OK)
        return CHURN_NO_MEMORY;
    }
  return CHURN_OK;
}

static bool is_asked_for(const churn_replay *r, const char *heading)
{
  for (size_t q = 0; q < r->request_count; q++)
    if (strcmp(r->requests[q].heading, heading) == 0)
      return true;
  return false;
}

/* What the table says beside its rows. */
static churn_status describe(churn_replay *r, const char *path, churn_error *error)
{
  churn_table *table = r->table;
  const churn_cache_list *list = r->list;
  churn_status status = churn_text_set(&table->path, path, error);
  table->ignored = churn_array_new(list->heading_count, sizeof *table->ignored);
  if (status != CHURN_OK || table->ignored == NULL)
    return churn_error_no_memory(error);
  for (size_t i = 0; i < list->heading_count && status == CHURN_OK; i++)
    if (!is_asked_for(r, list->headings[i]))
      status = churn_text_set(&table->ignored[table->ignored_count++], list->headings[i], error);
  for (size_t s = 0; s < list->segment_count; s++)
    churn_line_sum_join(&table->sum, &list->segments[s].sum);
  churn_line_sum_text(&table->sum, table->fingerprint);
  return status == CHURN_OK ? copy_rejects(r, error) : status;
}

static churn_status prepare(churn_replay *r, const char *path, const churn_run *run,
                            churn_error *error)
{
  churn_table *table = r->table = calloc(1, sizeof *r->table);
  size_t count = r->request_count, segments = r->list->segment_count;
  if (table == NULL)
    return churn_error_no_memory(error);
  r->worker_count = table->worker_count = (size_t)churn_parallel_threads(run);
  table->columns = churn_array_new(count, sizeof *table->columns);
  table->column_count = table->columns == NULL ? 0 : count;
  table->remaps = churn_array_new(count * r->worker_count, sizeof *table->remaps);
  table->cached = calloc(1, sizeof *table->cached + segments * sizeof *table->cached->files);
  if (table->cached != NULL)
    table->cached->count = segments;
  r->column = churn_array_new(count, sizeof *r->column);
  r->maps = churn_array_new(count * segments, sizeof *r->maps);
  if (table->columns == NULL || table->remaps == NULL || table->cached == NULL ||
      r->column == NULL || r->maps == NULL)
    return churn_error_no_memory(error);
  churn_status status = CHURN_OK;
  for (size_t q = 0; q < count && status == CHURN_OK; q++) {
    r->column[q] = churn_cache_find_column(r->list, r->requests[q].heading, r->requests[q].type);
    table->columns[q].type = r->requests[q].type;
    table->columns[q].present = r->column[q] != SIZE_MAX;
    status = churn_text_set(&table->columns[q].heading, r->requests[q].heading, error);
  }
  if (status == CHURN_OK)
    status = describe(r, path, error);
  return status == CHURN_OK ? list_places(r, error) : status;
}

void churn_cached_data_free(churn_cached_data *data)
{
  for (size_t s = 0; data != NULL && s < data->count; s++)
    churn_input_clear(&data->files[s]);
  free(data);
}

static void end(churn_replay *r)
{
  size_t segments = r->list->segment_count;
  for (size_t m = 0; r->maps != NULL && m < r->request_count * segments; m++)
    free(r->maps[m].codes);
  for (size_t w = 0; r->scratches != NULL && w < r->worker_count; w++)
    churn_replay_scratch_clear(&r->scratches[w], r->request_count);
  free(r->column);
  free(r->maps);
  free(r->places);
  free(r->scratches);
  free(r->missing);
  churn_table_free(r->table);
}

churn_status churn_cache_replay(const churn_cache_list *list, const char *folder, const char *stem,
                                const char *path, const churn_column_request *requests,
                                size_t request_count, const churn_table_settings *settings,
                                const churn_run *run, churn_table **table, const char **damage,
                                churn_error *error)
{
  churn_replay r = {
      .list = list, .requests = requests, .request_count = request_count, .settings = settings};
  atomic_init(&r.damaged, false);
  *damage = NULL;
  churn_status status = prepare(&r, path, run, error);
  bool good = status != CHURN_OK || open_data(&r, folder, stem, error, &status);
  if (!good)
    *damage = "a data file of it is missing or of another size";
  for (size_t q = 0; q < request_count && status == CHURN_OK && good; q++)
    if (r.column[q] != SIZE_MAX && churn_type_is_text(requests[q].type))
      status = churn_replay_codes(&r, q, run, error);
  if (status == CHURN_OK && good && !atomic_load(&r.damaged))
    status = churn_replay_rows(&r, run, error);
  if (status == CHURN_OK && good && atomic_load(&r.damaged)) {
    *damage = "a data file of it is damaged";
    good = false;
  }
  if (status == CHURN_OK && good) {
    if (settings->taker == NULL || !settings->taker->narrow) {
      churn_cached_data_free(r.table->cached);
      r.table->cached = NULL;
    }
    *table = r.table;
    r.table = NULL;
    churn_table_note_rejects(*table, churn_cache_rejected(list), churn_run_notes(run));
  }
  end(&r);
  return status;
}
