/* bench_parse FILE [--threads N]: reads FILE's customer_id, date and channel as the program does,
 * and prints what the peers' scripts print too, for bench/run to compare:
 *
 *   rows N, days SUM (of the dates since 1970-01-01), id_bytes SUM (of the ids' lengths),
 *   level CHANNEL ROWS (bytewise order), time call SECONDS, peak_mib MIB
 *
 * Only churn_table_read is timed.
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

static double now(void)
{
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void print_sums(const churn_table *table)
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

static int bench(const char *path, int threads)
{
  churn_column_request requests[COLUMNS] = {
      [ID] = {.heading = "customer_id", .type = CHURN_TYPE_ID},
      [DATE] = {.heading = "date", .type = CHURN_TYPE_DAY},
      [CHANNEL] = {.heading = "channel", .type = CHURN_TYPE_CATEGORY}};
  churn_format format = {0};
  churn_run run = {.threads = threads};
  churn_error error = {0};
  churn_table *table = NULL;
  struct rusage usage;
  double start = now();
  churn_status status =
      churn_table_read(path, &format, requests, COLUMNS, NULL, &run, &table, &error);
  double taken = now() - start;
  getrusage(RUSAGE_SELF, &usage);
  if (status != CHURN_OK)
    fprintf(stderr, "bench_parse: %s\n", error.message);
  else
    print_sums(table);
  churn_table_free(table);
  printf("time call %.6f\npeak_mib %.0f\n", taken, (double)usage.ru_maxrss / 1024);
  return status == CHURN_OK ? 0 : 1;
}

int main(int count, char **words)
{
  int threads = count == 4 && strcmp(words[2], "--threads") == 0 ? atoi(words[3]) : 0;
  if (count != 2 && threads < 1) {
    fputs("usage: bench_parse FILE [--threads N]\n", stderr);
    return 2;
  }
  return bench(words[1], threads);
}
