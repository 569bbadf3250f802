/* Folds of customers: whole, stratified, the same for the same customers; and the sums over each
 * fold's rows against plain ones.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "design/folds.h"
#include "fit/folds.h"
#include "fit/moments.h"
#include "made_up.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CUSTOMERS = 997, MOST_ROWS = CUSTOMERS * 4 };

typedef struct base {
  char texts[CUSTOMERS][16];
  const char *ids[CUSTOMERS];
  churn_snapshot rows[MOST_ROWS];
  churn_snapshots snapshots;
  bool ever[CUSTOMERS];
} base;

/* One to four rows a customer, every seventh row a churner's. */
static base *base_new(void)
{
  base *b = calloc(1, sizeof *b);
  b->snapshots.rows = b->rows;
  for (uint32_t c = 0; c < CUSTOMERS; c++) {
    snprintf(b->texts[c], sizeof b->texts[c], "id-%04u", c * 13 % CUSTOMERS);
    b->ids[c] = b->texts[c];
    for (uint32_t i = 0; i < 1 + c % 4; i++) {
      int8_t label = b->snapshots.count % 7 == 3 ? CHURN_LABEL_CHURNED : CHURN_LABEL_STAYED;
      b->ever[c] |= label == CHURN_LABEL_CHURNED;
      b->rows[b->snapshots.count++] =
          (churn_snapshot){.customer = c, .as_of = (churn_day)(9000 + 30 * i), .label = label};
    }
  }
  return b;
}

static void deal(const base *b, uint32_t folds, uint64_t seed, uint32_t *fold)
{
  churn_error error;
  assert_ok(churn_folds_deal(&b->snapshots, b->ids, folds, seed, fold, &error), &error);
}

static void customers_stay_whole_and_kinds_are_spread_evenly(void **state)
{
  (void)state;
  base *b = base_new();
  uint32_t fold[MOST_ROWS];
  size_t ever[10] = {0}, never[10] = {0};
  deal(b, 10, 1, fold);
  for (size_t i = 0; i < b->snapshots.count; i++) {
    assert_in_range(fold[i], 0, 9);
    bool first = i == 0 || b->rows[i].customer != b->rows[i - 1].customer;
    assert_true(first || fold[i] == fold[i - 1]);
    if (first)
      (b->ever[b->rows[i].customer] ? ever : never)[fold[i]]++;
  }
  for (size_t f = 1; f < 10; f++) {
    assert_true(ever[f] + 1 >= ever[0] && ever[f] <= ever[0] + 1);
    assert_true(never[f] + 1 >= never[0] && never[f] <= never[0] + 1);
    assert_true(ever[f] + never[f] + 1 >= ever[0] + never[0]);
  }
  free(b);
}

/* Customers in another order (as if ids were numbered otherwise): each keeps its fold. */
static void a_customers_fold_depends_on_the_ids_and_the_seed_alone(void **state)
{
  (void)state;
  base *b = base_new(), *turned = base_new();
  uint32_t fold[MOST_ROWS], other[MOST_ROWS], again[MOST_ROWS];
  deal(b, 7, 42, fold);
  deal(b, 7, 42, again);
  assert_memory_equal(fold, again, b->snapshots.count * sizeof *fold);
  size_t to = 0, same = 0;
  for (size_t i = b->snapshots.count; i-- > 0; to++)
    turned->rows[to] = b->rows[i];
  deal(turned, 7, 42, other);
  for (size_t i = 0; i < b->snapshots.count; i++)
    assert_int_equal(other[b->snapshots.count - 1 - i], fold[i]);
  deal(b, 7, 43, other);
  for (size_t i = 0; i < b->snapshots.count; i++)
    same += other[i] == fold[i];
  assert_true(same < b->snapshots.count / 3);
  free(b);
  free(turned);
}

static void too_few_customers_or_folds_are_refused(void **state)
{
  (void)state;
  base *b = base_new();
  uint32_t fold[MOST_ROWS];
  churn_error error;
  b->snapshots.count = 10; /* four customers */
  assert_int_equal(churn_folds_deal(&b->snapshots, b->ids, 5, 1, fold, &error), CHURN_DEGENERATE);
  assert_string_equal(error.message,
                      "cross-validation in 5 folds needs as many customers; there are 4");
  assert_int_equal(churn_folds_deal(&b->snapshots, b->ids, 1, 1, fold, &error), CHURN_USAGE);
  deal(b, 4, 1, fold);
  free(b);
}

/* Sums over the rows of one fold from the definition. */
static void check_sums(const churn_matrix *m, const uint32_t *fold, uint32_t which, const double *b,
                       const churn_fold_sums *sums)
{
  enum { N = 6 };
  long double loss = 0, weight = 0, positive = 0;
  long double gradient[N] = {0}, hessian[N * N] = {0}, second[N] = {0}, first[N] = {0};
  for (size_t r = 0; r < m->rows; r++) {
    long double x[N] = {1}, eta = b[0];
    if (fold[r] != which)
      continue;
    for (size_t c = 0; c + 1 < N; c++) {
      x[c + 1] = *cell_of(m, r, c);
      eta += b[c + 1] * x[c + 1];
    }
    long double p = 1 / (1 + expl(-eta)), wrong = m->y[r] > 0 ? -eta : eta, w = m->weight[r];
    loss += w * (log1pl(expl(-fabsl(wrong))) + fmaxl(wrong, 0));
    weight += w;
    positive += w * m->y[r];
    for (size_t i = 0; i < N; i++) {
      gradient[i] += w * (p - m->y[r]) * x[i];
      first[i] += w * x[i];
      second[i] += w * x[i] * x[i];
      for (size_t j = 0; j < N; j++)
        hessian[i * N + j] += w * p * (1 - p) * x[i] * x[j];
    }
  }
  assert_close(sums->weight, (double)weight, 1e-13, 0);
  assert_close(sums->positive, (double)positive, 1e-13, 0);
  assert_close(sums->likelihood[0], (double)loss, 1e-12, 0);
  for (size_t i = 0; i < N; i++) {
    assert_close(sums->likelihood[1 + i], (double)gradient[i], 1e-11, 1e-10);
    for (size_t j = 0; j <= i; j++)
      assert_close(sums->likelihood[churn_kernel_hessian_start(N - 1) + i * (i + 1) / 2 + j],
                   (double)hessian[i * N + j], 1e-11, 1e-10);
    if (i > 0) {
      assert_close(sums->first[i - 1], (double)first[i], 1e-12, 1e-10);
      assert_close(sums->second[i - 1], (double)second[i], 1e-12, 1e-10);
    }
  }
}

static void the_sums_of_each_fold_are_those_of_its_rows(void **state)
{
  (void)state;
  enum { ROWS = 9001, COLUMNS = 5, FOLDS = 4 };
  static const double b[COLUMNS + 1] = {0.2, -0.03, 0.41, 0.007, -0.2, 0.011};
  churn_matrix *m = made_up(ROWS, COLUMNS, 3);
  uint32_t *fold = calloc(ROWS, sizeof *fold);
  for (size_t r = 0; r < ROWS; r++) {
    fold[r] = (uint32_t)(r * r % 7) % FOLDS;
    m->weight[r] = r % 5 == 0 ? 0 : 0.5 + (double)(r % 3);
  }
  churn_fold_map map = {fold, FOLDS};
  churn_fold_sums sums[FOLDS], one[FOLDS];
  churn_fold_look look = {NULL, COLUMNS, b};
  churn_error error;
  churn_run single = {.threads = 1}, three = {.threads = 3};
  assert_ok(churn_fold_sums_read(m, &map, &look, 1, true, &three, sums, &error), &error);
  assert_ok(churn_fold_sums_read(m, &map, &look, 1, true, &single, one, &error), &error);
  for (uint32_t f = 0; f < FOLDS; f++) {
    check_sums(m, fold, f, b, &sums[f]);
    assert_memory_equal(sums[f].likelihood, one[f].likelihood,
                        churn_kernel_sums(COLUMNS) * sizeof(double));
    assert_memory_equal(sums[f].second, one[f].second, COLUMNS * sizeof(double));
  }
  churn_fold_sums_clear(one, FOLDS);
  assert_ok(churn_fold_sums_read(m, &map, &look, 1, false, &three, one, &error), &error);
  for (uint32_t f = 0; f < FOLDS; f++) {
    assert_null(one[f].first);
    assert_null(one[f].second);
    assert_true(one[f].weight == sums[f].weight && one[f].positive == sums[f].positive);
    assert_memory_equal(sums[f].likelihood, one[f].likelihood,
                        churn_kernel_sums(COLUMNS) * sizeof(double));
  }
  churn_fold_sums_clear(sums, FOLDS);
  churn_fold_sums_clear(one, FOLDS);
  free(fold);
  churn_matrix_free(m);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(customers_stay_whole_and_kinds_are_spread_evenly),
      cmocka_unit_test(a_customers_fold_depends_on_the_ids_and_the_seed_alone),
      cmocka_unit_test(too_few_customers_or_folds_are_refused),
      cmocka_unit_test(the_sums_of_each_fold_are_those_of_its_rows),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
