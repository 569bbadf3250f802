/* Fits that give nothing to report, and what to do then.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs/refuse.h"

#include "base/error.h"
#include "design/split.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

churn_status churn_refuse_few(const churn_snapshots *rows, const churn_model *model,
                              churn_error *error)
{
  churn_span span;
  uint64_t coefficients = model->column_count + 1;
  churn_status status = churn_span_of(rows, &span, error);
  if (status != CHURN_OK || strcmp(model->penalty, "none") != 0)
    return status;
  bool dependent = span.customers < span.rows, churned = true;
  uint64_t fewest = dependent ? span.churned_customers : span.churners;
  uint64_t stayed = dependent ? span.stayed_customers : span.rows - span.churners;
  if (stayed < fewest) {
    fewest = stayed;
    churned = false;
  }
  if (fewest >= coefficients)
    return CHURN_OK;
  return churn_error_set(
      error, CHURN_DEGENERATE,
      "%" PRIu64 " %s%s for %" PRIu64
      " coefficients: too few to estimate them all; name fewer features (--set), take a longer "
      "window, or set `fit: {penalty: ridge, lambda: cv}` or `fit: {penalty: firth}` in the "
      "project",
      fewest, dependent ? "distinct customers who " : "",
      dependent ? (churned ? "churned" : "stayed") : (churned ? "churners" : "stayers"),
      coefficients);
}

/* Where all rows of a level have one outcome, and not those of all levels. */
static bool is_certain(const churn_model_level *level)
{
  return level->rows > 0 && (level->churners == 0 || level->churners == level->rows);
}

/* The first certain level of the separating column; where it has none, that of the reference: then
 * the columns of all other levels run away together. */
static const churn_model_level *certain_level(const churn_model_feature *feature, int32_t column)
{
  const churn_model_level *reference = NULL;
  for (size_t i = 0; i < feature->level_count; i++) {
    const churn_model_level *level = &feature->levels[i];
    if (is_certain(level) && level->column == column)
      return level;
    if (is_certain(level) && level->column == -1 && reference == NULL)
      reference = level;
  }
  return reference;
}

/* ", where all 24 rows of level "gold" churned"; "" where no level tells by itself. */
static void describe_level(const churn_model *model, size_t column, char *text, size_t size)
{
  const churn_model_feature *feature = &model->features[model->columns[column].feature];
  const churn_model_level *level =
      feature->kind == CHURN_FEATURE_CATEGORY ? certain_level(feature, (int32_t)column) : NULL;
  text[0] = '\0';
  if (level != NULL)
    snprintf(text, size, " (%sall %" PRIu64 " rows of level \"%.80s\" %s)",
             level->column == -1 ? "against the reference: " : "", level->rows, level->text,
             level->churners == 0 ? "stayed" : "churned");
}

churn_status churn_refuse_separation(const churn_fit_report *report, const churn_model *model,
                                     churn_error *error)
{
  char level[256];
  if (report->stopped_by != CHURN_STOP_SEPARATION)
    return CHURN_OK;
  describe_level(model, report->separating_column, level, sizeof level);
  return churn_error_set(
      error, CHURN_DEGENERATE,
      "the likelihood has no maximum: column %s tells some churners and stayers apart without "
      "error%s, so its coefficient grows without end; leave the feature out, or set `fit: "
      "{separation: firth}` (Firth's penalised likelihood, finite here) or `fit: {penalty: ridge, "
      "lambda: 0.01}` in the project",
      model->columns[report->separating_column].name, level);
}
