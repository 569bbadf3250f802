/* The bound on memory: its option, and the word about what could not be kept below it.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd.h"

#include <math.h>
#include <string.h>
#include <sys/resource.h>

struct poptOption cli_memory_option(cli *c)
{
  return (struct poptOption){
      "memory",
      '\0',
      POPT_ARG_STRING,
      &c->memory,
      0,
      "take about SIZE of memory at most (500M, 2G): histories that would need more lie in "
      "temporary files; never changes a result",
      "SIZE"};
}

/* Bytes of a unit as it is written behind a number; 0 = it is none. */
static double unit_bytes(const char *unit)
{
  static const char letters[] = "KMGT";
  if (unit[0] == '\0' || strcmp(unit, "B") == 0)
    return 1;
  const char *letter = strchr(letters, unit[0]);
  bool whole = unit[1] == '\0' || strcmp(unit + 1, "B") == 0 || strcmp(unit + 1, "iB") == 0;
  return letter == NULL || !whole ? 0 : ldexp(1, 10 * (int)(letter - letters + 1));
}

/* No locale, no sign, no exponent: digits, and perhaps a point and more digits. */
static const char *read_amount(const char *text, double *amount)
{
  const char *at = text;
  double scale = 1;
  *amount = 0;
  for (; *at >= '0' && *at <= '9'; at++)
    *amount = *amount * 10 + (*at - '0');
  if (at == text || *at != '.')
    return at;
  for (at++; *at >= '0' && *at <= '9'; at++)
    *amount += (*at - '0') * (scale /= 10);
  return at;
}

churn_status cli_read_memory(cli *c)
{
  if (c->memory == NULL)
    return CHURN_OK;
  double amount;
  const char *unit = read_amount(c->memory, &amount);
  double bytes = unit == c->memory ? 0 : amount * unit_bytes(unit);
  if (!(bytes >= 1 && bytes < 0x1p62))
    return cli_usage(
        c,
        "--memory: \"%s\" is no size; expected a number above 0 and a unit (K, M, G or "
        "T; none = bytes), as 500M or 1.5G",
        c->memory);
  c->run.memory_bytes = (uint64_t)bytes;
  return CHURN_OK;
}

void cli_warn_memory(const cli *c)
{
  struct rusage usage;
  if (c->run.memory_bytes == 0 || c->quiet || getrusage(RUSAGE_SELF, &usage) != 0)
    return;
  double taken = 1024.0 * (double)usage.ru_maxrss, bound = (double)c->run.memory_bytes;
  if (taken > bound)
    cli_log_line(
        c, CHURN_LOG_WARNING, "warning",
        cli_format("the run took %.0f MiB of memory at its peak, more than --memory (%.1f MiB): "
                   "customers, labels, snapshots and the rows that a model is fitted on are held "
                   "whole; at least that much is needed here",
                   ceil(taken / 0x1p20), bound / 0x1p20));
}
