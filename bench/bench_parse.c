/* bench_parse scan|load FILE [--threads N]: reads FILE's customer_id, date and channel as the
 * program does, and prints what the peers' scripts print too, for bench/run to compare:
 *
 *   rows N, days SUM (of the dates since 1970-01-01), id_bytes SUM (of the ids' lengths),
 *   level CHANNEL ROWS (bytewise order), time call SECONDS, peak_mib MIB
 *
 * scan adds up while it reads, the way histories are read, and keeps nothing; load makes a table,
 * which is added up after the clock stopped. Only churn_table_read is timed.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "source/table.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum { ID, DATE, CHANNEL, COLUMNS };

/* What one worker added up: rows of each of its codes. */
typedef struct counts {
  uint64_t *rows;
  size_t levels;
} counts;

typedef struct worker_sums {
  int64_t days;
  uint64_t rows;
  counts ids, channels;
} worker_sums;

typedef struct scan_sums {
  worker_sums *workers;
  size_t count;
} scan_sums;

static double now(void)
{
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void forget(scan_sums *sums)
{
  for (size_t i = 0; i < sums->count; i++) {
    free(sums->workers[i].ids.rows);
    free(sums->workers[i].channels.rows);
  }
  free(sums->workers);
  *sums = (scan_sums){0};
}

static churn_status begin(void *context, size_t pieces, size_t workers, churn_error *error)
{
  (void)pieces;
  (void)error;
  scan_sums *sums = context;
  forget(sums);
  sums->workers = calloc(workers, sizeof *sums->workers);
  sums->count = sums->workers == NULL ? 0 : workers;
  return sums->workers == NULL ? CHURN_NO_MEMORY : CHURN_OK;
}

static bool count_codes(counts *counted, const churn_batch_column *column, size_t rows)
{
  if (column->levels > counted->levels) {
    size_t levels = 2 * column->levels;
    uint64_t *grown = realloc(counted->rows, levels * sizeof *grown);
    if (grown == NULL)
      return false;
    memset(grown + counted->levels, 0, (levels - counted->levels) * sizeof *grown);
    counted->rows = grown;
    counted->levels = levels;
  }
  for (size_t i = 0; i < rows; i++)
    counted->rows[column->codes[i]]++;
  return true;
}

static churn_status take(void *context, size_t piece, size_t worker,
                         const churn_batch_column *columns, size_t rows, churn_error *error)
{
  (void)piece;
  (void)error;
  worker_sums *sums = &((scan_sums *)context)->workers[worker];
  int64_t days = 0;
  for (size_t i = 0; i < rows; i++)
    days += columns[DATE].days[i];
  sums->days += days;
  sums->rows += rows;
  bool counted = count_codes(&sums->ids, &columns[ID], rows) &&
                 count_codes(&sums->channels, &columns[CHANNEL], rows);
  return counted ? CHURN_OK : CHURN_NO_MEMORY;
}

static uint32_t level_of(const churn_table *table, size_t column, size_t worker, size_t code)
{
  return table->remaps[column * table->worker_count + worker][code];
}

static uint64_t id_bytes_of(const churn_table *table, const worker_sums *sums, size_t worker)
{
  uint64_t bytes = 0;
  for (size_t code = 0; code < sums->ids.levels; code++)
    if (sums->ids.rows[code] > 0)
      bytes += sums->ids.rows[code] * churn_dictionary_length(table->columns[ID].levels,
                                                              level_of(table, ID, worker, code));
  return bytes;
}

static uint64_t channel_rows(const churn_table *table, const scan_sums *sums, uint32_t level)
{
  uint64_t rows = 0;
  for (size_t w = 0; w < sums->count; w++)
    for (size_t code = 0; code < sums->workers[w].channels.levels; code++)
      if (sums->workers[w].channels.rows[code] > 0 && level_of(table, CHANNEL, w, code) == level)
        rows += sums->workers[w].channels.rows[code];
  return rows;
}

/* Levels come in bytewise order. */
static void print_scan(const churn_table *table, const scan_sums *sums)
{
  int64_t days = 0;
  uint64_t rows = 0, id_bytes = 0;
  const churn_dictionary *channels = table->columns[CHANNEL].levels;
  for (size_t w = 0; w < sums->count; w++) {
    days += sums->workers[w].days;
    rows += sums->workers[w].rows;
    id_bytes += id_bytes_of(table, &sums->workers[w], w);
  }
  printf("rows %" PRIu64 "\ndays %" PRId64 "\nid_bytes %" PRIu64 "\n", rows, days, id_bytes);
  for (uint32_t level = 0; level < churn_dictionary_count(channels); level++)
    printf("level %s %" PRIu64 "\n", churn_dictionary_text(channels, level),
           channel_rows(table, sums, level));
}

static void print_table(const churn_table *table)
{
  const churn_column *columns = table->columns;
  int64_t days = 0;
  uint64_t id_bytes = 0;
  for (size_t row = 0; row < table->rows; row++) {
    days += columns[DATE].days[row];
    id_bytes += churn_dictionary_length(columns[ID].levels, columns[ID].codes[row]);
  }
  printf("rows %zu\ndays %" PRId64 "\nid_bytes %" PRIu64 "\n", table->rows, days, id_bytes);
  for (uint32_t level = 0; level < churn_dictionary_count(columns[CHANNEL].levels); level++) {
    uint64_t rows = 0;
    for (size_t row = 0; row < table->rows; row++)
      rows += columns[CHANNEL].codes[row] == level;
    printf("level %s %" PRIu64 "\n", churn_dictionary_text(columns[CHANNEL].levels, level), rows);
  }
}

static int bench(const char *path, bool scan, int threads)
{
  churn_column_request requests[COLUMNS] = {
      [ID] = {.heading = "customer_id", .type = CHURN_TYPE_ID},
      [DATE] = {.heading = "date", .type = CHURN_TYPE_DAY},
      [CHANNEL] = {.heading = "channel", .type = CHURN_TYPE_CATEGORY}};
  churn_format format = {0};
  churn_run run = {.threads = threads};
  churn_error error = {0};
  churn_table *table = NULL;
  scan_sums sums = {0};
  const churn_row_taker taker = {.begin = begin, .take = take, .context = &sums};
  const churn_table_settings settings = {.taker = scan ? &taker : NULL};
  struct rusage usage;
  double start = now();
  churn_status status =
      churn_table_read(path, &format, requests, COLUMNS, &settings, &run, &table, &error);
  double taken = now() - start;
  getrusage(RUSAGE_SELF, &usage);
  if (status != CHURN_OK)
    fprintf(stderr, "bench_parse: %s\n", error.message);
  else if (scan)
    print_scan(table, &sums);
  else
    print_table(table);
  forget(&sums);
  churn_table_free(table);
  printf("time call %.6f\npeak_mib %.0f\n", taken, (double)usage.ru_maxrss / 1024);
  return status == CHURN_OK ? 0 : 1;
}

int main(int count, char **words)
{
  bool scan = count > 2 && strcmp(words[1], "scan") == 0;
  bool load = count > 2 && strcmp(words[1], "load") == 0;
  int threads = count == 5 && strcmp(words[3], "--threads") == 0 ? atoi(words[4]) : 0;
  if (!(scan || load) || (count != 3 && threads < 1)) {
    fputs("usage: bench_parse scan|load FILE [--threads N]\n", stderr);
    return 2;
  }
  return bench(words[2], scan, threads);
}
