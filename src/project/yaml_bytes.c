/* What a project file's bytes may be. libfyaml takes bytes that are no UTF-8 and control characters
 * without a word, so they are looked for before it sees the text.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "project/yaml.h"

/* Length of the UTF-8 sequence at text[0..length) and its code point; 0 when it is none (overlong
 * forms, surrogates and numbers past U+10FFFF included). */
static size_t read_character(const unsigned char *text, size_t length, uint32_t *code)
{
  static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
  size_t size = text[0] < 0x80             ? 1
                : (text[0] & 0xe0) == 0xc0 ? 2
                : (text[0] & 0xf0) == 0xe0 ? 3
                : (text[0] & 0xf8) == 0xf0 ? 4
                                           : 0;
  if (size == 0 || size > length)
    return 0;
  *code = size == 1 ? text[0] : text[0] & (0x7fu >> size);
  for (size_t i = 1; i < size; i++) {
    if ((text[i] & 0xc0) != 0x80)
      return 0;
    *code = *code << 6 | (text[i] & 0x3fu);
  }
  bool good = *code >= smallest[size] && *code <= 0x10ffff && (*code < 0xd800 || *code > 0xdfff);
  return good ? size : 0;
}

static bool is_forbidden(uint32_t code)
{
  return (code < 0x20 && code != '\t' && code != '\n' && code != '\r') ||
         (code >= 0x7f && code < 0xa0) || code == 0x2028 || code == 0x2029;
}

static churn_status refuse(const unsigned char *at, size_t size, uint32_t code, churn_place place,
                           churn_error *error)
{
  if (size == 0)
    return churn_error_set_at(error, CHURN_BAD_PROJECT, place,
                              "the byte 0x%02X is not valid UTF-8; a project file is UTF-8 text",
                              at[0]);
  return churn_error_set_at(error, CHURN_BAD_PROJECT, place,
                            "the control character U+%04X may not stand in a project file",
                            (unsigned)code);
}

churn_status churn_yaml_check_bytes(const char *file, const char *text, size_t length,
                                    churn_error *error)
{
  const unsigned char *bytes = (const unsigned char *)text;
  churn_place place = {file, 1, 1};
  for (size_t at = 0; at < length;) {
    uint32_t code = 0;
    size_t size = read_character(bytes + at, length - at, &code);
    if (size == 0 || is_forbidden(code))
      return refuse(bytes + at, size, code, place, error);
    bool line_end = code == '\n' || (code == '\r' && (at + 1 == length || text[at + 1] != '\n'));
    at += size;
    place.line += line_end;
    if (line_end)
      place.column = 1;
    else if (code != 0xfeff)
      place.column++;
  }
  return CHURN_OK;
}
