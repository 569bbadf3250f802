/* Random streams: GSL's Tausworthe generator, seeded from (seed, purpose, number) so that every
 * customer draws from a stream of its own and the order of the work never matters.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_SIMULATE_STREAM_H
#define CHURN_SIMULATE_STREAM_H

#include <churn/day.h>
#include <gsl/gsl_rng.h>
#include <stdint.h>

/* What a stream is for: streams of two purposes share nothing. */
typedef enum churn_stream_purpose {
  CHURN_STREAM_REPS = 1, /* the desks: sizes, and when their reps leave */
  CHURN_STREAM_PRICES,   /* moves of the list prices */
  CHURN_STREAM_CUSTOMER, /* one customer's life; number = the customer's */
  CHURN_STREAM_TRUTH,    /* the continuations of one truth row */
  CHURN_STREAM_BALANCE,  /* a customer's money in a bank */
  CHURN_STREAM_AMOUNTS   /* what a customer's orders come to */
} churn_stream_purpose;

/* A generator, not seeded yet; free with gsl_rng_free. NULL when memory ran out (GSL's error
 * handler must be off). */
gsl_rng *churn_stream_new(void);

/* Starts the stream. GSL's seeds have 32 bits, so the number is sent through a permutation of the
 * 32-bit words that depends on seed and purpose: two numbers never get the same stream. */
void churn_stream_seed(gsl_rng *random, uint64_t seed, churn_stream_purpose purpose,
                       uint32_t number);

/* The number of a churn_random stream (base/random.h) for a purpose: for draws beside a life, which
 * must not move it. */
static inline uint64_t churn_stream_number(churn_stream_purpose purpose, uint32_t number)
{
  return (uint64_t)purpose << 32 | number;
}

/* An exponential draw of mean 1. By log, which costs a third of gsl_ran_exponential's log1p here
 * and is as exact: the generator's uniform numbers have 32 bits. */
double churn_stream_exponential(gsl_rng *random);

/* First day after `day` on which something happens that happens `rate` times a day (a Poisson
 * process watched once a day; without memory, so that drawing again from a later day changes
 * nothing). Never (CHURN_DAY_LAST) for rate 0 and beyond the calendar. */
churn_day churn_stream_next(gsl_rng *random, churn_day day, double rate);

#endif
