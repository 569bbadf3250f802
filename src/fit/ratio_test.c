/* Likelihood-ratio test by a restricted refit.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "fit/ratio_test.h"

#include "base/error.h"
#include "base/memory.h"
#include "fit/restricted.h"

#include <math.h>
#include <stdlib.h>

/* The deviance less its decrement is the minimum but for terms of third order. Newton's steps
 * shrink as decrement = (c x decrement before)^2 (the first one's "before" is the whole deviance),
 * which tells c, and those terms are about c x decrement^1.5 = decrement^2 / decrement before. */
static const double most_error = 1e-10;

enum { STEPS = 60 };

/* How far the columns' coefficients are from 0; false when they are there. */
static bool rest_of_way(const churn_restricted *r, const size_t *columns, double *change)
{
  bool left = false;
  for (size_t i = 0; i < r->held; i++) {
    double now = r->point.coefficients[1 + columns[i]];
    double full = r->best->coefficients[1 + columns[i]];
    change[i] = fabs(now) > 1e-14 * fabs(full) ? -now : 0;
    left = left || change[i] != 0;
  }
  return left;
}

static churn_status refit(churn_restricted *r, const size_t *columns, double *change, double *chi2,
                          churn_error *error)
{
  bool moved = true;
  double before = 0;
  churn_status status = CHURN_OK;
  for (int i = 0; i < STEPS && moved && status == CHURN_OK; i++) {
    bool there = !rest_of_way(r, columns, change);
    if (there && r->decrement * r->decrement <= most_error * before) {
      *chi2 = churn_restricted_deviance(r);
      return CHURN_OK;
    }
    before = there ? r->decrement : 0;
    status = churn_restricted_step(r, change, &moved, error);
    before = there ? before : churn_restricted_deviance(r);
  }
  return status;
}

churn_status churn_ratio_test(const churn_objective *objective, const churn_point *best,
                              const size_t *columns, size_t count, double *chi2, churn_error *error)
{
  churn_status status = CHURN_OK;
  size_t n = objective->matrix->columns + 1;
  double *functions = churn_array_new(count * n, sizeof *functions);
  double *change = churn_array_new(count, sizeof *change);
  churn_restricted r = {
      .objective = objective, .best = best, .held = count, .functions = functions};
  bool regular = false;
  double found = NAN;
  if (functions == NULL || change == NULL) {
    status = churn_error_no_memory(error);
    goto done;
  }
  for (size_t i = 0; i < count; i++)
    functions[i * n + 1 + columns[i]] = 1;
  status = churn_restricted_prepare(&r, &regular, error);
  if (status == CHURN_OK && regular)
    status = refit(&r, columns, change, &found, error);
  if (status == CHURN_OK)
    *chi2 = found;
done:
  churn_restricted_clear(&r);
  free(functions);
  free(change);
  return status;
}
