/* Every allocation of a plan's life fails in turn: the call says NO_MEMORY (or goes on where only a
 * remark was lost), nothing is given, nothing leaks (the sanitizers and valgrind look).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "expression.h"
#include "failing_memory.h"
#include "support.h"

#include "base/error.h"

#include <stdlib.h>

static bool armed;
static size_t calls_left;

static bool allocation_fails(void)
{
  return armed && calls_left-- == 0;
}

static churn_expression feature(const char *text)
{
  return (churn_expression){
      .name = "f", .text = text, .place = {"p.yaml", 1, 1}, .rule = CHURN_EXPRESSION_FEATURE};
}

/* Builds, binds and evaluates with the allocation number `fail_at` failing. Gives the first status
 * that is not OK. */
static churn_status live(const world *w, const churn_expression *expressions, size_t count,
                         size_t fail_at)
{
  churn_plan *plan = NULL;
  churn_workspace *workspace = NULL;
  churn_error error = {.status = CHURN_OK};
  double values[8];
  calls_left = fail_at;
  armed = true;
  churn_status status = churn_plan_build(&w->schema, expressions, count, NULL, NULL, &plan, &error);
  if (status == CHURN_OK)
    status = churn_plan_bind(plan, &w->data, &error);
  else if (plan != NULL)
    status = CHURN_INTERNAL;
  if (status == CHURN_OK && (workspace = churn_workspace_new(plan)) == NULL)
    status = CHURN_NO_MEMORY;
  else if (status != CHURN_OK && error.status != status)
    status = CHURN_INTERNAL;
  if (status == CHURN_OK)
    status = churn_plan_evaluate(plan, workspace, 0, 200, values, NULL);
  armed = false;
  churn_workspace_free(workspace);
  churn_plan_free(plan);
  return status;
}

static void assert_every_failure(const churn_expression *expressions, size_t count,
                                 churn_status otherwise)
{
  world *w = world_read("source customers region:category\nsource h day=on x:number c:category\n"
                        "row customers a 1 - north\nrow h a 5 2.5 p\nrow h a 7 3.5 q\n");
  size_t fail_at = 0;
  churn_status status = CHURN_NO_MEMORY;
  for (; status == CHURN_NO_MEMORY && fail_at < 1000; fail_at++)
    status = live(w, expressions, count, fail_at);
  assert_int_equal(status, otherwise);
  assert_true(fail_at > 5);
  world_free(w);
}

static void every_allocation_of_a_good_plan_may_fail(void **state)
{
  (void)state;
  const churn_expression expressions[] = {
      feature("sum(x from h where c in (\"p\", \"q\", \"r\", \"s\", \"t\") over 300d)"),
      feature("coalesce(customers.region, \"none\")"), feature("distinct(c from h)")};
  assert_every_failure(expressions, 3, CHURN_OK);
}

static void every_allocation_of_a_wrong_plan_may_fail(void **state)
{
  (void)state;
  const churn_expression expressions[] = {feature("sum(z from h) + customers.colour"),
                                          feature("count(g)")};
  assert_every_failure(expressions, 2, CHURN_BAD_PROJECT);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_allocation_of_a_good_plan_may_fail),
      cmocka_unit_test(every_allocation_of_a_wrong_plan_may_fail),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
