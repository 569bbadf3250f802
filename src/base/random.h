/* Random streams: xoshiro256** (Blackman and Vigna 2021, "Scrambled linear pseudorandom number
 * generators", ACM TOMS 47), seeded by splitmix64 from (seed, number), so that every piece of work
 * draws from a stream of its own and the order of the work never matters.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_BASE_RANDOM_H
#define CHURN_BASE_RANDOM_H

#include <stdint.h>

typedef struct churn_random {
  uint64_t state[4];
} churn_random;

/* Stream `number` of `seed`. */
churn_random churn_random_stream(uint64_t seed, uint64_t number);

/* 64 random bits. */
uint64_t churn_random_next(churn_random *random);

/* Every number of [0, bound) alike, exactly (Lemire 2019, "Fast random integer generation in an
 * interval", section 4). bound >= 1. */
uint32_t churn_random_below(churn_random *random, uint32_t bound);

/* A number of [0, 1), a multiple of 2^-53. */
double churn_random_uniform(churn_random *random);

/* A draw of the standard normal distribution (Box and Muller 1958, "A note on the generation of
 * random normal deviates"); two uniform numbers each. */
double churn_random_gaussian(churn_random *random);

/* order[i] = i, shuffled (Fisher and Yates). */
void churn_random_shuffle(churn_random *random, uint32_t *order, uint32_t count);

#endif
