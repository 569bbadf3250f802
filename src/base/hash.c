/* Fingerprints and keyed choices.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/hash.h"

#include <xxhash.h>

void churn_hash_text(const void *bytes, size_t length, char text[CHURN_HASH_TEXT_SIZE])
{
  static const char digits[] = "0123456789abcdef";
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, XXH3_128bits(bytes, length));
  for (size_t i = 0; i < 16; i++) {
    text[2 * i] = digits[canonical.digest[i] >> 4];
    text[2 * i + 1] = digits[canonical.digest[i] & 15];
  }
  text[32] = '\0';
}

double churn_hash_unit(const char *text, size_t length, uint64_t seed)
{
  return (double)(XXH3_64bits_withSeed(text, length, seed) >> 11) * 0x1.0p-53;
}
