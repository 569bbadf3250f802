/* The sections `control` and `contacts`: who is not to be contacted, and who was.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/hash.h"
#include "project/spec.h"

#include <math.h>
#include <string.h>

static const char contacted_name[] = "contacted";

void churn_control_read(churn_reader *reader, const churn_yaml *node, churn_project *project)
{
  enum { SHARE, KEY, KEYS };
  churn_field fields[KEYS] = {{"share", NULL}, {"key", NULL}};
  churn_control_spec *control = &project->control;
  if (node == NULL ||
      !churn_reader_fields(reader, node, "control", "{share: 0.1, key: spring 2025}", fields, KEYS))
    return;
  const churn_yaml *share = churn_reader_required(
      reader, node, &fields[SHARE], "control", "the share of the customers, like \"share: 0.1\"");
  const churn_yaml *key = churn_reader_required(
      reader, node, &fields[KEY], "control",
      "a text that draws the customers, another one for another draw, like \"key: spring 2025\"");
  control->share = churn_reader_number(reader, share, "control.share");
  control->key = churn_reader_text(reader, key, "control.key").text;
  if (share != NULL && (control->share <= 0 || control->share >= 1))
    churn_reader_fault(reader, share,
                       "control.share is %s; accepted: a share above 0 and below 1, like 0.1",
                       share->text);
}

bool churn_project_has_control(const churn_project *project)
{
  return project->control.key != NULL;
}

bool churn_project_is_control(const churn_project *project, const char *id)
{
  const churn_control_spec *control = &project->control;
  if (control->key == NULL)
    return false;
  uint64_t seed = churn_hash_bytes(control->key, strlen(control->key)).low;
  return churn_hash_unit(id, strlen(id), seed) < control->share;
}

/* A feature that is 1 for who was contacted around T, and 0 when customers are scored: the model
 * then tells what happens if nobody calls. */
static void add_feature(churn_reader *reader, const churn_yaml *node, churn_project *project)
{
  size_t count = project->feature_count;
  for (size_t i = 0; i < count; i++)
    if (strcmp(project->features[i].name.text, contacted_name) == 0) {
      churn_reader_fault_at(reader, &project->features[i].name,
                            "\"contacted\" is the feature that contacts: {contacted: model} adds; "
                            "expected another name");
      return;
    }
  if (project->features_all_customer_columns) {
    churn_reader_fault(reader, node,
                       "contacts: {contacted: model} adds a feature to those that "
                       "are named; expected a mapping under `features`");
    return;
  }
  churn_feature_spec *features = churn_reader_take(reader, count + 1, sizeof *features);
  if (features == NULL)
    return;
  memcpy(features, project->features, count * sizeof *features);
  static char name[] = "contacted", expression[] = "0";
  features[count] = (churn_feature_spec){.name = {name, node->line, node->column},
                                         .expression = {expression, node->line, node->column},
                                         .missing = CHURN_MISSING_ERROR};
  project->features = features;
  project->feature_count = count + 1;
}

void churn_contacts_read(churn_reader *reader, const churn_yaml *node, churn_project *project)
{
  enum { HISTORY, CONTACTED, SINCE, KEYS };
  static const char *const rules[] = {"drop", "keep", "model"};
  churn_field fields[KEYS] = {{"history", NULL}, {"contacted", NULL}, {"since", NULL}};
  churn_contacts_spec *contacts = &project->contacts;
  if (node == NULL)
    return;
  const churn_yaml *history = node;
  if (node->kind != CHURN_YAML_SCALAR) {
    if (!churn_reader_fields(reader, node, "contacts", "{history: contacts, contacted: drop}",
                             fields, KEYS))
      return;
    history = churn_reader_required(reader, node, &fields[HISTORY], "contacts",
                                    "the history that says who was contacted when");
  }
  contacts->history = churn_reader_text(reader, history, "contacts.history");
  churn_history_check_name(reader, project, &contacts->history, "contacts.history");
  int rule = churn_reader_choice(reader, fields[CONTACTED].value, "contacts.contacted", rules, 3);
  contacts->rule = rule < 0 ? CHURN_CONTACTED_DROP : (churn_contacted)rule;
  contacts->since_days = churn_reader_days(reader, fields[SINCE].value, "contacts.since", 1);
  if (contacts->rule == CHURN_CONTACTED_MODEL)
    add_feature(reader, node, project);
}

bool churn_project_models_contact(const churn_project *project, const char *feature)
{
  return project->contacts.history.text != NULL &&
         project->contacts.rule == CHURN_CONTACTED_MODEL && strcmp(feature, contacted_name) == 0;
}

const char *churn_contacted_name(churn_contacted rule)
{
  static const char *const names[] = {"drop", "keep", "model"};
  return names[rule];
}
