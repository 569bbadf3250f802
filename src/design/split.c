/* Which labelled rows train and which judge.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "design/split.h"

#include "base/hash.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

churn_split churn_split_of(const churn_project *project, churn_day test_from)
{
  churn_split split = {.project = project,
                       .asked = test_from,
                       .test_from = test_from == CHURN_DAY_MISSING ? project->snapshots.test_from
                                                                   : test_from,
                       .span_days = project->outcome.gap_days + project->outcome.horizon_days,
                       .test_share = project->test_share};
  if (split.test_from != CHURN_DAY_MISSING && !churn_snapshots_flat(project))
    split.kind = CHURN_SPLIT_TIME;
  else if (split.test_share > 0)
    split.kind = CHURN_SPLIT_CUSTOMERS;
  return split;
}

bool churn_split_trains_on(const churn_split *split, churn_day as_of)
{
  return split->kind != CHURN_SPLIT_TIME ||
         (as_of < split->test_from && as_of + split->span_days <= split->test_from);
}

static bool belongs(const churn_split *split, const churn_data *data, const churn_snapshot *row,
                    churn_split_part part)
{
  if (split->kind == CHURN_SPLIT_NONE)
    return part == CHURN_PART_TRAIN;
  if (split->kind == CHURN_SPLIT_TIME)
    return part == CHURN_PART_TRAIN ? churn_split_trains_on(split, row->as_of)
                                    : row->as_of >= split->test_from;
  const char *id = data->customers.ids[row->customer];
  bool test = churn_hash_unit(id, strlen(id), 0) < split->test_share;
  return test == (part == CHURN_PART_TEST);
}

churn_status churn_split_take(const churn_split *split, const churn_data *data,
                              const churn_snapshots *all, churn_split_part part,
                              churn_snapshots **taken, churn_error *error)
{
  churn_status asked = churn_snapshots_check_day(split->project, split->asked, error);
  if (asked != CHURN_OK)
    return asked;
  churn_snapshots *s = calloc(1, sizeof *s);
  size_t count = 0;
  for (size_t i = 0; i < all->count; i++)
    count += belongs(split, data, &all->rows[i], part);
  if (s == NULL || (s->rows = churn_array_new(count, sizeof *s->rows)) == NULL) {
    churn_snapshots_free(s);
    return churn_error_no_memory(error);
  }
  s->repeated = all->repeated;
  for (size_t i = 0; i < all->count; i++)
    if (belongs(split, data, &all->rows[i], part))
      s->rows[s->count++] = all->rows[i];
  *taken = s;
  return CHURN_OK;
}

/* First, last, and how many distinct days lie between: a mark a day, as days are few. */
static churn_status find_days(const churn_snapshots *snapshots, churn_span *span,
                              churn_error *error)
{
  if (snapshots->count == 0)
    return CHURN_OK;
  churn_day first = snapshots->rows[0].as_of, last = first;
  for (size_t i = 0; i < snapshots->count; i++) {
    churn_day day = snapshots->rows[i].as_of;
    first = day < first ? day : first;
    last = day > last ? day : last;
  }
  bool *seen = churn_array_new((size_t)((int64_t)last - first) + 1, sizeof *seen);
  if (seen == NULL)
    return churn_error_no_memory(error);
  for (size_t i = 0; i < snapshots->count; i++) {
    bool *mark = &seen[(int64_t)snapshots->rows[i].as_of - first];
    span->days += !*mark;
    *mark = true;
  }
  free(seen);
  span->first = first;
  span->last = last;
  return CHURN_OK;
}

churn_status churn_span_of(const churn_snapshots *snapshots, churn_span *span, churn_error *error)
{
  *span = (churn_span){.first = CHURN_DAY_MISSING, .last = CHURN_DAY_MISSING};
  bool counted[2] = {false, false}; /* the customer at hand, as having stayed, as having churned */
  for (size_t i = 0; i < snapshots->count; i++) {
    const churn_snapshot *row = &snapshots->rows[i];
    bool fresh = i == 0 || row->customer != snapshots->rows[i - 1].customer;
    bool churned = row->label == CHURN_LABEL_CHURNED;
    if (fresh)
      counted[0] = counted[1] = false;
    uint64_t copies = snapshots->repeated ? (uint64_t)row->weight : 1;
    span->rows += copies;
    span->customers += fresh ? copies : 0;
    span->churners += churned ? copies : 0;
    span->population += row->weight;
    span->population_churners += churned ? row->weight : 0;
    span->churned_customers += churned && !counted[1] ? copies : 0;
    span->stayed_customers += !churned && !counted[0] ? copies : 0;
    counted[churned] = true;
  }
  return find_days(snapshots, span, error);
}

int8_t *churn_snapshots_labels(const churn_snapshots *snapshots)
{
  int8_t *labels = churn_array_new(snapshots->count, sizeof *labels);
  for (size_t i = 0; labels != NULL && i < snapshots->count; i++)
    labels[i] = snapshots->rows[i].label;
  return labels;
}

double *churn_snapshots_weights(const churn_snapshots *snapshots)
{
  double *weights = churn_array_new(snapshots->count, sizeof *weights);
  for (size_t i = 0; weights != NULL && i < snapshots->count; i++)
    weights[i] = snapshots->rows[i].weight;
  return weights;
}

uint32_t *churn_snapshots_clusters(const churn_snapshots *snapshots, uint32_t *count)
{
  uint32_t *clusters = churn_array_new(snapshots->count, sizeof *clusters);
  *count = 0;
  for (size_t i = 0; clusters != NULL && i < snapshots->count; i++) {
    *count += i == 0 || snapshots->rows[i].customer != snapshots->rows[i - 1].customer;
    clusters[i] = *count - 1;
  }
  return clusters;
}
