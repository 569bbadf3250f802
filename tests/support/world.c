/* A schema and data made by hand.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "world.h"
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_SOURCES = 8, MOST_COLUMNS = 16, MOST_WORDS = 32 };

/* A row as words: which source, id, and the words behind it. */
typedef struct line {
  int source;
  int customer;
  int first, second; /* joined and left, or day */
  size_t order;
  char **words;
  size_t count;
} line;

typedef struct reading {
  world *w;
  line *rows;
  size_t count;
  char **ids;
  size_t id_count;
} reading;

static void *take(size_t count, size_t size)
{
  void *memory = calloc(count == 0 ? 1 : count, size);
  assert_non_null(memory);
  return memory;
}

static int find_source(const world *w, const char *name)
{
  for (size_t i = 0; i < w->schema.source_count; i++)
    if (w->schema.sources[i].name != NULL && strcmp(w->schema.sources[i].name, name) == 0)
      return (int)i;
  fail_msg("no source %s", name);
  return -1;
}

static int find_column(const churn_schema_source *source, const char *name)
{
  for (size_t i = 0; i < source->column_count; i++)
    if (strcmp(source->columns[i].name, name) == 0)
      return (int)i;
  fail_msg("no column %s", name);
  return -1;
}

static int day_of(const char *word)
{
  return strcmp(word, "-") == 0 ? CHURN_DAY_MISSING : (int)strtol(word, NULL, 10);
}

static size_t split(char *text, char **words)
{
  size_t count = 0;
  for (char *word = strtok(text, " "); word != NULL; word = strtok(NULL, " ")) {
    assert_true(count < MOST_WORDS);
    words[count++] = word;
  }
  return count;
}

/* "name:type[,static][,known_at=column]"; the known_at names go to known[]. */
static void read_column(churn_schema_source *source, char *word, const char **known)
{
  char *type = strchr(word, ':');
  assert_non_null(type);
  *type++ = '\0';
  char *rest = strchr(type, ',');
  if (rest != NULL)
    *rest++ = '\0';
  assert_true(source->column_count < MOST_COLUMNS);
  churn_schema_column *column = &source->columns[source->column_count];
  known[source->column_count++] =
      rest != NULL && strncmp(rest, "known_at=", 9) == 0 ? rest + 9 : NULL;
  *column = (churn_schema_column){.name = strdup(word),
                                  .heading = NULL,
                                  .type = churn_type_from_name(type),
                                  .known_at = -1,
                                  .is_static = rest != NULL && strcmp(rest, "static") == 0};
  assert_true(column->type != CHURN_TYPE_INFER);
}

static void read_source(world *w, char **words, size_t count)
{
  bool customers = strcmp(words[1], "customers") == 0;
  size_t index = customers ? 0 : w->schema.source_count++;
  assert_true(index < MOST_SOURCES);
  churn_schema_source *source = &w->schema.sources[index];
  const char *known[MOST_COLUMNS] = {NULL}, *row_known = NULL;
  size_t first = customers ? 2 : 3;
  source->name = strdup(words[1]);
  source->columns = take(MOST_COLUMNS, sizeof *source->columns);
  source->day = source->known_at = -1;
  if (!customers) {
    assert_true(count > 2 && strncmp(words[2], "day=", 4) == 0);
    source->day = 0;
    source->columns[source->column_count++] =
        (churn_schema_column){.name = strdup(words[2] + 4), .type = CHURN_TYPE_DAY, .known_at = -1};
  }
  for (size_t i = first; i < count; i++) {
    if (strncmp(words[i], "known_at=", 9) == 0)
      row_known = words[i] + 9;
    else
      read_column(source, words[i], known);
  }
  if (row_known != NULL)
    source->known_at = find_column(source, row_known);
  for (size_t i = 0; i < source->column_count; i++)
    if (known[i] != NULL)
      source->columns[i].known_at = find_column(source, known[i]);
}

static void read_row(reading *r, char **words, size_t count)
{
  int source = find_source(r->w, words[1]);
  size_t head = source == 0 ? 5 : 4;
  size_t columns = r->w->schema.sources[source].column_count - (source == 0 ? 0 : 1);
  if (count != head + columns)
    fail_msg("%s: %zu words, expected %zu", words[1], count, head + columns);
  line *row = &r->rows[r->count];
  *row = (line){source,           -1,
                day_of(words[3]), source == 0 ? day_of(words[4]) : 0,
                r->count,         take(columns + 1, sizeof(char *)),
                columns};
  r->count++;
  for (size_t i = 0; i < columns; i++)
    row->words[i] = strdup(words[head + i]);
  row->words[columns] = strdup(words[2]);
  if (source == 0)
    r->ids[r->id_count++] = row->words[columns];
}

static int compare_ids(const void *a, const void *b)
{
  return strcmp(*(char *const *)a, *(char *const *)b);
}

static int compare_rows(const void *left, const void *right)
{
  const line *a = left, *b = right;
  if (a->source != b->source)
    return a->source < b->source ? -1 : 1;
  if (a->customer != b->customer)
    return a->customer < b->customer ? -1 : 1;
  if (a->first != b->first)
    return a->first < b->first ? -1 : 1;
  return a->order < b->order ? -1 : 1;
}

/* Numbers the customers in bytewise order of their ids and the rows by them. */
static void number_customers(reading *r)
{
  churn_customers *c = &r->w->data.customers;
  qsort(r->ids, r->id_count, sizeof *r->ids, compare_ids);
  c->ids = take(r->id_count, sizeof *c->ids);
  for (size_t i = 0; i < r->id_count; i++)
    if (i == 0 || strcmp(r->ids[i], r->ids[i - 1]) != 0)
      c->ids[c->count++] = r->ids[i];
  for (size_t i = 0; i < c->count; i++)
    c->ids[i] = strdup(c->ids[i]);
  for (size_t k = 0; k < r->count; k++)
    for (size_t i = 0; i < c->count; i++)
      if (strcmp(c->ids[i], r->rows[k].words[r->rows[k].count]) == 0)
        r->rows[k].customer = (int)i;
  qsort(r->rows, r->count, sizeof *r->rows, compare_rows);
}

static void fill_codes(churn_column *column, const line *rows, size_t count, size_t word)
{
  churn_dictionary *seen = churn_dictionary_new();
  uint32_t *remap;
  column->codes = take(count, sizeof *column->codes);
  for (size_t i = 0; i < count; i++) {
    const char *text = rows[i].words[word];
    text = strcmp(text, "''") == 0 ? "" : text;
    column->codes[i] = CHURN_CODE_MISSING;
    if (strcmp(text, "-") != 0)
      assert_int_equal(churn_dictionary_add(seen, text, strlen(text), &column->codes[i]), CHURN_OK);
  }
  const churn_dictionary *part = seen;
  assert_int_equal(churn_dictionary_merge(&part, 1, &column->levels, &remap), CHURN_OK);
  for (size_t i = 0; i < count; i++)
    if (column->codes[i] != CHURN_CODE_MISSING)
      column->codes[i] = remap[column->codes[i]];
  free(remap);
  churn_dictionary_free(seen);
}

static void fill_column(churn_column *column, churn_type type, const line *rows, size_t count,
                        size_t word)
{
  column->type = type;
  column->present = true;
  if (type == CHURN_TYPE_CATEGORY) {
    fill_codes(column, rows, count, word);
  } else if (type == CHURN_TYPE_DAY || type == CHURN_TYPE_SCHEDULED) {
    column->days = take(count, sizeof *column->days);
    for (size_t i = 0; i < count; i++)
      column->days[i] = day_of(rows[i].words[word]);
  } else {
    column->numbers = take(count, sizeof *column->numbers);
    for (size_t i = 0; i < count; i++)
      column->numbers[i] =
          strcmp(rows[i].words[word], "-") == 0 ? NAN : strtod(rows[i].words[word], NULL);
  }
}

/* Columns of one source; a history's day column, the first one, is not among its words. */
static churn_column *fill_columns(const churn_schema_source *source, const line *rows, size_t count)
{
  churn_column *columns = take(source->column_count, sizeof *columns);
  size_t first = source->day == 0;
  for (size_t i = first; i < source->column_count; i++)
    fill_column(&columns[i], source->columns[i].type, rows, count, i - first);
  return columns;
}

/* first[c] = index of customer c's first row. */
static size_t *find_firsts(const line *rows, size_t count, size_t customers)
{
  size_t *first = take(customers + 1, sizeof *first);
  for (size_t c = 0, i = 0; c <= customers; c++) {
    while (i < count && rows[i].customer < (int)c)
      i++;
    first[c] = i;
  }
  return first;
}

static void fill_customers(reading *r, const line *rows, size_t count)
{
  churn_customers *c = &r->w->data.customers;
  c->spell_count = count;
  c->first_spell = find_firsts(rows, count, c->count);
  c->spell_customer = take(count, sizeof *c->spell_customer);
  c->joined = take(count, sizeof *c->joined);
  c->left = take(count, sizeof *c->left);
  for (size_t i = 0; i < count; i++) {
    c->spell_customer[i] = (uint32_t)rows[i].customer;
    c->joined[i] = rows[i].first;
    c->left[i] = rows[i].second;
  }
  c->columns = fill_columns(&r->w->schema.sources[0], rows, count);
}

static void fill_history(reading *r, size_t source, const line *rows, size_t count)
{
  churn_history *h = &r->w->data.histories[source - 1];
  while (count > 0 && rows->customer < 0) {
    rows++;
    count--;
  }
  h->name = r->w->schema.sources[source].name;
  h->loaded = true;
  h->rows = count;
  h->first_row = find_firsts(rows, count, r->w->data.customers.count);
  h->days = take(count, sizeof *h->days);
  for (size_t i = 0; i < count; i++)
    h->days[i] = rows[i].first;
  h->columns = fill_columns(&r->w->schema.sources[source], rows, count);
}

static void fill_data(reading *r)
{
  world *w = r->w;
  w->data.schema = &w->schema;
  w->data.data_until = CHURN_DAY_MISSING;
  w->data.histories = take(w->schema.source_count, sizeof *w->data.histories);
  for (size_t source = 0, first = 0; source < w->schema.source_count; source++) {
    size_t end = first;
    while (end < r->count && r->rows[end].source == (int)source)
      end++;
    if (source == 0)
      fill_customers(r, r->rows + first, end - first);
    else
      fill_history(r, source, r->rows + first, end - first);
    first = end;
  }
}

static void read_lines(reading *r, char *text)
{
  char *words[MOST_WORDS], *rest = NULL;
  for (char *at = strtok_r(text, "\n", &rest); at != NULL; at = strtok_r(NULL, "\n", &rest)) {
    size_t count = split(at, words);
    if (count > 0 && strcmp(words[0], "source") == 0)
      read_source(r->w, words, count);
    else if (count > 0)
      read_row(r, words, count);
  }
}

world *world_read(const char *text)
{
  world *w = take(1, sizeof *w);
  size_t lines = 1;
  for (const char *at = text; *at != '\0'; at++)
    lines += *at == '\n';
  reading r = {w, take(lines, sizeof(line)), 0, take(lines, sizeof(char *)), 0};
  w->schema.sources = take(MOST_SOURCES, sizeof *w->schema.sources);
  w->schema.source_count = 1;
  char *copy = strdup(text);
  read_lines(&r, copy);
  if (w->schema.sources[0].name == NULL)
    w->schema.sources[0] =
        (churn_schema_source){strdup("customers"), take(1, sizeof(churn_schema_column)), 0, -1, -1};
  number_customers(&r);
  fill_data(&r);
  for (size_t i = 0; i < r.count; i++) {
    for (size_t k = 0; k <= r.rows[i].count; k++)
      free(r.rows[i].words[k]);
    free(r.rows[i].words);
  }
  free(r.rows);
  free(r.ids);
  free(copy);
  return w;
}

static void free_text(const char *text)
{
  free((void *)(uintptr_t)text);
}

static void free_columns(churn_column *columns, size_t count)
{
  for (size_t i = 0; i < count; i++) {
    free(columns[i].numbers);
    free(columns[i].days);
    free(columns[i].codes);
    churn_dictionary_free(columns[i].levels);
  }
  free(columns);
}

void world_free(world *w)
{
  if (w == NULL)
    return;
  churn_customers *c = &w->data.customers;
  for (size_t i = 0; i < w->schema.source_count; i++) {
    churn_schema_source *source = &w->schema.sources[i];
    free_columns(i == 0 ? c->columns : w->data.histories[i - 1].columns, source->column_count);
    if (i > 0) {
      free(w->data.histories[i - 1].first_row);
      free(w->data.histories[i - 1].days);
    }
    for (size_t k = 0; k < source->column_count; k++)
      free_text(source->columns[k].name);
    free_text(source->name);
    free(source->columns);
  }
  for (size_t i = 0; i < c->count; i++)
    free_text(c->ids[i]);
  free(c->ids);
  free(c->first_spell);
  free(c->spell_customer);
  free(c->joined);
  free(c->left);
  free(w->data.histories);
  free(w->schema.sources);
  free(w);
}
