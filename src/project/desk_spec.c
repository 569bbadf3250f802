/* The sections `capacity`, `actions` and `loyal`: how many customers can be contacted, what that
 * saves and costs, and who is loyal and slipping.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "project/playbook.h"
#include "project/spec.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const double default_value_share = 0.25, default_rise = 1.5;
enum { DEFAULT_SINCE_DAYS = 30, DEFAULT_REST_DAYS = 30 };

/* A number for which `fits` holds; as it was where none is given. */
static void read_number(churn_reader *reader, const churn_yaml *node, const char *what,
                        const char *expected, bool (*fits)(double), double *to)
{
  char shown[CHURN_SHOWN_SIZE];
  double value = churn_reader_number(reader, node, what);
  if (isnan(value))
    return;
  if (fits(value))
    *to = value;
  else
    churn_reader_fault(reader, node, "%s: expected %s, found \"%s\"", what, expected,
                       churn_shown(node->text, shown));
}

static bool is_share(double value)
{
  return value >= 0 && value <= 1;
}

static bool is_part(double value)
{
  return value > 0 && value <= 1;
}

static bool is_not_negative(double value)
{
  return value >= 0;
}

static bool is_factor(double value)
{
  return value >= 1;
}

void churn_action_read(churn_reader *reader, const churn_yaml *save_rate, const churn_yaml *cost,
                       double *to_save_rate, double *to_cost)
{
  read_number(reader, save_rate, "save_rate", "a share from 0 to 1, like 0.2", is_share,
              to_save_rate);
  read_number(reader, cost, "cost", "a number >= 0, like 15", is_not_negative, to_cost);
}

static void read_action(churn_reader *reader, const churn_yaml *node, double *save_rate,
                        double *cost)
{
  churn_field fields[2] = {{"save_rate", NULL}, {"cost", NULL}};
  if (churn_reader_fields(reader, node, "an action", "{save_rate: 0.2, cost: 15}", fields, 2))
    churn_action_read(reader, fields[0].value, fields[1].value, save_rate, cost);
}

/* What the project says of each cause's action. */
static void read_actions(churn_reader *reader, const churn_yaml *node, churn_project *project)
{
  const char *names[CHURN_MOST_CAUSES + 1] = {"default"};
  size_t count = churn_playbook_count(project);
  char shown[CHURN_SHOWN_SIZE], nearest[CHURN_SHOWN_SIZE * 2], list[512];
  for (size_t i = 0; i < count; i++)
    names[i + 1] = project->playbook->causes[i].name;
  churn_join_names(names, count + 1, list, sizeof list);
  if (!churn_reader_is_mapping(reader, node, "actions", "{default: {save_rate: 0.2, cost: 15}}"))
    return;
  for (const churn_yaml *value = node->first; value != NULL; value = value->next) {
    size_t at = 0;
    while (at <= count && strcmp(names[at], value->key->text) != 0)
      at++;
    churn_cause *cause = at == 0 || at > count ? NULL : &project->playbook->causes[at - 1];
    if (at > count)
      churn_reader_fault(reader, value->key, "actions: there is no cause \"%s\"%s; accepted: %s",
                         churn_shown(value->key->text, shown),
                         churn_did_you_mean(value->key->text, names, count + 1, nearest), list);
    else if (cause == NULL)
      read_action(reader, value, &project->action.save_rate, &project->action.cost);
    else
      read_action(reader, value, &cause->save_rate, &cause->cost);
  }
}

static bool has_action(const churn_cause *cause)
{
  return cause->actions[CHURN_ENGLISH][0] != '\0';
}

/* A save rate for some causes alone would make the others look better than they are. */
static void check_rates(churn_reader *reader, const churn_project *project)
{
  const churn_playbook *p = project->playbook;
  const churn_cause *with = NULL, *without = NULL;
  for (size_t i = 0; i < p->cause_count; i++)
    if (has_action(&p->causes[i]))
      *(isnan(p->causes[i].save_rate) ? &without : &with) = &p->causes[i];
  if (with != NULL && without != NULL)
    churn_reader_fault_at(reader, &p->place,
                          "the action of the cause \"%s\" has a save_rate and that of \"%s\" has "
                          "none, so that they cannot be compared; expected one for each, or "
                          "actions: {default: {save_rate: 0.2}}",
                          with->name, without->name);
}

/* What is not said of a cause is said of all; what is said nowhere is that every contact saves. */
static void settle_actions(churn_reader *reader, churn_project *project)
{
  churn_playbook *p = project->playbook;
  if (p != NULL && isnan(project->action.save_rate))
    check_rates(reader, project);
  if (isnan(project->action.save_rate))
    project->action.save_rate = 1;
  if (isnan(project->action.cost))
    project->action.cost = 0;
  for (size_t i = 0; p != NULL && i < p->cause_count; i++) {
    churn_cause *cause = &p->causes[i];
    cause->save_rate = isnan(cause->save_rate) ? project->action.save_rate : cause->save_rate;
    cause->cost = isnan(cause->cost) ? project->action.cost : cause->cost;
  }
}

static void read_owners(churn_reader *reader, const churn_yaml *node, churn_project *project)
{
  churn_field fields[CHURN_OWNERS - 1];
  char what[64];
  for (size_t i = 1; i < CHURN_OWNERS; i++)
    fields[i - 1] = (churn_field){churn_owner_names[i], NULL};
  if (node == NULL || !churn_reader_fields(reader, node, "capacity.owners",
                                           "{rep: 20, billing: 10}", fields, CHURN_OWNERS - 1))
    return;
  if (project->playbook == NULL)
    churn_reader_fault(reader, node,
                       "capacity.owners: owners are those of a playbook, and the project has "
                       "none; expected \"playbook: default\" beside it");
  for (size_t i = 1; i < CHURN_OWNERS; i++) {
    snprintf(what, sizeof what, "capacity.owners.%s", churn_owner_names[i]);
    project->capacity.owners[i] =
        churn_reader_whole(reader, fields[i - 1].value, what, UINT32_MAX, UINT64_MAX);
  }
}

/* How often a customer is contacted shows in a log of contacts alone. */
static void read_period(churn_reader *reader, const churn_yaml *per, const churn_yaml *rest,
                        churn_project *project)
{
  churn_capacity_spec *to = &project->capacity;
  bool logged = project->contacts.history.text != NULL;
  const churn_yaml *first = per != NULL ? per : rest;
  to->per_days = churn_reader_days(reader, per, "capacity.per", 1);
  to->rest_days = churn_reader_days(reader, rest, "capacity.rest", 0);
  if (rest == NULL && logged)
    to->rest_days = DEFAULT_REST_DAYS;
  if (first != NULL && !logged)
    churn_reader_fault(reader, first,
                       "capacity.%s: nothing tells who was contacted before; expected contacts: "
                       "HISTORY beside it",
                       per != NULL ? "per" : "rest");
}

static void read_capacity(churn_reader *reader, const churn_yaml *node, churn_project *project)
{
  enum { TOTAL, OWNERS, EACH_REP, PER, REST, KEYS };
  churn_field fields[KEYS] = {
      {"total", NULL}, {"owners", NULL}, {"each_rep", NULL}, {"per", NULL}, {"rest", NULL}};
  churn_capacity_spec *to = &project->capacity;
  if (!churn_reader_fields(reader, node, "capacity", "{total: 100, owners: {billing: 10}}", fields,
                           KEYS))
    return;
  to->given = true;
  to->place = (churn_located){node->key->text, node->key->line, node->key->column};
  to->total =
      churn_reader_whole(reader, fields[TOTAL].value, "capacity.total", UINT32_MAX, UINT64_MAX);
  to->each_rep = churn_reader_whole(reader, fields[EACH_REP].value, "capacity.each_rep", UINT32_MAX,
                                    UINT64_MAX);
  read_owners(reader, fields[OWNERS].value, project);
  read_period(reader, fields[PER].value, fields[REST].value, project);
  if (project->value.text == NULL)
    churn_reader_fault(reader, node,
                       "capacity: what a contact is worth depends on the money at risk; expected "
                       "`value` under customers");
  if (fields[EACH_REP].value == NULL)
    return;
  if (project->playbook == NULL)
    churn_reader_fault(reader, fields[EACH_REP].value,
                       "capacity.each_rep: what a rep does is said by a playbook, and the project "
                       "has none; expected \"playbook: default\" beside it");
  if (project->rep.text == NULL && churn_project_find_history(project, "reps") < 0)
    churn_reader_fault(reader, fields[EACH_REP].value,
                       "capacity.each_rep: nothing tells who a customer's rep is: there is no "
                       "history `reps`; expected rep: EXPRESSION at the top, like \"rep: "
                       "last(rep_id from reps)\"");
}

static void read_loyal(churn_reader *reader, const churn_yaml *node, churn_project *project)
{
  enum { VALUE, TENURE, RISE, SINCE, PROBABILITY, KEYS };
  churn_field fields[KEYS] = {
      {"value", NULL}, {"tenure", NULL}, {"rise", NULL}, {"since", NULL}, {"probability", NULL}};
  churn_loyal_spec *to = &project->loyal;
  if (!churn_reader_fields(reader, node, "loyal", "{value: 0.25, tenure: 730d, rise: 1.5}", fields,
                           KEYS))
    return;
  to->given = true;
  read_number(reader, fields[VALUE].value, "loyal.value",
              "the share of the base with the highest value, above 0 and at most 1, like 0.25",
              is_part, &to->value_share);
  to->tenure_days = churn_reader_days(reader, fields[TENURE].value, "loyal.tenure", 1);
  read_number(reader, fields[RISE].value, "loyal.rise", "a factor >= 1, like 1.5", is_factor,
              &to->rise);
  int32_t since = churn_reader_days(reader, fields[SINCE].value, "loyal.since", 1);
  to->since_days = since > 0 ? since : to->since_days;
  read_number(reader, fields[PROBABILITY].value, "loyal.probability",
              "a probability from 0 to 1, like 0.05", is_share, &to->probability);
}

void churn_desk_read(churn_reader *reader, const churn_desk_keys *keys, churn_project *project)
{
  project->action = (churn_action_spec){NAN, NAN};
  project->capacity = (churn_capacity_spec){.total = UINT64_MAX, .each_rep = UINT64_MAX};
  for (size_t i = 0; i < CHURN_OWNERS; i++)
    project->capacity.owners[i] = UINT64_MAX;
  project->loyal = (churn_loyal_spec){.value_share = default_value_share,
                                      .rise = default_rise,
                                      .since_days = DEFAULT_SINCE_DAYS,
                                      .probability = NAN};
  if (keys->actions != NULL)
    read_actions(reader, keys->actions, project);
  settle_actions(reader, project);
  if (keys->capacity != NULL)
    read_capacity(reader, keys->capacity, project);
  if (keys->loyal != NULL)
    read_loyal(reader, keys->loyal, project);
}
