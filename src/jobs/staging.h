/* Publishing a folder of files in one step. Place in the flow: RUNS -> a folder of nobody else's ->
 * its final name, and a link to it.
 *
 * Files are written into RUNS/.tmp-PID-N and flushed; then the folder gets its name by rename, or,
 * where that name is taken, changes places with what stands there (renameat2 with
 * RENAME_EXCHANGE), so that under the name there is always a whole folder, the old or the new one.
 * Where the file system cannot exchange, the old one is moved aside first, to .old-NAME, and a kill
 * between the two steps leaves no folder of that name until somebody mends the root, which puts it
 * back. Whatever is left under a name of the form .tmp-NUMBER-NUMBER when the folder is locked
 * belongs to a run that is dead, and is taken away; so is .old-NAME where NAME is there.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_JOBS_STAGING_H
#define CHURN_JOBS_STAGING_H

#include "base/lock.h"

#include <stdbool.h>

typedef struct churn_staging {
  char *root;
  char *path; /* where to write; NULL once it is published */
  churn_lock *lock;
  bool root_made; /* by us */
} churn_staging;

/* Fails early, before an hour of work is done for it, where open could not make a folder in root.
 */
CHURN_MUST_USE churn_status churn_staging_check(const char *root, churn_error *error);

/* Puts back, or takes away, what dead runs left in root, so that what is read there before it is
 * opened is whole; nothing where root is missing, or somebody else has locked it. NO_MEMORY, IO,
 * PERMISSION. */
CHURN_MUST_USE churn_status churn_staging_mend(const char *root, churn_error *error);

/* Makes root where it is missing (the folder it stands in must be there), locks it, and mends
 * it. BUSY, CANNOT_CREATE, PERMISSION, IO, NO_MEMORY. The caller closes, also
 * after a failure. */
CHURN_MUST_USE churn_status churn_staging_open(const char *root, churn_staging *staging,
                                               churn_error *error);

/* Gives what was written its name. *unchanged: the same files were there already, and stay as they
 * are. On failure, also when root cannot be flushed, what stood under the name is as it was.
 * CANNOT_CREATE, PERMISSION, IO, NO_MEMORY. */
CHURN_MUST_USE churn_status churn_staging_publish(churn_staging *staging, const char *name,
                                                  bool *unchanged, churn_error *error);

/* Makes root/link a symbolic link to `name`, in one step where it was another. */
CHURN_MUST_USE churn_status churn_staging_point(churn_staging *staging, const char *link,
                                                const char *name, churn_error *error);

/* Takes root/name away: it vanishes from under its name in one step. Not being there is fine. */
CHURN_MUST_USE churn_status churn_staging_remove(churn_staging *staging, const char *name,
                                                 churn_error *error);

/* Takes away what was not published, and root if it was made for that. NULL members are fine. */
void churn_staging_close(churn_staging *staging);

#endif
