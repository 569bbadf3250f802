/* Doubles in four bytes: 28 bits of a whole number, and how many digits of it stand behind the
 * point (or that it is the number of one kept elsewhere).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "score/packed.h"

#include "base/memory.h"

#include <math.h>
#include <string.h>

enum { PLACES_BITS = 4, MOST_PLACES = 8, ELSEWHERE = 15 };

/* Elsewhere, and nowhere: missing. */
#define MISSING UINT32_MAX

static const double most_whole = 0x1p27;
static const double powers[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8};

/* A whole number below 2^53 over a power of ten up to 22 is rounded correctly by one division. */
static bool try_places(double value, unsigned places, int32_t *whole)
{
  double scaled = value * powers[places];
  if (!(fabs(scaled) < most_whole - 1))
    return false;
  *whole = (int32_t)(scaled + copysign(0.5, scaled));
  double back = (double)*whole / powers[places];
  return memcmp(&back, &value, sizeof back) == 0;
}

static uint32_t make(int32_t whole, unsigned places)
{
  return (uint32_t)whole << PLACES_BITS | places;
}

bool churn_pack(double value, unsigned *places, churn_unpacked *rest, uint32_t *packed)
{
  int32_t whole;
  *packed = MISSING;
  if (isnan(value))
    return true;
  if (try_places(value, *places, &whole)) {
    *packed = make(whole, *places);
    return true;
  }
  for (unsigned p = 0; p <= MOST_PLACES; p++)
    if (try_places(value, p, &whole)) {
      *places = p;
      *packed = make(whole, p);
      return true;
    }
  if (rest->count >= MISSING >> PLACES_BITS ||
      !churn_array_reserve(&rest->values, &rest->capacity, rest->count + 1, sizeof *rest->values))
    return false;
  *packed = (uint32_t)rest->count << PLACES_BITS | ELSEWHERE;
  rest->values[rest->count++] = value;
  return true;
}

static int32_t whole_of(uint32_t packed)
{
  int32_t whole;
  memcpy(&whole, &packed, sizeof whole);
  return whole >> PLACES_BITS;
}

double churn_unpack(uint32_t packed, const churn_unpacked *rest)
{
  unsigned places = packed & ((1u << PLACES_BITS) - 1);
  if (packed == MISSING)
    return NAN;
  return places == ELSEWHERE ? rest->values[packed >> PLACES_BITS]
                             : (double)whole_of(packed) / powers[places];
}

/* To at most four digits; false where the dropped ones are just a half, since doubles then decide
 * which way it goes. Every other distance is far above their rounding errors. */
static bool shorten(uint32_t *size, unsigned *places)
{
  uint32_t unit = 1, zeros = 1;
  while (*size / unit >= 10000) {
    unit *= 10;
    zeros *= *places == 0 ? 10 : 1;
    *places -= *places > 0;
  }
  uint32_t rest = *size % unit;
  if (unit > 1 && 2 * rest == unit)
    return false;
  *size = (*size / unit + (2 * rest > unit)) * zeros;
  return true;
}

/* Smaller ones are written with an exponent. */
static bool is_small(uint32_t size, unsigned places)
{
  return size > 0 && size * 1e4 < powers[places];
}

size_t churn_packed_text(uint32_t packed, char text[CHURN_PACKED_TEXT_SIZE])
{
  unsigned places = packed & ((1u << PLACES_BITS) - 1), written = 0;
  int32_t whole = whole_of(packed);
  uint32_t size = whole < 0 ? 0u - (uint32_t)whole : (uint32_t)whole;
  char reversed[CHURN_PACKED_TEXT_SIZE];
  size_t count = 0, length = 0;
  if (places == ELSEWHERE || !shorten(&size, &places))
    return 0;
  for (; places > 0 && size % 10 == 0; places--)
    size /= 10;
  if (is_small(size, places))
    return 0;
  for (; size > 0 || written <= places; size /= 10) {
    if (written++ == places && places > 0)
      reversed[count++] = '.';
    reversed[count++] = (char)('0' + size % 10);
  }
  if (whole < 0)
    text[length++] = '-';
  while (count > 0)
    text[length++] = reversed[--count];
  return length;
}
