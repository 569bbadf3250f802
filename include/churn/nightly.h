/* The operator's night: read, score with the promoted model, check, publish; all or nothing.
 *
 * A night's folder is RUNS/DAY, DAY = its as-of day. It holds ranked.csv (churn/score.h),
 * summary.json, model.json (the model that scored), changes.csv (against the newest earlier night,
 * where there is one; jobs/changes.h says how), calls.csv (whom to contact within the project's key
 * `capacity`, where it has one), loyal_and_slipping.csv (churn/loyal.h, where the project has the
 * key `loyal`) and manifest.json (what went in, what the gates
 * said, size and hash of the other files). There is no clock, host, path or thread count in any of
 * them: the same day again, on the same data, after the same earlier nights, gives the same bytes,
 * whatever was promoted since.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_NIGHTLY_H
#define CHURN_NIGHTLY_H

#include <churn/gates.h>
#include <churn/log.h>
#include <churn/project.h>
#include <churn/run.h>
#include <churn/score.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct churn_nightly_settings {
  churn_day as_of; /* MISSING = today in UTC (the only use of the clock) */
  const char
      *model; /* as churn_registry_model_path; NULL = the one that made the day's published list,
                 else the one in use on that day, else, with a warning, the one in use now */
  const char *output;   /* folder of the runs; NULL = the project's. Named here, the project's
                           database is left alone */
  uint64_t top;         /* list only so many; 0 = the project's `nightly: {top:}`, or everybody */
  bool release;         /* publish also where a gate holds the night back, and count rows anew from
                           this run on */
  const churn_log *log; /* NULL = silent. Stages: "start", "read", "score", "gate", "changes",
                           "store", "publish", "held", "latest", "outcome", "retain" */
  churn_language language; /* of causes, actions and owners; 0 = the project's */
} churn_nightly_settings;

typedef struct churn_nightly_report {
  churn_score_report score;
  char *folder; /* RUNS/DAY, or RUNS/DAY.held */
  char model[33];
  churn_gate *gates;
  size_t gate_count;
  size_t tripped;
  size_t known;      /* would have tripped, but are no news */
  bool released;     /* a gate held it back, and it is published all the same */
  bool held;         /* nothing was published: DAY.held is for inspection only, `latest` stays */
  bool unchanged;    /* the folder was there with the same bytes, and was left alone */
  bool stored;       /* the list is in the database of the project's `scores` */
  bool latest;       /* RUNS/latest points to it now; false also for a day before the latest's */
  uint64_t removed;  /* old runs taken away by `keep` */
  size_t unfinished; /* steps after publishing (the link, the ledger of outcomes, `keep`) that
                        failed, each told in a line of the log; the list stays published, and the
                        next night makes up for them */
} churn_nightly_report;

/* Where the project has the key `scores`, the list goes into that database too (churn/sink.h), in
 * one transaction after the gates and before the folder gets its name: when that fails nothing is
 * published, and a night that is held back writes nothing there. A run that is killed between the
 * two leaves the day's rows in the database and no folder; the next run of that day publishes it.
 *
 * Runs the night. The project file is locked meanwhile (BUSY when it is), and RUNS while there is
 * something in it that is not published. Everything is written to RUNS/.tmp-PID-N, flushed to disk,
 * and renamed; then RUNS/latest, a symbolic link, is put in place in one step. A failure, and
 * run->stop, leave RUNS as it was; what a killed run has left behind is taken away by the next one.
 * run->stop->worth is set while there is something to clean up, and stays so once the night is
 * published: who is asked to stop then waits for the call to return (INTERNAL, "stopped", or what
 * it did: it was asked too late), and may else end at once.
 *
 * Nothing dated on or after the as-of day counts for the list or for a gate, but for two things
 * that are about files: the manifest's `inputs` (rows, rejected rows, fingerprint), and the gate
 * `rejected`, as a row that cannot be read has no day.
 *
 * Errors: those of reading and scoring; CANNOT_CREATE, PERMISSION, IO for RUNS;
 * those of churn/sink.h. A tripped gate is
 * no error: look at report->tripped. The caller frees the report. */
CHURN_MUST_USE churn_status churn_nightly(const churn_project *project,
                                          const churn_nightly_settings *settings,
                                          const churn_run *run, churn_nightly_report **report,
                                          churn_error *error);
void churn_nightly_report_free(churn_nightly_report *report);

/* The published lists of `output` (NULL = the project's) and the models that made them: of one day,
 * or by one model (NULL, MISSING = any), by day. A run whose manifest cannot be read gets a warning
 * and is left out. PERMISSION, IO, NO_MEMORY. The caller frees. */
typedef struct churn_published_list {
  churn_day day;
  char model[33];
} churn_published_list;
CHURN_MUST_USE churn_status churn_published_lists(const churn_project *project, const char *output,
                                                  churn_day day, const char *model,
                                                  const churn_run *run,
                                                  churn_published_list **lists, size_t *count,
                                                  churn_error *error);

/* What became of a published list, once its label window had closed: a line of RUNS/outcomes.jsonl.
 * `estimated…` is what the night said. NaN = there is no such figure. */
typedef struct churn_outcome {
  churn_day as_of;
  char model[33];
  uint64_t judged;            /* listed customers of whom is known what became of them */
  uint64_t churned;           /* of those */
  double auc, estimated_auc;  /* of the listed; estimated: the model's own, of rows kept back in
                                 training, else out of fold, which is of everybody: NaN where the
                                 list was cut (`top`) */
  double observed, estimated; /* share that churned, mean probability of the same customers */
  double intercept, slope;    /* calibration, as churn_figures */
  uint64_t head;              /* places that the night told of */
  double captured;            /* share of all churners of that day's base at the head of the list */
  double estimated_captured;
} churn_outcome;

typedef struct churn_outcomes {
  churn_outcome *items; /* in the order they were judged */
  size_t count;
} churn_outcomes;

/* The ledger of `output` (NULL = the project's); empty where there is none. A line that holds no
 * outcome gets a warning with its place. PERMISSION, IO, NO_MEMORY. The caller frees. */
CHURN_MUST_USE churn_status churn_outcomes_read(const churn_project *project, const char *output,
                                                const churn_run *run, churn_outcomes **outcomes,
                                                churn_error *error);
void churn_outcomes_free(churn_outcomes *outcomes);

#ifdef __cplusplus
}
#endif

#endif
