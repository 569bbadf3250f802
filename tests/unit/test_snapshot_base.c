/* Who is in the base, and who is looked at where a file lists the labels.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "design/snapshot_base.h"

#include "base/random.h"
#include "design/snapshots.h"
#include "opened.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CUSTOMERS = 5000, DAYS = 7, TEXT = CUSTOMERS * DAYS * 32 };

static const char with_days[] =
    "version: 1\ncustomers: {from: customers.csv, id: id, joined: since, left: until}\n"
    "outcome: {from: labels.csv, id: id, day: at, churned: gone, horizon: 30d}\n";

/* An eighth of the spells have no day of joining or leaving; a third of the customers come back. A
 * customer has a label on two of seven days, a quarter of them empty, whether there or not. */
static void write_files(void)
{
  char *customers = calloc(1, TEXT), *labels = calloc(1, TEXT);
  churn_random random = churn_random_stream(29, 0);
  assert_true(customers != NULL && labels != NULL);
  size_t c = (size_t)sprintf(customers, "id,since,until\n");
  size_t l = (size_t)sprintf(labels, "id,at,gone\n");
  for (int i = 0; i < CUSTOMERS; i++) {
    char since[8] = "", until[8] = "", again[8] = "";
    if (churn_random_below(&random, 8) > 0)
      snprintf(since, sizeof since, "01-%02u", 1 + churn_random_below(&random, 20));
    if (churn_random_below(&random, 8) > 0) {
      unsigned last = 1 + churn_random_below(&random, 20);
      snprintf(until, sizeof until, "02-%02u", last);
      snprintf(again, sizeof again, "02-%02u", last + 1 + churn_random_below(&random, 5));
    }
    c += (size_t)sprintf(customers + c, "k%04d,%s%s,%s%s\n", i, since[0] ? "2024-" : "", since,
                         until[0] ? "2024-" : "", until);
    if (until[0] && i % 3 == 0)
      c += (size_t)sprintf(customers + c, "k%04d,2024-%s,\n", i, again);
    for (unsigned d = 0; d < DAYS; d++)
      if (churn_random_below(&random, 7) < 2)
        l += (size_t)sprintf(labels + l, "k%04d,2024-%02u-%02u,%s\n", i, 1 + d / 4, 3 + d % 4 * 6,
                             (const char *[]){"0", "1", "0", ""}[churn_random_below(&random, 4)]);
  }
  scratch_write("customers.csv", customers);
  scratch_write("labels.csv", labels);
  free(customers);
  free(labels);
}

static churn_snapshots *build(const opened *o, const churn_day *days, size_t count,
                              churn_snapshot_use use, churn_notes *notes)
{
  churn_snapshots *s = NULL;
  churn_error error = {0};
  churn_run run = {.notes = notes};
  assert_ok(churn_snapshots_build(o->project, o->data, &(churn_labelling){NULL, -1, NULL, NULL},
                                  days, count, use, &run, &s, &error),
            &error);
  return s;
}

static void all_days(const opened *o, churn_day **days, size_t *count)
{
  churn_error error = {0};
  assert_ok(churn_snapshot_days(o->project, o->data, CHURN_DAY_MISSING, CHURN_DAY_MISSING, days,
                                count, &error),
            &error);
  assert_int_equal(*count, DAYS);
}

/* ALL looks at everybody on every day: its labelled rows and its counts are those of LABELLED,
 * which looks at the file's rows alone. */
static void listed_labels_give_the_rows_and_counts_of_a_look_at_everybody(void **state)
{
  (void)state;
  write_files();
  opened o = opened_ok(with_days);
  churn_day *days = NULL;
  size_t count = 0, at = 0;
  all_days(&o, &days, &count);
  churn_snapshots *all = build(&o, days, count, CHURN_SNAPSHOTS_ALL, NULL);
  churn_snapshots *listed = build(&o, days, count, CHURN_SNAPSHOTS_LABELLED, NULL);
  for (size_t i = 0; i < all->count; i++) {
    if (all->rows[i].label == CHURN_LABEL_UNKNOWN)
      continue;
    assert_true(at < listed->count);
    assert_int_equal(listed->rows[at].spell, all->rows[i].spell);
    assert_int_equal(listed->rows[at].as_of, all->rows[i].as_of);
    assert_int_equal(listed->rows[at++].label, all->rows[i].label);
  }
  assert_int_equal(at, listed->count);
  assert_in_range(at, CUSTOMERS / 2, CUSTOMERS * 2);
  for (size_t d = 0; d < count; d++) {
    assert_memory_equal(&listed->days[d], &all->days[d], sizeof all->days[d]);
    assert_true(all->days[d].dropped > all->days[d].churned && all->days[d].churned > 0);
  }
  churn_snapshots_free(all);
  churn_snapshots_free(listed);
  free(days);
  opened_close(&o);
}

/* The definition, spell by spell. */
static void the_count_of_the_base_is_that_of_its_spells(void **state)
{
  (void)state;
  write_files();
  opened o = opened_ok(with_days);
  const churn_customers *customers = &o.data->customers;
  churn_day *days = NULL;
  size_t count = 0;
  uint64_t counts[DAYS];
  all_days(&o, &days, &count);
  churn_base_count(customers, days, count, counts);
  for (size_t d = 0; d < count; d++) {
    uint64_t there = 0;
    for (size_t s = 0; s < customers->spell_count; s++)
      there += (customers->joined[s] == CHURN_DAY_MISSING || customers->joined[s] < days[d]) &&
               (customers->left[s] == CHURN_DAY_MISSING || customers->left[s] >= days[d]);
    assert_int_equal(counts[d], there);
    assert_in_range(there, 1, CUSTOMERS);
  }
  free(days);
  opened_close(&o);
}

/* b had not joined on its two days, d had left before its one: three labels; a's on 03-01 is not
 * among the days asked for. e has none, which takes nothing away from that. */
static void labels_of_nobody_there_are_counted_whatever_is_looked_at(void **state)
{
  (void)state;
  scratch_write("customers.csv", "id,since,until\na,2023-05-01,\nb,2024-02-20,\nc,2023-06-01,\n"
                                 "d,2023-07-01,2024-01-31\ne,2023-07-01,\nf,2023-08-01,\n");
  scratch_write("labels.csv", "id,at,gone\na,2024-02-01,1\nb,2024-02-01,0\nb,2024-01-05,1\n"
                              "c,2024-02-01,\nd,2024-02-01,0\na,2024-03-01,0\nf,2024-01-05,0\n");
  opened o = opened_ok(with_days);
  const churn_day days[] = {day("2024-01-05"), day("2024-02-01")};
  const churn_snapshot_use uses[] = {CHURN_SNAPSHOTS_ALL, CHURN_SNAPSHOTS_LABELLED,
                                     CHURN_SNAPSHOTS_LISTED};
  for (size_t i = 0; i < 3; i++) {
    churn_notes *notes = churn_notes_new();
    churn_snapshots_free(build(&o, days, 2, uses[i], notes));
    assert_string_equal(note_text(notes, "labels_outside_base"),
                        "3 labels of customers who were not in the base on that day are left out");
    churn_notes_free(notes);
  }
  opened_close(&o);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(listed_labels_give_the_rows_and_counts_of_a_look_at_everybody),
      cmocka_unit_test(the_count_of_the_base_is_that_of_its_spells),
      cmocka_unit_test(labels_of_nobody_there_are_counted_whatever_is_looked_at),
  };
  return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
