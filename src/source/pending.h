/* Texts on their way into a dictionary. A probe waits for memory several times; probes in a row
 * overlap their waits, probes between two fields do not (measured with 200,000 ids: 36 against 250
 * nanoseconds each). So the texts of some rows are held and added together. Texts of rows left out
 * never reach the dictionary.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_SOURCE_PENDING_H
#define CHURN_SOURCE_PENDING_H

#include "base/dictionary.h"

enum { CHURN_PENDING_ROWS = 256 };

/* Texts of up to CHURN_PENDING_ROWS rows: row i's is bytes[starts[i]..starts[i + 1]). Zeroed =
 * none.
 */
typedef struct churn_pending {
  char *bytes;
  size_t capacity;
  size_t starts[CHURN_PENDING_ROWS + 1];
  bool missing[CHURN_PENDING_ROWS];
} churn_pending;

/* Sets the text of `row`; rows are set in order, and setting one again replaces it. False when
 * memory ran out. */
bool churn_pending_set(churn_pending *pending, size_t row, const char *text, size_t length);
void churn_pending_set_missing(churn_pending *pending, size_t row);

/* Codes of the texts of rows 0..rows-1: those of `known`, or, where that is NULL, of `levels`, to
 * which new texts are added. Errors of churn_dictionary_add. */
CHURN_MUST_USE churn_status churn_pending_flush(churn_pending *pending, size_t rows,
                                                churn_dictionary *levels,
                                                const churn_dictionary *known, uint32_t *codes);

#endif
