/* Ending early: a verb that has something to finish or to clean up is asked to; else the program
 * ends at once.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd.h"

#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static churn_stop_request stop;
static volatile sig_atomic_t ended_by; /* signal, 0 = none */

/* What is said when the program ends at once; ready, since a handler cannot put it together. */
static char last_words[256];
static size_t last_words_length;
static char *last_time; /* where the time of day belongs, NULL = nowhere */

/* Like churn_clock_format, of calls that a handler may make. */
static void write_time(char *text)
{
  struct timespec now = {0, 0};
  char date[CHURN_DAY_TEXT_SIZE];
  clock_gettime(CLOCK_REALTIME, &now);
  long seconds = (long)(now.tv_sec % 86400);
  const long parts[] = {seconds / 3600, seconds / 60 % 60, seconds % 60};
  churn_day_format((churn_day)(now.tv_sec / 86400), date);
  for (int i = 0; date[i] != '\0'; i++)
    text[i] = date[i];
  for (int i = 0; i < 3; i++) {
    text[CHURN_DAY_TEXT_SIZE + 3 * i] = (char)('0' + parts[i] / 10);
    text[CHURN_DAY_TEXT_SIZE + 3 * i + 1] = (char)('0' + parts[i] % 10);
  }
}

static void say_last_words(void)
{
  if (last_time != NULL)
    write_time(last_time);
  for (size_t at = 0; at < last_words_length;) {
    ssize_t written = write(STDERR_FILENO, last_words + at, last_words_length - at);
    if (written <= 0)
      return;
    at += (size_t)written;
  }
}

/* The first signal asks; the next one, or one when it is not worth asking, ends the program as
 * without this handler. */
static void end_early(int number)
{
  if (stop.worth) {
    ended_by = number;
    stop.asked = 1;
    return;
  }
  say_last_words();
  signal(number, SIG_DFL);
  raise(number);
}

void cli_catch_signals(cli *c, const char *otherwise)
{
  static const int numbers[] = {SIGINT, SIGTERM};
  c->run.stop = &stop;
  last_time = cli_log_prepare(c, otherwise, last_words, sizeof last_words);
  last_words_length = strlen(last_words);
  for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
    struct sigaction action = {.sa_handler = end_early, .sa_flags = (int)SA_RESETHAND}, before;
    if (sigaction(numbers[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
      sigaction(numbers[i], &action, NULL);
  }
}

bool cli_was_signalled(void)
{
  return ended_by != 0;
}

void cli_end_by_signal(void)
{
  if (ended_by == 0)
    return;
  signal(ended_by, SIG_DFL);
  raise(ended_by);
}
