/* The report, whole.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs/report.h"

#include "base/error.h"
#include "base/output.h"
#include "base/parallel.h"
#include "jobs/changes.h"
#include "report/page.h"
#include "score/suitable.h"

#include <churn/registry.h>

#include <stdlib.h>

struct churn_report {
  churn_score_report score;
  uint64_t rows;
  churn_language language; /* of the project */
  churn_json_text text;
};

void churn_report_free(churn_report *report)
{
  if (report == NULL)
    return;
  free(report->text.bytes);
  free(report);
}

const churn_score_report *churn_report_scored(const churn_report *report)
{
  return &report->score;
}

uint64_t churn_report_rows(const churn_report *report)
{
  return report->rows;
}

/* Sections that take most of the time and share nothing are made beside each other, each as a text
 * of its own; what they would remark has been told by the night. */
enum { RATES, QUALITY, REPS, SECTIONS };

typedef struct sections {
  const churn_night *night;
  churn_run run;
  churn_json_text texts[SECTIONS];
} sections;

static churn_status make_section(void *context, size_t section, int thread, churn_error *error)
{
  static churn_status (*const make[SECTIONS])(const churn_night *, const churn_run *,
                                              churn_json_text *, churn_error *) = {
      churn_report_rates, churn_report_quality, churn_report_reps};
  sections *s = context;
  (void)thread;
  return make[section](s->night, &s->run, &s->texts[section], error);
}

static void append_section(churn_json_text *text, const churn_json_text *section)
{
  churn_json_append_bytes(text, section->bytes, section->length);
  text->failed = text->failed || section->failed;
}

/* The rows come last, as they take the room that is left. */
static churn_status append_in_order(churn_report *r, const sections *s, uint64_t top,
                                    const churn_run *run, churn_error *error)
{
  const churn_night *night = s->night;
  churn_json_text *text = &r->text;
  uint64_t asked = top == 0 ? CHURN_REPORT_TOP : top;
  uint64_t most = top == 0 ? night->score.listed : churn_ranking_eligible(night->ranking);
  churn_status status = churn_report_summary(night, run, text, error);
  if (status == CHURN_OK)
    status = churn_report_calls(night, text, error);
  churn_report_loyal(night, text);
  append_section(text, &s->texts[RATES]);
  if (status == CHURN_OK)
    status = churn_report_stated(night, run, text, error);
  if (status == CHURN_OK)
    status = churn_report_saved(night, run, text, error);
  churn_report_contacts(night, text);
  append_section(text, &s->texts[QUALITY]);
  if (status == CHURN_OK)
    status = churn_report_drift(night, text, error);
  append_section(text, &s->texts[REPS]);
  churn_json_whole_at(text, 2, "asked", asked);
  churn_json_whole_at(text, 2, "listed", most);
  churn_json_whole_at(text, 2, "listable", churn_ranking_eligible(night->ranking));
  if (status == CHURN_OK)
    status = churn_report_customers(night, asked < most ? asked : most,
                                    churn_page_room(CHURN_PAGE_REPORT, CHURN_REPORT_BYTES), run,
                                    text, &r->rows, error);
  churn_json_append(text, "\n}");
  return status == CHURN_OK && text->failed ? churn_error_no_memory(error) : status;
}

static churn_status append_all(churn_report *r, const churn_night *night, uint64_t top,
                               const churn_run *run, churn_error *error)
{
  sections s = {.night = night, .run = run == NULL ? (churn_run){0} : *run};
  s.run.notes = NULL;
  s.run.progress = NULL;
  churn_status status = churn_parallel_run(SECTIONS, make_section, &s, NULL, run, error);
  if (status == CHURN_OK)
    status = append_in_order(r, &s, top, run, error);
  for (size_t i = 0; i < SECTIONS; i++)
    free(s.texts[i].bytes);
  return status;
}

churn_status churn_report_of_night(const churn_night *night, uint64_t top, const churn_run *run,
                                   churn_report **report, churn_error *error)
{
  churn_report *made = calloc(1, sizeof *made);
  if (made == NULL)
    return churn_error_no_memory(error);
  made->score = night->score;
  made->language = churn_project_language(night->project);
  churn_status status = append_all(made, night, top, run, error);
  if (status == CHURN_OK)
    *report = made;
  else
    churn_report_free(made);
  return status;
}

static churn_status read_model(const churn_project *project, const char *name, const churn_run *run,
                               churn_model **model, churn_error *error)
{
  char *path = NULL;
  churn_status status = churn_registry_model_path(project, name, run, &path, error);
  if (status == CHURN_OK)
    status = churn_model_read(path, model, error);
  if (status == CHURN_OK)
    status = churn_score_check_model(project, *model, run, error);
  free(path);
  return status;
}

churn_status churn_report_make(const churn_project *project, const churn_report_settings *settings,
                               const churn_run *run, churn_report **report, churn_error *error)
{
  churn_model *model = NULL;
  churn_night night = {0};
  churn_status status = read_model(project, settings->model, run, &model, error);
  if (status == CHURN_OK)
    status = churn_snapshots_check_day(project, settings->as_of, error);
  night = (churn_night){.project = project,
                        .model = model,
                        .as_of = settings->as_of,
                        .top = project->nightly.top,
                        .root = project->nightly.output,
                        .paged = true};
  if (status == CHURN_OK)
    status = churn_night_read(&night, run, error);
  if (status == CHURN_OK)
    status = churn_night_score(&night, run, error);
  if (status == CHURN_OK)
    status = churn_night_judge(&night, run, error);
  if (status == CHURN_OK)
    status = churn_changes_find(&night, night.root, run, &night.changes, error);
  if (status == CHURN_OK)
    status = churn_night_more(&night, run, error);
  if (status == CHURN_OK)
    status = churn_report_of_night(&night, settings->top, run, report, error);
  churn_night_clear(&night);
  churn_model_free(model);
  return status;
}

churn_status churn_report_write_json(const churn_report *report, const char *path,
                                     churn_error *error)
{
  churn_output *output = NULL;
  churn_status status = churn_output_open(path, &output, error);
  if (status != CHURN_OK)
    return status;
  churn_output_write(output, report->text.bytes, report->text.length);
  churn_output_text(output, "\n");
  return churn_output_commit(output, error);
}

churn_status churn_report_write_page(const churn_report *report, churn_language language,
                                     const char *path, churn_error *error)
{
  if (language == CHURN_LANGUAGE_OF_PROJECT)
    language = report->language;
  const churn_page page = {CHURN_PAGE_REPORT, language == CHURN_CHINESE ? "zh" : "en",
                           report->text.bytes, report->text.length};
  return churn_page_write(&page, path, error);
}
