/* A file whose text is made by all threads. A thread makes a part, waits until all parts before it
 * are written, and writes it: what it writes is still in its cache, and while it writes others make
 * theirs. Tasks are begun in their order, so that whoever waits waits for one that runs.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/output_tasks.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/parallel.h"

#include <pthread.h>
#include <stdlib.h>

typedef struct writing {
  churn_output *output;
  churn_text_task *make;
  void *context;
  churn_buffer *buffers; /* [threads] */
  pthread_mutex_t lock;
  pthread_cond_t written;
  size_t next; /* the part whose turn it is */
} writing;

static void write_in_turn(writing *w, size_t part, const churn_buffer *buffer)
{
  pthread_mutex_lock(&w->lock);
  while (w->next != part)
    pthread_cond_wait(&w->written, &w->lock);
  pthread_mutex_unlock(&w->lock);
  if (!buffer->failed)
    churn_output_write(w->output, buffer->bytes, buffer->used);
  pthread_mutex_lock(&w->lock);
  w->next++;
  pthread_cond_broadcast(&w->written);
  pthread_mutex_unlock(&w->lock);
}

static churn_status do_part(void *context, size_t part, int thread, churn_error *error)
{
  writing *w = context;
  churn_buffer *buffer = &w->buffers[thread];
  buffer->used = 0;
  w->make(w->context, part, buffer);
  write_in_turn(w, part, buffer);
  return buffer->failed ? churn_error_no_memory(error) : CHURN_OK;
}

churn_status churn_output_tasks(churn_output *output, size_t count, churn_text_task *make,
                                void *context, const churn_run *run, churn_error *error)
{
  size_t threads = (size_t)churn_parallel_threads(run);
  writing w = {.output = output,
               .make = make,
               .context = context,
               .buffers = churn_array_new(threads, sizeof *w.buffers)};
  if (w.buffers == NULL)
    return churn_error_no_memory(error);
  pthread_mutex_init(&w.lock, NULL);
  pthread_cond_init(&w.written, NULL);
  churn_status status = churn_parallel_run(count, do_part, &w, NULL, run, error);
  pthread_cond_destroy(&w.written);
  pthread_mutex_destroy(&w.lock);
  for (size_t i = 0; i < threads; i++)
    churn_buffer_clear(&w.buffers[i]);
  free(w.buffers);
  return status;
}
