/* The score interval of a share.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_BASE_WILSON_H
#define CHURN_BASE_WILSON_H

/* The share `rate` of `rows` draws (more than 0; need not be whole), with the normal quantile z of
 * the level: *low <= rate <= *high whatever rounding says. Source: Wilson 1927, JASA 22:209. */
void churn_wilson(double rate, double rows, double z, double *low, double *high);

#endif
