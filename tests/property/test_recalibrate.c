/* Learning a recalibration: the best line and the best steps, taken only where they help rows they
 * did not see.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs/recalibrate.h"
#include "score/recalibration.h"

#include "made_up.h"

#include <stdlib.h>
#include <string.h>

enum { ROWS = 3000, FOLDS = 5 };

typedef struct sample {
  double logits[ROWS], weights[ROWS];
  int8_t labels[ROWS];
  uint32_t fold[ROWS];
  churn_logit_rows rows;
  churn_fold_map map;
} sample;

/* Labels from logit P = level + slope logit. */
static sample *draw(size_t rows, double level, double slope, uint64_t seed)
{
  sample *s = calloc(1, sizeof *s);
  uint64_t stream = seed;
  assert_non_null(s);
  for (size_t r = 0; r < rows; r++) {
    s->logits[r] = -3 + 5 * uniform(&stream);
    s->labels[r] = uniform(&stream) < churn_probability(level + slope * s->logits[r]);
    s->weights[r] = 0.5 + uniform(&stream);
    s->fold[r] = (uint32_t)(r % FOLDS);
  }
  s->rows = (churn_logit_rows){rows, s->logits, s->labels, s->weights, false, NULL};
  s->map = (churn_fold_map){s->fold, FOLDS};
  return s;
}

static churn_recalibration learn(const sample *s, churn_recalibrate wanted, int threads,
                                 churn_notes *notes)
{
  churn_recalibration r = {0};
  churn_error error = {0};
  churn_run run = {.threads = threads, .notes = notes};
  assert_ok(churn_recalibrate_model(&s->rows, &s->map, wanted, &run, &r, &error), &error);
  return r;
}

static void clear(churn_recalibration *r)
{
  free(r->asked);
  free(r->method);
  free(r->knots);
}

/* Newton's method in long double, over the rows that are not in `without`. */
static void newton(const sample *s, uint32_t without, long double line[2])
{
  line[0] = line[1] = 0;
  for (int step = 0; step < 30; step++) {
    long double g0 = 0, g1 = 0, h00 = 0, h01 = 0, h11 = 0;
    for (size_t r = 0; r < s->rows.rows; r++) {
      if (s->fold[r] == without)
        continue;
      long double x = s->logits[r], w = s->weights[r];
      long double p = 1 / (1 + expl(-(line[0] + line[1] * x))), d = w * (s->labels[r] - p);
      g0 += d, g1 += d * x;
      h00 += w * p * (1 - p), h01 += w * p * (1 - p) * x, h11 += w * p * (1 - p) * x * x;
    }
    long double det = h00 * h11 - h01 * h01;
    line[0] += (h11 * g0 - h01 * g1) / det;
    line[1] += (h00 * g1 - h01 * g0) / det;
  }
}

static double loss_of(double logit, int8_t label)
{
  return log1p(exp(label == 1 ? -logit : logit));
}

/* The line of all rows; the two losses from lines that leave each fold out. */
static void platt_is_the_line_and_is_judged_cross_fitted(void **state)
{
  (void)state;
  sample *s = draw(ROWS, 0.4, 0.55, 3);
  churn_recalibration r = learn(s, CHURN_RECALIBRATE_PLATT, 2, NULL);
  long double line[2], before = 0, after = 0, total = 0;
  newton(s, FOLDS, line);
  assert_string_equal(r.method, "platt");
  assert_close(r.intercept, (double)line[0], 1e-9, 0);
  assert_close(r.slope, (double)line[1], 1e-9, 0);
  for (uint32_t f = 0; f < FOLDS; f++) {
    newton(s, f, line);
    for (size_t i = 0; i < ROWS; i++)
      if (s->fold[i] == f) {
        double calibrated = (double)(line[0] + line[1] * s->logits[i]);
        before += s->weights[i] * loss_of(s->logits[i], s->labels[i]);
        after += s->weights[i] * loss_of(calibrated, s->labels[i]);
        total += s->weights[i];
      }
  }
  assert_close(r.log_loss_before, (double)(before / total), 1e-12, 0);
  assert_close(r.log_loss_after, (double)(after / total), 1e-10, 0);
  assert_true(r.log_loss_after < r.log_loss_before);
  clear(&r);
  free(s);
}

static void isotonic_keeps_the_mean_and_never_falls(void **state)
{
  (void)state;
  sample *s = draw(ROWS, -0.5, 2.1, 5);
  churn_recalibration r = learn(s, CHURN_RECALIBRATE_ISOTONIC, 2, NULL);
  double mean = 0, share = 0, last = 0;
  assert_string_equal(r.method, "isotonic");
  assert_true(r.knot_count > 10 && r.log_loss_after < r.log_loss_before);
  for (size_t i = 0; i < ROWS; i++) {
    mean += s->weights[i] * churn_recalibrated(&r, s->logits[i]);
    share += s->weights[i] * s->labels[i];
  }
  assert_close(mean, share, 1e-12, 0);
  for (double x = -4; x < 3; x += 0.003) {
    assert_true(churn_recalibrated(&r, x) >= last);
    last = churn_recalibrated(&r, x);
  }
  assert_true(last < 1 && churn_recalibrated(&r, -9) > 0);
  clear(&r);
  free(s);
}

static const char *why(const churn_notes *notes)
{
  assert_int_equal(churn_notes_count(notes), 1);
  assert_string_equal(churn_notes_get(notes, 0)->code, "not_recalibrated");
  return churn_notes_get(notes, 0)->text;
}

/* Probabilities that are right already, and few rows: both methods learn noise. */
static void what_makes_things_worse_is_refused(void **state)
{
  (void)state;
  const churn_recalibrate methods[] = {CHURN_RECALIBRATE_PLATT, CHURN_RECALIBRATE_ISOTONIC};
  static const char *const names[] = {"platt", "isotonic"};
  for (int i = 0; i < 2; i++) {
    sample *s = draw(i == 0 ? 80 : 900, 0, 1, 1);
    churn_notes *notes = churn_notes_new();
    churn_recalibration r = learn(s, methods[i], 1, notes);
    assert_string_equal(r.asked, names[i]);
    assert_string_equal(r.method, "none");
    assert_true(r.log_loss_after >= r.log_loss_before);
    assert_int_equal(r.knot_count, 0);
    assert_close(r.slope, 1, 0, 0);
    assert_close(churn_recalibrated(&r, 0.3), churn_probability(0.3), 0, 0);
    assert_non_null(strstr(why(notes), names[i]));
    assert_non_null(strstr(why(notes), "log-loss from"));
    clear(&r);
    churn_notes_free(notes);
    free(s);
  }
}

/* Of 900 rows some 450 are churners', but of 150 customers; and 900 of which 199 churned. */
static void steps_want_two_hundred_customers_of_either_kind(void **state)
{
  (void)state;
  static uint32_t clusters[ROWS];
  sample *s = draw(900, -0.5, 2.1, 5);
  churn_notes *notes = churn_notes_new();
  for (uint32_t r = 0; r < 900; r++)
    clusters[r] = r / 6;
  s->rows.clusters = clusters;
  churn_recalibration r = learn(s, CHURN_RECALIBRATE_ISOTONIC, 1, notes);
  assert_string_equal(r.method, "none");
  assert_true(isnan(r.log_loss_before) && r.knot_count == 0);
  assert_non_null(strstr(why(notes), "it wants 200 customers who churned and as many who stayed"));
  clear(&r);
  churn_notes_free(notes);
  s->rows.clusters = NULL;
  for (int wanted = 199; wanted <= 200; wanted++) {
    int churners = 0;
    notes = churn_notes_new();
    for (uint32_t row = 0; row < 900; row++) {
      s->labels[row] = churners < wanted && s->logits[row] > -0.4 && row % 7 > 0;
      churners += s->labels[row];
    }
    assert_int_equal(churners, wanted);
    r = learn(s, CHURN_RECALIBRATE_ISOTONIC, 1, notes);
    assert_int_equal(strcmp(r.method, "isotonic") == 0, wanted == 200);
    if (wanted == 199)
      assert_non_null(strstr(why(notes), "there are 199 and 701"));
    clear(&r);
    churn_notes_free(notes);
  }
  free(s);
}

/* A line that falls would turn the list upside down. */
static void a_falling_line_is_refused(void **state)
{
  (void)state;
  sample *s = draw(ROWS, 0, -0.8, 2);
  churn_notes *notes = churn_notes_new();
  churn_recalibration r = learn(s, CHURN_RECALIBRATE_PLATT, 1, notes);
  assert_string_equal(r.method, "none");
  assert_true(isnan(r.log_loss_after));
  assert_non_null(strstr(why(notes), "no rising one"));
  clear(&r);
  churn_notes_free(notes);
  free(s);
}

static void labels_that_a_logit_parts_are_refused(void **state)
{
  (void)state;
  sample *s = draw(200, 0, 1, 4);
  churn_notes *notes = churn_notes_new();
  for (size_t i = 0; i < 200; i++)
    s->labels[i] = s->logits[i] > -0.3;
  churn_recalibration r = learn(s, CHURN_RECALIBRATE_PLATT, 1, notes);
  assert_string_equal(r.method, "none");
  why(notes);
  clear(&r);
  churn_notes_free(notes);
  free(s);
}

static void the_number_of_threads_changes_no_bit(void **state)
{
  (void)state;
  sample *s = draw(ROWS, 0.4, 0.55, 3);
  churn_recalibration one = learn(s, CHURN_RECALIBRATE_PLATT, 1, NULL);
  churn_recalibration four = learn(s, CHURN_RECALIBRATE_PLATT, 4, NULL);
  assert_memory_equal(&one.intercept, &four.intercept, sizeof one.intercept);
  assert_memory_equal(&one.slope, &four.slope, sizeof one.slope);
  assert_memory_equal(&one.log_loss_after, &four.log_loss_after, sizeof one.log_loss_after);
  clear(&one);
  clear(&four);
  free(s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(platt_is_the_line_and_is_judged_cross_fitted),
      cmocka_unit_test(isotonic_keeps_the_mean_and_never_falls),
      cmocka_unit_test(what_makes_things_worse_is_refused),
      cmocka_unit_test(steps_want_two_hundred_customers_of_either_kind),
      cmocka_unit_test(a_falling_line_is_refused),
      cmocka_unit_test(labels_that_a_logit_parts_are_refused),
      cmocka_unit_test(the_number_of_threads_changes_no_bit),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
