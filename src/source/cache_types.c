/* Types found by reading, and headings, kept from run to run: a list without segments.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/memory.h"
#include "source/cache_job.h"

#include <stdlib.h>
#include <string.h>

/* Reads the list. False when there is none, or none of the source as it is. */
static bool find_types(churn_cache_job *j)
{
  const char *damage = NULL;
  char key[CHURN_HASH_TEXT_SIZE];
  memcpy(key, j->list.key, sizeof key);
  churn_cache_found found = churn_cache_list_read(j->list_path, key, &j->list, &damage);
  memcpy(j->list.key, key, sizeof key);
  if (found == CHURN_CACHE_DAMAGED)
    churn_cache_job_note(j, damage);
  if (found != CHURN_CACHE_READ || j->list.segment_count > 0)
    return false;
  churn_source_state state = churn_cache_job_look(j);
  if (state == CHURN_SOURCE_TOUCHED && !churn_identity_same(&j->list.identity, &j->identity))
    (void)churn_cache_job_write(j, NULL); /* else the next run hashes again, that is all */
  return state == CHURN_SOURCE_SAME || state == CHURN_SOURCE_TOUCHED;
}

static const churn_cached_column *find_type(const churn_cache_list *list, const char *heading)
{
  for (size_t c = 0; c < list->column_count; c++)
    if (strcmp(list->columns[c].heading, heading) == 0)
      return &list->columns[c];
  return NULL;
}

/* Types of all requests that lack one. False, and nothing changed, when the list lacks some. */
static bool take_types(const churn_cache_list *list, churn_column_request *requests, size_t count)
{
  for (size_t q = 0; q < count; q++)
    if (requests[q].type == CHURN_TYPE_INFER && find_type(list, requests[q].heading) == NULL)
      return false;
  for (size_t q = 0; q < count; q++)
    if (requests[q].type == CHURN_TYPE_INFER)
      requests[q].type = (churn_type)find_type(list, requests[q].heading)->type;
  return true;
}

/* The list of the types that were just found. */
static bool list_types(churn_cache_job *j, const bool *found, const churn_column_request *requests,
                       size_t count)
{
  churn_cache_list *list = &j->list;
  char key[CHURN_HASH_TEXT_SIZE];
  memcpy(key, list->key, sizeof key);
  churn_cache_list_clear(list);
  memcpy(list->key, key, sizeof key);
  list->columns = churn_array_new(count, sizeof *list->columns);
  if (list->columns == NULL || churn_table_headings(j->path, j->format, j->run, &list->headings,
                                                    &list->heading_count, NULL) != CHURN_OK)
    return false;
  for (size_t q = 0; q < count; q++) {
    if (!found[q])
      continue;
    churn_cached_column *column = &list->columns[list->column_count++];
    column->type = (uint32_t)requests[q].type;
    if (churn_text_set(&column->heading, requests[q].heading, NULL) != CHURN_OK)
      return false;
  }
  return true;
}

/* Finds the types and keeps them. */
static churn_status find_anew(churn_cache_job *j, churn_column_request *requests, size_t count,
                              churn_error *error)
{
  churn_hash unused;
  bool ends_line;
  churn_error trouble = {.status = CHURN_OK};
  bool *found = churn_array_new(count, sizeof *found);
  if (found == NULL)
    return churn_error_no_memory(error);
  for (size_t q = 0; q < count; q++)
    found[q] = requests[q].type == CHURN_TYPE_INFER;
  bool hashed = j->blocks != NULL || churn_cache_job_hash(j, 0, &unused, &ends_line);
  churn_status status = churn_table_infer(j->path, j->format, requests, count, j->run, error);
  if (status == CHURN_OK && hashed && list_types(j, found, requests, count) &&
      churn_cache_job_stood_still(j) && churn_cache_job_make_folder(j, &trouble))
    (void)churn_cache_job_write(j, &trouble);
  if (trouble.status != CHURN_OK)
    churn_cache_job_warn(j, &trouble);
  free(found);
  return status;
}

static bool any_unknown(const churn_column_request *requests, size_t count)
{
  for (size_t q = 0; q < count; q++)
    if (requests[q].type == CHURN_TYPE_INFER)
      return true;
  return false;
}

churn_status churn_cache_infer(const char *path, const churn_format *format,
                               churn_column_request *requests, size_t request_count,
                               const char *cache, const churn_run *run, churn_error *error)
{
  churn_cache_job j = {.path = path, .format = format, .run = run, .folder = cache};
  churn_status status;
  if (cache == NULL || !any_unknown(requests, request_count) ||
      !churn_cache_job_start(&j, ".types"))
    status = churn_table_infer(path, format, requests, request_count, run, error);
  else if (find_types(&j) && take_types(&j.list, requests, request_count))
    status = CHURN_OK;
  else
    status = find_anew(&j, requests, request_count, error);
  churn_cache_job_end(&j);
  return status;
}

churn_status churn_cache_headings(const char *path, const churn_format *format, const char *cache,
                                  const churn_run *run, char ***headings, size_t *count,
                                  churn_error *error)
{
  churn_run quiet = run == NULL ? (churn_run){0} : *run;
  quiet.notes = NULL; /* finding types comes next and says what there is to say */
  churn_cache_job j = {.path = path, .format = format, .run = &quiet, .folder = cache};
  churn_status status = CHURN_OK;
  if (cache == NULL || !churn_cache_job_start(&j, ".types") || !find_types(&j)) {
    status = churn_table_headings(path, format, run, headings, count, error);
  } else {
    *headings = j.list.headings;
    *count = j.list.heading_count;
    j.list.headings = NULL;
    j.list.heading_count = 0;
  }
  churn_cache_job_end(&j);
  return status;
}
