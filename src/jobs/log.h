/* Lines of the operator's jobs, for whoever reads along (churn/log.h).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_JOBS_LOG_H
#define CHURN_JOBS_LOG_H

#include <churn/log.h>

/* As printf; log NULL = silent. */
void churn_log_say(const churn_log *log, churn_log_level level, const char *stage,
                   const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
