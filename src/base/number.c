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

/* Bytes of a word as text, the first one the lowest. */
static void put_word(uint64_t word, char *text)
{
  for (int i = 0; i < 8; i++)
    text[i] = (char)(word >> 8 * i);
}

/* Eight digits, zeros in front, as such a word: halves, quarters and eighths of it at once. */
static uint64_t eight_digits(uint32_t digits)
{
  uint64_t fours = digits / 10000 | (uint64_t)(digits % 10000) << 32;
  uint64_t hundreds = (fours * 10486 >> 20) & UINT64_C(0x7F0000007F);
  uint64_t pairs = hundreds | (fours - 100 * hundreds) << 16;
  uint64_t tens = (pairs * 103 >> 10) & UINT64_C(0xF000F000F000F);
  return (tens | (pairs - 10 * tens) << 8) + UINT64_C(0x3030303030303030);
}

/* Below 10^8, without zeros in front. Returns its length. */
static size_t put_short(uint32_t digits, char *text)
{
  uint64_t word = eight_digits(digits), found = word & UINT64_C(0x0F0F0F0F0F0F0F0F);
  unsigned zeros = found == 0 ? 7 : (unsigned)__builtin_ctzll(found) / 8;
  put_word(word >> 8 * zeros, text);
  return 8 - zeros;
}

size_t churn_whole_format(uint64_t value, char text[CHURN_NUMBER_TEXT_SIZE])
{
  enum { EIGHT = 100000000 };
  if (value < EIGHT)
    return put_short((uint32_t)value, text);
  size_t length = churn_whole_format(value / EIGHT, text);
  put_word(eight_digits((uint32_t)(value % EIGHT)), text + length);
  return length + 8;
}

/* Below 10^15. */
static size_t format_whole(double value, char *text)
{
  size_t length = signbit(value) != 0;
  text[0] = '-';
  length += churn_whole_format((uint64_t)fabs(value), text + length);
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

/* digits / 10^places as text, at least one digit before the point. */
static size_t write_decimal(uint64_t digits, int places, bool negative, char *text)
{
  enum { ALL = 24, EIGHT = 100000000 };
  char all[ALL];
  size_t behind = (size_t)places, first = 0, length = negative;
  put_word(eight_digits((uint32_t)(digits / EIGHT / EIGHT)), all);
  put_word(eight_digits((uint32_t)(digits / EIGHT % EIGHT)), all + 8);
  put_word(eight_digits((uint32_t)(digits % EIGHT)), all + 16);
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

/* A double times a power of ten: (whole + rest / 2^shift), of 17 digits before the point. Whatever
 * lies within half of `five` / 2^shift of it reads back as the double, the ends too when it is
 * `even`. Powers of two, whose lower side is half as wide, are exact in the range asked for. There
 * `shift` is 1 to 46, so that a hundred times 2^shift leaves room. */
typedef struct scaled {
  uint64_t whole, rest, five;
  int shift;
  bool even;
} scaled;

/* x = mantissa * 2^exponent, so that x * 10^places = mantissa * 5^places / 2^shift. */
static scaled scale(uint64_t mantissa, int exponent, int places)
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
  wide product = (wide)mantissa * fives[places];
  uint64_t whole = (uint64_t)(product >> shift);
  uint64_t rest = (uint64_t)product & (((uint64_t)1 << shift) - 1);
  return (scaled){whole, rest, fives[places], shift, (mantissa & 1) == 0};
}

/* One of two by arithmetic: which one cannot be predicted. */
static uint64_t choose(bool which, uint64_t yes, uint64_t no)
{
  return no ^ ((no ^ yes) & (0 - (uint64_t)which));
}

/* Without the last digits, `unit` (1, 10, 100) for each of the others, which are `kept`:
 * the nearest, halves to even, as printf rounds. False where it does not read back. */
static bool shorten(const scaled *s, uint64_t kept, uint64_t unit, uint64_t *digits)
{
  uint64_t below = ((s->whole - kept * unit) << s->shift) + s->rest, all = unit << s->shift;
  bool up = (2 * below > all) | ((2 * below == all) & (kept & 1));
  uint64_t twice = 2 * choose(up, all - below, below);
  *digits = kept + up;
  return (twice < s->five) | ((twice == s->five) & s->even);
}

enum { DIGITS = 17 };

/* The shortest digits that read back, filled up with zeros to 17; *kept is how many count. One of
 * 16 or 17 is as likely as the other, so that there is no branch on it. Half of `five` / 2^shift is
 * below 2^-53 * 10^17, so below 12: few numbers may lose two digits. */
static uint64_t find_digits(const scaled *s, int *kept)
{
  uint64_t lost = s->whole % 100, digits, longest;
  if ((lost < 12 || lost >= 88) && shorten(s, s->whole / 100, 100, &digits)) {
    uint64_t all = digits * 100;
    for (*kept = DIGITS - 2; digits % 10 == 0 && *kept > 1; --*kept)
      digits /= 10;
    return all;
  }
  bool good = shorten(s, s->whole / 10, 10, &digits);
  shorten(s, s->whole, 1, &longest);
  *kept = DIGITS - good;
  return choose(good, digits * 10, longest);
}

/* 17 digits, of which `kept` count, the first one 10^magnitude, -4 to 6. The words are made in
 * registers: bytes that were just written one by one are slow to read as a word. */
static size_t write_digits(uint64_t digits, int kept, int magnitude, bool negative, char *text)
{
  static const char zeros[] = "0.000000";
  uint64_t first = eight_digits((uint32_t)(digits / 1000000000));
  uint32_t rest = (uint32_t)(digits % 1000000000);
  uint64_t second = eight_digits(rest / 10);
  char *at = text + negative;
  text[0] = '-';
  if (magnitude < 0) {
    memcpy(at, zeros, 8);
    at += 1 - magnitude;
    put_word(first, at);
  } else {
    unsigned before = 8 * (unsigned)(magnitude + 1);
    uint64_t whole = ((uint64_t)1 << before) - 1;
    put_word((first & whole) | (uint64_t)'.' << before | (first & ~whole) << 8, at);
    at[8] = (char)(first >> 56);
    at++;
  }
  put_word(second, at + 8);
  at[16] = (char)('0' + rest % 10);
  at[kept] = '\0';
  return (size_t)(at - text) + (size_t)kept;
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

/* The power of ten of the first digit of a number of everyday size, by way of that of two. */
static int find_magnitude(double size, int exponent)
{
  static const double powers[] = {1e-4, 1e-3, 1e-2, 1e-1, 1e0,  1e1,  1e2,  1e3,  1e4,  1e5,
                                  1e6,  1e7,  1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
  int magnitude = (exponent * 1233 + 20 * 4096) / 4096 - 20; /* log10 2 is nearly 1233 / 4096 */
  return magnitude + (size >= powers[magnitude + 5]);
}

/* Numbers of everyday size that are not whole, by exact arithmetic: a small part of the time of
 * printf and strtod, to the same text. 0 for others. Up to 20 places: 53 bits * 5^20 fits in 128.
 */
static size_t format_decimal(double value, char *text)
{
  double size = fabs(value);
  uint64_t bits;
  int kept;
  if (!(size >= 1e-4 && size < 1e15))
    return 0;
  memcpy(&bits, &size, sizeof bits);
  uint64_t mantissa = (bits & (((uint64_t)1 << 52) - 1)) | ((uint64_t)1 << 52);
  int exponent = (int)(bits >> 52) - 1023, magnitude = find_magnitude(size, exponent);
  int places = DIGITS - 1 - magnitude;
  scaled s = scale(mantissa, exponent - 52, places);
  uint64_t digits = find_digits(&s, &kept);
  if (magnitude < 7)
    return write_digits(digits, kept, magnitude, signbit(value), text);
  for (; kept < DIGITS; kept++, places--)
    digits /= 10;
  return write_decimal(digits, places, signbit(value), text);
}

size_t churn_number_format(double value, char text[CHURN_NUMBER_TEXT_SIZE])
{
  text[0] = '\0';
  if (isnan(value))
    return 0;
  if (fabs(value) < 1e15 && value == (double)(int64_t)value)
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
