/* parse_libcsv FILE: id,date,channel, typed in plain libcsv callbacks on one thread; the sums of
 * bench_parse and `time call SECONDS`. What a C program without a reader of its own would do:
 * nothing is kept.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <csv.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { BUFFER_BYTES = 1 << 18, MOST_LEVELS = 16, LEVEL_BYTES = 32 };

typedef struct sums {
  uint64_t rows, id_bytes;
  int64_t days;
  int column;
  struct {
    char text[LEVEL_BYTES];
    uint64_t rows;
  } levels[MOST_LEVELS];
} sums;

/* Howard Hinnant, chrono-compatible low-level date algorithms, days_from_civil. */
static int64_t days_of(const char *text)
{
  int year = 0, month = 0, day = 0;
  for (int i = 0; i < 4; i++)
    year = year * 10 + (text[i] - '0');
  month = (text[5] - '0') * 10 + text[6] - '0';
  day = (text[8] - '0') * 10 + text[9] - '0';
  year -= month <= 2;
  int era = year / 400, of_era = year - era * 400;
  int of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return (int64_t)era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static void count_level(sums *s, const char *text, size_t bytes)
{
  for (int i = 0; i < MOST_LEVELS; i++) {
    if (s->levels[i].rows == 0 && bytes < LEVEL_BYTES)
      memcpy(s->levels[i].text, text, bytes);
    if (strlen(s->levels[i].text) == bytes && memcmp(s->levels[i].text, text, bytes) == 0) {
      s->levels[i].rows++;
      return;
    }
  }
}

static void on_field(void *text, size_t bytes, void *context)
{
  sums *s = context;
  int column = s->column++;
  if (s->rows == 0) /* the heading line */
    return;
  if (column == 0)
    s->id_bytes += bytes;
  else if (column == 1 && bytes == 10)
    s->days += days_of(text);
  else if (column == 2)
    count_level(s, text, bytes);
}

static void on_record(int end, void *context)
{
  sums *s = context;
  (void)end;
  s->rows++;
  s->column = 0;
}

static int parse(FILE *file, sums *s)
{
  static char buffer[BUFFER_BYTES];
  struct csv_parser parser;
  size_t bytes;
  int good = csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI) == 0;
  while (good && (bytes = fread(buffer, 1, sizeof buffer, file)) > 0)
    good = csv_parse(&parser, buffer, bytes, on_field, on_record, s) == bytes;
  good = good && csv_fini(&parser, on_field, on_record, s) == 0 && !ferror(file);
  csv_free(&parser);
  return good;
}

int main(int count, char **words)
{
  struct timespec start, end;
  static sums s;
  FILE *file = count == 2 ? fopen(words[1], "rb") : NULL;
  if (file == NULL) {
    fputs("usage: parse_libcsv FILE\n", stderr);
    return 2;
  }
  clock_gettime(CLOCK_MONOTONIC, &start);
  int good = parse(file, &s);
  clock_gettime(CLOCK_MONOTONIC, &end);
  fclose(file);
  printf("rows %" PRIu64 "\ndays %" PRId64 "\nid_bytes %" PRIu64 "\n", s.rows - 1, s.days,
         s.id_bytes);
  for (int i = 0; i < MOST_LEVELS && s.levels[i].rows > 0; i++)
    printf("level %s %" PRIu64 "\n", s.levels[i].text, s.levels[i].rows);
  printf("time call %.6f\n",
         (double)(end.tv_sec - start.tv_sec) + 1e-9 * (double)(end.tv_nsec - start.tv_nsec));
  return good ? 0 : 1;
}
