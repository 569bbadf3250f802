/* One night in its stages: what was read, scored and found, until it is written down. Place in the
 * flow: project, model, day -> read -> score -> judge -> the files of a run.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_JOBS_NIGHT_H
#define CHURN_JOBS_NIGHT_H

#include "jobs/base_scores.h"
#include "monitor/gates.h"
#include "score/ranking.h"

#include <churn/loyal.h>
#include <churn/sink.h>

/* What a source holds before the as-of day. */
typedef struct churn_night_source {
  const char *name;    /* borrowed */
  int history;         /* index, -1 = customers */
  churn_census census; /* customers: rows = those in the base */
} churn_night_source;

typedef struct churn_night {
  const churn_project *project; /* borrowed */
  churn_model *model;           /* borrowed */
  churn_day as_of;              /* of the night; a flat export is scored as of no day */
  uint64_t top;                 /* customers listed; 0 = all */
  churn_language language;      /* of causes and actions; 0 = the project's */
  churn_sink sink; /* the database that the list is published to as well; target NULL = none */
  churn_pipeline *pipeline;
  churn_profile *profile;
  churn_ranking *ranking;
  churn_score_report score;
  churn_night_source *sources; /* the base first, then the histories that were read */
  size_t source_count;
  churn_recent recent;
  churn_base_scores recent_scores; /* of the base then, by the same model; rows NULL = none */
  churn_findings findings;
  struct churn_changes *changes; /* NULL = none are known; changes.h */
  churn_ranking *calls;          /* within the project's capacity; NULL = it has none */
  churn_calls called;
  churn_loyal *loyal; /* and slipping; NULL = the project does not ask */
  churn_loyal_report slipping;
} churn_night;

/* Zeroed but for project, model, as_of, top, language, sink; the stages come in this order, and the
 * caller clears, also after a failure. Errors are those of reading and scoring. */
CHURN_MUST_USE churn_status churn_night_read(churn_night *night, const churn_run *run,
                                             churn_error *error);
CHURN_MUST_USE churn_status churn_night_score(churn_night *night, const churn_run *run,
                                              churn_error *error);

/* Holds the night against the thresholds, the model, and the runs of earlier days in `root`. */
CHURN_MUST_USE churn_status churn_night_judge(churn_night *night, const char *root,
                                              const churn_run *run, churn_error *error);

/* The further lists that the project asks for, once scored. */
CHURN_MUST_USE churn_status churn_night_more(churn_night *night, const churn_run *run,
                                             churn_error *error);
void churn_night_clear(churn_night *night);

/* The newest day whose label window has closed before the night; MISSING where there is none, and
 * where labels are not made from customers and histories. Once read. */
churn_day churn_night_closed(const churn_night *night);

/* Customers that a night is told by: the head of the list. */
uint64_t churn_night_head(const churn_night *night);

/* The files of a run (run_files.c), into a folder. run->stop ends it between two of them
 * (INTERNAL). */
CHURN_MUST_USE churn_status churn_night_write(churn_night *night, const char *folder,
                                              const churn_run *run, churn_error *error);

#endif
