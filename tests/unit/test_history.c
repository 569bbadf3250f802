/* Histories: rows matched to customers, grouped, in order of days; where the data ends.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "opened.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int make(void **state)
{
  (void)state;
  scratch_make();
  scratch_write("customers.csv", "id\nbob\nann\ncid\n");
  return 0;
}

static const char plain[] =
    "version: 1\ncustomers: {from: customers.csv, id: id}\n"
    "histories:\n  calls: {from: calls.csv, id: who, day: on, columns: {n: number, t: category, "
    "due: scheduled}}\nfeatures: {x: count(calls)}\n";

static void rows_are_grouped_by_customer_in_order_of_days(void **state)
{
  (void)state;
  scratch_write("calls.csv",
                "who,on,n,t,due\ncid,2024-03-03,1,x,\nann,2024-02-09,2,y,2024-07-07\n"
                "ann,2023-12-31,3,,\ncid,2024-01-01,4,z,\nann,2024-02-01,5,x,2024-08-08\n");
  opened o = opened_ok(plain);
  const churn_history *h = &o.data->histories[0];
  const size_t first[] = {0, 3, 3, 5}; /* ann 3, bob 0, cid 2 */
  const char *days[] = {"2023-12-31", "2024-02-01", "2024-02-09", "2024-01-01", "2024-03-03"};
  const double n[] = {3, 5, 2, 4, 1};
  const char *t[] = {"-", "x", "y", "z", "x"};
  assert_string_equal(h->name, "calls");
  assert_true(h->loaded);
  assert_int_equal(h->rows, 5);
  assert_memory_equal(h->first_row, first, sizeof first);
  for (size_t i = 0; i < 5; i++) {
    assert_int_equal(h->days[i], day(days[i]));
    assert_true(column_of(&o, 1, "n")->numbers[i] == n[i]);
    assert_string_equal(cell_text(column_of(&o, 1, "t"), i), t[i]);
  }
  assert_int_equal(column_of(&o, 1, "due")->days[1], day("2024-08-08"));
  assert_int_equal(column_of(&o, 1, "due")->days[2], day("2024-07-07"));
  assert_int_equal(column_of(&o, 1, "due")->days[3], CHURN_DAY_MISSING);
  assert_int_equal(h->customers_matched, 2);
  assert_int_equal(o.data->data_until, day("2024-03-03"));
  assert_null(note_text(o.notes, "unmatched_rows"));
  assert_null(note_text(o.notes, "rows_without_day"));
  opened_close(&o);
}

static void unmatched_rows_and_rows_without_a_day_are_counted_and_left_out(void **state)
{
  (void)state;
  scratch_write("calls.csv", "who,on,n,t,due\nann,2024-02-09,2,y,\neve,2024-06-06,3,,\nann,,4,z,\n"
                             "eve,,5,x,\nAnn,2023-01-02,6,,\nbob,2024-02-02,7,,\n");
  opened o = opened_ok(plain);
  const churn_history *h = &o.data->histories[0];
  assert_int_equal(h->rows_read, 6);
  assert_int_equal(h->rows, 2);
  assert_int_equal(h->rows_unmatched, 2); /* eve and Ann with a day */
  assert_int_equal(h->rows_dayless, 2);
  assert_int_equal(h->first_day, day("2023-01-02"));
  assert_int_equal(h->last_day, day("2024-06-06")); /* of all rows read */
  assert_int_equal(o.data->data_until, day("2024-06-06"));
  assert_non_null(strstr(note_text(o.notes, "unmatched_rows"), "2 of 6 rows of calls"));
  assert_non_null(strstr(note_text(o.notes, "rows_without_day"), "2 of 6 rows of calls"));
  opened_close(&o);
}

static void a_history_without_a_row_of_any_customer_is_a_warning(void **state)
{
  (void)state;
  scratch_write("calls.csv", "who,on,n,t,due\n0ann,2024-02-09,2,y,\n0bob,2024-06-06,3,,\n");
  opened o = opened_ok(plain);
  assert_non_null(strstr(note_text(o.notes, "history_unmatched"), "no row of calls"));
  assert_non_null(strstr(note_text(o.notes, "history_unmatched"), "\"who\""));
  assert_null(note_text(o.notes, "history_empty"));
  opened_close(&o);
  scratch_write("calls.csv", "who,on,n,t,due\n");
  o = opened_ok(plain);
  assert_non_null(strstr(note_text(o.notes, "history_empty"), "calls"));
  assert_null(note_text(o.notes, "history_unmatched"));
  opened_close(&o);
  scratch_write("calls.csv", "who,on,n,t,due\n0ann,2024-02-09,2,y,\nbob,2024-06-06,3,,\n");
  o = opened_ok(plain);
  assert_null(note_text(o.notes, "history_unmatched"));
  opened_close(&o);
}

enum { MANY = 4001, PEOPLE = 5 };

/* Rows i = 0.. in an order given by a multiplier that is prime to MANY; every row of a (customer,
 * day) carries the same number. */
static void write_many(size_t multiplier)
{
  char *text = malloc(MANY * 40 + 100);
  size_t used = (size_t)sprintf(text, "who,on,n,t,due\n");
  for (size_t k = 0; k < MANY; k++) {
    size_t i = k * multiplier % MANY;
    char date[CHURN_DAY_TEXT_SIZE];
    churn_day when = 19000 + (churn_day)(i * 7 % 1201);
    churn_day_format(when, date);
    size_t who = i % PEOPLE;
    used += (size_t)sprintf(text + used, "p%zu,%s,%d,,\n", who, date, (int)when * 10 + (int)who);
  }
  scratch_write("calls.csv", text);
  free(text);
}

static void check_many(int threads)
{
  churn_data_settings settings = {0};
  opened o = opened_read(plain, &settings, threads);
  assert_ok(o.status, &o.error);
  const churn_history *h = &o.data->histories[0];
  assert_int_equal(h->rows, MANY);
  assert_int_equal(h->first_row[1], 801); /* p0: i = 0, 5, …, 4000 */
  assert_int_equal(h->first_row[2], 1601);
  for (size_t c = 0; c < PEOPLE; c++)
    for (size_t i = h->first_row[c]; i < h->first_row[c + 1]; i++) {
      assert_true(i == h->first_row[c] || h->days[i - 1] <= h->days[i]);
      assert_true(column_of(&o, 1, "n")->numbers[i] == h->days[i] * 10 + (int)c);
    }
  opened_close(&o);
}

static void any_order_of_rows_and_number_of_threads_gives_the_same_order(void **state)
{
  (void)state;
  scratch_write("customers.csv", "id\np3\np1\np0\np2\np4\n");
  const size_t multipliers[] = {1, MANY - 1, 1237, 2};
  for (size_t i = 0; i < sizeof multipliers / sizeof multipliers[0]; i++) {
    write_many(multipliers[i]);
    check_many(1);
    check_many(3);
  }
  scratch_write("customers.csv", "id\nbob\nann\ncid\n");
}

enum { CROWD = 700, CROWD_ROWS = 60000 };

/* What every row of `who` on `when` says; category levels beyond what a byte counts. */
static void crowd_row(size_t who, churn_day when, double *n, size_t *level)
{
  *n = when % 3 == 0 ? when + 0.5 : (double)((size_t)when % 200);
  *level = (who * 7 + (size_t)when) % 400;
}

static void write_crowd(void)
{
  char *text = malloc((size_t)CROWD_ROWS * 50);
  size_t used = (size_t)sprintf(text, "id\n");
  for (size_t i = 0; i < CROWD; i++)
    used += (size_t)sprintf(text + used, "p%03zu\n", CROWD - 1 - i);
  scratch_write_bytes("customers.csv", text, used);
  used = (size_t)sprintf(text, "who,on,n,t,due\n");
  for (size_t k = 0; k < CROWD_ROWS; k++) {
    size_t i = k * 7919 % CROWD_ROWS, who = i % (CROWD + 1), level; /* the last is unknown */
    churn_day when = 10000 + (churn_day)(i * 31 % 5003);
    double n;
    char date[CHURN_DAY_TEXT_SIZE];
    churn_day_format(when, date);
    crowd_row(who, when, &n, &level);
    used += (size_t)sprintf(text + used, "p%03zu,%s,%g,level %zu,%s\n", who, date, n, level,
                            i % 4 == 0 ? "" : date);
  }
  scratch_write_bytes("calls.csv", text, used);
  free(text);
}

/* More customers than parts, more rows than a piece, dates in no order; every value follows from
 * customer and day. */
static void many_customers_in_many_pieces_are_grouped(void **state)
{
  (void)state;
  write_crowd();
  for (int threads = 1; threads <= 3; threads++) {
    opened o = opened_read(plain, &(churn_data_settings){0}, threads);
    assert_ok(o.status, &o.error);
    const churn_history *h = &o.data->histories[0];
    assert_int_equal(h->rows_read, CROWD_ROWS);
    assert_int_equal(h->rows_unmatched, 85); /* i = 700, 1401, …: 60000 / 701 = 85.6 */
    assert_int_equal(h->rows, CROWD_ROWS - 85);
    assert_int_equal(h->first_row[CROWD], h->rows);
    assert_int_equal(h->customers_matched, CROWD);
    for (size_t c = 0; c < CROWD; c++) {
      assert_in_range(h->first_row[c + 1] - h->first_row[c], 85, 86);
      for (size_t i = h->first_row[c]; i < h->first_row[c + 1]; i++) {
        double n;
        size_t level;
        char text[32];
        crowd_row(c, h->days[i], &n, &level);
        snprintf(text, sizeof text, "level %zu", level);
        assert_true(i == h->first_row[c] || h->days[i - 1] <= h->days[i]);
        assert_true(column_of(&o, 1, "n")->numbers[i] == n);
        assert_string_equal(cell_text(column_of(&o, 1, "t"), i), text);
        churn_day due = column_of(&o, 1, "due")->days[i];
        assert_true(due == h->days[i] || due == CHURN_DAY_MISSING);
      }
    }
    assert_int_equal(column_of(&o, 1, "due")->missing, CROWD_ROWS / 4);
    opened_close(&o);
  }
  scratch_write("customers.csv", "id\nbob\nann\ncid\n");
}

static const char by_key[] =
    "version: 1\ncustomers: {from: customers.csv, id: id}\n"
    "histories:\n  calls: {from: calls.csv, id: sub, day: on, columns: {n: number},\n"
    "    via: {from: subs.csv, id: sub, customer: account}}\nfeatures: {x: count(calls)}\n";

static void via_maps_keys_to_customers(void **state)
{
  (void)state;
  scratch_write("subs.csv", "account,sub,x\nbob,s2,1\nann,s1,1\neve,s4,1\nbob,s2,2\nann,s3,1\n");
  scratch_write("calls.csv", "sub,on,n\ns3,2024-01-03,1\ns1,2024-01-01,2\ns2,2024-01-02,3\n"
                             "s4,2024-01-04,4\ns5,2024-01-05,5\nann,2024-01-06,6\n");
  opened o = opened_ok(by_key);
  const churn_history *h = &o.data->histories[0];
  const size_t first[] = {0, 2, 3, 3};
  const double n[] = {2, 1, 3};
  assert_int_equal(h->rows, 3);
  assert_memory_equal(h->first_row, first, sizeof first);
  for (size_t i = 0; i < 3; i++)
    assert_true(column_of(&o, 1, "n")->numbers[i] == n[i]);
  assert_int_equal(h->rows_unmatched, 3); /* s4: eve is no customer; s5 and ann: no such key */
  opened_close(&o);
}

static void a_key_of_two_customers_is_refused_at_the_second(void **state)
{
  (void)state;
  scratch_write("subs.csv", "account,sub\nbob,s2\nann,s1\neve,s4\nann,s2\n");
  scratch_write("calls.csv", "sub,on,n\ns3,2024-01-03,1\n");
  churn_data_settings settings = {0};
  opened o = opened_read(by_key, &settings, 1);
  assert_int_equal(o.status, CHURN_INCONSISTENT);
  assert_non_null(strstr(o.error.file, "subs.csv"));
  assert_int_equal(o.error.line, 5);
  assert_non_null(strstr(o.error.message, "\"s2\""));
  assert_non_null(strstr(o.error.message, "\"ann\""));
  assert_non_null(strstr(o.error.message, "\"bob\""));
  opened_close(&o);
  /* also between two ids that are both no customers */
  scratch_write("subs.csv", "account,sub\neve,s4\nfay,s4\n");
  o = opened_read(by_key, &settings, 1);
  assert_int_equal(o.status, CHURN_INCONSISTENT);
  assert_int_equal(o.error.line, 3);
  opened_close(&o);
}

#define TWO                                                                                        \
  "version: 1\ncustomers: {from: customers.csv, id: id}\n"                                         \
  "histories:\n"                                                                                   \
  "  calls: {from: calls.csv, id: who, day: on, columns: {due: scheduled, done: day}}\n"           \
  "  visits: {from: visits.csv, id: who, day: on, columns: {}}\nfeatures: {x: count(calls)}\n"

static void data_until_is_the_newest_day_of_any_history_unless_given(void **state)
{
  (void)state;
  scratch_write("calls.csv", "who,on,due,done\nann,2024-01-01,2030-01-01,2031-01-01\n");
  scratch_write("visits.csv", "who,on\nann,2024-02-01\nann,2024-01-15\n");
  opened o = opened_ok(TWO);
  assert_int_equal(o.data->data_until, day("2024-02-01"));
  opened_close(&o);
  o = opened_ok(TWO "data_until: 2023-06-30\n");
  assert_int_equal(o.data->data_until, day("2023-06-30"));
  opened_close(&o);
  scratch_write("calls.csv", "who,on,due,done\n");
  scratch_write("visits.csv", "who,on\nann,\n");
  o = opened_ok(TWO);
  assert_int_equal(o.data->data_until, CHURN_DAY_MISSING);
  assert_int_equal(o.data->histories[0].first_day, CHURN_DAY_MISSING);
  assert_int_equal(o.data->histories[1].last_day, CHURN_DAY_MISSING);
  opened_close(&o);
}

static void a_history_nobody_needs_is_not_read(void **state)
{
  (void)state;
  scratch_write("calls.csv", "who,on,due,done\nann,2024-01-01,,\n");
  churn_project *project = project_of(TWO); /* visits.csv is not even there */
  remove(scratch_path("visits.csv"));
  churn_schema *schema = NULL;
  churn_data *data = NULL;
  churn_error error = {0};
  assert_ok(churn_schema_build(project, NULL, 0, NULL, &schema, &error), &error);
  churn_needs *needs = churn_needs_new(schema);
  needs->source[1] = true;
  assert_ok(churn_data_read(schema, needs, NULL, NULL, &data, &error), &error);
  assert_true(data->histories[0].loaded);
  assert_false(data->histories[1].loaded);
  assert_false(data->histories[0].columns[0].present); /* not wanted */
  assert_int_equal(data->input_count, 2);
  churn_needs_free(needs);
  churn_data_free(data);
  churn_schema_free(schema);
  churn_project_free(project);
}

static void the_known_at_column_of_a_wanted_one_is_always_read(void **state)
{
  (void)state;
  scratch_write("calls.csv", "who,on,n,told,seen\nann,2024-01-01,2.5,2024-01-04,2024-01-09\n");
  churn_project *project =
      project_of("version: 1\ncustomers: {from: customers.csv, id: id}\n"
                 "histories:\n  calls: {from: calls.csv, id: who, day: on, known_at: seen,\n"
                 "    columns: {n: {type: number, known_at: told}, told: day, seen: day}}\n"
                 "features: {x: count(calls)}\n");
  churn_schema *schema = NULL;
  churn_data *data = NULL;
  churn_error error = {0};
  assert_ok(churn_schema_build(project, NULL, 0, NULL, &schema, &error), &error);
  churn_needs *needs = churn_needs_new(schema);
  needs->source[1] = needs->wanted[1][0] = true;
  assert_ok(churn_data_read(schema, needs, NULL, NULL, &data, &error), &error);
  const churn_column *columns = data->histories[0].columns;
  assert_true(columns[0].present);
  assert_true(columns[1].present);
  assert_int_equal(columns[1].days[0], day("2024-01-04"));
  assert_true(columns[2].present);
  assert_int_equal(columns[2].days[0], day("2024-01-09"));
  churn_needs_free(needs);
  churn_data_free(data);
  churn_schema_free(schema);
  churn_project_free(project);
}

static void one_heading_may_have_two_names(void **state)
{
  (void)state;
  scratch_write("calls.csv", "who,on,n\nann,2024-01-01,12\nann,2024-01-02,7\n");
  opened o = opened_ok("version: 1\ncustomers: {from: customers.csv, id: id}\n"
                       "histories:\n  calls: {from: calls.csv, id: who, day: on,\n"
                       "    columns: {a: {from: n, type: number}, b: {from: n, type: category},\n"
                       "      when: {from: on, type: day}}}\nfeatures: {x: count(calls)}\n");
  assert_true(column_of(&o, 1, "a")->numbers[1] == 7);
  assert_string_equal(cell_text(column_of(&o, 1, "b"), 0), "12");
  opened_close(&o);
}

static void every_file_read_is_remembered_with_its_fingerprint(void **state)
{
  (void)state;
  scratch_write("subs.csv", "account,sub\nbob,s2\nann,s1\n");
  scratch_write("calls.csv", "sub,on,n\ns1,2024-01-03,1\ns2,2024-01-04,1\n");
  opened o = opened_ok(by_key);
  assert_int_equal(o.data->input_count, 3);
  assert_string_equal(o.data->inputs[0].name, "customers");
  assert_int_equal(o.data->inputs[0].rows, 3);
  assert_string_equal(o.data->inputs[1].name, "calls");
  assert_int_equal(o.data->inputs[1].rows, 2);
  assert_string_equal(o.data->inputs[2].name, "calls.via");
  assert_non_null(strstr(o.data->inputs[2].path, "subs.csv"));
  assert_int_equal(o.data->inputs[2].rows, 2);
  char before[CHURN_HASH_TEXT_SIZE];
  memcpy(before, o.data->inputs[1].fingerprint, sizeof before);
  assert_int_equal(strlen(before), 32);
  opened_close(&o);
  scratch_write("calls.csv", "sub,on,n\ns2,2024-01-04,1\ns1,2024-01-03,1\n");
  o = opened_ok(by_key);
  assert_string_equal(o.data->inputs[1].fingerprint, before);
  opened_close(&o);
  scratch_write("calls.csv", "sub,on,n\ns2,2024-01-04,1\ns1,2024-01-03,2\n");
  o = opened_ok(by_key);
  assert_string_not_equal(o.data->inputs[1].fingerprint, before);
  opened_close(&o);
}

static void check_goes_on_after_a_broken_history(void **state)
{
  (void)state;
  scratch_write("calls.csv", "who,on,due,done\nann,yesterday,,\nbob,2024-01-01,,soon\n");
  scratch_write("visits.csv", "who,on\nann,2024-02-01\n");
  churn_data_settings settings = {.collect_all = true};
  opened o = opened_read(TWO, &settings, 1);
  assert_ok(o.status, &o.error);
  assert_int_equal(churn_notes_count_of(o.notes, CHURN_FAULT), 2);
  assert_int_equal(o.data->histories[1].rows, 1);
  opened_close(&o);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(rows_are_grouped_by_customer_in_order_of_days),
      cmocka_unit_test(unmatched_rows_and_rows_without_a_day_are_counted_and_left_out),
      cmocka_unit_test(a_history_without_a_row_of_any_customer_is_a_warning),
      cmocka_unit_test(many_customers_in_many_pieces_are_grouped),
      cmocka_unit_test(any_order_of_rows_and_number_of_threads_gives_the_same_order),
      cmocka_unit_test(via_maps_keys_to_customers),
      cmocka_unit_test(a_key_of_two_customers_is_refused_at_the_second),
      cmocka_unit_test(data_until_is_the_newest_day_of_any_history_unless_given),
      cmocka_unit_test(a_history_nobody_needs_is_not_read),
      cmocka_unit_test(the_known_at_column_of_a_wanted_one_is_always_read),
      cmocka_unit_test(one_heading_may_have_two_names),
      cmocka_unit_test(every_file_read_is_remembered_with_its_fingerprint),
      cmocka_unit_test(check_goes_on_after_a_broken_history),
  };
  return cmocka_run_group_tests(tests, make, scratch_teardown);
}
