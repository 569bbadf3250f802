/* The area under one ROC curve as the share of pairs that a churner wins, a tie one half
 * (Mann-Whitney), fed with ties from the riskiest down. Exact before the one division while rows
 * weigh 1 and there are fewer than 2^52 pairs.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_EVALUATE_AREA_H
#define CHURN_EVALUATE_AREA_H

#include <math.h>

typedef struct churn_area {
  double churners, stayers; /* weight of all */
  double below;             /* of the stayers still to come */
  double wins;              /* weighted pairs */
} churn_area;

static inline churn_area churn_area_of(double churners, double stayers)
{
  return (churn_area){churners, stayers, stayers, 0};
}

/* The weights of the rows of the next lower score. */
static inline void churn_area_tie(churn_area *area, double churners, double stayers)
{
  area->below -= stayers;
  area->wins += churners * (area->below + stayers / 2);
}

/* NaN with one class. */
static inline double churn_area_share(const churn_area *area)
{
  return area->churners > 0 && area->stayers > 0 ? area->wins / (area->churners * area->stayers)
                                                 : NAN;
}

#endif
