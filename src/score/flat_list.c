/* The ranked list of a flat export: opened, looked at, written.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/memory.h"
#include "base/number.h"
#include "feature/reason.h"
#include "score/flat_order.h"
#include "score/recalibration.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Bytes of a line beside its id: numbers, reasons each of whose bytes may be a doubled quote, the
 * model. */
enum {
  AROUND_SIZE = 128,
  LINE_SIZE = 8 * CHURN_NUMBER_TEXT_SIZE + CHURN_REASONS * (2 * CHURN_REASON_SIZE + 4)
};

/* Words round a feature's number; `plain` where they are all there is, and need no quotes. */
typedef struct around {
  bool plain;
  size_t before_length, after_length;
  char before[AROUND_SIZE], after[AROUND_SIZE];
} around;

struct churn_flat_list {
  churn_flat_rows_kept kept;
  uint64_t *order;
  size_t listed;
  around *words; /* [features] */
};

void churn_flat_list_free(churn_flat_list *list)
{
  if (list == NULL)
    return;
  churn_flat_rows_clear(&list->kept);
  free(list->order);
  free(list->words);
  free(list);
}

static churn_status find_words(churn_flat_list *list, churn_error *error)
{
  const churn_model *model = list->kept.model;
  list->words = churn_array_new(model->feature_count, sizeof *list->words);
  if (list->words == NULL)
    return churn_error_no_memory(error);
  for (size_t f = 0; f < model->feature_count; f++) {
    around *w = &list->words[f];
    char whole[2 * AROUND_SIZE];
    w->plain = churn_reason_around(list->kept.pipeline->plan, f, model->features[f].label,
                                   AROUND_SIZE, w->before, w->after);
    w->before_length = w->plain ? strlen(w->before) : 0;
    w->after_length = w->plain ? strlen(w->after) : 0;
    memcpy(whole, w->before, w->before_length);
    whole[w->before_length] = '0';
    memcpy(whole + w->before_length + 1, w->after, w->after_length);
    w->plain = w->plain &&
               w->before_length + w->after_length + CHURN_PACKED_TEXT_SIZE < CHURN_REASON_SIZE &&
               !churn_csv_needs_quotes(whole, w->before_length + 1 + w->after_length);
  }
  return CHURN_OK;
}

static void fill_report(churn_flat_list *list, churn_score_report *report)
{
  churn_exact_sum churners = {.odd = 0}, loss = {.odd = 0};
  *report = (churn_score_report){.listed = list->listed, .as_of = CHURN_DAY_MISSING};
  for (size_t i = 0; i < list->kept.part_count; i++) {
    churn_flat_part *p = &list->kept.parts[i];
    churn_exact_sum_join(&churners, &p->churners);
    churn_exact_sum_join(&loss, &p->loss);
    report->customers += p->seen;
    report->valued += p->valued;
    report->unseen_levels += p->unseen;
  }
  report->expected_churners = churn_exact_sum_value(&churners);
  report->expected_loss = churn_exact_sum_value(&loss);
}

/* The list, once all rows are read. */
static churn_status rank(churn_flat_list *list, const churn_run *run, bool *good,
                         churn_score_report *report, churn_error *error)
{
  uint64_t seen = 0;
  size_t count = 0;
  for (size_t i = 0; i < list->kept.part_count; i++)
    seen += list->kept.parts[i].seen;
  *good = seen > 0 && seen < UINT32_MAX;
  churn_flat_workers_end(&list->kept);
  churn_status status = *good ? churn_flat_ids_differ(&list->kept, run, good, error) : CHURN_OK;
  if (status == CHURN_OK && *good)
    status = churn_flat_sort(&list->kept, run, &list->order, &count, error);
  if (status == CHURN_OK && *good)
    status = find_words(list, error);
  list->listed = list->kept.top > 0 && list->kept.top < count ? (size_t)list->kept.top : count;
  if (status == CHURN_OK && *good && report != NULL)
    fill_report(list, report);
  return status;
}

churn_status churn_flat_score(churn_pipeline *pipeline, const churn_model *model,
                              const churn_score_settings *settings, const churn_run *run,
                              churn_flat_list **list, churn_score_report *report,
                              churn_error *error)
{
  churn_flat_list *made = calloc(1, sizeof *made);
  bool good = false;
  *list = NULL;
  if (made == NULL)
    return churn_error_no_memory(error);
  made->kept = (churn_flat_rows_kept){
      .model = model, .pipeline = pipeline, .by = settings->by, .top = settings->top};
  churn_status status = churn_flat_rows_read(&made->kept, run, &good, error);
  if (status == CHURN_OK && good)
    status = rank(made, run, &good, report, error);
  if (status == CHURN_OK && good)
    *list = made;
  else
    churn_flat_list_free(made);
  return status;
}

size_t churn_flat_list_count(const churn_flat_list *list)
{
  return list->listed;
}

static churn_flat_place place_of(const churn_flat_list *list, size_t index)
{
  return churn_flat_find(&list->kept, (uint32_t)list->order[index]);
}

/* The contribution of a number, column by column in the model's order, as churn_scorer_explain adds
 * them up. */
static double contribution(const churn_model *model, size_t feature, double value)
{
  const churn_model_feature *f = &model->features[feature];
  double sum = 0;
  for (size_t c = 0; c < model->column_count; c++) {
    const churn_model_column *column = &model->columns[c];
    if (column->feature != feature)
      continue;
    double x = 0;
    if ((int32_t)c == f->number_column)
      x = isnan(value) ? f->fill : value;
    if ((int32_t)c == f->missing_column && isnan(value))
      x = 1;
    sum += (x - column->mean) * column->estimate;
  }
  return sum;
}

static void reason_text(const churn_flat_list *list, size_t feature, double value, char *text)
{
  churn_reason_text(list->kept.pipeline->plan, feature, list->kept.model->features[feature].label,
                    value, text, CHURN_REASON_SIZE);
}

void churn_flat_list_get(const churn_flat_list *list, size_t index, churn_ranked *ranked)
{
  const churn_model *model = list->kept.model;
  churn_flat_place place = place_of(list, index);
  const churn_flat_row *row = &place.part->rows[place.row];
  *ranked = (churn_ranked){.rank = index + 1,
                           .customer_id = place.part->ids + row->id,
                           .as_of = CHURN_DAY_MISSING,
                           .probability = churn_recalibrated(&model->recalibration, row->logit),
                           .logit = row->logit,
                           .value = churn_flat_value(place),
                           .probability_low = NAN,
                           .probability_high = NAN,
                           .top_probability = NAN,
                           .main_cause = CHURN_NO_CAUSE,
                           .cause = "",
                           .action = "",
                           .owner = "",
                           .worth = NAN,
                           .rep = ""};
  ranked->expected_loss = ranked->probability * ranked->value;
  for (size_t k = 0; k < CHURN_REASONS && row->reasons[k] != CHURN_FLAT_NO_FEATURE; k++) {
    double value = churn_unpack(row->reason_values[k], &place.part->unpacked);
    reason_text(list, row->reasons[k], value, ranked->reasons[k]);
    ranked->contributions[k] = place.part->contributions == NULL
                                   ? contribution(model, row->reasons[k], value)
                                   : place.part->contributions[place.row * CHURN_REASONS + k];
    ranked->reason_count++;
  }
}

static char *put(char *at, const char *text, size_t length)
{
  memcpy(at, text, length);
  return at + length;
}

static char *put_number(char *at, double value)
{
  at += churn_number_format(value, at);
  *at++ = ',';
  return at;
}

static char *put_csv(char *at, const char *text, size_t length)
{
  if (!churn_csv_needs_quotes(text, length))
    return put(at, text, length);
  *at++ = '"';
  for (size_t i = 0; i < length; i++) {
    if (text[i] == '"')
      *at++ = '"';
    *at++ = text[i];
  }
  *at++ = '"';
  return at;
}

static char *put_reason(char *at, const churn_flat_list *list, const churn_unpacked *rest,
                        size_t feature, uint32_t packed)
{
  const around *w = &list->words[feature];
  char number[CHURN_PACKED_TEXT_SIZE], text[CHURN_REASON_SIZE];
  size_t length = w->plain ? churn_packed_text(packed, number) : 0;
  if (length > 0) {
    at = put(at, w->before, w->before_length);
    at = put(at, number, length);
    return put(at, w->after, w->after_length);
  }
  reason_text(list, feature, churn_unpack(packed, rest), text);
  return put_csv(at, text, strlen(text));
}

static char *put_line(char *at, const churn_flat_list *list, size_t index)
{
  const churn_model *model = list->kept.model;
  churn_flat_place place = place_of(list, index);
  const churn_flat_row *row = &place.part->rows[place.row];
  double probability = churn_recalibrated(&model->recalibration, row->logit);
  double value = churn_flat_value(place);
  at = put_number(at, (double)(index + 1));
  at = put_csv(at, place.part->ids + row->id, row->id_length);
  *at++ = ',';
  *at++ = ','; /* no as-of day */
  at = put_number(at, probability);
  at = put_number(at, row->logit);
  at = put_number(at, value);
  at = put_number(at, probability * value);
  for (size_t k = 0; k < CHURN_REASONS; k++) {
    if (row->reasons[k] != CHURN_FLAT_NO_FEATURE)
      at = put_reason(at, list, &place.part->unpacked, row->reasons[k], row->reason_values[k]);
    *at++ = ',';
  }
  at = put(at, model->id, strlen(model->id));
  *at++ = '\n';
  return at;
}

/* Rows lie in the order of the file, so that each is a wait for memory, which others may overlap.
 */
static void fetch(const churn_flat_list *list, size_t index, size_t last)
{
  enum { ROW_AHEAD = 24, ID_AHEAD = 12 };
  if (index + ROW_AHEAD < last) {
    churn_flat_place place = place_of(list, index + ROW_AHEAD);
    __builtin_prefetch(&place.part->rows[place.row]);
  }
  if (index + ID_AHEAD < last) {
    churn_flat_place place = place_of(list, index + ID_AHEAD);
    __builtin_prefetch(place.part->ids + place.part->rows[place.row].id);
  }
}

void churn_flat_list_write(const churn_flat_list *list, size_t first, size_t last,
                           churn_buffer *buffer)
{
  for (size_t i = first; i < last; i++) {
    churn_flat_place place = place_of(list, i);
    fetch(list, i, last);
    char *at =
        churn_buffer_room(buffer, LINE_SIZE + 2 * (size_t)place.part->rows[place.row].id_length);
    if (at == NULL)
      return;
    buffer->used = (size_t)(put_line(at, list, i) - buffer->bytes);
  }
}
