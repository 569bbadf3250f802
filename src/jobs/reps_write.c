/* The scorecard of reps as JSON and as CSV. The table below names each figure once, for both.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/output.h"
#include "jobs/reps_parts.h"
#include "model/report.h"

#include <churn/reps.h>

#include <math.h>
#include <string.h>

enum { FIGURES = 20 };

const char *churn_rep_verdict_name(churn_rep_verdict verdict)
{
  static const char *const names[] = {"not_tested", "as_expected", "worse", "better"};
  return names[verdict];
}

static void list_figures(const churn_rep *r, churn_json_pair pairs[FIGURES])
{
  const churn_control_limits *c = &r->control;
  const churn_json_pair figures[FIGURES] = {{"customers", (double)r->customers},
                                            {"rows", (double)r->rows},
                                            {"observed", (double)r->observed},
                                            {"expected", r->expected},
                                            {"ratio", r->ratio},
                                            {"ratio_low", r->ratio_low},
                                            {"ratio_high", r->ratio_high},
                                            {"p", r->p},
                                            {"p_adjusted", r->p_adjusted},
                                            {"control_low_95", c->low_95},
                                            {"control_high_95", c->high_95},
                                            {"control_low_998", c->low_998},
                                            {"control_high_998", c->high_998},
                                            {"current", (double)r->current},
                                            {"valued", (double)r->valued},
                                            {"expected_now", r->expected_now},
                                            {"value", r->value},
                                            {"expected_loss", r->expected_loss},
                                            {"exposure_churners", r->exposure_churners},
                                            {"exposure_loss", r->exposure_loss}};
  for (int i = 0; i < FIGURES; i++)
    pairs[i] = figures[i];
}

static void append_snapshots(churn_json_text *text, const churn_reps *reps, const churn_rep *r)
{
  churn_json_append(text, ", \"snapshots\": [");
  for (size_t d = 0; d < reps->day_count; d++) {
    const churn_rep_snapshot *s = &r->snapshots[d];
    const churn_json_pair pairs[] = {{"customers", (double)s->customers},
                                     {"observed", (double)s->observed},
                                     {"expected", s->expected}};
    churn_json_append(text, d == 0 ? "{\"as_of\": " : ", {\"as_of\": ");
    churn_json_day(text, s->as_of);
    churn_json_numbers(text, pairs, sizeof pairs / sizeof pairs[0], false);
    churn_json_append(text, "}");
  }
  churn_json_append(text, "]}");
}

static void append_rep(churn_json_text *text, const churn_reps *reps, const churn_rep *r)
{
  churn_json_pair pairs[FIGURES];
  list_figures(r, pairs);
  churn_json_append(text, "{\"rep\": ");
  churn_json_text_or_null(text, r->none || r == &reps->total ? NULL : r->name);
  churn_json_append(text, ", \"verdict\": ");
  churn_json_quote(text, churn_rep_verdict_name(r->verdict));
  churn_json_append(text, r->small ? ", \"small\": true" : ", \"small\": false");
  churn_json_numbers(text, pairs, FIGURES, false);
  append_snapshots(text, reps, r);
}

void churn_reps_json_funnel(churn_json_text *text, const churn_reps *reps)
{
  churn_json_list_open(text, 2, "funnel");
  for (size_t i = 0; i < reps->funnel_count; i++) {
    const churn_funnel_point *p = &reps->funnel[i];
    const churn_json_pair pairs[] = {{"expected", p->expected},
                                     {"low_95", p->limits.low_95},
                                     {"high_95", p->limits.high_95},
                                     {"low_998", p->limits.low_998},
                                     {"high_998", p->limits.high_998}};
    churn_json_item(text, 4, i == 0);
    churn_json_append(text, "{");
    churn_json_numbers(text, pairs, sizeof pairs / sizeof pairs[0], true);
    churn_json_append(text, "}");
  }
  churn_json_list_close(text, 2);
}

churn_status churn_reps_write_json(const churn_reps *reps, const char *path, churn_error *error)
{
  churn_json_text text = {0};
  churn_json_append(&text, "{");
  churn_json_key(&text, 2, "as_of", true);
  churn_json_day(&text, reps->as_of);
  churn_json_text_at(&text, 2, "rep", reps->expression);
  churn_json_text_at(&text, 2, "model", reps->model);
  churn_json_number_at(&text, 2, "level", reps->level);
  churn_json_whole_at(&text, 2, "gap_days", (uint64_t)reps->gap_days);
  churn_json_whole_at(&text, 2, "horizon_days", (uint64_t)reps->horizon_days);
  churn_json_whole_at(&text, 2, "already", reps->already);
  churn_json_truth_at(&text, 2, "exposed", reps->exposed);
  churn_json_key(&text, 2, "total", false);
  append_rep(&text, reps, &reps->total);
  churn_json_list_open(&text, 2, "reps");
  for (size_t i = 0; i < reps->count; i++) {
    churn_json_item(&text, 4, i == 0);
    append_rep(&text, reps, &reps->reps[i]);
  }
  churn_json_list_close(&text, 2);
  churn_reps_json_funnel(&text, reps);
  churn_json_append(&text, "\n}\n");
  return churn_json_save(&text, path, error);
}

static void write_rep(churn_output *out, const churn_rep *r)
{
  churn_json_pair pairs[FIGURES];
  list_figures(r, pairs);
  churn_output_csv(out, r->name, strlen(r->name));
  churn_output_printf(out, ",%s,%d", churn_rep_verdict_name(r->verdict), r->small);
  for (size_t i = 0; i < FIGURES; i++) {
    churn_output_text(out, ",");
    churn_output_number(out, isfinite(pairs[i].value) ? pairs[i].value : NAN);
  }
  churn_output_text(out, "\n");
}

churn_status churn_reps_write_csv(const churn_reps *reps, const char *path, churn_error *error)
{
  churn_output *out = NULL;
  churn_json_pair pairs[FIGURES];
  churn_status status = churn_output_open(path, &out, error);
  if (status != CHURN_OK)
    return status;
  list_figures(&reps->total, pairs);
  churn_output_text(out, "rep,verdict,small");
  for (size_t i = 0; i < FIGURES; i++)
    churn_output_printf(out, ",%s", pairs[i].key);
  churn_output_text(out, "\n");
  for (size_t i = 0; i < reps->count; i++)
    write_rep(out, &reps->reps[i]);
  return churn_output_commit(out, error);
}
