/* From joining to leaving.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "monitor/stays.h"

#include "base/memory.h"

#include <stdlib.h>

typedef struct finder {
  const churn_customers *customers;
  const churn_history *history; /* NULL without silence */
  const churn_day *known;       /* [rows] when each was known; NULL = from its day on */
  int32_t silence;
  churn_day until;
  churn_stay *stays;
  size_t count, capacity;
} finder;

static bool add(finder *f, size_t spell, churn_day joined, churn_day left)
{
  if (!churn_array_reserve(&f->stays, &f->capacity, f->count + 1, sizeof *f->stays))
    return false;
  uint32_t customer = f->customers->spell_customer[spell];
  bool returned = f->count > 0 && f->stays[f->count - 1].customer == customer;
  f->stays[f->count++] = (churn_stay){customer, (uint32_t)spell, joined, left, returned};
  return true;
}

/* The end of a stay whose newest sign of life is of day `last`. */
static churn_day end_of(const finder *f, churn_day last, churn_day left)
{
  churn_day silent = last + f->silence;
  if (left != CHURN_DAY_MISSING && left <= silent)
    return left;
  return silent <= f->until ? silent : CHURN_DAY_MISSING;
}

static bool counts(const finder *f, size_t row, churn_day left)
{
  churn_day known = f->known == NULL ? f->history->days[row] : f->known[row];
  return known != CHURN_DAY_MISSING && known <= f->until && f->history->days[row] <= f->until &&
         (left == CHURN_DAY_MISSING || f->history->days[row] <= left);
}

static bool part_by_silence(finder *f, size_t spell)
{
  size_t customer = f->customers->spell_customer[spell];
  churn_day begin = f->customers->joined[spell], last = begin, left = f->customers->left[spell];
  const size_t *rows = f->history->first_row + customer;
  bool good = true;
  for (size_t row = rows[0]; row < rows[1] && good; row++) {
    churn_day day = f->history->days[row];
    if (!counts(f, row, left) || (begin != CHURN_DAY_MISSING && day < begin))
      continue;
    if (begin != CHURN_DAY_MISSING && day > last + f->silence)
      good = add(f, spell, begin, last + f->silence);
    if (begin == CHURN_DAY_MISSING || day > last + f->silence)
      begin = day;
    last = day;
  }
  return good && (begin == CHURN_DAY_MISSING || add(f, spell, begin, end_of(f, last, left)));
}

churn_status churn_stays_find(const churn_data *data, churn_silence silence, churn_day until,
                              churn_stay **stays, size_t *count, churn_error *error)
{
  finder f = {.customers = &data->customers, .silence = silence.days, .until = until};
  if (silence.days > 0) {
    int known = data->schema->sources[1 + silence.history].known_at;
    f.history = &data->histories[silence.history];
    f.known = known < 0 ? NULL : f.history->columns[known].days;
  }
  bool good = true;
  for (size_t s = 0; s < f.customers->spell_count && good; s++)
    good = f.history == NULL ? add(&f, s, f.customers->joined[s], f.customers->left[s])
                             : part_by_silence(&f, s);
  if (!good) {
    free(f.stays);
    return churn_error_no_memory(error);
  }
  *stays = f.stays;
  *count = f.count;
  return CHURN_OK;
}
