/* Every compilation of the likelihood kernel that this machine runs, against plain sums in long
 * double; and how one is chosen.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "fit/kernel.h"
#include "made_up.h"

#include <float.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

static const char *const isa[] = {"baseline", "avx2", "avx512"};

enum { ISAS = sizeof isa / sizeof isa[0], MOST_COLUMNS = 11 };

typedef struct row_terms {
  long double loss, residual, curvature;
} row_terms;

static row_terms plain_row(double weight, double y, long double eta)
{
  long double p = 1 / (1 + expl(-eta)), q = 1 / (1 + expl(eta));
  long double wrong = y > 0 ? -eta : eta;
  long double loss = log1pl(expl(-fabsl(wrong))) + (wrong > 0 ? wrong : 0);
  return (row_terms){weight * loss, weight * (y > 0 ? -q : p), weight * p * q};
}

static void plain_step(const churn_matrix *m, const double *b, long double *sums)
{
  size_t k = m->columns;
  for (size_t r = 0; r < m->rows; r++) {
    long double x[MOST_COLUMNS + 1] = {1}, eta = b[0] + offset_of(m, r);
    for (size_t c = 0; c < k; c++) {
      x[c + 1] = *cell_of(m, r, c);
      eta += b[c + 1] * x[c + 1];
    }
    row_terms terms = plain_row(m->weight[r], m->y[r], eta);
    sums[0] += terms.loss;
    for (size_t i = 0; i <= k; i++) {
      sums[1 + i] += terms.residual * x[i];
      for (size_t j = 0; j <= i; j++)
        sums[churn_kernel_hessian_start(k) + i * (i + 1) / 2 + j] += terms.curvature * x[i] * x[j];
    }
  }
}

/* One tile of values about 1 in size, some rows of weight 0, eta from near 0 to +-40. */
static churn_matrix *one_tile(size_t columns, size_t rows)
{
  churn_matrix *m = matrix_of(rows, columns);
  uint64_t stream = 77 + columns;
  for (size_t r = 0; r < rows; r++) {
    m->y[r] = uniform(&stream) < 0.4;
    m->weight[r] = r % 9 == 4 ? 0 : 0.25 + 3 * uniform(&stream);
    for (size_t c = 0; c < columns; c++)
      *cell_of(m, r, c) = 4 * uniform(&stream) - 1.7;
  }
  return m;
}

static void check_sums(const double *sums, const long double *plain, size_t count)
{
  for (size_t i = 0; i < count; i++)
    assert_close(sums[i], (double)plain[i], 1e-13, 1e-11);
}

static void check_kernel(const churn_kernel *kernel, size_t columns, size_t rows, double size,
                         bool offset)
{
  churn_matrix *m = one_tile(columns, rows);
  size_t count = churn_kernel_sums(columns);
  double b[MOST_COLUMNS + 1], *sums = calloc(count, sizeof *sums);
  long double *plain = calloc(count, sizeof *plain);
  if (offset)
    offset_rows(m, 991);
  for (size_t j = 0; j <= columns; j++)
    b[j] = size * (0.31 - 0.17 * (double)(j % 5));
  plain_step(m, b, plain);
  kernel->step(m->tiles, NULL, columns, m->y, m->weight, m->offset, b, sums);
  check_sums(sums, plain, count);
  /* It adds: the second time gives twice the sums. */
  plain_step(m, b, plain);
  kernel->step(m->tiles, NULL, columns, m->y, m->weight, m->offset, b, sums);
  check_sums(sums, plain, count);
  free(sums);
  free(plain);
  churn_matrix_free(m);
}

static void every_kernel_agrees_with_plain_sums_for_any_number_of_columns(void **state)
{
  (void)state;
  for (size_t i = 0; i < ISAS; i++) {
    const churn_kernel *kernel = churn_kernel_find(isa[i]);
    if (kernel == NULL) {
      print_message("%s does not run here\n", isa[i]);
      continue;
    }
    for (size_t columns = 0; columns <= MOST_COLUMNS; columns++) {
      check_kernel(kernel, columns, 256, 1, false);
      check_kernel(kernel, columns, 201, 0.01, true);
      check_kernel(kernel, columns, 1, 20, false);
    }
  }
}

/* X'wX: the step's Hessian where p (1 - p) = 1/4, times 4. */
static void the_cross_product_is_the_hessian_with_other_weights(void **state)
{
  (void)state;
  enum { COLUMNS = 7 };
  churn_matrix *m = one_tile(COLUMNS, 256);
  double zeros[COLUMNS + 1] = {0}, step[COLUMNS + 2 + 36], cross[COLUMNS + 2 + 36];
  size_t start = churn_kernel_hessian_start(COLUMNS), count = churn_kernel_sums(COLUMNS);
  assert_int_equal(count, COLUMNS + 2 + 36);
  for (size_t i = 0; i < ISAS; i++) {
    const churn_kernel *kernel = churn_kernel_find(isa[i]);
    if (kernel == NULL)
      continue;
    memset(step, 0, sizeof step);
    memset(cross, 0, sizeof cross);
    kernel->step(m->tiles, NULL, COLUMNS, m->y, m->weight, NULL, zeros, step);
    kernel->cross(m->tiles, COLUMNS, m->weight, cross);
    for (size_t j = 0; j < start; j++)
      assert_true(cross[j] == 0);
    for (size_t j = start; j < count; j++)
      assert_close(cross[j], 4 * step[j], 1e-14, 1e-12);
  }
  churn_matrix_free(m);
}

/* Loss and gradient without the Hessian; the loss of each row by itself. */
static void slopes_and_losses_are_parts_of_the_step(void **state)
{
  (void)state;
  enum { COLUMNS = 9 };
  static const double b[COLUMNS + 1] = {0.3, -0.2, 0.7, 0.1, -1.1, 0.4, 0, 0.9, -0.3, 0.2};
  churn_matrix *m = one_tile(COLUMNS, 201);
  alignas(64) double eta[256] = {0}, losses[256];
  long double plain[COLUMNS + 2 + 55] = {0};
  offset_rows(m, 991);
  plain_step(m, b, plain);
  for (size_t r = 0; r < 201; r++) {
    eta[r] = b[0] + m->offset[r];
    for (size_t c = 0; c < COLUMNS; c++)
      eta[r] += b[c + 1] * *cell_of(m, r, c);
  }
  for (size_t i = 0; i < ISAS; i++) {
    const churn_kernel *kernel = churn_kernel_find(isa[i]);
    if (kernel == NULL)
      continue;
    double sums[COLUMNS + 3] = {[COLUMNS + 2] = 0.77};
    kernel->slope(m->tiles, NULL, COLUMNS, m->y, m->weight, m->offset, b, sums);
    check_sums(sums, plain, COLUMNS + 2);
    assert_true(sums[COLUMNS + 2] == 0.77);
    kernel->losses(eta, m->y, losses);
    for (size_t r = 0; r < 201; r++)
      assert_close(losses[r], (double)plain_row(1, m->y[r], eta[r]).loss, 1e-14, 1e-15);
  }
  churn_matrix_free(m);
}

/* Five problems on the first columns or the last ones, each of other coefficients and rows, their
 * bits at the end of the word. */
static void check_slopes(const churn_kernel *kernel, size_t columns, size_t rows, bool last)
{
  enum { FIRST_BIT = 64 - CHURN_KERNEL_TOGETHER };
  churn_matrix *m = one_tile(MOST_COLUMNS, rows), *part = one_tile(columns, rows);
  uint32_t chosen[MOST_COLUMNS] = {0};
  uint64_t members[256] = {0};
  double b[MOST_COLUMNS + 1][CHURN_KERNEL_TOGETHER];
  size_t room = churn_kernel_slopes_room(columns);
  double *parts = aligned_alloc(64, room * sizeof *parts);
  memset(parts, 0, room * sizeof *parts);
  offset_rows(m, 991);
  for (size_t c = 0; c < columns; c++)
    chosen[c] = (uint32_t)(last ? MOST_COLUMNS - 1 - c : c);
  for (size_t r = 0; r < 256; r++)
    members[r] = (r * 2654435761u >> 3 & 31) << FIRST_BIT | (r % 3 == 0);
  for (size_t j = 0; j <= columns; j++)
    for (size_t p = 0; p < CHURN_KERNEL_TOGETHER; p++)
      b[j][p] = 0.4 - 0.13 * (double)((j + 2 * p) % 6);
  kernel->slopes(m->tiles, last ? chosen : NULL, columns, m->y, m->weight, m->offset, members,
                 FIRST_BIT, b[0], parts);
  offset_rows(part, 991);
  for (size_t p = 0; p < CHURN_KERNEL_TOGETHER; p++) {
    long double plain[MOST_COLUMNS + 2 + (MOST_COLUMNS + 1) * (MOST_COLUMNS + 2) / 2] = {0};
    double own[MOST_COLUMNS + 1], sums[MOST_COLUMNS + 2] = {0};
    for (size_t j = 0; j <= columns; j++)
      own[j] = b[j][p];
    for (size_t r = 0; r < rows; r++) {
      part->y[r] = m->y[r];
      part->weight[r] = members[r] >> (FIRST_BIT + p) & 1 ? m->weight[r] : 0;
      for (size_t c = 0; c < columns; c++)
        *cell_of(part, r, c) = *cell_of(m, r, chosen[c]);
    }
    plain_step(part, own, plain);
    for (size_t i = 0; i < columns + 2; i++)
      for (size_t k = 0; k < CHURN_KERNEL_PARTS; k++)
        sums[i] += parts[(i * CHURN_KERNEL_TOGETHER + p) * CHURN_KERNEL_PARTS + k];
    check_sums(sums, plain, columns + 2);
  }
  free(parts);
  churn_matrix_free(m);
  churn_matrix_free(part);
}

static void slopes_of_several_problems_are_those_of_each_by_itself(void **state)
{
  (void)state;
  for (size_t i = 0; i < ISAS; i++)
    for (size_t columns = 0; columns <= MOST_COLUMNS; columns++)
      if (churn_kernel_find(isa[i]) != NULL) {
        check_slopes(churn_kernel_find(isa[i]), columns, 256, false);
        check_slopes(churn_kernel_find(isa[i]), columns, 201, true);
      }
}

/* Each row by one of some sets of coefficients: as many as two registers hold, and more. */
static void check_pick(const churn_kernel *kernel, size_t columns, size_t width)
{
  churn_matrix *m = one_tile(columns, 256);
  int64_t picks[256];
  alignas(64) double eta[256];
  double *b = calloc((columns + 1) * width, sizeof *b);
  for (size_t i = 0; i < (columns + 1) * width; i++)
    b[i] = sin(0.7 * (double)i) - 0.1;
  for (int with = 0; with < 2; with++) {
    for (size_t r = 0; r < 256; r++)
      picks[r] = (int64_t)((r * 2654435761u >> 5) % width);
    kernel->pick(m->tiles, columns, m->offset, picks, b, width, eta);
    for (size_t r = 0; r < 256; r++) {
      const double *own = b + picks[r];
      long double plain = own[0] + offset_of(m, r);
      for (size_t c = 0; c < columns; c++)
        plain += (long double)own[(c + 1) * width] * *cell_of(m, r, c);
      assert_close(eta[r], (double)plain, 1e-14, 1e-14);
    }
    if (with == 0)
      offset_rows(m, 991);
  }
  free(b);
  churn_matrix_free(m);
}

static void rows_go_by_the_coefficients_that_they_pick(void **state)
{
  (void)state;
  static const size_t widths[] = {1, CHURN_KERNEL_PICKS, CHURN_KERNEL_PICKS + 1, 70};
  for (size_t i = 0; i < ISAS; i++)
    for (size_t columns = 0; columns <= MOST_COLUMNS; columns += 3)
      for (size_t j = 0; j < sizeof widths / sizeof *widths; j++)
        if (churn_kernel_find(isa[i]) != NULL)
          check_pick(churn_kernel_find(isa[i]), columns, widths[j]);
}

/* exp and log1p are the kernel's own: from eta = 0 to where exp(-eta) is next to no number, as
 * exact as eta, whose last digit counts. */
static void losses_are_exact_however_small(void **state)
{
  (void)state;
  alignas(64) double eta[256], y[256], losses[256];
  for (size_t i = 0; i < ISAS; i++) {
    const churn_kernel *kernel = churn_kernel_find(isa[i]);
    if (kernel == NULL)
      continue;
    for (size_t round = 0; round < 200; round++) {
      for (size_t r = 0; r < 256; r++) {
        double size = 7e2 * pow((double)(round * 256 + r) / 51200, 6);
        eta[r] = r % 2 == 0 ? size : -size;
        y[r] = r % 2 == 0;
      }
      kernel->losses(eta, y, losses);
      for (size_t r = 0; r < 256; r++)
        assert_close(losses[r], (double)log1pl(expl(-fabsl((long double)eta[r]))),
                     1e-15 + DBL_EPSILON * fabs(eta[r]), 0);
    }
  }
}

/* Columns of mean about 1000 and deviation about 1.2, as they are and standardised by hand. */
static void check_rough(const churn_kernel *kernel, size_t columns)
{
  churn_matrix *raw = one_tile(columns, 256), *standardised = matrix_copy(raw);
  size_t count = churn_kernel_sums(columns), start = churn_kernel_hessian_start(columns);
  double *b = calloc(columns + 1, sizeof *b), *sums = calloc(count, sizeof *sums);
  double *means = calloc(columns + 1, sizeof *means);
  double *deviations = calloc(columns + 1, sizeof *deviations);
  double *plain = calloc(count, sizeof *plain), *apart = calloc(count, sizeof *apart);
  float *scratch = aligned_alloc(64, churn_kernel_rough_room(columns) * sizeof *scratch);
  for (size_t c = 0; c < columns; c++) {
    means[c] = 1000.3 + (double)c;
    deviations[c] = 1.2 + 0.01 * (double)c;
    b[c + 1] = 0.1 - 0.07 * (double)(c % 4);
    b[0] -= b[c + 1] * means[c];
    for (size_t r = 0; r < 256; r++)
      *cell_of(raw, r, c) =
          means[c] + deviations[c] * (*cell_of(standardised, r, c) += 0.01 * (double)((r + c) % 7));
  }
  kernel->step(raw->tiles, NULL, columns, raw->y, raw->weight, NULL, b, plain);
  for (int twice = 0; twice < 2; twice++)
    kernel->rough(raw->tiles, columns, raw->y, raw->weight, NULL, b, means, deviations, scratch,
                  sums);
  for (size_t i = 0; i < start; i++)
    assert_close(sums[i], 2 * plain[i], 1e-13, 1e-8);
  b[0] = 0;
  for (size_t c = 0; c < columns; c++)
    b[c + 1] *= deviations[c];
  kernel->step(standardised->tiles, NULL, columns, raw->y, raw->weight, NULL, b, apart);
  for (size_t i = 0; i <= columns; i++)
    for (size_t j = 0; j <= i; j++) {
      const double *h = apart + start;
      double size = sqrt(h[i * (i + 1) / 2 + i] * h[j * (j + 1) / 2 + j]);
      assert_close(sums[start + i * (i + 1) / 2 + j], 2 * h[i * (i + 1) / 2 + j], 0, 4e-6 * size);
    }
  free(b);
  free(sums);
  free(means);
  free(deviations);
  free(plain);
  free(apart);
  free(scratch);
  churn_matrix_free(raw);
  churn_matrix_free(standardised);
}

/* One to four vectors of unknowns, whole and not, and blocks of every width. */
static void a_rough_hessian_is_that_of_standardised_columns_to_single_precision(void **state)
{
  (void)state;
  static const size_t columns[] = {0, 1, 3, 7, 8, 15, 16, 31, 47, 53, 70};
  for (size_t i = 0; i < ISAS; i++)
    for (size_t j = 0; j < sizeof columns / sizeof *columns; j++)
      if (churn_kernel_find(isa[i]) != NULL)
        check_rough(churn_kernel_find(isa[i]), columns[j]);
}

/* eta = 1e5 on the right side loses nothing, on the wrong side 1e5; nothing overflows. */
static void far_out_rows_neither_overflow_nor_vanish(void **state)
{
  (void)state;
  churn_matrix *m = matrix_of(2, 1);
  double b[] = {0, 1e5}, sums[6];
  *cell_of(m, 0, 0) = 1;
  m->y[0] = 1;
  *cell_of(m, 1, 0) = 1;
  for (size_t i = 0; i < ISAS; i++) {
    const churn_kernel *kernel = churn_kernel_find(isa[i]);
    if (kernel == NULL)
      continue;
    memset(sums, 0, sizeof sums);
    kernel->step(m->tiles, NULL, 1, m->y, m->weight, m->offset, b, sums);
    assert_close(sums[0], 1e5, 1e-15, 0);
    assert_close(sums[1], 1, 1e-15, 0);
    assert_close(sums[3], 0, 0, 1e-300);
  }
  churn_matrix_free(m);
}

static void churn_isa_forces_a_kernel(void **state)
{
  (void)state;
  assert_int_equal(setenv("CHURN_ISA", "baseline", 1), 0);
  churn_notes *notes = churn_notes_new();
  assert_string_equal(churn_kernel_choose(notes)->name, "baseline");
  assert_int_equal(churn_notes_count(notes), 0);
  for (size_t i = 0; i < ISAS; i++) {
    setenv("CHURN_ISA", isa[i], 1);
    if (churn_kernel_find(isa[i]) != NULL)
      assert_ptr_equal(churn_kernel_choose(NULL), churn_kernel_find(isa[i]));
  }
  unsetenv("CHURN_ISA");
  churn_notes_free(notes);
}

static void an_unknown_churn_isa_is_ignored_with_a_warning(void **state)
{
  (void)state;
  unsetenv("CHURN_ISA");
  const churn_kernel *widest = churn_kernel_choose(NULL);
  assert_null(churn_kernel_find("AVX2"));
  assert_null(churn_kernel_find("sse9"));
  churn_notes *notes = churn_notes_new();
  setenv("CHURN_ISA", "sse9", 1);
  assert_ptr_equal(churn_kernel_choose(notes), widest);
  unsetenv("CHURN_ISA");
  assert_int_equal(churn_notes_count_of(notes, CHURN_WARNING), 1);
  assert_string_equal(churn_notes_get(notes, 0)->code, "isa_ignored");
  assert_non_null(strstr(churn_notes_get(notes, 0)->text, "sse9"));
  assert_non_null(strstr(churn_notes_get(notes, 0)->text, widest->name));
  churn_notes_free(notes);
}

/* -ffast-math at link would make the start-up code flush denormals to zero in the whole process. */
static void denormal_numbers_still_work_in_the_process(void **state)
{
  (void)state;
  volatile double smallest_normal = DBL_MIN;
  volatile double half = smallest_normal / 2;
  assert_true(half > 0);
  assert_true(half * 2 == smallest_normal);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_kernel_agrees_with_plain_sums_for_any_number_of_columns),
      cmocka_unit_test(the_cross_product_is_the_hessian_with_other_weights),
      cmocka_unit_test(slopes_and_losses_are_parts_of_the_step),
      cmocka_unit_test(slopes_of_several_problems_are_those_of_each_by_itself),
      cmocka_unit_test(rows_go_by_the_coefficients_that_they_pick),
      cmocka_unit_test(losses_are_exact_however_small),
      cmocka_unit_test(a_rough_hessian_is_that_of_standardised_columns_to_single_precision),
      cmocka_unit_test(far_out_rows_neither_overflow_nor_vanish),
      cmocka_unit_test(churn_isa_forces_a_kernel),
      cmocka_unit_test(an_unknown_churn_isa_is_ignored_with_a_warning),
      cmocka_unit_test(denormal_numbers_still_work_in_the_process),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
