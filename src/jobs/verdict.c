/* A comparison of two sets in words.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs/verdict.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

/* 1: the second is better by the figure, -1: worse, 0: its interval holds 0, or is not there. */
static int direction(const churn_estimate *e, int better)
{
  return e->low > 0 ? better : e->high < 0 ? -better : 0;
}

/* The verdict by AUC, which is taken over, and what log-loss or money say that it does not. */
static char *add_others(char *verdict, const churn_compared_pair *pair)
{
  int by_auc = pair->p_adjusted < 1 - CHURN_VERDICT_LEVEL ? (pair->auc.value > 0 ? 1 : -1) : 0;
  int by_loss = direction(&pair->log_loss, -1), by_money = direction(&pair->captured_value, 1);
  static const char *const words[] = {"worse", NULL, "better"};
  char *longer = verdict;
  if (verdict != NULL && by_loss != 0 && by_loss != by_auc) {
    longer = churn_text_format("%s; but %s by log-loss: %+.4f [%+.4f, %+.4f]", verdict,
                               words[by_loss + 1], pair->log_loss.value, pair->log_loss.low,
                               pair->log_loss.high);
    free(verdict);
    verdict = longer;
  }
  if (verdict != NULL && by_money != 0 && by_money != by_auc) {
    longer = churn_text_format("%s; but %s by money reached: %+.1f%% [%+.1f%%, %+.1f%%]", verdict,
                               words[by_money + 1], 100 * pair->captured_value.value,
                               100 * pair->captured_value.low, 100 * pair->captured_value.high);
    free(verdict);
  }
  return longer;
}

static char *verdict_by_auc(const char *first, const char *second, const churn_compared_pair *pair)
{
  const churn_estimate *d = &pair->auc;
  if (isnan(pair->p))
    return churn_text_format("too few churners to tell %s from %s", second, first);
  if (d->value == 0 && pair->auc_std_error == 0)
    return churn_text_format("%s and %s rank alike", second, first);
  if (!(pair->p_adjusted < 1 - CHURN_VERDICT_LEVEL))
    return churn_text_format("no difference in AUC shown between %s and %s: %+.3f [%+.3f, %+.3f]",
                             second, first, d->value, d->low, d->high);
  bool better = d->value > 0;
  return churn_text_format("%s %s %s by %.3f AUC [%.3f, %.3f]", second,
                           better ? "beats" : "falls behind", first, fabs(d->value),
                           better ? d->low : -d->high, better ? d->high : -d->low);
}

char *churn_verdict_words(const char *first, const char *second, const churn_compared_pair *pair)
{
  return add_others(verdict_by_auc(first, second, pair), pair);
}
