/* The words compiled for x86-64 with avx512; empty elsewhere. Options: index.cmake.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "source/words.h"

#if defined(__x86_64__)
#define CHURN_WORDS_NAME churn_words_parse_avx512
#include "source/words_body.h"
#endif
