/* The data as if customers had been given another rep.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs/new_rep.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const size_t is_new = SIZE_MAX;

void churn_new_rep_clear(churn_new_rep *made)
{
  churn_history *h = made->changed;
  for (size_t c = 0; h != NULL && h->columns != NULL && c < made->column_count; c++) {
    free(h->columns[c].numbers);
    free(h->columns[c].days);
    free(h->columns[c].codes);
  }
  if (h != NULL) {
    free(h->columns);
    free(h->first_row);
    free(h->days);
  }
  free(made->histories);
  churn_dictionary_free(made->levels);
  *made = (churn_new_rep){.histories = NULL};
}

/* Which old row stands in each row's place. A customer's new row comes behind those of its day. */
static churn_status place_rows(const churn_history *old, size_t customers, const bool *chosen,
                               churn_day day, churn_history *h, size_t **from, churn_error *error)
{
  h->rows = old->rows;
  for (size_t c = 0; c < customers; c++)
    h->rows += chosen[c];
  h->first_row = churn_array_new(customers + 1, sizeof *h->first_row);
  h->days = churn_array_new(h->rows, sizeof *h->days);
  *from = churn_array_new(h->rows, sizeof **from);
  if (h->first_row == NULL || h->days == NULL || *from == NULL)
    return churn_error_no_memory(error);
  size_t to = 0;
  for (size_t c = 0; c < customers; c++) {
    size_t row = old->first_row[c], last = old->first_row[c + 1];
    h->first_row[c] = to;
    for (; row < last && (!chosen[c] || old->days[row] <= day); row++)
      (*from)[to++] = row;
    if (chosen[c])
      (*from)[to++] = is_new;
    for (; row < last; row++)
      (*from)[to++] = row;
  }
  h->first_row[customers] = to;
  for (size_t i = 0; i < h->rows; i++)
    h->days[i] = (*from)[i] == is_new ? day : old->days[(*from)[i]];
  return CHURN_OK;
}

/* A cell of a new row is missing but for days that tell when the row was known. */
static churn_status copy_column(const churn_column *old, const size_t *from, size_t rows,
                                churn_day day, churn_column *column, churn_error *error)
{
  column->numbers = old->numbers == NULL ? NULL : churn_array_new(rows, sizeof(double));
  column->days = old->days == NULL ? NULL : churn_array_new(rows, sizeof(churn_day));
  column->codes = old->codes == NULL ? NULL : churn_array_new(rows, sizeof(uint32_t));
  if ((old->numbers != NULL && column->numbers == NULL) ||
      (old->days != NULL && column->days == NULL) || (old->codes != NULL && column->codes == NULL))
    return churn_error_no_memory(error);
  for (size_t i = 0; i < rows; i++) {
    bool new = from[i] == is_new;
    if (column->numbers != NULL)
      column->numbers[i] = new ? NAN : old->numbers[from[i]];
    if (column->days != NULL)
      column->days[i] = new ? day : old->days[from[i]];
    if (column->codes != NULL)
      column->codes[i] = new ? CHURN_CODE_MISSING : old->codes[from[i]];
  }
  return CHURN_OK;
}

static bool tells_known(const churn_schema_source *source, size_t column, int day_column)
{
  return day_column == source->known_at || day_column == source->columns[column].known_at;
}

static churn_status copy_columns(const churn_data *data, churn_new_rep_place place,
                                 const size_t *from, churn_day day, churn_new_rep *made,
                                 churn_error *error)
{
  const churn_schema_source *source = &data->schema->sources[place.history + 1];
  const churn_history *old = &data->histories[place.history];
  churn_status status = CHURN_OK;
  for (size_t c = 0; c < source->column_count; c++) {
    churn_column *column = &made->changed->columns[c];
    *column = old->columns[c];
    column->numbers = NULL;
    column->days = NULL;
    column->codes = NULL;
  }
  for (size_t c = 0; c < source->column_count && status == CHURN_OK; c++)
    status = copy_column(&old->columns[c], from, made->changed->rows,
                         tells_known(source, place.column, (int)c) ? day : CHURN_DAY_MISSING,
                         &made->changed->columns[c], error);
  return status;
}

/* The levels of the column, and behind the last of them one more. */
static churn_status add_level(const churn_dictionary *levels, churn_dictionary **more,
                              churn_error *error)
{
  size_t count = churn_dictionary_count(levels);
  const char **texts = churn_array_new(count + 1, sizeof *texts);
  size_t *lengths = churn_array_new(count + 1, sizeof *lengths);
  const char *last = count == 0 ? "" : churn_dictionary_text(levels, (uint32_t)(count - 1));
  char *after = churn_text_format("%s\xff", last);
  churn_status status =
      texts == NULL || lengths == NULL || after == NULL ? churn_error_no_memory(error) : CHURN_OK;
  for (uint32_t i = 0; status == CHURN_OK && i < count; i++) {
    texts[i] = churn_dictionary_text(levels, i);
    lengths[i] = churn_dictionary_length(levels, i);
  }
  if (status == CHURN_OK) {
    texts[count] = after;
    lengths[count] = strlen(after);
    status = churn_dictionary_of_sorted(texts, lengths, count + 1, more);
    if (status != CHURN_OK)
      status = churn_error_no_memory(error);
  }
  free(after);
  free(texts);
  free(lengths);
  return status;
}

static void set_level(churn_new_rep *made, size_t at, const size_t *from)
{
  churn_column *column = &made->changed->columns[at];
  column->levels = made->levels;
  for (size_t i = 0; i < made->changed->rows; i++)
    if (from[i] == is_new)
      column->codes[i] = (uint32_t)churn_dictionary_count(made->levels) - 1;
}

churn_status churn_new_rep_make(const churn_data *data, churn_new_rep_place place,
                                const bool *chosen, churn_day day, churn_new_rep *made,
                                churn_error *error)
{
  size_t histories = data->schema->source_count - 1, *from = NULL;
  const churn_history *old = &data->histories[place.history];
  *made = (churn_new_rep){.data = *data};
  made->histories = churn_array_new(histories, sizeof *made->histories);
  if (made->histories == NULL)
    return churn_error_no_memory(error);
  memcpy(made->histories, data->histories, histories * sizeof *made->histories);
  made->data.histories = made->histories;
  made->changed = &made->histories[place.history];
  *made->changed = (churn_history){.name = old->name, .loaded = true};
  made->column_count = data->schema->sources[place.history + 1].column_count;
  made->changed->columns = churn_array_new(made->column_count, sizeof *made->changed->columns);
  churn_status status =
      made->changed->columns == NULL
          ? churn_error_no_memory(error)
          : place_rows(old, data->customers.count, chosen, day, made->changed, &from, error);
  if (status == CHURN_OK)
    status = copy_columns(data, place, from, day, made, error);
  if (status == CHURN_OK)
    status = add_level(old->columns[place.column].levels, &made->levels, error);
  if (status == CHURN_OK)
    set_level(made, place.column, from);
  free(from);
  return status;
}
