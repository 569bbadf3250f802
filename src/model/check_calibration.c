/* Out-of-fold figures and the recalibration of a model: in their ranges, and never falling.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/check.h"

#include <inttypes.h>
#include <string.h>

static churn_status check_bin(const churn_model_checker *c, size_t i, const churn_reliability *bin)
{
  const struct {
    const char *key;
    double share;
  } shares[] = {{"mean_predicted", bin->mean_predicted},
                {"observed", bin->observed},
                {"lower", bin->lower},
                {"upper", bin->upper}};
  if (!(bin->population > 0) || !(bin->population_churners >= 0))
    return CHURN_FAULT_IN(c,
                          "out_of_fold.reliability[%zu] has a population of %g, %g churned; "
                          "expected more than 0, and 0 or more",
                          i, bin->population, bin->population_churners);
  if (bin->rows == 0)
    return CHURN_FAULT_IN(c, "out_of_fold.reliability[%zu] has no rows", i);
  if (bin->churners > bin->rows)
    return CHURN_FAULT_IN(
        c, "out_of_fold.reliability[%zu].churners is %" PRIu64 ", more than the %" PRIu64 " rows",
        i, bin->churners, bin->rows);
  for (size_t k = 0; k < sizeof shares / sizeof shares[0]; k++)
    if (!(shares[k].share >= 0 && shares[k].share <= 1))
      return CHURN_FAULT_IN(c, "out_of_fold.reliability[%zu].%s is %g; expected 0 to 1", i,
                            shares[k].key, shares[k].share);
  return CHURN_OK;
}

static churn_status check_out_of_fold(const churn_model_checker *c)
{
  const churn_model_out_of_fold *o = &c->model->out_of_fold;
  uint64_t rows = 0;
  churn_status status = churn_model_check_figures(c, "out_of_fold.figures", &o->figures);
  if (status == CHURN_OK && (o->folds == 1 || (o->folds == 0) != (o->figures.rows == 0)))
    status = CHURN_FAULT_IN(c,
                            "out_of_fold.folds is %" PRIu32 " for %" PRIu64
                            " rows; expected 2 or more, or 0 and no rows",
                            o->folds, o->figures.rows);
  if (status == CHURN_OK && (o->intercept_error < 0 || o->slope_error < 0))
    status = CHURN_FAULT_IN(
        c, "out_of_fold.intercept_error or slope_error is below 0; expected 0 or more, or null");
  for (size_t i = 0; status == CHURN_OK && i < o->bin_count; i++) {
    rows += o->bins[i].rows;
    status = check_bin(c, i, &o->bins[i]);
  }
  if (status == CHURN_OK && rows != o->figures.rows)
    status = CHURN_FAULT_IN(c,
                            "out_of_fold.reliability has %" PRIu64 " rows in all, the figures have "
                            "%" PRIu64,
                            rows, o->figures.rows);
  return status;
}

static churn_status check_knots(const churn_model_checker *c)
{
  const churn_recalibration *r = &c->model->recalibration;
  for (size_t i = 0; i < r->knot_count; i++) {
    const churn_knot *knot = &r->knots[i];
    if (!(knot->probability > 0 && knot->probability < 1))
      return CHURN_FAULT_IN(
          c, "recalibration.knots[%zu].probability is %g; expected above 0 and below 1", i,
          knot->probability);
    if (i > 0 && !(knot->logit > knot[-1].logit))
      return CHURN_FAULT_IN(c,
                            "recalibration.knots[%zu].logit is %g, not above that of the knot "
                            "before it",
                            i, knot->logit);
    if (i > 0 && knot->probability < knot[-1].probability)
      return CHURN_FAULT_IN(c,
                            "recalibration.knots[%zu].probability is %g, below that of the knot "
                            "before it",
                            i, knot->probability);
  }
  return CHURN_OK;
}

static bool is_method(const char *name)
{
  return strcmp(name, "none") == 0 || strcmp(name, "platt") == 0 || strcmp(name, "isotonic") == 0;
}

static churn_status check_recalibration(const churn_model_checker *c)
{
  const churn_recalibration *r = &c->model->recalibration;
  bool isotonic = strcmp(r->method, "isotonic") == 0;
  const struct {
    const char *key, *name;
  } methods[] = {{"asked", r->asked}, {"method", r->method}};
  for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++)
    if (!is_method(methods[i].name))
      return CHURN_FAULT_IN(c,
                            "recalibration.%s is " CHURN_SHOWN "; expected none, platt or isotonic",
                            methods[i].key, methods[i].name);
  if (isotonic != (r->knot_count > 0))
    return CHURN_FAULT_IN(c, "recalibration.knots has %zu elements for method " CHURN_SHOWN,
                          r->knot_count, r->method);
  if (!(r->slope > 0))
    return CHURN_FAULT_IN(c, "recalibration.slope is %g; expected above 0", r->slope);
  if (r->log_loss_before < 0 || r->log_loss_after < 0)
    return CHURN_FAULT_IN(c,
                          "recalibration.log_loss_before or log_loss_after is below 0; expected 0 "
                          "or more, or null");
  return check_knots(c);
}

churn_status churn_model_check_calibration(const churn_model_checker *c)
{
  churn_status status = check_out_of_fold(c);
  return status == CHURN_OK ? check_recalibration(c) : status;
}
