/* What must hold of inference for any data: sandwich covariances by their definition, clusters of
 * one row and repeated rows, profile intervals by a solver of the test's own, likelihood ratios by
 * two fits, the same bits for any number of threads.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "fit/firth.h"
#include "fit/inference.h"
#include "made_up.h"

#include <stdlib.h>
#include <string.h>

enum { MOST = 12, MOST_N = MOST + 1 };

static const double chi2_95 = 3.841458820694124; /* R: qchisq(0.95, 1) */

typedef struct concluded {
  churn_fit_report report;
  double coefficients[MOST_N];
  double model_covariance[MOST_N * MOST_N];
  double means[MOST];
  double deviations[MOST];
  churn_coefficient described[MOST_N];
  churn_group_test tests[MOST];
  double covariance[MOST_N * MOST_N];
  churn_inference inference;
} concluded;

/* Of a copy. Columns are in groups by `group`, or each by itself (NULL). */
static churn_status try_to_conclude(const churn_matrix *m, churn_covariance kind, bool profile,
                                    const uint32_t *group, double lambda, int threads, concluded *c,
                                    churn_error *error)
{
  static const uint32_t each[MOST] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
  memset(c, 0, sizeof *c);
  churn_matrix *copy = matrix_copy(m);
  if (m->cluster != NULL) {
    copy->cluster = malloc(m->rows * sizeof *copy->cluster);
    memcpy(copy->cluster, m->cluster, m->rows * sizeof *copy->cluster);
  }
  churn_fit_settings fit = {.ridge_lambda = lambda};
  churn_run run = {.threads = threads};
  churn_fit_result result = {c->coefficients, c->model_covariance, c->means, c->deviations};
  churn_inference_settings settings = {.covariance = kind,
                                       .profile = profile,
                                       .group = group == NULL ? each : group,
                                       .group_count = m->columns,
                                       .ridge_lambda = lambda};
  c->inference.coefficients = c->described;
  c->inference.tests = c->tests;
  c->inference.covariance = c->covariance;
  assert_ok(churn_fit_logistic(copy, &fit, &run, &result, &c->report, error), error);
  churn_status status =
      churn_infer(copy, &result, &c->report, &settings, &run, &c->inference, error);
  churn_matrix_free(copy);
  return status;
}

static concluded *conclude(const churn_matrix *m, churn_covariance kind, bool profile,
                           const uint32_t *group)
{
  churn_error error = {0};
  concluded *c = malloc(sizeof *c);
  assert_non_null(c);
  assert_ok(try_to_conclude(m, kind, profile, group, 0, 2, c, &error), &error);
  assert_true(c->report.converged);
  return c;
}

/* Clusters of 1 to `most` rows, drawn. */
static void draw_clusters(churn_matrix *m, size_t most, uint64_t seed)
{
  m->cluster = malloc(m->rows * sizeof *m->cluster);
  assert_non_null(m->cluster);
  uint32_t number = 7;
  for (size_t r = 0, left = 0; r < m->rows; r++, left--) {
    if (left == 0) {
      left = 1 + (size_t)(uniform(&seed) * (double)most);
      number += 3;
    }
    m->cluster[r] = number;
  }
}

/* Solves A x = b in place, A n x n row-major, by elimination with row exchanges. */
static void solve(long double *a, long double *b, size_t n, size_t right_sides)
{
  for (size_t k = 0; k < n; k++) {
    size_t best = k;
    for (size_t i = k + 1; i < n; i++)
      best = fabsl(a[i * n + k]) > fabsl(a[best * n + k]) ? i : best;
    for (size_t j = 0; j < n + right_sides; j++) {
      long double *row = j < n ? a + j : b + j - n;
      size_t stride = j < n ? n : right_sides;
      long double swap = row[k * stride];
      row[k * stride] = row[best * stride];
      row[best * stride] = swap;
    }
    for (size_t i = 0; i < n; i++) {
      long double factor = i == k ? 0 : a[i * n + k] / a[k * n + k];
      for (size_t j = 0; j < n && factor != 0; j++)
        a[i * n + j] -= factor * a[k * n + j];
      for (size_t j = 0; j < right_sides && factor != 0; j++)
        b[i * right_sides + j] -= factor * b[k * right_sides + j];
    }
  }
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < right_sides; j++)
      b[i * right_sides + j] /= a[i * n + i];
}

static long double value_of(const churn_matrix *m, size_t row, size_t j)
{
  return j == 0 ? 1 : (long double)*cell_of(m, row, j - 1);
}

/* Hessian [n * n] and score of each row at b; the log-likelihood. */
static long double rows_of(const churn_matrix *m, const long double *b, long double *hessian,
                           long double *scores)
{
  size_t n = m->columns + 1;
  long double sum = 0;
  memset(hessian, 0, n * n * sizeof *hessian);
  for (size_t r = 0; r < m->rows; r++) {
    long double eta = offset_of(m, r);
    for (size_t j = 0; j < n; j++)
      eta += b[j] * value_of(m, r, j);
    long double p = 1 / (1 + expl(-eta)), w = m->weight[r];
    for (size_t i = 0; i < n; i++) {
      scores[r * n + i] = w * ((long double)m->y[r] - p) * value_of(m, r, i);
      for (size_t j = 0; j < n; j++)
        hessian[i * n + j] += w * p * (1 - p) * value_of(m, r, i) * value_of(m, r, j);
    }
    sum += w * (m->y[r] > 0 ? logl(p) : log1pl(-p));
  }
  return sum;
}

/* inverse(H) (sum over clusters of u u') inverse(H), in long double on the original scale. */
static void sandwich(const churn_matrix *m, const double *coefficients, bool by_cluster,
                     long double *out, size_t *clusters)
{
  size_t n = m->columns + 1;
  long double b[MOST_N], u[MOST_N] = {0};
  long double *hessian = calloc(n * n, sizeof *hessian), *copy = calloc(n * n, sizeof *copy);
  long double *scores = calloc(m->rows * n, sizeof *scores);
  for (size_t j = 0; j < n; j++)
    b[j] = coefficients[j];
  rows_of(m, b, hessian, scores);
  memset(out, 0, n * n * sizeof *out);
  *clusters = 0;
  bool weighted = false;
  for (size_t r = 0; r < m->rows; r++) {
    for (size_t j = 0; j < n; j++)
      u[j] += scores[r * n + j];
    weighted = weighted || m->weight[r] > 0;
    if (r + 1 < m->rows && by_cluster && m->cluster[r + 1] == m->cluster[r])
      continue;
    for (size_t i = 0; i < n; i++)
      for (size_t j = 0; j < n; j++)
        out[i * n + j] += u[i] * u[j];
    memset(u, 0, sizeof u);
    *clusters += weighted;
    weighted = false;
  }
  /* out = inverse(H) out, then its transpose, then again. */
  for (int side = 0; side < 2; side++) {
    memcpy(copy, hessian, n * n * sizeof *copy);
    solve(copy, out, n, n);
    memcpy(copy, out, n * n * sizeof *copy);
    for (size_t i = 0; i < n; i++)
      for (size_t j = 0; j < n; j++)
        out[i * n + j] = copy[j * n + i];
  }
  free(hessian);
  free(copy);
  free(scores);
}

static size_t rows_with_weight(const churn_matrix *m)
{
  size_t rows = 0;
  for (size_t r = 0; r < m->rows; r++)
    rows += m->weight[r] > 0;
  return rows;
}

static void check_sandwich(const churn_matrix *m, bool by_cluster)
{
  size_t n = m->columns + 1, clusters, rows = rows_with_weight(m);
  long double expected[MOST_N * MOST_N];
  concluded *c =
      conclude(m, by_cluster ? CHURN_COVARIANCE_CLUSTERED : CHURN_COVARIANCE_ROBUST, false, NULL);
  sandwich(m, c->coefficients, by_cluster, expected, &clusters);
  long double factor = by_cluster ? (long double)clusters / (long double)(clusters - 1) *
                                        (long double)(rows - 1) / (long double)(rows - n)
                                  : 1;
  assert_int_equal(c->inference.rows, rows);
  assert_int_equal(c->inference.clusters, clusters);
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < n; j++) {
      double scale = c->described[i].std_error * c->described[j].std_error;
      assert_close(c->covariance[i * n + j], (double)(factor * expected[i * n + j]), 0,
                   1e-9 * scale);
      assert_true(c->covariance[i * n + j] == c->covariance[j * n + i]);
    }
  free(c);
}

/* Sizes about those of tiles and lanes: clusters end before, on and after the bounds of both. */
static void sandwich_covariances_are_their_definition(void **state)
{
  (void)state;
  static const size_t rows[] = {257, 1000, 2048, 16384, 20000};
  static const size_t most[] = {1, 3, 40, 700, 6000};
  for (size_t i = 0; i < 5; i++) {
    churn_matrix *m = made_up(rows[i], 2 + i, 900 + i);
    for (size_t r = 0; r < m->rows; r++)
      m->weight[r] = r % 5 == 3 ? 0 : 0.4 + 0.01 * (double)(r % 50);
    draw_clusters(m, most[i] < rows[i] / 3 ? most[i] : rows[i] / 3, 12 + i);
    if (i % 2 == 1)
      offset_rows(m, i);
    check_sandwich(m, false);
    check_sandwich(m, true);
    churn_matrix_free(m);
  }
}

static void a_cluster_over_many_lanes_is_summed_whole(void **state)
{
  (void)state;
  churn_matrix *m = made_up(20000, 3, 77);
  draw_clusters(m, 2, 5);
  for (size_t r = 1200; r < 15000; r++)
    m->cluster[r] = 1;
  check_sandwich(m, true);
  churn_matrix_free(m);
}

static void clusters_of_one_row_give_hc0_times_the_correction(void **state)
{
  (void)state;
  enum { ROWS = 1531, COLUMNS = 4, N = COLUMNS + 1 };
  churn_matrix *m = made_up(ROWS, COLUMNS, 31);
  draw_clusters(m, 1, 1);
  concluded *robust = conclude(m, CHURN_COVARIANCE_ROBUST, false, NULL);
  concluded *clustered = conclude(m, CHURN_COVARIANCE_CLUSTERED, false, NULL);
  assert_int_equal(clustered->inference.clusters, ROWS);
  for (size_t i = 0; i < N * N; i++)
    assert_close(clustered->covariance[i],
                 robust->covariance[i] * ((double)ROWS / (ROWS - 1)) *
                     ((double)(ROWS - 1) / (ROWS - N)),
                 1e-13, 0);
  free(robust);
  free(clustered);
  churn_matrix_free(m);
}

/* A row of weight w, and w copies of it in one cluster, are the same evidence; but for the
 * correction, which counts rows. */
static void copies_within_a_cluster_add_nothing(void **state)
{
  (void)state;
  enum { ROWS = 700, COLUMNS = 3, N = COLUMNS + 1, COPIES = 3 };
  churn_matrix *m = made_up(ROWS, COLUMNS, 43), *copies = matrix_of(ROWS * COPIES, COLUMNS);
  copies->cluster = malloc(copies->rows * sizeof *copies->cluster);
  for (size_t r = 0; r < copies->rows; r++) {
    copies->cluster[r] = (uint32_t)(r / COPIES);
    copies->y[r] = m->y[r / COPIES];
    for (size_t c = 0; c < COLUMNS; c++)
      *cell_of(copies, r, c) = *cell_of(m, r / COPIES, c);
  }
  concluded *one = conclude(m, CHURN_COVARIANCE_ROBUST, false, NULL);
  concluded *many = conclude(copies, CHURN_COVARIANCE_CLUSTERED, false, NULL);
  for (size_t r = 0; r < ROWS; r++)
    m->weight[r] = COPIES;
  concluded *heavy = conclude(m, CHURN_COVARIANCE_ROBUST, false, NULL);
  double correction = (double)ROWS / (ROWS - 1) * (ROWS * COPIES - 1) / (ROWS * COPIES - N);
  for (size_t i = 0; i < N; i++) {
    assert_close(many->described[i].std_error, one->described[i].std_error * sqrt(correction),
                 1e-10, 0);
    assert_close(heavy->described[i].std_error, one->described[i].std_error, 1e-10, 0);
  }
  free(one);
  free(many);
  free(heavy);
  churn_matrix_free(m);
  churn_matrix_free(copies);
}

static void check_same_bits(const concluded *a, const concluded *b, size_t columns)
{
  size_t n = columns + 1;
  assert_memory_equal(a->covariance, b->covariance, sizeof a->covariance);
  for (size_t j = 0; j < n; j++) {
    const churn_coefficient *p = &a->described[j], *q = &b->described[j];
    assert_true(p->std_error == q->std_error && p->lower == q->lower && p->upper == q->upper);
    assert_true(j == 0 || p->sd_effect == q->sd_effect);
    assert_int_equal(p->condition, q->condition);
  }
  for (size_t g = 0; g < columns; g++)
    assert_true(a->tests[g].chi2 == b->tests[g].chi2 && a->tests[g].gvif == b->tests[g].gvif);
}

static void any_number_of_threads_gives_the_same_bits(void **state)
{
  (void)state;
  static const churn_covariance kinds[] = {CHURN_COVARIANCE_MODEL, CHURN_COVARIANCE_ROBUST,
                                           CHURN_COVARIANCE_CLUSTERED};
  churn_error error = {0};
  churn_matrix *m = made_up(18000, 5, 61);
  draw_clusters(m, 30, 3);
  concluded *one = malloc(sizeof *one), *more = malloc(sizeof *more);
  for (size_t k = 0; k < 3; k++) {
    assert_ok(try_to_conclude(m, kinds[k], true, NULL, 0, 1, one, &error), &error);
    for (int threads = 2; threads <= 5; threads++) {
      assert_ok(try_to_conclude(m, kinds[k], true, NULL, 0, threads, more, &error), &error);
      check_same_bits(one, more, 5);
    }
  }
  free(one);
  free(more);
  churn_matrix_free(m);
}

/* One Newton step from b, b[fixed] held (fixed = n: none), halved until the likelihood does not
 * fall; gives the log-likelihood before it. */
static long double step_held(const churn_matrix *m, size_t fixed, long double *b,
                             long double *hessian, long double *scores)
{
  size_t n = m->columns + 1;
  long double step[MOST_N] = {0}, trial[MOST_N], before = rows_of(m, b, hessian, scores);
  for (size_t r = 0; r < m->rows; r++)
    for (size_t j = 0; j < n; j++)
      step[j] += scores[r * n + j];
  for (size_t j = 0; j < n && fixed < n; j++)
    hessian[fixed * n + j] = hessian[j * n + fixed] = j == fixed;
  if (fixed < n)
    step[fixed] = 0;
  solve(hessian, step, n, 1);
  for (long double length = 1; length > 1e-12L; length /= 2) {
    for (size_t j = 0; j < n; j++)
      trial[j] = b[j] + length * step[j];
    if (rows_of(m, trial, hessian, scores) >= before) {
      memcpy(b, trial, n * sizeof *b);
      break;
    }
  }
  return before;
}

/* Twice the largest log-likelihood with b[fixed] held, by Newton's method in long double. */
static long double held_likelihood(const churn_matrix *m, const double *start, size_t fixed,
                                   double held)
{
  size_t n = m->columns + 1;
  long double b[MOST_N], sum = 0, last = -INFINITY;
  long double *hessian = calloc(n * n, sizeof *hessian);
  long double *scores = calloc(m->rows * n, sizeof *scores);
  for (size_t j = 0; j < n; j++)
    b[j] = j == fixed ? held : start[j];
  for (int i = 0; i < 60 && sum - last > -1e-16L * sum; i++) {
    last = i == 0 ? last : sum;
    sum = step_held(m, fixed, b, hessian, scores);
  }
  free(hessian);
  free(scores);
  return 2 * sum;
}

static void check_profile(const churn_matrix *m)
{
  size_t n = m->columns + 1;
  concluded *c = conclude(m, CHURN_COVARIANCE_MODEL, true, NULL);
  assert_true(c->inference.profile_intervals);
  long double best = held_likelihood(m, c->coefficients, n, 0);
  for (size_t j = 0; j < n; j++) {
    const churn_coefficient *d = &c->described[j];
    assert_true(d->lower < d->estimate && d->estimate < d->upper);
    long double lower = best - held_likelihood(m, c->coefficients, j, d->lower);
    long double upper = best - held_likelihood(m, c->coefficients, j, d->upper);
    assert_close((double)lower, chi2_95, 0, 1e-7);
    assert_close((double)upper, chi2_95, 0, 1e-7);
  }
  free(c);
}

static void the_deviance_at_profile_ends_is_the_quantile(void **state)
{
  (void)state;
  static const size_t rows[] = {60, 90, 400, 2500};
  static const size_t columns[] = {1, 2, 3, 5};
  for (size_t i = 0; i < 4; i++) {
    churn_matrix *m = made_up(rows[i], columns[i], 210 + i);
    for (size_t r = 0; i == 2 && r < m->rows; r++)
      m->weight[r] = 0.3 + 0.02 * (double)(r % 40);
    if (i % 2 == 1)
      offset_rows(m, i);
    check_profile(m);
    churn_matrix_free(m);
  }
}

/* A rare level: the likelihood is far from a parabola, the interval far from even. */
static void a_lopsided_likelihood_has_its_profile_too(void **state)
{
  (void)state;
  churn_matrix *m = made_up(300, 2, 17);
  for (size_t r = 0; r < m->rows; r++) {
    *cell_of(m, r, 1) = r < 25;
    if (r < 25)
      m->y[r] = r == 11;
  }
  check_profile(m);
  concluded *c = conclude(m, CHURN_COVARIANCE_MODEL, true, NULL);
  const churn_coefficient *d = &c->described[2];
  assert_true(d->estimate - d->lower > 1.4 * (d->upper - d->estimate));
  free(c);
  churn_matrix_free(m);
}

static double log_likelihood_without(const churn_matrix *m, const uint32_t *group,
                                     uint32_t left_out)
{
  churn_matrix *copy = matrix_copy(m);
  bool keep[MOST];
  for (size_t c = 0; c < m->columns; c++)
    keep[c] = group[c] != left_out;
  churn_matrix_keep(copy, keep);
  concluded *f = calloc(1, sizeof *f);
  churn_fit_result result = {f->coefficients, f->model_covariance, f->means, f->deviations};
  churn_error error = {0};
  assert_ok(churn_fit_logistic(copy, NULL, NULL, &result, &f->report, &error), &error);
  double l = f->report.log_likelihood;
  free(f);
  churn_matrix_free(copy);
  return l;
}

static void likelihood_ratios_are_differences_of_two_fits(void **state)
{
  (void)state;
  enum { COLUMNS = 7, GROUPS = 4 };
  static const uint32_t group[COLUMNS] = {0, 2, 2, 1, 3, 0, 2};
  static const size_t rows[] = {150, 3000, 20000};
  static const size_t df[] = {2, 1, 3, 1};
  for (size_t i = 0; i < 3; i++) {
    churn_matrix *m = made_up(rows[i], COLUMNS, 55 + i);
    for (size_t r = 0; r < m->rows; r += 2)
      m->weight[r] = 1.7;
    if (i > 0)
      offset_rows(m, i);
    concluded *c = conclude(m, CHURN_COVARIANCE_MODEL, false, group);
    for (uint32_t g = 0; g < GROUPS; g++) {
      double expected = 2 * (c->report.log_likelihood - log_likelihood_without(m, group, g));
      assert_int_equal(c->tests[g].df, df[g]);
      assert_close(c->tests[g].chi2, expected, 1e-9, 1e-8);
      assert_true(expected > 0);
    }
    assert_int_equal(c->tests[5].df, 0);
    assert_true(isnan(c->tests[5].chi2) && isnan(c->tests[5].p) && isnan(c->tests[5].gvif));
    free(c);
    churn_matrix_free(m);
  }
}

/* Inflation is a share of variance: 1 / (1 - R^2) for two columns, 1 for all columns together. */
static void inflation_of_two_columns_is_that_of_their_correlation(void **state)
{
  (void)state;
  static const uint32_t together[2] = {1, 1};
  churn_matrix *m = made_up(900, 2, 8);
  concluded *c = conclude(m, CHURN_COVARIANCE_CLUSTERED, false, NULL);
  concluded *all = conclude(m, CHURN_COVARIANCE_MODEL, false, together);
  const double *v = c->model_covariance;
  double r = v[5] / sqrt(v[4] * v[8]);
  assert_close(c->tests[0].gvif, 1 / (1 - r * r), 1e-12, 0);
  assert_close(c->tests[1].gvif, 1 / (1 - r * r), 1e-12, 0);
  assert_close(c->tests[1].scaled_gvif, sqrt(1 / (1 - r * r)), 1e-12, 0);
  assert_close(all->tests[1].gvif, 1, 1e-12, 0);
  free(c);
  free(all);
  churn_matrix_free(m);
}

static void a_penalised_fit_has_wald_tests_and_no_criteria(void **state)
{
  (void)state;
  churn_error error = {0};
  churn_matrix *m = made_up(800, 3, 71);
  concluded *c = malloc(sizeof *c);
  assert_ok(try_to_conclude(m, CHURN_COVARIANCE_MODEL, true, NULL, 0.013, 1, c, &error), &error);
  assert_false(c->inference.ratio_tests);
  assert_false(c->inference.profile_intervals);
  assert_true(isnan(c->inference.aic) && isnan(c->inference.bic));
  for (size_t g = 0; g < 3; g++)
    assert_close(c->tests[g].chi2, c->described[g + 1].z * c->described[g + 1].z, 1e-12, 0);
  free(c);
  churn_matrix_free(m);
}

/* Of Firth's fit; *work: what the profiles were left out for. */
static bool profiles_firth(const churn_matrix *m, double most_work, concluded *c, double *work)
{
  static const uint32_t group[MOST] = {0, 1, 2};
  churn_error error = {0};
  churn_scaled data = {0};
  churn_matrix *copy = matrix_copy(m);
  churn_fit_result result = {c->coefficients, c->model_covariance, c->means, c->deviations};
  churn_inference_settings settings = {
      .profile = true, .group = group, .group_count = 3, .firth = true, .most_work = most_work};
  c->inference = (churn_inference){
      .coefficients = c->described, .tests = c->tests, .covariance = c->covariance};
  assert_ok(churn_scaled_take(copy, NULL, &data, &error), &error);
  assert_ok(churn_firth_fit(&data, NULL, &result, &c->report, &error), &error);
  assert_ok(churn_infer(copy, &result, &c->report, &settings, NULL, &c->inference, &error), &error);
  churn_scaled_clear(&data);
  churn_matrix_free(copy);
  *work = c->inference.profile_work;
  return c->inference.profile_intervals;
}

/* 700 rows x 4^2 / 2, 160 passes for each of 4 coefficients: 3,584,000. */
static void profiles_of_firths_likelihood_are_left_out_where_they_take_long(void **state)
{
  (void)state;
  churn_matrix *m = made_up(700, 3, 12);
  concluded *c = calloc(1, sizeof *c);
  double work;
  assert_false(profiles_firth(m, 3.58e6, c, &work));
  assert_close(work, 3584000, 1e-12, 0);
  double reach = c->described[2].upper - c->described[2].estimate;
  assert_close(reach, c->described[2].estimate - c->described[2].lower, 1e-12, 0);
  static const double enough[] = {3.59e6, INFINITY, 0};
  for (size_t i = 0; i < 3; i++) {
    assert_true(profiles_firth(m, enough[i], c, &work));
    assert_true(work == 0);
    assert_true(fabs(c->described[2].upper - c->described[2].estimate - reach) > 1e-5);
  }
  free(c);
  churn_matrix_free(m);
}

static void one_cluster_is_refused(void **state)
{
  (void)state;
  churn_error error = {0};
  churn_matrix *m = made_up(300, 2, 3);
  m->cluster = calloc(m->rows, sizeof *m->cluster);
  concluded *c = malloc(sizeof *c);
  assert_int_equal(try_to_conclude(m, CHURN_COVARIANCE_CLUSTERED, false, NULL, 0, 1, c, &error),
                   CHURN_DEGENERATE);
  assert_non_null(strstr(error.message, "all rows are of one customer"));
  free(c);
  churn_matrix_free(m);
}

/* Column 0: plain. 1 and 2: nearly the same. 3: 1 in few rows. 4: all but one of its many rows
 * stayed. */
static void conditions_name_what_is_wrong_with_a_column(void **state)
{
  (void)state;
  churn_matrix *m = made_up(6000, 5, 29);
  uint64_t stream = 4;
  for (size_t r = 0; r < m->rows; r++) {
    *cell_of(m, r, 2) = *cell_of(m, r, 1) + 0.05 * uniform(&stream);
    *cell_of(m, r, 1) += 0.2 * uniform(&stream);
    *cell_of(m, r, 3) = r % 700 == 5;
    *cell_of(m, r, 4) = r % 5 == 1;
    if (r % 700 == 5)
      m->y[r] = r % 1400 == 5;
    if (r % 5 == 1)
      m->y[r] = r == 1001;
  }
  concluded *sandwiched = conclude(m, CHURN_COVARIANCE_ROBUST, false, NULL);
  concluded *c = conclude(m, CHURN_COVARIANCE_MODEL, false, NULL);
  for (size_t j = 0; j < 6; j++) {
    const churn_coefficient *by = &sandwiched->described[j];
    bool incredible = j == 5;
    assert_int_equal(by->condition, c->described[j].condition);
    assert_true(isfinite(by->estimate) && isfinite(by->std_error) && isfinite(by->odds_ratio));
    assert_true(isnan(by->z) == incredible && isnan(by->p) == incredible);
    assert_true(isnan(by->lower) == incredible && isnan(by->odds_upper) == incredible);
    assert_true(j == 0 || isnan(sandwiched->tests[j - 1].p) == incredible);
    assert_true(isfinite(c->described[j].z) && isfinite(c->described[j].upper));
  }
  free(sandwiched);
  assert_int_equal(c->described[0].condition, CHURN_CONDITION_OK);
  assert_int_equal(c->described[1].condition, CHURN_CONDITION_OK);
  assert_int_equal(c->described[2].condition, CHURN_CONDITION_COLLINEAR);
  assert_int_equal(c->described[3].condition, CHURN_CONDITION_COLLINEAR);
  assert_int_equal(c->described[4].condition, CHURN_CONDITION_FEW_ROWS);
  assert_int_equal(c->described[5].condition, CHURN_CONDITION_NEAR_SEPARATION);
  free(c);
  churn_matrix_free(m);
}

/* A table with an empty cell has no finite estimate but for a penalty, whatever the curvature says.
 */
static void a_value_with_one_outcome_only_is_near_separation(void **state)
{
  (void)state;
  churn_condition_facts facts = {.scaled_gvif = 1.25, .curvature = 0.385, .fewest_rows = 0};
  assert_int_equal(churn_condition_of(&facts), CHURN_CONDITION_NEAR_SEPARATION);
  facts.fewest_rows = 1;
  assert_int_equal(churn_condition_of(&facts), CHURN_CONDITION_FEW_ROWS);
}

/* Column 0 is 0 or 1 in every seventh row; 1 is a number in a unit so large that all of it is near
 * 0. */
static void numbers_in_a_large_unit_are_not_taken_for_zeros(void **state)
{
  (void)state;
  enum { ROWS = 700 };
  static const double means[] = {0.14, 3e-13}, deviations[] = {0.35, 1e-12};
  churn_matrix *m = made_up(ROWS, 2, 17);
  uint64_t fewest[2];
  churn_error error;
  for (size_t r = 0; r < ROWS; r++) {
    m->y[r] = r % 2 == 1;
    *cell_of(m, r, 0) = ((r % 7 == 0) - means[0]) / deviations[0];
  }
  assert_ok(churn_condition_rows(m, means, deviations, NULL, fewest, &error), &error);
  assert_int_equal(fewest[0], 50);
  assert_true(fewest[1] == UINT64_MAX);
  churn_matrix_free(m);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(sandwich_covariances_are_their_definition),
      cmocka_unit_test(a_cluster_over_many_lanes_is_summed_whole),
      cmocka_unit_test(clusters_of_one_row_give_hc0_times_the_correction),
      cmocka_unit_test(copies_within_a_cluster_add_nothing),
      cmocka_unit_test(any_number_of_threads_gives_the_same_bits),
      cmocka_unit_test(the_deviance_at_profile_ends_is_the_quantile),
      cmocka_unit_test(a_lopsided_likelihood_has_its_profile_too),
      cmocka_unit_test(likelihood_ratios_are_differences_of_two_fits),
      cmocka_unit_test(inflation_of_two_columns_is_that_of_their_correlation),
      cmocka_unit_test(a_penalised_fit_has_wald_tests_and_no_criteria),
      cmocka_unit_test(profiles_of_firths_likelihood_are_left_out_where_they_take_long),
      cmocka_unit_test(one_cluster_is_refused),
      cmocka_unit_test(conditions_name_what_is_wrong_with_a_column),
      cmocka_unit_test(a_value_with_one_outcome_only_is_near_separation),
      cmocka_unit_test(numbers_in_a_large_unit_are_not_taken_for_zeros),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
