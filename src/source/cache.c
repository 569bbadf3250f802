/* When a cached source is used, lengthened or made anew.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/memory.h"
#include "source/cache_job.h"

#include <stdlib.h>
#include <string.h>

/* A segment is parsed again together with what came behind it while it is at most this many times
 * as long: so a file that grows every day has segments by the logarithm of the days. */
enum { SEGMENT_GROWTH = 2 };

/* All that is asked for is in the list. */
static bool holds_all(const churn_cache_job *j)
{
  const churn_cache_list *list = &j->list;
  for (size_t q = 0; q < j->request_count; q++) {
    const churn_column_request *request = &j->requests[q];
    if (churn_cache_find_column(list, request->heading, request->type) == SIZE_MAX &&
        !(request->optional && !churn_cache_has_heading(list, request->heading)))
      return false;
  }
  return list->with_lines != 0 || !j->settings->keep_lines;
}

static bool is_asked_for(const churn_cache_job *j, const churn_cached_column *column)
{
  for (size_t q = 0; q < j->request_count; q++)
    if (column->type == (uint32_t)j->requests[q].type &&
        strcmp(column->heading, j->requests[q].heading) == 0)
      return true;
  return false;
}

/* A row that was left out for a column that this run does not read would not be missed by it, so
 * where rows were left out the columns must be the same. */
static bool fits(const churn_cache_job *j)
{
  uint64_t rejected = churn_cache_rejected(&j->list);
  bool good = j->list.segment_count > 0 && holds_all(j) && rejected <= j->format->max_bad_rows;
  for (size_t c = 0; rejected > 0 && c < j->list.column_count; c++)
    good = good && is_asked_for(j, &j->list.columns[c]);
  return good;
}

/* Room for one more segment, which is not counted yet. */
static churn_cached_segment *add_segment(churn_cache_list *list)
{
  size_t capacity = list->segment_count;
  if (!churn_array_reserve(&list->segments, &capacity, list->segment_count + 1,
                           sizeof *list->segments))
    return NULL;
  list->segments[list->segment_count] = (churn_cached_segment){.rows = 0};
  return &list->segments[list->segment_count];
}

/* Parses the source from byte `from` on into the list's last segment, and writes. `error` is told
 * only what kept the cache from being written. */
static bool build_from(churn_cache_job *j, size_t from, churn_error *error)
{
  bool written = true;
  churn_cached_segment *segment = add_segment(&j->list);
  if (segment == NULL)
    return false;
  churn_error local = {.status = CHURN_OK};
  /* The data file's name says which bytes it was made of. */
  churn_hash *old = j->list.blocks;
  size_t old_count = j->list.block_count;
  j->list.blocks = j->blocks;
  j->list.block_count = j->block_count;
  churn_status status = churn_cache_build(j->path, j->format, j->folder, j->stem, from, j->run,
                                          &j->list, segment, &written, &local);
  j->list.blocks = old;
  j->list.block_count = old_count;
  if (status == CHURN_OK) {
    j->list.segment_count++;
    if ((j->list.plain != 0 && segment->to != j->identity.size) || !churn_cache_job_stood_still(j))
      return false;
    status = churn_cache_job_write(j, &local);
    written = status == CHURN_OK;
  }
  if (!written)
    *error = local;
  return status == CHURN_OK;
}

/* The part behind the last segment that is worth keeping becomes a segment of its own. */
static bool lengthen(churn_cache_job *j, churn_error *error)
{
  churn_cache_list *list = &j->list;
  uint64_t size = j->identity.size;
  size_t kept = list->segment_count;
  while (kept > 0 && list->segments[kept - 1].to - list->segments[kept - 1].from <=
                         SEGMENT_GROWTH * (size - list->segments[kept - 1].to))
    kept--;
  if (kept == 0)
    return false;
  while (list->segment_count > kept)
    churn_cache_segment_clear(&list->segments[--list->segment_count]);
  return build_from(j, (size_t)list->segments[kept - 1].to, error);
}

static bool add_column(churn_cache_list *list, size_t *capacity, const char *heading, uint32_t type)
{
  if (churn_cache_find_column(list, heading, (churn_type)type) != SIZE_MAX)
    return true;
  if (!churn_array_reserve(&list->columns, capacity, list->column_count + 1, sizeof *list->columns))
    return false;
  char *copy = churn_text_copy(heading, strlen(heading));
  if (copy == NULL)
    return false;
  list->columns[list->column_count++] = (churn_cached_column){copy, type};
  return true;
}

/* An empty list of the columns asked for; with those of `before` as well where that is not NULL. */
static bool new_list(churn_cache_job *j, const churn_cache_list *before, churn_cache_list *list)
{
  size_t capacity = 0;
  bool good = true;
  *list = (churn_cache_list){.with_lines = j->settings->keep_lines};
  memcpy(list->key, j->list.key, sizeof list->key);
  char **headings = NULL;
  size_t heading_count = 0;
  bool known =
      churn_table_headings(j->path, j->format, j->run, &headings, &heading_count, NULL) == CHURN_OK;
  churn_cache_list there = {.headings = headings, .heading_count = heading_count};
  for (size_t q = 0; q < j->request_count && good; q++)
    if (!j->requests[q].optional || !known ||
        churn_cache_has_heading(&there, j->requests[q].heading))
      good = add_column(list, &capacity, j->requests[q].heading, (uint32_t)j->requests[q].type);
  for (size_t c = 0; before != NULL && c < before->column_count && good; c++)
    good = add_column(list, &capacity, before->columns[c].heading, before->columns[c].type);
  if (before != NULL)
    list->with_lines |= before->with_lines;
  churn_cache_list_clear(&there);
  return good && known;
}

/* Reads the whole source. */
static bool rebuild_with(churn_cache_job *j, const churn_cache_list *before, churn_error *error)
{
  churn_cache_list fresh;
  churn_hash unused;
  bool ends_line, good = new_list(j, before, &fresh);
  churn_cache_list old = j->list;
  j->list = fresh;
  good = good && (j->blocks != NULL || churn_cache_job_hash(j, 0, &unused, &ends_line)) &&
         build_from(j, 0, error) && fits(j);
  if (good) {
    churn_cache_list_clear(&old);
  } else {
    churn_cache_list_clear(&j->list);
    j->list = old;
  }
  return good;
}

/* Columns that other runs needed are kept, unless rows are wrong in them. */
static bool rebuild(churn_cache_job *j, bool keep_columns, churn_error *error)
{
  if (!churn_cache_job_make_folder(j, error))
    return false;
  if (keep_columns && churn_cache_rejected(&j->list) == 0 && rebuild_with(j, &j->list, error))
    return true;
  return error->status == CHURN_OK && rebuild_with(j, NULL, error);
}

/* Makes j->list one that serves this run. False when the run must do without. */
static bool make_ready(churn_cache_job *j, churn_error *error)
{
  const char *damage = NULL;
  char key[CHURN_HASH_TEXT_SIZE];
  memcpy(key, j->list.key, sizeof key);
  churn_cache_found found = churn_cache_list_read(j->list_path, key, &j->list, &damage);
  memcpy(j->list.key, key, sizeof key);
  if (found == CHURN_CACHE_DAMAGED)
    churn_cache_job_note(j, damage);
  if (found != CHURN_CACHE_READ)
    return rebuild(j, false, error);
  churn_source_state state = churn_cache_job_look(j);
  if (state == CHURN_SOURCE_UNREADABLE)
    return false;
  if (state == CHURN_SOURCE_CHANGED) {
    churn_cache_job_note(j, "the file is another one than it was");
    return rebuild(j, true, error);
  }
  if (!fits(j))
    return rebuild(j, true, error);
  if (state == CHURN_SOURCE_SAME)
    return true;
  if (state == CHURN_SOURCE_GROWN)
    return (lengthen(j, error) && fits(j)) ||
           (error->status == CHURN_OK && rebuild(j, true, error));
  if (!churn_identity_same(&j->list.identity, &j->identity) ||
      j->list.identity.settled != j->identity.settled)
    (void)churn_cache_job_write(j, NULL); /* else the next run hashes again, that is all */
  return true;
}

static churn_status replay(const churn_cache_job *j, churn_table **table, const char **damage,
                           churn_error *error)
{
  return churn_cache_replay(&j->list, j->folder, j->stem, j->path, j->requests, j->request_count,
                            j->settings, j->run, table, damage, error);
}

/* *done false: the source must be parsed. */
static churn_status use_cache(churn_cache_job *j, bool *done, churn_table **table,
                              churn_error *error)
{
  churn_error trouble = {.status = CHURN_OK};
  const char *damage = NULL;
  *done = false;
  bool ready = make_ready(j, &trouble);
  churn_status status = ready ? replay(j, table, &damage, error) : CHURN_OK;
  if (ready && damage != NULL) {
    churn_cache_job_note(j, damage);
    ready = rebuild(j, true, &trouble);
    status = ready ? replay(j, table, &damage, error) : CHURN_OK;
  }
  if (trouble.status != CHURN_OK)
    churn_cache_job_warn(j, &trouble);
  *done = ready && damage == NULL;
  return status;
}

churn_status churn_cache_table(const char *path, const churn_format *format,
                               const churn_column_request *requests, size_t request_count,
                               const churn_table_settings *settings, const churn_run *run,
                               churn_table **table, churn_error *error)
{
  churn_cache_job j = {.path = path,
                       .format = format,
                       .requests = requests,
                       .request_count = request_count,
                       .settings = settings,
                       .run = run,
                       .folder = settings->cache};
  bool done = false;
  churn_status status = CHURN_OK;
  if (churn_cache_job_start(&j, ".list"))
    status = use_cache(&j, &done, table, error);
  churn_cache_job_end(&j);
  return status != CHURN_OK || done ? status
                                    : churn_table_parse(path, format, requests, request_count,
                                                        settings, run, table, error);
}
