/* Ending early: a verb that has something to finish or to clean up is asked to; else the program
 * ends at once.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd.h"

#include <signal.h>

static churn_stop_request stop;
static volatile sig_atomic_t ended_by; /* signal, 0 = none */

/* The first signal asks; the next one, or one when it is not worth asking, ends the program as
 * without this handler. */
static void end_early(int number)
{
  if (stop.worth) {
    ended_by = number;
    stop.asked = 1;
    return;
  }
  signal(number, SIG_DFL);
  raise(number);
}

void cli_catch_signals(cli *c)
{
  static const int numbers[] = {SIGINT, SIGTERM};
  c->run.stop = &stop;
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
