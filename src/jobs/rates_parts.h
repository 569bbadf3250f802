/* The parts of counting churn rates: which periods, what a segment is, the values of all stays on a
 * day, the tally. Inside jobs/ only.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_JOBS_RATES_PARTS_H
#define CHURN_JOBS_RATES_PARTS_H

#include "design/kinds.h"
#include "design/pipeline.h"
#include "model/text.h"
#include "monitor/stays.h"

#include <churn/rates.h>

/* Days [first, end). */
typedef struct churn_period {
  churn_day first, end;
  double per_year;
} churn_period;

/* One count, from reading to its result. */
typedef struct churn_rates_job {
  const churn_project *project;
  const churn_rates_settings *settings;
  const churn_run *run;
  const churn_pipeline *pipeline; /* whose schema and data these are; NULL = the job's own */
  bool no_money;                  /* only customers are counted, which costs least */
  bool no_tenure;                 /* no cohorts, no survival */
  churn_schema *schema;
  churn_plan *plan; /* output 0 the segment, where there is one */
  size_t outputs;
  churn_data *data;
  churn_stay *stays;
  size_t stay_count;
  churn_period *periods;
  size_t period_count;
  churn_day first, end; /* of all periods */
  churn_workspace **workspaces;
  size_t threads;
  double *entry_codes;         /* [stays] segment when the watch begins; NaN */
  churn_plan *kinds;           /* tells the kinds of loss; NULL = the project has none; of a
                                  pipeline, the caller's */
  churn_kind *stay_kinds;      /* [stays] of those that ended; NULL likewise */
  churn_kind_loss *kind_cells; /* [kind][period]; likewise */
  churn_rate *cells;           /* [segment][period] */
  double *segments;            /* code of each but the first, which is everybody; NaN = missing */
  size_t segment_count, segment_capacity, cell_capacity;
} churn_rates_job;

/* rates_periods.c: the periods that the settings ask for, within what the data cover. */
CHURN_MUST_USE churn_status churn_rates_periods(churn_rates_job *job, churn_error *error);

/* rates_data.c: schema, plan, data, stays; of the pipeline, where there is one, nothing is read. */
CHURN_MUST_USE churn_status churn_rates_open(churn_rates_job *job, churn_error *error);

/* Whether stays have a segment, or, with `values`, money; else churn_rates_evaluate only clears. */
bool churn_rates_evaluates(const churn_rates_job *job, bool values);

/* What all stays are as of a day each (MISSING: not asked, stays NaN): codes [stays] of the
 * segment, values [stays]; either may be NULL. */
CHURN_MUST_USE churn_status churn_rates_evaluate(const churn_rates_job *job, const churn_day *as_of,
                                                 double *codes, double *values, churn_error *error);

/* As churn_rates_count, of a pipeline's data, in which `left`, the history of the outcome and what
 * the value reads are there; without segments. *periods is without money; *whole, which may be
 * asked for beside it, counts the same days as one period, with money and without cohorts and
 * survival. `kinds`: a plan that is bound to the data (design/kinds.h), NULL = none. Nothing is
 * read. What it would remark is dropped. */
CHURN_MUST_USE churn_status churn_rates_of_pipeline(const churn_pipeline *pipeline,
                                                    churn_plan *kinds,
                                                    const churn_rates_settings *settings,
                                                    const churn_run *run, churn_rates **periods,
                                                    churn_rates **whole, churn_error *error);

/* Whether a project says when customers leave, so that there are rates. */
bool churn_rates_possible(const churn_project *project);

/* rates_write.c: what `churn rates --json` prints, as one object. */
void churn_rates_json(const churn_rates *rates, churn_json_text *text);

/* rates_write.c: one row of its "rates", as an object; and its "kind_totals", as a member after a
 * comma, nothing without kinds. */
void churn_rate_json(const churn_rate *rate, churn_json_text *text);
void churn_kind_totals_json(const churn_rates *rates, churn_json_text *text);

/* rates_tally.c: counts into job->cells, and entry_codes. */
CHURN_MUST_USE churn_status churn_rates_tally(churn_rates_job *job, churn_error *error);

/* rates_kinds.c: which kind each loss was (stays are found); cells for them, once periods are
 * known; a loss of a stay in a period, with its value at the start (NaN = none); the kinds into the
 * result.
 */
CHURN_MUST_USE churn_status churn_rates_find_kinds(churn_rates_job *job, churn_error *error);
CHURN_MUST_USE churn_status churn_rates_make_kinds(churn_rates_job *job, churn_error *error);
void churn_rates_add_kind(churn_rates_job *job, size_t period, size_t stay, double value);
CHURN_MUST_USE churn_status churn_rates_fill_kinds(const churn_rates_job *job, churn_rates *rates,
                                                   churn_error *error);

/* rates_compare.c: the difference of the two periods' totals of everybody; with the model. */
CHURN_MUST_USE churn_status churn_rates_compare(const churn_rates_job *job,
                                                churn_rates_comparison *comparison,
                                                churn_error *error);

#endif
