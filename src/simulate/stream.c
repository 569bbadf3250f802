/* Random streams.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "simulate/stream.h"

#include <math.h>
#include <xxhash.h>

gsl_rng *churn_stream_new(void)
{
  return gsl_rng_alloc(gsl_rng_taus2);
}

/* MurmurHash3's finaliser: a permutation of the 32-bit words (A. Appleby, public domain). */
static uint32_t scramble(uint32_t word)
{
  word ^= word >> 16;
  word *= UINT32_C(0x85ebca6b);
  word ^= word >> 13;
  word *= UINT32_C(0xc2b2ae35);
  word ^= word >> 16;
  return word;
}

void churn_stream_seed(gsl_rng *random, uint64_t seed, churn_stream_purpose purpose,
                       uint32_t number)
{
  unsigned char byte = (unsigned char)purpose;
  uint64_t key = XXH3_64bits_withSeed(&byte, 1, seed);
  uint32_t word = scramble(scramble(number ^ (uint32_t)key) + (uint32_t)(key >> 32));
  gsl_rng_set(random, word);
}

double churn_stream_exponential(gsl_rng *random)
{
  return -log(gsl_rng_uniform_pos(random));
}

churn_day churn_stream_next(gsl_rng *random, churn_day day, double rate)
{
  if (!(rate > 0))
    return CHURN_DAY_LAST;
  double wait = ceil(churn_stream_exponential(random) / rate);
  if (!(wait < (double)(CHURN_DAY_LAST - day)))
    return CHURN_DAY_LAST;
  return day + (wait < 1 ? 1 : (churn_day)wait);
}
