/* How good are probabilities: puts the figures together from the ranking and the calibration.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "evaluate/figures.h"

#include "base/error.h"
#include "evaluate/calibration.h"
#include "evaluate/ranking.h"

#include <math.h>

static void fill_deciles(const churn_ranking *ranking, churn_decile deciles[CHURN_DECILES])
{
  double count = ranking->population, rate = ranking->population_churners / count;
  churn_above top = {0, 0, 0, 0};
  for (int i = 0; i < CHURN_DECILES; i++) {
    churn_above end = churn_ranking_above(ranking, (i + 1) * count / CHURN_DECILES);
    churn_decile d = {.rows = count / CHURN_DECILES, .churners = end.churners - top.churners};
    d.mean_probability = (end.probability - top.probability) / d.rows;
    d.lift = rate > 0 ? d.churners / d.rows / rate : NAN;
    deciles[i] = d;
    top = end;
  }
}

static churn_capture capture(const churn_ranking *ranking, uint64_t wanted, bool has_values)
{
  const churn_above *all = &ranking->above[ranking->count];
  uint64_t all_rows = (uint64_t)ranking->population;
  churn_capture c = {.count = wanted < all_rows ? wanted : all_rows};
  churn_above top = churn_ranking_above(ranking, (double)c.count);
  c.precision = c.count > 0 ? top.churners / (double)c.count : NAN;
  c.captured = ranking->churners > 0 ? top.churners / all->churners : NAN;
  c.captured_value = has_values && all->value != 0 ? top.value / all->value : NAN;
  return c;
}

static double entropy(double share)
{
  return share > 0 ? -share * log(share) : 0;
}

/* What the same probability for everyone, the observed rate, would score. */
static void fill_null(double rate, churn_figures *figures)
{
  figures->null_log_loss = entropy(rate) + entropy(1 - rate);
  figures->null_brier = rate * (1 - rate);
}

static void fill_figures(const churn_ranking *ranking, const churn_calibration *calibration,
                         churn_evaluation *e)
{
  double count = ranking->population;
  fill_deciles(ranking, e->deciles);
  e->figures = (churn_figures){.rows = ranking->represented,
                               .churners = ranking->churners,
                               .auc = churn_ranking_auc(ranking),
                               .auc_lower = NAN,
                               .auc_upper = NAN,
                               .log_loss = calibration->log_loss,
                               .brier = calibration->brier,
                               .calibration_intercept = calibration->intercept,
                               .calibration_slope = calibration->slope,
                               .top_decile_lift = e->deciles[0].lift};
  e->intercept_error = calibration->intercept_error;
  e->slope_error = calibration->slope_error;
  e->mean_probability = ranking->above[ranking->count].probability / count;
  e->observed_rate = ranking->population_churners / count;
  fill_null(e->observed_rate, &e->figures);
  e->error_kind = ranking->weighted && !ranking->repeated ? "robust" : "model";
  e->population = ranking->population;
  e->population_churners = ranking->population_churners;
}

churn_status churn_figures_compute(const churn_scored *scored, const uint64_t *capture_counts,
                                   size_t capture_count, const churn_run *run,
                                   churn_evaluation *evaluation, churn_error *error)
{
  churn_ranking ranking = {0};
  churn_calibration calibration;
  if (scored->rows == 0)
    return churn_error_set(error, CHURN_DEGENERATE, "there is no labelled row to evaluate on");
  if (capture_count > CHURN_MOST_CAPTURES)
    return churn_error_set(error, CHURN_USAGE, "%zu counts of riskiest rows asked; at most %d",
                           capture_count, CHURN_MOST_CAPTURES);
  churn_status status = churn_ranking_build(scored, &ranking, error);
  if (status == CHURN_OK)
    status = churn_calibration_compute(&ranking, run, &calibration, error);
  if (status == CHURN_OK) {
    fill_figures(&ranking, &calibration, evaluation);
    evaluation->capture_count = capture_count;
    for (size_t i = 0; i < capture_count; i++)
      evaluation->captures[i] = capture(&ranking, capture_counts[i], scored->values != NULL);
  }
  churn_ranking_clear(&ranking);
  return status;
}
