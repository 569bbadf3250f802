/* When a cached source is used, lengthened or made anew.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "source/cache.h"

#include "base/buffer.h"
#include "base/memory.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Data files that no list names are removed when no run can be about to name them. */
enum { ORPHAN_SECONDS = 600 };

/* A segment is parsed again together with what came behind it while it is at most this many times
 * as long: so a file that grows every day has segments by the logarithm of the days. */
enum { SEGMENT_GROWTH = 2 };

typedef struct job {
  const char *path;
  const churn_format *format;
  const churn_column_request *requests;
  size_t request_count;
  const churn_table_settings *settings;
  const churn_run *run;
  const char *folder;
  char *stem, *list_path;
  churn_identity identity;
  churn_cache_list list;
  churn_hash *blocks; /* of the source as it is; NULL = not hashed yet */
  size_t block_count;
} job;

typedef enum source_state { SAME, TOUCHED, GROWN, CHANGED, UNREADABLE } source_state;

static void hash_text(churn_buffer *all, const char *text)
{
  churn_buffer_write(all, text == NULL ? "" : text, text == NULL ? 1 : strlen(text) + 1);
}

/* What the rows depend on beside the bytes: how the source is written. The path only keeps sources
 * apart. */
static bool make_key(const char *path, const churn_format *format, char key[CHURN_HASH_TEXT_SIZE])
{
  churn_buffer all = {.bytes = NULL};
  char *real = realpath(path, NULL);
  const char marks[] = {format->delimiter == 0 ? ',' : format->delimiter,
                        format->decimal == 0 ? '.' : format->decimal, format->thousands,
                        (char)(format->missing != NULL)};
  hash_text(&all, real == NULL ? path : real);
  churn_buffer_write(&all, marks, sizeof marks);
  hash_text(&all, format->encoding);
  hash_text(&all, format->date_format);
  churn_buffer_write(&all, &format->utc_offset_minutes, sizeof format->utc_offset_minutes);
  for (size_t i = 0; i < format->missing_count; i++)
    hash_text(&all, format->missing[i]);
  bool good = !all.failed;
  if (good)
    churn_hash_text(all.bytes, all.used, key);
  churn_buffer_clear(&all);
  free(real);
  return good;
}

static bool start(job *j)
{
  const char *slash = strrchr(j->path, '/');
  if (!churn_identity_take(j->path, &j->identity) || !make_key(j->path, j->format, j->list.key))
    return false;
  j->stem = churn_text_format("%.80s-%s", slash == NULL ? j->path : slash + 1, j->list.key);
  j->list_path = j->stem == NULL ? NULL : churn_cache_path(j->folder, j->stem, NULL, ".list");
  return j->list_path != NULL;
}

static void end(job *j)
{
  churn_cache_list_clear(&j->list);
  free(j->blocks);
  free(j->stem);
  free(j->list_path);
}

static void note_rebuilt(const job *j, const char *why)
{
  churn_notes_add(churn_run_notes(j->run), CHURN_NOTE, "cache_rebuilt",
                  (churn_place){j->path, 0, 0}, "the cached copy is made anew: %s", why);
}

static void warn_not_written(const job *j, const churn_error *error)
{
  churn_notes_add(churn_run_notes(j->run), CHURN_WARNING, "cache_not_written",
                  (churn_place){j->folder, 0, 0}, "this run goes on without the cache: %s",
                  error->message);
}

/* Hashes the source as it is. *ends_line: byte old_size - 1 is a line feed. */
static bool hash_source(job *j, uint64_t old_size, churn_hash *prefix, bool *ends_line)
{
  churn_input file;
  if (churn_input_read(j->path, &file, NULL) != CHURN_OK)
    return false;
  free(j->blocks);
  j->blocks = NULL;
  bool good = file.length == j->identity.size &&
              churn_cache_hash_blocks(&file, old_size, j->run, &j->blocks, &j->block_count, prefix,
                                      NULL) == CHURN_OK;
  *ends_line = old_size > 0 && old_size <= file.length && file.bytes[old_size - 1] == '\n';
  churn_input_clear(&file);
  return good;
}

/* The file as the list knows it against the file as it is. Only a file whose times say nothing is
 * hashed. */
static source_state look_at_source(job *j)
{
  const churn_cache_list *list = &j->list;
  uint64_t old = list->identity.size;
  size_t whole = (size_t)(old / CHURN_CACHE_BLOCK);
  churn_hash prefix = {0, 0};
  bool ends_line = false;
  if (list->identity.settled && churn_identity_same(&list->identity, &j->identity))
    return SAME;
  if (j->identity.size < old)
    return CHANGED;
  if (!hash_source(j, old, &prefix, &ends_line))
    return UNREADABLE;
  if (whole > 0 && memcmp(list->blocks, j->blocks, whole * sizeof *list->blocks) != 0)
    return CHANGED;
  if (whole < list->block_count && memcmp(&prefix, &list->blocks[whole], sizeof prefix) != 0)
    return CHANGED;
  if (j->identity.size == old)
    return TOUCHED;
  return list->plain != 0 && ends_line ? GROWN : CHANGED;
}

static bool has_heading(const churn_cache_list *list, const char *heading)
{
  for (size_t i = 0; i < list->heading_count; i++)
    if (strcmp(list->headings[i], heading) == 0)
      return true;
  return false;
}

/* All that is asked for is in the list. */
static bool holds_all(const job *j)
{
  const churn_cache_list *list = &j->list;
  for (size_t q = 0; q < j->request_count; q++) {
    const churn_column_request *request = &j->requests[q];
    if (churn_cache_find_column(list, request->heading, request->type) == SIZE_MAX &&
        !(request->optional && !has_heading(list, request->heading)))
      return false;
  }
  return list->with_lines != 0 || !j->settings->keep_lines;
}

static bool is_asked_for(const job *j, const churn_cached_column *column)
{
  for (size_t q = 0; q < j->request_count; q++)
    if (column->type == (uint32_t)j->requests[q].type &&
        strcmp(column->heading, j->requests[q].heading) == 0)
      return true;
  return false;
}

/* A row that was left out for a column that this run does not read would not be missed by it, so
 * where rows were left out the columns must be the same. */
static bool fits(const job *j)
{
  uint64_t rejected = churn_cache_rejected(&j->list);
  bool good = holds_all(j) && rejected <= j->format->max_bad_rows;
  for (size_t c = 0; rejected > 0 && c < j->list.column_count; c++)
    good = good && is_asked_for(j, &j->list.columns[c]);
  return good;
}

/* Whether the source is still what it was when `identity` was taken and `blocks` were hashed. */
static bool stood_still(job *j)
{
  churn_identity now;
  churn_hash unused;
  bool ends_line;
  if (!churn_identity_take(j->path, &now) || !churn_identity_same(&now, &j->identity))
    return false;
  if (j->identity.settled)
    return true;
  churn_hash *before = j->blocks;
  size_t count = j->block_count;
  j->blocks = NULL;
  bool same = hash_source(j, 0, &unused, &ends_line) && j->block_count == count &&
              (count == 0 || memcmp(before, j->blocks, count * sizeof *before) == 0);
  free(before);
  return same;
}

static bool is_named(const churn_cache_list *list, const char *name, size_t length)
{
  for (size_t s = 0; s < list->segment_count; s++)
    if (strlen(list->segments[s].name) == length &&
        strncmp(list->segments[s].name, name, length) == 0)
      return true;
  return false;
}

static void remove_orphans(const job *j)
{
  static const char suffix[] = ".data";
  DIR *folder = opendir(j->folder);
  size_t stem = strlen(j->stem);
  struct stat found;
  time_t now = time(NULL);
  for (struct dirent *entry; folder != NULL && (entry = readdir(folder)) != NULL;) {
    size_t length = strlen(entry->d_name);
    if (length < stem + sizeof suffix || strncmp(entry->d_name, j->stem, stem) != 0 ||
        strcmp(entry->d_name + length - (sizeof suffix - 1), suffix) != 0 ||
        is_named(&j->list, entry->d_name + stem + 1, length - stem - sizeof suffix))
      continue;
    if (fstatat(dirfd(folder), entry->d_name, &found, 0) == 0 &&
        now - found.st_mtime > ORPHAN_SECONDS)
      unlinkat(dirfd(folder), entry->d_name, 0);
  }
  if (folder != NULL)
    closedir(folder);
}

/* Writes the list as the source stands now. The blocks become the list's. */
static churn_status write_list(job *j, churn_error *error)
{
  j->list.identity = j->identity;
  if (j->blocks != NULL) {
    free(j->list.blocks);
    j->list.blocks = j->blocks;
    j->list.block_count = j->block_count;
    j->blocks = NULL;
  }
  churn_status status = churn_cache_list_write(&j->list, j->list_path, error);
  if (status == CHURN_OK)
    remove_orphans(j);
  return status;
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
static bool build_from(job *j, size_t from, churn_error *error)
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
    if ((j->list.plain != 0 && segment->to != j->identity.size) || !stood_still(j))
      return false;
    status = write_list(j, &local);
    written = status == CHURN_OK;
  }
  if (!written)
    *error = local;
  return status == CHURN_OK;
}

/* The part behind the last segment that is worth keeping becomes a segment of its own. */
static bool lengthen(job *j, churn_error *error)
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
static bool new_list(job *j, const churn_cache_list *before, churn_cache_list *list)
{
  size_t capacity = 0;
  bool good = true;
  *list = (churn_cache_list){.with_lines = j->settings->keep_lines};
  memcpy(list->key, j->list.key, sizeof list->key);
  char **headings = NULL;
  size_t heading_count = 0;
  bool known =
      churn_table_headings(j->path, j->format, &headings, &heading_count, NULL) == CHURN_OK;
  churn_cache_list there = {.headings = headings, .heading_count = heading_count};
  for (size_t q = 0; q < j->request_count && good; q++)
    if (!j->requests[q].optional || !known || has_heading(&there, j->requests[q].heading))
      good = add_column(list, &capacity, j->requests[q].heading, (uint32_t)j->requests[q].type);
  for (size_t c = 0; before != NULL && c < before->column_count && good; c++)
    good = add_column(list, &capacity, before->columns[c].heading, before->columns[c].type);
  if (before != NULL)
    list->with_lines |= before->with_lines;
  churn_cache_list_clear(&there);
  return good && known;
}

/* Reads the whole source. */
static bool rebuild_with(job *j, const churn_cache_list *before, churn_error *error)
{
  churn_cache_list fresh;
  churn_hash unused;
  bool ends_line, good = new_list(j, before, &fresh);
  churn_cache_list old = j->list;
  j->list = fresh;
  good = good && (j->blocks != NULL || hash_source(j, 0, &unused, &ends_line)) &&
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
static bool rebuild(job *j, bool keep_columns, churn_error *error)
{
  if (mkdir(j->folder, 0777) != 0 && errno != EEXIST) {
    (void)churn_error_set_errno(error, CHURN_CANNOT_CREATE, j->folder, "create the folder", errno);
    return false;
  }
  if (keep_columns && churn_cache_rejected(&j->list) == 0 && rebuild_with(j, &j->list, error))
    return true;
  return error->status == CHURN_OK && rebuild_with(j, NULL, error);
}

/* Makes j->list one that serves this run. False when the run must do without. */
static bool make_ready(job *j, churn_error *error)
{
  const char *damage = NULL;
  char key[CHURN_HASH_TEXT_SIZE];
  memcpy(key, j->list.key, sizeof key);
  churn_cache_found found = churn_cache_list_read(j->list_path, key, &j->list, &damage);
  memcpy(j->list.key, key, sizeof key);
  if (found == CHURN_CACHE_DAMAGED)
    note_rebuilt(j, damage);
  if (found != CHURN_CACHE_READ)
    return rebuild(j, false, error);
  source_state state = look_at_source(j);
  if (state == UNREADABLE)
    return false;
  if (state == CHANGED) {
    note_rebuilt(j, "the file is another one than it was");
    return rebuild(j, true, error);
  }
  if (!fits(j))
    return rebuild(j, true, error);
  if (state == SAME)
    return true;
  if (state == GROWN)
    return (lengthen(j, error) && fits(j)) ||
           (error->status == CHURN_OK && rebuild(j, true, error));
  if (!churn_identity_same(&j->list.identity, &j->identity) ||
      j->list.identity.settled != j->identity.settled)
    (void)write_list(j, NULL); /* else the next run hashes again, that is all */
  return true;
}

static churn_status replay(const job *j, churn_table **table, const char **damage,
                           churn_error *error)
{
  return churn_cache_replay(&j->list, j->folder, j->stem, j->path, j->requests, j->request_count,
                            j->settings, j->run, table, damage, error);
}

/* *done false: the source must be parsed. */
static churn_status use_cache(job *j, bool *done, churn_table **table, churn_error *error)
{
  churn_error trouble = {.status = CHURN_OK};
  const char *damage = NULL;
  *done = false;
  bool ready = make_ready(j, &trouble);
  churn_status status = ready ? replay(j, table, &damage, error) : CHURN_OK;
  if (ready && damage != NULL) {
    note_rebuilt(j, damage);
    ready = rebuild(j, true, &trouble);
    status = ready ? replay(j, table, &damage, error) : CHURN_OK;
  }
  if (trouble.status != CHURN_OK)
    warn_not_written(j, &trouble);
  *done = ready && damage == NULL;
  return status;
}

churn_status churn_cache_table(const char *path, const churn_format *format,
                               const churn_column_request *requests, size_t request_count,
                               const churn_table_settings *settings, const churn_run *run,
                               churn_table **table, churn_error *error)
{
  job j = {.path = path,
           .format = format,
           .requests = requests,
           .request_count = request_count,
           .settings = settings,
           .run = run,
           .folder = settings->cache};
  bool done = false;
  churn_status status = CHURN_OK;
  if (start(&j))
    status = use_cache(&j, &done, table, error);
  end(&j);
  return status != CHURN_OK || done ? status
                                    : churn_table_parse(path, format, requests, request_count,
                                                        settings, run, table, error);
}
