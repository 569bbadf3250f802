/* What a night's gates found.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_GATES_H
#define CHURN_GATES_H

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum churn_verdict {
  CHURN_GATE_PASSED,
  CHURN_GATE_TRIPPED,
  CHURN_GATE_NOT_JUDGED /* there is nothing to hold it against; the message says what is missing */
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
  bool hold; /* tripped, it holds the night back */
  char *message;
  char *message_zh; /* the same in Chinese */
} churn_gate;

#ifdef __cplusplus
}
#endif

#endif
