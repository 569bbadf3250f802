/* The ranked list of a flat export: opened, looked at, written.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/memory.h"
#include "base/number.h"
#include "feature/reason.h"
#include "score/flat_ids.h"
#include "score/flat_order.h"
#include "score/list_columns.h"
#include "score/recalibration.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Bytes of a line beside its id: numbers, reasons each of whose bytes may be a doubled quote, the
 * model; and as many as a copy of fixed length may write too many. */
enum {
  AROUND_SIZE = 128,
  COPY_SIZE = 32,
  LINE_SIZE = 8 * CHURN_NUMBER_TEXT_SIZE + CHURN_REASONS * (2 * CHURN_REASON_SIZE + 4) + COPY_SIZE
};

/* Words round a feature's number; `plain` where they are all there is, and need no quotes. */
typedef struct around {
  bool plain;
  bool but_one; /* 1 has other words */
  size_t before_length, after_length;
  char before[AROUND_SIZE], after[AROUND_SIZE];
} around;

struct churn_flat_list {
  churn_flat_rows_kept kept;
  uint64_t *order;
  size_t listed;
  around *words; /* [features] */
  churn_list_columns columns;
  size_t model_length;
  bool recalibrates;
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
                                   AROUND_SIZE, w->before, w->after, &w->but_one);
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
    report->gone += p->gone;
  }
  report->expected_churners = churn_exact_sum_value(&churners);
  report->expected_loss = churn_exact_sum_value(&loss);
}

/* The list, once all rows are read. */
static churn_status rank(churn_flat_list *list, const churn_run *run, bool *good,
                         churn_score_report *report, churn_error *error)
{
  uint64_t seen = 0, room = 0;
  size_t count = 0;
  for (size_t i = 0; i < list->kept.part_count; i++) {
    seen += list->kept.parts[i].seen;
    room += churn_flat_store_room(&list->kept.parts[i].store);
  }
  *good = seen > 0 && seen < UINT32_MAX && room < UINT32_MAX;
  churn_flat_workers_end(&list->kept);
  churn_status status = CHURN_OK;
  if (*good && list->kept.hash_ids)
    status = churn_flat_ids_differ(&list->kept, run, good, error);
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
  made->columns = churn_list_columns_make(pipeline->project, settings);
  made->model_length = strlen(model->id);
  made->recalibrates = churn_recalibrates(&model->recalibration);
  made->kept = (churn_flat_rows_kept){.model = model,
                                      .pipeline = pipeline,
                                      .by = settings->by,
                                      .top = settings->top,
                                      .reasons = churn_list_columns_have_reasons(&made->columns)};
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

static double probability_of(const churn_flat_list *list, double logit)
{
  return list->recalibrates ? churn_recalibrated(&list->kept.model->recalibration, logit)
                            : churn_probability(logit);
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

/* The contribution of the row's reason `k`, which is of `value`. */
static double reason_contribution(const churn_flat_list *list, churn_flat_place place, size_t k,
                                  double value)
{
  double contributions[CHURN_REASONS];
  size_t at = place.part->store.layout.contributions;
  if (at == 0)
    return contribution(list->kept.model, place.row->reasons[k], value);
  memcpy(contributions, (const char *)place.row + at, sizeof contributions);
  return contributions[k];
}

void churn_flat_list_get(const churn_flat_list *list, size_t index, churn_ranked *ranked)
{
  churn_flat_place place = place_of(list, index);
  const churn_flat_row *row = place.row;
  size_t length;
  *ranked = (churn_ranked){.rank = index + 1,
                           .customer_id = churn_flat_id(place, &length),
                           .as_of = CHURN_DAY_MISSING,
                           .probability = probability_of(list, row->logit),
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
  ranked->control = churn_project_is_control(list->kept.pipeline->project, ranked->customer_id);
  ranked->expected_loss = ranked->probability * ranked->value;
  for (size_t k = 0; list->kept.reasons && k < CHURN_REASONS; k++) {
    if (row->reasons[k] == CHURN_FLAT_NO_FEATURE)
      break;
    double value = churn_unpack(row->reason_values[k], &place.part->unpacked);
    reason_text(list, row->reasons[k], value, ranked->reasons[k]);
    ranked->contributions[k] = reason_contribution(list, place, k, value);
    ranked->reason_count++;
  }
}

static char *put(char *at, const char *text, size_t length)
{
  memcpy(at, text, length);
  return at + length;
}

/* The same for texts that have room for COPY_SIZE bytes: most are shorter, and a copy whose length
 * is known is a few instructions. */
static char *put_short(char *at, const char *text, size_t length)
{
  memcpy(at, text, COPY_SIZE);
  return length <= COPY_SIZE ? at + length : put(at, text, length);
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

/* True where some byte of a short id, or what tells its length, may have to be quoted. */
static bool may_need_quotes(const char *id, size_t length)
{
  typedef signed char bytes __attribute__((vector_size(CHURN_FLAT_ID_SIZE)));
  bytes all;
  uint64_t found[CHURN_FLAT_ID_SIZE / 8];
  memcpy(&all, id, sizeof all);
  bytes odd = (all == ',') | (all == '"') | (all == '\n') | (all == '\r');
  memcpy(found, &odd, sizeof found);
  return (found[0] | found[1]) != 0 || (unsigned char)id[0] <= ' ' ||
         (unsigned char)id[length - 1] <= ' ';
}

static char *put_id(char *at, churn_flat_place place)
{
  size_t length;
  const char *id = churn_flat_id(place, &length);
  if (id != place.row->id || length == 0 || may_need_quotes(id, length))
    return put_csv(at, id, length);
  memcpy(at, id, CHURN_FLAT_ID_SIZE);
  return at + length;
}

/* Numbers of reasons that were written lately: an export has few of them, but for rough ones. */
typedef struct recent_number {
  uint32_t packed, length; /* 0 = none */
  char text[CHURN_PACKED_TEXT_SIZE];
} recent_number;

enum { RECENT_BITS = 10, RECENT = 1 << RECENT_BITS };

static const recent_number *find_number(recent_number *recent, uint32_t packed)
{
  recent_number *n = &recent[packed * UINT32_C(0x9E3779B1) >> (32 - RECENT_BITS)];
  if (n->length == 0 || n->packed != packed) {
    n->packed = packed;
    n->length = (uint32_t)churn_packed_text(packed, n->text);
  }
  return n;
}

/* What lines are written of. */
typedef struct line {
  const churn_flat_list *list;
  recent_number *recent; /* [RECENT] */
  churn_flat_place place;
  size_t index;
  double probability;
} line;

static char *put_reason(char *at, const line *l, size_t k)
{
  size_t feature = l->place.row->reasons[k];
  uint32_t packed = l->place.row->reason_values[k];
  if (feature == CHURN_FLAT_NO_FEATURE)
    return at;
  const around *w = &l->list->words[feature];
  const recent_number *number = w->plain ? find_number(l->recent, packed) : NULL;
  bool other = w->but_one && number != NULL && number->length == 1 && number->text[0] == '1';
  if (number != NULL && number->length > 0 && !other) {
    at = put_short(at, w->before, w->before_length);
    memcpy(at, number->text, sizeof number->text);
    return put_short(at + number->length, w->after, w->after_length);
  }
  char text[CHURN_REASON_SIZE];
  reason_text(l->list, feature, churn_unpack(packed, &l->place.part->unpacked), text);
  return put_csv(at, text, strlen(text));
}

static bool is_control(const line *l)
{
  size_t length;
  return churn_project_is_control(l->list->kept.pipeline->project,
                                  churn_flat_id(l->place, &length));
}

static char *put_column(char *at, const line *l, churn_list_column column)
{
  switch (column) {
  case CHURN_LIST_RANK:
    return at + churn_whole_format(l->index + 1, at);
  case CHURN_LIST_CUSTOMER_ID:
    return put_id(at, l->place);
  case CHURN_LIST_AS_OF: /* a flat export has no day */
    return at;
  case CHURN_LIST_PROBABILITY:
    return at + churn_number_format(l->probability, at);
  case CHURN_LIST_LOGIT:
    return at + churn_number_format(l->place.row->logit, at);
  case CHURN_LIST_VALUE:
    return at + churn_number_format(churn_flat_value(l->place), at);
  case CHURN_LIST_EXPECTED_LOSS:
    return at + churn_number_format(l->probability * churn_flat_value(l->place), at);
  case CHURN_LIST_MODEL:
    return put(at, l->list->kept.model->id, l->list->model_length);
  case CHURN_LIST_REASON_1:
  case CHURN_LIST_REASON_2:
  case CHURN_LIST_REASON_3:
    return put_reason(at, l, (size_t)churn_list_column_reason(column));
  case CHURN_LIST_CONTROL:
    *at = is_control(l) ? '1' : '0';
    return at + 1;
  default: /* with a playbook or intervals the list is none of these */
    return at;
  }
}

static char *put_line(char *at, const line *l)
{
  const churn_list_columns *columns = &l->list->columns;
  for (size_t i = 0; i < columns->count; i++) {
    at = put_column(at, l, columns->columns[i]);
    *at++ = ',';
  }
  at[-1] = '\n';
  return at;
}

/* Rows of a cell lie near each other, but in no order: each is a wait for memory, which others may
 * overlap. */
static void fetch(const churn_flat_list *list, size_t index, size_t last)
{
  enum { AHEAD = 12 };
  if (index + AHEAD < last) {
    const char *row = (const char *)place_of(list, index + AHEAD).row;
    __builtin_prefetch(row);
    __builtin_prefetch(row + sizeof(churn_flat_row) - 1);
  }
}

void churn_flat_list_write(const churn_flat_list *list, size_t first, size_t last,
                           churn_buffer *buffer)
{
  recent_number recent[RECENT];
  for (size_t i = 0; i < RECENT; i++)
    recent[i].length = 0;
  for (size_t i = first; i < last; i++) {
    line l = {.list = list, .recent = recent, .place = place_of(list, i), .index = i};
    size_t id_length;
    churn_flat_id(l.place, &id_length);
    fetch(list, i, last);
    char *at = churn_buffer_room(buffer, LINE_SIZE + 2 * id_length);
    if (at == NULL)
      return;
    l.probability = probability_of(list, l.place.row->logit);
    buffer->used = (size_t)(put_line(at, &l) - buffer->bytes);
  }
}
