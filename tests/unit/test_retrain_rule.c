/* When a challenger takes the place of the model in use: each side of every line.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs/retrain_parts.h"
#include "support.h"

#include <math.h>
#include <string.h>

static const churn_retrain_spec spec = {.margin = 0.005,
                                        .not_worse = 0.01,
                                        .max_age_days = 365,
                                        .min_churners = 20,
                                        .slope_low = 0.8,
                                        .slope_high = 1.25,
                                        .intercept_low = -0.4,
                                        .intercept_high = 0.4};

/* A challenger and a champion that were compared. */
static churn_retrain_report compared(double difference, double lower, double upper)
{
  churn_retrain_report report = {.compared = true, .champion_days = 31};
  strcpy(report.champion, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
  strcpy(report.challenger, "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb");
  report.figures = (churn_registry_figures){.rows = 1780,
                                            .churners = 86,
                                            .champion_auc = 0.731,
                                            .challenger_auc = 0.731 + difference,
                                            .difference = difference,
                                            .lower = lower,
                                            .upper = upper,
                                            .calibration_intercept = 0.07,
                                            .calibration_slope = 0.93};
  report.intercept_error = 0.11;
  report.slope_error = 0.12;
  return report;
}

static bool promotes(churn_retrain_report *report)
{
  return churn_retrain_decide(&spec, "it was there before", report);
}

static void better_means_by_the_margin_and_not_by_chance(void **state)
{
  (void)state;
  static const struct {
    double difference, lower, upper;
    bool promoted;
  } cases[] = {{0.0128, 0.0031, 0.0225, true},     {0.005, 0.0001, 0.0099, true},
               {0.0049, 0.0041, 0.0057, false}, /* surely better, but by less */
               {0.0128, 0, 0.0256, false},      /* by enough, but perhaps not at all */
               {-0.0128, -0.0225, -0.0031, false}, {(double)NAN, (double)NAN, (double)NAN, false}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    churn_retrain_report report = compared(cases[i].difference, cases[i].lower, cases[i].upper);
    assert_int_equal(promotes(&report), cases[i].promoted);
    assert_non_null(strstr(report.why, cases[i].promoted ? "better: AUC" : "not better"));
  }
}

static void the_reason_holds_the_figures(void **state)
{
  (void)state;
  churn_retrain_report report = compared(0.0128, 0.0031, 0.0225);
  promotes(&report);
  assert_string_equal(report.why, "better: AUC 0.7438 against 0.7310, +0.0128 (95 % +0.0031 to "
                                  "+0.0225); margin 0.005");
}

static void too_old_gives_way_to_what_is_not_worse(void **state)
{
  (void)state;
  churn_retrain_report report = compared(-0.0099, -0.0731, 0.0533); /* wide: customers are few */
  report.champion_days = 365;
  assert_false(promotes(&report));
  report.champion_days = 366;
  assert_true(promotes(&report));
  assert_non_null(strstr(report.why, "in use for 366 days, more than 365"));
  report = compared(-0.0101, -0.0113, -0.0089);
  report.champion_days = 366;
  assert_false(promotes(&report));
  assert_non_null(strstr(report.why, "but worse by more than 0.01"));
  report = compared((double)NAN, (double)NAN, (double)NAN);
  report.champion_days = 366;
  assert_false(promotes(&report));
  report = compared(0.002, -0.0608, 0.0648);
  report.champion_days = -1; /* not known: not old */
  assert_false(promotes(&report));
}

static void the_first_model_needs_no_rival(void **state)
{
  (void)state;
  churn_retrain_report report = compared((double)NAN, (double)NAN, (double)NAN);
  report.compared = false;
  report.champion[0] = '\0';
  report.figures.challenger_auc = 0.7438;
  assert_true(promotes(&report));
  assert_string_equal(report.why,
                      "the first model: AUC 0.7438, calibration slope 0.930, intercept +0.070");
}

static void what_cannot_be_compared_stays_however_old(void **state)
{
  (void)state;
  churn_retrain_report report = compared(0.1, 0.09, 0.11);
  report.compared = false;
  report.champion_days = 4000;
  assert_false(promotes(&report));
  assert_string_equal(report.why, "the model in use cannot be compared: it was there before");
  report = compared(0.1, 0.09, 0.11);
  strcpy(report.challenger, report.champion);
  assert_false(promotes(&report));
  assert_non_null(strstr(report.why, "the same model"));
}

static void a_gate_wins_over_every_comparison(void **state)
{
  (void)state;
  churn_retrain_report report = compared(0.1, 0.09, 0.11);
  churn_retrain_trip(&report, "fit", "the fit did not converge");
  assert_false(promotes(&report));
  assert_string_equal(report.why, "the gate \"fit\" tripped: the fit did not converge");
  report.champion[0] = '\0';
  assert_false(promotes(&report));
  for (int i = 0; i < 2 * CHURN_RETRAIN_MOST_GATES; i++)
    churn_retrain_trip(&report, "fit", "again");
  assert_int_equal(report.gate_count, CHURN_RETRAIN_MOST_GATES);
  assert_false(promotes(&report));
  assert_non_null(strstr(report.why, "(and more)"));
}

static size_t gates_of(double slope, double slope_error, double intercept, double intercept_error)
{
  churn_retrain_report report = compared(0.1, 0.09, 0.11);
  report.figures.calibration_slope = slope;
  report.slope_error = slope_error;
  report.figures.calibration_intercept = intercept;
  report.intercept_error = intercept_error;
  churn_retrain_check_calibration(&spec, &report);
  return report.gate_count;
}

/* 1 - 1.96 * 0.153061 = 0.7: the interval of a slope of 0.7 just holds 1. */
static void calibration_is_off_when_out_of_bounds_and_not_by_chance(void **state)
{
  (void)state;
  assert_int_equal(gates_of(0.93, 0.01, 0.07, 0.01), 0);
  assert_int_equal(gates_of(0.8, 0.01, 0.4, 0.01), 0);
  assert_int_equal(gates_of(0.79, 0.01, 0, 0.01), 1);
  assert_int_equal(gates_of(1.26, 0.01, 0, 0.01), 1);
  assert_int_equal(gates_of(0.7, 0.1531, 0, 0.01), 0);
  assert_int_equal(gates_of(0.7, 0.153, 0, 0.01), 1);
  assert_int_equal(gates_of(1, 0.01, -0.41, 0.1), 1);
  assert_int_equal(gates_of(1, 0.01, 0.41, 0.22), 0);
  assert_int_equal(gates_of(0.5, 0.1, 1.2, 0.1), 2);
  assert_int_equal(gates_of((double)NAN, (double)NAN, 0, 0.01), 1);
}

static size_t row_gates(uint64_t least, uint64_t churners, uint64_t others)
{
  churn_retrain_report report = {.gate_count = 0};
  churn_retrain_spec rows = spec;
  rows.min_churners = least;
  churn_retrain_check_rows(&rows, "judge on", churners, others, &report);
  return report.gate_count;
}

static void there_must_be_enough_of_both_kinds(void **state)
{
  (void)state;
  assert_int_equal(row_gates(20, 20, 400), 0);
  assert_int_equal(row_gates(20, 19, 400), 1);
  assert_int_equal(row_gates(20, 400, 19), 1);
  assert_int_equal(row_gates(0, 1, 1), 0);
  assert_int_equal(row_gates(0, 0, 1), 1);
}

/* The operator is told what helps, and that there is nothing to take all the same. */
static void a_gate_says_what_to_do_and_that_nothing_is_new(void **state)
{
  (void)state;
  churn_retrain_report report = compared(0.0128, 0.0031, 0.0225);
  report.figures.calibration_slope = 0.61;
  report.figures.calibration_intercept = 0.671;
  report.slope_error = report.intercept_error = 0.05;
  churn_retrain_check_calibration(&spec, &report);
  assert_int_equal(report.gate_count, 2);
  assert_non_null(strstr(report.gates[0].advice, "too far apart"));
  assert_non_null(strstr(report.gates[0].advice, "calibration_slope: [LOW, HIGH]"));
  assert_non_null(strstr(report.gates[1].advice, "more churned there than it expects"));
  assert_false(promotes(&report));
  assert_null(strstr(report.why, "the same model"));
  strcpy(report.challenger, report.champion);
  assert_false(promotes(&report));
  assert_non_null(strstr(report.why, "; the challenger is the same model as the one in use"));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(better_means_by_the_margin_and_not_by_chance),
      cmocka_unit_test(the_reason_holds_the_figures),
      cmocka_unit_test(too_old_gives_way_to_what_is_not_worse),
      cmocka_unit_test(the_first_model_needs_no_rival),
      cmocka_unit_test(what_cannot_be_compared_stays_however_old),
      cmocka_unit_test(a_gate_wins_over_every_comparison),
      cmocka_unit_test(calibration_is_off_when_out_of_bounds_and_not_by_chance),
      cmocka_unit_test(a_gate_says_what_to_do_and_that_nothing_is_new),
      cmocka_unit_test(there_must_be_enough_of_both_kinds),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
