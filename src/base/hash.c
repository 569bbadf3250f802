/* Fingerprints and keyed choices.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/hash.h"

#include <string.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

static void write_digits(XXH128_hash_t hash, char text[CHURN_HASH_TEXT_SIZE])
{
  static const char digits[] = "0123456789abcdef";
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, hash);
  for (size_t i = 0; i < 16; i++) {
    text[2 * i] = digits[canonical.digest[i] >> 4];
    text[2 * i + 1] = digits[canonical.digest[i] & 15];
  }
  text[32] = '\0';
}

void churn_hash_text(const void *bytes, size_t length, char text[CHURN_HASH_TEXT_SIZE])
{
  write_digits(XXH3_128bits(bytes, length), text);
}

churn_hash churn_hash_bytes(const void *bytes, size_t length)
{
  XXH128_hash_t hash = XXH3_128bits(bytes, length);
  return (churn_hash){hash.low64, hash.high64};
}

void churn_line_sum_join(churn_line_sum *sum, const churn_line_sum *other)
{
  sum->low += other->low;
  sum->high += other->high;
}

static inline void add_line(churn_line_sum *sum, const char *line, size_t length)
{
  if (length == 0)
    return;
  sum->low += XXH3_64bits(line, length);
  sum->high++;
}

void churn_line_sum_add_lines(churn_line_sum *sum, const char *text, const uint32_t *starts,
                              size_t step, size_t count, bool returns)
{
  churn_line_sum all = {0, 0};
  for (size_t i = 0; i < count; i++, starts += step) {
    size_t from = starts[0], to = starts[step] - 1;
    to -= returns && to > from && text[to - 1] == '\r';
    add_line(&all, text + from, to - from);
  }
  churn_line_sum_join(sum, &all);
}

/* Adds text[0..length), which holds no LF: lone CRs end lines too, and a CR before an LF leaves an
 * empty line, which counts nothing. */
static void add_lines(churn_line_sum *sum, const char *text, size_t length)
{
  for (const char *at = text, *end = text + length; at < end;) {
    const char *line_end = memchr(at, '\r', (size_t)(end - at));
    if (line_end == NULL)
      line_end = end;
    add_line(sum, at, (size_t)(line_end - at));
    at = line_end + 1;
  }
}

void churn_line_sum_add(churn_line_sum *sum, const char *bytes, size_t length)
{
  for (const char *at = bytes, *end = bytes + length; at < end;) {
    const char *line_end = memchr(at, '\n', (size_t)(end - at));
    if (line_end == NULL)
      line_end = end;
    add_lines(sum, at, (size_t)(line_end - at));
    at = line_end + 1;
  }
}

void churn_line_sum_text(const churn_line_sum *sum, char text[CHURN_HASH_TEXT_SIZE])
{
  write_digits((XXH128_hash_t){.low64 = sum->low, .high64 = sum->high}, text);
}

double churn_hash_unit(const char *text, size_t length, uint64_t seed)
{
  return (double)(XXH3_64bits_withSeed(text, length, seed) >> 11) * 0x1.0p-53;
}
