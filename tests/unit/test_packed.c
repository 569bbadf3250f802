/* Numbers in four bytes: exact, and written as the reasons write them.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "feature/reason.h"
#include "score/packed.h"
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void check(double value, unsigned *places, churn_unpacked *rest)
{
  char expected[CHURN_NUMBER_TEXT_SIZE], text[CHURN_PACKED_TEXT_SIZE + 1];
  uint32_t packed = 0;
  assert_true(churn_pack(value, places, rest, &packed));
  double back = churn_unpack(packed, rest);
  assert_true(isnan(value) ? isnan(back) : memcmp(&back, &value, sizeof back) == 0);
  size_t length = churn_packed_text(packed, text);
  text[length] = '\0';
  churn_reason_number(value, expected);
  if (length > 0)
    assert_string_equal(text, expected);
}

/* Against the function that all reasons were written with before. */
static void test_round_trip(void **state)
{
  (void)state;
  churn_unpacked rest = {0};
  unsigned places = 0;
  uint64_t random = 7;
  static const double odd[] = {0,         NAN,       1e-7,       0.00012345, 123456789.5,
                               134217727, 1e300,     -134217728, 99995,      9999.5,
                               -1234.5,   0.1 + 0.2, 12345,      12350,      5e-5,
                               0.0001,    99999.9,   1000000,    INFINITY};
  for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++)
    check(odd[i], &places, &rest);
  for (int i = 0; i < 200000; i++) {
    random = random * UINT64_C(6364136223846793005) + 1442695040888963407u;
    int32_t whole = (int32_t)(random >> 33) >> (random >> 28 & 31);
    check((whole - (i & 1) * 5000) / pow(10, (double)(random >> 20 & 7)) + 0.0, &places, &rest);
  }
  assert_in_range(rest.count, 1, 120000);
  free(rest.values);
}

/* Most numbers of an export take the short way: by hand, "%.4g" where it has no exponent. */
static void test_texts(void **state)
{
  (void)state;
  static const struct {
    double value;
    const char *text;
  } cases[] = {{2.23, "2.23"},    {-1.98, "-1.98"},  {0, "0"},           {1234.56, "1235"},
               {99999, "100000"}, {0.5, "0.5"},      {-0.012, "-0.012"}, {79.85, "79.85"},
               {1500, "1500"},    {123456, "123500"}};
  churn_unpacked rest = {0};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    unsigned places = 2;
    uint32_t packed = 0;
    char text[CHURN_PACKED_TEXT_SIZE + 1];
    assert_true(churn_pack(cases[i].value, &places, &rest, &packed));
    text[churn_packed_text(packed, text)] = '\0';
    assert_string_equal(text, cases[i].text);
  }
  assert_int_equal(rest.count, 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      {"what is packed comes back bit by bit, and reads as a reason does", test_round_trip, NULL,
       NULL, NULL},
      {"short decimals are written by whole numbers alone", test_texts, NULL, NULL, NULL},
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
