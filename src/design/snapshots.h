/* Who is looked at, when, and what happened next: (spell, as-of day T, label), ordered by customer
 * number, then T.
 *
 * The base at T: joined < T and (left missing or left >= T). The label window is [T+gap,
 * T+gap+horizon).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_DESIGN_SNAPSHOTS_H
#define CHURN_DESIGN_SNAPSHOTS_H

#include "design/loss.h"
#include "history/data.h"

enum { CHURN_LABEL_UNKNOWN = -1, CHURN_LABEL_STAYED = 0, CHURN_LABEL_CHURNED = 1 };

typedef struct churn_snapshot {
  uint32_t customer;
  uint32_t spell;
  churn_day as_of; /* MISSING for flat exports */
  int8_t label;
  bool contacted; /* labelled, and contacted around T (contacts.h) */
  double weight;  /* how many of the population the row stands for; 1 until row_terms.h sets it */
  double offset;  /* known part of the row's logit; 0 until row_terms.h sets it */
} churn_snapshot;

/* What became of one as-of day, for `check` and the notes. */
typedef struct churn_snapshot_day {
  churn_day as_of;
  bool closed;       /* the label window ends within the data */
  uint64_t base;     /* spells in the base */
  uint64_t inactive; /* left out by active_within, or had the terminal event */
  uint64_t dropped;  /* left inside the gap, or in a way that is excluded, or no label in the file,
                        or an empty outcome cell; of DROP the three below */
  uint64_t churned;
  uint64_t stayed;
  uint64_t no_level, left, unseen; /* as in drop.h */
  uint64_t contacted,
      contacted_churned; /* of the labelled rows, those of contacted customers; where
                            the project drops these, they are among the dropped */
} churn_snapshot_day;

typedef struct churn_snapshots {
  churn_snapshot *rows;
  size_t count;
  churn_snapshot_day *days;
  size_t day_count;
  bool repeated; /* weights are whole, and a row stands for so many equal ones */
} churn_snapshots;

/* A flat export has no as-of day: one row a customer, no histories, no joined. */
bool churn_snapshots_flat(const churn_project *project);

/* USAGE for a day that was asked for (MISSING: none) of a flat export, whose rows have none. */
CHURN_MUST_USE churn_status churn_snapshots_check_day(const churn_project *project, churn_day asked,
                                                      churn_error *error);

/* Whether the label window of the day ends within the data; always where a file or a column labels,
 * never without an outcome. */
bool churn_snapshots_closed(const churn_project *project, const churn_data *data, churn_day as_of);

/* For qsort of days. */
int churn_days_compare(const void *left, const void *right);

/* The as-of days of a project. first..last by every; a label file gives its own days, unless one
 * day is asked for; a flat export has the one day MISSING. first, last MISSING = the project's;
 * when the project has none: last = the newest day whose window is closed, first = last. DEGENERATE
 * when no day is left; USAGE for more than one day without a step (`every`),
 * and for a day of a flat export. The caller frees
 * *days.
 */
CHURN_MUST_USE churn_status churn_snapshot_days(const churn_project *project,
                                                const churn_data *data, churn_day first,
                                                churn_day last, churn_day **days, size_t *count,
                                                churn_error *error);

/* Which rows to keep. */
typedef enum churn_snapshot_use {
  CHURN_SNAPSHOTS_ALL,      /* everybody in the base, labelled where possible */
  CHURN_SNAPSHOTS_AT_RISK,  /* the same without those whom the outcome cannot befall, who count as
                               inactive: of DROP who has no level that could fall */
  CHURN_SNAPSHOTS_LABELLED, /* rows with a label only: closed windows, not dropped */
  CHURN_SNAPSHOTS_OBSERVED, /* the same, whoever was contacted: for counting who was lost */
  CHURN_SNAPSHOTS_LISTED    /* the rows of the label file, also those without a label; only where
                               there is one (CHURN_OUTCOME_LABELS). The days' counts are of these
                               rows alone */
} churn_snapshot_use;

/* Builds the rows for the given days (ascending). */
CHURN_MUST_USE churn_status churn_snapshots_build(const churn_project *project,
                                                  const churn_data *data,
                                                  const churn_labelling *labelling,
                                                  const churn_day *days, size_t day_count,
                                                  churn_snapshot_use use, const churn_run *run,
                                                  churn_snapshots **snapshots, churn_error *error);
void churn_snapshots_free(churn_snapshots *snapshots);

/* Takes rows instead of an array of all: in order, some hundred thousand at a time, from the thread
 * that called, at least once (perhaps none). Borrowed until it returns. */
typedef struct churn_snapshot_taker {
  churn_status (*take)(void *context, const churn_snapshot *rows, size_t count, churn_error *error);
  void *context;
} churn_snapshot_taker;

/* The rows of churn_snapshots_build to a taker. Faults of the whole are told before the first of
 * them. */
CHURN_MUST_USE churn_status churn_snapshots_give(
    const churn_project *project, const churn_data *data, const churn_labelling *labelling,
    const churn_day *days, size_t day_count, churn_snapshot_use use,
    const churn_snapshot_taker *taker, const churn_run *run, churn_error *error);

#endif
