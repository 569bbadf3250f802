/* Values made narrow, and wide again.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "source/narrow.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_1 = UINT8_MAX, MOST_2 = UINT16_MAX };

/* Lowest and highest day; the width that the distances need. */
static size_t width_of_days(const churn_day *days, size_t rows, churn_day *base)
{
  churn_day low = CHURN_DAY_LAST, high = CHURN_DAY_MISSING;
  for (size_t i = 0; i < rows; i++) {
    churn_day least = days[i] == CHURN_DAY_MISSING ? low : days[i];
    low = least < low ? least : low;
    high = days[i] > high ? days[i] : high;
  }
  *base = low;
  return high == CHURN_DAY_MISSING || high - low < MOST_2 ? 2 : 4;
}

/* The number as a byte; MOST_1 for a missing one, above that for what is none. */
static inline unsigned small_whole(double number)
{
  if (isnan(number))
    return MOST_1;
  if (!(number >= 0 && number < MOST_1) || signbit(number))
    return MOST_1 + 1;
  unsigned whole = (unsigned)number;
  return (double)whole == number ? whole : MOST_1 + 1;
}

static size_t width_of_numbers(const double *numbers, size_t rows)
{
  for (size_t i = 0; i < rows; i++)
    if (small_whole(numbers[i]) > MOST_1)
      return sizeof(double);
  return 1;
}

/* Hundredths that stand for something else. */
enum { NO_HUNDREDTHS = INT16_MIN, NEGATIVE_ZERO = -INT16_MAX };

/* Amounts and rates often have two decimals: the number is then the one nearest to a whole number
 * over 100, which is what the quotient gives. */
static bool is_hundredths(double number)
{
  double whole = nearbyint(number * 100);
  return isnan(number) || (fabs(whole) < INT16_MAX && whole / 100 == number);
}

static int16_t hundredths_of(double number)
{
  if (isnan(number))
    return NO_HUNDREDTHS;
  return number == 0 && signbit(number) ? NEGATIVE_ZERO : (int16_t)nearbyint(number * 100);
}

static double of_hundredths(int16_t hundredths)
{
  if (hundredths == NO_HUNDREDTHS)
    return (double)NAN;
  return hundredths == NEGATIVE_ZERO ? -0.0 : (double)hundredths / 100;
}

static bool are_hundredths(const double *numbers, size_t rows)
{
  for (size_t i = 0; i < rows; i++)
    if (!is_hundredths(numbers[i]))
      return false;
  return true;
}

static size_t width_of(const churn_batch_column *from, size_t rows, churn_day *base)
{
  if (from->days != NULL)
    return width_of_days(from->days, rows, base);
  if (from->numbers != NULL)
    return width_of_numbers(from->numbers, rows);
  return from->levels < MOST_1 ? 1 : from->levels < MOST_2 ? 2 : 4;
}

/* One loop a kind and width: `value` (of row i) to its place in an array of `type`. */
#define STORE(type, value)                                                                         \
  {                                                                                                \
    type *stored = (type *)(void *)to->values;                                                     \
    for (size_t i = 0; i < rows && place == NULL; i++)                                             \
      stored[i] = (type)(value);                                                                   \
    for (size_t i = 0; i < rows && place != NULL; i++) {                                           \
      if (place[i] != UINT32_MAX)                                                                  \
        stored[place[i]] = (type)(value);                                                          \
    }                                                                                              \
  }

static void store_days(const churn_day *days, size_t rows, const uint32_t *place,
                       const churn_narrow *to)
{
  if (to->width == 2)
    STORE(uint16_t, days[i] == CHURN_DAY_MISSING ? MOST_2 : days[i] - to->base)
  else
    STORE(churn_day, days[i])
}

static void store_numbers(const double *numbers, size_t rows, const uint32_t *place,
                          const churn_narrow *to)
{
  if (to->width == 1)
    STORE(uint8_t, small_whole(numbers[i]))
  else if (to->width == 2)
    STORE(int16_t, hundredths_of(numbers[i]))
  else
    STORE(double, numbers[i])
}

static void store_codes(const uint32_t *codes, size_t rows, const uint32_t *place,
                        const churn_narrow *to)
{
  if (to->width == 1)
    STORE(uint8_t, codes[i])
  else if (to->width == 2)
    STORE(uint16_t, codes[i])
  else
    STORE(uint32_t, codes[i])
}

static uint64_t count_missing(const churn_batch_column *from, size_t rows)
{
  uint64_t missing = 0;
  for (size_t i = 0; i < rows; i++)
    missing += from->days != NULL      ? from->days[i] == CHURN_DAY_MISSING
               : from->numbers != NULL ? isnan(from->numbers[i]) != 0
                                       : from->codes[i] == CHURN_CODE_MISSING;
  return missing;
}

static void measure(const churn_batch_column *from, size_t rows, churn_narrow *to)
{
  *to = (churn_narrow){.values = NULL};
  if (from->days == NULL && from->numbers == NULL && from->codes == NULL)
    return;
  to->width = width_of(from, rows, &to->base);
  to->missing = count_missing(from, rows);
}

void churn_narrow_measure(const churn_batch_column *from, size_t rows, churn_narrow *to)
{
  measure(from, rows, to);
  if (from->numbers != NULL && to->width == sizeof(double) && are_hundredths(from->numbers, rows))
    to->width = 2;
}

void churn_narrow_store(const churn_batch_column *from, size_t rows, const uint32_t *place,
                        const churn_narrow *to)
{
  if (from->days != NULL)
    store_days(from->days, rows, place, to);
  else if (from->numbers != NULL)
    store_numbers(from->numbers, rows, place, to);
  else if (from->codes != NULL)
    store_codes(from->codes, rows, place, to);
}

churn_status churn_narrow_make(const churn_batch_column *from, size_t rows, const uint32_t *place,
                               size_t kept, churn_narrow *to, churn_error *error)
{
  measure(from, rows, to);
  if (to->width == 0)
    return CHURN_OK;
  to->values = malloc(kept * to->width + 1);
  if (to->values == NULL)
    return churn_error_no_memory(error);
  churn_narrow_store(from, rows, place, to);
  return CHURN_OK;
}

churn_status churn_narrow_move(const churn_narrow *from, size_t rows, const uint32_t *place,
                               size_t kept, churn_narrow *to, churn_error *error)
{
  *to = *from;
  to->borrowed = false;
  if (from->values == NULL)
    return CHURN_OK;
  to->values = malloc(kept * to->width + 1);
  if (to->values == NULL)
    return churn_error_no_memory(error);
  const void *values = from->values;
  if (to->width == 1)
    STORE(uint8_t, ((const uint8_t *)values)[i])
  else if (to->width == 2)
    STORE(uint16_t, ((const uint16_t *)values)[i])
  else if (to->width == 4)
    STORE(uint32_t, ((const uint32_t *)values)[i])
  else
    STORE(uint64_t, ((const uint64_t *)values)[i])
  return CHURN_OK;
}

/* Distances, of which the highest is a missing one, so that one more than it is 0. */
static uint64_t span_of_distances(const uint16_t *distances, size_t rows, churn_day base,
                                  churn_day *first, churn_day *last)
{
  uint16_t low = MOST_2, behind = 0;
  uint64_t missing = 0;
  for (size_t i = 0; i < rows; i++) {
    uint16_t next = (uint16_t)(distances[i] + 1);
    low = distances[i] < low ? distances[i] : low;
    behind = next > behind ? next : behind;
    missing += next == 0;
  }
  if (behind > 0) {
    *first = base + low;
    *last = base + behind - 1;
  }
  return missing;
}

uint64_t churn_narrow_days_span(const churn_narrow *days, size_t rows, churn_day *first,
                                churn_day *last)
{
  const void *values = days->values;
  if (days->width == sizeof(uint16_t))
    return span_of_distances(values, rows, days->base, first, last);
  churn_day low = CHURN_DAY_LAST, high = CHURN_DAY_MISSING;
  uint64_t missing = 0;
  for (size_t i = 0; i < rows; i++) {
    churn_day day = ((const churn_day *)values)[i];
    missing += day == CHURN_DAY_MISSING;
    low = day != CHURN_DAY_MISSING && day < low ? day : low;
    high = day > high ? day : high;
  }
  if (high != CHURN_DAY_MISSING) {
    *first = low;
    *last = high;
  }
  return missing;
}

/* One loop a kind and width: `value`, made of a stored v, to where it belongs. */
#define PLACE(type, array, value)                                                                  \
  for (size_t i = first; i < last; i++) {                                                          \
    type v = ((const type *)(const void *)from->values)[i];                                        \
    (array)[offset + (at == NULL ? i - first : at[i - first])] = (value);                          \
  }

static uint32_t remapped(uint32_t code, uint32_t missing, const uint32_t *remap)
{
  if (code == missing)
    return CHURN_CODE_MISSING;
  return remap == NULL ? code : remap[code];
}

static void place_codes(const churn_narrow *from, size_t first, size_t last, const uint32_t *at,
                        const uint32_t *remap, uint32_t *codes, size_t offset)
{
  if (from->width == 1)
    PLACE(uint8_t, codes, remapped(v, MOST_1, remap))
  else if (from->width == 2)
    PLACE(uint16_t, codes, remapped(v, MOST_2, remap))
  else
    PLACE(uint32_t, codes, remapped(v, CHURN_CODE_MISSING, remap))
}

void churn_narrow_place(const churn_narrow *from, size_t first, size_t last, const uint32_t *at,
                        const uint32_t *remap, const churn_column *to, size_t offset)
{
  if (to->codes != NULL)
    place_codes(from, first, last, at, remap, to->codes, offset);
  else if (to->days != NULL && from->width == 2)
    PLACE(uint16_t, to->days, v == MOST_2 ? CHURN_DAY_MISSING : from->base + v)
  else if (to->days != NULL)
    PLACE(churn_day, to->days, v)
  else if (to->numbers != NULL && from->width == 1)
    PLACE(uint8_t, to->numbers, v == MOST_1 ? (double)NAN : (double)v)
  else if (to->numbers != NULL && from->width == 2)
    PLACE(int16_t, to->numbers, of_hundredths(v))
  else if (to->numbers != NULL)
    PLACE(double, to->numbers, v)
}

void churn_narrow_clear(churn_narrow *narrow)
{
  if (!narrow->borrowed)
    free(narrow->values);
  *narrow = (churn_narrow){.values = NULL};
}
