/* The rows of a block of customers as text, before they are written in order: one sheet a file.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_SIMULATE_SHEET_H
#define CHURN_SIMULATE_SHEET_H

#include "simulate/world.h"

/* Growing text. A failed allocation is kept in `failed`, so that callers append on unchecked. */
typedef struct churn_sheet {
  char *text;
  size_t length, capacity;
  uint64_t rows;
  bool failed;
} churn_sheet;

void churn_sheet_clear(churn_sheet *sheet); /* empty, memory kept */
void churn_sheet_free(churn_sheet *sheet);

void churn_sheet_bytes(churn_sheet *sheet, const char *bytes, size_t length);
void churn_sheet_text(churn_sheet *sheet, const char *text);
void churn_sheet_whole(churn_sheet *sheet, uint64_t value);
void churn_sheet_money(churn_sheet *sheet, uint32_t cents); /* 12.05 */

/* The day as YYYY-MM-DD; nothing for CHURN_DAY_MISSING and for days after the world's last. */
void churn_sheet_day(churn_sheet *sheet, const churn_world *world, churn_day day);

static inline void churn_sheet_comma(churn_sheet *sheet)
{
  churn_sheet_bytes(sheet, ",", 1);
}

static inline void churn_sheet_end_row(churn_sheet *sheet)
{
  churn_sheet_bytes(sheet, "\n", 1);
  sheet->rows++;
}

#endif
