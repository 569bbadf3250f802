/* bench_fit fit|cross_validate|path MATRIX COEFFICIENTS [THREADS]: times one stage on a matrix that
 * is in tiles already, and leaves what it found for bench_judge.
 *
 * Prints `time NAME SECONDS` and `log_loss VALUE` (the mean at the solution: fit, over all rows;
 * cross_validate, out of fold; path, at the smallest lambda). COEFFICIENTS gets a line for each
 * model (bench_judge.c). Fold of a row: its number modulo 10.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "clock.h"
#include "fit/cross_validate.h"
#include "fit/logistic.h"
#include "fit/penalised.h"
#include "matrix_file.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FOLDS = 10 };

static void write_model(FILE *out, double lambda, const double *coefficients, size_t columns)
{
  fprintf(out, "%.17g", lambda);
  for (size_t j = 0; j <= columns; j++)
    fprintf(out, " %.17g", coefficients[j]);
  fputc('\n', out);
}

/* Names x1, x2, … for the rank check; the caller frees [0] and the array. */
static char **name_columns(size_t columns)
{
  enum { NAME_SIZE = 24 };
  char **names = calloc(columns, sizeof *names);
  char *text = calloc(columns, NAME_SIZE);
  if (names == NULL || text == NULL) {
    free(names);
    free(text);
    return NULL;
  }
  for (size_t c = 0; c < columns; c++) {
    names[c] = text + c * NAME_SIZE;
    snprintf(names[c], NAME_SIZE, "x%zu", c + 1);
  }
  return names;
}

static churn_status bench_fit(churn_matrix *matrix, const churn_run *run, FILE *out,
                              churn_error *error)
{
  size_t columns = matrix->columns;
  churn_status status = CHURN_NO_MEMORY;
  churn_fit_settings settings = {0};
  churn_fit_report report;
  bool *keep = calloc(columns, sizeof *keep);
  char **names = name_columns(columns);
  double *room = calloc((columns + 1) * (columns + 4), sizeof *room);
  if (keep == NULL || names == NULL || room == NULL)
    goto done;
  churn_fit_result result = {.coefficients = room,
                             .means = room + columns + 1,
                             .deviations = room + 2 * (columns + 1),
                             .covariance = room + 3 * (columns + 1)};
  double start = churn_bench_seconds();
  status = churn_fit_rank(matrix, (const char *const *)names, &settings, run, keep, NULL, error);
  double ranked = churn_bench_seconds();
  if (status == CHURN_OK)
    status = churn_fit_logistic(matrix, &settings, run, &result, &report, error);
  double end = churn_bench_seconds();
  if (status != CHURN_OK)
    goto done;
  printf("time solver %.6f\ntime with_rank %.6f\n", end - ranked, end - start);
  printf("log_loss %.10f\n", -report.log_likelihood / (double)matrix->rows);
  write_model(out, 0, result.coefficients, columns);
done:
  if (names != NULL)
    free(names[0]);
  free(names);
  free(keep);
  free(room);
  return status;
}

static double mean_log_loss(const churn_matrix *matrix, const double *logits)
{
  double sum = 0;
  for (size_t row = 0; row < matrix->rows; row++) {
    double z = matrix->y[row] > 0 ? -logits[row] : logits[row];
    sum += fmax(z, 0) + log1p(exp(-fabs(z)));
  }
  return sum / (double)matrix->rows;
}

static churn_status bench_cross_validate(churn_matrix *matrix, const churn_run *run, FILE *out,
                                         churn_error *error)
{
  size_t width = matrix->columns + 1;
  churn_status status = CHURN_NO_MEMORY;
  churn_scaled scaled = {0};
  churn_penalised_settings settings = {0};
  churn_cross_report report;
  uint32_t *fold = calloc(matrix->rows, sizeof *fold);
  double *logits = calloc(matrix->rows, sizeof *logits);
  double *coefficients = calloc(FOLDS * width, sizeof *coefficients);
  if (fold == NULL || logits == NULL || coefficients == NULL)
    goto done;
  for (size_t row = 0; row < matrix->rows; row++)
    fold[row] = (uint32_t)(row % FOLDS);
  churn_fold_map map = {.fold = fold, .count = FOLDS};
  double start = churn_bench_seconds();
  status = churn_scaled_take(matrix, run, &scaled, error);
  if (status == CHURN_OK)
    status = churn_cross_validate(&scaled, &map, &settings, NULL, run, logits, coefficients,
                                  &report, error);
  double end = churn_bench_seconds();
  if (status != CHURN_OK)
    goto done;
  printf("time ten_folds %.6f\nlog_loss %.10f\n", end - start, mean_log_loss(matrix, logits));
  for (size_t f = 0; f < FOLDS; f++)
    write_model(out, 0, coefficients + f * width, matrix->columns);
done:
  churn_scaled_clear(&scaled);
  free(fold);
  free(logits);
  free(coefficients);
  return status;
}

static churn_status bench_path(churn_matrix *matrix, const churn_run *run, FILE *out,
                               churn_error *error)
{
  size_t width = matrix->columns + 1;
  churn_scaled scaled = {0};
  churn_path path = {0};
  churn_path_settings settings = {.penalised = {.alpha = 1}, .count = 100, .ratio = 1e-4};
  double *coefficients = calloc(width, sizeof *coefficients);
  churn_status status = CHURN_NO_MEMORY;
  if (coefficients == NULL)
    goto done;
  double start = churn_bench_seconds();
  status = churn_scaled_take(matrix, run, &scaled, error);
  if (status == CHURN_OK)
    status = churn_path_fit(&scaled, &settings, run, &path, error);
  double end = churn_bench_seconds();
  if (status != CHURN_OK)
    goto done;
  printf("time lasso100 %.6f\n", end - start);
  printf("log_loss %.10f\n", -path.reports[path.count - 1].log_likelihood / (double)matrix->rows);
  for (size_t i = 0; i < path.count; i++) {
    churn_fit_unscale(path.coefficients + i * width, scaled.means, scaled.deviations,
                      matrix->columns, coefficients);
    write_model(out, path.lambdas[i], coefficients, matrix->columns);
  }
done:
  churn_path_clear(&path);
  churn_scaled_clear(&scaled);
  free(coefficients);
  return status;
}

typedef struct bench_stage {
  const char *name;
  churn_status (*run)(churn_matrix *matrix, const churn_run *run, FILE *out, churn_error *error);
} bench_stage;

static const bench_stage *find_stage(const char *name)
{
  static const bench_stage stages[] = {
      {"fit", bench_fit}, {"cross_validate", bench_cross_validate}, {"path", bench_path}};
  for (size_t i = 0; i < sizeof stages / sizeof *stages; i++)
    if (strcmp(stages[i].name, name) == 0)
      return &stages[i];
  return NULL;
}

int main(int count, char **words)
{
  const bench_stage *stage = count == 4 || count == 5 ? find_stage(words[1]) : NULL;
  if (stage == NULL) {
    fputs("usage: bench_fit fit|cross_validate|path MATRIX COEFFICIENTS [THREADS]\n", stderr);
    return 2;
  }
  churn_run run = {.threads = count == 5 ? atoi(words[4]) : 0};
  churn_error error = {0};
  churn_status status = CHURN_IO;
  churn_matrix *matrix = churn_bench_matrix_read(words[2], &error);
  FILE *out = fopen(words[3], "w");
  if (out == NULL)
    perror(words[3]);
  if (matrix != NULL && out != NULL)
    status = stage->run(matrix, &run, out, &error);
  if (out != NULL && fclose(out) != 0)
    status = CHURN_IO;
  if (status != CHURN_OK)
    fprintf(stderr, "bench_fit: %s %s\n", churn_status_name(status), error.message);
  churn_matrix_free(matrix);
  return status == CHURN_OK ? 0 : 1;
}
