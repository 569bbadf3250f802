/* The registry: a folder (models/ beside the project file, or the project's `registry:`) with every
 * model that was trained for use, which of them is in use, and what was decided when.
 *
 *   ID.json        a model; never changed
 *   ID.md          its card (churn/card.h)
 *   current        a symbolic link to the model in use, ID.json
 *   history.jsonl  a line of JSON for every decision, the oldest first; only ever added to
 *
 * Every change is written in the order model, line, link, each on disk before the next, under a
 * lock on the history. What stands in the link is in use, whatever the last line says: where the
 * two disagree (a process was killed between them, or somebody changed the link by hand), reading
 * says so, and the next change writes it down.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_REGISTRY_H
#define CHURN_REGISTRY_H

#include <churn/model.h>
#include <churn/project.h>
#include <churn/run.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum churn_registry_kind {
  CHURN_REGISTRY_ADDED,       /* the model came into the registry */
  CHURN_REGISTRY_PROMOTED,    /* it is in use from here on */
  CHURN_REGISTRY_ROLLED_BACK, /* the one in use before is in use again */
  CHURN_REGISTRY_KEPT,        /* it was compared with the one in use, which stays */
  CHURN_REGISTRY_FOUND        /* the link was found to differ from the line before */
} churn_registry_kind;

/* A challenger and the model in use on the same rows. NaN = there is no such figure. */
typedef struct churn_registry_figures {
  churn_day as_of; /* of the judged snapshot; MISSING in a flat export */
  uint64_t rows, churners;
  double champion_auc, challenger_auc;
  double difference, lower, upper; /* challenger minus champion, and its 95 % interval */
  double champion_log_loss, challenger_log_loss;
  double calibration_intercept, calibration_slope; /* of the challenger */
} churn_registry_figures;

typedef struct churn_registry_event {
  uint64_t line; /* of the history; 0: found just now, in no line yet */
  int64_t time;  /* seconds since 1970-01-01 UTC */
  churn_registry_kind kind;
  churn_day day;  /* the as-of day of what led to it; MISSING = none */
  char *model;    /* NULL: FOUND, and nothing is in use; KEPT, and no challenger was made */
  char *previous; /* in use before; NULL = none */
  char *by;       /* "retrain", "models promote" */
  char *why;
  char *project; /* file name of the project, without its folder; NULL = not known */
  char *warning; /* PROMOTED, ROLLED_BACK: the model predicts no better than one probability for
                    everyone, in words; NULL = nothing is known against it */
  bool judged;
  churn_registry_figures figures; /* where judged */
} churn_registry_event;

typedef struct churn_registry_model {
  char *id;
  int64_t added;  /* INT64_MIN: no line says when */
  uint64_t times; /* promoted */
  /* From churn_registry_describe on: */
  bool described; /* its file could be read */
  char *set;
  churn_day first_as_of, last_as_of; /* trained on; MISSING: a flat export */
  uint64_t rows, churners;
  size_t columns;
  double auc;       /* out of fold; NaN = none */
  double later_auc; /* on later snapshots, or customers held out; likewise */
  bool guesses;     /* churn_model_guesses */
} churn_registry_model;

typedef struct churn_registry {
  char *folder;
  char *current;                /* id of the model in use; NULL = none */
  churn_registry_model *models; /* in the order they were added, then those of no line by id */
  size_t model_count;
  churn_registry_event *events;
  size_t event_count;
  size_t unreadable; /* lines that hold no event; each is named by a warning */
} churn_registry;

/* What a change is recorded with. */
typedef struct churn_registry_change {
  churn_day day; /* MISSING = none */
  const char *by;
  const char *why;
  const char *expected; /* the change was decided with this id in use, "" = none; NULL = any. BUSY
                           when another one is by now */
  const churn_registry_figures *figures; /* NULL = none */
} churn_registry_change;

/* The path of the model in use, FOLDER/ID.json, as it is now: a promotion while it is read changes
 * nothing. NO_INPUT where none is in use, or its file is gone; INCONSISTENT where `current` is no
 * link to a model of the folder; PERMISSION, IO, NO_MEMORY. The caller frees it. */
CHURN_MUST_USE churn_status churn_registry_current(const churn_project *project, char **path,
                                                   churn_error *error);

/* The path of a model of the registry, there or not; NULL when memory ran out. The caller frees. */
char *churn_registry_path(const churn_project *project, const char *id);

/* Everything but the models' contents; an empty registry where there is no folder. A line that
 * holds no event gets a warning with its place and is left out; so does a link that differs from
 * the last line (an event of no line then says what is in use). PERMISSION, IO, NO_MEMORY. */
CHURN_MUST_USE churn_status churn_registry_read(const churn_project *project, const churn_run *run,
                                                churn_registry **registry, churn_error *error);
void churn_registry_free(churn_registry *registry);

/* Reads every model's file and fills what is said above. One that cannot be read gets a warning and
 * stays undescribed. NO_MEMORY. */
CHURN_MUST_USE churn_status churn_registry_describe(churn_registry *registry, const churn_run *run,
                                                    churn_error *error);

enum { CHURN_REGISTRY_SHORTEST = 4 };

/* The model whose id is `text` or, alone, begins with it; "current" is the one in use. USAGE when
 * several do, or it is shorter than the shortest; NO_INPUT when none does. */
CHURN_MUST_USE churn_status churn_registry_find(const churn_registry *registry, const char *text,
                                                const churn_registry_model **model,
                                                churn_error *error);

/* The path of the model that `text` means: a file where there is one of that name, or where it has
 * a dot or a slash in it; else a model of the registry as churn_registry_find; NULL = the one in
 * use. The caller frees. USAGE, NO_INPUT, and as churn_registry_read. */
CHURN_MUST_USE churn_status churn_registry_model_path(const churn_project *project,
                                                      const char *text, const churn_run *run,
                                                      char **path, churn_error *error);

/* A stretch of time in which a model was in use. */
typedef struct churn_registry_span {
  const char *model; /* NULL = none was; borrowed from the registry */
  int64_t from;      /* INT64_MIN: from before the first event */
  int64_t until;     /* INT64_MAX: still */
} churn_registry_span;

/* What was in use at any time of that day (UTC), in order; the caller frees. */
CHURN_MUST_USE churn_status churn_registry_on_day(const churn_registry *registry, churn_day day,
                                                  churn_registry_span **spans, size_t *count,
                                                  churn_error *error);

/* JSON; "-" = standard output. Models, described: current, models[{id, current, added, promoted
 * (how often), set, first_as_of, last_as_of, rows, churners, columns, auc, later_auc,
 * no_better_than_guessing}]. History:
 * events[{line, time, event, model, previous, day, by, why, project, warning, figures}], figures as
 * in churn/retrain.h or null. Spans: day, spans[{model, from, until}]. null: none, before the first
 * event, still. */
CHURN_MUST_USE churn_status churn_registry_write(const churn_registry *registry, const char *path,
                                                 churn_error *error);
CHURN_MUST_USE churn_status churn_registry_write_history(const churn_registry *registry,
                                                         const char *path, churn_error *error);
CHURN_MUST_USE churn_status churn_registry_write_spans(churn_day day,
                                                       const churn_registry_span *spans,
                                                       size_t count, const char *path,
                                                       churn_error *error);

enum { CHURN_REGISTRY_TIME_SIZE = 21 };

/* `YYYY-MM-DDTHH:MM:SSZ`, or an empty text for INT64_MIN and INT64_MAX. */
void churn_registry_time_format(int64_t time, char text[CHURN_REGISTRY_TIME_SIZE]);

/* "added", "promoted", "rolled_back", "kept", "found". */
const char *churn_registry_kind_name(churn_registry_kind kind);

/* The changes. All make the folder where it is missing, write down what `current` was found to be
 * where no line says it, and record themselves; each is done wholly or, after an error, not at all
 * (but where only the folder cannot be flushed: then it is done, and the answer is IO).
 * A change that is cut short by the end of the process can be made again. CANNOT_CREATE,
 * PERMISSION, IO, NO_MEMORY; BUSY by `expected`. */

/* Puts the model into the registry (sets model->id); one that is there stays as it is, and nothing
 * is recorded. */
CHURN_MUST_USE churn_status churn_registry_add(const churn_project *project, churn_model *model,
                                               const churn_registry_change *change,
                                               churn_error *error);

/* Takes the model into use, also one that predicts no better than one probability for everyone: its
 * line then says so (`warning`). *changed = it was not before. The model is read and checked first:
 * NO_INPUT, MALFORMED as churn_model_read. */
CHURN_MUST_USE churn_status churn_registry_promote(const churn_project *project, const char *id,
                                                   const churn_registry_change *change,
                                                   bool *changed, churn_error *error);

/* Takes the model into use that was before the current one; again, the one before that. `id` gets
 * it. INCONSISTENT when there is none. */
CHURN_MUST_USE churn_status churn_registry_rollback(const churn_project *project,
                                                    const churn_registry_change *change,
                                                    char id[33], churn_error *error);

/* Records that the model (NULL: there is none) was judged and the one in use stays. */
CHURN_MUST_USE churn_status churn_registry_keep(const churn_project *project, const char *id,
                                                const churn_registry_change *change,
                                                churn_error *error);

#ifdef __cplusplus
}
#endif

#endif
