/* One night in its stages: what was read, scored and found, until it is written down. Place in the
 * flow: project, model, day -> read -> score -> judge -> the files of a run.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_JOBS_NIGHT_H
#define CHURN_JOBS_NIGHT_H

#include "jobs/base_scores.h"
#include "monitor/gates.h"
#include "monitor/segments.h"
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
  churn_day as_of; /* of the night; a flat export is scored as of no day. MISSING: reading sets
                      the day after the data end */
  bool release;    /* publish also where a gate holds the night back */
  bool hindsight;  /* the model was not in use on that day, or learned from what came after it */
  uint64_t top;    /* customers listed; 0 = all */
  churn_language language; /* of causes and actions; 0 = the project's */
  churn_sink sink;  /* the database that the list is published to as well; target NULL = none */
  const char *root; /* of the runs; borrowed */
  bool paged;       /* a page is made of it (jobs/report.h): segments are added up */
  churn_pipeline *pipeline;
  churn_profile *profile;
  churn_segments *segments; /* NULL = none are wanted */
  churn_plan *rep;          /* of one output, who looks after a customer; NULL = not wanted, or
                               nothing tells */
  churn_plan *kinds;        /* of loss, for a page (design/kinds.h); NULL = the project has none, or
                               does not say when customers leave */
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

/* Zeroed but for project, model, as_of, top, language, sink, root, paged; the stages come in this
 * order, and the caller clears, also after a failure. Errors are those of reading and scoring. */
CHURN_MUST_USE churn_status churn_night_read(churn_night *night, const churn_run *run,
                                             churn_error *error);
CHURN_MUST_USE churn_status churn_night_score(churn_night *night, const churn_run *run,
                                              churn_error *error);

/* Holds the night against the thresholds, the model, and the runs of earlier days. */
CHURN_MUST_USE churn_status churn_night_judge(churn_night *night, const churn_run *run,
                                              churn_error *error);

/* What tripped for the first time known_after days ago or earlier, has tripped in one of the `past`
 * runs since, by the same model and without a jump, and does not hold the night back, is known
 * (night_known.c). */
struct churn_past_runs;
void churn_night_know(churn_night *night, const struct churn_past_runs *past);

/* The further lists that the project asks for, once scored. */
CHURN_MUST_USE churn_status churn_night_more(churn_night *night, const churn_run *run,
                                             churn_error *error);
void churn_night_clear(churn_night *night);

/* Whether the night is held back; and whether it would be, were it not released. */
bool churn_night_is_held(const churn_night *night);
bool churn_night_is_released(const churn_night *night);

/* The newest day whose label window has closed before the night; MISSING where there is none, and
 * where labels are not made from customers and histories. Once read. */
churn_day churn_night_closed(const churn_night *night);

/* Whether the model may have seen, in its training, what became of the base of that day. */
bool churn_night_trained_on(const churn_night *night, churn_day day);

/* Customers that a night is told by: the head of the list. */
uint64_t churn_night_head(const churn_night *night);

/* Sums over the `first` riskiest. */
churn_risk_sums churn_night_sums(const churn_night *night, uint64_t first);

/* Why a night is scored by its model (night_model.c). */
typedef enum churn_model_choice {
  CHURN_MODEL_NAMED,    /* the caller said so */
  CHURN_MODEL_OF_RUN,   /* it made the published list of that day */
  CHURN_MODEL_OF_DAY,   /* it was in use on that day, at its end */
  CHURN_MODEL_PROMOTED, /* none was in use on that day, so it is the one in use now */
} churn_model_choice;

typedef struct churn_chosen_model {
  churn_model *model; /* the caller frees */
  churn_model_choice choice;
  bool hindsight;   /* as churn_night */
  char current[33]; /* in use now; "" = none, or not asked for */
} churn_chosen_model;

/* Which model scores the day: `named` (as churn_registry_model_path) where that is not NULL; else
 * the one of the day's published run in `root`, so that the same night again gives the same bytes
 * whatever was promoted since; else the one that the registry says was in use on that day; else the
 * one in use now. Errors of churn_registry_read, churn_registry_current, churn_model_read. */
CHURN_MUST_USE churn_status churn_night_choose(const churn_project *project, const char *root,
                                               const char *named, churn_day as_of,
                                               const churn_run *run, churn_chosen_model *chosen,
                                               churn_error *error);

/* The files of a run (run_files.c), into a folder. run->stop ends it between two of them
 * (INTERNAL). */
CHURN_MUST_USE churn_status churn_night_write(churn_night *night, const char *folder,
                                              const churn_run *run, churn_error *error);

#endif
