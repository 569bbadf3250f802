/* Whether two encodings make the same columns of a feature, up to what a fit without penalty does
 * not see: which level is the reference, and the value that fills in beside a flag.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/error.h"
#include "base/memory.h"
#include "design/encoding.h"

#include <stdlib.h>
#include <string.h>

enum { UNPAIRED = -2 };

/* Which columns stand for each other, -1 = the reference, by number + 1. */
typedef struct pairing {
  int32_t *to_some; /* [columns of all + 1] */
  int32_t *to_all;  /* [columns of some + 1] */
} pairing;

/* False when one of the two stands for another already. */
static bool pair(pairing *p, int32_t all, int32_t some)
{
  int32_t *to_some = &p->to_some[all + 1], *to_all = &p->to_all[some + 1];
  if (*to_some == UNPAIRED && *to_all == UNPAIRED) {
    *to_some = some;
    *to_all = all;
  }
  return *to_some == some && *to_all == all;
}

static int32_t *unpaired_new(size_t columns)
{
  int32_t *columns_of = churn_array_new(columns + 1, sizeof *columns_of);
  for (size_t c = 0; columns_of != NULL && c <= columns; c++)
    columns_of[c] = UNPAIRED;
  return columns_of;
}

/* Levels stand in bytewise order in both; what `some` has not seen counts as its other levels. */
static bool levels_agree(const churn_model_feature *all, const churn_model_feature *some,
                         pairing *p)
{
  bool agree = true;
  for (size_t i = 0, j = 0; agree && i < all->level_count; i++) {
    while (j < some->level_count && strcmp(some->levels[j].text, all->levels[i].text) < 0)
      j++;
    bool seen = j < some->level_count && strcmp(some->levels[j].text, all->levels[i].text) == 0;
    agree = pair(p, all->levels[i].column, seen ? some->levels[j].column : some->other_column);
  }
  if (agree && all->missing_rows > 0)
    agree = pair(p, all->missing_column,
                 some->missing_rows > 0 ? some->missing_column : some->other_column);
  return agree;
}

static churn_status categories_agree(const churn_model *all, const churn_model *some, size_t f,
                                     bool *agree, churn_error *error)
{
  pairing p = {unpaired_new(all->column_count), unpaired_new(some->column_count)};
  bool made = p.to_some != NULL && p.to_all != NULL;
  *agree = made && levels_agree(&all->features[f], &some->features[f], &p);
  free(p.to_some);
  free(p.to_all);
  return made ? CHURN_OK : churn_error_no_memory(error);
}

/* Flags have the same name, or there is none. */
static bool flags_agree(const churn_model *all, const churn_model *some, size_t f)
{
  int32_t a = all->features[f].missing_column, b = some->features[f].missing_column;
  if (a < 0 || b < 0)
    return a < 0 && b < 0;
  return strcmp(all->columns[a].name, some->columns[b].name) == 0;
}

static bool numbers_agree(const churn_model *all, const churn_model *some, size_t f)
{
  const churn_model_feature *a = &all->features[f], *b = &some->features[f];
  bool filled = a->missing_rows > 0 && strcmp(a->missing_rule, "mean") == 0;
  if ((a->number_column < 0) != (b->number_column < 0) || !flags_agree(all, some, f))
    return false;
  return a->number_column < 0 || !filled || a->missing_column >= 0;
}

/* A flag that several features share stands in the column of the first. */
static bool flag_is_own(const churn_model *model, size_t f)
{
  int32_t flag = model->features[f].missing_column;
  return flag < 0 || model->columns[flag].feature == f;
}

churn_status churn_encoding_agrees(const churn_model *all, const churn_model *some, size_t feature,
                                   bool *agree, churn_error *error)
{
  bool own = flag_is_own(all, feature) && flag_is_own(some, feature);
  if (all->features[feature].kind == CHURN_FEATURE_NUMBER) {
    *agree = numbers_agree(all, some, feature);
    return CHURN_OK;
  }
  *agree = own || flags_agree(all, some, feature);
  return *agree ? categories_agree(all, some, feature, agree, error) : CHURN_OK;
}
