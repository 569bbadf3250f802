/* What changed since the run before.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs/changes.h"

#include "base/memory.h"
#include "base/output.h"
#include "jobs/runs.h"
#include "source/table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Columns of the earlier list. */
enum { RANK, ID, PROBABILITY, LOGIT, COLUMNS };

/* Figures of a customer of tonight's data; logits NaN and ranks 0 = none. */
typedef struct figures {
  double listed, again, moved, fresh, now;
  double listed_probability, probability;
  uint64_t listed_rank, rank;
  const char *cause, *action, *owner; /* "" = none */
} figures;

typedef struct finding {
  churn_night *night;
  const churn_run *run;
  const char *root;
  churn_changes *changes;
  churn_table *list;
  churn_model *model;       /* the earlier one; NULL = the night's */
  churn_pipeline *pipeline; /* opened with it; NULL = the night's */
  figures *customers;       /* [count] */
  size_t count;
} finding;

const char *churn_move_name(churn_move move)
{
  static const char *const names[CHURN_MOVES] = {"stayed", "entered", "joined", "left", "gone"};
  return names[move];
}

void churn_changes_free(churn_changes *changes)
{
  if (changes == NULL)
    return;
  for (size_t i = 0; i < changes->count; i++)
    free(changes->items[i].customer_id);
  free(changes->items);
  free(changes);
}

static churn_status read_list(finding *f, churn_error *error)
{
  static const churn_format plain = {0};
  const churn_column_request requests[COLUMNS] = {
      [RANK] = {.heading = "rank", .type = CHURN_TYPE_NUMBER},
      [ID] = {.heading = "customer_id", .type = CHURN_TYPE_ID},
      [PROBABILITY] = {.heading = "probability", .type = CHURN_TYPE_NUMBER},
      [LOGIT] = {.heading = "logit", .type = CHURN_TYPE_NUMBER}};
  char *path = churn_run_path(f->root, f->changes->since, "ranked.csv");
  churn_status status = path == NULL ? churn_error_no_memory(error)
                                     : churn_table_parse(path, &plain, requests, COLUMNS, NULL,
                                                         f->run, &f->list, error);
  free(path);
  return status;
}

/* The earlier model, and the data as it sees them. */
static churn_status open_model(finding *f, churn_error *error)
{
  if (strcmp(f->changes->previous_model, f->night->model->id) == 0)
    return CHURN_OK;
  char *path = churn_run_path(f->root, f->changes->since, "model.json");
  churn_status status =
      path == NULL ? churn_error_no_memory(error) : churn_model_read(path, &f->model, error);
  churn_pipeline_settings opening = {.model = f->model};
  if (status == CHURN_OK)
    status = churn_pipeline_open(f->night->project, &opening, f->run, &f->pipeline, error);
  if (status == CHURN_OK && f->pipeline->data->customers.count != f->count)
    status = churn_error_set(error, CHURN_INCONSISTENT,
                             "the customers changed while they were read a second time");
  free(path);
  return status;
}

/* NULL for an id that tonight's data do not have. */
static figures *figures_of(const finding *f, const char *id)
{
  uint32_t customer =
      churn_dictionary_find(f->night->pipeline->data->customers.index, id, strlen(id));
  return customer == CHURN_CODE_MISSING ? NULL : &f->customers[customer];
}

static void place_list(finding *f)
{
  const churn_dictionary *ids = f->list->columns[ID].levels;
  for (size_t row = 0; row < f->list->rows; row++) {
    figures *c = figures_of(f, churn_dictionary_text(ids, f->list->columns[ID].codes[row]));
    if (c == NULL)
      continue;
    c->listed = f->list->columns[LOGIT].numbers[row];
    c->listed_probability = f->list->columns[PROBABILITY].numbers[row];
    c->listed_rank = (uint64_t)f->list->columns[RANK].numbers[row];
  }
}

/* The earlier model's logits as of a day, into the member of the figures at `offset`. */
static churn_status place_scores(finding *f, churn_day as_of, churn_day seen_before, size_t offset,
                                 churn_error *error)
{
  churn_base_scores scores = {0};
  const churn_pipeline *pipeline = f->pipeline == NULL ? f->night->pipeline : f->pipeline;
  churn_status status = churn_base_score(pipeline, f->model == NULL ? f->night->model : f->model,
                                         as_of, seen_before, f->run, &scores, error);
  for (size_t i = 0; status == CHURN_OK && i < scores.rows->count; i++) {
    char *figure = (char *)&f->customers[scores.rows->rows[i].customer] + offset;
    memcpy(figure, &scores.logits[i], sizeof scores.logits[i]);
  }
  churn_base_scores_clear(&scores);
  return status;
}

static churn_status score_all(finding *f, churn_error *error)
{
  churn_day since = f->changes->since, now = f->night->as_of;
  churn_status status = place_scores(f, since, CHURN_DAY_MISSING, offsetof(figures, again), error);
  if (status == CHURN_OK)
    status = place_scores(f, now, since, offsetof(figures, moved), error);
  if (status == CHURN_OK && f->model != NULL)
    status = place_scores(f, now, CHURN_DAY_MISSING, offsetof(figures, fresh), error);
  return status;
}

static void place_ranks(finding *f)
{
  const churn_night *n = f->night;
  for (size_t i = 0; i < churn_ranking_customers(n->ranking); i++) {
    churn_ranked line;
    churn_ranking_get_figures(n->ranking, i, &line);
    figures *c = figures_of(f, line.customer_id);
    if (c == NULL)
      continue;
    c->now = line.logit;
    c->probability = line.probability;
    c->rank = line.rank;
    c->cause = line.cause;
    c->action = line.action;
    c->owner = line.owner;
    if (f->model == NULL)
      c->fresh = line.logit;
  }
}

static churn_status make_figures(finding *f, churn_error *error)
{
  f->count = f->night->pipeline->data->customers.count;
  f->customers = churn_array_new(f->count, sizeof *f->customers);
  if (f->customers == NULL)
    return churn_error_no_memory(error);
  for (size_t i = 0; i < f->count; i++)
    f->customers[i] = (figures){.listed = NAN,
                                .again = NAN,
                                .moved = NAN,
                                .fresh = NAN,
                                .now = NAN,
                                .listed_probability = NAN,
                                .probability = NAN,
                                .cause = "",
                                .action = "",
                                .owner = ""};
  return CHURN_OK;
}

/* Who was not listed, because the list was cut, has the logit that the same model gives now. */
static void explain(const figures *c, churn_change *change)
{
  change->rank = c->rank;
  change->previous_rank = c->listed_rank;
  change->logit = c->now;
  change->probability = c->probability;
  change->previous_probability = c->listed_probability;
  change->cause = c->cause;
  change->action = c->action;
  change->owner = c->owner;
  change->previous = isnan(c->listed) ? c->again : c->listed;
  change->time = c->moved - c->again;
  change->data = (c->fresh - c->moved) + (c->again - change->previous);
  change->model = c->now - c->fresh;
  if (isnan(change->data + change->time + change->model))
    change->data = change->time = change->model = NAN;
}

static churn_status add_change(const churn_project *project, churn_changes *to, size_t *capacity,
                               const char *id, churn_change change, churn_error *error)
{
  change.customer_id = churn_text_copy(id, strlen(id));
  change.control = churn_project_is_control(project, id);
  if (change.customer_id == NULL ||
      !churn_array_reserve(&to->items, capacity, to->count + 1, sizeof *to->items)) {
    free(change.customer_id);
    return churn_error_no_memory(error);
  }
  to->items[to->count++] = change;
  to->moves[change.move]++;
  return CHURN_OK;
}

static churn_status add_head(finding *f, uint64_t head, size_t *capacity, churn_error *error)
{
  const churn_night *n = f->night;
  churn_status status = CHURN_OK;
  for (uint64_t i = 0; i < head && status == CHURN_OK; i++) {
    churn_ranked line;
    churn_change change = {0};
    churn_ranking_get_figures(n->ranking, (size_t)i, &line);
    const figures *c = figures_of(f, line.customer_id);
    if (c == NULL)
      return churn_error_set(error, CHURN_INTERNAL, "a listed customer is unknown");
    explain(c, &change);
    bool there = c->listed_rank > 0 && c->listed_rank <= head;
    change.move = there                    ? CHURN_MOVE_STAYED
                  : isnan(change.previous) ? CHURN_MOVE_JOINED
                                           : CHURN_MOVE_ENTERED;
    status = add_change(n->project, f->changes, capacity, line.customer_id, change, error);
  }
  return status;
}

/* The list stands in the order of its ranks. */
static churn_status add_leavers(finding *f, uint64_t head, size_t *capacity, churn_error *error)
{
  const churn_column *ids = &f->list->columns[ID], *logits = &f->list->columns[LOGIT];
  churn_status status = CHURN_OK;
  for (size_t row = 0; row < f->list->rows && row < head && status == CHURN_OK; row++) {
    const char *id = churn_dictionary_text(ids->levels, ids->codes[row]);
    const figures *c = figures_of(f, id);
    churn_change change = {.previous_rank = row + 1,
                           .logit = NAN,
                           .probability = NAN,
                           .previous_probability = f->list->columns[PROBABILITY].numbers[row],
                           .previous = logits->numbers[row],
                           .data = NAN,
                           .time = NAN,
                           .model = NAN,
                           .cause = "",
                           .action = "",
                           .owner = ""};
    if (c != NULL)
      explain(c, &change);
    if (change.rank > 0 && change.rank <= head)
      continue;
    change.move = isnan(change.logit) ? CHURN_MOVE_GONE : CHURN_MOVE_LEFT;
    status = add_change(f->night->project, f->changes, capacity, id, change, error);
  }
  return status;
}

static churn_status compare_lists(finding *f, churn_error *error)
{
  uint64_t head = churn_night_head(f->night);
  size_t capacity = 0;
  churn_status status = score_all(f, error);
  if (status != CHURN_OK)
    return status;
  place_list(f);
  place_ranks(f);
  status = add_head(f, head, &capacity, error);
  return status == CHURN_OK ? add_leavers(f, head, &capacity, error) : status;
}

/* That the run before cannot be compared with does not stop the night. */
static churn_status tell(const finding *f, churn_status status, const churn_error *fault,
                         churn_error *error)
{
  char text[CHURN_MESSAGE_SIZE + CHURN_PLACE_SIZE], day[CHURN_DAY_TEXT_SIZE];
  if (status == CHURN_NO_MEMORY)
    return churn_error_no_memory(error);
  churn_error_format(fault, text, sizeof text);
  churn_day_format(f->changes->since, day);
  churn_notes_add(churn_run_notes(f->run), CHURN_WARNING, "no_changes", CHURN_NOWHERE,
                  "what changed since %s is not known: %s", day, text);
  return CHURN_OK;
}

static churn_status find_since(finding *f, const churn_past_run *past, churn_error *error)
{
  churn_error fault = {0};
  f->changes = calloc(1, sizeof *f->changes);
  if (f->changes == NULL)
    return churn_error_no_memory(error);
  f->changes->since = past->day;
  f->changes->with_causes = churn_ranking_causes(f->night->ranking) > 0;
  f->changes->with_control = churn_project_has_control(f->night->project);
  memcpy(f->changes->previous_model, past->model, sizeof past->model);
  churn_status status = make_figures(f, &fault);
  if (status == CHURN_OK)
    status = read_list(f, &fault);
  if (status == CHURN_OK)
    status = open_model(f, &fault);
  if (status == CHURN_OK)
    status = compare_lists(f, &fault);
  if (status == CHURN_OK)
    return CHURN_OK;
  status = tell(f, status, &fault, error);
  churn_changes_free(f->changes);
  f->changes = NULL;
  return status;
}

churn_status churn_changes_find(churn_night *night, const char *root, const churn_run *run,
                                churn_changes **changes, churn_error *error)
{
  churn_past_runs past = {0};
  finding f = {.night = night, .run = run, .root = root};
  *changes = NULL;
  if (night->project->nightly.no_changes || churn_snapshots_flat(night->project))
    return CHURN_OK;
  churn_status status = churn_past_runs_read(root, night->as_of, 1, NULL, &past, error);
  if (status == CHURN_OK && past.count > 0)
    status = find_since(&f, &past.runs[0], error);
  *changes = f.changes;
  churn_pipeline_close(f.pipeline);
  churn_model_free(f.model);
  churn_table_free(f.list);
  free(f.customers);
  churn_past_runs_clear(&past);
  return status;
}

static void write_rank(churn_output *output, uint64_t rank)
{
  churn_output_write(output, ",", 1);
  if (rank > 0)
    churn_output_whole(output, rank);
}

churn_status churn_changes_write(const churn_changes *changes, const char *path, churn_error *error)
{
  churn_output *output = NULL;
  churn_status status = churn_output_open(path, &output, error);
  if (status != CHURN_OK)
    return status;
  churn_output_text(output, "customer_id,move,rank,previous_rank,logit,previous_logit,change,"
                            "by_data,by_time,by_model,probability,previous_probability");
  churn_output_text(output, changes->with_causes ? ",cause,action,owner" : "");
  churn_output_text(output, changes->with_control ? ",control\n" : "\n");
  for (size_t i = 0; i < changes->count; i++) {
    const churn_change *c = &changes->items[i];
    const double numbers[] = {c->logit, c->previous,    c->logit - c->previous, c->data, c->time,
                              c->model, c->probability, c->previous_probability};
    churn_output_csv(output, c->customer_id, strlen(c->customer_id));
    churn_output_printf(output, ",%s", churn_move_name(c->move));
    write_rank(output, c->rank);
    write_rank(output, c->previous_rank);
    for (size_t k = 0; k < sizeof numbers / sizeof numbers[0]; k++) {
      churn_output_write(output, ",", 1);
      churn_output_number(output, numbers[k]);
    }
    const char *const texts[] = {c->cause, c->action, c->owner};
    for (size_t k = 0; changes->with_causes && k < sizeof texts / sizeof texts[0]; k++) {
      churn_output_write(output, ",", 1);
      churn_output_csv(output, texts[k], strlen(texts[k]));
    }
    if (changes->with_control)
      churn_output_text(output, c->control ? ",1" : ",0");
    churn_output_write(output, "\n", 1);
  }
  return churn_output_commit(output, error);
}
