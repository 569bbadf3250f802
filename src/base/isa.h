/* Instruction sets for which some sources are compiled more than once: which of them this machine
 * runs, and which one the environment asks for.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_BASE_ISA_H
#define CHURN_BASE_ISA_H

#include <stdbool.h>

/* Widest first. */
typedef enum churn_isa { CHURN_ISA_AVX512, CHURN_ISA_AVX2, CHURN_ISA_BASELINE } churn_isa;

enum { CHURN_ISA_COUNT = CHURN_ISA_BASELINE + 1 };

/* As the environment variable CHURN_ISA names it: avx512, avx2, baseline. */
const char *churn_isa_name(churn_isa isa);

/* The set of that name where this machine runs it; false otherwise. */
bool churn_isa_find(const char *name, churn_isa *isa);

/* True when this machine runs code compiled for `isa` (avx512: F, DQ, VL and BW; avx2 and avx512:
 * FMA, BMI and POPCNT too). */
bool churn_isa_runs(churn_isa isa);

/* The widest set that this machine runs, or the one CHURN_ISA names where it runs. `*ignored`
 * (NULL allowed) is CHURN_ISA's text when it names none that runs, else NULL. */
churn_isa churn_isa_choose(const char **ignored);

#endif
