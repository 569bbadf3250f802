/* A file whose text is made by all threads. Groups of parts: while the parts of one are made, those
 * of the group before it are written.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/output_tasks.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/parallel.h"

#include <stdlib.h>

enum { PARTS_A_THREAD = 8 };

typedef struct group {
  churn_output *output;
  churn_text_task *make;
  void *context;
  churn_buffer *ready, *next; /* [parts] of the group before, and of this one */
  size_t ready_count;
  size_t first; /* part of this group */
} group;

static churn_status do_task(void *context, size_t task, int thread, churn_error *error)
{
  (void)thread;
  const group *g = context;
  if (task > 0) {
    churn_buffer *buffer = &g->next[task - 1];
    g->make(g->context, g->first + task - 1, buffer);
    return buffer->failed ? churn_error_no_memory(error) : CHURN_OK;
  }
  for (size_t i = 0; i < g->ready_count; i++) {
    churn_output_write(g->output, g->ready[i].bytes, g->ready[i].used);
    g->ready[i].used = 0;
  }
  return CHURN_OK;
}

churn_status churn_output_tasks(churn_output *output, size_t count, churn_text_task *make,
                                void *context, const churn_run *run, churn_error *error)
{
  size_t parts = PARTS_A_THREAD * (size_t)churn_parallel_threads(run);
  churn_buffer *buffers = churn_array_new(2 * parts, sizeof *buffers);
  group g = {.output = output, .make = make, .context = context};
  churn_status status = buffers == NULL ? churn_error_no_memory(error) : CHURN_OK;
  g.ready = buffers;
  g.next = buffers == NULL ? NULL : buffers + parts;
  while (status == CHURN_OK && (g.first < count || g.ready_count > 0)) {
    size_t here = count - g.first < parts ? count - g.first : parts;
    status = churn_parallel_run(1 + here, do_task, &g, NULL, run, error);
    churn_buffer *written = g.ready;
    g.ready = g.next;
    g.next = written;
    g.ready_count = here;
    g.first += here;
  }
  for (size_t i = 0; buffers != NULL && i < 2 * parts; i++)
    churn_buffer_clear(&buffers[i]);
  free(buffers);
  return status;
}
