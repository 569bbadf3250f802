/* How churn_data is put together: one function per kind of source. Inside history/ only.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_HISTORY_BUILD_H
#define CHURN_HISTORY_BUILD_H

#include "history/data.h"

/* What every builder needs. */
typedef struct churn_build {
  const churn_schema *schema;
  const churn_needs *needs;
  const churn_data_settings *settings;
  const churn_run *run;
  churn_data *data; /* being filled; customers come first */
  churn_error *error;
} churn_build;

/* Reads one file with the run's notes; under collect_all bad rows become faults in the notes.
 * Records the file in data->inputs. Of `settings`, collect_all and most_rejects are the build's. */
churn_status churn_build_read(const churn_build *build, const churn_source_spec *spec,
                              const churn_column_request *requests, size_t count,
                              const churn_table_settings *settings, churn_table **table);

/* The folder for parsed sources; NULL where none is wanted, or every fault is. */
const char *churn_build_cache(const churn_build *build);

/* A column of a source is read: wanted, or the day from which the source or a wanted column is
 * visible. */
bool churn_build_is_read(const churn_build *build, size_t source, size_t column);

/* Remembers in data->inputs that a file was read, as NAME + SUFFIX. */
churn_status churn_build_record(const churn_build *build, const char *name, const char *suffix,
                                const churn_table *table);

/* One note for the headings of a file that the project does not map at all. */
void churn_build_note_ignored(const churn_schema *schema, const churn_source_spec *spec,
                              char *const *ignored, size_t count, const churn_run *run);

/* data->customers from the customers file. */
churn_status churn_build_customers(const churn_build *build);

/* data->customers from the ids of a history. */
churn_status churn_build_customers_from_history(const churn_build *build);

/* data->histories[index]: grouped by customer, ordered by day. */
churn_status churn_build_history(const churn_build *build, size_t index);

/* data->labels from the outcome's file. */
churn_status churn_build_labels(const churn_build *build);

/* Codes of an id column -> customer number (CHURN_CODE_MISSING = unknown), through the spec's `via`
 * when it has one. The caller frees *map. */
churn_status churn_build_id_map(const churn_build *build, const churn_source_spec *spec,
                                const churn_column *id, uint32_t **map);

/* For a source with `via`: *file is the file that maps keys to customers (column 1 = customer), and
 * (*map)[code] is, for each of the keys `ids`, the code of its customer there; CHURN_CODE_MISSING =
 * unknown key. A key may stand there often, but for one customer only (INCONSISTENT). The caller
 * frees both. */
churn_status churn_build_via(const churn_build *build, const churn_source_spec *spec,
                             const churn_dictionary *ids, churn_table **file, uint32_t **map);

/* column's rows taken in the given order: column[i] = column[order[i]], for `rows` rows, on all
 * threads. */
churn_status churn_build_reorder(churn_column *column, const uint32_t *order, size_t rows,
                                 const churn_run *run, churn_error *error);

#endif
