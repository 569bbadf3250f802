/* Evaluates the aggregates of one filter for a block of moments.
 *
 * A run is the moments next to each other of one customer. What is not moving is worked out once a
 * run, over the rows that any of its moments reaches; each moment then cuts its windows out of
 * them. As the rows of a segment are those of a customer in order of day, and of value within a day
 * where that matters, a window holds the same rows in the same order whoever else looks at them, so
 * that its sums are the same bits.
 *
 * Cost: for each filter with a condition and each set with a row expression one pass over the rows
 * that a run reaches, or a moment where they are moving (none where there is neither: then windows
 * are found in the history by binary search alone); for each moment a binary search a cut and the
 * functions over their windows.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "feature/evaluate.h"

#include "base/memory.h"

/* About so many rows are held at once, or one run's: they stay in the cache. And how many moments
 * ahead days are fetched, at most so many. */
enum { BLOCK_ROWS = 4096, MOMENTS_AHEAD = 4, DAYS_AHEAD = 1024, LINE_DAYS = 16 };

typedef struct walk {
  const churn_plan *plan;
  churn_workspace *workspace;
  const churn_filter *filter;
  const churn_history *history;
  const churn_moments *moments;
  size_t first, end; /* the block's moments */
} walk;

static uint32_t customer_of(const walk *w, size_t moment)
{
  return w->plan->data->customers.spell_customer[w->moments->spells[moment]];
}

/* End of the run that starts at `moment`; for what is moving each moment is a run. */
static size_t run_end(const walk *w, size_t moment, bool moving)
{
  size_t end = moment + 1;
  while (!moving && end < w->end && customer_of(w, end) == customer_of(w, moment))
    end++;
  return end;
}

/* Rows of `segment` that a look from any day in [earliest, latest] reaches. */
static churn_segment narrow(const churn_day *days, churn_segment segment, const churn_reach *reach,
                            churn_day earliest, churn_day latest)
{
  size_t begin = segment.begin, end = segment.end;
  if (begin < end)
    end = begin + churn_days_find(days + begin, end - begin, latest);
  if (begin < end && !reach->unbounded)
    begin += churn_days_find(days + begin, end - begin, (int64_t)earliest - reach->days);
  return (churn_segment){begin, end};
}

/* What the moments of a run see together. */
typedef struct sight {
  churn_segment rows; /* from the first that one of them does to the last */
  churn_day earliest, latest;
} sight;

static sight look(const walk *w, const churn_segment *segments, size_t first, size_t end)
{
  const churn_day *as_of = w->moments->as_of;
  sight s = {segments[first], as_of[first], as_of[first]};
  for (size_t i = first + 1; i < end; i++) {
    s.rows.begin = segments[i].begin < s.rows.begin ? segments[i].begin : s.rows.begin;
    s.rows.end = segments[i].end > s.rows.end ? segments[i].end : s.rows.end;
    s.earliest = as_of[i] < s.earliest ? as_of[i] : s.earliest;
    s.latest = as_of[i] > s.latest ? as_of[i] : s.latest;
  }
  return s;
}

/* Asks for the days of a later moment's customer: a search waits for memory at every probe, and the
 * searches of many customers can wait at once. */
static void fetch_days(const walk *w, size_t moment)
{
  if (moment >= w->moments->count)
    return;
  const size_t *rows = &w->history->first_row[customer_of(w, moment)];
  size_t end = rows[1] - rows[0] < DAYS_AHEAD ? rows[1] : rows[0] + DAYS_AHEAD;
  for (size_t i = rows[0]; i < end; i += LINE_DAYS)
    __builtin_prefetch(w->history->days + i);
}

/* Rows of the history that each moment reaches; none where there is no as-of day. */
static void find_ranges(const walk *w)
{
  for (size_t i = 0; i < w->moments->count; i++) {
    if (i == 0 || customer_of(w, i) != customer_of(w, i - 1))
      fetch_days(w, i + MOMENTS_AHEAD);
    const size_t *rows = &w->history->first_row[customer_of(w, i)];
    churn_day as_of = w->moments->as_of[i], limit = w->plan->seen_before;
    churn_segment all = {rows[0], as_of == CHURN_DAY_MISSING ? rows[0] : rows[1]};
    w->workspace->ranges[i] =
        narrow(w->history->days, all, &w->filter->reach, as_of, as_of < limit ? as_of : limit);
  }
}

/* End of the block that starts at the moment w->first, at the end of a run. */
static size_t find_block(const walk *w)
{
  const churn_segment *ranges = w->workspace->ranges;
  size_t rows = 0, at = w->first;
  while (at < w->moments->count && rows < BLOCK_ROWS) {
    size_t end = run_end(w, at, w->filter->is_expanded);
    for (; at < end; at++)
      rows += ranges[at].end - ranges[at].begin;
  }
  return at;
}

/* What a list is made from: another list's rows, or all of the history's. */
typedef struct rows_from {
  const churn_day *days;
  const size_t *rows; /* NULL = all */
  const churn_segment *segments;
} rows_from;

/* list = the rows of every run, of which `segments` tells each moment's. `reach` NULL: those of
 * `from` are what each moment reaches. A run is looked at from its latest day, which sees all that
 * any of them does. */
static bool gather(const walk *w, const rows_from *from, const churn_reach *reach, bool moving,
                   churn_row_list *list, churn_segment *segments)
{
  list->count = 0;
  for (size_t at = w->first, end; at < w->end; at = end) {
    end = run_end(w, at, moving);
    sight seen = look(w, from->segments, at, end);
    if (reach != NULL)
      seen.rows = narrow(from->days, seen.rows, reach, seen.earliest, seen.latest);
    size_t begin = list->count;
    if (!churn_row_list_append(list, from->days, from->rows, seen.rows, w->moments->spells[at],
                               seen.latest))
      return false;
    for (; at < end; at++)
      segments[at] = (churn_segment){begin, list->count};
  }
  return true;
}

/* Takes out the rows whose value is missing, and orders each day's values. */
static void pack(const walk *w, bool moving, bool ordered, churn_row_list *list,
                 churn_segment *segments)
{
  size_t to = 0;
  for (size_t at = w->first, end; at < w->end; at = end) {
    end = run_end(w, at, moving);
    churn_segment packed = churn_row_list_pack(list, to, segments[at]);
    if (ordered)
      churn_row_list_sort(list, packed);
    for (size_t i = at; i < end; i++)
      segments[i] = packed;
    to = packed.end;
  }
}

/* The rows that the filter lets through; false when memory ran out. */
static bool apply_filter(const walk *w, rows_from *from)
{
  churn_workspace *workspace = w->workspace;
  const churn_filter *filter = w->filter;
  churn_row_list *list = &workspace->filter_rows;
  *from = (rows_from){w->history->days, NULL, workspace->ranges};
  if (filter->where == NULL && filter->known == NULL)
    return true;
  if (!gather(w, from, NULL, filter->moving, list, workspace->filtered))
    return false;
  for (size_t i = 0; i < list->count; i += CHURN_BATCH_ROWS) {
    churn_cells cells = churn_row_list_cells(w->plan, list, i);
    churn_evaluate_condition(&cells, filter->known, filter->where, workspace->slots,
                             list->values + i);
  }
  pack(w, filter->moving, false, list, workspace->filtered);
  *from = (rows_from){list->days, list->rows, workspace->filtered};
  return true;
}

/* The windows of all aggregates of a set, for one moment. `rows` holds the moment's segment of
 * `count` rows; its window is set here. */
static void evaluate_windows(const walk *w, const churn_row_set *set, size_t moment,
                             churn_rows *rows, size_t count)
{
  const churn_plan *plan = w->plan;
  size_t *bounds = w->workspace->bounds;
  size_t known = churn_days_find(rows->days, count, rows->as_of);
  for (size_t c = 0; c < set->cut_count; c++)
    bounds[c] = churn_days_find(rows->days, c == 0 ? known : bounds[c - 1],
                                (int64_t)rows->as_of - set->cuts[c]);
  for (size_t i = set->first_aggregate; i != CHURN_NO_INDEX; i = plan->aggregates[i].next) {
    const churn_plan_aggregate *a = &plan->aggregates[i];
    rows->first = a->begin == CHURN_NO_INDEX ? 0 : bounds[a->begin];
    rows->end = a->begin == CHURN_NO_INDEX ? known : bounds[a->end];
    rows->fraction = a->node->aggregate->fraction;
    w->workspace->aggregates[i * CHURN_BATCH_ROWS + moment] =
        churn_canonical(a->node->aggregate->kind->function(rows));
  }
}

static void leave_missing(const walk *w, const churn_row_set *set, size_t moment)
{
  const churn_plan_aggregate *aggregates = w->plan->aggregates;
  for (size_t i = set->first_aggregate; i != CHURN_NO_INDEX; i = aggregates[i].next)
    w->workspace->aggregates[i * CHURN_BATCH_ROWS + moment] = NAN;
}

/* `from` are the set's rows, `values` theirs; NULL = it has none. */
static void cut_windows(const walk *w, const churn_row_set *set, const rows_from *from,
                        const double *values)
{
  churn_rows rows = {.scratch = w->workspace->scratch};
  for (size_t i = w->first; i < w->end; i++) {
    size_t begin = from->segments[i].begin, end = from->segments[i].end;
    rows.as_of = w->moments->as_of[i];
    rows.days = begin < end ? from->days + begin : NULL;
    rows.values = begin < end && values != NULL ? values + begin : NULL;
    if (rows.as_of == CHURN_DAY_MISSING)
      leave_missing(w, set, i);
    else
      evaluate_windows(w, set, i, &rows, end - begin);
  }
}

/* Whether a moment may see less in the set than its segment of the filter's rows holds: other
 * aggregates look further back, or other moments of its run share the segment. */
static bool is_narrower(const walk *w, const churn_row_set *set, const rows_from *filtered)
{
  const churn_reach *far = &w->filter->reach;
  return set->reach.unbounded != far->unbounded || set->reach.days != far->days ||
         (filtered->rows != NULL && set->moving && !w->filter->moving);
}

static bool evaluate_set(const walk *w, const churn_row_set *set, const rows_from *filtered)
{
  churn_workspace *workspace = w->workspace;
  churn_row_list *list = &workspace->set_rows;
  if (set->row == NULL) {
    cut_windows(w, set, filtered, NULL);
    return true;
  }
  const churn_reach *reach = is_narrower(w, set, filtered) ? &set->reach : NULL;
  if (!gather(w, filtered, reach, set->moving, list, workspace->chosen) ||
      !churn_array_reserve(&workspace->scratch, &workspace->scratch_capacity, list->count,
                           sizeof *workspace->scratch))
    return false;
  for (size_t i = 0; i < list->count; i += CHURN_BATCH_ROWS) {
    churn_cells cells = churn_row_list_cells(w->plan, list, i);
    churn_evaluate_canonical(&cells, set->row, workspace->slots, list->values + i);
  }
  pack(w, set->moving, set->ordered, list, workspace->chosen);
  rows_from chosen = {list->days, NULL, workspace->chosen};
  cut_windows(w, set, &chosen, list->values);
  return true;
}

bool churn_evaluate_filter(const churn_plan *plan, churn_workspace *workspace,
                           const churn_filter *filter, const churn_moments *moments)
{
  walk w = {.plan = plan,
            .workspace = workspace,
            .filter = filter,
            .history = &plan->data->histories[filter->source - 1],
            .moments = moments,
            .end = moments->count};
  find_ranges(&w);
  bool good = true;
  for (w.first = 0; good && w.first < moments->count; w.first = w.end) {
    rows_from filtered;
    w.end = moments->count;
    w.end = find_block(&w);
    good = apply_filter(&w, &filtered);
    for (size_t s = filter->first_set; good && s != CHURN_NO_INDEX; s = plan->sets[s].next)
      good = evaluate_set(&w, &plan->sets[s], &filtered);
  }
  return good;
}
