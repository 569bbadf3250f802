/* Encodings other than UTF-8, converted whole by the C library's iconv.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "source/encoding.h"

#include "base/error.h"
#include "base/memory.h"

#include <errno.h>
#include <iconv.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* More than any one step of iconv writes. */
enum { SPARE = 64 };

bool churn_encoding_is_utf8(const char *encoding)
{
  return encoding == NULL || strcasecmp(encoding, "UTF-8") == 0 ||
         strcasecmp(encoding, "UTF8") == 0;
}

typedef struct conversion {
  iconv_t handle;
  char *text;
  size_t length;
  size_t capacity;
} conversion;

/* 0 when all was converted, else iconv's errno; *left counts the bytes not converted. */
static int convert_all(conversion *c, const char *bytes, size_t *left)
{
  char *from;
  memcpy(&from, &bytes, sizeof from); /* iconv's prototype lacks a const */
  for (;;) {
    if (!churn_array_reserve(&c->text, &c->capacity, c->length + *left + SPARE, 1))
      return ENOMEM;
    char *to = c->text + c->length;
    size_t room = c->capacity - c->length;
    size_t result = iconv(c->handle, *left == 0 ? NULL : &from, left, &to, &room);
    int reason = result == (size_t)-1 ? errno : 0;
    c->length = (size_t)(to - c->text);
    if (reason != 0 && reason != E2BIG)
      return reason;
    if (reason == 0 && *left == 0)
      return 0;
  }
}

static char *describe(int reason, const char *encoding, unsigned char byte)
{
  if (reason == EINVAL)
    return churn_text_format("the file ends in the middle of a character of %s", encoding);
  return churn_text_format(
      "byte 0x%02X starts no character of %s; is the file in another encoding?", byte, encoding);
}

static churn_status open_handle(const char *name, const char *encoding, iconv_t *handle,
                                churn_error *error)
{
  /* A suffix such as //IGNORE would drop characters without a word. */
  bool plain = encoding[0] != '\0' && strchr(encoding, '/') == NULL;
  *handle = plain ? iconv_open("UTF-8", encoding) : (iconv_t)-1;
  if (*handle != (iconv_t)-1)
    return CHURN_OK;
  if (plain && errno == ENOMEM)
    return churn_error_no_memory(error);
  return churn_error_set_at(error, CHURN_BAD_PROJECT, (churn_place){name, 0, 0},
                            "unknown encoding \"%s\"; UTF-8, GB18030, ISO-8859-1, UTF-16 and all "
                            "other names that iconv knows are accepted",
                            encoding);
}

churn_status churn_encoding_convert(const char *name, const char *encoding, const char *bytes,
                                    size_t length, char **text, size_t *text_length, char **damage,
                                    churn_error *error)
{
  conversion c = {NULL, NULL, 0, 0};
  char *reason_text = NULL;
  size_t left = length;
  churn_status status = open_handle(name, encoding, &c.handle, error);
  if (status != CHURN_OK)
    return status;
  int reason = convert_all(&c, bytes, &left);
  if (reason != 0 && reason != ENOMEM)
    reason_text = describe(reason, encoding, (unsigned char)bytes[length - left]);
  if (reason == ENOMEM || (reason != 0 && reason_text == NULL)) {
    status = churn_error_no_memory(error);
    goto done;
  }
  *text = c.text;
  *text_length = c.length;
  *damage = reason_text;
  c.text = NULL;
done:
  free(c.text);
  iconv_close(c.handle);
  return status;
}
