/* A source and its list in the cache: whether they fit each other, and writing.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "source/cache_job.h"

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

bool churn_cache_job_start(churn_cache_job *j, const char *suffix)
{
  const char *slash = strrchr(j->path, '/');
  if (!churn_identity_take(j->path, &j->identity) || !make_key(j->path, j->format, j->list.key))
    return false;
  j->stem = churn_text_format("%.80s-%s", slash == NULL ? j->path : slash + 1, j->list.key);
  j->list_path = j->stem == NULL ? NULL : churn_cache_path(j->folder, j->stem, NULL, suffix);
  return j->list_path != NULL;
}

void churn_cache_job_end(churn_cache_job *j)
{
  churn_cache_list_clear(&j->list);
  free(j->blocks);
  free(j->stem);
  free(j->list_path);
}

void churn_cache_job_note(const churn_cache_job *j, const char *why)
{
  churn_notes_add(churn_run_notes(j->run), CHURN_NOTE, "cache_rebuilt",
                  (churn_place){j->path, 0, 0}, "the cached copy is made anew: %s", why);
}

void churn_cache_job_warn(const churn_cache_job *j, const churn_error *error)
{
  churn_notes_add(churn_run_notes(j->run), CHURN_WARNING, "cache_not_written",
                  (churn_place){j->folder, 0, 0}, "this run goes on without the cache: %s",
                  error->message);
}

/* A last line without an end is whole when the end came with what was added: then a blank line,
 * which is no record, stands first there. */
bool churn_cache_job_hash(churn_cache_job *j, uint64_t old_size, churn_hash *prefix,
                          bool *ends_line)
{
  churn_input file;
  if (churn_input_read(j->path, &file, NULL) != CHURN_OK)
    return false;
  free(j->blocks);
  j->blocks = NULL;
  bool good = file.length == j->identity.size &&
              churn_cache_hash_blocks(&file, old_size, j->run, &j->blocks, &j->block_count, prefix,
                                      NULL) == CHURN_OK;
  *ends_line =
      old_size > 0 && old_size <= file.length &&
      (file.bytes[old_size - 1] == '\n' ||
       (old_size < file.length && (file.bytes[old_size] == '\n' || file.bytes[old_size] == '\r')));
  churn_input_clear(&file);
  return good;
}

/* The file as the list knows it against the file as it is. Only a file whose times say nothing is
 * hashed. */
churn_source_state churn_cache_job_look(churn_cache_job *j)
{
  const churn_cache_list *list = &j->list;
  uint64_t old = list->identity.size;
  size_t whole = (size_t)(old / CHURN_CACHE_BLOCK);
  churn_hash prefix = {0, 0};
  bool ends_line = false;
  if (list->identity.settled && churn_identity_same(&list->identity, &j->identity))
    return CHURN_SOURCE_SAME;
  if (j->identity.size < old)
    return CHURN_SOURCE_CHANGED;
  if (!churn_cache_job_hash(j, old, &prefix, &ends_line))
    return CHURN_SOURCE_UNREADABLE;
  if (whole > 0 && memcmp(list->blocks, j->blocks, whole * sizeof *list->blocks) != 0)
    return CHURN_SOURCE_CHANGED;
  if (whole < list->block_count && memcmp(&prefix, &list->blocks[whole], sizeof prefix) != 0)
    return CHURN_SOURCE_CHANGED;
  if (j->identity.size == old)
    return CHURN_SOURCE_TOUCHED;
  return list->plain != 0 && ends_line ? CHURN_SOURCE_GROWN : CHURN_SOURCE_CHANGED;
}

bool churn_cache_has_heading(const churn_cache_list *list, const char *heading)
{
  for (size_t i = 0; i < list->heading_count; i++)
    if (strcmp(list->headings[i], heading) == 0)
      return true;
  return false;
}

bool churn_cache_job_make_folder(const churn_cache_job *j, churn_error *error)
{
  if (mkdir(j->folder, 0777) == 0 || errno == EEXIST)
    return true;
  (void)churn_error_set_errno(error, CHURN_CANNOT_CREATE, j->folder, "create the folder", errno);
  return false;
}

/* Whether the source is still what it was when `identity` was taken and `blocks` were hashed. */
bool churn_cache_job_stood_still(churn_cache_job *j)
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
  bool same = churn_cache_job_hash(j, 0, &unused, &ends_line) && j->block_count == count &&
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

static void remove_orphans(const churn_cache_job *j)
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
churn_status churn_cache_job_write(churn_cache_job *j, churn_error *error)
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
