/* Predictions kept as the models that make them.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs/predictions.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/parallel.h"

#include <stdlib.h>
#include <string.h>

churn_status churn_predictions_open(const churn_snapshots *rows, const churn_judging_folds *folds,
                                    size_t set_count, churn_predictions *predictions,
                                    churn_error *error)
{
  churn_predictions *p = predictions;
  *p = (churn_predictions){
      .rows = rows, .folds = folds, .set_count = set_count, .fold_count = folds->count};
  p->shared = churn_array_new(((size_t)folds->count + 1) * set_count, sizeof *p->shared);
  p->own = churn_array_new(set_count, sizeof *p->own);
  return p->shared == NULL || p->own == NULL ? churn_error_no_memory(error) : CHURN_OK;
}

void churn_predictions_clear(churn_predictions *predictions)
{
  churn_predictions *p = predictions;
  for (size_t s = 0; p->own != NULL && s < p->set_count; s++)
    free(p->own[s]);
  free(p->own);
  free(p->shared);
  free(p->columns);
  free(p->sets);
  free(p->coefficients);
  free(p->kept);
  *p = (churn_predictions){0};
}

const double *churn_predictions_whole(const churn_predictions *predictions, size_t set)
{
  const churn_predictions *p = predictions;
  size_t fit = (size_t)p->fold_count * p->set_count + set;
  return p->tiles != NULL && p->shared[fit]
             ? p->coefficients + fit * (p->tiles->matrix->columns + 1)
             : NULL;
}

bool churn_predictions_shared(const churn_predictions *predictions, size_t set)
{
  bool all = predictions->tiles != NULL;
  for (uint32_t f = 0; f < predictions->folds->count; f++)
    all = all && predictions->shared[f * predictions->set_count + set];
  return all;
}

typedef struct making {
  const churn_predictions *predictions;
  size_t first, count;
  const bool *wanted; /* NULL = all, with intercept and offset */
  double *scratch;    /* [threads][columns * 256] */
  double *logits;     /* [count][rows] */
} making;

/* The rows of one tile that the fold judges, by its fit of a set. */
static void predict_rows(const making *m, size_t tile, uint32_t fold, size_t set, const double *x)
{
  const churn_predictions *p = m->predictions;
  size_t first = tile * CHURN_TILE_ROWS, rows = churn_tile_rows(p->rows->count, tile), count = 0;
  size_t judged[CHURN_TILE_ROWS], k = p->tiles->matrix->columns;
  double eta[CHURN_TILE_ROWS];
  const double *b = p->coefficients + (fold * p->set_count + set) * (k + 1);
  for (size_t r = 0; r < rows; r++)
    if (p->folds->fold[first + r] == fold)
      judged[count++] = r;
  for (size_t i = 0; i < count; i++)
    eta[i] = m->wanted == NULL ? b[0] + p->rows->rows[first + judged[i]].offset : 0;
  for (size_t j = 0; count > 0 && j < p->sets[set].count; j++) {
    size_t c = p->sets[set].columns[j];
    for (size_t i = 0; (m->wanted == NULL || m->wanted[c]) && i < count; i++)
      eta[i] += b[c + 1] * x[c * CHURN_TILE_ROWS + judged[i]];
  }
  for (size_t i = 0; i < count; i++)
    m->logits[(set - m->first) * p->rows->count + first + judged[i]] = eta[i];
}

static churn_status predict_tile(void *context, size_t tile, int thread, churn_error *error)
{
  (void)error;
  const making *m = context;
  const churn_predictions *p = m->predictions;
  const churn_matrix *matrix = p->tiles->matrix;
  const double *x = churn_matrix_dense(
      matrix, tile,
      matrix->places == NULL ? NULL
                             : m->scratch + (size_t)thread * matrix->columns * CHURN_TILE_ROWS);
  for (uint32_t f = 0; f < p->folds->count; f++)
    for (size_t s = m->first; s < m->first + m->count; s++)
      if (p->shared[f * p->set_count + s])
        predict_rows(m, tile, f, s, x);
  return CHURN_OK;
}

static churn_status run_tiles(making *m, const churn_run *run, churn_error *error)
{
  const churn_matrix *matrix = m->predictions->tiles->matrix;
  size_t threads = (size_t)churn_parallel_threads(run);
  size_t width = matrix->places == NULL ? 1 : matrix->columns * CHURN_TILE_ROWS;
  m->scratch = churn_array_new_aligned(threads * width, sizeof *m->scratch);
  churn_status status = m->scratch == NULL ? churn_error_no_memory(error)
                                           : churn_parallel_run(churn_tile_count(matrix->rows),
                                                                predict_tile, m, NULL, run, error);
  free(m->scratch);
  return status;
}

churn_status churn_predictions_make(const churn_predictions *predictions, size_t first,
                                    size_t count, const churn_run *run, double *logits,
                                    churn_error *error)
{
  const churn_predictions *p = predictions;
  making m = {.predictions = p, .first = first, .count = count, .logits = logits};
  churn_status status = p->tiles == NULL ? CHURN_OK : run_tiles(&m, run, error);
  for (size_t s = first; status == CHURN_OK && s < first + count; s++)
    for (size_t i = 0; p->own[s] != NULL && i < p->rows->count; i++) {
      uint32_t fold = p->folds->fold[i];
      if (fold != CHURN_NOT_JUDGED && !p->shared[fold * p->set_count + s])
        logits[(s - first) * p->rows->count + i] = p->own[s][i];
    }
  return status;
}

churn_status churn_predictions_part(const churn_predictions *predictions, size_t set,
                                    const bool *wanted, const churn_run *run, double *part,
                                    churn_error *error)
{
  making m = {
      .predictions = predictions, .first = set, .count = 1, .wanted = wanted, .logits = part};
  memset(part, 0, predictions->rows->count * sizeof *part);
  return predictions->tiles == NULL ? CHURN_OK : run_tiles(&m, run, error);
}
