/* Numbered tasks on any number of threads.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/error.h"
#include "base/parallel.h"
#include "support.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { TASKS = 1000, MOST_THREADS = 16 };

typedef struct work {
  atomic_int runs[TASKS];
  atomic_int highest_thread;
  bool fails[TASKS];
  size_t slow; /* this task sleeps, so that later ones overtake it */
} work;

static churn_status count_run(void *context, size_t task, int thread, churn_error *error)
{
  work *w = context;
  atomic_fetch_add(&w->runs[task], 1);
  for (int seen = atomic_load(&w->highest_thread);
       thread > seen && !atomic_compare_exchange_weak(&w->highest_thread, &seen, thread);)
    ;
  if (task == w->slow)
    nanosleep(&(struct timespec){0, 5000000}, NULL);
  if (w->fails[task])
    return churn_error_set(error, task % 2 == 0 ? CHURN_MALFORMED : CHURN_IO, "task %zu", task);
  return CHURN_OK;
}

static churn_status run_on(int threads, size_t count, work *w, churn_error *error)
{
  churn_run run = {.threads = threads};
  return churn_parallel_run(count, count_run, w, NULL, &run, error);
}

static void every_task_runs_once(void **state)
{
  (void)state;
  for (int threads = 1; threads <= MOST_THREADS; threads++) {
    work w = {.slow = TASKS};
    churn_error error;
    assert_ok(run_on(threads, TASKS, &w, &error), &error);
    for (size_t i = 0; i < TASKS; i++)
      assert_int_equal(atomic_load(&w.runs[i]), 1);
    assert_true(atomic_load(&w.highest_thread) < threads);
  }
}

static void no_tasks_are_done_at_once(void **state)
{
  work w = {.slow = TASKS};
  (void)state;
  assert_int_equal(run_on(4, 0, &w, NULL), CHURN_OK);
  assert_int_equal(atomic_load(&w.runs[0]), 0);
}

/* Task 37 is made slow: with several threads 38 and 500 fail before it does, and its error is still
 * the one that is told. */
static void the_lowest_failure_is_told_whatever_the_threads(void **state)
{
  (void)state;
  for (int threads = 1; threads <= MOST_THREADS; threads++)
    for (int round = 0; round < 5; round++) {
      work w = {.slow = 37};
      churn_error error = {.status = CHURN_OK};
      w.fails[37] = w.fails[38] = w.fails[500] = true;
      assert_int_equal(run_on(threads, TASKS, &w, &error), CHURN_IO);
      assert_int_equal(error.status, CHURN_IO);
      assert_string_equal(error.message, "task 37");
      for (size_t i = 0; i <= 37; i++)
        assert_int_equal(atomic_load(&w.runs[i]), 1);
    }
}

static void a_failure_of_the_last_task_is_told(void **state)
{
  (void)state;
  for (int threads = 1; threads <= 3; threads++) {
    work w = {.slow = TASKS};
    w.fails[TASKS - 1] = true;
    assert_int_equal(run_on(threads, TASKS, &w, NULL), CHURN_IO);
  }
}

typedef struct seen {
  const char *stage;
  uint64_t last;
  uint64_t total;
  int calls;
} seen;

static void look(void *context, const char *stage, uint64_t done, uint64_t total)
{
  seen *s = context;
  assert_true(done > s->last && done <= total);
  *s = (seen){stage, done, total, s->calls + 1};
}

static void progress_grows_and_names_its_stage(void **state)
{
  work w = {.slow = TASKS};
  seen s = {NULL, 0, 0, 0};
  churn_progress progress = {look, &s};
  churn_run run = {.threads = 1, .progress = &progress};
  (void)state;
  assert_int_equal(churn_parallel_run(TASKS, count_run, &w, "features", &run, NULL), CHURN_OK);
  assert_string_equal(s.stage, "features");
  assert_int_equal(s.total, TASKS);
  assert_int_equal(s.last, TASKS);
  assert_int_equal(s.calls, TASKS);
}

static void threads_are_as_asked_or_as_many_as_there_are(void **state)
{
  churn_run run = {.threads = 7};
  (void)state;
  assert_int_equal(churn_parallel_threads(&run), 7);
  run.threads = 0;
  assert_true(churn_parallel_threads(&run) >= 1);
  assert_int_equal(churn_parallel_threads(NULL), churn_parallel_threads(&run));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_task_runs_once),
      cmocka_unit_test(no_tasks_are_done_at_once),
      cmocka_unit_test(the_lowest_failure_is_told_whatever_the_threads),
      cmocka_unit_test(a_failure_of_the_last_task_is_told),
      cmocka_unit_test(progress_grows_and_names_its_stage),
      cmocka_unit_test(threads_are_as_asked_or_as_many_as_there_are)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
