/* Text made of a file's bytes: the same on the heap and in a temporary file.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "source/made.h"

#include "support.h"

#include <stdlib.h>
#include <string.h>

enum { LENGTH = 5000003 };

static char byte_at(size_t at)
{
  return (char)(at * 2654435761u >> 13);
}

/* LENGTH bytes in pieces of many sizes. */
static churn_input make(uint64_t bound)
{
  const churn_run run = {.memory_bytes = bound};
  churn_made made = churn_made_start(&run);
  churn_error error = {0};
  size_t done = 0, room;
  for (size_t step = 1; done < LENGTH; step = step * 3 % 70001) {
    char *at;
    size_t wanted = step < LENGTH - done ? step : LENGTH - done;
    assert_ok(churn_made_room(&made, wanted, &at, &room, &error), &error);
    assert_true(room >= wanted);
    for (size_t i = 0; i < wanted; i++)
      at[i] = byte_at(done + i);
    churn_made_took(&made, wanted);
    done += wanted;
  }
  churn_input text;
  assert_ok(churn_made_finish(&made, &text, &error), &error);
  return text;
}

static void the_text_is_the_same_with_any_bound(void **state)
{
  (void)state;
  const uint64_t bounds[] = {0, 1, 100000, 8 << 20, 1 << 30, 4 * (LENGTH - 1)};
  const bool mapped[] = {false, true, true, true, false, false}; /* the last just holds it */
  for (size_t b = 0; b < sizeof bounds / sizeof bounds[0]; b++) {
    churn_input text = make(bounds[b]);
    assert_int_equal(text.length, LENGTH);
    assert_int_equal(text.mapped, mapped[b]);
    for (size_t i = 0; i < LENGTH; i++)
      if (text.bytes[i] != byte_at(i))
        fail_msg("byte %zu", i);
    churn_input_let_go(&text, 0, LENGTH);
    assert_int_equal(text.bytes[LENGTH / 2], byte_at(LENGTH / 2));
    churn_input_clear(&text);
  }
}

static void a_text_of_nothing_is_not_null(void **state)
{
  (void)state;
  churn_made made = churn_made_start(NULL);
  churn_input text;
  assert_ok(churn_made_finish(&made, &text, NULL), NULL);
  assert_non_null(text.bytes);
  assert_int_equal(text.length, 0);
  churn_input_clear(&text);
}

static void where_no_file_can_be_made_nothing_is_given(void **state)
{
  (void)state;
  const churn_run run = {.memory_bytes = 8};
  churn_made made = churn_made_start(&run);
  churn_error error = {0};
  char *at;
  size_t room;
  assert_ok(churn_made_room(&made, 2, &at, &room, &error), &error);
  churn_made_took(&made, room);
  setenv("TMPDIR", "/nowhere/at/all", 1);
  assert_int_equal(churn_made_room(&made, 100, &at, &room, &error), CHURN_CANNOT_CREATE);
  unsetenv("TMPDIR");
  churn_made_clear(&made);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_text_is_the_same_with_any_bound),
      cmocka_unit_test(a_text_of_nothing_is_not_null),
      cmocka_unit_test(where_no_file_can_be_made_nothing_is_given),
  };
  return cmocka_run_group_tests_name("made", tests, NULL, NULL);
}
