/* A customer's rows by day, those of a day as they were: in order already, nearly so (rows that
 * were added), the other way round, and anyhow.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "history/day_order.h"

#include "base/random.h"
#include "support.h"

enum { BEFORE = 3, MOST = 400 };

static churn_day days[BEFORE + MOST + 1];
static uint32_t codes[BEFORE + MOST + 1], order[MOST];
static double numbers[BEFORE + MOST + 1], spare[MOST];

static churn_day draw_day(int form, uint32_t row, uint32_t count, churn_random *random)
{
  churn_day any = (churn_day)(churn_random_next(random) % 50);
  churn_day rising = (churn_day)(row / 3);
  switch (form) {
  case 0:
    return rising;
  case 1:
    return row + 2 < count ? rising : any; /* two rows came later */
  case 2:
    return (churn_day)(count - row);
  case 3:
    return row % 40 == 39 ? rising - any : rising; /* some moves too many */
  default:
    return any;
  }
}

static void rows_stand_by_day_and_as_they_were(void **state)
{
  (void)state;
  churn_random random = churn_random_stream(5, 9);
  const churn_column columns[] = {{.days = days}, {.codes = codes}, {.numbers = numbers}};
  for (int form = 0; form < 5; form++)
    for (uint32_t count = 0; count <= MOST; count = count * 5 / 4 + 1) {
      churn_day given[MOST];
      for (uint32_t row = 0; row < count; row++) {
        given[row] = days[BEFORE + row] = draw_day(form, row, count, &random);
        codes[BEFORE + row] = row;
        numbers[BEFORE + row] = row + 0.385;
      }
      days[BEFORE - 1] = days[BEFORE + count] = 7; /* another's rows stay as they are */
      churn_rows_order(days, columns, 3, BEFORE, count, order, spare);
      assert_int_equal(days[BEFORE - 1], 7);
      assert_int_equal(days[BEFORE + count], 7);
      for (uint32_t row = 0; row < count; row++) {
        size_t at = BEFORE + row;
        assert_int_equal(days[at], given[codes[at]]);
        assert_true(numbers[at] == codes[at] + 0.385);
        if (row > 0)
          assert_true(days[at - 1] < days[at] ||
                      (days[at - 1] == days[at] && codes[at - 1] < codes[at]));
      }
    }
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(rows_stand_by_day_and_as_they_were)};
  return cmocka_run_group_tests_name("day_order", tests, NULL, NULL);
}
