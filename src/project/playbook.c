/* What a playbook says: texts in a language, and the cause that a feature belongs to.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "project/playbook.h"

#include "project/pattern.h"
#include "project/project.h"

#include <string.h>

const char *const churn_owner_names[CHURN_OWNERS] = {"none", "rep", "service", "billing",
                                                     "product"};
const char *const churn_language_codes[CHURN_LANGUAGES] = {"", "en", "zh"};

size_t churn_playbook_count(const churn_project *project)
{
  return project->playbook == NULL ? 0 : project->playbook->cause_count;
}

const churn_cause *churn_playbook_cause(const churn_project *project, size_t index)
{
  return &project->playbook->causes[index];
}

const char *churn_playbook_owner(const churn_project *project, churn_owner owner,
                                 churn_language language)
{
  return project->playbook == NULL ? "" : project->playbook->owners[owner][language];
}

const char *churn_owner_name(churn_owner owner)
{
  return churn_owner_names[owner];
}

churn_language churn_language_of(const char *code)
{
  for (int i = CHURN_ENGLISH; i < CHURN_LANGUAGES; i++)
    if (strcmp(churn_language_codes[i], code) == 0)
      return (churn_language)i;
  return CHURN_LANGUAGE_OF_PROJECT;
}

churn_language churn_project_language(const churn_project *project)
{
  return project->language;
}

static bool takes(const churn_cause_rule *rule, const char *feature, const char *history)
{
  switch (rule->kind) {
  case CHURN_RULE_NAME:
    return strcmp(rule->text.text, feature) == 0;
  case CHURN_RULE_PATTERN:
    return churn_pattern_matches_any_case(rule->text.text, feature);
  default:
    return history != NULL && strcmp(rule->text.text, history) == 0;
  }
}

static const churn_cause_rule *find_rule(const churn_playbook *p, bool of_project, int kind,
                                         const char *feature, const char *history)
{
  for (size_t i = 0; i < p->rule_count; i++) {
    const churn_cause_rule *rule = &p->rules[i];
    if (rule->of_project == of_project && (int)rule->kind == kind && takes(rule, feature, history))
      return rule;
  }
  return NULL;
}

const churn_cause_rule *churn_playbook_rule(const churn_playbook *playbook, const char *feature,
                                            const char *history)
{
  const churn_cause_rule *rule = NULL;
  for (int file = 0; file < 2 && rule == NULL; file++)
    for (int kind = 0; kind < CHURN_RULE_KINDS && rule == NULL; kind++)
      rule = find_rule(playbook, file == 0, kind, feature, history);
  return rule;
}

uint32_t churn_playbook_cause_of(const churn_playbook *playbook, const char *feature,
                                 const char *history, bool *found)
{
  const churn_cause_rule *rule = churn_playbook_rule(playbook, feature, history);
  if (found != NULL)
    *found = rule != NULL;
  return rule == NULL ? playbook->other : rule->cause;
}
