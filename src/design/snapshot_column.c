/* Labels of a flat export: a column of two values.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/memory.h"
#include "design/snapshots_parts.h"

#include <stdlib.h>
#include <string.h>

/* *other is the value that means stayed, once one was seen; NULL before. */
static churn_status label_of_text(const churn_snapshot_builder *b, const char *text,
                                  const char **other, int8_t *label, churn_error *error)
{
  const churn_outcome_spec *outcome = &b->project->outcome;
  *label = CHURN_LABEL_STAYED;
  if (strcmp(text, outcome->positive.text) == 0) {
    *label = CHURN_LABEL_CHURNED;
    return CHURN_OK;
  }
  if (outcome->negative.text != NULL) {
    *label = strcmp(text, outcome->negative.text) == 0 ? CHURN_LABEL_STAYED : CHURN_LABEL_DROPPED;
    return CHURN_OK;
  }
  if (*other == NULL) {
    *other = text;
    return CHURN_OK;
  }
  return churn_error_set_at(error, CHURN_INCONSISTENT,
                            churn_project_place(b->project, &outcome->column),
                            "column \"%s\" holds more than two values: \"%.60s\", \"%.60s\" and "
                            "\"%.60s\"; expected two, or "
                            "`negative: VALUE` in the outcome (other rows are then left out)",
                            outcome->column.text, outcome->positive.text, *other, text);
}

churn_status churn_snapshots_read_column(churn_snapshot_builder *b, churn_error *error)
{
  const churn_column *column = &b->data->customers.outcome;
  if (b->project->outcome.kind != CHURN_OUTCOME_COLUMN || !column->present)
    return CHURN_OK;
  size_t levels = churn_dictionary_count(column->levels), spells = b->data->customers.spell_count;
  int8_t *by_level = churn_array_new(levels, sizeof *by_level);
  b->column_labels = churn_array_new(spells, sizeof *b->column_labels);
  churn_status status =
      by_level == NULL || b->column_labels == NULL ? churn_error_no_memory(error) : CHURN_OK;
  bool positive_seen = false;
  const char *other = NULL;
  for (uint32_t i = 0; i < levels && status == CHURN_OK; i++) {
    status =
        label_of_text(b, churn_dictionary_text(column->levels, i), &other, &by_level[i], error);
    positive_seen = positive_seen || by_level[i] == CHURN_LABEL_CHURNED;
  }
  if (status == CHURN_OK && levels > 0 && !positive_seen)
    status = churn_error_set_at(
        error, CHURN_INCONSISTENT, churn_project_place(b->project, &b->project->outcome.positive),
        "no row has \"%s\" in column \"%s\"; it holds \"%.60s\"%s",
        b->project->outcome.positive.text, b->project->outcome.column.text,
        churn_dictionary_text(column->levels, 0), levels > 1 ? " and others" : "");
  for (size_t i = 0; i < spells && status == CHURN_OK; i++)
    b->column_labels[i] =
        column->codes[i] == CHURN_CODE_MISSING ? CHURN_LABEL_DROPPED : by_level[column->codes[i]];
  free(by_level);
  return status;
}
