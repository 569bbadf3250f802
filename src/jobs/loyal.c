/* Loyal and slipping: finding them, and their list.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs/loyal.h"

#include "base/memory.h"
#include "base/output.h"
#include "jobs/base_scores.h"
#include "score/recalibration.h"
#include "score/suitable.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct member {
  size_t index; /* in the ranking */
  double before, growth;
  int32_t tenure_days;
} member;

struct churn_loyal {
  const churn_ranking *ranking;
  churn_ranking *own_ranking; /* NULL = borrowed */
  churn_pipeline *own_pipeline;
  member *members;
  size_t count, listed;
  churn_day since;
};

void churn_loyal_free(churn_loyal *loyal)
{
  if (loyal == NULL)
    return;
  free(loyal->members);
  churn_ranking_free(loyal->own_ranking);
  churn_pipeline_close(loyal->own_pipeline);
  free(loyal);
}

/* What the base is held against. */
typedef struct bounds {
  double value;
  int32_t tenure_days;
  double rise; /* of the logit */
  double probability;
} bounds;

typedef struct finding {
  const churn_pipeline *pipeline;
  const churn_model *model;
  const churn_ranking *ranking;
  const churn_loyal_spec *spec;
  churn_day as_of, since;
  double *before; /* [spells] logit as of `since`; NaN = not in the base then */
  bounds bounds;
} finding;

static int32_t tenure_of(const finding *f, const churn_snapshot *row)
{
  const churn_day *joined = f->pipeline->data->customers.joined;
  churn_day day = joined == NULL ? CHURN_DAY_MISSING : joined[row->spell];
  return day == CHURN_DAY_MISSING ? INT32_MAX : f->as_of - day;
}

static int ascending(const void *left, const void *right)
{
  const double *a = left, *b = right;
  return (*a > *b) - (*a < *b);
}

/* The least of the highest `share` of them; NaN of none. Sorts. */
static double least_of_highest(double *numbers, size_t count, double share)
{
  if (count == 0)
    return NAN;
  size_t within = (size_t)ceil(share * (double)count);
  qsort(numbers, count, sizeof *numbers, ascending);
  return numbers[count - (within > count ? count : within)];
}

static churn_status find_bounds(finding *f, churn_error *error)
{
  size_t rows = churn_ranking_customers(f->ranking), valued = 0;
  double expected = 0;
  double *values = churn_array_new(rows, sizeof *values);
  double *tenures = churn_array_new(rows, sizeof *tenures);
  if (values == NULL || tenures == NULL) {
    free(values);
    free(tenures);
    return churn_error_no_memory(error);
  }
  for (size_t i = 0; i < rows; i++) {
    churn_ranked line;
    churn_ranking_get_figures(f->ranking, i, &line);
    tenures[i] = tenure_of(f, churn_ranking_snapshot(f->ranking, i));
    expected += line.probability;
    values[valued] = line.value;
    valued += isnan(line.value) ? 0 : 1;
  }
  f->bounds = (bounds){least_of_highest(values, valued, f->spec->value_share), f->spec->tenure_days,
                       log(f->spec->rise), f->spec->probability};
  if (isnan(f->bounds.probability))
    f->bounds.probability = rows == 0 ? 0 : expected / (double)rows;
  if (f->spec->tenure_days == 0 && rows > 0)
    f->bounds.tenure_days = (int32_t)least_of_highest(tenures, rows, 0.5);
  free(values);
  free(tenures);
  return CHURN_OK;
}

static churn_status look_back(finding *f, const churn_run *run, churn_error *error)
{
  churn_base_scores then = {0};
  size_t spells = f->pipeline->data->customers.spell_count;
  f->before = churn_array_new(spells, sizeof *f->before);
  churn_status status = f->before == NULL ? churn_error_no_memory(error)
                                          : churn_base_score(f->pipeline, f->model, f->since,
                                                             CHURN_DAY_MISSING, run, &then, error);
  for (size_t i = 0; status == CHURN_OK && i < spells; i++)
    f->before[i] = NAN;
  for (size_t i = 0; status == CHURN_OK && i < then.rows->count; i++)
    f->before[then.rows->rows[i].spell] = then.logits[i];
  churn_base_scores_clear(&then);
  return status;
}

/* True for a customer that is loyal and slipping; fills the member. */
static bool belongs(const finding *f, size_t index, member *m)
{
  const churn_recalibration *to = &f->model->recalibration;
  const churn_snapshot *row = churn_ranking_snapshot(f->ranking, index);
  churn_ranked line;
  churn_ranking_get_figures(f->ranking, index, &line);
  double before = f->before[row->spell];
  *m = (member){.index = index, .tenure_days = tenure_of(f, row)};
  if (churn_ranking_is_gone(f->ranking, index))
    return false;
  if (isnan(before) || !(line.value >= f->bounds.value) || m->tenure_days < f->bounds.tenure_days ||
      line.probability < f->bounds.probability)
    return false;
  m->before = churn_recalibrated(to, before);
  m->growth = (line.probability - m->before) * line.value;
  double rise = churn_recalibrated_logit(to, line.logit) - churn_recalibrated_logit(to, before);
  return line.probability > m->before && rise >= f->bounds.rise;
}

static int by_growth(const void *left, const void *right)
{
  const member *a = left, *b = right;
  if (a->growth != b->growth)
    return a->growth > b->growth ? -1 : 1;
  return (a->index > b->index) - (a->index < b->index);
}

static churn_status collect(const finding *f, churn_loyal *loyal, churn_error *error)
{
  size_t capacity = 0;
  for (size_t i = 0; i < churn_ranking_eligible(f->ranking); i++) {
    member m;
    if (!belongs(f, i, &m))
      continue;
    if (!churn_array_reserve(&loyal->members, &capacity, loyal->count + 1, sizeof m))
      return churn_error_no_memory(error);
    loyal->members[loyal->count++] = m;
  }
  if (loyal->count > 0)
    qsort(loyal->members, loyal->count, sizeof *loyal->members, by_growth);
  return CHURN_OK;
}

static void fill_report(const finding *f, const churn_loyal *loyal, churn_loyal_report *report)
{
  *report = (churn_loyal_report){.customers = churn_ranking_customers(f->ranking),
                                 .listed = loyal->listed,
                                 .as_of = f->as_of,
                                 .since = f->since,
                                 .least_value = f->bounds.value,
                                 .least_tenure = f->bounds.tenure_days,
                                 .least_probability = f->bounds.probability};
  for (size_t i = 0; i < loyal->listed; i++)
    report->growth += loyal->members[i].growth;
}

/* Before any work. */
static churn_status check_project(const churn_project *project, churn_error *error)
{
  const char *lacks = NULL;
  if (churn_snapshots_flat(project))
    lacks = "a flat export has no days, so nobody's risk can have risen since one";
  else if (project->value.text == NULL)
    lacks = "who is of high value is not known; expected `value` under customers";
  else if (project->base_kind == CHURN_BASE_FILE && project->joined.text == NULL)
    lacks = "how long somebody is a customer is not known; expected `joined` under customers";
  return lacks == NULL ? CHURN_OK
                       : churn_error_set(error, CHURN_USAGE, "loyal and slipping: %s", lacks);
}

churn_status churn_loyal_choose(churn_pipeline *pipeline, const churn_model *model,
                                const churn_ranking *ranking, uint64_t top, const churn_run *run,
                                churn_loyal **loyal, churn_loyal_report *report, churn_error *error)
{
  const churn_loyal_spec *spec = &pipeline->project->loyal;
  churn_day as_of = churn_ranking_as_of(ranking);
  finding f = {pipeline, model,         ranking, spec, as_of, as_of - spec->since_days,
               NULL,     {NAN, 0, 0, 0}};
  churn_status status = check_project(pipeline->project, error);
  if (status != CHURN_OK)
    return status;
  churn_loyal *made = churn_array_new(1, sizeof *made);
  status = made == NULL ? churn_error_no_memory(error) : find_bounds(&f, error);
  if (status == CHURN_OK)
    status = look_back(&f, run, error);
  if (status == CHURN_OK) {
    made->ranking = ranking;
    made->since = f.since;
    status = collect(&f, made, error);
  }
  free(f.before);
  if (status != CHURN_OK) {
    churn_loyal_free(made);
    return status;
  }
  made->listed = top > 0 && top < made->count ? (size_t)top : made->count;
  if (report != NULL)
    fill_report(&f, made, report);
  *loyal = made;
  return CHURN_OK;
}

churn_status churn_loyal_find(const churn_project *project, const churn_model *model,
                              const churn_score_settings *settings, const churn_run *run,
                              churn_loyal **loyal, churn_loyal_report *report, churn_error *error)
{
  churn_score_settings all = *settings;
  churn_pipeline_settings opening = {.model = model};
  churn_pipeline *pipeline = NULL;
  churn_ranking *ranking = NULL;
  all.top = 0;
  all.by = CHURN_BY_PROBABILITY;
  churn_status status = churn_score_check_model(project, model, run, error);
  if (status == CHURN_OK)
    status = check_project(project, error);
  if (status == CHURN_OK)
    status = churn_pipeline_open(project, &opening, run, &pipeline, error);
  if (status == CHURN_OK)
    status = churn_ranking_open(pipeline, model, &all, NULL, run, &ranking, NULL, error);
  if (status == CHURN_OK)
    status = churn_loyal_choose(pipeline, model, ranking, settings->top, run, loyal, report, error);
  if (status == CHURN_OK) {
    (*loyal)->own_ranking = ranking;
    (*loyal)->own_pipeline = pipeline;
    return CHURN_OK;
  }
  churn_ranking_free(ranking);
  churn_pipeline_close(pipeline);
  return status;
}

size_t churn_loyal_count(const churn_loyal *loyal)
{
  return loyal->listed;
}

size_t churn_loyal_index(const churn_loyal *loyal, size_t index)
{
  return loyal->members[index].index;
}

void churn_loyal_get(const churn_loyal *loyal, size_t index, churn_loyal_customer *customer)
{
  const member *m = &loyal->members[index];
  churn_ranking_get(loyal->ranking, m->index, &customer->line);
  customer->line.rank = index + 1;
  customer->before = m->before;
  customer->growth = m->growth;
  customer->tenure_days = m->tenure_days;
}

static void write_text(churn_output *output, const char *text)
{
  churn_output_write(output, ",", 1);
  churn_output_csv(output, text, strlen(text));
}

static void write_number(churn_output *output, double value)
{
  churn_output_write(output, ",", 1);
  churn_output_number(output, value);
}

static void write_line(churn_output *output, const churn_loyal *loyal, size_t index)
{
  churn_loyal_customer c;
  char as_of[CHURN_DAY_TEXT_SIZE], since[CHURN_DAY_TEXT_SIZE];
  churn_loyal_get(loyal, index, &c);
  churn_day_format(c.line.as_of, as_of);
  churn_day_format(loyal->since, since);
  churn_output_whole(output, c.line.rank);
  write_text(output, c.line.customer_id);
  write_text(output, as_of);
  write_number(output, c.line.probability);
  write_number(output, c.before);
  write_text(output, since);
  write_number(output, c.line.value);
  write_number(output, c.growth);
  write_number(output, c.tenure_days == INT32_MAX ? (double)NAN : (double)c.tenure_days);
  for (size_t k = 0; k < CHURN_REASONS; k++)
    write_text(output, c.line.reasons[k]);
  write_text(output, churn_ranking_model_id(loyal->ranking));
  const char *const texts[] = {c.line.cause, c.line.action, c.line.owner};
  for (size_t k = 0; churn_ranking_causes(loyal->ranking) > 0 && k < 3; k++)
    write_text(output, texts[k]);
  if (churn_ranking_has_control(loyal->ranking))
    write_text(output, c.line.control ? "1" : "0");
  churn_output_write(output, "\n", 1);
}

churn_status churn_loyal_write(const churn_loyal *loyal, const char *path, churn_error *error)
{
  churn_output *output = NULL;
  churn_status status = churn_output_open(path, &output, error);
  if (status != CHURN_OK)
    return status;
  churn_output_text(output, "rank,customer_id,as_of,probability,probability_before,since,value,"
                            "loss_growth,tenure_days,reason_1,reason_2,reason_3,model");
  churn_output_text(output, churn_ranking_causes(loyal->ranking) > 0 ? ",cause,action,owner" : "");
  churn_output_text(output, churn_ranking_has_control(loyal->ranking) ? ",control\n" : "\n");
  for (size_t i = 0; i < loyal->listed; i++)
    write_line(output, loyal, i);
  return churn_output_commit(output, error);
}
