/* What contacting customers has saved: past lists, labels and contacts -> two groups.
 *
 * Cost: each list is read once, and the base is labelled once a list.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs/savings.h"

#include "base/memory.h"
#include "design/contacts.h"
#include "design/kinds.h"
#include "jobs/runs.h"
#include "monitor/means.h"
#include "source/table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Columns of a list. */
enum { RANK, ID, VALUE, CONTROL, COLUMNS };

enum { NOT_THERE = -3 };

typedef struct measuring {
  const churn_project *project;
  const churn_savings_settings *settings;
  const churn_run *run;
  const char *root;
  churn_pipeline *pipeline;
  churn_day before;              /* runs of days before it */
  size_t most;                   /* the newest of them */
  const churn_history *contacts; /* NULL = no log */
  int8_t *labels;                /* [customers] of the list at work */
  bool *counted;                 /* [customers] */
  bool *crossed;                 /* [customers] */
  double squares[2];             /* sums of the squared losses of the groups, treated first */
  churn_savings *made;
} measuring;

void churn_savings_free(churn_savings *savings)
{
  if (savings == NULL)
    return;
  for (size_t i = 0; i < savings->crossed_count; i++)
    free(savings->crossed[i]);
  free(savings->crossed);
  free(savings);
}

static churn_status read_list(const measuring *m, churn_day day, churn_table **list,
                              churn_error *error)
{
  static const churn_format plain = {0};
  const churn_column_request requests[COLUMNS] = {
      [RANK] = {.heading = "rank", .type = CHURN_TYPE_NUMBER},
      [ID] = {.heading = "customer_id", .type = CHURN_TYPE_ID},
      [VALUE] = {.heading = "value", .type = CHURN_TYPE_NUMBER},
      [CONTROL] = {.heading = "control", .type = CHURN_TYPE_FLAG, .optional = true}};
  char text[CHURN_DAY_TEXT_SIZE];
  churn_day_format(day, text);
  char *path = churn_text_format("%s/%s/ranked.csv", m->root, text);
  churn_status status =
      path == NULL ? churn_error_no_memory(error)
                   : churn_table_parse(path, &plain, requests, COLUMNS, NULL, m->run, list, error);
  free(path);
  return status;
}

/* What became of the base of the day; *closed where that is known. */
static churn_status label_base(measuring *m, churn_day day, bool *closed, churn_error *error)
{
  churn_snapshots *rows = NULL;
  churn_status status = churn_pipeline_base(m->pipeline, day, m->run, &rows, error);
  memset(m->labels, NOT_THERE, m->pipeline->data->customers.count);
  for (size_t i = 0; status == CHURN_OK && i < rows->count; i++)
    m->labels[rows->rows[i].customer] = rows->rows[i].label;
  *closed = status == CHURN_OK && rows->days[0].closed;
  churn_snapshots_free(rows);
  return status;
}

static bool was_contacted(const measuring *m, uint32_t customer, churn_day day)
{
  const churn_outcome_spec *outcome = &m->project->outcome;
  return churn_contacted_in(m->contacts, customer, day,
                            day + outcome->gap_days + outcome->horizon_days);
}

static void count_customer(measuring *m, uint32_t customer, churn_day day, bool control,
                           double value)
{
  churn_savings_group *group = control ? &m->made->control : &m->made->treated;
  bool churned = m->labels[customer] == CHURN_LABEL_CHURNED;
  bool contacted = was_contacted(m, customer, day);
  group->customers++;
  group->churned += churned;
  group->contacted += contacted;
  m->crossed[customer] = control && contacted;
  if (isnan(value))
    return;
  group->valued++;
  group->value += value;
  group->lost += churned ? value : 0;
  m->squares[control] += churned ? value * value : 0;
}

static void count_list(measuring *m, const churn_table *list, churn_day day, uint64_t top)
{
  const churn_column *ids = &list->columns[ID];
  for (size_t row = 0; row < list->rows; row++) {
    uint32_t customer = churn_dictionary_find(
        m->pipeline->data->customers.index, churn_dictionary_text(ids->levels, ids->codes[row]),
        churn_dictionary_length(ids->levels, ids->codes[row]));
    if (!(list->columns[RANK].numbers[row] <= (double)top))
      continue;
    bool known = customer != CHURN_CODE_MISSING && (m->labels[customer] == CHURN_LABEL_CHURNED ||
                                                    m->labels[customer] == CHURN_LABEL_STAYED);
    if (!known) {
      m->made->unjudged++;
      continue;
    }
    if (m->counted[customer])
      continue;
    m->counted[customer] = true;
    count_customer(m, customer, day, list->columns[CONTROL].numbers[row] == 1,
                   list->columns[VALUE].numbers[row]);
  }
}

static churn_status take_run(measuring *m, const churn_past_run *past, churn_error *error)
{
  churn_table *list = NULL;
  bool closed = false;
  churn_status status = label_base(m, past->day, &closed, error);
  if (status != CHURN_OK || !closed)
    return status;
  status = read_list(m, past->day, &list, error);
  if (status == CHURN_OK && !list->columns[CONTROL].present)
    m->made->unmarked++;
  else if (status == CHURN_OK) {
    m->made->lists++;
    m->made->first = m->made->first == CHURN_DAY_MISSING ? past->day : m->made->first;
    m->made->last = past->day;
    count_list(m, list, past->day, m->settings->top == 0 ? past->head : m->settings->top);
  }
  churn_table_free(list);
  return status;
}

/* A list that cannot be read does not stop the others. */
static churn_status tell(const measuring *m, churn_day day, churn_status status,
                         const churn_error *fault, churn_error *error)
{
  char text[CHURN_MESSAGE_SIZE + CHURN_PLACE_SIZE], of[CHURN_DAY_TEXT_SIZE];
  if (status == CHURN_NO_MEMORY)
    return churn_error_no_memory(error);
  churn_error_format(fault, text, sizeof text);
  churn_day_format(day, of);
  churn_notes_add(churn_run_notes(m->run), CHURN_WARNING, "no_outcome", CHURN_NOWHERE,
                  "the list of %s does not count: %s", of, text);
  return CHURN_OK;
}

static churn_status take_runs(measuring *m, churn_error *error)
{
  churn_past_runs past = {0};
  churn_status status = churn_past_runs_read(m->root, m->before, m->most, m->run, &past, error);
  for (size_t i = past.count; i-- > 0 && status == CHURN_OK;) {
    churn_error fault = {0};
    status = take_run(m, &past.runs[i], &fault);
    if (status != CHURN_OK)
      status = tell(m, past.runs[i].day, status, &fault, error);
  }
  churn_past_runs_clear(&past);
  return status;
}

static churn_saved saved_of(churn_estimate estimate, double times)
{
  return (churn_saved){estimate.value * times, estimate.low * times, estimate.high * times};
}

static void finish_group(churn_savings_group *group, double squares, double level)
{
  double n = (double)group->valued;
  group->share = saved_of(churn_share(group->churned, group->customers, level), 1);
  group->mean = group->valued == 0 ? NAN : group->lost / n;
  double spread = squares - n * group->mean * group->mean;
  group->deviation = group->valued < 2 ? NAN : sqrt(fmax(spread, 0) / (n - 1));
}

static void finish(measuring *m)
{
  churn_savings *s = m->made;
  double level = m->settings->level > 0 ? m->settings->level : 0.95;
  finish_group(&s->treated, m->squares[0], level);
  finish_group(&s->control, m->squares[1], level);
  churn_estimate share = churn_share_difference(s->treated.churned, s->treated.customers,
                                                s->control.churned, s->control.customers, level);
  const churn_moments_of treated = {(double)s->treated.valued, s->treated.mean,
                                    s->treated.deviation};
  const churn_moments_of control = {(double)s->control.valued, s->control.mean,
                                    s->control.deviation};
  s->share = saved_of(share, 1);
  s->customers = saved_of(share, (double)s->treated.customers);
  s->money = saved_of(churn_mean_difference(&treated, &control, level), (double)s->treated.valued);
}

/* Customers come in the bytewise order of their ids. */
static churn_status name_crossed(measuring *m, churn_error *error)
{
  const churn_customers *customers = &m->pipeline->data->customers;
  churn_savings *s = m->made;
  s->crossed = churn_array_new((size_t)s->control.contacted, sizeof *s->crossed);
  if (s->crossed == NULL)
    return churn_error_no_memory(error);
  for (size_t c = 0; c < customers->count; c++) {
    if (!m->crossed[c])
      continue;
    char *id = churn_text_copy(customers->ids[c], strlen(customers->ids[c]));
    if (id == NULL)
      return churn_error_no_memory(error);
    s->crossed[s->crossed_count++] = id;
  }
  return CHURN_OK;
}

static churn_status open_data(measuring *m, churn_error *error)
{
  const churn_pipeline_settings opening = {.with_labels = true};
  if (m->project->outcome.kind == CHURN_OUTCOME_NONE)
    return churn_error_set_at(error, CHURN_BAD_PROJECT, (churn_place){m->project->path, 0, 0},
                              "the project has no `outcome`, so nothing can become of a list");
  if (churn_snapshots_flat(m->project))
    return churn_error_set_at(error, CHURN_BAD_PROJECT, (churn_place){m->project->path, 0, 0},
                              "a flat export has no days, so what became of a list is not known");
  return churn_pipeline_open(m->project, &opening, m->run, &m->pipeline, error);
}

static churn_status make_room(measuring *m, churn_error *error)
{
  size_t count = m->pipeline->data->customers.count;
  m->contacts = churn_contacts_of(m->project, m->pipeline->data);
  m->made = churn_array_new(1, sizeof *m->made);
  m->labels = churn_array_new(count, sizeof *m->labels);
  m->counted = churn_array_new(count, sizeof *m->counted);
  m->crossed = churn_array_new(count, sizeof *m->crossed);
  if (m->made == NULL || m->labels == NULL || m->counted == NULL || m->crossed == NULL)
    return churn_error_no_memory(error);
  m->made->with_contacts = m->contacts != NULL;
  m->made->first = m->made->last = CHURN_DAY_MISSING;
  m->made->top = m->settings->top;
  return CHURN_OK;
}

static churn_status measure(measuring *m, churn_savings **savings, churn_error *error)
{
  churn_status status = make_room(m, error);
  if (status == CHURN_OK)
    status = take_runs(m, error);
  if (status == CHURN_OK)
    status = name_crossed(m, error);
  if (status == CHURN_OK) {
    finish(m);
    *savings = m->made;
    m->made = NULL;
  }
  free(m->labels);
  free(m->counted);
  free(m->crossed);
  churn_savings_free(m->made);
  return status;
}

churn_status churn_savings_measure(const churn_project *project,
                                   const churn_savings_settings *settings, const churn_run *run,
                                   churn_savings **savings, churn_error *error)
{
  measuring m = {.project = project,
                 .settings = settings,
                 .run = run,
                 .root = settings->output == NULL ? project->nightly.output : settings->output,
                 .before = CHURN_DAY_LAST,
                 .most = SIZE_MAX};
  churn_status status = open_data(&m, error);
  if (status == CHURN_OK)
    status = measure(&m, savings, error);
  churn_pipeline_close(m.pipeline);
  return status;
}

/* While labels are made, the losses that the outcome excludes are set apart. */
churn_status churn_savings_of_pipeline(churn_pipeline *pipeline, const churn_plan *kinds,
                                       const char *root, churn_day before, size_t most,
                                       const churn_run *run, churn_savings **savings,
                                       churn_error *error)
{
  const churn_savings_settings settings = {.output = root};
  bool excludes =
      kinds != NULL && pipeline->project->outcome.excludes && pipeline->data->excluded == NULL;
  churn_status status = CHURN_OK;
  measuring m = {.project = pipeline->project,
                 .settings = &settings,
                 .run = run,
                 .root = root,
                 .pipeline = pipeline,
                 .before = before,
                 .most = most};
  if (excludes)
    status = churn_kinds_exclude(pipeline->project, kinds, pipeline->data, error);
  if (status == CHURN_OK)
    status = measure(&m, savings, error);
  if (excludes) {
    free(pipeline->data->excluded);
    pipeline->data->excluded = NULL;
  }
  return status;
}
