/* What every fuzzer gives: one function that takes any bytes and must survive. libFuzzer calls it
 * in a build with CHURN_FUZZ; replay.c calls it with the files of the corpus in all others.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_TEST_FUZZ_H
#define CHURN_TEST_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A finding: the fuzzer keeps the input. */
static inline void demand(bool what)
{
  if (!what)
    abort();
}

#endif
