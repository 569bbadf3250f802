/* Compressed files: every member of a gzip file inflated.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "source/gzip.h"

#include "base/error.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { MEMBER_BITS = 15 + 16, LEAST_ROOM = 1 << 16 };

/* zlib counts in 32 bits; longer inputs go in steps. */
#define STEP ((size_t)1 << 30)

/* Compressed bytes that are let go together. */
#define STEP_BACK ((size_t)1 << 22)

typedef struct inflation {
  z_stream stream;
  const churn_input *input;
  size_t taken, let_go;
  churn_made *made;
  bool all_out; /* the last call left room, so it had no more to give */
  churn_status status;
  churn_error *error;
} inflation;

bool churn_gzip_detect(const churn_input *input)
{
  return input->length >= 2 && memcmp(input->bytes, "\x1f\x8b", 2) == 0;
}

/* The compressed bytes of a large file are not held in memory either. */
static void let_go(inflation *i)
{
  if (i->taken - i->let_go < STEP_BACK)
    return;
  churn_input_let_go(i->input, i->let_go, i->taken);
  i->let_go = i->taken;
}

/* One call of inflate with what is left of the input and room for output. */
static int inflate_some(inflation *i)
{
  size_t left = i->input->length - i->taken, room;
  char *at;
  i->status = churn_made_room(i->made, LEAST_ROOM, &at, &room, i->error);
  if (i->status != CHURN_OK)
    return Z_MEM_ERROR;
  i->stream.next_in = (Bytef *)i->input->bytes + i->taken;
  i->stream.avail_in = (uInt)(left < STEP ? left : STEP);
  i->stream.next_out = (Bytef *)at;
  i->stream.avail_out = (uInt)(room < STEP ? room : STEP);
  uInt in = i->stream.avail_in, out = i->stream.avail_out;
  int code = inflate(&i->stream, Z_NO_FLUSH);
  i->taken += in - i->stream.avail_in;
  i->all_out = i->stream.avail_out > 0;
  churn_made_took(i->made, out - i->stream.avail_out);
  let_go(i);
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
    if (i->taken == i->input->length && i->all_out)
      return Z_BUF_ERROR;
  }
}

static churn_status report(const char *name, const inflation *i, int code, churn_error *error)
{
  churn_place place = {name, 0, 0};
  if (code == Z_STREAM_END)
    return CHURN_OK;
  if (i->status != CHURN_OK)
    return i->status;
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

churn_status churn_gzip_inflate(const char *name, const churn_input *input, churn_made *made,
                                churn_error *error)
{
  inflation i = {.input = input, .made = made, .error = error};
  if (inflateInit2(&i.stream, MEMBER_BITS) != Z_OK)
    return churn_error_no_memory(error);
  int code = inflate_members(&i);
  inflateEnd(&i.stream);
  return report(name, &i, code, error);
}
