/* The operations of the language on batches of values.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "feature/operate.h"

#include <math.h>

static double finite_or_missing(double value)
{
  return isfinite(value) ? value : NAN;
}

static double negate(double x)
{
  return -x;
}

static double not_true(double x)
{
  return isnan(x) ? NAN : (double)(x == 0);
}

static double is_missing(double x)
{
  return (double)isnan(x);
}

static double log_one_plus(double x)
{
  return x > -1 ? log1p(x) : NAN;
}

static double add(double a, double b)
{
  return finite_or_missing(a + b);
}

static double subtract(double a, double b)
{
  return finite_or_missing(a - b);
}

static double multiply(double a, double b)
{
  return finite_or_missing(a * b);
}

static double divide(double a, double b)
{
  return b == 0 ? NAN : finite_or_missing(a / b);
}

static double truth(double a, double b, bool is_true)
{
  return isnan(a) || isnan(b) ? NAN : (double)is_true;
}

static double both(double a, double b)
{
  return a == 0 || b == 0 ? 0 : truth(a, b, true);
}

static double either(double a, double b)
{
  return a == 1 || b == 1 ? 1 : truth(a, b, false);
}

static double least(double a, double b)
{
  return isnan(a) || isnan(b) ? NAN : a < b ? a : b;
}

static double greatest(double a, double b)
{
  return isnan(a) || isnan(b) ? NAN : a > b ? a : b;
}

#define FOR_EACH(expression)                                                                       \
  for (size_t i = 0; i < count; i++)                                                               \
  values[i] = (expression)

void churn_operate_one(churn_operation operation, size_t count, double *values)
{
  switch (operation) {
  case CHURN_NEGATE:
    FOR_EACH(negate(values[i]));
    break;
  case CHURN_NOT:
    FOR_EACH(not_true(values[i]));
    break;
  case CHURN_IS_MISSING:
    FOR_EACH(is_missing(values[i]));
    break;
  case CHURN_ABS:
    FOR_EACH(fabs(values[i]));
    break;
  case CHURN_LOG1P:
    FOR_EACH(log_one_plus(values[i]));
    break;
  default:
    FOR_EACH(NAN);
  }
}

void churn_operate_two(churn_operation operation, size_t count, const double *right, double *left)
{
  double *values = left;
  switch (operation) {
  case CHURN_ADD:
    FOR_EACH(add(left[i], right[i]));
    break;
  case CHURN_SUBTRACT:
    FOR_EACH(subtract(left[i], right[i]));
    break;
  case CHURN_MULTIPLY:
    FOR_EACH(multiply(left[i], right[i]));
    break;
  case CHURN_DIVIDE:
    FOR_EACH(divide(left[i], right[i]));
    break;
  case CHURN_EQUAL:
    FOR_EACH(truth(left[i], right[i], left[i] == right[i]));
    break;
  case CHURN_UNEQUAL:
    FOR_EACH(truth(left[i], right[i], left[i] != right[i]));
    break;
  case CHURN_LESS:
    FOR_EACH(truth(left[i], right[i], left[i] < right[i]));
    break;
  case CHURN_LESS_EQUAL:
    FOR_EACH(truth(left[i], right[i], left[i] <= right[i]));
    break;
  case CHURN_GREATER:
    FOR_EACH(truth(left[i], right[i], left[i] > right[i]));
    break;
  case CHURN_GREATER_EQUAL:
    FOR_EACH(truth(left[i], right[i], left[i] >= right[i]));
    break;
  case CHURN_AND:
    FOR_EACH(both(left[i], right[i]));
    break;
  case CHURN_OR:
    FOR_EACH(either(left[i], right[i]));
    break;
  case CHURN_COALESCE:
    FOR_EACH(isnan(left[i]) ? right[i] : left[i]);
    break;
  case CHURN_LEAST:
    FOR_EACH(least(left[i], right[i]));
    break;
  case CHURN_GREATEST:
    FOR_EACH(greatest(left[i], right[i]));
    break;
  default:
    FOR_EACH(NAN);
  }
}

void churn_operate_if(size_t count, const double *yes, const double *no, double *condition)
{
  for (size_t i = 0; i < count; i++)
    condition[i] = condition[i] == 1 ? yes[i] : no[i];
}
