/* Neither the order of rows nor the number of threads changes a bit of the figures.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "evaluate/figures.h"
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* More than one tile for each of the 64 lanes, and a broken last tile. */
enum { ROWS = 70001 };

typedef struct rows {
  int8_t *labels;
  double *probabilities, *logits, *values;
} rows;

static uint64_t next_random(uint64_t *bits)
{
  *bits ^= *bits << 13;
  *bits ^= *bits >> 7;
  *bits ^= *bits << 17;
  return *bits;
}

static double next_unit(uint64_t *bits)
{
  return (double)(next_random(bits) >> 11) * 0x1p-53;
}

static rows new_rows(void)
{
  return (rows){calloc(ROWS, 1), calloc(ROWS, sizeof(double)), calloc(ROWS, sizeof(double)),
                calloc(ROWS, sizeof(double))};
}

static void free_rows(rows *r)
{
  free(r->labels);
  free(r->probabilities);
  free(r->logits);
  free(r->values);
}

/* A third of the logits lie on a coarse grid (ties), a few saturate the probability; zeros of both
 * signs; some rows have no value. */
static rows make_rows(void)
{
  rows r = new_rows();
  uint64_t bits = 20240229;
  for (size_t i = 0; i < ROWS; i++) {
    double logit = 6 * next_unit(&bits) - 4;
    if (i % 3 == 0)
      logit = round(logit * 4) / 4;
    if (i % 1000 == 7)
      logit = i % 2 == 0 ? 40 + (double)(i % 5) : -800;
    r.logits[i] = logit;
    r.probabilities[i] = 1 / (1 + exp(-logit));
    r.labels[i] = next_unit(&bits) < 1 / (1 + exp(0.3 - 0.8 * logit));
    r.values[i] = i % 11 == 0 ? NAN : i % 13 == 0 ? -0.0 : 1000 * next_unit(&bits);
  }
  return r;
}

static churn_evaluation compute(const rows *r, int threads)
{
  static const uint64_t tops[] = {10, 100, 1000, 7001};
  churn_error error = {0};
  churn_run run = {.threads = threads};
  churn_evaluation e;
  memset(&e, 0, sizeof e);
  churn_scored scored = {.rows = ROWS,
                         .labels = r->labels,
                         .probabilities = r->probabilities,
                         .logits = r->logits,
                         .values = r->values};
  assert_ok(churn_figures_compute(&scored, tops, 4, &run, &e, &error), &error);
  return e;
}

static void row_order_does_not_change_a_bit(void **state)
{
  (void)state;
  rows r = make_rows(), shuffled = new_rows();
  churn_evaluation expected = compute(&r, 2);
  assert_true(expected.figures.auc > 0.6 && expected.figures.calibration_slope < 0.9);
  size_t *order = calloc(ROWS, sizeof *order);
  uint64_t bits = 4711;
  for (int round = 0; round < 3; round++) {
    for (size_t i = 0; i < ROWS; i++) {
      size_t swap = next_random(&bits) % (i + 1);
      order[i] = order[swap];
      order[swap] = i;
    }
    for (size_t i = 0; i < ROWS; i++) {
      shuffled.labels[i] = r.labels[order[i]];
      shuffled.probabilities[i] = r.probabilities[order[i]];
      shuffled.logits[i] = r.logits[order[i]];
      shuffled.values[i] = r.values[order[i]];
    }
    churn_evaluation found = compute(&shuffled, 2);
    assert_memory_equal(&found, &expected, sizeof found);
  }
  free(order);
  free_rows(&shuffled);
  free_rows(&r);
}

static void threads_do_not_change_a_bit(void **state)
{
  (void)state;
  rows r = make_rows();
  churn_evaluation expected = compute(&r, 1);
  static const int threads[] = {2, 3, 7};
  for (size_t i = 0; i < 3; i++) {
    churn_evaluation found = compute(&r, threads[i]);
    assert_memory_equal(&found, &expected, sizeof found);
  }
  free_rows(&r);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(row_order_does_not_change_a_bit),
      cmocka_unit_test(threads_do_not_change_a_bit),
  };
  return cmocka_run_group_tests_name("figures, properties", tests, NULL, NULL);
}
