/* The small sections: snapshots, split.
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
