/* What trips night after night is news once: from the nights before to which findings everybody
 * knows of.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs/night.h"
#include "jobs/runs.h"

#include <string.h>

static const churn_past_gate *find_in(const churn_past_run *run, const churn_gate *gate)
{
  for (size_t i = 0; i < run->gate_count; i++)
    if (strcmp(run->gates[i].name, gate->name) == 0 &&
        strcmp(run->gates[i].subject, gate->subject) == 0)
      return &run->gates[i];
  return NULL;
}

/* The last time it tripped or was known; NULL where it did not, or by another model. A figure that
 * passes now and then because it is near its limit is no news each time it does not. */
static const churn_past_gate *find(const churn_past_runs *past, const churn_gate *gate,
                                   const char *model)
{
  for (size_t i = 0; i < past->count; i++) {
    const churn_past_gate *found = find_in(&past->runs[i], gate);
    if (found != NULL)
      return strcmp(past->runs[i].model, model) == 0 ? found : NULL;
  }
  return NULL;
}

void churn_night_know(churn_night *night, const churn_past_runs *past)
{
  int32_t after = night->project->nightly.known_after_days;
  for (size_t i = 0; i < night->findings.count; i++) {
    churn_gate *gate = &night->findings.items[i];
    if (gate->verdict != CHURN_GATE_TRIPPED)
      continue;
    const churn_past_gate *before = find(past, gate, night->model->id);
    bool goes_on = before != NULL && !churn_gate_jumps(gate, before->value);
    gate->since = goes_on ? before->since : night->as_of;
    if (!gate->hold && after > 0 && night->as_of - gate->since >= after)
      gate->verdict = CHURN_GATE_KNOWN;
  }
}
