/* Texts and numbers in Markdown.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/card_text.h"

#include <math.h>
#include <string.h>

static size_t longest_ticks(const char *text)
{
  size_t longest = 0, now = 0;
  for (; *text != '\0'; text++) {
    now = *text == '`' ? now + 1 : 0;
    longest = now > longest ? now : longest;
  }
  return longest;
}

/* A table's cell ends at a bar even inside code. */
void churn_card_code(churn_output *output, const char *text)
{
  size_t length = strlen(text), ticks = longest_ticks(text) + 1;
  bool pad = length == 0 || text[0] == '`' || text[length - 1] == '`';
  for (size_t i = 0; i < ticks; i++)
    churn_output_text(output, "`");
  churn_output_text(output, pad ? " " : "");
  for (; *text != '\0'; text++) {
    if (*text == '|')
      churn_output_text(output, "\\");
    churn_output_write(output, (unsigned char)*text < ' ' ? " " : text, 1);
  }
  churn_output_text(output, pad ? " " : "");
  for (size_t i = 0; i < ticks; i++)
    churn_output_text(output, "`");
}

void churn_card_words(churn_output *output, const char *text)
{
  for (; *text != '\0'; text++) {
    if (strchr("\\`*_{}[]<>|#", *text) != NULL)
      churn_output_text(output, "\\");
    churn_output_write(output, (unsigned char)*text < ' ' ? " " : text, 1);
  }
}

void churn_card_cell(churn_output *output, double value, int digits)
{
  if (isnan(value))
    churn_output_text(output, " – |");
  else
    churn_output_printf(output, " %.*f |", digits, value);
}

void churn_card_interval(churn_output *output, double value, double low, double high, int digits)
{
  if (isnan(value))
    churn_output_text(output, "none");
  else if (isnan(low) || isnan(high))
    churn_output_printf(output, "%.*f", digits, value);
  else
    churn_output_printf(output, "%.*f (%.*f to %.*f)", digits, value, digits, low, digits, high);
}
