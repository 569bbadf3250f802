/* Fits on shared tiles against fits on each fold's own: the same predictions, whatever encoding,
 * weights and offset; and which fits are shared.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/random.h"
#include "jobs/own_folds.h"
#include "jobs/shared_folds.h"
#include "judged.h"
#include "opened.h"
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 900, FOLDS = 4, SETS = 4, FIRST = 225 };

#define HEAD                                                                                       \
  "version: 1\ncustomers: {from: flat.csv, id: id%s}\n"                                            \
  "outcome: {column: churned, positive: \"1\"}\n"                                                  \
  "features: {x: customers.x, z: customers.z, plan: customers.plan, city: {is: customers.city, "   \
  "reference: Nr9}}\n"

/* z is missing in places, and more often churns there; plan has a rare level; only those of the
 * first fold are from Nr9. */
static void write_export(void)
{
  static char text[ROWS * 96];
  churn_random random = churn_random_stream(71, 1);
  size_t used = (size_t)snprintf(text, sizeof text, "id,churned,x,z,plan,city,n,known\n");
  for (int i = 0; i < ROWS; i++) {
    static const char *const plans[] = {"basic", "plus", "gold", "basic", ""};
    double x = draw_normal(&random), z = draw_normal(&random), known = draw_normal(&random);
    const char *plan = i % 97 == 0 ? "rare" : plans[i % 5];
    bool blank = i % 7 == 3;
    double eta = -0.9 + 0.8 * x + (blank ? 0.7 : 0.5 * z) + 0.3 * (i % 5 == 1) + 0.5 * known;
    char number[24] = "";
    if (!blank)
      snprintf(number, sizeof number, "%.6f", z);
    used += (size_t)snprintf(text + used, sizeof text - used, "c%03d,%d,%.6f,%s,%s,Nr%d,%d,%.6f\n",
                             i, draw_unit(&random) < 1 / (1 + exp(-eta)), x, number, plan,
                             i < FIRST && i % 3 == 0 ? 9 : i % 2, 1 + i % 4, known);
  }
  scratch_write("flat.csv", text);
}

typedef struct bench {
  churn_project *project;
  churn_pipeline *pipeline;
  churn_snapshots *rows;
  churn_frame *frame;
  churn_feature_sets sets;
  churn_judging_folds folds;
  churn_shared_tiles tiles;
  bool agrees[FOLDS * 8];
  churn_out_of_fold_input input;
} bench;

/* The first customers are the first fold. */
static void deal(bench *b)
{
  for (size_t r = 0; r < b->rows->count; r++) {
    int i = atoi(b->pipeline->data->customers.ids[b->rows->rows[r].customer] + 1);
    b->folds.group[r] = b->folds.fold[r] = i < FIRST ? 0 : 1 + (uint32_t)i % (FOLDS - 1);
  }
}

static void bench_open(bench *b, const char *customers, const char *fit)
{
  char text[1024];
  churn_error error = {0};
  churn_pipeline_settings opening = {.with_labels = true, .weighted = true};
  churn_compare_settings settings = {.sets = "all,x + z,x + plan,city"};
  snprintf(text, sizeof text, HEAD "%s", customers, fit);
  *b = (bench){.project = project_of(text)};
  assert_ok(churn_pipeline_open(b->project, &opening, NULL, &b->pipeline, &error), &error);
  assert_ok(churn_pipeline_snapshots(b->pipeline, CHURN_DAY_MISSING, CHURN_DAY_MISSING,
                                     CHURN_SNAPSHOTS_LABELLED, NULL, &b->rows, &error),
            &error);
  assert_ok(churn_frame_build(b->pipeline->plan, b->rows, 0, b->rows->count,
                              b->pipeline->feature_count, NULL, &b->frame, &error),
            &error);
  assert_ok(churn_feature_sets_build(b->pipeline, &settings, &b->sets, &error), &error);
  assert_ok(churn_judging_by_customer(b->pipeline, b->rows, FOLDS, 3, &b->folds, &error), &error);
  deal(b);
  assert_ok(churn_shared_tiles_open(b->pipeline, b->rows, b->frame, NULL, &b->tiles, &error),
            &error);
  assert_true(b->pipeline->feature_count <= 8);
  assert_ok(churn_shared_tiles_agree(&b->tiles, b->frame, &b->folds, NULL, b->agrees, &error),
            &error);
  assert_ok(churn_shared_tiles_fill(&b->tiles, &b->frame, false, NULL, &error), &error);
  b->input = (churn_out_of_fold_input){.pipeline = b->pipeline,
                                       .rows = b->rows,
                                       .frame = b->frame,
                                       .sets = &b->sets,
                                       .folds = &b->folds,
                                       .tiles = &b->tiles,
                                       .agrees = b->agrees};
}

static void bench_close(bench *b)
{
  churn_shared_tiles_clear(&b->tiles);
  churn_judging_folds_clear(&b->folds);
  churn_feature_sets_clear(&b->sets);
  churn_frame_free(b->frame);
  churn_snapshots_free(b->rows);
  churn_pipeline_close(b->pipeline);
  churn_project_free(b->project);
}

static void fit_own(const bench *b, const churn_out_of_fold_input *input, double *logits)
{
  bool all[FOLDS * SETS];
  double *own[SETS];
  churn_set_outcome outcomes[SETS] = {{0}};
  churn_error error = {0};
  uint32_t finished = 0;
  memset(all, true, sizeof all);
  for (size_t s = 0; s < SETS; s++)
    own[s] = logits + s * b->rows->count;
  assert_ok(churn_own_folds(input, all, "own", NULL, own, outcomes, &finished, &error), &error);
}

/* Shared fits, where there are any, and own ones say the same; returns how many are shared. */
static int check_shared(const bench *b)
{
  static double shared[SETS * ROWS], own[SETS * ROWS];
  bool left[FOLDS * SETS];
  churn_predictions predictions;
  churn_set_outcome outcomes[SETS] = {{0}};
  churn_error error = {0};
  int made = 0;
  memset(left, true, sizeof left);
  fit_own(b, &b->input, own);
  assert_ok(churn_predictions_open(b->rows, &b->folds, SETS, &predictions, &error), &error);
  assert_ok(churn_shared_folds(&b->input, left, "shared", NULL, &predictions, outcomes, &error),
            &error);
  assert_ok(churn_predictions_make(&predictions, 0, SETS, NULL, shared, &error), &error);
  for (size_t f = 0; f < FOLDS; f++)
    for (size_t s = 0; s < SETS; s++) {
      made += !left[f * SETS + s];
      for (size_t r = 0; !left[f * SETS + s] && r < b->rows->count; r++)
        if (b->folds.fold[r] == f)
          assert_close(shared[s * b->rows->count + r], own[s * b->rows->count + r], 1e-9, 1e-9);
    }
  churn_predictions_clear(&predictions);
  print_message("%d of %d fits are shared\n", made, FOLDS * SETS);
  return made;
}

/* A fit of its own that cannot have the frame takes its rows from the tiles. */
static void own_fits_from_the_tiles_predict_what_those_from_the_frame_do(void **state)
{
  (void)state;
  static double with_frame[SETS * ROWS], without[SETS * ROWS];
  scratch_make();
  write_export();
  bench b;
  bench_open(&b, "", "fit: {offset: customers.known, weights: customers.n}\n");
  churn_out_of_fold_input input = b.input;
  input.frame = NULL;
  fit_own(&b, &b.input, with_frame);
  fit_own(&b, &input, without);
  for (size_t f = 0; f < FOLDS; f++)
    for (size_t s = 0; s < SETS; s++) {
      bool agrees = true;
      for (size_t i = 0; i < b.pipeline->feature_count; i++)
        agrees =
            agrees && (!b.sets.sets[s].holds[i] || b.agrees[f * b.pipeline->feature_count + i]);
      for (size_t r = 0; agrees && r < b.rows->count; r++)
        if (b.folds.fold[r] == f)
          assert_close(without[s * b.rows->count + r], with_frame[s * b.rows->count + r], 1e-8,
                       1e-8);
    }
  bench_close(&b);
  scratch_remove();
}

/* Nr9, the reference of city, is in one fold alone: that one trains without it, so `all` and `city`
 * have a fit of their own there. */
static void shared_fits_predict_what_own_ones_do(void **state)
{
  (void)state;
  scratch_make();
  write_export();
  bench b;
  bench_open(&b, "", "pool: 0\n");
  assert_int_equal(check_shared(&b), FOLDS * SETS - 2);
  bench_close(&b);
  scratch_remove();
}

static void pooled_levels_are_shared_where_they_pool_alike(void **state)
{
  (void)state;
  scratch_make();
  write_export();
  bench b;
  bench_open(&b, "", "");
  assert_true(check_shared(&b) >= FOLDS * 2);
  bench_close(&b);
  scratch_remove();
}

static void weights_and_offset_count_in_shared_fits(void **state)
{
  (void)state;
  scratch_make();
  write_export();
  bench b;
  bench_open(&b, "", "fit: {offset: customers.known, weights: customers.n}\n");
  assert_true(check_shared(&b) >= FOLDS * 2);
  bench_close(&b);
  bench_open(&b, ", weight: customers.n", "fit: {offset: customers.known}\n");
  assert_true(check_shared(&b) >= FOLDS * 2);
  bench_close(&b);
  bench_open(&b, "", "fit: {sampled: {churners: 1, others: 0.25}}\n");
  assert_true(check_shared(&b) >= FOLDS * 2);
  bench_close(&b);
  scratch_remove();
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(shared_fits_predict_what_own_ones_do),
      cmocka_unit_test(pooled_levels_are_shared_where_they_pool_alike),
      cmocka_unit_test(own_fits_from_the_tiles_predict_what_those_from_the_frame_do),
      cmocka_unit_test(weights_and_offset_count_in_shared_fits),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
