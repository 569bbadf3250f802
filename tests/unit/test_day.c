/* Days, civil dates, and reading dates by a format. Expected day numbers are Python's
 * date(…).toordinal() - date(1970, 1, 1).toordinal().
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "support.h"

#include <churn/day.h>
#include <string.h>

static void known_dates_have_known_numbers(void **state)
{
  static const struct {
    int year, month, day;
    churn_day number;
  } cases[] = {{1, 1, 1, -719162},     {9999, 12, 31, 2932896}, {1970, 1, 1, 0},
               {1969, 12, 31, -1},     {2000, 2, 29, 11016},    {1900, 2, 28, -25509},
               {1900, 3, 1, -25508},   {2024, 2, 29, 19782},    {2025, 11, 21, 20413},
               {1600, 2, 29, -135081}, {1582, 10, 15, -141427}};
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
    assert_int_equal(churn_day_from_civil(cases[i].year, cases[i].month, cases[i].day),
                     cases[i].number);
  assert_int_equal(CHURN_DAY_FIRST, -719162);
  assert_int_equal(CHURN_DAY_LAST, 2932896);
}

static void every_day_of_the_range_goes_there_and_back(void **state)
{
  int year = 1, month = 1, day_of_month = 0, last_month = 1;
  (void)state;
  for (churn_day day = CHURN_DAY_FIRST; day <= CHURN_DAY_LAST; day++) {
    int before = day_of_month;
    churn_day_to_civil(day, &year, &month, &day_of_month);
    assert_true(month == last_month ? day_of_month == before + 1 : day_of_month == 1);
    assert_int_equal(churn_day_from_civil(year, month, day_of_month), day);
    last_month = month;
  }
}

static void impossible_dates_are_missing(void **state)
{
  static const int cases[][3] = {{2023, 2, 29}, {1900, 2, 29}, {2024, 4, 31},  {2024, 13, 1},
                                 {2024, 0, 1},  {2024, 1, 0},  {2024, 1, 32},  {0, 1, 1},
                                 {10000, 1, 1}, {-4, 2, 29},   {2024, -1, 10}, {2024, 5, -2}};
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
    assert_int_equal(churn_day_from_civil(cases[i][0], cases[i][1], cases[i][2]),
                     CHURN_DAY_MISSING);
}

static void assert_reads(const char *text, const char *format, int offset, const char *expected)
{
  char found[CHURN_DAY_TEXT_SIZE];
  churn_day_format(churn_day_parse_format(text, strlen(text), format, offset), found);
  if (strcmp(found, expected) != 0)
    fail_msg("\"%s\" by \"%s\" gives \"%s\", expected \"%s\"", text,
             format == NULL ? "ISO" : format, found, expected);
}

static void iso_dates_are_read_with_and_without_time(void **state)
{
  (void)state;
  assert_reads("2024-02-29", NULL, 0, "2024-02-29");
  assert_reads("0001-01-01", NULL, 0, "0001-01-01");
  assert_reads("2024-02-29T23:59:59", NULL, 0, "2024-02-29");
  assert_reads("2024-02-29 7:05", NULL, 0, "2024-02-29");
  assert_reads("2024-02-29T23:59:59.123456Z", NULL, 0, "2024-02-29");
  assert_reads("2024-02-29T23:59:60,5+05:30", NULL, 0, "2024-02-29");
  assert_reads("2024-02-29 23:59-0330", NULL, 0, "2024-02-29");
}

static void texts_that_are_no_iso_date_are_missing(void **state)
{
  static const char *const cases[] = {"",
                                      "2024",
                                      "2024-02",
                                      "2024-2-29",
                                      "2024-02-9",
                                      "2024-02-30",
                                      "24-02-29",
                                      "2024/02/29",
                                      "2024-02-29x",
                                      " 2024-02-29",
                                      "2024-02-29T",
                                      "2024-02-29 24:00",
                                      "2024-02-29 12:60",
                                      "2024-02-29 12",
                                      "2024-02-29T12:00:61",
                                      "2024-02-29T12:00+",
                                      "2024-02-29T12:00+24:00",
                                      "2024-02-29T12:00+08:",
                                      "2024-02-29T12:00 CET",
                                      "2024-02-29T12:00:00.",
                                      "+024-02-29",
                                      "2024-02-29T12:00Zx",
                                      "-2024-02-29"};
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
    assert_reads(cases[i], NULL, 0, "");
  assert_int_equal(churn_day_parse("2024-02-29", 9), CHURN_DAY_MISSING);
  assert_int_equal(churn_day_parse("2024-02-29tail", 10), 19782);
}

static void formats_read_the_usual_ways_of_writing_dates(void **state)
{
  (void)state;
  assert_reads("31/12/2024", "%d/%m/%Y", 0, "2024-12-31");
  assert_reads("1/2/2024", "%d/%m/%Y", 0, "2024-02-01");
  assert_reads("1/2/2024", "%m/%d/%Y", 0, "2024-01-02");
  assert_reads("29.02.24", "%d.%m.%y", 0, "2024-02-29");
  assert_reads("01.01.68", "%d.%m.%y", 0, "2068-01-01");
  assert_reads("01.01.69", "%d.%m.%y", 0, "1969-01-01");
  assert_reads("20240229", "%Y%m%d", 0, "2024-02-29");
  assert_reads("29-FEB-2024", "%d-%b-%Y", 0, "2024-02-29");
  assert_reads("february 29, 2024", "%b %d, %Y", 0, "2024-02-29");
  assert_reads("100% 2024-05-06", "100%% %Y-%m-%d", 0, "2024-05-06");
  assert_reads("2024-5-6 7:08:09", "%Y-%m-%d %H:%M:%S", 0, "2024-05-06");
  assert_reads("31/12/2024 23:15", "%d/%m/%Y", 0, "2024-12-31");
}

static void formats_refuse_what_they_do_not_describe(void **state)
{
  (void)state;
  assert_reads("31/12/24", "%d/%m/%Y", 0, "");
  assert_reads("1.1.2024", "%d.%m.%y", 0, "");
  assert_reads("31/13/2024", "%d/%m/%Y", 0, "");
  assert_reads("31-12-2024", "%d/%m/%Y", 0, "");
  assert_reads("29 Fevr 2024", "%d %b %Y", 0, "");
  assert_reads("2024-05-06", "%Y-%m-%d %H:%M", 0, "");
  assert_reads("2024-05-06 25:00", "%Y-%m-%d %H:%M", 0, "");
  assert_reads("2024-05-06 10:00 rest", "%Y-%m-%d %H:%M", 0, "");
}

/* The stated time plus the offset decides the day; the zone it states does not. */
static void an_offset_moves_the_day(void **state)
{
  (void)state;
  assert_reads("2024-02-29T23:30:00Z", NULL, 30, "2024-03-01");
  assert_reads("2024-02-29T23:29:59Z", NULL, 30, "2024-02-29");
  assert_reads("2024-03-01T05:29:00+11:00", NULL, -330, "2024-02-29");
  assert_reads("2024-03-01T05:30:00", NULL, -330, "2024-03-01");
  assert_reads("2024-03-01", NULL, -1, "2024-03-01"); /* no time, nothing to move */
  assert_reads("2024-12-31 20:00", "%Y-%m-%d %H:%M", 480, "2025-01-01");
}

static void an_offset_past_the_range_is_missing(void **state)
{
  (void)state;
  assert_reads("9999-12-31T23:00", NULL, 60, "");
  assert_reads("9999-12-31T22:59", NULL, 60, "9999-12-31");
  assert_reads("0001-01-01T00:59", NULL, -60, "");
}

static void formats_are_checked(void **state)
{
  static const char *const good[] = {"%Y-%m-%d", "%d %b %y", "%Y%m%d%H%M%S", "%%%d%m%Y",
                                     "am %d.%m.%Y"};
  static const char *const bad[] = {
      "",          "%Y-%m",       "%Y-%d",      "%m-%d",    "%Y-%m-%d %I",
      "%Y-%m-%d%", "%A %d %b %Y", "YYYY-MM-DD", "%Y-%m-%%d"};
  (void)state;
  for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
    assert_true(churn_day_format_valid(good[i]));
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
    assert_false(churn_day_format_valid(bad[i]));
}

static void days_outside_the_range_are_written_as_nothing(void **state)
{
  char text[CHURN_DAY_TEXT_SIZE] = "x";
  (void)state;
  churn_day_format(CHURN_DAY_MISSING, text);
  assert_string_equal(text, "");
  churn_day_format(CHURN_DAY_LAST + 1, text);
  assert_string_equal(text, "");
  churn_day_format(CHURN_DAY_LAST, text);
  assert_string_equal(text, "9999-12-31");
  churn_day_format(CHURN_DAY_FIRST, text);
  assert_string_equal(text, "0001-01-01");
}

static void assert_moved(const char *from, int months, const char *expected)
{
  char found[CHURN_DAY_TEXT_SIZE];
  churn_day_format(churn_day_add_months(churn_day_parse(from, strlen(from)), months), found);
  assert_string_equal(found, expected);
}

static void months_end_where_the_month_ends(void **state)
{
  (void)state;
  assert_moved("2024-01-31", 1, "2024-02-29");
  assert_moved("2023-01-31", 1, "2023-02-28");
  assert_moved("2024-01-31", 3, "2024-04-30");
  assert_moved("2024-03-31", -1, "2024-02-29");
  assert_moved("2024-01-15", -1, "2023-12-15");
  assert_moved("2024-11-15", 14, "2026-01-15");
  assert_moved("2024-02-29", 12, "2025-02-28");
  assert_moved("2024-05-06", 0, "2024-05-06");
  assert_moved("9999-12-01", 1, "");
  assert_moved("0001-01-31", -1, "");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(known_dates_have_known_numbers),
      cmocka_unit_test(every_day_of_the_range_goes_there_and_back),
      cmocka_unit_test(impossible_dates_are_missing),
      cmocka_unit_test(iso_dates_are_read_with_and_without_time),
      cmocka_unit_test(texts_that_are_no_iso_date_are_missing),
      cmocka_unit_test(formats_read_the_usual_ways_of_writing_dates),
      cmocka_unit_test(formats_refuse_what_they_do_not_describe),
      cmocka_unit_test(an_offset_moves_the_day),
      cmocka_unit_test(an_offset_past_the_range_is_missing),
      cmocka_unit_test(formats_are_checked),
      cmocka_unit_test(days_outside_the_range_are_written_as_nothing),
      cmocka_unit_test(months_end_where_the_month_ends)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
