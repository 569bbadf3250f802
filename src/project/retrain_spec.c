/* The section `retrain`: when a new model takes the place of the one in use.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "project/spec.h"

#include <math.h>

enum { LARGEST_COUNT = 1000000000 };

static void read_amount(churn_reader *reader, const churn_yaml *node, const char *what,
                        double *amount)
{
  double given = churn_reader_number(reader, node, what);
  if (isnan(given))
    return;
  if (given < 0 || given > 0.5)
    churn_reader_fault(reader, node, "%s: expected a difference of AUC from 0 to 0.5, found \"%s\"",
                       what, node->text);
  else
    *amount = given;
}

/* [LOW, HIGH] around `ideal`. */
static void read_bounds(churn_reader *reader, const churn_yaml *node, const char *what,
                        double ideal, double *low, double *high)
{
  if (node == NULL)
    return;
  if (node->kind != CHURN_YAML_LIST || node->count != 2) {
    churn_reader_fault(reader, node, "%s: expected two numbers, like [%g, %g]", what, *low, *high);
    return;
  }
  double first = churn_reader_number(reader, node->first, what);
  double second = churn_reader_number(reader, node->first->next, what);
  if (isnan(first) || isnan(second))
    return;
  if (first > ideal || second < ideal) {
    churn_reader_fault(reader, node, "%s: expected bounds with %g between them, like [%g, %g]",
                       what, ideal, *low, *high);
    return;
  }
  *low = first;
  *high = second;
}

void churn_retrain_read(churn_reader *reader, const churn_yaml *node, churn_project *project)
{
  enum { MARGIN, NOT_WORSE, MAX_AGE, MIN_CHURNERS, SLOPE, INTERCEPT, KEYS };
  churn_field fields[KEYS] = {
      {"margin", NULL},       {"not_worse", NULL},         {"max_age", NULL},
      {"min_churners", NULL}, {"calibration_slope", NULL}, {"calibration_intercept", NULL}};
  churn_retrain_spec *r = &project->retrain;
  *r = (churn_retrain_spec){.margin = 0.005,
                            .not_worse = 0.01,
                            .max_age_days = 365,
                            .min_churners = 20,
                            .slope_low = 0.8,
                            .slope_high = 1.25,
                            .intercept_low = -0.4,
                            .intercept_high = 0.4};
  if (node == NULL ||
      !churn_reader_fields(reader, node, "retrain", "{margin: 0.005, max_age: 365d}", fields, KEYS))
    return;
  read_amount(reader, fields[MARGIN].value, "retrain.margin", &r->margin);
  read_amount(reader, fields[NOT_WORSE].value, "retrain.not_worse", &r->not_worse);
  int32_t age = churn_reader_days(reader, fields[MAX_AGE].value, "retrain.max_age", 1);
  r->max_age_days = age > 0 ? age : r->max_age_days;
  r->min_churners = churn_reader_whole(reader, fields[MIN_CHURNERS].value, "retrain.min_churners",
                                       LARGEST_COUNT, r->min_churners);
  read_bounds(reader, fields[SLOPE].value, "retrain.calibration_slope", 1, &r->slope_low,
              &r->slope_high);
  read_bounds(reader, fields[INTERCEPT].value, "retrain.calibration_intercept", 0,
              &r->intercept_low, &r->intercept_high);
}
