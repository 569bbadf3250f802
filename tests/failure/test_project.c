/* Reading a project file with every allocation failing in turn: out of memory is told, nothing is
 * given and nothing leaks (the sanitizers look).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "project/project.h"
#include "support.h"

#include <stdlib.h>

static long left = -1; /* allocations that still work; below 0 = all */

static bool works(void)
{
  if (left == 0)
    return false;
  left -= left > 0;
  return true;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);

void *__wrap_malloc(size_t size)
{
  return works() ? __real_malloc(size) : NULL;
}

void *__wrap_calloc(size_t count, size_t size)
{
  return works() ? __real_calloc(count, size) : NULL;
}

void *__wrap_realloc(void *old, size_t size)
{
  return works() ? __real_realloc(old, size) : NULL;
}

/* Reads with 0, 1, 2, … working allocations until one read says what it says with all of them. */
static long count_failures(const char *path, const churn_source_override *override,
                           churn_status expected)
{
  for (long works_until = 0;; works_until++) {
    churn_project *project = NULL;
    churn_error error = {.status = CHURN_OK};
    left = works_until;
    churn_status status =
        churn_project_read(path, override, override == NULL ? 0 : 1, NULL, &project, &error);
    left = -1;
    assert_true((status == CHURN_OK) == (project != NULL));
    churn_project_free(project);
    if (status == expected)
      return works_until;
    assert_int_equal(status, CHURN_NO_MEMORY);
    assert_int_equal(error.status, CHURN_NO_MEMORY);
  }
}

static void every_failed_allocation_of_a_right_project_is_told(void **state)
{
  static const churn_source_override override = {"calls", "x.csv"};
  (void)state;
  scratch_make();
  const char *path =
      scratch_write("churn.yaml", "version: 1\ncustomers: {from: c.csv, id: key, left: gone}\n"
                                  "histories:\n"
                                  "  calls: {from: h.csv, id: key, day: at, columns: {n: number}}\n"
                                  "outcome: {event: calls where n > 2, horizon: 30d}\n"
                                  "missing: [a, b]\nfeature_sets: {all: ['*']}\n"
                                  "playbook: {file: own.yaml, causes: {a: {label: {zh: B}, "
                                  "histories: [calls]}}}\nlist: {exclude: [other]}\n");
  scratch_write("own.yaml", "version: 1\nowners: {rep: R}\n"
                            "causes: {a: {label: A, owner: rep, features: [\"*a*\", b]}}\n");
  assert_true(count_failures(path, &override, CHURN_OK) > 10);
  scratch_remove();
}

static void every_failed_allocation_of_a_wrong_project_is_told(void **state)
{
  (void)state;
  scratch_make();
  const char *path = scratch_write("churn.yaml", "version: 2\nversion: 3\npool: x\n");
  assert_true(count_failures(path, NULL, CHURN_BAD_PROJECT) > 5);
  scratch_remove();
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_failed_allocation_of_a_right_project_is_told),
      cmocka_unit_test(every_failed_allocation_of_a_wrong_project_is_told)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
