/* What trips night after night is news once: from the nights before to which findings everybody
 * knows of.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs/night.h"
#include "jobs/runs.h"

#include <string.h>

static const churn_past_gate *find(const churn_past_run *past, const churn_gate *gate)
{
  for (size_t i = 0; i < past->gate_count; i++)
    if (strcmp(past->gates[i].name, gate->name) == 0 &&
        strcmp(past->gates[i].subject, gate->subject) == 0)
      return &past->gates[i];
  return NULL;
}

void churn_night_know(churn_night *night, const churn_past_run *past)
{
  int32_t after = night->project->nightly.known_after_days;
  bool same = past != NULL && strcmp(past->model, night->model->id) == 0;
  for (size_t i = 0; i < night->findings.count; i++) {
    churn_gate *gate = &night->findings.items[i];
    if (gate->verdict != CHURN_GATE_TRIPPED)
      continue;
    const churn_past_gate *before = same ? find(past, gate) : NULL;
    bool goes_on = before != NULL && !churn_gate_jumps(gate, before->value);
    gate->since = goes_on ? before->since : night->as_of;
    if (!gate->hold && after > 0 && night->as_of - gate->since >= after)
      gate->verdict = CHURN_GATE_KNOWN;
  }
}
