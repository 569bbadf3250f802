/* Every aggregate against a second evaluation, written another way: it looks at every row of the
 * plain random customers, decides row by row what is known, and uses textbook formulas.
 *
 * All combinations of aggregate, row expression, condition and window that the language allows are
 * compiled into one plan, so that shared row sets are tested too.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "expression.h"
#include "random_world.h"
#include "support.h"

#include "feature/catalogue.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORLDS = 40, MOST = 2000, TEXT = 128 };

typedef struct row_expression {
  const char *text;
  churn_value_type type;
  double (*value)(const random_h *row, int as_of);
} row_expression;

static double or_missing(int value, double scale)
{
  return value == RANDOM_NONE ? NAN : value * scale;
}

static double x_of(const random_h *row, int as_of)
{
  (void)as_of;
  return or_missing(row->x, 0.25);
}

static double c_of(const random_h *row, int as_of)
{
  (void)as_of;
  return or_missing(row->c, 1);
}

static double d_of(const random_h *row, int as_of)
{
  return row->d == RANDOM_NONE || row->d >= as_of ? NAN : (double)row->d;
}

static double delay_of(const random_h *row, int as_of)
{
  return d_of(row, as_of) - row->day;
}

static double s_of(const random_h *row, int as_of)
{
  (void)as_of;
  return or_missing(row->s, 1);
}

static double k_of(const random_h *row, int as_of)
{
  return row->kd == RANDOM_NONE || row->kd >= as_of ? NAN : or_missing(row->k, 0.25);
}

static double f_of(const random_h *row, int as_of)
{
  (void)as_of;
  return or_missing(row->f, 1);
}

static double late_of(const random_h *row, int as_of)
{
  double delay = delay_of(row, as_of);
  return isnan(delay) ? NAN : (double)(delay > 3);
}

static const row_expression rows[] = {{NULL, CHURN_VALUE_NUMBER, NULL},
                                      {"x", CHURN_VALUE_NUMBER, x_of},
                                      {"c", CHURN_VALUE_TEXT, c_of},
                                      {"d", CHURN_VALUE_DAY, d_of},
                                      {"d - on", CHURN_VALUE_NUMBER, delay_of},
                                      {"s", CHURN_VALUE_DAY, s_of},
                                      {"k", CHURN_VALUE_NUMBER, k_of},
                                      {"f", CHURN_VALUE_TRUTH, f_of},
                                      {"d - on > 3", CHURN_VALUE_TRUTH, late_of}};

typedef struct condition {
  const char *text;
  bool (*holds)(const random_h *row, int as_of);
} condition;

static bool x_is_large(const random_h *row, int as_of)
{
  return x_of(row, as_of) > 0.5;
}

static bool d_is_missing(const random_h *row, int as_of)
{
  return isnan(d_of(row, as_of));
}

static bool flag_or_known(const random_h *row, int as_of)
{
  return row->f == 1 || k_of(row, as_of) <= 1;
}

static const condition conditions[] = {{NULL, NULL},
                                       {" where x > 0.5", x_is_large},
                                       {" where missing(d)", d_is_missing},
                                       {" where f or not k > 1", flag_or_known}};

typedef struct window {
  const char *text;
  int days, lag;
} window;

static const window windows[] = {
    {"", 0, 0}, {" over 10d", 10, 0}, {" over 7d lag 5d", 7, 5}, {" over 25d lag 1d", 25, 1}};

typedef struct combination {
  const churn_aggregate *aggregate;
  const row_expression *row;
  const condition *where;
  const window *over;
  char text[TEXT];
} combination;

static combination combinations[MOST];
static const char *texts[MOST];
static size_t combination_count;

static bool allowed(const churn_aggregate *aggregate, const row_expression *row, const window *over)
{
  if (aggregate->needs_over && over->days == 0)
    return false;
  if (aggregate->gives_argument && row->type == CHURN_VALUE_DAY)
    return false; /* a feature cannot be a day */
  switch (aggregate->argument) {
  case CHURN_ARGUMENT_NONE:
    return row->text == NULL;
  case CHURN_ARGUMENT_OPTIONAL:
    return true;
  case CHURN_ARGUMENT_NUMBER:
  case CHURN_ARGUMENT_QUANTILE:
    return row->text != NULL && row->type == CHURN_VALUE_NUMBER;
  case CHURN_ARGUMENT_TRUTH:
    return row->type == CHURN_VALUE_TRUTH;
  case CHURN_ARGUMENT_NUMBER_OR_DAY:
    return row->text != NULL && row->type != CHURN_VALUE_TEXT;
  case CHURN_ARGUMENT_DAY:
    return row->type == CHURN_VALUE_DAY;
  case CHURN_ARGUMENT_ANY:
    break;
  }
  return row->text != NULL;
}

static void add(const churn_aggregate *aggregate, const row_expression *row, const condition *where,
                const window *over)
{
  if (!allowed(aggregate, row, over))
    return;
  assert_true(combination_count < MOST);
  combination *c = &combinations[combination_count];
  *c = (combination){aggregate, row, where, over, ""};
  snprintf(c->text, TEXT, "%s(%s%s%sh%s%s)", aggregate->name,
           aggregate->argument == CHURN_ARGUMENT_QUANTILE ? "0.3, " : "",
           row->text == NULL ? "" : row->text, row->text == NULL ? "" : " from ",
           where->text == NULL ? "" : where->text, over->text);
  texts[combination_count++] = c->text;
}

static int make_combinations(void **state)
{
  (void)state;
  for (size_t a = 0; a < churn_aggregate_total; a++)
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++)
      for (size_t c = 0; c < sizeof conditions / sizeof conditions[0]; c++)
        for (size_t o = 0; o < sizeof windows / sizeof windows[0]; o++)
          add(&churn_aggregates[a], &rows[r], &conditions[c], &windows[o]);
  return 0;
}

/* A known, selected row. */
typedef struct point {
  int day;
  double value;
} point;

static int compare_points(const void *left, const void *right)
{
  const point *a = left, *b = right;
  if (a->day != b->day)
    return a->day < b->day ? -1 : 1;
  return (a->value > b->value) - (a->value < b->value);
}

static size_t collect(const random_customer *customer, const combination *c, int as_of,
                      point *points)
{
  size_t count = 0;
  for (size_t i = 0; i < customer->h_count; i++) {
    const random_h *row = &customer->h[i];
    double value = c->row->value == NULL ? 0 : c->row->value(row, as_of);
    if (row->day < as_of && !isnan(value) &&
        (c->where->holds == NULL || c->where->holds(row, as_of)))
      points[count++] = (point){row->day, value};
  }
  qsort(points, count, sizeof *points, compare_points);
  return count;
}

/* Textbook sums of the points in the window. */
typedef struct sums {
  double n, x, xx, d, dd, dx;
} sums;

static sums sum_up(const point *p, size_t count, int start, int stop)
{
  sums s = {0, 0, 0, 0, 0, 0};
  for (size_t i = 0; i < count; i++)
    if (p[i].day >= start && p[i].day < stop) {
      s.n += 1;
      s.x += p[i].value;
      s.xx += p[i].value * p[i].value;
      s.d += p[i].day;
      s.dd += (double)p[i].day * p[i].day;
      s.dx += p[i].day * p[i].value;
    }
  return s;
}

/* Value in force before `day`, or missing. */
static double in_force(const point *p, size_t count, int day)
{
  double value = NAN;
  for (size_t i = 0; i < count; i++)
    if (p[i].day < day)
      value = p[i].value;
  return value;
}

/* Aggregates that pick or count rows. */
static double walk(const char *name, const point *p, size_t count, int start, int stop, int as_of)
{
  double least = NAN, most = NAN, first = NAN, last = NAN, since = NAN, since_change = NAN,
         until = NAN;
  size_t distinct = 0, changes = 0, known = 0;
  for (size_t i = 0; i < count; i++) {
    known += p[i].day < stop;
    if (p[i].day < start || p[i].day >= stop)
      continue;
    bool seen = false;
    for (size_t k = 0; k < i; k++)
      seen = seen || (p[k].day >= start && p[k].value == p[i].value);
    distinct += !seen;
    least = fmin(least, p[i].value);
    most = fmax(most, p[i].value);
    first = isnan(first) ? p[i].value : first;
    last = p[i].value;
    since = as_of - p[i].day;
    if (i > 0 && p[i - 1].value != p[i].value) {
      changes++;
      since_change = as_of - p[i].day;
    }
    if (p[i].value >= as_of)
      until = fmin(until, p[i].value - as_of);
  }
  return strcmp(name, "min") == 0                 ? least
         : strcmp(name, "max") == 0               ? most
         : strcmp(name, "first") == 0             ? first
         : strcmp(name, "last") == 0              ? last
         : strcmp(name, "days_since") == 0        ? since
         : strcmp(name, "days_since_change") == 0 ? since_change
         : strcmp(name, "days_until") == 0        ? until
         : strcmp(name, "distinct") == 0          ? (distinct == 0 ? NAN : (double)distinct)
         : strcmp(name, "changes") == 0           ? (known == 0 ? NAN : (double)changes)
                                                  : -12345;
}

/* On the line through the points (i / (n - 1), i-th smallest value). */
static double interpolated(const point *p, size_t count, int start, int stop, double share)
{
  double sorted[RANDOM_ROWS], result = NAN;
  size_t n = 0;
  for (size_t i = 0; i < count; i++) {
    if (p[i].day < start || p[i].day >= stop)
      continue;
    size_t place = n++;
    for (; place > 0 && sorted[place - 1] > p[i].value; place--)
      sorted[place] = sorted[place - 1];
    sorted[place] = p[i].value;
  }
  if (n == 1)
    return sorted[0];
  for (size_t i = 1; i < n; i++) {
    double left = (double)(i - 1) / (double)(n - 1), right = (double)i / (double)(n - 1);
    if (share >= left && share <= right)
      result = (sorted[i - 1] * (right - share) + sorted[i] * (share - left)) / (right - left);
  }
  return result;
}

/* Looks from every day of the window for rows of that day. */
static double days_of(const char *name, const point *p, size_t count, int start, int stop)
{
  double active = 0, longest = NAN, selected = 0;
  int before = RANDOM_NONE;
  for (int day = start < 0 ? 0 : start; day < stop; day++) {
    double today = 0;
    for (size_t i = 0; i < count; i++)
      today += p[i].day == day;
    selected += today;
    if (today == 0)
      continue;
    active++;
    if (before != RANDOM_NONE)
      longest = fmax(longest, day - before);
    before = day;
  }
  if (selected > 1 && isnan(longest))
    longest = 0;
  return strcmp(name, "distinct_days") == 0 ? active : longest;
}

static double brute_force(const random_customer *customer, const combination *c, int as_of)
{
  point p[RANDOM_ROWS];
  size_t count = collect(customer, c, as_of, p);
  int stop = as_of - c->over->lag, start = c->over->days == 0 ? -1000 : stop - c->over->days;
  sums s = sum_up(p, count, start, stop);
  const char *name = c->aggregate->name;
  if (strcmp(name, "count") == 0)
    return s.n;
  if (strcmp(name, "sum") == 0)
    return s.x;
  if (strcmp(name, "mean") == 0)
    return s.n == 0 ? NAN : s.x / s.n;
  if (strcmp(name, "std") == 0)
    return s.n < 2 ? NAN : sqrt(fmax(0, (s.xx - s.x * s.x / s.n) / (s.n - 1)));
  if (strcmp(name, "slope") == 0) {
    double below = s.n * s.dd - s.d * s.d;
    return below == 0 ? NAN : (s.n * s.dx - s.d * s.x) / below;
  }
  if (strcmp(name, "share") == 0)
    return s.n == 0 ? NAN : 1 - (s.n - s.x) / s.n;
  if (strcmp(name, "quantile") == 0 || strcmp(name, "median") == 0)
    return interpolated(p, count, start, stop, name[0] == 'q' ? 0.3 : 0.5);
  if (strcmp(name, "distinct_days") == 0 || strcmp(name, "longest_gap") == 0)
    return days_of(name, p, count, start, stop);
  if (strcmp(name, "change") == 0)
    return in_force(p, count, stop) - in_force(p, count, start);
  return walk(name, p, count, start, stop, as_of);
}

/* A text as the letter's number. */
static double plain(const churn_plan *plan, size_t output, double value)
{
  if (churn_plan_type(plan, output) != CHURN_VALUE_TEXT || isnan(value))
    return value;
  return churn_plan_text(plan, value)[0] - 'a';
}

static void every_combination_agrees_with_brute_force(void **state)
{
  (void)state;
  static double values[MOST];
  static size_t present[MOST];
  random_world r;
  for (uint32_t seed = 1000; seed < 1000 + WORLDS; seed++) {
    random_world_make(&r, seed);
    world *w = world_read(random_world_text(&r, RANDOM_WHOLE, seed));
    churn_plan *plan = plan_of(w, texts, combination_count, NULL);
    churn_workspace *workspace = churn_workspace_new(plan);
    for (size_t spell = 0; spell < RANDOM_CUSTOMERS; spell++)
      for (int as_of = (int)(seed % 6); as_of <= RANDOM_DAYS + 12; as_of += 6) {
        assert_ok(churn_plan_evaluate(plan, workspace, spell, as_of, values, NULL), NULL);
        for (size_t i = 0; i < combination_count; i++) {
          double expected = brute_force(&r.customers[spell], &combinations[i], as_of);
          double value = plain(plan, i, values[i]);
          present[i] += isnan(expected) ? 0 : 1;
          if (!(fabs(value - expected) <= 1e-9 * fabs(expected) + (expected == 0 ? 1e-7 : 1e-12)) &&
              !(isnan(value) && isnan(expected)))
            fail_msg("world %u, customer %zu, as of %d: %s is %.17g, brute force %.17g", seed,
                     spell, as_of, combinations[i].text, value, expected);
        }
      }
    churn_workspace_free(workspace);
    churn_plan_free(plan);
    world_free(w);
  }
  /* A known day is never on or after the as-of day, so these are missing by the rules. */
  for (size_t i = 0; i < combination_count; i++)
    if (present[i] == 0 && strstr(texts[i], "days_until(d") == NULL &&
        strstr(texts[i], "d from h where missing(d)") == NULL &&
        strstr(texts[i], "d - on from h where missing(d)") == NULL &&
        strstr(texts[i], "d - on > 3 from h where missing(d)") == NULL)
      fail_msg("%s is always missing", texts[i]);
  assert_true(combination_count > 600);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(every_combination_agrees_with_brute_force)};
  return cmocka_run_group_tests(tests, make_combinations, NULL);
}
