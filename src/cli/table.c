/* Tables for the terminal, and the texts in their cells.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BUFFERS = 64, BUFFER_SIZE = 512, MOST_COLUMNS = 16 };

struct cli_table {
  const char *align;
  size_t columns;
  char **cells; /* rows x columns; NULL entries print as empty */
  size_t rows;
  size_t capacity;
  size_t narrow; /* lines are to be at most so wide; 0 = as wide as they come */
};

static char buffers[BUFFERS][BUFFER_SIZE];
static int next_buffer;

static char *take_buffer(void)
{
  char *text = buffers[next_buffer++ % BUFFERS];
  text[0] = '\0';
  return text;
}

const char *cli_format(const char *format, ...)
{
  char *text = take_buffer();
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, BUFFER_SIZE, format, arguments);
  va_end(arguments);
  return text;
}

const char *cli_number(double value, int digits)
{
  return isnan(value) ? "" : cli_format("%.*f", digits, value);
}

const char *cli_short(double value)
{
  return isnan(value) ? "" : cli_format("%.5g", value);
}

const char *cli_percent(double share, int digits)
{
  return isnan(share) ? "" : cli_format("%.*f %%", digits, 100 * share);
}

const char *cli_count(uint64_t value)
{
  char plain[24];
  char *text = take_buffer();
  int length = snprintf(plain, sizeof plain, "%" PRIu64, value);
  size_t out = 0;
  for (int i = 0; i < length; i++) {
    if (i > 0 && (length - i) % 3 == 0)
      text[out++] = ',';
    text[out++] = plain[i];
  }
  text[out] = '\0';
  return text;
}

const char *cli_money(double value)
{
  if (isnan(value))
    return "";
  if (fabs(value) >= 1e18)
    return cli_format("%.0f", value);
  const char *amount = cli_count((uint64_t)llround(fabs(value)));
  return value < 0 && amount[0] != '0' ? cli_format("-%s", amount) : amount;
}

const char *cli_text_day(churn_day day)
{
  char *text = take_buffer();
  churn_day_format(day, text);
  return text;
}

/* Columns the first `length` bytes of a text take on a terminal: East Asian wide characters take
 * two; combining marks count one. */
static size_t display_width_of(const char *text, size_t length)
{
  size_t width = 0;
  const unsigned char *end = (const unsigned char *)text + length;
  for (const unsigned char *at = (const unsigned char *)text; at < end; at++) {
    if ((*at & 0xC0) == 0x80)
      continue;
    bool wide = *at >= 0xE1 && *at <= 0xEF && !(*at == 0xE2 && at[1] < 0xBA) &&
                !(*at == 0xE1 && at[1] > 0x85);
    width += wide || *at >= 0xF0 ? 2 : 1;
  }
  return width;
}

static size_t display_width(const char *text)
{
  return display_width_of(text, strlen(text));
}

cli_table *cli_table_new(const char *align)
{
  cli_table *table = calloc(1, sizeof *table);
  if (table != NULL) {
    table->align = align;
    table->columns = strlen(align);
  }
  return table;
}

void cli_table_row(cli_table *table, ...)
{
  if (table == NULL)
    return;
  if (table->rows == table->capacity) {
    size_t capacity = table->capacity == 0 ? 32 : table->capacity * 2;
    char **cells = realloc(table->cells, capacity * table->columns * sizeof *cells);
    if (cells == NULL)
      return;
    table->cells = cells;
    table->capacity = capacity;
  }
  va_list arguments;
  va_start(arguments, table);
  for (size_t c = 0; c < table->columns; c++)
    table->cells[table->rows * table->columns + c] = strdup(va_arg(arguments, const char *));
  va_end(arguments);
  table->rows++;
}

void cli_table_narrow(cli_table *table, size_t width)
{
  if (table != NULL)
    table->narrow = width;
}

/* Bytes of the longest beginning that is at most `width` wide. */
static size_t beginning(const char *text, size_t width)
{
  size_t length = 0, next = 0;
  do {
    length = next;
    if (text[next] == '\0')
      break;
    next++;
    while ((text[next] & 0xC0) == 0x80)
      next++;
  } while (display_width_of(text, next) <= width);
  return length;
}

/* Where the longest ending that is at most `width` wide begins. */
static size_t ending(const char *text, size_t width)
{
  size_t start = 0;
  while (text[start] != '\0' && display_width(text + start) > width) {
    start++;
    while ((text[start] & 0xC0) == 0x80)
      start++;
  }
  return start;
}

/* The text with its middle left out, `width` wide or one less, in a buffer of table cells. Two
 * thirds are its end: that is where columns of one feature differ. */
static const char *cut_middle(const char *text, size_t width)
{
  size_t kept = width - 1;
  return cli_format("%.*s…%s", (int)beginning(text, kept / 3), text,
                    text + ending(text, kept - kept / 3));
}

/* The widest column that may be cut. */
static size_t widest(const cli_table *table, const size_t *widths)
{
  size_t found = 0;
  for (size_t c = 1; c < table->columns; c++)
    if (table->align[c] == 'n' && widths[c] > widths[found])
      found = c;
  return found;
}

/* Columns that may be cut give up what lines are too wide by, the widest first, but for their least
 * width; where no eye but a program may read them, nothing. */
static void narrow_columns(const cli_table *table, const char *indent, bool to_terminal,
                           size_t *widths)
{
  enum { LEAST = 8 };
  size_t total = strlen(indent) + 2 * (table->columns - 1);
  for (size_t c = 0; c < table->columns; c++)
    total += widths[c];
  if (table->narrow == 0 || !to_terminal)
    return;
  for (size_t c; total > table->narrow && widths[c = widest(table, widths)] > LEAST; total--)
    widths[c]--;
}

/* One row; nothing is printed after the last cell that holds a text. */
static void print_row(const cli_table *table, size_t row, const size_t *widths, FILE *file,
                      const char *indent)
{
  char *const *cells = table->cells + row * table->columns;
  size_t end = table->columns;
  while (end > 0 && (cells[end - 1] == NULL || cells[end - 1][0] == '\0'))
    end--;
  for (size_t c = 0; c < end; c++) {
    const char *text = cells[c] == NULL ? "" : cells[c];
    if (display_width(text) > widths[c])
      text = cut_middle(text, widths[c]);
    int pad = (int)(widths[c] - display_width(text));
    bool right = table->align[c] == 'r';
    fprintf(file, "%s%*s%s%*s", c == 0 ? indent : "  ", right ? pad : 0, "", text,
            right || c + 1 == end ? 0 : pad, "");
  }
  fputc('\n', file);
}

void cli_table_print(cli_table *table, FILE *file, const char *indent)
{
  if (table == NULL)
    return;
  size_t widths[MOST_COLUMNS] = {0};
  size_t cells = table->rows * table->columns;
  for (size_t i = 0; i < cells; i++) {
    size_t width = table->cells[i] == NULL ? 0 : display_width(table->cells[i]);
    if (width > widths[i % table->columns])
      widths[i % table->columns] = width;
  }
  narrow_columns(table, indent, isatty(fileno(file)) == 1, widths);
  for (size_t row = 0; row < table->rows; row++)
    print_row(table, row, widths, file, indent);
  for (size_t i = 0; i < cells; i++)
    free(table->cells[i]);
  free(table->cells);
  free(table);
}

const char *cli_plural(uint64_t count, const char *noun)
{
  return cli_format("%s %s%s", cli_count(count), noun, count == 1 ? "" : "s");
}
