/* One use of the cache for one source: what cache.c and cache_types.c share.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_SOURCE_CACHE_JOB_H
#define CHURN_SOURCE_CACHE_JOB_H

#include "source/cache.h"
#include "source/input.h"

/* The first members are the caller's, from `stem` on the job's; `list` is what was read or is to be
 * written, its key always set. */
typedef struct churn_cache_job {
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
} churn_cache_job;

/* The file against what the list knows of it. TOUCHED: the bytes are the same; UNREADABLE: this run
 * must do without a cache. */
typedef enum churn_source_state {
  CHURN_SOURCE_SAME,
  CHURN_SOURCE_TOUCHED,
  CHURN_SOURCE_GROWN,
  CHURN_SOURCE_CHANGED,
  CHURN_SOURCE_UNREADABLE
} churn_source_state;

/* Takes the source's identity and names the list. False when there is no cache for it. */
bool churn_cache_job_start(churn_cache_job *j, const char *suffix);
void churn_cache_job_end(churn_cache_job *j);

/* "cache_rebuilt" and "cache_not_written". */
void churn_cache_job_note(const churn_cache_job *j, const char *why);
void churn_cache_job_warn(const churn_cache_job *j, const churn_error *error);

/* cache_source.c: hashes of the file's blocks; *prefix that of the bytes before `old_size` in the
 * block where it lies. The caller frees *blocks. */
CHURN_MUST_USE churn_status churn_cache_hash_blocks(const churn_input *file, uint64_t old_size,
                                                    const churn_run *run, churn_hash **blocks,
                                                    size_t *count, churn_hash *prefix,
                                                    churn_error *error);

/* Hashes the source as it is into j->blocks. *prefix as churn_cache_hash_blocks; *ends_line: the
 * line before byte old_size ends there. False when the source cannot be read, or has just changed.
 */
bool churn_cache_job_hash(churn_cache_job *j, uint64_t old_size, churn_hash *prefix,
                          bool *ends_line);

/* Only a file whose times say nothing is hashed. */
churn_source_state churn_cache_job_look(churn_cache_job *j);

/* Whether the source is still what it was when `identity` was taken and `blocks` were hashed. */
bool churn_cache_job_stood_still(churn_cache_job *j);

bool churn_cache_has_heading(const churn_cache_list *list, const char *heading);

/* False, with the error, when there is no folder and none can be made. */
bool churn_cache_job_make_folder(const churn_cache_job *j, churn_error *error);

/* Writes the list as the source stood when the job started. The blocks become the list's.
 * Where only the times were to be refreshed a failure may be ignored. */
churn_status churn_cache_job_write(churn_cache_job *j, churn_error *error);

#endif
