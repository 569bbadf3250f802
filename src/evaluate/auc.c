/* Areas under several ROC curves and their covariance.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "evaluate/auc.h"

#include "base/error.h"
#include "base/lanes.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "evaluate/area.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct fold_totals {
  double churners, stayers; /* weights */
} fold_totals;

typedef struct auc_work {
  const churn_judged *judged;
  const churn_ordering *orderings;
  size_t sets;
  uint32_t folds;
  fold_totals *totals; /* [folds] */
  double churners;     /* weight, of the folds that take part */
  double *areas;       /* [sets] */
  double *parts;       /* [rows][sets] what each row moves each area by */
  uint32_t *order;     /* [rows] cluster after cluster, in it by fold and label */
  size_t *starts;      /* [clusters + 1] in `order` */
  double *seen;        /* [folds * 2] clusters with a stayer, with a churner */
  double clusters;     /* that have a row in a fold that takes part */
  double *lanes;       /* [lanes][sets * sets] */
  double *scratch;     /* [threads][2 * sets] */
} auc_work;

static bool takes_part(const fold_totals *totals)
{
  return totals->churners > 0 && totals->stayers > 0;
}

static fold_totals tie_weights(const churn_judged *judged, const churn_ordering *o, size_t from,
                               size_t end)
{
  fold_totals tied = {0, 0};
  for (size_t i = from; i < end; i++) {
    double weight = churn_judged_weight(judged, o->rows[i]);
    *(judged->labels[o->rows[i]] ? &tied.churners : &tied.stayers) += weight;
  }
  return tied;
}

static fold_totals fold_weights(const churn_judged *judged, const churn_ordering *o, uint32_t fold)
{
  return tie_weights(judged, o, o->starts[fold], o->starts[fold + 1]);
}

static double fold_area(const churn_judged *judged, const churn_ordering *o, uint32_t fold)
{
  fold_totals all = fold_weights(judged, o, fold);
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
  churn_ordering ordering = {NULL, NULL, NULL};
  churn_status status = churn_judged_check(&judged, error);
  if (status == CHURN_OK)
    status = churn_ordering_build(&judged, scores, &ordering, error);
  if (status == CHURN_OK)
    churn_auc_of_folds(&judged, &ordering, auc);
  churn_ordering_clear(&ordering);
  return status;
}

/* parts of the fold's rows: share (V10 - A) weight / m of a churner, share (V01 - A) weight / n of
 * a stayer. */
static void fill_parts(const auc_work *w, size_t set, uint32_t fold, double area)
{
  const churn_ordering *o = &w->orderings[set];
  const churn_judged *judged = w->judged;
  const fold_totals *all = &w->totals[fold];
  double share = all->churners / w->churners, above = 0, below = all->stayers;
  for (size_t i = o->starts[fold], end, last = o->starts[fold + 1]; i < last; i = end) {
    end = churn_ordering_tie_end(o, i, last);
    fold_totals tied = tie_weights(judged, o, i, end);
    below -= tied.stayers;
    double won = (below + tied.stayers / 2) / all->stayers - area;
    double lost = (above + tied.churners / 2) / all->churners - area;
    above += tied.churners;
    for (size_t k = i; k < end; k++) {
      uint32_t row = o->rows[k];
      double each = judged->labels[row] ? won / all->churners : lost / all->stayers;
      w->parts[row * w->sets + set] = share * each * churn_judged_weight(judged, row);
    }
  }
}

static churn_status measure_set(void *context, size_t set, int thread, churn_error *error)
{
  (void)thread;
  (void)error;
  auc_work *w = context;
  double sum = 0;
  for (uint32_t f = 0; f < w->folds; f++) {
    if (!takes_part(&w->totals[f]))
      continue;
    double area = fold_area(w->judged, &w->orderings[set], f);
    sum += area * w->totals[f].churners / w->churners;
    fill_parts(w, set, f, area);
  }
  w->areas[set] = w->churners > 0 ? sum : NAN;
  return CHURN_OK;
}

/* Rows by (cluster, fold, label): a counting sort by the last two, then one by the first. */
static churn_status group_rows(auc_work *w, churn_error *error)
{
  const churn_judged *j = w->judged;
  size_t kinds = (size_t)w->folds * 2, clusters = churn_judged_clusters(j);
  uint32_t *by_kind = churn_array_new(j->rows, sizeof *by_kind);
  size_t *at = churn_array_new(kinds + 1, sizeof *at);
  if (by_kind == NULL || at == NULL) {
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

static size_t kind_of(const auc_work *w, size_t place)
{
  uint32_t row = w->order[place];
  return churn_judged_fold(w->judged, row) * 2 + (size_t)w->judged->labels[row];
}

static size_t kind_end(const auc_work *w, size_t place, size_t end)
{
  size_t kind = kind_of(w, place);
  do
    place++;
  while (place < end && kind_of(w, place) == kind);
  return place;
}

/* How many clusters of equal rows the cluster stands for. */
static double copies_of(const auc_work *w, size_t cluster)
{
  const churn_judged *judged = w->judged;
  return judged->repeated && judged->clusters == NULL ? churn_judged_weight(judged, cluster) : 1;
}

static void count_clusters(auc_work *w)
{
  for (size_t c = 0; c < churn_judged_clusters(w->judged); c++) {
    bool counts = false;
    double copies = copies_of(w, c);
    for (size_t i = w->starts[c]; i < w->starts[c + 1]; i = kind_end(w, i, w->starts[c + 1])) {
      size_t kind = kind_of(w, i);
      w->seen[kind] += copies;
      counts = counts || takes_part(&w->totals[kind / 2]);
    }
    w->clusters += counts ? copies : 0;
  }
}

static bool has_covariance(const auc_work *w)
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

static void add_square(double *matrix, const double *vector, size_t size, double factor)
{
  for (size_t a = 0; a < size; a++)
    for (size_t b = 0; b <= a; b++)
      matrix[a * size + b] += factor * vector[a] * vector[b];
}

/* With u the cluster's sum and u_k that of one fold and label: I/(I-1) u u' + sum_k (I_k/(I_k-1) -
 * I/(I-1)) u_k u_k', the covariance of the head comment with the squares of kinds taken out of the
 * products and put back with their own factor. Parts of n equal clusters are n times those of one,
 * and their n squares 1/n of the parts'. */
static void add_cluster(const auc_work *w, size_t cluster, double *sum, double *of_kind,
                        double *matrix)
{
  double all = correction(w->clusters), copies = copies_of(w, cluster);
  size_t last = w->starts[cluster + 1];
  memset(sum, 0, w->sets * sizeof *sum);
  for (size_t i = w->starts[cluster], end; i < last; i = end) {
    size_t kind = kind_of(w, i);
    end = kind_end(w, i, last);
    if (!takes_part(&w->totals[kind / 2]))
      continue;
    memset(of_kind, 0, w->sets * sizeof *of_kind);
    for (size_t k = i; k < end; k++)
      for (size_t s = 0; s < w->sets; s++)
        of_kind[s] += w->parts[w->order[k] * w->sets + s];
    for (size_t s = 0; s < w->sets; s++)
      sum[s] += of_kind[s];
    add_square(matrix, of_kind, w->sets, (correction(w->seen[kind]) - all) / copies);
  }
  add_square(matrix, sum, w->sets, all / copies);
}

static churn_status sum_lane(void *context, size_t lane, int thread, churn_error *error)
{
  (void)error;
  auc_work *w = context;
  size_t clusters = churn_judged_clusters(w->judged), tiles = churn_tile_count(clusters);
  size_t cluster = churn_lane_first_tile(tiles, lane) * CHURN_TILE_ROWS;
  size_t end = churn_lane_first_tile(tiles, lane + 1) * CHURN_TILE_ROWS;
  double *scratch = w->scratch + (size_t)thread * 2 * w->sets;
  for (; cluster < end && cluster < clusters; cluster++)
    add_cluster(w, cluster, scratch, scratch + w->sets, w->lanes + lane * w->sets * w->sets);
  return CHURN_OK;
}

static churn_status find_covariance(auc_work *w, const churn_run *run, double *covariance,
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

static churn_status prepare(auc_work *w, const churn_run *run, churn_error *error)
{
  size_t rows = w->judged->rows, clusters = churn_judged_clusters(w->judged);
  size_t threads = (size_t)churn_parallel_threads(run);
  w->totals = churn_array_new(w->folds, sizeof *w->totals);
  w->areas = churn_array_new(w->sets, sizeof *w->areas);
  w->parts = churn_array_new(rows * w->sets, sizeof *w->parts);
  w->order = churn_array_new(rows, sizeof *w->order);
  w->starts = churn_array_new(clusters + 1, sizeof *w->starts);
  w->seen = churn_array_new((size_t)w->folds * 2, sizeof *w->seen);
  w->lanes = churn_array_new(CHURN_LANES * w->sets * w->sets, sizeof *w->lanes);
  w->scratch = churn_array_new(threads * 2 * w->sets, sizeof *w->scratch);
  if (w->totals == NULL || w->areas == NULL || w->parts == NULL || w->order == NULL ||
      w->starts == NULL || w->seen == NULL || w->lanes == NULL || w->scratch == NULL)
    return churn_error_no_memory(error);
  for (uint32_t f = 0; w->sets > 0 && f < w->folds; f++) {
    w->totals[f] = fold_weights(w->judged, &w->orderings[0], f);
    w->churners += takes_part(&w->totals[f]) ? w->totals[f].churners : 0;
  }
  churn_status status = group_rows(w, error);
  if (status == CHURN_OK)
    count_clusters(w);
  return status;
}

static void clear(auc_work *w)
{
  free(w->totals);
  free(w->areas);
  free(w->parts);
  free(w->order);
  free(w->starts);
  free(w->seen);
  free(w->lanes);
  free(w->scratch);
}

churn_status churn_auc_compare(const churn_judged *judged, const churn_ordering *orderings,
                               size_t sets, const churn_run *run, double *areas, double *covariance,
                               churn_error *error)
{
  auc_work w = {
      .judged = judged, .orderings = orderings, .sets = sets, .folds = churn_judged_folds(judged)};
  churn_status status = prepare(&w, run, error);
  if (status == CHURN_OK)
    status = churn_parallel_run(sets, measure_set, &w, NULL, run, error);
  bool known = status == CHURN_OK && has_covariance(&w);
  if (known)
    status = find_covariance(&w, run, covariance, error);
  for (size_t i = 0; status == CHURN_OK && !known && i < sets * sets; i++)
    covariance[i] = NAN;
  if (status == CHURN_OK)
    memcpy(areas, w.areas, sets * sizeof *areas);
  clear(&w);
  return status;
}

static double quantile(double level)
{
  return gsl_cdf_ugaussian_Pinv(0.5 + level / 2);
}

churn_interval churn_auc_interval_plain(double area, double variance, double level)
{
  double reach = quantile(level) * sqrt(variance);
  if (isnan(area) || isnan(reach))
    return (churn_interval){NAN, NAN};
  return (churn_interval){fmax(area - reach, 0), fmin(area + reach, 1)};
}

static double inverse_logit(double logit)
{
  return 1 / (1 + exp(-logit));
}

churn_interval churn_auc_interval(double area, double variance, double level)
{
  if (!(area > 0 && area < 1) || !(variance > 0))
    return (churn_interval){NAN, NAN};
  double centre = log(area / (1 - area));
  double reach = quantile(level) * sqrt(variance) / (area * (1 - area));
  return (churn_interval){inverse_logit(centre - reach), inverse_logit(centre + reach)};
}

churn_difference churn_auc_difference(const double *areas, const double *covariance, size_t sets,
                                      size_t a, size_t b, double level)
{
  churn_difference d = {.difference = areas[b] - areas[a]};
  double variance = covariance[a * sets + a] + covariance[b * sets + b] - covariance[a * sets + b] -
                    covariance[b * sets + a];
  /* Rounding of a difference that is 0. */
  d.std_error = variance < 0 ? 0 : sqrt(variance);
  double reach = quantile(level) * d.std_error;
  d.interval = (churn_interval){d.difference - reach, d.difference + reach};
  d.z = d.difference / d.std_error;
  d.p = d.difference == 0 && d.std_error == 0 ? 1 : 2 * gsl_cdf_ugaussian_Q(fabs(d.z));
  return d;
}
