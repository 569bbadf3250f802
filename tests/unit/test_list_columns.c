/* Names of the ranked list's columns.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "support.h"

#include <churn/score.h>
#include <string.h>

static void names_give_columns_in_their_order(void **state)
{
  (void)state;
  churn_list_columns columns = {.count = 0};
  churn_error error;
  assert_int_equal(churn_list_columns_read("customer_id,probability", &columns, &error), CHURN_OK);
  assert_int_equal(columns.count, 2);
  assert_int_equal(columns.columns[0], CHURN_LIST_CUSTOMER_ID);
  assert_int_equal(columns.columns[1], CHURN_LIST_PROBABILITY);
  assert_int_equal(churn_list_columns_read(" model , rank,reason_3 ", &columns, &error), CHURN_OK);
  assert_int_equal(columns.count, 3);
  assert_int_equal(columns.columns[0], CHURN_LIST_MODEL);
  assert_int_equal(columns.columns[1], CHURN_LIST_RANK);
  assert_int_equal(columns.columns[2], CHURN_LIST_REASON_3);
}

static void every_column_has_a_name(void **state)
{
  (void)state;
  churn_list_columns columns;
  churn_error error;
  assert_int_equal(churn_list_columns_read("rank,customer_id,as_of,probability,logit,value,"
                                           "expected_loss,reason_1,reason_2,reason_3,model,cause,"
                                           "action,owner,worth,rep,probability_low,"
                                           "probability_high,top_probability,borderline,control",
                                           &columns, &error),
                   CHURN_OK);
  assert_int_equal(columns.count, CHURN_LIST_COLUMNS);
  for (int i = 0; i < CHURN_LIST_COLUMNS; i++)
    assert_int_equal(columns.columns[i], i);
}

static void refuse(const char *names, const char *why)
{
  churn_list_columns columns = {.count = 1, .columns = {CHURN_LIST_LOGIT}};
  churn_error error;
  assert_int_equal(churn_list_columns_read(names, &columns, &error), CHURN_USAGE);
  assert_non_null(strstr(error.message, why));
  assert_int_equal(columns.count, 1);
  assert_int_equal(columns.columns[0], CHURN_LIST_LOGIT);
  assert_int_equal(churn_list_columns_read(names, &columns, NULL), CHURN_USAGE);
}

static void what_is_no_column_is_refused(void **state)
{
  (void)state;
  refuse("customer_id,probabilty", "no column \"probabilty\"; did you mean probability?");
  refuse("customer", "no column \"customer\"; expected some of rank, customer_id");
  refuse("rank,logit,rank", "rank is asked for twice");
  refuse("", "no column \"\"");
  refuse("rank,", "no column \"\"");
  refuse(",rank", "no column \"\"");
  refuse("a_name_that_is_longer_than_any_text_that_was_thought_of_for_a_column_of_the_list",
         "expected some of");
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(names_give_columns_in_their_order),
                                     cmocka_unit_test(every_column_has_a_name),
                                     cmocka_unit_test(what_is_no_column_is_refused)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
