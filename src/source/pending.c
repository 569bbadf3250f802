/* Texts on their way into a dictionary.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "source/pending.h"

#include "base/memory.h"

#include <string.h>

bool churn_pending_set(churn_pending *pending, size_t row, const char *text, size_t length)
{
  size_t start = pending->starts[row];
  if (!churn_array_reserve(&pending->bytes, &pending->capacity, start + length, 1))
    return false;
  memcpy(pending->bytes + start, text, length);
  pending->starts[row + 1] = start + length;
  pending->missing[row] = false;
  return true;
}

void churn_pending_set_missing(churn_pending *pending, size_t row)
{
  pending->starts[row + 1] = pending->starts[row];
  pending->missing[row] = true;
}

churn_status churn_pending_flush(churn_pending *pending, size_t rows, churn_dictionary *levels,
                                 const churn_dictionary *known, uint32_t *codes)
{
  churn_status status = CHURN_OK;
  for (size_t i = 0; i < rows && status == CHURN_OK; i++) {
    codes[i] = CHURN_CODE_MISSING;
    if (pending->missing[i])
      continue;
    const char *text = pending->bytes + pending->starts[i];
    size_t length = pending->starts[i + 1] - pending->starts[i];
    if (known != NULL)
      codes[i] = churn_dictionary_find(known, text, length);
    else
      status = churn_dictionary_add(levels, text, length, &codes[i]);
  }
  return status;
}
