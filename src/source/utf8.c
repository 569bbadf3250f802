/* UTF-8: the strict check, counting and cutting by characters.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "source/encoding.h"

#include <string.h>

enum { BLOCK = 64, SHOWN = 60 };

/* Bytes from the start that are ASCII and not NUL, in whole blocks. Written without branches inside
 * the block so that the compiler makes vector code of it. */
static size_t skip_ascii(const unsigned char *text, size_t length)
{
  size_t at = 0;
  for (; length - at >= BLOCK; at += BLOCK) {
    unsigned char bad = 0;
    for (size_t i = 0; i < BLOCK; i++)
      bad |= (unsigned char)((text[at + i] & 0x80) | (text[at + i] == 0));
    if (bad != 0)
      break;
  }
  return at;
}

static bool is_tail(unsigned char byte)
{
  return (byte & 0xC0) == 0x80;
}

/* Length of the valid sequence at the start of text[0..length), 0 when there is none. */
static size_t sequence(const unsigned char *text, size_t length)
{
  unsigned char lead = text[0];
  if (lead < 0x80)
    return lead != 0;
  if (lead < 0xC2 || lead > 0xF4)
    return 0;
  size_t needed = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  if (length < needed)
    return 0;
  for (size_t i = 1; i < needed; i++)
    if (!is_tail(text[i]))
      return 0;
  bool wrong = (lead == 0xE0 && text[1] < 0xA0) || (lead == 0xED && text[1] > 0x9F) ||
               (lead == 0xF0 && text[1] < 0x90) || (lead == 0xF4 && text[1] > 0x8F);
  return wrong ? 0 : needed;
}

size_t churn_utf8_check(const char *text, size_t length)
{
  const unsigned char *bytes = (const unsigned char *)text;
  size_t at = 0;
  while (at < length) {
    at += skip_ascii(bytes + at, length - at);
    for (size_t stop = at + BLOCK; at < length && at < stop;) {
      size_t taken = sequence(bytes + at, length - at);
      if (taken == 0)
        return at;
      at += taken;
    }
  }
  return length;
}

uint64_t churn_utf8_characters(const char *text, size_t length)
{
  uint64_t count = 0;
  for (size_t i = 0; i < length; i++)
    count += !is_tail((unsigned char)text[i]);
  return count;
}

const char *churn_utf8_show(const char *text, size_t length, char shown[CHURN_SHOWN_SIZE])
{
  size_t cut = length;
  if (length > SHOWN)
    for (cut = SHOWN; cut > 0 && is_tail((unsigned char)text[cut]); cut--)
      ;
  for (size_t i = 0; i < cut; i++)
    shown[i] = (unsigned char)text[i] < 0x20 || text[i] == 0x7F ? '?' : text[i];
  memcpy(shown + cut, cut < length ? "\xE2\x80\xA6" : "", cut < length ? 4 : 1);
  return shown;
}
