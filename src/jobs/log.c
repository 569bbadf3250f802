/* Lines of the operator's jobs.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs/log.h"

#include <churn/status.h>
#include <stdarg.h>
#include <stdio.h>

void churn_log_say(const churn_log *log, churn_log_level level, const char *stage,
                   const char *format, ...)
{
  char text[CHURN_MESSAGE_SIZE];
  if (log == NULL)
    return;
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  log->line(log->context, level, stage, text);
}
