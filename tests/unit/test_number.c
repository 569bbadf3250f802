/* Numbers to text and back. Shortest texts are Python's repr.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/number.h"
#include "support.h"

#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void assert_reads(const char *text, char decimal, char thousands, double expected)
{
  double value = -7.25;
  if (!churn_number_parse(text, strlen(text), decimal, thousands, &value))
    fail_msg("\"%s\" is not read", text);
  if (value != expected || signbit(value) != signbit(expected))
    fail_msg("\"%s\" is read as %.17g, expected %.17g", text, value, expected);
}

static void assert_refused(const char *text, char decimal, char thousands)
{
  double value = -7.25;
  if (churn_number_parse(text, strlen(text), decimal, thousands, &value))
    fail_msg("\"%s\" is read as %.17g", text, value);
  assert_true(value == -7.25);
}

static void decimal_numbers_are_read(void **state)
{
  (void)state;
  assert_reads("0", '.', 0, 0.0);
  assert_reads("-0", '.', 0, -0.0);
  assert_reads("+12.5", '.', 0, 12.5);
  assert_reads("007", '.', 0, 7);
  assert_reads(".5", '.', 0, 0.5);
  assert_reads("5.", '.', 0, 5);
  assert_reads("2.385", '.', 0, 2.385);
  assert_reads("1e3", '.', 0, 1000);
  assert_reads("-1.5E-3", '.', 0, -0.0015);
  assert_reads("123456789012345", '.', 0, 123456789012345.0);
  assert_reads("1.7976931348623157e308", '.', 0, DBL_MAX);
  assert_reads("4.9406564584124654e-324", '.', 0, DBL_TRUE_MIN);
  assert_reads("1e-400", '.', 0, 0.0);
}

/* Half-way cases and long texts; expected values as the compiler reads them. */
static void long_texts_are_rounded_correctly(void **state)
{
  char digits[400];
  (void)state;
  assert_reads("9007199254740993", '.', 0, 9007199254740992.0);
  assert_reads("9007199254740993.00000000000000000000000000001", '.', 0, 9007199254740994.0);
  assert_reads("0.1000000000000000055511151231257827021181583404541015625", '.', 0, 0.1);
  assert_reads("2.2250738585072011e-308", '.', 0, 2.2250738585072011e-308);
  memset(digits, '0', sizeof digits);
  memcpy(digits, "0.", 2);
  digits[350] = '7';
  digits[351] = 'e';
  memcpy(digits + 352, "349", 4);
  assert_reads(digits, '.', 0, 7);
}

static void other_marks_are_read_and_the_groups_are_checked(void **state)
{
  (void)state;
  assert_reads("1,5", ',', 0, 1.5);
  assert_reads("1.234.567,89", ',', '.', 1234567.89);
  assert_reads("1,234.5", '.', ',', 1234.5);
  assert_reads("-12'345", '.', '\'', -12345);
  assert_reads("1 000 000", '.', ' ', 1e6);
  assert_reads("1234,5", ',', '.', 1234.5);
  assert_refused("1.5", ',', 0);
  assert_refused("1,5", '.', 0);
  assert_refused("1,5", '.', ',');
  assert_refused("1.23.456", ',', '.');
  assert_refused("1234.567", ',', '.');
  assert_refused(".123", ',', '.');
  assert_refused("1,234,", '.', ',');
  assert_refused("1,,234", '.', ',');
  assert_refused("1.5,000", '.', ',');
}

static void what_is_no_number_is_refused(void **state)
{
  static const char *const cases[] = {
      "",    "-",     "+",    ".",   "e5",   "1e",  "1e+",      "1e5.5", "--1",    "+-1",   " 1",
      "1 ",  "1_000", "0x1F", "inf", "-inf", "nan", "NaN",      "1e999", "-1e400", "1.2.3", "1a",
      "one", "1,000", "٣",    "1d",  "1e5e", "1.e", "infinity", "1\t",   "\n"};
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
    assert_refused(cases[i], '.', 0);
}

static void only_the_given_length_is_read(void **state)
{
  double value = 0;
  (void)state;
  assert_true(churn_number_parse("12345", 3, '.', 0, &value));
  assert_true(value == 123);
  assert_false(churn_number_parse("1\0002", 3, '.', 0, &value));
}

static void assert_written(double value, const char *expected)
{
  char text[CHURN_NUMBER_TEXT_SIZE];
  size_t length = churn_number_format(value, text);
  assert_string_equal(text, expected);
  assert_int_equal(length, strlen(expected));
}

static void numbers_are_written_shortest(void **state)
{
  (void)state;
  assert_written(0.1, "0.1");
  assert_written(0.1 + 0.2, "0.30000000000000004");
  assert_written(1.0 / 3, "0.3333333333333333");
  assert_written(2.385, "2.385");
  assert_written(-4.35, "-4.35");
  assert_written(100, "100");
  assert_written(-0.0, "-0");
  assert_written(123456789012345.0, "123456789012345");
  assert_written(999999999999999.0, "999999999999999");
  assert_written(1e15, "1e+15");
  assert_written(1e23, "1e+23");
  assert_written(DBL_MAX, "1.7976931348623157e+308");
  assert_written(DBL_MIN, "2.2250738585072014e-308");
  assert_written(DBL_TRUE_MIN, "5e-324");
  assert_written(NAN, "");
}

/* Half the gap below a power of two is half of that above: %.16g of these three misses them, and a
 * text of 16 digits that does not exists. */
static void powers_of_two_are_written_shortest(void **state)
{
  (void)state;
  assert_written(0x1p-44, "5.684341886080802e-14");
  assert_written(-0x1p-44, "-5.684341886080802e-14");
  assert_written(0x1p89, "6.189700196426902e+26");
  assert_written(0x1p976, "6.386688990511104e+293");
}

/* splitmix64 (Steele, Lea, Flood 2014). */
static uint64_t next_random(uint64_t *seed)
{
  uint64_t z = (*seed += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

static void assert_round_trip(uint64_t bits)
{
  char text[CHURN_NUMBER_TEXT_SIZE];
  double value, back = 0;
  memcpy(&value, &bits, sizeof value);
  if (!isfinite(value))
    return;
  size_t length = churn_number_format(value, text);
  uint64_t read = 0;
  bool good = length < CHURN_NUMBER_TEXT_SIZE && churn_number_parse(text, length, '.', 0, &back);
  memcpy(&read, &back, sizeof read);
  if (!good || read != bits)
    fail_msg("%a is written as \"%s\" and read as %a", value, text, back);
}

/* The C library's %.Ng with the least N that reads back. */
static void short_decimals_are_written_as_the_c_library_does(void **state)
{
  uint64_t seed = 19970306;
  (void)state;
  for (int i = 0; i < 100000; i++) {
    static const double powers[] = {10, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7};
    double value = (double)(int64_t)(next_random(&seed) >> (12 + next_random(&seed) % 40)) /
                   powers[next_random(&seed) % 7];
    char expected[64];
    int digits = 1;
    do
      snprintf(expected, sizeof expected, "%.*g", digits, i % 3 == 0 ? -value : value);
    while (strtod(expected, NULL) != (i % 3 == 0 ? -value : value) && digits++ < 17);
    if (value < 1e9 && value >= 1e-4 && strchr(expected, 'e') == NULL)
      assert_written(i % 3 == 0 ? -value : value, expected);
  }
}

static void random_bits_come_back_the_same(void **state)
{
  uint64_t seed = 20240229;
  (void)state;
  for (int i = 0; i < 200000; i++)
    assert_round_trip(next_random(&seed));
  for (int i = 0; i < 20000; i++) /* subnormals */
    assert_round_trip(next_random(&seed) >> 12 >> (i % 52));
  for (int i = 0; i < 20000; i++) { /* short decimals */
    double value = (double)(next_random(&seed) % 1000000) / 1000;
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    assert_round_trip(bits);
  }
  for (uint64_t exponent = 1; exponent < 2047; exponent++) /* powers of two and neighbours */
    for (uint64_t off = 0; off < 3; off++)
      assert_round_trip((exponent << 52) + off - 1);
}

/* The first of printf's 15, 16 and 17 digits that strtod reads back; the C library is the judge of
 * the exact arithmetic that takes its place for numbers of everyday size. */
static void assert_as_printed(double value)
{
  char text[CHURN_NUMBER_TEXT_SIZE], expected[400];
  int digits = 15;
  do
    snprintf(expected, sizeof expected, "%.*g", digits++, value);
  while (strtod(expected, NULL) != value);
  size_t length = churn_number_format(value, text);
  if (strcmp(text, expected) != 0 || length != strlen(text))
    fail_msg("%a is written as \"%s\", printf has \"%s\"", value, text, expected);
}

static void everyday_numbers_are_written_as_printf_has_them(void **state)
{
  uint64_t seed = 20260301;
  (void)state;
  for (int i = 0; i < 100000; i++) { /* ratios, as means are */
    uint64_t a = next_random(&seed) >> (next_random(&seed) % 60);
    assert_as_printed((double)(a % 100000000) / (double)(1 + next_random(&seed) % 5000));
  }
  for (int i = 0; i < 100000; i++) { /* any bits from 2^-15 to 2^51: past both ends of the range */
    uint64_t bits = ((1008 + next_random(&seed) % 66) << 52) | (next_random(&seed) >> 12);
    double value;
    memcpy(&value, &bits, sizeof value);
    if (value < 1e15)
      assert_as_printed(i % 2 == 0 ? value : -value);
  }
  for (int i = 0; i < 50000; i++) { /* decimals and their neighbours */
    static const double powers[] = {1e1, 1e2, 1e3, 1e4, 1e6, 1e9, 1e12, 1e15};
    double value = (double)(next_random(&seed) % 10000000) / powers[i % 8];
    if (value >= 1e-4) {
      assert_as_printed(value);
      assert_as_printed(nextafter(value, INFINITY));
    }
  }
  for (int exponent = -15; exponent < 50; exponent++) { /* powers of two and neighbours */
    assert_as_printed(ldexp(1, exponent));
    assert_as_printed(nextafter(ldexp(1, exponent), 0));
    assert_as_printed(nextafter(ldexp(1, exponent), INFINITY));
  }
  for (int exponent = -4; exponent < 15; exponent++) { /* round-up to the next power of ten */
    double ten =
        strtod((char[]){'1', 'e', (char)(exponent < 0 ? '-' : '+'),
                        (char)('0' + abs(exponent) / 10), (char)('0' + abs(exponent) % 10), '\0'},
               NULL);
    assert_as_printed(ten);
    assert_as_printed(nextafter(ten, 0));
    assert_as_printed(nextafter(ten, INFINITY));
  }
}

static void fixed_digits_are_rounded_and_never_cut(void **state)
{
  char text[CHURN_NUMBER_TEXT_SIZE];
  (void)state;
  assert_int_equal(churn_number_format_fixed(2.385, 2, text), 4);
  assert_string_equal(text, "2.38"); /* 2.385 is 2.38499999999999978… */
  churn_number_format_fixed(-0.0625, 3, text);
  assert_string_equal(text, "-0.062");
  churn_number_format_fixed(1234567.891, 1, text);
  assert_string_equal(text, "1234567.9");
  churn_number_format_fixed(2.5e40, 2, text);
  assert_string_equal(text, "2.5e+40");
}

static void whole_numbers_are_digits_only(void **state)
{
  static const char *const bad[] = {
      "", "-1", "+1", " 1", "1 ", "1.0", "18446744073709551616", "1e3", "99999999999999999999"};
  uint64_t value = 5;
  (void)state;
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
    assert_false(churn_whole_parse(bad[i], strlen(bad[i]), &value));
  assert_int_equal(value, 5);
  assert_true(churn_whole_parse("18446744073709551615", 20, &value));
  assert_true(value == UINT64_MAX);
  assert_true(churn_whole_parse("000420", 5, &value));
  assert_int_equal(value, 42);
}

/* A locale with a decimal comma: one that is installed, or made by localedef for this test. */
static const char *comma_locale(void)
{
  static const char *const names[] = {"de_DE.UTF-8", "de_DE.utf8",  "fr_FR.UTF-8",
                                      "ru_RU.UTF-8", "pt_BR.UTF-8", "de_DE"};
  char command[2048];
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    if (setlocale(LC_ALL, names[i]) != NULL)
      return names[i];
  snprintf(command, sizeof command,
           "localedef -c -i de_DE -f UTF-8 '%s/de_DE.UTF-8' > '%s/log' 2>&1", scratch_path(""),
           scratch_path(""));
  if (system(command) != 0)
    return NULL;
  setenv("LOCPATH", scratch_path(""), 1);
  return setlocale(LC_ALL, "de_DE.UTF-8");
}

static void the_locale_changes_nothing(void **state)
{
  char text[32];
  (void)state;
  scratch_make();
  const char *name = comma_locale();
  if (name == NULL) {
    scratch_remove();
    print_message("no locale with a decimal comma is installed, and localedef cannot make one\n");
    skip();
  }
  snprintf(text, sizeof text, "%.1f", 0.5);
  assert_string_equal(text, "0,5"); /* the locale really has a comma */
  assert_written(2.385, "2.385");
  assert_written(1e-7, "1e-07");
  assert_reads("0.1000000000000000055", '.', 0, 0.1);
  assert_refused("0,1", '.', 0);
  churn_number_format_fixed(12.25, 1, text);
  assert_string_equal(text, "12.2");
  snprintf(text, sizeof text, "%.1f", 0.5);
  assert_string_equal(text, "0,5"); /* and the caller still has it */
  setlocale(LC_ALL, "C");
  scratch_remove();
}

/* Random texts over few bytes against the parser of all: what is taken has the same bits, and every
 * short plain decimal is taken. */
static void words_are_read_as_texts_are(void **state)
{
  (void)state;
  static const char bytes[] = "01234567899.-5+e ";
  uint64_t random = 3;
  size_t taken = 0;
  for (int i = 0; i < 400000; i++) {
    char text[16];
    size_t length = 1 + (size_t)i % 9;
    for (size_t k = 0; k < sizeof text; k++) {
      random = random * UINT64_C(6364136223846793005) + 1442695040888963407u;
      text[k] = bytes[(random >> 40) % (i % 2 == 0 ? 13 : sizeof bytes - 1)];
    }
    double word = 2.385, parsed = 1.7;
    bool good = churn_number_parse(text, length, '.', 0, &parsed);
    bool plain = good && length <= 8 && text[0] != '+' && memchr(text, 'e', length) == NULL;
    bool read = churn_number_parse_word(text, length, &word);
    assert_int_equal(read, plain);
    assert_memory_equal(&word, read ? &parsed : &(double){2.385}, sizeof word);
    taken += read;
  }
  assert_in_range(taken, 50000, 350000);
  assert_false(churn_number_parse_word("1234567", 0, &(double){0}));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(words_are_read_as_texts_are),
      cmocka_unit_test(decimal_numbers_are_read),
      cmocka_unit_test(long_texts_are_rounded_correctly),
      cmocka_unit_test(other_marks_are_read_and_the_groups_are_checked),
      cmocka_unit_test(what_is_no_number_is_refused),
      cmocka_unit_test(only_the_given_length_is_read),
      cmocka_unit_test(numbers_are_written_shortest),
      cmocka_unit_test(powers_of_two_are_written_shortest),
      cmocka_unit_test(short_decimals_are_written_as_the_c_library_does),
      cmocka_unit_test(random_bits_come_back_the_same),
      cmocka_unit_test(everyday_numbers_are_written_as_printf_has_them),
      cmocka_unit_test(fixed_digits_are_rounded_and_never_cut),
      cmocka_unit_test(whole_numbers_are_digits_only),
      cmocka_unit_test(the_locale_changes_nothing)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
