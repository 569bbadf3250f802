/* A file whose text is made by all threads, part by part; each writes its part when it is its turn.
 * The bytes are those of the parts in their order.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_BASE_OUTPUT_TASKS_H
#define CHURN_BASE_OUTPUT_TASKS_H

#include "base/buffer.h"
#include "base/output.h"

#include <churn/run.h>

/* Appends part `task`'s text to the buffer, which is empty. A part that fits a cache, of some 100
 * KB, is best. */
typedef void churn_text_task(void *context, size_t task, churn_buffer *buffer);

/* Writes parts 0..count-1. NO_MEMORY; failures to write are the commit's. */
CHURN_MUST_USE churn_status churn_output_tasks(churn_output *output, size_t count,
                                               churn_text_task *make, void *context,
                                               const churn_run *run, churn_error *error);

#endif
