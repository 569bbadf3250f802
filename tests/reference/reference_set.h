/* For the reference tests: a CSV file as a table of text, and a design matrix built from it column
 * by column. Simple code of its own, so that the answers depend on nothing but the fit.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_TEST_REFERENCE_SET_H
#define CHURN_TEST_REFERENCE_SET_H

#include "design/matrix.h"
#include "fit/logistic.h"
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SET_COLUMNS = 32, SET_TERMS = 24 };

typedef struct table {
  char *text; /* the cells point into it */
  char **cells;
  size_t rows; /* without the heading */
  size_t columns;
} table;

static inline void table_free(table *t)
{
  free(t->text);
  free(t->cells);
  *t = (table){0};
}

/* One cell, quotes taken off; *at moves past it. Quoted cells of these files hold no quotes. */
static inline char *next_cell(char **at, bool *line_ends)
{
  bool quoted = **at == '"';
  char *cell = quoted ? ++*at : *at;
  char *end = strpbrk(cell, quoted ? "\"" : ",\r\n");
  assert_non_null(end);
  char *rest = end + (quoted ? 1 : 0);
  *line_ends = *rest != ',';
  *at = rest + (*rest == '\r' ? 2 : 1);
  *end = '\0';
  return cell;
}

static inline table table_read(const char *path)
{
  table t = {0};
  size_t length = 0, capacity = 0, count = 0, lines = 0;
  t.text = file_read(path, &length);
  assert_non_null(t.text);
  char *at = t.text;
  while (at < t.text + length && *at != '\0') {
    bool line_ends = false;
    if (*at == '\n' && t.columns > 0 &&
        count % t.columns == 0) { /* lbw_stata.csv ends in an empty line */
      at++;
      continue;
    }
    if (count == capacity) {
      capacity = capacity == 0 ? 1024 : capacity * 2;
      t.cells = realloc(t.cells, capacity * sizeof *t.cells);
      assert_non_null(t.cells);
    }
    t.cells[count++] = next_cell(&at, &line_ends);
    if (line_ends && t.columns == 0)
      t.columns = count;
    lines += line_ends;
  }
  assert_int_equal(count, lines * t.columns);
  t.rows = lines - 1;
  return t;
}

static inline size_t table_column(const table *t, const char *name)
{
  for (size_t c = 0; c < t->columns; c++)
    if (strcmp(t->cells[c], name) == 0)
      return c;
  print_error("no column %s\n", name);
  fail();
  return 0;
}

static inline const char *table_text(const table *t, size_t row, size_t column)
{
  return t->cells[(row + 1) * t->columns + column];
}

static inline double table_number(const table *t, size_t row, size_t column)
{
  char *end;
  double value = strtod(table_text(t, row, column), &end);
  end += strspn(end, " "); /* one cell of the bank's export has a blank after it */
  assert_int_equal(*end, '\0');
  return value;
}

/* A term of a model: a column as numbers (level NULL), as 0/1 for one of its values, or as 0/1 for
 * numbers of at least `from` (level ">="). */
typedef struct term {
  const char *column;
  const char *level;
  double from;
} term;

static inline double term_value(const table *t, const term *what, size_t row)
{
  size_t column = table_column(t, what->column);
  if (what->level == NULL)
    return table_number(t, row, column);
  if (strcmp(what->level, ">=") == 0)
    return table_number(t, row, column) >= what->from;
  return strcmp(table_text(t, row, column), what->level) == 0;
}

static inline churn_matrix *design(const table *t, const term *label, const term *terms,
                                   size_t count)
{
  churn_matrix *m = NULL;
  churn_error error;
  assert_ok(churn_matrix_new(t->rows, count, &m, &error), &error);
  for (size_t r = 0; r < t->rows; r++) {
    m->y[r] = term_value(t, label, r);
    for (size_t c = 0; c < count; c++)
      churn_matrix_tile(m, r / CHURN_TILE_ROWS, c)[r % CHURN_TILE_ROWS] =
          term_value(t, &terms[c], r);
  }
  return m;
}

/* A fit with its arrays. */
typedef struct fitted {
  churn_fit_report report;
  double coefficients[SET_TERMS + 1];
  double covariance[(SET_TERMS + 1) * (SET_TERMS + 1)];
  double means[SET_TERMS];
  double deviations[SET_TERMS];
  size_t unknowns;
} fitted;

static inline fitted fit_table(const table *t, const term *label, const term *terms, size_t count,
                               double lambda)
{
  fitted f = {.unknowns = count + 1};
  churn_error error;
  churn_fit_settings settings = {.ridge_lambda = lambda};
  churn_fit_result result = {f.coefficients, f.covariance, f.means, f.deviations};
  churn_matrix *m = design(t, label, terms, count);
  assert_ok(churn_fit_logistic(m, &settings, NULL, &result, &f.report, &error), &error);
  churn_matrix_free(m);
  return f;
}

static inline double std_error(const fitted *f, size_t j)
{
  return sqrt(f->covariance[j * f->unknowns + j]);
}

#endif
