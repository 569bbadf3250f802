/* Opens the file of the bench's matrix.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "matrix_file.h"

FILE *churn_bench_matrix_open(const char *path, uint64_t *rows, uint64_t *columns)
{
  FILE *file = fopen(path, "rb");
  if (file == NULL) {
    perror(path);
    return NULL;
  }
  uint64_t header[2];
  if (fread(header, sizeof *header, 2, file) != 2 || header[0] == 0 || header[1] == 0 ||
      header[0] > SIZE_MAX / sizeof(double) / (header[1] + 1)) {
    fprintf(stderr, "%s: not a matrix of make_matrix\n", path);
    fclose(file);
    return NULL;
  }
  *rows = header[0];
  *columns = header[1];
  return file;
}
