/* Where the ledger of comparisons is.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_JOBS_LEDGER_FILE_H
#define CHURN_JOBS_LEDGER_FILE_H

#include "base/journal.h"

#include <churn/compare.h>

/* In the project's registry. */
#define CHURN_LEDGER_NAME "comparisons.jsonl"

#endif
