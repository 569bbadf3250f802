/* Every allocation of out-of-fold predictions, their figures and a recalibration fails in turn: it
 * says NO_MEMORY and leaks nothing (the sanitizers and valgrind look).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/memory.h"
#include "jobs/calibrate.h"
#include "made_up.h"

#include <stdio.h>
#include <stdlib.h>

static bool armed;
static size_t calls_left;

static bool fails(void)
{
  return armed && calls_left-- == 0;
}

void *__real_calloc(size_t count, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);

void *__wrap_calloc(size_t count, size_t size)
{
  return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_aligned_alloc(size_t alignment, size_t size)
{
  return fails() ? NULL : __real_aligned_alloc(alignment, size);
}

enum { COLUMNS = 2, N = COLUMNS + 1, ROWS = 300, TIMES = 2 };

/* Two rows a customer. */
typedef struct fitted {
  churn_snapshot rows[ROWS];
  churn_snapshots snapshots;
  char texts[ROWS / TIMES][16];
  const char *ids[ROWS / TIMES];
  int8_t labels[ROWS];
  churn_fit_spec spec;
  double coefficients[N], covariance[N * N], means[COLUMNS], deviations[COLUMNS];
  churn_fit_result result;
  churn_matrix *matrix;
} fitted;

static fitted *fit(void)
{
  fitted *f = calloc(1, sizeof *f);
  churn_fit_report report;
  churn_error error = {0};
  assert_non_null(f);
  f->matrix = made_up(ROWS, COLUMNS, 5);
  for (uint32_t r = 0; r < ROWS; r++) {
    f->labels[r] = (int8_t)f->matrix->y[r];
    f->rows[r] = (churn_snapshot){.customer = r / TIMES, .label = f->labels[r]};
    snprintf(f->texts[r / TIMES], sizeof f->texts[0], "c%u", r / TIMES);
    f->ids[r / TIMES] = f->texts[r / TIMES];
  }
  f->snapshots = (churn_snapshots){.rows = f->rows, .count = ROWS};
  f->spec = (churn_fit_spec){.folds = 3, .seed = 1};
  f->result = (churn_fit_result){f->coefficients, f->covariance, f->means, f->deviations};
  assert_ok(churn_fit_logistic(f->matrix, NULL, NULL, &f->result, &report, &error), &error);
  return f;
}

static churn_model *model_of(const char *penalty)
{
  churn_model *model = churn_model_new();
  assert_non_null(model);
  model->columns = churn_array_new(COLUMNS, sizeof *model->columns);
  assert_non_null(model->columns);
  model->column_count = COLUMNS;
  assert_int_equal(churn_text_set(&model->penalty, penalty, NULL), CHURN_OK);
  return model;
}

static void calibrate(churn_recalibrate wanted, const char *penalty)
{
  fitted *f = fit();
  churn_run run = {.threads = 1};
  churn_error error = {0};
  f->spec.recalibrate = wanted;
  churn_calibrate_input input = {.spec = &f->spec,
                                 .rows = &f->snapshots,
                                 .ids = f->ids,
                                 .labels = f->labels,
                                 .matrix = f->matrix,
                                 .result = &f->result};
  churn_status status = CHURN_NO_MEMORY;
  size_t failed = 0;
  for (; status == CHURN_NO_MEMORY && failed < 2000; failed++) {
    churn_model *model = model_of(penalty);
    error.status = CHURN_OK;
    calls_left = failed;
    armed = true;
    status = churn_calibrate(&input, &run, model, &error);
    armed = false;
    assert_int_equal(error.status, status);
    for (size_t r = 0; r < ROWS; r++)
      assert_true(f->matrix->weight[r] == 1);
    if (status == CHURN_OK) {
      assert_int_equal(model->out_of_fold.folds, 3);
      assert_string_equal(model->out_of_fold.error_kind, "clustered");
    }
    churn_model_free(model);
  }
  assert_int_equal(status, CHURN_OK);
  assert_true(failed > 20);
  churn_matrix_free(f->matrix);
  free(f);
}

static void maximum_likelihood_and_platt(void **state)
{
  (void)state;
  calibrate(CHURN_RECALIBRATE_PLATT, "none");
}

static void firth_and_isotonic(void **state)
{
  (void)state;
  calibrate(CHURN_RECALIBRATE_ISOTONIC, "firth");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(maximum_likelihood_and_platt),
      cmocka_unit_test(firth_and_isotonic),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
