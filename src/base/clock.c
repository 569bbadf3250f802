/* Time that passes, and the time of day.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/clock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { DAY_SECONDS = 86400, FORM_LENGTH = CHURN_CLOCK_TEXT_SIZE - 1 };

double churn_clock_milliseconds(void)
{
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

int64_t churn_clock_now(void)
{
  const char *given = getenv("SOURCE_DATE_EPOCH");
  if (given != NULL && given[0] >= '0' && given[0] <= '9') {
    char *end = NULL;
    errno = 0;
    long long seconds = strtoll(given, &end, 10);
    if (errno == 0 && *end == '\0')
      return seconds;
  }
  return (int64_t)time(NULL);
}

churn_day churn_clock_day(int64_t seconds)
{
  int64_t day = seconds / DAY_SECONDS - (seconds % DAY_SECONDS < 0);
  return day < CHURN_DAY_FIRST || day > CHURN_DAY_LAST ? CHURN_DAY_MISSING : (churn_day)day;
}

void churn_clock_format(int64_t seconds, char text[CHURN_CLOCK_TEXT_SIZE])
{
  churn_day day = churn_clock_day(seconds);
  char date[CHURN_DAY_TEXT_SIZE];
  text[0] = '\0';
  if (day == CHURN_DAY_MISSING)
    return;
  unsigned rest = (unsigned)(seconds - (int64_t)day * DAY_SECONDS);
  churn_day_format(day, date);
  snprintf(text, CHURN_CLOCK_TEXT_SIZE, "%sT%02u:%02u:%02uZ", date, rest / 3600 % 24,
           rest / 60 % 60, rest % 60);
}

bool churn_clock_parse(const char *text, int64_t *seconds)
{
  static const char form[] = "dddd-dd-ddTdd:dd:ddZ";
  if (strlen(text) != FORM_LENGTH)
    return false;
  for (int i = 0; i < FORM_LENGTH; i++)
    if (form[i] == 'd' ? text[i] < '0' || text[i] > '9' : text[i] != form[i])
      return false;
  churn_day day = churn_day_parse(text, CHURN_DAY_TEXT_SIZE - 1);
  int hour = atoi(text + 11), minute = atoi(text + 14), second = atoi(text + 17);
  if (day == CHURN_DAY_MISSING || hour > 23 || minute > 59 || second > 59)
    return false;
  *seconds = (int64_t)day * DAY_SECONDS + hour * 3600 + minute * 60 + second;
  return true;
}
