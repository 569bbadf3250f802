/* The columns that a source maps.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "project/spec.h"

#include <string.h>

static const char *const type_names[] = {"number", "day", "scheduled", "category", "flag"};
enum { TYPES = sizeof type_names / sizeof type_names[0] };

static churn_type read_type(churn_reader *reader, const churn_yaml *node)
{
  int choice = churn_reader_choice(reader, node, "type", type_names, TYPES);
  return choice < 0 ? CHURN_TYPE_INFER : churn_type_from_name(type_names[choice]);
}

static void read_long_form(churn_reader *reader, const churn_yaml *node, churn_column_spec *column)
{
  enum { FROM, TYPE, KNOWN_AT, STATIC, KEYS };
  churn_field fields[KEYS] = {{"from", NULL}, {"type", NULL}, {"known_at", NULL}, {"static", NULL}};
  if (!churn_reader_fields(reader, node, "a column", "{from: staff count, type: number}", fields,
                           KEYS))
    return;
  if (fields[FROM].value != NULL)
    column->heading = churn_reader_text(reader, fields[FROM].value, "from");
  column->type = read_type(reader, fields[TYPE].value);
  column->known_at = churn_reader_text(reader, fields[KNOWN_AT].value, "known_at");
  column->is_static = churn_reader_flag(reader, fields[STATIC].value, "static");
}

static void read_column(churn_reader *reader, const churn_yaml *node, churn_column_spec *column)
{
  column->name = churn_reader_text(reader, node->key, "a column's name");
  column->heading = column->name;
  if (node->kind == CHURN_YAML_SCALAR)
    column->type = read_type(reader, node);
  else
    read_long_form(reader, node, column);
}

static bool same(const churn_located *a, const churn_located *b)
{
  return a->text != NULL && b->text != NULL && strcmp(a->text, b->text) == 0;
}

/* A history's day column is there without being mapped. Mapping it once more as what it is does no
 * harm and is left out; anything else under its name would make the name mean two things. */
static bool repeats_day(churn_reader *reader, const churn_source_spec *source,
                        const churn_column_spec *column)
{
  if (!same(&column->name, &source->day))
    return false;
  bool harmless = same(&column->heading, &source->day) && column->known_at.text == NULL &&
                  (column->type == CHURN_TYPE_DAY || column->type == CHURN_TYPE_INFER);
  if (!harmless)
    churn_reader_fault_at(reader, &column->name,
                          "\"%s\" is the history's day column; it needs no entry in columns, and "
                          "no other column may have its name",
                          column->name.text);
  return true;
}

void churn_columns_read(churn_reader *reader, const churn_yaml *node, churn_source_spec *source)
{
  if (node == NULL || !churn_reader_is_mapping(reader, node, "columns", "{region: category}"))
    return;
  source->columns = churn_reader_take(reader, node->count, sizeof *source->columns);
  source->columns_declared = true;
  if (source->columns == NULL)
    return;
  for (const churn_yaml *item = node->first; item != NULL; item = item->next) {
    churn_column_spec *column = &source->columns[source->column_count];
    *column = (churn_column_spec){.type = CHURN_TYPE_INFER};
    read_column(reader, item, column);
    source->column_count += column->name.text != NULL && !repeats_day(reader, source, column);
  }
}

static void check_known_at(churn_reader *reader, const churn_source_spec *source,
                           const churn_located *known_at)
{
  const char **names = churn_reader_take(reader, source->column_count + 1, sizeof *names);
  char list[256], shown[CHURN_SHOWN_SIZE], nearest[CHURN_SHOWN_SIZE * 2];
  size_t count = 0;
  if (known_at->text == NULL || names == NULL || same(known_at, &source->day))
    return;
  if (source->day.text != NULL)
    names[count++] = source->day.text;
  for (size_t i = 0; i < source->column_count; i++) {
    const churn_column_spec *column = &source->columns[i];
    bool is_it = same(known_at, &column->name);
    if (is_it && column->type == CHURN_TYPE_DAY)
      return;
    if (is_it)
      churn_reader_fault_at(
          reader, known_at, "known_at: the column \"%s\" must have type day, not %s",
          churn_shown(known_at->text, shown),
          column->type == CHURN_TYPE_INFER ? "an inferred one" : churn_type_name(column->type));
    if (is_it)
      return;
    if (column->type == CHURN_TYPE_DAY)
      names[count++] = column->name.text;
  }
  churn_join_names(names, count, list, sizeof list);
  churn_reader_fault_at(
      reader, known_at, "known_at: %s has no column \"%s\"%s; its day columns: %s",
      source->name.text, churn_shown(known_at->text, shown),
      churn_did_you_mean(known_at->text, names, count, nearest), count == 0 ? "none" : list);
}

void churn_columns_check(churn_reader *reader, const churn_source_spec *source)
{
  if (!source->columns_declared)
    return;
  check_known_at(reader, source, &source->known_at);
  for (size_t i = 0; i < source->column_count; i++)
    check_known_at(reader, source, &source->columns[i].known_at);
}
