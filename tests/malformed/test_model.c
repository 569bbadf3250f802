/* Model files that are wrong in one way each, made from a good one and sealed again with the id
 * that fits (so that it is the fault that is found, not the change): refused, by name and place.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/file.h"
#include "rich_model.h"
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct mutation {
  const char *fault;   /* what is wrong with the file, also its name */
  const char *from;    /* first occurrence of this in the good file … */
  const char *to;      /* … becomes this */
  const char *message; /* must be in the error's message */
} mutation;

#define REGION "features[3]."

static const mutation mutations[] = {
    /* syntax: these have a line */
    {"comma_left_out", "\"gap_days\": 14,", "\"gap_days\": 14", "expected near '\"test_share\"'"},
    {"text_not_closed", "\"churn 0.1.0\"", "\"churn 0.1.0", "unexpected newline"},
    {"key_twice", "\"gap_days\": 14,", "\"gap_days\": 14, \"gap_days\": 15,",
     "duplicate object key"},
    {"number_too_large", "\"lambda\": 0.0371", "\"lambda\": 1e999", "real number overflow"},
    {"whole_number_too_large", "\"rows\": 2345", "\"rows\": 9223372036854775808",
     "too big integer"},
    {"not_a_number_written_as_a_word", "\"lambda\": 0.0371", "\"lambda\": NaN", "invalid token"},
    {"nul_in_a_text", "\"category\"}", "\"cat\\u0000egory\"}", "\\u0000 is not allowed"},
    {"lone_surrogate", "\"a=b\"", "\"\\ud800\"", "invalid Unicode"},
    {"broken_utf8", "R\303\251gion", "R\351gion", "unable to decode byte 0xe9"},
    {"more_after_the_end", "\n  ]\n}\n", "\n  ]\n}\n{}\n", "end of file expected"},
    /* keys */
    {"version_missing", "\"schema_version\": 1,", "", "schema_version is missing"},
    {"version_newer", "\"schema_version\": 1,", "\"schema_version\": 2,",
     "schema_version is 2, of a newer program; this program reads version 1"},
    {"version_zero", "\"schema_version\": 1,", "\"schema_version\": 0,",
     "schema_version is 0; this program reads version 1"},
    {"version_a_text", "\"schema_version\": 1,", "\"schema_version\": \"1\",",
     "schema_version is a text; expected a whole number"},
    {"id_misspelt",
     "\"id\":", "\"ID\":", "ID is a key that does not belong here; did you mean id?"},
    {"key_missing", "      \"fill\": 0.97,\n", "", "features[1].fill is missing"},
    {"key_unknown", "\"horizon_days\": 90,", "\"horizon_days\": 90, \"colour\": 3,",
     "training.colour is a key that does not belong here"},
    {"key_misspelt", "\"horizon_days\": 90,", "\"horizon_day\": 90,",
     "training.horizon_day is a key that does not belong here; did you mean horizon_days?"},
    {"key_of_the_other_kind_of_feature", "\"fill\": 0.97,", "\"fill\": 0.97, \"levels\": [],",
     "features[1].levels is a key that does not belong here"},
    {"key_of_another_object", "\"text\": \"gold\",", "\"text\": \"gold\", \"name\": \"gold\",",
     "features[4].levels[0].name is a key"},
    /* types */
    {"id_in_capitals", "\"id\": \"", "\"id\": \"ABCDEF", "id is no id"},
    {"text_is_null", "\"set\": \"full\"", "\"set\": null", "set is null; expected a text"},
    {"number_is_a_text", "\"fill\": 0.97", "\"fill\": \"0.97\"",
     "features[1].fill is a text; expected a number"},
    {"number_is_null", "\"estimate\": 2.385", "\"estimate\": null", "columns[1].estimate is null"},
    {"fit_number_is_null", "\"max_gradient\": 3.3e-17", "\"max_gradient\": null",
     "fit.max_gradient is null; expected a number"},
    {"list_is_an_object", "\"dropped\": [", "\"dropped\": {}, \"x\": [",
     "x is a key that does not belong here"},
    {"list_is_null", "\"bounds\": [-1e-07, 0.30000000000000004, 5.857142857142857]",
     "\"bounds\": null", "features[0].bounds is null; expected an array"},
    {"object_is_an_array", "\"levels\": [\n        {\"text\": \"gold\"",
     "\"levels\": [\n        [], {\"text\": \"gold\"",
     "features[4].levels[0] is an array; expected an object"},
    {"whole_number_is_a_fraction", "\"rows\": 4001,", "\"rows\": 4001.0,",
     "training.rows is a number; expected a whole number"},
    {"whole_number_is_negative", "\"rows\": 4001,", "\"rows\": -1,",
     "training.rows is -1; expected a whole number from 0 to 9223372036854775807"},
    {"count_above_32_bits", "\"snapshot_count\": 9", "\"snapshot_count\": 4294967296",
     "training.snapshot_count is 4294967296; expected a whole number from 0 to 4294967295"},
    {"flag_is_a_number", "\"converged\": true", "\"converged\": 1",
     "fit.converged is a number; expected true or false"},
    {"note_is_a_number", "\"pooled \\\"\\\" of region\"", "3", "notes[0] is a number"},
    {"feature_kind_unknown", "\"kind\": \"category\"", "\"kind\": \"categories\"",
     REGION "kind is \"categories\"; expected \"number\" or \"category\""},
    {"column_kind_unknown", "\"kind\": \"missing\"", "\"kind\": \"other\"",
     "columns[2].kind is \"other\""},
    {"day_impossible", "\"2024-09-30\"", "\"2024-09-31\"",
     "training.last_as_of is \"2024-09-31\"; expected a date"},
    {"day_with_a_time", "\"2024-09-30\"", "\"2024-09-30T10:00\"", "training.last_as_of is"},
    {"day_a_number", "\"2024-09-30\"", "19996", "is a number; expected a date or null"},
    /* training window, fit, figures */
    {"days_in_the_wrong_order", "\"2024-01-01\"", "\"2024-10-01\"",
     "training.last_as_of lies before first_as_of"},
    {"one_day_only", "\"2024-01-01\"", "null", "one is a date, one is null"},
    {"all_customers_held_out", "\"test_share\": 0.1875", "\"test_share\": 1",
     "training.test_share is 1"},
    {"more_churners_than_rows", "\"churners\": 512,\n    \"customers\"",
     "\"churners\": 4002,\n    \"customers\"",
     "training.churners is 4002, more than the 4001 rows"},
    {"more_customers_than_rows", "\"customers\": 877", "\"customers\": 4002",
     "training.customers is 4002"},
    {"weighting_unknown", "\"weighting\": \"inclusion\"", "\"weighting\": \"inverse\"",
     "training.weighting is \"inverse\"; expected none, frequency, inclusion or sampled"},
    {"weighting_without_its_expression", "\"weight\": \"1 / chance\"", "\"weight\": null",
     "training.weight must be an expression where training.weighting is \"inclusion\""},
    {"weight_of_no_weighting", "\"weighting\": \"inclusion\"", "\"weighting\": \"none\"",
     "training.weight must be null where training.weighting is \"none\""},
    {"rate_where_nothing_was_sampled", "\"sampled_others\": 1", "\"sampled_others\": 0.1",
     "training.sampled_others is 0.1; expected 1, as nothing was sampled"},
    {"rate_of_zero",
     "\"weighting\": \"inclusion\",\n    \"weight\": \"1 / chance\",\n    \"sampled_churners\": 1",
     "\"weighting\": \"sampled\",\n    \"weight\": null,\n    \"sampled_churners\": 0",
     "training.sampled_churners is 0; expected above 0, at most 1"},
    {"more_churners_than_population", "\"population_churners\": 4711.25",
     "\"population_churners\": 47110.25", "training.population_churners is 47110.2"},
    {"population_negative", "\"population_churners\": 4711.25", "\"population_churners\": -1",
     "training.population_churners is -1"},
    {"offset_empty", "\"offset\": \"log1p(exposure)\"", "\"offset\": \"\"",
     "fit.offset is empty; expected an expression, or null"},
    {"negative_lambda", "\"lambda\": 0.0371", "\"lambda\": -0.0371", "fit.lambda is -0.0371"},
    {"alpha_above_one", "\"alpha\": 0.41", "\"alpha\": 1.41", "fit.alpha is 1.41; expected 0 to 1"},
    {"lambda_rule_empty", "\"lambda_rule\": \"cv_min\"", "\"lambda_rule\": \"\"",
     "fit.lambda_rule is empty"},
    {"negative_error_of_the_deviance", "\"cv_std_error\": 0.0113", "\"cv_std_error\": -0.0113",
     "fit.cv_std_error is -0.0113"},
    {"negative_penalty_factor", "\"penalty_factor\": 0.00115", "\"penalty_factor\": -0.00115",
     "columns[0].penalty_factor is -0.00115"},
    {"one_standard_error_missing", "\"std_error\": 0.00345", "\"std_error\": null",
     "column \"tenure\": std_error must be a number where fit.covariance_kind is \"clustered\""},
    {"standard_errors_without_covariance", "\"covariance_kind\": \"clustered\"",
     "\"covariance_kind\": \"none\"",
     "column \"(intercept)\": std_error, z, p, lower and upper must be null"},
    {"negative_gradient", "3.3e-17", "-3.3e-17", "fit.max_gradient is -3.3e-17"},
    {"auc_above_one", "\"auc\": 0.8123", "\"auc\": 1.8123",
     "training_figures.auc is 1.8123; expected 0 to 1, or null"},
    {"brier_negative", "\"brier\": 0.01", "\"brier\": -0.01", "validation_figures.brier is -0.01"},
    {"log_loss_negative", "\"log_loss\": 0.125", "\"log_loss\": -0.125", "log_loss is -0.125"},
    {"lift_negative", "\"top_decile_lift\": 4", "\"top_decile_lift\": -4", "top_decile_lift is -4"},
    {"figures_with_more_churners_than_rows", "\"rows\": 37,\n    \"churners\": 0",
     "\"rows\": 37,\n    \"churners\": 38", "validation_figures.churners is 38"},
    {"stopped_by_nothing", "\"stopped_by\": \"gradient\"", "\"stopped_by\": \"\"",
     "fit.stopped_by is empty"},
    /* calibration */
    {"folds_one", "\"folds\": 9,", "\"folds\": 1,", "out_of_fold.folds is 1 for 4001 rows"},
    {"folds_none_for_rows", "\"folds\": 9,", "\"folds\": 0,",
     "out_of_fold.folds is 0 for 4001 rows"},
    {"out_of_fold_auc_above_one", "\"auc\": 0.7981", "\"auc\": 7.981",
     "out_of_fold.figures.auc is 7.981"},
    {"error_kind_empty", "\"error_kind\": \"clustered\"", "\"error_kind\": \"\"",
     "out_of_fold.error_kind is empty"},
    {"slope_error_negative", "\"slope_error\": 0.0471", "\"slope_error\": -0.0471",
     "out_of_fold.intercept_error or slope_error is below 0"},
    {"bin_without_rows", "\"rows\": 401, \"churners\": 170", "\"rows\": 0, \"churners\": 0",
     "out_of_fold.reliability[0] has no rows"},
    {"bin_with_more_churners_than_rows", "\"churners\": 170", "\"churners\": 402",
     "out_of_fold.reliability[0].churners is 402, more than the 401 rows"},
    {"bins_of_other_rows", "\"rows\": 401, \"churners\": 170", "\"rows\": 402, \"churners\": 170",
     "out_of_fold.reliability has 4002 rows in all, the figures have 4001"},
    {"bin_share_above_one", "\"upper\": 0.4731", "\"upper\": 4.731",
     "out_of_fold.reliability[0].upper is 4.731; expected 0 to 1"},
    {"bin_share_negative", "\"mean_predicted\": 0.0917", "\"mean_predicted\": -0.0917",
     "out_of_fold.reliability[1].mean_predicted is -0.0917"},
    {"recalibration_unknown", "\"method\": \"isotonic\"", "\"method\": \"spline\"",
     "recalibration.method is \"spline\"; expected none, platt or isotonic"},
    {"recalibration_asked_unknown", "\"asked\": \"isotonic\"", "\"asked\": \"\"",
     "recalibration.asked is \"\""},
    {"knots_of_another_method", "\"method\": \"isotonic\"", "\"method\": \"platt\"",
     "recalibration.knots has 4 elements for method \"platt\""},
    {"slope_zero", "\"slope\": 1,", "\"slope\": 0,", "recalibration.slope is 0; expected above 0"},
    {"slope_falling", "\"slope\": 1,", "\"slope\": -1,", "recalibration.slope is -1"},
    {"knots_out_of_order", "\"logit\": -4.25", "\"logit\": -4.5",
     "recalibration.knots[1].logit is -4.5, not above that of the knot before it"},
    {"knots_equal", "\"logit\": -4.25", "\"logit\": -4.385",
     "recalibration.knots[1].logit is -4.385, not above"},
    {"knots_falling", "\"probability\": 0.9999", "\"probability\": 0.125",
     "recalibration.knots[3].probability is 0.125, below that of the knot before it"},
    {"knot_certain", "\"probability\": 0.9999", "\"probability\": 1",
     "recalibration.knots[3].probability is 1; expected above 0 and below 1"},
    {"knot_impossible", "\"logit\": -4.385, \"probability\": 0.0021",
     "\"logit\": -4.385, \"probability\": 0",
     "recalibration.knots[0].probability is 0; expected above 0 and below 1"},
    {"knot_infinite", "\"logit\": 2.385", "\"logit\": 1e999", "real number overflow"},
    {"knot_is_null", "\"logit\": 2.385", "\"logit\": null",
     "recalibration.knots[3].logit is null; expected a number"},
    {"cross_fitted_loss_negative", "\"log_loss_after\": 0.31055", "\"log_loss_after\": -0.31055",
     "recalibration.log_loss_before or log_loss_after is below 0"},
    /* inputs and types */
    {"fingerprint_short", "\"00112233445566778899aabbccddeeff\"", "\"0011\"",
     "inputs[0].fingerprint is no fingerprint"},
    {"type_unknown", "\"type\": \"scheduled\"", "\"type\": \"date\"",
     "types[1].type is \"date\"; expected number, day, scheduled, category, flag or id"},
    {"type_twice", "\"column\": \"due\"", "\"column\": \"paid\"",
     "types: two are for column \"paid\" of \"payments\""},
    /* features */
    {"feature_name_empty", "\"name\": \"tenure\"", "\"name\": \"\"", "features[0].name is \"\""},
    {"feature_name_with_a_mark", "\"name\": \"tenure\"", "\"name\": \"ten?ure\"",
     "features[0].name is \"ten?ure\"; expected a name without ? and ="},
    {"feature_name_twice", "\"name\": \"overdue\"", "\"name\": \"trend\"",
     "features: two have the name \"trend\""},
    {"expression_empty", "\"expression\": \"customers.region\"", "\"expression\": \"\"",
     REGION "expression is empty"},
    {"missing_rule_unknown", "\"missing_rule\": \"error\"", "\"missing_rule\": \"median\"",
     "features[4].missing_rule is \"median\"; expected mean, zero or error"},
    {"bins_too_few", "[17, 233, 512, 3239]", "[17, 233, 3751]",
     "features[0].bin_rows has 3 elements; expected 4, one more than bounds"},
    {"bins_do_not_add_up", "[17, 233, 512, 3239]", "[17, 233, 512, 3238]",
     "features[0]: missing_rows and the rows of bin_rows do not add up to the 4001 rows"},
    {"bins_add_up_by_overflow", "[17, 233, 512, 3239]",
     "[9223372036854775807, 9223372036854775807, 4003, 0]", "do not add up"},
    {"bounds_out_of_order", "[-1e-07, 0.30000000000000004", "[0.31, 0.30000000000000004",
     "features[0].bounds[1] is 0.3; expected more than the 0.31 before"},
    {"bounds_equal", "[-1e-07, 0.30000000000000004", "[0.30000000000000004, 0.30000000000000004",
     "features[0].bounds[1] is 0.3; expected more"},
    {"number_column_out_of_range", "\"number_column\": 1", "\"number_column\": 8",
     "features[1].number_column is 8; expected -1 or a column number below 8"},
    {"number_column_below_minus_one", "\"number_column\": 1", "\"number_column\": -2",
     "features[1].number_column is -2; expected a whole number from -1 to 2147483647"},
    {"number_column_of_another_feature", "\"number_column\": 1", "\"number_column\": 0",
     "features[1].number_column is 0, but columns[0] is \"tenure\""},
    {"missing_column_is_no_missing_column", "\"missing_column\": 2", "\"missing_column\": 1",
     "features[1].missing_column is 1, but columns[1] is \"trend\", not a ?missing column"},
    {"other_column_of_another_feature", "\"other_column\": -1", "\"other_column\": 4",
     "features[4].other_column is 4, but columns[4] is"},
    {"level_column_out_of_range", "\"column\": 6", "\"column\": 99",
     REGION "levels[5].column is 99; expected -1 or a column number below 8"},
    {"level_column_of_another_level", "\"text\": \"a=b\", \"column\": -1",
     "\"text\": \"a=b\", \"column\": 5", REGION "levels[3].column is 5, but columns[5] is"},
    {"levels_out_of_order", "\"text\": \"a=b\"", "\"text\": \"z=b\"",
     REGION "levels[4].text: \"nord\" does not come after \"z=b\""},
    {"level_twice", "\"text\": \"a=b\"", "\"text\": \"nord\"",
     REGION "levels[4].text: \"nord\" does not come after \"nord\""},
    {"level_with_more_churners_than_rows", "\"churners\": 404", "\"churners\": 3000",
     REGION "levels[4].churners is more than its rows"},
    {"levels_do_not_add_up", "\"rows\": 2999", "\"rows\": 3000",
     "features[3]: missing_rows and the rows of levels do not add up to the 4001 rows"},
    {"reference_is_no_level", "\"reference\": \"nord\"", "\"reference\": \"north\"",
     REGION "reference is \"north\", which is no level"},
    {"reference_has_a_column", "\"reference\": \"nord\"", "\"reference\": \"?other\"",
     REGION "reference is \"?other\", which has a column"},
    /* columns */
    {"column_of_no_feature", "\"name\": \"tier=gold\", \"feature\": 4",
     "\"name\": \"tier=gold\", \"feature\": 5",
     "columns[7].feature is 5; expected a feature number below 5"},
    {"column_that_its_feature_does_not_know", "\"number_column\": 0,", "\"number_column\": -1,",
     "columns[0] is \"tenure\", but features[0], \"tenure\", has no such column"},
    {"column_named_twice", "{\"name\": \"tenure\", \"feature\": 0",
     "{\"name\": \"trend\", \"feature\": 1", "features[0].number_column is 0, but columns[0] is"},
    {"column_of_the_wrong_kind", "\"feature\": 1, \"kind\": \"number\"",
     "\"feature\": 1, \"kind\": \"missing\"", "columns[1] is \"trend\""},
    {"deviation_zero", "\"deviation\": 5.183", "\"deviation\": 0",
     "columns[1].deviation is 0; expected more than 0"},
    {"deviation_negative", "\"deviation\": 5.183", "\"deviation\": -5.183",
     "columns[1].deviation is -5.183"},
    {"std_error_negative", "\"std_error\": 0.71", "\"std_error\": -0.71",
     "columns[1].std_error is -0.71; expected 0 or more"},
    {"p_above_one", "\"p\": 7.1e-301", "\"p\": 7.1", "columns[1].p is 7.1; expected 0 to 1"},
    {"estimate_outside_its_interval", "\"estimate\": 2.385", "\"estimate\": 238.5",
     "columns[1]: the estimate does not lie between lower and upper"},
    {"intercept_outside_its_interval", "\"estimate\": -1.6666666666666667", "\"estimate\": 9",
     "intercept: the estimate does not lie between"},
    {"intercept_without_a_name", "\"(intercept)\"", "\"\"", "intercept.name is empty"},
    {"odds_ratio_outside_its_interval", "\"odds_ratio\": 1.21", "\"odds_ratio\": 0.125",
     "columns[1]: the odds ratio does not lie between odds_lower and odds_upper"},
    {"odds_ratio_negative", "\"odds_ratio\": 1.21", "\"odds_ratio\": -1.21",
     "columns[1].odds_ratio is below 0"},
    {"condition_empty", "\"near_separation\"", "\"\"", "columns[0].condition is empty"},
    /* tests of features */
    {"chi2_negative", "\"chi2\": 12.805", "\"chi2\": -12.805",
     "features[0].test.chi2 is -12.805; expected 0 or more"},
    {"chance_above_one", "\"p\": 0.000346", "\"p\": 3.46",
     "features[0].test.p is 3.46; expected 0 to 1"},
    {"inflation_negative", "\"gvif\": 1.937", "\"gvif\": -1.937",
     "features[0].test.gvif is below 0"},
    {"kind_of_test_empty", "\"test_kind\": \"wald\"", "\"test_kind\": \"\"",
     "fit.test_kind is empty"},
    {"more_customers_churned_than_churners", "\"churned_customers\": 511",
     "\"churned_customers\": 513", "fit.churned_customers is 513, more than the churners"},
    /* covariance */
    {"covariance_row_missing", "    [0.09,", "    ],\n  \"notes2\": [[0.09,",
     "notes2 is a key that does not belong here"},
    {"covariance_row_too_long", "[0.09, ", "[0.09, 0.1, ",
     "covariance[0] has 10 elements; expected 9"},
    {"covariance_with_a_row_too_many", "    [0.09,", "    [],\n    [0.09,",
     "covariance has 10 elements; expected 9"},
    {"covariance_row_a_number", "    [0.09,", "    1, [0.09,", "covariance has 10 elements"},
    {"covariance_element_a_text", "[0.09, ", "[\"0.09\", ", "covariance[0][0] is a text"},
    {"covariance_not_symmetric", "[0.09, 0.00015524999999999998", "[0.09, 0.000155251",
     "covariance[1][0] is 0.00015525, but [0][1] is 0.000155251"},
    {"covariance_with_a_negative_variance", "[0.09, ", "[-0.09, ",
     "covariance[0][0] is -0.09; expected a variance"},
};

static char *good;
static size_t good_length;

static int make_good(void **state)
{
  (void)state;
  churn_error error = {0};
  scratch_make();
  churn_model *model = rich_model_new();
  if (churn_model_write(model, scratch_path("good.json"), &error) != CHURN_OK)
    return -1;
  churn_model_free(model);
  good = file_read(scratch_path("good.json"), &good_length);
  return good == NULL ? -1 : 0;
}

static int forget_good(void **state)
{
  (void)state;
  free(good);
  scratch_remove();
  return 0;
}

/* The good file with one place changed, sealed where the seal's place is still there. */
static char *mutate(const mutation *m, size_t *length)
{
  const char *place = strstr(good, m->from);
  if (place == NULL)
    fail_msg("%s: the good file does not hold %s", m->fault, m->from);
  size_t before = (size_t)(place - good), from = strlen(m->from), to = strlen(m->to);
  char *bytes = malloc(good_length - from + to + 1);
  memcpy(bytes, good, before);
  memcpy(bytes + before, m->to, to);
  strcpy(bytes + before + to, place + from);
  *length = good_length - from + to;
  (void)churn_model_seal(bytes, *length);
  return bytes;
}

static void check_mutation(const mutation *m)
{
  size_t length;
  char name[128], *bytes = mutate(m, &length);
  snprintf(name, sizeof name, "%s.json", m->fault);
  const char *path = scratch_write_bytes(name, bytes, length);
  churn_error error = {0};
  churn_model *model = NULL;
  churn_status status = churn_model_read(path, &model, &error);
  if (status != CHURN_MALFORMED || strstr(error.message, m->message) == NULL)
    fail_msg("%s: %s, \"%s\"; expected \"%s\"", m->fault, churn_status_name(status), error.message,
             m->message);
  assert_null(model);
  assert_string_equal(error.file, path);
  free(bytes);
}

static void each_fault_is_refused_by_name_and_place(void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof mutations / sizeof mutations[0]; i++)
    check_mutation(&mutations[i]);
}

static churn_status parse(const char *bytes, size_t length, churn_error *error)
{
  churn_model *model = NULL;
  /* A copy of exactly that length, so that reading past its end is seen by sanitizers. */
  char *copy = calloc(1, length == 0 ? 1 : length);
  memcpy(copy, bytes, length);
  churn_status status = churn_model_parse(copy, length, "model.json", &model, error);
  assert_true((status == CHURN_OK) == (model != NULL));
  free(copy);
  churn_model_free(model);
  return status;
}

static void the_unchanged_file_is_accepted(void **state)
{
  (void)state;
  churn_error error = {0};
  assert_ok(parse(good, good_length, &error), &error);
}

static void a_syntax_fault_has_a_line_and_a_column(void **state)
{
  (void)state;
  const mutation m = {"comma_left_out", "\"gap_days\": 14,", "\"gap_days\": 14", ""};
  size_t length;
  churn_error error = {0};
  char *bytes = mutate(&m, &length);
  assert_int_equal(parse(bytes, length, &error), CHURN_MALFORMED);
  /* line 11 holds gap_days, so the parser stumbles over the key on line 12: `    "test_share"` */
  assert_int_equal(error.line, 12);
  assert_int_equal(error.column, 16);
  free(bytes);
}

static void a_change_after_writing_is_found(void **state)
{
  (void)state;
  churn_error error = {0};
  static const char *const changes[][2] = {{"\"estimate\": 2.385", "\"estimate\": 2.384"},
                                           {"\"missing_rows\": 0,", "\"missing_rows\":  0,"},
                                           {"churn 0.1.0", "churn 0.1.1"}};
  for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
    char *bytes = strdup(good), *place = strstr(bytes, changes[i][0]);
    assert_non_null(place);
    size_t rest = strlen(place + strlen(changes[i][0])) + 1;
    char *grown = malloc(good_length + 2);
    size_t before = (size_t)(place - bytes), to = strlen(changes[i][1]);
    memcpy(grown, bytes, before);
    memcpy(grown + before, changes[i][1], to);
    memcpy(grown + before + to, place + strlen(changes[i][0]), rest);
    assert_int_equal(parse(grown, strlen(grown), &error), CHURN_MALFORMED);
    assert_non_null(strstr(error.message, "the file was changed after it was written"));
    free(bytes);
    free(grown);
  }
}

static void the_head_must_stand_as_written(void **state)
{
  (void)state;
  churn_error error = {0};
  /* The same JSON with a blank for the first line end: the id still fits what follows its line. */
  char *bytes = malloc(good_length);
  memcpy(bytes, good, good_length);
  bytes[1] = ' ';
  assert_int_equal(parse(bytes, good_length, &error), CHURN_MALFORMED);
  assert_non_null(strstr(error.message, "the file was changed after it was written"));
  /* And one for the line end after the id. */
  memcpy(bytes, good, good_length);
  *strstr(bytes, ",\n  \"program\"") = ' ';
  memcpy(strstr(bytes, "\n  \"program\""), ",", 1);
  assert_int_equal(parse(bytes, good_length, &error), CHURN_MALFORMED);
  assert_non_null(strstr(error.message, "the file was changed after it was written"));
  free(bytes);
}

static void a_file_cut_short_is_refused(void **state)
{
  (void)state;
  churn_error error = {0};
  for (size_t length = 0; length < good_length; length += 37)
    assert_int_equal(parse(good, length, &error), CHURN_MALFORMED);
  for (size_t cut = 1; cut < 12; cut++)
    assert_int_equal(parse(good, good_length - cut, &error), CHURN_MALFORMED);
}

static uint64_t next_random(uint64_t *bits)
{
  *bits ^= *bits << 13;
  *bits ^= *bits >> 7;
  *bits ^= *bits << 17;
  return *bits;
}

/* One to four random bytes at random places; half of the files are sealed again, so that what lies
 * behind the id's check is reached: those may be accepted, but must then survive. */
static void random_bytes_never_crash_and_never_pass_for_the_file(void **state)
{
  (void)state;
  uint64_t bits = 2463534242u;
  churn_error error = {0};
  for (int round = 0; round < 4000; round++) {
    char *bytes = malloc(good_length);
    memcpy(bytes, good, good_length);
    for (uint64_t flips = 1 + next_random(&bits) % 4; flips > 0; flips--)
      bytes[next_random(&bits) % good_length] = (char)next_random(&bits);
    bool same = memcmp(bytes, good, good_length) == 0;
    assert_int_equal(parse(bytes, good_length, &error), same ? CHURN_OK : CHURN_MALFORMED);
    if (churn_model_seal(bytes, good_length))
      (void)parse(bytes, good_length, &error);
    free(bytes);
  }
}

static void deep_nesting_is_refused(void **state)
{
  (void)state;
  enum { DEPTH = 200000 };
  churn_error error = {0};
  char *bytes = malloc(DEPTH);
  memset(bytes, '[', DEPTH);
  assert_int_equal(parse(bytes, DEPTH, &error), CHURN_MALFORMED);
  assert_non_null(strstr(error.message, "maximum parsing depth reached"));
  free(bytes);
}

static void what_is_no_object_is_refused(void **state)
{
  (void)state;
  churn_error error = {0};
  assert_int_equal(parse("", 0, &error), CHURN_MALFORMED);
  assert_int_equal(parse("[1]", 3, &error), CHURN_MALFORMED);
  assert_string_equal(error.message, "the file is an array; expected an object");
  assert_int_equal(parse("{}", 2, &error), CHURN_MALFORMED);
  assert_string_equal(error.message, "schema_version is missing");
  assert_int_equal(parse("id,as_of\n1,2\n", 13, &error), CHURN_MALFORMED);
  assert_int_equal(error.line, 1);
}

/* The size is looked at before the bytes are: these need not be there. */
static void a_file_beyond_the_limit_is_refused(void **state)
{
  (void)state;
  churn_error error = {0};
  churn_model *model = NULL;
  assert_int_equal(churn_model_parse("{", CHURN_MODEL_MOST_BYTES + 1, "model.json", &model, &error),
                   CHURN_MALFORMED);
  assert_non_null(strstr(error.message, "is larger than 512 MiB"));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_unchanged_file_is_accepted),
      cmocka_unit_test(each_fault_is_refused_by_name_and_place),
      cmocka_unit_test(a_syntax_fault_has_a_line_and_a_column),
      cmocka_unit_test(a_change_after_writing_is_found),
      cmocka_unit_test(the_head_must_stand_as_written),
      cmocka_unit_test(a_file_cut_short_is_refused),
      cmocka_unit_test(random_bytes_never_crash_and_never_pass_for_the_file),
      cmocka_unit_test(deep_nesting_is_refused),
      cmocka_unit_test(what_is_no_object_is_refused),
      cmocka_unit_test(a_file_beyond_the_limit_is_refused),
  };
  return cmocka_run_group_tests_name("malformed model files", tests, make_good, forget_good);
}
