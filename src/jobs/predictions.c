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
  double *turned;     /* [count][columns + 1][folds]: coefficients of one column side by side */
  double *scratch;    /* [threads][columns * 256] */
  double *logits;     /* [count][rows] */
} making;

static void turn(const making *m)
{
  const churn_predictions *p = m->predictions;
  size_t folds = p->fold_count, size = p->tiles->matrix->columns + 1;
  for (size_t s = 0; s < m->count; s++)
    for (size_t f = 0; f < folds; f++)
      for (size_t j = 0; j < size; j++)
        m->turned[(s * size + j) * folds + f] =
            p->coefficients[(f * p->set_count + m->first + s) * size + j];
}

/* One tile's rows by the fits of set number first + s; of[r] = the row's fold. */
static void predict_rows(const making *m, size_t tile, size_t s, const uint32_t *of,
                         const double *x)
{
  const churn_predictions *p = m->predictions;
  size_t first = tile * CHURN_TILE_ROWS, rows = churn_tile_rows(p->rows->count, tile);
  size_t folds = p->fold_count, size = p->tiles->matrix->columns + 1, set = m->first + s;
  const double *b = m->turned + s * size * folds;
  double eta[CHURN_TILE_ROWS];
  for (size_t r = 0; r < rows; r++)
    eta[r] = m->wanted == NULL ? b[of[r]] + p->rows->rows[first + r].offset : 0;
  for (size_t j = 0; j < p->sets[set].count; j++) {
    size_t c = p->sets[set].columns[j];
    const double *each = b + (c + 1) * folds, *column = x + c * CHURN_TILE_ROWS;
    for (size_t r = 0; (m->wanted == NULL || m->wanted[c]) && r < rows; r++)
      eta[r] += each[of[r]] * column[r];
  }
  for (size_t r = 0; r < rows; r++)
    if (p->folds->fold[first + r] == of[r] && p->shared[of[r] * p->set_count + set])
      m->logits[s * p->rows->count + first + r] = eta[r];
}

static churn_status predict_tile(void *context, size_t tile, int thread, churn_error *error)
{
  (void)error;
  const making *m = context;
  const churn_predictions *p = m->predictions;
  const churn_matrix *matrix = p->tiles->matrix;
  uint32_t of[CHURN_TILE_ROWS];
  size_t first = tile * CHURN_TILE_ROWS, rows = churn_tile_rows(matrix->rows, tile);
  const double *x = churn_matrix_dense(
      matrix, tile,
      matrix->places == NULL ? NULL
                             : m->scratch + (size_t)thread * matrix->columns * CHURN_TILE_ROWS);
  for (size_t r = 0; r < rows; r++)
    of[r] = p->folds->fold[first + r] < p->folds->count ? p->folds->fold[first + r] : 0;
  for (size_t s = 0; s < m->count; s++)
    predict_rows(m, tile, s, of, x);
  return CHURN_OK;
}

static churn_status run_tiles(making *m, const churn_run *run, churn_error *error)
{
  const churn_matrix *matrix = m->predictions->tiles->matrix;
  size_t threads = (size_t)churn_parallel_threads(run);
  size_t width = matrix->places == NULL ? 1 : matrix->columns * CHURN_TILE_ROWS;
  m->scratch = churn_array_new_aligned(threads * width, sizeof *m->scratch);
  m->turned = churn_array_new(m->count * (matrix->columns + 1) * m->predictions->fold_count,
                              sizeof *m->turned);
  churn_status status =
      m->scratch == NULL || m->turned == NULL ? churn_error_no_memory(error) : CHURN_OK;
  if (status == CHURN_OK) {
    turn(m);
    status = churn_parallel_run(churn_tile_count(matrix->rows), predict_tile, m, NULL, run, error);
  }
  free(m->turned);
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
