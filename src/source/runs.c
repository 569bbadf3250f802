/* Codes as runs of equal ones.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "source/runs.h"

#include "base/dictionary.h"

size_t churn_runs_count(const uint32_t *codes, size_t rows)
{
  size_t count = rows > 0;
  for (size_t i = 1; i < rows; i++)
    count += codes[i] != codes[i - 1];
  return count;
}

void churn_runs_make(const uint32_t *codes, size_t rows, churn_code_run *runs)
{
  size_t run = 0;
  for (size_t i = 0; i < rows; i++) {
    run += i > 0 && codes[i] != codes[i - 1];
    if (i == 0 || codes[i] != codes[i - 1])
      runs[run] = (churn_code_run){codes[i], 0};
    runs[run].rows++;
  }
}

bool churn_runs_sound(const churn_code_run *runs, size_t count, uint64_t rows, size_t levels)
{
  uint64_t all = 0;
  bool sound = true;
  for (size_t i = 0; i < count; i++) {
    sound &= runs[i].rows > 0 && (runs[i].code < levels || runs[i].code == CHURN_CODE_MISSING);
    all += runs[i].rows;
  }
  return sound && all == rows;
}

void churn_runs_expand(const churn_code_run *runs, size_t count, const uint32_t *remap,
                       uint32_t *codes)
{
  for (size_t i = 0; i < count; i++) {
    uint32_t code = runs[i].code;
    if (remap != NULL && code != CHURN_CODE_MISSING)
      code = remap[code];
    for (uint32_t row = 0; row < runs[i].rows; row++)
      *codes++ = code;
  }
}
