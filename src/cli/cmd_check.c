/* churn check: what is there, and every fault.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd.h"

#include <math.h>
#include <string.h>

enum { SHOWN_DAYS = 24 };

static const char *span_text(const churn_check_source *source)
{
  if (source->first_day == CHURN_DAY_MISSING)
    return "";
  return cli_format("%s to %s", cli_text_day(source->first_day), cli_text_day(source->last_day));
}

static const char *matched_text(const churn_check_report *report, size_t s)
{
  const churn_check_source *source = &report->sources[s];
  if (s == 0 || report->customers == 0)
    return cli_count(source->customers);
  return cli_format("%s (%s)", cli_count(source->customers),
                    cli_percent((double)source->customers / (double)report->customers, 1));
}

static void print_sources(const churn_check_report *report)
{
  cli_table *table = cli_table_new("lrlrrrrr");
  cli_table_row(table, "source", "rows", "days", "customers", "unmatched", "no day",
                "before joining", "bad rows");
  for (size_t s = 0; s < report->source_count; s++) {
    const churn_check_source *source = &report->sources[s];
    if (!source->read)
      continue;
    cli_table_row(table, source->name, cli_count(source->rows), span_text(source),
                  matched_text(report, s), s == 0 ? "" : cli_count(source->unmatched),
                  s == 0 ? "" : cli_count(source->dayless),
                  s == 0 ? "" : cli_count(source->before_joining), cli_count(source->rejected));
  }
  cli_table_print(table, stdout, "  ");
}

static void print_columns(const churn_check_report *report)
{
  puts("\nColumns:");
  cli_table *table = cli_table_new("lllrr");
  cli_table_row(table, "source", "column", "type", "missing", "levels");
  for (size_t s = 0; s < report->source_count; s++)
    for (size_t c = 0; c < report->sources[s].column_count; c++) {
      const churn_check_column *column = &report->sources[s].columns[c];
      double share = report->sources[s].rows == 0
                         ? NAN
                         : (double)column->missing / (double)report->sources[s].rows;
      cli_table_row(table, c == 0 ? report->sources[s].name : "", column->name, column->type,
                    cli_percent(share, 2), column->levels == 0 ? "" : cli_count(column->levels));
    }
  cli_table_print(table, stdout, "  ");
}

static const char *label_text(const churn_check_snapshot *day)
{
  return day->closed ? "closed" : "open";
}

static void print_snapshots(const churn_check_report *report)
{
  puts("\nSnapshots:");
  cli_table *table = cli_table_new("lrrrrrrl");
  cli_table_row(table, "as of", "base", "inactive", "dropped", "churned", "stayed", "rate",
                "label window");
  for (size_t i = 0; i < report->snapshot_count; i++) {
    const churn_check_snapshot *day = &report->snapshots[i];
    uint64_t labelled = day->churned + day->stayed;
    bool cut = report->snapshot_count > SHOWN_DAYS && i >= SHOWN_DAYS / 2 &&
               i < report->snapshot_count - SHOWN_DAYS / 2;
    if (cut && i == SHOWN_DAYS / 2)
      cli_table_row(table, "…", "", "", "", "", "", "",
                    cli_format("%zu more", report->snapshot_count - SHOWN_DAYS));
    if (cut)
      continue;
    cli_table_row(table, day->as_of == CHURN_DAY_MISSING ? "export" : cli_text_day(day->as_of),
                  cli_count(day->base), cli_count(day->inactive), cli_count(day->dropped),
                  cli_count(day->churned), cli_count(day->stayed),
                  labelled == 0 ? "" : cli_percent((double)day->churned / (double)labelled, 2),
                  label_text(day));
  }
  cli_table_print(table, stdout, "  ");
}

static void print_features(const churn_check_report *report)
{
  printf("\nFeatures (%zu):", report->feature_count);
  int width = 0;
  for (size_t i = 0; i < report->feature_count; i++) {
    int length = (int)strlen(report->features[i]) + 2;
    if (i == 0 || width + length > 96)
      width = printf("\n  ") - 1;
    width += printf("%s%s", report->features[i], i + 1 < report->feature_count ? ", " : "");
  }
  putchar('\n');
}

/* Causes in the playbook's order, each with its features. */
static void print_causes(const churn_project *project, const churn_check_report *report)
{
  puts("\nCauses:");
  cli_table *table = cli_table_new("llll");
  cli_table_row(table, "cause", "owner", "feature", "");
  for (size_t c = 0; c < churn_playbook_count(project); c++) {
    const churn_cause *cause = churn_playbook_cause(project, c);
    const char *nature = cause->excluded ? "not listed" : cause->natural ? "natural" : "";
    bool first = true;
    for (size_t f = 0; f < report->feature_count; f++) {
      if (report->causes[f] != c)
        continue;
      cli_table_row(table, first ? cause->name : "", first ? churn_owner_name(cause->owner) : "",
                    report->features[f], first ? nature : "");
      first = false;
    }
  }
  cli_table_print(table, stdout, "  ");
}

static void print_report(const churn_project *project, const churn_check_report *report)
{
  if (report->source_count > 0) {
    print_sources(report);
    if (report->data_until != CHURN_DAY_MISSING)
      printf("\nData until %s.\n", cli_text_day(report->data_until));
    print_columns(report);
    print_snapshots(report);
    print_features(report);
    if (report->causes != NULL)
      print_causes(project, report);
  }
  printf("\n%s\n", report->faults == 0 ? "No fault found."
                                       : cli_format("%s fault%s found.", cli_count(report->faults),
                                                    report->faults == 1 ? "" : "s"));
}

static const char *area_text(double area)
{
  return cli_number(area, 3);
}

static const char *finding_text(const churn_leak_column *c)
{
  return c->alone     ? "tells alone"
         : c->left    ? "tells who ever left"
         : c->recent  ? "recent"
         : c->undated ? "no date"
                      : "";
}

static const char *late_text(const churn_leak_late *late)
{
  return late->named ? "late" : late->churned + late->stayed > 0 ? "hidden" : "";
}

static void print_late(const churn_leaks *leaks)
{
  puts("\nWritten on or after T, and so hidden from features; shares of rows:");
  cli_table *table = cli_table_new("lrrl");
  cli_table_row(table, "column", "churned", "others", "finding");
  for (size_t i = 0; i < leaks->late_count; i++)
    cli_table_row(table, leaks->late[i].name, cli_percent(leaks->late[i].churned, 1),
                  cli_percent(leaks->late[i].stayed, 1), late_text(&leaks->late[i]));
  cli_table_print(table, stdout, "  ");
}

/* Columns that a flat export, or one without undated features, has nothing to say in are left out.
 */
static void print_leak_columns(const churn_leaks *leaks)
{
  bool moved = leaks->back_days > 0, left = false;
  for (size_t i = 0; i < leaks->column_count; i++)
    left = left || !isnan(leaks->columns[i].auc_left);
  cli_table *table = cli_table_new(moved && left ? "lrrrl" : moved ? "lrrl" : "lrl");
  const char *earlier = cli_format("%d days earlier", (int)leaks->back_days);
  if (moved && left)
    cli_table_row(table, "feature", "as of T", earlier, "ever left", "finding");
  else if (moved)
    cli_table_row(table, "feature", "as of T", earlier, "finding");
  else
    cli_table_row(table, "feature", "AUC", "finding");
  for (size_t i = 0; i < leaks->column_count; i++) {
    const churn_leak_column *c = &leaks->columns[i];
    if (moved && left)
      cli_table_row(table, c->name, area_text(c->auc), area_text(c->auc_back),
                    area_text(c->auc_left), finding_text(c));
    else if (moved)
      cli_table_row(table, c->name, area_text(c->auc), area_text(c->auc_back), finding_text(c));
    else
      cli_table_row(table, c->name, area_text(c->auc), finding_text(c));
  }
  cli_table_print(table, stdout, "  ");
}

static void print_leaks(const churn_leaks *leaks)
{
  printf("\nWhat each feature tells alone (AUC, 0.5 = nothing) of %s, %s:\n",
         cli_plural(leaks->rows, "row"), cli_plural(leaks->churners, "churner"));
  print_leak_columns(leaks);
  if (leaks->late_count > 0)
    print_late(leaks);
  if (leaks->sampled)
    puts("\nLooked at some of the customers, chosen by a hash of their ids.");
  printf("\n%s\n", leaks->named == 0 ? "No leak suspected."
                                     : cli_format("%s of a possible leak: see the warnings.",
                                                  cli_plural(leaks->named, "sign")));
}

/* The first fault's own status: a missing file, a bad field and a bad project end differently. */
static churn_status status_of_faults(const cli *c)
{
  for (size_t i = 0; i < churn_notes_count(c->run.notes); i++) {
    const churn_note *note = churn_notes_get(c->run.notes, i);
    if (note->severity == CHURN_FAULT)
      return note->status;
  }
  return CHURN_OK;
}

typedef struct request {
  const char *project_path;
  int leaks, strict;
} request;

/* *named: something was, and it matters. */
static churn_status run_check(cli *c, const request *r, bool *named)
{
  churn_project *project = NULL;
  churn_check_report *report = NULL;
  churn_leaks *leaks = NULL;
  if (r->strict && !r->leaks)
    return cli_usage(c, "--strict is about what --leaks names; expected --leaks --strict");
  c->no_cache = 1; /* faults are looked for in the files themselves */
  churn_status status = cli_read_project(c, r->project_path, &project);
  if (status == CHURN_OK)
    status = r->leaks ? churn_check_leaks(project, &c->run, &report, &leaks, &c->error)
                      : churn_check(project, &c->run, &report, &c->error);
  if (status == CHURN_OK) {
    cli_progress_clear();
    print_report(project, report);
    if (leaks != NULL)
      print_leaks(leaks);
    else if (r->leaks)
      puts("\nLeaks: not looked for, as there are faults or no labelled rows.");
    *named = r->strict && leaks != NULL && leaks->named > 0;
    c->error.message[0] = '\0';
    status = status_of_faults(c);
  }
  churn_leaks_free(leaks);
  churn_check_report_free(report);
  churn_project_free(project);
  return status;
}

int cmd_check(const cli_verb *verb, int argc, const char **argv)
{
  cli c = {0};
  request r = {NULL, 0, 0};
  bool named = false;
  struct poptOption common[CLI_COMMON_ROWS];
  cli_common_options(&c, common);
  struct poptOption table[] = {
      {"leaks", '\0', POPT_ARG_NONE, &r.leaks, 0,
       "look for features that know what happened after their as-of day", NULL},
      {"strict", '\0', POPT_ARG_NONE, &r.strict, 0,
       "with --leaks: exit code 1 when anything is named", NULL},
      CLI_PROJECT_TABLE(&c),
      CLI_COMMON_TABLE(common),
  };
  int code = 0;
  if (!cli_open(&c, verb, argc, argv, table, &r.project_path, 1, 1, &code))
    return code;
  churn_status status = run_check(&c, &r, &named);
  code = cli_close(&c, status);
  return code == 0 && named ? CLI_EXIT_GATE : code;
}
