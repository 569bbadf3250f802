/* Figures of R's own fits on three public data sets: probabilities are made here from R's
 * coefficients and the data, held against R's first twenty, and the figures against R's summary.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "evaluate/auc.h"
#include "evaluate/figures.h"
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TERMS = 32, TERM_SIZE = 64 };

/* A CSV file without quotes, cut up in place. */
typedef struct csv {
  char *bytes;
  size_t fields, rows; /* rows without the heading */
  char **cells;        /* [(rows + 1) * fields], the heading first */
} csv;

static csv read_csv(const char *path)
{
  csv c = {.bytes = file_read(path, NULL), .fields = 1};
  assert_non_null(c.bytes);
  size_t lines = 0;
  for (const char *at = c.bytes; *at != '\0'; at++) {
    c.fields += lines == 0 && *at == ',';
    lines += *at == '\n';
  }
  c.cells = calloc((lines + 1) * c.fields, sizeof *c.cells);
  char *rest = c.bytes, *line;
  size_t cell = 0;
  while ((line = strsep(&rest, "\n")) != NULL && line[0] != '\0') {
    line[strcspn(line, "\r")] = '\0';
    for (size_t i = 0; i < c.fields; i++) {
      c.cells[cell++] = strsep(&line, ",");
      assert_non_null(c.cells[cell - 1]);
    }
  }
  c.rows = cell / c.fields - 1;
  return c;
}

static const char *cell_of(const csv *c, size_t row, size_t field)
{
  return c->cells[(row + 1) * c->fields + field];
}

static void free_csv(csv *c)
{
  free(c->bytes);
  free(c->cells);
}

/* One of R's terms: a number's column, or a heading with a level. */
typedef struct term {
  size_t field;
  char level[TERM_SIZE]; /* "" = the number itself */
  double estimate;
} term;

/* R writes `Heading`Level, the backticks only where the heading needs them. */
static term find_term(const csv *data, const char *name, double estimate)
{
  char plain[TERM_SIZE];
  size_t used = 0, longest = 0;
  term t = {.estimate = estimate};
  for (; *name != '\0' && used + 1 < sizeof plain; name++)
    if (*name != '`')
      plain[used++] = *name;
  plain[used] = '\0';
  for (size_t field = 0; field < data->fields; field++) {
    const char *heading = data->cells[field];
    size_t length = strlen(heading);
    if (strncmp(plain, heading, length) == 0 && length > longest) {
      longest = length;
      t.field = field;
      memcpy(t.level, plain + length, used - length + 1);
    }
  }
  assert_int_not_equal(longest, 0);
  return t;
}

static double number(const char *text)
{
  char *end;
  double value = strtod(text, &end);
  assert_true(end != text && *end == '\0');
  return value;
}

static double logit_of(const csv *data, size_t row, const term *terms, size_t count, double start)
{
  double logit = start;
  for (size_t i = 0; i < count; i++) {
    const char *text = cell_of(data, row, terms[i].field);
    if (terms[i].level[0] == '\0')
      logit += terms[i].estimate * number(text);
    else
      logit += strcmp(text, terms[i].level) == 0 ? terms[i].estimate : 0;
  }
  return logit;
}

static double summary_of(const csv *summary, const char *key)
{
  if (strcmp(summary->cells[0], key) == 0)
    return number(summary->cells[1]);
  for (size_t i = 0; i < summary->rows; i++)
    if (strcmp(cell_of(summary, i, 0), key) == 0)
      return number(cell_of(summary, i, 1));
  fail_msg("the summary has no %s", key);
  return NAN;
}

typedef struct scored_data {
  size_t rows;
  int8_t *labels;
  double *probabilities, *logits;
} scored_data;

static scored_data score(const csv *data, const csv *coefficients)
{
  term terms[TERMS];
  size_t count = 0, label = data->fields - 1;
  assert_string_equal(cell_of(coefficients, 0, 0), "(Intercept)");
  double start = number(cell_of(coefficients, 0, 1));
  for (size_t i = 1; i < coefficients->rows && count < TERMS; i++)
    terms[count++] =
        find_term(data, cell_of(coefficients, i, 0), number(cell_of(coefficients, i, 1)));
  scored_data s = {data->rows, calloc(data->rows, 1), calloc(data->rows, sizeof(double)),
                   calloc(data->rows, sizeof(double))};
  for (size_t i = 0; i < data->rows; i++) {
    const char *outcome = cell_of(data, i, label);
    s.logits[i] = logit_of(data, i, terms, count, start);
    s.probabilities[i] = 1 / (1 + exp(-s.logits[i]));
    s.labels[i] = strcmp(outcome, "Yes") == 0 || strcmp(outcome, "1") == 0;
  }
  return s;
}

static void hold_against(const csv *summary, const csv *first, const scored_data *s)
{
  churn_error error = {0};
  churn_evaluation e = {0};
  churn_scored scored = {
      .rows = s->rows, .labels = s->labels, .probabilities = s->probabilities, .logits = s->logits};
  for (size_t i = 0; i < first->rows; i++)
    assert_close(s->probabilities[i], number(cell_of(first, i, 1)), 1e-9, 1e-12);
  assert_ok(churn_figures_compute(&scored, NULL, 0, NULL, &e, &error), &error);
  double rows = summary_of(summary, "rows");
  assert_close((double)e.figures.rows, rows, 0, 0);
  assert_close((double)e.figures.churners, summary_of(summary, "churners"), 0, 0);
  /* R's figures have ten digits after the point. */
  assert_close(e.figures.auc, summary_of(summary, "auc_in_sample"), 0, 6e-11);
  assert_close(e.figures.brier, summary_of(summary, "brier_in_sample"), 0, 6e-11);
  assert_close(e.figures.log_loss, -summary_of(summary, "log_likelihood") / rows, 1e-11, 0);
  /* On the rows it was fitted to, a maximum likelihood fit has intercept 0 and slope 1 (they are
   * its score equations), and the mean probability is the observed rate. */
  assert_close(e.figures.calibration_intercept, 0, 0, 1e-8);
  assert_close(e.figures.calibration_slope, 1, 1e-8, 0);
  assert_close(e.mean_probability, e.observed_rate, 1e-9, 0);
  double area;
  assert_ok(churn_auc(s->labels, s->logits, s->rows, &area, &error), &error);
  assert_close(area, e.figures.auc, 1e-12, 0);
}

/* Paths are used up at once: shared_path keeps the last eight. */
static void check_set(const char *dataset, const char *name)
{
  char path[256];
  const char *const kinds[] = {"coefficients", "summary", "first20"};
  csv files[3];
  if (shared_path(dataset) == NULL) {
    print_message("%s is not there\n", dataset);
    skip();
  }
  csv data = read_csv(shared_path(dataset));
  for (size_t i = 0; i < 3; i++) {
    snprintf(path, sizeof path, "reference/%s_%s.csv", name, kinds[i]);
    files[i] = read_csv(shared_path(path));
  }
  scored_data s = score(&data, &files[0]);
  hold_against(&files[1], &files[2], &s);
  free(s.labels);
  free(s.probabilities);
  free(s.logits);
  for (size_t i = 0; i < 3; i++)
    free_csv(&files[i]);
  free_csv(&data);
}

static void figures_agree_with_r_on_telco_churn(void **state)
{
  (void)state;
  check_set("datasets/ibm_telco_churn/telco_churn.csv", "telco");
}

static void figures_agree_with_r_on_bank_churn(void **state)
{
  (void)state;
  check_set("datasets/bank_churn_modelling/Churn_Modelling.csv", "bank");
}

static void figures_agree_with_r_on_subscription_churn(void **state)
{
  (void)state;
  check_set("datasets/subscription_usage_churn/subscription_churn.csv", "subscription");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(figures_agree_with_r_on_telco_churn),
      cmocka_unit_test(figures_agree_with_r_on_bank_churn),
      cmocka_unit_test(figures_agree_with_r_on_subscription_churn),
  };
  return cmocka_run_group_tests_name("figures, reference", tests, NULL, NULL);
}
