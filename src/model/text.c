/* JSON text built in memory.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/text.h"

#include "base/memory.h"
#include "base/number.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

void churn_json_append_bytes(churn_json_text *text, const char *bytes, size_t length)
{
  if (text->failed || length > SIZE_MAX - text->length ||
      !churn_array_reserve(&text->bytes, &text->capacity, text->length + length, 1)) {
    text->failed = true;
    return;
  }
  if (length > 0)
    memcpy(text->bytes + text->length, bytes, length);
  text->length += length;
}

void churn_json_append(churn_json_text *text, const char *plain)
{
  churn_json_append_bytes(text, plain, strlen(plain));
}

void churn_json_line(churn_json_text *text, int indent)
{
  char blanks[32];
  int length = snprintf(blanks, sizeof blanks, "\n%*s", indent, "");
  churn_json_append_bytes(text, blanks, (size_t)length);
}

static bool needs_escape(char byte)
{
  return (unsigned char)byte < 0x20 || byte == '"' || byte == '\\' || byte == 0x7f;
}

static void append_escaped(churn_json_text *text, char byte)
{
  static const char plain[] = "\"\\\b\f\n\r\t", letter[] = "\"\\bfnrt";
  char escape[8];
  const char *found = strchr(plain, byte);
  if (found != NULL)
    snprintf(escape, sizeof escape, "\\%c", letter[found - plain]);
  else
    snprintf(escape, sizeof escape, "\\u%04x", (unsigned)(unsigned char)byte);
  churn_json_append(text, escape);
}

void churn_json_quote(churn_json_text *text, const char *plain)
{
  churn_json_append_bytes(text, "\"", 1);
  while (*plain != '\0') {
    size_t length = 0;
    while (plain[length] != '\0' && !needs_escape(plain[length]))
      length++;
    churn_json_append_bytes(text, plain, length);
    plain += length;
    if (*plain != '\0')
      append_escaped(text, *plain++);
  }
  churn_json_append_bytes(text, "\"", 1);
}

void churn_json_number(churn_json_text *text, double value)
{
  char number[CHURN_NUMBER_TEXT_SIZE];
  churn_json_append_bytes(text, number, churn_number_format(value, number));
  if (value == 0 && signbit(value))
    churn_json_append_bytes(text, ".0", 2);
}

void churn_json_whole(churn_json_text *text, uint64_t value)
{
  char digits[20]; /* of 2^64 */
  size_t first = sizeof digits;
  do
    digits[--first] = (char)('0' + value % 10);
  while ((value /= 10) > 0);
  churn_json_append_bytes(text, digits + first, sizeof digits - first);
}

/* Bytes of the character at `at`, 0 when it is none. The second byte's range rules out overlong
 * forms, surrogates and what is above U+10FFFF (Unicode, table 3-7). */
static size_t character_length(const unsigned char *at)
{
  unsigned char first = at[0], low = 0x80, high = 0xbf;
  if (first < 0x80)
    return 1;
  if (first < 0xc2 || first > 0xf4)
    return 0;
  size_t length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  if (first == 0xe0)
    low = 0xa0;
  else if (first == 0xed)
    high = 0x9f;
  else if (first == 0xf0)
    low = 0x90;
  else if (first == 0xf4)
    high = 0x8f;
  if (at[1] < low || at[1] > high)
    return 0;
  for (size_t i = 2; i < length; i++)
    if (at[i] < 0x80 || at[i] > 0xbf)
      return 0;
  return length;
}

bool churn_utf8_valid(const char *plain)
{
  const unsigned char *at = (const unsigned char *)plain;
  while (*at != '\0') {
    size_t length = character_length(at);
    if (length == 0)
      return false;
    at += length;
  }
  return true;
}
