/* Compressed files: every member of a gzip file inflated to memory.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/error.h"
#include "base/memory.h"
#include "source/input.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { MEMBER_BITS = 15 + 16, FIRST_SIZE = 1 << 16 };

/* zlib counts in 32 bits; longer inputs go in steps. */
#define STEP ((size_t)1 << 30)

typedef struct inflation {
  z_stream stream;
  const churn_input *input;
  size_t taken;
  char *bytes;
  size_t length;
  size_t capacity;
} inflation;

bool churn_gzip_detect(const churn_input *input)
{
  return input->length >= 2 && memcmp(input->bytes, "\x1f\x8b", 2) == 0;
}

/* One call of inflate with what is left of the input and room for output. */
static int inflate_some(inflation *i)
{
  if (i->length == i->capacity &&
      !churn_array_reserve(&i->bytes, &i->capacity, i->length + FIRST_SIZE, 1))
    return Z_MEM_ERROR;
  size_t left = i->input->length - i->taken, room = i->capacity - i->length;
  i->stream.next_in = (Bytef *)i->input->bytes + i->taken;
  i->stream.avail_in = (uInt)(left < STEP ? left : STEP);
  i->stream.next_out = (Bytef *)i->bytes + i->length;
  i->stream.avail_out = (uInt)(room < STEP ? room : STEP);
  uInt in = i->stream.avail_in, out = i->stream.avail_out;
  int code = inflate(&i->stream, Z_NO_FLUSH);
  i->taken += in - i->stream.avail_in;
  i->length += out - i->stream.avail_out;
  return code;
}

static bool only_zeros(const inflation *i)
{
  for (size_t at = i->taken; at < i->input->length; at++)
    if (i->input->bytes[at] != 0)
      return false;
  return true;
}

/* Z_STREAM_END when all members are done. */
static int inflate_members(inflation *i)
{
  for (;;) {
    int code = inflate_some(i);
    if (code == Z_STREAM_END) {
      if (only_zeros(i))
        return code;
      code = inflateReset(&i->stream);
    }
    if (code != Z_OK)
      return code;
    if (i->taken == i->input->length && i->length < i->capacity)
      return Z_BUF_ERROR;
  }
}

static churn_status report(const char *name, const inflation *i, int code, churn_error *error)
{
  churn_place place = {name, 0, 0};
  if (code == Z_STREAM_END)
    return CHURN_OK;
  if (code == Z_MEM_ERROR)
    return churn_error_no_memory(error);
  if (code == Z_BUF_ERROR)
    return churn_error_set_at(
        error, CHURN_MALFORMED, place,
        "the compressed data (gzip) ends too early; the file is not complete");
  return churn_error_set_at(error, CHURN_MALFORMED, place,
                            "the compressed data (gzip) is damaged near byte %zu: %s", i->taken,
                            i->stream.msg == NULL ? "no reason given" : i->stream.msg);
}

churn_status churn_gzip_inflate(const char *name, const churn_input *input, char **bytes,
                                size_t *length, churn_error *error)
{
  inflation i = {.input = input};
  if (inflateInit2(&i.stream, MEMBER_BITS) != Z_OK)
    return churn_error_no_memory(error);
  int code = inflate_members(&i);
  churn_status status = report(name, &i, code, error);
  inflateEnd(&i.stream);
  if (status != CHURN_OK) {
    free(i.bytes);
    return status;
  }
  *bytes = i.bytes;
  *length = i.length;
  return CHURN_OK;
}
