/* The sections `nightly` and `gates`: where runs go, how many stay, what a night is held against.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "project/pattern.h"
#include "project/spec.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { DEFAULT_KEEP = 90, MOST_KEEP = 1000000, DEFAULT_KNOWN_AFTER = 7 };

/* A limit lies above `least` (or on it) and below `most`. What breaks an export holds the night
 * back by default; what the world does is told. */
static const struct {
  const char *name;
  const char *expected;
  double limit, least, most;
  bool hold, may_be_least;
} kinds[CHURN_GATE_KINDS] = {
    [CHURN_GATE_ROWS] = {"rows", "a share between 0 and 1, like 0.2", 0.2, 0, 1, true, false},
    [CHURN_GATE_UNMATCHED] = {"unmatched", "a share from 0 to below 1, like 0.05", 0.05, 0, 1, true,
                              true},
    [CHURN_GATE_REJECTED] = {"rejected", "a share from 0 to below 1, like 0.01", 0.01, 0, 1, true,
                             true},
    [CHURN_GATE_FRESHNESS] = {"freshness", "a number of days >= 1, like 2", 1, 1, INFINITY, true,
                              true},
    [CHURN_GATE_MISSING] = {"missing", "a share from 0 to below 1, like 0.1", 0.1, 0, 1, false,
                            true},
    [CHURN_GATE_UNSEEN] = {"unseen", "a share from 0 to below 1, like 0.01", 0.01, 0, 1, false,
                           true},
    [CHURN_GATE_DRIFT] = {"drift", "a number >= 0, like 0.1", 0.1, 0, INFINITY, false, true},
    [CHURN_GATE_SCORES] = {"scores", "a number >= 0, like 0.1", 0.1, 0, INFINITY, false, true},
    [CHURN_GATE_RATE] = {"rate", "a factor above 1, like 1.5", 1.5, 1, INFINITY, false, false},
};

const char *churn_gate_name(churn_gate_kind kind)
{
  return kinds[kind].name;
}

bool churn_gate_excepts(const churn_gate_spec *gate, const char *subject)
{
  for (size_t i = 0; i < gate->except_count; i++)
    if (churn_pattern_matches(gate->except[i].text, subject))
      return true;
  return false;
}

static void read_limit(churn_reader *reader, const churn_yaml *node, size_t kind,
                       churn_gate_spec *gate)
{
  char what[32], shown[CHURN_SHOWN_SIZE];
  snprintf(what, sizeof what, "gates.%s", kinds[kind].name);
  double limit = churn_reader_number(reader, node, what);
  if (isnan(limit))
    return;
  bool above = kinds[kind].may_be_least ? limit >= kinds[kind].least : limit > kinds[kind].least;
  if (above && limit < kinds[kind].most)
    gate->limit = limit;
  else
    churn_reader_fault(reader, node, "%s: expected %s, found \"%s\"", what, kinds[kind].expected,
                       churn_shown(node->text, shown));
}

static void read_except(churn_reader *reader, const churn_yaml *node, const char *what,
                        churn_gate_spec *gate)
{
  if (node == NULL)
    return;
  if (node->kind != CHURN_YAML_LIST) {
    churn_reader_fault(reader, node,
                       "%s.except must be a list of sources or features, like [tenure_days, "
                       "\"customers*\"]",
                       what);
    return;
  }
  gate->except = churn_reader_take(reader, node->count, sizeof *gate->except);
  for (const churn_yaml *item = node->first; gate->except != NULL && item != NULL;
       item = item->next) {
    churn_located *pattern = &gate->except[gate->except_count];
    *pattern = churn_reader_text(reader, item, "a pattern");
    gate->except_count += pattern->text != NULL;
  }
}

/* A limit, `off`, or {limit:, hold:, except:}. */
static void read_gate(churn_reader *reader, const churn_yaml *node, size_t kind,
                      churn_gate_spec *gate)
{
  enum { LIMIT, HOLD, EXCEPT, KEYS };
  churn_field fields[KEYS] = {{"limit", NULL}, {"hold", NULL}, {"except", NULL}};
  char what[32];
  snprintf(what, sizeof what, "gates.%s", kinds[kind].name);
  if (node->kind == CHURN_YAML_SCALAR && strcmp(node->text, "off") == 0) {
    gate->off = true;
    return;
  }
  if (node->kind == CHURN_YAML_SCALAR && isalpha((unsigned char)node->text[0])) {
    char shown[CHURN_SHOWN_SIZE];
    churn_reader_fault(reader, node, "%s: expected %s, or off, found \"%s\"", what,
                       kinds[kind].expected, churn_shown(node->text, shown));
    return;
  }
  if (node->kind == CHURN_YAML_SCALAR) {
    read_limit(reader, node, kind, gate);
    return;
  }
  if (!churn_reader_fields(reader, node, what, "0.1, off, or {limit: 0.1, hold: true}", fields,
                           KEYS))
    return;
  read_limit(reader, fields[LIMIT].value, kind, gate);
  if (fields[HOLD].value != NULL)
    gate->hold = churn_reader_flag(reader, fields[HOLD].value, what);
  read_except(reader, fields[EXCEPT].value, what, gate);
}

static void read_gates(churn_reader *reader, const churn_yaml *node, churn_gate_spec *gates)
{
  churn_field fields[CHURN_GATE_KINDS];
  for (size_t i = 0; i < CHURN_GATE_KINDS; i++) {
    gates[i] = (churn_gate_spec){.hold = kinds[i].hold, .limit = kinds[i].limit};
    fields[i] = (churn_field){kinds[i].name, NULL};
  }
  if (node == NULL ||
      !churn_reader_fields(reader, node, "gates", "{rows: {limit: 0.2, hold: true}, drift: off}",
                           fields, CHURN_GATE_KINDS))
    return;
  for (size_t i = 0; i < CHURN_GATE_KINDS; i++)
    if (fields[i].value != NULL)
      read_gate(reader, fields[i].value, i, &gates[i]);
}

/* A number of days, or `never`. */
static void read_known_after(churn_reader *reader, const churn_yaml *node, churn_nightly_spec *to)
{
  to->known_after_days = DEFAULT_KNOWN_AFTER;
  if (node != NULL && node->kind == CHURN_YAML_SCALAR && strcmp(node->text, "never") == 0)
    to->known_after_days = 0;
  else if (node != NULL)
    to->known_after_days = churn_reader_days(reader, node, "nightly.known_after", 1);
}

void churn_nightly_read(churn_reader *reader, const churn_yaml *nightly, const churn_yaml *gates,
                        churn_project *project)
{
  enum { OUTPUT, KEEP, TOP, CHANGES, OUTCOMES, REPORT, KNOWN_AFTER, KEYS };
  churn_field fields[KEYS] = {{"output", NULL},     {"keep", NULL},     {"top", NULL},
                              {"changes", NULL},    {"outcomes", NULL}, {"report", NULL},
                              {"known_after", NULL}};
  churn_nightly_spec *to = &project->nightly;
  if (nightly != NULL)
    (void)churn_reader_fields(reader, nightly, "nightly", "{output: runs, keep: 90}", fields, KEYS);
  churn_located output = churn_reader_text(reader, fields[OUTPUT].value, "nightly.output");
  to->output = churn_project_resolve(reader, project, output.text == NULL ? "runs" : output.text);
  to->keep =
      churn_reader_whole(reader, fields[KEEP].value, "nightly.keep", MOST_KEEP, DEFAULT_KEEP);
  if (to->keep == 0)
    churn_reader_fault(reader, fields[KEEP].value,
                       "nightly.keep: 0 runs would leave nothing; expected a whole number >= 1");
  to->top = churn_reader_whole(reader, fields[TOP].value, "nightly.top", UINT32_MAX, 0);
  if (fields[CHANGES].value != NULL)
    to->no_changes = !churn_reader_flag(reader, fields[CHANGES].value, "nightly.changes");
  if (fields[OUTCOMES].value != NULL)
    to->no_outcomes = !churn_reader_flag(reader, fields[OUTCOMES].value, "nightly.outcomes");
  read_known_after(reader, fields[KNOWN_AFTER].value, to);
  if (fields[REPORT].value != NULL)
    to->report = churn_reader_flag(reader, fields[REPORT].value, "nightly.report");
  read_gates(reader, gates, to->gates);
}
