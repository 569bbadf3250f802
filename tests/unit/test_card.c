/* The model card: every section is there, its figures are the model's, and no text of the data can
 * break the page.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "rich_model.h"
#include "support.h"

#include <churn/churn.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *card_of(const churn_model *model)
{
  churn_error error = {0};
  scratch_make();
  assert_ok(churn_card_write(model, scratch_path("card.md"), &error), &error);
  char *text = file_read(scratch_path("card.md"), NULL);
  assert_non_null(text);
  scratch_remove();
  return text;
}

static void assert_says(const char *card, const char *text)
{
  if (strstr(card, text) == NULL)
    fail_msg("the card lacks \"%s\":\n%s", text, card);
}

static void set_text(char **to, const char *text)
{
  free(*to);
  *to = strdup(text);
  assert_non_null(*to);
}

static void every_section_is_there(void **state)
{
  (void)state;
  static const char *const sections[] = {
      "# Model card: ", "\n## Purpose\n",     "\n## Data\n",   "\n## Features\n",
      "\n## Figures\n", "\n## Calibration\n", "\n## Limits\n", "\n## How to use it\n"};
  churn_model *model = rich_model_new();
  char *card = card_of(model);
  const char *at = card;
  for (size_t i = 0; i < sizeof sections / sizeof sections[0]; i++) {
    at = strstr(at, sections[i]);
    if (at == NULL)
      fail_msg("no section \"%s\", or not in its place", sections[i]);
  }
  free(card);
  churn_model_free(model);
}

static void its_figures_are_the_models(void **state)
{
  (void)state;
  char expected[256];
  churn_model *model = rich_model_new();
  model->rows = 12345;
  model->churners = 678;
  model->horizon_days = 92;
  model->gap_days = 13;
  set_text(&model->validation_kind, "later_snapshots");
  model->validation = (churn_figures){.rows = 1780,
                                      .churners = 86,
                                      .auc = 0.7438,
                                      .auc_lower = 0.6782,
                                      .auc_upper = 0.7999,
                                      .log_loss = 0.17423,
                                      .null_log_loss = 0.19349,
                                      .brier = 0.04391,
                                      .null_brier = 0.04598,
                                      .calibration_intercept = 0.0312,
                                      .calibration_slope = 0.9063,
                                      .top_decile_lift = 3.14};
  char *card = card_of(model);
  assert_says(card, "| training rows | 12345 |");
  assert_says(card, "| churners | 678 (5.49 %) |");
  assert_says(card, "leaves within 92 days");
  assert_says(card, "| later snapshots | 1780 | 86 | 0.7438 (0.6782 to 0.7999) | 0.17423 | 0.19349 "
                    "| 0.04391 | 0.04598 | 3.14 | 0.031 | 0.906 |");
  /* weighted: counts of the reliability table are the population's */
  assert_says(card, "| 2 | 3602.5 | 342.2 | 9.17 % | 9.50 % |");
  for (size_t c = 0; c < model->column_count; c++) {
    snprintf(expected, sizeof expected, " | %.5g | ", model->columns[c].estimate);
    assert_says(card, expected);
  }
  for (size_t i = 0; i < model->input_count; i++)
    assert_says(card, model->inputs[i].fingerprint);
  free(card);
  churn_model_free(model);
}

static void texts_of_the_data_cannot_break_the_page(void **state)
{
  (void)state;
  churn_model *model = rich_model_new();
  set_text(&model->features[0].expression, "count(`a|b` over 30d)");
  set_text(&model->features[0].label, "a|b\n<script> *x* [y](z)");
  char *card = card_of(model);
  assert_says(card, "| ``count(`a\\|b` over 30d)`` |");
  assert_says(card, "a\\|b \\<script\\> \\*x\\* \\[y\\](z)");
  free(card);
  churn_model_free(model);
}

static void what_weakens_it_is_said(void **state)
{
  (void)state;
  churn_model *model = rich_model_new();
  model->converged = false;
  model->dependent_rows = true;
  model->rows = 100;
  model->churners = 9;
  model->features[0].missing_rows = 51;
  model->validation.rows = 0;
  model->out_of_fold.folds = 0;
  set_text(&model->columns[0].condition, "near_separation");
  char *card = card_of(model);
  assert_says(card, "did **not** converge");
  assert_says(card, "Few events: 9 churners");
  assert_says(card, "depend on each other");
  assert_says(card, "was missing in 51 % of the training rows");
  assert_says(card, "was **not** judged on later snapshots");
  assert_says(card, "Not looked at: no out-of-fold");
  assert_says(card, "tells some rows almost surely");
  free(card);
  churn_model_free(model);
}

static void a_flat_export_has_no_days(void **state)
{
  (void)state;
  churn_model *model = rich_model_new();
  model->first_as_of = model->last_as_of = CHURN_DAY_MISSING;
  model->horizon_days = model->gap_days = 0;
  char *card = card_of(model);
  assert_says(card, "that a customer of the export churns");
  assert_says(card, "The export has no days");
  assert_null(strstr(card, "as-of days"));
  free(card);
  churn_model_free(model);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_section_is_there),
      cmocka_unit_test(its_figures_are_the_models),
      cmocka_unit_test(texts_of_the_data_cannot_break_the_page),
      cmocka_unit_test(what_weakens_it_is_said),
      cmocka_unit_test(a_flat_export_has_no_days),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
