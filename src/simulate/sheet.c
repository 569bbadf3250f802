/* Rows as text.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "simulate/sheet.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

void churn_sheet_clear(churn_sheet *sheet)
{
  sheet->length = 0;
  sheet->rows = 0;
}

void churn_sheet_free(churn_sheet *sheet)
{
  free(sheet->text);
  memset(sheet, 0, sizeof *sheet);
}

void churn_sheet_bytes(churn_sheet *sheet, const char *bytes, size_t length)
{
  if (length > sheet->capacity - sheet->length &&
      !churn_array_reserve(&sheet->text, &sheet->capacity, sheet->length + length, 1)) {
    sheet->failed = true;
    return;
  }
  memcpy(sheet->text + sheet->length, bytes, length);
  sheet->length += length;
}

void churn_sheet_text(churn_sheet *sheet, const char *text)
{
  churn_sheet_bytes(sheet, text, strlen(text));
}

void churn_sheet_whole(churn_sheet *sheet, uint64_t value)
{
  char digits[20];
  size_t at = sizeof digits;
  do {
    digits[--at] = (char)('0' + value % 10);
    value /= 10;
  } while (value > 0);
  churn_sheet_bytes(sheet, digits + at, sizeof digits - at);
}

void churn_sheet_money(churn_sheet *sheet, uint32_t cents)
{
  char fraction[3] = {'.', (char)('0' + cents / 10 % 10), (char)('0' + cents % 10)};
  churn_sheet_whole(sheet, cents / 100);
  churn_sheet_bytes(sheet, fraction, sizeof fraction);
}

void churn_sheet_day(churn_sheet *sheet, const churn_world *world, churn_day day)
{
  if (day != CHURN_DAY_MISSING && day <= world->last_day)
    churn_sheet_bytes(sheet, world->day_texts[day - world->text_first], sizeof world->day_texts[0]);
}
