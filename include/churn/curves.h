/* Curves of one set of predictions: points to draw, each of them exact.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_CURVES_H
#define CHURN_CURVES_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { CHURN_GAIN_POINTS = 201, CHURN_CALIBRATION_BINS = 20 };

typedef struct churn_interval {
  double low, high; /* NaN where there is none */
} churn_interval;

/* What contacting the riskiest share of every list reaches: gain, ROC and precision-recall in one.
 * NaN where a figure does not exist. Intervals hold point by point, with customers as clusters;
 * those of captured, captured_value and precision at this depth, that of the true positive rate at
 * this false positive rate (which moves with the depth). */
typedef struct churn_gain_point {
  double depth;               /* share of rows contacted: point i is at i / 200 */
  double captured;            /* share of churners: gain; recall; true positive rate */
  double captured_value;      /* share of the churners' money */
  double false_positive_rate; /* share of stayers */
  double precision;           /* churners among those contacted; at depth 0 as at the next point */
  churn_interval captured_interval;
  churn_interval captured_value_interval;
  churn_interval precision_interval;
  churn_interval true_positive_interval; /* of captured; NaN where the curve stands upright */
} churn_gain_point;

/* Rows of about equal probability. */
typedef struct churn_calibration_bin {
  uint64_t count;    /* rows, each once */
  uint64_t churners; /* of them */
  double rows;
  double mean_probability;
  double observed;         /* churn rate */
  churn_interval interval; /* of the rate: Wilson 1927, at the rows that a simple random sample
                              would need for the variance between customers (Korn and Graubard 1998,
                              Survey Methodology 24:193) */
} churn_calibration_bin;

#ifdef __cplusplus
}
#endif

#endif
