/* The files of a run: the list, the model that made it, the summary, the manifest.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/error.h"
#include "base/hash.h"
#include "base/memory.h"
#include "base/stop.h"
#include "jobs/neighbours.h"
#include "jobs/report.h"
#include "jobs/run_pieces.h"
#include "model/report.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { QUANTILES = 10 };

/* The manifest comes last, since it tells of the others. */
enum { RANKED, MODEL, SUMMARY, CHANGES, CALLS, LOYAL, PAGE, MANIFEST, FILES };
static const char *const names[FILES] = {"ranked.csv",  "model.json",   "summary.json",
                                         "changes.csv", "calls.csv",    "loyal_and_slipping.csv",
                                         "report.html", "manifest.json"};

static bool is_written(const churn_night *n, size_t file)
{
  const bool absent[FILES] = {[CHANGES] = n->changes == NULL,
                              [CALLS] = n->calls == NULL,
                              [LOYAL] = n->loyal == NULL,
                              [PAGE] = !n->paged};
  return !absent[file];
}

static void open_object(churn_json_text *text, const churn_night *n)
{
  churn_json_append(text, "{");
  churn_json_key(text, 2, "schema_version", true);
  churn_json_whole(text, 1);
  churn_json_key(text, 2, "as_of", false);
  churn_json_day(text, n->as_of);
  churn_json_text_at(text, 2, "model", n->model->id);
  churn_model_quality_json(n->model, text);
}

static void append_head(churn_json_text *text, const churn_night *n)
{
  churn_risk_sums sums = churn_night_sums(n, churn_night_head(n));
  const churn_json_pair pairs[] = {{"customers", (double)churn_night_head(n)},
                                   {"expected_churners", sums.expected_churners},
                                   {"value", sums.value},
                                   {"expected_loss", sums.expected_loss}};
  churn_json_numbers_at(text, 2, "head", pairs, sizeof pairs / sizeof pairs[0]);
}

/* What the night claims, to be held against what happens (outcomes.h). */
static void append_estimate(churn_json_text *text, const churn_night *n)
{
  const churn_model *m = n->model;
  const churn_figures *figures = m->validation.rows > 0 ? &m->validation : &m->out_of_fold.figures;
  double churned = churn_night_sums(n, churn_night_head(n)).expected_churners;
  const churn_json_pair pairs[] = {{"auc", figures->rows > 0 ? figures->auc : NAN},
                                   {"expected_churners", n->score.expected_churners},
                                   {"head", (double)churn_night_head(n)},
                                   {"captured", churned / n->score.expected_churners}};
  churn_json_numbers_at(text, 2, "estimate", pairs, sizeof pairs / sizeof pairs[0]);
}

/* Probabilities at the ends and tenths of the list, riskiest first. */
static void append_distribution(churn_json_text *text, const churn_night *n)
{
  uint64_t all = churn_ranking_eligible(n->ranking);
  churn_json_key(text, 2, "distribution", false);
  churn_json_append(text, "[");
  for (uint64_t k = 0; all > 0 && k <= QUANTILES; k++) {
    churn_ranked line;
    uint64_t at = k * (all - 1) / QUANTILES;
    churn_ranking_get_figures(n->ranking, (size_t)at, &line);
    churn_json_append(text, k == 0 ? "" : ", ");
    churn_json_number_or_null(text, line.probability);
  }
  churn_json_append(text, "]");
}

/* All who were scored by their main cause; the last is null: no cause. */
static churn_status append_causes(churn_json_text *text, const churn_night *n, churn_error *error)
{
  size_t count = churn_ranking_causes(n->ranking);
  if (count == 0)
    return CHURN_OK;
  churn_cause_total *totals = churn_array_new(count + 1, sizeof *totals);
  if (totals == NULL)
    return churn_error_no_memory(error);
  churn_ranking_cause_totals(n->ranking, totals);
  churn_json_whole_at(text, 2, "left_out", n->score.left_out);
  churn_json_list_open(text, 2, "causes");
  for (size_t i = 0; i <= count; i++) {
    const churn_json_pair figures[] = {{"customers", (double)totals[i].customers},
                                       {"expected_churners", totals[i].expected_churners},
                                       {"value", totals[i].value},
                                       {"expected_loss", totals[i].expected_loss}};
    const churn_cause *cause = i == count ? NULL : churn_playbook_cause(n->project, i);
    churn_json_item(text, 4, i == 0);
    churn_json_append(text, "{\"cause\": ");
    churn_json_text_or_null(text, cause == NULL ? NULL : cause->name);
    churn_json_append(text, ", ");
    churn_json_numbers(text, figures, sizeof figures / sizeof figures[0], true);
    churn_json_append(text, cause != NULL && cause->excluded ? ", \"listed\": false}"
                                                             : ", \"listed\": true}");
  }
  churn_json_list_close(text, 2);
  free(totals);
  return CHURN_OK;
}

static void append_calls(churn_json_text *text, const churn_night *n)
{
  const churn_json_pair figures[] = {
      {"customers", (double)n->called.customers}, {"worth", n->called.worth},
      {"expected_loss", n->called.expected_loss}, {"control", (double)n->called.control},
      {"no_room", (double)n->called.no_room},     {"used", (double)n->called.used},
      {"resting", (double)n->called.resting},     {"no_action", (double)n->called.no_action}};
  if (n->calls != NULL)
    churn_json_numbers_at(text, 2, "calls", figures, sizeof figures / sizeof figures[0]);
}

static void append_loyal(churn_json_text *text, const churn_night *n)
{
  const churn_json_pair figures[] = {{"customers", (double)n->slipping.listed},
                                     {"loss_growth", n->slipping.growth},
                                     {"least_value", n->slipping.least_value},
                                     {"least_tenure_days", n->slipping.least_tenure},
                                     {"least_probability", n->slipping.least_probability}};
  if (n->loyal != NULL)
    churn_json_numbers_at(text, 2, "loyal", figures, sizeof figures / sizeof figures[0]);
}

static churn_status write_summary(const churn_night *n, const char *path, churn_error *error)
{
  churn_json_text text = {0};
  open_object(&text, n);
  churn_json_whole_at(&text, 2, "customers", n->score.customers);
  churn_json_whole_at(&text, 2, "listed", n->score.listed);
  if (n->project->outcome.kind == CHURN_OUTCOME_COLUMN)
    churn_json_whole_at(&text, 2, "gone", n->score.gone);
  churn_json_number_at(&text, 2, "expected_churners", n->score.expected_churners);
  churn_json_whole_at(&text, 2, "valued", n->score.valued);
  churn_json_number_at(&text, 2, "value", churn_night_sums(n, n->score.customers).value);
  churn_json_number_at(&text, 2, "expected_loss", n->score.expected_loss);
  append_head(&text, n);
  append_distribution(&text, n);
  churn_changes_json(n->changes, &text);
  if (churn_ranking_intervals(n->ranking)) {
    bool known = churn_ranking_knows_top(n->ranking);
    churn_json_number_at(&text, 2, "borderline_listed",
                         known ? (double)n->score.borderline_listed : NAN);
    churn_json_number_at(&text, 2, "borderline_unlisted",
                         known ? (double)n->score.borderline_unlisted : NAN);
  }
  append_calls(&text, n);
  append_loyal(&text, n);
  churn_status status = append_causes(&text, n, error);
  churn_json_append(&text, "\n}\n");
  if (status == CHURN_OK)
    return churn_json_save(&text, path, error);
  free(text.bytes);
  return status;
}

static void append_sources(churn_json_text *text, const churn_night *n)
{
  churn_json_list_open(text, 2, "sources");
  for (size_t i = 0; i < n->source_count; i++) {
    const churn_night_source *source = &n->sources[i];
    churn_json_item(text, 4, i == 0);
    churn_json_append(text, "{\"source\": ");
    churn_json_quote(text, source->name);
    churn_json_append(text, ", \"rows\": ");
    churn_json_whole(text, source->census.rows);
    churn_json_append(text, ", \"unmatched\": ");
    churn_json_whole(text, source->census.unmatched);
    churn_json_append(text, ", \"newest\": ");
    churn_json_day(text, source->census.newest);
    churn_json_append(text, "}");
  }
  churn_json_list_close(text, 2);
}

static void append_inputs(churn_json_text *text, const churn_data *data)
{
  churn_json_list_open(text, 2, "inputs");
  for (size_t i = 0; i < data->input_count; i++) {
    const churn_input *input = &data->inputs[i];
    churn_json_item(text, 4, i == 0);
    churn_json_append(text, "{\"source\": ");
    churn_json_quote(text, input->name);
    churn_json_append(text, ", \"rows\": ");
    churn_json_whole(text, input->rows);
    churn_json_append(text, ", \"rejected\": ");
    churn_json_whole(text, input->rejected);
    churn_json_append(text, ", \"fingerprint\": ");
    churn_json_quote(text, input->fingerprint);
    churn_json_append(text, "}");
  }
  churn_json_list_close(text, 2);
}

/* The table that the list went into: the folder gets its name once it did. Which server or file is
 * not told, as that names hosts and paths. */
static void append_scores(churn_json_text *text, const churn_night *n)
{
  churn_json_key(text, 2, "scores", false);
  if (n->sink.target == NULL || churn_night_is_held(n)) {
    churn_json_append(text, "null");
    return;
  }
  churn_json_append(text, "{\"database\": ");
  churn_json_quote(text, churn_sink_kind(&n->sink));
  churn_json_append(text, ", \"table\": ");
  churn_json_quote(text, churn_sink_table(&n->sink));
  churn_json_append(text, ", \"rows\": ");
  churn_json_whole(text, n->score.listed);
  churn_json_append(text, "}");
}

/* Size and XXH3-128 of a file's bytes, as `xxh128sum` prints it. */
static churn_status measure(const char *path, uint64_t *size, char hash[CHURN_HASH_TEXT_SIZE],
                            churn_error *error)
{
  struct stat found;
  void *bytes = NULL;
  int descriptor = open(path, O_RDONLY | O_CLOEXEC);
  bool good = descriptor >= 0 && fstat(descriptor, &found) == 0;
  *size = good ? (uint64_t)found.st_size : 0;
  if (good && *size > 0)
    bytes = mmap(NULL, (size_t)*size, PROT_READ, MAP_PRIVATE, descriptor, 0);
  good = good && bytes != MAP_FAILED;
  churn_status status =
      good ? CHURN_OK : churn_error_set_errno(error, CHURN_IO, path, "read the file", errno);
  if (good)
    churn_hash_text(bytes == NULL ? "" : bytes, (size_t)*size, hash);
  if (good && bytes != NULL)
    munmap(bytes, (size_t)*size);
  if (descriptor >= 0)
    close(descriptor);
  return status;
}

static churn_status append_file(churn_json_text *text, const char *folder, const char *name,
                                churn_error *error)
{
  char hash[CHURN_HASH_TEXT_SIZE];
  uint64_t size = 0;
  char *path = churn_text_format("%s/%s", folder, name);
  churn_status status =
      path == NULL ? churn_error_no_memory(error) : measure(path, &size, hash, error);
  free(path);
  if (status != CHURN_OK)
    return status;
  churn_json_append(text, "{\"name\": ");
  churn_json_quote(text, name);
  churn_json_append(text, ", \"bytes\": ");
  churn_json_whole(text, size);
  churn_json_append(text, ", \"xxh128\": ");
  churn_json_quote(text, hash);
  churn_json_append(text, "}");
  return CHURN_OK;
}

static churn_status write_manifest(const churn_night *n, const char *folder, const char *path,
                                   churn_error *error)
{
  churn_json_text text = {0};
  churn_status status = CHURN_OK;
  open_object(&text, n);
  churn_json_text_at(&text, 2, "program", "churn " CHURN_VERSION);
  churn_json_key(&text, 2, "project", false);
  churn_json_text_or_null(&text, churn_project_file(n->project));
  churn_json_text_at(&text, 2, "verdict",
                     churn_night_is_held(n)                     ? "held"
                     : churn_night_is_released(n)               ? "released"
                     : churn_findings_tripped(&n->findings) > 0 ? "tripped"
                                                                : "passed");
  churn_json_truth_at(&text, 2, "hindsight", n->hindsight);
  churn_json_whole_at(&text, 2, "customers", n->score.customers);
  churn_json_whole_at(&text, 2, "listed", n->score.listed);
  append_estimate(&text, n);
  append_scores(&text, n);
  append_sources(&text, n);
  append_inputs(&text, n->pipeline->data);
  churn_gates_json(&n->findings, false, &text);
  churn_json_list_open(&text, 2, "files");
  for (size_t i = 0; i < MANIFEST && status == CHURN_OK; i++)
    if (is_written(n, i)) {
      churn_json_item(&text, 4, i == 0);
      status = append_file(&text, folder, names[i], error);
    }
  churn_json_list_close(&text, 2);
  churn_json_append(&text, "\n}\n");
  if (status == CHURN_OK)
    return churn_json_save(&text, path, error);
  free(text.bytes);
  return status;
}

static churn_status write_page(const churn_night *n, const char *path, const churn_run *run,
                               churn_error *error)
{
  churn_report *report = NULL;
  churn_status status = churn_report_of_night(n, 0, run, &report, error);
  if (status == CHURN_OK)
    status = churn_report_write_page(report, n->language, path, error);
  churn_report_free(report);
  return status;
}

static churn_status write_file(churn_night *n, size_t file, const char *folder,
                               const churn_run *run, churn_error *error)
{
  char *path = churn_text_format("%s/%s", folder, names[file]);
  churn_status status = CHURN_OK;
  if (path == NULL)
    status = churn_error_no_memory(error);
  else if (file == RANKED)
    status = churn_ranking_write(n->ranking, path, error);
  else if (file == MODEL)
    status = churn_model_write(n->model, path, error);
  else if (file == SUMMARY)
    status = write_summary(n, path, error);
  else if (file == CHANGES)
    status = churn_changes_write(n->changes, path, error);
  else if (file == CALLS)
    status = churn_ranking_write(n->calls, path, error);
  else if (file == LOYAL)
    status = churn_loyal_write(n->loyal, path, error);
  else if (file == PAGE)
    status = write_page(n, path, run, error);
  else
    status = write_manifest(n, folder, path, error);
  free(path);
  return status;
}

churn_status churn_night_write(churn_night *night, const char *folder, const churn_run *run,
                               churn_error *error)
{
  churn_status status = CHURN_OK;
  for (size_t file = 0; file < FILES && status == CHURN_OK; file++) {
    status = churn_stop_check(run == NULL ? NULL : run->stop, error);
    if (status == CHURN_OK && is_written(night, file))
      status = write_file(night, file, folder, run, error);
  }
  return status;
}
