/* What became of past lists: judging them.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs/outcomes.h"

#include "base/journal.h"
#include "base/memory.h"
#include "evaluate/figures.h"
#include "jobs/outcome_lines.h"
#include "source/table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Columns of a list. */
enum { RANK, ID, PROBABILITY, LOGIT, COLUMNS };

/* No label; the rest is CHURN_LABEL_…. */
enum { NOT_THERE = -3 };

/* The judged rows of a list. */
typedef struct judged_list {
  int8_t *labels;
  double *probabilities, *logits;
  size_t rows;
  uint64_t churned, captured;
} judged_list;

static void clear_list(judged_list *l)
{
  free(l->labels);
  free(l->probabilities);
  free(l->logits);
}

static churn_status read_list(const char *root, churn_day day, const churn_run *run,
                              churn_table **list, churn_error *error)
{
  static const churn_format plain = {0};
  const churn_column_request requests[COLUMNS] = {
      [RANK] = {.heading = "rank", .type = CHURN_TYPE_NUMBER},
      [ID] = {.heading = "customer_id", .type = CHURN_TYPE_ID},
      [PROBABILITY] = {.heading = "probability", .type = CHURN_TYPE_NUMBER},
      [LOGIT] = {.heading = "logit", .type = CHURN_TYPE_NUMBER}};
  char *path = churn_run_path(root, day, "ranked.csv");
  churn_status status =
      path == NULL ? churn_error_no_memory(error)
                   : churn_table_parse(path, &plain, requests, COLUMNS, NULL, run, list, error);
  free(path);
  return status;
}

/* What became of each customer of the data since `day`; *churners counts those of the base. The
 * caller frees. */
static churn_status label_customers(const churn_night *n, churn_day day, const churn_run *run,
                                    int8_t **labels, uint64_t *churners, churn_error *error)
{
  churn_snapshots *rows = NULL;
  size_t count = n->pipeline->data->customers.count;
  *labels = churn_array_new(count, sizeof **labels);
  churn_status status = *labels == NULL ? churn_error_no_memory(error)
                                        : churn_pipeline_base(n->pipeline, day, run, &rows, error);
  if (status == CHURN_OK) {
    memset(*labels, NOT_THERE, count);
    for (size_t i = 0; i < rows->count; i++)
      (*labels)[rows->rows[i].customer] = rows->rows[i].label;
    *churners = rows->days[0].churned;
  }
  churn_snapshots_free(rows);
  return status;
}

static churn_status join_list(const churn_night *n, const churn_table *table, const int8_t *labels,
                              uint64_t head, judged_list *l, churn_error *error)
{
  const churn_column *ids = &table->columns[ID];
  l->labels = churn_array_new(table->rows, sizeof *l->labels);
  l->probabilities = churn_array_new(table->rows, sizeof *l->probabilities);
  l->logits = churn_array_new(table->rows, sizeof *l->logits);
  if (l->labels == NULL || l->probabilities == NULL || l->logits == NULL)
    return churn_error_no_memory(error);
  for (size_t row = 0; row < table->rows; row++) {
    uint32_t customer = churn_dictionary_find(
        n->pipeline->data->customers.index, churn_dictionary_text(ids->levels, ids->codes[row]),
        churn_dictionary_length(ids->levels, ids->codes[row]));
    int8_t label = customer == CHURN_CODE_MISSING ? NOT_THERE : labels[customer];
    if (label != CHURN_LABEL_STAYED && label != CHURN_LABEL_CHURNED)
      continue;
    l->labels[l->rows] = label;
    l->probabilities[l->rows] = table->columns[PROBABILITY].numbers[row];
    l->logits[l->rows++] = table->columns[LOGIT].numbers[row];
    bool churned = label == CHURN_LABEL_CHURNED;
    l->churned += churned;
    l->captured += churned && table->columns[RANK].numbers[row] <= (double)head;
  }
  return CHURN_OK;
}

static double mean_of(const double *values, size_t count)
{
  double sum = 0;
  for (size_t i = 0; i < count; i++)
    sum += values[i];
  return sum / (double)count;
}

static churn_status measure(const judged_list *l, uint64_t churners, const churn_past_run *past,
                            const churn_run *run, churn_outcome *outcome, churn_error *error)
{
  const churn_scored scored = {.rows = l->rows,
                               .labels = l->labels,
                               .probabilities = l->probabilities,
                               .logits = l->logits,
                               .order = l->logits};
  churn_evaluation evaluation = {0};
  churn_status status = l->rows == 0
                            ? churn_error_set(error, CHURN_DEGENERATE,
                                              "of nobody on the list is known what became of them")
                            : churn_figures_compute(&scored, NULL, 0, run, &evaluation, error);
  if (status != CHURN_OK)
    return status;
  *outcome = (churn_outcome){.as_of = past->day,
                             .judged = l->rows,
                             .churned = l->churned,
                             .auc = evaluation.figures.auc,
                             .estimated_auc = past->cut ? (double)NAN : past->estimated_auc,
                             .observed = (double)l->churned / (double)l->rows,
                             .estimated = mean_of(l->probabilities, l->rows),
                             .intercept = evaluation.figures.calibration_intercept,
                             .slope = evaluation.figures.calibration_slope,
                             .head = past->head,
                             .captured = (double)l->captured / (double)churners,
                             .estimated_captured = past->estimated_captured};
  memcpy(outcome->model, past->model, sizeof outcome->model);
  return CHURN_OK;
}

static churn_status judge_run(const churn_night *n, const char *root, const churn_past_run *past,
                              const churn_run *run, churn_outcome *outcome, churn_error *error)
{
  churn_table *table = NULL;
  int8_t *labels = NULL;
  uint64_t churners = 0;
  judged_list list = {0};
  churn_status status = read_list(root, past->day, run, &table, error);
  if (status == CHURN_OK)
    status = label_customers(n, past->day, run, &labels, &churners, error);
  if (status == CHURN_OK)
    status = join_list(n, table, labels, past->head, &list, error);
  if (status == CHURN_OK)
    status = measure(&list, churners, past, run, outcome, error);
  clear_list(&list);
  free(labels);
  churn_table_free(table);
  return status;
}

/* A list that cannot be judged does not stop the others. */
static churn_status tell(churn_day day, const churn_run *run, churn_status status,
                         const churn_error *fault, churn_error *error)
{
  char text[CHURN_MESSAGE_SIZE + CHURN_PLACE_SIZE], of[CHURN_DAY_TEXT_SIZE];
  if (status == CHURN_NO_MEMORY)
    return churn_error_no_memory(error);
  churn_error_format(fault, text, sizeof text);
  churn_day_format(day, of);
  churn_notes_add(churn_run_notes(run), CHURN_WARNING, "no_outcome", CHURN_NOWHERE,
                  "what became of the list of %s is not known: %s", of, text);
  return CHURN_OK;
}

static bool is_known(const churn_outcomes *known, const churn_past_run *past)
{
  for (size_t i = 0; i < known->count; i++)
    if (known->items[i].as_of == past->day && strcmp(known->items[i].model, past->model) == 0)
      return true;
  return false;
}

/* Another night may be luckier. */
static bool may_pass(churn_status status)
{
  return status == CHURN_IO || status == CHURN_PERMISSION || status == CHURN_BUSY;
}

typedef struct judging {
  const churn_night *night;
  const char *root;
  const churn_run *run;
  void (*told)(void *context, const churn_outcome *outcome);
  void *context;
  churn_journal journal;
  churn_outcomes known;
} judging;

/* *settled: there is nothing more to be said of the run. */
static churn_status settle(judging *j, const churn_past_run *past, bool *settled,
                           churn_error *error)
{
  churn_outcome outcome;
  churn_error fault = {0};
  *settled = is_known(&j->known, past);
  if (*settled)
    return CHURN_OK;
  churn_status status = judge_run(j->night, j->root, past, j->run, &outcome, &fault);
  if (status != CHURN_OK) {
    *settled = !may_pass(status);
    return tell(past->day, j->run, status, &fault, error);
  }
  status = churn_outcome_line_append(&j->journal, &outcome, error);
  *settled = status == CHURN_OK;
  if (status == CHURN_OK && j->told != NULL)
    j->told(j->context, &outcome);
  return status;
}

/* All wait until they are settled, also after a failure. */
static churn_status settle_all(judging *j, const churn_past_runs *past, churn_waiting *waiting,
                               churn_error *error)
{
  churn_status status = churn_journal_open(j->root, churn_outcomes_file, true, &j->journal, error);
  if (status == CHURN_OK)
    status = churn_outcome_lines_read(&j->journal, j->run, &j->known, error);
  for (size_t i = past->count; i-- > 0;) {
    bool settled = false;
    if (status == CHURN_OK)
      status = settle(j, &past->runs[i], &settled, error);
    if (!settled)
      waiting->days[waiting->count++] = past->runs[i].day;
  }
  return status;
}

churn_status churn_outcomes_judge(const churn_night *night, const char *root, const churn_run *run,
                                  void (*told)(void *context, const churn_outcome *outcome),
                                  void *context, churn_waiting *waiting, churn_error *error)
{
  churn_past_runs past = {0};
  judging j = {night, root, run, told, context, {.descriptor = -1}, {0}};
  churn_day closed = churn_night_closed(night);
  *waiting = (churn_waiting){.known = true};
  if (night->project->nightly.no_outcomes || closed == CHURN_DAY_MISSING)
    return CHURN_OK;
  churn_status status = churn_past_runs_read(root, closed + 1, SIZE_MAX, NULL, &past, error);
  if (status == CHURN_OK &&
      (waiting->days = churn_array_new(past.count, sizeof *waiting->days)) == NULL)
    status = churn_error_no_memory(error);
  waiting->known = status == CHURN_OK;
  if (status == CHURN_OK && past.count > 0)
    status = settle_all(&j, &past, waiting, error);
  free(j.known.items);
  churn_journal_close(&j.journal);
  churn_past_runs_clear(&past);
  return status;
}
