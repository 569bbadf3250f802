/* Random numbers of the programs that make the bench's data.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "draw.h"

#include <math.h>

double churn_bench_draw(uint64_t *state)
{
  *state += 0x9e3779b97f4a7c15U;
  uint64_t z = *state;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
  z ^= z >> 31;
  return ((double)(z >> 11) + 0.5) * 0x1p-53;
}

double churn_bench_draw_normal(uint64_t *state)
{
  double radius = sqrt(-2 * log(churn_bench_draw(state)));
  return radius * cos(2 * 3.14159265358979323846 * churn_bench_draw(state));
}
