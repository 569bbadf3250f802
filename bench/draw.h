/* Random numbers of the programs that make the bench's data: the same on every machine.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BENCH_DRAW_H
#define BENCH_DRAW_H

#include <stdint.h>

/* Uniform in the open interval (0, 1). *state may start at anything.
 * splitmix64: Steele, Lea and Flood, OOPSLA 2014. */
double churn_bench_draw(uint64_t *state);

/* Normal with mean 0 and deviation 1.
 * Box and Muller, Annals of Mathematical Statistics 29, 1958. */
double churn_bench_draw_normal(uint64_t *state);

#endif
