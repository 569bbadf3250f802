/* The section `playbook` with `lang` and `list`: causes, actions, owners, and which features belong
 * to which cause; from the shipped file, from one of the project's, and from the project itself.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/embedded.h"
#include "project/playbook.h"
#include "project/spec.h"

#include <math.h>
#include <string.h>

static const char other_name[] = "other";

/* A playbook while it is read: causes of the file first, then what the project says of them. */
typedef struct book {
  churn_reader *reader; /* of the file that is being read */
  const churn_project *project;
  churn_playbook *to;
  const char *const *features; /* NULL: names are not checked */
  bool of_project;
} book;

/* The parts of a playbook, in its file or in the project. */
typedef struct parts {
  const churn_yaml *causes, *owners;
} parts;

static void set_words(const char *words[CHURN_LANGUAGES], const char *english, const char *chinese)
{
  words[CHURN_ENGLISH] = english != NULL ? english : chinese;
  words[CHURN_CHINESE] = chinese != NULL ? chinese : english;
}

/* `{en: …, zh: …}`, or one text for both; as they were where nothing is given. */
static void read_words(churn_reader *reader, const churn_yaml *node, const char *what,
                       const char *words[CHURN_LANGUAGES])
{
  enum { EN, ZH, KEYS };
  churn_field fields[KEYS] = {{"en", NULL}, {"zh", NULL}};
  if (node == NULL)
    return;
  if (node->kind != CHURN_YAML_MAPPING) {
    churn_located text = churn_reader_any_text(reader, node, what);
    if (text.text != NULL)
      set_words(words, text.text, text.text);
    return;
  }
  if (!churn_reader_fields(reader, node, what, "{en: TEXT, zh: TEXT}", fields, KEYS))
    return;
  churn_located en = churn_reader_any_text(reader, fields[EN].value, what);
  churn_located zh = churn_reader_any_text(reader, fields[ZH].value, what);
  if (node->count == 0)
    churn_reader_fault(reader, node, "%s is empty; expected a text, or {en: TEXT, zh: TEXT}", what);
  else if (en.text != NULL || zh.text != NULL)
    set_words(words, en.text, zh.text);
}

/* Index of the cause, or the count where there is none of that name. */
static size_t find_cause(const churn_playbook *p, const char *name)
{
  size_t i = 0;
  while (i < p->cause_count && strcmp(p->causes[i].name, name) != 0)
    i++;
  return i;
}

/* A key of a cause that lists what belongs to it. */
typedef struct rule_list {
  const char *key, *example;
  bool history;
  churn_speaks speaks;
} rule_list;

static const rule_list rule_lists[] = {
    {"features", "[open_complaints, \"*complaint*\"]", false, CHURN_SPEAKS_ALWAYS},
    {"when_high", "[open_complaints, \"*complaint*\"]", false, CHURN_SPEAKS_HIGH},
    {"when_low", "[satisfaction, \"*rating*\"]", false, CHURN_SPEAKS_LOW},
    {"histories", "[complaints]", true, CHURN_SPEAKS_ALWAYS},
    {"when_many", "[complaints]", true, CHURN_SPEAKS_HIGH},
    {"when_few", "[visits]", true, CHURN_SPEAKS_LOW}};
enum { RULE_LISTS = sizeof rule_lists / sizeof rule_lists[0] };

static void add_rule(book *b, const churn_yaml *item, const rule_list *list, size_t cause)
{
  bool history = list->history;
  churn_located text =
      churn_reader_text(b->reader, item, history ? "a history" : "a feature or pattern");
  if (text.text == NULL)
    return;
  churn_rule_kind kind = history                            ? CHURN_RULE_HISTORY
                         : strpbrk(text.text, "*?") != NULL ? CHURN_RULE_PATTERN
                                                            : CHURN_RULE_NAME;
  if (b->of_project && history)
    churn_history_check_name(b->reader, b->project, &text, "histories");
  if (b->of_project && kind == CHURN_RULE_NAME && b->features != NULL)
    churn_pattern_check(b->reader, b->project, &text, b->features);
  b->to->rules[b->to->rule_count++] =
      (churn_cause_rule){text, kind, list->speaks, (uint32_t)cause, b->of_project};
}

static void read_rules(book *b, const churn_yaml *node, const rule_list *list, size_t cause)
{
  if (node->kind == CHURN_YAML_SCALAR) {
    add_rule(b, node, list, cause);
    return;
  }
  if (node->kind != CHURN_YAML_LIST) {
    churn_reader_fault(b->reader, node, "%s must be a list, like %s, not a mapping", list->key,
                       list->example);
    return;
  }
  for (const churn_yaml *item = node->first; item != NULL; item = item->next)
    add_rule(b, item, list, cause);
}

/* In the order they are written: of two patterns the first one counts, in whichever list. */
static void read_rule_lists(book *b, const churn_yaml *cause, size_t at)
{
  for (const churn_yaml *value = cause->first; value != NULL; value = value->next)
    for (size_t i = 0; i < RULE_LISTS; i++)
      if (strcmp(value->key->text, rule_lists[i].key) == 0)
        read_rules(b, value, &rule_lists[i], at);
}

/* A natural cause is one that nobody can do anything about. */
static void read_nature(book *b, const churn_yaml *natural, const churn_yaml *action,
                        const churn_yaml *owner, churn_cause *cause)
{
  if (natural != NULL)
    cause->natural = churn_reader_flag(b->reader, natural, "natural");
  if (!cause->natural)
    return;
  if (action != NULL || owner != NULL)
    churn_reader_fault(b->reader, action != NULL ? action->key : owner->key,
                       "the cause \"%s\" is natural, so it has no action and no owner; expected "
                       "\"natural: no\" with them",
                       cause->name);
  set_words(cause->actions, "", "");
  cause->owner = CHURN_OWNER_NONE;
}

/* Perhaps it is meant to be one that is there. */
static void fault_unknown(book *b, const churn_yaml *name)
{
  const char *names[CHURN_MOST_CAUSES];
  char shown[CHURN_SHOWN_SIZE], nearest[CHURN_SHOWN_SIZE * 2];
  size_t count = b->to->cause_count - 1;
  for (size_t i = 0; i < count; i++)
    names[i] = b->to->causes[i].name;
  churn_reader_fault(b->reader, name,
                     "the new cause \"%s\" has no \"label\"%s; expected what it is called, a text "
                     "or {en: TEXT, zh: TEXT}",
                     churn_shown(name->text, shown),
                     churn_did_you_mean(name->text, names, count, nearest));
}

static void read_cause(book *b, const churn_yaml *node)
{
  enum { LABEL, ACTION, OWNER, NATURAL, SAVE_RATE, COST, LISTS, KEYS = LISTS + RULE_LISTS };
  churn_field fields[KEYS] = {{"label", NULL},   {"action", NULL},    {"owner", NULL},
                              {"natural", NULL}, {"save_rate", NULL}, {"cost", NULL}};
  for (size_t i = 0; i < RULE_LISTS; i++)
    fields[LISTS + i] = (churn_field){rule_lists[i].key, NULL};
  size_t at = find_cause(b->to, node->key->text);
  churn_cause *cause = &b->to->causes[at];
  bool fresh = at == b->to->cause_count;
  if (fresh) {
    b->to->cause_count++;
    *cause = (churn_cause){.name = node->key->text, .save_rate = NAN, .cost = NAN};
    set_words(cause->labels, node->key->text, NULL);
    set_words(cause->actions, "", NULL);
  }
  if (!churn_reader_fields(b->reader, node, "a cause",
                           "{label: TEXT, action: TEXT, owner: rep, features: [NAME]}", fields,
                           KEYS))
    return;
  if (fresh && fields[LABEL].value == NULL)
    fault_unknown(b, node->key);
  read_words(b->reader, fields[LABEL].value, "label", cause->labels);
  read_words(b->reader, fields[ACTION].value, "action", cause->actions);
  int owner =
      churn_reader_choice(b->reader, fields[OWNER].value, "owner", churn_owner_names, CHURN_OWNERS);
  if (owner >= 0)
    cause->owner = (churn_owner)owner;
  read_nature(b, fields[NATURAL].value, fields[ACTION].value, fields[OWNER].value, cause);
  churn_action_read(b->reader, fields[SAVE_RATE].value, fields[COST].value, &cause->save_rate,
                    &cause->cost);
  read_rule_lists(b, node, at);
}

/* A feature belongs to one cause. */
static void check_names(const book *b)
{
  char shown[CHURN_SHOWN_SIZE];
  const churn_playbook *p = b->to;
  for (size_t i = 0; i < p->rule_count; i++)
    for (size_t j = 0; j < i; j++) {
      const churn_cause_rule *here = &p->rules[i], *before = &p->rules[j];
      if (here->of_project == b->of_project && before->of_project == b->of_project &&
          here->kind == before->kind && strcmp(here->text.text, before->text.text) == 0)
        churn_reader_fault_at(b->reader, &here->text,
                              "\"%s\" stands twice: under the cause \"%s\" too",
                              churn_shown(here->text.text, shown), p->causes[before->cause].name);
    }
}

static void read_owners(churn_reader *reader, const churn_yaml *node, churn_playbook *to)
{
  churn_field fields[CHURN_OWNERS - 1];
  for (size_t i = 1; i < CHURN_OWNERS; i++)
    fields[i - 1] = (churn_field){churn_owner_names[i], NULL};
  if (node == NULL || !churn_reader_fields(reader, node, "owners", "{rep: {en: rep, zh: TEXT}}",
                                           fields, CHURN_OWNERS - 1))
    return;
  for (size_t i = 1; i < CHURN_OWNERS; i++)
    read_words(reader, fields[i - 1].value, "an owner", to->owners[i]);
}

static void read_parts(book *b, const parts *from)
{
  read_owners(b->reader, from->owners, b->to);
  if (from->causes == NULL ||
      !churn_reader_is_mapping(b->reader, from->causes, "causes", "{complaints: {label: TEXT}}"))
    return;
  for (const churn_yaml *node = from->causes->first; node != NULL; node = node->next)
    if (find_cause(b->to, node->key->text) < CHURN_MOST_CAUSES - 1)
      read_cause(b, node);
    else
      churn_reader_fault(b->reader, node->key, "more than %d causes", CHURN_MOST_CAUSES - 1);
  check_names(b);
}

/* Faults of the file's bytes. The reader's tree is NULL then. */
static void take_fault(churn_reader *reader, const churn_located *at, const churn_error *fault)
{
  if (fault->status == CHURN_NO_MEMORY) {
    reader->no_memory = true;
  } else if (fault->line == 0) {
    churn_reader_fault_at(reader, at, "playbook: %s: %s", fault->file, fault->message);
  } else {
    reader->faults++;
    churn_notes_add(reader->found, CHURN_FAULT, "fault",
                    (churn_place){fault->file, fault->line, fault->column}, "%s", fault->message);
  }
}

/* The tree of the playbook's file, and its path; NULL after a fault. `from` "default" = the shipped
 * one. */
static churn_yaml *read_file(churn_reader *reader, const churn_project *project,
                             const churn_located *from, const char **path)
{
  churn_yaml *root = NULL;
  churn_error fault = {.status = CHURN_OK};
  char *text = (char *)(uintptr_t)churn_embedded_playbook;
  size_t length = strlen(churn_embedded_playbook);
  churn_status status = CHURN_OK;
  *path = "models/playbook.yaml";
  if (from->text != NULL && strcmp(from->text, "default") != 0) {
    *path = churn_project_resolve(reader, project, from->text);
    if (*path == NULL)
      return NULL;
    status = churn_project_text(reader->arena, *path, "playbook", &text, &length, &fault);
  }
  if (status == CHURN_OK)
    status = churn_yaml_parse(reader->arena, *path, text, length, &root, &fault);
  if (status != CHURN_OK)
    take_fault(reader, from, &fault);
  return status == CHURN_OK ? root : NULL;
}

/* Keys of the playbook's file. */
static parts read_root(churn_reader *reader, churn_yaml *root)
{
  enum { VERSION, OWNERS, CAUSES, KEYS };
  static const char example[] = "\"version: 1\", \"causes: {complaints: {label: TEXT}}\"";
  churn_field fields[KEYS] = {{"version", NULL}, {"owners", NULL}, {"causes", NULL}};
  churn_reader_drop_duplicates(reader, root);
  if (!churn_reader_fields(reader, root, "a playbook", example, fields, KEYS))
    return (parts){NULL, NULL};
  churn_version_check(reader, root, &fields[VERSION], "a playbook");
  (void)churn_reader_required(reader, root, &fields[CAUSES], "a playbook",
                              "the causes, like {complaints: {label: TEXT}}");
  return (parts){fields[CAUSES].value, fields[OWNERS].value};
}

static size_t count_rules(const churn_yaml *causes)
{
  size_t count = 0;
  for (const churn_yaml *cause = causes == NULL ? NULL : causes->first; cause != NULL;
       cause = cause->next)
    for (const churn_yaml *value = cause->first; value != NULL; value = value->next)
      count += value->count + 1;
  return count;
}

static bool make_room(churn_reader *reader, const parts *file, const parts *own, churn_playbook *to)
{
  to->causes = churn_reader_take(reader, CHURN_MOST_CAUSES, sizeof *to->causes);
  to->rules = churn_reader_take(reader, count_rules(file->causes) + count_rules(own->causes),
                                sizeof *to->rules);
  for (size_t i = 0; i < CHURN_OWNERS; i++)
    set_words(to->owners[i], i == CHURN_OWNER_NONE ? "" : churn_owner_names[i], NULL);
  return to->causes != NULL && to->rules != NULL;
}

/* The cause of what no rule takes is there whether the playbook speaks of it or not. */
static void find_other(churn_playbook *p)
{
  p->other = (uint32_t)find_cause(p, other_name);
  if (p->other < p->cause_count)
    return;
  churn_cause *cause = &p->causes[p->cause_count++];
  *cause = (churn_cause){.name = other_name, .save_rate = NAN, .cost = NAN};
  set_words(cause->labels, other_name, "其他");
  set_words(cause->actions, "", NULL);
}

static void choose_language(churn_playbook *p, churn_language language)
{
  for (size_t i = 0; i < p->cause_count; i++) {
    churn_cause *cause = &p->causes[i];
    cause->labels[CHURN_LANGUAGE_OF_PROJECT] = cause->labels[language];
    cause->actions[CHURN_LANGUAGE_OF_PROJECT] = cause->actions[language];
  }
  for (size_t i = 0; i < CHURN_OWNERS; i++)
    p->owners[i][CHURN_LANGUAGE_OF_PROJECT] = p->owners[i][language];
}

static void read_playbook(churn_reader *reader, const churn_yaml *node, churn_project *project)
{
  enum { FILE_KEY, CAUSES, OWNERS, KEYS };
  churn_field fields[KEYS] = {{"file", NULL}, {"causes", NULL}, {"owners", NULL}};
  const churn_yaml *from = node;
  if (node->kind == CHURN_YAML_MAPPING) {
    (void)churn_reader_fields(reader, node, "playbook", "{file: default}", fields, KEYS);
    from = fields[FILE_KEY].value;
  }
  churn_playbook *to = churn_reader_take(reader, 1, sizeof *to);
  churn_reader file = *reader;
  churn_located path = churn_reader_text(reader, from, "playbook");
  churn_yaml *root =
      from != NULL && path.text == NULL ? NULL : read_file(reader, project, &path, &file.path);
  if (to == NULL || root == NULL)
    return;
  file.faults = 0;
  const parts shipped = read_root(&file, root);
  const parts own = {fields[CAUSES].value, fields[OWNERS].value};
  book b = {.reader = &file, .project = project, .to = to};
  to->place = (churn_located){node->key->text, node->key->line, node->key->column};
  if (!make_room(reader, &shipped, &own, to))
    return;
  read_parts(&b, &shipped);
  reader->faults += file.faults;
  reader->no_memory = reader->no_memory || file.no_memory;
  b.reader = reader;
  b.of_project = true;
  b.features = churn_feature_names(reader, project);
  read_parts(&b, &own);
  find_other(to);
  choose_language(to, project->language);
  project->playbook = to;
}

static void exclude(churn_reader *reader, const churn_yaml *node, churn_playbook *p)
{
  const char *names[CHURN_MOST_CAUSES];
  for (size_t i = 0; i < p->cause_count; i++)
    names[i] = p->causes[i].name;
  int cause = churn_reader_choice(reader, node, "list.exclude", names, p->cause_count);
  if (cause >= 0)
    p->causes[cause].excluded = true;
}

static void read_exclude(churn_reader *reader, const churn_yaml *node, churn_playbook *p)
{
  bool natural = node->kind == CHURN_YAML_SCALAR && strcmp(node->text, "natural") == 0;
  if (p == NULL)
    churn_reader_fault(reader, node,
                       "list.exclude names causes, and the project has no playbook; expected "
                       "\"playbook: default\" beside it");
  else if (natural)
    for (size_t i = 0; i < p->cause_count; i++)
      p->causes[i].excluded = p->causes[i].natural;
  else if (node->kind != CHURN_YAML_LIST)
    churn_reader_fault(reader, node,
                       "list.exclude must be natural, or a list of causes like [life]");
  else
    for (const churn_yaml *item = node->first; item != NULL; item = item->next)
      exclude(reader, item, p);
}

void churn_playbook_read(churn_reader *reader, const churn_playbook_keys *keys,
                         churn_project *project)
{
  enum { EXCLUDE, INTERVALS, KEYS };
  churn_field fields[KEYS] = {{"exclude", NULL}, {"intervals", NULL}};
  size_t faults = reader->faults;
  int code = churn_reader_choice(reader, keys->lang, "lang", churn_language_codes + CHURN_ENGLISH,
                                 CHURN_LANGUAGES - CHURN_ENGLISH);
  project->language = code < 0 ? CHURN_ENGLISH : (churn_language)(CHURN_ENGLISH + code);
  if (keys->playbook != NULL)
    read_playbook(reader, keys->playbook, project);
  if (keys->list == NULL ||
      !churn_reader_fields(reader, keys->list, "list", "{exclude: [life]}", fields, KEYS))
    return;
  project->list_intervals = churn_reader_flag(reader, fields[INTERVALS].value, "list.intervals");
  bool broken = keys->playbook != NULL && reader->faults > faults;
  if (fields[EXCLUDE].value != NULL && !broken)
    read_exclude(reader, fields[EXCLUDE].value, project->playbook);
}
