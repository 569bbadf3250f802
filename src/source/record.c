/* Where records and fields stand in the bytes.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "source/record.h"

static bool is_line_end(char byte)
{
  return byte == '\n' || byte == '\r';
}

static bool is_blank(char byte, char delimiter)
{
  return (byte == ' ' || byte == '\t') && byte != delimiter;
}

/* Steps over the line end at `at`. */
static size_t behind_line_end(const char *text, size_t at, size_t end)
{
  return at + 1 + (text[at] == '\r' && at + 1 < end && text[at + 1] == '\n');
}

/* Steps over blank lines; afterwards next is at the start of a line with text, or at the end. */
static void skip_blank_lines(churn_record_walk *walk)
{
  for (size_t at = walk->next; at < walk->end;) {
    if (is_line_end(walk->text[at])) {
      at = behind_line_end(walk->text, at, walk->end);
      walk->next = at;
      walk->next_line++;
    } else if (is_blank(walk->text[at], walk->delimiter)) {
      at++;
    } else {
      return;
    }
  }
  walk->next = walk->end;
}

bool churn_record_next(churn_record_walk *walk)
{
  skip_blank_lines(walk);
  if (walk->next == walk->end)
    return false;
  bool inside = false;
  size_t at = walk->next;
  walk->start = at;
  walk->line = walk->next_line;
  while (at < walk->end && (inside || !is_line_end(walk->text[at]))) {
    inside ^= walk->text[at] == '"';
    size_t step = is_line_end(walk->text[at]) ? behind_line_end(walk->text, at, walk->end) : at + 1;
    walk->next_line += !walk->by_row && is_line_end(walk->text[at]);
    at = step;
  }
  walk->stop = at;
  walk->next = at < walk->end ? behind_line_end(walk->text, at, walk->end) : at;
  walk->next_line += at < walk->end;
  return true;
}

/* The byte behind the closing quote of the quoted field at `at`. */
static size_t behind_quoted(const char *text, size_t at, size_t end)
{
  for (at++; at < end; at++)
    if (text[at] == '"') {
      if (at + 1 == end || text[at + 1] != '"')
        return at + 1;
      at++;
    }
  return end;
}

bool churn_field_next(churn_field_walk *walk)
{
  if (walk->ended)
    return false;
  size_t at = walk->behind;
  while (at < walk->end && is_blank(walk->text[at], walk->delimiter))
    at++;
  walk->at = at;
  if (at < walk->end && walk->text[at] == '"')
    at = behind_quoted(walk->text, at, walk->end);
  while (at < walk->end && walk->text[at] != walk->delimiter)
    at++;
  walk->ended = at >= walk->end;
  walk->behind = walk->ended ? walk->end : at + 1;
  return true;
}

size_t churn_field_find(const char *text, size_t start, size_t stop, char delimiter, size_t index)
{
  churn_field_walk walk = {.text = text, .end = stop, .delimiter = delimiter, .behind = start};
  for (size_t i = 0; churn_field_next(&walk); i++)
    if (i == index)
      return walk.at;
  return stop;
}
