/* Customers and histories: the files and what their columns mean.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "project/spec.h"

#include <stdio.h>
#include <string.h>

/* Words of the feature language that no history may be called by. */
static const char *const reserved[] = {"and",  "or",  "not",   "in",        "from",
                                       "over", "lag", "where", "customers", "as_of"};

char *churn_project_resolve(churn_reader *reader, const churn_project *project, const char *path)
{
  bool as_is = path[0] == '/' || strcmp(path, "-") == 0 || strcmp(project->folder, ".") == 0;
  size_t size = strlen(project->folder) + strlen(path) + 2;
  char *resolved = churn_reader_take(reader, size, 1);
  if (resolved != NULL)
    snprintf(resolved, size, "%s%s%s", as_is ? "" : project->folder,
             as_is || strcmp(project->folder, "/") == 0 ? "" : "/", path);
  return resolved;
}

void churn_history_check_name(churn_reader *reader, const churn_project *project,
                              const churn_located *name, const char *what)
{
  char list[256], shown[CHURN_SHOWN_SIZE], nearest[CHURN_SHOWN_SIZE * 2];
  if (name->text == NULL || churn_project_find_history(project, name->text) >= 0)
    return;
  const char **names = churn_reader_take(reader, project->history_count + 1, sizeof *names);
  if (names == NULL)
    return;
  for (size_t i = 0; i < project->history_count; i++)
    names[i] = project->histories[i].name.text;
  churn_join_names(names, project->history_count, list, sizeof list);
  churn_reader_fault_at(reader, name, "%s: there is no history \"%s\"%s; histories: %s", what,
                        churn_shown(name->text, shown),
                        churn_did_you_mean(name->text, names, project->history_count, nearest),
                        project->history_count == 0 ? "none" : list);
}

static void read_from_history(churn_reader *reader, const churn_yaml *node, churn_project *project)
{
  enum { FROM_HISTORY, VALUE, KEYS };
  churn_field fields[KEYS] = {{"from_history", NULL}, {"value", NULL}};
  project->base_kind = CHURN_BASE_FROM_HISTORY;
  if (!churn_reader_fields(reader, node, "customers", "{from_history: purchases}", fields, KEYS))
    return;
  project->from_history =
      churn_reader_text(reader, fields[FROM_HISTORY].value, "customers.from_history");
  project->value = churn_reader_expression(reader, fields[VALUE].value, "customers.value");
}

static bool has_key(const churn_yaml *node, const char *key)
{
  for (const churn_yaml *value = node->first; value != NULL; value = value->next)
    if (node->kind == CHURN_YAML_MAPPING && strcmp(value->key->text, key) == 0)
      return true;
  return false;
}

static void read_customers_file(churn_reader *reader, const churn_yaml *node,
                                churn_project *project)
{
  enum {
    FROM,
    TABLE,
    QUERY,
    ID,
    JOINED,
    LEFT,
    VALUE,
    WEIGHT,
    COLUMNS,
    KNOWN_AT,
    FROM_HISTORY,
    FORMAT
  };
  churn_field fields[FORMAT + CHURN_FORMAT_KEYS] = {
      {"from", NULL},    {"table", NULL},    {"query", NULL},        {"id", NULL},
      {"joined", NULL},  {"left", NULL},     {"value", NULL},        {"weight", NULL},
      {"columns", NULL}, {"known_at", NULL}, {"from_history", NULL}, CHURN_FORMAT_FIELDS};
  churn_source_spec *customers = &project->customers;
  if (!churn_reader_fields(reader, node, "customers", "{from: customers.csv, id: customer_id}",
                           fields, sizeof fields / sizeof fields[0]))
    return;
  const churn_yaml *from =
      churn_reader_required(reader, node, &fields[FROM], "customers",
                            "the customers' file, or from_history: the name of a history");
  churn_source_read_from(reader, &(churn_from_keys){from, fields[TABLE].value, fields[QUERY].value},
                         project, customers);
  customers->id = churn_reader_text(reader, fields[ID].value, "customers.id");
  customers->known_at = churn_reader_text(reader, fields[KNOWN_AT].value, "customers.known_at");
  project->joined = churn_reader_text(reader, fields[JOINED].value, "customers.joined");
  project->left = churn_reader_text(reader, fields[LEFT].value, "customers.left");
  project->value = churn_reader_expression(reader, fields[VALUE].value, "customers.value");
  project->weight = churn_reader_expression(reader, fields[WEIGHT].value, "customers.weight");
  churn_format_read(reader, fields + FORMAT, &customers->format);
  churn_format_refuse(reader, fields + FORMAT, customers);
  churn_columns_read(reader, fields[COLUMNS].value, customers);
  churn_columns_check(reader, customers);
}

void churn_customers_read(churn_reader *reader, const churn_yaml *node,
                          const churn_format *defaults, churn_project *project)
{
  if (node == NULL)
    return;
  project->customers.name = (churn_located){node->key->text, node->key->line, node->key->column};
  project->customers.format = *defaults;
  if (has_key(node, "from_history") && !has_key(node, "from"))
    read_from_history(reader, node, project);
  else
    read_customers_file(reader, node, project);
  if (has_key(node, "from_history") && has_key(node, "from"))
    churn_reader_fault(reader, node, "customers has both \"from\" and \"from_history\"; give one");
}

static void read_via(churn_reader *reader, const churn_yaml *node, const churn_project *project,
                     churn_source_spec *history)
{
  enum { FROM, TABLE, QUERY, ID, CUSTOMER, KEYS };
  churn_field fields[KEYS] = {
      {"from", NULL}, {"table", NULL}, {"query", NULL}, {"id", NULL}, {"customer", NULL}};
  churn_via_spec *via = &history->via;
  if (node == NULL ||
      !churn_reader_fields(reader, node, "via",
                           "{from: accounts.csv, id: subscription_id, customer: account_id}",
                           fields, KEYS))
    return;
  const churn_yaml *from = churn_reader_required(reader, node, &fields[FROM], "via",
                                                 "the file that maps keys to customers");
  const churn_yaml *id = churn_reader_required(reader, node, &fields[ID], "via",
                                               "the heading of the key in that file");
  const churn_yaml *customer = churn_reader_required(
      reader, node, &fields[CUSTOMER], "via", "the heading of the customer's id in that file");
  char name[CHURN_PLACE_SIZE];
  snprintf(name, sizeof name, "%s.via", history->name.text);
  churn_rowset_read(reader, &(churn_from_keys){from, fields[TABLE].value, fields[QUERY].value},
                    project, name, NULL, &via->from, &via->path, &via->rowset);
  via->id = churn_reader_text(reader, id, "via.id");
  via->customer = churn_reader_text(reader, customer, "via.customer");
}

/* First byte a letter, `_` or past ASCII, then digits too. */
static bool is_identifier(const char *name)
{
  for (const char *at = name; *at != '\0'; at++) {
    unsigned char byte = (unsigned char)*at;
    bool letter =
        (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_' || byte >= 0x80;
    if (!letter && (at == name || byte < '0' || byte > '9'))
      return false;
  }
  return name[0] != '\0';
}

static void check_history_name(churn_reader *reader, const churn_located *name)
{
  char shown[CHURN_SHOWN_SIZE];
  if (!is_identifier(name->text))
    churn_reader_fault_at(reader, name,
                          "a history may not be called \"%s\"; accepted: a letter or _, then "
                          "letters, digits or _",
                          churn_shown(name->text, shown));
  for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; i++)
    if (strcmp(reserved[i], name->text) == 0)
      churn_reader_fault_at(reader, name,
                            "a history may not be called \"%s\": it is a word of the feature "
                            "language",
                            name->text);
  if (strcmp(name->text, "outcome") == 0)
    churn_reader_fault_at(reader, name,
                          "a history may not be called \"outcome\": it is the label file's name");
}

static void read_history(churn_reader *reader, const churn_yaml *node, const churn_project *project,
                         churn_source_spec *history)
{
  enum { FROM, TABLE, QUERY, ID, DAY, KNOWN_AT, VIA, COLUMNS, FORMAT };
  churn_field fields[FORMAT + CHURN_FORMAT_KEYS] = {
      {"from", NULL},     {"table", NULL}, {"query", NULL},   {"id", NULL},       {"day", NULL},
      {"known_at", NULL}, {"via", NULL},   {"columns", NULL}, CHURN_FORMAT_FIELDS};
  if (!churn_reader_fields(reader, node, "a history", "{from: FILE, id: HEADING, day: HEADING}",
                           fields, sizeof fields / sizeof fields[0]))
    return;
  const churn_yaml *from =
      churn_reader_required(reader, node, &fields[FROM], history->name.text, "the history's file");
  const churn_yaml *id = churn_reader_required(reader, node, &fields[ID], history->name.text,
                                               "the heading of the customer's id");
  const churn_yaml *day = churn_reader_required(reader, node, &fields[DAY], history->name.text,
                                                "the heading of the day on which a row counts");
  churn_source_read_from(reader, &(churn_from_keys){from, fields[TABLE].value, fields[QUERY].value},
                         project, history);
  history->id = churn_reader_text(reader, id, "id");
  history->day = churn_reader_text(reader, day, "day");
  history->known_at = churn_reader_text(reader, fields[KNOWN_AT].value, "known_at");
  read_via(reader, fields[VIA].value, project, history);
  churn_format_read(reader, fields + FORMAT, &history->format);
  churn_format_refuse(reader, fields + FORMAT, history);
  churn_columns_read(reader, fields[COLUMNS].value, history);
  churn_columns_check(reader, history);
}

void churn_histories_read(churn_reader *reader, const churn_yaml *node,
                          const churn_format *defaults, churn_project *project)
{
  if (node == NULL ||
      !churn_reader_is_mapping(reader, node, "histories",
                               "{purchases: {from: FILE, id: HEADING, day: HEADING}}"))
    return;
  project->histories = churn_reader_take(reader, node->count, sizeof *project->histories);
  if (project->histories == NULL)
    return;
  for (const churn_yaml *item = node->first; item != NULL; item = item->next) {
    churn_source_spec *history = &project->histories[project->history_count++];
    history->name = (churn_located){item->key->text, item->key->line, item->key->column};
    history->format = *defaults;
    check_history_name(reader, &history->name);
    read_history(reader, item, project, history);
  }
}
