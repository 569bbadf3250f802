/* When a challenger takes the place of the model in use: numbers in, a decision and its reason out.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs/retrain_parts.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Quantile of the standard normal distribution for 95 % intervals. */
static const double z95 = 1.959963984540054;

void churn_retrain_trip(churn_retrain_report *report, const char *gate, const char *format, ...)
{
  if (report->gate_count == CHURN_RETRAIN_MOST_GATES)
    return;
  churn_retrain_gate *tripped = &report->gates[report->gate_count++];
  tripped->advice[0] = '\0';
  va_list arguments;
  va_start(arguments, format);
  snprintf(tripped->name, sizeof tripped->name, "%s", gate);
  vsnprintf(tripped->text, sizeof tripped->text, format, arguments);
  va_end(arguments);
}

void churn_retrain_check_rows(const churn_retrain_spec *spec, const char *what, uint64_t churners,
                              uint64_t others, churn_retrain_report *report)
{
  uint64_t fewer = churners < others ? churners : others;
  if (fewer < spec->min_churners || fewer == 0)
    churn_retrain_trip(report, "rows",
                       "%" PRIu64 " churners and %" PRIu64 " others to %s; expected at least "
                       "%" PRIu64 " of each (min_churners)",
                       churners, others, what, spec->min_churners > 0 ? spec->min_churners : 1);
}

/* What the challenger's probabilities are, and what helps. */
static void advise(churn_retrain_report *report, const char *advice)
{
  churn_retrain_gate *last = &report->gates[report->gate_count - 1];
  snprintf(last->advice, sizeof last->advice, "%s", advice);
}

static const char *const slope_advice[] = {
    "its probabilities are too far apart on rows that it has not seen: a penalty (`fit: {penalty: "
    "ridge, lambda: cv}`) or fewer features bring them together; `retrain: {calibration_slope: "
    "[LOW, "
    "HIGH]}` sets what passes",
    "its probabilities are too near each other on rows that it has not seen: less of a penalty, or "
    "`fit: {recalibrate: platt}`, spreads them; `retrain: {calibration_slope: [LOW, HIGH]}` sets "
    "what "
    "passes"};

static const char *const intercept_advice[] = {
    "fewer churned there than it expects: where the churn rate fell, leave out snapshots from "
    "before "
    "that (`snapshots: {first: DAY}`), else wait for newer ones; `retrain: {calibration_intercept: "
    "[LOW, HIGH]}` sets what passes",
    "more churned there than it expects: where the churn rate rose, leave out snapshots from "
    "before "
    "that (`snapshots: {first: DAY}`), else wait for newer ones; `retrain: {calibration_intercept: "
    "[LOW, HIGH]}` sets what passes"};

/* Out of bounds, and not by chance: the interval leaves the ideal out as well. A figure that does
 * not exist is no proof of being well calibrated. */
static void check_bounds(const char *name, double value, double std_error, double ideal, double low,
                         double high, const char *const advice[2], churn_retrain_report *report)
{
  bool outside = !(value >= low && value <= high);
  bool by_chance = fabs(value - ideal) <= z95 * std_error;
  if (!outside || by_chance)
    return;
  churn_retrain_trip(report, "calibration",
                     "calibration %s %.3f (standard error %.3f); expected %g to %g", name, value,
                     std_error, low, high);
  if (!isnan(value))
    advise(report, advice[value > high]);
}

void churn_retrain_check_calibration(const churn_retrain_spec *spec, churn_retrain_report *report)
{
  const churn_registry_figures *f = &report->figures;
  check_bounds("slope", f->calibration_slope, report->slope_error, 1, spec->slope_low,
               spec->slope_high, slope_advice, report);
  check_bounds("intercept", f->calibration_intercept, report->intercept_error, 0,
               spec->intercept_low, spec->intercept_high, intercept_advice, report);
}

static void say_gates(churn_retrain_report *report)
{
  const char *more = report->gate_count > 1 ? " (and more)" : "";
  bool same = report->champion[0] != '\0' && strcmp(report->champion, report->challenger) == 0;
  snprintf(report->why, sizeof report->why, "the gate \"%s\" tripped: %s%s%s",
           report->gates[0].name, report->gates[0].text, more,
           same ? "; the challenger is the same model as the one in use" : "");
}

static void say_difference(churn_retrain_report *report, const char *format, const char *more)
{
  char figures[160];
  const churn_registry_figures *f = &report->figures;
  snprintf(figures, sizeof figures, "AUC %.4f against %.4f, %+.4f (95 %% %+.4f to %+.4f)",
           f->challenger_auc, f->champion_auc, f->difference, f->lower, f->upper);
  snprintf(report->why, sizeof report->why, "%s: %s%s", format, figures, more);
}

/* A change costs something, so a challenger must prove itself; beside a model that is too old it
 * need not, and the two stand on equal terms (churn/retrain.h). */
static bool decide_compared(const churn_retrain_spec *spec, churn_retrain_report *report)
{
  char more[96];
  const churn_registry_figures *f = &report->figures;
  bool old = report->champion_days > spec->max_age_days;
  if (f->difference >= spec->margin && f->lower > 0) {
    snprintf(more, sizeof more, "; margin %g", spec->margin);
    say_difference(report, "better", more);
    return true;
  }
  if (old && f->difference >= -spec->not_worse) {
    snprintf(more, sizeof more, "; in use for %d days, more than %d", (int)report->champion_days,
             (int)spec->max_age_days);
    say_difference(report, "not worse than a model that is too old", more);
    return true;
  }
  if (old)
    snprintf(more, sizeof more, "; in use for %d days, more than %d, but worse by more than %g",
             (int)report->champion_days, (int)spec->max_age_days, spec->not_worse);
  else
    snprintf(more, sizeof more, "; margin %g", spec->margin);
  say_difference(report, "not better by the margin", more);
  return false;
}

bool churn_retrain_decide(const churn_retrain_spec *spec, const char *incomparable,
                          churn_retrain_report *report)
{
  const churn_registry_figures *f = &report->figures;
  if (report->gate_count > 0) {
    say_gates(report);
    return false;
  }
  if (report->champion[0] == '\0') {
    snprintf(report->why, sizeof report->why,
             "the first model: AUC %.4f, calibration slope %.3f, intercept %+.3f",
             f->challenger_auc, f->calibration_slope, f->calibration_intercept);
    return true;
  }
  if (strcmp(report->champion, report->challenger) == 0) {
    snprintf(report->why, sizeof report->why, "the same model as the one in use");
    return false;
  }
  if (!report->compared) {
    snprintf(report->why, sizeof report->why, "the model in use cannot be compared: %s",
             incomparable);
    return false;
  }
  return decide_compared(spec, report);
}
