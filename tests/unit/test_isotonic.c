/* Isotonic recalibration against all monotone step functions there are.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "fit/isotonic.h"

#include "made_up.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_GROUPS = 9, MOST_ROWS = 24, CASES = 400 };

/* Rows at logits 0, 1, …, in a random order, with ties and weights. */
typedef struct sample {
  double logits[MOST_ROWS], weights[MOST_ROWS];
  int8_t labels[MOST_ROWS];
  size_t rows, groups;
} sample;

static sample draw(uint64_t *stream, bool weighted)
{
  sample s = {.groups = 2 + (size_t)(uniform(stream) * (MOST_GROUPS - 1))};
  double steepness = uniform(stream);
  s.rows = s.groups + (size_t)(uniform(stream) * (double)(MOST_ROWS + 1 - (int)s.groups));
  for (size_t r = 0; r < s.rows; r++) {
    size_t at = r < s.groups ? r : (size_t)(uniform(stream) * (double)s.groups);
    double share = 0.5 + steepness * ((double)at / (double)(s.groups - 1) - 0.5);
    s.logits[r] = -2.385 + 0.75 * (double)at;
    s.labels[r] = uniform(stream) < share;
    s.weights[r] = weighted ? 0.25 + 2 * uniform(stream) : 1;
  }
  for (size_t r = s.rows; r-- > 1;) {
    size_t with = (size_t)(uniform(stream) * (double)(r + 1));
    sample old = s;
    s.logits[r] = old.logits[with], s.logits[with] = old.logits[r];
    s.labels[r] = old.labels[with], s.labels[with] = old.labels[r];
    s.weights[r] = old.weights[with], s.weights[with] = old.weights[r];
  }
  return s;
}

static size_t group_of(const sample *s, size_t row)
{
  return (size_t)lround((s->logits[row] + 2.385) / 0.75);
}

/* Least squares over every way to cut the groups into blocks whose shares do not fall, none 0 or 1:
 * fitted [groups]. False when there is one label only. */
static bool search(const sample *s, double *fitted)
{
  double weight[MOST_GROUPS] = {0}, positive[MOST_GROUPS] = {0}, least = INFINITY;
  for (size_t r = 0; r < s->rows; r++) {
    weight[group_of(s, r)] += s->weights[r];
    positive[group_of(s, r)] += s->labels[r] * s->weights[r];
  }
  for (unsigned cuts = 0; cuts < 1u << (s->groups - 1); cuts++) {
    double values[MOST_GROUPS], loss = 0, last = 0;
    bool good = true;
    for (size_t first = 0, end; first < s->groups && good; first = end) {
      double w = 0, p = 0;
      for (end = first; end == first || (end < s->groups && !(cuts >> (end - 1) & 1)); end++) {
        w += weight[end];
        p += positive[end];
      }
      double share = p / w;
      good = share > 0 && share < 1 - 1e-12 && share >= last;
      last = share;
      for (size_t g = first; g < end; g++) {
        values[g] = share;
        loss += positive[g] * (1 - share) * (1 - share) + (weight[g] - positive[g]) * share * share;
      }
    }
    if (good && loss < least - 1e-12) {
      least = loss;
      memcpy(fitted, values, sizeof values);
    }
  }
  return isfinite(least);
}

static double at_knot(const churn_knot *knots, size_t count, double logit)
{
  size_t i = 0;
  while (i + 1 < count && knots[i + 1].logit <= logit)
    i++;
  return knots[i].probability;
}

static void compare(const sample *s, bool weighted)
{
  churn_logit_rows rows = {s->rows, s->logits, s->labels, weighted ? s->weights : NULL,
                           false,   NULL};
  churn_knot *knots = NULL;
  churn_error error = {0};
  double fitted[MOST_GROUPS];
  size_t count = 0;
  uint32_t *order = churn_logit_order(&rows);
  assert_non_null(order);
  churn_status status = churn_isotonic_fit(&rows, order, NULL, 0, &knots, &count, &error);
  free(order);
  if (!search(s, fitted)) {
    assert_int_equal(status, CHURN_DEGENERATE);
    return;
  }
  assert_ok(status, &error);
  double mean = 0, share = 0;
  for (size_t r = 0; r < s->rows; r++) {
    double probability = at_knot(knots, count, s->logits[r]);
    assert_close(probability, fitted[group_of(s, r)], 1e-12, 0);
    mean += s->weights[r] * probability;
    share += s->weights[r] * s->labels[r];
  }
  assert_close(mean, share, 1e-12, 0);
  for (size_t i = 1; i < count; i++)
    assert_true(knots[i].logit > knots[i - 1].logit &&
                knots[i].probability >= knots[i - 1].probability);
  free(knots);
}

static void it_is_the_best_of_all_monotone_step_functions(void **state)
{
  (void)state;
  uint64_t stream = 20261121;
  for (int i = 0; i < CASES; i++) {
    sample s = draw(&stream, i % 2 == 1);
    compare(&s, i % 2 == 1);
  }
}

/* By hand: 0 0 | 1 | 0 | 1 0 1 | 1 at logits 1, 1, 2, 3, 4, 4, 5, 6. Up to the lowest churner, at
 * 2: one of three; 3: none of one, so joined: 1/4; 4: 1/2; from the highest stayer, at 4, on, one
 * group: 3 of 4. */
static void ends_are_joined_until_none_is_certain(void **state)
{
  (void)state;
  const double logits[] = {1, 1, 2, 3, 4, 4, 5, 6};
  const int8_t labels[] = {0, 0, 1, 0, 1, 0, 1, 1};
  churn_logit_rows rows = {8, logits, labels, NULL, false, NULL};
  churn_knot *knots = NULL;
  churn_error error = {0};
  size_t count = 0;
  uint32_t *order = churn_logit_order(&rows);
  assert_ok(churn_isotonic_fit(&rows, order, NULL, 0, &knots, &count, &error), &error);
  assert_int_equal(count, 4);
  const churn_knot expected[] = {{1, 0.25}, {3, 0.25}, {4, 0.75}, {6, 0.75}};
  for (size_t i = 0; i < 4; i++) {
    assert_close(knots[i].logit, expected[i].logit, 0, 0);
    assert_close(knots[i].probability, expected[i].probability, 1e-15, 0);
  }
  free(knots);
  free(order);
}

/* A fold left out, and rows of weight 0: as if they were not there. */
static void left_out_rows_do_not_count(void **state)
{
  (void)state;
  uint64_t stream = 7;
  churn_error error = {0};
  for (int i = 0; i < 50; i++) {
    sample s = draw(&stream, true), kept = {0};
    uint32_t fold[MOST_ROWS];
    for (size_t r = 0; r < s.rows; r++) {
      fold[r] = r % 3 == 1;
      s.weights[r] = r % 5 == 3 ? 0 : s.weights[r];
      if (fold[r] == 1 || !(s.weights[r] > 0))
        continue;
      kept.logits[kept.rows] = s.logits[r];
      kept.labels[kept.rows] = s.labels[r];
      kept.weights[kept.rows++] = s.weights[r];
    }
    churn_logit_rows all = {s.rows, s.logits, s.labels, s.weights, false, NULL};
    churn_logit_rows part = {kept.rows, kept.logits, kept.labels, kept.weights, false, NULL};
    churn_fold_map map = {fold, 2};
    churn_knot *a = NULL, *b = NULL;
    size_t na = 0, nb = 0;
    uint32_t *order = churn_logit_order(&all), *other = churn_logit_order(&part);
    churn_status left = churn_isotonic_fit(&all, order, &map, 1, &a, &na, &error);
    churn_status right = churn_isotonic_fit(&part, other, NULL, 0, &b, &nb, &error);
    assert_int_equal(left, right);
    assert_int_equal(na, nb);
    if (na > 0)
      assert_memory_equal(a, b, na * sizeof *a);
    free(a);
    free(b);
    free(order);
    free(other);
  }
}

static void one_label_only_is_degenerate(void **state)
{
  (void)state;
  const double logits[] = {0.5, 1.5};
  const int8_t labels[] = {1, 1};
  churn_logit_rows rows = {2, logits, labels, NULL, false, NULL};
  churn_knot *knots = NULL;
  size_t count = 0;
  uint32_t *order = churn_logit_order(&rows);
  assert_int_equal(churn_isotonic_fit(&rows, order, NULL, 0, &knots, &count, NULL),
                   CHURN_DEGENERATE);
  assert_null(knots);
  free(order);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(it_is_the_best_of_all_monotone_step_functions),
      cmocka_unit_test(ends_are_joined_until_none_is_certain),
      cmocka_unit_test(left_out_rows_do_not_count),
      cmocka_unit_test(one_label_only_is_degenerate),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
