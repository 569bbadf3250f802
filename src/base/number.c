/* Numbers to text and back. The C locale is made once per process and only ever read after that.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/number.h"

#include <fenv.h>
#include <float.h>
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Longer texts go through the heap. */
enum { LOCAL_SIZE = 128 };

static locale_t c_locale;
static pthread_once_t c_locale_once = PTHREAD_ONCE_INIT;

static void make_c_locale(void)
{
  c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

static locale_t the_c_locale(void)
{
  pthread_once(&c_locale_once, make_c_locale);
  return c_locale;
}

static bool is_digit(char byte)
{
  return byte >= '0' && byte <= '9';
}

/* Copies text to plain form (point for decimal mark, no thousands marks), checking the grammar on
 * the way. */
static bool make_plain(const char *text, size_t length, char decimal, char thousands, char *plain)
{
  size_t at = 0, out = 0, digits = 0, group = 0;
  bool grouped = false;
  if (at < length && (text[at] == '-' || text[at] == '+'))
    plain[out++] = text[at++];
  for (; at < length; at++) {
    if (is_digit(text[at])) {
      plain[out++] = text[at];
      digits++;
      group++;
    } else if (thousands != 0 && text[at] == thousands) {
      if (grouped ? group != 3 : group < 1 || group > 3)
        return false;
      grouped = true;
      group = 0;
    } else {
      break;
    }
  }
  if (grouped && group != 3)
    return false;
  if (at < length && text[at] == decimal) {
    plain[out++] = '.';
    for (at++; at < length && is_digit(text[at]); at++, digits++)
      plain[out++] = text[at];
  }
  if (digits == 0)
    return false;
  if (at < length && (text[at] == 'e' || text[at] == 'E')) {
    plain[out++] = text[at++];
    if (at < length && (text[at] == '-' || text[at] == '+'))
      plain[out++] = text[at++];
    if (at == length)
      return false;
    for (; at < length && is_digit(text[at]); at++)
      plain[out++] = text[at];
  }
  plain[out] = '\0';
  return at == length && (is_digit(plain[out - 1]) || plain[out - 1] == '.');
}

/* Up to 15 digits and a power of ten up to 22 are exact in a double, so one division rounds
 * correctly (Clinger 1990). */
static bool parse_short(const char *text, size_t length, double *value)
{
  static const double powers[] = {1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                  1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
  if (length == 0 || length > 16)
    return false;
  size_t at = text[0] == '-';
  uint64_t digits = 0;
  size_t count = 0, fraction = 0;
  bool point = false;
  for (; at < length; at++) {
    if (is_digit(text[at])) {
      digits = digits * 10 + (uint64_t)(text[at] - '0');
      count++;
      fraction += point;
    } else if (text[at] == '.' && !point) {
      point = true;
    } else {
      return false;
    }
  }
  if (count == 0 || count > 15)
    return false;
  double magnitude = (double)digits / powers[fraction];
  *value = text[0] == '-' ? -magnitude : magnitude;
  return true;
}

bool churn_number_parse(const char *text, size_t length, char decimal, char thousands,
                        double *value)
{
  if (decimal == '.' && parse_short(text, length, value))
    return true;
  char local[LOCAL_SIZE];
  char *plain = length < LOCAL_SIZE ? local : malloc(length + 1);
  bool good = plain != NULL && make_plain(text, length, decimal, thousands, plain);
  if (good) {
    double read = strtod_l(plain, NULL, the_c_locale());
    good = isfinite(read);
    if (good)
      *value = read;
  }
  if (plain != local)
    free(plain);
  return good;
}

static size_t print_in_c_locale(char *text, const char *format, int precision, double value)
{
  locale_t before = uselocale(the_c_locale());
  int length = snprintf(text, CHURN_NUMBER_TEXT_SIZE, format, precision, value);
  uselocale(before);
  return length < 0                         ? 0
         : length >= CHURN_NUMBER_TEXT_SIZE ? CHURN_NUMBER_TEXT_SIZE - 1
                                            : (size_t)length;
}

static size_t format_whole(double value, char *text)
{
  char reversed[24];
  size_t count = 0, length = 0;
  uint64_t rest = (uint64_t)fabs(value);
  do {
    reversed[count++] = (char)('0' + rest % 10);
    rest /= 10;
  } while (rest > 0);
  if (signbit(value))
    text[length++] = '-';
  while (count > 0)
    text[length++] = reversed[--count];
  text[length] = '\0';
  return length;
}

static bool reads_back(const char *text, double value)
{
  return strtod_l(text, NULL, the_c_locale()) == value;
}

/* Doubles lie closer together below a power of two than above it, so there (and only there) the
 * nearest text may miss it where one further away from zero does not. */
static bool is_power_of_two(double value)
{
  int exponent;
  return fabs(frexp(value, &exponent)) == 0.5;
}

static size_t print_away_from_zero(char *text, int precision, double value)
{
  int before = fegetround();
  fesetround(value > 0 ? FE_UPWARD : FE_DOWNWARD);
  size_t length = print_in_c_locale(text, "%.*g", precision, value);
  fesetround(before);
  return length;
}

__extension__ typedef unsigned __int128 wide;

/* Eight digits, zeros in front. */
static void write_eight(uint32_t digits, char *text)
{
  static const char pairs[] = "00010203040506070809101112131415161718192021222324"
                              "25262728293031323334353637383940414243444546474849"
                              "50515253545556575859606162636465666768697071727374"
                              "75767778798081828384858687888990919293949596979899";
  uint32_t high = digits / 10000, low = digits % 10000;
  memcpy(text, pairs + 2 * (high / 100), 2);
  memcpy(text + 2, pairs + 2 * (high % 100), 2);
  memcpy(text + 4, pairs + 2 * (low / 100), 2);
  memcpy(text + 6, pairs + 2 * (low % 100), 2);
}

/* digits / 10^places as text, at least one digit before the point. */
static size_t write_decimal(uint64_t digits, int places, bool negative, char *text)
{
  enum { ALL = 24, EIGHT = 100000000 };
  char all[ALL];
  size_t behind = (size_t)places, first = 0, length = negative;
  write_eight((uint32_t)(digits / EIGHT / EIGHT), all);
  write_eight((uint32_t)(digits / EIGHT % EIGHT), all + 8);
  write_eight((uint32_t)(digits % EIGHT), all + 16);
  while (first + 1 + behind < ALL && all[first] == '0')
    first++;
  if (negative)
    text[0] = '-';
  memcpy(text + length, all + first, ALL - behind - first);
  length += ALL - behind - first;
  if (places > 0) {
    text[length++] = '.';
    memcpy(text + length, all + ALL - behind, behind);
  }
  length += behind;
  text[length] = '\0';
  return length;
}

/* *digits / 10^places is the nearest of its kind to x = mantissa * 2^exponent, halves to even, as
 * printf rounds: x * 10^places = product / 2^shift with product = mantissa * 5^places. False where
 * it lies outside of what reads back as x, half of 5^places to either side of the product (the ends
 * belong to it when the mantissa is even). Powers of two, whose lower side is half as wide, are
 * exact in the range asked for. */
static bool round_decimal(uint64_t mantissa, int exponent, int places, uint64_t *digits)
{
  static const uint64_t fives[] = {1u,
                                   5u,
                                   25u,
                                   125u,
                                   625u,
                                   3125u,
                                   15625u,
                                   78125u,
                                   390625u,
                                   1953125u,
                                   9765625u,
                                   48828125u,
                                   244140625u,
                                   1220703125u,
                                   6103515625u,
                                   30517578125u,
                                   152587890625u,
                                   762939453125u,
                                   3814697265625u,
                                   19073486328125u,
                                   95367431640625u};
  int shift = -exponent - places;
  wide product = (wide)mantissa * fives[places], whole = product >> shift;
  wide rest = product - (whole << shift), half = (wide)1 << (shift - 1);
  bool up = rest > half || (rest == half && (whole & 1) == 1);
  wide twice = 2 * (up ? (half << 1) - rest : rest);
  *digits = (uint64_t)whole + up;
  return twice < fives[places] || (twice == fives[places] && (mantissa & 1) == 0);
}

/* Sums of money and other numbers of one or two places, most of those that are not whole; 0 for
 * others. A text of at most 15 digits that reads back is the only one, so it is the one that
 * format_decimal finds. */
static size_t format_hundredths(double value, char *text)
{
  double size = fabs(value), hundredths = size * 100;
  if (!(size >= 0.01 && hundredths < 1e15))
    return 0;
  uint64_t digits = (uint64_t)(hundredths + 0.5);
  if ((double)digits / 100 != size)
    return 0;
  bool tenths = digits % 10 == 0;
  return write_decimal(tenths ? digits / 10 : digits, tenths ? 1 : 2, signbit(value), text);
}

/* Numbers of everyday size that are not whole, by exact arithmetic: a tenth of the time of printf
 * and strtod, to the same text. 0 for others. Up to 20 places: 53 bits * 5^20 fits in 128. */
static size_t format_decimal(double value, char *text)
{
  static const double powers[] = {1e-3, 1e-2, 1e-1, 1e0, 1e1,  1e2,  1e3,  1e4,  1e5,
                                  1e6,  1e7,  1e8,  1e9, 1e10, 1e11, 1e12, 1e13, 1e14};
  double size = fabs(value);
  int magnitude = -4;
  uint64_t bits, digits = 0;
  if (!(size >= 1e-4 && size < 1e15))
    return 0;
  while (magnitude < 14 && size >= powers[magnitude + 4])
    magnitude++;
  memcpy(&bits, &size, sizeof bits);
  uint64_t mantissa = (bits & (((uint64_t)1 << 52) - 1)) | ((uint64_t)1 << 52);
  int exponent = (int)(bits >> 52) - 1075, places = 14 - magnitude;
  while (!round_decimal(mantissa, exponent, places, &digits))
    places++;
  for (; places > 0 && digits % 10 == 0; places--)
    digits /= 10;
  return write_decimal(digits, places, signbit(value), text);
}

size_t churn_number_format(double value, char text[CHURN_NUMBER_TEXT_SIZE])
{
  text[0] = '\0';
  if (isnan(value))
    return 0;
  if (fabs(value) < 1e15 && value == trunc(value))
    return format_whole(value, text);
  size_t length = format_hundredths(value, text);
  if (length == 0)
    length = format_decimal(value, text);
  if (length > 0)
    return length;
  /* 15 digits always survive text-double-text, so fewer can only be right when %.15g already drops
   * zeros; subnormals hold fewer. */
  for (int precision = fabs(value) < DBL_MIN ? 1 : 15; precision <= 17; precision++) {
    length = print_in_c_locale(text, "%.*g", precision, value);
    if (reads_back(text, value))
      break;
    if (precision == 16 && is_power_of_two(value)) {
      length = print_away_from_zero(text, precision, value);
      if (reads_back(text, value))
        break;
    }
  }
  return length;
}

size_t churn_number_format_fixed(double value, int digits, char text[CHURN_NUMBER_TEXT_SIZE])
{
  size_t length = print_in_c_locale(text, "%.*f", digits, value);
  return length < CHURN_NUMBER_TEXT_SIZE - 1 ? length : churn_number_format(value, text);
}

bool churn_whole_parse(const char *text, size_t length, uint64_t *value)
{
  uint64_t read = 0;
  if (length == 0)
    return false;
  for (size_t i = 0; i < length; i++) {
    if (!is_digit(text[i]))
      return false;
    uint64_t digit = (uint64_t)(text[i] - '0');
    if (read > (UINT64_MAX - digit) / 10)
      return false;
    read = read * 10 + digit;
  }
  *value = read;
  return true;
}
