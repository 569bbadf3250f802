/* Do a model's parts fit each other? The same rules for a model just read and one about to be
 * written. Cost: O(columns^2) for the covariance, O(n log n) for names.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/check.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/type.h"
#include "model/file.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* How far covariance[i][j] may be from [j][i], in units of the two standard errors: the two may
 * have been rounded apart. */
static const double symmetry_tolerance = 1e-8;

static churn_status check_filled(const churn_model_checker *c, const char *key, const char *text)
{
  return text[0] != '\0' ? CHURN_OK : CHURN_FAULT_IN(c, "%s is empty", key);
}

static churn_status check_words(const churn_model_checker *c)
{
  const churn_model *m = c->model;
  const struct {
    const char *key, *text;
  } words[] = {{"program", m->program},
               {"intercept.name", m->intercept.name},
               {"fit.penalty", m->penalty},
               {"fit.lambda_rule", m->lambda_rule},
               {"fit.covariance_kind", m->covariance_kind},
               {"fit.test_kind", m->test_kind},
               {"fit.interval_kind", m->interval_kind},
               {"fit.stopped_by", m->stopped_by},
               {"validation_kind", m->validation_kind},
               {"out_of_fold.error_kind", m->out_of_fold.error_kind}};
  churn_status status = CHURN_OK;
  for (size_t i = 0; status == CHURN_OK && i < sizeof words / sizeof words[0]; i++)
    status = check_filled(c, words[i].key, words[i].text);
  return status;
}

static churn_status check_training(const churn_model_checker *c)
{
  const churn_model *m = c->model;
  if ((m->first_as_of == CHURN_DAY_MISSING) != (m->last_as_of == CHURN_DAY_MISSING))
    return CHURN_FAULT_IN(c, "training.first_as_of and last_as_of: one is a date, one is null");
  if (m->first_as_of > m->last_as_of)
    return CHURN_FAULT_IN(c, "training.last_as_of lies before first_as_of");
  if (m->test_share < 0 || m->test_share >= 1)
    return CHURN_FAULT_IN(c, "training.test_share is %g; expected 0 or more, and less than 1",
                          m->test_share);
  if (m->churners > m->rows)
    return CHURN_FAULT_IN(c, "training.churners is %" PRIu64 ", more than the %" PRIu64 " rows",
                          m->churners, m->rows);
  if (m->churned_customers > m->churners || m->churned_customers > m->customers)
    return CHURN_FAULT_IN(
        c, "fit.churned_customers is %" PRIu64 ", more than the churners or the customers",
        m->churned_customers);
  if (m->customers > m->rows)
    return CHURN_FAULT_IN(c, "training.customers is %" PRIu64 ", more than the %" PRIu64 " rows",
                          m->customers, m->rows);
  return CHURN_OK;
}

/* The words and what goes with each. */
static churn_status check_weighting(const churn_model_checker *c)
{
  const churn_model *m = c->model;
  bool expression =
      strcmp(m->weighting, "frequency") == 0 || strcmp(m->weighting, "inclusion") == 0;
  bool sampled = strcmp(m->weighting, "sampled") == 0;
  const double rates[] = {m->sampled_churners, m->sampled_others};
  if (!expression && !sampled && strcmp(m->weighting, "none") != 0)
    return CHURN_FAULT_IN(
        c, "training.weighting is " CHURN_SHOWN "; expected none, frequency, inclusion or sampled",
        m->weighting);
  if (expression != (m->weight != NULL && m->weight[0] != '\0'))
    return CHURN_FAULT_IN(c, "training.weight must be %s where training.weighting is " CHURN_SHOWN,
                          expression ? "an expression" : "null", m->weighting);
  for (size_t i = 0; i < 2; i++)
    if (!(rates[i] > 0 && rates[i] <= 1) || (!sampled && rates[i] < 1))
      return CHURN_FAULT_IN(c, "training.%s is %g; expected %s",
                            i == 0 ? "sampled_churners" : "sampled_others", rates[i],
                            sampled ? "above 0, at most 1" : "1, as nothing was sampled");
  if (m->population_churners < 0 || m->population_churners > m->population)
    return CHURN_FAULT_IN(c, "training.population_churners is %g; expected 0 to the %g in all",
                          m->population_churners, m->population);
  if (m->outcome_kind != NULL && m->outcome_kind[0] == '\0')
    return CHURN_FAULT_IN(c, "training.outcome_kind is empty; expected how churn was told, or no "
                             "key");
  if (m->excluded != NULL && m->excluded[0] == '\0')
    return CHURN_FAULT_IN(c, "training.excluded is empty; expected kinds of loss, or no key");
  if (m->offset != NULL && m->offset[0] == '\0')
    return CHURN_FAULT_IN(c, "fit.offset is empty; expected an expression, or null");
  return CHURN_OK;
}

static churn_status check_fit(const churn_model_checker *c)
{
  const churn_model *m = c->model;
  if (m->lambda < 0)
    return CHURN_FAULT_IN(c, "fit.lambda is %g; expected 0 or more", m->lambda);
  if (m->alpha < 0 || m->alpha > 1)
    return CHURN_FAULT_IN(c, "fit.alpha is %g; expected 0 to 1", m->alpha);
  if (m->cv_std_error < 0)
    return CHURN_FAULT_IN(c, "fit.cv_std_error is %g; expected 0 or more, or null",
                          m->cv_std_error);
  for (size_t i = 0; i < m->column_count; i++)
    if (m->columns[i].penalty_factor < 0)
      return CHURN_FAULT_IN(c, "columns[%zu].penalty_factor is %g; expected 0 or more", i,
                            m->columns[i].penalty_factor);
  if (m->max_gradient < 0)
    return CHURN_FAULT_IN(c, "fit.max_gradient is %g; expected 0 or more", m->max_gradient);
  return CHURN_OK;
}

churn_status churn_model_check_figures(const churn_model_checker *c, const char *key,
                                       const churn_figures *f)
{
  if (f->churners > f->rows)
    return CHURN_FAULT_IN(c, "%s.churners is %" PRIu64 ", more than the %" PRIu64 " rows", key,
                          f->churners, f->rows);
  const struct {
    const char *key;
    double share;
  } shares[] = {{"auc", f->auc},
                {"auc_lower", f->auc_lower},
                {"auc_upper", f->auc_upper},
                {"brier", f->brier},
                {"null_brier", f->null_brier}};
  for (size_t i = 0; i < sizeof shares / sizeof shares[0]; i++)
    if (shares[i].share < 0 || shares[i].share > 1)
      return CHURN_FAULT_IN(c, "%s.%s is %g; expected 0 to 1, or null", key, shares[i].key,
                            shares[i].share);
  if (f->log_loss < 0 || f->null_log_loss < 0)
    return CHURN_FAULT_IN(c, "%s.%s is %g; expected 0 or more, or null", key,
                          f->log_loss < 0 ? "log_loss" : "null_log_loss",
                          f->log_loss < 0 ? f->log_loss : f->null_log_loss);
  if (f->top_decile_lift < 0)
    return CHURN_FAULT_IN(c, "%s.top_decile_lift is %g; expected 0 or more, or null", key,
                          f->top_decile_lift);
  return CHURN_OK;
}

/* A standard error where there is a covariance; without one neither it nor what follows from it. */
static churn_status check_inference(const churn_model_checker *c, const churn_model_column *column)
{
  const double given[] = {column->std_error, column->z, column->p, column->lower, column->upper};
  bool none = strcmp(c->model->covariance_kind, "none") == 0;
  if (!none && isnan(column->std_error))
    return CHURN_FAULT_IN(c,
                          "column " CHURN_SHOWN
                          ": std_error must be a number where fit.covariance_kind is " CHURN_SHOWN,
                          column->name, c->model->covariance_kind);
  for (size_t i = 0; none && i < sizeof given / sizeof given[0]; i++)
    if (!isnan(given[i]))
      return CHURN_FAULT_IN(c,
                            "column " CHURN_SHOWN ": std_error, z, p, lower and upper must be null "
                            "where fit.covariance_kind is \"none\"",
                            column->name);
  return CHURN_OK;
}

static churn_status check_covariance(const churn_model_checker *c)
{
  size_t size = c->model->column_count + 1;
  const double *v = c->model->covariance;
  bool none = strcmp(c->model->covariance_kind, "none") == 0;
  churn_status status = check_inference(c, &c->model->intercept);
  for (size_t i = 0; status == CHURN_OK && i + 1 < size; i++)
    status = check_inference(c, &c->model->columns[i]);
  if (status != CHURN_OK)
    return status;
  if (none != (v == NULL))
    return CHURN_FAULT_IN(c, "covariance must be %s where fit.covariance_kind is " CHURN_SHOWN,
                          none ? "null" : "an array", c->model->covariance_kind);
  if (none)
    return CHURN_OK;
  for (size_t i = 0; i < size; i++)
    if (v[i * size + i] < 0)
      return CHURN_FAULT_IN(c, "covariance[%zu][%zu] is %g; expected a variance, 0 or more", i, i,
                            v[i * size + i]);
  for (size_t i = 0; i < size; i++)
    for (size_t j = 0; j < i; j++) {
      double scale = sqrt(v[i * size + i]) * sqrt(v[j * size + j]);
      if (fabs(v[i * size + j] - v[j * size + i]) > symmetry_tolerance * scale)
        return CHURN_FAULT_IN(c, "covariance[%zu][%zu] is %g, but [%zu][%zu] is %g", i, j,
                              v[i * size + j], j, i, v[j * size + i]);
    }
  return CHURN_OK;
}

static bool is_type_name(const char *name)
{
  return churn_type_from_name(name) != CHURN_TYPE_INFER ||
         strcmp(name, churn_type_name(CHURN_TYPE_ID)) == 0;
}

static int compare_types(const void *left, const void *right)
{
  const churn_model_type *a = *(const churn_model_type *const *)left;
  const churn_model_type *b = *(const churn_model_type *const *)right;
  int order = strcmp(a->source, b->source);
  return order != 0 ? order : strcmp(a->column, b->column);
}

static churn_status check_types_once(const churn_model_checker *c)
{
  size_t count = c->model->type_count;
  const churn_model_type **types = churn_array_new(count, sizeof *types);
  if (types == NULL)
    return churn_error_no_memory(c->reporter->error);
  for (size_t i = 0; i < count; i++)
    types[i] = &c->model->types[i];
  qsort(types, count, sizeof *types, compare_types);
  churn_status status = CHURN_OK;
  for (size_t i = 1; status == CHURN_OK && i < count; i++)
    if (compare_types(&types[i - 1], &types[i]) == 0)
      status = CHURN_FAULT_IN(c, "types: two are for column " CHURN_SHOWN " of " CHURN_SHOWN,
                              types[i]->column, types[i]->source);
  free(types);
  return status;
}

static churn_status check_types(const churn_model_checker *c)
{
  const churn_model_type *types = c->model->types;
  for (size_t i = 0; i < c->model->type_count; i++)
    if (!is_type_name(types[i].type))
      return CHURN_FAULT_IN(c,
                            "types[%zu].type is " CHURN_SHOWN
                            "; expected number, day, scheduled, category, flag or id",
                            i, types[i].type);
  return check_types_once(c);
}

static churn_status check_inputs(const churn_model_checker *c)
{
  for (size_t i = 0; i < c->model->input_count; i++) {
    const char *print = c->model->inputs[i].fingerprint;
    if (strlen(print) != 32 || strspn(print, "0123456789abcdef") != 32)
      return CHURN_FAULT_IN(
          c, "inputs[%zu].fingerprint is no fingerprint; expected 32 hexadecimal digits", i);
  }
  return CHURN_OK;
}

churn_status churn_model_check(const churn_model_reporter *reporter, const churn_model *model)
{
  churn_model_checker c = {reporter, model};
  churn_status status = check_words(&c);
  if (status == CHURN_OK)
    status = check_training(&c);
  if (status == CHURN_OK)
    status = check_weighting(&c);
  if (status == CHURN_OK)
    status = check_inputs(&c);
  if (status == CHURN_OK)
    status = check_types(&c);
  if (status == CHURN_OK)
    status = churn_model_check_encoding(&c);
  if (status == CHURN_OK)
    status = check_fit(&c);
  if (status == CHURN_OK)
    status = churn_model_check_figures(&c, "training_figures", &model->training);
  if (status == CHURN_OK)
    status = churn_model_check_figures(&c, "validation_figures", &model->validation);
  if (status == CHURN_OK)
    status = churn_model_check_calibration(&c);
  if (status == CHURN_OK)
    status = check_covariance(&c);
  return status;
}
