/* The words compiled for any machine.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "source/words.h"

#define CHURN_WORDS_NAME churn_words_parse_baseline
#include "source/words_body.h"
