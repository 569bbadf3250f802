/* Observed against expected counts: exact limits, p values and funnel limits against R 4.2.2.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "monitor/funnel.h"
#include "monitor/proportion.h"
#include "support.h"

#include <math.h>

/* t <- poisson.test(x, m); format(c(t$p.value, t$conf.int), digits = 17): with T = m and r = 1 the
 * interval is that of the rate, x / m. */
static void limits_and_p_values_are_those_of_poisson_test(void **state)
{
  (void)state;
  static const struct {
    uint64_t observed;
    double expected, p, low, high;
  } rows[] = {{23, 14.37, 0.033027242464753546, 1.0146156601979597, 2.4016209390976364},
              {7, 14.37, 0.04744690629083511, 0.19584989920110421, 1.00366564799599023},
              {0, 5.62, 0.0089175250560582717, 0, 0.65638424450425892},
              {0, 2.31, 0.18418530931591787, 0, 1.5969175126034352},
              {3, 2.9, 0.7686273596628076, 0.21333521479158676, 3.02319761025597344},
              {412, 371.8, 0.040431591539224036, 1.0036915853551869, 1.2204672006805386},
              {331, 371.8, 0.033454178083915549, 0.79692838567235824, 0.99152705504266647},
              {1, 0.083, 0.079648852779875295, 0.30503383113602284, 67.12823362576986597},
              {98231, 97500.5, 0.019394156677770003, 1.0012016268331070, 1.0138126287988487},
              {14, 14, 1, 0.54670930545004282, 1.67783008013111257}};
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    churn_estimate e = churn_observed_expected(rows[i].observed, rows[i].expected, 0.95);
    assert_close(e.value, (double)rows[i].observed / rows[i].expected, 1e-15, 0);
    assert_close(e.low, rows[i].low, 1e-10, 0);
    assert_close(e.high, rows[i].high, 1e-10, 0);
    assert_close(churn_poisson_p(rows[i].observed, rows[i].expected), rows[i].p, 1e-8, 0);
  }
}

static void nothing_expected_gives_no_figures(void **state)
{
  (void)state;
  assert_true(isnan(churn_poisson_p(3, 0)));
  assert_true(isnan(churn_poisson_p(3, NAN)));
  assert_true(isnan(churn_funnel_limits(0).low_95));
  assert_true(isnan(churn_funnel_limits(-2.5).high_998));
}

/* Spiegelhalter 2005, A.1.1, by R:
 *   lim <- function(e, p) { r <- qpois(p, e)
 *     a <- (ppois(r, e) - p) / (ppois(r, e) - ppois(r - 1, e)); max(0, (r - a)) / e }
 *   sapply(c(.025, .975, .001, .999), function(p) format(lim(e, p), digits = 17)) */
static void funnel_limits_are_those_of_spiegelhalter(void **state)
{
  (void)state;
  static const struct {
    double expected, low_95, high_95, low_998, high_998;
  } rows[] = {
      {0.41, 0, 4.1554051881148641, 0, 7.2691145488398856},
      {3.27, 0, 2.0783615918693705, 0, 2.9729976458153895},
      {14.37, 0.4835094374181253, 1.5155178744814866, 0.25294440321499695, 1.8738479108646431},
      {371.8, 0.89830342952380238, 1.1015867559045061, 0.84226515898590848, 1.1627280673189562},
      {97500.5, 0.99372283399107997, 1.0062766239801115, 0.99011285143182548, 1.0099061201284059}};
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    churn_control_limits l = churn_funnel_limits(rows[i].expected);
    assert_close(l.low_95, rows[i].low_95, 1e-9, 0);
    assert_close(l.high_95, rows[i].high_95, 1e-9, 0);
    assert_close(l.low_998, rows[i].low_998, 1e-9, 0);
    assert_close(l.high_998, rows[i].high_998, 1e-9, 0);
  }
}

/* No jumps from one count to the next; the largest step on this grid is 0.00715 by the R above. */
static void the_funnel_narrows_without_jumps(void **state)
{
  (void)state;
  churn_control_limits before = churn_funnel_limits(4.9);
  for (double expected = 4.95; expected < 60; expected += 0.05) {
    churn_control_limits l = churn_funnel_limits(expected);
    assert_true(l.low_998 <= l.low_95 && l.low_95 < 1 && 1 < l.high_95 && l.high_95 < l.high_998);
    assert_true(fabs(l.high_95 - before.high_95) < 0.0072 &&
                fabs(l.low_95 - before.low_95) < 0.0072);
    before = l;
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(limits_and_p_values_are_those_of_poisson_test),
      cmocka_unit_test(nothing_expected_gives_no_figures),
      cmocka_unit_test(funnel_limits_are_those_of_spiegelhalter),
      cmocka_unit_test(the_funnel_narrows_without_jumps),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
