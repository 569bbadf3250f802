/* A progress bar: one line on standard error, drawn again at most ten times a second.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd.h"

#include <inttypes.h>
#include <time.h>

enum { BAR_WIDTH = 30 };

static bool shown;
static double last_drawn;

static double now_seconds(void)
{
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void draw(void *context, const char *stage, uint64_t done, uint64_t total)
{
  (void)context;
  double now = now_seconds();
  if (now - last_drawn < 0.1)
    return;
  last_drawn = now;
  shown = true;
  int filled = total == 0 ? 0 : (int)(done * BAR_WIDTH / total);
  fprintf(stderr, "\r%-12s [", stage);
  for (int i = 0; i < BAR_WIDTH; i++)
    fputc(i < filled ? '#' : '.', stderr);
  fprintf(stderr, "] %3d %%", total == 0 ? 0 : (int)(done * 100 / total));
  fflush(stderr);
}

void cli_progress_init(churn_progress *progress)
{
  *progress = (churn_progress){draw, NULL};
  last_drawn = now_seconds();
}

void cli_progress_clear(void)
{
  if (!shown)
    return;
  fprintf(stderr, "\r%*s\r", BAR_WIDTH + 24, "");
  fflush(stderr);
  shown = false;
}
