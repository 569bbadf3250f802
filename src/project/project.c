/* Reads a project file: bytes -> tree (yaml.h) -> sections (spec.h) -> checks between sections.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "project/project.h"

#include "project/spec.h"

#include <string.h>

enum { DEFAULT_POOL = 20, LARGEST_POOL = 1000000000 };

churn_place churn_project_place(const churn_project *project, const churn_located *located)
{
  return (churn_place){project->path, located->line, located->column};
}

int churn_project_find_history(const churn_project *project, const char *name)
{
  for (size_t i = 0; i < project->history_count; i++)
    if (strcmp(project->histories[i].name.text, name) == 0)
      return (int)i;
  return -1;
}

bool churn_project_reads_standard_input(const churn_project *project)
{
  bool reads = project->customers.path != NULL && strcmp(project->customers.path, "-") == 0;
  for (size_t i = 0; i < project->history_count; i++)
    reads = reads || strcmp(project->histories[i].path, "-") == 0;
  return reads;
}

void churn_project_forget_cache(churn_project *project)
{
  project->cache = NULL;
}

void churn_project_free(churn_project *project)
{
  if (project != NULL)
    churn_arena_free(project->arena);
}

static char *folder_of(churn_arena *arena, const char *path)
{
  const char *slash = strrchr(path, '/');
  if (slash == NULL)
    return churn_arena_text(arena, ".", 1);
  return churn_arena_text(arena, path, slash == path ? 1 : (size_t)(slash - path));
}

void churn_version_check(churn_reader *reader, const churn_yaml *root, const churn_field *version,
                         const char *what)
{
  char shown[CHURN_SHOWN_SIZE];
  churn_located text = churn_reader_text(
      reader, churn_reader_required(reader, root, version, what, "\"version: 1\""), "version");
  if (text.text != NULL && strcmp(text.text, "1") != 0)
    churn_reader_fault_at(reader, &text, "version \"%s\" is not known; accepted: 1",
                          churn_shown(text.text, shown));
}

/* What only shows when customers, histories and outcome are all read. */
static void check_sections(churn_reader *reader, const churn_project *project)
{
  bool no_id = project->base_kind == CHURN_BASE_FILE && project->customers.path != NULL &&
               project->customers.id.text == NULL;
  if (project->base_kind == CHURN_BASE_FROM_HISTORY)
    churn_history_check_name(reader, project, &project->from_history, "customers.from_history");
  bool labels = project->outcome.kind == CHURN_OUTCOME_LABELS;
  for (size_t i = 0; i < project->outcome_count; i++)
    labels = labels || project->outcomes[i].spec.kind == CHURN_OUTCOME_LABELS;
  if (no_id && (project->history_count > 0 || labels))
    churn_reader_fault_at(reader, &project->customers.name,
                          "customers has no \"id\", so that histories and labels cannot be tied to "
                          "a customer; expected the heading of the id");
}

static void read_sections(churn_reader *reader, const churn_yaml *root, churn_project *project)
{
  enum {
    VERSION,
    CUSTOMERS,
    HISTORIES,
    OUTCOME,
    OUTCOMES,
    FIT,
    SNAPSHOTS,
    FEATURES,
    FEATURE_SETS,
    SPLIT,
    POOL,
    DATA_UNTIL,
    REJECTS,
    CACHE,
    REGISTRY,
    NIGHTLY,
    GATES,
    RETRAIN,
    SCORES,
    PLAYBOOK,
    LANG,
    LIST,
    REP,
    CONTROL,
    CONTACTS,
    KINDS,
    CAPACITY,
    ACTIONS,
    LOYAL,
    FORMAT
  };
  churn_field fields[FORMAT + CHURN_FORMAT_KEYS] = {
      {"version", NULL},      {"customers", NULL}, {"histories", NULL}, {"outcome", NULL},
      {"outcomes", NULL},     {"fit", NULL},       {"snapshots", NULL}, {"features", NULL},
      {"feature_sets", NULL}, {"split", NULL},     {"pool", NULL},      {"data_until", NULL},
      {"rejects", NULL},      {"cache", NULL},     {"registry", NULL},  {"nightly", NULL},
      {"gates", NULL},        {"retrain", NULL},   {"scores", NULL},    {"playbook", NULL},
      {"lang", NULL},         {"list", NULL},      {"rep", NULL},       {"control", NULL},
      {"contacts", NULL},     {"kinds", NULL},     {"capacity", NULL},  {"actions", NULL},
      {"loyal", NULL},        CHURN_FORMAT_FIELDS};
  churn_format defaults = {0};
  if (!churn_reader_fields(reader, root, "a project file",
                           "\"version: 1\", \"customers: {from: customers.csv}\"", fields,
                           sizeof fields / sizeof fields[0]))
    return;
  churn_version_check(reader, root, &fields[VERSION], "the project");
  churn_format_read(reader, fields + FORMAT, &defaults);
  churn_customers_read(reader,
                       churn_reader_required(reader, root, &fields[CUSTOMERS], "the project",
                                             "{from: FILE, id: HEADING} or {from_history: NAME}"),
                       &defaults, project);
  churn_histories_read(reader, fields[HISTORIES].value, &defaults, project);
  churn_kinds_read(reader, fields[KINDS].value, project);
  churn_outcome_sections_read(reader, fields[OUTCOME].value, fields[OUTCOMES].value, &defaults,
                              project);
  check_sections(reader, project);
  churn_snapshots_read(reader, fields[SNAPSHOTS].value, project);
  churn_features_read(reader, fields[FEATURES].value, project);
  churn_control_read(reader, fields[CONTROL].value, project);
  churn_contacts_read(reader, fields[CONTACTS].value, project);
  churn_fit_read(reader, fields[FIT].value, project);
  churn_feature_sets_read(reader, fields[FEATURE_SETS].value, project);
  churn_split_read(reader, fields[SPLIT].value, project);
  churn_playbook_read(
      reader,
      &(churn_playbook_keys){fields[PLAYBOOK].value, fields[LANG].value, fields[LIST].value},
      project);
  churn_nightly_read(reader, fields[NIGHTLY].value, fields[GATES].value, project);
  churn_retrain_read(reader, fields[RETRAIN].value, project);
  project->pool_rows =
      (int)churn_reader_whole(reader, fields[POOL].value, "pool", LARGEST_POOL, DEFAULT_POOL);
  project->data_until = churn_reader_day(reader, fields[DATA_UNTIL].value, "data_until");
  churn_located cache = churn_reader_text(reader, fields[CACHE].value, "cache");
  project->cache = cache.text == NULL ? NULL : churn_project_resolve(reader, project, cache.text);
  churn_located registry = churn_reader_text(reader, fields[REGISTRY].value, "registry");
  project->registry =
      churn_project_resolve(reader, project, registry.text == NULL ? "models" : registry.text);
  churn_scores_read(reader, fields[SCORES].value, project);
  project->rep = churn_reader_expression(reader, fields[REP].value, "rep");
  churn_located rejects = churn_reader_text(reader, fields[REJECTS].value, "rejects");
  project->rejects =
      churn_project_resolve(reader, project, rejects.text == NULL ? "rejects" : rejects.text);
  churn_desk_read(
      reader,
      &(churn_desk_keys){fields[CAPACITY].value, fields[ACTIONS].value, fields[LOYAL].value},
      project);
}

/* The project's own faults come before those of a file that it names. */
static bool stands_before(const churn_note *a, const churn_note *b, const char *project)
{
  if (strcmp(a->file, b->file) != 0)
    return strcmp(a->file, project) == 0;
  return a->line != b->line ? a->line < b->line : a->column < b->column;
}

/* Faults are found section by section and told in the order of the file. */
static churn_status tell_faults(const churn_reader *reader, churn_notes *notes, churn_error *error)
{
  size_t count = churn_notes_count(reader->found);
  const churn_note **order = churn_arena_take(reader->arena, count, sizeof *order);
  if (reader->no_memory || order == NULL || count < reader->faults)
    return churn_error_no_memory(error);
  for (size_t i = 0; i < count; i++) {
    const churn_note *note = churn_notes_get(reader->found, i);
    size_t at = i;
    for (; at > 0 && stands_before(note, order[at - 1], reader->path); at--)
      order[at] = order[at - 1];
    order[at] = note;
  }
  for (size_t i = 0; i < count; i++)
    churn_notes_add(notes, CHURN_FAULT, order[i]->code,
                    (churn_place){order[i]->file, order[i]->line, order[i]->column}, "%s",
                    order[i]->text);
  if (count == 0)
    return CHURN_OK;
  return churn_error_set_at(error, CHURN_BAD_PROJECT,
                            (churn_place){order[0]->file, order[0]->line, order[0]->column}, "%s",
                            order[0]->text);
}

static churn_status read_tree(churn_project *project, churn_notes *notes, churn_error *error)
{
  churn_reader reader = {.arena = project->arena, .path = project->path};
  churn_yaml *root = NULL;
  char *text = NULL;
  size_t length = 0;
  churn_error fault = {.status = CHURN_OK};
  churn_status status =
      churn_project_text(project->arena, project->path, "project file", &text, &length, &fault);
  if (status == CHURN_OK)
    status = churn_yaml_parse(project->arena, project->path, text, length, &root, &fault);
  if (status != CHURN_OK) {
    if (status == CHURN_BAD_PROJECT)
      churn_notes_add_fault(notes, &fault);
    if (error != NULL)
      *error = fault;
    return status;
  }
  reader.found = churn_notes_new();
  if (reader.found == NULL)
    return churn_error_no_memory(error);
  churn_reader_drop_duplicates(&reader, root);
  read_sections(&reader, root, project);
  status = tell_faults(&reader, notes, error);
  churn_notes_free(reader.found);
  return status;
}

/* How the project is to be read. */
typedef struct reading {
  const churn_source_override *overrides;
  size_t override_count;
  churn_notes *notes;
  bool faulty; /* what has faults is taken too */
} reading;

static churn_status read_project(const char *path, const reading *how, churn_project **project,
                                 churn_error *error)
{
  churn_arena *arena = churn_arena_new();
  churn_project *p = arena == NULL ? NULL : churn_arena_take(arena, 1, sizeof *p);
  churn_status status = CHURN_NO_MEMORY;
  if (p == NULL)
    goto done;
  p->arena = arena;
  p->path = churn_arena_text(arena, path, strlen(path));
  p->folder = folder_of(arena, path);
  if (p->path == NULL || p->folder == NULL)
    goto done;
  status = read_tree(p, how->notes, error);
  if (status == CHURN_BAD_PROJECT && how->faulty)
    status = CHURN_OK;
  else if (status == CHURN_OK)
    status = churn_overrides_apply(p, how->overrides, how->override_count, error);
  if (status == CHURN_OK)
    *project = p;
done:
  if (status != CHURN_OK)
    churn_arena_free(arena);
  return status == CHURN_NO_MEMORY ? churn_error_no_memory(error) : status;
}

churn_status churn_project_read(const char *path, const churn_source_override *overrides,
                                size_t override_count, churn_notes *notes, churn_project **project,
                                churn_error *error)
{
  const reading how = {overrides, override_count, notes, false};
  return read_project(path, &how, project, error);
}

churn_status churn_project_read_faulty(const char *path, churn_project **project,
                                       churn_error *error)
{
  const reading how = {.faulty = true};
  return read_project(path, &how, project, error);
}
