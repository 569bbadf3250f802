/* The runs of a project: which nights were published, what their manifests say, which may go. Place
 * in the flow: RUNS -> figures of earlier nights; RUNS after publishing -> fewer folders.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_JOBS_RUNS_H
#define CHURN_JOBS_RUNS_H

#include "jobs/staging.h"

#include <churn/day.h>
#include <churn/run.h>

typedef struct churn_past_source {
  char *name;
  uint64_t rows;    /* before the run's as-of day */
  churn_day newest; /* of them; MISSING = none */
} churn_past_source;

/* A gate that tripped, or was known. */
typedef struct churn_past_gate {
  char *name, *subject;
  double value;
  churn_day since; /* as churn_gate */
} churn_past_gate;

typedef struct churn_past_run {
  churn_day day;
  bool good;      /* no gate tripped */
  bool released;  /* a gate held it back, and it was published all the same */
  bool hindsight; /* as churn_night */
  char model[33];
  char *project;                            /* file name; NULL = the manifest does not say */
  double estimated_auc, estimated_captured; /* NaN = none */
  uint64_t head;
  bool cut; /* not everybody is listed */
  churn_past_source *sources;
  size_t source_count;
  churn_past_gate *gates;
  size_t gate_count;
} churn_past_run;

typedef struct churn_past_runs {
  churn_past_run *runs; /* newest first */
  size_t count;
} churn_past_runs;

/* The newest `most` published runs of days before `before`. One whose manifest cannot be read gets
 * a warning and is left out. PERMISSION, IO, NO_MEMORY. The caller clears. */
CHURN_MUST_USE churn_status churn_past_runs_read(const char *root, churn_day before, size_t most,
                                                 const churn_run *run, churn_past_runs *past,
                                                 churn_error *error);
void churn_past_runs_clear(churn_past_runs *past);

/* The published run of one day. *known false where there is none, and after a warning where its
 * manifest cannot be read; *past is empty then. NO_MEMORY. The caller clears. */
CHURN_MUST_USE churn_status churn_past_run_read(const char *root, churn_day day,
                                                const churn_run *run, churn_past_run *past,
                                                bool *known, churn_error *error);
void churn_past_run_clear(churn_past_run *past);

/* ROOT/DAY/NAME; NULL when memory ran out. The caller frees. */
char *churn_run_path(const char *root, churn_day day, const char *name);

/* False when the run knows no such source. */
bool churn_past_rows(const churn_past_run *run, const char *source, uint64_t *rows);

/* Days of the published runs in root, ascending; MISSING-free. The caller frees. */
CHURN_MUST_USE churn_status churn_runs_days(const char *root, churn_day **days, size_t *count,
                                            churn_error *error);

/* The day that root/latest points to; MISSING where there is none. NO_MEMORY. */
CHURN_MUST_USE churn_status churn_runs_latest(const char *root, churn_day *day, churn_error *error);

/* Tells before any work what would fail after publishing: root/latest is something else than a
 * link, and, `with_ledger`, root/outcomes.jsonl cannot be added to. CANNOT_CREATE, PERMISSION,
 * NO_MEMORY.
 */
CHURN_MUST_USE churn_status churn_runs_check(const char *root, bool with_ledger,
                                             churn_error *error);

/* Which published runs may go. */
typedef struct churn_retention {
  uint64_t keep;
  churn_day closed;         /* runs of days before it are settled but for `waiting`; MISSING: all */
  const churn_day *waiting; /* ascending; of those, still to be judged */
  size_t waiting_count;
  churn_day own;  /* of this night */
  bool held_only; /* the night was held back: published runs are left alone */
} churn_retention;

/* Takes the oldest settled runs away until `keep` of them are left, then the runs that were held
 * back before all that stay, and the oldest of those beyond `keep`; never what
 * `latest` points to, never the newest run in which no gate tripped, never this night's. *removed
 * counts the folders. */
CHURN_MUST_USE churn_status churn_runs_retain(churn_staging *staging,
                                              const churn_retention *retention,
                                              const churn_run *run, uint64_t *removed,
                                              churn_error *error);

#endif
