/* Every allocation failing in turn while a model is read, written, and figures are computed: out of
 * memory is said, nothing leaks (under the sanitizers), nothing is half given. Ours only: jansson
 * 2.14's lexer ignores a failed allocation and crashes by itself.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "evaluate/auc.h"
#include "evaluate/figures.h"
#include "failing_memory.h"
#include "model/file.h"
#include "rich_model.h"
#include "support.h"

#include <stdlib.h>
#include <string.h>

/* Allocations left until one fails; negative = none does. */
static long countdown = -1;

static bool allocation_fails(void)
{
  return countdown >= 0 && countdown-- == 0;
}

static int set_up(void **state)
{
  *state = NULL;
  scratch_make();
  return 0;
}

static const char *good_file(void)
{
  churn_error error = {0};
  churn_model *model = rich_model_new();
  assert_ok(churn_model_write(model, scratch_path("model.json"), &error), &error);
  churn_model_free(model);
  return scratch_path("model.json");
}

static void reading_survives_each_failed_allocation(void **state)
{
  (void)state;
  const char *path = good_file();
  churn_status status = CHURN_NO_MEMORY;
  long failed = 0;
  for (; status != CHURN_OK; failed++) {
    churn_error error = {0};
    churn_model *model = NULL;
    countdown = failed;
    status = churn_model_read(path, &model, &error);
    countdown = -1;
    assert_true(status == CHURN_OK || status == CHURN_NO_MEMORY);
    assert_true((status == CHURN_OK) == (model != NULL));
    churn_model_free(model);
  }
  /* Five features with 4 to 6 texts and arrays each, eight columns: the loop went through them. */
  assert_true(failed > 60);
}

static void writing_survives_each_failed_allocation(void **state)
{
  (void)state;
  churn_model *model = rich_model_new();
  churn_status status = CHURN_NO_MEMORY;
  long failed = 0;
  for (; status != CHURN_OK; failed++) {
    churn_error error = {0};
    const char *path = scratch_write("model.json", "what stood here before");
    countdown = failed;
    status = churn_model_write(model, path, &error);
    countdown = -1;
    char *text = file_read(path, NULL);
    bool before = strcmp(text, "what stood here before") == 0;
    free(text);
    assert_true(before == (status != CHURN_OK));
    assert_true((model->id[0] == '\0') == (status != CHURN_OK));
  }
  assert_true(failed > 5);
  churn_model_free(model);
}

static void figures_survive_each_failed_allocation(void **state)
{
  (void)state;
  const int8_t labels[] = {0, 1, 0, 1, 1};
  const double logits[] = {-1, -0.3, 0.2, 0.4, 0.1}, probabilities[] = {.27, .43, .55, .6, .52};
  churn_scored scored = {
      .rows = 5, .labels = labels, .probabilities = probabilities, .logits = logits};
  churn_status status = CHURN_NO_MEMORY;
  double area;
  long failed = 0;
  for (; status != CHURN_OK; failed++) {
    churn_error error = {0};
    churn_evaluation e = {0};
    countdown = failed;
    status = churn_figures_compute(&scored, NULL, 0, NULL, &e, &error);
    countdown = -1;
    assert_true(status == CHURN_OK || status == CHURN_NO_MEMORY);
    assert_true((status == CHURN_OK) == (e.figures.rows == 5));
  }
  assert_true(failed > 2);
  countdown = 0;
  assert_int_equal(churn_auc(labels, logits, 5, &area, NULL), CHURN_NO_MEMORY);
  countdown = -1;
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, scratch_teardown)
  const struct CMUnitTest tests[] = {
      TEST(reading_survives_each_failed_allocation),
      TEST(writing_survives_each_failed_allocation),
      TEST(figures_survive_each_failed_allocation),
  };
  return cmocka_run_group_tests_name("model and figures without memory", tests, NULL, NULL);
}
