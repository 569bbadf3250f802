/* Is tonight like the nights before? Figures against thresholds, by hand.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "monitor/gates.h"
#include "support.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

static churn_gate_spec gates[CHURN_GATE_KINDS];
static churn_findings findings;
static churn_error error;

static int set_up(void **state)
{
  (void)state;
  const double limits[CHURN_GATE_KINDS] = {0.2, 0.05, 0.01, 1, 0.1, 0.01, 0.1, 0.1, 1.5};
  for (int i = 0; i < CHURN_GATE_KINDS; i++)
    gates[i] = (churn_gate_spec){.limit = limits[i]};
  return 0;
}

/* The next number of a text, from `at` on, into `number`; NULL past the last one. */
static const char *next_number(const char *at, char number[32])
{
  size_t length = 0;
  while (*at != '\0' && !isdigit((unsigned char)*at))
    at++;
  while (length < 31 && (isdigit((unsigned char)*at) || *at == '.' || *at == '-' || *at == 'e'))
    number[length++] = *at++;
  number[length] = '\0';
  return length == 0 ? NULL : at;
}

/* Both languages give the same figures in the same order, and the Chinese is Chinese. */
static void both_say_the_same(const churn_gate *gate)
{
  char english[32], chinese[32];
  const char *here = next_number(gate->message, english);
  const char *there = next_number(gate->message_zh, chinese);
  assert_non_null(strstr(gate->message_zh, gate->subject));
  assert_true(strpbrk(gate->message_zh, "\xe4\xe5\xe6\xe7\xe8\xe9") != NULL);
  for (; here != NULL && there != NULL;
       here = next_number(here, english), there = next_number(there, chinese))
    assert_string_equal(english, chinese);
  assert_true(here == NULL && there == NULL);
}

static int tear_down(void **state)
{
  (void)state;
  for (size_t i = 0; i < findings.count; i++)
    both_say_the_same(&findings.items[i]);
  churn_findings_clear(&findings);
  return 0;
}

/* The last finding. */
static const churn_gate *last(void)
{
  assert_true(findings.count > 0);
  return &findings.items[findings.count - 1];
}

/* Runs `apart` days from each other, the newest first and `since` days ago. */
static churn_verdict rows_after(uint64_t rows, const uint64_t *earlier, size_t count, int apart,
                                int since)
{
  churn_row_count counts[CHURN_MOST_ROW_COUNTS] = {{0}};
  const churn_day as_of = 19801;
  for (size_t i = 0; i < count; i++)
    counts[i] = (churn_row_count){as_of - since - (int)i * apart, earlier[i]};
  assert_ok(churn_gate_rows(gates, "calls", as_of, rows, counts, count, &findings, &error), &error);
  return last()->verdict;
}

static churn_verdict rows_of(uint64_t rows, const uint64_t *earlier, size_t count)
{
  return rows_after(rows, earlier, count, 0, 1);
}

static void rows_are_held_against_the_median_of_earlier_runs(void **state)
{
  (void)state;
  uint64_t odd[] = {900, 100000, 1000}, even[] = {4000, 800, 1200, 10};
  assert_int_equal(rows_of(800, odd, 3), CHURN_GATE_PASSED); /* 0.8 of 1000 */
  assert_close(last()->value, 0.8, 1e-15, 0);
  assert_int_equal(rows_of(799, odd, 3), CHURN_GATE_TRIPPED);
  assert_int_equal(rows_of(1250, odd, 3), CHURN_GATE_PASSED); /* 1 / 0.8 */
  assert_int_equal(rows_of(1251, odd, 3), CHURN_GATE_TRIPPED);
  assert_int_equal(rows_of(801, even, 4), CHURN_GATE_PASSED); /* of (800 + 1200) / 2 */
  assert_int_equal(rows_of(0, even, 4), CHURN_GATE_TRIPPED);
  assert_string_equal(last()->subject, "calls");
  assert_string_equal(last()->name, "rows");
}

/* 13 rows a day; a broken night among the runs moves neither the growth nor what is expected. */
static void rows_of_daily_runs_are_expected_to_go_on_growing(void **state)
{
  (void)state;
  uint64_t daily[] = {1078, 1065, 1052, 17, 1026, 1013, 1000};
  assert_int_equal(rows_after(1091, daily, 7, 1, 1), CHURN_GATE_PASSED);
  assert_close(last()->value, 1, 1e-12, 0);
  assert_close(last()->limit, 0.2, 1e-12, 0);
  assert_int_equal(rows_after(820, daily, 7, 1, 1), CHURN_GATE_TRIPPED); /* 0.8 of 1026 = 820.8 */
  assert_int_equal(rows_after(821, daily, 7, 1, 1), CHURN_GATE_PASSED);
  assert_int_equal(rows_after(1364, daily, 7, 1, 1), CHURN_GATE_TRIPPED); /* 1091 / 0.8 = 1363.75 */
}

/* The cron job stood still for 45 days: 1078 + 45 x 13 = 1663 rows are expected, and (45 - 7) / 30
 * widens what passes from 0.8 to 0.8^2.2667 = 0.603. */
static void rows_after_a_gap_are_what_the_growth_lets_expect(void **state)
{
  (void)state;
  uint64_t daily[] = {1078, 1065, 1052, 1039, 1026, 1013, 1000};
  assert_int_equal(rows_after(1663, daily, 7, 1, 45), CHURN_GATE_PASSED);
  assert_close(last()->value, 1, 1e-12, 0);
  assert_close(last()->limit, 1 - 0.603028, 1e-5, 0);
  assert_int_equal(rows_after(627, daily, 7, 1, 45),
                   CHURN_GATE_PASSED); /* 0.603028 of 1039 = 626.5 */
  assert_int_equal(rows_after(626, daily, 7, 1, 45), CHURN_GATE_TRIPPED);
  assert_int_equal(rows_after(2758, daily, 7, 1, 45),
                   CHURN_GATE_TRIPPED); /* 1663 / 0.603028 = 2757.7 */
}

/* A young company that runs once a month: the median of the runs is 4 months old and half as much.
 */
static void rows_of_monthly_runs_are_not_held_against_a_day_months_ago(void **state)
{
  (void)state;
  uint64_t monthly[] = {7000, 6000, 5000, 4000, 3000, 2000, 1000};
  assert_int_equal(rows_after(8000, monthly, 7, 30, 30), CHURN_GATE_PASSED);
  assert_close(last()->value, 1, 1e-12, 0);
  assert_int_equal(rows_after(2600, monthly, 7, 30, 30), CHURN_GATE_TRIPPED);
  assert_int_equal(rows_after(12300, monthly, 7, 30, 30), CHURN_GATE_TRIPPED);
}

/* Nights of the past that are made up for months apart, the second of them after a single one: no
 * growth is known, so that (61 - 7) / 7 widens 0.8 to 0.8^8.714 = 0.143. */
static void rows_after_one_run_long_ago_may_have_doubled(void **state)
{
  (void)state;
  uint64_t one[] = {1000};
  assert_int_equal(rows_after(2100, one, 1, 0, 61), CHURN_GATE_PASSED);
  assert_int_equal(rows_after(100, one, 1, 0, 61), CHURN_GATE_TRIPPED);
  assert_int_equal(rows_after(2100, one, 1, 0, 1), CHURN_GATE_TRIPPED);
}

/* 900 rows fewer a month would leave less than nothing: what is expected then is what there was. */
static void rows_that_fall_are_never_expected_to_be_less_than_none(void **state)
{
  (void)state;
  uint64_t falling[] = {100, 1000, 1900};
  assert_int_equal(rows_after(950, falling, 3, 30, 30), CHURN_GATE_PASSED);
  assert_close(last()->value, 0.95, 1e-12, 0);
}

static void rows_without_earlier_runs_are_not_judged(void **state)
{
  (void)state;
  uint64_t none[] = {0, 0};
  assert_int_equal(rows_of(12, none, 0), CHURN_GATE_NOT_JUDGED);
  assert_true(isnan(last()->value));
  assert_int_equal(rows_of(0, none, 2), CHURN_GATE_NOT_JUDGED);
  assert_int_equal(rows_of(3, none, 2), CHURN_GATE_TRIPPED);
}

static churn_verdict share_of(churn_gate_kind kind, uint64_t part, uint64_t whole)
{
  assert_ok(churn_gate_share(gates, kind, "calls", part, whole, &findings, &error), &error);
  return last()->verdict;
}

static void a_share_trips_above_its_limit(void **state)
{
  (void)state;
  assert_int_equal(share_of(CHURN_GATE_UNMATCHED, 5, 100), CHURN_GATE_PASSED);
  assert_int_equal(share_of(CHURN_GATE_UNMATCHED, 51, 1000), CHURN_GATE_TRIPPED);
  assert_close(last()->value, 0.051, 1e-15, 0);
  assert_int_equal(share_of(CHURN_GATE_REJECTED, 2, 100), CHURN_GATE_TRIPPED);
  assert_non_null(strstr(last()->message, "2 of 100 rows were rejected, 2.00 % (up to 1.00 %"));
  assert_int_equal(share_of(CHURN_GATE_UNSEEN, 0, 0), CHURN_GATE_NOT_JUDGED);
}

static void a_gate_that_is_off_finds_nothing_and_one_that_excepts_does_not_judge(void **state)
{
  (void)state;
  char pattern[] = "cal?s";
  churn_located except = {pattern, 1, 1};
  gates[CHURN_GATE_REJECTED].off = true;
  assert_ok(churn_gate_share(gates, CHURN_GATE_REJECTED, "calls", 9, 10, &findings, &error),
            &error);
  assert_int_equal(findings.count, 0);
  gates[CHURN_GATE_UNMATCHED].except = &except;
  gates[CHURN_GATE_UNMATCHED].except_count = 1;
  assert_int_equal(share_of(CHURN_GATE_UNMATCHED, 9, 10), CHURN_GATE_NOT_JUDGED);
  assert_close(last()->value, 0.9, 1e-15, 0);
}

static void what_holds_is_known(void **state)
{
  (void)state;
  gates[CHURN_GATE_UNMATCHED].hold = true;
  share_of(CHURN_GATE_UNMATCHED, 1, 100);
  share_of(CHURN_GATE_REJECTED, 50, 100);
  assert_int_equal(churn_findings_tripped(&findings), 1);
  assert_false(churn_findings_hold(&findings));
  share_of(CHURN_GATE_UNMATCHED, 50, 100);
  assert_int_equal(churn_findings_tripped(&findings), 2);
  assert_true(churn_findings_hold(&findings));
}

static churn_verdict freshness_of(churn_day as_of, churn_day newest, int32_t wait, uint32_t waits)
{
  churn_census census = {.newest = newest, .usual_wait = wait, .waits = waits};
  assert_ok(churn_gate_freshness(gates, "calls", as_of, &census, false, &findings, &error), &error);
  return last()->verdict;
}

/* An export that is empty on the very first night, when no earlier run has rows to tell. */
static void a_source_without_rows_is_stale_where_the_model_knows_some(void **state)
{
  (void)state;
  churn_census census = {.newest = CHURN_DAY_MISSING};
  for (int expected = 0; expected < 2; expected++) {
    assert_ok(churn_gate_freshness(gates, "calls", 1000, &census, expected, &findings, &error),
              &error);
    assert_int_equal(last()->verdict, expected ? CHURN_GATE_TRIPPED : CHURN_GATE_NOT_JUDGED);
  }
}

static void a_daily_source_is_stale_on_the_second_day_and_a_weekly_one_is_not(void **state)
{
  (void)state;
  assert_int_equal(freshness_of(1000, 999, 1, 300), CHURN_GATE_PASSED);
  assert_int_equal(freshness_of(1000, 998, 1, 300), CHURN_GATE_TRIPPED);
  assert_close(last()->value, 2, 0, 0);
  assert_int_equal(freshness_of(1000, 981, 7, 50), CHURN_GATE_PASSED); /* 19 = 3 x 7 - 2 days */
  assert_close(last()->limit, 19, 0, 0);                               /* the one in force */
  assert_int_equal(freshness_of(1000, 980, 7, 50), CHURN_GATE_TRIPPED);
  assert_int_equal(freshness_of(1000, 900, 1, 9), CHURN_GATE_NOT_JUDGED);
  assert_int_equal(freshness_of(1000, CHURN_DAY_MISSING, 0, 0), CHURN_GATE_NOT_JUDGED);
  gates[CHURN_GATE_FRESHNESS].limit = 3;
  assert_int_equal(freshness_of(1000, 997, 1, 300), CHURN_GATE_PASSED);
}

static void a_census_counts_what_lies_before_the_day(void **state)
{
  (void)state;
  churn_day days[] = {10, 500, 503, 504, 700, 500, 511, 512};
  churn_history history = {.loaded = true, .rows = 8, .days = days, .rows_unmatched_before = 4};
  churn_census census = churn_history_census(&history, 512);
  assert_int_equal(census.rows, 6);
  assert_int_equal(census.unmatched, 4);
  assert_int_equal(census.newest, 511);
  assert_int_equal(census.usual_wait, 3); /* of 7, 3 and 1 the longest is odd; day 10 is more than a
                                             year back */
  assert_int_equal(census.waits, 3);
  census = churn_history_census(&history, 10);
  assert_int_equal(census.rows, 0);
  assert_int_equal(census.newest, CHURN_DAY_MISSING);
}

/* A source written to every day but for one outage of ten days: silence of a week is still news. */
static void one_outage_loosens_nothing(void **state)
{
  (void)state;
  churn_day days[340];
  for (int i = 0; i < 340; i++)
    days[i] = i < 200 ? i : i + 10;
  churn_history history = {.loaded = true, .rows = 340, .days = days};
  churn_census census = churn_history_census(&history, 357);
  assert_int_equal(census.waits, 339);
  assert_int_equal(census.usual_wait, 1);
  assert_ok(churn_gate_freshness(gates, "calls", 357, &census, true, &findings, &error), &error);
  assert_int_equal(last()->verdict, CHURN_GATE_TRIPPED);
}

static churn_verdict rate_of(double predicted, uint64_t churned, uint64_t stayed)
{
  churn_recent recent = {19723, churned, stayed};
  assert_ok(churn_gate_rate(gates, predicted, &recent, &findings, &error), &error);
  return last()->verdict;
}

static void the_rate_trips_when_it_is_far_off_and_beyond_chance(void **state)
{
  (void)state;
  assert_int_equal(rate_of(0.08, 1000, 19000), CHURN_GATE_TRIPPED); /* 1.6 of 0.05 */
  assert_close(last()->value, 1.6, 1e-15, 0);
  assert_int_equal(rate_of(0.07, 1000, 19000), CHURN_GATE_PASSED);   /* 1.4 */
  assert_int_equal(rate_of(0.033, 1000, 19000), CHURN_GATE_TRIPPED); /* 0.66 */
  /* |0.05 - 0.08| = 0.03 < 3.29 sqrt(0.08 0.92 / 100) = 0.089 */
  assert_int_equal(rate_of(0.08, 5, 95), CHURN_GATE_PASSED);
  /* Nobody left: 0.08 > 3.29 sqrt(0.08 0.92 / n) from n = 125 on. */
  assert_int_equal(rate_of(0.08, 0, 124), CHURN_GATE_PASSED);
  assert_int_equal(rate_of(0.08, 0, 126), CHURN_GATE_TRIPPED);
  assert_int_equal(rate_of(0.08, 0, 0), CHURN_GATE_NOT_JUDGED);
  assert_int_equal(rate_of(NAN, 5, 95), CHURN_GATE_NOT_JUDGED);
  churn_recent none = {CHURN_DAY_MISSING, 0, 0};
  assert_ok(churn_gate_rate(gates, 0.5, &none, &findings, &error), &error);
  assert_int_equal(last()->verdict, CHURN_GATE_NOT_JUDGED);
}

/* A figure that is more than twice as far off as the night before; a rate, either way. */
static void a_jump_is_more_than_twice_as_far(void **state)
{
  (void)state;
  const churn_gate drift = {.name = "drift", .value = 0.731};
  assert_false(churn_gate_jumps(&drift, 0.3655));
  assert_true(churn_gate_jumps(&drift, 0.3654));
  assert_false(churn_gate_jumps(&drift, NAN));
  const churn_gate high = {.name = "rate", .value = 3.5}, low = {.name = "rate", .value = 0.25};
  assert_false(churn_gate_jumps(&high, 1.75));
  assert_true(churn_gate_jumps(&high, 0.6)); /* 1.667 */
  assert_false(churn_gate_jumps(&low, 0.5));
  assert_true(churn_gate_jumps(&low, 1.9));
}

/* A model of a number in three bins and a category of two levels, 1000 rows of 400 customers. */
static double bounds[] = {2.5, 7.25};
static uint64_t bin_rows[] = {500, 300, 190};
static churn_model_level levels[] = {{.text = "north", .rows = 600},
                                     {.text = "south", .rows = 400}};
static char number_name[] = "minutes", category_name[] = "region";
static churn_model_feature features[] = {{.name = number_name,
                                          .kind = CHURN_FEATURE_NUMBER,
                                          .bounds = bounds,
                                          .bound_count = 2,
                                          .bin_rows = bin_rows,
                                          .missing_rows = 10,
                                          .spread = NAN},
                                         {.name = category_name,
                                          .kind = CHURN_FEATURE_CATEGORY,
                                          .levels = levels,
                                          .level_count = 2,
                                          .spread = NAN}};
static churn_model model = {.features = features, .feature_count = 2, .customers = 400};

static churn_profile profile_of(uint64_t *number, uint64_t *category, uint64_t rows)
{
  static churn_feature_profile profiles[2];
  profiles[0] = (churn_feature_profile){4, number};
  profiles[1] = (churn_feature_profile){4, category};
  return (churn_profile){.model = &model, .features = profiles, .rows = rows};
}

static void missing_values_are_held_against_the_share_in_training(void **state)
{
  (void)state;
  uint64_t number[] = {100, 50, 28, 22}, category[] = {110, 80, 7, 3};
  churn_profile profile = profile_of(number, category, 200);
  assert_ok(churn_gate_missing(gates, &profile, 0, &findings, &error), &error);
  assert_close(last()->value, 0.11 - 0.01, 1e-14, 0);
  number[2]--;
  number[3]++;
  assert_ok(churn_gate_missing(gates, &profile, 0, &findings, &error), &error);
  assert_int_equal(last()->verdict, CHURN_GATE_TRIPPED);
  assert_int_equal(churn_profile_unseen(&profile, 1), 7);
  assert_int_equal(churn_profile_unseen(&profile, 0), 0);
  assert_int_equal(churn_profile_missing(&profile, 1), 3);
  profile.rows = 0;
  assert_ok(churn_gate_missing(gates, &profile, 0, &findings, &error), &error);
  assert_int_equal(last()->verdict, CHURN_GATE_NOT_JUDGED);
}

static void drift_needs_an_index_above_the_limit_and_beyond_chance(void **state)
{
  (void)state;
  /* Twice the share of the last bin: by hand, shares 0.50 0.30 0.19 0.01 against 0.31 0.30 0.38
   * 0.01. */
  uint64_t number[] = {310, 300, 380, 10}, category[] = {600, 400, 0, 0};
  double index = (0.31 - 0.5) * log(0.31 / 0.5) + (0.38 - 0.19) * log(0.38 / 0.19);
  churn_profile profile = profile_of(number, category, 1000);
  assert_ok(churn_gate_drift(gates, &profile, 1000, &findings, &error), &error);
  assert_int_equal(findings.count, 2);
  assert_close(findings.items[0].value, index, 1e-12, 0);
  assert_true(findings.items[0].p < 1e-10 && index > 0.1);
  assert_int_equal(findings.items[0].verdict, CHURN_GATE_TRIPPED);
  assert_close(findings.items[1].value, 0, 0, 1e-15);
  assert_int_equal(findings.items[1].verdict, CHURN_GATE_PASSED);
  assert_non_null(strstr(findings.items[0].message, "approximate"));
  /* Few customers may differ so much by chance; Holm takes the least p twice. */
  churn_findings_clear(&findings);
  assert_ok(churn_gate_drift(gates, &profile, 20, &findings, &error), &error);
  assert_int_equal(findings.items[0].verdict, CHURN_GATE_PASSED);
  churn_stability found = {index, 4};
  assert_close(findings.items[0].p, fmin(1, 2 * churn_stability_p(&found, 400, 20)), 1e-9, 0);
}

static void drift_needs_three_times_what_a_training_snapshot_had(void **state)
{
  (void)state;
  uint64_t number[] = {310, 300, 380, 10}, category[] = {600, 400, 0, 0};
  churn_profile profile = profile_of(number, category, 1000);
  /* As above: the index is 0.2217. */
  double index = (0.31 - 0.5) * log(0.31 / 0.5) + (0.38 - 0.19) * log(0.38 / 0.19);
  features[0].spread = index / 3.001;
  assert_ok(churn_gate_drift(gates, &profile, 1000, &findings, &error), &error);
  assert_int_equal(findings.items[0].verdict, CHURN_GATE_TRIPPED);
  features[0].spread = index / 2.999;
  assert_ok(churn_gate_drift(gates, &profile, 1000, &findings, &error), &error);
  features[0].spread = NAN;
  assert_int_equal(findings.items[2].verdict, CHURN_GATE_PASSED);
  assert_close(findings.items[2].limit, 3 * index / 2.999, 1e-15, 0);
  assert_non_null(strstr(findings.items[0].message, "retrain when"));
  assert_null(strstr(findings.items[2].message, "retrain when"));
}

static void scores_are_held_against_the_same_models(void **state)
{
  (void)state;
  enum { ROWS = 900 };
  static double before[ROWS], now[ROWS];
  for (int i = 0; i < ROWS; i++) {
    before[i] = 0.001 * i;
    now[i] = before[i] + 0.3;
  }
  churn_sample first = {before, ROWS}, second = {now, ROWS};
  assert_ok(churn_gate_scores(gates, &first, &second, &findings, &error), &error);
  assert_int_equal(last()->verdict, CHURN_GATE_TRIPPED);
  assert_ok(churn_gate_scores(gates, &first, &first, &findings, &error), &error);
  assert_int_equal(last()->verdict, CHURN_GATE_PASSED);
  assert_ok(churn_gate_scores(gates, NULL, &first, &findings, &error), &error);
  assert_int_equal(last()->verdict, CHURN_GATE_NOT_JUDGED);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
#define TEST(NAME) cmocka_unit_test_setup_teardown(NAME, set_up, tear_down)
      TEST(rows_are_held_against_the_median_of_earlier_runs),
      TEST(rows_of_daily_runs_are_expected_to_go_on_growing),
      TEST(rows_after_a_gap_are_what_the_growth_lets_expect),
      TEST(rows_of_monthly_runs_are_not_held_against_a_day_months_ago),
      TEST(rows_after_one_run_long_ago_may_have_doubled),
      TEST(rows_that_fall_are_never_expected_to_be_less_than_none),
      TEST(rows_without_earlier_runs_are_not_judged),
      TEST(a_share_trips_above_its_limit),
      TEST(a_gate_that_is_off_finds_nothing_and_one_that_excepts_does_not_judge),
      TEST(what_holds_is_known),
      TEST(a_daily_source_is_stale_on_the_second_day_and_a_weekly_one_is_not),
      TEST(a_source_without_rows_is_stale_where_the_model_knows_some),
      TEST(a_census_counts_what_lies_before_the_day),
      TEST(one_outage_loosens_nothing),
      TEST(the_rate_trips_when_it_is_far_off_and_beyond_chance),
      TEST(a_jump_is_more_than_twice_as_far),
      TEST(missing_values_are_held_against_the_share_in_training),
      TEST(drift_needs_an_index_above_the_limit_and_beyond_chance),
      TEST(drift_needs_three_times_what_a_training_snapshot_had),
      TEST(scores_are_held_against_the_same_models),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
