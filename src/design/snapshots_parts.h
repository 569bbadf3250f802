/* Between the files of snapshots: what looking at the customers holds, who counts and what their
 * label is.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_DESIGN_SNAPSHOTS_PARTS_H
#define CHURN_DESIGN_SNAPSHOTS_PARTS_H

#include "design/drop.h"
#include "design/loss.h"
#include "design/snapshots.h"

/* Beside the public labels: there is none, and there will be none. */
enum { CHURN_LABEL_DROPPED = -2 };

struct churn_snapshot_block;

typedef struct churn_snapshot_builder {
  const churn_project *project;
  const churn_data *data;
  const churn_labelling *labelling;
  const churn_day *days;
  size_t day_count;
  churn_snapshot_use use;
  int8_t *column_labels;         /* COLUMN: per spell, else NULL */
  const churn_history *contacts; /* the log, NULL = none */
  bool *closed;                  /* [day_count] */
  churn_drop_levels *levels;     /* DROP: [threads][day_count] of the customer at work, else NULL */
  size_t first_block;            /* blocks[i] is block first_block + i of the customers */
  struct churn_snapshot_block *blocks;
  churn_workspace **workspaces; /* per thread */
  churn_excluder *excluders;    /* per thread; NULL where no kind of loss is excluded */
} churn_snapshot_builder;

/* Rows without a label are of no use. */
bool churn_snapshots_labelled_only(const churn_snapshot_builder *b);

/* Of DROP: [day_count] of the customer at work on the thread. */
churn_drop_levels *churn_snapshots_levels(const churn_snapshot_builder *b, int thread);

/* The place of a day, NULL where it is none of those looked at. */
const churn_day *churn_snapshots_find_day(const churn_snapshot_builder *b, churn_day day);

/* The label file's rows are sorted by (customer, day): the first one at or after this one. */
size_t churn_snapshots_label_row(const churn_label_rows *labels, size_t customer, churn_day as_of);

/* Seen lately enough; not ended, in this spell, by an event that ends it; and, where only who is at
 * risk is wanted, with something to lose. NO_MEMORY. */
CHURN_MUST_USE churn_status churn_snapshots_active(const churn_snapshot_builder *b, int thread,
                                                   size_t customer, size_t spell, size_t day,
                                                   bool *active);

/* What became of the spell after the day: UNKNOWN while the window is open, DROPPED where it tells
 * nothing or is lost in a way that does not count. NO_MEMORY. */
CHURN_MUST_USE churn_status churn_snapshots_label(const churn_snapshot_builder *b, int thread,
                                                  size_t customer, size_t spell, size_t day,
                                                  churn_snapshot_day *tally, int8_t *label);

/* Whether a labelled row is of a contacted customer, who then may have no label. */
bool churn_snapshots_judge_contact(const churn_snapshot_builder *b, size_t customer,
                                   churn_day as_of, int8_t *label, churn_snapshot_day *tally);

/* Labels of a flat export, per spell: DROPPED where the cell is empty. INCONSISTENT for a column of
 * more than two values; NO_MEMORY. */
CHURN_MUST_USE churn_status churn_snapshots_read_column(churn_snapshot_builder *b,
                                                        churn_error *error);

/* What was left out, and of whom. */
void churn_snapshots_note(const churn_snapshot_builder *b, const churn_snapshots *s,
                          const churn_run *run);

#endif
