/* How a call runs: threads, progress, where remarks go. Never changes a result.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_RUN_H
#define CHURN_RUN_H

#include <churn/notes.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Called from the thread that called the library, now and then. `total` 0 = not known. */
typedef struct churn_progress {
  void (*report)(void *context, const char *stage, uint64_t done, uint64_t total);
  void *context;
} churn_progress;

/* Wherever a `const churn_run *` is taken, NULL means all of these zero. */
typedef struct churn_run {
  int threads;                    /* 0 = as many as the machine has */
  const churn_progress *progress; /* NULL = silent */
  churn_notes *notes;             /* NULL = remarks are dropped */
  uint64_t memory_bytes; /* 0 = no bound. Else histories that would take the process past it lie in
                            temporary files (in TMPDIR, else /var/tmp, else /tmp; gone whatever ends
                            the process). What is held whole all the same: the customers and their
                            ids, labels, snapshots, the matrix of a training */
} churn_run;

#ifdef __cplusplus
}
#endif

#endif
