/* Dictionaries of base/: codes, texts, merging.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/dictionary.h"

#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t add(churn_dictionary *dictionary, const char *text)
{
  uint32_t code = 4711;
  assert_ok(churn_dictionary_add(dictionary, text, strlen(text), &code), NULL);
  return code;
}

static void codes_follow_first_sight_and_repeat(void **state)
{
  (void)state;
  churn_dictionary *d = churn_dictionary_new();
  assert_non_null(d);
  assert_int_equal(churn_dictionary_count(d), 0);
  assert_int_equal(add(d, "web"), 0);
  assert_int_equal(add(d, "email"), 1);
  assert_int_equal(add(d, "web"), 0);
  assert_int_equal(add(d, ""), 2);
  assert_int_equal(add(d, "\xE4\xB8\xAD\xE6\x96\x87"), 3);
  assert_int_equal(churn_dictionary_count(d), 4);
  assert_string_equal(churn_dictionary_text(d, 1), "email");
  assert_int_equal(churn_dictionary_length(d, 1), 5);
  assert_string_equal(churn_dictionary_text(d, 2), "");
  assert_int_equal(churn_dictionary_length(d, 3), 6);
  churn_dictionary_free(d);
}

static void find_gives_the_code_or_missing_and_adds_nothing(void **state)
{
  (void)state;
  churn_dictionary *d = churn_dictionary_new();
  assert_non_null(d);
  assert_int_equal(churn_dictionary_find(d, "a", 1), CHURN_CODE_MISSING);
  add(d, "phone");
  add(d, "phon");
  assert_int_equal(churn_dictionary_find(d, "phone", 5), 0);
  assert_int_equal(churn_dictionary_find(d, "phone", 4), 1);
  assert_int_equal(churn_dictionary_find(d, "pho", 3), CHURN_CODE_MISSING);
  assert_int_equal(churn_dictionary_count(d), 2);
  churn_dictionary_free(d);
}

static void the_given_length_counts_not_a_terminator(void **state)
{
  (void)state;
  churn_dictionary *d = churn_dictionary_new();
  assert_non_null(d);
  const char text[] = {'a', 'b', 'c'};
  uint32_t code = 9;
  assert_ok(churn_dictionary_add(d, text, 2, &code), NULL);
  assert_string_equal(churn_dictionary_text(d, code), "ab");
  churn_dictionary_free(d);
}

/* Past many growths of the hash and many blocks of text; texts must not move. */
static void many_and_long_texts_stay_where_they_are(void **state)
{
  (void)state;
  enum { MANY = 30011, LONG = 200000 };
  churn_dictionary *d = churn_dictionary_new();
  assert_non_null(d);
  add(d, "first");
  const char *first = churn_dictionary_text(d, 0);
  char text[32];
  for (int i = 0; i < MANY; i++) {
    snprintf(text, sizeof text, "C%d", i * 7);
    assert_int_equal(add(d, text), i + 1);
  }
  char *long_text = malloc(LONG);
  assert_non_null(long_text);
  memset(long_text, 'x', LONG);
  uint32_t code = 0;
  assert_ok(churn_dictionary_add(d, long_text, LONG, &code), NULL);
  assert_int_equal(churn_dictionary_length(d, code), LONG);
  assert_memory_equal(churn_dictionary_text(d, code), long_text, LONG);
  assert_ptr_equal(churn_dictionary_text(d, 0), first);
  for (int i = 0; i < MANY; i++) {
    int length = snprintf(text, sizeof text, "C%d", i * 7);
    assert_int_equal(churn_dictionary_find(d, text, (size_t)length), i + 1);
  }
  free(long_text);
  churn_dictionary_free(d);
}

static churn_dictionary *dictionary_of(const char *const *texts, size_t count)
{
  churn_dictionary *d = churn_dictionary_new();
  assert_non_null(d);
  for (size_t i = 0; i < count; i++)
    add(d, texts[i]);
  return d;
}

/* Expected order by hand: bytes as unsigned, a text before its own extension. */
static void a_merge_is_sorted_bytewise_and_maps_every_old_code(void **state)
{
  (void)state;
  static const char *const one[] = {"web", "\xC3\xA9t\xC3\xA9", "a", ""};
  static const char *const two[] = {"b", "ab", "web", "Z"};
  static const char *const sorted[] = {"", "Z", "a", "ab", "b", "web", "\xC3\xA9t\xC3\xA9"};
  churn_dictionary *parts[] = {dictionary_of(one, 4), dictionary_of(two, 4), dictionary_of(one, 0)};
  const churn_dictionary *const given[] = {parts[0], parts[1], parts[2]};
  churn_dictionary *merged = NULL;
  uint32_t *remaps[3] = {NULL, NULL, NULL};
  assert_ok(churn_dictionary_merge(given, 3, &merged, remaps), NULL);
  assert_int_equal(churn_dictionary_count(merged), 7);
  for (uint32_t i = 0; i < 7; i++) {
    assert_string_equal(churn_dictionary_text(merged, i), sorted[i]);
    assert_int_equal(churn_dictionary_find(merged, sorted[i], strlen(sorted[i])), i);
  }
  for (uint32_t i = 0; i < 4; i++) {
    assert_string_equal(churn_dictionary_text(merged, remaps[0][i]), one[i]);
    assert_string_equal(churn_dictionary_text(merged, remaps[1][i]), two[i]);
  }
  assert_non_null(remaps[2]);
  assert_int_equal(churn_dictionary_count(parts[0]), 4);
  for (size_t i = 0; i < 3; i++) {
    free(remaps[i]);
    churn_dictionary_free(parts[i]);
  }
  churn_dictionary_free(merged);
}

static void a_merge_does_not_depend_on_the_order_of_the_parts(void **state)
{
  (void)state;
  static const char *const one[] = {"q", "c", "x1"};
  static const char *const two[] = {"c", "x", "aa"};
  churn_dictionary *a = dictionary_of(one, 3), *b = dictionary_of(two, 3);
  const churn_dictionary *const forth[] = {a, b}, *const back[] = {b, a};
  churn_dictionary *first = NULL, *second = NULL;
  uint32_t *remaps[2], *others[2];
  assert_ok(churn_dictionary_merge(forth, 2, &first, remaps), NULL);
  assert_ok(churn_dictionary_merge(back, 2, &second, others), NULL);
  assert_int_equal(churn_dictionary_count(first), 5);
  assert_int_equal(churn_dictionary_count(second), 5);
  for (uint32_t i = 0; i < 5; i++)
    assert_string_equal(churn_dictionary_text(first, i), churn_dictionary_text(second, i));
  for (size_t i = 0; i < 3; i++)
    assert_int_equal(remaps[0][i], others[1][i]);
  for (size_t i = 0; i < 2; i++) {
    free(remaps[i]);
    free(others[i]);
  }
  churn_dictionary_free(first);
  churn_dictionary_free(second);
  churn_dictionary_free(a);
  churn_dictionary_free(b);
}

static void a_merge_of_nothing_is_empty_and_can_grow(void **state)
{
  (void)state;
  churn_dictionary *merged = NULL;
  assert_ok(churn_dictionary_merge(NULL, 0, &merged, NULL), NULL);
  assert_int_equal(churn_dictionary_count(merged), 0);
  assert_int_equal(add(merged, "new"), 0);
  churn_dictionary_free(merged);
}

static void a_dictionary_of_sorted_texts_has_their_places_as_codes(void **state)
{
  (void)state;
  static char all[5000][24];
  const char *texts[5000];
  size_t lengths[5000];
  for (int i = 0; i < 5000; i++) {
    snprintf(all[i], sizeof all[i], i % 2 == 0 ? "%05d" : "%05d and some more", i);
    texts[i] = all[i];
    lengths[i] = strlen(all[i]);
  }
  churn_dictionary *made = NULL;
  assert_ok(churn_dictionary_of_sorted(texts, lengths, 5000, &made), NULL);
  assert_int_equal(churn_dictionary_count(made), 5000);
  for (uint32_t i = 0; i < 5000; i++) {
    assert_string_equal(churn_dictionary_text(made, i), all[i]);
    assert_int_equal(churn_dictionary_find(made, texts[i], lengths[i]), i);
  }
  assert_int_equal(churn_dictionary_find(made, "0000", 4), CHURN_CODE_MISSING);
  assert_int_equal(add(made, "new"), 5000);
  churn_dictionary_free(made);
  assert_ok(churn_dictionary_of_sorted(NULL, NULL, 0, &made), NULL);
  assert_int_equal(add(made, "new"), 0);
  churn_dictionary_free(made);
}

static void texts_out_of_order_or_twice_make_no_dictionary(void **state)
{
  (void)state;
  churn_dictionary *made = NULL;
  assert_ok(
      churn_dictionary_of_sorted((const char *[]){"a", "c", "b"}, (size_t[]){1, 1, 1}, 3, &made),
      NULL);
  assert_null(made);
  assert_ok(churn_dictionary_of_sorted((const char *[]){"a", "a"}, (size_t[]){1, 1}, 2, &made),
            NULL);
  assert_null(made);
}

/* Texts in order with some left out, some unknown, some out of order, some twice; long ones too. */
static void texts_found_near_have_the_codes_that_texts_found_anyhow_have(void **state)
{
  (void)state;
  enum { TEXTS = 500 };
  churn_dictionary *d = churn_dictionary_new();
  static char texts[TEXTS][40];
  for (size_t i = 0; i < TEXTS; i++) {
    snprintf(texts[i], sizeof texts[i], "%s%04zu", i % 7 == 0 ? "a customer with a long id " : "C",
             i);
    if (i % 11 != 3)
      add(d, texts[i]);
  }
  const size_t steps[] = {0, 1, 2, 3, 5, 499};
  for (size_t s = 0; s < sizeof steps / sizeof steps[0]; s++)
    for (size_t first = 0; first < TEXTS; first += 61) {
      const char *batch[CHURN_DICTIONARY_BATCH];
      size_t lengths[CHURN_DICTIONARY_BATCH];
      uint32_t codes[CHURN_DICTIONARY_BATCH];
      for (size_t i = 0; i < CHURN_DICTIONARY_BATCH; i++) {
        batch[i] = texts[(first + i * steps[s]) % TEXTS];
        lengths[i] = strlen(batch[i]);
      }
      churn_dictionary_find_near(d, batch, lengths, CHURN_DICTIONARY_BATCH, codes);
      for (size_t i = 0; i < CHURN_DICTIONARY_BATCH; i++)
        assert_int_equal(codes[i], churn_dictionary_find(d, batch[i], lengths[i]));
    }
  churn_dictionary_find_near(d, NULL, NULL, 0, NULL);
  churn_dictionary_free(d);
  d = churn_dictionary_new();
  uint32_t code = 7;
  churn_dictionary_find_near(d, (const char *[]){"x"}, (size_t[]){1}, 1, &code);
  assert_int_equal(code, CHURN_CODE_MISSING);
  churn_dictionary_free(d);
}

static void free_takes_null(void **state)
{
  (void)state;
  churn_dictionary_free(NULL);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(codes_follow_first_sight_and_repeat),
      cmocka_unit_test(find_gives_the_code_or_missing_and_adds_nothing),
      cmocka_unit_test(the_given_length_counts_not_a_terminator),
      cmocka_unit_test(many_and_long_texts_stay_where_they_are),
      cmocka_unit_test(a_merge_is_sorted_bytewise_and_maps_every_old_code),
      cmocka_unit_test(a_merge_does_not_depend_on_the_order_of_the_parts),
      cmocka_unit_test(a_merge_of_nothing_is_empty_and_can_grow),
      cmocka_unit_test(a_dictionary_of_sorted_texts_has_their_places_as_codes),
      cmocka_unit_test(texts_out_of_order_or_twice_make_no_dictionary),
      cmocka_unit_test(texts_found_near_have_the_codes_that_texts_found_anyhow_have),
      cmocka_unit_test(free_takes_null),
  };
  return cmocka_run_group_tests_name("dictionary", tests, NULL, NULL);
}
