/* Sets of features given on the fly.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs/feature_sets.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/suggest.h"
#include "project/pattern.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A piece of the option's text. */
typedef struct piece {
  const char *text;
  size_t length;
} piece;

typedef struct reader {
  const churn_pipeline *pipeline;
  const char *at;
  churn_error *error;
} reader;

void churn_feature_sets_clear(churn_feature_sets *sets)
{
  for (size_t i = 0; i < sets->count; i++) {
    free(sets->sets[i].name);
    free(sets->sets[i].holds);
  }
  free(sets->sets);
  *sets = (churn_feature_sets){0};
}

static const char *feature_name(const churn_pipeline *p, size_t feature)
{
  return p->selection->features[feature].name.text;
}

static bool piece_is(piece p, const char *text)
{
  return strlen(text) == p.length && memcmp(p.text, text, p.length) == 0;
}

static bool is_blank(char c)
{
  return c == ' ' || c == '\t';
}

static piece trim(piece p)
{
  while (p.length > 0 && is_blank(p.text[0])) {
    p.text++;
    p.length--;
  }
  while (p.length > 0 && is_blank(p.text[p.length - 1]))
    p.length--;
  return p;
}

/* Up to the next comma outside backticks, or the end; `at` moves past it. */
static piece next_set(const char **at)
{
  piece p = {*at, 0};
  bool quoted = false;
  for (; p.text[p.length] != '\0' && (quoted || p.text[p.length] != ','); p.length++)
    quoted ^= p.text[p.length] == '`';
  *at += p.length + (p.text[p.length] == ',');
  return trim(p);
}

/* Up to the next blank outside backticks; the set moves past it. */
static piece next_word(piece *set)
{
  piece p = {set->text, 0};
  bool quoted = false;
  for (; p.length < set->length && (quoted || !is_blank(p.text[p.length])); p.length++)
    quoted ^= p.text[p.length] == '`';
  set->text += p.length;
  set->length -= p.length;
  *set = trim(*set);
  if (p.length >= 2 && p.text[0] == '`' && p.text[p.length - 1] == '`')
    p = (piece){p.text + 1, p.length - 2};
  return p;
}

static const churn_feature_set_spec *find_set(const churn_project *project, piece name)
{
  for (size_t i = 0; i < project->set_count; i++)
    if (piece_is(name, project->sets[i].name.text))
      return &project->sets[i];
  return NULL;
}

static bool in_set(const churn_feature_set_spec *set, const char *feature)
{
  for (size_t p = 0; p < set->pattern_count; p++)
    if (churn_pattern_matches(set->patterns[p].text, feature))
      return true;
  return false;
}

/* The family is the history's name; that of no history "customers". */
static const char *family_of(const churn_pipeline *p, size_t feature)
{
  int history = churn_plan_history(p->plan, feature);
  return history < 0 ? "customers" : p->project->histories[history].name.text;
}

static churn_status unknown_name(const reader *r, piece name)
{
  const churn_project *project = r->pipeline->project;
  size_t features = r->pipeline->feature_count, count = 0;
  const char **names =
      churn_array_new(project->set_count + features + project->history_count + 1, sizeof *names);
  char *word = churn_text_copy(name.text, name.length);
  churn_status status = CHURN_NO_MEMORY;
  if (names != NULL && word != NULL) {
    for (size_t i = 0; i < project->set_count; i++)
      names[count++] = project->sets[i].name.text;
    for (size_t i = 0; i < features; i++)
      names[count++] = feature_name(r->pipeline, i);
    for (size_t i = 0; i < project->history_count; i++)
      names[count++] = project->histories[i].name.text;
    names[count++] = "all";
    const char *near = churn_suggest(word, names, count);
    status = churn_error_set(r->error, CHURN_USAGE,
                             "sets: \"%s\" is no feature set, feature or history%s%s%s", word,
                             near == NULL ? "" : "; did you mean \"", near == NULL ? "" : near,
                             near == NULL ? "" : "\"?");
  } else
    status = churn_error_no_memory(r->error);
  free(names);
  free(word);
  return status;
}

/* Marks what the name stands for in `holds`. */
static churn_status mark_name(const reader *r, piece name, bool value, bool *holds)
{
  const churn_pipeline *p = r->pipeline;
  const churn_feature_set_spec *set = find_set(p->project, name);
  size_t exact = 0, fits = 0, family = 0, found = 0;
  char *pattern = churn_text_copy(name.text, name.length);
  if (pattern == NULL)
    return churn_error_no_memory(r->error);
  for (size_t i = 0; i < p->feature_count; i++) {
    exact += piece_is(name, feature_name(p, i));
    fits += churn_pattern_matches(pattern, feature_name(p, i));
    family += piece_is(name, family_of(p, i));
  }
  for (size_t i = 0; i < p->feature_count; i++) {
    const char *feature = feature_name(p, i);
    bool stands = set != NULL             ? in_set(set, feature)
                  : piece_is(name, "all") ? true
                  : exact > 0             ? piece_is(name, feature)
                  : fits > 0              ? churn_pattern_matches(pattern, feature)
                  : family > 0            ? piece_is(name, family_of(p, i))
                                          : false;
    holds[i] = stands ? value : holds[i];
    found += stands;
  }
  free(pattern);
  return found > 0 ? CHURN_OK : unknown_name(r, name);
}

static churn_status read_set(const reader *r, piece text, bool *holds)
{
  bool value = true;
  if (find_set(r->pipeline->project, text) != NULL)
    return mark_name(r, text, true, holds);
  for (piece rest = text;;) {
    piece name = next_word(&rest);
    if (name.length == 0 || piece_is(name, "+") || piece_is(name, "-"))
      return churn_error_set(r->error, CHURN_USAGE,
                             "sets: \"%.*s\" lacks a name; expected NAME or NAME + NAME - NAME",
                             (int)text.length, text.text);
    churn_status status = mark_name(r, name, value, holds);
    if (status != CHURN_OK || rest.length == 0)
      return status;
    piece sign = next_word(&rest);
    if (!piece_is(sign, "+") && !piece_is(sign, "-"))
      return churn_error_set(r->error, CHURN_USAGE,
                             "sets: expected + or - between blanks, or a comma, before \"%.*s\"",
                             (int)sign.length, sign.text);
    value = piece_is(sign, "+");
  }
}

/* Takes over name and holds, also on failure. */
static churn_status add_set(churn_feature_sets *sets, char *name, bool *holds, size_t features,
                            churn_error *error)
{
  churn_status status = CHURN_OK;
  size_t count = 0;
  for (size_t i = 0; holds != NULL && i < features; i++)
    count += holds[i];
  if (name == NULL || holds == NULL ||
      !churn_array_reserve(&sets->sets, &sets->capacity, sets->count + 1, sizeof *sets->sets))
    status = churn_error_no_memory(error);
  for (size_t i = 0; status == CHURN_OK && i < sets->count; i++)
    if (strcmp(sets->sets[i].name, name) == 0)
      status = churn_error_set(error, CHURN_USAGE, "sets: \"%s\" is there twice", name);
  if (status == CHURN_OK && count == 0)
    status = churn_error_set(error, CHURN_USAGE, "sets: \"%s\" holds no feature", name);
  if (status == CHURN_OK) {
    sets->sets[sets->count++] = (churn_feature_set){name, holds, count};
    return CHURN_OK;
  }
  free(name);
  free(holds);
  return status;
}

static churn_status read_sets(reader *r, churn_feature_sets *sets)
{
  churn_status status = CHURN_OK;
  do {
    piece text = next_set(&r->at);
    char *name = churn_text_copy(text.text, text.length);
    bool *holds = churn_array_new(r->pipeline->feature_count, sizeof *holds);
    status =
        name == NULL || holds == NULL ? churn_error_no_memory(r->error) : read_set(r, text, holds);
    if (status != CHURN_OK) {
      free(name);
      free(holds);
      return status;
    }
    status = add_set(sets, name, holds, r->pipeline->feature_count, r->error);
  } while (status == CHURN_OK && *r->at != '\0');
  return status;
}

static churn_status add_all(const churn_pipeline *p, churn_feature_sets *sets, churn_error *error)
{
  bool *holds = churn_array_new(p->feature_count, sizeof *holds);
  for (size_t i = 0; holds != NULL && i < p->feature_count; i++)
    holds[i] = true;
  return add_set(sets, churn_text_copy("all", 3), holds, p->feature_count, error);
}

static churn_status add_project_sets(const churn_pipeline *p, churn_feature_sets *sets,
                                     churn_error *error)
{
  churn_status status = CHURN_OK;
  for (size_t s = 0; status == CHURN_OK && s < p->project->set_count; s++) {
    const churn_feature_set_spec *set = &p->project->sets[s];
    bool *holds = churn_array_new(p->feature_count, sizeof *holds);
    for (size_t i = 0; holds != NULL && i < p->feature_count; i++)
      holds[i] = in_set(set, feature_name(p, i));
    status = add_set(sets, churn_text_copy(set->name.text, strlen(set->name.text)), holds,
                     p->feature_count, error);
  }
  return status == CHURN_OK && p->project->set_count == 0 ? add_all(p, sets, error) : status;
}

static const char *part_of(const churn_pipeline *p, churn_parts parts, size_t feature)
{
  return parts == CHURN_PARTS_FAMILY ? family_of(p, feature) : feature_name(p, feature);
}

static bool is_first_of_part(const churn_pipeline *p, churn_parts parts, const bool *holds,
                             size_t feature)
{
  for (size_t i = 0; i < feature; i++)
    if (holds[i] && strcmp(part_of(p, parts, i), part_of(p, parts, feature)) == 0)
      return false;
  return holds[feature];
}

/* For each part of the first set, that set without it (`without`), or the part alone. A set that is
 * nothing but the part is not left out. */
static churn_status add_parts(const churn_pipeline *p, churn_parts parts, bool without,
                              churn_feature_sets *sets, churn_error *error)
{
  churn_status status = CHURN_OK;
  size_t features = p->feature_count;
  for (size_t f = 0; parts != CHURN_PARTS_NONE && status == CHURN_OK && f < features; f++) {
    const churn_feature_set *base = &sets->sets[0];
    const char *part = part_of(p, parts, f);
    if (!is_first_of_part(p, parts, base->holds, f))
      continue;
    bool *holds = churn_array_new(features, sizeof *holds);
    size_t count = 0;
    for (size_t i = 0; holds != NULL && i < features; i++) {
      holds[i] = base->holds[i] && (strcmp(part_of(p, parts, i), part) == 0) != without;
      count += holds[i];
    }
    if (holds != NULL && (count == 0 || count == base->count)) {
      free(holds);
      continue;
    }
    char *name = without ? churn_text_format("%s - %s", base->name, part)
                         : churn_text_format("only %s", part);
    status = add_set(sets, name, holds, features, error);
  }
  return status;
}

churn_status churn_feature_sets_build(const churn_pipeline *pipeline,
                                      const churn_compare_settings *settings,
                                      churn_feature_sets *sets, churn_error *error)
{
  churn_feature_sets made = {0};
  reader r = {pipeline, settings->sets, error};
  bool parts =
      settings->leave_one_out != CHURN_PARTS_NONE || settings->only_one != CHURN_PARTS_NONE;
  churn_status status = settings->sets != NULL ? read_sets(&r, &made)
                        : parts                ? add_all(pipeline, &made, error)
                                               : add_project_sets(pipeline, &made, error);
  if (status == CHURN_OK)
    status = add_parts(pipeline, settings->leave_one_out, true, &made, error);
  if (status == CHURN_OK)
    status = add_parts(pipeline, settings->only_one, false, &made, error);
  if (status == CHURN_OK)
    *sets = made;
  else
    churn_feature_sets_clear(&made);
  return status;
}

churn_status churn_feature_set_wanted(const churn_project *project, const char *text,
                                      const churn_run *run, bool **wanted, churn_error *error)
{
  const churn_compare_settings settings = {.sets = text};
  churn_run quiet = run == NULL ? (churn_run){0} : *run;
  quiet.notes = NULL; /* opening again tells the same */
  churn_pipeline_settings opening = {.with_labels = true, .weighted = true, .no_data = true};
  churn_pipeline *p = NULL;
  churn_feature_sets sets = {0};
  if (churn_project_reads_standard_input(project))
    return churn_error_set(error, CHURN_USAGE,
                           "sets: \"%s\" is no set of the project, and one that is put together "
                           "needs files, not standard input: they are looked at twice",
                           text);
  churn_status status = churn_pipeline_open(project, &opening, &quiet, &p, error);
  if (status == CHURN_OK)
    status = churn_feature_sets_build(p, &settings, &sets, error);
  if (status == CHURN_OK && sets.count > 1)
    status = churn_error_set(error, CHURN_USAGE,
                             "sets: \"%s\" is more than one set; expected one, such as \"%s\"",
                             text, sets.sets[0].name);
  if (status == CHURN_OK) {
    *wanted = sets.sets[0].holds;
    sets.sets[0].holds = NULL;
  }
  churn_feature_sets_clear(&sets);
  churn_pipeline_close(p);
  return status;
}

void churn_feature_sets_union(const churn_feature_sets *sets, size_t features, bool *wanted)
{
  for (size_t s = 0; s < sets->count; s++)
    for (size_t f = 0; f < features; f++)
      wanted[f] = wanted[f] || sets->sets[s].holds[f];
}

void churn_feature_sets_narrow(churn_feature_sets *sets, size_t features, const bool *wanted)
{
  for (size_t s = 0; s < sets->count; s++) {
    bool *holds = sets->sets[s].holds;
    for (size_t f = 0, kept = 0; f < features; f++)
      if (wanted[f])
        holds[kept++] = holds[f];
  }
}
