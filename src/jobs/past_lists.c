/* Lists of earlier nights, read again.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs/past_lists.h"

#include "base/error.h"
#include "base/memory.h"
#include "jobs/runs.h"

#include <stdlib.h>
#include <unistd.h>

const char churn_past_ranked[] = "ranked.csv", churn_past_calls[] = "calls.csv";

churn_status churn_past_list_there(const char *root, churn_day day, const char *name, bool *there,
                                   churn_error *error)
{
  char *path = churn_run_path(root, day, name);
  *there = path != NULL && access(path, F_OK) == 0;
  churn_status status = path == NULL ? churn_error_no_memory(error) : CHURN_OK;
  free(path);
  return status;
}

churn_status churn_past_list_read(const char *root, churn_day day, const char *name,
                                  const churn_run *run, churn_table **list, churn_error *error)
{
  static const churn_format plain = {0};
  const churn_column_request requests[CHURN_PAST_COLUMNS] = {
      [CHURN_PAST_RANK] = {.heading = "rank", .type = CHURN_TYPE_NUMBER},
      [CHURN_PAST_ID] = {.heading = "customer_id", .type = CHURN_TYPE_ID},
      [CHURN_PAST_VALUE] = {.heading = "value", .type = CHURN_TYPE_NUMBER},
      [CHURN_PAST_CONTROL] = {.heading = "control", .type = CHURN_TYPE_FLAG, .optional = true}};
  char *path = churn_run_path(root, day, name);
  churn_status status = path == NULL ? churn_error_no_memory(error)
                                     : churn_table_parse(path, &plain, requests, CHURN_PAST_COLUMNS,
                                                         NULL, run, list, error);
  free(path);
  return status;
}

static void mark(const churn_table *list, churn_day day, const churn_data *data, churn_day *listed)
{
  const churn_column *ids = &list->columns[CHURN_PAST_ID];
  if (!list->columns[CHURN_PAST_CONTROL].present)
    return;
  for (size_t row = 0; row < list->rows; row++) {
    if (list->columns[CHURN_PAST_CONTROL].numbers[row] != 1)
      continue;
    uint32_t customer = churn_dictionary_find(
        data->customers.index, churn_dictionary_text(ids->levels, ids->codes[row]),
        churn_dictionary_length(ids->levels, ids->codes[row]));
    if (customer != CHURN_CODE_MISSING)
      listed[customer] = day;
  }
}

static churn_status mark_day(const char *root, churn_day day, const churn_data *data,
                             const churn_run *run, churn_day *listed, churn_error *error)
{
  bool there;
  churn_table *list = NULL;
  churn_error fault = {0};
  churn_status status = churn_past_list_there(root, day, churn_past_calls, &there, error);
  if (status != CHURN_OK || !there)
    return status;
  status = churn_past_list_read(root, day, churn_past_calls, run, &list, &fault);
  if (status == CHURN_OK)
    mark(list, day, data, listed);
  churn_table_free(list);
  if (status == CHURN_OK)
    return CHURN_OK;
  char text[CHURN_MESSAGE_SIZE + CHURN_PLACE_SIZE];
  churn_error_format(&fault, text, sizeof text);
  if (status == CHURN_NO_MEMORY)
    return churn_error_no_memory(error);
  churn_notes_add(churn_run_notes(run), CHURN_WARNING, "no_past_calls", CHURN_NOWHERE,
                  "who of the control group was on an earlier list is not known: %s", text);
  return CHURN_OK;
}

/* The newest day stays, since days ascend. */
churn_status churn_past_control(const char *root, const churn_data *data, churn_day first,
                                churn_day end, const churn_run *run, churn_day **listed,
                                churn_error *error)
{
  churn_day *days = NULL, *made = churn_array_new(data->customers.count, sizeof *made);
  size_t count = 0;
  churn_status status =
      made == NULL ? churn_error_no_memory(error) : churn_runs_days(root, &days, &count, error);
  for (size_t c = 0; made != NULL && c < data->customers.count; c++)
    made[c] = CHURN_DAY_MISSING;
  for (size_t i = 0; i < count && status == CHURN_OK; i++)
    if (days[i] >= first && days[i] < end)
      status = mark_day(root, days[i], data, run, made, error);
  free(days);
  if (status == CHURN_OK)
    *listed = made;
  else
    free(made);
  return status;
}
