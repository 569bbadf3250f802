/* How a call runs: threads, progress, where remarks go. Never changes a result.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_RUN_H
#define CHURN_RUN_H

#include <churn/notes.h>
#include <signal.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Called from the thread that called the library, now and then. `total` 0 = not known. */
typedef struct churn_progress {
  void (*report)(void *context, const char *stage, uint64_t done, uint64_t total);
  void *context;
} churn_progress;

/* How a caller ends a call early and keeps what is finished, for calls that say they can give a
 * part of their result. A signal handler may set and read both. */
typedef struct churn_stop_request {
  volatile sig_atomic_t asked; /* set by the caller: finish soon */
  volatile sig_atomic_t worth; /* set by the call once there is something to keep */
} churn_stop_request;

/* Wherever a `const churn_run *` is taken, NULL means all of these zero. */
typedef struct churn_run {
  int threads;                    /* 0 = as many as the machine has */
  const churn_progress *progress; /* NULL = silent */
  churn_notes *notes;             /* NULL = remarks are dropped */
  churn_stop_request *stop;       /* NULL = runs to its end */
  uint64_t memory_bytes; /* 0 = no bound. Else histories that would take the process past it lie in
                            temporary files (in TMPDIR, else /var/tmp, else /tmp; gone whatever ends
                            the process). What is held whole all the same: the customers and their
                            ids, labels, snapshots, the matrix of a training */
} churn_run;

#ifdef __cplusplus
}
#endif

#endif
