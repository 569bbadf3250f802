/* Histories that lie partly or wholly in temporary files hold the same values at the same places as
 * those in memory, and so do those that come from the cache: every mixture of pieces kept and
 * pieces spilled, columns in memory and in a file, several numbers of threads. Values of every
 * width; rows of unknown customers and without a day; a customer with a third of all rows, and some
 * with none; rows in order of customers, and rows that came later, with levels that sort before.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "opened.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CUSTOMERS = 700, ROWS = 90000, ROUNDS = 24 };

bool __wrap_churn_spill_half_free(const churn_spill *spill);
uint64_t __wrap_churn_spill_room(const churn_spill *spill);

/* Of eight pieces, as many as this find no room; and whether the columns do. */
static int spilled_of_8;
static bool columns_fit;
static atomic_uint asked, spilled;

bool __wrap_churn_spill_half_free(const churn_spill *spill)
{
  unsigned number = atomic_fetch_add(&asked, 1);
  bool room = (int)(number * 5 % 8) >= spilled_of_8;
  if (spill != NULL && !room)
    atomic_fetch_add(&spilled, 1);
  return spill == NULL || room;
}

uint64_t __wrap_churn_spill_room(const churn_spill *spill)
{
  return spill == NULL || columns_fit ? UINT64_MAX : 0;
}

static uint32_t next(uint32_t *state)
{
  *state = *state * 1664525u + 1013904223u;
  return *state >> 8;
}

/* Rows in any order; in order of customers, all of them kept; the same, but for some. */
typedef enum row_form { ANYHOW, GROUPED, GROUPED_WITH_GAPS, FORMS } row_form;

static void write_rows(FILE *file, uint32_t *state, int rows, row_form form)
{
  for (int i = 0; i < rows; i++) {
    bool gaps = form == GROUPED_WITH_GAPS;
    unsigned who = (unsigned)i * CUSTOMERS / (unsigned)rows;
    if (form == ANYHOW)
      who = next(state) % 3 == 0 ? 5 : next(state) % (CUSTOMERS + 20) / 2 * 2;
    else if (gaps && i % 97 == 0)
      who = CUSTOMERS + 3;
    fprintf(file, "c%04u,", who);
    if (form == ANYHOW ? next(state) % 50 != 0 : !gaps || i % 60 != 0)
      fprintf(file, "20%02u-%02u-%02u", next(state) % 30, 1 + next(state) % 12,
              1 + next(state) % 28);
    fprintf(file, ",%.3f,%u,k%u,m%u,", next(state) / 1e3, next(state) % 200, next(state) % 9,
            next(state) % 900);
    if (next(state) % 4 != 0)
      fprintf(file, "%u-06-15", 1200 + next(state) % 1800);
    fprintf(file, ",2024-%02u-11,%s\n", 1 + next(state) % 12, next(state) % 2 ? "yes" : "no");
  }
}

static void write_files(row_form form)
{
  FILE *file = fopen(scratch_path("customers.csv"), "w");
  assert_non_null(file);
  fputs("id\n", file);
  for (int i = 0; i < CUSTOMERS; i++)
    fprintf(file, "c%04d\n", i * 11 % CUSTOMERS);
  assert_int_equal(fclose(file), 0);
  file = fopen(scratch_path("calls.csv"), "w");
  assert_non_null(file);
  fputs("who,on,x,whole,kind,many,late,due,flag\n", file);
  uint32_t state = 77;
  write_rows(file, &state, ROWS, form);
  assert_int_equal(fclose(file), 0);
}

#define PROJECT                                                                                    \
  "version: 1\ncustomers: {from: customers.csv, id: id}\n"                                         \
  "histories:\n"                                                                                   \
  "  calls: {from: calls.csv, id: who, day: on, columns: {x: number, whole: number, kind: "        \
  "category, many: category, late: day, due: scheduled, flag: flag}}\n"                            \
  "features: {x: count(calls)}\n"
static const char text[] = PROJECT, cached_text[] = PROJECT "cache: kept\n";

/* A bound that nothing needs, so that files go through the cache; the wraps decide what is spilled.
 */
static const uint64_t wide_bound = (uint64_t)1 << 40;

static churn_data *read_bounded(const opened *o, int threads, uint64_t bytes)
{
  const churn_run run = {.threads = threads, .memory_bytes = bytes};
  churn_data *data = NULL;
  churn_error error = {0};
  churn_needs *needs = churn_needs_new(o->schema);
  churn_needs_all(needs, o->schema);
  assert_ok(churn_data_read(o->schema, needs, NULL, &run, &data, &error), &error);
  churn_needs_free(needs);
  return data;
}

static void assert_same_values(const void *a, const void *b, size_t bytes)
{
  assert_int_equal(a == NULL, b == NULL);
  if (a != NULL)
    assert_memory_equal(a, b, bytes);
}

static void assert_same_history(const churn_history *a, const churn_history *b, size_t column_count)
{
  assert_int_equal(a->rows, b->rows);
  assert_int_equal(a->rows_read, b->rows_read);
  assert_int_equal(a->rows_unmatched, b->rows_unmatched);
  assert_int_equal(a->rows_dayless, b->rows_dayless);
  assert_int_equal(a->customers_matched, b->customers_matched);
  assert_int_equal(a->first_day, b->first_day);
  assert_int_equal(a->last_day, b->last_day);
  assert_memory_equal(a->first_row, b->first_row, (CUSTOMERS + 1) * sizeof *a->first_row);
  assert_memory_equal(a->days, b->days, a->rows * sizeof *a->days);
  for (size_t c = 0; c < column_count; c++) {
    const churn_column *left = &a->columns[c], *right = &b->columns[c];
    assert_int_equal(left->missing, right->missing);
    assert_same_values(left->numbers, right->numbers, a->rows * sizeof *left->numbers);
    assert_same_values(left->days, right->days, a->rows * sizeof *left->days);
    assert_same_values(left->codes, right->codes, a->rows * sizeof *left->codes);
  }
}

/* `o` without a cache, `cached` with one, of the same files. */
static void compare_rounds(const opened *o, const opened *cached)
{
  size_t columns = o->schema->sources[1].column_count;
  const churn_history *expected = &o->data->histories[0];
  assert_false(expected->mapped);
  assert_same_history(expected, &cached->data->histories[0], columns);
  for (int round = 0; round < ROUNDS; round++) {
    spilled_of_8 = round % 9;
    columns_fit = round / 2 % 2 == 0;
    atomic_store(&asked, (unsigned)round);
    atomic_store(&spilled, 0);
    churn_data *data = round % 2 == 0 ? read_bounded(o, 1 + round % 3, 1)
                                      : read_bounded(cached, 1 + round % 3, wide_bound);
    bool in_file = atomic_load(&spilled) > 0 || !columns_fit;
    assert_int_equal(data->histories[0].mapped, in_file);
    assert_same_history(expected, &data->histories[0], columns);
    churn_spill_walked(data->spill, CUSTOMERS); /* lets pages go, which come back */
    assert_same_history(expected, &data->histories[0], columns);
    churn_data_free(data);
  }
}

/* What came after the first read: known ids in any order, and levels that move all others. */
static void append_rows(void)
{
  FILE *file = fopen(scratch_path("calls.csv"), "a");
  assert_non_null(file);
  uint32_t state = 78;
  write_rows(file, &state, 1000, ANYHOW);
  fputs("c0002,2024-03-01,1,2,a0,a1,,2024-05-11,no\n", file);
  assert_int_equal(fclose(file), 0);
}

static void every_mixture(void **state)
{
  (void)state;
  for (int i = 0; i < 2 * FORMS; i++) {
    row_form form = (row_form)(i / 2);
    bool appended = i % 2 == 1;
    if (!appended) {
      scratch_make();
      write_files(form);
    } else {
      append_rows();
    }
    opened o = opened_ok(text), cached = opened_ok(cached_text);
    const churn_history *h = &o.data->histories[0];
    assert_true(h->rows > 50000);
    assert_true(form == GROUPED || h->rows_unmatched > 100);
    assert_true(form == GROUPED || h->rows_dayless > 1000);
    compare_rounds(&o, &cached);
    opened_close(&cached);
    opened_close(&o);
    if (appended)
      scratch_remove();
  }
}

static void a_history_without_rows(void **state)
{
  (void)state;
  scratch_make();
  scratch_write("customers.csv", "id\nann\n");
  scratch_write("calls.csv", "who,on,x,whole,kind,many,late,due,flag\n");
  spilled_of_8 = 8;
  columns_fit = false;
  opened o = opened_ok(text);
  churn_data *data = read_bounded(&o, 2, 1);
  assert_int_equal(data->histories[0].rows, 0);
  churn_data_free(data);
  opened_close(&o);
  scratch_remove();
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      {"histories in files hold what histories in memory hold", every_mixture, NULL, NULL, NULL},
      {"a history without rows", a_history_without_rows, NULL, NULL, NULL},
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
