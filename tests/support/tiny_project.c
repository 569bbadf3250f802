/* A tiny project on disk.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "tiny_project.h"

#include "support.h"

#include <churn/day.h>
#include <stdio.h>

enum { CUSTOMERS = 12, CALLS = 20, PRICES = 3 };

#define PROJECT(EVERY, WEIGHT, FIT)                                                                \
  "version: 1\n"                                                                                   \
  "customers: {from: customers.csv, id: id, joined: joined, left: left,\n"                         \
  "  value: last(fee from prices) * 12,\n" WEIGHT                                                  \
  "  columns: {region: {type: category, static: true}, staff: {type: number, static: true}}}\n"    \
  "histories:\n"                                                                                   \
  "  calls: {from: calls.csv, id: id, day: at, max_bad_rows: 2,\n"                                 \
  "    columns: {minutes: number, agent: category}}\n"                                             \
  "  prices: {from: prices.csv, id: id, day: since, columns: {fee: number}}\n"                     \
  "data_until: 2025-01-31\n"                                                                       \
  "outcome: {horizon: 60d, gap: 7d}\n"                                                             \
  "snapshots: {first: 2024-01-01, last: 2024-11-01, every: " EVERY ", test_from: 2024-10-01}\n"    \
  "pool: 0\n"                                                                                      \
  "features:\n"                                                                                    \
  "  calls_60d: count(calls over 60d)\n"                                                           \
  "  minutes: {is: mean(minutes from calls where agent = \"kim\" over 90d), label: long talks}\n"  \
  "  region: {is: customers.region, reference: north}\n"                                           \
  "  staff: customers.staff\n" FIT "feature_sets: {few: [calls_60d, region]}\n"

#define WEIGHT "  weight: 'if(region = \"north\", 2, 3.5)',\n"
#define FIT "fit: {offset: 'if(region = \"north\", 0.25, 0)'}\n"

#define PLAYBOOK                                                                                   \
  "playbook: default\nlist: {exclude: natural}\ncapacity: {total: 3, each_rep: 1}\n"               \
  "rep: last(agent from calls)\nloyal: {value: 1, tenure: 1d, rise: 1}\n"

static const char *day_text(churn_day day)
{
  static char texts[2][CHURN_DAY_TEXT_SIZE];
  static int next;
  char *text = texts[next++ % 2];
  churn_day_format(day, text);
  return text;
}

static void write_customers(void)
{
  char text[2048];
  size_t used = (size_t)snprintf(text, sizeof text, "id,joined,left,region,staff\n");
  for (int i = 0; i < CUSTOMERS; i++) {
    churn_day joined = churn_day_from_civil(2023, 1, 1) + 17 * i;
    churn_day left =
        i % 3 == 2 ? CHURN_DAY_MISSING : churn_day_from_civil(2024, 1, 20) + 29 * (i * 7 % 12);
    used +=
        (size_t)snprintf(text + used, sizeof text - used, "c%02d,%s,%s,%s,", i, day_text(joined),
                         day_text(left), i % 4 < 2 ? "north" : "\"south, far\"");
    used += (size_t)snprintf(text + used, sizeof text - used, i % 4 == 3 ? "\n" : "%d.385\n",
                             i * 5 % 13);
  }
  scratch_write("customers.csv", text);
}

static void write_calls(void)
{
  static char text[CUSTOMERS * CALLS * 40];
  size_t used = (size_t)snprintf(text, sizeof text, "id,at,minutes,agent\n");
  for (int i = 0; i < CUSTOMERS; i++)
    for (int k = 0; k < CALLS; k++)
      used += (size_t)snprintf(text + used, sizeof text - used, "c%02d,%s,%d.25,%s\n", i,
                               day_text(churn_day_from_civil(2023, 10, 1) + (k * (17 + i * 5 % 9)) +
                                        (k * k * 3 + i) % 23),
                               (i * 7 + k * 3) % 11, (i + k) % 3 == 0 ? "lee" : "kim");
  scratch_write("calls.csv", text);
}

static void write_prices(void)
{
  char text[CUSTOMERS * PRICES * 40];
  size_t used = (size_t)snprintf(text, sizeof text, "id,since,fee\n");
  for (int i = 0; i < CUSTOMERS; i++)
    for (int k = 0; k < PRICES; k++)
      used += (size_t)snprintf(text + used, sizeof text - used, "c%02d,%s,%d.9\n", i,
                               day_text(churn_day_from_civil(2023, 7, 1) + 100 * k + i),
                               20 + i + 2 * k);
  scratch_write("prices.csv", text);
}

void tiny_project_write(void)
{
  scratch_write("tiny.yaml", PROJECT("1 month", WEIGHT, FIT) PLAYBOOK);
  scratch_write("daily.yaml", PROJECT("1 day", WEIGHT, FIT));
  scratch_write("plain.yaml", PROJECT("1 month", "", ""));
  write_customers();
  write_calls();
  write_prices();
}
