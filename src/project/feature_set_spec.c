/* Feature sets, and the patterns that name features.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "project/pattern.h"
#include "project/spec.h"

#include <ctype.h>
#include <stddef.h>

/* Past the character that starts at `at`. */
static const char *next_character(const char *at)
{
  at++;
  while ((*at & 0xc0) == 0x80)
    at++;
  return at;
}

static bool same_byte(char a, char b, bool any_case)
{
  return a == b || (any_case && isascii(a) && isascii(b) && tolower(a) == tolower(b));
}

/* On a mismatch only the last star needs to take more: a shorter earlier one never helps. It may
 * take half a character: what is left of that counts as one, as the whole did. */
static bool matches(const char *pattern, const char *name, bool any_case)
{
  const char *star = NULL, *retry = NULL;
  while (*name != '\0') {
    if (*pattern == '*') {
      star = ++pattern;
      retry = name;
    } else if (*pattern == '?') {
      pattern++;
      name = next_character(name);
    } else if (same_byte(*pattern, *name, any_case)) {
      pattern++;
      name++;
    } else if (star != NULL) {
      pattern = star;
      name = ++retry;
    } else {
      return false;
    }
  }
  while (*pattern == '*')
    pattern++;
  return *pattern == '\0';
}

bool churn_pattern_matches(const char *pattern, const char *name)
{
  return matches(pattern, name, false);
}

bool churn_pattern_matches_any_case(const char *pattern, const char *name)
{
  return matches(pattern, name, true);
}

void churn_pattern_check(churn_reader *reader, const churn_project *project,
                         const churn_located *pattern, const char *const *names)
{
  char list[512], shown[CHURN_SHOWN_SIZE], nearest[CHURN_SHOWN_SIZE * 2];
  if (pattern->text == NULL || project->features_all_customer_columns)
    return;
  for (size_t i = 0; i < project->feature_count; i++)
    if (churn_pattern_matches(pattern->text, names[i]))
      return;
  churn_join_names(names, project->feature_count, list, sizeof list);
  churn_reader_fault_at(reader, pattern, "\"%s\" matches no feature%s; features: %s",
                        churn_shown(pattern->text, shown),
                        churn_did_you_mean(pattern->text, names, project->feature_count, nearest),
                        list);
}

static void read_set(churn_reader *reader, const churn_yaml *node, const churn_project *project,
                     const char *const *names, churn_feature_set_spec *set)
{
  set->name = churn_reader_text(reader, node->key, "a feature set's name");
  if (node->kind != CHURN_YAML_LIST || node->count == 0) {
    churn_reader_fault(reader, node,
                       "a feature set must be a list of feature names or patterns, like "
                       "[tenure_days, \"rep_*\"]");
    return;
  }
  set->patterns = churn_reader_take(reader, node->count, sizeof *set->patterns);
  if (set->patterns == NULL)
    return;
  for (const churn_yaml *item = node->first; item != NULL; item = item->next) {
    churn_located *pattern = &set->patterns[set->pattern_count];
    *pattern = churn_reader_text(reader, item, "a pattern");
    set->pattern_count += pattern->text != NULL;
    churn_pattern_check(reader, project, pattern, names);
  }
}

const char **churn_feature_names(churn_reader *reader, const churn_project *project)
{
  const char **names = churn_reader_take(reader, project->feature_count, sizeof *names);
  for (size_t i = 0; names != NULL && i < project->feature_count; i++)
    names[i] = project->features[i].name.text;
  return names;
}

void churn_feature_sets_read(churn_reader *reader, const churn_yaml *node, churn_project *project)
{
  if (node == NULL || !churn_reader_is_mapping(reader, node, "feature_sets", "{full: [\"*\"]}"))
    return;
  const char **names = churn_feature_names(reader, project);
  project->sets = churn_reader_take(reader, node->count, sizeof *project->sets);
  if (names == NULL || project->sets == NULL)
    return;
  for (const churn_yaml *item = node->first; item != NULL; item = item->next)
    read_set(reader, item, project, names, &project->sets[project->set_count++]);
}
