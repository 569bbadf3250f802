/* Parsed files kept from run to run: a later read of an unchanged file takes its rows from here and
 * parses nothing, and of a file that grew parses what came behind. Place in the flow: beside the
 * parser, behind churn_table_read; who takes the rows cannot tell where they come from.
 *
 * In the folder each source (its path and its format) has a list `NAME-KEY.list`, which names one
 * data file or more, `NAME-KEY-CONTENT.data`, each a run of the source's bytes (a segment). The
 * list holds what tells that the source is the same (size, times, inode, a hash of every block of
 * its bytes), the columns, rejected rows, and place, width and hash of every array in the data
 * files. Arrays are as narrow as their values allow, one a column and piece, with texts as codes
 * into the segment's own sorted levels. Both are written whole under a new name and then renamed,
 * data before list, so that a run that is killed leaves the old list or the new one.
 *
 * Nothing is trusted: the list has a hash over all of it, every array that is used is hashed before
 * it is, places and counts are checked against the file's size. What does not fit is made anew from
 * the source, with a note ("cache_rebuilt"); a folder that cannot be written is a warning
 * ("cache_not_written"). Pipes and standard input are never kept.
 *
 * Cost: a read of the narrow arrays, in place where the taker knows them so; where the source has
 * grown or its times have changed, one hash of its bytes. Writing: the narrow arrays twice in
 * memory.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_SOURCE_CACHE_H
#define CHURN_SOURCE_CACHE_H

#include "source/table.h"

/* churn_table_parse by way of settings->cache. The same result, the same notes and the same errors;
 * never an error of its own but NO_MEMORY. */
CHURN_MUST_USE churn_status churn_cache_table(const char *path, const churn_format *format,
                                              const churn_column_request *requests,
                                              size_t request_count,
                                              const churn_table_settings *settings,
                                              const churn_run *run, churn_table **table,
                                              churn_error *error);

/* churn_table_infer and churn_table_headings by way of the folder `cache` (NULL = none). Of a file
 * that changed in any way the types are found anew. */
CHURN_MUST_USE churn_status churn_cache_infer(const char *path, const churn_format *format,
                                              churn_column_request *requests, size_t request_count,
                                              const char *cache, const churn_run *run,
                                              churn_error *error);
CHURN_MUST_USE churn_status churn_cache_headings(const char *path, const churn_format *format,
                                                 const char *cache, const churn_run *run,
                                                 char ***headings, size_t *count,
                                                 churn_error *error);

/* What tells a file without a look at its bytes. `settled`: when this was taken, the last change
 * lay so far back that a change since must show in the times. */
typedef struct churn_identity {
  uint64_t size, device, inode;
  int64_t modified, modified_ns, changed, changed_ns;
  uint64_t settled;
} churn_identity;

/* One array in a data file: `count` values of `width` bytes at byte `at`; see churn_narrow. Ids of
 * 8 bytes are churn_code_runs. For levels and lines `missing` and `base` are 0. */
typedef struct churn_cached_array {
  uint64_t at, count, missing;
  churn_hash hash;
  uint32_t width;
  int32_t base;
} churn_cached_array;

/* Texts of a column: an array of lengths (4 bytes each), and an array of all their bytes. */
typedef struct churn_cached_levels {
  churn_cached_array lengths, bytes;
} churn_cached_levels;

/* Bytes from..to of the source (0 = with the heading line). */
typedef struct churn_cached_segment {
  char name[CHURN_HASH_TEXT_SIZE]; /* CONTENT of its data file */
  uint64_t from, to, size;         /* `size`: of the data file */
  churn_line_sum sum;
  uint64_t rows;
  uint64_t *piece_rows; /* [piece_count] */
  size_t piece_count;
  churn_cached_array *values; /* [column * piece_count + piece] */
  size_t value_count;
  churn_cached_levels *levels; /* [column]; empty where the column is no text */
  size_t level_count;
  churn_cached_array lines;
  churn_reject *rejects;
  size_t reject_count;
} churn_cached_segment;

typedef struct churn_cached_column {
  char *heading;
  uint32_t type; /* churn_type */
} churn_cached_column;

/* The list. `plain`: the text is the file's own bytes, so that more may follow. */
typedef struct churn_cache_list {
  char key[CHURN_HASH_TEXT_SIZE];
  churn_identity identity;
  churn_hash *blocks; /* [block_count], one for each CHURN_CACHE_BLOCK bytes of the file */
  size_t block_count;
  uint64_t plain, with_lines;
  char **headings;
  size_t heading_count;
  churn_cached_column *columns;
  size_t column_count;
  churn_cached_segment *segments;
  size_t segment_count;
} churn_cache_list;

#define CHURN_CACHE_BLOCK ((size_t)1 << 22)

/* cache_list.c: the list as a file. `damage` = in words why there is none (NULL: there is no file).
 */
typedef enum churn_cache_found {
  CHURN_CACHE_NONE,
  CHURN_CACHE_DAMAGED,
  CHURN_CACHE_READ
} churn_cache_found;
churn_cache_found churn_cache_list_read(const char *path, const char *key, churn_cache_list *list,
                                        const char **damage);
CHURN_MUST_USE churn_status churn_cache_list_write(const churn_cache_list *list, const char *path,
                                                   churn_error *error);
void churn_cache_segment_clear(churn_cached_segment *segment);
void churn_cache_list_clear(churn_cache_list *list);

/* True when the array lies within a file of `size` bytes. */
bool churn_cache_array_fits(const churn_cached_array *array, uint64_t size);

/* Index of the column, or SIZE_MAX. */
size_t churn_cache_find_column(const churn_cache_list *list, const char *heading, churn_type type);

/* Rows left out, in all segments. */
uint64_t churn_cache_rejected(const churn_cache_list *list);

/* cache_source.c: the source's own bytes. False for what is no regular file. */
bool churn_identity_take(const char *path, churn_identity *identity);
bool churn_identity_same(const churn_identity *a, const churn_identity *b);

/* cache_build.c: parses the source from byte `from` on and writes a data file of the list's columns
 * (which must be set, and key, blocks and with_lines) into the folder, under `stem`. Fills the
 * segment, and the list's headings and `plain` when `from` is 0. *written false: the failure is one
 * of writing. */
CHURN_MUST_USE churn_status churn_cache_build(const char *path, const churn_format *format,
                                              const char *folder, const char *stem, size_t from,
                                              const churn_run *run, churn_cache_list *list,
                                              churn_cached_segment *segment, bool *written,
                                              churn_error *error);

/* The path of a file of the cache: FOLDER/STEM, then "-NAME" where a name is given, then the
 * suffix. NULL when memory ran out. */
char *churn_cache_path(const char *folder, const char *stem, const char *name, const char *suffix);

/* cache_replay.c: the table and the taker's rows from the list, which holds all columns. *damage
 * (else NULL) says what was wrong with a data file; then nothing is given and CHURN_OK returned. */
CHURN_MUST_USE churn_status churn_cache_replay(const churn_cache_list *list, const char *folder,
                                               const char *stem, const char *path,
                                               const churn_column_request *requests,
                                               size_t request_count,
                                               const churn_table_settings *settings,
                                               const churn_run *run, churn_table **table,
                                               const char **damage, churn_error *error);

/* Lets go of the data files that a table's batches came from. Takes NULL too. */
void churn_cached_data_free(struct churn_cached_data *data);

/* First bytes of a data file: this, then its CONTENT. */
#define CHURN_CACHE_DATA_MAGIC "churn cache data"
enum { CHURN_CACHE_HEAD = 64 };

#endif
