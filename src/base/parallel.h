/* Runs N numbered tasks on any number of threads. The only file of the project that knows OpenMP is
 * parallel.c.
 *
 * Tasks must write only to places of their own; what they compute may depend on their number, never
 * on the thread. Then the result is the same for any number of threads.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_BASE_PARALLEL_H
#define CHURN_BASE_PARALLEL_H

#include <churn/run.h>
#include <stddef.h>

/* One task. `thread` is 0..threads-1 and only picks scratch memory. */
typedef churn_status churn_task(void *context, size_t task, int thread, churn_error *error);

/* Threads that `run` asks for, at least 1. */
int churn_parallel_threads(const churn_run *run);

/* Runs tasks 0..count-1. When tasks fail, the error of the lowest-numbered failed task is reported,
 * whatever the order they ran in: every task numbered below a failed one still runs. `stage` names
 * the work for progress, NULL = silent. */
CHURN_MUST_USE churn_status churn_parallel_run(size_t count, churn_task *task, void *context,
                                               const char *stage, const churn_run *run,
                                               churn_error *error);

#endif
