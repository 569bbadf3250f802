/* The list of a cached source as a file: a head, then fields one behind the other, in the machine's
 * own form. One function walks the fields for reading and for writing, so that the two cannot
 * differ.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/buffer.h"
#include "base/memory.h"
#include "base/output.h"
#include "source/cache.h"
#include "source/input.h"
#include "source/piece.h"
#include "source/runs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Another `layout` is another form of list or data file; the version of the program may read the
 * same bytes differently. */
typedef struct head {
  char magic[16];
  uint32_t byte_order, layout;
  char program[24];
  uint64_t length;
  churn_hash hash; /* of all behind the head */
} head;

static head make_head(void)
{
  head h = {.magic = "churn cache list", .byte_order = 0x01020304, .layout = 3};
  memcpy(h.program, CHURN_VERSION,
         sizeof CHURN_VERSION < sizeof h.program ? sizeof CHURN_VERSION : sizeof h.program);
  return h;
}

/* Where fields go to or come from. `failed`: no memory, or the bytes end too early. */
typedef struct stream {
  churn_buffer *out; /* NULL = reading */
  const char *in;
  size_t left;
  bool failed;
} stream;

static void pass(stream *s, void *value, size_t size)
{
  if (s->out != NULL) {
    churn_buffer_write(s->out, value, size);
    s->failed |= s->out->failed;
  } else if (s->failed || size > s->left) {
    s->failed = true;
  } else {
    if (size > 0)
      memcpy(value, s->in, size);
    s->in += size;
    s->left -= size;
  }
}

/* Number of elements, and their array when reading; each takes at least `least` bytes of the rest.
 */
static void pass_array(stream *s, void *array_pointer, size_t *count, size_t size, size_t least)
{
  uint64_t number = *count;
  pass(s, &number, sizeof number);
  if (s->out != NULL || s->failed)
    return;
  void *made = number > s->left / least ? NULL : churn_array_new((size_t)number, size);
  s->failed = made == NULL;
  if (s->failed)
    return;
  *count = (size_t)number;
  memcpy(array_pointer, &made, sizeof made);
}

static void pass_text(stream *s, char **text)
{
  uint64_t length = s->out != NULL ? strlen(*text) : 0;
  pass(s, &length, sizeof length);
  if (s->out != NULL) {
    pass(s, *text, (size_t)length);
    return;
  }
  if (s->failed || length > s->left || (*text = churn_array_new((size_t)length + 1, 1)) == NULL)
    s->failed = true;
  else
    pass(s, *text, (size_t)length);
}

static void pass_rejects(stream *s, churn_cached_segment *segment)
{
  pass_array(s, &segment->rejects, &segment->reject_count, sizeof *segment->rejects, 32);
  for (size_t i = 0; i < segment->reject_count && !s->failed; i++) {
    churn_reject *reject = &segment->rejects[i];
    pass(s, &reject->line, sizeof reject->line);
    pass(s, &reject->column, sizeof reject->column);
    pass_text(s, &reject->reason);
    pass_text(s, &reject->record);
  }
}

static void pass_segment(stream *s, churn_cached_segment *segment)
{
  pass(s, segment->name, sizeof segment->name);
  pass(s, &segment->from, sizeof segment->from);
  pass(s, &segment->to, sizeof segment->to);
  pass(s, &segment->size, sizeof segment->size);
  pass(s, &segment->sum, sizeof segment->sum);
  pass(s, &segment->rows, sizeof segment->rows);
  pass_array(s, &segment->piece_rows, &segment->piece_count, sizeof *segment->piece_rows, 8);
  if (!s->failed)
    pass(s, segment->piece_rows, segment->piece_count * sizeof *segment->piece_rows);
  pass_array(s, &segment->values, &segment->value_count, sizeof *segment->values,
             sizeof *segment->values);
  if (!s->failed)
    pass(s, segment->values, segment->value_count * sizeof *segment->values);
  pass_array(s, &segment->levels, &segment->level_count, sizeof *segment->levels,
             sizeof *segment->levels);
  if (!s->failed)
    pass(s, segment->levels, segment->level_count * sizeof *segment->levels);
  pass(s, &segment->lines, sizeof segment->lines);
  pass_rejects(s, segment);
}

static void pass_list(stream *s, churn_cache_list *list)
{
  pass(s, list->key, sizeof list->key);
  pass(s, &list->identity, sizeof list->identity);
  pass_array(s, &list->blocks, &list->block_count, sizeof *list->blocks, sizeof *list->blocks);
  if (!s->failed)
    pass(s, list->blocks, list->block_count * sizeof *list->blocks);
  pass(s, &list->plain, sizeof list->plain);
  pass(s, &list->with_lines, sizeof list->with_lines);
  pass_array(s, &list->headings, &list->heading_count, sizeof *list->headings, 8);
  for (size_t i = 0; i < list->heading_count && !s->failed; i++)
    pass_text(s, &list->headings[i]);
  pass_array(s, &list->columns, &list->column_count, sizeof *list->columns, 12);
  for (size_t i = 0; i < list->column_count && !s->failed; i++) {
    pass_text(s, &list->columns[i].heading);
    pass(s, &list->columns[i].type, sizeof list->columns[i].type);
  }
  pass_array(s, &list->segments, &list->segment_count, sizeof *list->segments, 64);
  for (size_t i = 0; i < list->segment_count && !s->failed; i++)
    pass_segment(s, &list->segments[i]);
}

bool churn_cache_array_fits(const churn_cached_array *array, uint64_t size)
{
  return array->at <= size && array->width > 0 && array->at % 8 == 0 &&
         array->count <= (size - array->at) / array->width;
}

static bool width_is_known(uint32_t type, uint32_t width)
{
  if (type == CHURN_TYPE_ID && width == sizeof(churn_code_run))
    return true;
  if (churn_type_is_text((churn_type)type))
    return width == 1 || width == 2 || width == 4;
  if (churn_type_is_day((churn_type)type))
    return width == 2 || width == 4;
  return width == 1 || width == 8;
}

/* Runs are added up when they are used. */
static bool is_whole(const churn_cached_array *array, uint32_t type, uint64_t rows)
{
  bool runs = type == CHURN_TYPE_ID && array->width == sizeof(churn_code_run);
  return width_is_known(type, array->width) && (runs || array->count == rows);
}

static bool segment_is_whole(const churn_cache_list *list, const churn_cached_segment *segment)
{
  uint64_t rows = 0;
  size_t pieces = segment->piece_count;
  if (segment->level_count != list->column_count || segment->from > segment->to ||
      (list->column_count > 0 && (segment->value_count % list->column_count != 0 ||
                                  segment->value_count / list->column_count != pieces)) ||
      (list->column_count == 0 && segment->value_count != 0))
    return false;
  for (size_t p = 0; p < pieces; p++) {
    if (segment->piece_rows[p] > segment->rows - rows)
      return false;
    rows += segment->piece_rows[p];
  }
  for (size_t i = 0; i < segment->value_count; i++)
    if (!is_whole(&segment->values[i], list->columns[i / pieces].type,
                  segment->piece_rows[i % pieces]) ||
        !churn_cache_array_fits(&segment->values[i], segment->size))
      return false;
  for (size_t c = 0; c < list->column_count; c++)
    if (churn_type_is_text((churn_type)list->columns[c].type) &&
        (segment->levels[c].lengths.width != sizeof(uint32_t) ||
         segment->levels[c].bytes.width != 1 ||
         segment->levels[c].lengths.count >= CHURN_CODE_MISSING ||
         !churn_cache_array_fits(&segment->levels[c].lengths, segment->size) ||
         !churn_cache_array_fits(&segment->levels[c].bytes, segment->size)))
      return false;
  bool lines = segment->lines.width == sizeof(uint64_t) && segment->lines.count == rows &&
               churn_cache_array_fits(&segment->lines, segment->size);
  return rows == segment->rows && rows < UINT32_MAX && (lines || list->with_lines == 0) &&
         memchr(segment->name, '\0', sizeof segment->name) != NULL &&
         strchr(segment->name, '/') == NULL;
}

static bool list_is_whole(const churn_cache_list *list)
{
  uint64_t at = 0, blocks = list->identity.size / CHURN_CACHE_BLOCK +
                            (list->identity.size % CHURN_CACHE_BLOCK != 0);
  bool good = list->block_count == blocks && (list->segment_count > 0 || list->plain == 0);
  for (size_t i = 0; i < list->segment_count && good; i++) {
    good = list->segments[i].from == at && segment_is_whole(list, &list->segments[i]);
    at = list->segments[i].to;
  }
  return good && (list->plain == 0 || at == list->identity.size);
}

/* Fills the list from the bytes of a file. NULL, or what is wrong. */
static const char *take_apart(const churn_input *file, const char *key, churn_cache_list *list)
{
  head found, expected = make_head();
  if (file->length < sizeof found)
    return "its list is cut short";
  memcpy(&found, file->bytes, sizeof found);
  expected.length = found.length;
  expected.hash = found.hash;
  if (memcmp(&found, &expected, sizeof found) != 0)
    return "its list is of another version or machine";
  stream s = {.in = file->bytes + sizeof found, .left = file->length - sizeof found};
  churn_hash hash = churn_hash_bytes(s.in, s.left);
  if (found.length != s.left || memcmp(&hash, &found.hash, sizeof hash) != 0)
    return "its list is damaged";
  pass_list(&s, list);
  if (s.failed || s.left != 0 || memcmp(list->key, key, sizeof list->key) != 0 ||
      !list_is_whole(list))
    return "its list makes no sense";
  return NULL;
}

churn_cache_found churn_cache_list_read(const char *path, const char *key, churn_cache_list *list,
                                        const char **damage)
{
  churn_input file;
  *list = (churn_cache_list){.blocks = NULL};
  *damage = NULL;
  if (access(path, F_OK) != 0 && errno == ENOENT)
    return CHURN_CACHE_NONE;
  if (churn_input_read(path, &file, NULL) != CHURN_OK) {
    *damage = "its list cannot be read";
    return CHURN_CACHE_DAMAGED;
  }
  *damage = take_apart(&file, key, list);
  churn_input_clear(&file);
  if (*damage == NULL)
    return CHURN_CACHE_READ;
  churn_cache_list_clear(list);
  return CHURN_CACHE_DAMAGED;
}

churn_status churn_cache_list_write(const churn_cache_list *list, const char *path,
                                    churn_error *error)
{
  churn_buffer body = {.bytes = NULL};
  churn_cache_list copy = *list; /* the walk is one for both ways, so it takes what it may change */
  stream s = {.out = &body};
  head h = make_head();
  churn_output *output = NULL;
  pass_list(&s, &copy);
  churn_status status =
      s.failed ? churn_error_no_memory(error) : churn_output_open(path, &output, error);
  if (status == CHURN_OK) {
    h.length = body.used;
    h.hash = churn_hash_bytes(body.bytes, body.used);
    churn_output_write(output, &h, sizeof h);
    churn_output_write(output, body.bytes, body.used);
    status = churn_output_commit(output, error);
  }
  churn_buffer_clear(&body);
  return status;
}

void churn_cache_segment_clear(churn_cached_segment *segment)
{
  for (size_t i = 0; segment->rejects != NULL && i < segment->reject_count; i++) {
    free(segment->rejects[i].reason);
    free(segment->rejects[i].record);
  }
  free(segment->rejects);
  free(segment->piece_rows);
  free(segment->values);
  free(segment->levels);
  *segment = (churn_cached_segment){.rows = 0};
}

void churn_cache_list_clear(churn_cache_list *list)
{
  for (size_t i = 0; list->headings != NULL && i < list->heading_count; i++)
    free(list->headings[i]);
  for (size_t i = 0; list->columns != NULL && i < list->column_count; i++)
    free(list->columns[i].heading);
  for (size_t i = 0; list->segments != NULL && i < list->segment_count; i++)
    churn_cache_segment_clear(&list->segments[i]);
  free(list->blocks);
  free(list->headings);
  free(list->columns);
  free(list->segments);
  *list = (churn_cache_list){.blocks = NULL};
}

size_t churn_cache_find_column(const churn_cache_list *list, const char *heading, churn_type type)
{
  for (size_t c = 0; c < list->column_count; c++)
    if (list->columns[c].type == (uint32_t)type && strcmp(list->columns[c].heading, heading) == 0)
      return c;
  return SIZE_MAX;
}

uint64_t churn_cache_rejected(const churn_cache_list *list)
{
  uint64_t count = 0;
  for (size_t s = 0; s < list->segment_count; s++)
    count += list->segments[s].reject_count;
  return count;
}
