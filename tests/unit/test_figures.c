/* Figures against values worked out by hand, closed forms, and brute force.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "evaluate/auc.h"
#include "evaluate/figures.h"
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 400 };

/* Rows with room; the probability follows from the logit unless a test sets it. */
typedef struct rows {
  size_t count;
  int8_t labels[MOST];
  double probabilities[MOST];
  double logits[MOST];
  double values[MOST];
} rows;

static void add_rows(rows *r, size_t count, double logit, int label)
{
  for (size_t i = 0; i < count; i++) {
    r->labels[r->count] = (int8_t)label;
    r->logits[r->count] = logit;
    r->probabilities[r->count] = 1 / (1 + exp(-logit));
    r->values[r->count] = 0;
    r->count++;
  }
}

static churn_scored as_scored(const rows *r)
{
  return (churn_scored){.rows = r->count,
                        .labels = r->labels,
                        .probabilities = r->probabilities,
                        .logits = r->logits};
}

static churn_evaluation compute(const rows *r)
{
  churn_error error = {0};
  churn_evaluation e = {0};
  churn_scored scored = as_scored(r);
  assert_ok(churn_figures_compute(&scored, NULL, 0, NULL, &e, &error), &error);
  return e;
}

static double auc(const int8_t *labels, const double *scores, size_t count)
{
  churn_error error = {0};
  double area = -1;
  assert_ok(churn_auc(labels, scores, count, &area, &error), &error);
  return area;
}

static uint64_t next_random(uint64_t *bits)
{
  *bits ^= *bits << 13;
  *bits ^= *bits >> 7;
  *bits ^= *bits << 17;
  return *bits;
}

/* Rows with many ties: logits on a grid of 9. */
static rows random_rows(size_t count, uint64_t seed)
{
  rows r = {0};
  uint64_t bits = seed * 2654435761u + 1;
  for (size_t i = 0; i < count; i++) {
    double logit = (double)(next_random(&bits) % 9) * 0.37 - 2.1;
    double chance = (double)(next_random(&bits) >> 11) * 0x1p-53;
    add_rows(&r, 1, logit, chance < 1 / (1 + exp(-0.6 * logit)));
    r.values[i] = (double)(next_random(&bits) % 1000) * 1.37;
  }
  return r;
}

/* Churners .9 and .8; stayers .8, .3, .1. Pairs won: 3 + 2, tied: 1. 5.5 of 6. */
static void auc_counts_a_tie_as_one_half(void **state)
{
  (void)state;
  const int8_t labels[] = {0, 1, 0, 1, 0};
  const double scores[] = {.3, .8, .8, .9, .1};
  assert_close(auc(labels, scores, 5), 5.5 / 6, 1e-15, 0);
}

static void auc_is_one_half_when_all_scores_tie_and_turns_with_the_sign(void **state)
{
  (void)state;
  const int8_t labels[] = {0, 1, 0, 1};
  const double flat[] = {-7, -7, -7, -7}, apart[] = {-1e300, 3, 2, INFINITY};
  const double turned[] = {1e300, -3, -2, -INFINITY};
  assert_true(auc(labels, flat, 4) == 0.5);
  assert_true(auc(labels, apart, 4) == 1);
  assert_true(auc(labels, turned, 4) == 0);
}

static void auc_of_one_class_is_not_defined(void **state)
{
  (void)state;
  const int8_t stayers[] = {0, 0}, churners[] = {1, 1};
  const double scores[] = {.2, .7};
  assert_true(isnan(auc(stayers, scores, 2)));
  assert_true(isnan(auc(churners, scores, 2)));
  assert_true(isnan(auc(churners, scores, 0)));
}

static void auc_equals_all_pairs_compared(void **state)
{
  (void)state;
  for (uint64_t seed = 1; seed <= 40; seed++) {
    rows r = random_rows(20 + (size_t)seed * 7, seed);
    double won = 0, pairs = 0;
    for (size_t i = 0; i < r.count; i++)
      for (size_t j = 0; j < r.count; j++)
        if (r.labels[i] == 1 && r.labels[j] == 0) {
          won += r.logits[i] > r.logits[j] ? 1 : r.logits[i] == r.logits[j] ? 0.5 : 0;
          pairs++;
        }
    assert_close(auc(r.labels, r.logits, r.count), won / pairs, 1e-15, 0);
    assert_close(compute(&r).figures.auc, won / pairs, 1e-15, 0);
  }
}

static void auc_refuses_labels_and_scores_that_are_none(void **state)
{
  (void)state;
  churn_error error = {0};
  double area = 7;
  const int8_t labels[] = {0, -1}, fine[] = {0, 1};
  const double scores[] = {.2, .7}, nan_scores[] = {.2, NAN};
  assert_int_equal(churn_auc(labels, scores, 2, &area, &error), CHURN_USAGE);
  assert_int_equal(churn_auc(fine, nan_scores, 2, &area, &error), CHURN_USAGE);
  assert_true(area == 7);
}

/* Three rows: P = 0.731…, 0.377…, 0.0474…; labels 1, 0, 1. */
static void losses_are_means_over_rows(void **state)
{
  (void)state;
  rows r = {0};
  add_rows(&r, 1, 1.0, 1);
  add_rows(&r, 1, -0.5, 0);
  add_rows(&r, 1, -3.0, 1);
  double p[3] = {1 / (1 + exp(-1.0)), 1 / (1 + exp(0.5)), 1 / (1 + exp(3.0))};
  churn_evaluation e = compute(&r);
  assert_close(e.figures.log_loss, -(log(p[0]) + log(1 - p[1]) + log(p[2])) / 3, 1e-14, 0);
  assert_close(e.figures.brier,
               ((1 - p[0]) * (1 - p[0]) + p[1] * p[1] + (1 - p[2]) * (1 - p[2])) / 3, 1e-14, 0);
  assert_close(e.mean_probability, (p[0] + p[1] + p[2]) / 3, 1e-14, 0);
  assert_close(e.observed_rate, 2.0 / 3, 1e-15, 0);
  assert_int_equal(e.figures.rows, 3);
  assert_int_equal(e.figures.churners, 2);
}

/* -log P(y) is |z| where the model was sure and wrong, exp(-|z|) where sure and right. */
static void log_loss_survives_logits_beyond_the_exponential(void **state)
{
  (void)state;
  rows r = {0};
  add_rows(&r, 1, 1000, 0);
  add_rows(&r, 1, -2000, 1);
  add_rows(&r, 1, 3000, 1);
  add_rows(&r, 1, -40, 0);
  assert_close(compute(&r).figures.log_loss, (3000 + exp(-40)) / 4, 1e-15, 0);
}

/* All logits one value: the intercept moves it to the observed rate's logit; its standard error is
 * that of a binomial logit. */
static void calibration_intercept_of_equal_logits_has_a_closed_form(void **state)
{
  (void)state;
  rows r = {0};
  add_rows(&r, 13, -0.7, 1);
  add_rows(&r, 37, -0.7, 0);
  churn_evaluation e = compute(&r);
  assert_close(e.figures.calibration_intercept, log(13.0 / 37) + 0.7, 1e-13, 0);
  assert_close(e.intercept_error, 1 / sqrt(50 * 0.26 * 0.74), 1e-13, 0);
  assert_true(isnan(e.figures.calibration_slope));
  assert_true(isnan(e.slope_error));
}

/* Two logits: the line goes through both observed logits; Woolf's standard error of a log odds
 * ratio, over the distance. */
static void calibration_slope_of_two_logits_has_a_closed_form(void **state)
{
  (void)state;
  rows r = {0};
  add_rows(&r, 7, -1.3, 1);
  add_rows(&r, 33, -1.3, 0);
  add_rows(&r, 17, 0.9, 1);
  add_rows(&r, 8, 0.9, 0);
  churn_evaluation e = compute(&r);
  double rise = log(17.0 / 8) - log(7.0 / 33);
  assert_close(e.figures.calibration_slope, rise / 2.2, 1e-12, 0);
  assert_close(e.slope_error, sqrt(1.0 / 7 + 1.0 / 33 + 1.0 / 17 + 1.0 / 8) / 2.2, 1e-12, 0);
}

/* A model whose logits are turned, 30 times too large, and far off. */
static void calibration_slope_is_found_from_far_away(void **state)
{
  (void)state;
  static const double factors[] = {-30, -1, 1e-3, 1, 50, 1e6};
  for (size_t f = 0; f < sizeof factors / sizeof factors[0]; f++) {
    rows r = {0};
    double low = -1.3 * factors[f] + 25, high = 0.9 * factors[f] + 25;
    add_rows(&r, 7, low, 1);
    add_rows(&r, 33, low, 0);
    add_rows(&r, 17, high, 1);
    add_rows(&r, 8, high, 0);
    double rise = log(17.0 / 8) - log(7.0 / 33);
    assert_close(compute(&r).figures.calibration_slope, rise / (high - low), 1e-11, 0);
  }
}

/* The optimum by its own gradient, summed here: sum(y - P(z + a)) = 0; and its error by the
 * curvature there. */
static void calibration_intercept_is_where_its_gradient_is_zero(void **state)
{
  (void)state;
  for (uint64_t seed = 1; seed <= 20; seed++) {
    rows r = random_rows(300, seed);
    for (size_t i = 0; i < r.count; i++)
      r.logits[i] = r.logits[i] * (double)seed * 3 + (seed % 2 == 0 ? 60 : -45);
    churn_evaluation e = compute(&r);
    double gradient = 0, weight = 0;
    for (size_t i = 0; i < r.count; i++) {
      double p = 1 / (1 + exp(-r.logits[i] - e.figures.calibration_intercept));
      gradient += r.labels[i] - p;
      weight += p * (1 - p);
    }
    assert_close(gradient, 0, 0, 1e-11);
    assert_close(e.intercept_error, 1 / sqrt(weight), 1e-9, 0);
  }
}

/* The same for both parameters: with slope b, a is the intercept of logits b z; at the optimum the
 * gradient in b is zero too. The error is checked by the profile's curvature. */
static double profile_gradient(const rows *r, double slope)
{
  rows scaled = *r;
  for (size_t i = 0; i < r->count; i++)
    scaled.logits[i] *= slope;
  double a = compute(&scaled).figures.calibration_intercept, gradient = 0;
  for (size_t i = 0; i < r->count; i++)
    gradient += (r->labels[i] - 1 / (1 + exp(-scaled.logits[i] - a))) * r->logits[i];
  return gradient;
}

static void calibration_slope_is_where_its_gradient_is_zero(void **state)
{
  (void)state;
  for (uint64_t seed = 1; seed <= 5; seed++) {
    rows r = random_rows(350, seed);
    churn_evaluation e = compute(&r);
    double slope = e.figures.calibration_slope, step = 1e-4;
    assert_close(profile_gradient(&r, slope), 0, 0, 1e-9);
    double curvature =
        (profile_gradient(&r, slope - step) - profile_gradient(&r, slope + step)) / (2 * step);
    assert_close(e.slope_error, 1 / sqrt(curvature), 1e-6, 0);
  }
}

static void a_threshold_that_parts_the_classes_leaves_no_slope(void **state)
{
  (void)state;
  rows apart = {0}, touching = {0}, turned = {0}, overlapping = {0};
  add_rows(&apart, 3, -1, 0);
  add_rows(&apart, 2, 0.5, 1);
  add_rows(&touching, 3, -1, 0);
  add_rows(&touching, 1, 0.5, 0);
  add_rows(&touching, 2, 0.5, 1);
  add_rows(&turned, 3, -1, 1);
  add_rows(&turned, 2, 0.5, 0);
  overlapping = touching;
  add_rows(&overlapping, 1, -1, 1);
  assert_true(isnan(compute(&apart).figures.calibration_slope));
  assert_true(isnan(compute(&touching).figures.calibration_slope));
  assert_true(isnan(compute(&turned).figures.calibration_slope));
  assert_true(isfinite(compute(&overlapping).figures.calibration_slope));
  assert_true(isfinite(compute(&apart).figures.calibration_intercept));
}

static void one_class_leaves_only_the_losses(void **state)
{
  (void)state;
  rows r = {0};
  add_rows(&r, 4, -1, 0);
  add_rows(&r, 2, 0.5, 0);
  churn_evaluation e = compute(&r);
  assert_true(isnan(e.figures.auc));
  assert_true(isnan(e.figures.calibration_intercept));
  assert_true(isnan(e.figures.calibration_slope));
  assert_true(isnan(e.intercept_error));
  assert_true(isnan(e.figures.top_decile_lift));
  assert_close(e.figures.log_loss, (4 * log1p(exp(-1)) + 2 * log1p(exp(.5))) / 6, 1e-14, 0);
  assert_true(e.observed_rate == 0);
}

/* 20 rows without ties, churners at ranks 1, 2, 4, 11: two rows a decile. */
static void deciles_without_ties_are_counted(void **state)
{
  (void)state;
  rows r = {0};
  for (int rank = 20; rank >= 1; rank--)
    add_rows(&r, 1, 2 - 0.3 * rank, rank == 1 || rank == 2 || rank == 4 || rank == 11);
  churn_evaluation e = compute(&r);
  static const double churners[CHURN_DECILES] = {2, 1, 0, 0, 0, 1, 0, 0, 0, 0};
  for (int i = 0; i < CHURN_DECILES; i++) {
    assert_close(e.deciles[i].rows, 2, 0, 0);
    assert_close(e.deciles[i].churners, churners[i], 0, 1e-12);
    assert_close(e.deciles[i].lift, churners[i] / 2 / 0.2, 0, 1e-12);
    double first = 1 / (1 + exp(-2 + 0.3 * (2 * i + 1)));
    double second = 1 / (1 + exp(-2 + 0.3 * (2 * i + 2)));
    assert_close(e.deciles[i].mean_probability, (first + second) / 2, 1e-13, 0);
  }
  assert_close(e.figures.top_decile_lift, 5, 1e-14, 0);
}

/* Where rows lie when ties are broken at random: ranks[k] is the row at rank k. */
static void random_ranking(const rows *r, uint64_t *bits, size_t *ranks)
{
  for (size_t i = 0; i < r->count; i++) {
    size_t at = i, swap = next_random(bits) % (i + 1);
    ranks[i] = ranks[swap];
    ranks[swap] = at;
  }
  /* A stable insertion sort keeps the shuffled order among ties. */
  for (size_t i = 1; i < r->count; i++)
    for (size_t j = i; j > 0 && r->probabilities[ranks[j - 1]] < r->probabilities[ranks[j]]; j--) {
      size_t moved = ranks[j];
      ranks[j] = ranks[j - 1];
      ranks[j - 1] = moved;
    }
}

/* Share of the row at rank `rank` that lies in [first, end). */
static double part_in(size_t rank, double first, double end)
{
  return fmax(0, fmin((double)rank + 1, end) - fmax((double)rank, first));
}

static void deciles_and_captures_are_the_mean_over_random_tie_breaks(void **state)
{
  (void)state;
  enum { ROUNDS = 20000, ROWS = 47, TOP = 8 };
  rows r = random_rows(ROWS, 5);
  double churners[CHURN_DECILES] = {0}, probabilities[CHURN_DECILES] = {0};
  double found = 0, value = 0, all = 0, all_value = 0;
  uint64_t bits = 77;
  size_t ranks[MOST] = {0};
  for (int round = 0; round < ROUNDS; round++) {
    random_ranking(&r, &bits, ranks);
    for (size_t rank = 0; rank < r.count; rank++) {
      size_t row = ranks[rank];
      for (int d = 0; d < CHURN_DECILES; d++) {
        double part = part_in(rank, d * 4.7, (d + 1) * 4.7) / ROUNDS;
        churners[d] += part * r.labels[row];
        probabilities[d] += part * r.probabilities[row];
      }
      double part = part_in(rank, 0, TOP) / ROUNDS;
      found += part * r.labels[row];
      value += part * r.labels[row] * r.values[row];
      all += r.labels[row] / (double)ROUNDS;
      all_value += r.labels[row] * r.values[row] / ROUNDS;
    }
  }
  churn_error error = {0};
  churn_evaluation e = {0};
  churn_scored scored = as_scored(&r);
  scored.values = r.values;
  const uint64_t tops[] = {TOP, 1000, 0};
  assert_ok(churn_figures_compute(&scored, tops, 3, NULL, &e, &error), &error);
  /* 20,000 rounds: one standard error of a decile's churners is below 1.1 / sqrt(20000) = 0.008. */
  for (int d = 0; d < CHURN_DECILES; d++) {
    assert_close(e.deciles[d].churners, churners[d], 0, 0.035);
    assert_close(e.deciles[d].mean_probability, probabilities[d] / 4.7, 1e-9, 0);
    assert_close(e.deciles[d].rows, 4.7, 1e-15, 0);
  }
  assert_close(e.captures[0].precision, found / TOP, 0, 0.005);
  assert_close(e.captures[0].captured, found / all, 0, 0.002);
  assert_close(e.captures[0].captured_value, value / all_value, 0, 0.003);
  assert_int_equal(e.capture_count, 3);
  assert_int_equal(e.captures[1].count, ROWS);
  assert_close(e.captures[1].captured, 1, 0, 0);
  assert_close(e.captures[1].captured_value, 1, 0, 0);
  assert_true(isnan(e.captures[2].precision));
  assert_true(e.captures[2].captured == 0);
}

/* Ranks 1-2 tie with one churner between them: the top one holds half of it, and half its value. */
static void a_capture_shares_a_tie_evenly(void **state)
{
  (void)state;
  rows r = {0};
  add_rows(&r, 1, 1.5, 1);
  add_rows(&r, 1, 1.5, 0);
  add_rows(&r, 1, 0.5, 1);
  r.values[0] = 300;
  r.values[1] = 5000;
  r.values[2] = NAN;
  churn_error error = {0};
  churn_evaluation e = {0};
  churn_scored scored = as_scored(&r);
  scored.values = r.values;
  const uint64_t tops[] = {1, 2};
  assert_ok(churn_figures_compute(&scored, tops, 2, NULL, &e, &error), &error);
  assert_close(e.captures[0].precision, 0.5, 1e-15, 0);
  assert_close(e.captures[0].captured, 0.25, 1e-15, 0);
  assert_close(e.captures[0].captured_value, 0.5, 1e-15, 0);
  assert_close(e.captures[1].captured_value, 1, 1e-15, 0);
  scored.values = NULL;
  assert_ok(churn_figures_compute(&scored, tops, 2, NULL, &e, &error), &error);
  assert_true(isnan(e.captures[0].captured_value));
}

static void what_breaks_the_promises_is_refused_and_nothing_is_touched(void **state)
{
  (void)state;
  churn_error error = {0};
  churn_evaluation e, before;
  memset(&e, 0x5a, sizeof e);
  before = e;
  rows r = {0};
  add_rows(&r, 3, -1, 0);
  add_rows(&r, 2, 0.5, 1);
  churn_scored scored = as_scored(&r);
  const uint64_t tops[CHURN_MOST_CAPTURES + 1] = {1};
  assert_int_equal(churn_figures_compute(&scored, tops, CHURN_MOST_CAPTURES + 1, NULL, &e, &error),
                   CHURN_USAGE);
  r.labels[1] = -1;
  assert_int_equal(churn_figures_compute(&scored, NULL, 0, NULL, &e, &error), CHURN_USAGE);
  assert_string_equal(error.message, "row 1 has label -1; expected 0 or 1");
  r.labels[1] = 0;
  r.probabilities[3] = NAN;
  assert_int_equal(churn_figures_compute(&scored, NULL, 0, NULL, &e, &error), CHURN_USAGE);
  r.probabilities[3] = 0.5;
  r.logits[4] = INFINITY;
  assert_int_equal(churn_figures_compute(&scored, NULL, 0, NULL, &e, &error), CHURN_USAGE);
  scored.rows = 0;
  assert_int_equal(churn_figures_compute(&scored, NULL, 0, NULL, &e, &error), CHURN_DEGENERATE);
  assert_memory_equal(&e, &before, sizeof e);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(auc_counts_a_tie_as_one_half),
      cmocka_unit_test(auc_is_one_half_when_all_scores_tie_and_turns_with_the_sign),
      cmocka_unit_test(auc_of_one_class_is_not_defined),
      cmocka_unit_test(auc_equals_all_pairs_compared),
      cmocka_unit_test(auc_refuses_labels_and_scores_that_are_none),
      cmocka_unit_test(losses_are_means_over_rows),
      cmocka_unit_test(log_loss_survives_logits_beyond_the_exponential),
      cmocka_unit_test(calibration_intercept_of_equal_logits_has_a_closed_form),
      cmocka_unit_test(calibration_slope_of_two_logits_has_a_closed_form),
      cmocka_unit_test(calibration_slope_is_found_from_far_away),
      cmocka_unit_test(calibration_intercept_is_where_its_gradient_is_zero),
      cmocka_unit_test(calibration_slope_is_where_its_gradient_is_zero),
      cmocka_unit_test(a_threshold_that_parts_the_classes_leaves_no_slope),
      cmocka_unit_test(one_class_leaves_only_the_losses),
      cmocka_unit_test(deciles_without_ties_are_counted),
      cmocka_unit_test(deciles_and_captures_are_the_mean_over_random_tie_breaks),
      cmocka_unit_test(a_capture_shares_a_tie_evenly),
      cmocka_unit_test(what_breaks_the_promises_is_refused_and_nothing_is_touched),
  };
  return cmocka_run_group_tests_name("figures", tests, NULL, NULL);
}
