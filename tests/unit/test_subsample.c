/* Which rows a subsample takes, and that they arrive whole.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "fit/subsample.h"
#include "made_up.h"

#include <stdalign.h>

static void the_group_is_the_smallest_that_leaves_few_enough_rows(void **state)
{
  (void)state;
  assert_int_equal(churn_subsample_group(65535, 65536), 1);
  assert_int_equal(churn_subsample_group(65537, 65536), 2);
  assert_int_equal(churn_subsample_group(1000000, 65536), 16);
  assert_int_equal(churn_subsample_group(40000000, 65536), 1024);
  assert_int_equal(churn_subsample_group(1000000, SIZE_MAX), 1);
}

/* Each group of runs of eight rows gives one of its own, and every place in a group is as likely:
 * 4096 draws of 16 places have 256 expected each, standard deviation 15.5. */
static void every_group_gives_one_run_from_a_place_of_its_own(void **state)
{
  (void)state;
  enum { RUN = 8, GROUP = 16, GROUPS = 4096 };
  int places[GROUP] = {0}, repeats = 0;
  size_t last = GROUP;
  for (size_t g = 0; g < GROUPS; g++) {
    size_t row = churn_subsample_row(g * RUN, GROUP), run = row / RUN;
    assert_int_equal(row % RUN, 0);
    assert_true(run >= g * GROUP && run < (g + 1) * GROUP);
    for (size_t i = 1; i < RUN; i++)
      assert_int_equal(churn_subsample_row(g * RUN + i, GROUP), row + i);
    places[run % GROUP]++;
    repeats += run % GROUP == last;
    last = run % GROUP;
  }
  for (int place = 0; place < GROUP; place++)
    assert_in_range(places[place], 256 - 80, 256 + 80);
  assert_in_range(repeats, 256 - 80, 256 + 80); /* no stride: the next place knows nothing of it */
}

static void take_all(churn_subsample *s, const churn_matrix *m, size_t group)
{
  churn_error error;
  assert_ok(churn_subsample_prepare(s, m, group, &error), &error);
  churn_run run = {.threads = 3};
  assert_ok(churn_subsample_fill(s, &run, &error), &error);
}

/* Groups smaller than a tile, as large and larger; a last group that is not whole gives nothing. */
static void rows_arrive_whole_with_any_group(void **state)
{
  (void)state;
  enum { ROWS = 4999, COLUMNS = 3 };
  static const size_t groups[] = {1, 4, 256, 512};
  churn_error error;
  churn_matrix *m = made_up(ROWS, COLUMNS, 3);
  assert_ok(churn_matrix_add_offset(m, &error), &error);
  for (size_t r = 0; r < ROWS; r++) {
    m->weight[r] = 0.5 + (double)(r % 7);
    m->offset[r] = 1.25 * (double)r;
  }
  for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) {
    churn_subsample s;
    take_all(&s, m, groups[i]);
    assert_int_equal(s.matrix->rows, ROWS / 8 / groups[i] * 8);
    assert_int_equal(s.matrix->rows, churn_subsample_rows(ROWS, groups[i]));
    for (size_t g = 0; g < s.matrix->rows; g++) {
      size_t row = churn_subsample_row(g, groups[i]);
      assert_true(s.matrix->offset[g] == 1.25 * (double)row);
      assert_true(s.matrix->weight[g] == m->weight[row] && s.matrix->y[g] == m->y[row]);
      for (size_t c = 0; c < COLUMNS; c++)
        assert_true(*cell_of(s.matrix, g, c) == *cell_of(m, row, c));
    }
    churn_subsample_clear(&s);
  }
  churn_matrix_free(m);
}

/* Beside the tiles an outline is the copy, and what it brings is what the copy's tiles hold; the
 * last tile is not whole. */
static void an_outline_brings_what_a_copy_holds(void **state)
{
  (void)state;
  enum { ROWS = 9999, COLUMNS = 5, GROUP = 4 };
  alignas(64) double columns[COLUMNS * 256];
  churn_error error;
  churn_matrix *m = made_up(ROWS, COLUMNS, 12);
  churn_subsample copy, outline;
  take_all(&copy, m, GROUP);
  assert_ok(churn_subsample_prepare(&outline, m, GROUP, &error), &error);
  assert_ok(churn_subsample_outline(&outline, NULL, &error), &error);
  size_t tiles = churn_tile_count(copy.matrix->rows), padded = tiles * 256;
  assert_int_equal(outline.matrix->rows, ROWS / 8 / GROUP * 8);
  assert_int_not_equal(outline.matrix->rows % 256, 0);
  assert_memory_equal(outline.matrix->y, copy.matrix->y, padded * sizeof(double));
  assert_memory_equal(outline.matrix->weight, copy.matrix->weight, padded * sizeof(double));
  for (size_t t = 0; t < tiles; t++) {
    for (size_t i = 0; i < COLUMNS * 256; i++)
      columns[i] = -7.5;
    churn_subsample_bring(&outline, t, columns);
    assert_memory_equal(columns, churn_matrix_tile(copy.matrix, t, 0), sizeof columns);
  }
  churn_subsample_clear(&copy);
  churn_subsample_clear(&outline);
  churn_matrix_free(m);
}

/* Stayers first, then churners, as exports come: the subsample has the same share of them. */
static void a_matrix_sorted_by_label_keeps_its_share_of_churners(void **state)
{
  (void)state;
  enum { ROWS = 64000, CHURNERS = 5120, GROUP = 64 };
  churn_matrix *m = matrix_of(ROWS, 1);
  churn_subsample s;
  for (size_t r = ROWS - CHURNERS; r < ROWS; r++)
    m->y[r] = 1;
  take_all(&s, m, GROUP);
  size_t churners = 0;
  for (size_t r = 0; r < s.matrix->rows; r++)
    churners += s.matrix->y[r] > 0;
  assert_int_equal(churners, CHURNERS / GROUP); /* they fill whole groups */
  churn_subsample_clear(&s);
  churn_matrix_free(m);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_group_is_the_smallest_that_leaves_few_enough_rows),
      cmocka_unit_test(every_group_gives_one_run_from_a_place_of_its_own),
      cmocka_unit_test(rows_arrive_whole_with_any_group),
      cmocka_unit_test(an_outline_brings_what_a_copy_holds),
      cmocka_unit_test(a_matrix_sorted_by_label_keeps_its_share_of_churners),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
