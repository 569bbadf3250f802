/* What a night's gates found.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_GATES_H
#define CHURN_GATES_H

#include <churn/day.h>
#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum churn_verdict {
  CHURN_GATE_PASSED,
  CHURN_GATE_TRIPPED,
  CHURN_GATE_NOT_JUDGED, /* there is nothing to hold it against; the message says what is missing */
  CHURN_GATE_KNOWN       /* it would trip, but has done so for so many nights that it is no news */
} churn_verdict;

/* One figure held against one threshold. */
typedef struct churn_gate {
  const char *name; /* "rows", …; fixed texts */
  char *subject;    /* the source's or feature's name; "" where it is about the whole */
  double value;     /* NaN where not judged */
  double limit; /* the threshold in force: the project's, or where the data loosen it (freshness,
                   drift) that */
  double p;     /* "drift", "scores": Holm's over the features; else NaN */
  churn_verdict verdict;
  bool hold;       /* tripped, it holds the night back */
  churn_day since; /* tripped, known: the first of the nights in a row; MISSING: neither */
  char *message;
  char *message_zh; /* the same in Chinese */
} churn_gate;

#ifdef __cplusplus
}
#endif

#endif
