/* Whether a cached source is the file that it was.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/memory.h"
#include "base/parallel.h"
#include "source/cache_job.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>

/* Two changes within this time may leave the same times: some file systems keep whole seconds, FAT
 * two. */
enum { GRAIN_SECONDS = 2 };

static bool long_ago(const struct timespec *now, const struct timespec *then)
{
  return now->tv_sec - then->tv_sec > GRAIN_SECONDS;
}

bool churn_identity_take(const char *path, churn_identity *identity)
{
  struct stat found;
  struct timespec now;
  if (strcmp(path, "-") == 0 || clock_gettime(CLOCK_REALTIME, &now) != 0 ||
      stat(path, &found) != 0 || !S_ISREG(found.st_mode))
    return false;
  *identity = (churn_identity){.size = (uint64_t)found.st_size,
                               .device = (uint64_t)found.st_dev,
                               .inode = (uint64_t)found.st_ino,
                               .modified = found.st_mtim.tv_sec,
                               .modified_ns = found.st_mtim.tv_nsec,
                               .changed = found.st_ctim.tv_sec,
                               .changed_ns = found.st_ctim.tv_nsec};
  identity->settled = long_ago(&now, &found.st_mtim) && long_ago(&now, &found.st_ctim);
  return true;
}

bool churn_identity_same(const churn_identity *a, const churn_identity *b)
{
  return a->size == b->size && a->device == b->device && a->inode == b->inode &&
         a->modified == b->modified && a->modified_ns == b->modified_ns &&
         a->changed == b->changed && a->changed_ns == b->changed_ns;
}

typedef struct hashing {
  const churn_input *file;
  uint64_t old_size;
  churn_hash *blocks;
  churn_hash *prefix;
} hashing;

static churn_status hash_block(void *context, size_t task, int thread, churn_error *error)
{
  (void)thread;
  (void)error;
  const hashing *h = context;
  size_t from = task * CHURN_CACHE_BLOCK, left = h->file->length - from;
  const char *bytes = h->file->bytes + from;
  h->blocks[task] = churn_hash_bytes(bytes, left < CHURN_CACHE_BLOCK ? left : CHURN_CACHE_BLOCK);
  if (h->old_size / CHURN_CACHE_BLOCK == task && h->old_size - from <= left)
    *h->prefix = churn_hash_bytes(bytes, h->old_size - from);
  if (h->file->mapped) /* else all of the file would count as this process's memory */
    madvise(h->file->bytes + from, left < CHURN_CACHE_BLOCK ? left : CHURN_CACHE_BLOCK,
            MADV_DONTNEED);
  return CHURN_OK;
}

churn_status churn_cache_hash_blocks(const churn_input *file, uint64_t old_size,
                                     const churn_run *run, churn_hash **blocks, size_t *count,
                                     churn_hash *prefix, churn_error *error)
{
  size_t number =
      file->length / CHURN_CACHE_BLOCK + (file->length % CHURN_CACHE_BLOCK == 0 ? 0 : 1);
  churn_hash *made = churn_array_new(number, sizeof *made);
  if (made == NULL)
    return churn_error_no_memory(error);
  hashing h = {file, old_size, made, prefix};
  churn_status status = churn_parallel_run(number, hash_block, &h, NULL, run, error);
  *blocks = made;
  *count = number;
  return status;
}
