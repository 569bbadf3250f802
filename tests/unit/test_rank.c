/* Which columns are collinear, and with which.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "fit/logistic.h"
#include "made_up.h"

#include <stdlib.h>
#include <string.h>

enum { MOST = 16 };

static const char *const names[MOST] = {
    "age",  "fee",  "calls", "tier=gold", "tier=basic", "rate", "delay", "days",
    "twin", "nine", "ten",   "eleven",    "twelve",     "x13",  "x14",   "x15"};

typedef struct answer {
  bool keep[MOST];
  char *because[MOST];
} answer;

static answer rank_of(const churn_matrix *m, double tolerance, int threads)
{
  answer a = {{false}, {NULL}};
  churn_error error;
  churn_fit_settings settings = {.rank_tolerance = tolerance};
  churn_run run = {.threads = threads};
  assert_ok(churn_fit_rank(m, names, &settings, &run, a.keep, a.because, &error), &error);
  for (size_t c = 0; c < m->columns; c++)
    assert_true(a.keep[c] == (a.because[c] == NULL));
  return a;
}

static void answer_free(answer *a)
{
  for (size_t c = 0; c < MOST; c++)
    free(a->because[c]);
}

static void columns_without_relation_are_all_kept(void **state)
{
  (void)state;
  churn_matrix *m = made_up(3001, 11, 42);
  churn_matrix *before = matrix_copy(m);
  answer a = rank_of(m, 0, 0);
  for (size_t c = 0; c < m->columns; c++)
    assert_true(a.keep[c]);
  assert_memory_equal(m->tiles, before->tiles, 12 * 256 * 11 * sizeof(double));
  answer_free(&a);
  churn_matrix_free(m);
  churn_matrix_free(before);
}

static void a_sum_of_columns_is_dropped_and_names_exactly_its_parts(void **state)
{
  (void)state;
  churn_matrix *m = made_up(2000, 8, 7);
  for (size_t r = 0; r < m->rows; r++)
    *cell_of(m, r, 5) = 17.25 + 2.5 * *cell_of(m, r, 1) - 0.3 * *cell_of(m, r, 4);
  answer a = rank_of(m, 0, 0);
  for (size_t c = 0; c < 8; c++)
    assert_true(a.keep[c] == (c != 5));
  assert_string_equal(a.because[5], "collinear with fee, tier=basic");
  answer_free(&a);
  churn_matrix_free(m);
}

/* The dummies of all levels add up to the intercept; the last one goes. A dropped column is no
 * partner: the copy of the last dummy names the same kept ones. */
static void a_full_set_of_dummies_loses_its_last(void **state)
{
  (void)state;
  churn_matrix *m = matrix_of(1500, 4);
  for (size_t r = 0; r < m->rows; r++) {
    *cell_of(m, r, r % 7 < 3 ? 0 : r % 7 < 5 ? 1 : 2) = 1;
    *cell_of(m, r, 3) = *cell_of(m, r, 2);
  }
  answer a = rank_of(m, 0, 0);
  assert_true(a.keep[0] && a.keep[1] && !a.keep[2] && !a.keep[3]);
  assert_string_equal(a.because[2], "collinear with age, fee");
  assert_string_equal(a.because[3], "collinear with age, fee");
  answer_free(&a);
  churn_matrix_free(m);
}

/* 0.1 has no exact double, so its mean over the rows is rounded. */
static void a_constant_column_is_dropped_as_constant(void **state)
{
  (void)state;
  churn_matrix *m = made_up(1234, 5, 3);
  for (size_t r = 0; r < m->rows; r++) {
    *cell_of(m, r, 0) = 0.1;
    *cell_of(m, r, 3) = 0;
  }
  answer a = rank_of(m, 0, 0);
  assert_true(!a.keep[0] && a.keep[1] && a.keep[2] && !a.keep[3] && a.keep[4]);
  assert_string_equal(a.because[0], "constant");
  assert_string_equal(a.because[3], "constant");
  answer_free(&a);
  churn_matrix_free(m);
}

static void more_than_eight_partners_are_counted(void **state)
{
  (void)state;
  churn_matrix *m = made_up(900, 12, 8);
  for (size_t r = 0; r < m->rows; r++) {
    *cell_of(m, r, 11) = 0;
    for (size_t c = 0; c < 11; c++)
      *cell_of(m, r, 11) += *cell_of(m, r, c);
  }
  answer a = rank_of(m, 0, 0);
  assert_false(a.keep[11]);
  assert_string_equal(
      a.because[11],
      "collinear with age, fee, calls, tier=gold, tier=basic, rate, delay, days and 3 more");
  answer_free(&a);
  churn_matrix_free(m);
}

/* x + e with var(e) = s^2 var(x), e independent of all: 1 - R^2 = s^2 / (1 + s^2), here 1e-6 times
 * the ratio of the variances, between the two tolerances. */
static void the_tolerance_decides_what_collinear_means(void **state)
{
  (void)state;
  churn_matrix *m = matrix_of(5000, 2);
  uint64_t stream = 99;
  for (size_t r = 0; r < m->rows; r++) {
    double x = uniform(&stream), e = uniform(&stream);
    *cell_of(m, r, 0) = 1e6 + x; /* a mean far from 0 costs no digits */
    *cell_of(m, r, 1) = x + 1e-3 * e;
  }
  answer a = rank_of(m, 0, 0);
  assert_true(a.keep[0] && a.keep[1]);
  answer_free(&a);
  a = rank_of(m, 0.7e-6, 0);
  assert_true(a.keep[1]);
  answer_free(&a);
  a = rank_of(m, 1.3e-6, 0);
  assert_true(a.keep[0] && !a.keep[1]);
  assert_string_equal(a.because[1], "collinear with age");
  answer_free(&a);
  churn_matrix_free(m);
}

/* Rows of weight 0 are not there: only they tell the columns apart. */
static void rows_without_weight_do_not_count(void **state)
{
  (void)state;
  churn_matrix *m = made_up(1000, 3, 5);
  for (size_t r = 0; r < m->rows; r++) {
    if (r % 5 == 0)
      m->weight[r] = 0;
    else
      *cell_of(m, r, 2) = -3.5 * *cell_of(m, r, 0);
  }
  answer a = rank_of(m, 0, 0);
  assert_true(a.keep[0] && a.keep[1] && !a.keep[2]);
  assert_string_equal(a.because[2], "collinear with age");
  answer_free(&a);
  churn_matrix_free(m);
}

static void any_number_of_threads_gives_the_same_answer(void **state)
{
  (void)state;
  churn_matrix *m = made_up(70000, 9, 21);
  for (size_t r = 0; r < m->rows; r++)
    *cell_of(m, r, 8) = *cell_of(m, r, 2) - *cell_of(m, r, 6);
  for (int threads = 1; threads <= 5; threads += 2) {
    answer a = rank_of(m, 0, threads);
    assert_false(a.keep[8]);
    assert_string_equal(a.because[8], "collinear with calls, delay");
    answer_free(&a);
  }
  churn_matrix_free(m);
}

static void a_value_that_is_not_finite_is_refused_by_name_and_outputs_stay(void **state)
{
  (void)state;
  static const double bad[] = {NAN, INFINITY, 1e200};
  churn_matrix *m = made_up(800, 4, 1);
  double good = *cell_of(m, 400, 2);
  for (size_t i = 0; i < 3; i++) {
    bool keep[4] = {true, false, true, false};
    char *because[4] = {NULL};
    churn_error error = {.status = CHURN_OK};
    *cell_of(m, 400, 2) = bad[i];
    assert_int_equal(churn_fit_rank(m, names, NULL, NULL, keep, because, &error), CHURN_DEGENERATE);
    assert_non_null(strstr(error.message, "calls"));
    assert_true(keep[0] && !keep[1] && keep[2] && !keep[3]);
  }
  *cell_of(m, 400, 2) = good;
  churn_matrix_free(m);
}

static void no_rows_is_refused_and_no_columns_is_fine(void **state)
{
  (void)state;
  bool keep[2];
  churn_error error;
  churn_matrix *m = matrix_of(0, 2);
  assert_int_equal(churn_fit_rank(m, names, NULL, NULL, keep, NULL, &error), CHURN_DEGENERATE);
  churn_matrix_free(m);
  m = matrix_of(10, 0);
  assert_ok(churn_fit_rank(m, names, NULL, NULL, keep, NULL, &error), &error);
  churn_matrix_free(m);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(columns_without_relation_are_all_kept),
      cmocka_unit_test(a_sum_of_columns_is_dropped_and_names_exactly_its_parts),
      cmocka_unit_test(a_full_set_of_dummies_loses_its_last),
      cmocka_unit_test(a_constant_column_is_dropped_as_constant),
      cmocka_unit_test(more_than_eight_partners_are_counted),
      cmocka_unit_test(the_tolerance_decides_what_collinear_means),
      cmocka_unit_test(rows_without_weight_do_not_count),
      cmocka_unit_test(any_number_of_threads_gives_the_same_answer),
      cmocka_unit_test(a_value_that_is_not_finite_is_refused_by_name_and_outputs_stay),
      cmocka_unit_test(no_rows_is_refused_and_no_columns_is_fine),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
