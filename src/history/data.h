/* The customers and all their histories in memory: grouped by customer, ordered by day, read-only
 * once built.
 *
 * Customers are numbered in bytewise order of their ids (without ids: file order), so nothing later
 * depends on the order of input rows. A customer has one or more spells [joined, left]; spells are
 * numbered through, grouped by customer, ordered by joined. Histories hold all rows of known
 * customers (also those outside spells and after the as-of day; the evaluator cuts). Rows of one
 * customer and day are in no promised order: consumers order them by what they compute.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_HISTORY_DATA_H
#define CHURN_HISTORY_DATA_H

#include "history/schema.h"
#include "history/spill.h"
#include "source/table.h"

/* Which columns of which source are wanted: needs[source][column] true. Day, id, joined, left, and
 * every known_at column of a wanted one are always read. */
typedef struct churn_needs {
  bool **wanted; /* [source_count][column_count of the source] */
  bool *source;  /* [source_count]: the history is read at all (customers always are) */
  size_t source_count;
} churn_needs;

/* All false. NULL when memory ran out. */
churn_needs *churn_needs_new(const churn_schema *schema);
void churn_needs_free(churn_needs *needs);
void churn_needs_all(churn_needs *needs, const churn_schema *schema);

/* The newest day of any history tells when the data ends, so unless the project does, every history
 * is read, if only its days. */
void churn_needs_days(churn_needs *needs, const churn_schema *schema);

typedef struct churn_customers {
  size_t count;            /* distinct customers */
  const char **ids;        /* [count], terminated */
  churn_dictionary *index; /* code = customer number (without ids: of its row number) */
  size_t spell_count;
  size_t *first_spell;      /* [count + 1] */
  uint32_t *spell_customer; /* [spell_count] */
  churn_day *joined;        /* [spell_count]; MISSING = since ever */
  churn_day *left;          /* [spell_count]; MISSING = still there */
  churn_column
      *columns; /* per schema column; rows = spells in spell order; not wanted: present false */
  churn_column outcome; /* the outcome's column of a flat export as CATEGORY, in spell order;
                           present false when absent, and where labels are not asked for */
  bool *gone;      /* [spell_count] that column says that the customer has left already; NULL where
                      labels are asked for, and in data without the column */
  uint64_t *lines; /* line of each spell's row; NULL when derived from a history */
} churn_customers;

typedef struct churn_history {
  const char *name;
  bool loaded;
  size_t rows;           /* kept rows */
  size_t *first_row;     /* [customers + 1] */
  churn_day *days;       /* [rows], non-decreasing within a customer */
  churn_column *columns; /* per schema column, rows in this order; the day column itself is not
                            repeated: use `days` */
  bool mapped;           /* the arrays of days and columns lie in a file of data->spill */
  uint64_t rows_read;
  uint64_t rows_unmatched;        /* rows of unknown customers, left out */
  uint64_t rows_unmatched_before; /* of those, dated before data_settings.before */
  uint64_t rows_dayless;          /* rows without a day, left out */
  uint64_t customers_matched;
  churn_day first_day, last_day; /* of all rows read, matched or not; MISSING when none */
} churn_history;

/* A file that was read: for the model's fingerprints and for `check`. */
typedef struct churn_input {
  char *name; /* the source's; SOURCE.via for the file that maps its keys */
  char *path;
  uint64_t rows;
  uint64_t rejected;
  char fingerprint[CHURN_HASH_TEXT_SIZE];
} churn_input;

/* Labels read from the outcome's file: one row per (customer, T). */
typedef struct churn_label_rows {
  size_t count;
  uint32_t *customer;
  churn_day *as_of;
  int8_t *churned; /* 1, 0, -1 = empty */
  uint64_t unmatched;
} churn_label_rows;

typedef struct churn_data {
  const churn_schema *schema; /* borrowed */
  churn_customers customers;
  churn_history *histories; /* [source_count - 1] */
  churn_label_rows labels;
  churn_day data_until; /* project's, or the newest day of any history that was read; MISSING when
                           there is none */
  churn_input *inputs;
  size_t input_count;
  churn_spill *spill; /* the run's memory bound; NULL = none. Who walks over histories tells it
                         (churn_spill_walked) */
  bool incomplete; /* collect_all: a fault left a source out or spells wrong, so there is enough to
                      describe but not to evaluate */
} churn_data;

/* How to read. `collect_all`: faults go to run->notes and reading goes on where it can (for `churn
 * check`); the call then fails only when nothing more can be read. `with_labels`: the outcome's
 * column or file is read too. */
typedef struct churn_data_settings {
  bool collect_all;
  bool with_labels;
  churn_day before; /* unmatched rows dated before this day are counted apart */
} churn_data_settings;

/* Reads all wanted sources. INCONSISTENT with a place for: overlapping spells, left before joined,
 * a duplicate id where there are no dates, a via key that maps to two customers. Notes: unmatched
 * rows, rows without a day. Under run->memory_bytes histories that find no room lie in temporary
 * files: IO, CANNOT_CREATE. */
CHURN_MUST_USE churn_status churn_data_read(const churn_schema *schema, const churn_needs *needs,
                                            const churn_data_settings *settings,
                                            const churn_run *run, churn_data **data,
                                            churn_error *error);
void churn_data_free(churn_data *data);

/* What customers' columns hold of spells first..last-1 goes back to the system, as far as it fills
 * whole pages: nothing evaluates these spells any more. From any thread. */
void churn_data_let_spells_go(const churn_data *data, size_t first, size_t last);

/* Nobody looks for an id any more: customers.index goes, the ids stay. */
void churn_data_let_index_go(churn_data *data);

/* Ids go as well. */
void churn_data_let_ids_go(churn_data *data);

/* Spells and the values of histories and of customers' columns go back to the system, once
 * everything that evaluates them has run; ids, levels, labels and inputs stay. */
void churn_data_let_go(churn_data *data);

#endif
