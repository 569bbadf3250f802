/* The features: declared in the project, or the shipped list.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/embedded.h"
#include "project/spec.h"

#include <string.h>

static const char all_columns[] = "customers.*";

static void read_long_form(churn_reader *reader, const churn_yaml *node,
                           churn_feature_spec *feature)
{
  enum { IS, MISSING, REFERENCE, LABEL, KEYS };
  static const char *const rules[] = {"mean", "zero", "error"};
  churn_field fields[KEYS] = {
      {"is", NULL}, {"missing", NULL}, {"reference", NULL}, {"label", NULL}};
  churn_reader_fields(reader, node, "a feature", "{is: EXPRESSION, label: WORDS}", fields, KEYS);
  const churn_yaml *is = churn_reader_required(reader, node, &fields[IS], "a feature",
                                               "an expression; " CHURN_YAML_HINT);
  int rule = churn_reader_choice(reader, fields[MISSING].value, "missing", rules, 3);
  feature->expression = churn_reader_expression(reader, is, "is");
  feature->missing = rule < 0 ? CHURN_MISSING_MEAN : (churn_missing_rule)rule;
  feature->reference = churn_reader_text(reader, fields[REFERENCE].value, "reference");
  feature->label = churn_reader_text(reader, fields[LABEL].value, "label");
}

static void check_name(churn_reader *reader, const churn_yaml *key)
{
  char shown[CHURN_SHOWN_SIZE];
  bool control = false;
  for (const char *at = key->text; *at != '\0'; at++)
    control = control || (unsigned char)*at < 0x20;
  if (key->text[0] == '\0')
    churn_reader_fault(reader, key, "a feature's name may not be empty");
  else if (control || strpbrk(key->text, "?=") != NULL)
    churn_reader_fault(reader, key,
                       "the feature's name \"%s\" may not hold ? or = or a control character",
                       churn_shown(key->text, shown));
}

static void read_feature(churn_reader *reader, const churn_yaml *node, churn_feature_spec *feature)
{
  check_name(reader, node->key);
  feature->name = (churn_located){node->key->text, node->key->line, node->key->column};
  if (node->kind == CHURN_YAML_MAPPING)
    read_long_form(reader, node, feature);
  else
    feature->expression = churn_reader_expression(reader, node, "a feature");
}

static void read_list(churn_reader *reader, const churn_yaml *node, churn_project *project)
{
  project->features = churn_reader_take(reader, node->count, sizeof *project->features);
  if (project->features == NULL)
    return;
  for (const churn_yaml *item = node->first; item != NULL; item = item->next)
    read_feature(reader, item, &project->features[project->feature_count++]);
}

/* The shipped list has no place in the project file. */
static void forget_places(churn_feature_spec *feature)
{
  churn_located *texts[] = {&feature->name, &feature->expression, &feature->reference,
                            &feature->label};
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
    texts[i]->line = texts[i]->column = 0;
}

static void read_default(churn_reader *reader, churn_project *project)
{
  churn_yaml *root = NULL;
  churn_status status =
      churn_yaml_parse(reader->arena, "models/features.yaml", churn_embedded_features,
                       strlen(churn_embedded_features), &root, NULL);
  if (status != CHURN_OK) {
    reader->no_memory = true;
    return;
  }
  read_list(reader, root->first, project);
  for (size_t i = 0; i < project->feature_count; i++) {
    project->features[i].is_default = true;
    forget_places(&project->features[i]);
  }
}

void churn_features_read(churn_reader *reader, const churn_yaml *node, churn_project *project)
{
  static const char example[] = "{tenure_days: as_of - joined}, or customers.*";
  if (node == NULL) {
    project->features_all_customer_columns =
        project->base_kind == CHURN_BASE_FILE && project->history_count == 0;
    if (!project->features_all_customer_columns)
      read_default(reader, project);
    return;
  }
  project->features_place = (churn_located){node->key->text, node->line, node->column};
  if (node->kind == CHURN_YAML_SCALAR && strcmp(node->text, all_columns) == 0) {
    project->features_all_customer_columns = true;
    if (project->base_kind != CHURN_BASE_FILE)
      churn_reader_fault(reader, node, "features: there is no customers' file to take columns of");
  } else if (churn_reader_is_mapping(reader, node, "features", example)) {
    if (node->count == 0)
      churn_reader_fault(reader, node, "features is empty; expected %s", example);
    read_list(reader, node, project);
  }
}
