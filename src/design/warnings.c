/* Warnings about what lies behind a feature in time.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "design/warnings.h"

#include <inttypes.h>

/* A history's first row is seldom of the first day it was kept: so much of a window may lie before
 * it. */
enum { UNSEEN_PART = 20, BEFORE_PART = 20 };

typedef struct undated {
  const churn_run *run;
  const char *feature;
} undated;

static void warn_undated(void *context, const char *column)
{
  const undated *u = context;
  churn_notes_add(u->run->notes, CHURN_WARNING, "undated_column", CHURN_NOWHERE,
                  "feature %s reads customers.%s, which has no date: it is as of the export, and "
                  "may tell what happened "
                  "later; declare `static: true` if it never changes, or give `known_at`",
                  u->feature, column);
}

/* A flat export has no as-of day at all, so the warning would only say what is plain. */
static void warn_undated_columns(const churn_pipeline *p, const churn_run *run)
{
  for (size_t f = 0; !churn_snapshots_flat(p->project) && f < p->feature_count; f++) {
    undated u = {run, p->selection->features[f].name.text};
    churn_plan_undated(p->plan, f, false, warn_undated, &u);
  }
}

/* A scheduled end that equals `left` was probably rewritten when the customer cancelled: it would
 * give the answer away. */
static void warn_about_scheduled(const churn_pipeline *p, const churn_run *run)
{
  const churn_schema_source *schema = &p->schema->sources[0];
  const churn_customers *customers = &p->data->customers;
  for (size_t c = 0; c < schema->column_count; c++) {
    const churn_column *column = &customers->columns[c];
    uint64_t leavers = 0, equal = 0;
    if (schema->columns[c].type != CHURN_TYPE_SCHEDULED || !column->present)
      continue;
    for (size_t s = 0; s < customers->spell_count; s++) {
      leavers += customers->left[s] != CHURN_DAY_MISSING;
      equal += customers->left[s] != CHURN_DAY_MISSING && customers->left[s] == column->days[s];
    }
    if (equal * 20 > leavers)
      churn_notes_add(
          run->notes, CHURN_WARNING, "rewritten_schedule", CHURN_NOWHERE,
          "customers.%s equals `left` for %" PRIu64 " of %" PRIu64
          " leavers: it was probably rewritten at cancellation and gives the answer away",
          schema->columns[c].name, equal, leavers);
  }
}

void churn_warn_columns(const churn_pipeline *p, const churn_run *run)
{
  warn_undated_columns(p, run);
  warn_about_scheduled(p, run);
}

void churn_warn_windows(const churn_pipeline *p, churn_day first_as_of, const churn_run *run)
{
  for (size_t s = 1; s < p->schema->source_count && first_as_of != CHURN_DAY_MISSING; s++) {
    churn_day first_day = p->data->histories[s - 1].first_day;
    int32_t longest = churn_plan_longest_window(p->plan, s);
    if (longest == 0 || first_day == CHURN_DAY_MISSING)
      continue;
    int64_t unseen = (int64_t)first_day - ((int64_t)first_as_of - longest);
    if (unseen * UNSEEN_PART <= longest)
      continue;
    char as_of[CHURN_DAY_TEXT_SIZE], begins[CHURN_DAY_TEXT_SIZE];
    churn_day_format(first_as_of, as_of);
    churn_day_format(first_day, begins);
    churn_notes_add(run->notes, CHURN_WARNING, "window_before_data", CHURN_NOWHERE,
                    "a window of %d days over %s reaches before its first day: the snapshot %s "
                    "sees only what is there "
                    "since %s",
                    (int)longest, p->schema->sources[s].name, as_of, begins);
  }
}

static churn_day first_joined(const churn_customers *customers, size_t customer)
{
  size_t spell = customers->first_spell[customer]; /* ordered by joined */
  return spell < customers->first_spell[customer + 1] ? customers->joined[spell]
                                                      : CHURN_DAY_MISSING;
}

uint64_t churn_count_before_joining(const churn_pipeline *p, size_t source)
{
  const churn_customers *customers = &p->data->customers;
  const churn_history *h = &p->data->histories[source - 1];
  uint64_t before = 0;
  if (p->project->joined.text == NULL || !h->loaded)
    return 0;
  for (size_t c = 0; c < customers->count; c++) {
    churn_day joined = first_joined(customers, c);
    size_t low = h->first_row[c], high = h->first_row[c + 1], first = low;
    while (joined != CHURN_DAY_MISSING && low < high) {
      size_t middle = low + (high - low) / 2;
      if (h->days[middle] < joined)
        low = middle + 1;
      else
        high = middle;
    }
    before += low - first;
  }
  churn_spill_walked(p->data->spill, customers->count);
  return before;
}

void churn_warn_before_joining(const churn_pipeline *p, const churn_run *run)
{
  for (size_t s = 1; s < p->schema->source_count; s++) {
    uint64_t before = churn_count_before_joining(p, s);
    size_t rows = p->data->histories[s - 1].rows;
    if (before * BEFORE_PART > rows)
      churn_notes_add(run->notes, CHURN_WARNING, "before_joining", CHURN_NOWHERE,
                      "%" PRIu64 " of %zu rows of %s are dated before their customer joined; "
                      "features see them all the same: is `joined` the day the relation began?",
                      before, rows, p->schema->sources[s].name);
  }
}
