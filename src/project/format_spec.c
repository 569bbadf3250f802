/* How a source is written: the format keys of a source and of the top level.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/number.h"
#include "project/spec.h"

#include <iconv.h>
#include <string.h>
#include <strings.h>

enum { DELIMITER, ENCODING, DATE_FORMAT, MISSING, DECIMAL, THOUSANDS, UTC_OFFSET, MAX_BAD_ROWS };

static void fault_text(churn_reader *reader, const churn_yaml *node, const churn_located *text,
                       const char *what, const char *expected)
{
  char shown[CHURN_SHOWN_SIZE];
  churn_reader_fault(reader, node, "%s: expected %s, found \"%s\"", what, expected,
                     churn_shown(text->text, shown));
}

static void read_delimiter(churn_reader *reader, const churn_yaml *node, churn_format *format)
{
  static const struct {
    const char *name;
    char byte;
  } words[] = {{"comma", ','}, {"semicolon", ';'}, {"tab", '\t'}, {"pipe", '|'}};
  churn_located text = churn_reader_text(reader, node, "delimiter");
  if (text.text == NULL)
    return;
  for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
    if (strcmp(words[i].name, text.text) == 0) {
      format->delimiter = words[i].byte;
      return;
    }
  if (strlen(text.text) == 1 && strchr("\"\r\n", text.text[0]) == NULL)
    format->delimiter = text.text[0];
  else
    fault_text(reader, node, &text, "delimiter",
               "one character (ASCII, no quote and no line end), or comma, semicolon, tab, pipe");
}

/* Names that people write and iconv does not know. */
static const char *usual_encoding(const char *name)
{
  static const char *const latin[] = {"latin-1", "latin1", "iso8859-1"};
  if (strcasecmp(name, "utf-8") == 0 || strcasecmp(name, "utf8") == 0)
    return "UTF-8";
  for (size_t i = 0; i < sizeof latin / sizeof latin[0]; i++)
    if (strcasecmp(name, latin[i]) == 0)
      return "ISO-8859-1";
  return name;
}

static void read_encoding(churn_reader *reader, const churn_yaml *node, churn_format *format)
{
  churn_located text = churn_reader_text(reader, node, "encoding");
  if (text.text == NULL)
    return;
  const char *name = usual_encoding(text.text);
  iconv_t converter = iconv_open("UTF-8", name);
  if (converter == (iconv_t)-1) {
    fault_text(reader, node, &text, "encoding",
               "UTF-8, latin-1, GB18030 or another name that iconv knows");
    return;
  }
  iconv_close(converter);
  format->encoding = strcmp(name, "UTF-8") == 0 ? NULL : name;
}

static void read_date_format(churn_reader *reader, const churn_yaml *node, churn_format *format)
{
  churn_located text = churn_reader_text(reader, node, "date_format");
  if (text.text == NULL)
    return;
  if (strcmp(text.text, "iso") == 0)
    format->date_format = NULL;
  else if (churn_day_format_valid(text.text))
    format->date_format = text.text;
  else
    fault_text(reader, node, &text, "date_format",
               "iso, or a pattern of %Y %y %m %b %d %H %M %S %% and literal text that names year, "
               "month and day, like %d/%m/%Y");
}

static void read_missing(churn_reader *reader, const churn_yaml *node, churn_format *format)
{
  if (node == NULL)
    return;
  bool list = node->kind == CHURN_YAML_LIST;
  size_t count = list ? node->count : 1, kept = 0;
  const char **tokens = churn_reader_take(reader, count + 1, sizeof *tokens);
  if (tokens == NULL)
    return;
  for (const churn_yaml *item = list ? node->first : node; item != NULL && kept < count;
       item = item->next) {
    churn_located text = churn_reader_any_text(reader, item, "missing");
    if (text.text != NULL)
      tokens[kept++] = text.text;
    if (!list)
      break;
  }
  format->missing = tokens;
  format->missing_count = kept;
}

/* One of the bytes in `marks`, or 0 after a fault. */
static char read_mark(churn_reader *reader, const churn_yaml *node, const char *what,
                      const char *marks, const char *expected)
{
  churn_located text = churn_reader_text(reader, node, what);
  if (text.text == NULL)
    return 0;
  if (strlen(text.text) == 1 && strchr(marks, text.text[0]) != NULL)
    return text.text[0];
  fault_text(reader, node, &text, what, expected);
  return 0;
}

static void read_marks(churn_reader *reader, const churn_yaml *decimal, const churn_yaml *thousands,
                       churn_format *format)
{
  if (decimal != NULL)
    format->decimal = read_mark(reader, decimal, "decimal", ".,", "\".\" or \",\"");
  if (thousands != NULL && thousands->kind == CHURN_YAML_SCALAR &&
      strcmp(thousands->text, "none") == 0)
    format->thousands = 0;
  else if (thousands != NULL)
    format->thousands = read_mark(reader, thousands, "thousands", ".,' _",
                                  "one of \".\", \",\", \"'\", \"_\", \" \", or none");
  char mark = format->decimal == 0 ? '.' : format->decimal;
  const churn_yaml *at = thousands != NULL ? thousands : decimal;
  if (at != NULL && format->thousands == mark)
    churn_reader_fault(reader, at,
                       "decimal and thousands are both \"%c\"; they must differ (decimal is \".\" "
                       "unless given)",
                       mark);
}

/* `[+-]H[H][:MM]`, at most 14 hours. */
static bool parse_offset(const char *text, int *minutes)
{
  int sign = *text == '-' ? -1 : 1;
  text += *text == '-' || *text == '+';
  size_t digits = strspn(text, "0123456789");
  uint64_t hours = 0, rest = 0;
  if (digits > 2 || !churn_whole_parse(text, digits, &hours))
    return false;
  if (text[digits] == ':' &&
      (strlen(text + digits) != 3 || !churn_whole_parse(text + digits + 1, 2, &rest)))
    return false;
  if ((text[digits] != ':' && text[digits] != '\0') || rest > 59 || hours * 60 + rest > 14 * 60)
    return false;
  *minutes = sign * (int)(hours * 60 + rest);
  return true;
}

static void read_offset(churn_reader *reader, const churn_yaml *node, churn_format *format)
{
  churn_located text = churn_reader_text(reader, node, "utc_offset");
  if (text.text != NULL && !parse_offset(text.text, &format->utc_offset_minutes))
    fault_text(reader, node, &text, "utc_offset",
               "hours, or hours:minutes, within 14 hours, like +8, +08:00 or -5:30");
}

void churn_format_refuse(churn_reader *reader, const churn_field *fields,
                         const churn_source_spec *source)
{
  static const int of_files[] = {DELIMITER, ENCODING, DECIMAL, THOUSANDS};
  bool via_file = source->via.path != NULL && source->via.rowset.target == NULL;
  if (source->rowset.target == NULL || via_file)
    return;
  for (size_t i = 0; i < sizeof of_files / sizeof of_files[0]; i++) {
    const churn_field *field = &fields[of_files[i]];
    if (field->value != NULL)
      churn_reader_fault(reader, field->value,
                         "%s: says how a file is written, and this source is a database, whose "
                         "texts are UTF-8 and whose numbers are numbers",
                         field->key);
  }
}

void churn_format_read(churn_reader *reader, const churn_field *fields, churn_format *format)
{
  read_delimiter(reader, fields[DELIMITER].value, format);
  read_encoding(reader, fields[ENCODING].value, format);
  read_date_format(reader, fields[DATE_FORMAT].value, format);
  read_missing(reader, fields[MISSING].value, format);
  read_marks(reader, fields[DECIMAL].value, fields[THOUSANDS].value, format);
  read_offset(reader, fields[UTC_OFFSET].value, format);
  format->max_bad_rows = churn_reader_whole(reader, fields[MAX_BAD_ROWS].value, "max_bad_rows",
                                            UINT64_MAX, format->max_bad_rows);
}
