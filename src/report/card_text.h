/* Pieces of a model card. Inside the card's own files only.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_REPORT_CARD_TEXT_H
#define CHURN_REPORT_CARD_TEXT_H

#include "base/output.h"

#include <churn/card.h>

/* `text` as code, fit for a cell of a table: between backticks, more of them than it holds. */
void churn_card_code(churn_output *output, const char *text);

/* `text` as words: what Markdown would take for marks is escaped, line ends are blanks. */
void churn_card_words(churn_output *output, const char *text);

/* A cell: " VALUE |" with so many digits; "–" for a figure that does not exist. */
void churn_card_cell(churn_output *output, double value, int digits);

/* "VALUE (LOW to HIGH)", or the value alone, or "none". */
void churn_card_interval(churn_output *output, double value, double low, double high, int digits);

/* card_figures.c: the sections "Figures", "Calibration" and "Limits". */
void churn_card_figures(churn_output *output, const churn_model *model);
void churn_card_calibration(churn_output *output, const churn_model *model);
void churn_card_limits(churn_output *output, const churn_model *model);

#endif
