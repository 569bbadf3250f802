/* deal_folds FOLDS SEED <ids-and-labels.csv: the fold of each row that `churn compare --folds`
 * deals it into, one a line, for peers. Rows are "id,label" without a heading, one row a customer.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/memory.h"
#include "design/folds.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct customers {
  churn_snapshot *rows;
  char **ids;
  size_t count, capacity, id_capacity;
} customers;

static int read_customers(customers *c)
{
  char line[256];
  while (fgets(line, sizeof line, stdin) != NULL) {
    char *comma = strchr(line, ',');
    if (comma == NULL ||
        !churn_array_reserve(&c->rows, &c->capacity, c->count + 1, sizeof *c->rows) ||
        !churn_array_reserve(&c->ids, &c->id_capacity, c->count + 1, sizeof *c->ids))
      return 0;
    c->ids[c->count] = churn_text_copy(line, (size_t)(comma - line));
    if (c->ids[c->count] == NULL)
      return 0;
    c->rows[c->count] =
        (churn_snapshot){.customer = (uint32_t)c->count, .label = comma[1] == '1', .weight = 1};
    c->count++;
  }
  return 1;
}

static int print_folds(const customers *c, uint32_t folds, uint64_t seed)
{
  churn_snapshots rows = {.rows = c->rows, .count = c->count};
  churn_error error = {0};
  uint32_t *fold = churn_array_new(c->count, sizeof *fold);
  int good = fold != NULL && churn_folds_deal(&rows, (const char *const *)c->ids, folds, seed, fold,
                                              &error) == CHURN_OK;
  for (size_t i = 0; good && i < c->count; i++)
    printf("%" PRIu32 "\n", fold[i]);
  free(fold);
  return good;
}

int main(int count, char **words)
{
  customers c = {0};
  int good = count == 3 && read_customers(&c) &&
             print_folds(&c, (uint32_t)strtoul(words[1], NULL, 10), strtoull(words[2], NULL, 10));
  if (!good)
    fputs("usage: deal_folds FOLDS SEED <ids-and-labels.csv\n", stderr);
  for (size_t i = 0; i < c.count; i++)
    free(c.ids[i]);
  free(c.ids);
  free(c.rows);
  return good && fflush(stdout) == 0 ? 0 : 1;
}
