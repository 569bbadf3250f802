/* The first known day of every id of a history.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "history/first_days.h"

#include "base/memory.h"

#include <stdlib.h>

/* Per code of a worker. */
typedef struct known_ids {
  churn_day *first;
  size_t count, capacity;
} known_ids;

struct churn_first_days {
  bool dated;
  known_ids *workers;
  size_t worker_count;
};

churn_first_days *churn_first_days_new(bool dated)
{
  churn_first_days *days = calloc(1, sizeof *days);
  if (days != NULL)
    days->dated = dated;
  return days;
}

static void forget(churn_first_days *days)
{
  for (size_t w = 0; days->workers != NULL && w < days->worker_count; w++)
    free(days->workers[w].first);
  free(days->workers);
  days->workers = NULL;
}

void churn_first_days_free(churn_first_days *days)
{
  if (days == NULL)
    return;
  forget(days);
  free(days);
}

static churn_status begin(void *context, size_t pieces, size_t workers, churn_error *error)
{
  (void)pieces;
  churn_first_days *days = context;
  forget(days);
  days->workers = churn_array_new(workers, sizeof *days->workers);
  days->worker_count = workers;
  return days->workers == NULL ? churn_error_no_memory(error) : CHURN_OK;
}

/* The day from which a row is known: its own, or later where the source says so. */
static churn_day known_from(churn_day day, churn_day known)
{
  return day == CHURN_DAY_MISSING || known == CHURN_DAY_MISSING ? CHURN_DAY_MISSING
         : known > day                                          ? known
                                                                : day;
}

static churn_day earlier(churn_day a, churn_day b)
{
  return a == CHURN_DAY_MISSING || (b != CHURN_DAY_MISSING && b < a) ? b : a;
}

static churn_status take(void *context, size_t piece, size_t worker,
                         const churn_batch_column *columns, size_t rows, churn_error *error)
{
  (void)piece;
  const churn_first_days *days = context;
  known_ids *ids = &days->workers[worker];
  if (!churn_array_reserve(&ids->first, &ids->capacity, columns[0].levels, sizeof *ids->first))
    return churn_error_no_memory(error);
  for (; ids->count < columns[0].levels; ids->count++)
    ids->first[ids->count] = CHURN_DAY_MISSING;
  for (size_t row = 0; row < rows; row++) {
    churn_day day = columns[1].days[row];
    churn_day known = days->dated ? known_from(day, columns[2].days[row]) : day;
    churn_day *first = &ids->first[columns[0].codes[row]];
    *first = earlier(*first, known);
  }
  return CHURN_OK;
}

churn_row_taker churn_first_days_taker(churn_first_days *days)
{
  return (churn_row_taker){.begin = begin, .take = take, .context = days};
}

churn_status churn_first_days_finish(const churn_first_days *days, const churn_table *table,
                                     const uint32_t *codes, size_t count, churn_day **first,
                                     churn_error *error)
{
  churn_day *made = churn_array_new(count, sizeof *made);
  if (made == NULL)
    return churn_error_no_memory(error);
  for (size_t i = 0; i < count; i++)
    made[i] = CHURN_DAY_MISSING;
  for (size_t w = 0; w < days->worker_count; w++)
    for (size_t i = 0; i < days->workers[w].count; i++) {
      uint32_t id = table->remaps[w][i], customer = codes == NULL ? id : codes[id];
      if (customer != CHURN_CODE_MISSING)
        made[customer] = earlier(made[customer], days->workers[w].first[i]);
    }
  *first = made;
  return CHURN_OK;
}
