/* Learning a recalibration and judging it on rows it did not learn from.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs/recalibrate.h"

#include "base/error.h"
#include "base/memory.h"
#include "evaluate/logit.h"
#include "fit/isotonic.h"
#include "score/recalibration.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const method_names[] = {"none", "platt", "isotonic"};

/* Steps follow the data more closely than a line does. A curve that may take any rising form wants
 * 200 events and 200 others before it shows more than noise (Van Calster and others, Journal of
 * Clinical Epidemiology 74:167, 2016); below about that, Platt's line is the better one
 * (Niculescu-Mizil and Caruana, ICML 2005, section 5). */
enum { FEWEST_FOR_STEPS = 200 };

/* Customers with a row of each label; of `repeated` rows, so many. */
static void count_customers(const churn_logit_rows *rows, uint64_t count[2])
{
  bool counted[2] = {false, false};
  count[0] = count[1] = 0;
  for (size_t r = 0; r < rows->rows; r++) {
    if (r == 0 || rows->clusters == NULL || rows->clusters[r] != rows->clusters[r - 1])
      counted[0] = counted[1] = false;
    if (!counted[rows->labels[r]])
      count[rows->labels[r]] += rows->repeated ? (uint64_t)rows->weights[r] : 1;
    counted[rows->labels[r]] = true;
  }
}

/* Mean of -log P(y) over the population. */
static double log_loss(const churn_logit_rows *rows, const double *logits)
{
  double sum = 0, total = 0;
  for (size_t r = 0; r < rows->rows; r++) {
    double weight = rows->weights == NULL ? 1 : rows->weights[r];
    sum += weight * churn_logit_loss(logits[r], rows->labels[r]);
    total += weight;
  }
  return sum / total;
}

/* What is learned of all rows, and each row's logit by what the other folds teach. */
typedef struct lesson {
  const churn_logit_rows *rows;
  const churn_fold_map *map;
  const churn_run *run;
  churn_recalibration *learned;
  double *crossed;       /* [rows] */
  uint64_t customers[2]; /* who stayed, who churned */
  bool found;
} lesson;

static bool too_few(const lesson *l)
{
  return strcmp(l->learned->asked, method_names[CHURN_RECALIBRATE_ISOTONIC]) == 0 &&
         (l->customers[0] < FEWEST_FOR_STEPS || l->customers[1] < FEWEST_FOR_STEPS);
}

static churn_status learn_line(lesson *l, churn_error *error)
{
  churn_logit_line line;
  churn_status status = churn_logit_line_fit(l->rows, l->run, &line, error);
  if (status != CHURN_OK || !(line.slope > 0))
    return status;
  l->learned->intercept = line.intercept;
  l->learned->slope = line.slope;
  return churn_logit_line_cross(l->rows, l->map, l->run, l->crossed, &l->found, error);
}

/* The rows of one fold by the knots of the others. */
static churn_status cross_fold(const lesson *l, const uint32_t *order, uint32_t fold,
                               churn_error *error)
{
  churn_recalibration others = {.method = l->learned->method};
  churn_status status =
      churn_isotonic_fit(l->rows, order, l->map, fold, &others.knots, &others.knot_count, error);
  for (size_t r = 0; status == CHURN_OK && r < l->rows->rows; r++)
    if (l->map->fold[r] == fold)
      l->crossed[r] = churn_recalibrated_logit(&others, l->rows->logits[r]);
  free(others.knots);
  return status;
}

static churn_status learn_knots(lesson *l, churn_error *error)
{
  uint32_t *order = churn_logit_order(l->rows);
  churn_error fault = {0};
  churn_status status = order == NULL ? churn_error_no_memory(&fault) : CHURN_OK;
  if (status == CHURN_OK)
    status = churn_isotonic_fit(l->rows, order, NULL, 0, &l->learned->knots,
                                &l->learned->knot_count, &fault);
  for (uint32_t f = 0; status == CHURN_OK && f < l->map->count; f++)
    status = cross_fold(l, order, f, &fault);
  free(order);
  l->found = status == CHURN_OK;
  if (status != CHURN_OK && status != CHURN_DEGENERATE && error != NULL)
    *error = fault;
  return status == CHURN_DEGENERATE ? CHURN_OK : status;
}

static void judge(lesson *l)
{
  if (!l->found)
    return;
  l->learned->log_loss_before = log_loss(l->rows, l->rows->logits);
  l->learned->log_loss_after = log_loss(l->rows, l->crossed);
}

static void say_why(const lesson *l, const churn_recalibration *r)
{
  if (l->found)
    churn_notes_add(l->run->notes, CHURN_WARNING, "not_recalibrated", CHURN_NOWHERE,
                    "the model goes without the %s recalibration: learned from some folds and "
                    "tried on the others it takes the log-loss from %.6f to %.6f",
                    r->asked, r->log_loss_before, r->log_loss_after);
  else if (l->rows != NULL && too_few(l))
    churn_notes_add(l->run->notes, CHURN_WARNING, "not_recalibrated", CHURN_NOWHERE,
                    "the model goes without the isotonic recalibration: it wants %d customers who "
                    "churned and as many who stayed, and there are %" PRIu64 " and %" PRIu64
                    "; `recalibrate: platt` does with fewer",
                    FEWEST_FOR_STEPS, l->customers[1], l->customers[0]);
  else
    churn_notes_add(l->run->notes, CHURN_WARNING, "not_recalibrated", CHURN_NOWHERE,
                    "the model goes without the %s recalibration: %s", r->asked,
                    l->rows == NULL ? "there are no out-of-fold predictions to learn it from"
                                    : "the out-of-fold predictions give no rising one");
}

/* The method's name changes back; so does all that was learned but the two losses. */
static churn_status go_without(const lesson *l, churn_recalibration *r, churn_error *error)
{
  say_why(l, r);
  free(r->knots);
  free(r->method);
  r->knots = NULL;
  r->method = NULL;
  r->knot_count = 0;
  r->intercept = 0;
  r->slope = 1;
  return churn_text_set(&r->method, method_names[CHURN_RECALIBRATE_NONE], error);
}

static churn_status learn(lesson *l, churn_recalibrate wanted, churn_error *error)
{
  if (l->rows == NULL)
    return CHURN_OK;
  count_customers(l->rows, l->customers);
  if (too_few(l))
    return CHURN_OK;
  l->crossed = churn_array_new(l->rows->rows, sizeof *l->crossed);
  if (l->crossed == NULL)
    return churn_error_no_memory(error);
  churn_status status =
      wanted == CHURN_RECALIBRATE_PLATT ? learn_line(l, error) : learn_knots(l, error);
  if (status == CHURN_OK)
    judge(l);
  free(l->crossed);
  return status;
}

churn_status churn_recalibrate_model(const churn_logit_rows *rows, const churn_fold_map *map,
                                     churn_recalibrate wanted, const churn_run *run,
                                     churn_recalibration *r, churn_error *error)
{
  lesson l = {.rows = rows, .map = map, .run = run, .learned = r};
  *r = (churn_recalibration){.slope = 1, .log_loss_before = NAN, .log_loss_after = NAN};
  churn_status status = churn_text_set(&r->asked, method_names[wanted], error);
  if (status == CHURN_OK)
    status = churn_text_set(&r->method, method_names[wanted], error);
  if (status != CHURN_OK || wanted == CHURN_RECALIBRATE_NONE)
    return status;
  status = learn(&l, wanted, error);
  if (status == CHURN_OK && !(r->log_loss_after < r->log_loss_before))
    status = go_without(&l, r, error);
  return status;
}
