/* Rows of a block without quotes, converted column by column.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "source/rows.h"

#include "base/number.h"

#include <math.h>
#include <string.h>

/* A text that may stand for a missing value; most texts are told by their first byte that they do
 * not. */
static inline bool may_be_missing(const churn_value_rules *rules, const char *text, size_t length)
{
  return length == 0 || rules->may_be_missing[(unsigned char)text[0]];
}

/* The text of a field; false when it stands for a missing value. */
static inline bool read_text(const churn_rows *rows, size_t row, size_t field,
                             const churn_value_rules *rules, const char **text, size_t *length)
{
  *text = churn_rows_field(rows, row, field, length);
  return !(may_be_missing(rules, *text, *length) && churn_value_missing(rules, *text, *length));
}

/* The month whose text is YYYY-MM-, by way of the plain parser; NULL when there is none. */
static const churn_month *find_month(churn_month *months, const char *text)
{
  uint64_t key;
  memcpy(&key, text, sizeof key);
  const unsigned char *digits = (const unsigned char *)text;
  churn_month *month = &months[(digits[3] & 15u) << 5 | (digits[5] & 1u) << 4 | (digits[6] & 15u)];
  if (month->text == key)
    return month;
  char first[11];
  memcpy(first, text, 8);
  memcpy(first + 8, "01", 3);
  churn_day day = churn_day_parse(first, 10), next = CHURN_DAY_MISSING;
  if (day != CHURN_DAY_MISSING)
    next = churn_day_add_months(day, 1);
  if (next == CHURN_DAY_MISSING)
    return NULL;
  *month = (churn_month){key, day, next - day};
  return month;
}

/* YYYY-MM-DD. False for every other text, and for some of the last month there is. */
static inline bool read_plain_day(const char *text, churn_month *months, churn_day *day)
{
  const churn_month *month = find_month(months, text);
  unsigned tens = (unsigned char)text[8] - (unsigned)'0';
  unsigned ones = (unsigned char)text[9] - (unsigned)'0';
  if (month == NULL || tens > 3 || ones > 9)
    return false;
  int of_month = (int)(tens * 10 + ones);
  if (of_month < 1 || of_month > month->days)
    return false;
  *day = month->first + of_month - 1;
  return true;
}

/* Some date may stand for a missing one (1900-01-01). */
static bool any_digit_may_be_missing(const churn_value_rules *rules)
{
  bool any = false;
  for (int digit = '0'; digit <= '9'; digit++)
    any |= rules->may_be_missing[digit];
  return any;
}

/* The rows from `row` on whose field is YYYY-MM-DD and nothing else; returns the first that is not,
 * or whose first byte may be that of a missing one (`may_be_missing` NULL = no digit is). */
static size_t read_plain_days(const churn_rows *rows, size_t row, size_t field,
                              const bool *restrict may_be_missing, churn_month *restrict months,
                              churn_day *restrict days)
{
  const char *text = rows->text;
  size_t count = rows->count, stride = rows->fields;
  for (const uint32_t *start = rows->starts + row * stride + field; row < count; start += stride) {
    const char *from = text + start[0];
    if (start[1] - start[0] != 11 ||
        (may_be_missing != NULL && may_be_missing[(unsigned char)*from]) ||
        !read_plain_day(from, months, &days[row]))
      break;
    row++;
  }
  return row;
}

bool churn_rows_days(const churn_rows *rows, size_t field, const churn_value_rules *rules,
                     churn_month *months, churn_day *days)
{
  bool plain = rules->date_format == NULL && rules->utc_offset_minutes == 0;
  const bool *may_be_missing = any_digit_may_be_missing(rules) ? rules->may_be_missing : NULL;
  for (size_t row = 0; row < rows->count; row++) {
    if (plain)
      row = read_plain_days(rows, row, field, may_be_missing, months, days);
    if (row == rows->count)
      break;
    size_t length;
    const char *text;
    days[row] = CHURN_DAY_MISSING;
    if (read_text(rows, row, field, rules, &text, &length) &&
        !churn_value_day(rules, text, length, &days[row]))
      return false;
  }
  return true;
}

/* A number that is none of the plain words. */
static bool read_number(const churn_rows *rows, size_t row, size_t field,
                        const churn_value_rules *rules, double *number)
{
  size_t length;
  const char *text;
  *number = NAN;
  return !read_text(rows, row, field, rules, &text, &length) ||
         churn_value_number(rules, text, length, number);
}

/* Rows before the last ones, whose words might reach behind what is readable. */
static size_t count_whole_words(const churn_rows *rows, size_t field)
{
  size_t count = rows->count, readable = (size_t)(rows->readable - rows->text);
  while (count > 0 && rows->starts[(count - 1) * rows->fields + field] + 8 > readable)
    count--;
  return count;
}

/* Rows that the words take, and of which none is missing; the others go to odd[]. */
static size_t read_words(const churn_rows *rows, size_t first, size_t count, size_t field,
                         const churn_value_rules *rules, double *numbers, uint32_t *odd)
{
  const uint32_t *starts = rows->starts + first * rows->fields + field;
  size_t left = rules->words(rows->text, starts, rows->fields, count, numbers, odd);
  if (!rules->words_may_be_missing)
    return left;
  for (size_t i = 0; i < left; i++)
    numbers[odd[i]] = NAN;
  left = 0;
  for (size_t i = 0; i < count; i++, starts += rows->fields)
    if (isnan(numbers[i]) || rules->may_be_missing[(unsigned char)rows->text[starts[0]]])
      odd[left++] = (uint32_t)i;
  return left;
}

bool churn_rows_numbers(const churn_rows *rows, size_t field, const churn_value_rules *rules,
                        double *numbers)
{
  enum { AT_ONCE = 256 };
  uint32_t odd[AT_ONCE];
  size_t words = rules->words == NULL ? 0 : count_whole_words(rows, field);
  for (size_t first = 0; first < words; first += AT_ONCE) {
    size_t here = words - first < AT_ONCE ? words - first : AT_ONCE;
    size_t left = read_words(rows, first, here, field, rules, numbers + first, odd);
    for (size_t i = 0; i < left; i++)
      if (!read_number(rows, first + odd[i], field, rules, &numbers[first + odd[i]]))
        return false;
  }
  for (size_t row = words; row < rows->count; row++)
    if (!read_number(rows, row, field, rules, &numbers[row]))
      return false;
  return true;
}

bool churn_rows_flags(const churn_rows *rows, size_t field, const churn_value_rules *rules,
                      double *numbers)
{
  for (size_t row = 0; row < rows->count; row++) {
    size_t length;
    const char *text;
    numbers[row] = NAN;
    if (read_text(rows, row, field, rules, &text, &length) &&
        !churn_value_flag(text, length, &numbers[row]))
      return false;
  }
  return true;
}

bool churn_rows_any_empty(const churn_rows *rows, size_t field)
{
  for (size_t row = 0; row < rows->count; row++) {
    const uint32_t *start = rows->starts + row * rows->fields + field;
    if (start[1] - start[0] > 1 && (unsigned char)rows->text[start[0]] > ' ')
      continue; /* most texts are told by their first byte */
    size_t length;
    churn_rows_field(rows, row, field, &length);
    if (length == 0)
      return true;
  }
  return false;
}

/* Bytes to mask others with: as many of those that count as are asked for, then ones that do not.
 */
static const unsigned char masks[2 * CHURN_RECENT_LENGTH] = {
    255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255};

/* A mask of the first `length` bytes, at most 8. */
static inline uint64_t first_bytes(size_t length)
{
  uint64_t mask;
  memcpy(&mask, masks + CHURN_RECENT_LENGTH - length, sizeof mask);
  return mask;
}

/* Up to 16 bytes, filled up with zeros. */
static inline void short_text(const char *text, size_t length, const char *readable,
                              uint64_t bytes[2])
{
  bytes[0] = bytes[1] = 0;
  if ((size_t)(readable - text) < CHURN_RECENT_LENGTH) {
    memcpy(bytes, text, length);
    return;
  }
  uint64_t mask[2];
  memcpy(bytes, text, CHURN_RECENT_LENGTH);
  memcpy(mask, masks + CHURN_RECENT_LENGTH - length, sizeof mask);
  bytes[0] &= mask[0];
  bytes[1] &= mask[1];
}

static churn_status add_category(const churn_rows *rows, size_t row, size_t field,
                                 const churn_value_rules *rules, churn_dictionary *levels,
                                 uint32_t *code)
{
  size_t length;
  const char *text = churn_rows_field(rows, row, field, &length);
  *code = CHURN_CODE_MISSING;
  if (churn_value_missing(rules, text, length))
    return CHURN_OK;
  return churn_dictionary_add(levels, text, length, code);
}

/* Texts are remembered as they stand, blanks round them included: these need not be looked for. */
churn_status churn_rows_categories(const churn_rows *rows, size_t field,
                                   const churn_value_rules *rules, churn_recent_text *recent,
                                   churn_dictionary *levels, uint32_t *codes)
{
  churn_status status = CHURN_OK;
  const uint32_t *start = rows->starts + field;
  for (size_t row = 0; row < rows->count && status == CHURN_OK; row++, start += rows->fields) {
    size_t length = start[1] - start[0] - 1;
    if (length - 1 >= CHURN_RECENT_LENGTH) {
      status = add_category(rows, row, field, rules, levels, &codes[row]);
      continue;
    }
    uint64_t bytes[2];
    short_text(rows->text + start[0], length, rows->readable, bytes);
    uint64_t mixed = (bytes[0] ^ bytes[1] * 0xD6E8FEB86659FD93u) * 0x9E3779B97F4A7C15u;
    churn_recent_text *seen = &recent[mixed >> 56];
    if (seen->length != length || seen->bytes[0] != bytes[0] || seen->bytes[1] != bytes[1]) {
      status = add_category(rows, row, field, rules, levels, &codes[row]);
      *seen = (churn_recent_text){{bytes[0], bytes[1]}, length, codes[row]};
    }
    codes[row] = seen->code;
  }
  return status;
}

/* Rows in a row with one id: exports are often grouped by it. */
typedef struct id_runs {
  const char *texts[CHURN_DICTIONARY_BATCH];
  size_t lengths[CHURN_DICTIONARY_BATCH];
  size_t first_row[CHURN_DICTIONARY_BATCH + 1];
  size_t count;
} id_runs;

static inline uint64_t read_8(const char *text)
{
  uint64_t bytes;
  memcpy(&bytes, text, sizeof bytes);
  return bytes;
}

/* memcmp for texts so short that the call would cost more than the work. `mask` keeps the first
 * `length` bytes of 8; 0 = 8 bytes may not be read. */
static inline bool same_text(const char *a, const char *b, size_t length, uint64_t mask)
{
  if (mask != 0)
    return ((read_8(a) ^ read_8(b)) & mask) == 0;
  if (length < 8) {
    bool same = true;
    for (size_t i = 0; i < length; i++)
      same &= a[i] == b[i];
    return same;
  }
  for (size_t at = 0; at + 8 < length; at += 8)
    if (read_8(a + at) != read_8(b + at))
      return false;
  return read_8(a + length - 8) == read_8(b + length - 8);
}

/* The first row behind `row` whose field is not byte for byte the same. */
static size_t end_of_run(const churn_rows *rows, size_t field, size_t row)
{
  const uint32_t *start = rows->starts + row * rows->fields + field;
  const char *text = rows->text + start[0];
  size_t length = start[1] - start[0], stride = rows->fields, count = rows->count;
  const char *last = rows->text + rows->starts[(count - 1) * stride + field];
  uint64_t mask = length <= 8 && rows->readable - last >= 8 ? first_bytes(length - 1) : 0;
  for (row++, start += stride; row < count; row++, start += stride)
    if (start[1] - start[0] != length || !same_text(rows->text + start[0], text, length - 1, mask))
      break;
  return row;
}

/* Fills the next runs, from `row` on; their end is first_row[count]. */
static void collect_runs(const churn_rows *rows, size_t field, size_t row, id_runs *runs)
{
  size_t count = 0;
  for (; row < rows->count && count < CHURN_DICTIONARY_BATCH; row = end_of_run(rows, field, row)) {
    runs->texts[count] = churn_rows_field(rows, row, field, &runs->lengths[count]);
    runs->first_row[count++] = row;
  }
  runs->first_row[count] = row;
  runs->count = count;
}

static void spread(const id_runs *runs, const uint32_t *of_run, uint32_t *codes)
{
  for (size_t i = 0; i < runs->count; i++)
    for (size_t row = runs->first_row[i]; row < runs->first_row[i + 1]; row++)
      codes[row] = of_run[i];
}

churn_status churn_rows_ids(const churn_rows *rows, size_t field, churn_dictionary *levels,
                            uint32_t *codes)
{
  id_runs runs;
  uint32_t of_run[CHURN_DICTIONARY_BATCH];
  for (size_t row = 0; row < rows->count; row = runs.first_row[runs.count]) {
    collect_runs(rows, field, row, &runs);
    churn_status status =
        churn_dictionary_add_many(levels, runs.texts, runs.lengths, runs.count, of_run);
    if (status != CHURN_OK)
      return status;
    spread(&runs, of_run, codes);
  }
  return CHURN_OK;
}

void churn_rows_known_ids(const churn_rows *rows, size_t field, const churn_dictionary *known,
                          uint32_t *codes)
{
  id_runs runs;
  uint32_t of_run[CHURN_DICTIONARY_BATCH];
  for (size_t row = 0; row < rows->count; row = runs.first_row[runs.count]) {
    collect_runs(rows, field, row, &runs);
    churn_dictionary_find_many(known, runs.texts, runs.lengths, runs.count, of_run);
    spread(&runs, of_run, codes);
  }
}
