/* How much memory a run may take, and what of the histories lies in temporary files because of it.
 * Place in the flow: a read asks for room; what finds none goes to files, and is read in place from
 * there. Whoever walks over histories tells now and then, so that what was walked over is let go.
 *
 * What the process takes is asked of the system (/proc/self/statm), so all counts: customers,
 * snapshots, a matrix. Where it does not tell, everything goes to files.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_HISTORY_SPILL_H
#define CHURN_HISTORY_SPILL_H

#include "base/temporary.h"

#include <churn/run.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct churn_spill churn_spill;

/* *spill = NULL where the run sets no bound; everything below takes that. NO_MEMORY. */
CHURN_MUST_USE churn_status churn_spill_new(const churn_run *run, churn_spill **spill,
                                            churn_error *error);
/* Closes the files that it was given. */
void churn_spill_free(churn_spill *spill);

/* Bytes that may still be taken before the bound is near; UINT64_MAX without one. A quarter of the
 * bound is kept back for what is read from files. */
uint64_t churn_spill_room(const churn_spill *spill);

/* Half of the bound is free. */
bool churn_spill_half_free(const churn_spill *spill);

/* Threads that may work at once when each takes `bytes`: at least one, at most the run's. */
int churn_spill_threads(const churn_spill *spill, const churn_run *run, uint64_t bytes);

/* Takes a mapped file over. When memory runs out it is closed. */
CHURN_MUST_USE churn_status churn_spill_keep(churn_spill *spill, churn_temporary *file,
                                             churn_error *error);

/* From any thread: rows of `customers` more were looked at. */
void churn_spill_walked(churn_spill *spill, size_t customers);

/* Memory that was freed goes back to the system, as far as it can. */
void churn_spill_trim(const churn_spill *spill);

#endif
