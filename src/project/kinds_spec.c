/* Kinds of loss: how to tell them by a recorded reason, or by rules.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "project/spec.h"

#include <string.h>

static const char example[] = "{reason: leave_reason, natural: [moved, died], malicious: "
                              "\"overdue_amount > 0\"}";

const char *churn_kind_name(churn_kind kind)
{
  static const char *const names[] = {"natural", "malicious", "competitive", "at_fault",
                                      "unclassified"};
  return names[kind];
}

/* A reason belongs to one kind. */
static void check_reason(churn_reader *reader, const churn_kinds_spec *kinds,
                         const churn_located *reason)
{
  char shown[CHURN_SHOWN_SIZE];
  for (int k = 0; reason->text != NULL && k < CHURN_KIND_UNCLASSIFIED; k++)
    for (size_t i = 0; i < kinds->of[k].reason_count; i++)
      if (strcmp(kinds->of[k].reasons[i].text, reason->text) == 0) {
        churn_reader_fault_at(reader, reason, "the reason \"%s\" is %s already",
                              churn_shown(reason->text, shown), churn_kind_name((churn_kind)k));
        return;
      }
}

static void read_reasons(churn_reader *reader, const churn_yaml *node, churn_kinds_spec *kinds,
                         churn_kind kind)
{
  churn_kind_spec *of = &kinds->of[kind];
  if (node == NULL)
    return;
  if (node->kind != CHURN_YAML_LIST || node->count == 0) {
    churn_reader_fault(reader, node, "kinds: reasons are a list of values, like [moved, died]");
    return;
  }
  of->reasons = churn_reader_take(reader, node->count, sizeof *of->reasons);
  for (const churn_yaml *item = node->first; of->reasons != NULL && item != NULL;
       item = item->next) {
    churn_located reason = churn_reader_text(reader, item, "a reason");
    check_reason(reader, kinds, &reason);
    if (reason.text != NULL)
      of->reasons[of->reason_count++] = reason;
  }
}

/* Rules are asked in the order in which they stand in the file. */
static void read_rule(churn_reader *reader, const churn_yaml *node, churn_kinds_spec *kinds,
                      churn_kind kind)
{
  kinds->of[kind].rule = churn_reader_expression(reader, node, churn_kind_name(kind));
  if (kinds->of[kind].rule.text != NULL)
    kinds->rules[kinds->rule_count++] = kind;
}

static void read_kind(churn_reader *reader, const churn_yaml *node, churn_kinds_spec *kinds,
                      churn_kind kind)
{
  enum { REASONS, WHEN, KEYS };
  churn_field fields[KEYS] = {{"reasons", NULL}, {"when", NULL}};
  kinds->of[kind].given = true;
  if (node->kind == CHURN_YAML_LIST)
    read_reasons(reader, node, kinds, kind);
  else if (node->kind == CHURN_YAML_SCALAR)
    read_rule(reader, node, kinds, kind);
  else if (churn_reader_fields(reader, node, "a kind of loss",
                               "{reasons: [moved], when: \"overdue_amount > 0\"}", fields, KEYS)) {
    read_reasons(reader, fields[REASONS].value, kinds, kind);
    if (fields[WHEN].value != NULL)
      read_rule(reader, fields[WHEN].value, kinds, kind);
  }
}

static int kind_of_key(const char *key)
{
  for (int k = 0; k < CHURN_KIND_UNCLASSIFIED; k++)
    if (strcmp(key, churn_kind_name((churn_kind)k)) == 0)
      return k;
  return -1;
}

static void check_kinds(churn_reader *reader, const churn_yaml *node, const churn_project *project)
{
  const churn_kinds_spec *kinds = &project->kinds;
  bool listed = false;
  for (int k = 0; k < CHURN_KIND_UNCLASSIFIED; k++)
    listed = listed || kinds->of[k].reason_count > 0;
  if (listed && kinds->reason.text == NULL)
    churn_reader_fault(reader, node,
                       "kinds lists reasons, and does not say where they are recorded; expected "
                       "`reason: COLUMN of customers`");
  if (kinds->reason.text != NULL && project->base_kind == CHURN_BASE_FROM_HISTORY)
    churn_reader_fault_at(reader, &kinds->reason,
                          "kinds.reason is a column of the customers' file, and there is none; "
                          "accepted here: rules");
}

void churn_kinds_read(churn_reader *reader, const churn_yaml *node, churn_project *project)
{
  enum { KEYS = CHURN_KIND_UNCLASSIFIED + 1 };
  churn_kinds_spec *kinds = &project->kinds;
  churn_field fields[KEYS] = {{"reason", NULL}};
  if (node == NULL)
    return;
  for (int k = 0; k < CHURN_KIND_UNCLASSIFIED; k++)
    fields[k + 1].key = churn_kind_name((churn_kind)k);
  if (!churn_reader_fields(reader, node, "kinds", example, fields, KEYS))
    return;
  kinds->given = true;
  kinds->reason = churn_reader_text(reader, fields[0].value, "kinds.reason");
  for (const churn_yaml *value = node->first; value != NULL; value = value->next) {
    int kind = kind_of_key(value->key->text);
    if (kind >= 0)
      read_kind(reader, value, kinds, (churn_kind)kind);
  }
  check_kinds(reader, node, project);
}

void churn_exclude_read(churn_reader *reader, const churn_yaml *node, churn_project *project)
{
  char shown[CHURN_SHOWN_SIZE];
  if (node == NULL)
    return;
  if (node->kind != CHURN_YAML_LIST || node->count == 0) {
    churn_reader_fault(reader, node, "outcome.exclude is a list of kinds of loss, like [natural]");
    return;
  }
  for (const churn_yaml *item = node->first; item != NULL; item = item->next) {
    churn_located name = churn_reader_text(reader, item, "a kind of loss");
    int kind = name.text == NULL ? -1 : kind_of_key(name.text);
    if (name.text == NULL)
      continue;
    if (kind < 0)
      churn_reader_fault_at(reader, &name,
                            "outcome.exclude: \"%s\" is no kind of loss; accepted: natural, "
                            "malicious, competitive, at_fault",
                            churn_shown(name.text, shown));
    else if (!project->kinds.of[kind].given)
      churn_reader_fault_at(reader, &name,
                            "outcome.exclude: `kinds` does not say what is %s; expected `kinds: "
                            "{%s: …}`",
                            name.text, name.text);
    else
      project->outcome.excludes = project->outcome.excluded[kind] = true;
  }
}
