/* The report's rows: the riskiest customers, each with all contributions to its logit and how often
 * something happened in the months before.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/error.h"
#include "base/memory.h"
#include "jobs/changes.h"
#include "jobs/report.h"
#include "report/page.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* END: bytes of what comes behind the rows. */
enum { MONTHS = 24, END = 64 };

/* The rows' raw values and what they do to the logit. */
typedef struct explained {
  const size_t *places; /* [rows] in the ranking; NULL = its first ones */
  churn_frame *frame;
  double *contributions; /* [rows * features] */
  churn_frame *reps;     /* NULL = nobody knows */
} explained;

typedef struct months {
  churn_day bounds[MONTHS + 1]; /* month k is [bounds[k], bounds[k + 1]) */
} months;

static void keep_contributions(const churn_tile_scores *tile, size_t first, size_t rows,
                               size_t features, double *contributions)
{
  for (size_t r = 0; r < rows; r++)
    for (size_t f = 0; f < features; f++)
      contributions[(first + r) * features + f] = tile->contributions[f * CHURN_TILE_ROWS + r];
}

static churn_status explain_tiles(const churn_night *n, explained *e, churn_error *error)
{
  size_t features = n->model->feature_count;
  churn_scorer *scorer = NULL;
  uint64_t unseen = 0;
  churn_tile_scores *tile = churn_tile_scores_new(n->model);
  e->contributions = churn_array_new(e->frame->rows * features, sizeof *e->contributions);
  churn_status status = tile == NULL || e->contributions == NULL
                            ? churn_error_no_memory(error)
                            : churn_scorer_new(n->model, n->pipeline->plan, &scorer, error);
  for (size_t t = 0; status == CHURN_OK && t < churn_tile_count(e->frame->rows); t++) {
    size_t rows = churn_tile_rows(e->frame->rows, t);
    status = churn_scorer_tile(scorer, e->frame->tiles + t * features * CHURN_TILE_ROWS, rows, tile,
                               &unseen, error);
    if (status == CHURN_OK)
      keep_contributions(tile, t * CHURN_TILE_ROWS, rows, features, e->contributions);
  }
  churn_scorer_free(scorer);
  churn_tile_scores_free(tile);
  return status;
}

static size_t place_of(const explained *e, size_t row)
{
  return e->places == NULL ? row : e->places[row];
}

static churn_status explain(const churn_night *n, size_t rows, const churn_run *run, explained *e,
                            churn_error *error)
{
  churn_snapshots picked = {.rows = churn_array_new(rows, sizeof *picked.rows), .count = rows};
  if (picked.rows == NULL)
    return churn_error_no_memory(error);
  for (size_t i = 0; i < rows; i++)
    picked.rows[i] = *churn_ranking_row(n->ranking, place_of(e, i));
  churn_status status = churn_frame_build(n->pipeline->plan, &picked, 0, rows,
                                          n->model->feature_count, run, &e->frame, error);
  if (status == CHURN_OK && n->rep != NULL)
    status = churn_frame_build(n->rep, &picked, 0, rows, 1, run, &e->reps, error);
  free(picked.rows);
  return status == CHURN_OK ? explain_tiles(n, e, error) : status;
}

static void append_values(churn_json_text *text, const churn_night *n, const explained *e,
                          size_t row)
{
  churn_json_append(text, ", \"values\": [");
  for (size_t f = 0; f < n->model->feature_count; f++) {
    double value = churn_frame_get(e->frame, row, f);
    churn_json_append(text, f == 0 ? "" : ",");
    if (n->model->features[f].kind == CHURN_FEATURE_CATEGORY)
      churn_json_text_or_null(text,
                              isnan(value) ? NULL : churn_plan_text(n->pipeline->plan, value));
    else
      churn_json_number_or_null(text, value);
  }
  churn_json_append(text, "]");
}

static void append_contributions(churn_json_text *text, const explained *e, size_t features,
                                 size_t row)
{
  churn_json_append(text, ", \"contributions\": [");
  for (size_t f = 0; f < features; f++) {
    churn_json_append(text, f == 0 ? "" : ",");
    churn_json_number(text, e->contributions[row * features + f]);
  }
  churn_json_append(text, "]");
}

/* When a row of a history is known. */
static churn_day known_on(const churn_night *n, size_t history, size_t row)
{
  int known_at = n->pipeline->data->schema->sources[1 + history].known_at;
  const churn_history *h = &n->pipeline->data->histories[history];
  return known_at < 0 ? h->days[row] : h->columns[known_at].days[row];
}

/* Rows of a customer's history in each month, of those known by the as-of day. */
static void count_months(const churn_night *n, size_t history, uint32_t customer, const months *m,
                         uint32_t counts[MONTHS])
{
  const churn_history *h = &n->pipeline->data->histories[history];
  size_t month = 0;
  memset(counts, 0, MONTHS * sizeof *counts);
  for (size_t i = h->first_row[customer]; i < h->first_row[customer + 1]; i++) {
    churn_day day = h->days[i], known = known_on(n, history, i);
    if (day < m->bounds[0] || known == CHURN_DAY_MISSING || known >= m->bounds[MONTHS])
      continue;
    if (day >= m->bounds[MONTHS])
      break;
    while (day >= m->bounds[month + 1])
      month++;
    counts[month]++;
  }
}

static void append_history(churn_json_text *text, const churn_night *n, const months *m,
                           uint32_t customer)
{
  uint32_t counts[MONTHS];
  bool first = true;
  churn_json_append(text, ", \"months\": [");
  for (size_t i = 0; i < n->project->history_count; i++) {
    if (!n->pipeline->data->histories[i].loaded)
      continue;
    count_months(n, i, customer, m, counts);
    churn_json_append(text, first ? "[" : ",[");
    for (size_t k = 0; k < MONTHS; k++) {
      churn_json_append(text, k == 0 ? "" : ",");
      churn_json_whole(text, counts[k]);
    }
    churn_json_append(text, "]");
    first = false;
  }
  churn_json_append(text, "]");
}

static void append_reasons(churn_json_text *text, const churn_night *n, size_t index,
                           const churn_ranked *line)
{
  uint32_t features[CHURN_REASONS];
  churn_ranking_reasons(n->ranking, index, features);
  churn_json_append(text, ", \"reasons\": [");
  for (size_t k = 0; k < line->reason_count; k++) {
    churn_json_append(text, k == 0 ? "{\"feature\": " : ", {\"feature\": ");
    churn_json_whole(text, features[k]);
    churn_json_append(text, ", \"text\": ");
    churn_json_quote(text, line->reasons[k]);
    churn_json_append(text, "}");
  }
  churn_json_append(text, "]");
}

/* The items of the changes begin with the head of the list, by rank. */
static void append_move(churn_json_text *text, const churn_night *n, size_t index)
{
  const churn_changes *changes = n->changes;
  if (changes == NULL || index >= changes->count || changes->items[index].rank != index + 1) {
    churn_json_append(text, ", \"move\": null");
    return;
  }
  const churn_change *change = &changes->items[index];
  const churn_json_pair pairs[] = {
      {"previous_rank", change->previous_rank > 0 ? (double)change->previous_rank : NAN},
      {"previous_logit", change->previous},
      {"by_data", change->data},
      {"by_time", change->time},
      {"by_model", change->model}};
  churn_json_append(text, ", \"move\": {\"kind\": ");
  churn_json_quote(text, churn_move_name(change->move));
  churn_json_numbers(text, pairs, sizeof pairs / sizeof pairs[0], false);
  churn_json_append(text, "}");
}

/* How sure the probability is, and whether the customer belongs to the head of the list. */
static void append_interval(churn_json_text *text, const churn_night *n, const churn_ranked *line)
{
  const churn_json_pair pairs[] = {{"probability_low", line->probability_low},
                                   {"probability_high", line->probability_high},
                                   {"top_probability", line->top_probability}};
  if (!churn_ranking_intervals(n->ranking))
    return;
  churn_json_numbers(text, pairs, sizeof pairs / sizeof pairs[0], false);
  churn_json_append(text, isnan(line->top_probability) ? ", \"borderline\": null"
                          : line->borderline           ? ", \"borderline\": true"
                                                       : ", \"borderline\": false");
}

static void append_row(churn_json_text *text, const churn_night *n, const explained *e,
                       const months *m, size_t at)
{
  churn_ranked line;
  size_t index = place_of(e, at);
  const churn_snapshot *row = churn_ranking_row(n->ranking, index);
  churn_ranking_get(n->ranking, index, &line);
  const churn_json_pair pairs[] = {
      {"rank", (double)line.rank}, {"probability", line.probability},
      {"logit", line.logit},       {"offset", row->offset},
      {"value", line.value},       {"expected_loss", line.expected_loss}};
  churn_json_append(text, "{\"customer_id\": ");
  churn_json_quote(text, line.customer_id);
  churn_json_numbers(text, pairs, sizeof pairs / sizeof pairs[0], false);
  if (churn_ranking_causes(n->ranking) > 0) {
    churn_json_append(text, ", \"cause\": ");
    churn_json_number_or_null(text,
                              line.main_cause == CHURN_NO_CAUSE ? NAN : (double)line.main_cause);
  }
  if (e->reps != NULL) {
    churn_json_append(text, ", \"rep\": ");
    churn_json_text_or_null(text, churn_plan_text(n->rep, churn_frame_get(e->reps, at, 0)));
  }
  append_interval(text, n, &line);
  if (churn_ranking_has_control(n->ranking))
    churn_json_append(text, line.control ? ", \"control\": true" : ", \"control\": false");
  append_reasons(text, n, index, &line);
  append_move(text, n, index);
  append_values(text, n, e, at);
  append_contributions(text, e, n->model->feature_count, at);
  append_history(text, n, m, row->customer);
  churn_json_append(text, "}");
}

/* "months", the first day of each; "histories", what is counted in them. */
static void append_months(churn_json_text *text, const churn_night *n, months *m)
{
  bool dated = !churn_snapshots_flat(n->project), first = true;
  for (int k = 0; k <= MONTHS; k++)
    m->bounds[k] = dated ? churn_day_add_months(n->as_of, k - MONTHS) : 0;
  churn_json_key(text, 2, "months", false);
  churn_json_append(text, "[");
  for (int k = 0; dated && k < MONTHS; k++) {
    churn_json_append(text, k == 0 ? "" : ", ");
    churn_json_day(text, m->bounds[k]);
  }
  churn_json_append(text, "]");
  churn_json_key(text, 2, "histories", false);
  churn_json_append(text, "[");
  for (size_t i = 0; i < n->project->history_count; i++)
    if (n->pipeline->data->histories[i].loaded) {
      churn_json_append(text, first ? "" : ", ");
      churn_json_quote(text, n->pipeline->data->histories[i].name);
      first = false;
    }
  churn_json_append(text, "]");
}

/* A list of rows, as many as leave the document within `room`. */
static void append_rows(const churn_night *n, const explained *e, const months *m, const char *key,
                        size_t rows, size_t room, churn_json_text *text, uint64_t *written)
{
  churn_page_size size = {0};
  churn_json_list_open(text, 2, key);
  for (size_t i = 0; i < rows && !text->failed; i++) {
    size_t before = text->length;
    churn_json_item(text, 4, i == 0);
    append_row(text, n, e, m, i);
    if (churn_page_grow(&size, text->bytes, text->length) + END > room) {
      text->length = before;
      break;
    }
    ++*written;
  }
  churn_json_list_close(text, 2);
}

static churn_status append_list(const churn_night *n, const size_t *places, size_t rows,
                                const char *key, const months *m, size_t room, const churn_run *run,
                                churn_json_text *text, uint64_t *written, churn_error *error)
{
  explained e = {.places = places};
  churn_status status = rows == 0 ? CHURN_OK : explain(n, rows, run, &e, error);
  if (status == CHURN_OK)
    append_rows(n, &e, m, key, rows, room, text, written);
  churn_frame_free(e.frame);
  churn_frame_free(e.reps);
  free(e.contributions);
  return status;
}

churn_status churn_report_customers(const churn_night *night, uint64_t most, size_t room,
                                    const churn_run *run, churn_json_text *text, uint64_t *rows,
                                    churn_error *error)
{
  months m;
  churn_page_size size = {0};
  size_t *beside = NULL, count = 0;
  uint64_t others = 0;
  *rows = 0;
  append_months(text, night, &m);
  size_t used = churn_page_grow(&size, text->bytes, text->length);
  size_t third = used < room ? used + (room - used) / 3 : room;
  churn_status status = churn_report_beside(night, (size_t)most, &beside, &count, error);
  if (status == CHURN_OK)
    status = append_list(night, beside, count, "others", &m, third, run, text, &others, error);
  if (status == CHURN_OK)
    status = append_list(night, NULL, (size_t)most, "customers", &m, room, run, text, rows, error);
  free(beside);
  return status;
}
