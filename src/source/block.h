/* A run of whole records, split fast where that is possible.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_SOURCE_BLOCK_H
#define CHURN_SOURCE_BLOCK_H

#include "base/hash.h"
#include "source/index.h"
#include "source/rows.h"
#include "source/scan.h"

/* What splitting needs beside the text; one a thread. `fields` is the heading's number. `block` is
 * how many bytes are looked at together; tests set it lower. */
typedef struct churn_splitter {
  size_t fields;
  size_t block;
  churn_index_fill *fill;
  uint32_t *starts;
} churn_splitter;

CHURN_MUST_USE churn_status churn_splitter_start(size_t fields, churn_splitter *splitter,
                                                 churn_error *error);

/* Takes a zeroed one too. */
void churn_splitter_end(churn_splitter *splitter);

/* What a run held: the sum of its lines and its line ends. Undefined for a run that stopped or has
 * a fault. */
typedef struct churn_run_found {
  churn_line_sum sum;
  uint64_t line_ends;
} churn_run_found;

/* Checks and splits text[from..to), a run of whole records, into sink->rows, and sink->field and
 * sink->record where rows will not do. *fault is the first by place. `found` NULL = nobody asks.
 * NO_MEMORY. */
CHURN_MUST_USE churn_status churn_scan_run(const churn_document *document, size_t from, size_t to,
                                           char delimiter, const churn_split_sink *sink,
                                           const churn_splitter *splitter, churn_run_found *found,
                                           churn_byte_fault *fault, churn_error *error);

#endif
