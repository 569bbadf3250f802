/* Intervals of probabilities against R, and the places in a list.
 *
 * Expected numbers: R 4.2.2,
 *   m <- glm(am ~ wt + hp, binomial, mtcars, control = list(epsilon = 1e-14, maxit = 100))
 * then three Newton steps b <- b + solve(X'WX, X'(y - p)), so that V <- solve(X'WX) is taken at the
 * solution (predict(se.fit = TRUE) takes the weights one step before: equal to 1e-7), and
 *   se <- sqrt(rowSums((X %*% V) * X))
 *   plogis(X %*% b); plogis(X %*% b - qnorm(.975) * se); plogis(X %*% b + qnorm(.975) * se)
 * mtcars: Henderson and Velleman 1981, "Building multiple regression models interactively",
 * Biometrics 37; it comes with R.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "support.h"

#include <churn/churn.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const char cars[] =
    "wt,hp,am\n2.62,110,1\n2.875,110,1\n2.32,93,1\n3.215,110,0\n3.44,175,0\n3.46,105,0\n3.57,245,"
    "0\n"
    "3.19,62,0\n3.15,95,0\n3.44,123,0\n3.44,123,0\n4.07,180,0\n3.73,180,0\n3.78,180,0\n"
    "5.25,205,0\n5.424,215,0\n5.345,230,0\n2.2,66,1\n1.615,52,1\n1.835,65,1\n2.465,97,0\n"
    "3.52,150,0\n3.435,150,0\n3.84,245,0\n3.845,175,0\n1.935,66,1\n2.14,91,1\n1.513,113,1\n"
    "3.17,264,1\n2.77,175,1\n3.57,335,1\n2.78,109,1\n";
enum { CARS = 32 };

static const struct {
  const char *id;
  double probability, low, high;
} expected[] = {
    {"1", 0.842335536516939, 0.347113535006446, 0.981714101666665},
    {"5", 0.0693881224515716, 0.00564017143857054, 0.494983040309135},
    {"10", 0.011190709112256, 0.000257262199820844, 0.332327308263147},
    {"19", 0.999545917418796, 0.783131102226011, 0.999999254751583},
    {"31", 0.89603423916649, 0.0814851930095979, 0.998807095662683},
};

typedef struct fitted {
  churn_project *project;
  churn_model *model;
} fitted;

static fitted fit(const char *more)
{
  char text[512];
  fitted f = {NULL, NULL};
  churn_error error = {0};
  const churn_train_settings settings = {
      .first = CHURN_DAY_MISSING, .last = CHURN_DAY_MISSING, .test_from = CHURN_DAY_MISSING};
  scratch_write("cars.csv", cars);
  snprintf(text, sizeof text,
           "version: 1\ncustomers: {from: cars.csv, columns: {wt: number, hp: number}}\n"
           "outcome: {column: am, positive: \"1\"}\nfeatures: customers.*\n%s",
           more);
  const char *path = scratch_write("cars.yaml", text);
  assert_ok(churn_project_read(path, NULL, 0, NULL, &f.project, &error), &error);
  assert_ok(churn_train(f.project, &settings, NULL, &f.model, &error), &error);
  return f;
}

static void drop(fitted *f)
{
  churn_model_free(f->model);
  churn_project_free(f->project);
}

static churn_ranking *rank(const fitted *f, churn_score_settings settings,
                           churn_score_report *report)
{
  churn_ranking *ranking = NULL;
  churn_error error = {0};
  settings.as_of = CHURN_DAY_MISSING;
  assert_ok(churn_score(f->project, f->model, &settings, NULL, &ranking, report, &error), &error);
  return ranking;
}

static churn_ranked find(const churn_ranking *ranking, const char *id)
{
  churn_ranked line;
  for (size_t i = 0; i < churn_ranking_count(ranking); i++) {
    churn_ranking_get(ranking, i, &line);
    if (strcmp(line.customer_id, id) == 0)
      return line;
  }
  fail_msg("%s is not on the list", id);
  return (churn_ranked){0};
}

static void intervals_are_those_of_r(void **state)
{
  (void)state;
  const char *const ways[] = {"", "list: {intervals: yes}\n"};
  for (int way = 0; way < 2; way++) {
    fitted f = fit(ways[way]);
    churn_ranking *ranking = rank(&f, (churn_score_settings){.intervals = way == 0}, NULL);
    assert_true(churn_ranking_intervals(ranking));
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
      churn_ranked line = find(ranking, expected[i].id);
      assert_close(line.probability, expected[i].probability, 1e-9, 0);
      assert_close(line.probability_low, expected[i].low, 1e-9, 0);
      assert_close(line.probability_high, expected[i].high, 1e-9, 0);
      assert_true(isnan(line.top_probability)); /* all are listed */
    }
    churn_ranking_free(ranking);
    drop(&f);
  }
}

static void without_them_nothing_is_said(void **state)
{
  (void)state;
  fitted f = fit("");
  churn_ranking *ranking = rank(&f, (churn_score_settings){.top = 9}, NULL);
  churn_ranked line = find(ranking, "19");
  assert_false(churn_ranking_intervals(ranking));
  assert_true(isnan(line.probability_low) && isnan(line.probability_high) &&
              isnan(line.top_probability));
  churn_ranking_free(ranking);
  drop(&f);
}

/* With 32 cars and three coefficients, most places are open; the best are sure, and shares fall
 * nearly with the rank. */
static void places_near_the_end_of_the_list_are_borderline(void **state)
{
  (void)state;
  fitted f = fit("");
  churn_score_report report;
  churn_ranking *ranking = rank(&f, (churn_score_settings){.top = 13, .intervals = true}, &report);
  churn_ranked first, last;
  churn_ranking_get(ranking, 0, &first);
  churn_ranking_get(ranking, 12, &last);
  assert_true(first.top_probability > 0.95 && !first.borderline);
  assert_true(last.top_probability > 0.2 && last.top_probability < 0.95 && last.borderline);
  uint64_t listed = 0;
  for (size_t i = 0; i < churn_ranking_count(ranking); i++) {
    churn_ranked line;
    churn_ranking_get(ranking, i, &line);
    assert_true(line.probability_low < line.probability &&
                line.probability < line.probability_high);
    listed += line.borderline;
  }
  assert_int_equal(report.borderline_listed, listed);
  assert_true(report.borderline_unlisted > 0);
  churn_ranking_free(ranking);
  drop(&f);
}

static void a_model_without_covariance_has_none_and_says_so(void **state)
{
  (void)state;
  fitted f = fit("fit: {penalty: lasso, lambda: 0.05}\n");
  churn_notes *notes = churn_notes_new();
  const churn_run run = {.notes = notes};
  const churn_score_settings settings = {.as_of = CHURN_DAY_MISSING, .top = 5, .intervals = true};
  churn_ranking *ranking = NULL;
  churn_error error = {0};
  assert_ok(churn_score(f.project, f.model, &settings, &run, &ranking, NULL, &error), &error);
  churn_ranked line;
  churn_ranking_get(ranking, 0, &line);
  assert_true(isnan(line.probability_low) && isnan(line.top_probability));
  assert_true(churn_ranking_intervals(ranking));
  bool said = false;
  for (size_t i = 0; i < churn_notes_count(notes); i++)
    said |= strcmp(churn_notes_get(notes, i)->code, "no_intervals") == 0;
  assert_true(said);
  churn_ranking_free(ranking);
  churn_notes_free(notes);
  drop(&f);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(intervals_are_those_of_r),
      cmocka_unit_test(without_them_nothing_is_said),
      cmocka_unit_test(places_near_the_end_of_the_list_are_borderline),
      cmocka_unit_test(a_model_without_covariance_has_none_and_says_so),
  };
  return cmocka_run_group_tests_name("intervals", tests, scratch_setup, scratch_teardown);
}
