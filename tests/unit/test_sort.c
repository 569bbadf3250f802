/* Numbers in order, against qsort.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "support.h"

#include "base/random.h"
#include "base/sort.h"

#include <math.h>
#include <stdlib.h>

enum { MOST = 3000 };

static double numbers[MOST];

static int compare(const void *left, const void *right)
{
  uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
  if (numbers[a] != numbers[b])
    return numbers[a] < numbers[b] ? -1 : 1;
  return (a > b) - (a < b);
}

/* Any bits but NaN; whole numbers with many ties; few bytes that differ; many that differ in their
 * last bits alone, beside others, in clusters of all sizes. */
static double draw(int kind, churn_random *random)
{
  union {
    uint64_t bits;
    double number;
  } any = {churn_random_next(random)};
  if (kind == 0)
    return isnan(any.number) ? INFINITY : any.number;
  double small = (double)(any.bits % 41) - 20;
  if (kind == 3)
    return (any.bits >> 20) % 3 == 0 ? small : 0.385 + 1e-16 * (double)(any.bits % 977);
  return kind == 1 ? small : 1e9 + small;
}

static void numbers_stand_in_order_and_equal_ones_as_they_came(void **state)
{
  (void)state;
  churn_random random = churn_random_stream(9, 9);
  static churn_keyed rows[2 * MOST];
  static uint32_t order[MOST];
  for (int kind = 0; kind < 4; kind++)
    for (size_t count = 0; count <= MOST; count = 3 * count + 1) {
      for (uint32_t i = 0; i < count; i++) {
        numbers[i] = i % 50 == 7 ? -0.0 : draw(kind, &random);
        rows[i] = (churn_keyed){churn_sort_key(numbers[i]), i};
        order[i] = i;
      }
      qsort(order, count, sizeof *order, compare);
      const churn_keyed *sorted = churn_sort(rows, rows + MOST, count);
      for (size_t i = 0; i < count; i++)
        assert_int_equal(sorted[i].row, order[i]);
      for (size_t i = 0; i < count; i++)
        assert_true(churn_sort_number(sorted[i].key) == numbers[order[i]]);
    }
}

static unsigned compared;

static int count_compare(const void *left, const void *right)
{
  compared++;
  return compare(left, right);
}

static void what_is_in_order_is_looked_at_once(void **state)
{
  (void)state;
  uint32_t order[6];
  for (size_t swapped = 0; swapped < 6; swapped++) {
    for (uint32_t i = 0; i < 6; i++) {
      numbers[i] = 2.385 * i;
      order[i] = i;
    }
    order[swapped] = 0;
    order[0] = (uint32_t)swapped;
    compared = 0;
    churn_sort_if_needed(order, 6, sizeof *order, count_compare);
    for (uint32_t i = 0; i < 6; i++)
      assert_int_equal(order[i], i);
    assert_true(swapped == 0 ? compared == 5 : compared > 5);
  }
  churn_sort_if_needed(order, 0, sizeof *order, count_compare);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(numbers_stand_in_order_and_equal_ones_as_they_came),
      cmocka_unit_test(what_is_in_order_is_looked_at_once)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
