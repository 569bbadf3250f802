/* What churn is: six forms, told apart by the key that is present.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "project/spec.h"

#include <string.h>

static const char example[] = "{horizon: 90d, gap: 14d}";
static const char expected_horizon[] =
    "the length of the label window in days, like \"horizon: 90d\"";

/* The keys that tell the kind. */
static const struct {
  const char *key;
  churn_outcome_kind kind;
} tellers[] = {{"silent", CHURN_OUTCOME_SILENT},
               {"event", CHURN_OUTCOME_EVENT},
               {"drop", CHURN_OUTCOME_DROP},
               {"from", CHURN_OUTCOME_LABELS},
               {"column", CHURN_OUTCOME_COLUMN}};

const char *churn_outcome_kind_name(churn_outcome_kind kind)
{
  static const char *const names[] = {"none", "left",   "silent", "event",
                                      "drop", "labels", "column"};
  return names[kind];
}

static churn_outcome_kind find_kind(churn_reader *reader, const churn_yaml *node)
{
  const char *first = NULL;
  churn_outcome_kind kind = CHURN_OUTCOME_LEFT;
  for (const churn_yaml *value = node->first; value != NULL; value = value->next)
    for (size_t i = 0; i < sizeof tellers / sizeof tellers[0]; i++) {
      if (strcmp(value->key->text, tellers[i].key) != 0)
        continue;
      if (first != NULL) {
        churn_reader_fault(reader, value->key, "outcome has both \"%s\" and \"%s\"; give one",
                           first, tellers[i].key);
        return CHURN_OUTCOME_NONE;
      }
      first = tellers[i].key;
      kind = tellers[i].kind;
    }
  return kind;
}

static int32_t read_horizon(churn_reader *reader, const churn_yaml *node, const churn_field *field)
{
  const churn_yaml *value = churn_reader_required(reader, node, field, "outcome", expected_horizon);
  return churn_reader_days(reader, value, "outcome.horizon", 1);
}

static void read_left(churn_reader *reader, const churn_yaml *node, churn_project *project)
{
  enum { HORIZON, GAP, EXCLUDE, KEYS = 8 };
  churn_field fields[KEYS] = {{"horizon", NULL}, {"gap", NULL},   {"exclude", NULL},
                              {"silent", NULL},  {"event", NULL}, {"drop", NULL},
                              {"from", NULL},    {"column", NULL}};
  churn_outcome_spec *outcome = &project->outcome;
  churn_reader_fields(reader, node, "outcome", example, fields, KEYS);
  outcome->horizon_days = read_horizon(reader, node, &fields[HORIZON]);
  outcome->gap_days = churn_reader_days(reader, fields[GAP].value, "outcome.gap", 0);
  churn_exclude_read(reader, fields[EXCLUDE].value, project);
  if (project->base_kind == CHURN_BASE_FROM_HISTORY)
    churn_reader_fault(reader, node,
                       "this outcome is read from the customers' file, and there is none; accepted "
                       "here: silent, event or drop");
  else if (project->left.text == NULL)
    churn_reader_fault(reader, node,
                       "this outcome is read from the customers' leaving day, and customers has no "
                       "\"left\"; give it, or one of: silent, event, drop, from, column");
}

static void read_silent(churn_reader *reader, const churn_yaml *node, churn_project *project)
{
  enum { SILENT, HORIZON, ACTIVE_WITHIN, EXCLUDE, KEYS };
  churn_field fields[KEYS] = {
      {"silent", NULL}, {"horizon", NULL}, {"active_within", NULL}, {"exclude", NULL}};
  churn_outcome_spec *outcome = &project->outcome;
  churn_reader_fields(reader, node, "outcome", example, fields, KEYS);
  outcome->history = churn_reader_text(reader, fields[SILENT].value, "outcome.silent");
  outcome->horizon_days = read_horizon(reader, node, &fields[HORIZON]);
  outcome->active_within_days =
      churn_reader_days(reader, fields[ACTIVE_WITHIN].value, "outcome.active_within", 1);
  churn_exclude_read(reader, fields[EXCLUDE].value, project);
  churn_history_check_name(reader, project, &outcome->history, "outcome.silent");
}

/* Bytes before the next blank, and the blanks at the start of text. */
static size_t word_length(const char *text)
{
  return strcspn(text, " \t\n");
}

static size_t blanks(const char *text)
{
  return strspn(text, " \t\n");
}

static churn_located locate(churn_reader *reader, const churn_yaml *node, size_t offset,
                            size_t length)
{
  churn_located part = {churn_arena_text(reader->arena, node->text + offset, length), 0, 0};
  churn_yaml_place(node, offset, &part.line, &part.column);
  reader->no_memory = reader->no_memory || part.text == NULL;
  return part;
}

/* `HISTORY` or `HISTORY where CONDITION`. */
static void split_event(churn_reader *reader, const churn_yaml *node, churn_outcome_spec *outcome)
{
  const char *text = node->text;
  size_t start = blanks(text), end = start + word_length(text + start);
  size_t where = end + blanks(text + end), after = where + word_length(text + where);
  size_t condition = after + blanks(text + after);
  outcome->history = locate(reader, node, start, end - start);
  if (text[where] == '\0')
    return;
  if (after - where != strlen("where") || memcmp(text + where, "where", after - where) != 0) {
    churn_located place = locate(reader, node, where, after - where);
    char shown[CHURN_SHOWN_SIZE];
    churn_reader_fault_at(reader, &place,
                          "outcome.event: expected HISTORY or HISTORY where CONDITION, found "
                          "\"%s\" after the history",
                          churn_shown(text + where, shown));
  } else if (text[condition] == '\0') {
    churn_reader_fault(reader, node,
                       "outcome.event: expected a condition after \"where\"; " CHURN_YAML_HINT);
  } else {
    outcome->where = locate(reader, node, condition, strlen(text + condition));
  }
}

static void read_event(churn_reader *reader, const churn_yaml *node, churn_project *project)
{
  enum { EVENT, HORIZON, GAP, TERMINAL, EXCLUDE, KEYS };
  churn_field fields[KEYS] = {
      {"event", NULL}, {"horizon", NULL}, {"gap", NULL}, {"terminal", NULL}, {"exclude", NULL}};
  churn_outcome_spec *outcome = &project->outcome;
  churn_reader_fields(reader, node, "outcome", example, fields, KEYS);
  if (churn_reader_expression(reader, fields[EVENT].value, "outcome.event").text != NULL)
    split_event(reader, fields[EVENT].value, outcome);
  outcome->horizon_days = read_horizon(reader, node, &fields[HORIZON]);
  outcome->gap_days = churn_reader_days(reader, fields[GAP].value, "outcome.gap", 0);
  outcome->terminal_given = fields[TERMINAL].value != NULL;
  outcome->terminal = outcome->terminal_given &&
                      churn_reader_flag(reader, fields[TERMINAL].value, "outcome.terminal");
  churn_exclude_read(reader, fields[EXCLUDE].value, project);
  churn_history_check_name(reader, project, &outcome->history, "outcome.event");
}

/* A level must be able to fall, so it needs rows with days. */
static void read_drop(churn_reader *reader, const churn_yaml *node, churn_project *project)
{
  enum { DROP, BELOW, HORIZON, GAP, LEAVERS, EXCLUDE, KEYS };
  static const char *const leavers[] = {"drop", "lost"};
  churn_field fields[KEYS] = {{"drop", NULL}, {"below", NULL},   {"horizon", NULL},
                              {"gap", NULL},  {"leavers", NULL}, {"exclude", NULL}};
  churn_outcome_spec *outcome = &project->outcome;
  churn_reader_fields(reader, node, "outcome", example, fields, KEYS);
  outcome->level = churn_reader_expression(reader, fields[DROP].value, "outcome.drop");
  const churn_yaml *below =
      churn_reader_required(reader, node, &fields[BELOW], "outcome",
                            "the share of the customer's own level, like \"below: 0.5\"");
  outcome->below = churn_reader_number(reader, below, "outcome.below");
  if (below != NULL && (outcome->below <= 0 || outcome->below > 1))
    churn_reader_fault(reader, below,
                       "outcome.below is %s; accepted: a share above 0 and at most 1", below->text);
  outcome->horizon_days = read_horizon(reader, node, &fields[HORIZON]);
  outcome->gap_days = churn_reader_days(reader, fields[GAP].value, "outcome.gap", 0);
  outcome->leavers_lost =
      churn_reader_choice(reader, fields[LEAVERS].value, "outcome.leavers", leavers, 2) == 1;
  churn_exclude_read(reader, fields[EXCLUDE].value, project);
  if (project->history_count == 0)
    churn_reader_fault(reader, fields[DROP].value,
                       "outcome.drop needs a history, and the project has none; a level that "
                       "is known for one day only cannot fall");
}

static void read_labels(churn_reader *reader, const churn_yaml *node, const churn_format *defaults,
                        churn_project *project)
{
  enum { FROM, TABLE, QUERY, ID, DAY, CHURNED, HORIZON, FORMAT };
  churn_field fields[FORMAT + CHURN_FORMAT_KEYS] = {
      {"from", NULL}, {"table", NULL},   {"query", NULL},   {"id", NULL},
      {"day", NULL},  {"churned", NULL}, {"horizon", NULL}, CHURN_FORMAT_FIELDS};
  churn_outcome_spec *outcome = &project->outcome;
  churn_source_spec *labels = &outcome->labels;
  churn_reader_fields(reader, node, "outcome", example, fields, sizeof fields / sizeof fields[0]);
  const churn_yaml *id = churn_reader_required(reader, node, &fields[ID], "outcome",
                                               "the heading of the customer's id");
  const churn_yaml *day =
      churn_reader_required(reader, node, &fields[DAY], "outcome", "the heading of the as-of day");
  const churn_yaml *churned =
      churn_reader_required(reader, node, &fields[CHURNED], "outcome",
                            "the heading of the label (1/0, true/false, yes/no)");
  labels->name = (churn_located){node->key->text, node->key->line, node->key->column};
  labels->format = *defaults;
  churn_source_read_from(
      reader, &(churn_from_keys){fields[FROM].value, fields[TABLE].value, fields[QUERY].value},
      project, labels);
  labels->id = churn_reader_text(reader, id, "outcome.id");
  labels->day = churn_reader_text(reader, day, "outcome.day");
  outcome->churned = churn_reader_text(reader, churned, "outcome.churned");
  outcome->horizon_days = read_horizon(reader, node, &fields[HORIZON]);
  churn_format_read(reader, fields + FORMAT, &labels->format);
  churn_format_refuse(reader, fields + FORMAT, labels);
}

static void read_flat(churn_reader *reader, const churn_yaml *node, churn_project *project)
{
  enum { COLUMN, POSITIVE, NEGATIVE, EXCLUDE, LEAVERS, KEYS };
  static const char *const leavers[] = {"listed", "left_out"};
  churn_field fields[KEYS] = {{"column", NULL},
                              {"positive", NULL},
                              {"negative", NULL},
                              {"exclude", NULL},
                              {"leavers", NULL}};
  churn_outcome_spec *outcome = &project->outcome;
  churn_reader_fields(reader, node, "outcome", "{column: Churn, positive: Yes}", fields, KEYS);
  const churn_yaml *positive =
      churn_reader_required(reader, node, &fields[POSITIVE], "outcome",
                            "the value that means churned, like \"positive: Yes\"");
  outcome->column = churn_reader_text(reader, fields[COLUMN].value, "outcome.column");
  outcome->positive = churn_reader_text(reader, positive, "outcome.positive");
  outcome->negative = churn_reader_text(reader, fields[NEGATIVE].value, "outcome.negative");
  outcome->leavers_left_out =
      churn_reader_choice(reader, fields[LEAVERS].value, "outcome.leavers", leavers, 2) == 1;
  churn_exclude_read(reader, fields[EXCLUDE].value, project);
  if (project->base_kind == CHURN_BASE_FROM_HISTORY)
    churn_reader_fault(reader, node,
                       "this outcome is a column of the customers' file, and there is none; "
                       "accepted here: silent, event or drop");
  if (outcome->negative.text != NULL && outcome->positive.text != NULL &&
      strcmp(outcome->negative.text, outcome->positive.text) == 0)
    churn_reader_fault_at(reader, &outcome->negative,
                          "outcome.negative and outcome.positive are the same value");
}

void churn_outcome_read(churn_reader *reader, const churn_yaml *node, const churn_format *defaults,
                        churn_project *project)
{
  if (node == NULL || !churn_reader_is_mapping(reader, node, "outcome", example))
    return;
  churn_outcome_spec *outcome = &project->outcome;
  outcome->place = (churn_located){node->key->text, node->line, node->column};
  outcome->kind = find_kind(reader, node);
  switch (outcome->kind) {
  case CHURN_OUTCOME_NONE:
    break;
  case CHURN_OUTCOME_LEFT:
    read_left(reader, node, project);
    break;
  case CHURN_OUTCOME_SILENT:
    read_silent(reader, node, project);
    break;
  case CHURN_OUTCOME_EVENT:
    read_event(reader, node, project);
    break;
  case CHURN_OUTCOME_DROP:
    read_drop(reader, node, project);
    break;
  case CHURN_OUTCOME_LABELS:
    read_labels(reader, node, defaults, project);
    break;
  case CHURN_OUTCOME_COLUMN:
    read_flat(reader, node, project);
    break;
  }
}
