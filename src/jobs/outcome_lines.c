/* The ledger of outcomes as lines.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs/outcome_lines.h"

#include "base/error.h"
#include "base/memory.h"
#include "jobs/json_read.h"
#include "model/report.h"
#include "project/project.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char churn_outcomes_file[] = "outcomes.jsonl";

/* The figures of a line, in its order. */
static const struct {
  const char *key;
  size_t at;
} figures[] = {{"auc", offsetof(churn_outcome, auc)},
               {"estimated_auc", offsetof(churn_outcome, estimated_auc)},
               {"observed", offsetof(churn_outcome, observed)},
               {"estimated", offsetof(churn_outcome, estimated)},
               {"intercept", offsetof(churn_outcome, intercept)},
               {"slope", offsetof(churn_outcome, slope)},
               {"captured", offsetof(churn_outcome, captured)},
               {"estimated_captured", offsetof(churn_outcome, estimated_captured)}};
enum { FIGURES = sizeof figures / sizeof figures[0] };

static const char *take_outcome(const json_t *line, churn_outcome *o)
{
  churn_json_reading r = {0};
  *o = (churn_outcome){.as_of = churn_json_take_day(&r, line, "as_of")};
  const json_t *model = churn_json_member(&r, line, "model", JSON_STRING);
  if (model != NULL)
    snprintf(o->model, sizeof o->model, "%s", json_string_value(model));
  o->judged = churn_json_take_whole(&r, line, "judged");
  o->churned = churn_json_take_whole(&r, line, "churned");
  o->head = churn_json_take_whole(&r, line, "head");
  for (size_t i = 0; i < FIGURES; i++) {
    double figure = churn_json_take_number(&r, line, figures[i].key);
    memcpy((char *)o + figures[i].at, &figure, sizeof figure);
  }
  return r.wrong;
}

churn_status churn_outcome_lines_read(const churn_journal *journal, const churn_run *run,
                                      churn_outcomes *outcomes, churn_error *error)
{
  churn_journal_line line = {0};
  size_t capacity = 0;
  while (churn_journal_next(journal, &line)) {
    churn_outcome outcome;
    json_t *json = json_loadb(line.bytes, line.length, 0, NULL);
    const char *wrong = json == NULL ? "it is no JSON" : take_outcome(json, &outcome);
    json_decref(json);
    if (wrong != NULL) {
      churn_notes_add(churn_run_notes(run), CHURN_WARNING, "outcome_unreadable",
                      (churn_place){journal->path, line.number, 0},
                      "this line holds no outcome and does not count: %s%s",
                      churn_journal_cut(&line), wrong);
      continue;
    }
    if (!churn_array_reserve(&outcomes->items, &capacity, outcomes->count + 1,
                             sizeof *outcomes->items))
      return churn_error_no_memory(error);
    outcomes->items[outcomes->count++] = outcome;
  }
  return CHURN_OK;
}

churn_status churn_outcome_line_append(churn_journal *journal, const churn_outcome *outcome,
                                       churn_error *error)
{
  churn_json_text text = {0};
  churn_json_pair pairs[FIGURES];
  const struct {
    const char *key;
    uint64_t count;
  } counts[] = {{", \"judged\": ", outcome->judged},
                {", \"churned\": ", outcome->churned},
                {", \"head\": ", outcome->head}};
  churn_json_append(&text, "{\"as_of\": ");
  churn_json_day(&text, outcome->as_of);
  churn_json_append(&text, ", \"model\": ");
  churn_json_quote(&text, outcome->model);
  for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
    churn_json_append(&text, counts[i].key);
    churn_json_whole(&text, counts[i].count);
  }
  for (size_t i = 0; i < FIGURES; i++) {
    pairs[i].key = figures[i].key;
    memcpy(&pairs[i].value, (const char *)outcome + figures[i].at, sizeof pairs[i].value);
  }
  churn_json_numbers(&text, pairs, FIGURES, false);
  churn_json_append(&text, "}");
  churn_status status = text.failed ? churn_error_no_memory(error)
                                    : churn_journal_append(journal, text.bytes, text.length, error);
  free(text.bytes);
  return status;
}

churn_status churn_outcomes_read(const churn_project *project, const char *output,
                                 const churn_run *run, churn_outcomes **outcomes,
                                 churn_error *error)
{
  churn_journal journal = {.descriptor = -1};
  churn_outcomes *made = calloc(1, sizeof *made);
  if (made == NULL)
    return churn_error_no_memory(error);
  churn_status status = churn_journal_open(output == NULL ? project->nightly.output : output,
                                           churn_outcomes_file, false, &journal, error);
  if (status == CHURN_OK)
    status = churn_outcome_lines_read(&journal, run, made, error);
  churn_journal_close(&journal);
  if (status == CHURN_OK)
    *outcomes = made;
  else
    churn_outcomes_free(made);
  return status;
}

void churn_outcomes_free(churn_outcomes *outcomes)
{
  if (outcomes == NULL)
    return;
  free(outcomes->items);
  free(outcomes);
}
