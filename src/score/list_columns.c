/* The columns of the ranked list as CSV, by name.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "score/list_columns.h"

#include "base/error.h"
#include "base/suggest.h"
#include "project/project.h"

#include <math.h>
#include <string.h>

static const char *const names[CHURN_LIST_COLUMNS] = {
    [CHURN_LIST_RANK] = "rank",
    [CHURN_LIST_CUSTOMER_ID] = "customer_id",
    [CHURN_LIST_AS_OF] = "as_of",
    [CHURN_LIST_PROBABILITY] = "probability",
    [CHURN_LIST_LOGIT] = "logit",
    [CHURN_LIST_VALUE] = "value",
    [CHURN_LIST_EXPECTED_LOSS] = "expected_loss",
    [CHURN_LIST_REASON_1] = "reason_1",
    [CHURN_LIST_REASON_2] = "reason_2",
    [CHURN_LIST_REASON_3] = "reason_3",
    [CHURN_LIST_MODEL] = "model",
    [CHURN_LIST_CAUSE] = "cause",
    [CHURN_LIST_ACTION] = "action",
    [CHURN_LIST_OWNER] = "owner",
    [CHURN_LIST_WORTH] = "worth",
    [CHURN_LIST_REP] = "rep",
    [CHURN_LIST_PROBABILITY_LOW] = "probability_low",
    [CHURN_LIST_PROBABILITY_HIGH] = "probability_high",
    [CHURN_LIST_TOP_PROBABILITY] = "top_probability",
    [CHURN_LIST_BORDERLINE] = "borderline",
    [CHURN_LIST_CONTROL] = "control",
};

static churn_status refuse(const char *name, churn_error *error)
{
  const char *near = churn_suggest(name, names, CHURN_LIST_COLUMNS);
  if (near != NULL)
    return churn_error_set(error, CHURN_USAGE,
                           "the ranked list has no column \"%s\"; did you mean %s?", name, near);
  return churn_error_set(
      error, CHURN_USAGE,
      "the ranked list has no column \"%s\"; expected some of rank, "
      "customer_id, as_of, probability, logit, value, expected_loss, reason_1, "
      "reason_2, reason_3, model; with a playbook cause, action, owner; by worth "
      "worth, rep; with intervals "
      "probability_low, probability_high, top_probability, borderline; with a control group "
      "control",
      name);
}

static churn_status add_column(churn_list_columns *columns, const char *name, churn_error *error)
{
  for (int i = 0; i < CHURN_LIST_COLUMNS; i++) {
    if (strcmp(names[i], name) != 0)
      continue;
    for (size_t k = 0; k < columns->count; k++)
      if (columns->columns[k] == (churn_list_column)i)
        return churn_error_set(error, CHURN_USAGE, "the column %s is asked for twice", name);
    columns->columns[columns->count++] = (churn_list_column)i;
    return CHURN_OK;
  }
  return refuse(name, error);
}

churn_status churn_list_columns_read(const char *text, churn_list_columns *columns,
                                     churn_error *error)
{
  churn_list_columns read = {.count = 0};
  churn_status status = CHURN_OK;
  for (const char *end = text; status == CHURN_OK && end != NULL; text = end + 1) {
    char name[64] = "";
    end = strchr(text, ',');
    while (*text == ' ')
      text++;
    size_t length = end == NULL ? strlen(text) : (size_t)(end - text);
    while (length > 0 && text[length - 1] == ' ')
      length--;
    memcpy(name, text, length < sizeof name ? length : sizeof name - 1);
    status = add_column(&read, name, error);
    if (end == NULL)
      break;
  }
  if (status == CHURN_OK)
    *columns = read;
  return status;
}

bool churn_list_with_intervals(const churn_project *project, const churn_score_settings *settings)
{
  return settings->intervals || project->list_intervals;
}

/* What a list lacks that is without the column; NULL = every list has it. */
static const char *lacks(const churn_project *project, const churn_score_settings *settings,
                         churn_list_column column)
{
  bool of_causes = column >= CHURN_LIST_CAUSE && column <= CHURN_LIST_OWNER;
  if (of_causes && churn_playbook_count(project) == 0)
    return "where the project has a playbook";
  if (column == CHURN_LIST_CONTROL)
    return churn_project_has_control(project) ? NULL : "where the project has a control group";
  if (column == CHURN_LIST_WORTH)
    return settings->by == CHURN_BY_WORTH ? NULL : "by worth";
  if (column == CHURN_LIST_REP)
    return settings->by == CHURN_BY_WORTH && project->capacity.each_rep != UINT64_MAX
               ? NULL
               : "by worth where the capacity is by rep";
  if (column > CHURN_LIST_REP && !churn_list_with_intervals(project, settings))
    return "with intervals (--intervals)";
  return NULL;
}

churn_list_columns churn_list_columns_make(const churn_project *project,
                                           const churn_score_settings *settings)
{
  churn_list_columns all = {.count = 0};
  for (int i = 0; i < CHURN_LIST_COLUMNS; i++)
    if (lacks(project, settings, (churn_list_column)i) == NULL &&
        (settings->by == CHURN_BY_WORTH || (i != CHURN_LIST_WORTH && i != CHURN_LIST_REP)))
      all.columns[all.count++] = (churn_list_column)i;
  return settings->columns.count > 0 ? settings->columns : all;
}

churn_status churn_list_columns_check(const churn_project *project,
                                      const churn_score_settings *settings, churn_error *error)
{
  for (size_t i = 0; i < settings->columns.count; i++) {
    const char *lacking = lacks(project, settings, settings->columns.columns[i]);
    if (lacking != NULL)
      return churn_error_set(error, CHURN_USAGE, "the ranked list has a column %s only %s",
                             names[settings->columns.columns[i]], lacking);
  }
  return CHURN_OK;
}

int churn_list_column_reason(churn_list_column column)
{
  int reason = (int)column - (int)CHURN_LIST_REASON_1;
  return reason >= 0 && reason < CHURN_REASONS ? reason : -1;
}

bool churn_list_columns_have_reasons(const churn_list_columns *columns)
{
  bool any = false;
  for (size_t i = 0; i < columns->count; i++)
    any = any || churn_list_column_reason(columns->columns[i]) >= 0;
  return any;
}

void churn_list_heading_write(const churn_list_columns *columns, churn_output *output)
{
  for (size_t i = 0; i < columns->count; i++) {
    churn_output_text(output, i == 0 ? "" : ",");
    churn_output_text(output, names[columns->columns[i]]);
  }
  churn_output_text(output, "\n");
}

static void write_text(const char *text, churn_buffer *buffer)
{
  churn_buffer_csv(buffer, text, strlen(text));
}

static void write_column(churn_list_column column, const churn_ranked *line, const char *model_id,
                         churn_buffer *buffer)
{
  char day[CHURN_DAY_TEXT_SIZE];
  switch (column) {
  case CHURN_LIST_RANK:
    churn_buffer_number(buffer, (double)line->rank);
    break;
  case CHURN_LIST_CUSTOMER_ID:
    write_text(line->customer_id, buffer);
    break;
  case CHURN_LIST_AS_OF:
    churn_day_format(line->as_of, day);
    write_text(day, buffer);
    break;
  case CHURN_LIST_PROBABILITY:
    churn_buffer_number(buffer, line->probability);
    break;
  case CHURN_LIST_LOGIT:
    churn_buffer_number(buffer, line->logit);
    break;
  case CHURN_LIST_VALUE:
    churn_buffer_number(buffer, line->value);
    break;
  case CHURN_LIST_EXPECTED_LOSS:
    churn_buffer_number(buffer, line->expected_loss);
    break;
  case CHURN_LIST_MODEL:
    write_text(model_id, buffer);
    break;
  case CHURN_LIST_CAUSE:
    write_text(line->cause, buffer);
    break;
  case CHURN_LIST_ACTION:
    write_text(line->action, buffer);
    break;
  case CHURN_LIST_OWNER:
    write_text(line->owner, buffer);
    break;
  case CHURN_LIST_WORTH:
    churn_buffer_number(buffer, line->worth);
    break;
  case CHURN_LIST_REP:
    write_text(line->rep, buffer);
    break;
  case CHURN_LIST_PROBABILITY_LOW:
    churn_buffer_number(buffer, line->probability_low);
    break;
  case CHURN_LIST_PROBABILITY_HIGH:
    churn_buffer_number(buffer, line->probability_high);
    break;
  case CHURN_LIST_TOP_PROBABILITY:
    churn_buffer_number(buffer, line->top_probability);
    break;
  case CHURN_LIST_BORDERLINE: /* not known where the probability is not */
    churn_buffer_number(buffer, isnan(line->top_probability) ? NAN : line->borderline);
    break;
  case CHURN_LIST_CONTROL:
    churn_buffer_number(buffer, line->control);
    break;
  default:
    write_text(line->reasons[churn_list_column_reason(column)], buffer);
    break;
  }
}

void churn_list_line_write(const churn_list_columns *columns, const churn_ranked *line,
                           const char *model_id, churn_buffer *buffer)
{
  for (size_t i = 0; i < columns->count; i++) {
    if (i > 0)
      churn_buffer_write(buffer, ",", 1);
    write_column(columns->columns[i], line, model_id, buffer);
  }
  churn_buffer_write(buffer, "\n", 1);
}
