/* Times reading a whole file of id, date and category (its first three columns) into typed columns:
 * bench_parse FILE [--threads N] [--repeat N]. Prints a line a name: rows, a checksum (sum of the
 * days, rows of each category), seconds (the fastest of the repeats), MB/s and peak MiB of the
 * process.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "source/table.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>

static double seconds_now(void)
{
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void print_checksum(const churn_table *table)
{
  const churn_column *days = &table->columns[1], *category = &table->columns[2];
  size_t levels = churn_dictionary_count(category->levels);
  int64_t sum = 0;
  uint64_t *counts = calloc(levels + 1, sizeof *counts);
  if (counts == NULL)
    return;
  for (size_t i = 0; i < table->rows; i++) {
    sum += days->days[i] == CHURN_DAY_MISSING ? 0 : days->days[i];
    counts[category->codes[i] == CHURN_CODE_MISSING ? levels : category->codes[i]]++;
  }
  printf("rows %zu\nids %zu\nday_sum %" PRId64 "\n", table->rows,
         churn_dictionary_count(table->columns[0].levels), sum);
  for (size_t i = 0; i < levels; i++)
    printf("category %s %" PRIu64 "\n", churn_dictionary_text(category->levels, (uint32_t)i),
           counts[i]);
  if (counts[levels] > 0)
    printf("category_missing %" PRIu64 "\n", counts[levels]);
  free(counts);
}

/* The file's first three headings as requests; false when it has fewer. */
static bool make_requests(const char *path, const churn_format *format, char ***headings,
                          size_t *count, churn_column_request requests[3], churn_error *error)
{
  static const churn_type types[] = {CHURN_TYPE_ID, CHURN_TYPE_DAY, CHURN_TYPE_CATEGORY};
  if (churn_table_headings(path, format, headings, count, error) != CHURN_OK)
    return false;
  for (size_t i = 0; i < 3 && i < *count; i++)
    requests[i] = (churn_column_request){(*headings)[i], types[i], false, CHURN_NOWHERE};
  return *count >= 3;
}

static churn_status read_once(const char *path, const churn_format *format,
                              const churn_column_request *requests, int threads, bool print,
                              double *seconds, churn_error *error)
{
  const churn_run run = {.threads = threads};
  churn_table *table = NULL;
  double start = seconds_now();
  churn_status status = churn_table_read(path, format, requests, 3, NULL, &run, &table, error);
  *seconds = seconds_now() - start;
  if (status == CHURN_OK && print)
    print_checksum(table);
  churn_table_free(table);
  return status;
}

static int option(int argc, char **argv, const char *name, int otherwise)
{
  for (int i = 2; i + 1 < argc; i++)
    if (strcmp(argv[i], name) == 0)
      return atoi(argv[i + 1]);
  return otherwise;
}

static void print_speed(const char *path, double seconds)
{
  struct stat found = {0};
  struct rusage usage = {0};
  if (stat(path, &found) == 0)
    printf("seconds %.4f\nmb_per_second %.0f\n", seconds, (double)found.st_size / seconds / 1e6);
  if (getrusage(RUSAGE_SELF, &usage) == 0)
    printf("peak_mib %.0f\n", (double)usage.ru_maxrss / 1024);
}

int main(int argc, char **argv)
{
  const churn_format format = {.delimiter = 0};
  churn_column_request requests[3];
  churn_error error = {0};
  char **headings = NULL;
  size_t count = 0;
  double fastest = 0;
  if (argc < 2) {
    fprintf(stderr, "usage: bench_parse FILE [--threads N] [--repeat N]\n");
    return 2;
  }
  bool good = make_requests(argv[1], &format, &headings, &count, requests, &error);
  int repeats = option(argc, argv, "--repeat", 1), threads = option(argc, argv, "--threads", 0);
  for (int i = 0; i < repeats && good; i++) {
    double seconds;
    good = read_once(argv[1], &format, requests, threads, i == 0, &seconds, &error) == CHURN_OK;
    fastest = i == 0 || seconds < fastest ? seconds : fastest;
  }
  if (good)
    print_speed(argv[1], fastest);
  else
    fprintf(stderr, "bench_parse: %s\n", error.message);
  for (size_t i = 0; i < count; i++)
    free(headings[i]);
  free(headings);
  return good ? 0 : 1;
}
