/* One run at a time: an advisory lock on a file that is there anyway. Place in the flow: base;
 * taken by the verbs that change what a project has published.
 *
 * The lock is flock(2) on the file's own descriptor, opened for reading: no lock file is left
 * behind, a read-only folder does, and the system gives it up whatever ends the process, SIGKILL
 * included. Who holds it cannot be known.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_BASE_LOCK_H
#define CHURN_BASE_LOCK_H

#include <churn/status.h>

typedef struct churn_lock churn_lock;

/* Locks the file at `path` (a symbolic link: the file it stands for), without waiting. An editor
 * that puts a new file in its place while it is held takes the lock off that name. BUSY when
 * somebody else has it, USAGE for "-" (standard input), NO_INPUT, PERMISSION, IO where the file
 * system knows no locks. */
CHURN_MUST_USE churn_status churn_lock_take(const char *path, churn_lock **lock,
                                            churn_error *error);

/* NULL allowed. */
void churn_lock_release(churn_lock *lock);

#endif
