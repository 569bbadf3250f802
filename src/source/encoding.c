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

/* Room for more than one character, and the bytes that go to iconv at a time. */
enum { SPARE = 1 << 12 };
#define STEP ((size_t)1 << 20)

bool churn_encoding_is_utf8(const char *encoding)
{
  return encoding == NULL || strcasecmp(encoding, "UTF-8") == 0 ||
         strcasecmp(encoding, "UTF8") == 0;
}

typedef struct conversion {
  iconv_t handle;
  const churn_input *input;
  size_t taken; /* bytes of the input */
  churn_made *made;
} conversion;

/* One call of iconv with at most STEP bytes; without any left, what the encoding still owes.
 * *reason: 0, or iconv's errno. */
static churn_status convert_some(conversion *c, int *reason, churn_error *error)
{
  size_t left = c->input->length - c->taken, step = left < STEP ? left : STEP, room;
  char *from = c->input->bytes + c->taken, *at;
  churn_status status = churn_made_room(c->made, SPARE, &at, &room, error);
  if (status != CHURN_OK)
    return status;
  char *to = at;
  size_t rest = step;
  size_t result = iconv(c->handle, left == 0 ? NULL : &from, &rest, &to, &room);
  *reason = result == (size_t)-1 ? errno : 0;
  churn_made_took(c->made, (size_t)(to - at));
  churn_input_let_go(c->input, c->taken, c->taken + step - rest);
  c->taken += step - rest;
  /* A step may end within a character; the next one begins with it. */
  if (*reason == E2BIG || (*reason == EINVAL && step < left && rest < step))
    *reason = 0;
  return CHURN_OK;
}

/* *reason: 0 when all was converted, else iconv's errno. */
static churn_status convert_all(conversion *c, int *reason, churn_error *error)
{
  bool ended = false;
  churn_status status = CHURN_OK;
  *reason = 0;
  while (status == CHURN_OK && *reason == 0 && !ended) {
    size_t before = c->taken;
    ended = before == c->input->length;
    status = convert_some(c, reason, error);
  }
  return status;
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

churn_status churn_encoding_convert(const char *name, const char *encoding,
                                    const churn_input *input, churn_made *made, char **damage,
                                    churn_error *error)
{
  conversion c = {.input = input, .made = made};
  int reason = 0;
  churn_status status = open_handle(name, encoding, &c.handle, error);
  if (status != CHURN_OK)
    return status;
  status = convert_all(&c, &reason, error);
  if (status == CHURN_OK && reason != 0) {
    *damage = describe(reason, encoding, (unsigned char)input->bytes[c.taken]);
    status = *damage == NULL ? churn_error_no_memory(error) : CHURN_OK;
  }
  iconv_close(c.handle);
  return status;
}
