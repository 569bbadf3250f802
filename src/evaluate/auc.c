/* Areas under several ROC curves and their covariance.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "evaluate/auc.h"

#include "base/error.h"
#include "base/lanes.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "evaluate/area.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct fold_totals {
  double churners, stayers; /* weights */
} fold_totals;

struct churn_auc_rows {
  const churn_judged *judged;
  uint32_t folds;
  fold_totals *totals; /* [folds] */
  double churners;     /* weight, of the folds that take part */
  uint32_t *order;     /* [rows] cluster after cluster, in it by fold and label; NULL = each row is
                          a cluster */
  size_t *starts;      /* [clusters + 1] in `order`; NULL likewise */
  double *seen;        /* [folds * 2] clusters with a stayer, with a churner */
  double clusters;     /* that have a row in a fold that takes part */
};

static bool takes_part(const fold_totals *totals)
{
  return totals->churners > 0 && totals->stayers > 0;
}

static fold_totals tie_weights(const churn_judged *judged, const churn_ordering *o, size_t from,
                               size_t end)
{
  fold_totals tied = {0, 0};
  if (judged->weights == NULL) {
    for (size_t i = from; i < end; i++)
      tied.churners += o->labels[i];
    tied.stayers = (double)(end - from) - tied.churners;
    return tied;
  }
  for (size_t i = from; i < end; i++) {
    double weight = churn_judged_weight(judged, o->rows[i]);
    *(o->labels[i] ? &tied.churners : &tied.stayers) += weight;
  }
  return tied;
}

static double fold_area(const churn_judged *judged, const churn_ordering *o, uint32_t fold)
{
  fold_totals all = tie_weights(judged, o, o->starts[fold], o->starts[fold + 1]);
  churn_area area = churn_area_of(all.churners, all.stayers);
  for (size_t i = o->starts[fold], end, last = o->starts[fold + 1]; i < last; i = end) {
    end = churn_ordering_tie_end(o, i, last);
    fold_totals tied = tie_weights(judged, o, i, end);
    churn_area_tie(&area, tied.churners, tied.stayers);
  }
  return churn_area_share(&area);
}

void churn_auc_of_folds(const churn_judged *judged, const churn_ordering *ordering, double *areas)
{
  for (uint32_t f = 0; f < churn_judged_folds(judged); f++)
    areas[f] = fold_area(judged, ordering, f);
}

churn_status churn_auc(const int8_t *labels, const double *scores, size_t rows, double *auc,
                       churn_error *error)
{
  churn_judged judged = {.rows = rows, .labels = labels};
  churn_ordering ordering = {0};
  churn_status status = churn_judged_check(&judged, error);
  if (status == CHURN_OK)
    status = churn_ordering_build(&judged, scores, &ordering, error);
  if (status == CHURN_OK)
    churn_auc_of_folds(&judged, &ordering, auc);
  churn_ordering_clear(&ordering);
  return status;
}

typedef struct parts_work {
  const churn_auc_rows *rows;
  const churn_ordering *ordering;
  double *parts; /* [rows] what each row moves the area by */
  double *areas; /* [folds]; NaN with one kind of row */
} parts_work;

/* parts of the fold's rows: share (V10 - A) weight / m of a churner, share (V01 - A) weight / n of
 * a stayer. */
static void fill_parts(const parts_work *w, uint32_t fold, double area)
{
  const churn_ordering *o = w->ordering;
  const churn_judged *judged = w->rows->judged;
  const fold_totals *all = &w->rows->totals[fold];
  double share = all->churners / w->rows->churners, above = 0, below = all->stayers;
  for (size_t i = o->starts[fold], end, last = o->starts[fold + 1]; i < last; i = end) {
    end = churn_ordering_tie_end(o, i, last);
    fold_totals tied = tie_weights(judged, o, i, end);
    below -= tied.stayers;
    double won = (below + tied.stayers / 2) / all->stayers - area;
    double lost = (above + tied.churners / 2) / all->churners - area;
    above += tied.churners;
    for (size_t k = i; k < end; k++) {
      uint32_t row = o->rows[k];
      double each = o->labels[k] ? won / all->churners : lost / all->stayers;
      w->parts[row] = share * each * churn_judged_weight(judged, row);
    }
  }
}

static churn_status measure_fold(void *context, size_t fold, int thread, churn_error *error)
{
  (void)thread;
  (void)error;
  const parts_work *w = context;
  const churn_ordering *o = w->ordering;
  uint32_t f = (uint32_t)fold;
  w->areas[f] = fold_area(w->rows->judged, o, f);
  if (takes_part(&w->rows->totals[f])) {
    fill_parts(w, f, w->areas[f]);
    return CHURN_OK;
  }
  for (size_t i = o->starts[f]; i < o->starts[f + 1]; i++)
    w->parts[o->rows[i]] = 0;
  return CHURN_OK;
}

churn_status churn_auc_parts(const churn_auc_rows *rows, const churn_ordering *ordering,
                             const churn_run *run, double *area, double *of_folds, double *parts,
                             churn_error *error)
{
  double *areas = churn_array_new(rows->folds, sizeof *areas), sum = 0;
  parts_work w = {rows, ordering, parts, areas};
  churn_status status = areas == NULL
                            ? churn_error_no_memory(error)
                            : churn_parallel_run(rows->folds, measure_fold, &w, NULL, run, error);
  for (uint32_t f = 0; status == CHURN_OK && f < rows->folds; f++)
    if (takes_part(&rows->totals[f]))
      sum += areas[f] * rows->totals[f].churners / rows->churners;
  if (status == CHURN_OK) {
    *area = rows->churners > 0 ? sum : NAN;
    if (of_folds != NULL)
      memcpy(of_folds, areas, rows->folds * sizeof *areas);
  }
  free(areas);
  return status;
}

/* Rows by (cluster, fold, label): a counting sort by the last two, then one by the first. */
static churn_status group_rows(churn_auc_rows *w, churn_error *error)
{
  const churn_judged *j = w->judged;
  size_t kinds = (size_t)w->folds * 2, clusters = churn_judged_clusters(j);
  uint32_t *by_kind = churn_array_new(j->rows, sizeof *by_kind);
  size_t *at = churn_array_new(kinds + 1, sizeof *at);
  w->order = churn_array_new(j->rows, sizeof *w->order);
  w->starts = churn_array_new(clusters + 1, sizeof *w->starts);
  if (by_kind == NULL || at == NULL || w->order == NULL || w->starts == NULL) {
    free(by_kind);
    free(at);
    return churn_error_no_memory(error);
  }
  for (size_t i = 0; i < j->rows; i++) {
    at[churn_judged_fold(j, i) * 2 + (size_t)j->labels[i] + 1]++;
    w->starts[churn_judged_cluster(j, i) + 1]++;
  }
  for (size_t k = 0; k < kinds; k++)
    at[k + 1] += at[k];
  for (size_t c = 0; c < clusters; c++)
    w->starts[c + 1] += w->starts[c];
  for (size_t i = 0; i < j->rows; i++)
    by_kind[at[churn_judged_fold(j, i) * 2 + (size_t)j->labels[i]]++] = (uint32_t)i;
  for (size_t i = 0; i < j->rows; i++)
    w->order[w->starts[churn_judged_cluster(j, by_kind[i])]++] = by_kind[i];
  memmove(w->starts + 1, w->starts, clusters * sizeof *w->starts);
  w->starts[0] = 0;
  free(by_kind);
  free(at);
  return CHURN_OK;
}

static size_t row_at(const churn_auc_rows *w, size_t place)
{
  return w->order == NULL ? place : w->order[place];
}

static size_t start_of(const churn_auc_rows *w, size_t cluster)
{
  return w->starts == NULL ? cluster : w->starts[cluster];
}

static size_t kind_of(const churn_auc_rows *w, size_t place)
{
  size_t row = row_at(w, place);
  return churn_judged_fold(w->judged, row) * 2 + (size_t)w->judged->labels[row];
}

static size_t kind_end(const churn_auc_rows *w, size_t place, size_t end)
{
  size_t kind = kind_of(w, place);
  do
    place++;
  while (place < end && kind_of(w, place) == kind);
  return place;
}

/* How many clusters of equal rows the cluster stands for. */
static double copies_of(const churn_auc_rows *w, size_t cluster)
{
  const churn_judged *judged = w->judged;
  return judged->repeated && judged->clusters == NULL ? churn_judged_weight(judged, cluster) : 1;
}

static void count_clusters(churn_auc_rows *w)
{
  for (size_t c = 0; c < churn_judged_clusters(w->judged); c++) {
    bool counts = false;
    double copies = copies_of(w, c);
    size_t last = start_of(w, c + 1);
    for (size_t i = start_of(w, c); i < last; i = kind_end(w, i, last)) {
      size_t kind = kind_of(w, i);
      w->seen[kind] += copies;
      counts = counts || takes_part(&w->totals[kind / 2]);
    }
    w->clusters += counts ? copies : 0;
  }
}

static bool has_covariance(const churn_auc_rows *w)
{
  bool enough = w->churners > 0;
  for (uint32_t f = 0; f < w->folds; f++)
    if (takes_part(&w->totals[f]))
      enough = enough && w->seen[(size_t)f * 2] > 1 && w->seen[(size_t)f * 2 + 1] > 1;
  return enough;
}

/* n/(n - 1) of few clusters. */
static double correction(double clusters)
{
  return clusters / (clusters - 1);
}

typedef struct covariance_work {
  const churn_auc_rows *rows;
  const double *const *parts; /* [sets][rows] */
  size_t sets;
  double *factors; /* [kinds] correction of a row that stands for itself; 0 = it does not count */
  double *lanes;   /* [lanes][sets * sets] */
  double *scratch; /* [threads][2 * sets] */
} covariance_work;

static void add_square(double *matrix, const double *vector, size_t size, double factor)
{
  for (size_t a = 0; a < size; a++)
    for (size_t b = 0; b <= a; b++)
      matrix[a * size + b] += factor * vector[a] * vector[b];
}

/* A cluster of one row is a kind by itself. Parts of n equal clusters are n times those of one, and
 * their n squares 1/n of the parts'. */
static void add_single(const covariance_work *w, size_t cluster, double *of_kind, double *matrix)
{
  const churn_auc_rows *rows = w->rows;
  size_t place = start_of(rows, cluster);
  size_t kind = kind_of(rows, place);
  if (!takes_part(&rows->totals[kind / 2]))
    return;
  for (size_t s = 0; s < w->sets; s++)
    of_kind[s] = w->parts[s][row_at(rows, place)];
  add_square(matrix, of_kind, w->sets, correction(rows->seen[kind]) / copies_of(rows, cluster));
}

/* With u the cluster's sum and u_k that of one fold and label: I/(I-1) u u' + sum_k (I_k/(I_k-1) -
 * I/(I-1)) u_k u_k', the covariance of the head comment with the squares of kinds taken out of the
 * products and put back with their own factor. */
static void add_cluster(const covariance_work *w, size_t cluster, double *sum, double *of_kind,
                        double *matrix)
{
  const churn_auc_rows *rows = w->rows;
  double all = correction(rows->clusters);
  size_t last = rows->starts[cluster + 1];
  memset(sum, 0, w->sets * sizeof *sum);
  for (size_t i = rows->starts[cluster], end; i < last; i = end) {
    size_t kind = kind_of(rows, i);
    end = kind_end(rows, i, last);
    if (!takes_part(&rows->totals[kind / 2]))
      continue;
    memset(of_kind, 0, w->sets * sizeof *of_kind);
    for (size_t k = i; k < end; k++)
      for (size_t s = 0; s < w->sets; s++)
        of_kind[s] += w->parts[s][rows->order[k]];
    for (size_t s = 0; s < w->sets; s++)
      sum[s] += of_kind[s];
    add_square(matrix, of_kind, w->sets, correction(rows->seen[kind]) - all);
  }
  add_square(matrix, sum, w->sets, all);
}

/* Clusters [cluster, end) where each is one row that stands for itself; factors [kinds] of kinds,
 * 0 for those of folds that take no part. */
static void add_rows(const covariance_work *w, size_t cluster, size_t end, double *row,
                     double *matrix)
{
  const churn_judged *judged = w->rows->judged;
  for (; cluster < end; cluster++) {
    size_t kind = churn_judged_fold(judged, cluster) * 2 + (size_t)judged->labels[cluster];
    if (w->factors[kind] == 0)
      continue;
    for (size_t s = 0; s < w->sets; s++)
      row[s] = w->parts[s][cluster];
    add_square(matrix, row, w->sets, w->factors[kind]);
  }
}

static churn_status sum_lane(void *context, size_t lane, int thread, churn_error *error)
{
  (void)error;
  const covariance_work *w = context;
  size_t clusters = churn_judged_clusters(w->rows->judged), tiles = churn_tile_count(clusters);
  size_t cluster = churn_lane_first_tile(tiles, lane) * CHURN_TILE_ROWS;
  size_t end = churn_lane_first_tile(tiles, lane + 1) * CHURN_TILE_ROWS;
  double *scratch = w->scratch + (size_t)thread * 2 * w->sets;
  double *matrix = w->lanes + lane * w->sets * w->sets;
  end = end < clusters ? end : clusters;
  if (w->rows->order == NULL && !w->rows->judged->repeated) {
    add_rows(w, cluster, end, scratch, matrix);
    return CHURN_OK;
  }
  for (; cluster < end; cluster++)
    if (start_of(w->rows, cluster + 1) - start_of(w->rows, cluster) == 1)
      add_single(w, cluster, scratch, matrix);
    else
      add_cluster(w, cluster, scratch, scratch + w->sets, matrix);
  return CHURN_OK;
}

static churn_status find_covariance(covariance_work *w, const churn_run *run, double *covariance,
                                    churn_error *error)
{
  size_t sets = w->sets;
  churn_status status = churn_parallel_run(CHURN_LANES, sum_lane, w, NULL, run, error);
  if (status != CHURN_OK)
    return status;
  for (size_t a = 0; a < sets; a++)
    for (size_t b = 0; b <= a; b++) {
      double sum = 0;
      for (size_t lane = 0; lane < CHURN_LANES; lane++)
        sum += w->lanes[(lane * sets + a) * sets + b];
      covariance[a * sets + b] = covariance[b * sets + a] = sum;
    }
  return CHURN_OK;
}

churn_status churn_auc_covary(const churn_auc_rows *rows, const double *const *parts, size_t sets,
                              const churn_run *run, double *covariance, churn_error *error)
{
  size_t threads = (size_t)churn_parallel_threads(run);
  for (size_t i = 0; i < sets * sets; i++)
    covariance[i] = NAN;
  if (!has_covariance(rows))
    return CHURN_OK;
  covariance_work w = {rows,
                       parts,
                       sets,
                       churn_array_new((size_t)rows->folds * 2, sizeof *w.factors),
                       churn_array_new(CHURN_LANES * sets * sets, sizeof *w.lanes),
                       churn_array_new(threads * 2 * sets, sizeof *w.scratch)};
  churn_status status = w.factors == NULL || w.lanes == NULL || w.scratch == NULL
                            ? churn_error_no_memory(error)
                            : CHURN_OK;
  for (size_t k = 0; status == CHURN_OK && k < (size_t)rows->folds * 2; k++)
    w.factors[k] = takes_part(&rows->totals[k / 2]) ? correction(rows->seen[k]) : 0;
  if (status == CHURN_OK)
    status = find_covariance(&w, run, covariance, error);
  free(w.factors);
  free(w.lanes);
  free(w.scratch);
  return status;
}

static churn_status prepare(churn_auc_rows *w, churn_error *error)
{
  const churn_judged *j = w->judged;
  w->totals = churn_array_new(w->folds, sizeof *w->totals);
  w->seen = churn_array_new((size_t)w->folds * 2, sizeof *w->seen);
  if (w->totals == NULL || w->seen == NULL)
    return churn_error_no_memory(error);
  for (size_t i = 0; i < j->rows; i++) {
    fold_totals *totals = &w->totals[churn_judged_fold(j, i)];
    *(j->labels[i] ? &totals->churners : &totals->stayers) += churn_judged_weight(j, i);
  }
  for (uint32_t f = 0; f < w->folds; f++)
    w->churners += takes_part(&w->totals[f]) ? w->totals[f].churners : 0;
  churn_status status = j->clusters == NULL ? CHURN_OK : group_rows(w, error);
  if (status == CHURN_OK)
    count_clusters(w);
  return status;
}

void churn_auc_rows_free(churn_auc_rows *rows)
{
  if (rows == NULL)
    return;
  free(rows->totals);
  free(rows->order);
  free(rows->starts);
  free(rows->seen);
  free(rows);
}

churn_status churn_auc_rows_new(const churn_judged *judged, churn_auc_rows **rows,
                                churn_error *error)
{
  churn_auc_rows *made = calloc(1, sizeof *made);
  if (made == NULL)
    return churn_error_no_memory(error);
  made->judged = judged;
  made->folds = churn_judged_folds(judged);
  churn_status status = prepare(made, error);
  if (status == CHURN_OK)
    *rows = made;
  else
    churn_auc_rows_free(made);
  return status;
}

churn_status churn_auc_compare(const churn_judged *judged, const churn_ordering *orderings,
                               size_t sets, const churn_run *run, double *areas, double *covariance,
                               churn_error *error)
{
  churn_auc_rows *rows = NULL;
  double *parts = churn_array_new(sets * judged->rows, sizeof *parts);
  const double **of_set = churn_array_new(sets, sizeof *of_set);
  double *found = churn_array_new(sets, sizeof *found);
  churn_status status = parts == NULL || of_set == NULL || found == NULL
                            ? churn_error_no_memory(error)
                            : churn_auc_rows_new(judged, &rows, error);
  for (size_t s = 0; status == CHURN_OK && s < sets; s++) {
    of_set[s] = parts + s * judged->rows;
    status =
        churn_auc_parts(rows, &orderings[s], run, &found[s], NULL, parts + s * judged->rows, error);
  }
  if (status == CHURN_OK)
    status = churn_auc_covary(rows, of_set, sets, run, covariance, error);
  if (status == CHURN_OK)
    memcpy(areas, found, sets * sizeof *areas);
  churn_auc_rows_free(rows);
  free(parts);
  free(of_set);
  free(found);
  return status;
}
