/* What contacting the riskiest rows catches.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "evaluate/gain.h"

#include "base/error.h"
#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

churn_listed_row churn_listed_row_of(const churn_judged *judged, const uint32_t *groups, size_t row)
{
  return (churn_listed_row){.weight = churn_judged_weight(judged, row),
                            .value = churn_judged_loss(judged, row),
                            .group = groups == NULL ? 0 : groups[churn_judged_cluster(judged, row)],
                            .label = judged->labels[row]};
}

static churn_status allocate(const churn_judged *judged, churn_list *list, churn_error *error)
{
  size_t rows = judged->rows;
  list->marks = churn_array_new(rows, sizeof *list->marks);
  if (judged->weights != NULL)
    list->weights = churn_array_new(rows, sizeof *list->weights);
  if (judged->values != NULL)
    list->values = churn_array_new(rows, sizeof *list->values);
  return list->marks == NULL || (judged->weights != NULL && list->weights == NULL) ||
                 (judged->values != NULL && list->values == NULL)
             ? churn_error_no_memory(error)
             : CHURN_OK;
}

churn_status churn_list_build(const churn_judged *judged, const churn_ordering *ordering,
                              const uint32_t *groups, churn_list *list, churn_error *error)
{
  if (list->marks == NULL && allocate(judged, list, error) != CHURN_OK) {
    churn_list_clear(list);
    return CHURN_NO_MEMORY;
  }
  list->starts = ordering->starts;
  list->folds = churn_judged_folds(judged);
  for (size_t i = 0; i < judged->rows; i++) {
    uint32_t row = ordering->rows[i];
    uint32_t group = groups == NULL ? 0 : groups[churn_judged_cluster(judged, row)];
    list->marks[i] =
        (churn_list_mark){(uint16_t)group, (int8_t)ordering->labels[i], ordering->opens[i]};
    if (list->weights != NULL)
      list->weights[i] = judged->weights[row];
    if (list->values != NULL)
      list->values[i] = churn_judged_loss(judged, row);
  }
  return CHURN_OK;
}

void churn_list_clear(churn_list *list)
{
  free(list->marks);
  free(list->weights);
  free(list->values);
  *list = (churn_list){0};
}

static void add_row(const churn_list *list, size_t place, const double *multiples, churn_gain *gain)
{
  churn_listed_row row = churn_list_row(list, place);
  double weight = multiples == NULL ? row.weight : row.weight * multiples[row.group];
  gain->rows += weight;
  gain->churners += row.label ? weight : 0;
  gain->value += weight * row.value;
}

static void add_share(const churn_gain *part, double share, churn_gain *gain)
{
  gain->rows += share * part->rows;
  gain->churners += share * part->churners;
  gain->value += share * part->value;
}

churn_gain churn_gain_of_fold(const churn_list *list, uint32_t fold, const double *multiples)
{
  churn_gain all = {0, 0, 0};
  for (size_t i = list->starts[fold]; i < list->starts[fold + 1]; i++)
    add_row(list, i, multiples, &all);
  return all;
}

churn_gain churn_gain_all(const churn_list *list)
{
  churn_gain all = {0, 0, 0};
  for (uint32_t f = 0; f < list->folds; f++) {
    churn_gain of_fold = churn_gain_of_fold(list, f, NULL);
    add_share(&of_fold, 1, &all);
  }
  return all;
}

void churn_gain_add_fold(const churn_list *list, uint32_t fold, const double *multiples,
                         const double *places, size_t count, churn_gain *gains)
{
  size_t i = list->starts[fold], last = list->starts[fold + 1], next = 0;
  churn_gain above = {0, 0, 0};
  while (i < last && next < count) {
    churn_gain tied = {0, 0, 0};
    do
      add_row(list, i++, multiples, &tied);
    while (i < last && !list->marks[i].opens);
    for (; next < count && places[next] < above.rows + tied.rows; next++) {
      add_share(&above, 1, &gains[next]);
      add_share(&tied, (places[next] - above.rows) / tied.rows, &gains[next]);
    }
    add_share(&tied, 1, &above);
  }
  for (; next < count; next++)
    add_share(&above, 1, &gains[next]);
}

double churn_gain_lift(churn_gain top, churn_gain all)
{
  return all.churners > 0 ? top.churners / top.rows / (all.churners / all.rows) : NAN;
}

double churn_gain_captured(churn_gain top, churn_gain all)
{
  return all.churners > 0 ? top.churners / all.churners : NAN;
}

double churn_gain_captured_value(churn_gain top, churn_gain all)
{
  return all.value != 0 ? top.value / all.value : NAN;
}
