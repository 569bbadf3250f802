/* A calendar day: days since 1970-01-01 in the proleptic Gregorian calendar. No time zones.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_DAY_H
#define CHURN_DAY_H

#include <churn/status.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef int32_t churn_day;

/* No day. Smaller than every day, so `day < as_of` alone does not exclude it: test for it. */
#define CHURN_DAY_MISSING INT32_MIN

/* Range of days that can be read and written: 0001-01-01 and 9999-12-31. */
#define CHURN_DAY_FIRST ((churn_day)-719162)
#define CHURN_DAY_LAST ((churn_day)2932896)

enum { CHURN_DAY_TEXT_SIZE = 11 };

/* Given: year 1..9999, month 1..12, day of month. Returns the day, or CHURN_DAY_MISSING for an
 * impossible date. Source: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms",
 * days_from_civil. */
churn_day churn_day_from_civil(int year, int month, int day_of_month);

/* The civil date of `day` (valid range above). Source: the same, civil_from_days. */
void churn_day_to_civil(churn_day day, int *year, int *month, int *day_of_month);

/* Reads text[0..length) as ISO 8601 `YYYY-MM-DD`, optionally followed by a time of day (see
 * churn_day_parse_format). Returns CHURN_DAY_MISSING when it is no date. */
churn_day churn_day_parse(const char *text, size_t length);

/* Reads text[0..length) by `format`: %Y %m %d %y %b %H %M %S %% and literal bytes. Numbers may lack
 * leading zeros where a non-digit follows; %y is 1969..2068 (POSIX); %b is an English month name,
 * long or short, any case. When the format has no %H, a time of day may follow the date: a `T` or
 * blank, `H:MM`, `:SS`, fraction, `Z` or `+hh:mm`. The date is the one stated: a zone is checked
 * for form and otherwise ignored; `utc_offset_minutes` is added to the stated time (a date alone
 * has none and stays) before the day is cut off. NULL format = ISO. Returns CHURN_DAY_MISSING when
 * the text is no date by that format.
 */
churn_day churn_day_parse_format(const char *text, size_t length, const char *format,
                                 int utc_offset_minutes);

/* True when `format` holds only the conversions above and names year, month and day. */
bool churn_day_format_valid(const char *format);

/* `YYYY-MM-DD`, or an empty text for CHURN_DAY_MISSING. */
void churn_day_format(churn_day day, char text[CHURN_DAY_TEXT_SIZE]);

/* `day` moved by `months` calendar months; a day that the month lacks becomes its last one (Jan 31
 * + 1 = Feb 28). */
churn_day churn_day_add_months(churn_day day, int months);

#ifdef __cplusplus
}
#endif

#endif
