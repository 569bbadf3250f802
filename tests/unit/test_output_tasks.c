/* A file made by all threads: the bytes are those of its parts in order.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/output_tasks.h"
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Parts of very different lengths, some empty. */
static void make_part(void *context, size_t task, churn_buffer *buffer)
{
  const size_t *most = context;
  for (size_t i = 0; i < task * 37 % *most; i++) {
    char text[32];
    int length = snprintf(text, sizeof text, "%zu.%zu\n", task, i);
    churn_buffer_write(buffer, text, (size_t)length);
  }
}

static void test_in_order(void **state)
{
  (void)state;
  size_t most = 900;
  scratch_make();
  for (int threads = 1; threads <= 3; threads++)
    for (size_t parts = 0; parts < 60; parts = parts * 2 + 1) {
      churn_run run = {.threads = threads};
      churn_output *output = NULL;
      churn_error error = {0};
      churn_buffer expected = {0};
      size_t length = 1;
      for (size_t i = 0; i < parts; i++)
        make_part(&most, i, &expected);
      assert_ok(churn_output_open(scratch_path("made"), &output, &error), &error);
      assert_ok(churn_output_tasks(output, parts, make_part, &most, &run, &error), &error);
      assert_ok(churn_output_commit(output, &error), &error);
      char *bytes = file_read(scratch_path("made"), &length);
      assert_int_equal(length, expected.used);
      if (length > 0)
        assert_memory_equal(bytes, expected.bytes, length);
      free(bytes);
      churn_buffer_clear(&expected);
    }
  scratch_remove();
}

static void test_full_disk(void **state)
{
  (void)state;
  size_t most = 900;
  churn_output *output = NULL;
  churn_error error = {0};
  assert_ok(churn_output_open("/dev/full", &output, &error), &error);
  assert_ok(churn_output_tasks(output, 40, make_part, &most, NULL, &error), &error);
  assert_int_equal(churn_output_commit(output, &error), CHURN_IO);
}

static void fail_part(void *context, size_t task, churn_buffer *buffer)
{
  (void)context;
  buffer->failed = task == 5;
}

static void test_no_memory(void **state)
{
  (void)state;
  churn_output *output = NULL;
  churn_error error = {0};
  assert_ok(churn_output_open("/dev/null", &output, &error), &error);
  assert_int_equal(churn_output_tasks(output, 40, fail_part, NULL, NULL, &error), CHURN_NO_MEMORY);
  churn_output_discard(output);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      {"parts come in order for any number of threads", test_in_order, NULL, NULL, NULL},
      {"a full disk is told by the commit", test_full_disk, NULL, NULL, NULL},
      {"a part without memory fails the file", test_no_memory, NULL, NULL, NULL},
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
