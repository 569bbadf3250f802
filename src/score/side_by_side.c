/* Several ranked lists of the same customers, a line a customer. Place in the flow: rankings -> a
 * CSV. Cost: a look-up for each line of each list, and a sort of the customers.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/dictionary.h"
#include "base/memory.h"
#include "base/output.h"
#include "score/ranking.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A customer of any of the lists. */
typedef struct entry {
  uint32_t customer; /* code in the union of ids */
  uint64_t best;     /* its best rank, from 1 */
  size_t list;       /* the first list that has it there */
} entry;

typedef struct joined {
  const churn_ranking *const *rankings;
  size_t lists;
  churn_dictionary *ids;
  uint64_t *ranks; /* [customers * lists], 0 = not on the list */
  size_t capacity;
  entry *order;
} joined;

static void look_up(const churn_ranking *ranking, size_t index, bool reasons, churn_ranked *line)
{
  if (reasons)
    churn_ranking_get(ranking, index, line);
  else
    churn_ranking_get_figures(ranking, index, line);
}

static churn_status add_line(joined *j, size_t list, size_t index, churn_error *error)
{
  churn_ranked line;
  uint32_t customer;
  look_up(j->rankings[list], index, false, &line);
  size_t before = churn_dictionary_count(j->ids);
  churn_status status =
      churn_dictionary_add(j->ids, line.customer_id, strlen(line.customer_id), &customer);
  if (status != CHURN_OK)
    return churn_error_no_memory(error);
  if (!churn_array_reserve(&j->ranks, &j->capacity, ((size_t)customer + 1) * j->lists,
                           sizeof *j->ranks))
    return churn_error_no_memory(error);
  uint64_t *ranks = j->ranks + (size_t)customer * j->lists;
  if (customer == before)
    memset(ranks, 0, j->lists * sizeof *ranks);
  ranks[list] = line.rank;
  return CHURN_OK;
}

static churn_status add_list(joined *j, size_t list, churn_error *error)
{
  churn_status status = CHURN_OK;
  size_t count = churn_ranking_count(j->rankings[list]);
  for (size_t i = 0; i < count && status == CHURN_OK; i++)
    status = add_line(j, list, i, error);
  return status;
}

/* No two customers have the same rank on the same list. */
static int compare_entries(const void *left, const void *right)
{
  const entry *a = left, *b = right;
  if (a->best != b->best)
    return (a->best > b->best) - (a->best < b->best);
  return (a->list > b->list) - (a->list < b->list);
}

static churn_status sort_customers(joined *j, churn_error *error)
{
  size_t count = churn_dictionary_count(j->ids);
  j->order = churn_array_new(count, sizeof *j->order);
  if (j->order == NULL)
    return churn_error_no_memory(error);
  for (size_t c = 0; c < count; c++) {
    entry *e = &j->order[c];
    *e = (entry){.customer = (uint32_t)c, .best = UINT64_MAX};
    for (size_t list = 0; list < j->lists; list++) {
      uint64_t rank = j->ranks[c * j->lists + list];
      if (rank > 0 && rank < e->best) {
        e->best = rank;
        e->list = list;
      }
    }
  }
  qsort(j->order, count, sizeof *j->order, compare_entries);
  return CHURN_OK;
}

static void write_heading(const joined *j, const char *const *names, churn_output *output)
{
  static const char *const columns[] = {"rank", "probability", "expected_loss", "reason"};
  churn_output_text(output, "customer_id,as_of,value");
  for (size_t list = 0; list < j->lists; list++)
    for (size_t c = 0; c < sizeof columns / sizeof columns[0]; c++) {
      churn_output_printf(output, ",%s_", columns[c]);
      churn_output_text(output, names[list]);
    }
  churn_output_text(output, churn_ranking_has_control(j->rankings[0]) ? ",control\n" : "\n");
}

static void write_figures(const churn_ranked *line, churn_output *output)
{
  churn_output_text(output, ",");
  churn_output_whole(output, line->rank);
  churn_output_text(output, ",");
  churn_output_number(output, line->probability);
  churn_output_text(output, ",");
  churn_output_number(output, line->expected_loss);
  churn_output_text(output, ",");
  churn_output_csv(output, line->reasons[0], strlen(line->reasons[0]));
}

static void write_customer(const joined *j, const entry *e, churn_output *output)
{
  char day[CHURN_DAY_TEXT_SIZE];
  churn_ranked line;
  look_up(j->rankings[e->list], (size_t)e->best - 1, true, &line);
  churn_day_format(line.as_of, day);
  churn_output_csv(output, line.customer_id, strlen(line.customer_id));
  churn_output_printf(output, ",%s,", day);
  churn_output_number(output, line.value);
  for (size_t list = 0; list < j->lists; list++) {
    uint64_t rank = j->ranks[(size_t)e->customer * j->lists + list];
    if (rank == 0) {
      churn_output_text(output, ",,,,");
      continue;
    }
    look_up(j->rankings[list], (size_t)rank - 1, true, &line);
    write_figures(&line, output);
  }
  if (churn_ranking_has_control(j->rankings[0]))
    churn_output_text(output, line.control ? ",1" : ",0");
  churn_output_text(output, "\n");
}

static churn_status write_all(const joined *j, const char *const *names, uint64_t top,
                              const char *path, churn_error *error)
{
  churn_output *output = NULL;
  churn_status status = churn_output_open(path, &output, error);
  if (status != CHURN_OK)
    return status;
  write_heading(j, names, output);
  for (size_t c = 0; c < churn_dictionary_count(j->ids); c++)
    if (top == 0 || j->order[c].best <= top)
      write_customer(j, &j->order[c], output);
  return churn_output_commit(output, error);
}

/* Lists of different days have nothing to do beside each other. */
static churn_status check_days(const joined *j, churn_error *error)
{
  for (size_t list = 1; list < j->lists; list++) {
    char first[CHURN_DAY_TEXT_SIZE], other[CHURN_DAY_TEXT_SIZE];
    churn_day_format(churn_ranking_as_of(j->rankings[0]), first);
    churn_day_format(churn_ranking_as_of(j->rankings[list]), other);
    if (strcmp(first, other) != 0)
      return churn_error_set(error, CHURN_INCONSISTENT,
                             "the lists are of different days (%s and %s), because the models read "
                             "different histories; expected --as-of DAY, or `data_until` in the "
                             "project",
                             first, other);
  }
  return CHURN_OK;
}

churn_status churn_rankings_write(const churn_ranking *const *rankings, const char *const *names,
                                  size_t count, uint64_t top, const char *path, churn_error *error)
{
  joined j = {.rankings = rankings, .lists = count, .ids = churn_dictionary_new()};
  churn_status status = j.ids == NULL ? churn_error_no_memory(error) : check_days(&j, error);
  for (size_t list = 0; list < count && status == CHURN_OK; list++)
    status = add_list(&j, list, error);
  if (status == CHURN_OK)
    status = sort_customers(&j, error);
  if (status == CHURN_OK)
    status = write_all(&j, names, top, path, error);
  churn_dictionary_free(j.ids);
  free(j.ranks);
  free(j.order);
  return status;
}
