/* The arithmetic of churn.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "monitor/turnover.h"

#include "monitor/proportion.h"

#include <math.h>

static const double days_a_year = 365.25;

double churn_periods_per_year(churn_day first, churn_day end)
{
  for (int months = (end - first) / 31; months <= (end - first) / 28; months++)
    if (months > 0 && churn_day_add_months(first, months) == end)
      return 12.0 / months;
  return days_a_year / (end - first);
}

double churn_rate_added(double rate, double periods)
{
  return rate * periods;
}

double churn_rate_compounded(double rate, double periods)
{
  return -expm1(periods * log1p(-rate));
}

double churn_half_life(double rate)
{
  return rate > 0 ? log(2) / -log1p(-rate) : NAN;
}

void churn_rate_finish(churn_rate *rate, double level)
{
  churn_estimate share = churn_share(rate->lost, rate->customers, level);
  rate->rate = share.value;
  rate->rate_low = share.low;
  rate->rate_high = share.high;
  rate->yearly_added = churn_rate_added(share.value, rate->periods_per_year);
  rate->yearly_compounded = churn_rate_compounded(share.value, rate->periods_per_year);
  rate->half_life_days = churn_half_life(share.value) * (double)rate->days / (double)rate->periods;
  rate->value_share_lost = rate->value > 0 ? rate->value_lost / rate->value : NAN;
  rate->net_retention = rate->value_kept_of > 0 ? rate->value_net / rate->value_kept_of : NAN;
  rate->gross_retention = rate->value_kept_of > 0 ? rate->value_gross / rate->value_kept_of : NAN;
}

void churn_rate_add(churn_rate *to, const churn_rate *period)
{
  to->days += period->days;
  to->periods += period->periods;
  to->customers += period->customers;
  to->joined += period->joined;
  to->returned += period->returned;
  to->lost += period->lost;
  to->came_and_went += period->came_and_went;
  to->valued += period->valued;
  to->value += period->value;
  to->value_lost += period->value_lost;
  to->value_kept_of += period->value_kept_of;
  to->value_net += period->value_net;
  to->value_gross += period->value_gross;
}

churn_loss churn_loss_of(double customers, double rate, double periods_per_year, double value,
                         double replacement)
{
  double lost = customers * rate * periods_per_year;
  return (churn_loss){.customers = customers,
                      .rate = rate,
                      .periods_per_year = periods_per_year,
                      .value_per_customer = value,
                      .replacement_cost = replacement,
                      .customers_a_year = lost,
                      .value_a_year = lost * value,
                      .replacement_a_year = lost * replacement};
}
