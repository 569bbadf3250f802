/* Random streams.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/random.h"

#include <math.h>

/* splitmix64 (Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators"). */
static uint64_t split(uint64_t *state)
{
  uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
  z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
  return z ^ (z >> 31);
}

/* The number is scrambled before it meets the seed: else (seed, number) and (seed + 1, number - 1)
 * would lie on one sequence. */
churn_random churn_random_stream(uint64_t seed, uint64_t number)
{
  churn_random random;
  uint64_t from = number, state = seed ^ split(&from);
  for (int i = 0; i < 4; i++)
    random.state[i] = split(&state);
  return random;
}

static uint64_t rotate(uint64_t word, int by)
{
  return (word << by) | (word >> (64 - by));
}

uint64_t churn_random_next(churn_random *random)
{
  uint64_t *s = random->state;
  uint64_t result = rotate(s[1] * 5, 7) * 9, t = s[1] << 17;
  s[2] ^= s[0];
  s[3] ^= s[1];
  s[1] ^= s[2];
  s[0] ^= s[3];
  s[2] ^= t;
  s[3] = rotate(s[3], 45);
  return result;
}

uint32_t churn_random_below(churn_random *random, uint32_t bound)
{
  uint32_t least = -bound % bound;
  uint64_t product;
  do
    product = (churn_random_next(random) >> 32) * bound;
  while ((uint32_t)product < least);
  return (uint32_t)(product >> 32);
}

double churn_random_uniform(churn_random *random)
{
  return (double)(churn_random_next(random) >> 11) * 0x1p-53;
}

double churn_random_gaussian(churn_random *random)
{
  double radius = sqrt(-2 * log1p(-churn_random_uniform(random)));
  return radius * cos(2 * M_PI * churn_random_uniform(random));
}

void churn_random_shuffle(churn_random *random, uint32_t *order, uint32_t count)
{
  for (uint32_t i = 0; i < count; i++) {
    uint32_t at = churn_random_below(random, i + 1);
    order[i] = order[at];
    order[at] = i;
  }
}
