/* The model card: what a model is for, what it was made from, how good it is, where it must not be
 * trusted; in Markdown, for people.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_CARD_H
#define CHURN_CARD_H

#include <churn/model.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Writes the card (CommonMark with GitHub's tables), all or nothing; "-" = standard output. All of
 * it comes from the model, so the same model has the same card. CANNOT_CREATE, PERMISSION, IO,
 * NO_MEMORY. */
CHURN_MUST_USE churn_status churn_card_write(const churn_model *model, const char *path,
                                             churn_error *error);

#ifdef __cplusplus
}
#endif

#endif
