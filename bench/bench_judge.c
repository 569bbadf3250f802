/* bench_judge all|folds MATRIX OURS PEER: are two sets of models equally good? It uses nothing of
 * what it judges.
 *
 * OURS and PEER hold a line a model: lambda, intercept, coefficients on the columns as they came.
 * Judged is the mean log-loss plus lambda sum_j |b_j| s_j, s_j the column's standard deviation
 * (denominator n): at lambda 0 the log-loss itself. With `all`, each model on all rows; with
 * `folds`, model f on the rows that it was fitted on: those whose number modulo the count of models
 * is not f. Prints
 * `difference D objective OURS PEER` of the model where they differ most. Cost: rows x columns x
 * models.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "matrix_file.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

typedef struct data {
  uint64_t rows;
  uint64_t columns;
  double *x; /* [columns][rows] */
  double *y;
  double *deviations;
  double *eta; /* [rows], scratch */
} data;

typedef struct models {
  size_t count;
  double *values; /* [count][columns + 2] */
} models;

static double deviation(const double *x, uint64_t rows)
{
  double mean = 0;
  double square = 0;
  for (uint64_t row = 0; row < rows; row++)
    mean += x[row] / (double)rows;
  for (uint64_t row = 0; row < rows; row++)
    square += (x[row] - mean) * (x[row] - mean) / (double)rows;
  return sqrt(square);
}

static bool read_data(const char *path, data *d)
{
  FILE *file = churn_bench_matrix_open(path, &d->rows, &d->columns);
  if (file == NULL)
    return false;
  size_t cells = d->rows * d->columns;
  d->x = calloc(cells, sizeof *d->x);
  d->y = calloc(d->rows, sizeof *d->y);
  d->eta = calloc(d->rows, sizeof *d->eta);
  d->deviations = calloc(d->columns, sizeof *d->deviations);
  bool good = d->x != NULL && d->y != NULL && d->eta != NULL && d->deviations != NULL;
  good = good && fread(d->x, sizeof *d->x, cells, file) == cells;
  good = good && fread(d->y, sizeof *d->y, d->rows, file) == d->rows;
  fclose(file);
  for (uint64_t c = 0; good && c < d->columns; c++)
    d->deviations[c] = deviation(d->x + c * d->rows, d->rows);
  return good;
}

static bool read_models(const char *path, size_t width, models *m)
{
  FILE *file = fopen(path, "r");
  double value = 0;
  size_t got = 0;
  while (file != NULL && fscanf(file, "%lf", &value) == 1) {
    if (got % width == 0) {
      double *grown = realloc(m->values, (got + width) * sizeof *grown);
      if (grown == NULL)
        break;
      m->values = grown;
    }
    m->values[got++] = value;
  }
  bool good = file != NULL && feof(file) && got > 0 && got % width == 0;
  if (file != NULL)
    fclose(file);
  m->count = got / width;
  return good;
}

/* Over all rows but held_out, held_out + folds, …; folds 0 = over all. */
static double objective(const data *d, const double *model, uint64_t held_out, uint64_t folds)
{
  double penalty = 0;
  double loss = 0;
  uint64_t counted = 0;
  for (uint64_t row = 0; row < d->rows; row++)
    d->eta[row] = model[1];
  for (uint64_t c = 0; c < d->columns; c++) {
    const double *x = d->x + c * d->rows;
    penalty += model[0] * fabs(model[2 + c]) * d->deviations[c];
    for (uint64_t row = 0; row < d->rows; row++)
      d->eta[row] += model[2 + c] * x[row];
  }
  for (uint64_t row = 0; row < d->rows; row++) {
    if (folds > 0 && row % folds == held_out)
      continue;
    double z = d->y[row] > 0 ? -d->eta[row] : d->eta[row];
    loss += fmax(z, 0) + log1p(exp(-fabs(z)));
    counted++;
  }
  return loss / (double)counted + penalty;
}

static bool compare(const data *d, const models *ours, const models *peer, bool folds)
{
  size_t width = d->columns + 2;
  double most = -1;
  double values[2] = {0, 0};
  if (ours->count != peer->count)
    return false;
  for (size_t i = 0; i < ours->count; i++) {
    const double *a = ours->values + i * width;
    const double *b = peer->values + i * width;
    if (fabs(a[0] - b[0]) > 1e-12 * a[0])
      return false;
    double of_a = objective(d, a, i, folds ? ours->count : 0);
    double of_b = objective(d, b, i, folds ? ours->count : 0);
    if (!(fabs(of_a - of_b) <= most)) {
      most = fabs(of_a - of_b);
      values[0] = of_a;
      values[1] = of_b;
    }
  }
  printf("difference %.2e objective %.12f %.12f\n", most, values[0], values[1]);
  return true;
}

int main(int count, char **words)
{
  if (count != 5 || (strcmp(words[1], "all") != 0 && strcmp(words[1], "folds") != 0)) {
    fputs("usage: bench_judge all|folds MATRIX OURS PEER\n", stderr);
    return 2;
  }
  data d = {0};
  models ours = {0};
  models peer = {0};
  bool good = read_data(words[2], &d) && read_models(words[3], d.columns + 2, &ours) &&
              read_models(words[4], d.columns + 2, &peer) &&
              compare(&d, &ours, &peer, strcmp(words[1], "folds") == 0);
  if (!good)
    fputs("bench_judge: the files cannot be compared\n", stderr);
  free(d.x);
  free(d.y);
  free(d.eta);
  free(d.deviations);
  free(ours.values);
  free(peer.values);
  return good ? 0 : 1;
}
