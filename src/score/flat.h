/* Scoring a flat export while it is read: of each row only what the ranked list says of it is kept,
 * and with `top` only rows that may still be listed. Place in the flow: source and history give
 * rows, a tile of them is scored where it was read (flat_rows.c), then what was kept is checked and
 * put in order (flat_order.c), and looked at or written (flat_list.c). Cost: one pass over the
 * file, two where ids come in no order that is seen late; memory: 60 bytes a kept row with its id
 * (36 without reasons), and 16 a row while ids that are in no order are compared.
 *
 * The order is that of churn_score, whatever the threads and the order of the rows; so are the
 * sums, which are exact.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_SCORE_FLAT_H
#define CHURN_SCORE_FLAT_H

#include "base/buffer.h"
#include "design/pipeline.h"

#include <churn/score.h>

typedef struct churn_flat_list churn_flat_list;

/* Scores and ranks the customers of a pipeline that was opened with the model and without data.
 * *list NULL: the export is none that can be scored so (no id, texts among the features, a row out
 * of the ordinary, an id that is there twice, …), nothing was told, and the caller goes the way of
 * all data. The list borrows pipeline and model. The report's as-of day is MISSING. */
CHURN_MUST_USE churn_status churn_flat_score(churn_pipeline *pipeline, const churn_model *model,
                                             const churn_score_settings *settings,
                                             const churn_run *run, churn_flat_list **list,
                                             churn_score_report *report, churn_error *error);
void churn_flat_list_free(churn_flat_list *list);

size_t churn_flat_list_count(const churn_flat_list *list);

/* As churn_ranking_get. */
void churn_flat_list_get(const churn_flat_list *list, size_t index, churn_ranked *ranked);

/* Appends lines first..last of the ranked list as CSV. */
void churn_flat_list_write(const churn_flat_list *list, size_t first, size_t last,
                           churn_buffer *buffer);

#endif
