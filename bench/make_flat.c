/* make_flat ROWS COLUMNS: a flat export on standard output, the same bytes every time:
 * id,x1,…,xCOLUMNS,churned. x are independent normals in two decimals; churned is 1 with
 * probability 1 / (1 + exp(-eta)), eta = -2.95 + x b with b_j = 0.8 cos(j) / sqrt(columns / 5),
 * as make_matrix draws it.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "draw.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static void write_row(uint64_t row, size_t columns, uint64_t *state)
{
  double eta = -2.95;
  printf("%" PRIu64, row);
  for (size_t c = 0; c < columns; c++) {
    double x = round(100 * churn_bench_draw_normal(state)) / 100;
    eta += 0.8 * cos((double)(c + 1)) / sqrt((double)columns / 5) * x;
    printf(",%.2f", x);
  }
  puts(churn_bench_draw(state) < 1 / (1 + exp(-eta)) ? ",1" : ",0");
}

int main(int count, char **words)
{
  uint64_t rows = count == 3 ? strtoull(words[1], NULL, 10) : 0;
  size_t columns = count == 3 ? strtoull(words[2], NULL, 10) : 0;
  uint64_t state = 20261122;
  if (rows == 0 || columns == 0) {
    fputs("usage: make_flat ROWS COLUMNS\n", stderr);
    return 2;
  }
  printf("id");
  for (size_t c = 0; c < columns; c++)
    printf(",x%zu", c + 1);
  puts(",churned");
  for (uint64_t row = 1; row <= rows; row++)
    write_row(row, columns, &state);
  if (fflush(stdout) != 0 || ferror(stdout)) {
    perror("make_flat");
    return 1;
  }
  return 0;
}
