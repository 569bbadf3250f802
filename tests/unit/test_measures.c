/* Log-loss, Brier, lift, capture, and their bootstrap against known standard errors.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "support.h"

#include "evaluate/bootstrap.h"
#include "evaluate/linear_measures.h"
#include "judged.h"

#include "evaluate/figures.h"
#include <churn/evaluate.h>

#include <math.h>
#include <stdlib.h>

static made_rows made;
static double logits[2][MOST_JUDGED], losses[2][MOST_JUDGED], squares[2][MOST_JUDGED];

static churn_measured_set measured(const churn_judged *judged, int set,
                                   const churn_ordering *ordering)
{
  churn_error error;
  assert_ok(churn_measures_lose(judged, logits[set], NULL, losses[set], squares[set], &error),
            &error);
  return (churn_measured_set){losses[set], squares[set], ordering, NULL};
}

static void order(const churn_judged *judged, churn_ordering orderings[2],
                  churn_measured_set sets[2])
{
  churn_error error;
  for (int s = 0; s < 2; s++) {
    assert_ok(churn_ordering_build(judged, logits[s], &orderings[s], &error), &error);
    sets[s] = measured(judged, s, &orderings[s]);
  }
}

static void clear(churn_ordering orderings[2])
{
  churn_ordering_clear(&orderings[0]);
  churn_ordering_clear(&orderings[1]);
}

/* Two routes: `churn evaluate`'s figures sort and sum in their own way. */
static void measures_equal_the_figures_of_an_evaluation(void **state)
{
  (void)state;
  churn_random random = churn_random_stream(4, 4);
  churn_ordering orderings[2];
  churn_measured_set sets[2];
  churn_evaluation evaluation;
  churn_error error;
  double probabilities[MOST_JUDGED], measures[CHURN_MEASURES];
  const uint64_t capacity = 37;
  const double place = 37;
  make_rows(&made, 501, 200, 1, &random);
  made.judged.weights = NULL;
  make_tied_scores(&made, 12, &random, logits[0]);
  make_tied_scores(&made, 900, &random, logits[1]);
  order(&made.judged, orderings, sets);
  for (int s = 0; s < 2; s++) {
    for (int i = 0; i < 501; i++)
      probabilities[i] = 1 / (1 + exp(-logits[s][i]));
    churn_scored scored = {.rows = 501,
                           .labels = made.labels,
                           .probabilities = probabilities,
                           .logits = logits[s],
                           .values = made.values};
    assert_ok(churn_figures_compute(&scored, &capacity, 1, NULL, &evaluation, &error), &error);
    assert_ok(churn_measures_compute(&made.judged, &sets[s], &place, measures, &error), &error);
    assert_close(measures[CHURN_MEASURE_LOG_LOSS], evaluation.figures.log_loss, 1e-12, 0);
    assert_close(measures[CHURN_MEASURE_BRIER], evaluation.figures.brier, 1e-12, 0);
    assert_close(measures[CHURN_MEASURE_LIFT], evaluation.figures.top_decile_lift, 1e-12, 0);
    assert_close(measures[CHURN_MEASURE_CAPTURED], evaluation.captures[0].captured, 1e-12, 0);
    assert_close(measures[CHURN_MEASURE_CAPTURED_VALUE], evaluation.captures[0].captured_value,
                 1e-12, 0);
  }
  clear(orderings);
}

static churn_status run_bootstrap(const churn_judged *judged, const churn_measured_set *sets,
                                  size_t count, const double *places,
                                  const churn_bootstrap_settings *settings, const churn_run *run,
                                  double *values, churn_error *error)
{
  churn_bootstrap *bootstrap = NULL;
  size_t size = CHURN_MEASURES * churn_bootstrap_draws(settings);
  churn_status status = churn_bootstrap_new(judged, places, settings, run, &bootstrap, error);
  for (size_t s = 0; status == CHURN_OK && s < count; s++)
    status = churn_bootstrap_draw(bootstrap, &sets[s], run, values + s * size, error);
  churn_bootstrap_free(bootstrap);
  return status;
}

static void a_weight_counts_as_that_many_rows(void **state)
{
  (void)state;
  churn_random random = churn_random_stream(4, 5);
  churn_ordering orderings[2];
  churn_measured_set sets[2];
  churn_error error;
  double weighted[CHURN_MEASURES], repeated[CHURN_MEASURES];
  const double place = 61.5;
  size_t rows = 120, at;
  make_rows(&made, rows, 200, 1, &random);
  make_tied_scores(&made, 8, &random, logits[0]);
  for (size_t i = 0; i < rows; i++) {
    made.weights[i] = 1 + (double)(i % 3);
    logits[1][i] = 0;
  }
  order(&made.judged, orderings, sets);
  assert_ok(churn_measures_compute(&made.judged, &sets[0], &place, weighted, &error), &error);
  clear(orderings);
  at = rows;
  for (size_t i = 0; i < rows; i++)
    for (size_t k = 0; k < i % 3; k++, at++) {
      made.labels[at] = made.labels[i];
      made.values[at] = made.values[i];
      made.folds[at] = 0;
      logits[0][at] = logits[0][i];
      logits[1][at] = 0;
    }
  made.judged.rows = at;
  made.judged.weights = NULL;
  made.judged.clusters = NULL;
  order(&made.judged, orderings, sets);
  assert_ok(churn_measures_compute(&made.judged, &sets[0], &place, repeated, &error), &error);
  for (int m = 0; m < CHURN_MEASURES; m++)
    assert_close(weighted[m], repeated[m], 1e-12, 0);
  clear(orderings);
}

/* Normal logits that know the label, noisier in the first set; customers of three rows. */
static void make_logits(size_t rows, churn_random *random)
{
  for (size_t i = 0; i < rows; i++) {
    double truth = draw_normal(random) + 1.1 * made.labels[i] - 0.8;
    logits[0][i] = truth + 0.6 * draw_normal(random);
    logits[1][i] = truth;
  }
}

static double spread(const double *values, uint32_t count)
{
  double mean = 0, square = 0;
  for (uint32_t i = 0; i < count; i++)
    mean += values[i] / count;
  for (uint32_t i = 0; i < count; i++)
    square += (values[i] - mean) * (values[i] - mean) / (count - 1);
  return sqrt(square);
}

/* The log-loss is a ratio of means over customers: its standard error by the linearised formula,
 * which the bootstrap must meet within Monte Carlo error (1/sqrt(2 draws) = 1.6 %; 5 allowed). */
static void the_bootstrap_finds_the_clustered_standard_error(void **state)
{
  (void)state;
  enum { ROWS = 1500, CLUSTERS = 500, DRAWS = 2000 };
  churn_random random = churn_random_stream(4, 6);
  churn_ordering orderings[2];
  churn_measured_set sets[2];
  churn_error error;
  churn_bootstrap_settings settings = {.seed = 71};
  double measures[CHURN_MEASURES], residuals[CLUSTERS] = {0}, weight = 0, variance = 0;
  const double places[] = {31, 47.5};
  make_rows(&made, ROWS, CLUSTERS, 2, &random);
  for (size_t i = 0; i < ROWS; i++) {
    made.clusters[i] = (uint32_t)(i / 3);
    made.labels[i] = made.labels[i / 3 * 3];
  }
  made.judged.cluster_count = CLUSTERS;
  make_logits(ROWS, &random);
  order(&made.judged, orderings, sets);
  assert_int_equal(churn_bootstrap_draws(&settings), DRAWS);
  double *values = malloc(sizeof(double) * 2 * CHURN_MEASURES * DRAWS);
  assert_ok(run_bootstrap(&made.judged, sets, 2, places, &settings, NULL, values, &error), &error);
  assert_ok(churn_measures_compute(&made.judged, &sets[0], places, measures, &error), &error);
  for (size_t i = 0; i < ROWS; i++)
    weight += made.weights[i];
  for (size_t i = 0; i < ROWS; i++) {
    double p = 1 / (1 + exp(-logits[0][i])), loss = -log(made.labels[i] ? p : 1 - p);
    residuals[i / 3] += made.weights[i] * (loss - measures[CHURN_MEASURE_LOG_LOSS]) / weight;
  }
  for (int c = 0; c < CLUSTERS; c++)
    variance += residuals[c] * residuals[c];
  const double *drawn = values + CHURN_MEASURE_LOG_LOSS * DRAWS;
  assert_close(spread(drawn, DRAWS), sqrt(variance), 0.05, 0);
  churn_interval interval;
  assert_ok(churn_bootstrap_interval(NULL, drawn, DRAWS, 0.95, &interval, &error), &error);
  assert_close(interval.high - interval.low, 2 * 1.96 * sqrt(variance), 0.07, 0);
  /* Paired: the difference is far tighter than two of these, and lies below 0. */
  assert_ok(churn_bootstrap_interval(drawn, drawn + CHURN_MEASURES * DRAWS, DRAWS, 0.95, &interval,
                                     &error),
            &error);
  assert_true(interval.high < 0 && interval.high - interval.low < 3 * sqrt(variance));
  clear(orderings);
  free(values);
}

static void draws_depend_on_the_seed_alone(void **state)
{
  (void)state;
  enum { ROWS = 600, DRAWS = 50, SIZE = 2 * CHURN_MEASURES * DRAWS };
  static double one[SIZE], two[SIZE], other[SIZE];
  churn_random random = churn_random_stream(4, 7);
  churn_ordering orderings[2];
  churn_measured_set sets[2];
  churn_error error;
  churn_run single = {.threads = 1}, three = {.threads = 3};
  churn_bootstrap_settings settings = {.draws = DRAWS, .seed = 5};
  const double places[] = {20, 20, 12.5};
  make_rows(&made, ROWS, 250, 3, &random);
  make_logits(ROWS, &random);
  order(&made.judged, orderings, sets);
  assert_ok(run_bootstrap(&made.judged, sets, 2, places, &settings, &single, one, &error), &error);
  assert_ok(run_bootstrap(&made.judged, sets, 2, places, &settings, &three, two, &error), &error);
  assert_memory_equal(one, two, sizeof one);
  assert_ok(run_bootstrap(&made.judged, sets + 1, 1, places, &settings, &three, other, &error),
            &error);
  assert_memory_equal(one + SIZE / 2, other, sizeof one / 2);
  settings.seed = 6;
  assert_ok(run_bootstrap(&made.judged, sets, 2, places, &settings, &single, other, &error),
            &error);
  assert_true(one[0] != other[0]);
  clear(orderings);
}

/* How often each cluster counts in a draw: clusters that have rows are shuffled into groups, here
 * of one each, and the draw's numbers are its stream's. */
static void count_times(uint32_t clusters, uint64_t seed, uint64_t draws, uint64_t draw,
                        const bool *used, int *times)
{
  uint32_t group[MOST_JUDGED], of_group[MOST_JUDGED] = {0}, count = 0;
  churn_random shuffle = churn_random_stream(seed, draws), stream = churn_random_stream(seed, draw);
  for (uint32_t c = 0; c < clusters; c++)
    count += used[c];
  churn_random_shuffle(&shuffle, group, count);
  for (uint32_t i = 0; i < count; i++)
    of_group[churn_random_below(&stream, count)]++;
  for (uint32_t c = 0, at = 0; c < clusters; c++)
    times[c] = used[c] ? (int)of_group[group[at++]] : 0;
}

/* The rows drawn, written out as often as they were drawn: what a draw's figures must be. */
static void check_draws(size_t rows, uint32_t clusters, const double places[2])
{
  enum { DRAWS = 11 };
  static made_rows drawn;
  static double values[CHURN_MEASURES * DRAWS], drawn_logits[MOST_JUDGED];
  static double drawn_losses[MOST_JUDGED], drawn_squares[MOST_JUDGED];
  bool used[MOST_JUDGED] = {false};
  churn_ordering orderings[2];
  churn_measured_set sets[2];
  churn_error error;
  churn_bootstrap_settings settings = {.draws = DRAWS, .seed = 8};
  double measures[CHURN_MEASURES], of_fold[2] = {0, 0};
  order(&made.judged, orderings, sets);
  assert_ok(run_bootstrap(&made.judged, sets, 1, places, &settings, NULL, values, &error), &error);
  clear(orderings);
  for (size_t i = 0; i < rows; i++) {
    of_fold[made.folds[i]]++;
    used[churn_judged_cluster(&made.judged, i)] = true;
  }
  for (uint64_t d = 0; d < DRAWS; d++) {
    int times[MOST_JUDGED];
    size_t count = 0;
    double fold_rows[2] = {0, 0};
    count_times(clusters, settings.seed, DRAWS, d, used, times);
    for (size_t i = 0; i < rows; i++)
      for (int k = 0; k < times[churn_judged_cluster(&made.judged, i)]; k++, count++) {
        assert_true(count < MOST_JUDGED);
        drawn.labels[count] = made.labels[i];
        drawn.values[count] = made.values[i];
        drawn.folds[count] = made.folds[i];
        drawn_logits[count] = logits[0][i];
        fold_rows[made.folds[i]]++;
      }
    drawn.judged = (churn_judged){.rows = count,
                                  .labels = drawn.labels,
                                  .values = drawn.values,
                                  .folds = drawn.folds,
                                  .fold_count = 2};
    const double scaled[] = {places[0] * fold_rows[0] / of_fold[0],
                             places[1] * fold_rows[1] / of_fold[1]};
    assert_ok(churn_ordering_build(&drawn.judged, drawn_logits, &orderings[0], &error), &error);
    assert_ok(
        churn_measures_lose(&drawn.judged, drawn_logits, NULL, drawn_losses, drawn_squares, &error),
        &error);
    sets[0] = (churn_measured_set){drawn_losses, drawn_squares, &orderings[0], NULL};
    assert_ok(churn_measures_compute(&drawn.judged, &sets[0], scaled, measures, &error), &error);
    for (size_t m = 0; m < CHURN_MEASURES; m++)
      assert_close(values[m * DRAWS + d], measures[m], 1e-12, 0);
    churn_ordering_clear(&orderings[0]);
  }
}

static void a_draw_is_the_figures_of_the_rows_drawn(void **state)
{
  (void)state;
  const double places[] = {12.5, 31};
  churn_random random = churn_random_stream(4, 9);
  make_rows(&made, 200, 100, 2, &random);
  made.judged.clusters = NULL;
  made.judged.weights = NULL;
  make_logits(200, &random);
  check_draws(200, 200, places);
}

/* Far more rows than groups: draws walk up and down from where the rows as they are would be cut.
 */
static void a_draw_of_many_rows_is_their_figures_too(void **state)
{
  (void)state;
  const double places[] = {150.25, 333};
  churn_random random = churn_random_stream(4, 10);
  make_rows(&made, 1200, 60, 2, &random);
  made.judged.weights = NULL;
  make_logits(1200, &random);
  check_draws(1200, made.judged.cluster_count, places);
}

/* Three scores in a fold of about 600 rows: each is crossed in one step, up, down and through. */
static void a_draw_of_wide_ties_is_their_figures_too(void **state)
{
  (void)state;
  const double places[] = {199.5, 420};
  churn_random random = churn_random_stream(4, 11);
  make_rows(&made, 1200, 30, 2, &random);
  made.judged.weights = NULL;
  make_tied_scores(&made, 3, &random, logits[0]);
  make_tied_scores(&made, 3, &random, logits[1]);
  check_draws(1200, made.judged.cluster_count, places);
}

/* With capacity 100 % and everybody's money, every draw captures all: the walk reaches the end of
 * each fold whatever was drawn. */
static void capacity_beyond_a_fold_captures_all_in_every_draw(void **state)
{
  (void)state;
  enum { ROWS = 90, DRAWS = 40 };
  double values[2 * CHURN_MEASURES * DRAWS];
  churn_random random = churn_random_stream(4, 8);
  churn_ordering orderings[2];
  churn_measured_set sets[2];
  churn_error error;
  churn_bootstrap_settings settings = {.draws = DRAWS};
  const double places[] = {5000, 5000};
  make_rows(&made, ROWS, 40, 2, &random);
  make_logits(ROWS, &random);
  order(&made.judged, orderings, sets);
  assert_ok(run_bootstrap(&made.judged, sets, 2, places, &settings, NULL, values, &error), &error);
  for (int d = 0; d < DRAWS; d++) {
    assert_close(values[CHURN_MEASURE_CAPTURED * DRAWS + d], 1, 1e-12, 0);
    assert_close(values[CHURN_MEASURE_CAPTURED_VALUE * DRAWS + d], 1, 1e-12, 0);
  }
  clear(orderings);
}

/* R 4.2.2: quantile(c(3.5, 1.25, 2, 9, 4.75, 8, 7.5), c(0.05, 0.95)). */
static void the_interval_is_rs_quantiles(void **state)
{
  (void)state;
  const double values[] = {3.5, 1.25, NAN, 2, 9, 4.75, 8, 7.5};
  churn_interval interval;
  churn_error error;
  assert_ok(churn_bootstrap_interval(NULL, values, 8, 0.9, &interval, &error), &error);
  assert_close(interval.low, 1.475, 1e-13, 0);
  assert_close(interval.high, 8.7, 1e-13, 0);
  assert_ok(churn_bootstrap_interval(NULL, values + 2, 1, 0.9, &interval, &error), &error);
  assert_true(isnan(interval.low) && isnan(interval.high));
}

/* Variances of both sets, and of their difference, without draws. */
static void linearise(const churn_judged *judged, churn_measured_set sets[2], const double *places,
                      double variances[3][CHURN_MEASURES])
{
  churn_cluster_groups groups;
  churn_linear_rows rows;
  churn_error error;
  double measures[CHURN_MEASURES], *values[2];
  assert_ok(churn_cluster_groups_deal(judged, 5, 6, &groups, &error), &error);
  assert_ok(churn_linear_rows_open(judged, &groups, places, &rows, &error), &error);
  for (int s = 0; s < 2; s++) {
    churn_list list = {0};
    churn_measured_set set = sets[s];
    values[s] = malloc(sizeof(double) * CHURN_MEASURES * groups.count);
    assert_ok(churn_list_build(judged, set.ordering, groups.of, &list, &error), &error);
    set.list = &list;
    assert_ok(churn_measures_compute(judged, &set, places, measures, &error), &error);
    assert_ok(churn_linear_measures(&rows, &set, measures, values[s], &error), &error);
    churn_list_clear(&list);
  }
  for (size_t m = 0; m < CHURN_MEASURES; m++) {
    const double *of[2] = {values[0] + m * groups.count, values[1] + m * groups.count};
    variances[0][m] = churn_linear_variance(NULL, of[0], groups.count);
    variances[1][m] = churn_linear_variance(NULL, of[1], groups.count);
    variances[2][m] = churn_linear_variance(of[0], of[1], groups.count);
  }
  for (int s = 0; s < 2; s++)
    free(values[s]);
  churn_linear_rows_clear(&rows);
  churn_cluster_groups_clear(&groups);
}

/* Two routes to a standard error, of sets and of their paired difference: the draws' is known to
 * 1.6 %, and what lies at a cut is found from few rows: 10 % are allowed, 15 % of differences at
 * a cut, which rest on those few rows that one set catches and the other does not. */
static void linearised_variances_meet_those_of_draws(void **state)
{
  (void)state;
  enum { ROWS = 1998, CLUSTERS = 666, DRAWS = 2000 };
  for (int same = 0; same < 2; same++) {
    churn_random random = churn_random_stream(14, 6);
    churn_ordering orderings[2];
    churn_measured_set sets[2];
    churn_error error;
    churn_bootstrap_settings settings = {.seed = 29};
    double variances[3][CHURN_MEASURES], places[2] = {170, 255.5};
    make_rows(&made, ROWS, CLUSTERS, 2, &random);
    for (size_t i = 0; i < ROWS; i++) {
      made.clusters[i] = (uint32_t)(i / 3);
      made.labels[i] = made.labels[i / 3 * 3];
      made.values[i] = 3.5 + 10 * draw_unit(&random);
    }
    made.judged.cluster_count = CLUSTERS;
    make_logits(ROWS, &random);
    order(&made.judged, orderings, sets);
    if (same) { /* capacity of a tenth: one cut */
      places[0] = places[1] = 0;
      for (size_t i = 0; i < ROWS; i++)
        places[made.folds[i]] += 0.1 * made.weights[i];
    }
    double *values = malloc(sizeof(double) * 2 * CHURN_MEASURES * DRAWS);
    double *differences = malloc(sizeof(double) * DRAWS);
    assert_ok(run_bootstrap(&made.judged, sets, 2, places, &settings, NULL, values, &error),
              &error);
    linearise(&made.judged, sets, places, variances);
    for (size_t m = 0; m < CHURN_MEASURES; m++) {
      const double *of[2] = {values + m * DRAWS, values + (CHURN_MEASURES + m) * DRAWS};
      bool cut = m >= CHURN_MEASURE_LIFT;
      for (int i = 0; i < DRAWS; i++)
        differences[i] = of[1][i] - of[0][i];
      print_message("measure %zu: %.5f %.5f %.5f, of draws %.5f %.5f %.5f\n", m,
                    sqrt(variances[0][m]), sqrt(variances[1][m]), sqrt(variances[2][m]),
                    spread(of[0], DRAWS), spread(of[1], DRAWS), spread(differences, DRAWS));
      assert_close(sqrt(variances[0][m]), spread(of[0], DRAWS), 0.1, 0);
      assert_close(sqrt(variances[1][m]), spread(of[1], DRAWS), 0.1, 0);
      assert_close(sqrt(variances[2][m]), spread(differences, DRAWS), cut ? 0.15 : 0.1, 0);
    }
    free(values);
    free(differences);
    clear(orderings);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(measures_equal_the_figures_of_an_evaluation),
      cmocka_unit_test(a_weight_counts_as_that_many_rows),
      cmocka_unit_test(the_bootstrap_finds_the_clustered_standard_error),
      cmocka_unit_test(draws_depend_on_the_seed_alone),
      cmocka_unit_test(a_draw_is_the_figures_of_the_rows_drawn),
      cmocka_unit_test(a_draw_of_many_rows_is_their_figures_too),
      cmocka_unit_test(a_draw_of_wide_ties_is_their_figures_too),
      cmocka_unit_test(capacity_beyond_a_fold_captures_all_in_every_draw),
      cmocka_unit_test(the_interval_is_rs_quantiles),
      cmocka_unit_test(linearised_variances_meet_those_of_draws)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
