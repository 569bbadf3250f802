/* Days to civil dates and back, and reading dates by a format.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <churn/day.h>

#include <string.h>
#include <strings.h>

static bool is_leap(int year)
{
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int days_in_month(int year, int month)
{
  static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

churn_day churn_day_from_civil(int year, int month, int day_of_month)
{
  if (year < 1 || year > 9999 || month < 1 || month > 12 || day_of_month < 1 ||
      day_of_month > days_in_month(year, month))
    return CHURN_DAY_MISSING;
  int y = month <= 2 ? year - 1 : year;
  int era = y / 400;
  int year_of_era = y - era * 400;
  int day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day_of_month - 1;
  int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return (churn_day)(era * 146097 + day_of_era - 719468);
}

void churn_day_to_civil(churn_day day, int *year, int *month, int *day_of_month)
{
  int shifted = day + 719468;
  int era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
  int day_of_era = shifted - era * 146097;
  int year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  int day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  int shifted_month = (5 * day_of_year + 2) / 153;
  *day_of_month = day_of_year - (153 * shifted_month + 2) / 5 + 1;
  *month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
  *year = year_of_era + era * 400 + (*month <= 2);
}

typedef struct cursor {
  const char *at;
  const char *end;
} cursor;

/* Reads 1..most digits; -1 when there is none. */
static int read_digits(cursor *c, int most)
{
  int value = 0, count = 0;
  while (c->at < c->end && count < most && *c->at >= '0' && *c->at <= '9') {
    value = value * 10 + (*c->at++ - '0');
    count++;
  }
  return count == 0 ? -1 : value;
}

static bool take(cursor *c, char byte)
{
  if (c->at == c->end || *c->at != byte)
    return false;
  c->at++;
  return true;
}

static int read_month_name(cursor *c)
{
  static const char *const names[] = {"january",   "february", "march",    "april",
                                      "may",       "june",     "july",     "august",
                                      "september", "october",  "november", "december"};
  size_t left = (size_t)(c->end - c->at);
  for (int month = 0; month < 12; month++) {
    size_t length = strlen(names[month]);
    size_t taken = left >= length && strncasecmp(c->at, names[month], length) == 0 ? length
                   : left >= 3 && strncasecmp(c->at, names[month], 3) == 0         ? 3
                                                                                   : 0;
    if (taken > 0) {
      c->at += taken;
      return month + 1;
    }
  }
  return -1;
}

typedef struct stamp {
  int year, month, day, hour, minute, second;
} stamp;

static bool read_year_of_century(cursor *c, stamp *s)
{
  const char *start = c->at;
  int value = read_digits(c, 2);
  s->year = value < 69 ? 2000 + value : 1900 + value;
  return c->at - start == 2;
}

static bool read_conversion(cursor *c, char conversion, stamp *s)
{
  const char *start = c->at;
  switch (conversion) {
  case 'Y':
    s->year = read_digits(c, 4);
    return c->at - start == 4;
  case 'y':
    return read_year_of_century(c, s);
  case 'm':
    return (s->month = read_digits(c, 2)) >= 0;
  case 'd':
    return (s->day = read_digits(c, 2)) >= 0;
  case 'b':
    return (s->month = read_month_name(c)) >= 0;
  case 'H':
    return (s->hour = read_digits(c, 2)) >= 0;
  case 'M':
    return (s->minute = read_digits(c, 2)) >= 0;
  case 'S':
    return (s->second = read_digits(c, 2)) >= 0;
  default:
    return conversion == '%' && take(c, '%');
  }
}

static bool read_zone(cursor *c)
{
  if (take(c, 'Z') || take(c, 'z'))
    return true;
  if (!take(c, '+') && !take(c, '-'))
    return false;
  int hours = read_digits(c, 2);
  bool colon = take(c, ':');
  int minutes = colon || c->at < c->end ? read_digits(c, 2) : 0;
  return hours >= 0 && hours <= 23 && minutes >= 0 && minutes <= 59;
}

/* A time of day after a date: `[T ]H:MM[:SS[.fff]][zone]`. Nothing at all is fine. */
static bool read_time(cursor *c, stamp *s)
{
  if (c->at == c->end)
    return true;
  if (!take(c, 'T') && !take(c, ' '))
    return false;
  s->hour = read_digits(c, 2);
  if (s->hour < 0 || !take(c, ':') || (s->minute = read_digits(c, 2)) < 0)
    return false;
  if (take(c, ':')) {
    if ((s->second = read_digits(c, 2)) < 0)
      return false;
    if ((take(c, '.') || take(c, ',')) && read_digits(c, 9) < 0)
      return false;
  }
  return c->at == c->end || read_zone(c);
}

/* A date without a time of day is the day itself: an offset moves times only. */
static churn_day stamp_to_day(const stamp *s, int utc_offset_minutes)
{
  if (s->hour > 23 || s->minute > 59 || s->second > 60)
    return CHURN_DAY_MISSING;
  churn_day day = churn_day_from_civil(s->year, s->month, s->day);
  if (day == CHURN_DAY_MISSING || s->hour < 0)
    return day;
  int minutes = s->hour * 60 + s->minute + utc_offset_minutes;
  int shift = minutes >= 0 ? minutes / 1440 : -((1439 - minutes) / 1440);
  day += shift;
  return day < CHURN_DAY_FIRST || day > CHURN_DAY_LAST ? CHURN_DAY_MISSING : day;
}

churn_day churn_day_parse_format(const char *text, size_t length, const char *format,
                                 int utc_offset_minutes)
{
  cursor c = {text, text + length};
  stamp s = {.hour = -1};
  bool has_time = false;
  for (const char *f = format == NULL ? "%Y-%m-%d" : format; *f != '\0'; f++) {
    if (*f == '%' && f[1] != '\0') {
      f++;
      has_time = has_time || *f == 'H';
      if (!read_conversion(&c, *f, &s))
        return CHURN_DAY_MISSING;
    } else if (!take(&c, *f)) {
      return CHURN_DAY_MISSING;
    }
  }
  if ((!has_time && !read_time(&c, &s)) || c.at != c.end)
    return CHURN_DAY_MISSING;
  /* ISO 8601 has fixed widths: 2024-1-5 is refused there, and read by a format that is given. */
  if (format == NULL &&
      (length < 10 || text[7] != '-' || (length > 10 && text[10] != 'T' && text[10] != ' ')))
    return CHURN_DAY_MISSING;
  return stamp_to_day(&s, utc_offset_minutes);
}

churn_day churn_day_parse(const char *text, size_t length)
{
  return churn_day_parse_format(text, length, NULL, 0);
}

bool churn_day_format_valid(const char *format)
{
  bool year = false, month = false, day = false;
  for (const char *f = format; *f != '\0'; f++) {
    if (*f != '%')
      continue;
    f++;
    if (*f == '\0' || strchr("YymdbHMS%", *f) == NULL)
      return false;
    year = year || *f == 'Y' || *f == 'y';
    month = month || *f == 'm' || *f == 'b';
    day = day || *f == 'd';
  }
  return year && month && day;
}

static void write_digits(char *text, size_t digits, int value)
{
  for (; digits > 0; value /= 10)
    text[--digits] = (char)('0' + value % 10);
}

void churn_day_format(churn_day day, char text[CHURN_DAY_TEXT_SIZE])
{
  text[0] = '\0';
  if (day < CHURN_DAY_FIRST || day > CHURN_DAY_LAST)
    return;
  int year, month, day_of_month;
  churn_day_to_civil(day, &year, &month, &day_of_month);
  write_digits(text, 4, year);
  text[4] = '-';
  write_digits(text + 5, 2, month);
  text[7] = '-';
  write_digits(text + 8, 2, day_of_month);
  text[10] = '\0';
}

churn_day churn_day_add_months(churn_day day, int months)
{
  int year, month, day_of_month;
  churn_day_to_civil(day, &year, &month, &day_of_month);
  int index = year * 12 + month - 1 + months;
  int new_year = index / 12, new_month = index % 12 + 1;
  if (new_year < 1 || new_year > 9999)
    return CHURN_DAY_MISSING;
  int last = days_in_month(new_year, new_month);
  return churn_day_from_civil(new_year, new_month, day_of_month < last ? day_of_month : last);
}
