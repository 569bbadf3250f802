/* The small sections: snapshots, fit, split.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "project/spec.h"

#include <math.h>
#include <string.h>

void churn_snapshots_read(churn_reader *reader, const churn_yaml *node, churn_project *project)
{
  enum { FIRST, LAST, EVERY, TEST_FROM, KEYS };
  churn_field fields[KEYS] = {
      {"first", NULL}, {"last", NULL}, {"every", NULL}, {"test_from", NULL}};
  churn_snapshots_spec *s = &project->snapshots;
  *s = (churn_snapshots_spec){CHURN_DAY_MISSING, CHURN_DAY_MISSING, 0, 0, CHURN_DAY_MISSING};
  if (node == NULL ||
      !churn_reader_fields(reader, node, "snapshots",
                           "{first: 2024-01-01, last: 2025-06-01, every: 1 month}", fields, KEYS))
    return;
  const churn_yaml *first = fields[FIRST].value, *last = fields[LAST].value,
                   *every = fields[EVERY].value;
  s->first = churn_reader_day(reader, first, "snapshots.first");
  s->last = churn_reader_day(reader, last, "snapshots.last");
  s->test_from = churn_reader_day(reader, fields[TEST_FROM].value, "snapshots.test_from");
  churn_reader_step(reader, every, "snapshots.every", &s->every_days, &s->every_months);
  if (first == NULL && (last != NULL || every != NULL))
    churn_reader_required(reader, node, &fields[FIRST], "snapshots", "the first as-of day");
  if (s->first != CHURN_DAY_MISSING && last == NULL && every == NULL)
    s->last = s->first;
  if (s->first == CHURN_DAY_MISSING || s->last == CHURN_DAY_MISSING)
    return;
  if (s->first > s->last)
    churn_reader_fault(reader, last, "snapshots.last lies before snapshots.first");
  if (s->first < s->last && every == NULL)
    churn_reader_required(reader, node, &fields[EVERY], "snapshots",
                          "the step between as-of days, like \"every: 1 month\"");
}

/* What is to be concluded from the fit, and how. */
static void read_inference(churn_reader *reader, const churn_yaml *covariance,
                           const churn_yaml *intervals, churn_fit_spec *fit)
{
  static const char *const kinds[] = {"auto", "model", "robust", "clustered"};
  static const char *const ends[] = {"wald", "profile"};
  int kind = churn_reader_choice(reader, covariance, "fit.covariance", kinds, 4);
  fit->covariance = kind > 0 ? (churn_covariance_choice)kind : CHURN_CHOOSE_AUTO;
  fit->profile_intervals = churn_reader_choice(reader, intervals, "fit.intervals", ends, 2) == 1;
}

void churn_fit_read(churn_reader *reader, const churn_yaml *node, churn_project *project)
{
  enum { PENALTY, LAMBDA, COVARIANCE, INTERVALS, KEYS };
  static const char *const penalties[] = {"none", "ridge"};
  churn_field fields[KEYS] = {
      {"penalty", NULL}, {"lambda", NULL}, {"covariance", NULL}, {"intervals", NULL}};
  if (node == NULL ||
      !churn_reader_fields(reader, node, "fit", "{penalty: ridge, lambda: 0.01}", fields, KEYS))
    return;
  read_inference(reader, fields[COVARIANCE].value, fields[INTERVALS].value, &project->fit);
  const churn_yaml *lambda = fields[LAMBDA].value;
  int choice = churn_reader_choice(reader, fields[PENALTY].value, "fit.penalty", penalties, 2);
  double value = churn_reader_number(reader, lambda, "fit.lambda");
  project->fit.penalty = choice == 1 ? CHURN_PENALTY_RIDGE : CHURN_PENALTY_NONE;
  if (value < 0)
    churn_reader_fault(reader, lambda, "fit.lambda: expected a number >= 0, found \"%s\"",
                       lambda->text);
  else if (!isnan(value))
    project->fit.lambda = value;
  if (choice == 1 && lambda == NULL)
    churn_reader_required(reader, node, &fields[LAMBDA], "fit",
                          "the strength of the ridge penalty, a number >= 0");
  bool asked_for_none = choice == 0 || fields[PENALTY].value == NULL;
  if (asked_for_none && lambda != NULL)
    churn_reader_fault(reader, lambda->key,
                       "fit.lambda is the strength of a penalty, and there is none; accepted: "
                       "{penalty: ridge, lambda: NUMBER}");
}

void churn_split_read(churn_reader *reader, const churn_yaml *node, churn_project *project)
{
  churn_field test = {"test", NULL};
  if (node == NULL || !churn_reader_fields(reader, node, "split", "{test: 0.2}", &test, 1))
    return;
  if (churn_reader_required(reader, node, &test, "split",
                            "the share of the customers to hold out, like 0.2") == NULL)
    return;
  double share = churn_reader_number(reader, test.value, "split.test");
  if (share > 0 && share < 1)
    project->test_share = share;
  else if (!isnan(share))
    churn_reader_fault(reader, test.value,
                       "split.test: expected a share between 0 and 1, like 0.2, found \"%s\"",
                       test.value->text);
}
