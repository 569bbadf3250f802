/* The as-of days of a project.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/memory.h"
#include "design/snapshots.h"

#include <stdlib.h>

bool churn_snapshots_flat(const churn_project *project)
{
  return project->base_kind == CHURN_BASE_FILE && project->history_count == 0 &&
         project->joined.text == NULL &&
         (project->outcome.kind == CHURN_OUTCOME_COLUMN ||
          project->outcome.kind == CHURN_OUTCOME_NONE);
}

churn_status churn_snapshots_check_day(const churn_project *project, churn_day asked,
                                       churn_error *error)
{
  char day[CHURN_DAY_TEXT_SIZE];
  if (asked == CHURN_DAY_MISSING || !churn_snapshots_flat(project))
    return CHURN_OK;
  churn_day_format(asked, day);
  return churn_error_set(error, CHURN_USAGE,
                         "%s was asked for, but this project is a flat export, whose rows have no "
                         "as-of day; expected no day (or a project with histories)",
                         day);
}

static churn_status one_day(churn_day day, churn_day **days, size_t *count, churn_error *error)
{
  *days = churn_array_new(1, sizeof **days);
  if (*days == NULL)
    return churn_error_no_memory(error);
  **days = day;
  *count = 1;
  return CHURN_OK;
}

int churn_days_compare(const void *left, const void *right)
{
  churn_day a = *(const churn_day *)left, b = *(const churn_day *)right;
  return (a > b) - (a < b);
}

/* The distinct days from low to high, in order. */
static churn_status list_days(const churn_label_rows *labels, churn_day low, churn_day high,
                              churn_day **days, size_t *count)
{
  size_t span = low <= high ? (size_t)(high - low) + 1 : 0;
  bool *seen = churn_array_new(span, sizeof *seen);
  churn_day *all = churn_array_new(span < labels->count ? span : labels->count, sizeof *all);
  *count = 0;
  for (size_t i = 0; seen != NULL && i < labels->count; i++)
    if (labels->as_of[i] >= low && labels->as_of[i] <= high)
      seen[labels->as_of[i] - low] = true;
  for (size_t i = 0; seen != NULL && all != NULL && i < span; i++)
    if (seen[i])
      all[(*count)++] = low + (churn_day)i;
  *days = all;
  bool good = seen != NULL && all != NULL;
  free(seen);
  if (good)
    return CHURN_OK;
  free(all);
  return CHURN_NO_MEMORY;
}

static churn_status label_days(const churn_project *project, const churn_data *data,
                               churn_day first, churn_day last, churn_day **days, size_t *count,
                               churn_error *error)
{
  const churn_label_rows *labels = &data->labels;
  churn_day low = CHURN_DAY_LAST, high = CHURN_DAY_FIRST;
  for (size_t i = 0; i < labels->count; i++) {
    low = labels->as_of[i] < low ? labels->as_of[i] : low;
    high = labels->as_of[i] > high ? labels->as_of[i] : high;
  }
  low = first != CHURN_DAY_MISSING && first > low ? first : low;
  high = last != CHURN_DAY_MISSING && last < high ? last : high;
  if (list_days(labels, low, high, days, count) != CHURN_OK)
    return churn_error_no_memory(error);
  if (*count > 0)
    return CHURN_OK;
  free(*days);
  *days = NULL;
  return churn_error_set_at(error, CHURN_DEGENERATE,
                            (churn_place){project->outcome.labels.path, 0, 0},
                            "the file has no label of a known customer on the days asked for");
}

/* The i-th day of the series that starts at `first`. Months are counted from the first day, so that
 * Jan 31 gives Mar 31 two months on. */
static churn_day series_day(const churn_snapshots_spec *spec, churn_day first, size_t i)
{
  if (spec->every_months > 0)
    return churn_day_add_months(first, (int)i * spec->every_months);
  if (spec->every_days > 0)
    return first + (churn_day)i * spec->every_days;
  return i == 0 ? first : CHURN_DAY_MISSING;
}

static churn_status no_step(churn_day first, churn_day last, churn_error *error)
{
  char from[CHURN_DAY_TEXT_SIZE], to[CHURN_DAY_TEXT_SIZE];
  churn_day_format(first, from);
  churn_day_format(last, to);
  return churn_error_set(error, CHURN_USAGE,
                         "snapshots from %s to %s need a step between them; expected one day, or "
                         "`every` under `snapshots` in the project",
                         from, to);
}

static churn_status series(const churn_snapshots_spec *spec, churn_day first, churn_day last,
                           churn_day **days, size_t *count, churn_error *error)
{
  size_t capacity = 0;
  *days = NULL;
  *count = 0;
  if (first < last && spec->every_months == 0 && spec->every_days == 0)
    return no_step(first, last, error);
  for (size_t i = 0;; i++) {
    churn_day day = series_day(spec, first, i);
    if (day == CHURN_DAY_MISSING || day > last)
      break;
    if (!churn_array_reserve(days, &capacity, *count + 1, sizeof **days)) {
      free(*days);
      *days = NULL;
      return churn_error_no_memory(error);
    }
    (*days)[(*count)++] = day;
  }
  if (*count > 0)
    return CHURN_OK;
  char from[CHURN_DAY_TEXT_SIZE], to[CHURN_DAY_TEXT_SIZE];
  churn_day_format(first, from);
  churn_day_format(last, to);
  return churn_error_set(
      error, CHURN_DEGENERATE,
      "no snapshot: the first day %s lies after the last one %s (unless given, the "
      "newest whose label window is closed)",
      from, to);
}

churn_status churn_snapshot_days(const churn_project *project, const churn_data *data,
                                 churn_day first, churn_day last, churn_day **days, size_t *count,
                                 churn_error *error)
{
  const churn_outcome_spec *outcome = &project->outcome;
  churn_status status =
      churn_snapshots_check_day(project, first == CHURN_DAY_MISSING ? last : first, error);
  if (status != CHURN_OK)
    return status;
  if (churn_snapshots_flat(project))
    return one_day(CHURN_DAY_MISSING, days, count, error);
  if (outcome->kind == CHURN_OUTCOME_LABELS && first != CHURN_DAY_MISSING && first == last)
    return one_day(first, days, count, error);
  first = first == CHURN_DAY_MISSING ? project->snapshots.first : first;
  last = last == CHURN_DAY_MISSING ? project->snapshots.last : last;
  if (outcome->kind == CHURN_OUTCOME_LABELS)
    return label_days(project, data, first, last, days, count, error);
  churn_day newest = data->data_until;
  if ((first == CHURN_DAY_MISSING || last == CHURN_DAY_MISSING) && newest == CHURN_DAY_MISSING)
    return churn_error_set(error, CHURN_DEGENERATE,
                           "no snapshot day is known: there is no history to tell the newest day; "
                           "expected `data_until` "
                           "or `snapshots` in the project");
  churn_day newest_closed =
      newest == CHURN_DAY_MISSING ? newest : newest + 1 - outcome->gap_days - outcome->horizon_days;
  if (last == CHURN_DAY_MISSING)
    last = newest_closed;
  if (first == CHURN_DAY_MISSING)
    first = last;
  return series(&project->snapshots, first, last, days, count, error);
}
