/* Random streams: the published generator, and draws that are even.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "support.h"

#include "base/random.h"

#include <math.h>

/* xoshiro256** from the state 1, 2, 3, 4: the first outputs of the authors' C code
 * (https://prng.di.unimi.it/xoshiro256starstar.c), as tested by many ports. */
static void the_generator_is_the_published_one(void **state)
{
  (void)state;
  const uint64_t expected[] = {UINT64_C(11520), UINT64_C(0), UINT64_C(1509978240),
                               UINT64_C(1215971899390074240)};
  churn_random random = {{1, 2, 3, 4}};
  for (int i = 0; i < 4; i++)
    assert_true(churn_random_next(&random) == expected[i]);
}

static void streams_differ_by_seed_and_number(void **state)
{
  (void)state;
  uint64_t first[9];
  for (uint64_t seed = 0; seed < 3; seed++)
    for (uint64_t number = 0; number < 3; number++) {
      churn_random random = churn_random_stream(seed, number);
      uint64_t drawn = churn_random_next(&random);
      for (size_t i = 0; i < seed * 3 + number; i++)
        assert_true(first[i] != drawn);
      first[seed * 3 + number] = drawn;
    }
}

/* Chi-square of 7 cells on 6 degrees of freedom: above 22.46 once in a thousand. */
static void numbers_below_a_bound_are_even(void **state)
{
  (void)state;
  enum { CELLS = 7, DRAWS = 70000 };
  double counts[CELLS] = {0}, chi = 0;
  churn_random random = churn_random_stream(5, 0);
  for (int i = 0; i < DRAWS; i++) {
    uint32_t drawn = churn_random_below(&random, CELLS);
    assert_true(drawn < CELLS);
    counts[drawn]++;
  }
  for (int c = 0; c < CELLS; c++)
    chi += (counts[c] - DRAWS / CELLS) * (counts[c] - DRAWS / CELLS) / (DRAWS / CELLS);
  assert_true(chi < 22.46);
}

static void a_shuffle_holds_every_number_once(void **state)
{
  (void)state;
  enum { COUNT = 1000 };
  uint32_t order[COUNT];
  int seen[COUNT] = {0}, moved = 0;
  churn_random random = churn_random_stream(6, 0);
  churn_random_shuffle(&random, order, COUNT);
  for (uint32_t i = 0; i < COUNT; i++) {
    assert_true(order[i] < COUNT);
    seen[order[i]]++;
    moved += order[i] != i;
  }
  for (int i = 0; i < COUNT; i++)
    assert_int_equal(seen[i], 1);
  assert_true(moved > 980);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(the_generator_is_the_published_one),
                                     cmocka_unit_test(streams_differ_by_seed_and_number),
                                     cmocka_unit_test(numbers_below_a_bound_are_even),
                                     cmocka_unit_test(a_shuffle_holds_every_number_once)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
