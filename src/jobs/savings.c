/* What contacting customers has saved: past lists, labels and contacts -> two groups.
 *
 * Cost: each list is read once; of its head those who have not counted yet are labelled, so each
 * customer about once.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs/savings.h"

#include "base/memory.h"
#include "design/contacts.h"
#include "jobs/past_lists.h"
#include "jobs/runs.h"
#include "monitor/means.h"
#include "source/table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Columns of a list. */
enum {
  RANK = CHURN_PAST_RANK,
  ID = CHURN_PAST_ID,
  VALUE = CHURN_PAST_VALUE,
  CONTROL = CHURN_PAST_CONTROL
};

enum { NOT_THERE = -3 };

/* What is known of a customer from the lists. */
typedef struct listed {
  int8_t label; /* of the list at work */
  bool seen;    /* at the head of some list */
  bool counted;
  bool control;  /* of who counted: the mark they counted by */
  bool remarked; /* and a later list has the other */
  bool crossed;
} listed;

typedef struct measuring {
  const churn_project *project;
  const churn_savings_settings *settings;
  const churn_run *run;
  const char *root;
  churn_pipeline *pipeline;
  churn_day before;              /* runs of days before it */
  size_t most;                   /* the newest of them */
  const churn_history *contacts; /* NULL = no log */
  listed *customers;             /* [customers] */
  bool *asked;                   /* [customers] whose label is wanted of the list at work */
  churn_dictionary *strangers;   /* ids of lists that the data do not know */
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

/* The row's customer, where the row is at the head; MISSING else, and of a stranger. */
static uint32_t customer_of(const measuring *m, const churn_table *list, size_t row, uint64_t top,
                            bool *head)
{
  const churn_column *ids = &list->columns[ID];
  *head = list->columns[RANK].numbers[row] <= (double)top;
  return *head ? churn_dictionary_find(m->pipeline->data->customers.index,
                                       churn_dictionary_text(ids->levels, ids->codes[row]),
                                       churn_dictionary_length(ids->levels, ids->codes[row]))
               : CHURN_CODE_MISSING;
}

static churn_status note_stranger(measuring *m, const churn_table *list, size_t row,
                                  churn_error *error)
{
  const churn_column *ids = &list->columns[ID];
  uint32_t code;
  return churn_dictionary_add(m->strangers, churn_dictionary_text(ids->levels, ids->codes[row]),
                              churn_dictionary_length(ids->levels, ids->codes[row]),
                              &code) == CHURN_OK
             ? CHURN_OK
             : churn_error_no_memory(error);
}

/* Who of the head is to be labelled. */
static churn_status ask(measuring *m, const churn_table *list, uint64_t top, churn_error *error)
{
  memset(m->asked, 0, m->pipeline->data->customers.count * sizeof *m->asked);
  churn_status status = CHURN_OK;
  for (size_t row = 0; row < list->rows && status == CHURN_OK; row++) {
    bool head;
    uint32_t customer = customer_of(m, list, row, top, &head);
    if (head && customer == CHURN_CODE_MISSING)
      status = note_stranger(m, list, row, error);
    if (customer == CHURN_CODE_MISSING)
      continue;
    listed *c = &m->customers[customer];
    c->seen = true;
    c->label = NOT_THERE;
    m->asked[customer] = !c->counted;
  }
  return status;
}

/* What became of them. */
static churn_status label_asked(measuring *m, churn_day day, churn_error *error)
{
  churn_snapshots *rows = NULL;
  churn_status status = churn_pipeline_label(m->pipeline, day, m->asked, m->run, &rows, error);
  for (size_t i = 0; status == CHURN_OK && i < rows->count; i++)
    m->customers[rows->rows[i].customer].label = rows->rows[i].label;
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
  listed *c = &m->customers[customer];
  bool churned = c->label == CHURN_LABEL_CHURNED;
  bool contacted = was_contacted(m, customer, day);
  c->counted = true;
  c->control = control;
  c->crossed = control && contacted;
  group->customers++;
  group->churned += churned;
  group->contacted += contacted;
  if (isnan(value))
    return;
  group->valued++;
  group->value += value;
  group->lost += churned ? value : 0;
  m->squares[control] += churned ? value * value : 0;
}

static void count_list(measuring *m, const churn_table *list, churn_day day, uint64_t top)
{
  for (size_t row = 0; row < list->rows; row++) {
    bool head, control = list->columns[CONTROL].numbers[row] == 1;
    uint32_t customer = customer_of(m, list, row, top, &head);
    if (customer == CHURN_CODE_MISSING)
      continue;
    listed *c = &m->customers[customer];
    if (c->counted)
      c->remarked = c->remarked || control != c->control;
    else if (c->label == CHURN_LABEL_CHURNED || c->label == CHURN_LABEL_STAYED)
      count_customer(m, customer, day, control, list->columns[VALUE].numbers[row]);
  }
}

/* Of a list of whom to contact everybody counts: it is as long as what was done. */
static uint64_t head_of(const measuring *m, const churn_past_run *past, bool calls)
{
  if (m->settings->top > 0)
    return m->settings->top;
  return calls ? UINT64_MAX : past->head;
}

static churn_status count_run(measuring *m, const churn_table *list, const churn_past_run *past,
                              bool calls, churn_error *error)
{
  uint64_t top = head_of(m, past, calls);
  churn_status status = ask(m, list, top, error);
  if (status == CHURN_OK)
    status = label_asked(m, past->day, error);
  if (status != CHURN_OK)
    return status;
  m->made->lists++;
  m->made->calls += calls;
  m->made->first = m->made->first == CHURN_DAY_MISSING ? past->day : m->made->first;
  m->made->last = past->day;
  count_list(m, list, past->day, top);
  return CHURN_OK;
}

static churn_status take_run(measuring *m, const churn_past_run *past, churn_error *error)
{
  churn_table *list = NULL;
  bool calls;
  if (!churn_snapshots_closed(m->project, m->pipeline->data, past->day)) {
    m->made->open++;
    return CHURN_OK;
  }
  churn_status status = churn_past_list_there(m->root, past->day, churn_past_calls, &calls, error);
  if (status == CHURN_OK)
    status = churn_past_list_read(m->root, past->day, calls ? churn_past_calls : churn_past_ranked,
                                  m->run, &list, error);
  if (status == CHURN_OK && !list->columns[CONTROL].present)
    m->made->unmarked++;
  else if (status == CHURN_OK)
    status = count_run(m, list, past, calls, error);
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

static void tally_customers(measuring *m)
{
  for (size_t c = 0; c < m->pipeline->data->customers.count; c++) {
    m->made->unjudged += m->customers[c].seen && !m->customers[c].counted;
    m->made->remarked += m->customers[c].remarked;
  }
  m->made->unjudged += churn_dictionary_count(m->strangers);
}

static void finish(measuring *m)
{
  churn_savings *s = m->made;
  tally_customers(m);
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
    if (!m->customers[c].crossed)
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
  m->customers = churn_array_new(count, sizeof *m->customers);
  m->asked = churn_array_new(count, sizeof *m->asked);
  m->strangers = churn_dictionary_new();
  if (m->made == NULL || m->customers == NULL || m->asked == NULL || m->strangers == NULL)
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
  free(m->customers);
  free(m->asked);
  churn_dictionary_free(m->strangers);
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

churn_status churn_savings_of_pipeline(churn_pipeline *pipeline, churn_plan *kinds,
                                       const char *root, churn_day before, size_t most,
                                       const churn_run *run, churn_savings **savings,
                                       churn_error *error)
{
  const churn_savings_settings settings = {.output = root};
  churn_plan *own = pipeline->kinds;
  measuring m = {.project = pipeline->project,
                 .settings = &settings,
                 .run = run,
                 .root = root,
                 .pipeline = pipeline,
                 .before = before,
                 .most = most};
  if (kinds != NULL && pipeline->project->outcome.excludes)
    pipeline->kinds = kinds;
  churn_status status = measure(&m, savings, error);
  pipeline->kinds = own;
  return status;
}
