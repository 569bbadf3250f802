/* What a job of the operator's says while it runs: a line a stage.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_LOG_H
#define CHURN_LOG_H

#ifdef __cplusplus
extern "C" {
#endif

/* Levels of syslog. */
typedef enum churn_log_level {
  CHURN_LOG_ERROR = 3,
  CHURN_LOG_WARNING = 4,
  CHURN_LOG_INFO = 6
} churn_log_level;

/* Called once for each stage that ends, and for each gate that trips. `stage` is a fixed word.
 * Texts are borrowed until it returns. */
typedef struct churn_log {
  void (*line)(void *context, churn_log_level level, const char *stage, const char *text);
  void *context;
} churn_log;

#ifdef __cplusplus
}
#endif

#endif
