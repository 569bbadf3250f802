/* Small classic data sets through the whole program, project file to coefficients: every
 * maximum-likelihood set of logit_reference.
 *
 * Expected: R 4.2.2 glm, epsilon 1e-14 (columns reference_estimate and reference_std_error of
 * expected_coefficients.csv). Recipes: pooling off, because the sets are smaller than a pool;
 * ucla_admit's rank is a category with base 1; lbw_stata's race has base white; birthwt is recoded
 * as in MASS (ptd = ptl > 0, ftv in 0, 1, 2+; race 1 = white); challenger's outcome is Total > 0,
 * written into a copy because an outcome is a column, not an expression. Skips where the data are
 * not there.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "rows.h"
#include "support.h"

#include <churn/churn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* R's term and our column. */
typedef struct term {
  const char *r_name;
  const char *name;
} term;

typedef struct classic {
  const char *dataset; /* in expected_coefficients.csv */
  const char *file;
  const char *project; /* all but `from` */
  term terms[12];
} classic;

static const classic ucla = {"ucla_admit",
                             "ucla_admit.csv",
                             "  columns: {gre: number, gpa: number, rank: category}\n"
                             "outcome: {column: admit, positive: \"1\"}\n"
                             "features: {gre: customers.gre, gpa: customers.gpa, rank: {is: "
                             "customers.rank, reference: \"1\"}}\n",
                             {{"gre", "gre"},
                              {"gpa", "gpa"},
                              {"factor(rank)2", "rank=2"},
                              {"factor(rank)3", "rank=3"},
                              {"factor(rank)4", "rank=4"}}};

static const classic spector = {"spector_mazzeo",
                                "spector_mazzeo.csv",
                                "  columns: {GPA: number, TUCE: number, PSI: flag}\n"
                                "outcome: {column: GRADE, positive: \"1\"}\n"
                                "features: customers.*\n",
                                {{"GPA", "GPA"}, {"TUCE", "TUCE"}, {"PSI", "PSI"}}};

static const classic chdage = {"chdage",
                               "chdage.csv",
                               "  columns: {AGE: number}\n"
                               "outcome: {column: CHD, positive: \"1\"}\n"
                               "features: customers.*\n",
                               {{"AGE", "AGE"}}};

static const classic challenger = {"challenger_orings",
                                   "challenger.csv",
                                   "  columns: {Temperature: number}\n"
                                   "outcome: {column: failed, positive: \"1\"}\n"
                                   "features: customers.*\n",
                                   {{"Temperature", "Temperature"}}};

static const classic lbw = {
    "lbw_stata",
    "lbw_stata.csv",
    "  columns: {age: number, lwt: number, race: category, smoke: flag, ptl: number, ht: flag, ui: "
    "flag}\n"
    "outcome: {column: low, positive: \"1\"}\n"
    "features: {age: customers.age, lwt: customers.lwt, race: {is: customers.race, reference: "
    "white},\n"
    "           smoke: customers.smoke, ptl: customers.ptl, ht: customers.ht, ui: customers.ui}\n",
    {{"age", "age"},
     {"lwt", "lwt"},
     {"raceblack", "race=black"},
     {"raceother", "race=other"},
     {"smoke", "smoke"},
     {"ptl", "ptl"},
     {"ht", "ht"},
     {"ui", "ui"}}};

static const classic birthwt = {"birthwt",
                                "birthwt_mass.csv",
                                "  columns: {age: number, lwt: number, race: category, smoke: "
                                "flag, ptl: number, ht: flag, ui: flag, ftv: number}\n"
                                "outcome: {column: low, positive: \"1\"}\n"
                                "features:\n"
                                "  age: customers.age\n"
                                "  lwt: customers.lwt\n"
                                "  race: {is: customers.race, reference: \"1\"}\n"
                                "  smoke: customers.smoke\n"
                                "  ptd: customers.ptl > 0\n"
                                "  ht: customers.ht\n"
                                "  ui: customers.ui\n"
                                "  ftv: {is: 'if(customers.ftv = 0, \"none\", if(customers.ftv = "
                                "1, \"one\", \"more\"))', reference: none}\n",
                                {{"age", "age"},
                                 {"lwt", "lwt"},
                                 {"raceblack", "race=2"},
                                 {"raceother", "race=3"},
                                 {"smokeTRUE", "smoke"},
                                 {"ptdTRUE", "ptd"},
                                 {"htTRUE", "ht"},
                                 {"uiTRUE", "ui"},
                                 {"ftv1", "ftv=one"},
                                 {"ftv2+", "ftv=more"}}};

static const churn_model_column *find_column(const churn_model *model, const classic *c,
                                             const char *r_name)
{
  const char *name = NULL;
  if (strcmp(r_name, "(Intercept)") == 0)
    return &model->intercept;
  for (const term *t = c->terms; t->name != NULL; t++)
    if (strcmp(t->r_name, r_name) == 0)
      name = t->name;
  for (size_t i = 0; name != NULL && i < model->column_count; i++)
    if (strcmp(model->columns[i].name, name) == 0)
      return &model->columns[i];
  fail_msg("no column for R's %s", r_name);
  return NULL;
}

/* 23 launches, Total = O-rings that failed: a copy with failed = Total > 0. */
static void write_challenger(const char *folder)
{
  char path[1024], text[2048] = "Temperature,failed\n";
  snprintf(path, sizeof path, "%s/challenger_orings.csv", folder);
  rows r = rows_read(path);
  size_t temperature = rows_column(&r, "Temperature"), total = rows_column(&r, "Total");
  for (size_t i = 1; i < r.count; i++)
    snprintf(text + strlen(text), sizeof text - strlen(text), "%s,%d\n",
             rows_text(&r, i, temperature), rows_number(&r, i, total) > 0);
  scratch_write("challenger.csv", text);
  rows_free(&r);
}

static churn_status try_to_train(const classic *c, const char *data_path, churn_model **model,
                                 churn_error *error)
{
  char text[2048];
  churn_project *project = NULL;
  churn_train_settings settings = {
      .first = CHURN_DAY_MISSING, .last = CHURN_DAY_MISSING, .test_from = CHURN_DAY_MISSING};
  snprintf(text, sizeof text, "version: 1\npool: 0\ncustomers:\n  from: %s\n%s", data_path,
           c->project);
  assert_ok(churn_project_read(scratch_write("churn.yaml", text), NULL, 0, NULL, &project, error),
            error);
  churn_status status = churn_train(project, &settings, NULL, model, error);
  churn_project_free(project);
  return status;
}

static const char *folder_or_skip(void)
{
  const char *folder = shared_path("datasets/logit_reference");
  if (folder == NULL) {
    print_message("logit_reference is not there: skipped\n");
    skip();
  }
  return folder;
}

static void check_classic(void **state)
{
  const classic *c = *state;
  char folder[900], path[1024];
  snprintf(folder, sizeof folder, "%s", folder_or_skip());
  scratch_make();
  snprintf(path, sizeof path, "%s/expected_coefficients.csv", folder);
  rows expected = rows_read(path);
  snprintf(path, sizeof path, "%s/%s", folder, c->file);
  if (c == &challenger) {
    write_challenger(folder);
    snprintf(path, sizeof path, "%s", scratch_path("challenger.csv"));
  }
  churn_model *model = NULL;
  churn_error error = {0};
  assert_ok(try_to_train(c, path, &model, &error), &error);
  size_t found = 0;
  for (size_t i = 1; i < expected.count; i++) {
    if (strcmp(rows_text(&expected, i, rows_column(&expected, "dataset")), c->dataset) != 0)
      continue;
    const churn_model_column *column =
        find_column(model, c, rows_text(&expected, i, rows_column(&expected, "term")));
    assert_close(column->estimate,
                 rows_number(&expected, i, rows_column(&expected, "reference_estimate")), 1e-7, 0);
    assert_close(column->std_error,
                 rows_number(&expected, i, rows_column(&expected, "reference_std_error")), 1e-7, 0);
    assert_close(model->log_likelihood, rows_number(&expected, i, rows_column(&expected, "loglik")),
                 1e-9, 0);
    found++;
  }
  assert_int_equal(found, model->column_count + 1);
  churn_model_free(model);
  rows_free(&expected);
  scratch_remove();
}

/* endometrial: NV is quasi-separated, so maximum likelihood has no answer; the report says so and
 * names it. */
static void test_separation_is_named(void **state)
{
  (void)state;
  static const classic endometrial = {"endometrial",
                                      "endometrial.csv",
                                      "  columns: {NV: flag, PI: number, EH: number}\n"
                                      "outcome: {column: HG, positive: \"1\"}\n"
                                      "features: customers.*\n",
                                      {{NULL, NULL}}};
  char path[1024];
  snprintf(path, sizeof path, "%s/endometrial.csv", folder_or_skip());
  scratch_make();
  churn_model *model = NULL;
  churn_error error = {0};
  assert_int_equal(try_to_train(&endometrial, path, &model, &error), CHURN_DEGENERATE);
  assert_null(model);
  assert_non_null(strstr(error.message, "column NV "));
  scratch_remove();
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      {"ucla_admit equals R", check_classic, NULL, NULL, (void *)(uintptr_t)&ucla},
      {"spector_mazzeo equals R", check_classic, NULL, NULL, (void *)(uintptr_t)&spector},
      {"chdage equals R", check_classic, NULL, NULL, (void *)(uintptr_t)&chdage},
      {"challenger_orings equals R", check_classic, NULL, NULL, (void *)(uintptr_t)&challenger},
      {"lbw_stata equals R", check_classic, NULL, NULL, (void *)(uintptr_t)&lbw},
      {"birthwt equals R", check_classic, NULL, NULL, (void *)(uintptr_t)&birthwt},
      {"endometrial has no maximum and NV is named", test_separation_is_named, NULL, NULL, NULL},
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
