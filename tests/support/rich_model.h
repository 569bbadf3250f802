/* A model that uses every part of the model file, for the tests of what reads and writes one.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_TEST_RICH_MODEL_H
#define CHURN_TEST_RICH_MODEL_H

#include <churn/model.h>

/* Two numbers, one dropped number that shares a missing flag, a category with a pool and odd texts,
 * a category whose reference is the missing level. Free with churn_model_free. */
churn_model *rich_model_new(void);

#endif
