/* The sections of a project file, each read by one function into the project. Inside project/ only.
 *
 * All of them add faults to the reader and go on; `node` NULL = the section is not given. Texts of
 * the project point into the reader's arena.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_PROJECT_SPEC_H
#define CHURN_PROJECT_SPEC_H

#include "project/reader.h"

/* Keys that say how a file is written, in any source and, as defaults, at the top. A table of
 * fields ends with CHURN_FORMAT_FIELDS. */
enum { CHURN_FORMAT_KEYS = 8 };
#define CHURN_FORMAT_FIELDS                                                                        \
  {"delimiter", NULL}, {"encoding", NULL}, {"date_format", NULL}, {"missing", NULL},               \
      {"decimal", NULL}, {"thousands", NULL}, {"utc_offset", NULL},                                \
  {                                                                                                \
    "max_bad_rows", NULL                                                                           \
  }

/* Changes in `format` what fields[0..CHURN_FORMAT_KEYS) give. */
void churn_format_read(churn_reader *reader, const churn_field *fields, churn_format *format);

/* `path` as seen from the project's folder; NULL when memory ran out. */
char *churn_project_resolve(churn_reader *reader, const churn_project *project, const char *path);

/* Where rows come from, as a mapping gives it; any may be NULL. */
typedef struct churn_from_keys {
  const churn_yaml *from, *table, *query;
} churn_from_keys;

/* Reads them into from, path and rowset. `name` is what the source is called; `table` (NULL =
 * none) is read where a database is named without table and query. */
void churn_rowset_read(churn_reader *reader, const churn_from_keys *keys,
                       const churn_project *project, const char *name, const char *table,
                       churn_located *from, char **path, churn_rowset *rowset);

/* The same for a source of its own name. */
void churn_source_read_from(churn_reader *reader, const churn_from_keys *keys,
                            const churn_project *project, churn_source_spec *source);

/* Points a rowset at a database whose target is resolved and checked; *path is its name then.
 * `name` as above. USAGE when there is neither table nor query; NO_MEMORY. */
CHURN_MUST_USE churn_status churn_rowset_point(churn_arena *arena, const char *target,
                                               const char *name, char **path, churn_rowset *rowset,
                                               churn_error *error);

/* The section `scores`: a database to write to, and its table. */
void churn_scores_read(churn_reader *reader, const churn_yaml *node, churn_project *project);

/* Faults for format keys that speak of files, where the source is a database. */
void churn_format_refuse(churn_reader *reader, const churn_field *fields,
                         const churn_source_spec *source);

void churn_customers_read(churn_reader *reader, const churn_yaml *node,
                          const churn_format *defaults, churn_project *project);
void churn_histories_read(churn_reader *reader, const churn_yaml *node,
                          const churn_format *defaults, churn_project *project);

/* The `columns:` of a source, whose day heading is read already. */
void churn_columns_read(churn_reader *reader, const churn_yaml *node, churn_source_spec *source);

/* Faults for `known_at` names that are no day column of the source. */
void churn_columns_check(churn_reader *reader, const churn_source_spec *source);

/* A fault when the located text names no history. Needs the histories. */
void churn_history_check_name(churn_reader *reader, const churn_project *project,
                              const churn_located *name, const char *what);

/* Needs customers. */
void churn_kinds_read(churn_reader *reader, const churn_yaml *node, churn_project *project);

/* The key `exclude` of an outcome. Needs the kinds. */
void churn_exclude_read(churn_reader *reader, const churn_yaml *node, churn_project *project);

/* Needs customers, histories and kinds. */
void churn_outcome_read(churn_reader *reader, const churn_yaml *node, const churn_format *defaults,
                        churn_project *project);

/* `outcome` and `outcomes`: what is worked with is the former, else the first of the latter. */
void churn_outcome_sections_read(churn_reader *reader, const churn_yaml *outcome,
                                 const churn_yaml *named, const churn_format *defaults,
                                 churn_project *project);

/* Copies the named outcome that is chosen to where it is worked with. */
void churn_outcome_take(churn_project *project);

void churn_control_read(churn_reader *reader, const churn_yaml *node, churn_project *project);

/* Needs histories and features. */
void churn_contacts_read(churn_reader *reader, const churn_yaml *node, churn_project *project);

void churn_snapshots_read(churn_reader *reader, const churn_yaml *node, churn_project *project);
void churn_split_read(churn_reader *reader, const churn_yaml *node, churn_project *project);

/* The sections `nightly` and `gates`: what is not given gets its default. */
void churn_nightly_read(churn_reader *reader, const churn_yaml *nightly, const churn_yaml *gates,
                        churn_project *project);
void churn_retrain_read(churn_reader *reader, const churn_yaml *node, churn_project *project);

/* Needs customers and histories: they decide what no features means. */
void churn_features_read(churn_reader *reader, const churn_yaml *node, churn_project *project);

/* What the rows of the fit stand for: `weights`, `sampled` and `offset` of the section `fit`. Needs
 * customers and outcome. */
void churn_weighting_read(churn_reader *reader, const churn_yaml *weights,
                          const churn_yaml *sampled, const churn_yaml *offset,
                          churn_project *project);

/* Needs the features: factors name them. */
void churn_fit_read(churn_reader *reader, const churn_yaml *node, churn_project *project);

/* A fault when the pattern fits no feature (where features are known: not for `customers.*`). Needs
 * the features. */
void churn_pattern_check(churn_reader *reader, const churn_project *project,
                         const churn_located *pattern, const char *const *names);

/* Names of the features, for the above; NULL when memory ran out. */
const char **churn_feature_names(churn_reader *reader, const churn_project *project);

/* Needs the features. */
void churn_feature_sets_read(churn_reader *reader, const churn_yaml *node, churn_project *project);

/* The section `playbook` with `lang` and `list`. Needs the features. */
typedef struct churn_playbook_keys {
  const churn_yaml *playbook, *lang, *list;
} churn_playbook_keys;
void churn_playbook_read(churn_reader *reader, const churn_playbook_keys *keys,
                         churn_project *project);

/* The sections `capacity`, `actions`, `loyal`. Needs the playbook. */
typedef struct churn_desk_keys {
  const churn_yaml *capacity, *actions, *loyal;
} churn_desk_keys;
void churn_desk_read(churn_reader *reader, const churn_desk_keys *keys, churn_project *project);

/* A save rate from 0 to 1, and a cost >= 0, where they are given. */
void churn_action_read(churn_reader *reader, const churn_yaml *save_rate, const churn_yaml *cost,
                       double *to_save_rate, double *to_cost);

/* A fault where `version` of `what` is missing or is not 1. */
void churn_version_check(churn_reader *reader, const churn_yaml *root, const churn_field *version,
                         const char *what);

/* The whole file at `path` ("-" = standard input), terminated, in the arena. `what` is what it is,
 * like "project file". NO_INPUT, PERMISSION, IO, NO_MEMORY; BAD_PROJECT above 4 MiB. */
CHURN_MUST_USE churn_status churn_project_text(churn_arena *arena, const char *path,
                                               const char *what, char **text, size_t *length,
                                               churn_error *error);

/* Points sources at other files. USAGE. */
CHURN_MUST_USE churn_status churn_overrides_apply(churn_project *project,
                                                  const churn_source_override *overrides,
                                                  size_t count, churn_error *error);

#endif
