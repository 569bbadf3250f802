/* Churn arithmetic: who was there, who was lost, what it cost, how long customers stay.
 *
 * A customer is there on day T when the project's base at T holds them: joined < T and not left
 * before T. A stay runs from joining to leaving; who comes back begins another stay. Where the
 * outcome is silence, a stay ends on the day the silence is complete (the last row's day + the
 * horizon), or on `left` where that comes first, and begins again with the next row. A stay whose
 * end is not known by the end of the data goes on.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_RATES_H
#define CHURN_RATES_H

#include <churn/kinds.h>
#include <churn/model.h>
#include <churn/project.h>
#include <churn/run.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A span of days, both ends in it. */
typedef struct churn_span_of_days {
  churn_day first, last;
} churn_span_of_days;

/* What to count. first and last MISSING: the project's first snapshot, and the last day of its
 * data; without snapshots the 12 latest periods. */
typedef struct churn_rates_settings {
  churn_day first, last;
  const char *every; /* "1 month", "2 weeks", "30d"; NULL = one period where both days are given,
                        else the step of the project's snapshots, else 1 month */
  const char
      *by; /* segments: a feature's name, a customers' column or an expression; NULL = none */
  const churn_span_of_days *compare; /* [2], before and after; NULL = none. Then first, last and
                                        every must not be given */
  const churn_model *model; /* adjusts the comparison for the mix of customers; NULL = no */
  double value; /* a customer's, for the loss; NaN = the mean at the last period's start */
  double replacement_cost; /* of a lost customer; NaN = not known */
  double level;            /* of intervals; 0 = 0.95 */
} churn_rates_settings;

/* Lost as in the whole base: segment "" is everybody. Segments are as of the start of the period,
 * of who joins in it as of the day after. Money is the project's `value` as of the start of the
 * period (who has none counts for no money), that of its end as of the day after it. */
typedef struct churn_rate {
  const char *segment;
  churn_day first, last;
  int64_t days;            /* in all of its periods together */
  uint64_t periods;        /* 1; in a row that adds several up, how many */
  double periods_per_year; /* 12 / months for whole calendar months, else 365.25 / days */
  uint64_t customers;      /* there at the start */
  uint64_t joined;         /* stays that began in the period */
  uint64_t returned;       /* of those, of customers who had been there before */
  uint64_t lost;           /* of those there at the start: whose stay ended in the period */
  uint64_t came_and_went;  /* joined and lost within the period; not in `lost`.
                              customers + joined - lost - came_and_went are there at its end */
  double rate, rate_low, rate_high;       /* lost / customers, Wilson's limits */
  double yearly_added, yearly_compounded; /* n r and 1 - (1 - r)^n for n periods a year */
  double half_life_days;    /* until half the base is gone at this rate; NaN = never */
  uint64_t valued;          /* customers at the start with a value */
  double value, value_lost; /* their values at the start; of the lost among them */
  double value_share_lost;
  double value_kept_of; /* values at the start of who has one at both ends, or was lost */
  double value_net;     /* what they are worth at its end, the lost nothing */
  double value_gross;   /* the same, where nobody counts for more than at the start */
  double net_retention, gross_retention; /* value_net and value_gross / value_kept_of */
} churn_rate;

/* The lost of one kind in a period, of those who were there at its start. */
typedef struct churn_kind_loss {
  churn_kind kind;
  churn_day first, last;
  uint64_t lost;      /* over all kinds they add up to the rate's */
  double share;       /* of the period's lost; NaN where nobody was */
  double value_lost;  /* likewise */
  double value_share; /* of the value lost in the period; NaN where none was */
} churn_kind_loss;

/* A year's loss at the rate of all periods together: customers x rate x periods a year. NaN what is
 * not known. */
typedef struct churn_loss {
  double customers; /* at the start of the last period */
  double rate;      /* per period */
  double periods_per_year;
  double value_per_customer, replacement_cost;
  double customers_a_year, value_a_year, replacement_a_year;
} churn_loss;

/* Who joined in one calendar month (within the periods). */
typedef struct churn_cohort {
  churn_day month; /* its first day */
  uint64_t customers;
  uint32_t months; /* how many are known: all of the cohort was seen for so long */
  double *staying; /* [months + 1] share still there 0, 1, … months after joining */
} churn_cohort;

/* One point of a survival curve. */
typedef struct churn_survival_point {
  uint32_t months;
  int32_t days;                          /* of tenure: months x 30.4375, rounded */
  uint64_t at_risk;                      /* under watch just then */
  double survival, std_error, low, high; /* NaN where there is none */
} churn_survival_point;

/* How long customers stay who were there in the periods, with delayed entry: by segment as of the
 * day on which the watch begins (the first period's start, or the day after joining). */
typedef struct churn_survival_curve {
  const char *segment; /* "" = everybody */
  uint64_t stays, lost;
  double median_days, median_low, median_high; /* NaN = not reached */
  churn_survival_point *points;
  size_t count;
} churn_survival_curve;

/* Two periods against each other. The plain figures are those of the two rates. The adjusted ones
 * hold each period's churners against what the model expects of its customers (indirect
 * standardisation), in the model's own windows [T + gap, T + gap + horizon), T = the period's first
 * day and then each horizon's length on, that end within the period. */
typedef struct churn_rates_comparison {
  double difference, difference_low, difference_high; /* after - before, Newcombe 1998 */
  bool adjusted;
  uint32_t windows[2];
  uint64_t rows[2], observed[2];
  double expected[2];
  double ratio[2], ratio_low[2], ratio_high[2]; /* observed / expected, exact Poisson limits */
  double relative, relative_low, relative_high; /* ratio after / ratio before, exact limits */
  double p;
} churn_rates_comparison;

typedef struct churn_rates {
  char *by;     /* as asked for; NULL */
  bool silence; /* stays end by silence */
  double level;
  churn_day data_until;
  churn_rate *rates; /* by segment, everybody first, then bytewise, missing last; by period */
  size_t count;
  churn_rate *totals; /* [segment_count] all periods of a segment together */
  char **segments;    /* "" first */
  size_t segment_count;
  churn_kind_loss *kinds; /* [kind_count] of everybody, by kind, then period, "unclassified" last;
                             NULL where the project has no `kinds` */
  size_t kind_count;      /* CHURN_KINDS x periods */
  churn_kind_loss kind_totals[CHURN_KINDS]; /* all periods together */
  churn_loss loss;
  churn_cohort *cohorts;
  size_t cohort_count;
  churn_survival_curve *curves; /* [segment_count] */
  size_t curve_count;
  bool compared;
  churn_rates_comparison comparison;
  uint64_t undated; /* stays without a joining day: in the rates, not in cohorts and curves */
} churn_rates;

/* Counts. Errors: those of reading; USAGE for days or a step that make no sense together;
 * BAD_PROJECT for a segment that is none, and for a project that does not say when customers leave
 * (a flat export, labels or events without `left`); DEGENERATE where no period lies within the
 * data. */
CHURN_MUST_USE churn_status churn_rates_count(const churn_project *project,
                                              const churn_rates_settings *settings,
                                              const churn_run *run, churn_rates **rates,
                                              churn_error *error);
void churn_rates_free(churn_rates *rates);

/* Writes what `churn rates --json` prints; "-" = standard output; all or nothing. */
CHURN_MUST_USE churn_status churn_rates_write_json(const churn_rates *rates, const char *path,
                                                   churn_error *error);

/* The same as one tidy CSV: `table,segment,first,last,month,measure,value`, a figure a line; one
 * that does not exist has an empty value. */
CHURN_MUST_USE churn_status churn_rates_write_csv(const churn_rates *rates, const char *path,
                                                  churn_error *error);

#ifdef __cplusplus
}
#endif

#endif
