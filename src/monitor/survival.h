/* How long customers stay: the product-limit estimate with delayed entry. A plain function of
 * arrays. Place in the flow: stays (monitor/stays.h) -> curve. Cost: a look at each stay and each
 * day of the longest.
 *
 * Who was a customer long before the window opens is seen only because of having stayed until then;
 * counting such a customer from day 0 would make the base look more loyal than it is. So a stay is
 * at risk at t only for start < t <= stop (left truncation).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_MONITOR_SURVIVAL_H
#define CHURN_MONITOR_SURVIVAL_H

#include <churn/status.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A stay under watch from `start` to `stop`, 0 <= start < stop; `lost` at stop, or only watched
 * until then. Times are whole days of tenure, 0 = the beginning. */
typedef struct churn_watched {
  int32_t start, stop;
  bool lost;
} churn_watched;

/* The curve from one time on which somebody was lost to the next. */
typedef struct churn_survival_step {
  int32_t time;
  uint64_t at_risk, lost;
  double survival;  /* share that stays longer than `time` */
  double std_error; /* Greenwood 1926; NaN once nobody is left */
  double low, high; /* log(-log) limits, within [0, 1]; NaN once nobody is left */
} churn_survival_step;

typedef struct churn_survival {
  churn_survival_step *steps; /* by rising time */
  size_t count;
  double level;
  uint64_t *watched; /* [days] under watch just after each day */
  size_t days;       /* of the longest stay, and one more */
} churn_survival;

/* The order of watched [count] changes nothing. S(t) = product over t_i <= t of 1
 * - d_i / n_i. Sources: Kaplan and Meier 1958, JASA 53:457, with the risk sets of Tsai, Jewell and
 * Wang 1987, Biometrika 74:883; limits Kalbfleisch and Prentice 2002, The Statistical Analysis of
 * Failure Time Data, section 1.4. The caller clears. NO_MEMORY. */
CHURN_MUST_USE churn_status churn_survival_of(const churn_watched *watched, size_t count,
                                              double level, churn_survival *survival,
                                              churn_error *error);
void churn_survival_clear(churn_survival *survival);

/* The curve at `time`; before its first step survival 1, error 0 and no limits. `at_risk` and
 * `lost` are those of the step. */
churn_survival_step churn_survival_at(const churn_survival *survival, int32_t time);

/* Smallest time at which the share that stays longer is `share` or less, of the curve (0) or of its
 * lower (-1) or upper (1) limits; NaN where it never is. */
double churn_survival_time(const churn_survival *survival, double share, int limit);

/* How many are under watch just after `time`: start <= time < stop. */
uint64_t churn_survival_watched(const churn_survival *survival, int32_t time);

#endif
