/* What a grouping keeps of a piece, in a temporary file: part by part, and within a part column by
 * column, so that a part is one stretch. Wide values come first, so that each column is aligned
 * when the stretch is.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_HISTORY_SPILLED_PIECE_H
#define CHURN_HISTORY_SPILLED_PIECE_H

#include "base/temporary.h"
#include "source/narrow.h"

/* Bytes a row. */
size_t churn_spilled_row_bytes(const churn_narrow *columns, size_t count);

/* Where column `column` begins in a stretch of `rows` rows. */
size_t churn_spilled_offset(const churn_narrow *columns, size_t count, size_t column, size_t rows);

/* Appends the columns' values to the file; rows starts[q]..starts[q + 1] are part q's. The values
 * are freed, the rest of the columns stays. `at` gets where the first stretch begins; that of part
 * q begins starts[q] rows behind. IO, NO_MEMORY. */
CHURN_MUST_USE churn_status churn_spilled_write(churn_temporary *file, const uint32_t *starts,
                                                size_t parts, churn_narrow *columns, size_t count,
                                                uint64_t *at, churn_error *error);

#endif
