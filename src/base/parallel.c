/* Runs N numbered tasks on any number of threads.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/parallel.h"

#include <omp.h>
#include <stdatomic.h>

int churn_parallel_threads(const churn_run *run)
{
  int threads = run != NULL && run->threads > 0 ? run->threads : omp_get_num_procs();
  return threads < 1 ? 1 : threads;
}

typedef struct shared {
  atomic_size_t next;
  atomic_size_t lowest_failed;
  atomic_size_t done;
} shared;

static void report(const churn_run *run, const char *stage, size_t done, size_t count)
{
  if (stage != NULL && run != NULL && run->progress != NULL)
    run->progress->report(run->progress->context, stage, done, count);
}

/* Keeps `failure` when its task is the lowest so far. */
static void keep_lowest(shared *s, size_t task, const churn_error *failure, churn_status status,
                        churn_error *error, churn_status *result)
{
#pragma omp critical(churn_parallel_failure)
  {
    if (task < atomic_load(&s->lowest_failed)) {
      atomic_store(&s->lowest_failed, task);
      *result = status;
      if (error != NULL)
        *error = *failure;
    }
  }
}

churn_status churn_parallel_run(size_t count, churn_task *task, void *context, const char *stage,
                                const churn_run *run, churn_error *error)
{
  shared s;
  atomic_init(&s.next, 0);
  atomic_init(&s.lowest_failed, count);
  atomic_init(&s.done, 0);
  churn_status result = CHURN_OK;
  int threads = churn_parallel_threads(run);
  if ((size_t)threads > count)
    threads = count == 0 ? 1 : (int)count;
#pragma omp parallel num_threads(threads) default(none)                                            \
    shared(s, count, task, context, stage, run, error, result)
  {
    int thread = omp_get_thread_num();
    for (;;) {
      size_t number = atomic_fetch_add(&s.next, 1);
      if (number >= count || number >= atomic_load(&s.lowest_failed))
        break;
      churn_error failure = {.status = CHURN_OK};
      churn_status status = task(context, number, thread, &failure);
      if (status != CHURN_OK)
        keep_lowest(&s, number, &failure, status, error, &result);
      size_t done = atomic_fetch_add(&s.done, 1) + 1;
      if (thread == 0)
        report(run, stage, done, count);
    }
  }
  return result;
}
