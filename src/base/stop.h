/* Whether a caller asked to end early, and the error that says so.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_BASE_STOP_H
#define CHURN_BASE_STOP_H

#include "base/error.h"

#include <churn/run.h>
#include <stdbool.h>
#include <stddef.h>

/* `stop` NULL = nobody can ask. */
static inline bool churn_stop_is_asked(const churn_stop_request *stop)
{
  return stop != NULL && stop->asked;
}

/* INTERNAL, "stopped", where the caller asked to stop. */
CHURN_MUST_USE static inline churn_status churn_stop_check(const churn_stop_request *stop,
                                                           churn_error *error)
{
  return churn_stop_is_asked(stop) ? churn_error_set(error, CHURN_INTERNAL, "stopped") : CHURN_OK;
}

#endif
